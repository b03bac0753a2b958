namespace HgnFunctional.Metrics

open System
open System.Collections.Generic
open System.Numerics.Tensors
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Bodies
open HgnFunctional.Invariance
open HgnFunctional.Data
open HgnFunctional.Models
open HgnFunctional.Learning

/// How a model's predictions compare with measured snapshots.
[<NoComparison>]
type Evaluation =
    {
        /// Number of snapshots.
        Frames: int
        /// Largest number of bodies in a snapshot.
        Bodies: int
        /// Largest number of bodies that are pinned, as a structure says or as frames show: they count in no error.
        PinnedBodies: int
        /// |F' - F| / |F| over all forces, Frobenius norms; NaN where none were measured.
        RelativeForceError: float
        /// |v' - v| / |v| over all velocities; NaN where none were measured.
        RelativeVelocityError: float
        /// Mean square error over all components of q' and p'.
        MeanSquareError: float
        /// Errors of forces, velocities, energies and virials, of all bodies, of each species and of each group.
        Errors: TargetError list
        /// Largest |H(frame) - H(first)| within a trajectory, over its mean kinetic energy; none where nothing moves, since frames
        /// at rest follow from no other, where forces such as drag change the energy, and where it depends on which image of the box a
        /// body is in, as in a uniform field along a periodic axis.
        EnergyDeviation: float option
        /// Fraction of the invariants that lie outside their range in training.
        OutOfRangeFraction: float
        /// What the model ignores of the data, and why it falls short where the force error is above 1 %.
        Warnings: Warning list
    }

/// Why an evaluation stopped.
type EvaluationError<'source> =
    /// The source of snapshots failed.
    | EvaluationSourceFailed of 'source
    /// The source held no snapshot.
    | NothingToEvaluate
    /// No snapshot has velocities, forces, an energy or a virial.
    | NothingWasMeasured
    /// The model is for other pairs.
    | CannotBind of BindError

    /// The error as one sentence.
    override error.ToString() : string =
        match error with
        | EvaluationSourceFailed source -> string (box source)
        | NothingToEvaluate -> "There are no snapshots to compare with; expected at least one."
        | NothingWasMeasured ->
            "No frame has velocities, forces, an energy or a virial to compare with; expected one of them in some frame."
        | CannotBind error -> string error

/// The energies of one trajectory, as long as its bodies stay the same.
[<NoComparison>]
type private TrajectoryEnergy = { First: float; Deviation: float; Kinetic: float; Frames: int; Masses: float[] }

/// Energies of trajectories, each compared with its own first.
[<RequireQualifiedAccess>]
module private TrajectoryEnergy =

    let start (energy: float) (kinetic: float) (masses: float[]) : TrajectoryEnergy =
        { First = energy; Deviation = 0.0; Kinetic = kinetic; Frames = 1; Masses = masses }

    let add (energy: float) (kinetic: float) (before: TrajectoryEnergy) : TrajectoryEnergy =
        { before with
            Deviation = max before.Deviation (abs (energy - before.First))
            Kinetic = before.Kinetic + kinetic
            Frames = before.Frames + 1
        }

    /// The deviation over the mean kinetic energy; none where nothing moved.
    let relative (energy: TrajectoryEnergy) : float option =
        if energy.Kinetic = 0.0 then None
        elif energy.Deviation = 0.0 then Some 0.0
        else Some(energy.Deviation / (energy.Kinetic / float energy.Frames))

    /// The larger of two deviations.
    let larger (first: float option) (second: float option) : float option =
        match first, second with
        | Some a, Some b -> Some(max a b)
        | _ -> Option.orElse second first

