// A complete program: learns the springs of 8 bodies from files, checks what it learned, simulates a lattice of 64, and writes its
// trajectory. Run as `dotnet run --project tests/HgnFunctional.Samples -- tests/data lattice.lammpstrj`.

using System;
using System.IO;
using System.Linq;
using HgnFunctional.CSharp;

if (args is ["readme"])
{
    ReadmeExample.Run();
    return 0;
}

if (args is ["parts", var given, var parts])
{
    PartsSample.Run(given, parts);
    return 0;
}

if (args is not [var folder, var output])
{
    Console.Error.WriteLine("usage: HgnFunctional.Samples DATA-FOLDER OUTPUT");
    return 2;
}

try
{
    // Learn. Progress comes some hundred times a pass; here its end is enough.
    var files = new TrajectoryData
    {
        Files = [Path.Combine(folder, "spring_2x2x2.lammpstrj")],
        TopologyFile = Path.Combine(folder, "spring_2x2x2.data"),
    };

    var (model, report) = await HgnModel.TrainAsync(Dataset.FromFiles(files));
    Console.WriteLine($"learned {report.FeaturesKept} features from {model.Frames} frames, force error {report.RelativeForceError:E1}");

    // Use: the model knows pairs, not sizes.
    var system = BodySystem.Lattice(4, 4, 4);
    var bound = model.On(system);
    var start = system.RandomStart(displacement: 0.1, speed: 0.2, seed: 1);
    Console.WriteLine($"energy {bound.Energy(start):F6}, {bound.OutOfRangeFraction(start):P1} of the inputs are beyond training");

    // Simulate as a sequence, as far as wanted.
    var options = new SimulationOptions { Steps = 500, TimeStep = 0.01, Every = 10 };
    var farthest = bound.Simulate(start, options).Take(11).Max(state => state.ToVectors().Positions.Max(position => position.Length()));
    Console.WriteLine($"in the first 100 steps no body is farther than {farthest:F3} from the origin");

    // Simulate step by step, without garbage, as a game would.
    var stepper = bound.CreateStepper(start, options);

    while (stepper.Time < 1)
    {
        stepper.Step();
    }

    Console.WriteLine($"at time {stepper.Time:F2} the first body is at {stepper.Positions[0]:F3}, {stepper.Positions[1]:F3}, {stepper.Positions[2]:F3}");

    // Simulate to a file.
    var run = bound.Run(start, options with { Output = output });
    Console.WriteLine($"wrote {output}: energy drift {run.EnergyDriftMax:E1}, momentum drift {run.MomentumDrift:E1}");
    return 0;
}
catch (HgnException error)
{
    Console.Error.WriteLine(error.Message);
    return 2;
}
