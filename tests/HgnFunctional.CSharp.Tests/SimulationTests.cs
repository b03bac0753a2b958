using System;
using System.IO;
using System.Linq;
using System.Numerics;
using System.Threading;
using Expecto;
using Expecto.CSharp;

namespace HgnFunctional.CSharp.Tests;

internal static class SimulationTests
{
    private static readonly BoundModel Bound = Given.RingModel.On(Given.Ring);

    private static readonly PhaseState Start = Given.Start(Given.Ring);

    private static readonly SimulationOptions Options = new() { Steps = 105, TimeStep = 0.01, Every = 10 };

    /// <summary>Springs that count how often they were asked.</summary>
    private sealed class Counting : IHamiltonian
    {
        public int Calls { get; private set; }

        public int Bodies => Given.Ring.Bodies;

        public int Dimension => Given.Ring.Dimension;

        public double Value(ReadOnlySpan<double> positions, ReadOnlySpan<double> momenta) => Given.RingSprings.Value(positions, momenta);

        public void GradientInto(ReadOnlySpan<double> positions, ReadOnlySpan<double> momenta, Span<double> gradientQ, Span<double> gradientP)
        {
            Calls++;
            Given.RingSprings.GradientInto(positions, momenta, gradientQ, gradientP);
        }
    }

    /// <summary>Springs that do something at a call.</summary>
    private sealed class Interrupted(int calls, Action interrupt) : IHamiltonian
    {
        private int left = calls;

        public int Bodies => Given.Ring.Bodies;

        public int Dimension => Given.Ring.Dimension;

        public double Value(ReadOnlySpan<double> positions, ReadOnlySpan<double> momenta) => Given.RingSprings.Value(positions, momenta);

        public void GradientInto(ReadOnlySpan<double> positions, ReadOnlySpan<double> momenta, Span<double> gradientQ, Span<double> gradientP)
        {
            if (--left == 0)
            {
                interrupt();
            }

            Given.RingSprings.GradientInto(positions, momenta, gradientQ, gradientP);
        }
    }

    private static TException Catch<TException>(Action action)
        where TException : Exception
    {
        try
        {
            action();
        }
        catch (TException error)
        {
            return error;
        }

        throw new AssertException($"nothing was thrown; expected {typeof(TException).Name}");
    }

