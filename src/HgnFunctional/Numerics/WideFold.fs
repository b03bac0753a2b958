namespace HgnFunctional.Numerics

open System
open System.Threading.Tasks
open HgnFunctional.Kernels

/// Folds rows of many features with all cores: triangles of parts of the rows, to be merged, would take the memory of one each. Gives
/// the triangle away at the end, and folds no more. Not for use by several threads at a time.
[<Sealed>]
type internal WideFold private (columns: int, before: int64, owned: float[]) =

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
            Span<float> owned,
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
            Span<float> owned,
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

    let mutable folded = before
    let mutable isFinished = false

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

    /// On from an accumulator, whose triangle is copied.
    static member From(accumulator: TallSkinnyQr) : WideFold =
        WideFold(accumulator.Features + 1, accumulator.Rows, accumulator.Triangle.ToArray())

    /// On from a triangle [columns x columns] that it takes over.
    static member Owning(columns: int, rows: int64, triangle: float[]) : WideFold = WideFold(columns, rows, triangle)

    /// The accumulator of all rows so far. It owns the triangle from now on.
    member _.Finish() : TallSkinnyQr =
        isFinished <- true
        TallSkinnyQr.OfOwned(columns - 1, folded, owned)

    /// Folds rows [count x columns] into the triangle; they are zero in the columns before `firstColumn`.
    member _.Fold(rows: float[], count: int, firstColumn: int) : unit =
        if isFinished then
            invalidOp "The triangle was given away."

        for start in 0..blockRows .. count - 1 do
            foldBlock rows start (min blockRows (count - start)) (firstColumn / width)

        folded <- folded + int64 count

    /// The accumulator of the rows of both.
    static member Merge(first: TallSkinnyQr, second: TallSkinnyQr) : TallSkinnyQr =
        if second.Rows = 0L then
            first
        elif first.Rows = 0L then
            second
        else
            let columns = first.Features + 1
            let fold = WideFold.From first

            // The rows of a triangle are zero before their diagonal.
            for start in 0..blockRows .. columns - 1 do
                let count = min blockRows (columns - start)
                fold.Fold(second.Triangle.Slice(start * columns, count * columns).ToArray(), count, start)

            fold.Finish().Counting(first.Rows + second.Rows)
