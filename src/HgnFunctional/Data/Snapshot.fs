namespace HgnFunctional.Data

open System
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Invariance

/// Why a snapshot was refused.
type SnapshotError =
    /// The structure is for another number of bodies or dimensions.
    | OtherStructure of structure: int * structureDimension: int * bodies: int * dimension: int
    /// An array does not have bodies x dimension entries.
    | WrongSize of field: string * expected: int * actual: int
    /// A derivative is NaN or infinite; `body` counts from 0.
    | NotFiniteDerivative of field: string * body: int
    /// The energy is NaN or infinite.
    | NotFiniteEnergy
    /// The virial does not have dimension x dimension entries.
    | WrongVirial of expected: int * actual: int
    /// An entry of the virial is NaN or infinite.
    | NotFiniteVirial
    /// Two interacting bodies stand at the same place, where their distance has no derivative; bodies count from 0.
    | CoincidentBodies of first: int * second: int

    /// The error as one sentence.
    override error.ToString() : string =
        match error with
        | OtherStructure(structure, structureDimension, bodies, dimension) ->
            $"The state has {bodies} bodies in {dimension} dimensions; expected {structure} in {structureDimension}, as the structure has."
        | WrongSize(field, expected, actual) -> $"{field} has {actual} entries; expected {expected} (bodies x dimension)."
        | NotFiniteDerivative(field, body) -> $"{field} of body {body} holds a number that is not finite."
        | NotFiniteEnergy -> "The energy is not a finite number."
        | WrongVirial(expected, actual) -> $"The virial has {actual} entries; expected {expected} (dimension x dimension)."
        | NotFiniteVirial -> "The virial holds a number that is not finite."
        | CoincidentBodies(first, second) ->
            $"Bodies {first} and {second} interact and stand at the same place; expected a distance above 0."

/// What was measured of bodies at a moment, each part as far as it was.
[<NoComparison>]
type Targets =
    {
        /// q' [N x d].
        Velocities: float[] option
        /// p' [N x d], in units of momentum over time.
        Forces: float[] option
        /// The potential energy of all bodies, in units of mass x length^2 / time^2. Frames of one kind of bodies share a zero of
        /// their energies, which is learned.
        Energy: float option
        /// The virial of the potential energy, W_ab = -dE/de_ab by the strain e that takes all positions and the vectors of the cell to
        /// (1 + e) times themselves, row-major [d x d], in units of energy: minus the stress times the volume.
        Virial: float[] option
    }

/// Common sets of targets.
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Targets =

    /// Nothing.
    let none: Targets = { Velocities = None; Forces = None; Energy = None; Virial = None }

/// What a snapshot is called, and how much it counts.
[<NoComparison>]
type private SnapshotMarks = { Trajectory: string; Group: string; Weight: float; Time: float option }

