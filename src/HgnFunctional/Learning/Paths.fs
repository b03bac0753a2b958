namespace HgnFunctional.Learning

open System
open System.Numerics.Tensors
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Models
open HgnFunctional.Integrators

/// What paths between frames follow.
[<NoEquality; NoComparison>]
type internal PathGuide =
    {
        /// The terms that were found.
        Terms: ModelTerm list
        /// Where forces are taken.
        Rule: PathRule
    }

/// The frames around an interval, and what their polynomial has there.
[<NoEquality; NoComparison>]
type internal PathInterval =
    {
        Frames: Snapshot[]
        /// Displacements of the frames from the first [frames][N d].
        Moved: float[][]
        Length: float
        Points: PathPoint[]
    }

/// Paths between frames: polynomials through the frames, bent to what forces, if only nearly known, make of them.
[<RequireQualifiedAccess>]
module internal Paths =

    /// Displacements of all moments from the first [frames][N d]: from frame to frame to the nearest image, since positions may be wrapped.
    let displacements (moments: Snapshot[]) : float[][] =
        let d = moments[0].Structure.Dimension

        (Array.zeroCreate<float> moments[0].Coordinates, Array.pairwise moments)
        ||> Array.scan (fun before (earlier, later) ->
            let step = Array.init before.Length (fun k -> later.State.Positions[k] - earlier.State.Positions[k])

            for start in 0..d .. step.Length - 1 do
                later.Structure.Cell.ToNearest(Span<float>(step, start, d))

            Array.map2 (+) before step)

    let private isFinite (values: float[]) : bool = Guard.firstNotFinite (ReadOnlySpan<float> values) < 0

    /// The states of some moments near a frame as snapshots; none where bodies that interact meet, or what forces drove beyond all bounds.
    let private snapshotsOf (like: Snapshot) (states: struct (float[] * float[])[]) : Snapshot[] option =
        let structure = like.Structure
        let source = PairSource structure

        let found =
            states
            |> Array.choose (fun (struct (positions, momenta)) ->
                if isFinite positions && isFinite momenta then
                    PhaseState.OfOwned(structure.Bodies, structure.Dimension, positions, momenta)
                    |> Snapshot.tryBetween structure (source.Exactly(ReadOnlySpan<float> positions))
                    |> Option.map _.MarkedAs(like)
                else
                    None)

        if found.Length = states.Length then Some found else None

    /// What the polynomial through frames, and their velocities, has at a point.
    let private combine (interval: PathInterval) (struct (ofPositions: float[], ofVelocities: float[])) : float[] =
        let sum = Array.zeroCreate<float> interval.Moved[0].Length

        for frame in 0 .. interval.Frames.Length - 1 do
            let moved = ReadOnlySpan<float> interval.Moved[frame]
            TensorPrimitives.MultiplyAdd(moved, ofPositions[frame], ReadOnlySpan<float> sum, Span<float> sum)

            if interval.Frames[frame].HasVelocities then
                let velocities = interval.Frames[frame].Velocities
                TensorPrimitives.MultiplyAdd(velocities, ofVelocities[frame], ReadOnlySpan<float> sum, Span<float> sum)

        sum

    let private momentaOf (structure: Structure) (velocities: float[]) : float[] =
        velocities |> Array.mapi (fun k v -> structure.Masses[k / structure.Dimension] * v)

    /// The polynomial itself.
    let private straight (interval: PathInterval) : struct (float[] * float[])[] =
        let start = interval.Frames[0].State.Positions.ToArray()

        interval.Points
        |> Array.map (fun point ->
            struct (Array.map2 (+) start (combine interval point.Place),
                    momentaOf interval.Frames[0].Structure (combine interval point.Velocity)))

    /// The states that a motion gives from a frame on, after each of some times, ascending: a step of the classical Runge-Kutta method from one to the next.
    let private shoot (dynamics: Dynamics) (frame: Snapshot) (times: float[]) : struct (float[] * float[])[] =
        (struct (0.0, frame.State), times)
        ||> Array.scan (fun (struct (now, state)) time ->
            let stepper = ExplicitRungeKuttaStepper(RungeKuttaMethod.rk4, dynamics, time - now, state) :> IStepper
            stepper.Step() |> ignore
            struct (time, PhaseState.OfOwned(state.Bodies, state.Dimension, stepper.Positions.ToArray(), stepper.Momenta.ToArray())))
        |> Array.skip 1
        |> Array.map (fun (struct (_, state)) -> struct (state.Positions.ToArray(), state.Momenta.ToArray()))

    /// The path from one frame to another whose velocities are known: that from the first, less the cubic polynomial that it misses the
    /// second by. What it misses in between is then the fourth derivative of what the first forces make it miss.
    let private shot (dynamics: Dynamics) (places: float[]) (first: Snapshot) (second: Snapshot) (length: float) =
        let structure = first.Structure
        let d = structure.Dimension
        let path = shoot dynamics first (Array.append places [| 1.0 |] |> Array.map (fun x -> x * length))
        let struct (endQ, endP) = Array.last path
        // The second frame may be wrapped.
        let missedQ = Array.init endQ.Length (fun k -> second.State.Positions[k] - endQ[k])

        if isFinite missedQ then
            for start in 0..d .. missedQ.Length - 1 do
                structure.Cell.ToNearest(Span<float>(missedQ, start, d))

        let missedP = Array.init endP.Length (fun k -> second.State.Momenta[k] - endP[k])

        places
        |> Array.mapi (fun point x ->
            let struct (q, p) = path[point]
            let ofQ, ofV = x * x * (3.0 - 2.0 * x), x * x * (x - 1.0) * length
            let slopeOfQ, slopeOfV = 6.0 * x * (1.0 - x) / length, x * (3.0 * x - 2.0)

            struct (Array.init q.Length (fun k -> q[k] + ofQ * missedQ[k] + ofV * missedP[k] / structure.Masses[k / d]),
                    Array.init p.Length (fun k -> p[k] + slopeOfQ * missedQ[k] * structure.Masses[k / d] + slopeOfV * missedP[k])))

    /// Sweeps of a path towards that of some forces.
    let private mostSweeps = 8

    /// Paths that move by less than this part of what the first sweep moved them by stand still.
    let private still = 1e-4

    /// How far each body of a path moved, over all points.
    let private moves (d: int) (before: float[][]) (after: float[][]) : float[] =
        Array.init (before[0].Length / d) (fun body ->
            let mutable sum = 0.0

            for point in 0 .. before.Length - 1 do
                for k in body * d .. body * d + d - 1 do
                    sum <- sum + (after[point][k] - before[point][k]) * (after[point][k] - before[point][k])

            sqrt sum)

    /// The path through frames whose velocities are not known: where accelerations differ from those of the forces, it is bent by the difference,
    /// and stays where it is at both ends. Bodies whose paths move further than any did at first stay on the polynomial: frames are too far apart for them.
    let private bent (dynamics: Dynamics) (bow: float[][]) (interval: PathInterval) : struct (float[] * float[])[] =
        let structure = interval.Frames[0].Structure
        let d = structure.Dimension
        let polynomial = straight interval
        let places, momenta = polynomial |> Array.map (fun struct (q, _) -> q), polynomial |> Array.map (fun struct (_, p) -> p)
        let accelerations = interval.Points |> Array.map (fun point -> combine interval point.Acceleration)
        let square = interval.Length * interval.Length

        let missedAt (point: int) (positions: float[]) =
            let state = PhaseState.OfOwned(structure.Bodies, d, positions, momenta[point])
            let _, forces = Dynamics.timeDerivative dynamics state
            forces |> Array.mapi (fun k f -> f / structure.Masses[k / d] - accelerations[point][k])

        let sweep (path: float[][]) =
            let missed = path |> Array.mapi missedAt

            bow
            |> Array.mapi (fun point row ->
                let bent = Array.copy places[point]

                for j in 0 .. row.Length - 1 do
                    TensorPrimitives.MultiplyAdd(
                        ReadOnlySpan<float> missed[j],
                        square * row[j],
                        ReadOnlySpan<float> bent,
                        Span<float> bent
                    )

                bent)

        let onPolynomial (isLost: bool[]) (path: float[][]) =
            path |> Array.mapi (fun point row -> row |> Array.mapi (fun k x -> if isLost[k / d] then places[point][k] else x))

        let rec improve (count: int) (isLost: bool[]) (first: float) (path: float[][]) =
            let next = sweep path |> onPolynomial isLost
            let moved = moves d path next
            let first = if count = 1 then Array.max moved else first
            let isLost = Array.map2 (fun lost (x: float) -> lost || not (x <= first)) isLost moved

            if count = mostSweeps || Array.max moved <= still * first then
                onPolynomial isLost next
            else
                improve (count + 1) isLost first next

        let path = improve 1 (Array.create structure.Bodies false) 0.0 places
        Array.map2 (fun place momenta -> struct (place, momenta)) path momenta

    /// The points of an interval as snapshots, with the momenta that the path has there; none where bodies that interact meet on the way.
    let tryAlong (guide: PathGuide option) (interval: PathInterval) : Snapshot[] option =
        let frames = interval.Frames
        let middle = frames[frames.Length / 2]
        let plain () = straight interval |> snapshotsOf middle

        match guide with
        | None -> plain ()
        | Some guide ->
            let dynamics = ModelDynamics.ofTerms middle.Structure 0.0 guide.Terms

            if frames |> Array.forall _.HasVelocities then
                shot dynamics guide.Rule.Places frames[frames.Length / 2 - 1] middle interval.Length
            else
                bent dynamics guide.Rule.Bow interval
            |> snapshotsOf middle
            |> Option.orElseWith plain
