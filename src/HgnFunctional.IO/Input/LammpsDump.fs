namespace HgnFunctional.IO

open System
open System.Collections.Generic
open HgnFunctional
open HgnFunctional.Space
open HgnFunctional.Features

/// Reads LAMMPS text dumps (LAMMPS manual, command `dump`), one frame in memory at a time.
[<RequireQualifiedAccess>]
module LammpsDump =

    [<NoEquality; NoComparison>]
    type private Header =
        {
            HeaderTimestep: int64
            HeaderTime: float option
            HeaderLine: int64
            HeaderUnits: string option
            Atoms: int
            HeaderBox: FileBox
            HeaderCell: Cell
            HeaderBoundaries: string[]
            HeaderColumns: string[]
        }

    let private readBox (reader: LineReader) (words: string[]) : FileBox * Cell * string[] =
        // An axis is periodic at both ends or at none.
        let isBoundary (flag: string) = flag = "pp" || (flag.Length = 2 && flag |> Seq.forall (fun letter -> "fsm".Contains letter))

        let form, flags =
            match words with
            | [| "xy"; "xz"; "yz"; x; y; z |] -> Some true, [| x; y; z |]
            | [| "abc"; "origin"; x; y; z |] -> None, [| x; y; z |]
            | flags -> Some false, flags

        if flags.Length <> 3 || not (Array.forall isBoundary flags) then
            reader.Fail(Unexpected(Words.quote (String.Join(' ', words)), "three boundary conditions such as 'pp pp ss'"))

        let isPeriodic = flags |> Array.map ((=) "pp")

        let box =
            match form with
            | Some isTilted -> BoxReader.ofBounds reader isPeriodic isTilted
            | None -> BoxReader.ofVectors reader

        match BoxReader.tryCell box isPeriodic with
        | Ok cell -> box, cell, flags
        | Error problem -> reader.Fail problem

    /// The header of the next frame; none at the end of the file. LAMMPS names the units above the first frame only.
    let private readHeader (reader: LineReader) (unitsSoFar: string option) : Header option =
        let mutable timestep, units, time, atoms = None, None, None, None
        let mutable box = None
        let mutable columns = None
        let mutable atEnd = false
        let mutable first = 0L

        let once (already: 'a option) (text: string) : unit =
            if already.IsSome then
                reader.Fail(Unexpected(Words.quote text, "the rest of the frame above"))

        while columns.IsNone && not atEnd do
            match reader.TryNext() with
            | null when first = 0L -> atEnd <- true
            | null -> reader.Fail(Truncated "the rest of a frame")
            | text when first = 0L && (Words.split text).Length = 0 -> ()
            | text ->
                if first = 0L then
                    first <- reader.Line

                match Words.split text with
                | [| "ITEM:"; "TIMESTEP" |] ->
                    once timestep text
                    timestep <- Some(reader.Integer("the time step", reader.NextWord "a time step"))
                | [| "ITEM:"; "TIME" |] ->
                    once time text
                    time <- Some(reader.Float("the time", reader.NextWord "a time"))
                | [| "ITEM:"; "UNITS" |] ->
                    once units text
                    units <- Some(reader.NextWord "the name of a unit style")
                | [| "ITEM:"; "NUMBER"; "OF"; "ATOMS" |] ->
                    once atoms text
                    atoms <- Some(reader.Count("the number of atoms", reader.NextWord "a number of atoms"))
                | words when words.Length >= 3 && Array.take 3 words = [| "ITEM:"; "BOX"; "BOUNDS" |] ->
                    once box text
                    box <- Some(readBox reader words[3..])
                | words when words.Length >= 2 && words[0] = "ITEM:" && words[1] = "ATOMS" -> columns <- Some words[2..]
                | _ -> reader.Fail(Unexpected(Words.quote text, "an ITEM: line of a LAMMPS text dump"))

        match timestep, atoms, box, columns with
        | _ when atEnd -> None
        | Some timestep, Some atoms, Some(bounds, cell, boundaries), Some columns ->
            match columns |> Array.countBy id |> Array.tryFind (fun (_, times) -> times > 1) with
            | Some(name, _) -> reader.Fail(Unexpected($"a second column {Words.quote name}", "each column once"))
            | None -> ()

            Some
                {
                    HeaderTimestep = timestep
                    HeaderTime = time
                    HeaderLine = first
                    HeaderUnits = Option.orElse unitsSoFar units
                    Atoms = atoms
                    HeaderBox = bounds
                    HeaderCell = cell
                    HeaderBoundaries = boundaries
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

    /// The rows of a frame, parsed as they come, so that a wrong count or a doubled id costs nothing.
    [<Sealed>]
    type private Rows(reader: LineReader, header: Header, numbers: int[], texts: int[], kind: int option, id: int) =

        let ids = ResizeArray<int64>()
        let seen = HashSet<int64>()
        let values = ResizeArray<float>()
        let words = ResizeArray<string>()
        // The same few names stand in every row.
        let names = Dictionary<string, string>()

        let nameOf (word: string) : string =
            match names.TryGetValue word with
            | true, known -> known
            | _ ->
                names[word] <- word
                word

        // Types are numbers throughout, or names throughout.
        let mutable hasNumbers: bool option = None

        let requireType (word: string) : unit =
            let isNumber = Words.tryInteger word <> ValueNone

            if not isNumber && (defaultArg hasNumbers false || not (Char.IsLetter word[0])) then
                reader.Fail(NotWhole("type", Words.quote word))

            if isNumber && hasNumbers = Some false then
                reader.Fail(Unexpected($"type {word}", "the name of a type, as in the rows above"))

            hasNumbers <- Some isNumber

        let add (row: string[]) : unit =
            let number = reader.Integer("the atom id", row[id])

            if not (seen.Add number) then
                reader.Fail(DuplicateId number)

            ids.Add number
            numbers |> Array.iter (fun column -> values.Add(reader.Float(header.HeaderColumns[column], row[column])))
            kind |> Option.iter (fun column -> requireType row[column])
            texts |> Array.iter (fun column -> words.Add(nameOf row[column]))

        let order =
            while ids.Count < header.Atoms do
                let expected () = $"{header.Atoms} lines of atoms; this frame has {ids.Count}"
                let text = reader.TryNext()
                let row = if isNull text then reader.Fail(Truncated(expected ())) else Words.split text

                if row.Length > 0 && row[0] = "ITEM:" then
                    reader.Fail(Truncated(expected ()))

                if row.Length <> header.HeaderColumns.Length then
                    reader.Fail(Unexpected(Words.quote text, $"{header.HeaderColumns.Length} fields, as the ITEM: ATOMS line names"))

                add row

            reader.RequireLineBreak()
            Array.init ids.Count Operators.id |> Array.sortBy (fun row -> ids[row])

        member _.Ids: int64[] = order |> Array.map (fun row -> ids[row])

        /// A column of numbers.
        member _.Numbers(column: int) : float[] =
            let place = Array.IndexOf(numbers, column)
            order |> Array.map (fun row -> values[row * numbers.Length + place])

        /// Columns of numbers, row-major [atoms x columns].
        member _.Vectors(columns: int[]) : float[] =
            let places = columns |> Array.map (fun column -> Array.IndexOf(numbers, column))

            Array.init (places.Length * order.Length) (fun k ->
                values[order[k / places.Length] * numbers.Length + places[k % places.Length]])

        /// A column of names.
        member _.Texts(column: int) : string[] =
            let place = Array.IndexOf(texts, column)
            order |> Array.map (fun row -> words[row * texts.Length + place])

    let private readFrame (reader: LineReader) (header: Header) : FileFrame =
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
        let mass, charge = indexOf columns "mass", indexOf columns "q"
        let kind, element = indexOf columns "type", indexOf columns "element"

        let numbers =
            Array.concat
                [ place; Option.defaultValue [||] velocity; Option.defaultValue [||] force; Option.toArray mass; Option.toArray charge ]

        let rows = Rows(reader, header, numbers, Array.append (Option.toArray kind) (Option.toArray element), kind, id)

        let positions =
            let raw = rows.Vectors place

            if isScaled then
                raw |> Array.chunkBySize 3 |> Array.collect (fun scaled -> header.HeaderBox.Add(header.HeaderBox.Low, scaled))
            else
                raw

        match Array.tryFindIndex (Double.IsFinite >> not) positions with
        | Some k -> reader.Fail(Unexpected($"a position of atom {rows.Ids[k / 3]} that is not finite", "finite positions"))
        | None -> ()

        {
            Timestep = header.HeaderTimestep
            Time = header.HeaderTime
            HoldsSameAtoms = true
            Energy = None
            Virial = None
            Group = ""
            Bonds = None
            Line = header.HeaderLine
            UnitStyle = header.HeaderUnits
            Columns = columns
            Ids = rows.Ids
            Types = kind |> Option.map rows.Texts
            Elements = element |> Option.map rows.Texts
            Charges = charge |> Option.map rows.Numbers
            Masses = mass |> Option.map rows.Numbers
            Low = header.HeaderBox.Low
            High = header.HeaderBox.High
            Cell = header.HeaderCell
            Boundaries = header.HeaderBoundaries
            Positions = positions
            Velocities = velocity |> Option.map rows.Vectors
            Forces = force |> Option.map rows.Vectors
        }

    /// A dump that is being read; its units are named above its first frame alone.
    [<Sealed>]
    type private DumpReader(path: string) =

        let reader = new LineReader(path)
        let mutable units = None

        member _.TryNext() : FileFrame option =
            let frame = readHeader reader units |> Option.map (readFrame reader)
            frame |> Option.iter (fun frame -> units <- frame.UnitStyle)
            frame

        interface IDisposable with
            member _.Dispose() = (reader :> IDisposable).Dispose()

    /// The frames of a dump, read one by one on each pass; the first error ends them.
    let frames (path: string) : Result<FileFrame, DataError> seq =
        FrameSequence.ofReader path (fun () -> new DumpReader(path)) (fun reader _ -> reader.TryNext())
