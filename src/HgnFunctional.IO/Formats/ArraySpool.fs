namespace HgnFunctional.IO

open System
open System.IO
open System.Runtime.InteropServices

/// Entries of an array that is to be written.
[<NoEquality; NoComparison>]
type internal SpooledEntries =
    /// Numbers, which fill a stream as eight bytes each.
    | SpooledNumbers of (Stream -> unit)
    | SpooledWholes of int64[]
    | SpooledTexts of string[]

/// An array that is to be written, with the name that the npz format has for it.
[<NoEquality; NoComparison>]
type internal SpooledArray = { Name: string; Shape: int64[]; Entries: SpooledEntries }

/// Numbers of each frame. As long as they are the same in all frames, once is enough; others go to a file beside the target.
[<Sealed>]
type private SpooledSeries(name: string, sizes: int64[], createFile: unit -> Stream) =

    let mutable first: float[] = [||]
    let mutable frames = 0L
    let mutable file: Stream option = None

    let write (stream: Stream) (values: float[]) : unit = stream.Write(MemoryMarshal.AsBytes(ReadOnlySpan<float> values))

    member _.Add(values: float[]) : unit =
        if frames = 0L then
            first <- values

        match file with
        | Some stream -> write stream values
        | None when MemoryMarshal.AsBytes(ReadOnlySpan<float> values).SequenceEqual(MemoryMarshal.AsBytes(ReadOnlySpan<float> first)) -> ()
        | None ->
            let stream = createFile ()
            file <- Some stream

            for _ in 1L .. frames do
                write stream first

            write stream values

        frames <- frames + 1L

    /// The array; `isOfFrames` asks for all frames, though they are the same.
    member _.ToArray(isOfFrames: bool) : SpooledArray =
        let fill (stream: Stream) =
            match file with
            | Some file ->
                file.Position <- 0L
                file.CopyTo stream
            | None ->
                for _ in 1L .. (if isOfFrames then frames else 1L) do
                    write stream first

        let isLong = isOfFrames || file.IsSome

        {
            Name = name
            Shape = (if isLong then Array.append [| frames |] sizes else sizes)
            Entries = SpooledNumbers fill
        }

    interface IDisposable with
        member _.Dispose() = file |> Option.iter _.Dispose()

