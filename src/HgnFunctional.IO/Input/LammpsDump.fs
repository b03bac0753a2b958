namespace HgnFunctional.IO

open System
open System.Collections.Generic

/// One frame of a LAMMPS text dump, atoms sorted by id; arrays are row-major [atoms x 3], in the file's units.
[<NoEquality; NoComparison>]
type DumpFrame =
    {
        /// Time step.
        Timestep: int64
        /// The line where the frame begins.
        Line: int64
        /// Name of the unit style, if the file says so.
        UnitStyle: string option
        /// Names of the columns.
        Columns: string[]
        /// Atom ids, ascending.
        Ids: int64[]
        /// Masses, if there is a column.
        Masses: float[] option
        /// Length of the box along each axis, 0 where it is open.
        Periods: float[]
        /// Positions.
        Positions: float[]
        /// Velocities, if there are columns.
        Velocities: float[] option
        /// Forces, if there are columns.
        Forces: float[] option
    }

/// Reads LAMMPS text dumps (LAMMPS manual, command `dump`), one frame in memory at a time.
[<RequireQualifiedAccess>]
module LammpsDump =

    [<NoEquality; NoComparison>]
    type private Header =
        {
            HeaderTimestep: int64
            HeaderLine: int64
            HeaderUnits: string option
            Atoms: int
            Low: float[]
            High: float[]
            HeaderPeriods: float[]
            HeaderColumns: string[]
        }

    let private readBox (reader: LineReader) (words: string[]) : float[] * float[] * float[] =
        let flags = words |> Array.skip (min 3 words.Length)
        let isBoundary (flag: string) = flag.Length = 2 && flag |> Seq.forall (fun letter -> "pfsm".Contains letter)

        if flags |> Array.exists (fun word -> word = "xy" || word = "abc") then
            reader.Fail TriclinicBox

        if flags.Length <> 3 || not (Array.forall isBoundary flags) then
            reader.Fail(Unexpected(Words.quote (String.Join(' ', words)), "three boundary conditions such as 'pp pp ss'"))

        let low, high = Array.zeroCreate 3, Array.zeroCreate 3

        for axis in 0..2 do
            let bounds = Words.split (reader.Next "three lines of box bounds")

            if bounds.Length <> 2 then
                reader.Fail(Unexpected(Words.quote (String.Join(' ', bounds)), "two box bounds, low and high"))

            low[axis] <- reader.Float("the lower box bound", bounds[0])
            high[axis] <- reader.Float("the upper box bound", bounds[1])

            let length = high[axis] - low[axis]

            if not (Double.IsFinite length) || length < 0.0 || (length = 0.0 && flags[axis] = "pp") then
                reader.Fail(Unexpected(Words.quote (String.Join(' ', bounds)), "an upper box bound above the lower one"))

        low, high, Array.init 3 (fun axis -> if flags[axis] = "pp" then high[axis] - low[axis] else 0.0)

    /// The header of the next frame; none at the end of the file. LAMMPS names the units above the first frame only.
    let private readHeader (reader: LineReader) (unitsSoFar: string option) : Header option =
        let mutable timestep, units, atoms = None, unitsSoFar, None
        let mutable box = None
        let mutable columns = None
        let mutable atEnd = false
        let mutable first = 0L

        while columns.IsNone && not atEnd do
            match reader.TryNext() with
            | null when first = 0L -> atEnd <- true
            | null -> reader.Fail(Truncated "the rest of a frame")
            | text when String.IsNullOrWhiteSpace text && first = 0L -> ()
            | text ->
                if first = 0L then
                    first <- reader.Line

                match Words.split text with
                | [| "ITEM:"; "TIMESTEP" |] when timestep.IsSome || atoms.IsSome || box.IsSome ->
                    reader.Fail(Unexpected(Words.quote text, "the rest of the frame above"))
                | [| "ITEM:"; "TIMESTEP" |] -> timestep <- Some(reader.Integer("the time step", (reader.Next "a time step").Trim()))
                | [| "ITEM:"; "TIME" |] -> reader.Float("the time", (reader.Next "a time").AsSpan()) |> ignore
                | [| "ITEM:"; "UNITS" |] -> units <- Some((reader.Next "a unit style").Trim())
                | [| "ITEM:"; "NUMBER"; "OF"; "ATOMS" |] ->
                    atoms <- Some(reader.Count("the number of atoms", reader.Next "a number of atoms"))
                | words when words.Length >= 3 && words[0] = "ITEM:" && words[1] = "BOX" -> box <- Some(readBox reader words)
                | words when words.Length >= 2 && words[0] = "ITEM:" && words[1] = "ATOMS" -> columns <- Some words[2..]
                | _ -> reader.Fail(Unexpected(Words.quote text, "an ITEM: line of a LAMMPS text dump"))

        match timestep, atoms, box, columns with
        | _ when atEnd -> None
        | Some timestep, Some atoms, Some(low, high, periods), Some columns ->
            Some
                {
                    HeaderTimestep = timestep
                    HeaderLine = first
                    HeaderUnits = units
                    Atoms = atoms
                    Low = low
                    High = high
                    HeaderPeriods = periods
                    HeaderColumns = columns
                }
        | _ -> reader.Fail(Unexpected("ITEM: ATOMS", "a time step, a number of atoms and box bounds before it"))

    let private indexOf (columns: string[]) (name: string) : int option =
        match Array.IndexOf(columns, name) with
        | -1 -> None
        | index -> Some index

    /// Indices of the first group of three columns that is there whole.
    let private findGroup (columns: string[]) (groups: string[] list) : int[] option =
        groups
        |> List.tryPick (fun names ->
            let found = names |> Array.choose (indexOf columns)
            if found.Length = 3 then Some found else None)

    let private absolute = [ [| "xu"; "yu"; "zu" |]; [| "x"; "y"; "z" |] ]
    let private scaled = [ [| "xsu"; "ysu"; "zsu" |]; [| "xs"; "ys"; "zs" |] ]

    /// The rows of atoms: number of fields checked, in file order.
    let private readRows (reader: LineReader) (header: Header) : string[][] =
        // Grown as lines come, so that a wrong count costs nothing.
        let rows = ResizeArray<string[]>()

        while rows.Count < header.Atoms do
            let text = reader.Next $"{header.Atoms} lines of atoms; this frame has {rows.Count}"
            let words = Words.split text

            if words.Length > 0 && words[0] = "ITEM:" then
                reader.Fail(Truncated $"{header.Atoms} lines of atoms; this frame has {rows.Count}")

            if words.Length <> header.HeaderColumns.Length then
                reader.Fail(Unexpected(Words.quote text, $"{header.HeaderColumns.Length} fields, as the ITEM: ATOMS line names"))

            rows.Add words

        reader.RequireLineBreak()
        rows.ToArray()

    let private readFrame (reader: LineReader) (header: Header) : DumpFrame =
        let columns = header.HeaderColumns

        let need what names found =
            match found with
            | Some columns -> columns
            | None -> reader.Fail(MissingColumns(names, what))

        let id = indexOf columns "id" |> need "order of atoms" "id"
        let isScaled = (findGroup columns absolute).IsNone
        let place = findGroup columns (absolute @ scaled) |> need "positions" "x y z (or xu yu zu, xs ys zs)"
        let velocity = findGroup columns [ [| "vx"; "vy"; "vz" |] ]
        let force = findGroup columns [ [| "fx"; "fy"; "fz" |] ]
        let firstLine = reader.Line + 1L
        let rows = readRows reader header
        let failAt row problem = raise (DataException { File = reader.Path; Line = Some(firstLine + int64 row); Problem = problem })

        let number row column =
            let mutable value = 0.0
            let text = rows[row][column]

            if
                Double.TryParse(text, Globalization.NumberStyles.Float, Globalization.CultureInfo.InvariantCulture, &value)
                && Double.IsFinite value
            then
                value
            else
                failAt row (BadNumber(columns[column], Words.quote text))

        let integers column =
            Array.init rows.Length (fun row ->
                match
                    Int64.TryParse(
                        rows[row][column],
                        Globalization.NumberStyles.AllowLeadingSign,
                        Globalization.CultureInfo.InvariantCulture
                    )
                with
                | true, value -> value
                | _ -> failAt row (BadNumber(columns[column], Words.quote (rows[row][column]))))

        // Types are not used yet, but a damaged one means a damaged line.
        indexOf columns "type" |> Option.iter (fun column -> integers column |> ignore)
        let ids = integers id

        let seen = HashSet<int64>()

        ids
        |> Array.iteri (fun row id ->
            if not (seen.Add id) then
                failAt row (DuplicateId id))

        let order = Array.init rows.Length Operators.id |> Array.sortBy (fun row -> ids[row])

        let vectors (group: int[]) = Array.init (3 * order.Length) (fun k -> number order[k / 3] group[k % 3])

        let positions =
            let raw = vectors place

            if isScaled then
                raw |> Array.mapi (fun k x -> header.Low[k % 3] + x * (header.High[k % 3] - header.Low[k % 3]))
            else
                raw

        {
            Timestep = header.HeaderTimestep
            Line = header.HeaderLine
            UnitStyle = header.HeaderUnits
            Columns = columns
            Ids = order |> Array.map (fun row -> ids[row])
            Masses = indexOf columns "mass" |> Option.map (fun column -> order |> Array.map (fun row -> number row column))
            Periods = header.HeaderPeriods
            Positions = positions
            Velocities = velocity |> Option.map vectors
            Forces = force |> Option.map vectors
        }

    let private nextFrame (reader: LineReader) (isFirst: bool) (units: string option) : DumpFrame option =
        match readHeader reader units with
        | Some header -> Some(readFrame reader header)
        | None when isFirst -> raise (DataException { File = reader.Path; Line = None; Problem = EmptyFile })
        | None -> None

    /// The frames of a dump, read one by one on each pass; the first error ends them.
    let frames (path: string) : Result<DumpFrame, DataError> seq =
        seq {
            match DataFile.tryRead path (fun () -> new LineReader(path)) with
            | Error error -> Error error
            | Ok opened ->
                use reader = opened
                let mutable goingOn = true
                let mutable isFirst = true
                let mutable units = None

                while goingOn do
                    match DataFile.tryRead path (fun () -> nextFrame reader isFirst units) with
                    | Ok(Some frame) ->
                        isFirst <- false
                        units <- frame.UnitStyle
                        Ok frame
                    | Ok None -> goingOn <- false
                    | Error error ->
                        goingOn <- false
                        Error error
        }
