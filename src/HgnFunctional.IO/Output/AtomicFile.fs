namespace HgnFunctional.IO

open System.IO
open HgnFunctional.Space

/// Files that appear whole or not at all.
module internal AtomicFile =

    /// Writes a text in one piece: a file is replaced only when all of it is on the disk.
    let write (path: string) (fill: TextWriter -> unit) : Result<unit, DataError> =
        OutputFile.Open path
        |> Result.bind (fun file ->
            OutputPath.guard path (fun () ->
                try
                    file.Append fill
                    file.Complete()
                    Ok()
                with _ ->
                    file.Discard()
                    reraise ()))
