using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HgnFunctional.Kernels;

/// <summary>
/// The loops over the columns of a Householder panel. Columns are contiguous and padded with zero rows to a whole number of vector pairs,
/// so there is no remainder; lanes hold consecutive rows; columns go in groups of four.
/// </summary>
internal static class HouseholderPanel
{
    /// <summary>The column stride for a number of rows: the next multiple of two vectors.</summary>
    internal static int Stride(int rows)
    {
        int pair = 2 * Vector<double>.Count;
        return checked((rows + pair - 1) / pair * pair);
    }

    /// <summary>
    /// <c>products[c] = column c . column j</c> for c below <paramref name="width"/>, a multiple of four. Each product is summed in
    /// 2 * lanes partial sums (rows modulo 2 * lanes).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Dots(ReadOnlySpan<double> panel, int stride, int width, int j, Span<double> products)
    {
        Guard.AtLeast(nameof(panel), width * stride, panel.Length);
        Guard.AtLeast(nameof(products), width, products.Length);
        int lanes = Vector<double>.Count;
        ref double first = ref MemoryMarshal.GetReference(panel);
        ref double v = ref Unsafe.Add(ref first, j * stride);
        for (int c = 0; c < width; c += 4)
        {
            ref double c0 = ref Unsafe.Add(ref first, c * stride);
            ref double c1 = ref Unsafe.Add(ref c0, stride);
            ref double c2 = ref Unsafe.Add(ref c1, stride);
            ref double c3 = ref Unsafe.Add(ref c2, stride);
            Vector<double> s0 = Vector<double>.Zero, s1 = Vector<double>.Zero, s2 = Vector<double>.Zero, s3 = Vector<double>.Zero;
            Vector<double> t0 = Vector<double>.Zero, t1 = Vector<double>.Zero, t2 = Vector<double>.Zero, t3 = Vector<double>.Zero;
            for (int r = 0; r < stride; r += 2 * lanes)
            {
                nuint low = (nuint)r, high = (nuint)(r + lanes);
                Vector<double> x = Vector.LoadUnsafe(ref v, low), y = Vector.LoadUnsafe(ref v, high);
                s0 = Vector.MultiplyAddEstimate(x, Vector.LoadUnsafe(ref c0, low), s0);
                s1 = Vector.MultiplyAddEstimate(x, Vector.LoadUnsafe(ref c1, low), s1);
                s2 = Vector.MultiplyAddEstimate(x, Vector.LoadUnsafe(ref c2, low), s2);
                s3 = Vector.MultiplyAddEstimate(x, Vector.LoadUnsafe(ref c3, low), s3);
                t0 = Vector.MultiplyAddEstimate(y, Vector.LoadUnsafe(ref c0, high), t0);
                t1 = Vector.MultiplyAddEstimate(y, Vector.LoadUnsafe(ref c1, high), t1);
                t2 = Vector.MultiplyAddEstimate(y, Vector.LoadUnsafe(ref c2, high), t2);
                t3 = Vector.MultiplyAddEstimate(y, Vector.LoadUnsafe(ref c3, high), t3);
            }

            products[c] = Vector.Sum(s0 + t0);
            products[c + 1] = Vector.Sum(s1 + t1);
            products[c + 2] = Vector.Sum(s2 + t2);
            products[c + 3] = Vector.Sum(s3 + t3);
        }
    }

    /// <summary>
    /// <c>column c += scales[c] * column j</c> for c from the group of four that holds j + 1 up to <paramref name="width"/>; scales up to j
    /// must be zero.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void AddMultiples(Span<double> panel, int stride, int width, int j, ReadOnlySpan<double> scales)
    {
        Guard.AtLeast(nameof(panel), width * stride, panel.Length);
        Guard.AtLeast(nameof(scales), width, scales.Length);
        int lanes = Vector<double>.Count;
        ref double first = ref MemoryMarshal.GetReference(panel);
        ref double v = ref Unsafe.Add(ref first, j * stride);
        for (int c = (j + 1) / 4 * 4; c < width; c += 4)
        {
            ref double c0 = ref Unsafe.Add(ref first, c * stride);
            ref double c1 = ref Unsafe.Add(ref c0, stride);
            ref double c2 = ref Unsafe.Add(ref c1, stride);
            ref double c3 = ref Unsafe.Add(ref c2, stride);
            Vector<double> s0 = new(scales[c]), s1 = new(scales[c + 1]), s2 = new(scales[c + 2]), s3 = new(scales[c + 3]);
            for (int r = 0; r < stride; r += lanes)
            {
                nuint row = (nuint)r;
                Vector<double> x = Vector.LoadUnsafe(ref v, row);
                Vector.MultiplyAddEstimate(s0, x, Vector.LoadUnsafe(ref c0, row)).StoreUnsafe(ref c0, row);
                Vector.MultiplyAddEstimate(s1, x, Vector.LoadUnsafe(ref c1, row)).StoreUnsafe(ref c1, row);
                Vector.MultiplyAddEstimate(s2, x, Vector.LoadUnsafe(ref c2, row)).StoreUnsafe(ref c2, row);
                Vector.MultiplyAddEstimate(s3, x, Vector.LoadUnsafe(ref c3, row)).StoreUnsafe(ref c3, row);
            }
        }
    }

    /// <summary><c>elements[i] *= scale</c>. Whole vectors, then single elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Scale(Span<double> elements, double scale)
    {
        Vector<double> factor = new(scale);
        Span<Vector<double>> whole = MemoryMarshal.Cast<double, Vector<double>>(elements);
        for (int i = 0; i < whole.Length; i++)
        {
            whole[i] *= factor;
        }

        for (int i = whole.Length * Vector<double>.Count; i < elements.Length; i++)
        {
            elements[i] *= scale;
        }
    }

    /// <summary>
    /// <c>target[i] = scale * target[i] + other * source[i]</c>. Whole vectors, then single elements with the same operations. The spans
    /// have one length and share no memory.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Combine(Span<double> target, double scale, double other, ReadOnlySpan<double> source)
    {
        Guard.Length(nameof(source), target.Length, source.Length);
        ref double t = ref MemoryMarshal.GetReference(target);
        ref double s = ref MemoryMarshal.GetReference(source);
        Vector<double> scales = new(scale), others = new(other);
        int i = 0;
        for (; i <= target.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            Vector<double> product = scales * Vector.LoadUnsafe(ref t, (nuint)i);
            Vector.MultiplyAddEstimate(others, Vector.LoadUnsafe(ref s, (nuint)i), product).StoreUnsafe(ref t, (nuint)i);
        }

        for (; i < target.Length; i++)
        {
            target[i] = double.MultiplyAddEstimate(other, source[i], scale * target[i]);
        }
    }
}
