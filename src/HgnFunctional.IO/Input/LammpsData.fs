namespace HgnFunctional.IO

open System
open System.Collections.Generic

/// A LAMMPS data file: atoms sorted by id, and their bonds.
[<NoEquality; NoComparison>]
type LammpsData =
    {
        /// Path of the file.
        Path: string
        /// Atom ids, ascending.
        Ids: int64[]
        /// Mass of each atom, if the file has a Masses section.
        Masses: float[] option
        /// Bonds as pairs of indices into the ids.
        Bonds: struct (int * int)[]
        /// Positions, row-major [atoms x 3]; image flags have moved them by whole boxes.
        Positions: float[]
        /// Velocities, if the file has them, row-major [atoms x 3].
        Velocities: float[] option
        /// Length of the box along each axis. The file does not say which axes are periodic.
        BoxLengths: float[]
    }

/// Reads LAMMPS data files (LAMMPS manual, command `read_data`).
[<RequireQualifiedAccess>]
module LammpsData =

    let private sections =
        set
            [
                "Masses"
                "Atoms"
                "Velocities"
                "Bonds"
                "Angles"
                "Dihedrals"
                "Impropers"
                "Pair Coeffs"
                "Bond Coeffs"
                "Angle Coeffs"
                "Dihedral Coeffs"
                "Improper Coeffs"
                "PairIJ Coeffs"
                "Ellipsoids"
                "Lines"
                "Bodies"
            ]

    let private withoutComment (line: string) : string =
        match line.IndexOf '#' with
        | -1 -> line
        | start -> line.Substring(0, start)

    let private commentOf (line: string) : string =
        match line.IndexOf '#' with
        | -1 -> ""
        | start -> line.Substring(start + 1).Trim()

    /// Columns of type and x by atom style; z is two after x.
    let private layout (style: string) : struct (int * int) option =
        match style with
        | "atomic" -> Some(struct (1, 2))
        | "bond"
        | "angle"
        | "molecular" -> Some(struct (2, 3))
        | "charge" -> Some(struct (1, 3))
        | "full" -> Some(struct (2, 4))
        | _ -> None

    /// What a file holds, as it is read; lines of rows are kept for messages.
    [<NoEquality; NoComparison>]
    type private Contents =
        {
            Counts: Dictionary<string, int>
            Rows: Dictionary<string, ResizeArray<struct (int64 * string[])>>
            /// As LAMMPS assumes where the file does not say: from -1/2 to 1/2.
            BoxLengths: float[]
            mutable AtomStyle: string
        }

    let private readRows (reader: LineReader) (contents: Contents) : unit =
        let mutable section = ""
        let mutable text = reader.TryNext() // The first line is a title.

        if isNull text then
            raise (DataException { File = reader.Path; Line = None; Problem = EmptyFile })

        text <- reader.TryNext()

        while not (isNull text) do
            let plain = (withoutComment text).Trim()
            let words = Words.split plain

            if sections.Contains plain then
                section <- plain
                contents.Rows[section] <- ResizeArray()

                if plain = "Atoms" then
                    contents.AtomStyle <- commentOf text
            elif words.Length = 0 then
                ()
            elif section = "" then
                match words with
                | [| count; ("atoms" | "bonds" | "angles") as what |] ->
                    contents.Counts[what] <- if count = "0" then 0 else reader.Count($"the number of {what}", count)
                | words when Array.contains "xy" words -> reader.Fail TriclinicBox
                | [| low; high; ("xlo" | "ylo" | "zlo") as axis; _ |] ->
                    let length = reader.Float("the upper box bound", high) - reader.Float("the lower box bound", low)

                    if not (Double.IsFinite length) || length <= 0.0 then
                        reader.Fail(Unexpected(Words.quote plain, "an upper box bound above the lower one"))

                    contents.BoxLengths["xyz".IndexOf axis[0]] <- length
                | words when words.Length <= 6 && (Char.IsDigit(words[0][0]) || words[0][0] = '-') -> ()
                | _ -> reader.Fail(Unexpected(Words.quote text, "a header line or a section of a LAMMPS data file"))
            else
                contents.Rows[section].Add(struct (reader.Line, words))

            text <- reader.TryNext()

    let private rowsOf (contents: Contents) (section: string) : struct (int64 * string[])[] =
        match contents.Rows.TryGetValue section with
        | true, rows -> rows.ToArray()
        | _ -> [||]

    let private checkCount (reader: LineReader) (contents: Contents) (what: string) (section: string) : unit =
        match contents.Counts.TryGetValue what with
        | true, count when (rowsOf contents section).Length <> count ->
            reader.Fail(Truncated $"{count} lines in the section {section}, as the header says; it has {(rowsOf contents section).Length}")
        | _ -> ()

    let private parse (path: string) (reader: LineReader) : LammpsData =
        let contents = { Counts = Dictionary(); Rows = Dictionary(); BoxLengths = Array.create 3 1.0; AtomStyle = "" }
        readRows reader contents
        let failAt line problem = raise (DataException { File = path; Line = Some line; Problem = problem })

        let number field line (words: string[]) column : float =
            let mutable value = 0.0

            if
                column < words.Length
                && Double.TryParse(words[column], Globalization.NumberStyles.Float, Globalization.CultureInfo.InvariantCulture, &value)
                && Double.IsFinite value
            then
                value
            else
                failAt line (BadNumber(field, (if column < words.Length then Words.quote words[column] else "")))

        let integer field line (words: string[]) column : int64 =
            let mutable value = 0L

            if
                column < words.Length
                && Int64.TryParse(
                    words[column],
                    Globalization.NumberStyles.AllowLeadingSign,
                    Globalization.CultureInfo.InvariantCulture,
                    &value
                )
            then
                value
            else
                failAt line (BadNumber(field, (if column < words.Length then Words.quote words[column] else "")))

        let atoms = rowsOf contents "Atoms"

        if atoms.Length = 0 then
            raise (DataException { File = path; Line = None; Problem = Truncated "a section Atoms with at least one line" })

        checkCount reader contents "atoms" "Atoms"
        checkCount reader contents "bonds" "Bonds"

        let struct (typeColumn, xColumn) =
            let struct (line, words) = atoms[0]

            match layout contents.AtomStyle, words.Length with
            | Some found, _ -> found
            | None, (5 | 8) when contents.AtomStyle = "" -> struct (1, 2)
            | _ ->
                failAt
                    line
                    (Unexpected($"atom style '{contents.AtomStyle}'", "'Atoms # STYLE' with atomic, bond, angle, molecular, charge or full"))

        for struct (line, words) in atoms do
            if words.Length <> xColumn + 3 && words.Length <> xColumn + 6 then
                let expected = $"{xColumn + 3} fields, or {xColumn + 6} with image flags"
                failAt line (Unexpected(Words.quote (String.Join(' ', words)), expected))

        let ids = atoms |> Array.map (fun struct (line, words) -> integer "the atom id" line words 0)
        let order = Array.init atoms.Length id |> Array.sortBy (fun row -> ids[row])
        let sortedIds = order |> Array.map (fun row -> ids[row])
        let index = Dictionary<int64, int>()

        order
        |> Array.iteri (fun position row ->
            if not (index.TryAdd(ids[row], position)) then
                let struct (line, _) = atoms[row]
                failAt line (DuplicateId ids[row]))

        let find line where atom =
            match index.TryGetValue atom with
            | true, position -> position
            | _ -> failAt line (UnknownAtom(atom, where))

        let massOfType =
            rowsOf contents "Masses"
            |> Array.map (fun struct (line, words) ->
                let mass = number "the mass" line words 1

                if mass <= 0.0 then
                    failAt line (Unexpected($"a mass of {mass}", "a mass above 0"))

                integer "the atom type" line words 0, mass)
            |> dict

        let masses =
            if massOfType.Count = 0 then
                None
            else
                order
                |> Array.map (fun row ->
                    let struct (line, words) = atoms[row]
                    let kind = integer "the atom type" line words typeColumn

                    match massOfType.TryGetValue kind with
                    | true, mass -> mass
                    | _ -> failAt line (Unexpected($"atom type {kind}", "a type with a line in the section Masses")))
                |> Some

        let bonded = HashSet<struct (int * int)>()

        let bonds =
            rowsOf contents "Bonds"
            |> Array.map (fun struct (line, words) ->
                let firstId, secondId = integer "the first atom" line words 2, integer "the second atom" line words 3
                let first, second = find line "the bond" firstId, find line "the bond" secondId

                if first = second then
                    failAt line (Unexpected($"a bond from atom {firstId} to itself", "two different atoms"))

                if not (bonded.Add(struct (min first second, max first second))) then
                    failAt line (Unexpected($"a second bond of atoms {firstId} and {secondId}", "each bond once"))

                struct (first, second))

        let velocityRows = rowsOf contents "Velocities"

        let velocities =
            if velocityRows.Length = 0 then
                None
            else
                let values = Array.create (3 * ids.Length) nan

                for struct (line, words) in velocityRows do
                    let atom = find line "the velocity" (integer "the atom id" line words 0)

                    for axis in 0..2 do
                        values[3 * atom + axis] <- number "the velocity" line words (1 + axis)

                if Array.exists Double.IsNaN values then
                    raise (DataException { File = path; Line = None; Problem = Truncated "a velocity for every atom" })

                Some values

        let positions =
            Array.init (3 * order.Length) (fun k ->
                let struct (line, words) = atoms[order[k / 3]]
                let x = number "the position" line words (xColumn + k % 3)

                if words.Length = xColumn + 3 then
                    x
                else
                    x + float (integer "the image flag" line words (xColumn + 3 + k % 3)) * contents.BoxLengths[k % 3])

        reader.RequireLineBreak()

        {
            Path = path
            Ids = sortedIds
            Masses = masses
            Bonds = bonds
            Positions = positions
            Velocities = velocities
            BoxLengths = contents.BoxLengths
        }

    /// Reads a data file.
    let read (path: string) : Result<LammpsData, DataError> =
        DataFile.tryRead path (fun () ->
            use reader = new LineReader(path)
            parse path reader)