/// Sums over snapshots, from which an evaluation follows.
[<Sealed>]
type private EvaluationSums(model: TrainedModel) =

    /// Snapshots that are kept to say why errors are what they are.
    let mostToDiagnose = 16

    let mutable frames = 0
    let mutable bodies = 0
    let mutable components = 0L
    let mutable force = struct (SquareSum.zero, SquareSum.zero)
    let mutable velocity = struct (SquareSum.zero, SquareSum.zero)
    // By trajectory; those of which the bodies changed are done with.
    let current = Dictionary<string, TrajectoryEnergy>()
    let mutable deviation: float option = None
    let mutable hasImages = false
    let mutable outside = 0L
    let mutable invariants = 0L
    let byBody = BodyErrors model.KnowsZeroOfEnergy
    let sample = ResizeArray<Snapshot>()
    let mutable bound: (Structure * Dynamics) option = None

    let bind (structure: Structure) : Result<Dynamics, BindError> =
        match bound with
        | Some(known, dynamics) when Object.ReferenceEquals(known, structure) -> Ok dynamics
        | _ ->
            Model.bind structure model
            |> Result.map (fun dynamics ->
                bound <- Some(structure, dynamics)
                dynamics)

    let addSquares (struct (errors, sizes)) (predicted: float[]) (measured: ReadOnlySpan<float>) : struct (SquareSum * SquareSum) =
        if measured.IsEmpty then
            struct (errors, sizes)
        else

            let differences = Array.zeroCreate<float> measured.Length
            TensorPrimitives.Subtract(ReadOnlySpan<float> predicted, measured, Span<float> differences)

            struct (SquareSum.add errors (SquareSum.ofValues (ReadOnlySpan<float> differences)),
                    SquareSum.add sizes (SquareSum.ofValues measured))

    let addEnergy (snapshot: Snapshot) (energy: float) (kinetic: float) : unit =
        let masses = snapshot.Structure.Masses.ToArray()

        current[snapshot.Trajectory] <-
            match current.TryGetValue snapshot.Trajectory with
            | true, before when before.Masses = masses -> TrajectoryEnergy.add energy kinetic before
            | true, before ->
                deviation <- TrajectoryEnergy.larger deviation (TrajectoryEnergy.relative before)
                TrajectoryEnergy.start energy kinetic masses
            | _ -> TrajectoryEnergy.start energy kinetic masses

    let mutable hasForces = false
    let mutable hasVelocities = false
    let mutable hasEnergies = false
    let mutable hasVirials = false

    let relative (struct (errors, sizes)) : float = SquareSum.rootRatio errors sizes

    /// More than rounding of the energy of bodies that are moved by whole boxes.
    let notable = 1e-6

    /// Whether the energy changes where bodies move by periods of the box, each by another number of them.
    let dependsOnImages (hamiltonian: IHamiltonian) (snapshot: Snapshot) (energy: float) (kinetic: float) : bool =
        let cell, d = snapshot.Structure.Cell, snapshot.Structure.Dimension

        let changes axis =
            let vector = Array.zeroCreate<float> d
            cell.ShiftInto(ReadOnlySpan<int>(Array.init d (fun other -> if other = axis then 1 else 0)), Span<float> vector)

            let moved = snapshot.State.Positions.ToArray() |> Array.mapi (fun k q -> q + float (k / d + 1) * vector[k % d])
            let there = PhaseState.create snapshot.State.Bodies d moved (snapshot.State.Momenta.ToArray())
            abs (Hamiltonian.value hamiltonian there - energy) > notable * max kinetic (abs energy)

        model.HasSurroundings
        && cell.IsPeriodic
        && Seq.exists (fun axis -> cell.Periods[axis] > 0.0 && changes axis) (seq { 0 .. d - 1 })

    /// Takes one snapshot.
    member _.Add(snapshot: Snapshot) : Result<unit, BindError> =
        bind snapshot.Structure
        |> Result.map (fun dynamics ->
            let velocities, forces = Dynamics.timeDerivative dynamics snapshot.State
            let energy = Hamiltonian.value dynamics.Hamiltonian snapshot.State
            let configuration = snapshot.Configuration
            let struct (here, all) = Model.countOutside &configuration model

            frames <- frames + 1
            bodies <- max bodies snapshot.Structure.Bodies
            components <- components + int64 snapshot.Forces.Length + int64 snapshot.Velocities.Length
            hasForces <- hasForces || snapshot.HasForces
            hasVelocities <- hasVelocities || snapshot.HasVelocities
            hasEnergies <- hasEnergies || snapshot.Energy.IsSome
            hasVirials <- hasVirials || snapshot.HasVirial
            force <- addSquares force forces snapshot.Forces
            velocity <- addSquares velocity velocities snapshot.Velocities
            let potential = if snapshot.Energy.IsSome then Model.potentialEnergy model snapshot else 0.0
            byBody.Add(snapshot, velocities, forces, potential, Model.measuredVirial model snapshot)

            if sample.Count < mostToDiagnose then
                sample.Add snapshot

            let kinetic = Array.sum (Invariants.kinetic &configuration)
            hasImages <- hasImages || (frames = 1 && dependsOnImages dynamics.Hamiltonian snapshot energy kinetic)
            addEnergy snapshot energy kinetic
            outside <- outside + int64 here
            invariants <- invariants + int64 all)

    /// Whether there is anything to compare with.
    member _.HasTargets: bool = hasForces || hasVelocities || hasEnergies || hasVirials

    /// The evaluation of the snapshots so far, if any came.
    member _.Result: Evaluation option =
        let struct (forceErrors, _) = force
        let struct (velocityErrors, _) = velocity

        if frames = 0 then
            None
        else
            let pinned = byBody.PinnedBodies

            let force, velocity, meanSquare =
                if pinned = 0 then
                    let all = SquareSum.value (SquareSum.add forceErrors velocityErrors)
                    relative force, relative velocity, all / float (max 1L components)
                else
                    let struct (force, velocity) = byBody.Totals
                    let ratio (sums: ErrorSums) = if sums.Errors = 0.0 then 0.0 else sqrt (sums.Errors / sums.Sizes)
                    ratio force, ratio velocity, (force.Errors + velocity.Errors) / max 1.0 (force.Count + velocity.Count)

            Some
                {
                    Frames = frames
                    Bodies = bodies
                    PinnedBodies = pinned
                    RelativeForceError = if hasForces then force else nan
                    RelativeVelocityError = if hasVelocities then velocity else nan
                    MeanSquareError = meanSquare
                    Errors = byBody.ByTarget
                    EnergyDeviation =
                        if model.IsDriven || hasImages then
                            None
                        else
                            current.Values |> Seq.map TrajectoryEnergy.relative |> Seq.fold TrajectoryEnergy.larger deviation
                    OutOfRangeFraction = float outside / float (max 1L invariants)
                    Warnings = Diagnosis.ofError force (sample.ToArray() |> Array.map byBody.Pin) model
                }

/// Comparison of models with data.
[<RequireQualifiedAccess>]
module Evaluation =

    /// Compares a model with a stream of snapshots, one at a time. Energies are compared with that of the first snapshot of the
    /// same trajectory.
    let ofStream (model: TrainedModel) (source: Result<Snapshot, 'error> seq) : Result<Evaluation, EvaluationError<'error>> =
        let sums = EvaluationSums model
        use cursor = source.GetEnumerator()
        let mutable failure = None

        while failure.IsNone && cursor.MoveNext() do
            match cursor.Current with
            | Error error -> failure <- Some(EvaluationSourceFailed error)
            | Ok snapshot ->
                match sums.Add snapshot with
                | Ok() -> ()
                | Error error -> failure <- Some(CannotBind error)

        match failure, sums.Result with
        | Some error, _ -> Error error
        | None, None -> Error NothingToEvaluate
        | None, Some _ when not sums.HasTargets -> Error NothingWasMeasured
        | None, Some evaluation -> Ok evaluation

    /// Compares a model with snapshots.
    let ofSnapshots (model: TrainedModel) (snapshots: Snapshot seq) : Result<Evaluation, EvaluationError<SnapshotError>> =
        snapshots |> Seq.map Ok |> ofStream model
