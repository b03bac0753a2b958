namespace HgnFunctional.IO

open System
open System.IO
open System.IO.Compression
open System.IO.Pipelines
open HgnFunctional.Space

/// The content of a file that may be compressed.
[<NoEquality; NoComparison>]
type internal ContentStream =
    {
        /// The content, inflated.
        Stream: Stream
        /// Bytes of the file as it lies on the disk; none for a pipe.
        Length: int64 option
        /// Whether the file is compressed.
        IsCompressed: bool
    }

    interface IDisposable with
        member content.Dispose() = content.Stream.Dispose()

/// Opening of files by what they hold, whatever they are called.
module internal ContentStream =

    /// The first bytes of a gzip file (RFC 1952, section 2.3.1), and of one of Zstandard (RFC 8878, section 3.1.1).
    let private gzip, zstandard = [| 0x1fuy; 0x8buy |], [| 0x28uy; 0xb5uy; 0x2fuy; 0xfduy |]

    /// What inflates a file with these first bytes; none where it is not compressed.
    let private inflaterOf (start: ReadOnlySpan<byte>) : (Stream -> Stream) option =
        if start.StartsWith(ReadOnlySpan<byte> gzip) then
            Some(fun stream -> new GZipStream(stream, CompressionMode.Decompress))
        elif start.StartsWith(ReadOnlySpan<byte> zstandard) then
            Some(fun stream -> new ZstdSharp.DecompressionStream(stream, leaveOpen = false))
        else
            None

    /// What a pipe hands out can be looked at before it is taken.
    let private peekPipe (file: Stream) : (Stream -> Stream) option * Stream =
        let reader = PipeReader.Create(file, StreamPipeReaderOptions(bufferSize = (1 <<< 16)))
        let read = reader.ReadAtLeastAsync(zstandard.Length).AsTask().GetAwaiter().GetResult()
        let start = read.Buffer.Start
        let inflater = inflaterOf read.Buffer.FirstSpan
        reader.AdvanceTo(start, start)
        inflater, reader.AsStream()

    let private peekFile (file: FileStream) : (Stream -> Stream) option * Stream =
        let first = Array.zeroCreate<byte> zstandard.Length
        let count = file.ReadAtLeast(Span<byte> first, first.Length, throwOnEndOfStream = false)
        file.Position <- 0L
        inflaterOf (ReadOnlySpan<byte>(first, 0, count)), file

    /// Opens a file for reading and inflates it if its first bytes are those of gzip or Zstandard. Throws what opening a file throws; for a path
    /// that is none, that there is no such file.
    let openRead (path: string) : ContentStream =
        if String.IsNullOrWhiteSpace path || path.Contains '\000' then
            raise (FileNotFoundException())

        let file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read)

        try
            let length = if file.CanSeek then Some file.Length else None
            let inflater, stream = if file.CanSeek then peekFile file else peekPipe file

            {
                Stream =
                    match inflater with
                    | Some inflate -> inflate stream
                    | None -> stream
                Length = length
                IsCompressed = inflater.IsSome
            }
        with _ ->
            file.Dispose()
            reraise ()
