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
    /// Two interacting bodies stand at the same place, where their distance has no derivative; bodies count from 0.
    | CoincidentBodies of first: int * second: int

    /// The error as one sentence.
    override error.ToString() : string =
        match error with
        | OtherStructure(structure, structureDimension, bodies, dimension) ->
            $"The state has {bodies} bodies in {dimension} dimensions; expected {structure} in {structureDimension}, as the structure has."
        | WrongSize(field, expected, actual) -> $"{field} has {actual} entries; expected {expected} (bodies x dimension)."
        | NotFiniteDerivative(field, body) -> $"{field} of body {body} holds a number that is not finite."
        | CoincidentBodies(first, second) ->
            $"Bodies {first} and {second} interact and stand at the same place; expected a distance above 0."

/// One moment of a trajectory: a structure, its state, and the measured time derivatives q' and p'. Immutable.
[<Sealed; NoEquality; NoComparison>]
type Snapshot
    private (structure: Structure, state: PhaseState, velocities: float[], forces: float[], pairs: RelatedPairs, trajectory: string) =

    /// Masses, species, cell, relations.
    member _.Structure: Structure = structure

    /// Positions and momenta.
    member _.State: PhaseState = state

    /// q' [N x d].
    member _.Velocities: ReadOnlySpan<float> = ReadOnlySpan<float> velocities

    /// p' [N x d], in units of momentum over time.
    member _.Forces: ReadOnlySpan<float> = ReadOnlySpan<float> forces

    /// The pairs that interact here, of all relations together, each once.
    member _.Pairs: Pairs = pairs.All

    /// The pairs that interact here, by relation and kind.
    member _.Related: RelatedPairs = pairs

    /// What the trajectory is called that the snapshot belongs to: energies are compared within one. Empty unless said.
    member _.Trajectory: string = trajectory

    /// What features are computed from.
    member _.Configuration: Configuration = Configuration(structure, pairs, state.Positions, state.Momenta)

    /// The snapshot in one line.
    override _.ToString() : string =
        let rms (values: float[]) = Numerics.Tensors.TensorPrimitives.Norm(ReadOnlySpan<float> values) / sqrt (float values.Length)

        $"Snapshot of {state.Bodies} bodies in {state.Dimension} dimensions, {pairs.All.Count} pairs; root mean square velocity {rms velocities:G3}, force {rms forces:G3}"

    static member internal OfOwned(structure, state, velocities, forces, pairs) : Snapshot =
        Snapshot(structure, state, velocities, forces, pairs, "")

    /// The same moment of a structure that differs in nothing that pairs depend on.
    member internal _.On(structure: Structure) : Snapshot = Snapshot(structure, state, velocities, forces, pairs, trajectory)

    /// Number of components of velocities, or of forces, that are not pinned.
    member internal _.FreeComponents: int = forces.Length - structure.PinnedCoordinates.Length

    member internal _.InTrajectory(name: string) : Snapshot = Snapshot(structure, state, velocities, forces, pairs, name)

/// Checked creation of snapshots.
[<RequireQualifiedAccess>]
module Snapshot =

    /// Distances below this fraction of the largest coordinate are rounding error.
    let private coincidence = 1e-13

    let private findCoincidence (structure: Structure) (related: RelatedPairs) (state: PhaseState) : SnapshotError option =
        let mutable size = 0.0

        for x in state.Positions do
            size <- max size (abs x)

        [ related.Bonded; related.Within ]
        |> List.tryPick (fun pairs ->
            let configuration = Configuration(structure, related, state.Positions, state.Momenta)
            let distances, _ = Invariants.ofRun &configuration pairs 0 pairs.Count

            distances
            |> Array.tryFindIndex (fun distance -> distance <= coincidence * size)
            |> Option.map (fun pair -> CoincidentBodies(pairs.Senders[pair], pairs.Receivers[pair])))

    /// A snapshot of a state with its derivatives q' and p', each row-major [N x d] and copied.
    let tryCreate
        (structure: Structure)
        (state: PhaseState)
        (velocities: ReadOnlySpan<float>)
        (forces: ReadOnlySpan<float>)
        : Result<Snapshot, SnapshotError> =
        let expected = state.Bodies * state.Dimension

        if structure.Bodies <> state.Bodies || structure.Dimension <> state.Dimension then
            Error(OtherStructure(structure.Bodies, structure.Dimension, state.Bodies, state.Dimension))
        elif velocities.Length <> expected then
            Error(WrongSize("velocities", expected, velocities.Length))
        elif forces.Length <> expected then
            Error(WrongSize("forces", expected, forces.Length))
        else
            let pairs = Structure.pairs structure state.Positions

            // Coincident bodies first: they are the cause where a force is not finite.
            match findCoincidence structure pairs state, Guard.firstNotFinite velocities, Guard.firstNotFinite forces with
            | Some error, _, _ -> Error error
            | None, -1, -1 -> Ok(Snapshot.OfOwned(structure, state, velocities.ToArray(), forces.ToArray(), pairs))
            | None, -1, index -> Error(NotFiniteDerivative("The force", index / state.Dimension))
            | None, index, _ -> Error(NotFiniteDerivative("The velocity", index / state.Dimension))

    /// As `tryCreate`; throws an `ArgumentException` with the reason.
    let create (structure: Structure) (state: PhaseState) (velocities: float[]) (forces: float[]) : Snapshot =
        match tryCreate structure state (ReadOnlySpan<float> velocities) (ReadOnlySpan<float> forces) with
        | Ok snapshot -> snapshot
        | Error error -> raise (ArgumentException(string error))

    /// The same snapshot as a part of the trajectory of this name.
    let inTrajectory (name: string) (snapshot: Snapshot) : Snapshot = snapshot.InTrajectory name

    /// The snapshot of a known Hamiltonian at a state, with exact derivatives; with the forces of a drive where it is one as well.
    let ofHamiltonian (structure: Structure) (hamiltonian: IHamiltonian) (state: PhaseState) : Result<Snapshot, SnapshotError> =
        let velocities, forces = Hamiltonian.timeDerivative hamiltonian state

        match hamiltonian with
        | :? IDrive as drive -> drive.AddDrivenForceInto(state.Positions, state.Momenta, Span<float> forces)
        | _ -> ()

        tryCreate structure state (ReadOnlySpan<float> velocities) (ReadOnlySpan<float> forces)
