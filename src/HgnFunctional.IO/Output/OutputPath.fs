namespace HgnFunctional.IO

open System
open System.Formats.Tar
open System.IO

/// What a path to be written stands for.
type internal OutputPlace =
    /// Standard output of the process.
    | StandardOutput
    /// An open file of the process, by its number.
    | Descriptor of number: int
    /// A character device or a pipe, which is written to and cannot be replaced.
    | Device of path: string
    /// A file, which is replaced; links were followed.
    | Ordinary of target: string

/// Paths to be written. `-` and `/dev/stdout` are standard output.
[<RequireQualifiedAccess>]
module OutputPath =

    /// Files are written under this name beside the target before they replace it.
    let internal partOf (target: string) : string = target + ".part"

    /// The number of an open file that a path names. Its link leads to what is not a path (a pipe), or to a file that is to go on
    /// where it is and not to be replaced.
    let private tryDescriptor (full: string) : int option =
        let number (text: string) =
            match Int32.TryParse text with
            | true, number when number >= 0 -> Some number
            | _ -> None

        match
            if OperatingSystem.IsWindows() then
                [||]
            else
                full.Split('/', StringSplitOptions.RemoveEmptyEntries)
        with
        | [| "dev"; "stdout" |] -> Some 1
        | [| "dev"; "stderr" |] -> Some 2
        | [| "dev"; "fd"; text |]
        | [| "proc"; "self"; "fd"; text |] -> number text
        | _ -> None

    /// Links of links of links are not followed for ever.
    let private mostLinks = 40

    /// A path without links, in folders too; what does not exist stays as it is, and so does an open file of the process.
    let rec private follow (links: int) (path: string) : string =
        match Path.GetDirectoryName path with
        | null -> path
        | _ when (tryDescriptor path).IsSome -> path
        | folder ->
            let here = Path.Join(follow links folder, Path.GetFileName path)

            match (FileInfo here).LinkTarget with
            | null -> here
            | _ when links = 0 -> raise (IOException "it leads through too many links; expected a file")
            | target -> follow (links - 1) (Path.GetFullPath(target, Path.GetDirectoryName here))

    let private fullPath (path: string) : string = follow mostLinks (Path.GetFullPath path |> Path.TrimEndingDirectorySeparator)

    /// Whether an existing path without content is a device, a pipe or a socket: .NET tells the type of a file to archives alone.
    let private isDevice (path: string) : bool =
        let entryOf () =
            use archive = new MemoryStream()

            (use writer = new TarWriter(archive, true)
             writer.WriteEntry(path, "entry"))

            archive.Position <- 0L
            use reader = new TarReader(archive)
            reader.GetNextEntry().EntryType

        try
            match entryOf () with
            | TarEntryType.CharacterDevice
            | TarEntryType.BlockDevice
            | TarEntryType.Fifo -> true
            | _ -> false
        with
        // A file that may be written and not read.
        | :? UnauthorizedAccessException -> false
        // A socket, which archives do not hold; an error with a number of the system's is of a file that another process is writing.
        | :? IOException as error -> error.HResult = IOException().HResult

    let private isReadOnly (path: string) : bool =
        if OperatingSystem.IsWindows() then
            (FileInfo path).IsReadOnly
        else
            let writable = UnixFileMode.UserWrite ||| UnixFileMode.GroupWrite ||| UnixFileMode.OtherWrite
            (File.GetUnixFileMode path &&& writable) = UnixFileMode.None

    let private cannot (path: string) (reason: string) : Result<'value, DataError> =
        Error { File = path; Line = None; Problem = CannotWrite reason }

    /// What the file system threw, as an error.
    let internal tryProblem (path: string) (error: exn) : DataError option =
        let cannot reason = Some { File = path; Line = None; Problem = CannotWrite reason }

        match error with
        | DataException error -> Some error
        | :? DirectoryNotFoundException -> cannot "its folder does not exist; expected an existing one"
        | :? UnauthorizedAccessException -> cannot "access is denied; expected a writable place"
        | :? IOException as error -> cannot (error.Message.TrimEnd '.')
        | _ -> None

    /// Runs what touches the file system; what it meets is returned as an error.
    let internal guard (path: string) (action: unit -> Result<'value, DataError>) : Result<'value, DataError> =
        try
            action ()
        with error ->
            match tryProblem path error with
            | Some problem -> Error problem
            | None -> reraise ()

    let private placeOfFile (path: string) (target: string) : Result<OutputPlace, DataError> =
        if Directory.Exists target then
            cannot path "it is a folder; expected a file"
        elif File.Exists target && (FileInfo target).Length = 0L && not (OperatingSystem.IsWindows()) && isDevice target then
            Ok(Device target)
        elif File.Exists target && isReadOnly target then
            cannot path "it is read-only; expected a file that may be replaced"
        elif not (Directory.Exists(Path.GetDirectoryName target)) then
            cannot path "its folder does not exist; expected an existing one"
        else
            Ok(Ordinary target)

    let internal placeOf (path: string) : Result<OutputPlace, DataError> =
        if String.IsNullOrWhiteSpace path || path.Contains '\000' then
            cannot path "it is not a path; expected one"
        elif path = "-" then
            Ok StandardOutput
        else
            guard path (fun () ->
                let target = fullPath path

                match tryDescriptor target with
                | Some 1 -> Ok StandardOutput
                | Some number -> Ok(Descriptor number)
                | None when Path.EndsInDirectorySeparator path -> cannot path "it is a folder; expected a file"
                | None -> placeOfFile path target)

    /// Whether a path is standard output, where nothing else may be printed then.
    let isStandardOutput (path: string) : bool =
        match placeOf path with
        | Ok StandardOutput -> true
        | _ -> false

    /// Whether two paths lead to the same file; links are followed. Of two hard links one stays whole when the other is replaced, so
    /// these count as two files.
    let isSameFile (first: string) (second: string) : bool =
        let comparison =
            if OperatingSystem.IsWindows() || OperatingSystem.IsMacOS() then
                StringComparison.OrdinalIgnoreCase
            else
                StringComparison.Ordinal

        String.Equals(fullPath first, fullPath second, comparison)

    /// Checks, before any work is done, that a path can be written and that no input would be lost by it: neither the file nor the one
    /// beside it, `PATH.part`, under which it is written. Inputs that are no paths are left to those who read them.
    let check (inputs: string seq) (path: string) : Result<unit, DataError> =
        placeOf path
        |> Result.bind (fun place ->
            match place with
            | StandardOutput
            | Descriptor _
            | Device _ -> Ok()
            | Ordinary target ->
                let isLost (input: string) =
                    not (String.IsNullOrWhiteSpace input || input.Contains '\000')
                    && (isSameFile input target || isSameFile input (partOf target))

                guard path (fun () ->
                    match inputs |> Seq.tryFind isLost with
                    | Some input -> cannot path $"it would replace the input {input}; expected another file"
                    | None -> Ok()))
