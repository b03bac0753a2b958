namespace HgnFunctional.IO

/// A format of trajectories.
[<NoEquality; NoComparison>]
type FrameFormat =
    {
        /// Name of the format.
        Name: string
        /// The kind of file that it is.
        Kind: FileKind
        /// Reads frames one by one on each pass; the first error ends them.
        Frames: TargetKeys -> string -> Result<FileFrame, DataError> seq
    }

/// The formats of trajectories that are read, by what a file holds.
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module FrameFormat =

    /// LAMMPS text dumps.
    let dump: FrameFormat = { Name = "dump"; Kind = DumpKind; Frames = fun _ path -> LammpsDump.frames path }

    /// Extended XYZ.
    let extxyz: FrameFormat = { Name = "extxyz"; Kind = ExtxyzKind; Frames = Extxyz.frames }

    /// Every format.
    let all: FrameFormat list = [ dump; extxyz ]

    /// The format of a file; a pipe is taken for a dump, and so is what no format is like, so that its reader says what is wrong.
    let ofFile (path: string) : FrameFormat =
        let found =
            if Devices.isDevice path then
                None
            else
                match FileKind.ofFile path with
                | Ok kind -> all |> List.tryFind (fun format -> format.Kind = kind)
                | Error _ -> None

        Option.defaultValue dump found

    /// The frames of a file of any format.
    let frames (keys: TargetKeys) (path: string) : Result<FileFrame, DataError> seq = Seq.delay (fun () -> (ofFile path).Frames keys path)
