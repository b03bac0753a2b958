using System;
using System.Runtime.CompilerServices;

namespace HgnFunctional.Kernels;

/// <summary>Distances and directions between the two bodies of each pair, in an open or periodic space.</summary>
/// <remarks>
/// Scalar loops: positions are gathered, and the square root and divisions of neighbouring pairs overlap in the processor. Dimensions 2
/// and 3 have their own loops in rectangular boxes; all of them take the same operations in the same order and give the same bits.
/// </remarks>
internal static class PairGather
{
    /// <summary>
    /// For each pair p: <c>difference[a] = q[sender, a] - q[receiver, a]</c> of the nearest images (in a rectangular box less
    /// <c>L * round(difference / L)</c> on an axis of period L); <c>distances[p] = sqrt(sum of squares, axis 0 first)</c>;
    /// <c>directions[p, a] = difference[a] / distances[p]</c>. Exchanging sender and receiver changes no bit of the distance and only the
    /// sign of the direction. Coincident bodies have distance 0 and direction NaN. Does not allocate.
    /// </summary>
    /// <param name="positions">q, row-major [bodies x dimension]; read only.</param>
    /// <param name="dimension">Axes of space, at least 1.</param>
    /// <param name="senders">Body of each pair; length P.</param>
    /// <param name="receivers">Other body of each pair; length P.</param>
    /// <param name="lattice">Periods [dimension] and tilts.</param>
    /// <param name="distances">Overwritten; length P; shares no memory with the inputs.</param>
    /// <param name="directions">Overwritten; row-major [P x dimension]; shares no memory with the inputs or distances.</param>
    /// <exception cref="ArgumentException">The lengths do not fit or an output shares memory with an input.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A body does not exist or the dimension is below 1.</exception>
    internal static void Distances(
        ReadOnlySpan<double> positions,
        int dimension,
        ReadOnlySpan<int> senders,
        ReadOnlySpan<int> receivers,
        Displacement lattice,
        Span<double> distances,
        Span<double> directions)
    {
        Guard.Size(nameof(dimension), 1, dimension);
        Guard.Length("positions modulo dimension", 0, positions.Length % dimension);
        Guard.Length(nameof(receivers), senders.Length, receivers.Length);
        Guard.Length("periods", dimension, lattice.Periods.Length);
        Guard.Length(nameof(distances), senders.Length, distances.Length);
        Guard.Length(nameof(directions), checked(senders.Length * dimension), directions.Length);
        Guard.Disjoint(nameof(distances), distances, nameof(positions), positions);
        Guard.Disjoint(nameof(distances), distances, "periods", lattice.Periods);
        Guard.Disjoint(nameof(distances), distances, "tilts", lattice.Tilts);
        Guard.Disjoint(nameof(directions), directions, nameof(positions), positions);
        Guard.Disjoint(nameof(directions), directions, "periods", lattice.Periods);
        Guard.Disjoint(nameof(directions), directions, "tilts", lattice.Tilts);
        Guard.Disjoint(nameof(directions), directions, nameof(distances), distances);

        switch (dimension)
        {
            case 2 when lattice.Tilts.IsEmpty:
                DistancesInTwo(positions, senders, receivers, lattice.Periods, distances, directions);
                break;
            case 3 when lattice.Tilts.IsEmpty:
                DistancesInThree(positions, senders, receivers, lattice.Periods, distances, directions);
                break;
            default:
                DistancesInAny(positions, dimension, senders, receivers, lattice, distances, directions);
                break;
        }
    }

