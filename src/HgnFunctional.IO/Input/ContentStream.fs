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
        IsGzip: bool
    }

    interface IDisposable with
        member content.Dispose() = content.Stream.Dispose()

/// Opening of files by what they hold, whatever they are called.
module internal ContentStream =

    /// The first bytes of a gzip file (RFC 1952, section 2.3.1).
    let private magic: byte[] = [| 0x1fuy; 0x8buy |]

    /// What a pipe hands out can be looked at before it is taken.
    let private peekPipe (file: Stream) : bool * Stream =
        let reader = PipeReader.Create(file, StreamPipeReaderOptions(bufferSize = (1 <<< 16)))
        let read = reader.ReadAtLeastAsync(magic.Length).AsTask().GetAwaiter().GetResult()
        let start = read.Buffer.Start
        let isGzip = read.Buffer.Length >= 2L && read.Buffer.FirstSpan.StartsWith(ReadOnlySpan<byte> magic)
        reader.AdvanceTo(start, start)
        isGzip, reader.AsStream()

    let private peekFile (file: FileStream) : bool * Stream =
        let first = Array.zeroCreate<byte> magic.Length
        let count = file.ReadAtLeast(Span<byte> first, first.Length, throwOnEndOfStream = false)
        file.Position <- 0L
        count = first.Length && first = magic, file

    /// Opens a file for reading and inflates it if its first bytes are those of gzip. Throws what opening a file throws; for a path
    /// that is none, that there is no such file.
    let openRead (path: string) : ContentStream =
        if String.IsNullOrWhiteSpace path || path.Contains '\000' then
            raise (FileNotFoundException())

        let file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read)

        try
            let length = if file.CanSeek then Some file.Length else None
            let isGzip, stream = if file.CanSeek then peekFile file else peekPipe file

            {
                Stream =
                    if isGzip then
                        new GZipStream(stream, CompressionMode.Decompress) :> Stream
                    else
                        stream
                Length = length
                IsGzip = isGzip
            }
        with _ ->
            file.Dispose()
            reraise ()