/// One moment of a trajectory, or a structure by itself: bodies, their state, and what was measured. Immutable.
[<Sealed; NoEquality; NoComparison>]
type Snapshot
    private
    (
        structure: Structure,
        state: PhaseState,
        velocities: float[],
        forces: float[],
        energy: float option,
        virial: float[],
        pairs: RelatedPairs,
        marks: SnapshotMarks
    ) =

    /// Masses, species, cell, relations.
    member _.Structure: Structure = structure

    /// Positions and momenta; momenta are 0 where nothing is known of them.
    member _.State: PhaseState = state

    /// q' [N x d]; empty where it was not measured.
    member _.Velocities: ReadOnlySpan<float> = ReadOnlySpan<float> velocities

    /// p' [N x d], in units of momentum over time; empty where it was not measured.
    member _.Forces: ReadOnlySpan<float> = ReadOnlySpan<float> forces

    /// The potential energy of all bodies; none where it was not measured.
    member _.Energy: float option = energy

    /// The virial of the potential energy, row-major [d x d]; empty where it was not measured.
    member _.Virial: ReadOnlySpan<float> = ReadOnlySpan<float> virial

    /// Whether velocities were measured.
    member _.HasVelocities: bool = velocities.Length > 0

    /// Whether forces were measured.
    member _.HasForces: bool = forces.Length > 0

    /// Whether the virial was measured.
    member _.HasVirial: bool = virial.Length > 0

    /// Number of coordinates, bodies x dimension.
    member _.Coordinates: int = state.Positions.Length

    /// The pairs that interact here, of all relations together, each once.
    member _.Pairs: Pairs = pairs.All

    /// The pairs that interact here, by relation and kind.
    member _.Related: RelatedPairs = pairs

    /// What the trajectory is called that the snapshot belongs to: energies are compared within one. Empty unless said.
    member _.Trajectory: string = marks.Trajectory

    /// A name that snapshots share whose errors are told apart from those of others. Empty unless said.
    member _.Group: string = marks.Group

    /// How much the snapshot counts in training: one of weight 2 counts as two of weight 1, which is the default.
    member _.Weight: float = marks.Weight

    /// When it was, in units of time of its trajectory: frames with times and without forces teach by how they move. None unless said.
    member _.Time: float option = marks.Time

    /// What features are computed from.
    member _.Configuration: Configuration = Configuration(structure, pairs, state.Positions, state.Momenta)

    /// The snapshot in one line.
    override _.ToString() : string =
        let rms (what: string) (values: float[]) =
            if values.Length = 0 then
                []
            else
                let norm = Numerics.Tensors.TensorPrimitives.Norm(ReadOnlySpan<float> values)
                [ $"root mean square {what} {norm / sqrt (float values.Length):G3}" ]

        let measured =
            [
                yield! rms "velocity" velocities
                yield! rms "force" forces
                yield! energy |> Option.map (fun energy -> $"energy {energy:G6}") |> Option.toList
                yield! rms "virial" virial
            ]

        let parts =
            if measured.IsEmpty then
                "nothing else measured"
            else
                String.concat ", " measured

        $"Snapshot of {state.Bodies} bodies in {state.Dimension} dimensions, {pairs.All.Count} pairs; {parts}"

    static member internal OfOwned(structure, state, velocities, forces, energy, virial, pairs) : Snapshot =
        Snapshot(structure, state, velocities, forces, energy, virial, pairs, { Trajectory = ""; Group = ""; Weight = 1.0; Time = None })

    /// The same moment with what was measured of each body.
    member internal _.OfBodiesAlone: Snapshot = Snapshot(structure, state, velocities, forces, None, [||], pairs, marks)

    /// The same moment with what was measured of all bodies together.
    member internal _.OfWholeAlone: Snapshot = Snapshot(structure, state, [||], [||], energy, virial, pairs, marks)

    /// The same moment of a structure that differs in nothing that pairs depend on.
    member internal _.On(structure: Structure) : Snapshot = Snapshot(structure, state, velocities, forces, energy, virial, pairs, marks)

    /// Forces [N x d]; zeros where they were not measured.
    member internal _.KnownForces: float[] = if forces.Length > 0 then forces else Array.zeroCreate state.Positions.Length

    /// Velocities, likewise.
    member internal _.KnownVelocities: float[] =
        if velocities.Length > 0 then
            velocities
        else
            Array.zeroCreate state.Positions.Length

    /// Number of coordinates that are not pinned.
    member internal _.FreeComponents: int = state.Positions.Length - structure.PinnedCoordinates.Length

    /// Number of equations that it gives of what acts on bodies; as many as coordinates where nothing was measured.
    member internal snapshot.Equations: int =
        if forces.Length > 0 || (energy.IsNone && virial.Length = 0) then
            snapshot.FreeComponents
        else
            (if energy.IsSome then 1 else 0) + virial.Length

    /// What was measured; arrays are copies.
    member _.Targets: Targets =
        let part (values: float[]) = if values.Length = 0 then None else Some(Array.copy values)
        { Velocities = part velocities; Forces = part forces; Energy = energy; Virial = part virial }

    member private _.Marked(marks: SnapshotMarks) : Snapshot = Snapshot(structure, state, velocities, forces, energy, virial, pairs, marks)

    member internal snapshot.InTrajectory(name: string) : Snapshot = snapshot.Marked { marks with Trajectory = name }
    member internal snapshot.InGroup(name: string) : Snapshot = snapshot.Marked { marks with Group = name }
    member internal snapshot.Weighing(weight: float) : Snapshot = snapshot.Marked { marks with Weight = weight }

    member internal snapshot.AtTime(time: float) : Snapshot = snapshot.Marked { marks with Time = Some time }

    /// The same marks as another's.
    member internal snapshot.MarkedAs(other: Snapshot) : Snapshot =
        snapshot.Marked { Trajectory = other.Trajectory; Group = other.Group; Weight = other.Weight; Time = other.Time }

