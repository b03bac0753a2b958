namespace HgnFunctional.IO

open System
open System.IO

/// Files that appear whole or not at all.
module internal AtomicFile =

    /// Writes through a temporary file beside the target, which replaces it only when all is written.
    let write (path: string) (fill: StreamWriter -> unit) : unit =
        let full = Path.GetFullPath path
        let temporary = $"{full}.{Guid.NewGuid():N}.tmp"

        try
            do
                use writer = new StreamWriter(temporary)
                writer.NewLine <- "\n"
                fill writer

            File.Move(temporary, full, true)
        finally
            File.Delete temporary
