using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Microsoft.FSharp.Core;

namespace HgnFunctional.CSharp;

/// <summary>Options of training. The defaults were chosen by measurement, so that none need be given.</summary>
public sealed record TrainingOptions
{
    /// <summary>A wider block would need gigabytes for its triangle.</summary>
    internal const int MostUnits = 16384;

    /// <summary>What the model is made of; by default body and pair blocks, which split into T(p) + V(q).</summary>
    public IReadOnlyList<ModelBlock> Blocks { get; init; } = ModelBlock.Defaults;

    /// <summary>How hidden weights are drawn: elm, u-swim, swim or a-swim.</summary>
    public string Sampler { get; init; } = TrainingConfigModule.defaults.Sampler.Name;

    /// <summary>The hidden units' function: softplus, tanh, sigmoid or sine.</summary>
    public string Activation { get; init; } = TrainingConfigModule.defaults.Activation.Name;

    /// <summary>The radial transform of pair distances: r, 1/r, r^-3, or auto to let the data decide.</summary>
    public string Radial { get; init; } = "auto";

    /// <summary>How laws of pairs within a cutoff end: smooth (force and energy fall to 0), cut (as they are, with a jump: the default of
    /// LAMMPS), or auto to let the data decide.</summary>
    public string CutoffShape { get; init; } = "auto";

    /// <summary>Hidden units of each block, before redundant ones are dropped; at least 1. Several kinds of pairs share what the faster
    /// way of solving takes.</summary>
    public int Width { get; init; } = TrainingConfigModule.defaults.Width;

    /// <summary>The penalty on hidden units, as a fraction of the largest singular value; null chooses by evidence.</summary>
    public double? Ridge { get; init; }

    /// <summary>How much velocities, forces, energies and virials count, where they were measured.</summary>
    public TargetWeightOptions Weights { get; init; } = new();

    /// <summary>How motions whose forces were not measured give equations: "exact:N", the change of momentum from frame to frame with forces
    /// interpolated through N frames; "smooth:N", the motion over N frames weighted by a smooth function, for noisy data; or "auto" to
    /// let the data decide.</summary>
    public string Stencil { get; init; } = "auto";

    /// <summary>Seed of every random draw.</summary>
    public int Seed { get; init; } = TrainingConfigModule.defaults.Seed;

    /// <summary>Whether the verdict shows the evidence for every family of features, also where the fit is good; by default not.</summary>
    public bool ShowsEvidence { get; init; }

    internal TrainingConfig ToConfig()
    {
        if (Width is < 1 or > MostUnits)
        {
            throw new HgnInputException($"The width is {Width}; expected 1 to {MostUnits}.");
        }

        if (Ridge is { } ridge && !(double.IsFinite(ridge) && ridge >= 0))
        {
            throw Interop.BadInput($"The ridge is {ridge}; expected auto or a finite number, 0 or more.");
        }

        CheckBlocks();

        return new TrainingConfig(
            Blocks.SelectMany(block => block.Recipes).ToList(),
            SamplerModule.all.ByName("The sampler", Sampler, sampler => sampler.Name),
            ActivationModule.all.ByName("The activation", Activation, activation => activation.Name),
            Radial == "auto"
                ? RadialChoice.AutomaticRadial
                : RadialChoice.NewFixedRadial(RadialModule.all.ByName("The radial transform (or auto)", Radial, radial => radial.Name)),
            CutoffShape switch
            {
                "auto" => CutoffChoice.AutomaticCutoff,
                "smooth" => CutoffChoice.NewFixedCutoff(CutoffModule.quartic),
                "cut" => CutoffChoice.NewFixedCutoff(CutoffModule.cut),
                _ => throw new HgnInputException($"The shape of the cutoff is '{CutoffShape}'; expected smooth, cut or auto."),
            },
            Width,
            Ridge is { } fraction ? HgnFunctional.Numerics.Ridge.NewRelative(fraction) : HgnFunctional.Numerics.Ridge.Automatic,
            (Weights ?? new()).ToCore(),
            StencilOf(Stencil),
            Seed,
            ShowsEvidence
        );
    }

