using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using MathNet.Numerics.LinearAlgebra;

namespace HgnFunctional.CSharp;

/// <summary>States of N bodies in d dimensions from what callers have. Everything is copied, row-major [N x d]; the units of positions
/// and momenta are the caller's. States never change and can be shared by threads.</summary>
public static class States
{
    /// <summary>A state from rows of coordinates, one body after another.</summary>
    /// <param name="dimension">Number d of space dimensions, at least 1.</param>
    /// <param name="positions">Positions [N x d].</param>
    /// <param name="momenta">Momenta [N x d].</param>
    /// <exception cref="HgnInputException">The lengths do not agree, or a number is not finite; the message names the field.</exception>
    public static PhaseState FromSpans(int dimension, ReadOnlySpan<double> positions, ReadOnlySpan<double> momenta) =>
        TryCreate(dimension, positions, momenta, out var state, out var reason) ? state : throw new HgnInputException(reason);

    /// <summary>As <see cref="FromSpans"/>, from arrays.</summary>
    /// <exception cref="HgnInputException">The lengths do not agree, or a number is not finite; the message names the field.</exception>
    public static PhaseState FromArrays(int dimension, double[] positions, double[] momenta)
    {
        ArgumentNullException.ThrowIfNull(positions);
        ArgumentNullException.ThrowIfNull(momenta);
        return FromSpans(dimension, positions, momenta);
    }

    /// <summary>A state from tables with a row for each body [N x d].</summary>
    /// <exception cref="HgnInputException">The sizes do not agree, or a number is not finite; the message names the field.</exception>
    public static PhaseState FromArrays(double[,] positions, double[,] momenta)
    {
        ArgumentNullException.ThrowIfNull(positions);
        ArgumentNullException.ThrowIfNull(momenta);
        RequireSameSize(positions.GetLength(0), positions.GetLength(1), momenta.GetLength(0), momenta.GetLength(1));
        return FromSpans(positions.GetLength(1), Flatten(positions), Flatten(momenta));
    }

    /// <summary>A state in space from vectors, one for each body.</summary>
    /// <exception cref="HgnInputException">The lengths do not agree, or a number is not finite; the message names the field.</exception>
    public static PhaseState FromVectors(IReadOnlyList<Vector3> positions, IReadOnlyList<Vector3> momenta)
    {
        ArgumentNullException.ThrowIfNull(positions);
        ArgumentNullException.ThrowIfNull(momenta);
        RequireSameSize(positions.Count, 3, momenta.Count, 3);
        return FromSpans(3, Flatten(positions), Flatten(momenta));
    }

    /// <summary>A state in the plane from vectors, one for each body.</summary>
    /// <exception cref="HgnInputException">The lengths do not agree, or a number is not finite; the message names the field.</exception>
    public static PhaseState FromVectors(IReadOnlyList<Vector2> positions, IReadOnlyList<Vector2> momenta)
    {
        ArgumentNullException.ThrowIfNull(positions);
        ArgumentNullException.ThrowIfNull(momenta);
        RequireSameSize(positions.Count, 2, momenta.Count, 2);
        return FromSpans(2, Flatten(positions), Flatten(momenta));
    }

    /// <summary>A state from matrices with a row for each body [N x d].</summary>
    /// <exception cref="HgnInputException">The sizes do not agree, or a number is not finite; the message names the field.</exception>
    public static PhaseState FromMatrices(Matrix<double> positions, Matrix<double> momenta)
    {
        ArgumentNullException.ThrowIfNull(positions);
        ArgumentNullException.ThrowIfNull(momenta);
        RequireSameSize(positions.RowCount, positions.ColumnCount, momenta.RowCount, momenta.ColumnCount);
        return FromSpans(positions.ColumnCount, positions.ToRowMajorArray(), momenta.ToRowMajorArray());
    }

    /// <summary>As <see cref="FromSpans"/>, without exceptions; the reason names the field and both sizes.</summary>
    public static bool TryCreate(
        int dimension,
        ReadOnlySpan<double> positions,
        ReadOnlySpan<double> momenta,
        [NotNullWhen(true)] out PhaseState? state,
        [NotNullWhen(false)] out string? reason)
    {
        state = null;

        if (dimension < 1)
        {
            reason = $"dimension is {dimension}; expected at least 1.";
            return false;
        }

        if (positions.Length % dimension != 0)
        {
            reason = $"positions has {positions.Length} entries; expected a multiple of the dimension {dimension}.";
            return false;
        }

        var result = PhaseStateModule.TryCreate(positions.Length / dimension, dimension, positions, momenta);
        state = result.IsOk ? result.ResultValue : null;
        reason = result.IsOk ? null : result.ErrorValue.ToString();
        return result.IsOk;
    }

    private static void RequireSameSize(int bodies, int dimension, int otherBodies, int otherDimension)
    {
        if (bodies != otherBodies || dimension != otherDimension)
        {
            throw Interop.BadInput(
                $"momenta is {otherBodies} x {otherDimension}; expected {bodies} x {dimension} (bodies x dimension), as positions is.");
        }
    }

    private static double[] Flatten(double[,] table)
    {
        var flat = new double[table.Length];
        Buffer.BlockCopy(table, 0, flat, 0, flat.Length * sizeof(double));
        return flat;
    }

    private static double[] Flatten(IReadOnlyList<Vector3> vectors)
    {
        var flat = new double[3 * vectors.Count];

        for (var body = 0; body < vectors.Count; body++)
        {
            (flat[3 * body], flat[3 * body + 1], flat[3 * body + 2]) = (vectors[body].X, vectors[body].Y, vectors[body].Z);
        }

        return flat;
    }

    private static double[] Flatten(IReadOnlyList<Vector2> vectors)
    {
        var flat = new double[2 * vectors.Count];

        for (var body = 0; body < vectors.Count; body++)
        {
            (flat[2 * body], flat[2 * body + 1]) = (vectors[body].X, vectors[body].Y);
        }

        return flat;
    }
}