/// Checked creation of snapshots.
[<RequireQualifiedAccess>]
module Snapshot =

    /// Distances below this fraction of the largest coordinate are rounding error.
    let private coincidence = 1e-13

    let private findCoincidence (structure: Structure) (related: RelatedPairs) (state: PhaseState) : SnapshotError option =
        let mutable size = 0.0

        for x in state.Positions do
            size <- max size (abs x)

        // A few pairs at a time: all distances of a large frame take several times the memory of its pairs.
        let most = 4096

        let inTile (pairs: Pairs) (start: int) : SnapshotError option =
            let configuration = Configuration(structure, related, state.Positions, state.Momenta)
            let distances, _ = Invariants.ofRun &configuration pairs start (min most (pairs.Count - start))

            distances
            |> Array.tryFindIndex (fun distance -> distance <= coincidence * size)
            |> Option.map (fun pair -> CoincidentBodies(pairs.Senders[start + pair], pairs.Receivers[start + pair]))

        [ related.Bonded; related.Within ]
        |> List.tryPick (fun pairs -> seq { 0..most .. pairs.Count - 1 } |> Seq.tryPick (inTile pairs))

    /// A snapshot of a state with what was measured; arrays are row-major [N x d] and copied.
    let tryOf (structure: Structure) (state: PhaseState) (targets: Targets) : Result<Snapshot, SnapshotError> =
        let expected = state.Bodies * state.Dimension

        let wrongSize field (values: float[] option) =
            values
            |> Option.bind (fun values ->
                if values.Length = expected then
                    None
                else
                    Some(WrongSize(field, expected, values.Length)))

        let notFinite field (values: float[] option) =
            values
            |> Option.bind (fun values ->
                match Guard.firstNotFinite (ReadOnlySpan<float> values) with
                | -1 -> None
                | index -> Some(NotFiniteDerivative(field, index / state.Dimension)))

        if structure.Bodies <> state.Bodies || structure.Dimension <> state.Dimension then
            Error(OtherStructure(structure.Bodies, structure.Dimension, state.Bodies, state.Dimension))
        else
            match wrongSize "velocities" targets.Velocities |> Option.orElse (wrongSize "forces" targets.Forces) with
            | Some error -> Error error
            | None ->
                let pairs = Structure.pairs structure state.Positions

                let faults =
                    [
                        // Coincident bodies first: they are the cause where a force is not finite.
                        fun () -> findCoincidence structure pairs state
                        fun () -> notFinite "The velocity" targets.Velocities
                        fun () -> notFinite "The force" targets.Forces
                        fun () ->
                            match targets.Energy with
                            | Some energy when not (Double.IsFinite energy) -> Some NotFiniteEnergy
                            | _ -> None
                        fun () ->
                            match targets.Virial with
                            | Some virial when virial.Length <> state.Dimension * state.Dimension ->
                                Some(WrongVirial(state.Dimension * state.Dimension, virial.Length))
                            | Some virial when Guard.firstNotFinite (ReadOnlySpan<float> virial) >= 0 -> Some NotFiniteVirial
                            | _ -> None
                    ]

                let copy (values: float[] option) = values |> Option.map Array.copy |> Option.defaultValue [||]

                match faults |> List.tryPick (fun fault -> fault ()) with
                | Some error -> Error error
                | None ->
                    let velocities, forces, virial = copy targets.Velocities, copy targets.Forces, copy targets.Virial
                    Ok(Snapshot.OfOwned(structure, state, velocities, forces, targets.Energy, virial, pairs))

    /// A moment between frames, of a state whose pairs are known and of which nothing was measured; none where bodies that interact meet.
    let internal tryBetween (structure: Structure) (pairs: RelatedPairs) (state: PhaseState) : Snapshot option =
        match findCoincidence structure pairs state with
        | Some _ -> None
        | None -> Some(Snapshot.OfOwned(structure, state, [||], [||], None, [||], pairs))

    /// A snapshot of a state with its derivatives q' and p', each row-major [N x d] and copied.
    let tryCreate
        (structure: Structure)
        (state: PhaseState)
        (velocities: ReadOnlySpan<float>)
        (forces: ReadOnlySpan<float>)
        : Result<Snapshot, SnapshotError> =
        tryOf structure state { Targets.none with Velocities = Some(velocities.ToArray()); Forces = Some(forces.ToArray()) }

    /// As `tryCreate`; throws an `ArgumentException` with the reason.
    let create (structure: Structure) (state: PhaseState) (velocities: float[]) (forces: float[]) : Snapshot =
        match tryCreate structure state (ReadOnlySpan<float> velocities) (ReadOnlySpan<float> forces) with
        | Ok snapshot -> snapshot
        | Error error -> raise (ArgumentException(string error))

    /// The same snapshot as one of a group of this name, whose errors are told apart.
    let inGroup (name: string) (snapshot: Snapshot) : Snapshot = snapshot.InGroup name

    /// The same snapshot at a time of its trajectory. Throws an `ArgumentException` where that is not a finite number.
    let atTime (time: float) (snapshot: Snapshot) : Snapshot =
        Guard.finite (nameof time) time
        snapshot.AtTime time

    /// The same snapshot, counting as so many in training. Throws an `ArgumentException` where that is not a finite number above 0.
    let weighing (weight: float) (snapshot: Snapshot) : Snapshot =
        Guard.positiveFinite (nameof weight) weight
        snapshot.Weighing weight

    /// The same snapshot as a part of the trajectory of this name.
    let inTrajectory (name: string) (snapshot: Snapshot) : Snapshot = snapshot.InTrajectory name

    /// The snapshot of a known Hamiltonian at a state, with exact derivatives and no energy or virial; with the forces of a drive where it is one as well.
    let ofHamiltonian (structure: Structure) (hamiltonian: IHamiltonian) (state: PhaseState) : Result<Snapshot, SnapshotError> =
        let velocities, forces = Hamiltonian.timeDerivative hamiltonian state

        match hamiltonian with
        | :? IDrive as drive -> drive.AddDrivenForceInto(state.Positions, state.Momenta, Span<float> forces)
        | _ -> ()

        tryCreate structure state (ReadOnlySpan<float> velocities) (ReadOnlySpan<float> forces)
