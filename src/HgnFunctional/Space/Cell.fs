namespace HgnFunctional.Space

open System
open HgnFunctional.Numerics

/// How many axes space may have.
[<RequireQualifiedAccess>]
module internal Axes =

    /// The most for which scratch of pairs stays on the stack.
    [<Literal>]
    let Most = 8

    /// The name of an axis, from 0.
    let name (axis: int) : string = if axis < 3 then "xyz".Substring(axis, 1) else string axis

    /// The vectors of a lattice, and the axes below them, in the order of tilts: xy, xz, yz.
    let pairs (dimension: int) : struct (int * int)[] =
        [|
            for vector in 1 .. dimension - 1 do
                for axis in 0 .. vector - 1 -> struct (vector, axis)
        |]

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
    /// There must be a tilt for each pair of axes, or none at all.
    | WrongTilts of expected: int * actual: int
    /// A tilt is NaN, infinite, or too many periods long to be counted.
    | BadTilt of vector: int * axis: int * tilt: float
    /// What has no period has no vector that could be tilted.
    | TiltOfOpenAxis of vector: int * axis: int * tilt: float

    /// The error as one sentence.
    override error.ToString() : string =
        match error with
        | NoAxes -> "A cell without axes was asked for; expected at least one."
        | TooManyAxes axes -> $"A cell of {axes} axes was asked for; expected at most {Axes.Most}."
        | BadPeriod(axis, period) -> $"The cell's period along axis {axis} is {period}; expected a positive length, or 0 for an open axis."
        | BadBounds(axis, low, high) ->
            $"The box goes from {low} to {high} along axis {axis}; expected finite bounds, the upper one above the lower one."
        | WrongTilts(expected, actual) -> $"A cell with {actual} tilts was asked for; expected {expected}, one for each pair of axes."
        | BadTilt(vector, axis, tilt) ->
            $"The cell's vector along {Axes.name vector} is tilted by {tilt} along {Axes.name axis}; expected a finite length of a few periods at most."
        | TiltOfOpenAxis(vector, axis, tilt) ->
            $"The cell is open along {Axes.name vector} and tilted by {tilt} along {Axes.name axis}; expected a tilt of 0, or a periodic axis {Axes.name vector}."

/// One axis of a cell. Where a box begins decides what is written to files and nothing else: distances know periods alone.
[<Struct; NoComparison>]
type Axis =
    /// Without end.
    | Open
    /// Without end; the source named a box all the same, which goes out as it came in.
    | Boxed of low: float * high: float
    /// What leaves the box at one end enters at the other.
    | Periodic of lower: float * upper: float

/// The space that the bodies live in: each axis is open, or has a lattice vector. Vectors are lower triangular, as LAMMPS has
/// them: the first lies along x, the second in the plane of x and y. Distances are those of the nearest image.
[<Sealed; NoEquality; NoComparison>]
type Cell private (axes: Axis[], tilts: float[]) =

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

    /// Length of the box along each axis, which is that of its vector if no tilt is added; 0 where the axis is open.
    member _.Periods: ReadOnlySpan<float> = ReadOnlySpan<float> periods

    /// How far each vector reaches along the axes before its own: xy, xz, yz, where xy is the second vector's along x. The
    /// shortest of the lattice: no more than half the period of the axis. Empty for a rectangular box.
    member _.Tilts: ReadOnlySpan<float> = ReadOnlySpan<float> tilts

    /// The longest distance whose nearest image is unique: half the shortest period; infinite in open space.
    member _.LargestCutoff: float =
        periods |> Array.fold (fun least period -> if period > 0.0 then min least (0.5 * period) else least) infinity

    /// Whether any axis is periodic.
    member _.IsPeriodic: bool = periods |> Array.exists (fun period -> period > 0.0)

    /// Replaces a difference of two positions [d] by that of their nearest images. In a skewed cell it is the nearest up to
    /// the largest cutoff; farther bodies get some image.
    member cell.ToNearest(difference: Span<float>) : unit = cell.Displacement.ToNearest difference

    /// As `ToNearest`, and writes how many of each vector were taken off [d].
    member internal cell.ToNearest(difference: Span<float>, turns: Span<int>) : unit = cell.Displacement.ToNearest(difference, turns)

    /// Writes the sum of so many of each vector [d] to a shift [d].
    member internal _.ShiftInto(turns: ReadOnlySpan<int>, shift: Span<float>) : unit =
        for axis in 0 .. axes.Length - 1 do
            let mutable along = float turns[axis] * periods[axis]

            if tilts.Length > 0 then
                for vector in axis + 1 .. axes.Length - 1 do
                    along <- along + float turns[vector] * tilts[vector * (vector - 1) / 2 + axis]

            shift[axis] <- along

    /// Replaces a point [d] by its coordinates along the vectors, in a box of the same periods and corner that is not skewed.
    member internal cell.Straighten(point: Span<float>, origin: ReadOnlySpan<float>) : unit = cell.Displacement.Straighten(point, origin)

    /// What kernels know of a cell.
    member internal _.Displacement: HgnFunctional.Kernels.Displacement =
        HgnFunctional.Kernels.Displacement(ReadOnlySpan<float> periods, ReadOnlySpan<float> tilts)

    static member internal OfOwned(axes: Axis[], tilts: float[]) : Cell = Cell(axes, tilts)

    /// The cell in one line.
    override _.ToString() : string =
        let axis period = if period > 0.0 then string period else "open"
        let box = periods |> Array.map axis |> String.concat " x "

        let tilt (struct (vector, axis)) (length: float) = $"{Axes.name axis}{Axes.name vector} {length}"

        let skew =
            if tilts.Length = 0 then
                ""
            else
                Array.map2 tilt (Axes.pairs axes.Length) tilts |> String.concat ", " |> (+) ", tilted by "

        $"Cell {box}{skew}"

