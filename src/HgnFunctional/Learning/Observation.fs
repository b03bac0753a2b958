namespace HgnFunctional.Learning

open System
open System.Collections.Generic
open HgnFunctional
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
    let isOfMotion (snapshot: Snapshot) : bool = snapshot.Time.IsSome && not snapshot.HasForces && snapshot.Energy.IsNone

    /// Displacements of all moments from the first [frames][N d]: from frame to frame to the nearest image, since positions may be wrapped.
    let displacements (moments: Snapshot[]) : float[][] =
        let d = moments[0].Structure.Dimension

        (Array.zeroCreate<float> moments[0].Coordinates, Array.pairwise moments)
        ||> Array.scan (fun before (earlier, later) ->
            let step = Array.init before.Length (fun k -> later.State.Positions[k] - earlier.State.Positions[k])

            for start in 0..d .. step.Length - 1 do
                later.Structure.Cell.ToNearest(Span<float>(step, start, d))

            Array.map2 (+) before step)

    /// m q'' in the mean over a window, and its stencil and displacements.
    let private meanOf (form: StencilForm) (frames: Snapshot[]) : struct (float[] * Stencil * float[][]) =
        let hasVelocities = frames |> Array.forall _.HasVelocities
        let stencil = Stencil.create form hasVelocities (frames |> Array.map (fun frame -> frame.Time.Value))
        let first = frames[0]
        let d = first.Structure.Dimension
        let moved = displacements frames
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
        let struct (target, _, _) = meanOf form frames
        target

    /// A point between frames, with the momenta that the polynomial has there; none where bodies that interact meet on the way.
    let private between
        (frames: Snapshot[])
        (moved: float[][])
        (ofQ: float[])
        (ofV: float[])
        (slopesOfQ: float[])
        (slopesOfV: float[])
        : Snapshot option =
        let middle = frames[frames.Length / 2]
        let first, d = frames[0], middle.Structure.Dimension

        let combine (ofPositions: float[]) (ofVelocities: float[]) (start: int -> float) : float[] =
            Array.init first.Coordinates (fun k ->
                let mutable sum = start k

                for frame in 0 .. frames.Length - 1 do
                    sum <- sum + ofPositions[frame] * moved[frame][k]

                    if frames[frame].HasVelocities then
                        sum <- sum + ofVelocities[frame] * frames[frame].Velocities[k]

                sum)

        let positions = combine ofQ ofV (fun k -> first.State.Positions[k])
        let momenta = combine slopesOfQ slopesOfV (fun _ -> 0.0) |> Array.mapi (fun k v -> middle.Structure.Masses[k / d] * v)

        match Snapshot.tryOf middle.Structure (PhaseState.OfOwned(middle.Structure.Bodies, d, positions, momenta)) Targets.none with
        | Ok snapshot -> Some(snapshot.MarkedAs middle)
        | Error _ -> None

    /// The equation of a window of frames with times; none where bodies that interact meet between them.
    let tryOver (form: StencilForm) (frames: Snapshot[]) : Observation option =
        let struct (target, stencil, moved) = meanOf form frames

        let points =
            stencil.Forces
            |> Array.filter (fun (struct (_, weight)) -> weight <> 0.0)
            |> Array.map (fun (struct (point, weight)) ->
                match point with
                | Frame index -> Some frames[index], weight
                | Between(ofQ, ofV, slopesOfQ, slopesOfV) -> between frames moved ofQ ofV slopesOfQ slopesOfV, weight)

        if points |> Array.forall (fst >> Option.isSome) then
            Some(Over(points |> Array.map (fst >> Option.get), Array.map snd points, target))
        else
            None

    /// The observations of a stream: moments as they come, and the windows of motions, each of one trajectory.
    let ofStream (form: StencilForm option) (source: Result<Snapshot, 'error> seq) : Result<Observation, 'error> seq =
        match form with
        | None -> source |> Seq.map (Result.map At)
        | Some form ->
            seq {
                let open' = Dictionary<string, Queue<Snapshot>>()

                for next in source do
                    match next with
                    | Error error -> Error error
                    | Ok snapshot ->
                        if snapshot.HasVelocities || not (isOfMotion snapshot) then
                            Ok(At snapshot)

                        if isOfMotion snapshot then
                            match open'.TryGetValue snapshot.Trajectory with
                            | true, window when window.Peek().Coordinates = snapshot.Coordinates -> window.Enqueue snapshot
                            | _ -> open'[snapshot.Trajectory] <- Queue [ snapshot ]

                            let window = open'[snapshot.Trajectory]

                            if window.Count = form.Frames then
                                match tryOver form (window.ToArray()) with
                                | Some observation -> Ok observation
                                | None -> ()

                                for _ in 1 .. form.Stride do
                                    window.Dequeue() |> ignore
            }
