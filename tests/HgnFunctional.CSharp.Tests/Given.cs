using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace HgnFunctional.CSharp.Tests;

/// <summary>What several tests start from.</summary>
internal static class Given
{
    internal static string File(string name) => Path.Combine(AppContext.BaseDirectory, "data", name);

    internal static TrajectoryData SpringFiles { get; } = new() { Files = [File("spring_2x2x2.lammpstrj")], TopologyFile = File("spring_2x2x2.data") };

    internal static BodySystem Ring { get; } = BodySystem.Topology("ring", 5);

    internal static ISeparableHamiltonian RingSprings { get; } = KnownSystems.Springs(Ring);

    internal static PhaseState Start(BodySystem system, int seed = 1) => system.RandomStart(0.1, 0.2, seed);

    internal static IEnumerable<PhaseState> States(BodySystem system, int count) => Enumerable.Range(1, count).Select(seed => Start(system, seed));

    /// <summary>Springs on a ring of five.</summary>
    internal static Dataset RingData { get; } = Dataset.FromHamiltonian(Ring, RingSprings, States(Ring, 20));

    internal static HgnModel RingModel { get; } = HgnModel.Train(RingData).Model;

    internal static void InFolder(Action<string> test)
    {
        var folder = Directory.CreateTempSubdirectory("hgn-csharp-");

        try
        {
            test(folder.FullName);
        }
        finally
        {
            folder.Delete(true);
        }
    }
}