    private static FSharpOption<StencilForm> StencilOf(string text)
    {
        const int mostFrames = 129;

        if (text == "auto")
        {
            return FSharpOption<StencilForm>.None;
        }

        var sides = (text ?? "").Split(':');

        if (sides.Length == 2
            && sides[0] is "exact" or "smooth"
            && int.TryParse(sides[1], NumberStyles.None, CultureInfo.InvariantCulture, out var frames)
            && frames <= mostFrames
            && frames >= (sides[0] == "exact" ? 3 : 5))
        {
            return FSharpOption<StencilForm>.Some(sides[0] == "exact" ? StencilForm.NewExact(frames) : StencilForm.NewSmooth(frames));
        }

        throw new HgnInputException($"The stencil is '{text}'; expected auto, exact:N with N from 3, or smooth:N with N from 5, up to {mostFrames} frames.");
    }

    private void CheckBlocks()
    {
        if (Blocks is null)
        {
            throw new HgnInputException("The blocks are null; expected a list of blocks.");
        }

        if (Blocks.Contains(null!))
        {
            throw new HgnInputException("A block is null; expected a block.");
        }

        CustomBlock.Check([.. Blocks.OfType<CustomBlock>()]);
    }
}

/// <summary>How much each kind of target counts in training; finite, and not below 0. Targets are divided by their spread in the data
/// before: an error of the whole spread of one costs as much as that of another. 0 leaves a target out.</summary>
public sealed record TargetWeightOptions
{
    /// <summary>Of each component of the velocities.</summary>
    public double Velocities { get; init; } = 1;

    /// <summary>Of each component of the forces.</summary>
    public double Forces { get; init; } = 1;

    /// <summary>Of the energy of each frame; there are few of them beside the forces.</summary>
    public double Energies { get; init; } = TrainingConfigModule.defaults.Weights.Energies;

    /// <summary>Of each entry of the virial of each frame, likewise.</summary>
    public double Virials { get; init; } = TrainingConfigModule.defaults.Weights.Virials;

    /// <summary>Reads weights such as "energies=10,forces=1"; those that are not named are as by default.</summary>
    /// <exception cref="HgnInputException">A name or a number is not what it should be.</exception>
    public static TargetWeightOptions Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var weights = new TargetWeightOptions();

        foreach (var part in text.Split(','))
        {
            var sides = part.Split('=');
            var value = 0.0;

            if (sides.Length != 2 || !double.TryParse(sides[1], NumberStyles.Float, CultureInfo.InvariantCulture, out value))
            {
                throw new HgnInputException($"The weights are '{text}'; expected targets with a number each, such as energies=10,forces=1.");
            }

            weights = sides[0] switch
            {
                "velocities" => weights with { Velocities = value },
                "forces" => weights with { Forces = value },
                "energies" => weights with { Energies = value },
                "virials" => weights with { Virials = value },
                _ => throw new HgnInputException($"A weight is for '{sides[0]}'; expected one of velocities, forces, energies, virials."),
            };
        }

        _ = weights.ToCore();
        return weights;
    }

    /// <summary>The weight of a target by its name.</summary>
    internal double Of(string target) => target switch
    {
        "velocities" => Velocities,
        "forces" => Forces,
        _ => Energies,
    };

    internal TargetWeights ToCore()
    {
        foreach (var (name, weight) in new[] { ("velocities", Velocities), ("forces", Forces), ("energies", Energies), ("virials", Virials) })
        {
            if (!(double.IsFinite(weight) && weight >= 0))
            {
                throw new HgnInputException(FormattableString.Invariant($"The weight of {name} is {weight}; expected a finite number, 0 or more."));
            }
        }

        return new TargetWeights(Velocities, Forces, Energies, Virials);
    }
}
