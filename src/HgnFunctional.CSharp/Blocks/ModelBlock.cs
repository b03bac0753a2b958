using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.FSharp.Core;

namespace HgnFunctional.CSharp;

/// <summary>A kind of features that a model is made of. Body and pair blocks split into T(p) + V(q), which splitting integrators need;
/// message and raw blocks couple positions and momenta. <see cref="CustomBlock"/> is the base class of blocks of one's own.</summary>
public abstract class ModelBlock
{
    private protected ModelBlock() { }

    /// <summary>Features of the kinetic term of each body.</summary>
    public static ModelBlock Body { get; } = new KnownBlock(BodyBlockModule.recipe);

    /// <summary>Features of the distance of each interacting pair: a block for each relation that the system has, bonds and pairs within
    /// a cutoff, and in it a law for each kind of pair: each type of bonds, each pair of species, and beside bonds each number of bonds
    /// between two bodies (1, 2, 3, more). Where masses or charges differ within a species, laws that the products of both multiply
    /// are tried as well.</summary>
    public static ModelBlock Pair { get; } = new KnownBlock([.. PairBlockModule.recipes]);

    /// <summary>Features of the cosine of each angle between two bonds, and of the lengths of both: a law for each type of angle.</summary>
    public static ModelBlock Angle { get; } = new KnownBlock(AngleBlockModule.recipe);

    /// <summary>Features of all coordinates as they are, without graph or symmetry, for one number of bodies (arXiv 2411.17511).</summary>
    public static ModelBlock Raw { get; } = new KnownBlock(RawBlockModule.recipe);

    /// <summary>Fields that stand in space, each if the data want it: uniform ones in proportion to the mass (gravity), to the charge, or for
    /// each species, and a law of the place for each species (traps, walls, slopes).</summary>
    public static ModelBlock Field { get; } = new KnownBlock([.. FieldBlockModule.recipes]);

    /// <summary>Forces that depend on velocities and are of no energy, each if the data want it: drag in proportion to the velocity, along
    /// some directions more than others, and to the square of the speed, magnetic forces (and those of turning frames), in proportion to the mass, to
    /// the charge or for each species; drag along the relative velocity of pairs.</summary>
    public static ModelBlock VelocityForce { get; } = new KnownBlock([.. PairDragBlockModule.recipes, .. VelocityBlockModule.recipes]);

    /// <summary>A law that is known, with its factor: what it gives is taken off the forces, and the rest is learned.</summary>
    /// <param name="law">The law.</param>
    /// <param name="factor">The factor, by default 1; null to fit it.</param>
    /// <exception cref="HgnInputException">The factor is not finite.</exception>
    public static ModelBlock Known(KnownLaw law, double? factor = 1)
    {
        ArgumentNullException.ThrowIfNull(law);

        return factor is { } number && !double.IsFinite(number)
            ? throw Interop.BadInput($"The factor of the known law '{law.Name}' is {number}; expected a finite number, or null to fit it.")
            : new KnownBlock(KnownBlockModule.recipe(factor is { } given ? FSharpOption<double>.Some(given) : FSharpOption<double>.None, law.Core));
    }

    /// <summary>What models are made of unless told otherwise: <see cref="Body"/>, <see cref="Pair"/>, <see cref="Angle"/>,
    /// <see cref="Field"/> and <see cref="VelocityForce"/>, each where the system has something that it looks at, and the last two
    /// where the data want them.</summary>
    public static IReadOnlyList<ModelBlock> Defaults { get; } = [Body, Pair, Angle, Field, VelocityForce];

    /// <summary>The blocks that <see cref="Parse"/> knows by name.</summary>
    private static IReadOnlyList<(string Name, ModelBlock Block)> Named { get; } =
        [("body", Body), ("pair", Pair), ("angle", Angle), ("field", Field), ("velocity", VelocityForce), ("raw", Raw), ("message", Message())];

    /// <summary>Blocks by their names in a list with commas: body, pair, angle, field, velocity, raw, message, or auto for
    /// <see cref="Defaults"/>.</summary>
    /// <exception cref="HgnInputException">A name is not one of these.</exception>
    public static IReadOnlyList<ModelBlock> Parse(string names)
    {
        ArgumentNullException.ThrowIfNull(names);
        return names == "auto" ? Defaults : names.Split(',').Select(name => Named.ByName("A block (or auto)", name, block => block.Name).Block).ToArray();
    }

    /// <summary>The names with which <see cref="Parse"/> gives some blocks; null where one has none.</summary>
    internal static string? NamesOf(IReadOnlyList<ModelBlock> blocks)
    {
        if (blocks.SequenceEqual(Defaults))
        {
            return "auto";
        }

        var names = blocks.Select(block => Named.FirstOrDefault(known => ReferenceEquals(known.Block, block)).Name).ToArray();
        return names.Contains(null) ? null : string.Join(',', names);
    }

    /// <summary>Message passing, by default the model of arXiv 2506.06558.</summary>
    /// <exception cref="HgnInputException">An entry of the layout is not what it should be.</exception>
    public static ModelBlock Message(MessageLayout? layout = null) =>
        new KnownBlock(MessageBlockModule.recipe((layout ?? new MessageLayout()).ToOptions()));

    /// <summary>Names of the kinds of block that model files know.</summary>
    internal static IReadOnlyList<string> Kinds { get; } = global::HgnFunctional.Blocks.Blocks.all.Select(recipe => recipe.Kind).Distinct().ToArray();

    internal abstract IReadOnlyList<BlockRecipe> Recipes { get; }

    private sealed class KnownBlock(params BlockRecipe[] recipes) : ModelBlock
    {
        internal override IReadOnlyList<BlockRecipe> Recipes => recipes;
    }
}
