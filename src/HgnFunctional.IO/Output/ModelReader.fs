namespace HgnFunctional.IO

open System
open System.Text.Json
open HgnFunctional

/// What is wrong with a model file.
type ModelFileError =
    /// The file cannot be read or written.
    | ModelFileUnreadable of DataError
    /// The text is not one JSON object.
    | NotJson of path: string * line: int64 * reason: string
    /// The file was written in another version of the format.
    | OtherVersion of path: string * found: string * newest: int
    /// The text is longer than any model's.
    | TooLong of path: string * most: int64
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
        | OtherVersion(path, found, newest) ->
            $"{path}: formatVersion is {found}; expected 1 to {newest}, as a model that is trained anew with this version has."
        | TooLong(path, most) -> $"{path}: is longer than {most} bytes; expected a model of at most as many."
        | NotFiniteField(path, field) -> $"{path}: cannot be written, since {field} is not finite; expected a finite number."
        | BadField(path, field, expected) -> $"{path}: field {field} is missing or damaged; expected {expected}."
        | ChecksumMismatch path -> $"{path}: the checksum does not match; expected the file as it was written, without edits."

/// A JSON object that is read field by field; errors name the path of the field. Memory is taken for what the text holds, never for
/// what a number in it claims.
[<Sealed>]
type internal ModelReader(file: string, path: string, json: JsonElement) =

    let full (name: string) : string = if path = "" then name else $"{path}.{name}"

    /// Stops at a field; caught where the file was opened.
    member _.Fail(name: string, expected: string) : 'result = raise (ModelFieldException(BadField(file, full name, expected)))

    member private _.TryNode(name: string) : JsonElement option =
        match json.TryGetProperty name with
        | true, node when node.ValueKind <> JsonValueKind.Null -> Some node
        | _ -> None

    member private reader.Node(name: string, kind: JsonValueKind, expected: string) : JsonElement =
        match reader.TryNode name with
        | Some node when node.ValueKind = kind -> node
        | _ -> reader.Fail(name, expected)

    member private reader.Finite(name: string, node: JsonElement) : float =
        let expected = "a finite number"

        if node.ValueKind <> JsonValueKind.Number then
            reader.Fail(name, expected)
        else
            match node.TryGetDouble() with
            | true, number when Double.IsFinite number -> number
            | _ -> reader.Fail(name, expected)

    member reader.Float(name: string) : float = reader.Finite(name, reader.Node(name, JsonValueKind.Number, "a finite number"))

    member reader.Positive(name: string) : float =
        let number = reader.Float name
        if number > 0.0 then number else reader.Fail(name, "a number above 0")

    /// As `Positive`; none where there is no such field.
    member reader.TryPositive(name: string) : float option = reader.TryNode name |> Option.map (fun _ -> reader.Positive name)

    member reader.Long(name: string) : int64 =
        match reader.Node(name, JsonValueKind.Number, "a whole number").TryGetInt64() with
        | true, number -> number
        | _ -> reader.Fail(name, "a whole number")

    /// A whole number from `least` to `most`.
    member reader.Integer(name: string, least: int, most: int) : int =
        match reader.Node(name, JsonValueKind.Number, "a whole number").TryGetInt32() with
        | true, number when number >= least && number <= most -> number
        | _ -> reader.Fail(name, $"a whole number from {least} to {most}")

    member reader.Count(name: string) : int = reader.Integer(name, 0, Int32.MaxValue)

    member reader.Flag(name: string) : bool =
        match reader.TryNode name with
        | Some node when node.ValueKind = JsonValueKind.True -> true
        | Some node when node.ValueKind = JsonValueKind.False -> false
        | _ -> reader.Fail(name, "true or false")

    member reader.Text(name: string) : string = reader.Node(name, JsonValueKind.String, "a text").GetString()

    /// As `Text`; none where there is no such field.
    member reader.TryText(name: string) : string option = reader.TryNode name |> Option.map (fun _ -> reader.Text name)

    /// As `Integer`; none where there is no such field.
    member reader.TryInteger(name: string, least: int, most: int) : int option =
        reader.TryNode name |> Option.map (fun _ -> reader.Integer(name, least, most))

    /// A list of texts.
    member reader.Texts(name: string) : string list =
        [
            for index, node in Seq.indexed ((reader.Array name).EnumerateArray()) do
                if node.ValueKind = JsonValueKind.String then
                    node.GetString()
                else
                    reader.Fail($"{name}[{index}]", "a text")
        ]

    /// As `Texts`; none where there is no such field.
    member reader.TryTexts(name: string) : string list option = reader.TryNode name |> Option.map (fun _ -> reader.Texts name)

    member reader.Named(name: string, known: 'entry list, nameOf: 'entry -> string) : 'entry =
        let text = reader.Text name

        match known |> List.tryFind (fun entry -> nameOf entry = text) with
        | Some entry -> entry
        | None -> reader.Fail(name, known |> List.map nameOf |> String.concat ", " |> sprintf "one of %s")

    /// As `Named`; none where there is no such field.
    member reader.TryNamed(name: string, known: 'entry list, nameOf: 'entry -> string) : 'entry option =
        reader.TryNode name |> Option.map (fun _ -> reader.Named(name, known, nameOf))

    member reader.Object(name: string) : ModelReader = ModelReader(file, full name, reader.Node(name, JsonValueKind.Object, "an object"))

    member reader.TryObject(name: string) : ModelReader option = reader.TryNode name |> Option.map (fun _ -> reader.Object name)

    member private reader.Array(name: string) : JsonElement = reader.Node(name, JsonValueKind.Array, "a list")

    member reader.Objects(name: string) : ModelReader list =
        [
            for index, node in Seq.indexed ((reader.Array name).EnumerateArray()) do
                if node.ValueKind = JsonValueKind.Object then
                    ModelReader(file, $"{full name}[{index}]", node)
                else
                    reader.Fail($"{name}[{index}]", "an object")
        ]

    /// As `Objects`; none where there is no such field.
    member reader.TryObjects(name: string) : ModelReader list option = reader.TryNode name |> Option.map (fun _ -> reader.Objects name)

    /// Finite numbers; as many as `length` says, which may be more than memory has room for.
    member reader.Floats(name: string, length: int64 option) : float[] =
        let list = reader.Array name

        match length with
        | Some length when int64 (list.GetArrayLength()) <> length ->
            reader.Fail(name, $"{length} numbers; there are {list.GetArrayLength()}")
        | _ ->
            let numbers = Array.zeroCreate<float>(list.GetArrayLength())
            let mutable index = 0

            for node in list.EnumerateArray() do
                numbers[index] <- reader.Finite($"{name}[{index}]", node)
                index <- index + 1

            numbers

    /// As `Floats`; none where there is no such field.
    member reader.TryFloats(name: string, length: int64) : float[] option =
        reader.TryNode name |> Option.map (fun _ -> reader.Floats(name, Some length))

/// Carries a field's error to where the file was opened.
and internal ModelFieldException(error: ModelFileError) =
    inherit Exception(string error)
    member _.Error: ModelFileError = error
