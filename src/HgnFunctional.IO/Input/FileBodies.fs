namespace HgnFunctional.IO

open System
open System.Collections.Generic
open HgnFunctional
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Features

/// Puts together what a file, its topology and the options say of the bodies, and refuses where they contradict each other.
[<RequireQualifiedAccess>]
module internal FileBodies =

    let fail (path: string) (line: int64 option) (problem: DataProblem) : 'result =
        raise (DataException { File = path; Line = line; Problem = problem })

    let orFail (path: string) (line: int64 option) (problem: 'error -> DataProblem) (result: Result<'value, 'error>) : 'value =
        match result with
        | Ok value -> value
        | Error error -> fail path line (problem error)

    /// The value of a result, or its error as an exception.
    let orRaise (result: Result<'value, DataError>) : 'value =
        match result with
        | Ok value -> value
        | Error error -> raise (DataException error)

    /// Which of the atoms with these ids interact: along bonds and their angles, with their types, and within a reach.
    let relationsOf
        (options: SourceOptions)
        (topology: LammpsData option)
        (path: string)
        (ids: int64[])
        (inFile: struct (int * int * string)[] option)
        : Relations =
        match topology with
        | Some data when data.Ids <> ids -> fail path None (TopologyForOthers(data.Path, data.Ids.Length, ids.Length))
        | _ -> ()

        let bondsOf (data: LammpsData) : Bonds =
            Array.map2 (fun (struct (a, b)) (kind: int) -> struct (a, b, string kind)) data.Bonds data.BondTypes
            |> Bonds.tryCreate ids.Length
            |> orFail data.Path None BadGraph

        // One by one at first, so that the error has its line.
        let anglesOf (data: LammpsData) (bonds: Bonds) : Angles option =
            let entry (angle: DataAngle) = struct (angle.First, angle.Centre, angle.Second, string angle.Type)
            let ids (angle: DataAngle) = data.Ids[angle.First], data.Ids[angle.Centre], data.Ids[angle.Second]

            for angle in data.Angles do
                match Angles.tryCreate bonds [ entry angle ] with
                | Ok _ -> ()
                | Error _ ->
                    let a, centre, b = ids angle

                    fail
                        data.Path
                        (Some angle.Line)
                        (Unexpected($"an angle of atoms {a}, {centre} and {b}", "bonds from the middle one to both others"))

            if data.Angles.Length = 0 then
                None
            else
                data.Angles |> Seq.map entry |> Angles.tryCreate bonds |> orFail data.Path None BadAngles |> Some

        let ofFile = inFile |> Option.filter (fun bonds -> topology.IsNone && options.Bonds && bonds.Length > 0)

        match topology |> Option.filter (fun data -> options.Bonds && data.Bonds.Length > 0), options.Reach with
        | None, reach when ofFile.IsSome ->
            let bonds = Bonds.tryCreate ids.Length ofFile.Value |> orFail path None BadGraph
            { Bonds = Some bonds; Angles = None; Reach = reach }
        | None, None when options.Alone -> Relations.none
        | None, None -> fail path None NoInteractions
        | None, reach -> { Relations.none with Reach = reach }
        | Some data, reach ->
            let bonds = bondsOf data
            { Bonds = Some bonds; Angles = anglesOf data bonds; Reach = reach }

    /// The species of each atom, if anything names them: its type in the file, else in the topology; its element where types tell
    /// none apart.
    let speciesOf (topology: LammpsData option) (inFile: string[] option) (elements: string[] option) : string[] option =
        let types = inFile |> Option.orElse (topology |> Option.map (fun data -> data.Types |> Array.map string))
        let tellsApart (names: string[]) = (Array.distinct names).Length > 1

        match types, elements with
        | Some types, Some elements when not (tellsApart types) && tellsApart elements -> Some elements
        | None, elements -> elements
        | types, _ -> types

    /// Two masses of one atom agree if they differ by no more than rounding to five digits.
    let private agree (a: float) (b: float) : bool = abs (a - b) <= 1e-5 * max a b

    /// The masses of a file, else those of the topology, else the one that was given for all.
    let massesOf
        (options: SourceOptions)
        (topology: LammpsData option)
        (path: string)
        (line: int64 option)
        (ids: int64[])
        (inFile: float[] option)
        : float[] =
        let elsewhere = topology |> Option.bind (fun data -> data.Masses |> Option.map (fun masses -> data, masses))

        match inFile, elsewhere, options.Mass with
        | Some masses, Some(data, others), None ->
            match Seq.tryFindIndex id (Seq.map2 (fun a b -> not (agree a b)) masses others) with
            | Some atom -> fail path line (Contradiction("mass", ids[atom], string masses[atom], string others[atom], data.Path))
            | None -> masses
        | Some masses, None, None -> masses
        | None, Some(_, masses), None -> masses
        | None, None, Some mass -> Array.create ids.Length mass
        | None, None, None -> fail path line NoMassesKnown
        | _, _, Some _ -> fail path line MassesGivenTwice

    /// Stops where the types of a file are not those of the topology: masses by type would go to others.
    let requireSameTypes (topology: LammpsData option) (path: string) (line: int64 option) (ids: int64[]) (types: string[] option) : unit =
        match topology, types with
        | Some data, Some types when data.Path <> path ->
            let named = Dictionary<string, int>()

            types
            |> Array.iteri (fun atom name ->
                let expected =
                    match Words.tryInteger name, named.TryGetValue name with
                    | ValueSome number, _ -> number
                    // Names of types must stand for one type each.
                    | ValueNone, (true, kind) -> int64 kind
                    | ValueNone, _ ->
                        named[name] <- data.Types[atom]
                        int64 data.Types[atom]

                if expected <> int64 data.Types[atom] then
                    fail path line (Contradiction("type", ids[atom], name, string data.Types[atom], data.Path)))
        | _ -> ()

    /// The places of the atoms that options pin.
    let pinnedOf (options: SourceOptions) (path: string) (ids: int64[]) (types: string[] option) : int list =
        let chosen (pinned: PinnedAtoms) : int list =
            let isWanted (body: int) =
                match pinned, types with
                | OfIds(first, last), _ -> ids[body] >= first && ids[body] <= last
                | OfType name, Some types -> types[body] = name
                | OfType _, None -> false

            match
                [
                    for body in 0 .. ids.Length - 1 do
                        if isWanted body then
                            body
                ],
                pinned
            with
            | [], OfIds(first, last) -> fail path None (NothingToPin(if first = last then $"id {first}" else $"ids {first} to {last}"))
            | [], OfType name -> fail path None (NothingToPin $"type {name}")
            | bodies, _ -> bodies

        options.Pinned |> List.collect chosen |> List.distinct

    let structureOf
        (path: string)
        (line: int64 option)
        (axes: Axis[])
        (tilts: float[])
        (relations: Relations)
        (species: string[] option)
        (charges: float[] option)
        (labels: Labels)
        (masses: float[])
        : Structure =
        let cell = Cell.tryTilted axes tilts |> orFail path line BadCell

        let named structure =
            species |> Option.map (fun names -> Structure.tryWithSpecies names structure) |> Option.defaultValue (Ok structure)

        let charged structure =
            charges
            |> Option.map (fun charges -> Structure.tryWithAttribute AttributeName.Charge (ReadOnlySpan<float> charges) structure)
            |> Option.defaultValue (Ok structure)

        let structure =
            Structure.tryCreate cell Relations.none (ReadOnlySpan<float> masses)
            |> Result.bind named
            |> Result.bind charged
            |> Result.bind (Structure.tryWithRelations relations)

        match structure with
        | Ok structure -> Structure.withLabels labels structure
        | Error(BadMass(body, mass)) ->
            fail path line (Unexpected($"a mass of {mass} for atom {labels.Ids[body]}", "a finite mass above 0"))
        | Error error -> fail path line (BadStructure error)

    /// Whether nothing extends and nothing moves along an axis, but along another: LAMMPS calls z periodic in two dimensions. The one atom of
    /// a primitive cell of a crystal extends nowhere, and its images are its neighbours.
    let isFlat (positions: float[]) (velocities: float[] option) (axis: int) : bool =
        let isFlatAlong (axis: int) =
            seq { axis..3 .. positions.Length - 1 }
            |> Seq.forall (fun k -> positions[k] = positions[axis] && (velocities |> Option.forall (fun velocities -> velocities[k] = 0.0)))

        isFlatAlong axis && not (Seq.forall isFlatAlong [ 0..2 ])

    /// The axes of a box: what is flat is open, but goes out in the box that it came in; a tilted vector is never left out.
    let axesOf
        (low: float[])
        (high: float[])
        (tilts: float[])
        (isPeriodic: int -> bool)
        (isBoxed: int -> bool)
        (flat: int -> bool)
        : Axis[] =
        let isTilted axis = Seq.zip (Axes.pairs 3) tilts |> Seq.exists (fun (struct (vector, _), tilt) -> vector = axis && tilt <> 0.0)

        Array.init 3 (fun axis ->
            if isPeriodic axis && (isTilted axis || not (flat axis)) then
                Periodic(low[axis], high[axis])
            elif (isPeriodic axis || isBoxed axis) && high[axis] > low[axis] then
                Boxed(low[axis], high[axis])
            else
                Open)

    let stateOf (path: string) (line: int64 option) (masses: float[]) (positions: float[]) (velocities: float[]) : PhaseState =
        let momenta = velocities |> Array.mapi (fun k v -> masses[k / 3] * v)

        PhaseState.tryCreate masses.Length 3 (ReadOnlySpan<float> positions) (ReadOnlySpan<float> momenta)
        |> orFail path line BadState

    /// The unit style of a file: what it names, else what was given, if it is known.
    let unitsOf (options: SourceOptions) (path: string) (line: int64 option) (named: string option) : Units option =
        match options.Units, named with
        | Some units, Some style when units.Name <> style ->
            fail path line (UnitsUnclear(Words.quote style, $"{units.Name}, as the options or the model say"))
        | Some units, _ -> Some units
        | None, None -> None
        | None, Some style ->
            match Units.all |> List.tryFind (fun units -> units.Name = style) with
            | Some units -> Some units
            | None ->
                let known = Units.all |> List.map _.Name |> String.concat ", "
                fail path line (UnitsUnclear(Words.quote style, $"one of {known}"))

    /// What a topology says beside a file that has labels of its own.
    let withTopology (topology: LammpsData option) (labels: Labels) : Labels =
        match topology with
        | None -> labels
        | Some data -> { labels with Torsions = data.Torsions }

    /// The charges of a file, else those of the topology.
    let chargesOf (topology: LammpsData option) (inFile: float[] option) : float[] option =
        inFile |> Option.orElse (topology |> Option.bind _.Charges)

    /// The frame with the bonds of a topology, and its masses where the frame has none.
    let withBondsOf (topology: LammpsData option) (path: string) (frame: FileFrame) : FileFrame =
        match topology with
        | None -> frame
        | Some data when data.Ids <> frame.Ids ->
            fail path (Some frame.Line) (TopologyForOthers(data.Path, data.Ids.Length, frame.Ids.Length))
        | Some data ->
            requireSameTypes topology path (Some frame.Line) frame.Ids frame.Types

            { frame with
                Bonds = Some(Array.map2 (fun (struct (a, b)) (kind: int) -> struct (a, b, string kind)) data.Bonds data.BondTypes)
                Masses = frame.Masses |> Option.orElse data.Masses
                Types = frame.Types |> Option.orElse (Some(data.Types |> Array.map string))
                Charges = frame.Charges |> Option.orElse data.Charges
            }
