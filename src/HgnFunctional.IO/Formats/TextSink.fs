namespace HgnFunctional.IO

open System
open System.Globalization
open System.IO

/// Writing of numbers and names to texts, the same in every culture.
[<RequireQualifiedAccess>]
module internal TextNumber =

    /// The shortest text that reads back to the same bits.
    let text (value: float) : string = value.ToString("R", CultureInfo.InvariantCulture)

    /// Writes that text.
    let write (writer: TextWriter) (value: float) : unit = writer.Write(text value)

    /// Numbers with blanks between.
    let joined (values: float seq) : string = values |> Seq.map text |> String.concat " "

    /// A column of every text format: its name, and the text of each atom.
    let column (name: string) (textOf: 'value -> string) (values: 'value[] option) : (string * (int -> string)) list =
        match values with
        | Some values -> [ name, (fun atom -> textOf values[atom]) ]
        | None -> []

/// What stands before and after the moving numbers of each row, kept while frames share the arrays that it is made of: those of a
/// simulation do.
[<Sealed>]
type internal FixedColumns(columnsOf: FileFrame -> (string * (int -> string)) list) =

    let mutable known: FileFrame option = None
    let mutable names = ""
    let mutable texts: string[] = [||]

    let isShared (a: FileFrame) (b: FileFrame) : bool =
        let same (first: 'value option) (second: 'value option) =
            match first, second with
            | Some first, Some second -> obj.ReferenceEquals(first, second)
            | None, None -> true
            | _ -> false

        obj.ReferenceEquals(a.Ids, b.Ids)
        && same a.Types b.Types
        && same a.Elements b.Elements
        && same a.Charges b.Charges
        && same a.Masses b.Masses

    /// Names of the columns, and the text of each atom.
    member _.Of(frame: FileFrame) : struct (string * string[]) =
        if not (known |> Option.exists (isShared frame)) then
            let columns = columnsOf frame
            known <- Some frame
            names <- columns |> List.map fst |> String.concat " "
            texts <- Array.init frame.Ids.Length (fun atom -> columns |> List.map (fun (_, textOf) -> textOf atom) |> String.concat " ")

        struct (names, texts)

/// Frames that are written as text, piece by piece.
[<Sealed>]
type internal TextSink(file: OutputFile, write: TextWriter -> bool -> FileFrame -> unit) =

    let mutable isFirst = true

    /// Opens a path; each file gets a writer of its own, which is told which frame is the first.
    static member Open (writerOf: unit -> TextWriter -> bool -> FileFrame -> unit) (path: string) : Result<FrameSink, DataError> =
        OutputFile.Open path |> Result.map (fun file -> TextSink(file, writerOf ()) :> FrameSink)

    interface FrameSink with
        member _.Add(frame: FileFrame) : unit =
            file.Append(fun writer -> write writer isFirst frame)
            isFirst <- false

        member _.Complete() : unit = file.Complete()

        member _.Keep() : string option = file.Keep()
