using System;
using System.Runtime.CompilerServices;

namespace HgnFunctional.Kernels;

/// <summary>
/// Adds rows to a QR factorisation: replaces the triangle R by the factor of [R; A]. Blocked Householder reflections in the compact WY
/// form (Schreiber and Van Loan 1989, doi:10.1137/0910005), with the structure used: a reflector touches one row of R and all rows of A.
/// </summary>
internal static class HouseholderUpdate
{
    /// <summary>Columns factored together.</summary>
    internal const int PanelColumns = 16;

    /// <summary>Elements of workspace that <c>Apply</c> needs.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A size is negative.</exception>
    internal static int WorkspaceLength(int rows, int columns)
    {
        Guard.Size(nameof(rows), 0, rows);
        Guard.Size(nameof(columns), 0, columns);
        return checked((PanelColumns * (HouseholderPanel.Stride(rows) + PanelColumns + columns)) + (3 * PanelColumns));
    }

    /// <summary>
    /// Replaces the triangle R by the upper triangular factor of [R; A], with a non-negative diagonal: <c>R'R + A'A</c> is kept, and R is
    /// unique where the columns are independent. A column that is zero gives a zero diagonal element, not NaN; NaN or infinity in a
    /// column spreads to the rows from that column on. Squares must not overflow (elements below about 1e150). Does not allocate.
    /// </summary>
    /// <param name="triangle">R, row-major [columns x columns]; changed on and above the diagonal, not read or written below it.</param>
    /// <param name="columns">Columns of R and A.</param>
    /// <param name="block">A, row-major [rows x columns]; destroyed.</param>
    /// <param name="rows">Rows of A, possibly zero.</param>
    /// <param name="workspace">At least <c>WorkspaceLength(rows, columns)</c> elements, of no meaning before or after.</param>
    /// <exception cref="ArgumentException">A span has the wrong length or two of them share memory.</exception>
    internal static void Apply(Span<double> triangle, int columns, Span<double> block, int rows, Span<double> workspace)
    {
        int needed = WorkspaceLength(rows, columns);
        Guard.Length(nameof(triangle), checked(columns * columns), triangle.Length);
        Guard.Length(nameof(block), checked(rows * columns), block.Length);
        Guard.AtLeast(nameof(workspace), needed, workspace.Length);
        Guard.Disjoint(nameof(triangle), triangle, nameof(block), block);
        Guard.Disjoint(nameof(workspace), workspace, nameof(triangle), triangle);
        Guard.Disjoint(nameof(workspace), workspace, nameof(block), block);

        int stride = HouseholderPanel.Stride(rows);
        Span<double> panel = Take(ref workspace, PanelColumns * stride);
        Span<double> t = Take(ref workspace, PanelColumns * PanelColumns);
        Span<double> products = Take(ref workspace, PanelColumns);
        Span<double> scales = Take(ref workspace, PanelColumns);
        Span<double> signs = Take(ref workspace, PanelColumns);
        Span<double> product = Take(ref workspace, PanelColumns * columns);

        for (int first = 0; first < columns; first += PanelColumns)
        {
            int width = Math.Min(PanelColumns, columns - first);
            LoadPanel(block, rows, columns, first, width, panel, stride);
            Factor(triangle, columns, first, width, panel, stride, t, products, scales, signs);
            int next = first + width;
            if (next < columns)
            {
                // Only the last panel can be narrower, and nothing trails it: here width is PanelColumns.
                Span<double> w = product[..(width * (columns - next))];
                RowBlock.TransposeMultiply(panel, stride, rows, width, block, columns, next, w);
                UpdateRows(triangle, columns, first, width, next, columns - next, t, signs, w);
                RowBlock.SubtractProduct(panel, stride, rows, width, w, block, columns, next);
            }
        }
    }

    /// <summary>Cuts a part off the front of a workspace.</summary>
    internal static Span<double> Take(scoped ref Span<double> workspace, int length)
    {
        Span<double> taken = workspace[..length];
        workspace = workspace[length..];
        return taken;
    }

