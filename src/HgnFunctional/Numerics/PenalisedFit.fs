namespace HgnFunctional.Numerics

open System
open System.Numerics.Tensors

/// Least-squares problems of many features, with a penalty: its rows are folded into the triangle as any others (Elden 1977,
/// BIT 17, 134). That takes neither pivoting nor singular values, which read the triangle once for every feature.
[<RequireQualifiedAccess>]
module internal PenalisedFit =

    /// The columns of an accumulator, each in units in which it has norm one.
    [<NoEquality; NoComparison>]
    type Problem =
        {
            Accumulator: TallSkinnyQr
            /// Norm of each column.
            Norms: float[]
        }

        /// Number of features.
        member problem.Features: int = problem.Norms.Length

        /// The part of a row of the triangle from its diagonal on, without the target, in the units of the data.
        member problem.Row(row: int) : ReadOnlySpan<float> =
            problem.Accumulator.Triangle.Slice(row * (problem.Features + 1) + row, problem.Features - row)

    /// A readout of the columns of norm one.
    [<NoEquality; NoComparison>]
    type Fit =
        {
            Readout: float[]
            /// |A x - b|^2 plus the penalty.
            Objective: float
            /// Logarithm of the determinant of A'A plus the squared penalty on the diagonal, less that of the penalty alone.
            LogDeterminant: float
        }

    /// The problem that an accumulator holds.
    let problem (accumulator: TallSkinnyQr) : Problem =
        let n = accumulator.Features
        let squares = Array.zeroCreate<float> n

        for row in 0 .. n - 1 do
            let entries = accumulator.Triangle.Slice(row * (n + 1) + row, n - row)
            let mine = Span<float>(squares, row, n - row)
            TensorPrimitives.MultiplyAdd(entries, entries, Span<float>.op_Implicit mine, mine)

        { Accumulator = accumulator; Norms = Array.map sqrt squares }

    /// Divides each entry by the norm of its column; what belongs to a column of zeros becomes 0.
    let private scale (problem: Problem) (values: float[]) : float[] =
        Array.map2 (fun x norm -> if norm > 0.0 then x / norm else 0.0) values problem.Norms

    /// A x for columns of norm one.
    let private times (problem: Problem) (x: float[]) : float[] =
        let unscaled = scale problem x
        let dot row = TensorPrimitives.Dot(problem.Row row, ReadOnlySpan<float>(unscaled, row, x.Length - row))
        Array.init x.Length dot

    /// A' y for columns of norm one.
    let private transposeTimes (problem: Problem) (y: float[]) : float[] =
        let sums = Array.zeroCreate<float> y.Length

        for row in 0 .. y.Length - 1 do
            let mine = Span<float>(sums, row, y.Length - row)
            TensorPrimitives.MultiplyAdd(problem.Row row, y[row], Span<float>.op_Implicit mine, mine)

        scale problem sums

    /// The squared distance of A x from the target, for columns of norm one.
    let residualSquared (problem: Problem) (x: float[]) : float =
        let n = problem.Features
        let target row = problem.Accumulator.Triangle[row * (n + 1) + n]
        let misfits = times problem x |> Array.mapi (fun row fitted -> fitted - target row)
        TensorPrimitives.SumOfSquares(ReadOnlySpan<float> misfits) + target n * target n

    /// The squared norm of the target.
    let targetSquared (problem: Problem) : float =
        let n = problem.Features
        Seq.sumBy (fun row -> pown problem.Accumulator.Triangle[row * (n + 1) + n] 2) (seq { 0..n })

    /// Applies a symmetric, positive map until the length that it gives a vector settles: its largest eigenvalue, from below.
    let private largestEigenvalue (size: int) (map: float[] -> float[]) : float =
        let rec iterate step (x: float[]) (before: float) =
            let y = map x
            let length = TensorPrimitives.Norm(ReadOnlySpan<float> y)

            if length = 0.0 || not (Double.IsFinite length) || step = 100 || abs (length - before) < 1e-6 * length then
                length
            else
                iterate (step + 1) (y |> Array.map (fun entry -> entry / length)) length

        let start = Rng.normals size (Rng.stream 1 "power iteration")
        let length = TensorPrimitives.Norm(ReadOnlySpan<float> start)
        iterate 0 (start |> Array.map (fun entry -> entry / length)) 0.0

    /// The largest singular value of the columns of norm one that are not a trend.
    let largestSingularValue (isTrend: bool[]) (problem: Problem) : float =
        let hidden = Array.map2 (fun trend x -> if trend then 0.0 else x) isTrend
        largestEigenvalue problem.Features (hidden >> times problem >> transposeTimes problem >> hidden) |> sqrt

    /// Solves a triangle with rows of n + 1 entries; the unknowns of columns that are not used are 0.
    let private backSubstitute (triangle: float[]) (isUsed: int -> bool) (target: float[]) : float[] =
        let n = target.Length
        let solution = Array.zeroCreate<float> n

        for row in n - 1 .. -1 .. 0 do
            if isUsed row then
                let entries = ReadOnlySpan<float>(triangle, row * (n + 1) + row, n - row)
                let known = TensorPrimitives.Dot(entries.Slice 1, ReadOnlySpan<float>(solution, row + 1, n - row - 1))
                solution[row] <- (target[row] - known) / entries[0]

        solution

    /// The triangle of the problem with its columns scaled.
    let private scaled (problem: Problem) : float[] =
        let n = problem.Features
        let entries = problem.Accumulator.Triangle.ToArray()
        let divisors = problem.Norms |> Array.map (fun norm -> if norm > 0.0 then norm else 1.0)

        for row in 0 .. n - 1 do
            let mine = Span<float>(entries, row * (n + 1) + row, n - row)
            TensorPrimitives.Divide(Span<float>.op_Implicit mine, ReadOnlySpan<float>(divisors, row, n - row), mine)

        entries

    /// The triangle with a row folded in for each penalised column, which has the penalty in that column alone.
    let private penalise (penalty: float) (isTrend: bool[]) (triangle: float[]) : TallSkinnyQr =
        let penalised = Array.indexed isTrend |> Array.filter (snd >> not) |> Array.map fst
        let width = isTrend.Length + 1
        let fold = WideFold.Owning(width, 0L, triangle)

        for columns in Array.chunkBySize 256 penalised do
            let rows = Array.zeroCreate<float>(columns.Length * width)
            columns |> Array.iteri (fun row column -> rows[row * width + column] <- penalty)
            fold.Fold(rows, columns.Length, columns[0])

        fold.Finish()

    /// The readout that minimises |A x - b|^2 plus the squared penalty times |x|^2 over the columns that are not a trend.
    let fit (isTrend: bool[]) (penalty: float) (problem: Problem) : Fit =
        let n = problem.Features
        let triangle = (scaled problem |> penalise penalty isTrend).Owned
        let entry row column = triangle[row * (n + 1) + column]
        let isUsed row = problem.Norms[row] > 0.0 && entry row row > 0.0

        {
            Readout = backSubstitute triangle isUsed (Array.init n (fun row -> entry row n))
            Objective = entry n n * entry n n
            LogDeterminant =
                Seq.sumBy
                    (fun row ->
                        if isTrend[row] || not (isUsed row) then
                            0.0
                        else
                            2.0 * log (entry row row / penalty))
                    (seq { 0 .. n - 1 })
        }

    /// The largest singular value over the least, both estimated by iteration; infinite where columns depend on others.
    let condition (problem: Problem) : float =
        let n = problem.Features
        let used = [| 0 .. n - 1 |] |> Array.filter (fun k -> problem.Norms[k] > 0.0)

        if used.Length = 0 then
            1.0
        elif used |> Array.exists (fun row -> problem.Row(row)[0] = 0.0) then
            infinity
        else
            let isUsed k = problem.Norms[k] > 0.0

            /// Solves the transposed triangle.
            let forward (target: float[]) : float[] =
                let left = Array.copy target

                for row in used do
                    left[row] <- left[row] / problem.Row(row)[0]
                    let rest = Span<float>(left, row + 1, n - row - 1)
                    TensorPrimitives.MultiplyAdd(problem.Row(row).Slice 1, -left[row], Span<float>.op_Implicit rest, rest)

                left |> Array.mapi (fun k x -> if isUsed k then x else 0.0)

            let unscale = Array.map2 (*) problem.Norms
            let largest = largestSingularValue (Array.create n false) problem
            // (A'A)^-1 for columns of norm one.
            let inverse = unscale >> forward >> backSubstitute problem.Accumulator.Owned isUsed >> unscale
            largest * sqrt (largestEigenvalue n inverse)
