using System;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HgnFunctional.Kernels;

/// <summary>Differences of position, distances and directions between the two bodies of each pair, in an open or periodic space.</summary>
/// <remarks>
/// Positions are gathered by scalar loops, one for each small dimension; what follows has pairs in its lanes, and the last, incomplete
/// vector is padded and goes through the same code. Every operation is rounded by itself, so that the bits are those of a scalar loop.
/// </remarks>
internal static class PairGather
{
    /// <summary>Numbers that a tile on the stack holds.</summary>
    private const int TileSize = 512;

    /// <summary>
    /// For each pair p: <c>differences[a, p] = q[sender, a] - q[receiver, a]</c> of the nearest images (in a rectangular box less
    /// <c>L * round(difference / L)</c> on an axis of period L); <c>distances[p] = sqrt(sum of squares, axis 0 first)</c>. Exchanging
    /// sender and receiver changes no bit of the distance and only the sign of the difference. Does not allocate.
    /// </summary>
    /// <param name="positions">q, row-major [bodies x dimension]; read only.</param>
    /// <param name="dimension">Axes of space, at least 1.</param>
    /// <param name="senders">Body of each pair; length P.</param>
    /// <param name="receivers">Other body of each pair; length P.</param>
    /// <param name="lattice">Periods [dimension] and tilts.</param>
    /// <param name="distances">Overwritten; length P; shares no memory with the inputs.</param>
    /// <param name="differences">Overwritten; axis by axis [dimension x P]; shares no memory with the inputs or distances.</param>
    /// <exception cref="ArgumentException">The lengths do not fit or an output shares memory with an input.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A body does not exist or the dimension is below 1.</exception>
    internal static void Differences(
        ReadOnlySpan<double> positions,
        int dimension,
        ReadOnlySpan<int> senders,
        ReadOnlySpan<int> receivers,
        Displacement lattice,
        Span<double> distances,
        Span<double> differences)
    {
        Check(positions, dimension, senders, receivers, lattice, distances, nameof(differences), differences);

        switch (dimension)
        {
            case 1:
                GatherOne(positions, senders, receivers, differences);
                break;
            case 2:
                GatherTwo(positions, senders, receivers, differences);
                break;
            case 3:
                GatherThree(positions, senders, receivers, differences);
                break;
            default:
                GatherAny(positions, dimension, senders, receivers, differences);
                break;
        }

        ToNearest(lattice, distances.Length, differences);
        Lengths(dimension, distances, differences);
    }

