using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Expecto;
using Expecto.CSharp;

namespace HgnFunctional.CSharp.Tests;

internal static class TrainingTests
{
    /// <summary>Hears on the thread that reports.</summary>
    private sealed class Listener(Action<TrainingProgress> hear) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => hear(value);
    }

    private static void IsCancelled(Action<CancellationTokenSource, IProgress<TrainingProgress>> train, Func<TrainingProgress, bool> when)
    {
        using var source = new CancellationTokenSource();
        var after = 0;

        var listener = new Listener(progress =>
        {
            after += source.IsCancellationRequested ? 1 : 0;

            if (when(progress))
            {
                source.Cancel();
            }
        });

        try
        {
            train(source, listener);
        }
        catch (OperationCanceledException error)
        {
            Check.Equal(source.Token, error.CancellationToken, "the token of the exception");
            Check.Equal(0, after, "reports after cancelling");
            return;
        }

        Check.That(false, "training went on although it was cancelled");
    }

    internal static Test All => Runner.TestList(
        "training",
        [
            Runner.TestCase("springs on a ring are learned from the caller's arrays and hold on a larger lattice", () =>
            {
                var (model, report) = HgnModel.Train(Given.RingData);
                Check.Below(Check.Springs, report.RelativeForceError, "force error of training");
                Check.Below(Check.Springs, report.RelativeVelocityError, "velocity error of training");
                Check.Sequence(["kinetic", "potential"], model.Fits.Select(fit => fit.Part), "parts");
                Check.Equal(report.Rows, model.Fits.Sum(fit => fit.Rows), "rows");
                var lattice = BodySystem.Lattice(4, 4);
                var bound = model.On(lattice);
                var springs = KnownSystems.Springs(lattice);
                var (one, other) = (Given.Start(lattice, 3), Given.Start(lattice, 4));
                Check.Close(springs.TimeDerivative(one).Forces, bound.TimeDerivative(one).Forces, Check.Springs, "forces");
                Check.Close(springs.TimeDerivative(one).Velocities, bound.TimeDerivative(one).Velocities, Check.Springs, "velocities");
                Check.Close(springs.Gradient(one).OfPositions, bound.Gradient(one).OfPositions, Check.Springs, "gradient");
                var expected = springs.Energy(one) - springs.Energy(other);
                Check.Close([expected], [bound.Energy(one) - bound.Energy(other)], 1e-6, "energy difference");
                Check.Below(Check.Springs, model.Evaluate(Given.RingData).RelativeForceError, "force error of evaluation");
            }),
            Runner.TestCase("progress counts passes and frames, on the way to done", () =>
            {
                var heard = new List<TrainingProgress>();
                HgnModel.Train(Dataset.FromFiles(Given.SpringFiles), progress: new Listener(heard.Add));
                var total = heard[^1].TotalFrames!.Value;

                Check.Sequence(
                    [TrainingPhase.Surveying, TrainingPhase.Fitting, TrainingPhase.Solving, TrainingPhase.Done],
                    heard.Select(progress => progress.Phase).Distinct(),
                    "phases");

                Check.Equal(new TrainingProgress(TrainingPhase.Surveying, 1, 2, 0, null), heard[0], "the first report");
                Check.That(heard.Contains(new TrainingProgress(TrainingPhase.Surveying, 1, 2, total, total)), "the end of the first pass");
                Check.That(heard.Contains(new TrainingProgress(TrainingPhase.Fitting, 2, 2, 0, total)), "the start of the second");
                Check.Equal(new TrainingProgress(TrainingPhase.Done, 2, 2, total, total), heard[^1], "the last report");
                var fractions = heard.Select(progress => progress.Fraction).OfType<double>().ToArray();
                Check.Sequence(fractions.Order(), fractions, "fractions never fall");
                Check.Equal((0.5, 1.0), (fractions[0], fractions[^1]), "first and last fraction");
            }),
            Runner.TestCase("the number of frames is known at once for arrays, and a-swim passes over them three times", () =>
            {
                var heard = new List<TrainingProgress>();
                HgnModel.Train(Given.RingData, new TrainingOptions { Sampler = "a-swim", Width = 8 }, new Listener(heard.Add));
                Check.Equal(new TrainingProgress(TrainingPhase.Surveying, 1, 3, 0, 20), heard[0], "the first report");
                Check.Equal(3, heard.Max(progress => progress.Pass), "passes");
            }),
            Runner.TestCase("training stops where it is cancelled: before, while reading, while fitting, before solving", () =>
            {
                IsCancelled(
                    (source, listener) =>
                    {
                        source.Cancel();
                        HgnModel.Train(Given.RingData, null, listener, source.Token);
                    },
                    _ => false);

                Func<TrainingProgress, bool>[] moments =
                [
                    progress => progress is { Pass: 1, Frames: 3 },
                    progress => progress is { Pass: 2, Frames: 3 },
                    progress => progress is { Pass: 2, Frames: 20 },
                ];

                foreach (var moment in moments)
                {
                    IsCancelled((source, listener) => HgnModel.Train(Given.RingData, null, listener, source.Token), moment);
                }
            }),
            Runner.TestCase("TrainAsync gives the same model, and can be cancelled", async () =>
            {
                var (model, _) = await HgnModel.TrainAsync(Given.RingData);
                var state = Given.Start(Given.Ring, 9);
                Check.Equal(Given.RingModel.On(Given.Ring).Energy(state), model.On(Given.Ring).Energy(state), "energy, to the last bit");

                IsCancelled(
                    (source, listener) => HgnModel.TrainAsync(Given.RingData, null, listener, source.Token).GetAwaiter().GetResult(),
                    progress => progress.Pass == 2);
            }),
            Runner.TestCase("one model may be used by many threads at once", () =>
            {
                var bound = Given.RingModel.On(Given.Ring);
                var states = Given.States(Given.Ring, 200).ToArray();
                var expected = states.Select(bound.Energy).ToArray();
                var found = new double[states.Length];
                Parallel.For(0, states.Length, k => found[k] = bound.Energy(states[k]));
                Check.Sequence(expected, found, "energies");
            }),
            Runner.TestCase("TryTrain says why instead of throwing, and lets cancelling through", () =>
            {
                Check.That(!HgnModel.TryTrain(Given.RingData, new TrainingOptions { Ridge = -1 }, out _, out var reason), "refused");
                Check.Equal("The ridge is -1; expected auto or a finite number, 0 or more.", reason, "the reason");
                Check.That(HgnModel.TryTrain(Given.RingData, null, out var model, out _) && model.Frames == 20, "accepted");
                var missing = Dataset.FromFiles(new TrajectoryData { Files = ["missing.lammpstrj"], Cutoff = 1 });
                Check.That(!HgnModel.TryTrain(missing, null, out _, out reason) && reason.StartsWith("missing.lammpstrj"), "the file is named");
            }),
            Runner.TestCase("a model of bodies alone leaves the forces to others", () =>
            {
                var (model, report) = HgnModel.Train(Given.RingData, new TrainingOptions { Blocks = [ModelBlock.Body] });
                Check.Equal(1, report.RelativeForceError, "force error, since no force is predicted");
                Check.Below(Check.Springs, report.RelativeVelocityError, "velocity error");
                Check.Sequence(new double[10], model.On(Given.Ring).TimeDerivative(Given.Start(Given.Ring)).Forces, "forces");
            }),
            Runner.TestCase("a model on a system refuses what is not of its size", () =>
            {
                var bound = Given.RingModel.On(Given.Ring);
                var state = Given.Start(BodySystem.Lattice(2, 2));
                const string sentence = "The state has 4 bodies in 2 dimensions; expected 5 in 2, as the Hamiltonian has.";
                Check.Refuses(() => bound.Energy(state), sentence);
                Check.Refuses(() => bound.Gradient(state), sentence);
                Check.Refuses(() => bound.TimeDerivative(state), sentence);
                Check.Refuses(() => bound.Value(new double[10], new double[8]), "momenta has 8 entries; expected 10 (bodies x dimension).");

                Check.Refuses(
                    () => bound.GradientInto(new double[10], new double[10], new double[9], new double[10]),
                    "gradientQ has 9 entries; expected 10 (bodies x dimension).");

                Check.Refuses(
                    () => ((ISeparableHamiltonian)bound).ForceInto(new double[10], new double[2]),
                    "destination has 2 entries; expected 10 (bodies x dimension).");

                var gas = BodySystem.WithinCutoff([1, 1], 1, 0, 0);
                const string bonds = "The model was trained on bonds; expected a structure whose bonds are named.";
                Check.Refuses(() => Given.RingModel.On(gas), bonds);
                Check.That(!Given.RingModel.TryOn(gas, out _, out var reason) && reason == bonds, "TryOn says so too");
                Check.That(Given.RingModel.TryOn(Given.Ring, out var again, out _) && again.IsSeparableToo(), "TryOn accepts the ring");
            }),
            Runner.TestCase("a model goes by the names of species and bond types, and tells the end of its laws", () =>
            {
                var system = Given.Ring.WithSpecies(["A", "B", "A", "B", "B"]).WithBondTypes(["x", "y", "x", "y", "y"]).WithCutoff(2);
                var data = Dataset.FromHamiltonian(system, KnownSystems.Springs(system), Given.States(system, 20));
                var model = HgnModel.Train(data).Model;
                Check.Sequence(["A", "B"], model.Species, "species");
                Check.Sequence(["x", "y"], model.BondTypes, "bond types");
                Check.Equal(2.0, model.Cutoff, "cutoff");
                Check.That(model.Terms.Any(term => term.Invariant == "distance of bonds of type y"), "a term for each kind");
                Check.Below(1e-6, model.Evaluate(data).RelativeForceError, "force error");

                Check.Refuses(
                    () => model.On(system.WithSpecies(["A", "B", "C", "B", "B"])),
                    "The model knows no species 'C'; expected A, B alone.");

                Check.Refuses(
                    () => model.On(system.WithBondTypes(["x", "y", "x", "y", "z"])),
                    "The model knows no bonds of type 'z'; expected x, y alone.");

                var smooth = new TrainingOptions { CutoffShape = "smooth" };
                Check.That(HgnModel.Train(data, smooth).Model.Fits[1].RelativeError > 1e3 * model.Fits[1].RelativeError, "springs end with a jump");
                Check.Refuses(() => HgnModel.Train(data, new TrainingOptions { CutoffShape = "sharp" }), "The shape of the cutoff is 'sharp'; expected smooth, cut or auto.");
            }),
            Runner.TestCase("a state far from the training data is told", () =>
            {
                var bound = Given.RingModel.On(Given.Ring);
                Check.Equal(0, bound.OutOfRangeFraction(Given.Start(Given.Ring)), "a state of the training data");
                var far = Given.Ring.StateAt(Given.Ring.Sites.ToArray().Select(x => 3 * x).ToArray(), new double[10]);
                Check.That(bound.OutOfRangeFraction(far) >= 0.5, "all distances lie outside");
            }),
        ]);

    private static bool IsSeparableToo(this BoundModel bound) => bound.Model.IsSeparable && bound is ISeparableHamiltonian;
}
