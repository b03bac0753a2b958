namespace HgnFunctional.IO

open System
open System.Buffers.Binary
open System.Globalization
open System.IO
open System.Runtime.InteropServices
open System.Text
open System.Text.RegularExpressions

/// Writes arrays as NumPy does (NEP 1), little-endian and row by row.
[<RequireQualifiedAccess>]
module internal NpyWriter =

    let magic: byte[] = [| 0x93uy; byte 'N'; byte 'U'; byte 'M'; byte 'P'; byte 'Y' |]

    let private writeHeader (stream: Stream) (kind: string) (shape: int64[]) : unit =
        let sizes = shape |> Array.map (fun size -> size.ToString CultureInfo.InvariantCulture + ",") |> String.concat " "
        let sizes = if shape.Length > 1 then sizes.TrimEnd ',' else sizes
        let text = $"{{'descr': '{kind}', 'fortran_order': False, 'shape': ({sizes}), }}"
        // Magic, version and length take ten bytes; all together is a multiple of 64.
        let padded = text.PadRight((text.Length + 1 + 10 + 63) / 64 * 64 - 11) + "\n"
        stream.Write(ReadOnlySpan<byte> magic)
        stream.Write(ReadOnlySpan<byte> [| 1uy; 0uy; byte (padded.Length % 256); byte (padded.Length / 256) |])
        stream.Write(ReadOnlySpan<byte>(Encoding.ASCII.GetBytes padded))

    /// Numbers, in pieces as they come.
    let writeNumbers (stream: Stream) (shape: int64[]) (fill: Stream -> unit) : unit =
        writeHeader stream "<f8" shape
        fill stream

    let writeWholes (stream: Stream) (shape: int64[]) (values: int64[]) : unit =
        writeHeader stream "<i8" shape
        stream.Write(MemoryMarshal.AsBytes(ReadOnlySpan<int64> values))

    /// Texts of four bytes a letter, all as long as the longest.
    let writeTexts (stream: Stream) (shape: int64[]) (texts: string[]) : unit =
        let letters (text: string) = Encoding.UTF32.GetBytes text
        let longest = texts |> Array.fold (fun longest text -> max longest ((letters text).Length / 4)) 1
        writeHeader stream $"<U{longest}" shape

        for text in texts do
            let bytes = letters text
            stream.Write(ReadOnlySpan<byte> bytes)
            stream.Write(ReadOnlySpan<byte>(Array.zeroCreate<byte>(4 * longest - bytes.Length)))

