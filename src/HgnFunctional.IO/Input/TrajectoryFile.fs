namespace HgnFunctional.IO

open System
open HgnFunctional

/// How trajectory files are to be read.
[<NoEquality; NoComparison>]
type SourceOptions =
    {
        /// A LAMMPS data file with bonds, and masses where the dump has none.
        Topology: string option
        /// The distance within which all pairs interact, instead of bonds.
        Cutoff: float option
        /// Mass of every body; overrides what the files say.
        Mass: float option
        /// The unit style; by default what the dump says, else lj.
        Units: Units option
        /// First frame, from 0.
        FirstFrame: int
        /// Last frame, inclusive.
        LastFrame: int option
    }

/// Snapshots and starts from LAMMPS files.
[<RequireQualifiedAccess>]
module TrajectoryFile =

    /// Options that read whole files with the given topology.
    let bondsOf (topology: string) : SourceOptions =
        {
            Topology = Some topology
            Cutoff = None
            Mass = None
            Units = None
            FirstFrame = 0
            LastFrame = None
        }

    /// Options that read whole files with pairs within a cutoff.
    let within (cutoff: float) : SourceOptions =
        {
            Topology = None
            Cutoff = Some cutoff
            Mass = None
            Units = None
            FirstFrame = 0
            LastFrame = None
        }

    let private fail (path: string) (line: int64 option) (problem: DataProblem) : 'result =
        raise (DataException { File = path; Line = line; Problem = problem })

    let private orFail (path: string) (line: int64 option) (problem: 'error -> DataProblem) (result: Result<'value, 'error>) : 'value =
        match result with
        | Ok value -> value
        | Error error -> fail path line (problem error)

    let private openTopology (options: SourceOptions) : LammpsData option =
        options.Topology
        |> Option.map (fun path ->
            match LammpsData.read path with
            | Ok topology -> topology
            | Error error -> raise (DataException error))

    /// Which pairs interact, of the atoms with these ids.
    let private interactionsOf (options: SourceOptions) (topology: LammpsData option) (path: string) (ids: int64[]) : Interactions =
        let bonds = topology |> Option.filter (fun data -> data.Bonds.Length > 0)

        match topology with
        | Some data when data.Ids <> ids -> fail path None (TopologyForOthers(data.Path, data.Ids.Length, ids.Length))
        | _ -> ()

        match bonds, options.Cutoff with
        | Some _, Some _ -> fail path None TwoInteractions
        | None, None -> fail path None NoInteractions
        | None, Some cutoff -> WithinCutoff cutoff
        | Some data, None -> Graph.tryCreate ids.Length data.Bonds |> orFail data.Path None BadGraph |> Bonds

    let private massesOf (options: SourceOptions) (topology: LammpsData option) (path: string) (inFile: float[] option) (atoms: int) =
        match options.Mass, inFile, topology |> Option.bind (fun data -> data.Masses) with
        | Some mass, _, _ -> Array.create atoms mass
        | None, Some masses, _
        | None, None, Some masses -> masses
        | None, None, None -> fail path None NoMassesKnown

    let private structureOf
        (path: string)
        (line: int64 option)
        (periods: float[])
        (interactions: Interactions)
        (ids: int64[])
        (masses: float[])
        : Structure =
        match Structure.tryCreate (Cell.create periods) interactions (ReadOnlySpan<float> masses) with
        | Ok structure -> structure
        | Error(BadMass(body, mass)) -> fail path line (Unexpected($"a mass of {mass} for atom {ids[body]}", "a finite mass above 0"))
        | Error error -> fail path line (BadStructure error)

    /// The periods without those of axes along which nothing extends and nothing moves: LAMMPS calls z periodic in two
    /// dimensions.
    let private periodsOf (periods: float[]) (positions: float[]) (velocities: float[] option) : float[] =
        periods
        |> Array.mapi (fun axis period ->
            let isFlat k = positions[k] = positions[axis] && (velocities |> Option.forall (fun velocities -> velocities[k] = 0.0))

            if Seq.forall isFlat (seq { axis..3 .. positions.Length - 1 }) then
                0.0
            else
                period)

    let private stateOf (path: string) (line: int64 option) (masses: float[]) (positions: float[]) (velocities: float[]) : PhaseState =
        let momenta = velocities |> Array.mapi (fun k v -> masses[k / 3] * v)

        PhaseState.tryCreate masses.Length 3 (ReadOnlySpan<float> positions) (ReadOnlySpan<float> momenta)
        |> orFail path line BadState

    let private unitsOf (options: SourceOptions) (path: string) (frame: DumpFrame) : Units =
        let known = Units.all |> List.map (fun units -> units.Name) |> String.concat ", "

        match options.Units, frame.UnitStyle with
        | Some units, Some style when units.Name <> style ->
            fail path (Some frame.Line) (UnitsUnclear(style, $"{units.Name}, as was asked for"))
        | Some units, _ -> units
        | None, None -> Units.lj
        | None, Some style ->
            match Units.all |> List.tryFind (fun units -> units.Name = style) with
            | Some units -> units
            | None -> fail path (Some frame.Line) (UnitsUnclear(style, $"one of {known}"))

    /// Turns the frames of one file into snapshots; keeps the structure while nothing changes it.
    type private SnapshotMaker(options: SourceOptions, topology: LammpsData option, path: string, first: DumpFrame) =

        let interactions = interactionsOf options topology path first.Ids
        let mutable known: (float[] * float[] * Structure) option = None

        let need (what: string) (columns: string) (frame: DumpFrame) (values: float[] option) : float[] =
            match values with
            | Some values -> values
            | None -> fail path (Some frame.Line) (MissingColumns(columns, what))

        member _.Structure(frame: DumpFrame) : float[] * Structure =
            let masses = massesOf options topology path frame.Masses frame.Ids.Length
            let now = periodsOf frame.Periods frame.Positions frame.Velocities

            match known with
            | Some(before, periods, structure) when before = masses && periods = now -> before, structure
            | _ ->
                let structure = structureOf path (Some frame.Line) now interactions frame.Ids masses
                known <- Some(masses, now, structure)
                masses, structure

        member maker.State(frame: DumpFrame) : Structure * PhaseState * float[] =
            let masses, structure = maker.Structure frame
            let velocities = need "velocities" "vx vy vz" frame frame.Velocities
            structure, stateOf path (Some frame.Line) masses frame.Positions velocities, velocities

        member maker.Snapshot(index: int, frame: DumpFrame) : Snapshot =
            if frame.Ids <> first.Ids then
                fail path (Some frame.Line) (OtherAtoms(index, frame.Ids.Length, first.Ids.Length))

            let structure, state, velocities = maker.State frame
            let factor = (unitsOf options path frame).ForceFactor
            let forces = need "forces" "fx fy fz" frame frame.Forces |> Array.map (fun f -> factor * f)

            match Snapshot.tryCreate structure state (ReadOnlySpan<float> velocities) (ReadOnlySpan<float> forces) with
            | Ok snapshot -> snapshot
            | Error(CoincidentBodies(a, b)) ->
                let found = $"atoms {first.Ids[a]} and {first.Ids[b]} at the same place"
                fail path (Some frame.Line) (Unexpected(found, "interacting atoms at a distance above 0"))
            | Error error -> fail path (Some frame.Line) (BadSnapshot error)

    let private ofFile (options: SourceOptions) (topology: LammpsData option) (path: string) : Result<Snapshot, DataError> seq =
        seq {
            let mutable maker: SnapshotMaker option = None
            let mutable index = 0
            let mutable goingOn = true
            use cursor = (LammpsDump.frames path).GetEnumerator()
            let isPastEnd () = options.LastFrame |> Option.exists (fun last -> index > last)

            while goingOn && not (isPastEnd ()) && cursor.MoveNext() do
                let made =
                    cursor.Current
                    |> Result.bind (fun frame ->
                        DataFile.tryRead path (fun () ->
                            if maker.IsNone then
                                maker <- Some(SnapshotMaker(options, topology, path, frame))

                            if index < options.FirstFrame then
                                None
                            else
                                Some(maker.Value.Snapshot(index, frame))))

                index <- index + 1

                match made with
                | Ok None -> ()
                | Ok(Some snapshot) -> Ok snapshot
                | Error error ->
                    goingOn <- false
                    Error error

            let isMissing = index <= options.FirstFrame || options.LastFrame |> Option.exists (fun last -> index <= last)

            if goingOn && isMissing then
                Error
                    {
                        File = path
                        Line = None
                        Problem = FramesOutOfRange(options.FirstFrame, options.LastFrame, index)
                    }
        }

    /// The snapshots of dumps, one file after another, read anew on each pass and one frame at a time. The frame range holds
    /// for each file. The first error ends them.
    let snapshots (options: SourceOptions) (paths: string list) : Result<Snapshot, DataError> seq =
        seq {
            match DataFile.tryRead (defaultArg options.Topology "") (fun () -> openTopology options) with
            | Error error -> Error error
            | Ok topology ->
                let mutable failed = false

                for path in paths do
                    if not failed then
                        for snapshot in ofFile options topology path do
                            failed <- Result.isError snapshot
                            snapshot
        }

    let private looksLikeDump (path: string) : bool =
        use reader = new LineReader(path)

        match reader.TryNext() with
        | null -> raise (DataException { File = path; Line = None; Problem = EmptyFile })
        | text -> text.StartsWith("ITEM:", StringComparison.Ordinal)

    let private startOfData (options: SourceOptions) (topology: LammpsData option) (path: string) : Structure * PhaseState =
        let data =
            match LammpsData.read path with
            | Ok data -> data
            | Error error -> raise (DataException error)

        let source =
            match topology with
            | None when options.Cutoff.IsNone -> Some data
            | topology -> topology

        let interactions = interactionsOf options source path data.Ids
        let masses = massesOf options source path data.Masses data.Ids.Length

        let velocities =
            match data.Velocities with
            | Some velocities -> velocities
            | None -> fail path None (Truncated "a section Velocities, to start a simulation from")

        // Bonds need no images, since positions are unwrapped; within a cutoff the box is periodic, which is what LAMMPS assumes.
        let periods =
            match interactions with
            | Bonds _ -> Array.zeroCreate 3
            | WithinCutoff _ -> periodsOf data.BoxLengths data.Positions (Some velocities)

        structureOf path None periods interactions data.Ids masses, stateOf path None masses data.Positions velocities

    let private startOfDump (options: SourceOptions) (topology: LammpsData option) (frame: int) (path: string) : Structure * PhaseState =
        let mutable frames = 0
        let mutable found = None
        use cursor = (LammpsDump.frames path).GetEnumerator()

        while frames <= frame && cursor.MoveNext() do
            match cursor.Current with
            | Error error -> raise (DataException error)
            | Ok next ->
                found <- Some next
                frames <- frames + 1

        match found with
        | Some found when frames = frame + 1 ->
            let structure, state, _ = SnapshotMaker(options, topology, path, found).State found
            structure, state
        | _ -> fail path None (FramesOutOfRange(frame, Some frame, frames))

    /// A structure and state to start a simulation from: a frame of a dump (the first by default), or a data file with
    /// velocities, whose own bonds are used where no topology is given.
    let initial (options: SourceOptions) (frame: int option) (path: string) : Result<Structure * PhaseState, DataError> =
        DataFile.tryRead path (fun () ->
            let topology = openTopology options

            match looksLikeDump path, defaultArg frame 0 with
            | true, frame when frame >= 0 -> startOfDump options topology frame path
            | true, frame -> fail path None (FramesOutOfRange(frame, Some frame, 0))
            | false, 0 -> startOfData options topology path
            | false, frame -> fail path None (FramesOutOfRange(frame, Some frame, 1)))
