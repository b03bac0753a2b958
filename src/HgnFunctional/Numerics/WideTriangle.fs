namespace HgnFunctional.Numerics

open System
open System.Numerics.Tensors
open System.Threading.Tasks
open HgnFunctional.Kernels

/// The triangle of many features, into which all cores fold the same rows: triangles of parts of the rows, to be merged, would
/// take the memory of one each. Not for use by several threads at a time.
[<Sealed>]
type internal WideTriangle(columns: int, triangle: float[]) =

    /// Rows that are folded at a time.
    static let blockRows = 256

    let width = HouseholderTile.Columns
    let tiles = (columns + width - 1) / width
    let widthOf tile = min width (columns - tile * width)
    let parts = Array.init tiles (fun tile -> Array.zeroCreate<float>(blockRows * widthOf tile))
    // Two, since a tile is factored while the reflectors of the one before it are still applied.
    let reflectors = Array.init 2 (fun _ -> Array.zeroCreate<float>(HouseholderTile.ReflectorsLength blockRows))

    let load (rows: float[]) (start: int) (count: int) (tile: int) : unit =
        for row in 0 .. count - 1 do
            Array.blit rows ((start + row) * columns + tile * width) parts[tile] (row * widthOf tile) (widthOf tile)

    let partOf (count: int) (tile: int) : Span<float> = Span<float>(parts[tile], 0, count * widthOf tile)

    let factor (count: int) (workspace: float[]) (tile: int) : unit =
        HouseholderTile.Factor(
            Span<float> triangle,
            columns,
            tile * width,
            widthOf tile,
            partOf count tile,
            count,
            Span<float> reflectors[tile % 2],
            Span<float> workspace
        )

    let apply (count: int) (workspace: float[]) (factored: int) (tile: int) : unit =
        HouseholderTile.Apply(
            Span<float> triangle,
            columns,
            factored * width,
            Span<float> reflectors[factored % 2],
            tile * width,
            widthOf tile,
            partOf count tile,
            count,
            Span<float> workspace
        )

    let workspace () : float[] = Array.zeroCreate HouseholderTile.WorkspaceLength

    let mutable folded = 0L

    /// What one thread does to a tile depends on no other, so results repeat for any number of threads.
    let foldBlock (rows: float[]) (start: int) (count: int) (first: int) : unit =
        Parallel.For(first, tiles, load rows start count) |> ignore
        factor count (workspace ()) first

        for factored in first .. tiles - 2 do
            let update tile =
                let workspace = workspace ()
                apply count workspace factored tile

                if tile = factored + 1 then
                    factor count workspace tile

            Parallel.For(factored + 1, tiles, update) |> ignore

    /// Columns, with that of the target.
    member _.Columns: int = columns

    /// The triangle, columns x columns row-major.
    member _.Entries: float[] = triangle

    /// What was folded so far, as an accumulator of the same memory: it is only good until more is folded.
    member _.ToAccumulator() : TallSkinnyQr = TallSkinnyQr.OfOwned(columns - 1, folded, triangle)

    /// Folds rows [count x columns] into the triangle; they are zero in the columns before `firstColumn`.
    member _.Fold(rows: float[], count: int, firstColumn: int) : unit =
        for start in 0..blockRows .. count - 1 do
            foldBlock rows start (min blockRows (count - start)) (firstColumn / width)

        folded <- folded + int64 count

/// Least-squares problems of many features, with a penalty: its rows are folded into the triangle as any others (Elden 1977,
/// BIT 17, 134). That takes neither pivoting nor singular values, which read the triangle once for every feature.
[<RequireQualifiedAccess>]
module internal WideTriangle =

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

    /// A triangle without rows.
    let empty (features: int) : WideTriangle = WideTriangle(features + 1, Array.zeroCreate ((features + 1) * (features + 1)))

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

    /// The problem with its columns scaled, as a triangle to fold more rows into.
    let private scaled (problem: Problem) : WideTriangle =
        let n = problem.Features
        let entries = problem.Accumulator.Triangle.ToArray()
        let divisors = problem.Norms |> Array.map (fun norm -> if norm > 0.0 then norm else 1.0)

        for row in 0 .. n - 1 do
            let mine = Span<float>(entries, row * (n + 1) + row, n - row)
            TensorPrimitives.Divide(Span<float>.op_Implicit mine, ReadOnlySpan<float>(divisors, row, n - row), mine)

        WideTriangle(n + 1, entries)

    /// Folds a row for each penalised column, which has the penalty in that column alone.
    let private penalise (penalty: float) (isTrend: bool[]) (triangle: WideTriangle) : unit =
        let penalised = Array.indexed isTrend |> Array.filter (snd >> not) |> Array.map fst

        for columns in Array.chunkBySize 256 penalised do
            let rows = Array.zeroCreate<float>(columns.Length * triangle.Columns)
            columns |> Array.iteri (fun row column -> rows[row * triangle.Columns + column] <- penalty)
            triangle.Fold(rows, columns.Length, columns[0])

    /// The readout that minimises |A x - b|^2 plus the squared penalty times |x|^2 over the columns that are not a trend.
    let fit (isTrend: bool[]) (penalty: float) (problem: Problem) : Fit =
        let n = problem.Features
        let triangle = scaled problem
        penalise penalty isTrend triangle
        let entry row column = triangle.Entries[row * (n + 1) + column]
        let isUsed row = problem.Norms[row] > 0.0 && entry row row > 0.0

        {
            Readout = backSubstitute triangle.Entries isUsed (Array.init n (fun row -> entry row n))
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
