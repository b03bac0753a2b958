namespace HgnFunctional.IO

open System
open System.Collections.Generic
open System.Text.RegularExpressions

/// A LAMMPS data file: atoms sorted by id, and their bonds.
[<NoEquality; NoComparison>]
type LammpsData =
    {
        /// Path of the file.
        Path: string
        /// Name of the unit style, if the title says so.
        UnitStyle: string option
        /// Atom ids, ascending.
        Ids: int64[]
        /// Type of each atom.
        Types: int[]
        /// Charge of each atom, if the atom style has them.
        Charges: float[] option
        /// Mass of each atom, if the file has a Masses section.
        Masses: float[] option
        /// Bonds as pairs of indices into the ids.
        Bonds: struct (int * int)[]
        /// Type of each bond.
        BondTypes: int[]
        /// Number of angles, dihedrals and impropers.
        Angles: int
        /// Positions, row-major [atoms x 3]; image flags have moved them by vectors of the box.
        Positions: float[]
        /// Velocities, if the file has them, row-major [atoms x 3].
        Velocities: float[] option
        /// Lower bounds of the box [3]. The file does not say which axes are periodic.
        Low: float[]
        /// Upper bounds of the box [3].
        High: float[]
        /// Tilts xy, xz and yz of the box.
        Tilts: float[]
    }

