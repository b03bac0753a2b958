namespace HgnFunctional.IO

open HgnFunctional
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Data

/// Turns the frames of one file into snapshots; keeps the structure while nothing changes it.
[<Sealed>]
type internal SnapshotMaker(options: SourceOptions, topology: LammpsData option, path: string, first: FileFrame) =

    let relations = FileBodies.relationsOf options topology path first.Ids first.Bonds
    let units = FileBodies.unitsOf options path (Some first.Line) first.UnitStyle
    let assumed = defaultArg units Units.lj

    let mutable known: (float[] * (string[] option * string[] option * float[] option) * (Axis[] * float[]) * Structure) option =
        None

    let need (what: string) (columns: string) (frame: FileFrame) (values: float[] option) : float[] =
        match values with
        | Some values -> values
        | None -> FileBodies.fail path (Some frame.Line) (MissingColumns(columns, what))

    let requireBoundary (frame: FileFrame) : unit =
        let inFile = frame.Boundaries |> Array.map ((=) "pp")

        match options.Periodic with
        | Some(x, y, z) when [| x; y; z |] <> inFile ->
            let name flags = flags |> Array.map (fun flag -> if flag then "p" else "s") |> String.concat ""
            FileBodies.fail path (Some frame.Line) (OtherBoundary(name [| x; y; z |], name inFile))
        | _ -> ()

    do requireBoundary first

    /// The units, and whether a file or an option names them.
    member _.Units: Units = assumed

    member _.NamesUnits: bool = units.IsSome

    member _.Masses(frame: FileFrame) : float[] = FileBodies.massesOf options topology path (Some frame.Line) frame.Ids frame.Masses

    member maker.Structure(frame: FileFrame) : float[] * Structure =
        let masses = maker.Masses frame
        let isPeriodic axis = frame.Boundaries[axis] = "pp"
        let isBoxed axis = frame.Boundaries[axis] = "ff"
        let tilts = frame.Cell.Tilts.ToArray()
        let flat = FileBodies.isFlat frame.Positions frame.Velocities
        let axes = FileBodies.axesOf frame.Low frame.High tilts isPeriodic isBoxed flat

        let named = frame.Types, frame.Elements, frame.Charges

        match known with
        | Some(before, names, already, structure) when before = masses && names = named && already = (axes, tilts) -> before, structure
        | _ ->
            FileBodies.requireSameTypes topology path (Some frame.Line) frame.Ids frame.Types

            let labels =
                { Labels.ofIds frame.Ids with
                    Elements = frame.Elements
                    Units = Some assumed.Name
                    NamesUnits = frame.UnitStyle.IsSome
                }
                |> FileBodies.withTopology topology

            let species = FileBodies.speciesOf topology frame.Types frame.Elements
            let charges = FileBodies.chargesOf topology frame.Charges

            let structure =
                FileBodies.structureOf path (Some frame.Line) axes tilts relations species charges labels masses
                |> Structure.withPinned (FileBodies.pinnedOf options path frame.Ids frame.Types)

            known <- Some(masses, named, (axes, tilts), structure)
            masses, structure

    member maker.State(frame: FileFrame) : Structure * PhaseState * float[] =
        let masses, structure = maker.Structure frame
        let velocities = need "velocities" "vx vy vz" frame frame.Velocities
        structure, FileBodies.stateOf path (Some frame.Line) masses frame.Positions velocities, velocities

    member maker.Snapshot(index: int, frame: FileFrame) : Snapshot =
        if frame.HoldsSameAtoms && frame.Ids <> first.Ids then
            FileBodies.fail path (Some frame.Line) (OtherAtoms(index, frame.Ids.Length, first.Ids.Length))

        if frame.UnitStyle <> first.UnitStyle then
            FileBodies.fail
                path
                (Some frame.Line)
                (UnitsUnclear(Words.quote (defaultArg frame.UnitStyle ""), $"{assumed.Name}, as above the first frame"))

        let masses, structure = maker.Structure frame
        let time = options.TimeStep |> Option.map (fun step -> step * float frame.Timestep) |> Option.orElse frame.Time

        let forces =
            match frame.Forces, time, frame.Energy.IsSome || frame.Virial.IsSome with
            | None, _, false when options.Compares && frame.Velocities.IsNone -> FileBodies.fail path (Some frame.Line) NothingToCompare
            | None, _, _ when options.Compares -> None
            | None, Some _, _
            | None, _, true -> None
            | forces, _, _ -> Some(need "forces" "fx fy fz" frame forces |> Array.map (fun f -> assumed.ForceFactor * f))

        // Without velocities nothing is known of momenta either.
        let speeds = frame.Velocities |> Option.defaultWith (fun () -> Array.zeroCreate frame.Positions.Length)
        let state = FileBodies.stateOf path (Some frame.Line) masses frame.Positions speeds

        let targets =
            {
                Velocities = frame.Velocities
                Forces = forces
                Energy = frame.Energy |> Option.map (fun energy -> assumed.ForceFactor * energy)
                Virial = frame.Virial |> Option.map (Array.map (fun entry -> assumed.ForceFactor * entry))
            }

        match Snapshot.tryOf structure state targets with
        | Ok snapshot ->
            let timed =
                match time with
                | Some time -> Snapshot.atTime time snapshot
                | None -> snapshot

            timed |> Snapshot.inTrajectory path |> Snapshot.inGroup frame.Group
        | Error(CoincidentBodies(a, b)) ->
            let found = $"atoms {first.Ids[a]} and {first.Ids[b]} at the same place"
            FileBodies.fail path (Some frame.Line) (Unexpected(found, "interacting atoms at a distance above 0"))
        | Error error -> FileBodies.fail path (Some frame.Line) (BadSnapshot error)
