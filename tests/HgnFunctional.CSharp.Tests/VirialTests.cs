using System;
using System.Linq;
using Expecto;
using Expecto.CSharp;

namespace HgnFunctional.CSharp.Tests;

internal static class VirialTests
{
    private static readonly BodySystem Box = BodySystem.WithinCutoff([1, 1, 1], 2.4, 6, 6);

    /// <summary>The energy of pairs (2.4 - r)^4, its forces and its virial, by hand.</summary>
    private static TrajectoryFrame Frame(int seed)
    {
        var random = new Random(seed);
        double[] q = [1, 1, 2.5, 1.2, 1.6, 2.4];
        q = q.Select(x => x + 0.2 * random.NextDouble()).ToArray();
        var (forces, virial, energy) = (new double[6], new double[4], 0.0);

        foreach (var (a, b) in new[] { (0, 1), (0, 2), (1, 2) })
        {
            double[] x = [q[2 * a] - q[2 * b], q[2 * a + 1] - q[2 * b + 1]];
            var r = Math.Sqrt(x[0] * x[0] + x[1] * x[1]);
            var force = r < 2.4 ? 4 * Math.Pow(2.4 - r, 3) / r : 0;
            energy += r < 2.4 ? Math.Pow(2.4 - r, 4) : 0;

            for (var k = 0; k < 2; k++)
            {
                forces[2 * a + k] += force * x[k];
                forces[2 * b + k] -= force * x[k];
                virial[2 * k] += force * x[k] * x[0];
                virial[2 * k + 1] += force * x[k] * x[1];
            }
        }

        return new TrajectoryFrame { Positions = q, Forces = forces, Energy = energy, Virial = virial };
    }

    /// <summary>The law of the pairs as a block of one's own; a box can be periodic only where it says how it is strained.</summary>
    private sealed class Quartic(bool knowsStrain) : CustomBlock
    {
        public override string Name => "quartic";

        public override int Features => 1;

        public override BlockInputs Inputs => BlockInputs.Positions;

        public override bool TellsStrain(BodySystem system) => knowsStrain || base.TellsStrain(system);

        public override void Values(BodiesView bodies, Span<double> values)
        {
            Span<double> x = stackalloc double[bodies.Dimension];
            values.Clear();

            for (var pair = 0; pair < bodies.Pairs; pair++)
            {
                values[0] += Math.Pow(Math.Max(0, 2.4 - bodies.Distance(pair, x)), 4);
            }
        }

        public override void Gradient(BodiesView bodies, int feature, Span<double> ofPositions, Span<double> ofMomenta)
        {
            Span<double> x = stackalloc double[bodies.Dimension];

            for (var pair = 0; pair < bodies.Pairs; pair++)
            {
                var slope = -4 * Math.Pow(Math.Max(0, 2.4 - bodies.Distance(pair, x)), 3);

                for (var k = 0; k < x.Length; k++)
                {
                    ofPositions[bodies.First[pair] * x.Length + k] += slope * x[k];
                    ofPositions[bodies.Second[pair] * x.Length + k] -= slope * x[k];
                }
            }
        }

        public override void Strain(BodiesView bodies, int feature, Span<double> strain)
        {
            if (!knowsStrain)
            {
                base.Strain(bodies, feature, strain);
                return;
            }

            Span<double> x = stackalloc double[bodies.Dimension];

            for (var pair = 0; pair < bodies.Pairs; pair++)
            {
                var r = bodies.Distance(pair, x);
                var slope = -4 * Math.Pow(Math.Max(0, 2.4 - r), 3);

                for (var k = 0; k < x.Length * x.Length; k++)
                {
                    strain[k] += slope * r * x[k / x.Length] * x[k % x.Length];
                }
            }
        }
    }

    private static Dataset DataOn(BodySystem system) => Dataset.FromArrays(system, Enumerable.Range(1, 20).Select(Frame));

    private static double[] VirialOf(HgnModel model, BodySystem system) =>
        model.On(system).Virial(States.FromArrays(2, Frame(30).Positions.ToArray(), new double[6]));

    internal static Test All => Runner.TestList(
        "virials",
        [
            Runner.TestCase("are learned from, told by a model, and their error by a report", () =>
            {
                var (model, report) = HgnModel.Train(DataOn(Box));
                Check.Close(Frame(30).Virial!.Value.Span, VirialOf(model, Box), 1e-2, "the virial of another frame");
                var error = model.Evaluate(DataOn(Box)).Errors.Single(error => error.Target == "virials");
                Check.Below(1e-3, error.Relative, "the error");
                Check.That(report.Verdict.Errors.Any(error => error.Target == "virials"), "the verdict has them");
            }),
            Runner.TestCase("of a block of one's own are those that it tells", () =>
            {
                foreach (var (knowsStrain, system) in new[] { (true, Box), (false, BodySystem.WithinCutoff([1, 1, 1], 2.4, 0, 0)) })
                {
                    var options = new TrainingOptions { Blocks = [ModelBlock.Body, new Quartic(knowsStrain)] };
                    var model = HgnModel.Train(DataOn(system), options).Model;
                    Check.Close(Frame(30).Virial!.Value.Span, VirialOf(model, system), 1e-6, "the virial of another frame");
                }
            }),
            Runner.TestCase("are refused where a block does not tell them, and left out on request", () =>
            {
                var options = new TrainingOptions { Blocks = [ModelBlock.Body, new Quartic(false)] };

                Check.Refuses(
                    () => HgnModel.Train(DataOn(Box), options),
                    "The data have virials, and a block of kind 'quartic' does not tell its derivatives by strains there; expected blocks that do, or a weight of 0 for virials.");

                var model = HgnModel.Train(DataOn(Box), options with { Weights = TargetWeightOptions.Parse("virials=0") }).Model;

                Check.Refuses(
                    () => VirialOf(model, Box),
                    "A block of the model does not tell its derivatives by strains on this system; expected blocks that do, for a virial.");

                Check.That(model.Evaluate(DataOn(Box)).Errors.All(error => error.Target != "virials"), "no error of them");
            }),
            Runner.TestCase("of another size are refused", () =>
                Check.Refuses(
                    () => Dataset.FromArrays(Box, [Frame(1) with { Virial = new double[] { 1, 2 } }]),
                    "Frame 0: The virial has 2 entries; expected 4 (dimension x dimension).")),
        ]);
}
