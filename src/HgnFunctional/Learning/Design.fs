namespace HgnFunctional.Learning

open System
open System.Collections.Concurrent
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

    /// Rows of one leaf of the tree that rows are merged in. It depends on nothing but the data, so that results repeat for any thread
    /// count and any shares.
    let private leafRows = 2048

    /// Wide triangles cost more to merge.
    let private leafRowsPerColumn = 8

    /// Leaves that are in memory at a time.
    let private leavesPerBatch = 16

    /// Frames of more bodies than this are taken in windows of bodies, so that their rows are never there at once.
    let private mostBodies = 4096

    /// Bodies of a window: few enough to fit beside each other, and many beside those around them.
    let private windowBodies = 512

    /// Windows that are in memory at a time.
    let private windowsPerBatch = 8

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

        let components =
            if system.Hops.IsSome then
                min components (mostBodies * Axes.Most)
            else
                components

        // An energy, and a virial in as many dimensions as there are.
        let ofWhole = 1L + int64 (Axes.Most * Axes.Most)
        (int64 blockRows + kinds * int64 components + ofWhole) * columns <= most && columns * columns <= most

    /// Which columns of a system are a trend.
    let trendOf (system: LinearSystem) : bool[] =
        system.Blocks |> Array.collect (fun (block, _) -> Array.init block.Width (fun k -> k < block.Trend))

    let private isWide (systems: LinearSystem list) : bool = systems |> List.exists (fun system -> system.Features > LeastSquares.widest)

    /// Frames of so many components at most that make up a leaf.
    let framesPerLeaf (components: int) (systems: LinearSystem list) : int64 =
        let columns = systems |> List.map (fun system -> system.Features + 1) |> List.fold max 1
        let rows = if isWide systems then max leafRows (leafRowsPerColumn * columns) else leafRows
        int64 (max 1 ((rows + components - 1) / max 1 components))

    /// What a thread folds rows in, one leaf after another.
    [<Sealed>]
    type private Workspace(system: LinearSystem) =

        let columns = system.Features + 1
        let writer = Rows.Writer system
        let mutable buffer = Array.empty<float>

        /// The accumulator of some observations whose rows fit beside each other.
        member _.Reduce(observations: Observation[]) : TallSkinnyQr =
            let triangle = Array.zeroCreate<float>(columns * columns)
            let capacity = blockRows + (observations |> Array.map (Rows.count system) |> Array.fold max 0)

            if buffer.Length < capacity * columns then
                buffer <- Array.zeroCreate (capacity * columns)

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

    /// The accumulator of the rows of both.
    let merge (first: TallSkinnyQr) (second: TallSkinnyQr) : TallSkinnyQr =
        if first.Features > LeastSquares.widest then
            WideFold.Merge(first, second)
        else
            TallSkinnyQr.merge first second

    /// A frame of many bodies in windows of bodies, and what was measured of all bodies together.
    let private windowsOf (system: LinearSystem) (observation: Observation) : Observation seq option =
        match observation, system.Hops with
        | At snapshot, Some hops when snapshot.Structure.Bodies > mostBodies ->
            Some(
                seq {
                    for window in BodyWindow.split hops windowBodies snapshot do
                        yield At window

                    if system.RowsOfWhole snapshot > 0 then
                        yield At snapshot.OfWholeAlone
                }
            )
        | _ -> None

    /// The accumulator of a frame of many bodies. Workspaces go from window to window.
    let private reduceWindows (system: LinearSystem) (observation: Observation) (windows: Observation seq) : TallSkinnyQr =
        let spare = ConcurrentBag<Workspace>()

        let reduce (window: Observation) : TallSkinnyQr =
            let workspace =
                match spare.TryTake() with
                | true, workspace -> workspace
                | _ -> Workspace system

            let part = workspace.Reduce [| window |]
            spare.Add workspace
            part

        let fold (total: TallSkinnyQr) (batch: Observation[]) : TallSkinnyQr =
            let parts = Array.zeroCreate<TallSkinnyQr> batch.Length
            let cores = ParallelOptions(MaxDegreeOfParallelism = Environment.ProcessorCount)
            Parallel.For(0, batch.Length, cores, fun index -> parts[index] <- reduce batch[index]) |> ignore
            Array.fold merge total parts

        let total = windows |> Seq.chunkBySize windowsPerBatch |> Seq.fold fold (TallSkinnyQr.empty system.Features)
        total.Counting(Rows.weighedCount system observation)

    /// The accumulator of some observations, with frames of many bodies in windows.
    let private reduceBy
        (reduce: LinearSystem -> Observation[] -> TallSkinnyQr)
        (system: LinearSystem)
        (observations: Observation[])
        : TallSkinnyQr =
        if observations |> Array.forall (fun observation -> (windowsOf system observation).IsNone) then
            reduce system observations
        else
            observations
            |> Array.map (fun observation ->
                match windowsOf system observation with
                | None -> reduce system [| observation |]
                | Some windows -> reduceWindows system observation windows)
            |> Array.fold merge (TallSkinnyQr.empty system.Features)

    let private reduceSmall (system: LinearSystem) (observations: Observation[]) : TallSkinnyQr = Workspace(system).Reduce observations

    /// The accumulator of some observations of a wide system, block by block: first the rows of a block in parallel, then its columns.
    let private reduceWide (system: LinearSystem) (observations: Observation[]) : TallSkinnyQr =
        let triangle = TallSkinnyQr.empty system.Features |> WideFold.From
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

        for observation in observations do
            block.Add observation
            rowsInBlock <- rowsInBlock + Rows.count system observation

            if rowsInBlock >= blockRows then
                fold (block.ToArray())
                block.Clear()
                rowsInBlock <- 0

        if block.Count > 0 then
            fold (block.ToArray())

        triangle.Finish().Counting(observations |> Array.sumBy (Rows.weighedCount system))

    /// The accumulators of leaves, by system and leaf: in parallel over both, or wide ones one after another, each with all cores.
    let private reduceAll (systems: LinearSystem[]) (leaves: Observation[][]) : TallSkinnyQr[][] =
        let parts = systems |> Array.map (fun _ -> Array.zeroCreate<TallSkinnyQr> leaves.Length)

        if isWide (List.ofArray systems) then
            for system in 0 .. systems.Length - 1 do
                for leaf in 0 .. leaves.Length - 1 do
                    parts[system][leaf] <- reduceBy reduceWide systems[system] leaves[leaf]
        else
            let one index =
                let system, leaf = index / leaves.Length, index % leaves.Length
                parts[system][leaf] <- reduceBy reduceSmall systems[system] leaves[leaf]

            Parallel.For(0, systems.Length * leaves.Length, one) |> ignore

        parts

    /// Merge trees of all systems over a stream of the observations of frames, each with its leaf, which ascend; a bounded number is in memory at a time.
    /// `entering` is told when reading and when assembling goes on. The first error of the stream ends it.
    let accumulate
        (entering: bool -> unit)
        (systems: LinearSystem list)
        (observations: Result<struct (int64 * Observation list), 'error> seq)
        : Result<MergeTree<TallSkinnyQr> list, 'error> =
        let systems = Array.ofList systems
        let trees = systems |> Array.map (fun _ -> MergeTree.empty)
        let leaves = ResizeArray<struct (int64 * Observation[])>()
        let leaf = ResizeArray<Observation>()
        let mutable leafNumber = -1L
        let mutable failure = None

        let fold () =
            if leaves.Count > 0 then
                entering true
                let parts = reduceAll systems (leaves |> Seq.map (fun struct (_, observations) -> observations) |> Array.ofSeq)

                for system in 0 .. systems.Length - 1 do
                    for index in 0 .. leaves.Count - 1 do
                        let struct (number, _) = leaves[index]
                        let part = parts[system][index]
                        trees[system] <- MergeTree.add merge number part trees[system]

                leaves.Clear()
                entering false

        let closeLeaf () =
            if leafNumber >= 0L then
                leaves.Add(struct (leafNumber, leaf.ToArray()))
                leaf.Clear()

            if leaves.Count = leavesPerBatch then
                fold ()

        entering false
        use cursor = observations.GetEnumerator()

        while failure.IsNone && cursor.MoveNext() do
            match cursor.Current with
            | Error error -> failure <- Some error
            | Ok(struct (number, observations)) ->
                if number <> leafNumber then
                    closeLeaf ()
                    leafNumber <- number

                leaf.AddRange observations

        match failure with
        | Some error -> Error error
        | None ->
            closeLeaf ()
            fold ()
            Ok(List.ofArray trees)

    /// The accumulators of some observations in memory, which are few.
    let accumulateAll (systems: LinearSystem list) (observations: Observation[]) : TallSkinnyQr list =
        let components = observations |> Array.map (fun observation -> observation.Centre.Coordinates) |> Array.fold max 1
        let perLeaf = framesPerLeaf components systems

        let numbered: Result<struct (int64 * Observation list), unit> seq =
            observations |> Seq.mapi (fun index observation -> Ok(struct (int64 index / perLeaf, [ observation ])))

        match accumulate ignore systems numbered with
        | Error() -> []
        | Ok trees ->
            List.map2
                (fun (system: LinearSystem) tree ->
                    MergeTree.total merge tree |> Option.defaultWith (fun () -> TallSkinnyQr.empty system.Features))
                systems
                trees
