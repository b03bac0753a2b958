namespace HgnFunctional.IO

open System
open HgnFunctional
open HgnFunctional.Space
open HgnFunctional.Features

/// The box of a file: a corner, the length of each vector along its own axis, and the tilts xy, xz and yz.
[<NoEquality; NoComparison>]
type internal FileBox =
    {
        Low: float[]
        High: float[]
        Tilts: float[]
    }

    /// Moves a position by so many vectors, or parts of them; whole boxes are exact in the order of the axes.
    member box.Add(position: float[], vectors: float[]) : float[] =
        let length axis = box.High[axis] - box.Low[axis]
        let along axis = position[axis] + vectors[axis] * length axis

        if Array.forall ((=) 0.0) box.Tilts then
            Array.init 3 along
        else
            [| along 0 + vectors[1] * box.Tilts[0] + vectors[2] * box.Tilts[1]; along 1 + vectors[2] * box.Tilts[2]; along 2 |]

/// Reads the ways in which LAMMPS writes boxes (LAMMPS manual, Howto triclinic, and the commands `dump` and `read_data`).
[<RequireQualifiedAccess>]
module internal BoxReader =

    /// The box whose bounds enclose a skewed one: how far the tilts reach beyond it below and above, along each axis.
    let overhang (tilts: float[]) : struct (float * float)[] =
        let xy, xz, yz = tilts[0], tilts[1], tilts[2]
        let x = [ 0.0; xy; xz; xy + xz ]
        [| struct (List.min x, List.max x); struct (min 0.0 yz, max 0.0 yz); struct (0.0, 0.0) |]

    let private requireLength (reader: LineReader) (line: int64) (found: string) (isPeriodic: bool) (length: float) : unit =
        if not (Double.IsFinite length) || length < 0.0 || (length = 0.0 && isPeriodic) then
            let problem = Unexpected(Words.quote found, "an upper box bound above the lower one")
            raise (DataException { File = reader.Path; Line = Some line; Problem = problem })

    /// The bounds of a dump, two numbers an axis, or three where the third is a tilt.
    let ofBounds (reader: LineReader) (isPeriodic: bool[]) (isTilted: bool) : FileBox =
        let width = if isTilted then 3 else 2
        let low, high, tilts = Array.zeroCreate 3, Array.zeroCreate 3, Array.zeroCreate 3
        let text, lines = Array.create 3 "", Array.zeroCreate<int64> 3

        for axis in 0..2 do
            let bounds = Words.split (reader.Next "three lines of box bounds")
            text[axis] <- String.Join(' ', bounds)
            lines[axis] <- reader.Line

            if bounds.Length <> width then
                let expected =
                    if isTilted then
                        "two box bounds, low and high, and a tilt"
                    else
                        "two box bounds, low and high"

                reader.Fail(Unexpected(Words.quote text[axis], expected))

            low[axis] <- reader.Float("the lower box bound", bounds[0])
            high[axis] <- reader.Float("the upper box bound", bounds[1])

            if isTilted then
                tilts[axis] <- reader.Float("the tilt", bounds[2])
            else
                requireLength reader lines[axis] text[axis] isPeriodic[axis] (high[axis] - low[axis])

        if isTilted then
            overhang tilts
            |> Array.iteri (fun axis (struct (below, above)) ->
                low[axis] <- low[axis] - below
                high[axis] <- high[axis] - above
                requireLength reader lines[axis] text[axis] isPeriodic[axis] (high[axis] - low[axis]))

        { Low = low; High = high; Tilts = tilts }

    /// The box of three vectors [3 x 3] and a corner; none where the vectors do not lie as they must.
    let tryOfVectors (vectors: float[][]) (origin: float[]) : Result<FileBox, DataProblem> =
        let a, b, c = vectors[0], vectors[1], vectors[2]
        let zeros = [ a[1]; a[2]; b[2] ]
        let high = Array.init 3 (fun axis -> origin[axis] + vectors[axis][axis])
        let isLong axis = high[axis] > origin[axis] && Double.IsFinite(high[axis] - origin[axis])

        if List.forall ((=) 0.0) zeros && Array.forall isLong [| 0; 1; 2 |] then
            Ok { Low = origin; High = high; Tilts = [| b[0]; c[0]; c[1] |] }
        else
            let text = vectors |> Seq.map (fun vector -> $"({vector[0]}, {vector[1]}, {vector[2]})") |> String.concat ", "
            Error(TurnedBox text)

    /// The vectors of a dump, each followed by a coordinate of the corner.
    let ofVectors (reader: LineReader) : FileBox =
        let rows =
            Array.init 3 (fun _ ->
                let words = Words.split (reader.Next "three lines of box vectors")

                if words.Length <> 4 then
                    reader.Fail(Unexpected(Words.quote (String.Join(' ', words)), "a box vector and a coordinate of the origin"))

                words |> Array.map (fun word -> reader.Float("the box vector", word)))

        match tryOfVectors (rows |> Array.map (Array.take 3)) (rows |> Array.map Array.last) with
        | Ok box -> box
        | Error problem -> reader.Fail problem

    /// The cell of a box whose other axes are open.
    let tryCell (box: FileBox) (isPeriodic: bool[]) : Result<Cell, DataProblem> =
        let axes = Array.init 3 (fun axis -> if isPeriodic[axis] then Periodic(box.Low[axis], box.High[axis]) else Open)
        Cell.tryTilted axes box.Tilts |> Result.mapError BadCell