/// Gathers frames for formats that hold an array of each quantity, and must know how many frames there are before they write one.
[<Sealed>]
type internal ArraySpool(format: string, target: string) =

    let folder =
        match Path.GetDirectoryName target with
        | null
        | "" -> "."
        | folder -> folder

    let createFile () : Stream =
        let options =
            FileStreamOptions(
                Mode = FileMode.CreateNew,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                Options = FileOptions.DeleteOnClose
            )

        // A pipe or a device has no place beside it.
        let place =
            if Directory.Exists folder && not (folder.StartsWith "/dev") then
                folder
            else
                Path.GetTempPath()

        new FileStream(Path.Combine(place, $"{Path.GetRandomFileName()}.part"), options)

    let series = System.Collections.Generic.Dictionary<string, SpooledSeries>()
    let mutable first: FileFrame option = None
    let mutable parts = Set.empty
    let mutable frames = 0
    let steps, times, energies, groups = ResizeArray<int64>(), ResizeArray<float>(), ResizeArray<float>(), ResizeArray<string>()

    let refuse (reason: string) : unit =
        let text = $"the format {format} holds frames that are alike, and frame {frames} {reason}; expected what the first has"
        raise (DataException { File = target; Line = None; Problem = CannotWrite text })

    // Steps and groups are told apart by no part of a frame.
    let partsOf (frame: FileFrame) : Set<FramePart> = FramePart.ofFrame frame - set [ Steps; Groups ]

    let requireAlike (before: FileFrame) (frame: FileFrame) : unit =
        if frame.Ids <> before.Ids then
            refuse $"has {frame.Ids.Length} atoms that are not the {before.Ids.Length} of the first"

        let other = partsOf frame

        if other <> parts then
            let differing = (other - parts) + (parts - other) |> Seq.map string |> String.concat " and "
            refuse $"differs in whether it has {differing}"

        for what, isSame in
            [
                "types", frame.Types = before.Types
                "elements", frame.Elements = before.Elements
                "bonds", frame.Bonds = before.Bonds
                "units", frame.UnitStyle = before.UnitStyle
                "boundaries", frame.Boundaries = before.Boundaries
            ] do
            if not isSame then
                refuse $"has other {what}"

    let add (name: string) (sizes: int64[]) (values: float[] option) : unit =
        match values with
        | None -> ()
        | Some values ->
            match series.TryGetValue name with
            | true, known -> known.Add values
            | _ ->
                let spooled = new SpooledSeries(name, sizes, createFile)
                series[name] <- spooled
                spooled.Add values

    /// Takes a frame.
    member _.Add(frame: FileFrame) : unit =
        match first with
        | Some before -> requireAlike before frame
        | None ->
            first <- Some frame
            parts <- partsOf frame

        let atoms = int64 frame.Ids.Length
        add "positions" [| atoms; 3L |] (Some frame.Positions)
        add "velocities" [| atoms; 3L |] frame.Velocities
        add "forces" [| atoms; 3L |] frame.Forces
        add "masses" [| atoms |] frame.Masses
        add "charges" [| atoms |] frame.Charges

        if parts.Contains Cells then
            let corner, vectors = Lattice.ofFrame frame
            add "cell" [| 3L; 3L |] (Some vectors)
            add "origin" [| 3L |] (Some corner)

        steps.Add frame.Timestep
        Option.iter times.Add frame.Time
        Option.iter energies.Add frame.Energy
        groups.Add frame.Group
        frames <- frames + 1

    /// A file that is gone when it is closed.
    member _.CreateFile() : Stream = createFile ()

    /// Number of frames.
    member _.Frames: int = frames

    /// The first frame.
    member _.First: FileFrame = first.Value

    /// The arrays of all frames, positions first; none before any frame came.
    member _.Arrays: SpooledArray list =
        let numbers (name: string) (values: ResizeArray<float>) : SpooledArray =
            let fill (stream: Stream) = stream.Write(MemoryMarshal.AsBytes(ReadOnlySpan<float>(values.ToArray())))
            { Name = name; Shape = [| int64 values.Count |]; Entries = SpooledNumbers fill }

        let wholes name (values: int64[]) = { Name = name; Shape = [| int64 values.Length |]; Entries = SpooledWholes values }
        let texts name (values: string[]) = { Name = name; Shape = [| int64 values.Length |]; Entries = SpooledTexts values }

        /// Types are whole numbers throughout, or names.
        let names name (values: string[]) =
            let numbers = values |> Array.map Words.tryInteger

            if
                numbers |> Array.forall _.IsSome
                && Array.forall2 (fun (number: int64 voption) text -> string number.Value = text) numbers values
            then
                wholes name (numbers |> Array.map _.Value)
            else
                texts name values

        match first with
        | None -> []
        | Some first ->
            [
                for entry in series do
                    entry.Value.ToArray((entry.Key = "positions"))
                wholes "ids" first.Ids
                wholes "timestep" (steps.ToArray())
                if times.Count > 0 then
                    numbers "time" times
                if energies.Count > 0 then
                    numbers "energy" energies
                if groups |> Seq.exists ((<>) "") then
                    texts "group" (groups.ToArray())
                match first.Types with
                | Some types -> names "types" types
                | None -> ()
                match first.Elements with
                | Some elements -> texts "species" elements
                | None -> ()
                match first.UnitStyle with
                | Some units -> { Name = "units"; Shape = [||]; Entries = SpooledTexts [| units |] }
                | None -> ()
                texts "boundary" first.Boundaries
                match first.Bonds with
                | Some bonds ->
                    let ends = bonds |> Array.collect (fun (struct (a, b, _)) -> [| int64 a; int64 b |])
                    { Name = "edges"; Shape = [| int64 bonds.Length; 2L |]; Entries = SpooledWholes ends }

                    // Types that nobody named are "".
                    if bonds |> Array.exists (fun (struct (_, _, kind)) -> kind <> "") then
                        names "edge_types" (bonds |> Array.map (fun (struct (_, _, kind)) -> kind))
                | None -> ()
            ]

    interface IDisposable with
        member _.Dispose() = series.Values |> Seq.iter (fun spooled -> (spooled :> IDisposable).Dispose())

/// Frames that are gathered first, and written when all are there; nothing is kept of those that end early.
[<Sealed>]
type internal SpoolSink(file: OutputFile, spool: ArraySpool, write: ArraySpool -> OutputFile -> unit) =

    let dispose () = (spool :> IDisposable).Dispose()

    /// Opens a path.
    static member Open (format: string) (write: ArraySpool -> OutputFile -> unit) (path: string) : Result<FrameSink, DataError> =
        if path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) then
            Error
                {
                    File = path
                    Line = None
                    Problem = CannotWrite $"the format {format} is not compressed once more; expected a name without .gz"
                }
        else
            OutputFile.Open path |> Result.map (fun file -> SpoolSink(file, new ArraySpool(format, path), write) :> FrameSink)

    interface FrameSink with
        member _.Add(frame: FileFrame) : unit = spool.Add frame

        member _.Complete() : unit =
            try
                if spool.Frames = 0 then
                    raise (IOException "there are no frames to write; expected some")

                write spool file
                file.Complete()
            finally
                dispose ()

        member _.Keep() : string option =
            dispose ()
            file.Discard()
            None