    /// <summary>
    /// Copies columns of A to the panel, column-major; rows of padding become zero. Columns of padding keep whatever they hold: they take
    /// part in the loops over groups of four, but their results are not used.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void LoadPanel(
        ReadOnlySpan<double> block, int rows, int columns, int first, int width, Span<double> panel, int stride)
    {
        for (int c = 0; c < width; c++)
        {
            Span<double> column = panel.Slice(c * stride, stride);
            int source = first + c;
            for (int r = 0; r < rows; r++)
            {
                column[r] = block[source];
                source += columns;
            }

            column[rows..].Clear();
        }
    }

    /// <summary>
    /// Factors a panel in place. Reflector j is I - tau [e_j; v_j][e_j; v_j]'; v_j is left in the panel, the product of the reflectors is
    /// I - V T V' with the upper triangular T. Rows of R whose diagonal came out negative are negated: signs[j] is 1 or -1.
    /// </summary>
    internal static void Factor(
        Span<double> triangle,
        int columns,
        int first,
        int width,
        Span<double> panel,
        int stride,
        Span<double> t,
        Span<double> products,
        Span<double> scales,
        Span<double> signs)
    {
        int padded = (width + RowBlock.PanelMultiple - 1) / RowBlock.PanelMultiple * RowBlock.PanelMultiple;
        for (int j = 0; j < width; j++)
        {
            Span<double> column = panel.Slice(j * stride, stride);
            Span<double> row = triangle.Slice(((first + j) * columns) + first, width);
            HouseholderPanel.Dots(panel, stride, padded, j, products);
            double alpha = row[j];
            double squares = products[j];
            double tau;
            double inverse;
            if (squares == 0.0)
            {
                // Nothing to eliminate: the reflector is the identity, and the zero tau keeps v_j out of everything later.
                tau = 0.0;
                inverse = 0.0;
                signs[j] = alpha < 0.0 ? -1.0 : 1.0;
                row[j] = Math.Abs(alpha);
            }
            else
            {
                double norm = Math.Sqrt((alpha * alpha) + squares);
                double beta = alpha >= 0.0 ? -norm : norm;
                double head = alpha - beta;
                tau = -head / beta;
                inverse = 1.0 / head;
                signs[j] = beta < 0.0 ? -1.0 : 1.0;
                row[j] = norm;
            }

            // products holds the panel columns times the column before its division by head.
            scales.Clear();
            for (int c = j + 1; c < width; c++)
            {
                double w = tau * (row[c] + (products[c] * inverse));
                row[c] = signs[j] * (row[c] - w);
                scales[c] = -w * inverse;
            }

            if (tau != 0.0)
            {
                HouseholderPanel.AddMultiples(panel, stride, padded, j, scales);
                HouseholderPanel.Scale(column, inverse);
            }

            // Column j of T: -tau T (V' v_j), then tau on the diagonal.
            for (int i = 0; i < j; i++)
            {
                double sum = 0.0;
                for (int k = i; k < j; k++)
                {
                    sum += t[(i * PanelColumns) + k] * (products[k] * inverse);
                }

                t[(i * PanelColumns) + j] = -tau * sum;
            }

            t[(j * PanelColumns) + j] = tau;
        }
    }

    /// <summary>
    /// W := T'(R + W), then R := signs (R - W), on the part of the panel's rows of R that has <paramref name="trailing"/> columns from
    /// <paramref name="next"/> on.
    /// </summary>
    internal static void UpdateRows(
        Span<double> triangle,
        int columns,
        int first,
        int width,
        int next,
        int trailing,
        ReadOnlySpan<double> t,
        ReadOnlySpan<double> signs,
        Span<double> w)
    {
        for (int i = 0; i < width; i++)
        {
            Span<double> row = triangle.Slice(((first + i) * columns) + next, trailing);
            HouseholderPanel.Combine(w.Slice(i * trailing, trailing), 1.0, 1.0, row);
        }

        for (int i = width - 1; i >= 0; i--)
        {
            Span<double> target = w.Slice(i * trailing, trailing);
            HouseholderPanel.Scale(target, t[(i * PanelColumns) + i]);
            for (int k = 0; k < i; k++)
            {
                HouseholderPanel.Combine(target, 1.0, t[(k * PanelColumns) + i], w.Slice(k * trailing, trailing));
            }
        }

        for (int i = 0; i < width; i++)
        {
            Span<double> row = triangle.Slice(((first + i) * columns) + next, trailing);
            HouseholderPanel.Combine(row, signs[i], -signs[i], w.Slice(i * trailing, trailing));
        }
    }
}
