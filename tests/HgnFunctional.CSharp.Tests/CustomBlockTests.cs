using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Expecto;
using Expecto.CSharp;

namespace HgnFunctional.CSharp.Tests;

/// <summary>A harmonic well around the origin for each body and one for the cosine of each angle's distance: two laws that no pair
/// knows. A block of one's own takes about this many lines.</summary>
internal sealed class WellBlock : CustomBlock
{
    public override string Name => "well";

    public override int Features => 2;

    public override BlockInputs Inputs => BlockInputs.Positions;

    public override void Values(BodiesView bodies, Span<double> values)
    {
        values.Clear();

        foreach (var x in bodies.Positions)
        {
            values[0] += 0.5 * x * x;
            values[1] += Math.Cos(x);
        }
    }

    public override void Gradient(BodiesView bodies, int feature, Span<double> ofPositions, Span<double> ofMomenta)
    {
        for (var k = 0; k < ofPositions.Length; k++)
        {
            ofPositions[k] += feature == 0 ? bodies.Positions[k] : -Math.Sin(bodies.Positions[k]);
        }
    }
}

/// <summary>The angular momentum about each axis of the plane, times pair distances: couples positions and momenta. For two
/// dimensions.</summary>
internal sealed class SpinBlock(double fault = 1) : CustomBlock
{
    public override string Name => "spin";

    public override int Features => 2;

    public override string? Refuses(BodySystem system) => system.Dimension == 2 ? null : $"it has {system.Dimension} dimensions; expected 2.";

    public override void Values(BodiesView bodies, Span<double> values)
    {
        values.Clear();
        Span<double> direction = stackalloc double[2];

        for (var k = 0; k < 2 * bodies.Bodies; k += 2)
        {
            values[0] += bodies.Positions[k] * bodies.Momenta[k + 1] - bodies.Positions[k + 1] * bodies.Momenta[k];
        }

        for (var pair = 0; pair < bodies.Pairs; pair++)
        {
            values[1] += Math.Pow(bodies.Distance(pair, direction), 3);
        }
    }

    public override void Gradient(BodiesView bodies, int feature, Span<double> ofPositions, Span<double> ofMomenta)
    {
        Span<double> direction = stackalloc double[2];

        for (var k = 0; feature == 0 && k < 2 * bodies.Bodies; k += 2)
        {
            ofPositions[k] += bodies.Momenta[k + 1];
            ofPositions[k + 1] -= bodies.Momenta[k];
            ofMomenta[k + 1] += bodies.Positions[k];
            ofMomenta[k] -= bodies.Positions[k + 1];
        }

        for (var pair = 0; feature == 1 && pair < bodies.Pairs; pair++)
        {
            var slope = fault * 3 * Math.Pow(bodies.Distance(pair, direction), 2);

            for (var axis = 0; axis < 2; axis++)
            {
                ofPositions[2 * bodies.First[pair] + axis] += slope * direction[axis];
                ofPositions[2 * bodies.Second[pair] + axis] -= slope * direction[axis];
            }
        }
    }
}

internal static class CustomBlockTests
{
    /// <summary>Springs in a well: H = springs + 0.7 * sum 1/2 |q|^2 - 0.2 * sum cos q, made of the springs and the block.</summary>
    private sealed class SpringsInWell : IHamiltonian
    {
        public int Bodies => Given.Ring.Bodies;

        public int Dimension => 2;

        public double Value(ReadOnlySpan<double> positions, ReadOnlySpan<double> momenta)
        {
            var value = Given.RingSprings.Value(positions, momenta);

            foreach (var x in positions)
            {
                value += 0.35 * x * x - 0.2 * Math.Cos(x);
            }

            return value;
        }

        public void GradientInto(ReadOnlySpan<double> positions, ReadOnlySpan<double> momenta, Span<double> gradientQ, Span<double> gradientP)
        {
            Given.RingSprings.GradientInto(positions, momenta, gradientQ, gradientP);

            for (var k = 0; k < positions.Length; k++)
            {
                gradientQ[k] += 0.7 * positions[k] + 0.2 * Math.Sin(positions[k]);
            }
        }
    }

    private static readonly Dataset WellData = Dataset.FromHamiltonian(Given.Ring, new SpringsInWell(), Given.States(Given.Ring, 20));

