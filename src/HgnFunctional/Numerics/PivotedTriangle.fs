namespace HgnFunctional.Numerics

open System
open System.Numerics.Tensors

/// A triangle reduced to independent columns, all in units in which each column of the data has norm one.
[<NoEquality; NoComparison>]
type internal PivotedTriangle =
    {
        /// Which columns are kept: first those of the trend, then the others, by falling independence.
        Kept: int[]
        /// How many of the kept columns belong to the trend.
        Trend: int
        /// Norm of each column of the data, by its number there.
        Norms: float[]
        /// Upper triangle S of the kept columns, column-major with leading dimension n.
        Columns: float[][]
        /// Q^T b for the kept columns.
        Target: float[]
        /// Squared norm of what the kept columns cannot reach.
        Leftover: float
        /// Squared norm of b.
        TargetSquared: float
    }

/// Column-pivoted QR (Businger and Golub 1965, doi:10.1007/BF01436084) of an accumulator's triangle, which drops columns
/// that the others make redundant.
[<RequireQualifiedAccess>]
module internal PivotedTriangle =

    /// The part of a column at and below a row.
    let private tail (row: int) (column: float[]) : Span<float> = Span<float>(column, row, column.Length - row)

    let private norm (row: int) (column: float[]) : float = TensorPrimitives.Norm(Span<float>.op_Implicit(tail row column))

    /// Reflects so that `pivot` vanishes below `row`; applies the reflection to all columns given.
    let private eliminate (row: int) (pivot: float[]) (others: float[] seq) : unit =
        let length = norm row pivot
        let head = if pivot[row] > 0.0 then -length else length
        let reflector = (tail row pivot).ToArray()
        reflector[0] <- reflector[0] - head
        let squared = TensorPrimitives.SumOfSquares(ReadOnlySpan<float> reflector)
        pivot[row] <- head
        Span<float>(pivot, row + 1, pivot.Length - row - 1).Clear()

        if squared > 0.0 then
            for column in others do
                let part = tail row column
                let factor = -2.0 * TensorPrimitives.Dot(ReadOnlySpan<float> reflector, Span<float>.op_Implicit part) / squared
                TensorPrimitives.MultiplyAdd(ReadOnlySpan<float> reflector, factor, Span<float>.op_Implicit part, part)

    /// Scales columns to norm one and reduces them in place, with the target: the norms, the columns that are kept, and how
    /// many of those belong to the trend. A column whose part independent of those before it is at most `tolerance` is dropped,
    /// and no more than `most` are kept. `isTrend` marks the columns that go first, in their order.
    let reduce (tolerance: float) (isTrend: bool[]) (most: int) (columns: float[][]) (target: float[]) : struct (float[] * int[] * int) =
        let norms = columns |> Array.map (norm 0)

        columns
        |> Array.iteri (fun k column ->
            if norms[k] > 0.0 then
                TensorPrimitives.Divide(ReadOnlySpan<float> column, norms[k], Span<float> column))

        let kept = ResizeArray<int>()
        let remaining = ResizeArray<int>(seq { 0 .. columns.Length - 1 } |> Seq.filter (fun k -> norms[k] > 0.0))

        let keep column =
            remaining.Remove column |> ignore
            let others = Seq.append (remaining |> Seq.map (fun k -> columns[k])) [ target ]
            eliminate kept.Count columns[column] others
            kept.Add column

        for column in Seq.toArray remaining |> Array.filter (fun k -> isTrend[k]) do
            if norm kept.Count columns[column] > tolerance then
                keep column
            else
                remaining.Remove column |> ignore

        let trend = kept.Count
        let mutable searching = true

        while searching && remaining.Count > 0 && kept.Count < most do
            // The first of the largest, so that ties do not depend on anything but the order of the features.
            let best = remaining |> Seq.maxBy (fun k -> norm kept.Count columns[k])

            if norm kept.Count columns[best] > tolerance then
                keep best
            else
                searching <- false

        struct (norms, kept.ToArray(), trend)

    /// Reduces an accumulator to its independent columns.
    let ofAccumulator (tolerance: float) (isTrend: bool[]) (accumulator: TallSkinnyQr) : PivotedTriangle =
        let n = accumulator.Features
        let triangle = accumulator.Triangle.ToArray()
        let entry row column = triangle[row * (n + 1) + column]
        let target = Array.init n (fun row -> entry row n)
        let columns = Array.init n (fun column -> Array.init n (fun row -> entry row column))
        let struct (norms, kept, trend) = reduce tolerance isTrend n columns target
        let corner = entry n n
        let reached = Array.take kept.Length target
        let beyond = Array.skip kept.Length target |> Array.sumBy (fun x -> x * x)
        let leftover = beyond + corner * corner

        {
            Kept = kept
            Trend = trend
            Norms = norms
            Columns = kept |> Array.map (fun k -> columns[k])
            Target = reached
            Leftover = leftover
            TargetSquared = leftover + Array.sumBy (fun x -> x * x) reached
        }
