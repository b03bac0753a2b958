using System;
using System.IO;
using System.Linq;
using Expecto;
using Expecto.CSharp;

namespace HgnFunctional.CSharp.Tests;

/// <summary>What reports say beside their figures, and options that are not what they should be.</summary>
internal static class WarningTests
{
    private static readonly BoundModel Bound = Given.RingModel.On(Given.Ring);

    private static readonly SimulationOptions Options = new() { Steps = 100, TimeStep = 0.01 };

    /// <summary>The ring with its bodies five times as far from their sites as the model saw.</summary>
    private static PhaseState Wild => Given.Ring.RandomStart(0.9, 0.2, 3);

    /// <summary>Springs and a uniform field, of which the default model knows nothing.</summary>
    private static Dataset InField => Dataset.FromArrays(
        Given.Ring,
        Given.States(Given.Ring, 20).Select(state =>
        {
            var forces = new double[10];
            Given.RingSprings.ForceInto(state.Positions, forces);

            for (var k = 1; k < forces.Length; k += 2)
            {
                forces[k] -= 0.5;
            }

            return new TrajectoryFrame { Positions = state.Positions.ToArray(), Momenta = state.Momenta.ToArray(), Forces = forces };
        }));

    private static void Contains(string part, string sentence) => Check.That(sentence.Contains(part), $"'{part}' is not in: {sentence}");

    internal static Test All => Runner.TestList(
        "warnings",
        [
            Runner.TestCase("reports are silent where all is well", () =>
            {
                Check.Equal(0, HgnModel.Train(Given.RingData).Report.Warnings.Count, "training");
                Check.Equal(0, Given.RingModel.Evaluate(Given.RingData).Warnings.Count, "evaluation");
                var data = Dataset.FromHamiltonian(Given.Ring, Given.RingSprings, Given.States(Given.Ring, 500));
                var run = HgnModel.Train(data).Model.On(Given.Ring).Run(Given.Start(Given.Ring), Options);
                Check.Sequence([], run.Warnings, "run");
                Check.Below(0.01, run.OutOfRangeFraction ?? 1, "out of range");
            }),
            Runner.TestCase("a fit that misses a field says so", () =>
            {
                var report = HgnModel.Train(InField, new TrainingOptions { Blocks = [ModelBlock.Body, ModelBlock.Pair] }).Report;
                Check.Below(1, report.RelativeForceError, "error");
                Contains("field", report.Warnings.Single());
            }),
            Runner.TestCase("a run says what part of it was out of range, and can stop there", () =>
            {
                var run = Bound.Run(Wild, Options);
                Check.That(run.OutOfRangeFraction > 0.01, "out of range");
                Contains("outside its range", run.Warnings[0]);

                Given.InFolder(folder =>
                {
                    var path = Path.Combine(folder, "wild.lammpstrj");

                    try
                    {
                        Bound.Run(Wild, Options with { StopWhenOutOfRange = 0.05, Output = path });
                        Check.That(false, "the run went on");
                    }
                    catch (HgnSimulationException stopped)
                    {
                        Contains("step 0", stopped.Message);
                        Check.Equal(1, stopped.Kept?.Frames, "the state where it stopped is kept");
                    }
                });

                Check.Equal(100L, Bound.Run(Given.Start(Given.Ring), Options with { StopWhenOutOfRange = 0.5 }).Steps, "goes on below the limit");
            }),
            Runner.TestCase("a Hamiltonian that was not learned has no range", () =>
            {
                var run = Simulator.Run(Given.Ring, Given.RingSprings, Wild, Options with { StopWhenOutOfRange = 0 });
                Check.That(run.OutOfRangeFraction is null, "none");
            }),
            Runner.TestCase("an energy that runs away is said", () =>
            {
                var run = Bound.Run(Given.Start(Given.Ring), new SimulationOptions { Steps = 40, TimeStep = 1.5 });
                Check.That(run.EnergyDriftMax > 1000, "drift");
                Check.That(run.Warnings.Any(warning => warning.StartsWith("The energy changed")), "warning");
            }),
            Runner.TestCase("options that are null or out of bounds are one sentence", () =>
            {
                Check.Throws<HgnInputException>(
                    () => Bound.Run(Given.Start(Given.Ring), Options with { StopWhenOutOfRange = 2 }),
                    "The fraction out of range to stop at is 2; expected 0 to 1.");
                Check.Throws<HgnInputException>(
                    () => HgnModel.Train(Given.RingData, new TrainingOptions { Blocks = null! }), "The blocks are null; expected a list of blocks.");
                Check.Throws<HgnInputException>(
                    () => ModelBlock.Message(new MessageLayout { InnerUnits = null! }), "InnerUnits is null; expected a list, which may be empty.");
                Check.Throws<HgnInputException>(
                    () => Dataset.FromFiles(new TrajectoryData { Files = null! }), "No trajectory file was given; expected at least one.");
                Check.Throws<HgnInputException>(
                    () => Dataset.FromFiles(new TrajectoryData { Files = [null!] }), "A trajectory file is null; expected paths.");
                Check.Throws<HgnInputException>(
                    () => (Given.SpringFiles with { Boundary = "pq" }).ReadStart(),
                    "The boundary is 'pq'; expected a letter for each of x, y and z, p (periodic) or s (open), such as pps.");
            }),
            Runner.TestCase("a model remembers its units, and a boundary is taken in three letters or one", () =>
            {
                var model = HgnModel.Train(Given.SpringFiles).Model;
                Check.Equal("lj", model.Units, "units");

                foreach (var (boundary, periods) in new[] { ("s", 0), ("ppp", 3), ("p s p", 2), ("s,s,p", 1) })
                {
                    var start = new TrajectoryData { Files = [Given.File("spring_2x2x2.data")], Boundary = boundary }.ReadStart();
                    Check.Equal(periods, start.System.Periods.ToArray().Count(period => period > 0), boundary);
                }
            }),
        ]);
}