    /// <summary>dH/dq and dH/dp of a model on the ring.</summary>
    private static double[] Gradient(HgnModel model, PhaseState state)
    {
        var size = state.Positions.Length;
        var gradient = new double[2 * size];
        model.On(Given.Ring).GradientInto(state.Positions, state.Momenta, gradient.AsSpan(0, size), gradient.AsSpan(size));
        return gradient;
    }

    private static HgnModel Train(Dataset data, params ModelBlock[] own) =>
        HgnModel.Train(data, new TrainingOptions { Blocks = [ModelBlock.Body, ModelBlock.Pair, ModelBlock.Angle, .. own] }).Model;

    internal static Test All => Runner.TestList(
        "custom blocks",
        [
            Runner.TestCase("a block of one's own learns what the others cannot", () =>
            {
                Check.That(Train(WellData).Evaluate(WellData).RelativeForceError > 0.05, "without the block there is no such force");
                var model = Train(WellData, new WellBlock());
                Check.Below(Check.Springs, model.Evaluate(WellData).RelativeForceError, "force error");
                var (one, other) = (Given.Start(Given.Ring, 50), Given.Start(Given.Ring, 51));
                var (truth, bound) = (new SpringsInWell(), model.On(Given.Ring));
                Check.Close([truth.Energy(one) - truth.Energy(other)], [bound.Energy(one) - bound.Energy(other)], 1e-6, "energy difference");
                Check.Close(truth.TimeDerivative(one).Forces, bound.TimeDerivative(one).Forces, 1e-7, "forces of another state");
            }),
            Runner.TestCase("a block of positions alone leaves the model split, and its steps conserve energy", () =>
            {
                var bound = Train(WellData, new WellBlock()).On(Given.Ring);
                Check.That(bound is ISeparableHamiltonian, "splits");
                Check.Below(1e-3, bound.Run(Given.Start(Given.Ring), new SimulationOptions { Steps = 200, TimeStep = 0.02 }).EnergyDriftMax, "energy drift");
            }),
            Runner.TestCase("a block of both couples them, and is weighed beside the others", () =>
            {
                var model = Train(Given.RingData, new SpinBlock());
                Check.Equal(false, model.IsSeparable, "splits");
                Check.Below(Check.Springs, model.Evaluate(Given.RingData).RelativeForceError, "force error");
                var options = new SimulationOptions { Steps = 50, TimeStep = 0.02, Method = IntegratorOptions.MethodsForAny[0] };
                Check.Equal(50, model.On(Given.Ring).Run(Given.Start(Given.Ring), options).Steps, "steps");
            }),
            Runner.TestCase("features that repeat each other are dropped, and the rest still fit", () =>
            {
                var model = Train(WellData, new Repeated());
                Check.Below(Check.Springs, model.Evaluate(WellData).RelativeForceError, "force error");
                var fit = model.Fits.Single(fit => fit.Part == "potential");
                Check.That(fit.FeaturesKept <= fit.FeaturesSampled - 2, "two of the four are redundant");
            }),
            Runner.TestCase("the features that are left keep their places", () =>
            {
                var model = Train(WellData, new ConstantFirst());
                Check.Below(Check.Springs, model.Evaluate(WellData).RelativeForceError, "force error");
            }),
            Runner.TestCase("gradients can be compared with differences of values", () =>
            {
                var start = Given.Start(Given.Ring);
                Check.Below(1e-7, new WellBlock().GradientError(Given.Ring, start), "error of the well");
                Check.Below(1e-7, new SpinBlock().GradientError(Given.Ring, start), "error of the spin");
                Check.That(new SpinBlock(fault: -1).GradientError(Given.Ring, start) > 1, "a wrong sign is seen");
                Check.Below(1e-7, new MomentumSquares(2).GradientError(Given.Ring, start), "error of the squares");
                Check.That(new MomentumSquares(1).GradientError(Given.Ring, start) > 0.5, "a wrong derivative by a momentum is seen");
            }),
            Runner.TestCase("distances are those of the nearest images", () =>
            {
                var box = BodySystem.WithinCutoff([1, 1], 2, 10, 10);
                // Across the edge of the box and within it, so that one weight cannot make up for a wrong distance.
                PhaseState[] states = [box.StateAt([0.5, 1, 9.25, 1], [1, 2, 3, 4]), box.StateAt([0.5, 1, 2, 1.5], [1, 2, 3, 4])];
                Check.Below(1e-7, new SpinBlock().GradientError(box, states[0]), "error of the spin");
                var data = Dataset.FromHamiltonian(box, KnownSystems.Pairs(box, r => r * r * r, r => 3 * r * r), states);
                var options = new TrainingOptions { Blocks = [ModelBlock.Body, new SpinBlock()] };
                Check.Below(Check.Springs, HgnModel.Train(data, options).Report.RelativeForceError, "force error across the edge of the box");
            }),
            Runner.TestCase("a model with such a block is saved, and its code is passed when it is loaded", () =>
            {
                Given.InFolder(folder =>
                {
                    var path = Path.Combine(folder, "well.json");
                    var model = Train(WellData, new WellBlock());
                    model.Save(path);

                    var loaded = HgnModel.Load(path, new SpinBlock(), new WellBlock());

                    foreach (var state in Given.States(Given.Ring, 3))
                    {
                        Check.That(Gradient(model, state).SequenceEqual(Gradient(loaded, state)), "the same forces, bit for bit");
                    }

                    var sentence = $"{path}: the model has the block 'well', whose code is not registered (terms[2].kind); "
                        + "expected one of body, pair, angle, field, uniform field, pair drag, anisotropic drag, quadratic drag, magnetic force, drag, "
                        + "offset, coulomb, gravity, zbl, table, message, raw, or a custom block that is passed to HgnModel.Load.";

                    Check.Refuses(() => HgnModel.Load(path), sentence);
                    Check.Refuses(() => FileSummary.Read(path), sentence);
                    Check.That(!HgnModel.TryLoad(path, out _, out var reason) && reason == sentence, "TryLoad says so too");
                    Check.That(HgnModel.TryLoad(path, [new WellBlock()], out _, out _), "TryLoad takes blocks");
                });
            }),
            Runner.TestCase("a block that is not the one that was saved is refused", () =>
            {
                Given.InFolder(folder =>
                {
                    var path = Path.Combine(folder, "own.json");
                    Train(WellData, new Constants("own", 2, 0.5)).Save(path);
                    Check.That(HgnModel.TryLoad(path, [new Constants("own", 2, 0.5)], out _, out var reason), reason ?? "");

                    Check.Refuses(
                        () => HgnModel.Load(path, new Constants("own", 3, 0.5)),
                        $"{path}: field terms[2].features is missing or damaged; expected 3, as the block 'own' has; there are 2.");

                    Check.Refuses(
                        () => HgnModel.Load(path, new Constants("own", 2, 0.25)),
                        $"{path}: field terms[2].parameters is missing or damaged; expected the parameters of the block 'own' as it was trained.");

                    Check.Refuses(
                        () => HgnModel.Load(path, new Named("pair", 1)),
                        "A custom block is called 'pair', as another block is; expected a name of its own.");
                });
            }),
            Runner.TestCase("a block may refuse systems, in training and in use", () =>
            {
                var cube = BodySystem.Lattice(2, 2, 2);
                var data = Dataset.FromHamiltonian(cube, KnownSystems.Springs(cube), Given.States(cube, 2));
                const string sentence = "The block 'spin' cannot be used: it has 3 dimensions; expected 2.";
                Check.That(!HgnModel.TryTrain(data, new TrainingOptions { Blocks = [new SpinBlock()] }, out _, out var reason), "refused");
                Check.That(reason == $"Frame 0: {sentence}", reason!);
                var model = Train(Given.RingData, new SpinBlock());
                Check.That(!model.TryOn(cube, out _, out reason) && reason == sentence, reason!);
                Check.Refuses(() => model.Evaluate(data), sentence);
            }),
            Runner.TestCase("what a block throws while rows are made reaches the caller as it was", () =>
            {
                Check.Throws<NotSupportedException>(() => Train(Given.RingData, new Broken(throws: true)), "not today");

                Check.Refuses(
                    () => Train(Given.RingData, new Broken(throws: false)),
                    "The gradient of feature 0 of the block 'broken' holds a number that is not finite at entry 3.");
            }),
            Runner.TestCase("names and numbers of features are checked", () =>
            {
                Check.Refuses(() => Train(Given.RingData, new Named("pair", 1)), "A custom block is called 'pair', as another block is; expected a name of its own.");

                Check.Refuses(
                    () => Train(Given.RingData, new WellBlock(), new WellBlock()),
                    "A custom block is called 'well', as another block is; expected a name of its own.");

                Check.Refuses(() => Train(Given.RingData, new Named("own", 0)), "The block 'own' has 0 features; expected at least 1.");
            }),
        ]);

