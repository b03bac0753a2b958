using System.Collections.Generic;
using System.Linq;

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

    /// <summary>What models are made of unless told otherwise: <see cref="Body"/>, <see cref="Pair"/> and <see cref="Angle"/>, each where
    /// the system has something that it looks at.</summary>
    public static IReadOnlyList<ModelBlock> Defaults { get; } = [Body, Pair, Angle];

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
