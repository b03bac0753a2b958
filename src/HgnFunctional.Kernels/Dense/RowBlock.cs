using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HgnFunctional.Kernels;

/// <summary>
/// The two products of a blocked Householder update, between a panel V (column-major) and the trailing columns of a row-major block A.
/// </summary>
/// <remarks>
/// Lanes hold consecutive columns of A. Register tiles are four panel columns (or four rows) by three vectors; then single vectors; the
/// last columns, fewer than a vector has lanes, go one by one with the same multiply-add in the same order, so that they get the same
/// bits as a lane would. Nothing is allocated.
/// </remarks>
internal static class RowBlock
{
    /// <summary>Panels have a multiple of this number of columns (the caller appends zero columns).</summary>
    internal const int PanelMultiple = 4;

    /// <summary>
    /// <c>product[p, c] = sum over rows r of V[r, p] A[r, firstColumn + c]</c>, r ascending, for the columns of A from firstColumn on.
    /// </summary>
    /// <param name="panel">V, column-major: column p starts at <c>p * panelStride</c>. Read only.</param>
    /// <param name="panelStride">Distance between panel columns, at least <paramref name="rows"/>.</param>
    /// <param name="rows">Rows of V and of A.</param>
    /// <param name="panelColumns">Columns of V, a multiple of four.</param>
    /// <param name="block">A, row-major [rows x stride]. Read only.</param>
    /// <param name="stride">Columns of A.</param>
    /// <param name="firstColumn">First column of A that takes part.</param>
    /// <param name="product">Overwritten; row-major [panelColumns x (stride - firstColumn)]; shares no memory with the inputs.</param>
    /// <exception cref="ArgumentException">A span is too short or the output shares memory with an input.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void TransposeMultiply(
        ReadOnlySpan<double> panel,
        int panelStride,
        int rows,
        int panelColumns,
        ReadOnlySpan<double> block,
        int stride,
        int firstColumn,
        Span<double> product)
    {
        Check(panel, panelStride, rows, panelColumns, block, stride, firstColumn, product);
        Guard.Disjoint(nameof(product), product, nameof(panel), panel);
        Guard.Disjoint(nameof(product), product, nameof(block), block);

        int lanes = Vector<double>.Count;
        int trailing = stride - firstColumn;
        for (int p = 0; p < panelColumns; p += PanelMultiple)
        {
            ref double v0 = ref Unsafe.Add(ref MemoryMarshal.GetReference(panel), (nint)p * panelStride);
            ref double v1 = ref Unsafe.Add(ref v0, panelStride);
            ref double v2 = ref Unsafe.Add(ref v1, panelStride);
            ref double v3 = ref Unsafe.Add(ref v2, panelStride);
            ref double out0 = ref Unsafe.Add(ref MemoryMarshal.GetReference(product), (nint)p * trailing);
            ref double out1 = ref Unsafe.Add(ref out0, trailing);
            ref double out2 = ref Unsafe.Add(ref out1, trailing);
            ref double out3 = ref Unsafe.Add(ref out2, trailing);

            int c = 0;
            for (; c <= trailing - (3 * lanes); c += 3 * lanes)
            {
                ref double a = ref Unsafe.Add(ref MemoryMarshal.GetReference(block), firstColumn + c);
                Vector<double> s00 = Vector<double>.Zero, s01 = Vector<double>.Zero, s02 = Vector<double>.Zero;
                Vector<double> s10 = Vector<double>.Zero, s11 = Vector<double>.Zero, s12 = Vector<double>.Zero;
                Vector<double> s20 = Vector<double>.Zero, s21 = Vector<double>.Zero, s22 = Vector<double>.Zero;
                Vector<double> s30 = Vector<double>.Zero, s31 = Vector<double>.Zero, s32 = Vector<double>.Zero;
                for (nint r = 0; r < rows; r++)
                {
                    Vector<double> a0 = Vector.LoadUnsafe(ref a);
                    Vector<double> a1 = Vector.LoadUnsafe(ref a, (nuint)lanes);
                    Vector<double> a2 = Vector.LoadUnsafe(ref a, (nuint)(2 * lanes));
                    Vector<double> v = new(Unsafe.Add(ref v0, r));
                    s00 = Vector.MultiplyAddEstimate(v, a0, s00);
                    s01 = Vector.MultiplyAddEstimate(v, a1, s01);
                    s02 = Vector.MultiplyAddEstimate(v, a2, s02);
                    v = new(Unsafe.Add(ref v1, r));
                    s10 = Vector.MultiplyAddEstimate(v, a0, s10);
                    s11 = Vector.MultiplyAddEstimate(v, a1, s11);
                    s12 = Vector.MultiplyAddEstimate(v, a2, s12);
                    v = new(Unsafe.Add(ref v2, r));
                    s20 = Vector.MultiplyAddEstimate(v, a0, s20);
                    s21 = Vector.MultiplyAddEstimate(v, a1, s21);
                    s22 = Vector.MultiplyAddEstimate(v, a2, s22);
                    v = new(Unsafe.Add(ref v3, r));
                    s30 = Vector.MultiplyAddEstimate(v, a0, s30);
                    s31 = Vector.MultiplyAddEstimate(v, a1, s31);
                    s32 = Vector.MultiplyAddEstimate(v, a2, s32);
                    a = ref Unsafe.Add(ref a, stride);
                }

                StoreThree(s00, s01, s02, ref Unsafe.Add(ref out0, c));
                StoreThree(s10, s11, s12, ref Unsafe.Add(ref out1, c));
                StoreThree(s20, s21, s22, ref Unsafe.Add(ref out2, c));
                StoreThree(s30, s31, s32, ref Unsafe.Add(ref out3, c));
            }

            for (; c <= trailing - lanes; c += lanes)
            {
                ref double a = ref Unsafe.Add(ref MemoryMarshal.GetReference(block), firstColumn + c);
                Vector<double> s0 = Vector<double>.Zero, s1 = Vector<double>.Zero;
                Vector<double> s2 = Vector<double>.Zero, s3 = Vector<double>.Zero;
                for (nint r = 0; r < rows; r++)
                {
                    Vector<double> a0 = Vector.LoadUnsafe(ref a);
                    s0 = Vector.MultiplyAddEstimate(new(Unsafe.Add(ref v0, r)), a0, s0);
                    s1 = Vector.MultiplyAddEstimate(new(Unsafe.Add(ref v1, r)), a0, s1);
                    s2 = Vector.MultiplyAddEstimate(new(Unsafe.Add(ref v2, r)), a0, s2);
                    s3 = Vector.MultiplyAddEstimate(new(Unsafe.Add(ref v3, r)), a0, s3);
                    a = ref Unsafe.Add(ref a, stride);
                }

                s0.StoreUnsafe(ref out0, (nuint)c);
                s1.StoreUnsafe(ref out1, (nuint)c);
                s2.StoreUnsafe(ref out2, (nuint)c);
                s3.StoreUnsafe(ref out3, (nuint)c);
            }

            for (; c < trailing; c++)
            {
                ref double a = ref Unsafe.Add(ref MemoryMarshal.GetReference(block), firstColumn + c);
                double s0 = 0.0, s1 = 0.0, s2 = 0.0, s3 = 0.0;
                for (nint r = 0; r < rows; r++)
                {
                    s0 = double.MultiplyAddEstimate(Unsafe.Add(ref v0, r), a, s0);
                    s1 = double.MultiplyAddEstimate(Unsafe.Add(ref v1, r), a, s1);
                    s2 = double.MultiplyAddEstimate(Unsafe.Add(ref v2, r), a, s2);
                    s3 = double.MultiplyAddEstimate(Unsafe.Add(ref v3, r), a, s3);
                    a = ref Unsafe.Add(ref a, stride);
                }

                Unsafe.Add(ref out0, c) = s0;
                Unsafe.Add(ref out1, c) = s1;
                Unsafe.Add(ref out2, c) = s2;
                Unsafe.Add(ref out3, c) = s3;
            }
        }
    }

    /// <summary>
    /// <c>A[r, firstColumn + c] -= sum over p of V[r, p] W[p, c]</c>, the sum taken first, p ascending.
    /// </summary>
    /// <param name="panel">V, column-major: column p starts at <c>p * panelStride</c>. Read only.</param>
    /// <param name="panelStride">Distance between panel columns, at least <paramref name="rows"/>.</param>
    /// <param name="rows">Rows of V and of A.</param>
    /// <param name="panelColumns">Columns of V, a multiple of four.</param>
    /// <param name="factor">W, row-major [panelColumns x (stride - firstColumn)]. Read only.</param>
    /// <param name="block">A, row-major [rows x stride]; changed from firstColumn on; shares no memory with the inputs.</param>
    /// <param name="stride">Columns of A.</param>
    /// <param name="firstColumn">First column of A that takes part.</param>
    /// <exception cref="ArgumentException">A span is too short or the output shares memory with an input.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void SubtractProduct(
        ReadOnlySpan<double> panel,
        int panelStride,
        int rows,
        int panelColumns,
        ReadOnlySpan<double> factor,
        Span<double> block,
        int stride,
        int firstColumn)
    {
        Check(panel, panelStride, rows, panelColumns, block, stride, firstColumn, factor);
        Guard.Disjoint(nameof(block), block, nameof(panel), panel);
        Guard.Disjoint(nameof(block), block, nameof(factor), factor);

        int lanes = Vector<double>.Count;
        int trailing = stride - firstColumn;
        nint r = 0;
        for (; r <= rows - 4; r += 4)
        {
            ref double v = ref Unsafe.Add(ref MemoryMarshal.GetReference(panel), r);
            ref double row0 = ref Unsafe.Add(ref MemoryMarshal.GetReference(block), (r * stride) + firstColumn);
            ref double row1 = ref Unsafe.Add(ref row0, stride);
            ref double row2 = ref Unsafe.Add(ref row1, stride);
            ref double row3 = ref Unsafe.Add(ref row2, stride);
            int c = 0;
            for (; c <= trailing - (3 * lanes); c += 3 * lanes)
            {
                ref double w = ref Unsafe.Add(ref MemoryMarshal.GetReference(factor), c);
                ref double vp = ref v;
                Vector<double> s00 = Vector<double>.Zero, s01 = Vector<double>.Zero, s02 = Vector<double>.Zero;
                Vector<double> s10 = Vector<double>.Zero, s11 = Vector<double>.Zero, s12 = Vector<double>.Zero;
                Vector<double> s20 = Vector<double>.Zero, s21 = Vector<double>.Zero, s22 = Vector<double>.Zero;
                Vector<double> s30 = Vector<double>.Zero, s31 = Vector<double>.Zero, s32 = Vector<double>.Zero;
                for (int p = 0; p < panelColumns; p++)
                {
                    Vector<double> w0 = Vector.LoadUnsafe(ref w);
                    Vector<double> w1 = Vector.LoadUnsafe(ref w, (nuint)lanes);
                    Vector<double> w2 = Vector.LoadUnsafe(ref w, (nuint)(2 * lanes));
                    Vector<double> x = new(vp);
                    s00 = Vector.MultiplyAddEstimate(x, w0, s00);
                    s01 = Vector.MultiplyAddEstimate(x, w1, s01);
                    s02 = Vector.MultiplyAddEstimate(x, w2, s02);
                    x = new(Unsafe.Add(ref vp, 1));
                    s10 = Vector.MultiplyAddEstimate(x, w0, s10);
                    s11 = Vector.MultiplyAddEstimate(x, w1, s11);
                    s12 = Vector.MultiplyAddEstimate(x, w2, s12);
                    x = new(Unsafe.Add(ref vp, 2));
                    s20 = Vector.MultiplyAddEstimate(x, w0, s20);
                    s21 = Vector.MultiplyAddEstimate(x, w1, s21);
                    s22 = Vector.MultiplyAddEstimate(x, w2, s22);
                    x = new(Unsafe.Add(ref vp, 3));
                    s30 = Vector.MultiplyAddEstimate(x, w0, s30);
                    s31 = Vector.MultiplyAddEstimate(x, w1, s31);
                    s32 = Vector.MultiplyAddEstimate(x, w2, s32);
                    w = ref Unsafe.Add(ref w, trailing);
                    vp = ref Unsafe.Add(ref vp, panelStride);
                }

                SubtractThree(s00, s01, s02, ref Unsafe.Add(ref row0, c));
                SubtractThree(s10, s11, s12, ref Unsafe.Add(ref row1, c));
                SubtractThree(s20, s21, s22, ref Unsafe.Add(ref row2, c));
                SubtractThree(s30, s31, s32, ref Unsafe.Add(ref row3, c));
            }

            for (; c <= trailing - lanes; c += lanes)
            {
                ref double w = ref Unsafe.Add(ref MemoryMarshal.GetReference(factor), c);
                ref double vp = ref v;
                Vector<double> s0 = Vector<double>.Zero, s1 = Vector<double>.Zero;
                Vector<double> s2 = Vector<double>.Zero, s3 = Vector<double>.Zero;
                for (int p = 0; p < panelColumns; p++)
                {
                    Vector<double> w0 = Vector.LoadUnsafe(ref w);
                    s0 = Vector.MultiplyAddEstimate(new(vp), w0, s0);
                    s1 = Vector.MultiplyAddEstimate(new(Unsafe.Add(ref vp, 1)), w0, s1);
                    s2 = Vector.MultiplyAddEstimate(new(Unsafe.Add(ref vp, 2)), w0, s2);
                    s3 = Vector.MultiplyAddEstimate(new(Unsafe.Add(ref vp, 3)), w0, s3);
                    w = ref Unsafe.Add(ref w, trailing);
                    vp = ref Unsafe.Add(ref vp, panelStride);
                }

                Subtract(s0, ref Unsafe.Add(ref row0, c));
                Subtract(s1, ref Unsafe.Add(ref row1, c));
                Subtract(s2, ref Unsafe.Add(ref row2, c));
                Subtract(s3, ref Unsafe.Add(ref row3, c));
            }

            SubtractColumns(ref v, panelStride, panelColumns, factor, trailing, c, ref row0);
            SubtractColumns(ref Unsafe.Add(ref v, 1), panelStride, panelColumns, factor, trailing, c, ref row1);
            SubtractColumns(ref Unsafe.Add(ref v, 2), panelStride, panelColumns, factor, trailing, c, ref row2);
            SubtractColumns(ref Unsafe.Add(ref v, 3), panelStride, panelColumns, factor, trailing, c, ref row3);
        }

        for (; r < rows; r++)
        {
            ref double v = ref Unsafe.Add(ref MemoryMarshal.GetReference(panel), r);
            ref double row = ref Unsafe.Add(ref MemoryMarshal.GetReference(block), (r * stride) + firstColumn);
            int c = 0;
            for (; c <= trailing - lanes; c += lanes)
            {
                ref double w = ref Unsafe.Add(ref MemoryMarshal.GetReference(factor), c);
                ref double vp = ref v;
                Vector<double> sum = Vector<double>.Zero;
                for (int p = 0; p < panelColumns; p++)
                {
                    sum = Vector.MultiplyAddEstimate(new(vp), Vector.LoadUnsafe(ref w), sum);
                    w = ref Unsafe.Add(ref w, trailing);
                    vp = ref Unsafe.Add(ref vp, panelStride);
                }

                Subtract(sum, ref Unsafe.Add(ref row, c));
            }

            SubtractColumns(ref v, panelStride, panelColumns, factor, trailing, c, ref row);
        }
    }

    /// <summary>The last columns of one row, from <paramref name="c"/> on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SubtractColumns(
        ref double v, int panelStride, int panelColumns, ReadOnlySpan<double> factor, int trailing, int c, ref double row)
    {
        for (; c < trailing; c++)
        {
            ref double w = ref Unsafe.Add(ref MemoryMarshal.GetReference(factor), c);
            double sum = 0.0;
            for (nint p = 0; p < panelColumns; p++)
            {
                sum = double.MultiplyAddEstimate(Unsafe.Add(ref v, p * panelStride), Unsafe.Add(ref w, p * trailing), sum);
            }

            Unsafe.Add(ref row, c) -= sum;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreThree(Vector<double> s0, Vector<double> s1, Vector<double> s2, ref double target)
    {
        s0.StoreUnsafe(ref target);
        s1.StoreUnsafe(ref target, (nuint)Vector<double>.Count);
        s2.StoreUnsafe(ref target, (nuint)(2 * Vector<double>.Count));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SubtractThree(Vector<double> s0, Vector<double> s1, Vector<double> s2, ref double target)
    {
        Subtract(s0, ref target);
        Subtract(s1, ref Unsafe.Add(ref target, Vector<double>.Count));
        Subtract(s2, ref Unsafe.Add(ref target, 2 * Vector<double>.Count));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Subtract(Vector<double> sum, ref double target) =>
        (Vector.LoadUnsafe(ref target) - sum).StoreUnsafe(ref target);

    private static void Check(
        ReadOnlySpan<double> panel,
        int panelStride,
        int rows,
        int panelColumns,
        ReadOnlySpan<double> block,
        int stride,
        int firstColumn,
        ReadOnlySpan<double> product)
    {
        Guard.Size(nameof(rows), 0, rows);
        Guard.Size(nameof(panelColumns), 0, panelColumns);
        Guard.Length("panelColumns modulo 4", 0, panelColumns % PanelMultiple);
        Guard.Size(nameof(panelStride), rows, panelStride);
        Guard.Size(nameof(firstColumn), 0, firstColumn);
        Guard.Size(nameof(stride), firstColumn, stride);
        Guard.AtLeast(nameof(panel), checked(panelColumns * panelStride), panel.Length);
        Guard.AtLeast(nameof(block), checked(rows * stride), block.Length);
        Guard.AtLeast("product or factor", checked(panelColumns * (stride - firstColumn)), product.Length);
    }
}
