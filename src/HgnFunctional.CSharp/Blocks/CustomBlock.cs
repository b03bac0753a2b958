using System;
using System.Collections.Generic;
using System.Buffers;
using System.Linq;

namespace HgnFunctional.CSharp;

/// <summary>What the features of a custom block depend on.</summary>
public enum BlockInputs
{
    /// <summary>Positions alone: the features add to V(q).</summary>
    Positions,

    /// <summary>Momenta alone: the features add to T(p).</summary>
    Momenta,

    /// <summary>Both: the model no longer splits into T(p) + V(q).</summary>
    PositionsAndMomenta,
}

/// <summary>Features of one's own: some functions Phi_k(q, p), which training weighs beside those of the other blocks,
/// H = ... + sum_k theta_k Phi_k. Values must not depend on anything but the view: training calls from several threads. A file
/// of a model with such a block holds its name; its code is passed to <see cref="HgnModel.Load(string, ModelBlock[])"/>.</summary>
public abstract class CustomBlock : ModelBlock
{
    /// <summary>Name of the kind of block, other than body, pair, message and raw.</summary>
    public abstract string Name { get; }

    /// <summary>Number of features; at least 1.</summary>
    public abstract int Features { get; }

    /// <summary>What the features depend on; by default positions and momenta.</summary>
    public virtual BlockInputs Inputs => BlockInputs.PositionsAndMomenta;

    /// <summary>Number of leading features that are fitted before all hidden units and never penalised, as laws of physics should be;
    /// by default all.</summary>
    public virtual int Trend => Features;

    /// <summary>Finite numbers that the features depend on, such as the constants of a law; by default none. Files of models hold them, and
    /// loading refuses a block that has others.</summary>
    public virtual IReadOnlyList<double> Parameters => [];

    /// <summary>Along how many pairs the gradient by the coordinates of a body looks: 0 where it depends on that body alone, 1 where on those that pairs
    /// join to it, 2 where on those that pairs join to these, and so on. Training on many bodies then holds few at a time: views are of some
    /// of the bodies, with their pairs. Null, as by default, where it may depend on all; then views are of whole frames.</summary>
    public virtual int? Hops => null;

    /// <summary>Why the block cannot be used on a system, as a sentence; null if it can, as by default on all.</summary>
    public virtual string? Refuses(BodySystem system) => null;

    /// <summary>Writes the values Phi_k [features].</summary>
    public abstract void Values(BodiesView bodies, Span<double> values);

    /// <summary>Adds the gradient of one feature, dPhi/dq and dPhi/dp, each row-major [N x d], to spans that are zero before. A span is
    /// empty where <see cref="Inputs"/> says that the derivatives vanish.</summary>
    public abstract void Gradient(BodiesView bodies, int feature, Span<double> ofPositions, Span<double> ofMomenta);

    /// <summary>Adds the gradient of sum_k weights_k Phi_k to spans as those of <see cref="Gradient"/>, which it calls for each feature
    /// unless overridden by something faster. Simulations spend their time here.</summary>
    public virtual void Pullback(BodiesView bodies, ReadOnlySpan<double> weights, Span<double> ofPositions, Span<double> ofMomenta)
    {
        var (sizeQ, sizeP) = (ofPositions.Length, ofMomenta.Length);
        var scratch = ArrayPool<double>.Shared.Rent(sizeQ + sizeP);

        for (var feature = 0; feature < weights.Length; feature++)
        {
            if (weights[feature] == 0)
            {
                continue;
            }

            var q = scratch.AsSpan(0, sizeQ);
            var p = scratch.AsSpan(sizeQ, sizeP);
            q.Clear();
            p.Clear();
            Gradient(bodies, feature, q, p);
            AddScaled(ofPositions, weights[feature], q);
            AddScaled(ofMomenta, weights[feature], p);
        }

        ArrayPool<double>.Shared.Return(scratch);
    }

    /// <summary>Whether <see cref="Strain"/> knows the derivatives by strains on a system, without which there is no virial; by default
    /// where no axis is periodic: in a periodic box they do not follow from the gradient.</summary>
    public virtual bool TellsStrain(BodySystem system)
    {
        ArgumentNullException.ThrowIfNull(system);
        return Inputs == BlockInputs.Momenta || !system.Core.Cell.IsPeriodic;
    }

    /// <summary>Adds the derivatives of one feature by the entries of a strain e, row-major [d x d], at e = 0, to a span that is zero
    /// before: positions go to (1 + e) q and the vectors of the box with them, momenta stay. By default the gradient with respect to each
    /// body's position times that position; a block of pairs adds, for each, the derivative by the difference of positions times the
    /// difference.</summary>
    public virtual void Strain(BodiesView bodies, int feature, Span<double> strain)
    {
        if (Inputs == BlockInputs.Momenta)
        {
            return;
        }

        var (size, d) = (bodies.Bodies * bodies.Dimension, bodies.Dimension);
        var gradient = new double[2 * size];
        Gradient(bodies, feature, gradient.AsSpan(0, size), Inputs == BlockInputs.Positions ? [] : gradient.AsSpan(size));

        for (var t = 0; t < size; t++)
        {
            AddScaled(strain.Slice(t % d * d, d), gradient[t], bodies.Positions.Slice(t / d * d, d));
        }
    }

    /// <summary>The largest difference between <see cref="Gradient"/> and central differences of <see cref="Values"/> at a state, over
    /// the largest entry of each feature's gradient: some 1e-8 where both agree, of order 1 where they do not.</summary>
    /// <param name="system">The bodies.</param>
    /// <param name="state">A state where coordinates and momenta are of order 1.</param>
    /// <exception cref="HgnInputException">The state has another size than the system.</exception>
    public double GradientError(BodySystem system, PhaseState state)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(state);
        Interop.RequireSize("The state", state, system.Bodies, system.Dimension, "the system");
        return BlockCheck.GradientError(this, system, state);
    }

    /// <summary>Refuses blocks without features, and names that other blocks have.</summary>
    internal static void Check(IReadOnlyList<CustomBlock> blocks)
    {
        if (blocks.Contains(null!))
        {
            throw new HgnInputException("A block is null; expected a block.");
        }

        foreach (var block in blocks)
        {
            if (Kinds.Contains(block.Name) || blocks.Count(other => other.Name == block.Name) > 1)
            {
                throw new HgnInputException($"A custom block is called '{block.Name}', as another block is; expected a name of its own.");
            }

            if (block.Features < 1)
            {
                throw Interop.BadInput($"The block '{block.Name}' has {block.Features} features; expected at least 1.");
            }

            if (block.Hops < 0)
            {
                throw Interop.BadInput($"The block '{block.Name}' looks along {block.Hops} pairs; expected at least 0, or null.");
            }
        }
    }

    internal sealed override IReadOnlyList<BlockRecipe> Recipes => [CustomBlockAdapter.RecipeOf(this)];

    internal static void AddScaled(Span<double> target, double scale, ReadOnlySpan<double> source)
    {
        for (var k = 0; k < target.Length; k++)
        {
            target[k] += scale * source[k];
        }
    }
}
