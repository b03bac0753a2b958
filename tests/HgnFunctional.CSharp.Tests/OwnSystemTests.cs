using System;
using System.Collections.Generic;
using System.Linq;
using Expecto;
using Expecto.CSharp;

namespace HgnFunctional.CSharp.Tests;

/// <summary>Springs of rest length 0 to the origin, one for each body: H = |p|^2 / 2 + |q|^2 / 2 in a plane.</summary>
internal sealed class Oscillators(int bodies) : ISeparableHamiltonian
{
    public int Bodies => bodies;

    public int Dimension => 2;

    public double KineticEnergy(ReadOnlySpan<double> momenta) => HalfSquare(momenta);

    public double PotentialEnergy(ReadOnlySpan<double> positions) => HalfSquare(positions);

    public void VelocityInto(ReadOnlySpan<double> momenta, Span<double> destination) => momenta.CopyTo(destination);

    public void ForceInto(ReadOnlySpan<double> positions, Span<double> destination)
    {
        for (var k = 0; k < positions.Length; k++)
        {
            destination[k] = -positions[k];
        }
    }

    public double Value(ReadOnlySpan<double> positions, ReadOnlySpan<double> momenta) => KineticEnergy(momenta) + PotentialEnergy(positions);

    public void GradientInto(ReadOnlySpan<double> positions, ReadOnlySpan<double> momenta, Span<double> gradientQ, Span<double> gradientP)
    {
        positions.CopyTo(gradientQ);
        momenta.CopyTo(gradientP);
    }

    private static double HalfSquare(ReadOnlySpan<double> values)
    {
        var sum = 0.0;

        foreach (var value in values)
        {
            sum += 0.5 * value * value;
        }

        return sum;
    }
}

/// <summary>The same in a frame that turns: H - w (q x p), which does not split.</summary>
internal sealed class TurningOscillators(int bodies, double rate) : IHamiltonian
{
    private readonly Oscillators still = new(bodies);

    public int Bodies => bodies;

    public int Dimension => 2;

    public double Value(ReadOnlySpan<double> positions, ReadOnlySpan<double> momenta)
    {
        var value = still.Value(positions, momenta);

        for (var k = 0; k < positions.Length; k += 2)
        {
            value -= rate * (positions[k] * momenta[k + 1] - positions[k + 1] * momenta[k]);
        }

        return value;
    }

    public void GradientInto(ReadOnlySpan<double> positions, ReadOnlySpan<double> momenta, Span<double> gradientQ, Span<double> gradientP)
    {
        still.GradientInto(positions, momenta, gradientQ, gradientP);

        for (var k = 0; k < positions.Length; k += 2)
        {
            gradientQ[k] -= rate * momenta[k + 1];
            gradientQ[k + 1] += rate * momenta[k];
            gradientP[k] += rate * positions[k + 1];
            gradientP[k + 1] -= rate * positions[k];
        }
    }
}

internal static class OwnSystemTests
{
    private static readonly PhaseState Start = States.FromArrays(2, [1, 0, 0, 2], [0, 1, -1, 0]);

    /// <summary>Forces of bonds that pull with their length: the separations from each body to its neighbours, added up.</summary>
    private static double[] PullsOf(BodySystem system, PhaseState state)
    {
        var pulls = new double[state.Positions.Length];

        foreach (var (first, second) in system.Bonds)
        {
            for (var axis = 0; axis < state.Dimension; axis++)
            {
                var (i, j) = (first * state.Dimension + axis, second * state.Dimension + axis);
                pulls[i] += state.Positions[j] - state.Positions[i];
                pulls[j] += state.Positions[i] - state.Positions[j];
            }
        }

        return pulls;
    }

