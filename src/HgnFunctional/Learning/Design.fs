namespace HgnFunctional.Learning

open System
open System.Numerics.Tensors
open System.Threading.Tasks
open HgnFunctional.Numerics
open HgnFunctional.Data
open HgnFunctional.Blocks

/// One linear system: some blocks side by side, with the rows in which their derivatives appear. Kinetic and potential
/// features never meet in a row, so a model that splits is two small systems.
[<NoEquality; NoComparison>]
type internal LinearSystem =
    {
        /// "kinetic", "potential" or "coupled".
        Name: string
        /// The blocks, each with its first column.
        Blocks: (IBlock * int)[]
        /// Potential energies that are known, with their factors: what they give is taken off the targets.
        Known: struct (IEnergyBlock * float[])[]
        /// Whether q' = dH/dp gives rows.
        HasVelocityRows: bool
        /// Whether -p' = dH/dq gives rows.
        HasForceRows: bool
        /// The place of each block in the list that the systems were made of.
        Places: int[]
        /// Root mean squares of velocities and of forces: targets are divided by them, so that units do not decide a coupled fit.
        Scales: struct (float * float)
        /// The unit of the readouts that the rows are for, as energy: about that of the data, so that rows are of order one.
        Unit: float
    }

    /// Number of features.
    member system.Features: int = system.Blocks |> Array.sumBy (fun (block, _) -> block.Width)

    /// Number of rows that a snapshot gives: what is pinned tells nothing.
    member system.RowsOf(snapshot: Snapshot) : int =
        let components = snapshot.FreeComponents
        (if system.HasVelocityRows then components else 0) + (if system.HasForceRows then components else 0)

