namespace HgnFunctional.Learning

open System
open System.Collections.Generic
open HgnFunctional.Data

/// What gives rows: what was measured at a moment, or a window of a motion.
[<NoEquality; NoComparison>]
type internal Observation =
    /// Velocities, forces, an energy, as far as they were measured.
    | At of Snapshot
    /// Frames of one motion with the weights of their forces, and m q'' in the mean with those weights [N d].
    | Over of moments: Snapshot[] * weights: float[] * target: float[]

    /// The snapshot that says how much it counts, and what is pinned.
    member observation.Centre: Snapshot =
        match observation with
        | At snapshot -> snapshot
        | Over(moments, _, _) -> moments[moments.Length / 2]

/// Observations of streams of snapshots.
[<RequireQualifiedAccess>]
module internal Observation =

    /// Whether a snapshot is of a motion whose forces must be told from it.
    let isOfMotion (snapshot: Snapshot) : bool =
        snapshot.Time.IsSome && not (snapshot.HasForces || snapshot.Energy.IsSome || snapshot.HasVirial)

    /// m q'' in the mean over a window, and its stencil and displacements.
    let private meanOf (rule: PathRule) (form: StencilForm) (frames: Snapshot[]) : struct (float[] * Stencil * float[][]) =
        let hasVelocities = frames |> Array.forall _.HasVelocities
        let stencil = Stencil.createAlong rule form hasVelocities (frames |> Array.map (fun frame -> frame.Time.Value))
        let first = frames[0]
        let d = first.Structure.Dimension
        let moved = Paths.displacements frames
        let target = Array.zeroCreate<float> first.Coordinates

        for frame in 0 .. frames.Length - 1 do
            for k in 0 .. target.Length - 1 do
                let along = stencil.OfPositions[frame] * moved[frame][k]

                let moves =
                    if hasVelocities then
                        along + stencil.OfVelocities[frame] * frames[frame].Velocities[k]
                    else
                        along

                target[k] <- target[k] + first.Structure.Masses[k / d] * moves

        struct (target, stencil, moved)

    /// m q'' in the mean over a window [N d].
    let mean (form: StencilForm) (frames: Snapshot[]) : float[] =
        let struct (target, _, _) = meanOf PathRule.Coarse form frames
        target

    /// The equation of a window of frames with times; none where bodies that interact meet between them. Where forces are known, if only
    /// nearly, the path between frames follows them.
    let tryOver (guide: PathGuide option) (form: StencilForm) (frames: Snapshot[]) : Observation option =
        let rule = guide |> Option.map _.Rule |> Option.defaultValue PathRule.Coarse
        let struct (target, stencil, moved) = meanOf rule form frames

        match stencil.Forces with
        | AtFrames weights -> Some(Over(frames, weights, target))
        | AlongPath intervals ->
            let found =
                intervals
                |> Array.map (fun (struct (length, points)) ->
                    let points = points |> Array.map (fun (struct (point, _)) -> point)
                    Paths.tryAlong guide { Frames = frames; Moved = moved; Length = length; Points = points })

            if found |> Array.forall Option.isSome then
                let weights =
                    intervals |> Array.collect (fun (struct (_, points)) -> points |> Array.map (fun (struct (_, weight)) -> weight))

                Some(Over(Array.collect Option.get found, weights, target))
            else
                None

    /// What a frame of a stream gives, before paths are made.
    [<NoEquality; NoComparison>]
    type private Part = { Number: int64; Moments: Observation list; Window: Snapshot[] option }

    /// What the frames of a stream that are wanted give: moments, and windows of motions that end there.
    let private partsOf
        (form: StencilForm option)
        (wanted: int64 -> bool)
        (source: Result<struct (int64 * Snapshot), 'error> seq)
        : Result<Part, 'error> seq =
        seq {
            let open' = Dictionary<string, Queue<Snapshot>>()

            /// The window that ends with a frame, if one does.
            let windowAt (form: StencilForm) (snapshot: Snapshot) : Snapshot[] option =
                match open'.TryGetValue snapshot.Trajectory with
                | true, window when window.Peek().Coordinates = snapshot.Coordinates -> window.Enqueue snapshot
                | _ -> open'[snapshot.Trajectory] <- Queue [ snapshot ]

                let window = open'[snapshot.Trajectory]

                if window.Count = form.Frames then
                    let frames = window.ToArray()

                    for _ in 1 .. form.Stride do
                        window.Dequeue() |> ignore

                    Some frames
                else
                    None

            for next in source do
                match next with
                | Error error -> Error error
                | Ok(struct (number, snapshot)) ->
                    let isMoving = form.IsSome && isOfMotion snapshot
                    let window = if isMoving then windowAt form.Value snapshot else None

                    if wanted number then
                        let moments = if snapshot.HasVelocities || not isMoving then [ At snapshot ] else []
                        Ok { Number = number; Moments = moments; Window = window }
        }

    /// Frames whose paths are made in parallel, and are in memory at a time.
    let private partsAtATime = 32

    /// The observations of a stream of frames with their numbers, of those that are wanted: moments, and the windows of motions that end
    /// there, each of one trajectory.
    let ofStream
        (guide: PathGuide option)
        (form: StencilForm option)
        (wanted: int64 -> bool)
        (source: Result<struct (int64 * Snapshot), 'error> seq)
        : Result<struct (int64 * Observation list), 'error> seq =
        let ofPart (part: Part) : struct (int64 * Observation list) =
            let motion = Option.map2 (tryOver guide) form part.Window |> Option.flatten |> Option.toList
            struct (part.Number, part.Moments @ motion)

        let parts = partsOf form wanted source

        match form with
        | None -> parts |> Seq.map (Result.map ofPart)
        | Some _ -> parts |> Seq.chunkBySize partsAtATime |> Seq.collect (Array.Parallel.map (Result.map ofPart))

    /// The observations of some snapshots in memory.
    let ofSnapshots (guide: PathGuide option) (form: StencilForm) (snapshots: Snapshot seq) : Observation[] =
        let numbered: Result<struct (int64 * Snapshot), unit> seq =
            snapshots |> Seq.mapi (fun number snapshot -> Ok(struct (int64 number, snapshot)))

        numbered
        |> ofStream guide (Some form) (fun _ -> true)
        |> Seq.collect (fun found ->
            match found with
            | Ok(struct (_, observations)) -> observations
            | Error() -> [])
        |> Array.ofSeq
