namespace HgnFunctional

open System

/// How many axes space may have.
[<RequireQualifiedAccess>]
module internal Axes =

    /// The most for which scratch of pairs stays on the stack.
    [<Literal>]
    let Most = 8

/// Why a cell was refused.
type CellError =
    /// A cell has at least one axis.
    | NoAxes
    /// There are more than eight axes.
    | TooManyAxes of axes: int
    /// A period is NaN, infinite or below zero.
    | BadPeriod of axis: int * period: float
    /// A bound of a box is NaN or infinite, or the upper one is not above the lower one.
    | BadBounds of axis: int * low: float * high: float

    /// The error as one sentence.
    override error.ToString() : string =
        match error with
        | NoAxes -> "A cell without axes was asked for; expected at least one."
        | TooManyAxes axes -> $"A cell of {axes} axes was asked for; expected at most {Axes.Most}."
        | BadPeriod(axis, period) -> $"The cell's period along axis {axis} is {period}; expected a positive length, or 0 for an open axis."
        | BadBounds(axis, low, high) ->
            $"The box goes from {low} to {high} along axis {axis}; expected finite bounds, the upper one above the lower one."

/// One axis of a cell. Where a box begins decides what is written to files and nothing else: distances know periods alone.
[<Struct; NoComparison>]
type Axis =
    /// Without end.
    | Open
    /// Without end; the source named a box all the same, which goes out as it came in.
    | Boxed of low: float * high: float
    /// What leaves the box at one end enters at the other.
    | Periodic of lower: float * upper: float

/// The space that the bodies live in: each axis is open or periodic (an orthorhombic box). Distances are those of the
/// nearest image.
[<Sealed; NoEquality; NoComparison>]
type Cell private (axes: Axis[]) =

    let periods =
        axes
        |> Array.map (function
            | Periodic(low, high) -> high - low
            | Open
            | Boxed _ -> 0.0)

    /// Number of axes.
    member _.Dimension: int = axes.Length

    /// The axes.
    member _.Axes: Axis seq = Seq.readonly axes

    /// Length of the box along each axis; 0 where the axis is open.
    member _.Periods: ReadOnlySpan<float> = ReadOnlySpan<float> periods

    /// The longest distance whose nearest image is unique: half the shortest period; infinite in open space.
    member _.LargestCutoff: float =
        periods |> Array.fold (fun least period -> if period > 0.0 then min least (0.5 * period) else least) infinity

    /// Whether any axis is periodic.
    member _.IsPeriodic: bool = periods |> Array.exists (fun period -> period > 0.0)

    static member internal OfOwned(axes: Axis[]) : Cell = Cell axes

    /// The cell in one line.
    override _.ToString() : string =
        let axis period = if period > 0.0 then string period else "open"
        periods |> Array.map axis |> String.concat " x " |> sprintf "Cell %s"

/// Checked creation of cells.
[<RequireQualifiedAccess>]
module Cell =

    /// A cell of one to eight axes.
    let tryOfAxes (axes: Axis seq) : Result<Cell, CellError> =
        let axes = Array.ofSeq axes

        let fault axis =
            function
            | Boxed(low, high)
            | Periodic(low, high) when not (high > low && Double.IsFinite(high - low)) -> Some(BadBounds(axis, low, high))
            | _ -> None

        match axes |> Seq.indexed |> Seq.tryPick (fun (axis, kind) -> fault axis kind) with
        | _ when axes.Length = 0 -> Error NoAxes
        | _ when axes.Length > Axes.Most -> Error(TooManyAxes axes.Length)
        | Some error -> Error error
        | None -> Ok(Cell.OfOwned axes)

    /// A cell with the given period along each of one to eight axes, from 0 on; 0 leaves an axis open.
    let tryCreate (periods: float seq) : Result<Cell, CellError> =
        let periods = Array.ofSeq periods

        match periods |> Array.tryFindIndex (fun period -> not (Double.IsFinite period) || period < 0.0) with
        | Some axis -> Error(BadPeriod(axis, periods[axis]))
        | None -> periods |> Seq.map (fun period -> if period > 0.0 then Periodic(0.0, period) else Open) |> tryOfAxes

    /// As `tryCreate`; throws an `ArgumentException` with the reason.
    let create (periods: float seq) : Cell =
        match tryCreate periods with
        | Ok cell -> cell
        | Error error -> invalidArg (nameof periods) (string error)

    /// Open space of the given dimension, 1 to 8.
    let openSpace (dimension: int) : Cell =
        Guard.positive (nameof dimension) dimension

        if dimension > Axes.Most then
            invalidArg (nameof dimension) $"dimension is {dimension}; expected at most {Axes.Most}."

        Cell.OfOwned(Array.create dimension Open)
