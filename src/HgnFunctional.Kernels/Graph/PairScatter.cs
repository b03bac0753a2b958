using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HgnFunctional.Kernels;

/// <summary>Adds what depends on pair distances to the bodies of the pairs: the chain rule from distances to positions.</summary>
internal static class PairScatter
{
    /// <summary>
    /// For each pair p, in order, and axis a: <c>gradient[sender, a] += scales[p] * vectors[a, p]</c> and
    /// <c>gradient[receiver, a] -= scales[p] * vectors[a, p]</c>; a body paired with itself (its own image) gets nothing. Scalar, since
    /// bodies repeat. Does not allocate.
    /// </summary>
    /// <param name="dimension">Axes of space, at least 1.</param>
    /// <param name="senders">Body of each pair; length P. Pairs in a row that share it cost less.</param>
    /// <param name="receivers">Other body of each pair; length P.</param>
    /// <param name="scales">Factor of each pair's vector; length P; read only.</param>
    /// <param name="vectors">Axis by axis [dimension x P]; read only.</param>
    /// <param name="gradient">Added to; row-major [bodies x dimension]; shares no memory with the inputs.</param>
    /// <exception cref="ArgumentException">The lengths do not fit or the output shares memory with an input.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A body does not exist or the dimension is below 1.</exception>
    internal static void AddGradient(
        int dimension,
        ReadOnlySpan<int> senders,
        ReadOnlySpan<int> receivers,
        ReadOnlySpan<double> scales,
        ReadOnlySpan<double> vectors,
        Span<double> gradient)
    {
        Guard.Size(nameof(dimension), 1, dimension);
        Guard.Length("gradient modulo dimension", 0, gradient.Length % dimension);
        Guard.Length(nameof(receivers), senders.Length, receivers.Length);
        Guard.Length(nameof(scales), senders.Length, scales.Length);
        Guard.Length(nameof(vectors), checked(senders.Length * dimension), vectors.Length);
        Guard.Disjoint(nameof(gradient), gradient, nameof(scales), scales);
        Guard.Disjoint(nameof(gradient), gradient, nameof(vectors), vectors);

        if (dimension == 3)
        {
            AddInThree(senders, receivers, scales, vectors, gradient);
        }
        else
        {
            AddInAny(dimension, senders, receivers, scales, vectors, gradient);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddInAny(
        int dimension,
        ReadOnlySpan<int> senders,
        ReadOnlySpan<int> receivers,
        ReadOnlySpan<double> scales,
        ReadOnlySpan<double> vectors,
        Span<double> gradient)
    {
        for (int p = 0; p < senders.Length; p++)
        {
            Span<double> sender = gradient.Slice(senders[p] * dimension, dimension);
            Span<double> receiver = gradient.Slice(receivers[p] * dimension, dimension);
            for (int a = 0; a < dimension && senders[p] != receivers[p]; a++)
            {
                double part = scales[p] * vectors[(a * senders.Length) + p];
                sender[a] += part;
                receiver[a] -= part;
            }
        }
    }

    /// <summary>The sums of a sender stay in registers until another one comes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddInThree(
        ReadOnlySpan<int> senders,
        ReadOnlySpan<int> receivers,
        ReadOnlySpan<double> scales,
        ReadOnlySpan<double> vectors,
        Span<double> gradient)
    {
        ReadOnlySpan<double> xs = vectors[..senders.Length];
        ReadOnlySpan<double> ys = vectors.Slice(senders.Length, senders.Length);
        ReadOnlySpan<double> zs = vectors[(2 * senders.Length)..];
        int p = 0;
        while (p < senders.Length)
        {
            int body = senders[p];
            Span<double> sender = gradient.Slice(body * 3, 3);
            double sumX = sender[0], sumY = sender[1], sumZ = sender[2];
            for (; p < senders.Length && senders[p] == body; p++)
            {
                if (receivers[p] == body)
                {
                    continue;
                }

                Span<double> receiver = gradient.Slice(receivers[p] * 3, 3);
                double x = scales[p] * xs[p], y = scales[p] * ys[p], z = scales[p] * zs[p];
                sumX += x;
                sumY += y;
                sumZ += z;
                receiver[0] -= x;
                receiver[1] -= y;
                receiver[2] -= z;
            }

            sender[0] = sumX;
            sender[1] = sumY;
            sender[2] = sumZ;
        }
    }

    /// <summary>
    /// For one pair, each axis a and feature k: <c>rows[sender * dimension + a, k] += direction[a] * slopes[k]</c> and
    /// <c>rows[receiver * dimension + a, k] -= direction[a] * slopes[k]</c>. Lanes hold features; the last, incomplete vector is padded
    /// and goes through the same code. Does not allocate.
    /// </summary>
    /// <param name="dimension">Axes of space, at least 1.</param>
    /// <param name="sender">Body of the pair.</param>
    /// <param name="receiver">Other body of the pair.</param>
    /// <param name="direction">Unit vector; length dimension; read only.</param>
    /// <param name="slopes">Derivative of each feature by the distance; length K; read only.</param>
    /// <param name="rows">Added to; row r starts at <c>r * stride</c>; shares no memory with the inputs.</param>
    /// <param name="stride">Distance between rows, at least K.</param>
    /// <exception cref="ArgumentException">The lengths do not fit or the output shares memory with an input.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A row does not exist, the dimension is below 1 or the stride below K.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void AddRows(
        int dimension,
        int sender,
        int receiver,
        ReadOnlySpan<double> direction,
        ReadOnlySpan<double> slopes,
        Span<double> rows,
        int stride)
    {
        Guard.Size(nameof(dimension), 1, dimension);
        Guard.Size(nameof(stride), slopes.Length, stride);
        Guard.Length(nameof(direction), dimension, direction.Length);
        Guard.Disjoint(nameof(rows), rows, nameof(direction), direction);
        Guard.Disjoint(nameof(rows), rows, nameof(slopes), slopes);

        for (int a = 0; a < direction.Length; a++)
        {
            AddScaled(rows.Slice(((sender * dimension) + a) * stride, slopes.Length), direction[a], slopes);
            AddScaled(rows.Slice(((receiver * dimension) + a) * stride, slopes.Length), -direction[a], slopes);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddScaled(Span<double> target, double scale, ReadOnlySpan<double> source)
    {
        ref double t = ref MemoryMarshal.GetReference(target);
        ref double s = ref MemoryMarshal.GetReference(source);
        Vector<double> scales = new(scale);
        int k = 0;
        for (; k <= target.Length - Vector<double>.Count; k += Vector<double>.Count)
        {
            Vector.MultiplyAddEstimate(scales, Vector.LoadUnsafe(ref s, (nuint)k), Vector.LoadUnsafe(ref t, (nuint)k))
                .StoreUnsafe(ref t, (nuint)k);
        }

        if (k < target.Length)
        {
            Vector<double> sum = Vector.MultiplyAddEstimate(scales, Lanes.Load(source[k..]), Lanes.Load(target[k..]));
            Lanes.Store(sum, target[k..]);
        }
    }
}
