using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using HgnFunctional.CSharp;

namespace HgnFunctional.Fuzz;

/// <summary>Models of every kind of block, as the library writes them now: a change of the format changes them too.</summary>
internal static class ModelSeeds
{
    /// <summary>Bodies that models of bonds are tried on.</summary>
    internal static BodySystem Ring { get; } = BodySystem.Topology("ring", 5);

    /// <summary>Bodies of two species with bonds of two types and a cutoff.</summary>
    internal static BodySystem Typed { get; } =
        Ring.WithSpecies(["A", "B", "A", "B", "A"]).WithBondTypes(["x", "y", "x", "y", "x"]).WithCutoff(1.5);

    /// <summary>Bodies that models with a cutoff are tried on.</summary>
    internal static BodySystem Gas(double cutoff) =>
        BodySystem.WithinCutoff([1, 2, 1, 2, 1], cutoff, 0, 0).WithSites([0, 0, 1, 0.1, 2, 0.2, 0.3, 1, 1.4, 1.2]);

    private static readonly Lazy<byte[][]> Trained = new(() => Make().ToArray());

    internal static IReadOnlyList<byte[]> All => Trained.Value;

    private static IEnumerable<byte[]> Make()
    {
        var options = new TrainingOptions { Width = 5, Seed = 3 };
        var layout = new MessageLayout { NodeUnits = 3, EdgeUnits = 3 };
        var ring = DataOf(Ring, KnownSystems.Springs(Ring));
        var gas = Gas(1.5);
        var pairs = DataOf(gas, KnownSystems.Pairs(gas, r => r * r * (1.5 - r) * (1.5 - r), r => 2 * r * (1.5 - r) * (1.5 - 2 * r)));
        yield return Written(ring, options);
        yield return Written(ring, options with { Sampler = "elm", Activation = "tanh", Radial = "1/r" });
        yield return Written(pairs, options with { Activation = "sine" });
        var both = Typed;
        yield return Written(DataOf(both, KnownSystems.Springs(both)), options);
        yield return Written(ring, options with { Blocks = [ModelBlock.Raw], Sampler = "elm" });
        yield return Written(ring, options with { Blocks = [ModelBlock.Message(layout)] });
        var deep = layout with { Inputs = "invariant", IsDirected = true, InnerUnits = [3], PoolsEveryStage = true };
        yield return Written(pairs, options with { Blocks = [ModelBlock.Body, ModelBlock.Message(deep)], Activation = "sigmoid" });
    }

    private static Dataset DataOf(BodySystem system, IHamiltonian hamiltonian) =>
        Dataset.FromHamiltonian(system, hamiltonian, Enumerable.Range(1, 12).Select(seed => system.RandomStart(0.1, 0.2, seed)));

    private static byte[] Written(Dataset data, TrainingOptions options)
    {
        var path = Path.GetTempFileName();

        try
        {
            HgnModel.Train(data, options).Model.Save(path);
            return File.ReadAllBytes(path);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
