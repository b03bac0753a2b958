using System;
using System.Linq;
using Expecto;
using Expecto.CSharp;

namespace HgnFunctional.CSharp.Tests;

internal static class DatasetTests
{
    /// <summary>Two bodies on a spring of rest length 1, stretched by a half.</summary>
    private static readonly BodySystem Dumbbell = BodySystem.Bonded(2, [1, 4], [(0, 1)]);

    private static readonly TrajectoryFrame Stretched = new()
    {
        Positions = new double[] { 0, 0, 1.5, 0 },
        Velocities = new double[] { 0.5, 0, 0, 0.25 },
        Forces = new double[] { 0.5, 0, -0.5, 0 },
    };

    private static string HashOf(Dataset data) => HgnModel.Train(data, new TrainingOptions { Width = 1 }).Model.DataHash;

    internal static Test All => Runner.TestList(
        "datasets",
        [
            Runner.TestCase("momenta and velocities follow from each other", () =>
            {
                var withMomenta = Stretched with { Velocities = null, Momenta = new double[] { 0.5, 0, 0, 1 } };
                var withBoth = withMomenta with { Velocities = Stretched.Velocities };
                var hashes = new[] { Stretched, withMomenta, withBoth }.Select(frame => HashOf(Dataset.FromArrays(Dumbbell, [frame])));
                Check.Equal(1, hashes.Distinct().Count(), "number of different data");
            }),
            Runner.TestCase("arrays and the Hamiltonian they come from are the same data", () =>
            {
                var states = Given.States(Given.Ring, 3).ToArray();

                var frames = states.Select(state =>
                {
                    var (velocities, forces) = Given.RingSprings.TimeDerivative(state);

                    return new TrajectoryFrame
                    {
                        Positions = state.Positions.ToArray(),
                        Momenta = state.Momenta.ToArray(),
                        Velocities = velocities,
                        Forces = forces,
                    };
                });

                var copied = Dataset.FromArrays(Given.Ring, frames);
                Check.Equal(3, copied.Frames, "frames");
                Check.Equal(HashOf(Dataset.FromHamiltonian(Given.Ring, Given.RingSprings, states)), HashOf(copied), "hash of the data");
            }),
            Runner.TestCase("files are the same data whether wrapped or not", () =>
            {
                var data = Dataset.FromFiles(Given.SpringFiles);
                Check.Equal(null, data.Frames, "frames that nobody counted");
                Check.Equal(HgnModel.Train(Given.SpringFiles).Model.DataHash, HashOf(data), "hash of the data");
            }),
            Runner.TestCase("datasets of several systems can be combined", () =>
            {
                var data = Dataset.Combine(Given.RingData, Dataset.FromArrays(Dumbbell, [Stretched]));
                Check.Equal(21, data.Frames, "frames");
                Check.Equal(21, HgnModel.Train(data).Model.Frames, "frames that were learned");
                Check.Equal(null, Dataset.Combine(Given.RingData, Dataset.FromFiles(Given.SpringFiles)).Frames, "frames that nobody counted");
            }),
            Runner.TestCase("a frame that is refused names the frame, the field and both sizes", () =>
            {
                void Refuses(TrajectoryFrame frame, string sentence) =>
                    Check.Refuses(() => Dataset.FromArrays(Dumbbell, [Stretched, frame]), sentence);

                Refuses(Stretched with { Positions = new double[3] }, "Frame 1: positions has 3 entries; expected 4 (bodies x dimension).");
                Refuses(Stretched with { Velocities = new double[5] }, "Frame 1: velocities has 5 entries; expected 4 (bodies x dimension).");
                Refuses(Stretched with { Momenta = new double[2] }, "Frame 1: momenta has 2 entries; expected 4 (bodies x dimension).");
                Refuses(Stretched with { Forces = new double[2] }, "Frame 1: forces has 2 entries; expected 4 (bodies x dimension).");

                Refuses(
                    Stretched with { Momenta = new double[4], Velocities = new double[3] },
                    "Frame 1: velocities has 3 entries; expected 4 (bodies x dimension).");

                Refuses(
                    Stretched with { Forces = new[] { 0, 0, double.PositiveInfinity, 0 } },
                    "Frame 1: The force of body 1 holds a number that is not finite.");

                Refuses(Stretched with { Energy = double.NaN }, "Frame 1: The energy is not a finite number.");
                Refuses(Stretched with { Weight = 0 }, "Frame 1: the weight is 0; expected a finite number above 0.");

                Refuses(
                    Stretched with { Positions = new double[] { 1, 1, 1, 1 } },
                    "Frame 1: Bodies 0 and 1 interact and stand at the same place; expected a distance above 0.");
            }),
            Runner.TestCase("a dataset without frames, and states of other sizes, are refused", () =>
            {
                Check.Refuses(() => Dataset.FromArrays(Dumbbell, []), "The dataset has no frame; expected at least one.");
                Check.Refuses(() => Dataset.Combine(), "No dataset was given; expected at least one.");
                var state = Given.Start(Given.Ring);

                Check.Refuses(
                    () => Dataset.FromHamiltonian(Dumbbell, Given.RingSprings, [state]),
                    "State 0 has 5 bodies in 2 dimensions; expected 2 in 2, as the system has.");

                Check.Refuses(
                    () => Dataset.FromHamiltonian(Given.Ring, KnownSystems.Springs(Dumbbell), [state]),
                    "State 0 has 5 bodies in 2 dimensions; expected 2 in 2, as the Hamiltonian has.");

                Check.Refuses(() => Dataset.FromFiles(new TrajectoryData { Files = [] }), "No trajectory file was given; expected at least one.");
            }),
            Runner.TestCase("TryFromArrays says why instead of throwing", () =>
            {
                Check.That(!Dataset.TryFromArrays(Dumbbell, [], out _, out var reason), "refused");
                Check.Equal("The dataset has no frame; expected at least one.", reason, "the reason");
                Check.That(Dataset.TryFromArrays(Dumbbell, [Stretched], out var data, out _) && data.Frames == 1, "accepted");
            }),
        ]);
}
