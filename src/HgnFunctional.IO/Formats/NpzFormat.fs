namespace HgnFunctional.IO

open System
open System.IO
open System.IO.Compression

/// A stream that is checked at its end: the zip format has a checksum of each entry (CRC-32), which .NET does not look at.
[<Sealed>]
type private CheckedStream(path: string, name: string, entry: Stream, expected: uint32) =
    inherit Stream()

    static let table: uint32[] =
        Array.init 256 (fun index ->
            Seq.fold
                (fun value _ -> if value &&& 1u = 1u then 0xEDB88320u ^^^ (value >>> 1) else value >>> 1)
                (uint32 index)
                (seq { 1..8 }))

    let mutable sum = UInt32.MaxValue

    override _.Read(buffer: byte[], offset: int, count: int) : int =
        let got = entry.Read(buffer, offset, count)

        for k in offset .. offset + got - 1 do
            sum <- table[int ((sum ^^^ uint32 buffer[k]) &&& 255u)] ^^^ (sum >>> 8)

        if got = 0 && count > 0 && ~~~sum <> expected then
            raise (DataException { File = path; Line = None; Problem = BadArray(name, "damaged", "what its checksum says") })

        got

    override _.CanRead = true
    override _.CanSeek = false
    override _.CanWrite = false
    override _.Length = raise (NotSupportedException())

    override _.Position
        with get () = raise (NotSupportedException())
        and set _ = raise (NotSupportedException())

    override _.Flush() = ()
    override _.Seek(_, _) = raise (NotSupportedException())
    override _.SetLength _ = raise (NotSupportedException())
    override _.Write(_, _, _) = raise (NotSupportedException())

/// Arrays of NumPy in a zip file, as `numpy.savez` and `numpy.savez_compressed` write them.
[<RequireQualifiedAccess>]
module internal NpzFormat =

    /// The first bytes of a zip file with an entry.
    let private magic: byte[] = [| byte 'P'; byte 'K'; 3uy; 4uy |]

    /// Deflate gains no more than 1032.
    let private mostInflated = 1040L

    /// The arrays of a file.
    [<Sealed>]
    type private NpzSource(path: string) =

        let fail (problem: DataProblem) : 'result = raise (DataException { File = path; Line = None; Problem = problem })
        let file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read)

        let archive =
            try
                let start = Array.zeroCreate<byte> magic.Length
                file.ReadAtLeast(Span<byte> start, start.Length, throwOnEndOfStream = false) |> ignore

                if start <> magic then
                    fail (Unexpected("another beginning than that of a zip file", "npz as NumPy writes it, not compressed once more"))

                new ZipArchive(file, ZipArchiveMode.Read)
            with _ ->
                file.Dispose()
                reraise ()

        let openEntry (name: string) : IArrayReader option =
            match archive.Entries |> Seq.filter (fun entry -> entry.FullName = name + ".npy") |> List.ofSeq with
            | [] -> None
            | [ entry ] ->
                if entry.Length < 0L || entry.Length / mostInflated > entry.CompressedLength || entry.CompressedLength > file.Length then
                    fail (BadArray(name, $"{entry.Length} bytes out of {entry.CompressedLength}", "no more than a file can hold"))

                Some(NpyReader(path, name, new CheckedStream(path, name, entry.Open(), entry.Crc32), entry.Length))
            | _ -> fail (BadArray(name, "two arrays", "each name once"))

        interface IArraySource with
            member _.TryOpen(name: string) : IArrayReader option = openEntry name

            member _.Dispose() : unit = archive.Dispose()

    let private frames (path: string) : Result<FileFrame, DataError> seq =
        FrameSequence.ofReader path (fun () -> new ArrayFrames(path, new NpzSource(path))) (fun reader _ -> reader.TryNext())

    /// The same frames give the same bytes: entries have no time of their own.
    let private noTime = DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero)

    let private write (spool: ArraySpool) (file: OutputFile) : unit =
        file.AppendBytes(fun stream ->
            use archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen = true)

            for array in spool.Arrays do
                let entry = archive.CreateEntry(array.Name + ".npy", CompressionLevel.NoCompression)
                entry.LastWriteTime <- noTime
                use content = entry.Open()

                match array.Entries with
                | SpooledNumbers fill -> NpyWriter.writeNumbers content array.Shape fill
                | SpooledWholes values -> NpyWriter.writeWholes content array.Shape values
                | SpooledTexts texts -> NpyWriter.writeTexts content array.Shape texts)

    let format: FrameFormat =
        {
            Name = "npz"
            IsLike = fun start -> start.Bytes.StartsWith(ReadOnlySpan<byte> magic)
            Frames = fun _ path -> frames path
            Writing =
                Some
                    {
                        Extensions = [ ".npz" ]
                        Holds = Set.ofList FramePart.all - set [ Virials ]
                        Open = SpoolSink.Open "npz" write
                    }
        }
