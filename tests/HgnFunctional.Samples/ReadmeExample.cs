using System;
using HgnFunctional.CSharp;

/// <summary>The example of the README, line by line.</summary>
internal static class ReadmeExample
{
    internal static void Run()
    {
        var data = Dataset.FromFiles(new TrajectoryData { Files = ["spring_2x2x2.lammpstrj"], TopologyFile = "spring_2x2x2.data" });
        var (model, report) = HgnModel.Train(data);
        Console.WriteLine($"{report.FeaturesKept} features, force error {report.RelativeForceError:E1}");
        var system = BodySystem.Lattice(10, 10, 10);
        var start = system.RandomStart(displacement: 0.1, speed: 0.2, seed: 1);
        var run = model.On(system).Run(start, new SimulationOptions { Steps = 1000, TimeStep = 0.01 });
        Console.WriteLine($"energy drift {run.EnergyDriftMax:E1}");
        model.Save("spring.json");
    }
}
