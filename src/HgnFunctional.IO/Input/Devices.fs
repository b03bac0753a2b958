namespace HgnFunctional.IO

open System
open System.Formats.Tar
open System.IO

/// Paths that are no files.
[<RequireQualifiedAccess>]
module internal Devices =

    let private entryTypeOf (path: string) : TarEntryType =
        use archive = new MemoryStream()

        (use writer = new TarWriter(archive, true)
         writer.WriteEntry(path, "entry"))

        archive.Position <- 0L
        use reader = new TarReader(archive)
        reader.GetNextEntry().EntryType

    /// Whether an existing path is a character or block device, a pipe or a socket, which have no length. Links are not
    /// followed. .NET tells the type of a file to archives alone.
    let isDevice (path: string) : bool =
        if OperatingSystem.IsWindows() || not (File.Exists path) || (FileInfo path).Length > 0L then
            false
        else
            try
                match entryTypeOf path with
                | TarEntryType.CharacterDevice
                | TarEntryType.BlockDevice
                | TarEntryType.Fifo -> true
                | _ -> false
            with
            // A file that may be written and not read.
            | :? UnauthorizedAccessException -> false
            // A socket, which archives do not hold; an error with a number of the system's is of a file that another process is
            // writing.
            | :? IOException as error -> error.HResult = IOException().HResult
