using System;
using System.Collections.Generic;
using System.Linq;
using Expecto.CSharp;
using Test = Expecto.Test;

namespace HgnFunctional.CSharp.Tests;

/// <summary>Learning from positions, energies and weights, through the facade.</summary>
internal static class MotionTests
{
    private static readonly BodySystem Dimer = BodySystem.Bonded(masses: [1.0, 2.0], edges: [(0, 1)], dimension: 1);

    /// <summary>The places of a dimer on a spring of stiffness 2 and length 1, in closed form.</summary>
    private static double[] Places(double amplitude, double phase, double time)
    {
        var stretch = amplitude * Math.Cos((Math.Sqrt(2 / (2.0 / 3)) * time) + phase);
        return [-2.0 / 3 * (1 + stretch), 1.0 / 3 * (1 + stretch)];
    }

    private static Dataset Seen(int run)
    {
        var times = Enumerable.Range(0, 80).Select(k => 0.1 * k).ToArray();
        return Dataset.FromPositions(Dimer, times, times.Select(time => new ReadOnlyMemory<double>(Places(0.1 + (0.02 * run), run, time))).ToArray());
    }

    internal static Test All => Runner.TestList(
        "motion",
        [
            Runner.TestCase("a law is told from places alone, with the noise that they have", () =>
            {
                var (model, report) = HgnModel.Train(Dataset.Combine(Seen(1), Seen(2), Seen(3)));
                var state = States.FromArrays(1, [-0.7, 0.35], [0, 0]);
                var (_, forces) = model.On(Dimer).TimeDerivative(state);
                Check.Close([0.1, -0.1], forces, 1e-5, "the force of a spring that is stretched by 0.05");
                Check.That(report.Verdict.Noise is < 1e-5, $"noise {report.Verdict.Noise}");
                Check.That(report.Warnings.Single().Contains("No velocities were measured", StringComparison.Ordinal), "one sentence");
            }),
            Runner.TestCase("energies teach as forces do, and a weight counts frames", () =>
            {
                TrajectoryFrame Frame(double length, double weight) => new()
                {
                    Positions = new[] { 0, length },
                    Energy = Math.Pow(length - 1, 2) - 3,
                    Weight = weight,
                    Group = length < 1 ? "short" : "long",
                };

                var frames = Enumerable.Range(0, 40).Select(k => Frame(0.7 + (0.015 * k), 1 + (k % 2))).ToArray();
                var (model, report) = HgnModel.Train(Dataset.FromArrays(Dimer, frames));
                var bound = model.On(Dimer);
                Check.Close([-3 + 0.04], [bound.Energy(States.FromArrays(1, [0, 1.2], [0, 0]))], 1e-5, "an energy with its zero");
                var groups = report.Verdict.Errors.Where(error => error.Target == "energies").Select(error => error.Group).ToArray();
                Check.Sequence([null, "long", "short"], groups, "groups");
            }),
            Runner.TestCase("what cannot be is refused", () =>
            {
                var places = new ReadOnlyMemory<double>[] { Places(0.1, 0, 0), Places(0.1, 0, 1) };
                Check.Refuses(() => Dataset.FromPositions(Dimer, [0.0], places), "There are 1 times and 2 frames; expected as many of both.");

                Check.Refuses(
                    () => Dataset.FromPositions(Dimer, [1.0, 1.0], places),
                    "Frame 1 is at the time 1, and the one before it at 1; expected times that increase.");

                Check.Refuses(
                    () => HgnModel.Train(Dataset.FromPositions(Dimer, [0.0, 1.0], places)),
                    "No frame has forces, and the longest trajectory has 2 frames with times; expected at least 4, from which forces can be told.");

                Check.Refuses(() => TargetWeightOptions.Parse("force=1"), "A weight is for 'force'; expected one of velocities, forces, energies, virials.");
                Check.Refuses(() => TargetWeightOptions.Parse("forces=-1"), "The weight of forces is -1; expected a finite number, 0 or more.");
                Check.Refuses(() => TargetWeightOptions.Parse("forces"), "The weights are 'forces'; expected targets with a number each, such as energies=10,forces=1.");
                var parsed = TargetWeightOptions.Parse("energies=10,forces=0.5,virials=2");
                Check.Sequence([1, 0.5, 10, 2], new[] { parsed.Velocities, parsed.Forces, parsed.Energies, parsed.Virials }, "weights");

                Check.Refuses(
                    () => HgnModel.Train(Seen(1), new TrainingOptions { Stencil = "exact:2" }),
                    "The stencil is 'exact:2'; expected auto, exact:N with N from 3, or smooth:N with N from 5, up to 129 frames.");
            }),
        ]);
}