/// Reads LAMMPS data files (LAMMPS manual, command `read_data`). Whatever is not known, doubled, or of another width than it
/// should be is an error with its line.
[<RequireQualifiedAccess>]
module LammpsData =

    /// A row of a section whose atoms are looked up when all are known.
    [<NoEquality; NoComparison>]
    type private Row<'value> = { Line: int64; Id: int64; Value: 'value }

    /// Where the columns of an atom style stand; z is two after x.
    type private Layout = { Type: int; Charge: int option; X: int }

    let private layoutOf (style: string) : Layout option =
        match style with
        | "atomic" -> Some { Type = 1; Charge = None; X = 2 }
        | "bond"
        | "angle"
        | "molecular" -> Some { Type = 2; Charge = None; X = 3 }
        | "charge" -> Some { Type = 1; Charge = Some 2; X = 3 }
        | "full" -> Some { Type = 2; Charge = Some 3; X = 4 }
        | _ -> None

    /// Sections of coefficients, which are not used.
    let private coefficients =
        [
            "Pair"
            "PairIJ"
            "Bond"
            "Angle"
            "Dihedral"
            "Improper"
            "BondBond"
            "BondAngle"
            "MiddleBondTorsion"
            "EndBondTorsion"
            "AngleTorsion"
            "AngleAngleTorsion"
            "BondBond13"
            "AngleAngle"
        ]
        |> List.map (fun name -> $"{name} Coeffs")

    /// Sections with a count in the header; those without a width are not used.
    let private countedSections: (string * string * int option) list =
        [
            "Atoms", "atoms", None
            "Velocities", "atoms", Some 4
            "Bonds", "bonds", Some 4
            "Angles", "angles", Some 5
            "Dihedrals", "dihedrals", Some 6
            "Impropers", "impropers", Some 6
            "Ellipsoids", "ellipsoids", None
            "Lines", "lines", None
            "Triangles", "triangles", None
            "Bodies", "bodies", None
        ]

    let private isSection (name: string) : bool =
        name = "Masses"
        || List.contains name coefficients
        || countedSections |> List.exists (fun (section, _, _) -> section = name)

    let private split (line: string) : struct (string * string) =
        match line.IndexOf '#' with
        | -1 -> struct (line, "")
        | start -> struct (line.Substring(0, start), String.Join(' ', Words.split (line.Substring(start + 1))))

    /// The rows of a file, as they are read.
    [<Sealed>]
    type private Rows(reader: LineReader, header: DataHeader) =

        let seen = Dictionary<string, int>()
        let masses = Dictionary<int, float>()
        let atoms = ResizeArray<Row<struct (int * float)>>()
        let places = ResizeArray<float>()
        let velocities = ResizeArray<Row<struct (float * float * float)>>()
        let bonds = ResizeArray<Row<struct (int * int64)>>()
        // Atoms of angles, dihedrals and impropers.
        let groups = ResizeArray<Row<int64[]>>()
        let mutable layout: Layout option = None
        let mutable hasImages: bool option = None
        let mutable style = ""

        let requireWidth (words: string[]) (widths: int list) (what: string) : unit =
            if not (List.contains words.Length widths) then
                reader.Fail(Unexpected(Words.quote (String.Join(' ', words)), what))

        let typeOf (kind: string) (text: string) : int =
            let number = reader.Integer($"the {kind} type", text)
            let most = header.TryCount $"{kind} types" |> Option.defaultValue Int32.MaxValue

            if number < 1L || number > int64 most then
                reader.Fail(Unexpected($"{kind} type {number}", $"1 to {most}, the number of {kind} types"))

            int number

        let addMass (words: string[]) : unit =
            requireWidth words [ 2 ] "an atom type and its mass"
            let kind, mass = typeOf "atom" words[0], reader.Float("the mass", words[1])

            if mass <= 0.0 then
                reader.Fail(Unexpected($"a mass of {mass}", "a mass above 0"))

            if not (masses.TryAdd(kind, mass)) then
                reader.Fail(Unexpected($"a second mass of atom type {kind}", "one"))

        let layoutOfRow (words: string[]) : Layout =
            match layout, layoutOf style, words.Length with
            | Some known, _, _
            | _, Some known, _ -> known
            | _, _, (5 | 8) when style = "" -> { Type = 1; Charge = None; X = 2 }
            | _ ->
                reader.Fail(
                    Unexpected($"atom style '{Words.quote style}'", "'Atoms # STYLE' with atomic, bond, angle, molecular, charge or full")
                )

        let addAtom (words: string[]) : unit =
            let columns = layoutOfRow words
            layout <- Some columns
            requireWidth words [ columns.X + 3; columns.X + 6 ] $"{columns.X + 3} fields, or {columns.X + 6} with image flags"
            let isMoved = words.Length = columns.X + 6

            if isMoved <> defaultArg hasImages isMoved then
                reader.Fail(Unexpected(Words.quote (String.Join(' ', words)), "image flags in every row of the section Atoms, or in none"))

            hasImages <- Some isMoved

            if isMoved && not header.HasBox then
                reader.Fail(Unexpected("image flags", "the bounds of the box in the header (xlo xhi, ylo yhi, zlo zhi)"))

            if columns.X - (if columns.Charge.IsSome then 1 else 0) > 2 then
                reader.Integer("the molecule id", words[1]) |> ignore

            let charge = columns.Charge |> Option.map (fun column -> reader.Float("the charge", words[column]))
            let kind = typeOf "atom" words[columns.Type]

            atoms.Add
                {
                    Line = reader.Line
                    Id = reader.Integer("the atom id", words[0])
                    Value = struct (kind, Option.defaultValue 0.0 charge)
                }

            let position = Array.init 3 (fun axis -> reader.Float("the position", words[columns.X + axis]))

            let place =
                if isMoved then
                    let images = Array.init 3 (fun axis -> float (reader.Integer("the image flag", words[columns.X + 3 + axis])))
                    header.Box.Add(position, images)
                else
                    position

            if not (Array.forall Double.IsFinite place) then
                reader.Fail(Unexpected("a position that its image flag makes infinite", "finite positions"))

            places.AddRange place

        let addVelocity (words: string[]) : unit =
            let part axis = reader.Float("the velocity", words[1 + axis])

            velocities.Add
                {
                    Line = reader.Line
                    Id = reader.Integer("the atom id", words[0])
                    Value = struct (part 0, part 1, part 2)
                }

        let addBond (words: string[]) : unit =
            reader.Integer("the bond id", words[0]) |> ignore

            bonds.Add
                {
                    Line = reader.Line
                    Id = reader.Integer("the first atom", words[2])
                    Value = struct (typeOf "bond" words[1], reader.Integer("the second atom", words[3]))
                }

        /// Takes a row of a section with a count: no row beyond it is kept.
        let addCounted (section: string) (what: string) (width: int option) (words: string[]) : unit =
            let row = seen[section] + 1

            match header.TryCount what with
            | None -> reader.Fail(Unexpected($"a row of the section {section}", $"a line 'N {what}' in the header"))
            | Some count when row > count -> reader.Fail(Unexpected($"row {row} of the section {section}", $"{count}, as the header says"))
            | _ -> ()

            width |> Option.iter (fun width -> requireWidth words [ width ] $"{width} fields in a row of the section {section}")
            seen[section] <- row

            match section with
            | "Atoms" -> addAtom words
            | "Velocities" -> addVelocity words
            | "Bonds" -> addBond words
            | _ when width.IsSome ->
                let numbers = words |> Array.map (fun word -> reader.Integer($"a number of the section {section}", word))
                typeOf (what.TrimEnd 's') words[1] |> ignore
                groups.Add { Line = reader.Line; Id = numbers[0]; Value = numbers[2..] }
            | _ -> ()

        /// A section begins.
        member _.Open(section: string, comment: string) : unit =
            if not (seen.TryAdd(section, 0)) then
                reader.Fail(Unexpected($"a second section {section}", "each section once"))

            // The header has ended, and what its box lacks is missed here.
            header.Box |> ignore

            if section = "Atoms" then
                style <- comment

        /// Takes a row of a section.
        member _.Add(section: string, words: string[]) : unit =
            if Words.tryInteger words[0] = ValueNone then
                reader.Fail(Unexpected(Words.quote (String.Join(' ', words)), $"a row of the section {section}, or another known section"))

            match countedSections |> List.tryFind (fun (name, _, _) -> name = section) with
            | Some(_, what, width) -> addCounted section what width words
            | None when section = "Masses" -> addMass words
            | None -> ()

        /// Stops unless every section has as many rows as the header says.
        member _.RequireCounts() : unit =
            if header.TryCount "atoms" = None then
                raise (DataException { File = reader.Path; Line = None; Problem = Truncated "a line 'N atoms' in the header" })

            match header.TryCount "atom types", seen.TryGetValue "Masses" with
            | Some types, (true, _) when types <> masses.Count ->
                reader.Fail(Truncated $"{types} masses, one for each atom type; there are {masses.Count}")
            | _ -> ()

            for section, what, _ in countedSections do
                let count = header.TryCount what |> Option.defaultValue 0

                match seen.TryGetValue section with
                | true, rows when rows <> count ->
                    reader.Fail(Truncated $"{count} rows in the section {section}, as the header says; it has {rows}")
                | false, _ when count > 0 && section <> "Velocities" -> reader.Fail(Truncated $"a section {section} with {count} rows")
                | _ -> ()

        member _.Atoms = atoms
        member _.Places = places
        member _.Velocities = velocities
        member _.Bonds = bonds
        member _.Groups = groups
        member _.Masses = masses
        member _.HasCharges = layout |> Option.exists (fun layout -> layout.Charge.IsSome)

    let private readAll (reader: LineReader) : string * DataHeader * Rows =
        let title = reader.TryNext()

        if isNull title then
            raise (DataException { File = reader.Path; Line = None; Problem = EmptyFile })

        let header = DataHeader reader
        let rows = Rows(reader, header)
        let mutable section = ""
        let mutable text = reader.TryNext()

        while not (isNull text) do
            let struct (plain, comment) = split text
            let words = Words.split plain

            match String.Join(' ', words) with
            | "" -> ()
            | name when isSection name ->
                section <- name
                rows.Open(section, comment)
            | _ when section = "" -> header.Add words
            | _ -> rows.Add(section, words)

            text <- reader.TryNext()

        rows.RequireCounts()
        reader.RequireLineBreak()
        title, header, rows

    let private parse (path: string) (reader: LineReader) : LammpsData =
        let title, header, rows = readAll reader
        let failAt line problem = raise (DataException { File = path; Line = Some line; Problem = problem })
        let order = Array.init rows.Atoms.Count id |> Array.sortBy (fun row -> rows.Atoms[row].Id)
        let index = Dictionary<int64, int>()

        order
        |> Array.iteri (fun position row ->
            if not (index.TryAdd(rows.Atoms[row].Id, position)) then
                failAt rows.Atoms[row].Line (DuplicateId rows.Atoms[row].Id))

        let find line where atom =
            match index.TryGetValue atom with
            | true, position -> position
            | _ -> failAt line (UnknownAtom(atom, where))

        let ofAtoms (f: Row<struct (int * float)> -> 'value) : 'value[] = order |> Array.map (fun row -> f rows.Atoms[row])

        let massOf (atom: Row<struct (int * float)>) : float =
            let struct (kind, _) = atom.Value

            match rows.Masses.TryGetValue kind with
            | true, mass -> mass
            | _ -> failAt atom.Line (Unexpected($"atom type {kind}", "a type with a line in the section Masses"))

        let bonded = HashSet<struct (int * int)>()

        let bondOf (bond: Row<struct (int * int64)>) : struct (int * int) =
            let struct (_, secondId) = bond.Value
            let first, second = find bond.Line "the bond" bond.Id, find bond.Line "the bond" secondId

            if first = second then
                failAt bond.Line (Unexpected($"a bond from atom {bond.Id} to itself", "two different atoms"))

            if not (bonded.Add(struct (min first second, max first second))) then
                failAt bond.Line (Unexpected($"a second bond of atoms {bond.Id} and {secondId}", "each bond once"))

            struct (first, second)

        let velocities () : float[] =
            let values = Array.create (3 * order.Length) nan

            for row in rows.Velocities do
                let atom = find row.Line "the velocity" row.Id
                let struct (x, y, z) = row.Value

                if not (Double.IsNaN values[3 * atom]) then
                    failAt row.Line (Unexpected($"a second velocity of atom {row.Id}", "one"))

                [| x; y; z |].CopyTo(values, 3 * atom)

            values

        for row in rows.Groups do
            for atom in row.Value do
                find row.Line "the row" atom |> ignore

            if (Array.distinct row.Value).Length < row.Value.Length then
                failAt row.Line (Unexpected("an atom twice in one row", "different atoms"))

        let angles =
            [ "angles"; "dihedrals"; "impropers" ] |> List.sumBy (fun what -> header.TryCount what |> Option.defaultValue 0)

        let units = Regex.Match(title, @"\bunits = ([a-z]+)")

        {
            Path = path
            UnitStyle = if units.Success then Some units.Groups[1].Value else None
            Ids = ofAtoms _.Id
            Types = ofAtoms (fun atom -> let struct (kind, _) = atom.Value in kind)
            Charges =
                if rows.HasCharges then
                    Some(ofAtoms (fun atom -> let struct (_, charge) = atom.Value in charge))
                else
                    None
            Masses = if rows.Masses.Count = 0 then None else Some(ofAtoms massOf)
            Bonds = rows.Bonds.ToArray() |> Array.map bondOf
            BondTypes = rows.Bonds.ToArray() |> Array.map (fun bond -> let struct (kind, _) = bond.Value in kind)
            Angles = angles
            Positions = Array.init (3 * order.Length) (fun k -> rows.Places[3 * order[k / 3] + k % 3])
            Velocities = if rows.Velocities.Count = 0 then None else Some(velocities ())
            Low = header.Box.Low
            High = header.Box.High
            Tilts = header.Box.Tilts
        }

    /// Reads a data file.
    let read (path: string) : Result<LammpsData, DataError> =
        DataFile.tryRead path (fun () ->
            use reader = new LineReader(path)
            parse path reader)
