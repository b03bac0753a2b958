namespace HgnFunctional.IO

open System

/// Frames of a file that are read one by one.
[<RequireQualifiedAccess>]
module internal FrameSequence =

    /// The frames that a reader gives until it has no more; the first error ends them.
    let ofReader
        (path: string)
        (openReader: unit -> 'reader :> IDisposable)
        (next: 'reader -> int -> FileFrame option)
        : Result<FileFrame, DataError> seq =
        seq {
            match DataFile.tryRead path openReader with
            | Error error -> Error error
            | Ok opened ->
                use reader = opened
                let mutable goingOn = true
                let mutable index = 0

                while goingOn do
                    match DataFile.tryRead path (fun () -> next reader index) with
                    | Ok(Some frame) ->
                        index <- index + 1
                        Ok frame
                    | Ok None when index = 0 ->
                        goingOn <- false
                        Error { File = path; Line = None; Problem = EmptyFile }
                    | Ok None -> goingOn <- false
                    | Error error ->
                        goingOn <- false
                        Error error
        }
