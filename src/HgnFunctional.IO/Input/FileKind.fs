namespace HgnFunctional.IO

open System

/// What a file is, by what it holds.
[<NoComparison>]
type FileKind =
    /// A trajectory.
    | TrajectoryKind of format: FrameFormat
    /// A model: it begins with a JSON object.
    | ModelKind
    /// A LAMMPS data file, or anything else: its title may be any text.
    | DataKind

/// Recognition of files. A byte order mark, blanks and empty lines at the start do not count, and neither do names: what gzip
/// compressed is inflated first.
[<RequireQualifiedAccess>]
module FileKind =

    let private isModel (text: string) : bool =
        // A title may begin with a brace as well.
        let inside = text.AsSpan().Slice(min 1 text.Length).TrimStart()
        text.StartsWith '{' && (inside.StartsWith '"' || inside.StartsWith '}')

    let private ofStart (start: FileStart) : FileKind =
        match FrameFormat.tryOfStart start with
        | Some format -> TrajectoryKind format
        | None when isModel start.Text -> ModelKind
        | None -> DataKind

    /// Recognises a file.
    let ofFile (path: string) : Result<FileKind, DataError> = DataFile.tryRead path (fun () -> FrameFormat.startOf path |> ofStart)