/// Reads an array of NumPy from a stream, whose length is known before it is read.
[<Sealed>]
type internal NpyReader(path: string, name: string, stream: Stream, length: int64) =

    let fail (problem: DataProblem) : 'result = raise (DataException { File = path; Line = None; Problem = problem })

    let read (count: int) : byte[] =
        let bytes = Array.zeroCreate<byte> count

        if stream.ReadAtLeast(Span<byte> bytes, count, throwOnEndOfStream = false) < count then
            fail (BadArray(name, "an array that ends too soon", "as many entries as its shape says"))

        bytes

    let headerLength, header =
        if length < 12L then
            fail (BadArray(name, $"{length} bytes", "an array of NumPy"))

        let start = read 8

        if not (start.AsSpan().StartsWith(ReadOnlySpan<byte> NpyWriter.magic)) then
            fail (BadArray(name, "something else", "an array of NumPy, which begins with its name"))

        let ofLength, size =
            match start[6] with
            | 1uy -> 2, int64 (BinaryPrimitives.ReadUInt16LittleEndian(ReadOnlySpan<byte>(read 2)))
            | 2uy
            | 3uy -> 4, int64 (BinaryPrimitives.ReadUInt32LittleEndian(ReadOnlySpan<byte>(read 4)))
            | version -> fail (BadArray(name, $"version {version} of the format", "version 1, 2 or 3"))

        // NumPy itself has no longer ones.
        if size > 65535L || size > length then
            fail (BadArray(name, $"a header of {size} bytes", "one of 65535 bytes at most"))

        8L + int64 ofLength + size, Encoding.Latin1.GetString(read (int size))

    let entry (pattern: string) : string =
        let found = Regex.Match(header, pattern, RegexOptions.CultureInvariant)

        if not found.Success then
            fail (BadArray(name, $"a header '{Words.quote header}'", "descr, fortran_order and shape of a plain array"))

        found.Groups[1].Value

    let kind = entry "'descr': *'([^']*)'"

    let shape =
        entry @"'shape': *\(([0-9, L]*)\)"
        |> _.Split([| ','; ' '; 'L' |], StringSplitOptions.RemoveEmptyEntries)
        |> Array.map (fun word ->
            match Words.tryInteger word with
            | ValueSome size -> size
            | ValueNone -> fail (BadArray(name, $"a size of {Words.quote word}", "sizes that a file can hold")))

    let isBig = kind.StartsWith '>'

    let arrayKind, size =
        let plain = kind.TrimStart([| '<'; '>'; '|'; '=' |])

        let width =
            match Words.tryInteger (if plain.Length > 1 then plain.Substring 1 else "") with
            | ValueSome width when width >= 1L && width <= 1_000_000L -> int width
            | _ -> 0

        match (if plain.Length > 0 then plain[0] else ' '), width with
        | 'f', (4 | 8) -> Numbers, width
        | ('i' | 'u'), (1 | 2 | 4 | 8)
        | 'b', 1 -> Wholes, width
        | 'U', width when width > 0 -> Texts, 4 * width
        | 'S', width when width > 0 -> Texts, width
        | _ -> fail (BadArray(name, $"entries of kind '{Words.quote kind}'", "numbers of 4 or 8 bytes, whole numbers, or texts"))

    let letter = kind.TrimStart([| '<'; '>'; '|'; '=' |])[0]

    do
        // Arrays of one row or column lie the same in both orders.
        if entry "'fortran_order': *(True|False)" = "True" && (shape |> Array.filter (fun size -> size > 1L)).Length > 1 then
            fail (BadArray(name, "an array in the order of Fortran", "the order of C (numpy.ascontiguousarray)"))

        let bytes = ArrayShape.count shape * bigint size

        if bytes <> bigint (length - headerLength) then
            fail (BadArray(name, $"{length - headerLength} bytes of entries", $"{bytes}, as its shape says"))

    let next (count: int) : byte[] =
        let bytes = int64 count * int64 size

        if bytes > int64 Array.MaxLength then
            fail (BadArray(name, $"{bytes} bytes in one frame", $"at most {Array.MaxLength}"))

        let raw = read (int bytes)

        if isBig && letter <> 'S' then
            let width = if letter = 'U' then 4 else size

            for entry in 0 .. raw.Length / width - 1 do
                Array.Reverse(raw, entry * width, width)

        raw

    let wholeAt (raw: byte[]) (k: int) : int64 =
        let span = ReadOnlySpan<byte>(raw, k * size, size)

        match letter, size with
        | 'i', 1 -> int64 (sbyte span[0])
        | 'i', 2 -> int64 (BinaryPrimitives.ReadInt16LittleEndian span)
        | 'i', 4 -> int64 (BinaryPrimitives.ReadInt32LittleEndian span)
        | 'u', 2 -> int64 (BinaryPrimitives.ReadUInt16LittleEndian span)
        | 'u', 4 -> int64 (BinaryPrimitives.ReadUInt32LittleEndian span)
        | _, 8 -> BinaryPrimitives.ReadInt64LittleEndian span
        | _ -> int64 span[0]

    interface IArrayReader with
        member _.Name = name
        member _.Shape = shape
        member _.Kind = arrayKind

        member _.ReadNumbers(count: int) : float[] =
            let raw = next count

            match letter, size with
            | 'f', 8 -> MemoryMarshal.Cast<byte, float>(ReadOnlySpan<byte> raw).ToArray()
            | 'f', _ -> Array.init count (fun k -> float (BinaryPrimitives.ReadSingleLittleEndian(ReadOnlySpan<byte>(raw, 4 * k, 4))))
            | _ -> Array.init count (fun k -> float (wholeAt raw k))

        member _.ReadWholes(count: int) : int64[] =
            let raw = next count
            Array.init count (wholeAt raw)

        member _.ReadTexts(count: int) : string[] =
            let raw = next count
            let encoding: Encoding = if letter = 'U' then Encoding.UTF32 else Encoding.UTF8
            Array.init count (fun k -> encoding.GetString(raw, k * size, size).TrimEnd '\000')

        member _.Finish() : unit =
            // To the end, where the checksum is.
            if stream.ReadByte() >= 0 then
                fail (BadArray(name, "more entries than its shape says", "no more"))
