namespace HgnFunctional

open System
open HgnFunctional.Numerics

/// Why a phase state was refused.
type PhaseStateError =
    /// There must be at least one body and one dimension.
    | NonPositiveSize of bodies: int * dimension: int
    /// An array does not hold so many coordinates.
    | SizeTooLarge of bodies: int * dimension: int
    /// An array does not have bodies x dimension entries.
    | WrongLength of field: string * expected: int * actual: int
    /// An entry is NaN or infinite; `index` counts entries of the array, row-major.
    | NotFinite of field: string * index: int

    /// The error as one sentence.
    override error.ToString() : string =
        match error with
        | NonPositiveSize(bodies, dimension) ->
            $"A state of {bodies} bodies in {dimension} dimensions was asked for; expected at least one of each."
        | SizeTooLarge(bodies, dimension) ->
            $"A state of {bodies} bodies in {dimension} dimensions was asked for; expected at most {Array.MaxLength} coordinates."
        | WrongLength(field, expected, actual) -> $"{field} has {actual} entries; expected {expected} (bodies x dimension)."
        | NotFinite(field, index) -> $"{field} holds a number that is not finite at entry {index}."

/// Positions and momenta of N bodies in d dimensions, each row-major [N x d]; never mutated after creation.
[<Sealed; NoEquality; NoComparison>]
type PhaseState private (bodies: int, dimension: int, q: float[], p: float[]) =

    /// Number N of bodies.
    member _.Bodies: int = bodies

    /// Number d of space dimensions.
    member _.Dimension: int = dimension

    /// Positions q, row-major [N x d].
    member _.Positions: ReadOnlySpan<float> = ReadOnlySpan<float> q

    /// Momenta p, row-major [N x d].
    member _.Momenta: ReadOnlySpan<float> = ReadOnlySpan<float> p

    static member internal OfOwned(bodies: int, dimension: int, q: float[], p: float[]) : PhaseState = PhaseState(bodies, dimension, q, p)

    /// The state in one line: its size, and how large its entries are.
    override _.ToString() : string =
        $"PhaseState of {bodies} bodies in {dimension} dimensions: positions from {Array.min q:G4} to {Array.max q:G4}, momenta from {Array.min p:G4} to {Array.max p:G4}"

/// Checked creation of phase states.
[<RequireQualifiedAccess>]
module PhaseState =

    let private check (field: string) (expected: int) (values: ReadOnlySpan<float>) : Result<unit, PhaseStateError> =
        if values.Length <> expected then
            Error(WrongLength(field, expected, values.Length))
        else
            match Guard.firstNotFinite values with
            | -1 -> Ok()
            | index -> Error(NotFinite(field, index))

    /// A state of the given arrays, which are copied. Both are row-major [N x d] and finite.
    [<CompiledName("TryCreate")>]
    let tryCreate
        (bodies: int)
        (dimension: int)
        (positions: ReadOnlySpan<float>)
        (momenta: ReadOnlySpan<float>)
        : Result<PhaseState, PhaseStateError> =
        if bodies < 1 || dimension < 1 then
            Error(NonPositiveSize(bodies, dimension))
        elif int64 bodies * int64 dimension > int64 Array.MaxLength then
            Error(SizeTooLarge(bodies, dimension))
        else
            match check "positions" (bodies * dimension) positions, check "momenta" (bodies * dimension) momenta with
            | Ok(), Ok() -> Ok(PhaseState.OfOwned(bodies, dimension, positions.ToArray(), momenta.ToArray()))
            | Error error, _
            | _, Error error -> Error error

    /// As `tryCreate`; throws an `ArgumentException` with the reason.
    [<CompiledName("Create")>]
    let create (bodies: int) (dimension: int) (positions: float[]) (momenta: float[]) : PhaseState =
        match tryCreate bodies dimension (ReadOnlySpan<float> positions) (ReadOnlySpan<float> momenta) with
        | Ok state -> state
        | Error error -> raise (ArgumentException(string error))
