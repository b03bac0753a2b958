using System;
using System.Numerics;
using MathNet.Numerics.LinearAlgebra;

namespace HgnFunctional.CSharp;

/// <summary>States in the forms that callers want.</summary>
public static class StateExtensions
{
    /// <summary>Positions and momenta as vectors, one for each body, rounded to single precision; what a state in fewer than three
    /// dimensions lacks is 0.</summary>
    /// <exception cref="HgnInputException">The state has more than three dimensions.</exception>
    public static (Vector3[] Positions, Vector3[] Momenta) ToVectors(this PhaseState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var positions = new Vector3[state.Bodies];
        var momenta = new Vector3[state.Bodies];
        CopyTo(state.Dimension, state.Positions, positions);
        CopyTo(state.Dimension, state.Momenta, momenta);
        return (positions, momenta);
    }

    /// <summary>Positions and momenta as matrices with a row for each body [N x d].</summary>
    public static (Matrix<double> Positions, Matrix<double> Momenta) ToMatrices(this PhaseState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return (ToMatrix(state, state.Positions), ToMatrix(state, state.Momenta));
    }

    /// <summary>Writes rows of coordinates [N x d] into N vectors.</summary>
    internal static void CopyTo(int dimension, ReadOnlySpan<double> rows, Span<Vector3> destination)
    {
        if (dimension > 3)
        {
            throw Interop.BadInput($"The state has {dimension} dimensions; expected at most 3 for vectors.");
        }

        Interop.RequireLength(nameof(destination), rows.Length / dimension, destination.Length, "one vector for each body");

        for (var body = 0; body < destination.Length; body++)
        {
            var row = rows.Slice(body * dimension, dimension);
            destination[body] = new Vector3((float)row[0], dimension > 1 ? (float)row[1] : 0, dimension > 2 ? (float)row[2] : 0);
        }
    }

    private static Matrix<double> ToMatrix(PhaseState state, ReadOnlySpan<double> rows) =>
        Matrix<double>.Build.DenseOfRowMajor(state.Bodies, state.Dimension, rows.ToArray());
}
