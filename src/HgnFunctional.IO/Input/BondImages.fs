namespace HgnFunctional.IO

open System
open HgnFunctional
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Features

/// Decides which axes of a data file are periodic for its bonds. A bond that spans more than half the box crosses a periodic
/// boundary, or it is a long bond in a tight box of open space; the file does not say which.
[<RequireQualifiedAccess>]
module internal BondImages =

    /// A bond this many times longer than every bond that is in no doubt is not one of them.
    let private stretch = 1.5

    /// Bonds nearer to half the box than this have two nearest images.
    let private closeness = 1e-9

    /// The name of an axis, from 0.
    let axisName (axis: int) : string = "xyz".Substring(axis, 1)

    let private difference (data: LammpsData) (struct (a, b)) : float[] =
        Array.init 3 (fun axis -> data.Positions[3 * a + axis] - data.Positions[3 * b + axis])

    let private box (data: LammpsData) (axis: int) : float = data.High[axis] - data.Low[axis]

    let private cell (data: LammpsData) (isPeriodic: bool[]) : Cell =
        match BoxReader.tryCell { Low = data.Low; High = data.High; Tilts = data.Tilts } isPeriodic with
        | Ok cell -> cell
        | Error problem -> raise (DataException { File = data.Path; Line = None; Problem = problem })

    /// The cell if all axes are periodic.
    let private closed (data: LammpsData) : Cell = cell data [| true; true; true |]

    let private nearest (cell: Cell) (data: LammpsData) bond : float[] =
        let difference = difference data bond
        cell.ToNearest(Span<float> difference)
        difference

    /// A difference along the vectors of the box.
    let private spans (data: LammpsData) bond : float[] =
        let difference = difference data bond
        (closed data).Straighten(Span<float> difference, ReadOnlySpan<float>(Array.zeroCreate<float> 3))
        difference

    let private norm (vector: float[]) : float = sqrt (Seq.sumBy (fun x -> x * x) vector)

    let private isLong (data: LammpsData) bond (axis: int) : bool = abs (spans data bond).[axis] > 0.5 * box data axis * (1.0 - closeness)

    let private unplaced (data: LammpsData) (struct (a, b) as bond) (axis: int) : 'result =
        let problem = UnplacedBond(data.Ids[a], data.Ids[b], axisName axis, abs (spans data bond).[axis], box data axis)

        raise (DataException { File = data.Path; Line = None; Problem = problem })

    /// Whether atoms lie outside the box along an axis, so that positions are not wrapped into it.
    let private isUnwrapped (data: LammpsData) (axis: int) : bool =
        let cell = closed data

        data.Positions
        |> Array.chunkBySize 3
        |> Array.exists (fun place ->
            cell.Straighten(Span<float> place, ReadOnlySpan<float> data.Low)
            place[axis] < data.Low[axis] || place[axis] > data.High[axis])

    /// Stops at a bond that has two nearest images along a periodic axis.
    let requireNearest (data: LammpsData) (isPeriodic: bool[]) : unit =
        let cell = cell data isPeriodic

        for bond in data.Bonds do
            let nearest = nearest cell data bond

            for axis in 0..2 do
                if isPeriodic[axis] && abs nearest[axis] > 0.5 * box data axis * (1.0 - closeness) then
                    unplaced data bond axis

    /// Which axes are periodic, and how many bonds cross a boundary: by the lengths of the bonds that are in no doubt, else by
    /// whether atoms lie outside the box; axes along which it is tilted are periodic; what stays undecided is refused.
    let decide (data: LammpsData) : bool[] * int =
        let closed = closed data
        // LAMMPS tilts no box along an axis that is open.
        let isTilted = [| false; data.Tilts[0] <> 0.0; data.Tilts[1] <> 0.0 || data.Tilts[2] <> 0.0 |]
        let isDoubtful bond = List.exists (isLong data bond) [ 0; 1; 2 ]
        let doubtful, certain = data.Bonds |> Array.partition isDoubtful
        let lengths = certain |> Array.map (fun bond -> norm (difference data bond))
        let longAxes bond = [ 0; 1; 2 ] |> List.filter (isLong data bond)
        let isKnown length = length <= stretch * Array.max lengths && length >= Array.min lengths / stretch

        let crosses bond : bool =
            let direct, image = norm (difference data bond), norm (nearest closed data bond)

            match lengths.Length > 0 && isKnown direct, lengths.Length > 0 && isKnown image with
            | _ when longAxes bond |> List.forall (fun axis -> isTilted[axis]) -> true
            | false, true -> true
            | true, false -> false
            | _ when longAxes bond |> List.forall (isUnwrapped data) && lengths.Length = 0 -> false
            | _ -> unplaced data bond (List.head (longAxes bond))

        let crossing = doubtful |> Array.filter crosses
        let isPeriodic = Array.init 3 (fun axis -> isTilted[axis] || crossing |> Array.exists (fun bond -> isLong data bond axis))
        requireNearest data isPeriodic

        // The same bond cannot be short in open space and long in periodic space.
        for bond in doubtful do
            if not (Array.contains bond crossing) then
                longAxes bond |> List.tryFind (fun axis -> isPeriodic[axis]) |> Option.iter (unplaced data bond)

        isPeriodic, crossing.Length
