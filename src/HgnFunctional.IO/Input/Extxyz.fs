namespace HgnFunctional.IO

open System
open System.Text.RegularExpressions
open HgnFunctional
open HgnFunctional.Space

/// Reads extended XYZ (https://github.com/libAtoms/extxyz): per frame a number of atoms, a line of keys, and a line for each atom. Lengths
/// are in A, energies and virials in eV and stresses in eV/A^3, as ASE has them; masses in u, and velocities in A per unit of time of these.
[<RequireQualifiedAccess>]
module Extxyz =

    /// The keys that a file has unless told otherwise.
    let anyKeys: TargetKeys = { Energy = None; Forces = None; Virial = None; Stress = None }

    let private entry =
        Regex("""([^\s=]+)(?:=("(?:[^"\\]|\\.)*"|'[^']*'|\{[^}]*\}|\[[^\]]*\]|\S*))?""", RegexOptions.CultureInvariant)

    let private unquoted (text: string) : string =
        let isEnclosed = text.Length >= 2 && ("\"'{[".Contains text[0])
        let inner = if isEnclosed then text.Substring(1, text.Length - 2) else text

        if isEnclosed && text[0] = '"' then
            Regex.Replace(inner, @"\\(.)", "$1")
        else
            inner

    /// The keys of a comment line with their values, in their order.
    let private keysOf (reader: LineReader) (text: string) : (string * string) list =
        let keys = [ for found in entry.Matches text -> found.Groups[1].Value, unquoted found.Groups[2].Value ]

        match keys |> List.countBy fst |> List.tryFind (fun (_, count) -> count > 1) with
        | Some(key, _) -> reader.Fail(Unexpected($"a second key {Words.quote key}", "each key once"))
        | None -> keys

    /// The unit style of frames whose source names none.
    let internal noUnits = "unknown"

    /// A column: its name, its kind (S, R, I or L), the first of its fields and how many it has.
    [<NoEquality; NoComparison>]
    type private Column = { Name: string; Kind: string; First: int; Count: int }

    let private columnsOf (reader: LineReader) (properties: string) : Column list =
        let words = properties.Split ':'

        if words.Length % 3 <> 0 then
            reader.Fail(
                Unexpected(Words.quote properties, "Properties as names with a kind and a number each, such as species:S:1:pos:R:3")
            )

        ((0, []), Array.chunkBySize 3 words)
        ||> Array.fold (fun (first, columns) part ->
            match part[1], Words.tryInteger part[2] with
            | ("S" | "R" | "I" | "L"), ValueSome count when count >= 1L && count < 1000L ->
                first + int count, { Name = part[0]; Kind = part[1]; First = first; Count = int count } :: columns
            | _ -> reader.Fail(Unexpected(Words.quote (String.Join(':', part)), "a name, one of S, R, I and L, and a number")))
        |> snd
        |> List.rev

    /// The one entry with a name of its kind, or the one that is asked for.
    let private only (reader: LineReader) (what: string) (option: string) (wanted: string option) (names: string list) : string option =
        match wanted, names with
        | Some name, names when List.contains name names -> Some name
        | Some name, names ->
            let all = if names.IsEmpty then "none" else String.concat ", " names
            reader.Fail(Unexpected($"no {what} called {Words.quote name}", $"one of those in the file: {all}"))
        | None, [] -> None
        | None, [ name ] -> Some name
        | None, names ->
            let all = String.concat ", " names
            reader.Fail(Unexpected($"several entries that may be the {what} ({all})", $"the one to take to be named ({option} NAME)"))

    let private has (word: string) (name: string) : bool = name.Contains(word, StringComparison.OrdinalIgnoreCase)

    let private lattice (reader: LineReader) (text: string) : struct (float[] * float[] * float[] option) =
        let numbers = Words.split text |> Array.map (fun word -> reader.Float("the lattice", word))

        if numbers.Length <> 9 then
            reader.Fail(Unexpected(Words.quote text, "nine numbers of a Lattice"))

        match Lattice.tryLower numbers with
        | ValueSome found -> found
        | ValueNone -> reader.Fail(Unexpected(Words.quote text, "a Lattice of three vectors that span a volume"))

    let private turned (axes: float[] option) (vectors: float[]) : float[] = Lattice.turned axes vectors

    let private cornerOf (reader: LineReader) (text: string) : float[] =
        match Words.split text |> Array.map (fun word -> reader.Float("the Origin", word)) with
        | corner when corner.Length = 3 -> corner
        | _ -> reader.Fail(Unexpected(Words.quote text, "three numbers of an Origin"))

    /// The boundary conditions in full, which our own files have beside `pbc`.
    let private boundariesOf (isPeriodic: bool[]) (text: string option) : string[] =
        match text |> Option.map Words.split with
        | Some flags when flags.Length = 3 && Array.map ((=) "pp") flags = isPeriodic -> flags
        | _ -> isPeriodic |> Array.map (fun flag -> if flag then "pp" else "ss")

    /// A matrix [3 x 3], of which both sides turn.
    let private turnedMatrix (axes: float[] option) (matrix: float[]) : float[] =
        let transposed (m: float[]) = Array.init 9 (fun k -> m[k % 3 * 3 + k / 3])
        matrix |> turned axes |> transposed |> turned axes |> transposed

    let private periodicAxes (reader: LineReader) (hasLattice: bool) (text: string option) : bool[] =
        match text |> Option.map Words.split with
        | None -> Array.create 3 hasLattice
        | Some words when words.Length = 3 && words |> Array.forall (fun word -> List.contains word [ "T"; "F"; "True"; "False"; "1"; "0" ]) ->
            words |> Array.map (fun word -> List.contains word [ "T"; "True"; "1" ])
        | Some words -> reader.Fail(Unexpected(Words.quote (String.Join(' ', words)), "pbc as three of T and F"))

    /// Nine numbers row by row, or the six of a symmetric matrix in the order xx, yy, zz, yz, xz, xy, as nine.
    let private matrixOf (reader: LineReader) (key: string) (text: string) : float[] =
        match Words.split text |> Array.map (fun word -> reader.Float(key, word)) with
        | numbers when numbers.Length = 9 -> numbers
        | [| xx; yy; zz; yz; xz; xy |] -> [| xx; xy; xz; xy; yy; yz; xz; yz; zz |]
        | _ -> reader.Fail(Unexpected($"{key} {Words.quote text}", "nine numbers, or six in the order xx yy zz yz xz xy"))

    /// Names of virials and stresses, as ASE, QUIP and others have them.
    let private isCalled (quantity: string) (name: string) : bool =
        Regex.IsMatch(name, $"^((ref|dft)_)?{quantity}(_(ref|dft))?$", RegexOptions.CultureInvariant ||| RegexOptions.IgnoreCase)

    /// The virial that a frame has, or that follows from its stress, in the axes of the file.
    let private virialOf
        (reader: LineReader)
        (keys: TargetKeys)
        (values: (string * string) list)
        (isPeriodic: bool[])
        (lengths: float[])
        : float[] option =
        let names = List.map fst values
        let named quantity = names |> List.filter (isCalled quantity)

        let chosen what option wanted candidates =
            match wanted with
            | Some "none" -> None
            | Some _ -> only reader what option wanted names
            | None -> only reader what option None candidates

        let virial, stress =
            match keys.Virial, keys.Stress with
            | Some _, None -> chosen "virial" "--virial-key" keys.Virial [], None
            | None, Some _ -> None, chosen "stress" "--stress-key" keys.Stress []
            | None, None when not (named "virials?").IsEmpty && not (named "stress").IsEmpty ->
                only reader "virial" "--virial-key NAME or --stress-key" None (named "virials?" @ named "stress"), None
            | _ ->
                chosen "virial" "--virial-key" keys.Virial (named "virials?"), chosen "stress" "--stress-key" keys.Stress (named "stress")

        let matrix key = values |> List.find (fun (name, _) -> name = key) |> snd |> matrixOf reader key

        match virial, stress with
        | Some key, _ -> Some(matrix key)
        | None, None -> None
        | None, Some key when Array.forall id isPeriodic ->
            let volume = lengths[0] * lengths[1] * lengths[2]
            Some(matrix key |> Array.map (fun stress -> -volume * stress))
        | None, Some _ ->
            let found = "the stress of a cell that is not periodic along all axes"
            reader.Fail(Unexpected(found, "a cell with a volume, or no stress (--stress-key none)"))

    let private readFrame (keys: TargetKeys) (reader: LineReader) (index: int) (count: string) : FileFrame =
        let start = reader.Line
        let atoms = reader.Count("the number of atoms", count)
        let comment = keysOf reader (reader.Next "a line of keys")
        let values = Map.ofList comment
        let columns = columnsOf reader (values |> Map.tryFind "Properties" |> Option.defaultValue "species:S:1:pos:R:3")
        let width = columns |> List.sumBy _.Count
        let ofKind kind count = columns |> List.filter (fun column -> column.Kind = kind && column.Count = count)
        let named (names: string list) columns = columns |> List.tryFind (fun column -> List.contains column.Name names)
        let energyKey = comment |> List.map fst |> List.filter (has "energy") |> only reader "energy" "--energy-key" keys.Energy
        let forceNames = ofKind "R" 3 |> List.map _.Name |> List.filter (has "force")
        let forceColumn = only reader "forces" "--forces-key" keys.Forces forceNames

        let struct (lengths, tilts, axes) =
            match values.TryFind "Lattice" with
            | Some text -> lattice reader text
            | None -> struct ([||], [||], None)

        let corner = values.TryFind "Origin" |> Option.map (cornerOf reader) |> Option.defaultValue (Array.zeroCreate 3)
        let isPeriodic = periodicAxes reader (values.ContainsKey "Lattice") (values.TryFind "pbc")

        let virial = virialOf reader keys comment isPeriodic lengths

        let place =
            match named [ "pos"; "positions" ] (ofKind "R" 3) with
            | Some column -> column
            | None -> reader.Fail(MissingColumns("pos:R:3", "positions"))

        let rows =
            Array.init atoms (fun atom ->
                let row = Words.split (reader.Next $"{atoms} lines of atoms; this frame has {atom}")

                if row.Length <> width then
                    reader.Fail(Unexpected(Words.quote (String.Join(' ', row)), $"{width} fields, as Properties names"))

                let numbers (column: Column) = Array.init column.Count (fun k -> reader.Float(column.Name, row[column.First + k]))

                row,
                (columns
                 |> List.filter (fun column -> column.Kind = "R")
                 |> List.map (fun column -> column.Name, numbers column)
                 |> Map.ofList))

        // A last line without its break may have lost digits.
        reader.RequireLineBreak()

        let rows, ids =
            match named [ "id" ] (ofKind "I" 1) with
            | None -> rows, Array.init atoms (fun atom -> int64 atom + 1L)
            | Some column ->
                let sorted = rows |> Array.map (fun row -> reader.Integer("the atom id", (fst row)[column.First]), row) |> Array.sortBy fst

                match sorted |> Seq.pairwise |> Seq.tryFind (fun ((id, _), (next, _)) -> id = next) with
                | Some((id, _), _) -> reader.Fail(DuplicateId id)
                | None -> Array.map snd sorted, Array.map fst sorted

        let numbers (column: Column) : float[] = rows |> Array.collect (fun (_, numbers) -> numbers[column.Name])
        let names (column: Column) : string[] = rows |> Array.map (fun (row, _) -> row[column.First])
        let species = named [ "species"; "element"; "symbols" ] (ofKind "S" 1) |> Option.map names
        let masses = named [ "masses"; "mass" ] (ofKind "R" 1) |> Option.map numbers
        let momenta = named [ "momenta" ] (ofKind "R" 3) |> Option.map (numbers >> turned axes)
        let place = numbers place |> turned axes
        let boundaries = boundariesOf isPeriodic (values.TryFind "boundary")
        let frame = FileFrame.ofPositions ids place

        let boxed =
            if lengths.Length = 0 then
                if Array.contains true isPeriodic then
                    reader.Fail(Unexpected("a frame that is periodic and has no Lattice", "a Lattice of nine numbers"))

                frame
            else
                // The corner turns with all the rest.
                match Lattice.place (turned axes corner) lengths tilts boundaries frame with
                | Ok boxed -> boxed
                | Error problem -> reader.Fail problem

        { boxed with
            Timestep =
                values.TryFind "timestep"
                |> Option.map (fun text -> reader.Integer("the time step", text))
                |> Option.defaultValue (int64 index)
            Time =
                values.TryFind "time"
                |> Option.orElse (values.TryFind "Time")
                |> Option.map (fun text -> reader.Float("the time", text))
            Line = start
            UnitStyle = values.TryFind "unit_style" |> Option.orElse (Some Units.ase.Name) |> Option.filter ((<>) noUnits)
            Columns = columns |> List.map _.Name |> Array.ofList
            HoldsSameAtoms = false
            Types = named [ "type" ] (ofKind "I" 1 @ ofKind "S" 1) |> Option.map names
            Elements = species
            Charges = named [ "charges"; "initial_charges"; "charge" ] (ofKind "R" 1) |> Option.map numbers
            Masses = masses |> Option.orElse (species |> Option.bind AtomicWeights.tryOf)
            // What a file says of velocities has more of their digits than momenta over masses.
            Velocities =
                match
                    named [ "velocities"; "velo"; "vel" ] (ofKind "R" 3),
                    momenta,
                    masses |> Option.orElse (species |> Option.bind AtomicWeights.tryOf)
                with
                | None, Some momenta, Some masses -> Some(momenta |> Array.mapi (fun k p -> p / masses[k / 3]))
                | velocities, _, _ -> velocities |> Option.map (numbers >> turned axes)
            Forces =
                forceColumn
                |> Option.map (fun name -> columns |> List.find (fun column -> column.Name = name) |> numbers |> turned axes)
            Energy = energyKey |> Option.map (fun key -> reader.Float(key, values[key]))
            Virial = virial |> Option.map (turnedMatrix axes)
            Group = values.TryFind "group" |> Option.orElse (values.TryFind "config_type") |> Option.defaultValue ""
        }

    let rec private nextFrame (keys: TargetKeys) (reader: LineReader) (index: int) : FileFrame option =
        match reader.TryNext() with
        | null -> None
        | text ->
            match Words.split text with
            | [||] -> nextFrame keys reader index
            | [| count |] -> Some(readFrame keys reader index count)
            | _ -> reader.Fail(Unexpected(Words.quote text, "a number of atoms"))

    /// The frames of a file, read one by one on each pass; the first error ends them.
    let frames (keys: TargetKeys) (path: string) : Result<FileFrame, DataError> seq =
        FrameSequence.ofReader path (fun () -> new LineReader(path)) (nextFrame keys)
