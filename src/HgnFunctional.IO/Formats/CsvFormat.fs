namespace HgnFunctional.IO

open System
open System.Collections.Generic
open System.Globalization
open System.IO
open System.Text

/// Tables with a header row: a row for each atom of each frame, with columns named as those of dumps. Space is open.
[<RequireQualifiedAccess>]
module internal CsvFormat =

    /// Columns that have the same entry in all rows of a frame; a row in which the first of them that is there changes begins the next.
    let private ofFrame = [ "frame"; "timestep"; "time" ]

    let private sameInFrame = ofFrame @ [ "energy"; "group" ]
    let private elementNames = [ "element"; "species" ]
    let private chargeNames = [ "q"; "charge" ]

    /// The fields of a row; one in double quotes may hold commas, and a quote as two of them.
    let private fieldsOf (reader: LineReader) (line: string) : string[] =
        if not (line.Contains '"') then
            line.Split ',' |> Array.map _.Trim()
        else
            let fields, field = ResizeArray<string>(), StringBuilder()
            let mutable isQuoted = false
            let mutable k = 0

            while k < line.Length do
                match line[k] with
                | '"' when isQuoted && k + 1 < line.Length && line[k + 1] = '"' ->
                    field.Append '"' |> ignore
                    k <- k + 1
                | '"' -> isQuoted <- not isQuoted
                | ',' when not isQuoted ->
                    fields.Add(field.ToString().Trim())
                    field.Clear() |> ignore
                | letter -> field.Append letter |> ignore

                k <- k + 1

            if isQuoted then
                reader.Fail(Unexpected(Words.quote line, "a second quote in the same row"))

            fields.Add(field.ToString().Trim())
            fields.ToArray()

    /// A table that is being read; the row that begins a frame was read with the one before.
    [<Sealed>]
    type private TableReader(path: string) =

        let reader = new LineReader(path)

        let columns =
            let columns = fieldsOf reader (reader.Next "a row of column names")

            match columns |> Array.countBy id |> Array.tryFind (fun (_, times) -> times > 1) with
            | Some(name, _) -> reader.Fail(Unexpected($"a second column '{Words.quote name}'", "each column once"))
            | None -> columns

        let find (names: string list) : int option =
            names
            |> List.tryPick (fun name ->
                match Array.IndexOf(columns, name) with
                | -1 -> None
                | column -> Some column)

        let vector (names: string list) : int[] = names |> List.map List.singleton |> List.choose find |> Array.ofList
        let places = vector [ "x"; "y"; "z" ]

        /// As many components as places have, or none at all.
        let alike (names: string list) : int[] option =
            match vector names with
            | [||] -> None
            | found when found.Length = places.Length -> Some found
            | _ -> reader.Fail(MissingColumns(String.concat " " (List.truncate places.Length names), "components that places have"))

        do
            if find [ "x" ] = None || places.Length = 2 && find [ "y" ] = None then
                reader.Fail(MissingColumns("x y z", "positions"))

        let velocities, forces = alike [ "vx"; "vy"; "vz" ], alike [ "fx"; "fy"; "fz" ]
        let key = ofFrame |> List.map List.singleton |> List.tryPick find
        let shared = sameInFrame |> List.map List.singleton |> List.choose find

        let nextRow () : string[] option =
            match reader.TryNext() with
            | null -> None
            | "" -> None
            | line ->
                let row = fieldsOf reader line

                if row.Length <> columns.Length then
                    reader.Fail(Unexpected(Words.quote line, $"{columns.Length} fields, as the header names"))

                Some row

        // Line and fields.
        let mutable pending: (int64 * string[]) option = None
        let mutable isAtEnd = false
        let seen = HashSet<string>()

        let take () : unit =
            pending <- nextRow () |> Option.map (fun row -> reader.Line, row)

            if pending.IsNone && not isAtEnd then
                isAtEnd <- true

                match reader.TryNext() with
                | null -> reader.RequireLineBreak()
                | _ -> reader.Fail(Unexpected("an empty row", "rows one below the other"))

        do take ()

        let numberOf (row: string[]) (column: int) : float = reader.Float(columns[column], row[column])

        let frameOf (line: int64) (first: string[]) (rows: ResizeArray<string[]>) : FileFrame =
            let idColumn = find [ "id" ]

            let ids =
                rows.ToArray()
                |> Array.mapi (fun k row ->
                    match idColumn with
                    | Some column -> reader.Integer("the atom id", row[column])
                    | None -> int64 k + 1L)

            let order = Array.init ids.Length id |> Array.sortBy (fun k -> ids[k])

            match order |> Seq.pairwise |> Seq.tryFind (fun (k, next) -> ids[k] = ids[next]) with
            | Some(k, _) -> reader.Fail(DuplicateId ids[k])
            | None -> ()

            let numbers column = order |> Array.map (fun k -> numberOf rows[k] column)
            let texts column = order |> Array.map (fun k -> rows[k][column])

            let vectors (found: int[]) =
                Array.init (3 * order.Length) (fun k -> if k % 3 < found.Length then numberOf rows[order[k / 3]] found[k % 3] else 0.0)

            let elements = find elementNames |> Option.map texts
            let one read name = find [ name ] |> Option.map (fun column -> read name first[column])

            { FileFrame.ofPositions (order |> Array.map (fun k -> ids[k])) (vectors places) with
                Line = line
                Columns = columns
                Timestep =
                    one (fun name text -> reader.Integer(name, text)) "timestep"
                    |> Option.orElse (one (fun name text -> reader.Integer(name, text)) "frame")
                    |> Option.defaultValue 0L
                Time = one (fun name text -> reader.Float(name, text)) "time"
                Types = find [ "type" ] |> Option.map texts
                Elements = elements
                Charges = find chargeNames |> Option.map numbers
                Masses = find [ "mass" ] |> Option.map numbers |> Option.orElse (elements |> Option.bind AtomicWeights.tryOf)
                Velocities = velocities |> Option.map vectors
                Forces = forces |> Option.map vectors
                Energy = one (fun name text -> reader.Float(name, text)) "energy"
                Group = one (fun _ text -> text) "group" |> Option.defaultValue ""
            }

        member _.TryNext() : FileFrame option =
            match pending with
            | None -> None
            | Some(line, first) ->
                let rows = ResizeArray<string[]>()
                let isOfFrame (row: string[]) = key |> Option.forall (fun column -> row[column] = first[column])

                key
                |> Option.iter (fun column ->
                    if not (seen.Add first[column]) then
                        reader.Fail(
                            Unexpected(
                                $"the {columns[column]} {Words.quote first[column]} again",
                                "the rows of a frame one below the other"
                            )
                        ))

                while pending |> Option.exists (snd >> isOfFrame) do
                    let _, row = pending.Value

                    match shared |> List.tryFind (fun column -> row[column] <> first[column]) with
                    | Some column ->
                        let expected = $"{Words.quote first[column]}, as in the rows of the same frame above"
                        reader.Fail(Unexpected($"{columns[column]} {Words.quote row[column]}", expected))
                    | None -> ()

                    // Where they are read, so that what is wrong with them has its line.
                    for column in Array.concat [ places; Option.defaultValue [||] velocities; Option.defaultValue [||] forces ] do
                        numberOf row column |> ignore

                    rows.Add row
                    take ()

                Some(frameOf line first rows)

        interface IDisposable with
            member _.Dispose() = (reader :> IDisposable).Dispose()

    let private isLike (start: FileStart) : bool =
        let first = (start.Lines 1)[0]
        let names = first.Split(',') |> Array.map _.Trim()
        let has name = Array.contains name names

        has "x"
        && List.exists has ("y" :: "id" :: ofFrame)
        && names |> Array.forall (fun name -> name <> "" && not (name.Contains ' '))

    let private quoted (text: string) : string =
        let plain = String.map (fun letter -> if Char.IsControl letter then ' ' else letter) text

        if plain.Contains(',') || plain.Contains('"') || plain <> plain.Trim() then
            "\"" + plain.Replace("\"", "\"\"") + "\""
        else
            plain

    let private writerOf () : TextWriter -> bool -> FileFrame -> unit =
        let whole (number: int64) = number.ToString CultureInfo.InvariantCulture
        let mutable index = 0L
        let mutable names = ""

        fun writer isFirst frame ->
            let constant text = fun (_: int) -> text
            let one name (value: string option) = value |> Option.map (fun text -> name, constant text) |> Option.toList

            let vector (letter: string) (values: float[] option) =
                match values with
                | None -> []
                | Some values -> [ for axis in 0..2 -> $"""{letter}{"xyz"[axis]}""", (fun atom -> TextNumber.text values[3 * atom + axis]) ]

            let columns =
                [
                    "frame", constant (whole index)
                    "timestep", constant (whole frame.Timestep)
                    yield! one "time" (frame.Time |> Option.map TextNumber.text)
                    "id", (fun atom -> whole frame.Ids[atom])
                    yield! TextNumber.column "type" quoted frame.Types
                    yield! TextNumber.column "element" quoted frame.Elements
                    yield! TextNumber.column "mass" TextNumber.text frame.Masses
                    yield! TextNumber.column "q" TextNumber.text frame.Charges
                    yield! vector "" (Some frame.Positions)
                    yield! vector "v" frame.Velocities
                    yield! vector "f" frame.Forces
                    yield! one "energy" (frame.Energy |> Option.map TextNumber.text)
                    yield! one "group" (if frame.Group = "" then None else Some(quoted frame.Group))
                ]

            let header = columns |> List.map fst |> String.concat ","

            if isFirst then
                names <- header
                writer.WriteLine header
            elif header <> names then
                let reason = $"frame {index} has the columns {header}, and the first {names}; expected the same in every frame"
                raise (IOException reason)

            let columns = columns |> List.map snd |> Array.ofList

            for atom in 0 .. frame.Ids.Length - 1 do
                for column in 0 .. columns.Length - 1 do
                    if column > 0 then
                        writer.Write ','

                    writer.Write(columns[column] atom)

                writer.WriteLine()

            index <- index + 1L

    let format: FrameFormat =
        {
            Name = "csv"
            IsLike = isLike
            Frames = fun _ path -> FrameSequence.ofReader path (fun () -> new TableReader(path)) (fun reader _ -> reader.TryNext())
            Writing =
                Some
                    {
                        Extensions = [ ".csv" ]
                        Holds = Set.ofList FramePart.all - set [ UnitNames; Cells; Virials; Bonds ]
                        Open = TextSink.Open writerOf
                    }
        }
