namespace HgnFunctional.Learning

open System
open System.Collections.Generic
open System.Numerics.Tensors
open HgnFunctional
open HgnFunctional.Numerics
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

    /// Sweeps of the path towards that of some forces.
    let private sweeps = 3

    /// Steps of a path from frame to frame that starts with the velocities of one.
    let private shots = 8

    let private tryAt (like: Snapshot) (positions: float[]) (momenta: float[]) : Snapshot option =
        // What forces far off drove beyond all bounds is no place.
        if Guard.firstNotFinite (ReadOnlySpan<float> positions) >= 0 then
            None
        else

            let state = PhaseState.OfOwned(like.Structure.Bodies, like.Structure.Dimension, positions, momenta)

            match Snapshot.tryOf like.Structure state Targets.none with
            | Ok snapshot -> Some(snapshot.MarkedAs like)
            | Error _ -> None

    /// The positions and momenta that some forces give from a frame on, after each of some times that ascend in size, of one sign: the
    /// classical Runge-Kutta method. None where bodies that interact meet.
    let private shoot
        (forcesOf: Snapshot -> float[])
        (frame: Snapshot)
        (longest: float)
        (times: float[])
        : struct (float[] * float[])[] option =
        let d, masses = frame.Structure.Dimension, frame.Structure.Masses.ToArray()
        let plus (a: float[]) (factor: float) (b: float[]) = Array.map2 (fun x y -> x + factor * y) a b
        let velocities (p: float[]) = p |> Array.mapi (fun k x -> x / masses[k / d])
        let slopes q p = tryAt frame q p |> Option.map (fun snapshot -> struct (velocities p, forcesOf snapshot))

        let step (dt: float) (struct (q, p)) =
            slopes q p
            |> Option.bind (fun (struct (v1, f1)) ->
                slopes (plus q (0.5 * dt) v1) (plus p (0.5 * dt) f1)
                |> Option.bind (fun (struct (v2, f2)) ->
                    slopes (plus q (0.5 * dt) v2) (plus p (0.5 * dt) f2)
                    |> Option.bind (fun (struct (v3, f3)) ->
                        slopes (plus q dt v3) (plus p dt f3)
                        |> Option.map (fun (struct (v4, f4)) ->
                            let mean (a: float[]) (b: float[]) (c: float[]) (e: float[]) =
                                Array.init a.Length (fun k -> (a[k] + 2.0 * b[k] + 2.0 * c[k] + e[k]) / 6.0)

                            struct (plus q dt (mean v1 v2 v3 v4), plus p dt (mean f1 f2 f3 f4))))))

        let start = struct (frame.State.Positions.ToArray(), frame.State.Momenta.ToArray())

        ((Some(0.0, start, []), times)
         ||> Array.fold (fun state time ->
             state
             |> Option.bind (fun (now, at, path) ->
                 let steps = max 1 (int (ceil (float shots * abs (time - now) / longest)))
                 let there = Seq.fold (fun state _ -> Option.bind (step ((time - now) / float steps)) state) (Some at) [ 1..steps ]
                 there |> Option.map (fun there -> time, there, there :: path))))
        |> Option.map (fun (_, _, path) -> path |> List.rev |> Array.ofList)

    /// The path between two frames whose velocities are known: that from the first and that from the second, each where it is near.
    let private shot (forcesOf: Snapshot -> float[]) (first: Snapshot) (second: Snapshot) (length: float) : Snapshot[] option =
        let places = Stencil.places
        let d = first.Structure.Dimension
        let forwards = shoot forcesOf first length (places |> Array.map (fun x -> x * length))
        let backwards = shoot forcesOf second length (places |> Array.rev |> Array.map (fun x -> (x - 1.0) * length))

        match forwards, backwards with
        | Some forwards, Some backwards ->
            let backwards = Array.rev backwards

            let points =
                places
                |> Array.mapi (fun point x ->
                    let struct (q, p), struct (other, otherP) = forwards[point], backwards[point]
                    let weight = x * x * (3.0 - 2.0 * x)
                    // The second frame may be wrapped.
                    let apart = Array.map2 (-) other q

                    for start in 0..d .. apart.Length - 1 do
                        first.Structure.Cell.ToNearest(Span<float>(apart, start, d))

                    tryAt
                        first
                        (Array.map2 (fun q apart -> q + weight * apart) q apart)
                        (Array.map2 (fun p o -> p + weight * (o - p)) p otherP))

            if Array.forall Option.isSome points then
                Some(Array.map Option.get points)
            else
                None
        | _ -> None

    /// The points of an interval of the path as snapshots, with the momenta that it has there; none where bodies that interact meet on
    /// the way. Where forces are known, if only nearly, the path follows them between the frames.
    let private along
        (forcesOf: (Snapshot -> float[]) option)
        (frames: Snapshot[])
        (moved: float[][])
        (length: float)
        (points: PathPoint[])
        : Snapshot[] option =
        let middle = frames[frames.Length / 2]
        let first, structure = frames[0], middle.Structure
        let d, size = structure.Dimension, first.Coordinates

        let combine (struct (ofPositions: float[], ofVelocities: float[])) : float[] =
            let sum = Array.zeroCreate<float> size

            for frame in 0 .. frames.Length - 1 do
                TensorPrimitives.MultiplyAdd(ReadOnlySpan<float> moved[frame], ofPositions[frame], ReadOnlySpan<float> sum, Span<float> sum)

                if frames[frame].HasVelocities then
                    TensorPrimitives.MultiplyAdd(frames[frame].Velocities, ofVelocities[frame], ReadOnlySpan<float> sum, Span<float> sum)

            sum

        let start = first.State.Positions.ToArray()
        let places = points |> Array.map (fun point -> Array.map2 (+) start (combine point.Place))

        let momenta =
            points |> Array.map (fun point -> combine point.Velocity |> Array.mapi (fun k v -> structure.Masses[k / d] * v))

        let at (point: int) (offset: float[]) : Snapshot option = tryAt middle (Array.map2 (+) places[point] offset) momenta[point]

        let all (offsets: float[][]) : Snapshot[] option =
            let found = offsets |> Array.mapi at

            if Array.forall Option.isSome found then
                Some(Array.map Option.get found)
            else
                None

        let straight = all (points |> Array.map (fun _ -> Array.zeroCreate size))

        match forcesOf with
        | None -> straight
        | Some forcesOf when frames |> Array.forall _.HasVelocities ->
            shot forcesOf frames[frames.Length / 2 - 1] middle length |> Option.orElse straight
        | Some forcesOf ->
            let accelerations = points |> Array.map (fun point -> combine point.Acceleration)

            let sweep (path: Snapshot[] option) _ =
                path
                |> Option.bind (fun path ->
                    let missed =
                        path
                        |> Array.mapi (fun point snapshot ->
                            forcesOf snapshot |> Array.mapi (fun k f -> f / structure.Masses[k / d] - accelerations[point][k]))

                    let offset (row: float[]) =
                        Array.init size (fun k -> length * length * Seq.sum (Seq.mapi (fun j weight -> weight * missed[j][k]) row))

                    all (Array.map offset Stencil.bow))

            Seq.fold sweep straight [ 1..sweeps ]

    /// The equation of a window of frames with times; none where bodies that interact meet between them. Where forces are known, if only
    /// nearly, the path between frames follows them.
    let tryOver (forcesOf: (Snapshot -> float[]) option) (form: StencilForm) (frames: Snapshot[]) : Observation option =
        let struct (target, stencil, moved) = meanOf form frames

        match stencil.Forces with
        | AtFrames weights -> Some(Over(frames, weights, target))
        | AlongPath intervals ->
            let found =
                intervals
                |> Array.map (fun (struct (length, points)) ->
                    points |> Array.map (fun (struct (point, _)) -> point) |> along forcesOf frames moved length)

            if found |> Array.forall Option.isSome then
                let weights =
                    intervals |> Array.collect (fun (struct (_, points)) -> points |> Array.map (fun (struct (_, weight)) -> weight))

                Some(Over(Array.collect Option.get found, weights, target))
            else
                None

    /// The observations of a stream of frames with their numbers, of those that are wanted: moments, and the windows of motions that end
    /// there, each of one trajectory.
    let ofStream
        (forcesOf: (Snapshot -> float[]) option)
        (form: StencilForm option)
        (wanted: int64 -> bool)
        (source: Result<struct (int64 * Snapshot), 'error> seq)
        : Result<struct (int64 * Observation list), 'error> seq =
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
                    let window =
                        match form with
                        | Some form when isOfMotion snapshot -> windowAt form snapshot |> Option.map (fun frames -> form, frames)
                        | _ -> None

                    if wanted number then
                        let moment =
                            if form.IsNone || snapshot.HasVelocities || not (isOfMotion snapshot) then
                                [ At snapshot ]
                            else
                                []

                        let motion = window |> Option.bind (fun (form, frames) -> tryOver forcesOf form frames) |> Option.toList
                        Ok(struct (number, moment @ motion))
        }

    /// The observations of some snapshots in memory.
    let ofSnapshots (form: StencilForm) (snapshots: Snapshot seq) : Observation[] =
        let numbered: Result<struct (int64 * Snapshot), unit> seq =
            snapshots |> Seq.mapi (fun number snapshot -> Ok(struct (int64 number, snapshot)))

        numbered
        |> ofStream None (Some form) (fun _ -> true)
        |> Seq.collect (fun found ->
            match found with
            | Ok(struct (_, observations)) -> observations
            | Error() -> [])
        |> Array.ofSeq
