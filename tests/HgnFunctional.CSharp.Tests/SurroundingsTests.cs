using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Expecto;
using Expecto.CSharp;

namespace HgnFunctional.CSharp.Tests;

/// <summary>Real systems: pins, gravity, drag, and laws that are known in part.</summary>
internal static class SurroundingsTests
{
    private const int Columns = 6;
    private const int Rows = 5;

    /// <summary>A cloth of two kinds of springs and three masses, one corner pinned.</summary>
    private static readonly BodySystem Cloth = MakeCloth();

    private static readonly ISeparableHamiltonian Truth = KnownSystems.WithDrag(
        KnownSystems.Sum(
            KnownSystems.Springs(Cloth, new Dictionary<string, (double, double)> { ["along"] = (60, 1), ["across"] = (20, 1.3) }),
            KnownSystems.UniformField(Cloth, 0, -9.81)),
        Cloth,
        0.3);

    private static BodySystem MakeCloth()
    {
        var edges = new List<(int, int)>();
        var types = new Dictionary<(int, int), string>();

        void Join(int a, int b, string type)
        {
            edges.Add((a, b));
            types[(a, b)] = type;
        }

        for (var row = 0; row < Rows; row++)
        {
            for (var column = 0; column < Columns; column++)
            {
                var body = row * Columns + column;

                if (column + 1 < Columns)
                {
                    Join(body, body + 1, "along");
                }

                if (row + 1 < Rows)
                {
                    Join(body, body + Columns, "along");
                }

                if (column + 1 < Columns && row + 1 < Rows)
                {
                    Join(body, body + Columns + 1, "across");
                }
            }
        }

        var masses = Enumerable.Range(0, Rows * Columns).Select(body => 0.5 + 0.5 * (body % 3)).ToArray();
        var sites = Enumerable.Range(0, Rows * Columns).SelectMany(body => new double[] { body % Columns, -(body / Columns) }).ToArray();
        var cloth = BodySystem.Bonded(2, masses, edges);
        return cloth.WithBondTypes(cloth.Bonds.Select(bond => types[bond])).WithSites(sites).WithPinned(0);
    }

    /// <summary>A start in which what is pinned is at rest.</summary>
    private static PhaseState Start(int seed)
    {
        var state = Cloth.RandomStart(0.1, 0.5, seed);
        var (positions, momenta) = (state.Positions.ToArray(), state.Momenta.ToArray());
        Cloth.Sites[..2].CopyTo(positions);
        momenta.AsSpan(0, 2).Clear();
        return States.FromArrays(2, positions, momenta);
    }

    private static readonly SimulationOptions Recording = new() { TimeStep = 0.005, Steps = 400, Every = 10 };

    /// <summary>Frames as a caller has them: arrays, with the force on the pinned corner as zero.</summary>
    private static IEnumerable<TrajectoryFrame> Frames(int seed)
    {
        foreach (var state in Truth.Simulate(Start(seed), Recording))
        {
            yield return new TrajectoryFrame
            {
                Positions = state.Positions.ToArray(),
                Momenta = state.Momenta.ToArray(),
                Forces = Truth.TimeDerivative(state).Forces,
            };
        }
    }

