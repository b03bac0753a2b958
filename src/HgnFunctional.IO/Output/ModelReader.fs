namespace HgnFunctional.IO

open System
open System.Text.Json.Nodes
open HgnFunctional

/// What is wrong with a model file.
type ModelFileError =
    /// The file cannot be read or written.
    | ModelFileUnreadable of DataError
    /// The text is not one JSON object.
    | NotJson of path: string * line: int64 * reason: string
    /// The file was written in another version of the format.
    | OtherVersion of path: string * found: string * expected: int
    /// A number is NaN or infinite, which JSON cannot hold.
    | NotFiniteField of path: string * field: string
    /// A field is missing or is not what it should be.
    | BadField of path: string * field: string * expected: string
    /// The numbers do not match the checksum: the file was damaged or edited.
    | ChecksumMismatch of path: string

    /// The error as one sentence.
    override error.ToString() : string =
        match error with
        | ModelFileUnreadable error -> string error
        | NotJson(path, line, reason) -> $"{path}, line {line}: is not a model file ({reason}); expected one JSON object."
        | OtherVersion(path, found, expected) -> $"{path}: formatVersion is {found}; expected {expected}."
        | NotFiniteField(path, field) -> $"{path}: cannot be written, since {field} is not finite; expected a finite number."
        | BadField(path, field, expected) -> $"{path}: field {field} is missing or damaged; expected {expected}."
        | ChecksumMismatch path -> $"{path}: the checksum does not match; expected the file as it was written, without edits."

/// A JSON object that is read field by field; errors name the path of the field.
[<Sealed>]
type internal ModelReader(file: string, path: string, json: JsonObject) =

    let full (name: string) : string = if path = "" then name else $"{path}.{name}"

    /// Stops at a field; caught where the file was opened.
    member _.Fail(name: string, expected: string) : 'result = raise (ModelFieldException(BadField(file, full name, expected)))

    member reader.Node(name: string, expected: string) : JsonNode =
        match json[name] with
        | null -> reader.Fail(name, expected)
        | node -> node

    member private reader.As(name: string, expected: string, node: JsonNode) : 'value =
        match node with
        | :? JsonValue as value ->
            match value.TryGetValue<'value>() with
            | true, found -> found
            | _ -> reader.Fail(name, expected)
        | _ -> reader.Fail(name, expected)

    member reader.Float(name: string) : float =
        let number: float = reader.As(name, "a finite number", reader.Node(name, "a finite number"))
        if Double.IsFinite number then number else reader.Fail(name, "a finite number")

    member reader.Positive(name: string) : float =
        let number = reader.Float name
        if number > 0.0 then number else reader.Fail(name, "a number above 0")

    member reader.Integer(name: string) : int64 = reader.As(name, "a whole number", reader.Node(name, "a whole number"))

    member reader.Count(name: string) : int =
        match reader.Integer name with
        | count when count >= 0L && count <= int64 Int32.MaxValue -> int count
        | _ -> reader.Fail(name, "a whole number, 0 or more")

    member reader.Flag(name: string) : bool = reader.As(name, "true or false", reader.Node(name, "true or false"))

    member reader.Text(name: string) : string = reader.As(name, "a text", reader.Node(name, "a text"))

    member reader.Named(name: string, known: 'entry list, nameOf: 'entry -> string) : 'entry =
        let text = reader.Text name

        match known |> List.tryFind (fun entry -> nameOf entry = text) with
        | Some entry -> entry
        | None -> reader.Fail(name, known |> List.map nameOf |> String.concat ", " |> sprintf "one of %s")

    member reader.Object(name: string) : ModelReader =
        match reader.Node(name, "an object") with
        | :? JsonObject as inner -> ModelReader(file, full name, inner)
        | _ -> reader.Fail(name, "an object")

    member reader.TryObject(name: string) : ModelReader option = if isNull json[name] then None else Some(reader.Object name)

    member reader.Array(name: string) : JsonArray =
        match reader.Node(name, "a list") with
        | :? JsonArray as list -> list
        | _ -> reader.Fail(name, "a list")

    member reader.Objects(name: string) : ModelReader list =
        [
            for index, node in Seq.indexed (reader.Array name) do
                match node with
                | :? JsonObject as inner -> ModelReader(file, $"{full name}[{index}]", inner)
                | _ -> reader.Fail($"{name}[{index}]", "an object")
        ]

    member reader.Floats(name: string, length: int option) : float[] =
        let list = reader.Array name

        match length with
        | Some length when list.Count <> length -> reader.Fail(name, $"{length} numbers; there are {list.Count}")
        | _ ->
            [|
                for index, node in Seq.indexed list do
                    let number: float = reader.As($"{name}[{index}]", "a finite number", node)

                    if Double.IsFinite number then
                        number
                    else
                        reader.Fail($"{name}[{index}]", "a finite number")
            |]

/// Carries a field's error to where the file was opened.
and internal ModelFieldException(error: ModelFileError) =
    inherit Exception(string error)
    member _.Error: ModelFileError = error
