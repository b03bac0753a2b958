using System;
using System.Runtime.CompilerServices;

namespace HgnFunctional.Kernels;

/// <summary>
/// The lattice of a periodic space, and what it makes of differences of positions. Its vectors are lower triangular: vector i has the
/// component <c>periods[i]</c> along axis i, and the tilts <c>t[i, j]</c> along the axes j below i; axis i is open where the period is 0.
/// </summary>
/// <remarks>
/// Turns are taken off from the last vector to the first, each of which ends the component along its own axis. An image nearer than
/// half the shortest period has every component within half its period, so that exactly its turns are taken, however large the tilts
/// are: up to that distance the image found is the nearest one.
/// </remarks>
internal readonly ref struct Displacement
{
    /// <summary>A lattice over the memory of its numbers.</summary>
    /// <param name="periods">Length of each vector along its own axis [d]; 0 where the axis is open.</param>
    /// <param name="tilts">Components below the diagonal, vector by vector (xy, xz, yz) [d (d - 1) / 2]; empty where all are 0.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    internal Displacement(ReadOnlySpan<double> periods, ReadOnlySpan<double> tilts)
    {
        if (!tilts.IsEmpty)
        {
            Guard.Length(nameof(tilts), periods.Length * (periods.Length - 1) / 2, tilts.Length);
        }

        Periods = periods;
        Tilts = tilts;
    }

    /// <summary>Length of each vector along its own axis [d]; 0 where the axis is open.</summary>
    internal ReadOnlySpan<double> Periods { get; }

    /// <summary>Components below the diagonal; empty for a rectangular box.</summary>
    internal ReadOnlySpan<double> Tilts { get; }

    /// <summary>Replaces a difference of two positions [d] by that of their nearest images. Changing its sign changes that of the result
    /// and no other bit.</summary>
    internal void ToNearest(Span<double> difference)
    {
        Guard.Length(nameof(difference), Periods.Length, difference.Length);

        if (Tilts.IsEmpty)
        {
            for (int a = 0; a < difference.Length; a++)
            {
                difference[a] = Wrap(difference[a], Periods[a]);
            }

            return;
        }

        for (int i = difference.Length - 1; i >= 0; i--)
        {
            if (Periods[i] > 0.0)
            {
                // Halves are rounded to even, which is odd in the difference.
                double turns = Math.Round(difference[i] / Periods[i]);
                difference[i] -= Periods[i] * turns;
                Shear(difference, i, turns);
            }
        }
    }

    /// <summary>As <see cref="ToNearest(Span{double})"/>, and writes how many of each vector were taken off [d].</summary>
    internal void ToNearest(Span<double> difference, Span<int> turns)
    {
        Guard.Length(nameof(difference), Periods.Length, difference.Length);
        Guard.Length(nameof(turns), Periods.Length, turns.Length);

        for (int i = difference.Length - 1; i >= 0; i--)
        {
            double taken = Periods[i] > 0.0 ? Math.Round(difference[i] / Periods[i]) : 0.0;
            turns[i] = (int)taken;
            difference[i] -= Periods[i] * taken;

            if (!Tilts.IsEmpty)
            {
                Shear(difference, i, taken);
            }
        }
    }

    /// <summary>Replaces a point [d] by its coordinates along the vectors: those that a shear of the cell to a rectangular box of the
    /// same periods gives it. Leaves the point alone in a rectangular box.</summary>
    /// <param name="point">Overwritten.</param>
    /// <param name="origin">The corner of the cell [d], which the shear leaves where it is.</param>
    internal void Straighten(Span<double> point, ReadOnlySpan<double> origin)
    {
        Guard.Length(nameof(point), Periods.Length, point.Length);
        Guard.Length(nameof(origin), Periods.Length, origin.Length);

        for (int i = point.Length - 1; i > 0 && !Tilts.IsEmpty; i--)
        {
            if (Periods[i] > 0.0)
            {
                Shear(point, i, (point[i] - origin[i]) / Periods[i]);
            }
        }
    }

    /// <summary>The squared distance of the nearest images of two bodies, at positions [N x d].</summary>
    internal double SquaredDistance(ReadOnlySpan<double> positions, int first, int second)
    {
        int dimension = Periods.Length;
        ReadOnlySpan<double> from = positions.Slice(first * dimension, dimension);
        ReadOnlySpan<double> to = positions.Slice(second * dimension, dimension);
        double squares = 0.0;

        if (Tilts.IsEmpty)
        {
            for (int a = 0; a < dimension; a++)
            {
                double nearest = Wrap(from[a] - to[a], Periods[a]);
                squares += nearest * nearest;
            }

            return squares;
        }

        Span<double> difference = stackalloc double[dimension];
        for (int a = 0; a < dimension; a++)
        {
            difference[a] = from[a] - to[a];
        }

        ToNearest(difference);
        for (int a = 0; a < dimension; a++)
        {
            squares += difference[a] * difference[a];
        }

        return squares;
    }

    /// <summary>The nearest image of a difference along one axis of a rectangular box.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static double Wrap(double difference, double period) =>
        period > 0.0 ? difference - (period * Math.Round(difference / period)) : difference;

    /// <summary>Takes the tilts of a vector off, so many times.</summary>
    private void Shear(Span<double> difference, int vector, double times)
    {
        int row = vector * (vector - 1) / 2;
        for (int j = 0; j < vector; j++)
        {
            difference[j] -= Tilts[row + j] * times;
        }
    }
}
