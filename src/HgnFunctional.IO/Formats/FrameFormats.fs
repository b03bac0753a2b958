namespace HgnFunctional.IO

open System
open System.IO

/// The formats of trajectories. Files are recognised by what they hold, and written as their names say.
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module FrameFormat =

    /// LAMMPS text dumps.
    let dump: FrameFormat = DumpFormat.format

    /// Extended XYZ.
    let extxyz: FrameFormat = ExtxyzFormat.format

    /// Arrays of NumPy.
    let npz: FrameFormat = NpzFormat.format

    /// HDF5 in the layout of H5MD.
    let hdf5: FrameFormat = Hdf5Format.format

    /// Tables with a header row.
    let csv: FrameFormat = CsvFormat.format

    /// Every format. To add one is to add a line.
    let all: FrameFormat list = [ dump; extxyz; npz; hdf5; csv ]

    /// As much of a file as is looked at.
    let private mostBytes = 1 <<< 18

    /// The beginning of a file. Throws what opening and reading a file throw.
    let internal startOf (path: string) : FileStart =
        use content = ContentStream.openRead path

        if content.Length.IsNone then
            let reason = "it is a pipe, of which a look takes away what is read next; expected a file"
            raise (DataException { File = path; Line = None; Problem = CannotRead reason })

        let bytes = Array.zeroCreate<byte> mostBytes
        let count = content.Stream.ReadAtLeast(Span<byte> bytes, mostBytes, throwOnEndOfStream = false)

        if count = 0 then
            raise (DataException { File = path; Line = None; Problem = EmptyFile })

        FileStart(Array.truncate count bytes)

    /// The format of what a file begins with, if it is a trajectory.
    let internal tryOfStart (start: FileStart) : FrameFormat option = all |> List.tryFind (fun format -> format.IsLike start)

    /// The format of a file; a pipe is taken for a dump, and so is what no format is like, so that its reader says what is wrong.
    let ofFile (path: string) : FrameFormat =
        let found =
            if Devices.isDevice path then
                None
            else
                match DataFile.tryRead path (fun () -> startOf path) with
                | Ok start -> tryOfStart start
                | Error _ -> None

        Option.defaultValue dump found

    /// The frames of a file of any format.
    let frames (keys: TargetKeys) (path: string) : Result<FileFrame, DataError> seq = Seq.delay (fun () -> (ofFile path).Frames keys path)

    /// The format that the name of a file to be written asks for, whether it is to be compressed or not; if its extension is that of none, a
    /// dump.
    let ofName (path: string) : FrameFormat =
        let plain =
            if path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) then
                path.Substring(0, path.Length - 3)
            else
                path

        let extension = (Path.GetExtension plain).ToLowerInvariant()

        all
        |> List.tryFind (fun format -> format.Writing |> Option.exists (fun writing -> List.contains extension writing.Extensions))
        |> Option.defaultValue dump
