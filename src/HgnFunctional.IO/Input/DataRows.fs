namespace HgnFunctional.IO

open System
open System.Collections.Generic
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Features

/// A row of a section whose atoms are looked up when all are known.
[<NoEquality; NoComparison>]
type internal DataRow<'value> = { Line: int64; Id: int64; Value: 'value }

/// The sections of a LAMMPS data file.
[<RequireQualifiedAccess>]
module internal DataSections =

    /// Sections of coefficients, which are not used.
    let coefficients =
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
    let countedSections: (string * string * int option) list =
        [
            "Atoms", "atoms", None
            "Velocities", "atoms", None
            "Bonds", "bonds", Some 4
            "Angles", "angles", Some 5
            "Dihedrals", "dihedrals", Some 6
            "Impropers", "impropers", Some 6
            "Ellipsoids", "ellipsoids", None
            "Lines", "lines", None
            "Triangles", "triangles", None
            "Bodies", "bodies", None
        ]

    let isSection (name: string) : bool =
        name = "Masses"
        || List.contains name coefficients
        || countedSections |> List.exists (fun (section, _, _) -> section = name)

    let split (line: string) : struct (string * string) =
        match line.IndexOf '#' with
        | -1 -> struct (line, "")
        | start -> struct (line.Substring(0, start), String.Join(' ', Words.split (line.Substring(start + 1))))

/// The rows of a file, as they are read.
[<Sealed>]
type internal DataRows(reader: LineReader, header: DataHeader, given: string option) =

    let seen = Dictionary<string, int>()
    let masses = Dictionary<int, float>()
    let atoms = ResizeArray<DataRow<struct (int * float)>>()
    let places = ResizeArray<float>()
    let velocities = ResizeArray<DataRow<struct (float * float * float)>>()
    let bonds = ResizeArray<DataRow<struct (int * int64)>>()
    let angles = ResizeArray<DataRow<int * int64[]>>()
    // Atoms of angles, dihedrals and impropers.
    let groups = ResizeArray<DataRow<int64[]>>()
    let mutable layout: AtomLayout option = None
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

    let layoutOfRow (words: string[]) : AtomLayout =
        match layout, given |> Option.filter (fun _ -> style = ""), words.Length with
        | Some known, _, _ -> known
        | None, None, (5 | 8) when style = "" -> (AtomStyle.tryFind "atomic").Value
        | None, given, _ ->
            match AtomStyle.tryFind (defaultArg given style) with
            | Some known -> known
            | None ->
                let known = String.Join(", ", AtomStyle.names)
                let expected = $"'Atoms # STYLE', or the style to be given (--atom-style STYLE), which is one of {known}"
                reader.Fail(Unexpected($"atom style '{Words.quote (defaultArg given style)}'", expected))

    let addAtom (words: string[]) : unit =
        let columns = layoutOfRow words
        layout <- Some columns

        let width, isMoved =
            match columns.After with
            | Some after -> columns.X + 3 + after, words.Length = columns.X + 6 + after
            // A style whose columns are not counted has no image flags.
            | None -> max words.Length (columns.X + 3), false

        requireWidth words [ width; width + 3 ] $"{width} fields, or {width + 3} with image flags"

        if isMoved <> defaultArg hasImages isMoved then
            reader.Fail(Unexpected(Words.quote (String.Join(' ', words)), "image flags in every row of the section Atoms, or in none"))

        hasImages <- Some isMoved

        if isMoved && not header.HasBox then
            reader.Fail(Unexpected("image flags", "the bounds of the box in the header (xlo xhi, ylo yhi, zlo zhi)"))

        columns.Molecule |> Option.iter (fun column -> reader.Integer("the molecule id", words[column]) |> ignore)

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
                let images = Array.init 3 (fun axis -> float (reader.Integer("the image flag", words[words.Length - 3 + axis])))
                header.Box.Add(position, images)
            else
                position

        if not (Array.forall Double.IsFinite place) then
            reader.Fail(Unexpected("a position that its image flag makes infinite", "finite positions"))

        places.AddRange place

    let addVelocity (words: string[]) : unit =
        // Atoms of no style that was named yet have no spin of their own.
        let width = layout |> Option.map _.Velocities |> Option.defaultValue 4
        requireWidth words [ width ] $"{width} fields in a row of the section Velocities"
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
            let kind = typeOf (what.TrimEnd 's') words[1]
            groups.Add { Line = reader.Line; Id = numbers[0]; Value = numbers[2..] }

            if section = "Angles" then
                angles.Add { Line = reader.Line; Id = numbers[0]; Value = kind, numbers[2..] }
        | _ -> ()

    /// A section begins.
    member _.Open(section: string, comment: string) : unit =
        if not (seen.TryAdd(section, 0)) then
            reader.Fail(Unexpected($"a second section {section}", "each section once"))

        // The header has ended, and what its box lacks is missed here.
        header.Box |> ignore

        if section = "Atoms" then
            style <- comment

            match given with
            | Some given when style <> "" && style <> given ->
                reader.Fail(
                    Unexpected($"atom style '{Words.quote style}'", $"{Words.quote given}, which was given, or no style to be given")
                )
            | _ -> ()

    /// Takes a row of a section.
    member _.Add(section: string, words: string[]) : unit =
        if Words.tryInteger words[0] = ValueNone then
            reader.Fail(Unexpected(Words.quote (String.Join(' ', words)), $"a row of the section {section}, or another known section"))

        match DataSections.countedSections |> List.tryFind (fun (name, _, _) -> name = section) with
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

        for section, what, _ in DataSections.countedSections do
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
    member _.Angles = angles
    member _.Groups = groups
    member _.Masses = masses
    member _.HasCharges = layout |> Option.exists (fun layout -> layout.Charge.IsSome)