    /// <summary>The two wells, each twice.</summary>
    private sealed class Repeated : CustomBlock
    {
        private readonly WellBlock once = new();

        public override string Name => "repeated";

        public override int Features => 4;

        public override BlockInputs Inputs => BlockInputs.Positions;

        public override void Values(BodiesView bodies, Span<double> values)
        {
            once.Values(bodies, values[..2]);
            values[..2].CopyTo(values[2..]);
        }

        public override void Gradient(BodiesView bodies, int feature, Span<double> ofPositions, Span<double> ofMomenta) =>
            once.Gradient(bodies, feature % 2, ofPositions, ofMomenta);
    }

    /// <summary>A constant, which moves nothing and is dropped, before the two features of the well.</summary>
    private sealed class ConstantFirst : CustomBlock
    {
        private readonly WellBlock well = new();

        public override string Name => "constant first";

        public override int Features => 3;

        public override BlockInputs Inputs => BlockInputs.Positions;

        public override void Values(BodiesView bodies, Span<double> values)
        {
            values[0] = 1;
            well.Values(bodies, values[1..]);
        }

        public override void Gradient(BodiesView bodies, int feature, Span<double> ofPositions, Span<double> ofMomenta)
        {
            if (feature > 0)
            {
                well.Gradient(bodies, feature - 1, ofPositions, ofMomenta);
            }
        }
    }

