namespace HgnFunctional.Numerics

open System
open HgnFunctional.Kernels

/// What is left of any number of rows [A | b] after an orthogonal reduction: the triangle R of [A | b] = Q R. Its last
/// column holds Q^T b, and its last diagonal entry the norm of what no combination of the columns can reach. Memory is
/// (n + 1)^2 numbers, whatever the number of rows. Immutable.
[<Sealed; NoEquality; NoComparison>]
type TallSkinnyQr private (features: int, rows: int64, triangle: float[]) =

    /// Number n of columns of A.
    member _.Features: int = features

    /// Number of rows added so far.
    member _.Rows: int64 = rows

    /// The same triangle, counting as another number of rows: where rows carry weights.
    member internal _.Counting(rows: int64) : TallSkinnyQr = TallSkinnyQr.OfOwned(features, rows, triangle)

    /// The triangle, (n + 1) x (n + 1) row-major; the part below the diagonal is zero.
    member _.Triangle: ReadOnlySpan<float> = ReadOnlySpan<float> triangle

    /// The array of the triangle itself, which no one may change.
    member internal _.Owned: float[] = triangle

    static member internal OfOwned(features: int, rows: int64, triangle: float[]) : TallSkinnyQr = TallSkinnyQr(features, rows, triangle)

/// Streaming orthogonal reduction of tall, skinny least-squares problems (Demmel, Grigori, Hoemmen, Langou 2012,
/// doi:10.1137/080731992): blocks of rows are folded into a triangle by Householder reflections, and two triangles merge
/// into one, so that threads, files and machines can each reduce their own rows.
[<RequireQualifiedAccess>]
module TallSkinnyQr =

    /// Rows that one Householder update takes at a time: enough to amortise the panel work, few enough to stay in cache.
    let private blockRows = 256

    /// No rows yet, for n features.
    let empty (features: int) : TallSkinnyQr =
        if features < 0 then
            invalidArg (nameof features) $"features is {features}; expected 0 or more."

        if (int64 features + 1L) * (int64 features + 1L) > int64 Array.MaxLength then
            invalidArg (nameof features) $"features is {features}; expected so few that their triangle is an array."

        TallSkinnyQr.OfOwned(features, 0L, Array.zeroCreate ((features + 1) * (features + 1)))

    /// Folds rows into a triangle in place; the rows are destroyed. `triangle` is columns x columns, `rows` is
    /// count x columns, both row-major.
    let internal foldInto (columns: int) (count: int) (rows: Span<float>) (triangle: Span<float>) : unit =
        let workspace = Array.zeroCreate<float>(HouseholderUpdate.WorkspaceLength(min count blockRows, columns))
        let mutable start = 0

        while start < count do
            let height = min blockRows (count - start)
            let block = rows.Slice(start * columns, height * columns)
            HouseholderUpdate.Apply(triangle, columns, block, height, Span<float> workspace)
            start <- start + height

    /// The accumulator with more rows folded in. `rows` is count x (n + 1) row-major: n features and the target; it is
    /// copied, not changed.
    let add (rows: ReadOnlySpan<float>) (accumulator: TallSkinnyQr) : TallSkinnyQr =
        let columns = accumulator.Features + 1

        if rows.Length % columns <> 0 then
            invalidArg (nameof rows) $"rows has length {rows.Length}; expected a multiple of {columns} (features and target)."

        let count = rows.Length / columns
        let triangle = accumulator.Triangle.ToArray()
        foldInto columns count (Span<float>(rows.ToArray())) (Span<float> triangle)
        TallSkinnyQr.OfOwned(accumulator.Features, accumulator.Rows + int64 count, triangle)

    /// The accumulator of the rows of both. Associative up to rounding; fix the order of merging to repeat results bit for bit.
    let merge (first: TallSkinnyQr) (second: TallSkinnyQr) : TallSkinnyQr =
        if first.Features <> second.Features then
            invalidArg (nameof second) $"second has {second.Features} features; expected {first.Features}, as the first has."

        if second.Rows = 0L then
            first
        elif first.Rows = 0L then
            second
        else
            let columns = first.Features + 1
            let triangle = first.Triangle.ToArray()
            foldInto columns columns (Span<float>(second.Triangle.ToArray())) (Span<float> triangle)
            TallSkinnyQr.OfOwned(first.Features, first.Rows + second.Rows, triangle)

    /// The accumulator of some columns of the same rows.
    let internal select (columns: int[]) (accumulator: TallSkinnyQr) : TallSkinnyQr =
        let n, width = accumulator.Features, columns.Length + 1
        let sources = Array.append columns [| n |]
        let rows = Array.init ((n + 1) * width) (fun k -> accumulator.Triangle[k / width * (n + 1) + sources[k % width]])
        let triangle = Array.zeroCreate (width * width)
        foldInto width (n + 1) (Span<float> rows) (Span<float> triangle)
        TallSkinnyQr.OfOwned(columns.Length, accumulator.Rows, triangle)