/// Builds the rows of linear systems and folds them into accumulators.
[<RequireQualifiedAccess>]
module internal Design =

    /// Rows that are gathered before they are folded into the triangle.
    let private blockRows = 256

    /// Rows of one unit of parallel work. It depends on nothing but the data, so that results repeat for any thread count.
    let private chunkRows = 2048

    /// Chunks that are in memory at a time.
    let private chunksPerBatch = 16

    let private offsets (blocks: IBlock list) : (IBlock * int)[] =
        let starts = blocks |> List.scan (fun start block -> start + block.Width) 0
        List.zip blocks (List.take blocks.Length starts) |> Array.ofList

    /// The systems of a list of blocks with their places in some other list, two if they split into T(p) + V(q), else one, for data with these root mean squares of
    /// velocities and forces, beside known potential energies. Forces always have a system, if only to tell what nothing explains.
    let systems
        (scales: struct (float * float))
        (known: struct (IEnergyBlock * float[])[])
        (blocks: (int * IBlock) list)
        : LinearSystem list =
        let struct (velocities, forces) = scales
        // Kinetic terms of slower bodies are below the range of numbers, and count as if they were of order one.
        let unitOfKinetic = if velocities < 1e-150 then 1.0 else velocities

        let system name velocityRows forceRows unit (blocks: (int * IBlock) list) =
            {
                Name = name
                Blocks = blocks |> List.map snd |> offsets
                HasVelocityRows = velocityRows
                HasForceRows = forceRows
                Known = if forceRows then known else [||]
                Places = blocks |> List.map fst |> Array.ofList
                Scales = scales
                Unit = unit
            }

        let those (choose: Part -> bool) = blocks |> List.filter (fun (_, block) -> choose block.Part)

        if List.isEmpty (those _.IsCoupled) then
            [
                system "kinetic" true false unitOfKinetic (those _.IsKinetic)
                system "potential" false true forces (those _.StandsInForces)
            ]
            |> List.filter (fun system -> system.HasForceRows || system.Blocks.Length > 0)
        else
            [ system "coupled" true true (sqrt velocities * sqrt forces) blocks ]

    /// Whether the rows of snapshots of some components at most, and the triangle, fit into arrays.
    let fits (components: int) (system: LinearSystem) : bool =
        let kinds = (if system.HasVelocityRows then 1L else 0L) + (if system.HasForceRows then 1L else 0L)
        let columns = 1L + (system.Blocks |> Array.sumBy (fun (block, _) -> int64 block.Width))
        let most = int64 Array.MaxLength
        (int64 blockRows + kinds * int64 components) * columns <= most && columns * columns <= most

    /// Which columns of a system are a trend.
    let trendOf (system: LinearSystem) : bool[] =
        system.Blocks |> Array.collect (fun (block, _) -> Array.init block.Width (fun k -> k < block.Trend))

    /// Scales the rows, and writes the targets into the last column.
    let private finishRows
        (columns: int)
        (unit: float)
        (sign: float)
        (scale: float)
        (target: ReadOnlySpan<float>)
        (rows: Span<float>)
        : unit =
        if unit <> scale then
            TensorPrimitives.Multiply(Span<float>.op_Implicit rows, unit / scale, rows)

        for row in 0 .. target.Length - 1 do
            rows[row * columns + columns - 1] <- sign * target[row] / scale

    /// The forces of a snapshot that the known energies leave.
    let private unknownForces (system: LinearSystem) (snapshot: Snapshot) : ReadOnlySpan<float> =
        if system.Known.Length = 0 then
            snapshot.Forces
        else
            let configuration = snapshot.Configuration
            let left = snapshot.Forces.ToArray()

            for struct (block, readout) in system.Known do
                block.PullbackInto(&configuration, readout, Span<float> left, Span<float>.Empty)

            ReadOnlySpan<float> left

    /// Writes the rows of one snapshot, pinned ones too, velocities first; `rows` must be zero.
    let private allRowsInto (system: LinearSystem) (snapshot: Snapshot) (rows: Span<float>) : unit =
        let columns = system.Features + 1
        let length = snapshot.Forces.Length * columns
        let velocityRows = if system.HasVelocityRows then rows.Slice(0, length) else Span<float>.Empty

        let forceRows =
            if system.HasForceRows then
                rows.Slice(rows.Length - length, length)
            else
                Span<float>.Empty

        let configuration = snapshot.Configuration
        let struct (velocityScale, forceScale) = system.Scales

        for block, first in system.Blocks do
            let ofQ = if forceRows.IsEmpty then forceRows else forceRows.Slice first
            let ofP = if velocityRows.IsEmpty then velocityRows else velocityRows.Slice first
            block.RowsInto(&configuration, ofQ, ofP, columns)

        if system.HasVelocityRows then
            finishRows columns system.Unit 1.0 velocityScale snapshot.Velocities velocityRows

        if system.HasForceRows then
            finishRows columns system.Unit -1.0 forceScale (unknownForces system snapshot) forceRows

    let private allRowsOf (system: LinearSystem) (snapshot: Snapshot) : int =
        (if system.HasVelocityRows then snapshot.Forces.Length else 0)
        + (if system.HasForceRows then snapshot.Forces.Length else 0)

    /// Writes the rows of one snapshot that are not pinned; `rows` must be zero.
    let private rowsInto (system: LinearSystem) (snapshot: Snapshot) (rows: Span<float>) : unit =
        let pins = snapshot.Structure.Pins

        if pins.IsEmpty then
            allRowsInto system snapshot rows
        else
            let columns = system.Features + 1
            let all = Array.zeroCreate<float>(allRowsOf system snapshot * columns)
            allRowsInto system snapshot (Span<float> all)
            let mutable kept = 0

            for row in 0 .. all.Length / columns - 1 do
                if not pins[row % pins.Length] then
                    ReadOnlySpan<float>(all, row * columns, columns).CopyTo(rows.Slice(kept * columns, columns))
                    kept <- kept + 1

    /// The rows of the forces of one snapshot [N d x features], so that rows times readout, in the unit of the system, are forces.
    let forceRows (system: LinearSystem) (snapshot: Snapshot) : float[] =
        let columns, count = system.Features + 1, allRowsOf system snapshot
        let rows = Array.zeroCreate<float>(count * columns)
        allRowsInto system snapshot (Span<float> rows)
        let struct (_, scale) = system.Scales
        let first = count - snapshot.Forces.Length

        Array.init (snapshot.Forces.Length * system.Features) (fun k ->
            scale * rows[(first + k / system.Features) * columns + k % system.Features])

    /// The accumulator of some snapshots.
    let private reduce (system: LinearSystem) (snapshots: Snapshot[]) : TallSkinnyQr =
        let columns = system.Features + 1
        let triangle = Array.zeroCreate<float>(columns * columns)
        let capacity = blockRows + (snapshots |> Array.map system.RowsOf |> Array.max)
        let buffer = Array.zeroCreate<float>(capacity * columns)
        let mutable filled = 0
        let mutable rows = 0L

        for index in 0 .. snapshots.Length - 1 do
            let count = system.RowsOf snapshots[index]
            rowsInto system snapshots[index] (Span<float>(buffer, filled * columns, count * columns))
            filled <- filled + count
            rows <- rows + int64 count

            if filled >= blockRows || index = snapshots.Length - 1 then
                let full = Span<float>(buffer, 0, filled * columns)
                TallSkinnyQr.foldInto columns filled full (Span<float> triangle)
                full.Clear()
                filled <- 0

        TallSkinnyQr.OfOwned(system.Features, rows, triangle)

    /// Folds chunks of snapshots into the accumulators of all systems, in parallel over chunks, merged in their order.
    let private foldChunks (systems: LinearSystem[]) (accumulators: TallSkinnyQr[]) (chunks: Snapshot[][]) : TallSkinnyQr[] =
        let parts = Array.zeroCreate<TallSkinnyQr>(systems.Length * chunks.Length)

        Parallel.For(0, parts.Length, fun index -> parts[index] <- reduce systems[index / chunks.Length] chunks[index % chunks.Length])
        |> ignore

        accumulators
        |> Array.mapi (fun system accumulator ->
            Array.sub parts (system * chunks.Length) chunks.Length |> Array.fold TallSkinnyQr.merge accumulator)

    /// Folds chunks of snapshots into the triangle of a wide system, block by block: first the rows of a block in parallel, then
    /// its columns.
    let private foldWide (system: LinearSystem) (triangle: WideFold) (chunks: Snapshot[][]) : unit =
        let mutable buffer = Array.empty<float>

        let fold (snapshots: Snapshot[]) =
            let starts = snapshots |> Array.scan (fun start snapshot -> start + system.RowsOf snapshot) 0
            let length = Array.last starts * triangle.Columns

            // Blocks are alike, and a new array of ten megabytes for each would soon be a gigabyte.
            if buffer.Length < length then
                buffer <- Array.zeroCreate<float> length
            else
                Array.Clear(buffer, 0, length)

            let rows = buffer

            let fill index =
                let start, stop = starts[index] * triangle.Columns, starts[index + 1] * triangle.Columns
                rowsInto system snapshots[index] (Span<float>(rows, start, stop - start))

            Parallel.For(0, snapshots.Length, fill) |> ignore
            triangle.Fold(rows, Array.last starts, 0)

        let block = ResizeArray<Snapshot>()
        let mutable rowsInBlock = 0

        for snapshot in Seq.concat chunks do
            block.Add snapshot
            rowsInBlock <- rowsInBlock + system.RowsOf snapshot

            if rowsInBlock >= blockRows then
                fold (block.ToArray())
                block.Clear()
                rowsInBlock <- 0

        if block.Count > 0 then
            fold (block.ToArray())

    /// What folds chunks of snapshots, and what they came to.
    let private folding (systems: LinearSystem[]) : (Snapshot[][] -> unit) * (unit -> TallSkinnyQr[]) =
        if systems |> Array.exists (fun system -> system.Features > LeastSquares.widest) then
            let triangles = systems |> Array.map (fun system -> TallSkinnyQr.empty system.Features |> WideFold.From)

            (fun chunks -> Array.iter2 (fun system triangle -> foldWide system triangle chunks) systems triangles),
            (fun () -> triangles |> Array.map _.Finish())
        else
            let accumulators = systems |> Array.map (fun system -> TallSkinnyQr.empty system.Features) |> ref
            (fun chunks -> accumulators.Value <- foldChunks systems accumulators.Value chunks), (fun () -> accumulators.Value)

    /// Accumulators of all systems over a stream of snapshots, of which a bounded number is in memory at a time. `entering`
    /// is told when reading and when assembling goes on. The first error of the stream ends it.
    let accumulate
        (entering: bool -> unit)
        (systems: LinearSystem list)
        (snapshots: Result<Snapshot, 'error> seq)
        : Result<TallSkinnyQr list, 'error> =
        let systems = Array.ofList systems
        let foldInto, result = folding systems
        let chunks = ResizeArray<Snapshot[]>()
        let chunk = ResizeArray<Snapshot>()
        let mutable rowsInChunk = 0
        let mutable failure = None

        let closeChunk () =
            if chunk.Count > 0 then
                chunks.Add(chunk.ToArray())
                chunk.Clear()
                rowsInChunk <- 0

        let fold () =
            entering true
            foldInto (chunks.ToArray())
            chunks.Clear()
            entering false

        entering false
        use cursor = snapshots.GetEnumerator()

        while failure.IsNone && cursor.MoveNext() do
            match cursor.Current with
            | Error error -> failure <- Some error
            | Ok snapshot ->
                chunk.Add snapshot
                rowsInChunk <- rowsInChunk + snapshot.Forces.Length

                if rowsInChunk >= chunkRows then
                    closeChunk ()

                if chunks.Count = chunksPerBatch then
                    fold ()

        match failure with
        | Some error -> Error error
        | None ->
            closeChunk ()
            fold ()
            Ok(List.ofArray (result ()))
