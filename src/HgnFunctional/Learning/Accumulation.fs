namespace HgnFunctional.Learning

open HgnFunctional.Numerics
open HgnFunctional.Data
open HgnFunctional.Features

/// The rows of some frames of one set of data.
[<NoEquality; NoComparison>]
type internal AccumulatedData =
    {
        /// For each system, its rows.
        Trees: MergeTree<TallSkinnyQr> list
        Fingerprint: DataFingerprint
    }

/// The rows that a plan makes of frames, as far as they were folded: triangles, whose memory does not grow with the data. Parts merge in one
/// fixed tree over the frames, so which of them saw which decides nothing, to the last bit. Further data, numbered from 0 on as well, may
/// be added to those of the survey. Immutable.
[<Sealed; NoEquality; NoComparison>]
type Accumulation internal (plan: Plan, data: Map<int, AccumulatedData>) =

    /// Number of frames.
    member _.Frames: int64 = data.Values |> Seq.sumBy _.Fingerprint.Frames

    /// Number of rows of all linear systems; frames with weights count as often as these say.
    member _.Rows: int64 =
        data.Values |> Seq.collect _.Trees |> Seq.collect _.Nodes |> Seq.sumBy (fun struct (_, _, triangle) -> triangle.Rows)

    /// What identifies the frames, in any order, in hexadecimal.
    member internal _.DataHash: string =
        let all = DataFingerprint()

        for part in data.Values do
            all.Merge part.Fingerprint

        all.Hash

    /// The plan that says how.
    member _.Plan: Plan = plan

    member internal _.Data: Map<int, AccumulatedData> = data

    /// The accumulation in one line.
    override accumulation.ToString() : string = $"Accumulation of {accumulation.Rows} rows of {accumulation.Frames} frames"