    internal static Test All => Runner.TestList(
        "own systems",
        [
            Runner.TestCase("a Hamiltonian of one's own has energy, gradient and time derivative", () =>
            {
                var own = new Oscillators(2);
                Check.Equal(3.5, own.Energy(Start), "energy");
                Check.Sequence([1, 0, 0, 2], own.Gradient(Start).OfPositions, "dH/dq");
                Check.Sequence([0, 1, -1, 0], own.TimeDerivative(Start).Velocities, "q'");
                Check.Sequence([-1, 0, 0, -2], own.TimeDerivative(Start).Forces, "p'");
            }),
            Runner.TestCase("it gets every integrator, and comes back after a period", () =>
            {
                foreach (var method in IntegratorOptions.Methods)
                {
                    var options = new SimulationOptions { Steps = 2000, TimeStep = 2 * Math.PI / 2000, Method = method };
                    var end = new Oscillators(2).Simulate(Start, options).Last();
                    // The first order loses 1e-3 of a turn; all others less.
                    Check.Close(Start.Positions, end.Positions, 5e-3, $"positions after a period with {method}");
                }
            }),
            Runner.TestCase("one that does not split gets the others, and conserves its energy", () =>
            {
                var own = new TurningOscillators(2, 0.3);

                Check.Throws<HgnInputException>(
                    () => own.CreateStepper(Start, new IntegratorOptions { TimeStep = 0.1 }),
                    "The method stormer-verlet needs a model that splits into T(p) + V(q), which this one does not; "
                    + $"expected one of {string.Join(", ", IntegratorOptions.MethodsForAny)}.");

                var stepper = own.CreateStepper(Start, new IntegratorOptions { TimeStep = 0.05, Method = "gauss-legendre-4" });
                stepper.Step(200);
                Check.Close([own.Energy(Start)], [stepper.Energy], 1e-6, "energy");
            }),
            Runner.TestCase("it gives training data, from which a model of another system's pairs is made", () =>
            {
                var system = BodySystem.Topology("ring", 3);
                var pairs = KnownSystems.Pairs(system, r => 0.5 * r * r, r => r);
                var data = Dataset.FromHamiltonian(system, pairs, Given.States(system, 10));
                var (model, report) = HgnModel.Train(data);
                Check.Below(Check.Springs, report.RelativeForceError, "force error");
                var one = Given.Start(system, 40);
                Check.Close(PullsOf(system, one), model.On(system).TimeDerivative(one).Forces, 1e-7, "forces of a state not seen");
            }),
            Runner.TestCase("known systems are those of the textbooks", () =>
            {
                var two = BodySystem.Bonded(1, [1, 1], [(0, 1)]);
                var apart = States.FromArrays(1, [0, 2], [0, 0]);
                Check.Sequence([3, -3], KnownSystems.Springs(two, 3, 1).TimeDerivative(apart).Forces, "springs");
                Check.Sequence([1, -1], KnownSystems.Gravity(two, 4).TimeDerivative(apart).Forces, "gravity");
                Check.Equal(-2, KnownSystems.Gravity(two, 4).Energy(apart), "energy of gravity");
                var gas = BodySystem.WithinCutoff([1, 1], 2.5, 0);
                Check.Equal(0, KnownSystems.LennardJones(gas).Energy(States.FromArrays(1, [0, 2.5], [0, 0])), "energy at the cutoff");
                Check.Refuses(() => KnownSystems.LennardJones(two), "The system has bonds; expected one with a cutoff, where the potential ends.");
            }),
            Runner.TestCase("laws of masses, charges, types and angles are those of the textbooks", () =>
            {
                var two = BodySystem.Bonded(1, [2, 3], [(0, 1)]).WithCharges([1, -2]).WithBondTypes(["stiff"]);
                var apart = States.FromArrays(1, [0, 2], [0, 0]);
                Check.Sequence([6, -6], KnownSystems.GravityOfMasses(two, 4).TimeDerivative(apart).Forces, "gravity: 4 x 2 x 3 / 2^2");
                Check.Sequence([1.5, -1.5], KnownSystems.Coulomb(two, 3).TimeDerivative(apart).Forces, "charges attract: 3 x 2 / 2^2");
                var springs = new Dictionary<string, (double, double)> { ["stiff"] = (5, 1) };
                Check.Sequence([5, -5], KnownSystems.Springs(two, springs).TimeDerivative(apart).Forces, "springs by type");
                var sum = KnownSystems.Sum(KnownSystems.Coulomb(two, 3), KnownSystems.Springs(two, springs));
                Check.Sequence([6.5, -6.5], sum.TimeDerivative(apart).Forces, "the sum");
                Check.Equal(-3 + 2.5, sum.Energy(apart), "energy of the sum");

                Check.Refuses(
                    () => KnownSystems.Springs(two, new Dictionary<string, (double, double)>()),
                    "There is no spring for bonds of type 'stiff'; expected one for each type.");

                Check.Refuses(
                    () => KnownSystems.Coulomb(BodySystem.Bonded(1, [2, 3], [(0, 1)])),
                    "The bodies have no charges; expected those of WithCharges.");

                var bent = BodySystem.Bonded(2, [1, 1, 1], [(0, 1), (1, 2)]).WithAngles([(0, 1, 2)]);
                var right = States.FromArrays(2, [1, 0, 0, 0, 0, 1], new double[6]);
                Check.Close([0, -2, 2, 2, -2, 0], KnownSystems.Angles(bent, c => 2 * c, _ => 2).TimeDerivative(right).Forces, 1e-15, "U = 2 cos");
            }),
            Runner.TestCase("charges, angles and cutoffs by species are trained on, kept in a file, and needed", () => Given.InFolder(folder =>
            {
                var plain = BodySystem.Topology("chain", 6)
                    .WithSpecies(["A", "B", "A", "B", "A", "B"])
                    .WithAngles([(0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5)])
                    .WithAngleTypes(["x", "y", "x", "y"])
                    .WithCutoffs([new("A", "A", 9), new("A", "B", 8), new("B", "B", 9)], excludedBonds: 1);

                var system = plain.WithCharges([1, -1, 2, -1, 1, -2]);
                var truth = KnownSystems.Sum(KnownSystems.Springs(system), KnownSystems.Angles(system, c => (c + 0.5) * (c + 0.5), c => (2 * c) + 1));
                var states = Enumerable.Range(1, 40).Select(seed => system.RandomStart(0.2, 0.2, seed));
                var (model, report) = HgnModel.Train(Dataset.FromHamiltonian(system, truth, states));
                Check.Below(1e-6, report.RelativeForceError, "force error");
                Check.Sequence(["x", "y"], model.AngleTypes, "angle types");
                Check.Equal(3, model.PairCutoffs.Count, "cutoffs");
                var path = System.IO.Path.Combine(folder, "model.json");
                model.Save(path);
                var start = system.RandomStart(0.1, 0.1, 99);

                Check.Sequence(
                    model.On(system).TimeDerivative(start).Forces,
                    HgnModel.Load(path).On(system).TimeDerivative(start).Forces,
                    "forces after a file");

                Check.Refuses(
                    () => model.On(BodySystem.Topology("chain", 6).WithSpecies(plain.Species).WithCutoffs(plain.PairCutoffs, 1)),
                    "The model was trained on angles; expected a structure whose angles are named.");
            })),
            Runner.TestCase("a run of one's own system is watched", () =>
            {
                var system = BodySystem.Bonded(2, [1, 1], []);
                var report = Simulator.Run(system, new Oscillators(2), Start, new SimulationOptions { Steps = 100, TimeStep = 0.01 });
                Check.Equal((2, 100L), (report.Bodies, report.Steps), "bodies and steps");
                Check.Below(1e-4, report.EnergyDriftMax, "energy drift");
                Check.That(report.AngularMomentumDrift < 1e-12, "angular momentum drift");
            }),
        ]);
}