    /// <summary>The fewest bytes that one of some rounds of steps allocates, after one that warms up: the runtime itself allocates a little
    /// where it compiles a method anew.</summary>
    private static long AllocatedBy(SimulationStepper stepper)
    {
        var vectors = new Vector3[stepper.Bodies];
        stepper.Step(100);
        stepper.CopyPositionsTo(vectors);

        long Round()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();

            for (var k = 0; k < 1000; k++)
            {
                stepper.Step();
                stepper.CopyPositionsTo(vectors);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        return Enumerable.Range(0, 5).Min(_ => Round());
    }

    internal static Test All => Runner.TestList(
        "simulation",
        [
            Runner.TestCase("states are handed out as asked for, with LINQ", () =>
            {
                var states = Bound.Simulate(Start, Options).ToArray();
                Check.Equal(12, states.Length, "the start, ten intervals, and the last step");
                Check.Sequence(Start.Positions, states[0].Positions, "the start");
                var stepper = Bound.CreateStepper(Start, Options);
                stepper.Step(10);
                Check.Sequence(stepper.Positions, states[1].Positions, "the second state");
                stepper.Step(95);
                Check.Sequence(stepper.Momenta, states[^1].Momenta, "the last state");
                var energies = Bound.Simulate(Start, Options).Where((_, k) => k % 2 == 0).Select(Bound.Energy).Take(3).ToArray();
                Check.Sequence([Bound.Energy(states[0]), Bound.Energy(states[2]), Bound.Energy(states[4])], energies, "energies of some");
            }),
            Runner.TestCase("steps are taken only for states that are asked for, and anew for each enumeration", () =>
            {
                var counting = new Counting();
                var states = counting.Simulate(Start, Options with { Method = "rk4" });
                var before = counting.Calls;
                _ = states.First();
                Check.Equal(before, counting.Calls, "calls for the start");
                _ = states.Take(2).Last();
                Check.Equal(40, counting.Calls - before, "calls for ten steps of four stages");
                _ = states.Take(2).Last();
                Check.Equal(80, counting.Calls - before, "calls for the second enumeration");
            }),
            Runner.TestCase("a stepper allocates nothing per step", () =>
            {
                foreach (var method in new[] { "stormer-verlet", "forest-ruth-4", "rk4" })
                {
                    var stepper = Bound.CreateStepper(Start, new IntegratorOptions { TimeStep = 0.005, Method = method });
                    Check.Equal(0L, AllocatedBy(stepper), $"bytes of a thousand steps with {method}");
                }
            }),
            Runner.TestCase("a stepper of one's own system and of a larger lattice allocates nothing per step", () =>
            {
                var own = States.FromArrays(2, [1, 0, 0, 2], [0, 1, -1, 0]);
                Check.Equal(0L, AllocatedBy(new Oscillators(2).CreateStepper(own, new IntegratorOptions { TimeStep = 0.01 })), "bytes");
                var lattice = BodySystem.Lattice(8, 8);
                var stepper = Given.RingModel.On(lattice).CreateStepper(Given.Start(lattice), new IntegratorOptions { TimeStep = 0.01 });
                Check.Equal(0L, AllocatedBy(stepper), "bytes for 64 bodies");
            }),
            Runner.TestCase("a stepper knows its time, its energy and its state", () =>
            {
                var stepper = Bound.CreateStepper(Start, Options);
                var vectors = new Vector3[5];
                stepper.Step(3);
                stepper.CopyPositionsTo(vectors);
                Check.Equal((3L, 0.03, 5, 2), (stepper.Steps, Math.Round(stepper.Time, 12), stepper.Bodies, stepper.Dimension), "steps, time, size");
                var state = stepper.State();
                Check.Equal(Bound.Energy(state), stepper.Energy, "energy");
                Check.Equal(new Vector3((float)state.Positions[8], (float)state.Positions[9], 0), vectors[4], "the last body");
                stepper.Step();
                Check.That(!state.Positions.SequenceEqual(stepper.Positions), "a state stays where it was");
                Check.Refuses(() => stepper.CopyPositionsTo(new Vector3[4]), "destination has 4 entries; expected 5 (one vector for each body).");
                Check.Refuses(() => stepper.Step(-1), "count is -1; expected 0 or more.");
            }),
            Runner.TestCase("a run that diverges names the step", () =>
            {
                var wild = new IntegratorOptions { TimeStep = 1e200 };
                var stepper = new Oscillators(2).CreateStepper(States.FromArrays(2, [1, 0, 0, 2], [0, 1, -1, 0]), wild);
                var reason = (string?)null;

                while (stepper.TryStep(out reason) && stepper.Steps < 10)
                {
                }

                string SentenceOf(long step) =>
                    $"The simulation diverged at step {step}: a position or momentum has grown beyond all bounds; try a smaller time step.";

                Check.Equal(SentenceOf(stepper.Steps), reason, "the reason");
                Check.Throws<HgnSimulationException>(() => stepper.Step(), SentenceOf(stepper.Steps + 1));
            }),
            Runner.TestCase("a run writes what a program reads back", () =>
            {
                Given.InFolder(folder =>
                {
                    var path = Path.Combine(folder, "ring.lammpstrj");
                    var report = Bound.Run(Start, Options with { Output = path });
                    Check.Below(1e-4, report.EnergyDriftMax, "energy drift");
                    var written = new TrajectoryData { Files = [path], Cutoff = 1 };
                    var end = Bound.Simulate(Start, Options).Last();
                    var (system, state) = written.ReadStart(frame: 11);
                    Check.Equal(5, system.Bodies, "bodies");
                    Check.Sequence(end.Positions, state.Positions.ToArray().Where((_, k) => k % state.Dimension < 2).ToArray(), "positions of the last frame");
                });
            }),
            Runner.TestCase("a run that is cancelled stops at the next step, keeps its frames, and leaves an older file", () =>
            {
                Given.InFolder(folder =>
                {
                    var path = Path.Combine(folder, "ring.lammpstrj");
                    File.WriteAllText(path, "keep");
                    using var source = new CancellationTokenSource();
                    // Four calls a step: between the states after 30 and after 40 steps.
                    var springs = new Interrupted(4 * 36, source.Cancel);
                    var options = Options with { Method = "rk4", Output = path };
                    var stopped = Catch<HgnCanceledException>(() => Simulator.Run(Given.Ring, springs, Start, options, source.Token));
                    Check.Equal(new KeptFrames(path + ".part", 4, 30), stopped.Kept, "what was kept");
                    Check.That(stopped.Message.StartsWith("The simulation was stopped after step 3", StringComparison.Ordinal), stopped.Message);
                    Check.That(stopped.Message.EndsWith($" of 105; 4 frames up to step 30 are kept in {path}.part.", StringComparison.Ordinal), stopped.Message);
                    Check.Equal(source.Token, stopped.CancellationToken, "the token");
                    Check.Equal("keep", File.ReadAllText(path), "the older file");
                    Check.Equal(4, ((FileSummary.OfDump)FileSummary.Read(path + ".part")).Frames, "frames in the file");
                    var unwritten = Catch<HgnCanceledException>(() => Bound.Run(Start, Options, source.Token));
                    Check.That(unwritten.Kept is null, "without an output nothing is kept");
                });
            }),
            Runner.TestCase("a run that diverges keeps its frames, and what a Hamiltonian throws is passed on as it is", () =>
            {
                Given.InFolder(folder =>
                {
                    var path = Path.Combine(folder, "ring.lammpstrj");
                    var wild = Options with { TimeStep = 1e200, Every = 1, Output = path };
                    var diverged = Catch<HgnSimulationException>(() => Bound.Run(Start, wild));
                    Check.That(diverged.Kept is { Frames: > 0 } kept && kept.File == path + ".part", "what was kept");
                    Check.That(diverged.Message.EndsWith($"in {path}.part.", StringComparison.Ordinal), diverged.Message);
                    var own = new Interrupted(10, () => throw new InvalidCastException("own"));
                    var options = Options with { Method = "rk4", Output = path };
                    Check.Throws<InvalidCastException>(() => Simulator.Run(Given.Ring, own, Start, options), "own");
                });
            }),
            Runner.TestCase("a run does not replace what it starts from", () =>
            {
                Given.InFolder(folder =>
                {
                    var path = Path.Combine(folder, "ring.lammpstrj");
                    Bound.Run(Start, Options with { Output = path });
                    var before = File.ReadAllText(path);
                    var initial = new TrajectoryData { Files = [path], TopologyFile = Given.File("chain8.data") };

                    Check.Refuses(
                        () => Given.RingModel.Simulate(initial, null, Options with { Output = path }),
                        $"{path}: cannot be written: it would replace the input {path}; expected another file.");

                    Check.Equal(before, File.ReadAllText(path), "the file");
                });
            }),
            Runner.TestCase("a comparison and a look at a file can be cancelled", () =>
            {
                var cancelled = new CancellationToken(canceled: true);
                Catch<OperationCanceledException>(() => Given.RingModel.Evaluate(Given.RingData, cancelled));
                Catch<OperationCanceledException>(() => FileSummary.Read(Given.File("chain8.lammpstrj"), cancelled));
            }),
            Runner.TestCase("options that are not what they should be are named", () =>
            {
                void Refuses(SimulationOptions options, string sentence) => Check.Refuses(() => Bound.Simulate(Start, options), sentence);

                Refuses(Options with { Steps = 0 }, "The number of steps is 0; expected at least 1.");
                Refuses(Options with { TimeStep = 0 }, "The time step is 0; expected a finite number above 0.");
                Refuses(Options with { Every = 0 }, "States are asked for every 0 steps; expected at least 1.");
                Refuses(Options with { Tolerance = -1 }, "The tolerance is -1; expected a finite number above 0.");
                Refuses(Options with { Coupling = double.NaN }, "The coupling is NaN; expected a finite number above 0.");
                Refuses(Options with { Output = "run.lammpstrj" }, "An output was asked for, run.lammpstrj; expected none, since only Run writes files.");
                Refuses(Options with { Method = "euler" }, $"The method is 'euler'; expected one of {string.Join(", ", IntegratorOptions.Methods)}.");

                Check.Refuses(
                    () => Bound.Run(Given.Start(BodySystem.Lattice(2)), Options),
                    "The state has 2 bodies in 1 dimensions; expected 5 in 2, as the system has.");
            }),
        ]);
}
