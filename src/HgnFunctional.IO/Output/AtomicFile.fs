namespace HgnFunctional.IO

open System
open System.IO

/// Files that appear whole or not at all.
module internal AtomicFile =

    /// Devices cannot be replaced by a file of the same name.
    let private isDevice (path: string) : bool = not (OperatingSystem.IsWindows()) && path.StartsWith("/dev/", StringComparison.Ordinal)

    /// Where the bytes end up: links stay links.
    let private targetOf (path: string) : string =
        let full = Path.GetFullPath path

        if isNull (FileInfo full).LinkTarget then
            full
        else
            File.ResolveLinkTarget(full, true).FullName

    let private fillFile (path: string) (mode: FileMode) (fill: StreamWriter -> unit) : unit =
        use writer = new StreamWriter(new FileStream(path, mode, FileAccess.Write))
        writer.NewLine <- "\n"
        fill writer

    let private replace (target: string) (fill: StreamWriter -> unit) : unit =
        let temporary = $"{target}.{Guid.NewGuid():N}.tmp"

        try
            fillFile temporary FileMode.CreateNew fill
            File.Move(temporary, target, true)
        finally
            if File.Exists temporary then
                File.Delete temporary

    /// Writes through a temporary file beside the target, which replaces it only when all is written.
    let write (path: string) (fill: StreamWriter -> unit) : Result<unit, DataError> =
        let cannot reason = Error { File = path; Line = None; Problem = CannotWrite reason }

        try
            if String.IsNullOrWhiteSpace path || path.Contains '\000' then
                cannot "it is not a path; expected one"
            else
                let target = targetOf path

                if Directory.Exists target then cannot "it is a folder; expected a file"
                elif isDevice target then Ok(fillFile target FileMode.Open fill)
                else Ok(replace target fill)
        with
        | DataException error -> Error error
        | :? DirectoryNotFoundException -> cannot "its folder does not exist; expected an existing one"
        | :? UnauthorizedAccessException -> cannot "access is denied; expected a writable place"
        | :? IOException as error -> cannot (error.Message.TrimEnd '.')