    /// <summary>
    /// As <see cref="Distances"/>, of the images that shifts name: <c>difference[a] = q[sender, a] - q[receiver, a] - shifts[p, a]</c>. A
    /// body may be paired with an image of itself. Does not allocate.
    /// </summary>
    /// <param name="positions">q, row-major [bodies x dimension]; read only.</param>
    /// <param name="dimension">Axes of space, at least 1.</param>
    /// <param name="senders">Body of each pair; length P.</param>
    /// <param name="receivers">Other body of each pair; length P.</param>
    /// <param name="shifts">Row-major [P x dimension]; read only.</param>
    /// <param name="distances">Overwritten; length P; shares no memory with the inputs.</param>
    /// <param name="directions">Overwritten; row-major [P x dimension]; shares no memory with the inputs or distances.</param>
    /// <exception cref="ArgumentException">The lengths do not fit or an output shares memory with an input.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A body does not exist or the dimension is below 1.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void DistancesAt(
        ReadOnlySpan<double> positions,
        int dimension,
        ReadOnlySpan<int> senders,
        ReadOnlySpan<int> receivers,
        ReadOnlySpan<double> shifts,
        Span<double> distances,
        Span<double> directions)
    {
        Guard.Size(nameof(dimension), 1, dimension);
        Guard.Length("positions modulo dimension", 0, positions.Length % dimension);
        Guard.Length(nameof(receivers), senders.Length, receivers.Length);
        Guard.Length(nameof(shifts), checked(senders.Length * dimension), shifts.Length);
        Guard.Length(nameof(distances), senders.Length, distances.Length);
        Guard.Length(nameof(directions), shifts.Length, directions.Length);
        Guard.Disjoint(nameof(distances), distances, nameof(positions), positions);
        Guard.Disjoint(nameof(distances), distances, nameof(shifts), shifts);
        Guard.Disjoint(nameof(directions), directions, nameof(positions), positions);
        Guard.Disjoint(nameof(directions), directions, nameof(shifts), shifts);
        Guard.Disjoint(nameof(directions), directions, nameof(distances), distances);

        for (int p = 0; p < senders.Length; p++)
        {
            ReadOnlySpan<double> from = positions.Slice(senders[p] * dimension, dimension);
            ReadOnlySpan<double> to = positions.Slice(receivers[p] * dimension, dimension);
            ReadOnlySpan<double> shift = shifts.Slice(p * dimension, dimension);
            Span<double> direction = directions.Slice(p * dimension, dimension);
            double squares = 0.0;
            for (int a = 0; a < direction.Length; a++)
            {
                double difference = from[a] - to[a] - shift[a];
                direction[a] = difference;
                squares += difference * difference;
            }

            double distance = Math.Sqrt(squares);
            distances[p] = distance;
            for (int a = 0; a < direction.Length; a++)
            {
                direction[a] /= distance;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void DistancesInAny(
        ReadOnlySpan<double> positions,
        int dimension,
        ReadOnlySpan<int> senders,
        ReadOnlySpan<int> receivers,
        Displacement lattice,
        Span<double> distances,
        Span<double> directions)
    {
        for (int p = 0; p < senders.Length; p++)
        {
            ReadOnlySpan<double> from = positions.Slice(senders[p] * dimension, dimension);
            ReadOnlySpan<double> to = positions.Slice(receivers[p] * dimension, dimension);
            Span<double> direction = directions.Slice(p * dimension, dimension);
            for (int a = 0; a < dimension; a++)
            {
                direction[a] = from[a] - to[a];
            }

            lattice.ToNearest(direction);
            double squares = 0.0;
            for (int a = 0; a < dimension; a++)
            {
                squares += direction[a] * direction[a];
            }

            double distance = Math.Sqrt(squares);
            distances[p] = distance;
            for (int a = 0; a < dimension; a++)
            {
                direction[a] /= distance;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void DistancesInTwo(
        ReadOnlySpan<double> positions,
        ReadOnlySpan<int> senders,
        ReadOnlySpan<int> receivers,
        ReadOnlySpan<double> periods,
        Span<double> distances,
        Span<double> directions)
    {
        double period0 = periods[0], period1 = periods[1];
        for (int p = 0; p < senders.Length; p++)
        {
            ReadOnlySpan<double> from = positions.Slice(senders[p] * 2, 2);
            ReadOnlySpan<double> to = positions.Slice(receivers[p] * 2, 2);
            double x = Displacement.Wrap(from[0] - to[0], period0);
            double y = Displacement.Wrap(from[1] - to[1], period1);
            double distance = Math.Sqrt((x * x) + (y * y));
            distances[p] = distance;
            Span<double> direction = directions.Slice(p * 2, 2);
            direction[0] = x / distance;
            direction[1] = y / distance;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void DistancesInThree(
        ReadOnlySpan<double> positions,
        ReadOnlySpan<int> senders,
        ReadOnlySpan<int> receivers,
        ReadOnlySpan<double> periods,
        Span<double> distances,
        Span<double> directions)
    {
        double period0 = periods[0], period1 = periods[1], period2 = periods[2];
        for (int p = 0; p < senders.Length; p++)
        {
            ReadOnlySpan<double> from = positions.Slice(senders[p] * 3, 3);
            ReadOnlySpan<double> to = positions.Slice(receivers[p] * 3, 3);
            double x = Displacement.Wrap(from[0] - to[0], period0);
            double y = Displacement.Wrap(from[1] - to[1], period1);
            double z = Displacement.Wrap(from[2] - to[2], period2);
            double distance = Math.Sqrt((x * x) + (y * y) + (z * z));
            distances[p] = distance;
            Span<double> direction = directions.Slice(p * 3, 3);
            direction[0] = x / distance;
            direction[1] = y / distance;
            direction[2] = z / distance;
        }
    }
}
