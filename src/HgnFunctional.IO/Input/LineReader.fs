namespace HgnFunctional.IO

open System
open System.Globalization
open System.IO
open System.IO.Compression
open System.Text
open HgnFunctional.Features

/// Stops the reading of a file; caught where the file was opened, and never seen outside this project.
exception internal DataException of DataError

/// Words of a line.
module internal Words =

    /// The words between blanks.
    let split (line: string) : string[] = line.Split([| ' '; '\t' |], StringSplitOptions.RemoveEmptyEntries)

    /// A finite number, written without blanks or thousands.
    let tryFloat (word: string) : float voption =
        let style = NumberStyles.AllowLeadingSign ||| NumberStyles.AllowDecimalPoint ||| NumberStyles.AllowExponent

        match Double.TryParse(word, style, CultureInfo.InvariantCulture) with
        | true, number when Double.IsFinite number -> ValueSome number
        | _ -> ValueNone

    /// A whole number of 64 bits.
    let tryInteger (word: string) : int64 voption =
        match Int64.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) with
        | true, number -> ValueSome number
        | _ -> ValueNone

    let private short (most: int) (line: string) : string =
        let short = if line.Length > most then line.Substring(0, most) + "..." else line
        String.map (fun letter -> if letter < ' ' || letter > '~' then '?' else letter) short

    /// At most this much of a line is repeated in a message, with control characters made visible.
    let quote (line: string) : string = short 40 line

    /// The same of the words of another program.
    let quoteLong (text: string) : string = short 120 text

/// Lines of a text file, counted, with errors that name the line.
[<Sealed>]
type internal LineReader(path: string) =

    /// No sensible file has longer lines; a binary file may.
    let longestLine = 1 <<< 20

    /// A compressed file may inflate to this many times its size, and to `inflatedAtLeast` letters whatever its size: text of numbers
    /// gains ten, repeated frames of bodies at rest perhaps fifty.
    let mostInflated = 200L

    let inflatedAtLeast = 64_000_000L

    let content = ContentStream.openRead path
    let reader = new StreamReader(content.Stream)
    let buffer = Array.zeroCreate<char>(1 <<< 15)
    let text = StringBuilder()
    let mutable start = 0
    let mutable finish = 0
    let mutable line = 0L
    let mutable letters = 0L

    let mostLetters =
        match content.Length with
        | Some length when content.IsCompressed -> max inflatedAtLeast (length * mostInflated)
        | _ -> Int64.MaxValue

    let mutable cutLine = None

    /// The text up to the next line break; null at the end.
    let readLine () : string =
        text.Clear() |> ignore
        let mutable isDone = false
        let mutable isEnd = false

        while not isDone do
            if start = finish then
                start <- 0
                finish <- reader.Read(buffer, 0, buffer.Length)
                letters <- letters + int64 finish

                if letters > mostLetters then
                    raise (DataException { File = path; Line = Some line; Problem = Inflates mostInflated })

            let rest = ReadOnlySpan<char>(buffer, start, finish - start)
            let length = rest.IndexOf '\n'
            isEnd <- rest.IsEmpty
            isDone <- isEnd || length >= 0
            text.Append(if length < 0 then rest else rest.Slice(0, length)) |> ignore
            start <- if length < 0 then finish else start + length + 1

            if text.Length > longestLine then
                let problem = Unexpected("a longer line", $"lines of at most {longestLine} letters")
                raise (DataException { File = path; Line = Some line; Problem = problem })

        if isEnd && text.Length > 0 then
            cutLine <- Some line

        if isEnd && text.Length = 0 then
            null
        else
            // Lines of Windows end in a carriage return as well; anywhere else it is damage.
            if text.Length > 0 && text[text.Length - 1] = '\r' then
                text.Length <- text.Length - 1

            let found = text.ToString()

            if found.Contains '\r' then
                let problem = Unexpected("a carriage return within a line", "one at its end at most")
                raise (DataException { File = path; Line = Some line; Problem = problem })

            // A file system that crashed leaves them, and numbers would be read up to the first one.
            if found.Contains '\000' then
                raise (DataException { File = path; Line = Some line; Problem = NulByte })

            found

    /// Path of the file.
    member _.Path: string = path

    /// More records than this cannot be in the file: each takes two bytes at least.
    member _.MostRecords: int64 =
        match content.Length with
        | Some length -> (if content.IsCompressed then mostLetters else length) / 2L
        | None -> Int64.MaxValue

    /// Number of the line read last.
    member _.Line: int64 = line

    /// The next line; null at the end.
    member _.TryNext() : string =
        line <- line + 1L
        readLine ()

    /// Stops if the last line of the file was read and has no line break.
    member this.RequireLineBreak() : unit =
        if cutLine.IsSome then
            raise (DataException { File = path; Line = cutLine; Problem = CutLine })

    /// All that is not read yet.
    member _.ReadToEnd() : string = String(buffer, start, finish - start) + reader.ReadToEnd()

    /// Stops with a problem at the line read last.
    member _.Fail(problem: DataProblem) : 'result = raise (DataException { File = path; Line = Some line; Problem = problem })

    /// The next line; at the end the file is truncated.
    member this.Next(expected: string) : string =
        match this.TryNext() with
        | null -> this.Fail(Truncated expected)
        | text -> text

    /// The next line, which must be one word.
    member this.NextWord(expected: string) : string =
        match Words.split (this.Next expected) with
        | [| word |] -> word
        | words -> this.Fail(Unexpected(Words.quote (String.Join(' ', words)), expected))

    /// A finite number.
    member this.Float(field: string, text: string) : float =
        match Words.tryFloat text with
        | ValueSome number -> number
        | ValueNone -> this.Fail(BadNumber(field, Words.quote text))

    /// A whole number.
    member this.Integer(field: string, text: string) : int64 =
        match Words.tryInteger text with
        | ValueSome number -> number
        | ValueNone -> this.Fail(NotWhole(field, Words.quote text))

    /// A count from 1 to what the file can hold.
    member this.Count(field: string, text: string) : int =
        let most = min this.MostRecords 100_000_000L

        match Words.tryInteger text with
        | ValueSome count when count >= 1L && count <= most -> int count
        | _ -> this.Fail(BadCount(field, Words.quote text, most))

    interface IDisposable with
        member _.Dispose() = reader.Dispose()

/// Opening of files.
module internal DataFile =

    /// The error of a file that cannot be opened or read.
    let ofException (path: string) (error: exn) : DataError option =
        let cannot reason = Some { File = path; Line = None; Problem = CannotRead reason }

        match error with
        | DataException error -> Some error
        | :? FileNotFoundException
        | :? DirectoryNotFoundException -> cannot "there is no such file; expected an existing one"
        | :? UnauthorizedAccessException -> cannot "it is a folder or access is denied; expected a readable file"
        | :? ZstdSharp.ZstdException -> cannot "it is not a valid zstd file; expected text, gzip or zstd"
        | :? InvalidDataException -> cannot "it is not a valid gzip file; expected text or gzip"
        | :? IOException as error -> cannot (error.Message.TrimEnd '.')
        | _ -> None

    /// Runs an action that reads the file; what it meets is returned as an error.
    let tryRead (path: string) (action: unit -> 'result) : Result<'result, DataError> =
        try
            Ok(action ())
        with error ->
            match ofException path error with
            | Some problem -> Error problem
            | None -> reraise ()
