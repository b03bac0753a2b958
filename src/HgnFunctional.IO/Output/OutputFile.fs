namespace HgnFunctional.IO

open System
open System.IO
open System.IO.Compression
open Microsoft.Win32.SafeHandles
open HgnFunctional.Space

/// A text that is written piece by piece. A file is written beside its target as `TARGET.part`, where other programs can read the
/// pieces as they come, and replaces the target when it is complete; a name that ends in .gz asks for gzip. Devices, pipes and
/// standard output get the pieces at once.
[<Sealed>]
type internal OutputFile private (path: string, place: OutputPlace, stream: Stream) =

    /// Letters gathered before they are encoded.
    static let bufferSize = 1 <<< 15

    let writerOn (stream: Stream) : StreamWriter = new StreamWriter(stream, bufferSize = bufferSize, leaveOpen = true, NewLine = "\n")

    let isGzip = place.IsOrdinary && path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)

    /// Never disposed of: after a failure it must not write what is left in it.
    let plain = writerOn stream

    let mutable pieces = 0
    let mutable whole = 0L

    /// Each piece is a gzip member of its own (RFC 1952, section 2.2), so that what is there of the file is valid at any time.
    let appendMember (fill: TextWriter -> unit) : unit =
        use zip = new GZipStream(stream, CompressionLevel.Optimal, leaveOpen = true)
        use writer = writerOn zip
        fill writer

    let append (fill: unit -> unit) : unit =
        try
            fill ()
            stream.Flush()
        // So .NET says that the file system has no larger files (EFBIG).
        with :? ArgumentOutOfRangeException as error ->
            raise (IOException("it would be larger than the file system allows", error))

        pieces <- pieces + 1

        if place.IsOrdinary then
            whole <- stream.Position

    let partOf (target: string) : string =
        let shown = OutputPath.partOf path
        let part = OutputPath.partOf target
        if Path.GetFullPath shown = part then shown else part

    /// Leaves the name of the part before it lets another writer in. Windows renames only what is closed.
    let finish (leave: unit -> unit) : unit =
        if OperatingSystem.IsWindows() then
            stream.Dispose()
            leave ()
        else
            try
                leave ()
            finally
                stream.Dispose()

    static let openExisting (path: string) : Stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0)

    /// One writer at a time: another one is refused by the system. One that finished in between took the file away.
    static let rec openPart (target: string) : Stream =
        let part = OutputPath.partOf target

        let options =
            FileStreamOptions(Mode = FileMode.OpenOrCreate, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0)

        let mode =
            if OperatingSystem.IsWindows() || not (File.Exists target) then
                None
            else
                Some(File.GetUnixFileMode target)

        mode |> Option.iter (fun mode -> options.UnixCreateMode <- Nullable mode)
        let file = new FileStream(part, options)

        try
            if File.Exists part then
                file.SetLength 0L
                mode |> Option.iter (fun mode -> File.SetUnixFileMode(file.SafeFileHandle, mode))
                file
            else
                file.Dispose()
                openPart target
        with _ ->
            file.Dispose()
            reraise ()

    static let openPlace (path: string) (place: OutputPlace) : Result<Stream, DataError> =
        match place with
        | StandardOutput -> Ok(Console.OpenStandardOutput())
        | Descriptor 2 -> Ok(Console.OpenStandardError())
        | Descriptor number -> Ok(new FileStream(new SafeFileHandle(nativeint number, false), FileAccess.Write, 0))
        | Device device -> Ok(openExisting device)
        | Ordinary target ->
            // A link or a pipe there would lead the text astray.
            match OutputPath.placeOf (OutputPath.partOf target) with
            | Ok(Ordinary part) when part = OutputPath.partOf target -> Ok(openPart target)
            | _ ->
                let reason = $"{OutputPath.partOf target}, under which it is written first, is no ordinary file; expected that or nothing"
                Error { File = path; Line = None; Problem = CannotWrite reason }

    /// Opens a path for writing.
    static member Open(path: string) : Result<OutputFile, DataError> =
        OutputPath.placeOf path
        |> Result.bind (fun place ->
            OutputPath.guard path (fun () -> openPlace path place |> Result.map (fun stream -> OutputFile(path, place, stream))))

    /// Writes a piece and hands it to the system.
    member _.Append(fill: TextWriter -> unit) : unit =
        append (fun () ->
            if isGzip then
                appendMember fill
            else
                fill plain
                plain.Flush())

    /// Writes a piece that is no text, which is never compressed.
    member _.AppendBytes(fill: Stream -> unit) : unit = append (fun () -> fill stream)

    /// Makes sure that all is on the disk, and replaces the target.
    member _.Complete() : unit =
        match place, stream with
        | Ordinary target, (:? FileStream as file) ->
            file.Flush true
            finish (fun () -> File.Move(OutputPath.partOf target, target, true))
        | _ -> stream.Dispose()

    /// Leaves the target as it was, and nothing beside it.
    member _.Discard() : unit =
        match place with
        | Ordinary target -> finish (fun () -> File.Delete(OutputPath.partOf target))
        | _ -> stream.Dispose()

    /// Leaves the target as it was, and the whole pieces beside it in the file whose path is returned; nothing if there are none.
    member file.Keep() : string option =
        match place with
        | Ordinary target when pieces > 0 ->
            try
                // It is closed already where replacing the target is what failed.
                if stream.CanWrite then
                    stream.SetLength whole
            with :? IOException ->
                ()

            stream.Dispose()
            Some(partOf target)
        | _ ->
            file.Discard()
            None
