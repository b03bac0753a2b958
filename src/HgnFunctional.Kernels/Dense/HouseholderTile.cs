using System;

namespace HgnFunctional.Kernels;

/// <summary>
/// The update of <see cref="HouseholderUpdate"/> cut into tiles of columns, for triangles too wide for the cache: a tile is factored, and
/// its reflectors are then applied to each tile to its right, which may happen in any order and on several threads. A tile holds its
/// columns of the rows alone, row-major.
/// </summary>
internal static class HouseholderTile
{
    /// <summary>Columns of a tile, but for the last: with its reflectors it fits a cache of half a megabyte at 256 rows.</summary>
    internal const int Columns = 96;

    private const int PanelColumns = HouseholderUpdate.PanelColumns;

    /// <summary>Elements that the reflectors of a tile take.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number of rows is negative.</exception>
    internal static int ReflectorsLength(int rows)
    {
        Guard.Size(nameof(rows), 0, rows);
        return checked(Columns / PanelColumns * PanelLength(rows));
    }

    /// <summary>Elements of workspace that <c>Factor</c> and <c>Apply</c> need.</summary>
    internal static int WorkspaceLength => (PanelColumns * Columns) + (2 * PanelColumns);

    /// <summary>
    /// Factors the tile that holds the columns of A from <paramref name="start"/> on, with the rows of R of the same numbers. The order of
    /// operations is that of <c>HouseholderUpdate.Apply</c>. Does not allocate.
    /// </summary>
    /// <param name="triangle">R, row-major [columns x columns]; of rows and columns start to start + width, the part on and above the
    /// diagonal is changed.</param>
    /// <param name="columns">Columns of R.</param>
    /// <param name="start">First column of the tile.</param>
    /// <param name="width">Columns of the tile, at most <c>Columns</c>, and as many unless nothing is to its right.</param>
    /// <param name="tile">Row-major [rows x width]; destroyed.</param>
    /// <param name="rows">Rows of A.</param>
    /// <param name="reflectors">Overwritten; at least <c>ReflectorsLength(rows)</c> elements.</param>
    /// <param name="workspace">At least <c>WorkspaceLength</c> elements, of no meaning before or after.</param>
    /// <exception cref="ArgumentException">A span has the wrong length or two of them share memory.</exception>
    internal static void Factor(
        Span<double> triangle,
        int columns,
        int start,
        int width,
        Span<double> tile,
        int rows,
        Span<double> reflectors,
        Span<double> workspace)
    {
        Check(triangle, columns, start, width, tile, rows, reflectors, workspace);
        Guard.Disjoint(nameof(reflectors), reflectors, nameof(tile), tile);
        int stride = HouseholderPanel.Stride(rows);
        Span<double> products = HouseholderUpdate.Take(ref workspace, PanelColumns);
        Span<double> scales = HouseholderUpdate.Take(ref workspace, PanelColumns);
        for (int first = 0; first < width; first += PanelColumns)
        {
            int panelWidth = Math.Min(PanelColumns, width - first);
            Split(reflectors, rows, first, out Span<double> panel, out Span<double> t, out Span<double> signs);
            HouseholderUpdate.LoadPanel(tile, rows, width, first, panelWidth, panel, stride);
            HouseholderUpdate.Factor(triangle, columns, start + first, panelWidth, panel, stride, t, products, scales, signs);
            int next = first + panelWidth;
            if (next < width)
            {
                Span<double> w = workspace[..(panelWidth * (width - next))];
                RowBlock.TransposeMultiply(panel, stride, rows, panelWidth, tile, width, next, w);
                HouseholderUpdate.UpdateRows(triangle, columns, start + first, panelWidth, start + next, width - next, t, signs, w);
                RowBlock.SubtractProduct(panel, stride, rows, panelWidth, w, tile, width, next);
            }
        }
    }

    /// <summary>Applies the reflectors of a factored tile to another tile on its right. Does not allocate.</summary>
    /// <param name="triangle">R, row-major [columns x columns]; its rows of the factored tile change in the columns of the other.</param>
    /// <param name="columns">Columns of R.</param>
    /// <param name="factored">First column of the factored tile, which is <c>Columns</c> wide.</param>
    /// <param name="reflectors">As <c>Factor</c> left them. Read only.</param>
    /// <param name="start">First column of the other tile.</param>
    /// <param name="width">Columns of the other tile.</param>
    /// <param name="tile">The other tile, row-major [rows x width].</param>
    /// <param name="rows">Rows of A.</param>
    /// <param name="workspace">At least <c>WorkspaceLength</c> elements, of no meaning before or after.</param>
    /// <exception cref="ArgumentException">A span has the wrong length or two of them share memory.</exception>
    internal static void Apply(
        Span<double> triangle,
        int columns,
        int factored,
        Span<double> reflectors,
        int start,
        int width,
        Span<double> tile,
        int rows,
        Span<double> workspace)
    {
        Check(triangle, columns, start, width, tile, rows, reflectors, workspace);
        Guard.Size(nameof(start), checked(factored + Columns), start);
        Guard.Disjoint(nameof(tile), tile, nameof(reflectors), reflectors);
        int stride = HouseholderPanel.Stride(rows);
        Span<double> w = workspace[..(PanelColumns * width)];
        for (int first = 0; first < Columns; first += PanelColumns)
        {
            Split(reflectors, rows, first, out Span<double> panel, out Span<double> t, out Span<double> signs);
            RowBlock.TransposeMultiply(panel, stride, rows, PanelColumns, tile, width, 0, w);
            HouseholderUpdate.UpdateRows(triangle, columns, factored + first, PanelColumns, start, width, t, signs, w);
            RowBlock.SubtractProduct(panel, stride, rows, PanelColumns, w, tile, width, 0);
        }
    }

    private static int PanelLength(int rows) => checked((PanelColumns * (HouseholderPanel.Stride(rows) + PanelColumns)) + PanelColumns);

    /// <summary>The reflectors of the panel whose first column in the tile is given: V, T and the signs.</summary>
    private static void Split(
        Span<double> reflectors, int rows, int first, out Span<double> panel, out Span<double> t, out Span<double> signs)
    {
        Span<double> mine = reflectors.Slice(first / PanelColumns * PanelLength(rows), PanelLength(rows));
        panel = HouseholderUpdate.Take(ref mine, PanelColumns * HouseholderPanel.Stride(rows));
        t = HouseholderUpdate.Take(ref mine, PanelColumns * PanelColumns);
        signs = mine;
    }

    private static void Check(
        Span<double> triangle,
        int columns,
        int start,
        int width,
        Span<double> tile,
        int rows,
        Span<double> reflectors,
        Span<double> workspace)
    {
        Guard.Size(nameof(start), 0, start);
        Guard.Size(nameof(width), 0, width);
        Guard.AtLeast("columns of a tile", width, Columns);
        Guard.Size(nameof(columns), checked(start + width), columns);
        Guard.Length(nameof(triangle), checked(columns * columns), triangle.Length);
        Guard.Length(nameof(tile), checked(rows * width), tile.Length);
        Guard.AtLeast(nameof(reflectors), ReflectorsLength(rows), reflectors.Length);
        Guard.AtLeast(nameof(workspace), WorkspaceLength, workspace.Length);
        Guard.Disjoint(nameof(workspace), workspace, nameof(tile), tile);
        Guard.Disjoint(nameof(triangle), triangle, nameof(tile), tile);
    }
}