/// Checked creation of cells.
[<RequireQualifiedAccess>]
module Cell =

    let private tryOfBox (axes: Axis[]) : Result<Axis[], CellError> =
        let fault axis =
            function
            | Boxed(low, high)
            | Periodic(low, high) when not (high > low && Double.IsFinite(high - low)) -> Some(BadBounds(axis, low, high))
            | _ -> None

        match axes |> Seq.indexed |> Seq.tryPick (fun (axis, kind) -> fault axis kind) with
        | _ when axes.Length = 0 -> Error NoAxes
        | _ when axes.Length > Axes.Most -> Error(TooManyAxes axes.Length)
        | Some error -> Error error
        | None -> Ok axes

    /// The tilts of the same lattice that are no longer than half a period: whole vectors before each are taken off.
    let private reduceTilts (axes: Axis[]) (tilts: float[]) : float[] =
        let cell = Cell.OfOwned(axes, tilts)
        let reduced = Array.copy tilts

        for vector in 1 .. axes.Length - 1 do
            let row = vector * (vector - 1) / 2
            let difference = Array.zeroCreate axes.Length
            Array.blit tilts row difference 0 vector
            cell.ToNearest(Span<float> difference)
            Array.blit difference 0 reduced row vector

        reduced

    /// A cell of one to eight axes whose vectors are tilted along the axes before their own. Tilts are those of each vector in
    /// turn (xy, xz, yz) [d (d - 1) / 2], of any length; or there are none.
    let tryTilted (axes: Axis seq) (tilts: float seq) : Result<Cell, CellError> =
        let axes, tilts = Array.ofSeq axes, Array.ofSeq tilts

        let build (axes: Axis[]) : Result<Cell, CellError> =
            let pairs = Axes.pairs axes.Length
            let faulty isBad = Array.zip pairs tilts |> Array.tryFind (fun (struct (vector, _), tilt) -> isBad vector tilt)
            let isOpen vector = not axes[vector].IsPeriodic

            if tilts.Length <> 0 && tilts.Length <> pairs.Length then
                Error(WrongTilts(pairs.Length, tilts.Length))
            elif tilts |> Array.forall ((=) 0.0) then
                Ok(Cell.OfOwned(axes, [||]))
            else
                match faulty (fun _ tilt -> not (Double.IsFinite tilt)), faulty (fun vector tilt -> tilt <> 0.0 && isOpen vector) with
                | Some(struct (vector, axis), tilt), _ -> Error(BadTilt(vector, axis, tilt))
                | None, Some(struct (vector, axis), tilt) -> Error(TiltOfOpenAxis(vector, axis, tilt))
                | None, None ->
                    let reduced = reduceTilts axes tilts

                    match Array.tryFindIndex (Double.IsFinite >> not) reduced with
                    | Some place ->
                        let struct (vector, axis) = pairs[place]
                        Error(BadTilt(vector, axis, tilts[place]))
                    | None when reduced |> Array.forall ((=) 0.0) -> Ok(Cell.OfOwned(axes, [||]))
                    | None -> Ok(Cell.OfOwned(axes, reduced))

        tryOfBox axes |> Result.bind build

    /// A cell of one to eight axes.
    let tryOfAxes (axes: Axis seq) : Result<Cell, CellError> = tryTilted axes []

    let private tryAxes (periods: float seq) : Result<Axis[], CellError> =
        let periods = Array.ofSeq periods

        match periods |> Array.tryFindIndex (fun period -> not (Double.IsFinite period) || period < 0.0) with
        | Some axis -> Error(BadPeriod(axis, periods[axis]))
        | None -> periods |> Array.map (fun period -> if period > 0.0 then Periodic(0.0, period) else Open) |> Ok

    /// A cell with the given period along each of one to eight axes, from 0 on, where 0 leaves an axis open, and the tilts of
    /// `tryTilted`.
    let trySkewed (periods: float seq) (tilts: float seq) : Result<Cell, CellError> =
        tryAxes periods |> Result.bind (fun axes -> tryTilted axes tilts)

    /// A rectangular cell with the given period along each of one to eight axes, from 0 on; 0 leaves an axis open.
    let tryCreate (periods: float seq) : Result<Cell, CellError> = trySkewed periods []

    let private orThrow (result: Result<Cell, CellError>) : Cell =
        match result with
        | Ok cell -> cell
        | Error error -> raise (ArgumentException(string error))

    /// As `trySkewed`; throws an `ArgumentException` with the reason.
    let skewed (periods: float seq) (tilts: float seq) : Cell = trySkewed periods tilts |> orThrow

    /// As `tryCreate`; throws an `ArgumentException` with the reason.
    let create (periods: float seq) : Cell = tryCreate periods |> orThrow

    /// Open space of the given dimension, 1 to 8.
    let openSpace (dimension: int) : Cell =
        Guard.positive (nameof dimension) dimension

        if dimension > Axes.Most then
            invalidArg (nameof dimension) $"dimension is {dimension}; expected at most {Axes.Most}."

        Cell.OfOwned(Array.create dimension Open, [||])