    /// <summary>The squares of all momenta, whose derivative is said to be this factor times a momentum.</summary>
    private sealed class MomentumSquares(double factor) : CustomBlock
    {
        public override string Name => "squares";

        public override int Features => 1;

        public override BlockInputs Inputs => BlockInputs.Momenta;

        public override void Values(BodiesView bodies, Span<double> values)
        {
            values.Clear();

            foreach (var p in bodies.Momenta)
            {
                values[0] += p * p;
            }
        }

        public override void Gradient(BodiesView bodies, int feature, Span<double> ofPositions, Span<double> ofMomenta)
        {
            for (var k = 0; k < ofMomenta.Length; k++)
            {
                ofMomenta[k] += factor * bodies.Momenta[k];
            }
        }
    }

    private class Named(string name, int features) : CustomBlock
    {
        public override string Name => name;

        public override int Features => features;

        public override void Values(BodiesView bodies, Span<double> values) => values.Clear();

        public override void Gradient(BodiesView bodies, int feature, Span<double> ofPositions, Span<double> ofMomenta) { }
    }

    /// <summary>Waves of each coordinate, of a length of its own.</summary>
    private sealed class Constants(string name, int features, double wave) : Named(name, features)
    {
        public override BlockInputs Inputs => BlockInputs.Positions;

        public override IReadOnlyList<double> Parameters => [wave];

        public override void Values(BodiesView bodies, Span<double> values)
        {
            for (var k = 0; k < values.Length; k++)
            {
                values[k] = 0;

                foreach (var x in bodies.Positions)
                {
                    values[k] += Math.Cos((k + 1) * wave * x);
                }
            }
        }

        public override void Gradient(BodiesView bodies, int feature, Span<double> ofPositions, Span<double> ofMomenta)
        {
            for (var k = 0; k < ofPositions.Length; k++)
            {
                ofPositions[k] -= (feature + 1) * wave * Math.Sin((feature + 1) * wave * bodies.Positions[k]);
            }
        }
    }

    private sealed class Broken(bool throws) : Named("broken", 1)
    {
        public override void Gradient(BodiesView bodies, int feature, Span<double> ofPositions, Span<double> ofMomenta) =>
            ofPositions[3] = throws ? throw new NotSupportedException("not today") : double.NaN;
    }
}
