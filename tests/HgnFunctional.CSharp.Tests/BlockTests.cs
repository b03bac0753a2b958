using System;
using System.Linq;
using Expecto;
using Expecto.CSharp;

namespace HgnFunctional.CSharp.Tests;

internal static class BlockTests
{
    private static HgnModel Train(params ModelBlock[] blocks) =>
        HgnModel.Train(Given.RingData, new TrainingOptions { Blocks = blocks, Width = 48 }).Model;

    private static readonly SimulationOptions Short = new() { Steps = 20, TimeStep = 0.01 };

    internal static Test All => Runner.TestList(
        "blocks",
        [
            Runner.TestCase("the paper's model couples positions and momenta, and says so where an integrator cannot have it", () =>
            {
                var model = Train(ModelBlock.Message());
                var bound = model.On(Given.Ring);
                Check.Equal((false, false), (model.IsSeparable, bound is ISeparableHamiltonian), "splits");
                Check.Sequence(["coupled"], model.Fits.Select(fit => fit.Part), "parts");
                Check.That(model.Terms.All(term => term.Kind == "message") && model.Terms.Count == 6, "4 inputs of nodes, 2 of edges");
                var start = Given.Start(Given.Ring);

                var sentence = "The method stormer-verlet needs a model that splits into T(p) + V(q), which this one does not; "
                    + $"expected one of {string.Join(", ", IntegratorOptions.MethodsForAny)}.";

                Check.Refuses(() => bound.Run(start, Short), sentence);
                Check.Refuses(() => bound.Simulate(start, Short), sentence);
                Check.Refuses(() => bound.CreateStepper(start, Short), sentence);
                Check.That(IntegratorOptions.MethodsForAny.Count > 3, "some methods are named");

                var (velocities, forces) = bound.TimeDerivative(start);

                foreach (var method in IntegratorOptions.MethodsForAny)
                {
                    var stepper = bound.CreateStepper(start, Short with { TimeStep = 1e-7, Method = method });
                    stepper.Step();
                    // The velocities have seven digits left after the difference, and the second order of so short a step is less.
                    Check.Close(velocities, Rates(start.Positions, stepper.Positions, 1e-7), 1e-4, $"velocities of a short step with {method}");
                    Check.Close(forces, Rates(start.Momenta, stepper.Momenta, 1e-7), 1e-4, $"forces of a short step with {method}");
                }
            }),
            Runner.TestCase("messages of invariants do not care where the frame points", () =>
            {
                var model = Train(ModelBlock.Message(new MessageLayout { Inputs = "invariant", IsDirected = true, InnerUnits = [16], PoolsEveryStage = true }));
                Check.Below(1e-2, model.Evaluate(Given.RingData).RelativeForceError, "force error");
                var start = Given.Start(Given.Ring);
                var mirrored = Given.Ring.StateAt(Mirror(start.Positions.ToArray()), Mirror(start.Momenta.ToArray()));
                var bound = model.On(Given.Ring);
                Check.Close([bound.Energy(start)], [bound.Energy(mirrored)], 1e-9, "energy of the mirror image");
            }),
            Runner.TestCase("raw features are for one number of bodies", () =>
            {
                var model = Train(ModelBlock.Raw);

                Check.Refuses(
                    () => model.On(BodySystem.Topology("ring", 6)),
                    "The model sees the coordinates of 5 bodies in 2 dimensions as they are; expected a structure of that size.");

                Check.Equal(5, model.On(Given.Ring).Bodies, "bodies");
            }),
            Runner.TestCase("blocks that know the size of a system refuse frames of another", () =>
            {
                var cube = BodySystem.Lattice(2, 2, 2);
                var mixed = Dataset.Combine(Given.RingData, Dataset.FromHamiltonian(cube, KnownSystems.Springs(cube), Given.States(cube, 2)));

                foreach (var (block, sentence) in new[]
                {
                    (ModelBlock.Raw, "The model sees the coordinates of 5 bodies in 2 dimensions as they are; expected a structure of that size."),
                    (ModelBlock.Message(), "The model sees coordinates in 2 dimensions; expected a structure with as many."),
                })
                {
                    HgnModel.TryTrain(mixed, new TrainingOptions { Blocks = [block], Width = 8 }, out _, out var reason);
                    Check.Equal($"Frame 20: {sentence}", reason, "the reason");
                }

                // Invariants are numbers in every dimension.
                Check.Equal(22, HgnModel.Train(mixed, new TrainingOptions { Width = 8 }).Model.Frames, "frames that body and pair blocks take");
                var invariant = ModelBlock.Message(new MessageLayout { Inputs = "invariant", NodeUnits = 4, EdgeUnits = 4 });
                Check.That(HgnModel.TryTrain(mixed, new TrainingOptions { Blocks = [invariant], Width = 8 }, out _, out _), "so do messages of them");
            }),
            Runner.TestCase("blocks may stand side by side", () =>
            {
                var layout = new MessageLayout { Inputs = "invariant", NodeUnits = 8, EdgeUnits = 8 };
                var model = Train(ModelBlock.Body, ModelBlock.Pair, ModelBlock.Message(layout));
                Check.Sequence(["body", "pair", "message"], model.Terms.Select(term => term.Kind).Distinct(), "kinds");
                Check.Below(Check.Springs, model.Evaluate(Given.RingData).RelativeForceError, "force error");
            }),
            Runner.TestCase("layouts and lists of blocks are checked", () =>
            {
                Check.Refuses(
                    () => ModelBlock.Message(new MessageLayout { Inputs = "graph" }),
                    "The inputs of messages is 'graph'; expected one of invariant, frame.");

                Check.Refuses(() => ModelBlock.Message(new MessageLayout { NodeUnits = 0 }), "NodeUnits is 0; expected 1 to 16384.");
                Check.Refuses(() => ModelBlock.Message(new MessageLayout { EdgeUnits = -1 }), "EdgeUnits is -1; expected 1 to 16384.");
                Check.Refuses(() => ModelBlock.Message(new MessageLayout { InnerUnits = [8, 0] }), "InnerUnits is 0; expected 1 to 16384.");
                Check.Refuses(() => Train(null!, ModelBlock.Pair), "A block is null; expected a block.");
                Check.Refuses(() => Train(), "The model has no blocks; expected at least one.");
            }),
        ]);

    private static double[] Rates(ReadOnlySpan<double> before, ReadOnlySpan<double> after, double time)
    {
        var rates = after.ToArray();

        for (var k = 0; k < rates.Length; k++)
        {
            rates[k] = (rates[k] - before[k]) / time;
        }

        return rates;
    }

    private static double[] Mirror(double[] plane) => plane.Select((x, k) => k % 2 == 0 ? -x : x).ToArray();
}