    internal static Test All => Runner.TestList(
        "surroundings",
        [
            Runner.TestCase("a cloth with two springs, masses, gravity, drag and a pin is learned, saved, loaded and stepped", () =>
            {
                var data = Dataset.FromArrays(Cloth, Enumerable.Range(1, 5).SelectMany(Frames));
                var (trained, report) = HgnModel.Train(data);
                Check.Below(1e-10, report.RelativeForceError, "force error");
                Check.Close([0, -9.81], trained.UniformField!.ToArray(), 1e-8, "g");
                Check.Close([0.3], [trained.Drag ?? double.NaN], 1e-8, "drag");
                Check.Equal(1, report.Verdict.PinnedBodies, "pinned");
                Check.Sequence(["drag", "uniform field, by mass"], report.Verdict.Families.Select(family => family.Family).Order(), "families");
                Check.That(trained.IsDriven && report.Warnings.Count == 0, "driven, and nothing to warn of");

                Given.InFolder(folder =>
                {
                    var path = Path.Combine(folder, "cloth.json");
                    trained.Save(path);
                    var model = HgnModel.Load(path);
                    var stepper = model.On(Cloth).CreateStepper(Start(9), new IntegratorOptions { TimeStep = 1.0 / 240 });
                    stepper.Step();
                    var allocated = long.MaxValue;

                    for (var block = 0; block < 6; block++)
                    {
                        var before = GC.GetAllocatedBytesForCurrentThread();
                        stepper.Step(400);
                        allocated = Math.Min(allocated, GC.GetAllocatedBytesForCurrentThread() - before);
                    }

                    Check.Equal(0L, allocated, "bytes");
                    Check.Sequence([0.0, 0.0], stepper.Positions[..2].ToArray(), "the pinned corner");
                    Check.That(stepper.Work < 0, "drag took energy");
                    var evaluation = model.Evaluate(Dataset.FromArrays(Cloth, Frames(77)));
                    Check.Below(1e-10, evaluation.RelativeForceError, "later frames");
                    Check.Equal(1, evaluation.PinnedBodies, "pinned in evaluation");
                });
            }),
            Runner.TestCase("pins that no one named are found in frames", () =>
            {
                var bare = Cloth.WithPinnedCoordinates(new bool[2 * Cloth.Bodies]);
                Check.Equal(0, bare.Pinned.Count, "nothing is named");
                var (model, report) = HgnModel.Train(Dataset.FromArrays(bare, Enumerable.Range(1, 5).SelectMany(Frames)));
                Check.Equal(1, report.Verdict.PinnedBodies, "found");
                Check.Below(1e-10, report.RelativeForceError, "force error");
                Check.Equal(1, model.Evaluate(Dataset.FromArrays(bare, Frames(78))).PinnedBodies, "in evaluation");
            }),
            Runner.TestCase("the energy report closes under drag, and momentum is not called conserved", () =>
            {
                var run = Simulator.Run(Cloth, Truth, Start(3), Recording with { TimeStep = 0.001 });
                Check.Below(1e-3, run.EnergyDriftMax, "energy less work");
                Check.That(run.Work < -0.01 && run.MomentumDrift is null && run.AngularMomentumDrift is null, "work, and nothing conserved");
            }),
            Runner.TestCase("a Hamiltonian of one's own that moves what is pinned is refused", () =>
            {
                var free = Cloth.WithPinnedCoordinates(new bool[2 * Cloth.Bodies]);
                var moving = KnownSystems.UniformField(free, 0, -9.81);
                Check.Refuses(
                    () => Simulator.Run(Cloth, moving, Start(3), Recording),
                    "The Hamiltonian moves body 0, which the system pins; expected no velocity and no force there.");
            }),
            Runner.TestCase("a known Coulomb part is taken off, and the rest is learned and saved beside it", () =>
            {
                var ions = BodySystem.WithinCutoff(Enumerable.Repeat(1.0, 8).ToArray(), 100, [0.0, 0, 0])
                    .WithCharges([1, -1, 1, -1, 1, -1, 1, -1])
                    .WithSites(BodySystem.Lattice(2, 2, 2).Sites);
                var morse = KnownSystems.Pairs(ions, r => 4 * Math.Pow(1 - Math.Exp(-1.5 * (r - 1)), 2), r => 12 * Math.Exp(-1.5 * (r - 1)) * (1 - Math.Exp(-1.5 * (r - 1))));
                var truth = KnownSystems.Sum(morse, KnownSystems.Coulomb(ions, 0.7));
                var states = Enumerable.Range(1, 6).SelectMany(seed => truth.Simulate(ions.RandomStart(0.05, 0.3, seed), Recording with { TimeStep = 0.002 }));
                var data = Dataset.FromHamiltonian(ions, truth, states);

                foreach (double? factor in new double?[] { 1, null })
                {
                    var options = new TrainingOptions
                    {
                        Blocks = [ModelBlock.Body, ModelBlock.Pair, ModelBlock.Known(KnownLaw.Coulomb(0.7), factor)],
                        // A factor ten below softplus here, which lies at 4e-10 to 5e-9, by seed.
                        Activation = "tanh",
                    };

                    var (model, report) = HgnModel.Train(data, options);
                    Check.Below(1e-9, report.RelativeForceError, $"force error with the factor {factor}");

                    Given.InFolder(folder =>
                    {
                        var path = Path.Combine(folder, "ions.json");
                        model.Save(path);
                        var state = ions.RandomStart(0.05, 0.3, 99);
                        Check.Close(truth.TimeDerivative(state).Forces, HgnModel.Load(path).On(ions).TimeDerivative(state).Forces, 1e-8, "forces");
                    });
                }
            }),
            Runner.TestCase("blocks are known by their names", () =>
            {
                Check.Equal(ModelBlock.Defaults.Count, ModelBlock.Parse("auto").Count, "auto");
                Check.Equal(2, ModelBlock.Parse("body,field").Count, "two");
                Check.Refuses(() => ModelBlock.Parse("bodies"), "A block (or auto) is 'bodies'; expected one of body, pair, angle, field, velocity, raw, message.");
            }),
        ]);
}
