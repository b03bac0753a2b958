namespace HgnFunctional.IO

open System
open System.Buffers.Binary
open System.IO
open System.Security.Cryptography
open System.Text
open HgnFunctional.Features

/// Why a part of a training was not read.
type PartFileError =
    /// The file cannot be opened or read.
    | Unreadable of DataError
    /// It holds something else.
    | NoPart of path: string
    /// It is of a version that this library does not read.
    | OtherPartVersion of path: string * version: int * known: int
    /// It is another kind of part.
    | OtherPart of path: string * kind: string * expected: string
    /// It was cut off, or its bytes are not those that were written.
    | DamagedPart of path: string

    /// The error as one sentence.
    override error.ToString() : string =
        match error with
        | Unreadable error -> string error
        | NoPart path -> $"{path}: is no part of a training; expected a file of hgn survey, plan, accumulate or merge."
        | OtherPartVersion(path, version, known) ->
            $"{path}: is a part of version {version}, and this program reads version {known}; expected parts of one version of the program."
        | OtherPart(path, kind, expected) -> $"{path}: is a part of kind '{kind}'; expected one of kind '{expected}'."
        | DamagedPart path -> $"{path}: was cut off or damaged; expected the file as it was written, or that part made anew."

/// Surveys, plans and accumulations as files: a mark, the version, the kind, the length and the SHA-256 of a saved form, and its bytes.
[<RequireQualifiedAccess>]
module PartFile =

    /// The version of the format.
    [<Literal>]
    let Version = 1

    let private mark = "HGN part\n"B

    /// The bytes of the mark, version, length of the kind, length of the form, and sum.
    let private headLength = mark.Length + 4 + 4 + 8 + SHA256.HashSizeInBytes

    /// Writes a part, which replaces a file only when all of it is on the disk.
    let write (path: string) (kind: string) (fields: (string * SavedForm) list) : Result<unit, DataError> =
        let form = SavedBytes.toBytes (SavedForm.Fields fields)
        let name = Encoding.UTF8.GetBytes kind
        let head = Array.zeroCreate<byte> headLength
        let after = mark.Length
        mark.CopyTo(head, 0)
        BinaryPrimitives.WriteInt32LittleEndian(Span<byte>(head, after, 4), Version)
        BinaryPrimitives.WriteInt32LittleEndian(Span<byte>(head, after + 4, 4), name.Length)
        BinaryPrimitives.WriteInt64LittleEndian(Span<byte>(head, after + 8, 8), form.LongLength)
        SHA256.HashData(Array.append name form).CopyTo(head, after + 16)

        OutputFile.Open path
        |> Result.bind (fun file ->
            OutputPath.guard path (fun () ->
                try
                    file.AppendBytes(fun stream ->
                        stream.Write head
                        stream.Write name
                        stream.Write form)

                    file.Complete()
                    Ok()
                with _ ->
                    file.Discard()
                    reraise ()))

    /// The kind and the form of a part.
    let tryReadAny (path: string) : Result<string * (string * SavedForm) list, PartFileError> =
        let ofBytes (bytes: byte[]) =
            let after = mark.Length

            if bytes.Length < after || not (bytes.AsSpan(0, after).SequenceEqual mark) then
                Error(NoPart path)
            elif bytes.Length < headLength then
                Error(DamagedPart path)
            else
                let version = BinaryPrimitives.ReadInt32LittleEndian(ReadOnlySpan<byte>(bytes, after, 4))
                let nameLength = BinaryPrimitives.ReadInt32LittleEndian(ReadOnlySpan<byte>(bytes, after + 4, 4))
                let formLength = BinaryPrimitives.ReadInt64LittleEndian(ReadOnlySpan<byte>(bytes, after + 8, 8))
                let rest = int64 (bytes.Length - headLength)

                if version <> Version then
                    Error(OtherPartVersion(path, version, Version))
                elif nameLength < 0 || formLength < 0L || int64 nameLength > rest || formLength <> rest - int64 nameLength then
                    Error(DamagedPart path)
                elif
                    not (
                        SHA256
                            .HashData(ReadOnlySpan<byte>(bytes, headLength, int rest))
                            .AsSpan()
                            .SequenceEqual(ReadOnlySpan<byte>(bytes, after + 16, SHA256.HashSizeInBytes))
                    )
                then
                    Error(DamagedPart path)
                else
                    match SavedBytes.tryOfBytes (ReadOnlyMemory<byte>(bytes, headLength + nameLength, int formLength)) with
                    | Some(SavedForm.Fields fields) -> Ok(Encoding.UTF8.GetString(bytes, headLength, nameLength), fields)
                    | _ -> Error(DamagedPart path)

        DataFile.tryRead path (fun () -> File.ReadAllBytes path) |> Result.mapError Unreadable |> Result.bind ofBytes

    /// The form of a part of a kind.
    let tryRead (path: string) (kind: string) : Result<(string * SavedForm) list, PartFileError> =
        tryReadAny path
        |> Result.bind (fun (found, fields) -> if found = kind then Ok fields else Error(OtherPart(path, found, kind)))