    /// <summary>
    /// The distances of <see cref="Differences"/>, and <c>directions[p, a] = differences[a, p] / distances[p]</c>. Coincident bodies have
    /// distance 0 and direction NaN. Does not allocate.
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
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Distances(
        ReadOnlySpan<double> positions,
        int dimension,
        ReadOnlySpan<int> senders,
        ReadOnlySpan<int> receivers,
        Displacement lattice,
        Span<double> distances,
        Span<double> directions)
    {
        Check(positions, dimension, senders, receivers, lattice, distances, nameof(directions), directions);
        int size = Math.Max(1, TileSize / dimension);
        Span<double> tile = stackalloc double[Math.Max(TileSize, dimension)];

        for (int start = 0; start < senders.Length; start += size)
        {
            int count = Math.Min(size, senders.Length - start);
            Span<double> r = distances.Slice(start, count);
            Span<double> differences = tile[..(count * dimension)];
            Differences(positions, dimension, senders.Slice(start, count), receivers.Slice(start, count), lattice, r, differences);

            for (int p = 0; p < count; p++)
            {
                for (int a = 0; a < dimension; a++)
                {
                    directions[((start + p) * dimension) + a] = differences[(a * count) + p] / r[p];
                }
            }
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
        CheckImages(positions, dimension, senders, receivers, shifts, distances, nameof(directions), directions);

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

    /// <summary>As <see cref="Differences"/>, of the images that shifts name: <c>differences[a, p] = q[sender, a] - q[receiver, a] - shifts[p, a]</c>.
    /// Does not allocate.</summary>
    /// <param name="positions">q, row-major [bodies x dimension]; read only.</param>
    /// <param name="dimension">Axes of space, at least 1.</param>
    /// <param name="senders">Body of each pair; length P.</param>
    /// <param name="receivers">Other body of each pair; length P.</param>
    /// <param name="shifts">Row-major [P x dimension]; read only.</param>
    /// <param name="distances">Overwritten; length P; shares no memory with the inputs.</param>
    /// <param name="differences">Overwritten; axis by axis [dimension x P]; shares no memory with the inputs or distances.</param>
    /// <exception cref="ArgumentException">The lengths do not fit or an output shares memory with an input.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A body does not exist or the dimension is below 1.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void DifferencesAt(
        ReadOnlySpan<double> positions,
        int dimension,
        ReadOnlySpan<int> senders,
        ReadOnlySpan<int> receivers,
        ReadOnlySpan<double> shifts,
        Span<double> distances,
        Span<double> differences)
    {
        CheckImages(positions, dimension, senders, receivers, shifts, distances, nameof(differences), differences);
        GatherAny(positions, dimension, senders, receivers, differences);

        for (int p = 0; p < senders.Length; p++)
        {
            for (int a = 0; a < dimension; a++)
            {
                differences[(a * senders.Length) + p] -= shifts[(p * dimension) + a];
            }
        }

        Lengths(dimension, distances, differences);
    }

    private static void CheckImages(
        ReadOnlySpan<double> positions,
        int dimension,
        ReadOnlySpan<int> senders,
        ReadOnlySpan<int> receivers,
        ReadOnlySpan<double> shifts,
        Span<double> distances,
        string name,
        Span<double> vectors)
    {
        Guard.Size(nameof(dimension), 1, dimension);
        Guard.Length("positions modulo dimension", 0, positions.Length % dimension);
        Guard.Length(nameof(receivers), senders.Length, receivers.Length);
        Guard.Length(nameof(shifts), checked(senders.Length * dimension), shifts.Length);
        Guard.Length(nameof(distances), senders.Length, distances.Length);
        Guard.Length(name, shifts.Length, vectors.Length);
        Guard.Disjoint(nameof(distances), distances, nameof(positions), positions);
        Guard.Disjoint(nameof(distances), distances, nameof(shifts), shifts);
        Guard.Disjoint(name, vectors, nameof(positions), positions);
        Guard.Disjoint(name, vectors, nameof(shifts), shifts);
        Guard.Disjoint(name, vectors, nameof(distances), distances);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void GatherAny(
        ReadOnlySpan<double> positions, int dimension, ReadOnlySpan<int> senders, ReadOnlySpan<int> receivers, Span<double> differences)
    {
        uint bodies = (uint)(positions.Length / dimension);

        for (int p = 0; p < senders.Length; p++)
        {
            ReadOnlySpan<double> from = positions.Slice(Existing(senders[p], bodies) * dimension, dimension);
            ReadOnlySpan<double> to = positions.Slice(Existing(receivers[p], bodies) * dimension, dimension);
            for (int a = 0; a < dimension; a++)
            {
                differences[(a * senders.Length) + p] = from[a] - to[a];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void GatherOne(
        ReadOnlySpan<double> positions, ReadOnlySpan<int> senders, ReadOnlySpan<int> receivers, Span<double> differences)
    {
        uint bodies = (uint)positions.Length;

        for (int p = 0; p < senders.Length; p++)
        {
            differences[p] = positions[Existing(senders[p], bodies)] - positions[Existing(receivers[p], bodies)];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void GatherTwo(
        ReadOnlySpan<double> positions, ReadOnlySpan<int> senders, ReadOnlySpan<int> receivers, Span<double> differences)
    {
        int count = senders.Length;
        ref double q = ref MemoryMarshal.GetReference(positions);
        ref double x = ref MemoryMarshal.GetReference(differences);
        ref double y = ref Unsafe.Add(ref x, count);
        uint bodies = (uint)positions.Length / 2;

        for (int p = 0; p < senders.Length; p++)
        {
            ref double from = ref Unsafe.Add(ref q, (nint)Existing(senders[p], bodies) * 2);
            ref double to = ref Unsafe.Add(ref q, (nint)Existing(receivers[p], bodies) * 2);
            Unsafe.Add(ref x, p) = from - to;
            Unsafe.Add(ref y, p) = Unsafe.Add(ref from, 1) - Unsafe.Add(ref to, 1);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void GatherThree(
        ReadOnlySpan<double> positions, ReadOnlySpan<int> senders, ReadOnlySpan<int> receivers, Span<double> differences)
    {
        int count = senders.Length;
        ref double q = ref MemoryMarshal.GetReference(positions);
        ref double x = ref MemoryMarshal.GetReference(differences);
        ref double y = ref Unsafe.Add(ref x, count);
        ref double z = ref Unsafe.Add(ref y, count);
        uint bodies = (uint)positions.Length / 3;

        for (int p = 0; p < senders.Length; p++)
        {
            ref double from = ref Unsafe.Add(ref q, (nint)Existing(senders[p], bodies) * 3);
            ref double to = ref Unsafe.Add(ref q, (nint)Existing(receivers[p], bodies) * 3);
            Unsafe.Add(ref x, p) = from - to;
            Unsafe.Add(ref y, p) = Unsafe.Add(ref from, 1) - Unsafe.Add(ref to, 1);
            Unsafe.Add(ref z, p) = Unsafe.Add(ref from, 2) - Unsafe.Add(ref to, 2);
        }
    }

    /// <summary>Replaces differences [dimension x count] by those of the nearest images, as <c>Displacement.ToNearest</c> does each.</summary>
    private static void ToNearest(Displacement lattice, int count, Span<double> differences)
    {
        for (int i = lattice.Periods.Length - 1; i >= 0; i--)
        {
            if (lattice.Periods[i] > 0.0)
            {
                ReadOnlySpan<double> tilts = lattice.Tilts.IsEmpty ? default : lattice.Tilts.Slice(i * (i - 1) / 2, i);
                TakeTurns(lattice.Periods[i], tilts, count, differences[..((i + 1) * count)]);
            }
        }
    }

    /// <summary>Takes the turns along the last axis of some off it, and their tilts off those before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TakeTurns(double period, ReadOnlySpan<double> tilts, int count, Span<double> differences)
    {
        Span<double> last = differences[^count..];
        Vector<double> length = new(period);

        for (int p = 0; p < count; p += Vector<double>.Count)
        {
            int size = Math.Min(Vector<double>.Count, count - p);
            Span<double> lanes = last.Slice(p, size);
            Vector<double> difference = Lanes.LoadUpTo(lanes);
            Vector<double> turns = Vector.Round(difference / length);
            Lanes.StoreUpTo(difference - (length * turns), lanes);

            for (int j = 0; j < tilts.Length; j++)
            {
                Span<double> sheared = differences.Slice((j * count) + p, size);
                Lanes.StoreUpTo(Lanes.LoadUpTo(sheared) - (new Vector<double>(tilts[j]) * turns), sheared);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Lengths(int dimension, Span<double> distances, ReadOnlySpan<double> differences)
    {
        for (int p = 0; p < distances.Length; p += Vector<double>.Count)
        {
            int size = Math.Min(Vector<double>.Count, distances.Length - p);
            Vector<double> squares = Vector<double>.Zero;
            for (int a = 0; a < dimension; a++)
            {
                Vector<double> difference = Lanes.LoadUpTo(differences.Slice((a * distances.Length) + p, size));
                squares += difference * difference;
            }

            Lanes.StoreUpTo(Vector.SquareRoot(squares), distances.Slice(p, size));
        }
    }

    /// <summary>The body, which must be one of so many.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Existing(int body, uint bodies)
    {
        if ((uint)body >= bodies)
        {
            ThrowMissing(body, bodies);
        }

        return body;
    }

    [DoesNotReturn]
    private static void ThrowMissing(int body, uint bodies) =>
        throw new ArgumentOutOfRangeException(nameof(body), $"A pair has body {body}; expected 0 to {bodies - 1L}.");

    private static void Check(
        ReadOnlySpan<double> positions,
        int dimension,
        ReadOnlySpan<int> senders,
        ReadOnlySpan<int> receivers,
        Displacement lattice,
        ReadOnlySpan<double> distances,
        string name,
        ReadOnlySpan<double> vectors)
    {
        Guard.Size(nameof(dimension), 1, dimension);
        Guard.Length("positions modulo dimension", 0, positions.Length % dimension);
        Guard.Length(nameof(receivers), senders.Length, receivers.Length);
        Guard.Length("periods", dimension, lattice.Periods.Length);
        Guard.Length(nameof(distances), senders.Length, distances.Length);
        Guard.Length(name, checked(senders.Length * dimension), vectors.Length);
        Guard.Disjoint(nameof(distances), distances, nameof(positions), positions);
        Guard.Disjoint(nameof(distances), distances, "periods", lattice.Periods);
        Guard.Disjoint(nameof(distances), distances, "tilts", lattice.Tilts);
        Guard.Disjoint(name, vectors, nameof(positions), positions);
        Guard.Disjoint(name, vectors, "periods", lattice.Periods);
        Guard.Disjoint(name, vectors, "tilts", lattice.Tilts);
        Guard.Disjoint(name, vectors, nameof(distances), distances);
    }
}
