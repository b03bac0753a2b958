namespace HgnFunctional.Learning

open System
open System.Numerics.Tensors
open System.Threading.Tasks
open HgnFunctional.Numerics
open HgnFunctional.Space
open HgnFunctional.Data
open HgnFunctional.Blocks

/// Makes linear systems, and folds their rows into accumulators.
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
        (scales: TargetScales)
        (weights: TargetWeights)
        (known: struct (IEnergyBlock * float[])[])
        (blocks: (int * IBlock) list)
        : LinearSystem list =
        // Kinetic terms of slower bodies are below the range of numbers, and count as if they were of order one.
        let unitOfKinetic = if scales.Velocities < 1e-150 then 1.0 else scales.Velocities

        let system name velocityRows forceRows unit (blocks: (int * IBlock) list) =
            {
                Name = name
                Blocks = blocks |> List.map snd |> offsets
                HasVelocityRows = velocityRows
                HasForceRows = forceRows
                Known = if forceRows then known else [||]
                Places = blocks |> List.map fst |> Array.ofList
                Scales = scales
                Weights = weights
                Unit = unit
            }

        let those (choose: Part -> bool) = blocks |> List.filter (fun (_, block) -> choose block.Part)

        if List.isEmpty (those _.IsCoupled) then
            [
                system "kinetic" true false unitOfKinetic (those _.IsKinetic)
                system "potential" false true scales.Forces (those _.StandsInForces)
            ]
            |> List.filter (fun system -> system.HasForceRows || system.Blocks.Length > 0)
        else
            [ system "coupled" true true (sqrt scales.Velocities * sqrt scales.Forces) blocks ]

    /// Whether the rows of snapshots of some components at most, and the triangle, fit into arrays.
    let fits (components: int) (system: LinearSystem) : bool =
        let kinds = (if system.HasVelocityRows then 1L else 0L) + (if system.HasForceRows then 1L else 0L)
        let columns = 1L + (system.Blocks |> Array.sumBy (fun (block, _) -> int64 block.Width))
        let most = int64 Array.MaxLength
        // An energy, and a virial in as many dimensions as there are.
        let ofWhole = 1L + int64 (Axes.Most * Axes.Most)
        (int64 blockRows + kinds * int64 components + ofWhole) * columns <= most && columns * columns <= most

    /// Which columns of a system are a trend.
    let trendOf (system: LinearSystem) : bool[] =
        system.Blocks |> Array.collect (fun (block, _) -> Array.init block.Width (fun k -> k < block.Trend))

    /// The accumulator of some snapshots.
    let private reduce (system: LinearSystem) (observations: Observation[]) : TallSkinnyQr =
        let columns = system.Features + 1
        let triangle = Array.zeroCreate<float>(columns * columns)
        let capacity = blockRows + (observations |> Array.map (Rows.count system) |> Array.max)
        let writer = Rows.Writer system
        let buffer = Array.zeroCreate<float>(capacity * columns)
        let mutable filled = 0
        let mutable rows = 0L

        for index in 0 .. observations.Length - 1 do
            let count = Rows.count system observations[index]
            writer.Into(observations[index], Span<float>(buffer, filled * columns, count * columns))
            filled <- filled + count
            rows <- rows + Rows.weighedCount system observations[index]

            if filled >= blockRows || index = observations.Length - 1 then
                let full = Span<float>(buffer, 0, filled * columns)
                TallSkinnyQr.foldInto columns filled full (Span<float> triangle)
                full.Clear()
                filled <- 0

        TallSkinnyQr.OfOwned(system.Features, rows, triangle)

    /// Folds chunks of snapshots into the accumulators of all systems, in parallel over chunks, merged in their order.
    let private foldChunks (systems: LinearSystem[]) (accumulators: TallSkinnyQr[]) (chunks: Observation[][]) : TallSkinnyQr[] =
        let parts = Array.zeroCreate<TallSkinnyQr>(systems.Length * chunks.Length)

        Parallel.For(0, parts.Length, fun index -> parts[index] <- reduce systems[index / chunks.Length] chunks[index % chunks.Length])
        |> ignore

        accumulators
        |> Array.mapi (fun system accumulator ->
            Array.sub parts (system * chunks.Length) chunks.Length |> Array.fold TallSkinnyQr.merge accumulator)

    /// Folds chunks of snapshots into the triangle of a wide system, block by block: first the rows of a block in parallel, then
    /// its columns.
    let private foldWide (system: LinearSystem) (triangle: WideFold) (chunks: Observation[][]) : unit =
        let mutable buffer = Array.empty<float>

        let fold (observations: Observation[]) =
            let starts = observations |> Array.scan (fun start observation -> start + Rows.count system observation) 0
            let length = Array.last starts * triangle.Columns

            // Blocks are alike, and a new array of ten megabytes for each would soon be a gigabyte.
            if buffer.Length < length then
                buffer <- Array.zeroCreate<float> length
            else
                Array.Clear(buffer, 0, length)

            let rows = buffer

            let fill index =
                let start, stop = starts[index] * triangle.Columns, starts[index + 1] * triangle.Columns
                Rows.Writer(system).Into(observations[index], Span<float>(rows, start, stop - start))

            Parallel.For(0, observations.Length, fill) |> ignore
            triangle.Fold(rows, Array.last starts, 0)

        let block = ResizeArray<Observation>()
        let mutable rowsInBlock = 0

        for observation in Seq.concat chunks do
            block.Add observation
            rowsInBlock <- rowsInBlock + Rows.count system observation

            if rowsInBlock >= blockRows then
                fold (block.ToArray())
                block.Clear()
                rowsInBlock <- 0

        if block.Count > 0 then
            fold (block.ToArray())

    /// What folds chunks of snapshots, and what they came to.
    let private folding (systems: LinearSystem[]) : (Observation[][] -> unit) * (unit -> TallSkinnyQr[]) =
        if systems |> Array.exists (fun system -> system.Features > LeastSquares.widest) then
            let triangles = systems |> Array.map (fun system -> TallSkinnyQr.empty system.Features |> WideFold.From)

            let weighed = Array.zeroCreate<int64> systems.Length

            (fun chunks ->
                systems
                |> Array.iteri (fun index system ->
                    foldWide system triangles[index] chunks
                    weighed[index] <- weighed[index] + (chunks |> Seq.concat |> Seq.sumBy (Rows.weighedCount system)))),
            (fun () -> Array.map2 (fun (triangle: WideFold) rows -> triangle.Finish().Counting rows) triangles weighed)
        else
            let accumulators = systems |> Array.map (fun system -> TallSkinnyQr.empty system.Features) |> ref
            (fun chunks -> accumulators.Value <- foldChunks systems accumulators.Value chunks), (fun () -> accumulators.Value)

    /// Accumulators of all systems over a stream of observations, of which a bounded number is in memory at a time. `entering`
    /// is told when reading and when assembling goes on. The first error of the stream ends it.
    let accumulate
        (entering: bool -> unit)
        (systems: LinearSystem list)
        (observations: Result<Observation, 'error> seq)
        : Result<TallSkinnyQr list, 'error> =
        let systems = Array.ofList systems
        let foldInto, result = folding systems
        let chunks = ResizeArray<Observation[]>()
        let chunk = ResizeArray<Observation>()
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
        use cursor = observations.GetEnumerator()

        while failure.IsNone && cursor.MoveNext() do
            match cursor.Current with
            | Error error -> failure <- Some error
            | Ok observation ->
                chunk.Add observation
                rowsInChunk <- rowsInChunk + observation.Centre.Coordinates

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
