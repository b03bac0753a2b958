namespace HgnFunctional.IO

open System
open System.Collections.Generic
open System.Text.RegularExpressions
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Features

/// An angle of a LAMMPS data file; atoms are indices into its ids.
[<Struct>]
type DataAngle = { First: int; Centre: int; Second: int; Type: int; Line: int64 }

/// A LAMMPS data file: atoms sorted by id, with their bonds and angles.
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
        /// Angles as triples of indices into the ids, the middle one second, with their types and lines.
        Angles: DataAngle[]
        /// Number of dihedrals and impropers.
        Torsions: int
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

    let private readAll (style: string option) (reader: LineReader) : string * DataHeader * DataRows =
        let title = reader.TryNext()

        if isNull title then
            raise (DataException { File = reader.Path; Line = None; Problem = EmptyFile })

        let header = DataHeader reader
        let rows = DataRows(reader, header, style)
        let mutable section = ""
        let mutable text = reader.TryNext()

        while not (isNull text) do
            let struct (plain, comment) = DataSections.split text
            let words = Words.split plain

            match String.Join(' ', words) with
            | "" -> ()
            | name when DataSections.isSection name ->
                section <- name
                rows.Open(section, comment)
            | _ when section = "" -> header.Add words
            | _ -> rows.Add(section, words)

            text <- reader.TryNext()

        rows.RequireCounts()
        reader.RequireLineBreak()
        title, header, rows

    let private parse (style: string option) (path: string) (reader: LineReader) : LammpsData =
        let title, header, rows = readAll style reader
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

        let ofAtoms (f: DataRow<struct (int * float)> -> 'value) : 'value[] = order |> Array.map (fun row -> f rows.Atoms[row])

        let massOf (atom: DataRow<struct (int * float)>) : float =
            let struct (kind, _) = atom.Value

            match rows.Masses.TryGetValue kind with
            | true, mass -> mass
            | _ -> failAt atom.Line (Unexpected($"atom type {kind}", "a type with a line in the section Masses"))

        let bonded = HashSet<struct (int * int)>()

        let bondOf (bond: DataRow<struct (int * int64)>) : struct (int * int) =
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

        let torsions = [ "dihedrals"; "impropers" ] |> List.sumBy (fun what -> header.TryCount what |> Option.defaultValue 0)

        let angleOf (row: DataRow<int * int64[]>) : DataAngle =
            let kind, atoms = row.Value
            let place k = find row.Line "the angle" atoms[k]
            { First = place 0; Centre = place 1; Second = place 2; Type = kind; Line = row.Line }

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
            Angles = rows.Angles.ToArray() |> Array.map angleOf
            Torsions = torsions
            Positions = Array.init (3 * order.Length) (fun k -> rows.Places[3 * order[k / 3] + k % 3])
            Velocities = if rows.Velocities.Count = 0 then None else Some(velocities ())
            Low = header.Box.Low
            High = header.Box.High
            Tilts = header.Box.Tilts
        }

    /// Reads a data file whose atom style was given, if it does not say it itself.
    let readOfStyle (style: string option) (path: string) : Result<LammpsData, DataError> =
        DataFile.tryRead path (fun () ->
            use reader = new LineReader(path)
            parse style path reader)

    /// Reads a data file that says its atom style, or is atomic.
    let read (path: string) : Result<LammpsData, DataError> = readOfStyle None path