/// Accumulations: of nothing, of streams, of parts, and as saved.
[<RequireQualifiedAccess>]
module Accumulation =

    /// No rows.
    let empty (plan: Plan) : Accumulation = Accumulation(plan, Map.empty)

    let private noData (plan: Plan) : AccumulatedData =
        { Trees = plan.Systems |> List.map (fun _ -> MergeTree.empty); Fingerprint = DataFingerprint() }

    /// Why a frame is not of the kind that was surveyed, if it is not.
    let private faultOf (plan: Plan) (order: MotionOrder) (frame: int64) (snapshot: Snapshot) : TrainingError<'error> option =
        let first = plan.Overview.First

        if not (Survey.hasRelationsOf first.Structure snapshot.Structure) then
            Some(MixedInteractions frame)
        else
            Survey.refusal plan.Config first snapshot
            |> Option.map (fun error -> BlockRefusesFrame(frame, error))
            |> Option.orElseWith (fun () ->
                plan.Overview.TryUnknown snapshot.Structure |> Option.map (fun error -> NotSurveyed(frame, error)))
            |> Option.orElseWith (fun () -> order.Take(frame, snapshot))

    /// The rows of frames, each with its number, which ascend; those of motions come with all their neighbours, and only those that are
    /// `wanted` are folded. Frames that are not of the surveyed kind end it, or are counted and left out.
    let internal ofNumbered
        (plan: Plan)
        (entering: TrainingStage -> unit)
        (pins: PinFinder)
        (leavesOut: bool)
        (wanted: int64 -> bool)
        (source: Result<struct (int64 * Snapshot), 'error> seq)
        : Result<AccumulatedData, TrainingError<'error>> =
        let fingerprint = DataFingerprint()
        let order = MotionOrder()

        let take (next: Result<struct (int64 * Snapshot), 'error>) : Result<struct (int64 * Snapshot), TrainingError<'error>> option =
            match next with
            | Error error -> Some(Error(SourceFailed error))
            | Ok(struct (frame, snapshot)) ->
                if wanted frame then
                    fingerprint.Add snapshot |> ignore

                match faultOf plan order frame snapshot with
                | Some _ when leavesOut -> None
                | Some error -> Some(Error error)
                | None -> Some(Ok(struct (frame, pins.Pin snapshot)))

        source
        |> Seq.choose take
        |> Observation.ofStream plan.Round.Guide plan.Overview.Stencil wanted
        |> Seq.map (Result.map (fun struct (frame, observations) -> struct (frame / plan.FramesPerLeaf, observations)))
        |> Design.accumulate (fun assembling -> entering (if assembling then Assembling else Reading)) plan.Systems
        |> Result.map (fun trees -> { Trees = trees; Fingerprint = fingerprint })

    let private join (first: AccumulatedData) (second: AccumulatedData) : AccumulatedData =
        let fingerprint = DataFingerprint()
        fingerprint.Merge first.Fingerprint
        fingerprint.Merge second.Fingerprint

        {
            Trees = List.map2 (MergeTree.union Design.merge) first.Trees second.Trees
            Fingerprint = fingerprint
        }

    /// The rows of a share of the surveyed frames. Frames come with their numbers, which ascend: those of the share (`Plan.FramesOf`), or, where
    /// the plan needs neighbours, all.
    let ofShard
        (plan: Plan)
        (entering: TrainingStage -> unit)
        (shard: Shard)
        (source: Result<struct (int64 * Snapshot), 'error> seq)
        : Result<Accumulation, TrainingError<'error>> =
        let struct (first, stop) = plan.FramesOf shard

        ofNumbered plan entering plan.Overview.Pins false (fun frame -> frame >= first && frame < stop) source
        |> Result.map (fun data -> Accumulation(plan, Map.ofList [ 0, data ]))

    let private numbered (source: Result<Snapshot, 'error> seq) : Result<struct (int64 * Snapshot), 'error> seq =
        source |> Seq.mapi (fun frame -> Result.map (fun snapshot -> struct (int64 frame, snapshot)))

    /// What never moves in data that were not surveyed, which are read once for it.
    let private pinsOf (entering: TrainingStage -> unit) (source: Result<Snapshot, 'error> seq) : PinFinder =
        let finder = PinFinder()
        entering Reading

        for next in source do
            next |> Result.iter finder.Add

        finder

    /// The accumulation with the rows of further data of the surveyed kind, which are read twice; the first ones are those of the survey, and are
    /// read once.
    let add
        (entering: TrainingStage -> unit)
        (source: Result<Snapshot, 'error> seq)
        (accumulation: Accumulation)
        : Result<Accumulation, TrainingError<'error>> =
        let next = if accumulation.Data.IsEmpty then 0 else 1 + Seq.max accumulation.Data.Keys

        let pins = if next = 0 then accumulation.Plan.Overview.Pins else pinsOf entering source

        ofNumbered accumulation.Plan entering pins false (fun _ -> true) (numbered source)
        |> Result.map (fun data -> Accumulation(accumulation.Plan, accumulation.Data.Add(next, data)))

    /// The rows of the surveyed frames.
    let ofStream
        (plan: Plan)
        (entering: TrainingStage -> unit)
        (source: Result<Snapshot, 'error> seq)
        : Result<Accumulation, TrainingError<'error>> =
        add entering source (empty plan)

    /// The surveyed frames once more, whatever else the source may give by now.
    let internal again (plan: Plan) (entering: TrainingStage -> unit) (source: Result<Snapshot, 'error> seq) =
        ofNumbered plan entering plan.Overview.Pins true (fun _ -> true) (numbered source)
        |> Result.bind (fun data ->
            if data.Fingerprint.Frames = plan.Frames && data.Fingerprint.Hash = plan.DataHash then
                Ok(Accumulation(plan, Map.ofList [ 0, data ]))
            else
                Error(SourceChanged(plan.Frames, data.Fingerprint.Frames)))

    let private framesOf (plan: Plan) (struct (first: int64, stop: int64)) : struct (int64 * int64) =
        struct (first * plan.FramesPerLeaf, min plan.Frames (stop * plan.FramesPerLeaf) - 1L)

    /// The accumulation of the rows of both, of one plan, which share no frame.
    let merge (first: Accumulation) (second: Accumulation) : Result<Accumulation, PartError> =
        let isSamePlan = obj.ReferenceEquals(first.Plan, second.Plan) || first.Plan.Hash = second.Plan.Hash

        let shared =
            second.Data
            |> Map.toSeq
            |> Seq.tryPick (fun (number, data) ->
                first.Data.TryFind number
                |> Option.bind (fun before -> Seq.zip before.Trees data.Trees |> Seq.tryPick (fun (a, b) -> MergeTree.shared a b)))

        match shared with
        | _ when not isSamePlan -> Error(MadeOtherwise "plans")
        | Some leaves ->
            Error(SeenTwice(framesOf first.Plan leaves |> fun struct (a, _) -> a, framesOf first.Plan leaves |> fun struct (_, b) -> b))
        | None ->
            let both =
                (first.Data, second.Data)
                ||> Map.fold (fun all number data ->
                    all.Add(
                        number,
                        match all.TryFind number with
                        | Some before -> join before data
                        | None -> data
                    ))

            Ok(Accumulation(first.Plan, both))

    /// The triangles of all systems, if all surveyed frames are there, each once.
    let internal totals (accumulation: Accumulation) : Result<TallSkinnyQr list, PartError> =
        let plan = accumulation.Plan

        let gapOf (needed: int64) (tree: MergeTree<TallSkinnyQr>) : struct (int64 * int64) option =
            match MergeTree.runs tree with
            | [] -> if needed > 0L then Some(struct (0L, needed)) else None
            | (struct (0L, stop)) :: [] when stop >= needed -> None
            | (struct (0L, stop)) :: (struct (next, _)) :: _ -> Some(struct (stop, next))
            | (struct (0L, stop)) :: [] -> Some(struct (stop, needed))
            | (struct (first, _)) :: _ -> Some(struct (0L, first))

        let surveyed = accumulation.Data.TryFind 0 |> Option.defaultWith (fun () -> noData plan)

        match surveyed.Trees |> List.tryPick (gapOf plan.Leaves) with
        | Some gap ->
            let struct (first, last) = framesOf plan gap
            Error(NeverSeen(first, last))
        | None when surveyed.Fingerprint.Frames <> plan.Frames || surveyed.Fingerprint.Hash <> plan.DataHash ->
            Error(MadeOtherwise "data than the survey")
        | None ->
            plan.Systems
            |> List.mapi (fun index system ->
                accumulation.Data.Values
                |> Seq.choose (fun data -> MergeTree.total Design.merge data.Trees[index])
                |> Seq.fold Design.merge (TallSkinnyQr.empty system.Features))
            |> Ok

    let private ofNode (struct (first: int64, level: int, triangle: TallSkinnyQr)) : SavedForm =
        let width = triangle.Features + 1

        let upper =
            [|
                for row in 0 .. width - 1 do
                    yield! triangle.Owned[row * width + row .. row * width + width - 1]
            |]

        SavedForm.Fields
            [
                "first", SavedForm.Number(float first)
                "level", SavedForm.Number(float level)
                "rows", SavedForm.Number(float triangle.Rows)
                "triangle", SavedForm.Numbers upper
            ]

    let private toNode (system: LinearSystem) (reader: SavedReader) : struct (int64 * int * TallSkinnyQr) =
        let width = system.Features + 1
        let upper = reader.Floats("triangle", Some(int64 width * (int64 width + 1L) / 2L))
        let triangle = Array.zeroCreate<float>(width * width)
        let mutable place = 0

        for row in 0 .. width - 1 do
            Array.blit upper place triangle (row * width + row) (width - row)
            place <- place + width - row

        struct (reader.LongCount "first",
                reader.Integer("level", 0, 62),
                TallSkinnyQr.OfOwned(system.Features, reader.LongCount "rows", triangle))

    /// All that an accumulation holds.
    let save (accumulation: Accumulation) : (string * SavedForm) list =
        [
            "plan", SavedForm.Text accumulation.Plan.Hash
            "data",
            SavedForm.List
                [
                    for KeyValue(number, data) in accumulation.Data ->
                        SavedForm.Fields(
                            [
                                "number", SavedForm.Number(float number)
                                "systems",
                                SavedForm.List
                                    [
                                        for tree in data.Trees ->
                                            SavedForm.Fields [ "nodes", SavedForm.List [ for node in tree.Nodes -> ofNode node ] ]
                                    ]
                            ]
                            @ data.Fingerprint.Save()
                        )
                ]
        ]

    /// An accumulation of a plan as it was saved.
    let restore (plan: Plan) (fields: (string * SavedForm) list) : Result<Accumulation, PartError> =
        let dataOf (reader: SavedReader) : int * AccumulatedData =
            let saved = reader.Objects "systems"

            if saved.Length <> plan.Systems.Length then
                reader.Fail("systems", $"{plan.Systems.Length} systems; there are {saved.Length}")

            let treeOf (system: LinearSystem) (reader: SavedReader) =
                (MergeTree.empty, reader.Objects "nodes")
                ||> List.fold (fun tree node -> MergeTree.addNode Design.merge (toNode system node) tree)

            reader.Integer("number", 0, System.Int32.MaxValue),
            { Trees = List.map2 treeOf plan.Systems saved; Fingerprint = DataFingerprint.Restore reader }

        match SavedForm.tryRead (fun reader -> reader.Text "plan") fields with
        | Error error -> Error(Damaged(string error))
        | Ok hash when hash <> plan.Hash -> Error(MadeOtherwise "plans")
        | Ok _ ->
            fields
            |> SavedForm.tryRead (fun reader -> Accumulation(plan, reader.Objects "data" |> List.map dataOf |> Map.ofList))
            |> Result.mapError (string >> Damaged)
