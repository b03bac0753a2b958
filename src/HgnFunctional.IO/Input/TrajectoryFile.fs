namespace HgnFunctional.IO

open System
open HgnFunctional
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Models

/// Snapshots and starts from LAMMPS files.
[<RequireQualifiedAccess>]
module TrajectoryFile =

    /// Options that read whole files and leave all else to them.
    let private plain: SourceOptions =
        {
            Topology = None
            AtomStyle = None
            Reach = None
            Alone = false
            Bonds = true
            Mass = None
            Units = None
            Periodic = None
            Pinned = []
            HoldsStill = true
            TimeStep = None
            Compares = false
            Keys = Extxyz.anyKeys
            FirstFrame = 0
            LastFrame = None
        }

    /// Options that read whole files with the given topology.
    let bondsOf (topology: string) : SourceOptions = { plain with Topology = Some topology }

    /// Options that read whole files with pairs within a cutoff, whatever bonds they name.
    let within (cutoff: float) : SourceOptions = { plain with Reach = Some(Reach.within cutoff); Bonds = false }

    /// Options that read whole files with the given topology and pairs within a cutoff.
    let bondsAndWithin (topology: string) (cutoff: float) : SourceOptions = { bondsOf topology with Reach = Some(Reach.within cutoff) }

    let private readData (options: SourceOptions) (path: string) : LammpsData =
        LammpsData.readOfStyle options.AtomStyle path |> FileBodies.orRaise

    let private openTopology (options: SourceOptions) : LammpsData option = options.Topology |> Option.map (readData options)

    /// The first pairs of frames of a file, watched for what they tell of its units.
    [<Sealed>]
    type private UnitsWatch(maker: SnapshotMaker) =

        let mutable before: FileFrame option = None
        let mutable motions: Motion list = []
        let mutable seen = 0

        /// Whether enough was seen.
        member _.IsDone: bool = seen > Motion.pairs

        /// Takes the next frame.
        member watch.Add(frame: FileFrame) : unit =
            if not watch.IsDone then
                match before with
                | Some earlier -> motions <- Option.toList (Motion.tryCompare (maker.Masses frame) earlier frame) @ motions
                | None -> ()

                before <- Some frame
                seen <- seen + 1

        member _.Verdict: UnitsVerdict = Motion.judge maker.Units motions

        /// Stops where the frames say that the units are others.
        member watch.Require(path: string) : unit =
            match watch.Verdict with
            | OtherStyle(ratio, fitting) -> FileBodies.fail path None (UnitsContradicted(maker.Units.Name, ratio, fitting.Name))
            | _ -> ()

    let private ofFile (options: SourceOptions) (topology: LammpsData option) (path: string) : Result<Snapshot, DataError> seq =
        seq {
            let mutable opened: (SnapshotMaker * UnitsWatch) option = None
            let mutable index = 0
            let mutable goingOn = true
            use cursor = (FrameFormat.frames options.Keys path).GetEnumerator()
            let isPastEnd () = options.LastFrame |> Option.exists (fun last -> index > last)

            let take (frame: FileFrame) : Snapshot option =
                let maker, watch =
                    match opened with
                    | Some pair -> pair
                    | None ->
                        let maker = SnapshotMaker(options, topology, path, frame)
                        maker, UnitsWatch maker

                opened <- Some(maker, watch)

                if index < options.FirstFrame then
                    None
                else
                    let snapshot = maker.Snapshot(index, frame)

                    if not watch.IsDone then
                        watch.Add frame

                        if watch.IsDone then
                            watch.Require path

                    Some snapshot

            while goingOn && not (isPastEnd ()) && cursor.MoveNext() do
                let made = cursor.Current |> Result.bind (fun frame -> DataFile.tryRead path (fun () -> take frame))
                index <- index + 1

                match made with
                | Ok None -> ()
                | Ok(Some snapshot) -> Ok snapshot
                | Error error ->
                    goingOn <- false
                    Error error

            let isMissing = index <= options.FirstFrame || options.LastFrame |> Option.exists (fun last -> index <= last)

            if goingOn && isMissing then
                let problem = FramesOutOfRange(options.FirstFrame, options.LastFrame, index)
                Error { File = path; Line = None; Problem = problem }
            elif goingOn then
                match DataFile.tryRead path (fun () -> opened |> Option.iter (fun (_, watch) -> watch.Require path)) with
                | Ok() -> ()
                | Error error -> Error error
        }

    /// The snapshots of dumps, one file after another, read anew on each pass and one frame at a time. The frame range holds
    /// for each file. All files must be in the same units. The first error ends them; that frames contradict the units is
    /// found after the first few.
    let snapshots (options: SourceOptions) (paths: string list) : Result<Snapshot, DataError> seq =
        let mutable passes = 0

        seq {
            passes <- passes + 1

            match DataFile.tryRead (defaultArg options.Topology "") (fun () -> openTopology options) with
            | Error error -> Error error
            | Ok topology ->
                let mutable failed = false
                let mutable units: (string * string) option = None

                /// Stops where a file is in other units than the first.
                let check (path: string) (snapshot: Snapshot) : Result<Snapshot, DataError> =
                    match units, snapshot.Structure.Labels |> Option.bind _.Units with
                    | Some(first, style), Some other when other <> style ->
                        Error { File = path; Line = None; Problem = UnitsUnclear(other, $"{style}, as {first} has") }
                    | None, Some style ->
                        units <- Some(path, style)
                        Ok snapshot
                    | _ -> Ok snapshot

                for path in paths do
                    if not failed && passes > 1 && Devices.isDevice path then
                        failed <- true
                        Error { File = path; Line = None; Problem = NotRepeatable }
                    elif not failed then
                        for snapshot in ofFile options topology path do
                            let checked' = snapshot |> Result.bind (check path)

                            if not failed then
                                failed <- Result.isError checked'
                                checked'
        }

    let private framesIn (options: SourceOptions) (path: string) : FileFrame seq =
        FrameFormat.frames options.Keys path
        |> Seq.truncate (options.FirstFrame + Motion.pairs + 1)
        |> Seq.truncate (1 + defaultArg options.LastFrame (Int32.MaxValue - 1))
        |> Seq.map FileBodies.orRaise
        |> Seq.skip options.FirstFrame

    let private examineFile (options: SourceOptions) (topology: LammpsData option) (path: string) : Warning list =
        let mutable opened: (SnapshotMaker * UnitsWatch) option = None

        for frame in Seq.truncate (Motion.pairs + 1) (framesIn options path) do
            let maker, watch =
                opened
                |> Option.defaultWith (fun () ->
                    let maker = SnapshotMaker(options, topology, path, frame)
                    maker, UnitsWatch maker)

            watch.Add frame
            opened <- Some(maker, watch)

        match opened with
        | None -> []
        | Some(maker, watch) ->
            match watch.Verdict with
            | OutOfScale ratio -> [ ForcesOutOfScale(path, ratio) ]
            | Unmeasured when not maker.NamesUnits -> [ UnitsAssumed(path, maker.Units.Name) ]
            | _ -> []

    /// Looks at the first frames of dumps, as `snapshots` will read them, and tells what had to be assumed; pipes, which can be
    /// read once, are not looked at. What is wrong with the files is left to those who read them.
    let examine (options: SourceOptions) (paths: string list) : Warning list =
        let look (path: string) =
            DataFile.tryRead path (fun () ->
                if Devices.isDevice path then
                    []
                else
                    examineFile options (openTopology options) path)

        paths |> List.collect (look >> Result.defaultValue [])

    let private startOfData (options: SourceOptions) (topology: LammpsData option) (path: string) : Start =
        let data = readData options path

        let source =
            match topology with
            | None when options.Bonds -> Some data
            | topology -> topology

        let relations = FileBodies.relationsOf options source path data.Ids None
        let masses = FileBodies.massesOf options source path None data.Ids data.Masses
        let types = data.Types |> Array.map string
        FileBodies.requireSameTypes source path None data.Ids (Some types)

        let velocities =
            match data.Velocities with
            | Some velocities -> velocities
            | None -> FileBodies.fail path None (Truncated "a section Velocities, to start a simulation from")

        let isPeriodic, crossing =
            match options.Periodic, relations.Bonds with
            | Some(x, y, z), Some _ ->
                BondImages.requireNearest { data with Bonds = source.Value.Bonds } [| x; y; z |]
                [| x; y; z |], 0
            | Some(x, y, z), None -> [| x; y; z |], 0
            | None, _ when relations.Reach.IsSome -> FileBodies.fail path None NoBoundary
            | None, _ -> BondImages.decide { data with Bonds = source.Value.Bonds }

        let units = FileBodies.unitsOf options path None data.UnitStyle
        let flat = FileBodies.isFlat data.Positions (Some velocities)

        let labels =
            { Labels.ofIds data.Ids with
                Units = units |> Option.map _.Name
                NamesUnits = data.UnitStyle.IsSome
            }
            |> FileBodies.withTopology source

        let axes = FileBodies.axesOf data.Low data.High data.Tilts (fun axis -> isPeriodic[axis]) (fun _ -> true) flat
        let crossed = [ 0; 1; 2 ] |> List.filter (fun axis -> isPeriodic[axis]) |> List.map BondImages.axisName

        {
            Structure =
                FileBodies.structureOf
                    path
                    None
                    axes
                    data.Tilts
                    relations
                    (Some types)
                    (FileBodies.chargesOf source data.Charges)
                    labels
                    masses
                |> Structure.withPinned (FileBodies.pinnedOf options path data.Ids (Some types))
            State = FileBodies.stateOf path None masses data.Positions velocities
            Warnings =
                [
                    if crossing > 0 then
                        ImagesTaken(path, crossing, String.concat ", " crossed)

                    if not options.Bonds && data.Bonds.Length > 0 then
                        BondsIgnored(path, data.Bonds.Length)
                ]
        }

    /// Frames that are looked at for what never moves in a start.
    let private mostForPins = 64

    /// The coordinates that never move in the first frames of a dump, and are where a start has them.
    let private heldIn (options: SourceOptions) (topology: LammpsData option) (path: string) (start: PhaseState) : bool[] =
        let finder = Data.PinFinder()
        let mutable opened: SnapshotMaker option = None
        let mutable seen = 0

        if Devices.isDevice path || not options.HoldsStill then
            [||]
        else
            use cursor = (FrameFormat.frames options.Keys path).GetEnumerator()

            while seen < mostForPins && (seen < 2 || not finder.IsSettled) && cursor.MoveNext() do
                match cursor.Current with
                | Ok frame when frame.Velocities.IsSome && (opened.IsNone || frame.Ids.Length * start.Dimension = start.Positions.Length) ->
                    let maker = opened |> Option.defaultWith (fun () -> SnapshotMaker(options, topology, path, frame))
                    opened <- Some maker
                    let _, state, velocities = maker.State frame
                    finder.Add(path, state, ReadOnlySpan<float> velocities, ReadOnlySpan<float>.Empty)
                    seen <- seen + 1
                // What is wrong beyond the start is no one's concern here.
                | _ -> seen <- mostForPins

            match finder.PinsOf path with
            | pins when pins.Length = start.Positions.Length -> pins
            | _ -> [||]

    let private startOfDump (options: SourceOptions) (topology: LammpsData option) (frame: int) (path: string) : Start =
        let mutable frames = 0
        let mutable found = None
        use cursor = (FrameFormat.frames options.Keys path).GetEnumerator()

        while frames <= frame && cursor.MoveNext() do
            match cursor.Current with
            | Error error -> raise (DataException error)
            | Ok next ->
                found <- Some next
                frames <- frames + 1

        match found with
        | Some found when frames = frame + 1 ->
            let structure, state, _ = SnapshotMaker(options, topology, path, found).State found

            match heldIn options topology path state with
            | [||] -> { Structure = structure; State = state; Warnings = [] }
            | pins ->
                let before = structure.Pins.ToArray()
                let all = if before.Length = 0 then pins else Array.map2 (||) before pins
                let held = Structure.tryWithPins (ReadOnlySpan<bool> all) structure |> Result.defaultValue structure
                { Structure = held; State = state; Warnings = [ Held(path, held.PinnedBodies, structure.Bodies) ] }
        | _ -> FileBodies.fail path None (FramesOutOfRange(frame, Some frame, frames))

    /// A structure and state to start a simulation from: a frame of a dump (the first by default), or a data file with
    /// velocities, whose own bonds are used where no topology is given. A data file does not say which axes are periodic: with
    /// a cutoff the options must; bonds that cross a boundary are recognised by their lengths, and refused where these do not
    /// tell.
    let initial (options: SourceOptions) (frame: int option) (path: string) : Result<Start, DataError> =
        DataFile.tryRead path (fun () ->
            let topology = openTopology options

            match FileKind.ofFile path |> Result.map _.IsTrajectoryKind |> FileBodies.orRaise, defaultArg frame 0 with
            | true, frame when frame >= 0 -> startOfDump options topology frame path
            | true, frame -> FileBodies.fail path None (FramesOutOfRange(frame, Some frame, 0))
            | false, 0 -> startOfData options topology path
            | false, frame -> FileBodies.fail path None (FramesOutOfRange(frame, Some frame, 1)))
