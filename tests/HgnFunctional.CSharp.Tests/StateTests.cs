using System.Numerics;
using Expecto;
using Expecto.CSharp;
using MathNet.Numerics.LinearAlgebra;

namespace HgnFunctional.CSharp.Tests;

internal static class StateTests
{
    internal static Test All => Runner.TestList(
        "states",
        [
            Runner.TestCase("arrays, tables, vectors and matrices give the same state", () =>
            {
                double[] q = [1, 2, 3, 4, 5, 6];
                double[] p = [-1, 0, 0.5, 0, 0.25, 0];
                var state = States.FromSpans(3, q, p);

                PhaseState[] others =
                [
                    States.FromArrays(3, q, p),
                    States.FromArrays(new double[,] { { 1, 2, 3 }, { 4, 5, 6 } }, new double[,] { { -1, 0, 0.5 }, { 0, 0.25, 0 } }),
                    States.FromVectors([new Vector3(1, 2, 3), new Vector3(4, 5, 6)], [new Vector3(-1, 0, 0.5f), new Vector3(0, 0.25f, 0)]),
                    States.FromMatrices(Matrix<double>.Build.DenseOfRowMajor(2, 3, q), Matrix<double>.Build.DenseOfRowMajor(2, 3, p)),
                ];

                foreach (var other in others)
                {
                    Check.Equal((2, 3), (other.Bodies, other.Dimension), "size");
                    Check.Sequence(state.Positions, other.Positions, "positions");
                    Check.Sequence(state.Momenta, other.Momenta, "momenta");
                }
            }),
            Runner.TestCase("a state does not change with the array that it was made of", () =>
            {
                double[] q = [1, 2];
                var state = States.FromArrays(1, q, [0, 0]);
                q[0] = 7;
                Check.Equal(1, state.Positions[0], "the first coordinate");
            }),
            Runner.TestCase("a state in the plane from vectors becomes vectors in space again", () =>
            {
                var state = States.FromVectors([new Vector2(1, 2), new Vector2(3, 4)], [new Vector2(5, 6), new Vector2(7, 8)]);
                var (positions, momenta) = state.ToVectors();
                Check.Sequence([new Vector3(1, 2, 0), new Vector3(3, 4, 0)], positions, "positions");
                Check.Sequence([new Vector3(5, 6, 0), new Vector3(7, 8, 0)], momenta, "momenta");
            }),
            Runner.TestCase("matrices of a state have a row for each body", () =>
            {
                var (positions, momenta) = States.FromArrays(2, [1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1]).ToMatrices();
                Check.Equal((3, 2, 4.0, 3.0), (positions.RowCount, positions.ColumnCount, positions[1, 1], momenta[1, 1]), "matrices");
            }),
            Runner.TestCase("a state that is refused names the field and both sizes", () =>
            {
                Check.Refuses(() => States.FromArrays(3, [1, 2, 3, 4], [1, 2, 3, 4]), "positions has 4 entries; expected a multiple of the dimension 3.");
                Check.Refuses(() => States.FromArrays(2, [1, 2, 3, 4], [1, 2]), "momenta has 2 entries; expected 4 (bodies x dimension).");
                Check.Refuses(() => States.FromArrays(1, [1, double.NaN], [1, 2]), "positions holds a number that is not finite at entry 1.");
                Check.Refuses(() => States.FromArrays(0, [], []), "dimension is 0; expected at least 1.");
                Check.Refuses(() => States.FromArrays(1, [], []), "A state of 0 bodies in 1 dimensions was asked for; expected at least one of each.");

                Check.Refuses(
                    () => States.FromArrays(new double[2, 3], new double[3, 2]),
                    "momenta is 3 x 2; expected 2 x 3 (bodies x dimension), as positions is.");

                Check.Refuses(
                    () => States.FromVectors([Vector3.One], [Vector3.One, Vector3.One]),
                    "momenta is 2 x 3; expected 1 x 3 (bodies x dimension), as positions is.");

                Check.Refuses(() => States.FromArrays(4, new double[4], new double[4]).ToVectors(), "The state has 4 dimensions; expected at most 3 for vectors.");
            }),
            Runner.TestCase("TryCreate says why instead of throwing", () =>
            {
                Check.That(!States.TryCreate(2, [1, 2], [1], out var none, out var reason) && none is null, "refused");
                Check.Equal("momenta has 1 entries; expected 2 (bodies x dimension).", reason, "the reason");
                Check.That(States.TryCreate(2, [1, 2], [1, 0], out var state, out reason) && reason is null, "accepted");
                Check.Equal(1, state!.Bodies, "bodies");
            }),
        ]);
}
