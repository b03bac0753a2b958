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

    /// The equation of a window of frames with times.
    let over (form: StencilForm) (moments: Snapshot[]) : Observation =
        let hasVelocities = moments |> Array.forall _.HasVelocities
        let times = moments |> Array.map (fun moment -> moment.Time.Value)
        let stencil = Stencil.create form hasVelocities times
        let first = moments[0]
        let d = first.Structure.Dimension
        let moved = displacements moments
        let target = Array.zeroCreate<float> first.Coordinates

        for frame in 0 .. moments.Length - 1 do
            for k in 0 .. target.Length - 1 do
                let along = stencil.OfPositions[frame] * moved[frame][k]

                let moves =
                    if hasVelocities then
                        along + stencil.OfVelocities[frame] * moments[frame].Velocities[k]
                    else
                        along

                target[k] <- target[k] + first.Structure.Masses[k / d] * moves

        let used = stencil.OfForces |> Array.indexed |> Array.filter (fun (_, weight) -> weight <> 0.0) |> Array.map fst
        Over(used |> Array.map (fun frame -> moments[frame]), used |> Array.map (fun frame -> stencil.OfForces[frame]), target)

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
                                Ok(over form (window.ToArray()))

                                for _ in 1 .. form.Stride do
                                    window.Dequeue() |> ignore
            }
