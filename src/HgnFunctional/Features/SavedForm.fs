namespace HgnFunctional.Features

open System
open HgnFunctional.Numerics

/// What is saved of a part of a model: a tree that knows no file format.
[<RequireQualifiedAccess; NoComparison>]
type SavedForm =
    /// A number; whole ones are exact up to 2^53.
    | Number of float
    /// Numbers in a row; also the empty list of anything.
    | Numbers of float[]
    /// A text.
    | Text of string
    /// True or false.
    | Flag of bool
    /// Parts in a row that are not all numbers.
    | List of SavedForm list
    /// Named parts, each name once.
    | Fields of (string * SavedForm) list

/// What is wrong with a saved form.
type SavedFormError =
    /// A field is missing or is not what it should be.
    | WrongField of field: string * expected: string
    /// A part is named whose code nobody gave; what it is, its name, and the names that are known.
    | NotRegistered of field: string * what: string * name: string * known: string list

    /// The error as one sentence.
    override error.ToString() : string =
        match error with
        | WrongField(field, expected) -> $"Field {field} is missing or damaged; expected {expected}."
        | NotRegistered(field, what, name, known) ->
            let among = String.concat ", " known
            $"Field {field}: the model has the {what} '{name}', whose code is not registered; expected one of {among}, or a vocabulary that has it."

/// Carries a field's error to `SavedForm.tryRead`.
exception internal SavedFormException of SavedFormError

/// Named parts that are read one by one; errors name the path of the field. Memory is taken for what the form holds, never for what a
/// number in it claims. To be used within `SavedForm.tryRead`, which gives the error of the first field that is not what it should be.
[<Sealed; NoEquality; NoComparison>]
type SavedReader internal (path: string, fields: (string * SavedForm) list) =

    let full (name: string) : string = if path = "" then name else $"{path}.{name}"

    let tryField (name: string) : SavedForm option = fields |> List.tryFind (fun (field, _) -> field = name) |> Option.map snd

    /// Stops at a field.
    member _.Fail(name: string, expected: string) : 'result = raise (SavedFormException(WrongField(full name, expected)))

    /// A finite number.
    member reader.Float(name: string) : float =
        match tryField name with
        | Some(SavedForm.Number number) when Double.IsFinite number -> number
        | _ -> reader.Fail(name, "a finite number")

    /// As `Float`; none where there is no such field.
    member reader.TryFloat(name: string) : float option = tryField name |> Option.map (fun _ -> reader.Float name)

    /// A finite number above 0.
    member reader.Positive(name: string) : float =
        let number = reader.Float name
        if number > 0.0 then number else reader.Fail(name, "a number above 0")

    /// As `Positive`; none where there is no such field.
    member reader.TryPositive(name: string) : float option = tryField name |> Option.map (fun _ -> reader.Positive name)

    /// A whole number of at most 2^53, in size.
    member reader.Long(name: string) : int64 =
        match tryField name with
        | Some(SavedForm.Number number) when number = floor number && abs number <= 9007199254740992.0 -> int64 number
        | _ -> reader.Fail(name, "a whole number")

    /// A whole number from `least` to `most`.
    member reader.Integer(name: string, least: int, most: int) : int =
        match tryField name with
        | Some(SavedForm.Number number) when number = floor number && number >= float least && number <= float most -> int number
        | Some(SavedForm.Number _) -> reader.Fail(name, $"a whole number from {least} to {most}")
        | _ -> reader.Fail(name, "a whole number")

    /// As `Integer`; none where there is no such field.
    member reader.TryInteger(name: string, least: int, most: int) : int option =
        tryField name |> Option.map (fun _ -> reader.Integer(name, least, most))

    /// A whole number that is not negative.
    member reader.Count(name: string) : int = reader.Integer(name, 0, Int32.MaxValue)

    /// As `Long`, not negative.
    member reader.LongCount(name: string) : int64 =
        let number = reader.Long name
        if number >= 0L then number else reader.Fail(name, "a whole number from 0")

    /// True or false.
    member reader.Flag(name: string) : bool =
        match tryField name with
        | Some(SavedForm.Flag flag) -> flag
        | _ -> reader.Fail(name, "true or false")

    /// A text.
    member reader.Text(name: string) : string =
        match tryField name with
        | Some(SavedForm.Text text) -> text
        | _ -> reader.Fail(name, "a text")

    /// As `Text`; none where there is no such field.
    member reader.TryText(name: string) : string option = tryField name |> Option.map (fun _ -> reader.Text name)

    /// The entry of a closed list that a text names.
    member reader.Named(name: string, known: 'entry list, nameOf: 'entry -> string) : 'entry =
        let text = reader.Text name

        match known |> List.tryFind (fun entry -> nameOf entry = text) with
        | Some entry -> entry
        | None -> reader.Fail(name, known |> List.map nameOf |> String.concat ", " |> sprintf "one of %s")

    /// As `Named`; none where there is no such field.
    member reader.TryNamed(name: string, known: 'entry list, nameOf: 'entry -> string) : 'entry option =
        tryField name |> Option.map (fun _ -> reader.Named(name, known, nameOf))

    /// The entry of a list of a vocabulary that a text names; `what` is what its entries are.
    member reader.Registered(name: string, what: string, known: 'entry list, nameOf: 'entry -> string) : 'entry =
        let text = reader.Text name

        match known |> List.tryFind (fun entry -> nameOf entry = text) with
        | Some entry -> entry
        | None -> raise (SavedFormException(NotRegistered(full name, what, text, known |> List.map nameOf |> List.distinct)))

    /// Named parts.
    member reader.Object(name: string) : SavedReader =
        match tryField name with
        | Some(SavedForm.Fields inner) -> SavedReader(full name, inner)
        | _ -> reader.Fail(name, "an object")

    /// As `Object`; none where there is no such field.
    member reader.TryObject(name: string) : SavedReader option = tryField name |> Option.map (fun _ -> reader.Object name)

    member private reader.List(name: string) : SavedForm list =
        match tryField name with
        | Some(SavedForm.List entries) -> entries
        | Some(SavedForm.Numbers numbers) -> [ for number in numbers -> SavedForm.Number number ]
        | _ -> reader.Fail(name, "a list")

    /// A list of texts.
    member reader.Texts(name: string) : string list =
        reader.List name
        |> List.mapi (fun index entry ->
            match entry with
            | SavedForm.Text text -> text
            | _ -> reader.Fail($"{name}[{index}]", "a text"))

    /// As `Texts`; none where there is no such field.
    member reader.TryTexts(name: string) : string list option = tryField name |> Option.map (fun _ -> reader.Texts name)

    /// A list of named parts.
    member reader.Objects(name: string) : SavedReader list =
        reader.List name
        |> List.mapi (fun index entry ->
            match entry with
            | SavedForm.Fields inner -> SavedReader($"{full name}[{index}]", inner)
            | _ -> reader.Fail($"{name}[{index}]", "an object"))

    /// As `Objects`; none where there is no such field.
    member reader.TryObjects(name: string) : SavedReader list option = tryField name |> Option.map (fun _ -> reader.Objects name)

    /// Finite numbers; as many as `length` says, which may be more than memory has room for.
    member reader.Floats(name: string, length: int64 option) : float[] =
        let numbers =
            match tryField name with
            | Some(SavedForm.Numbers numbers) -> numbers
            | Some(SavedForm.List entries) ->
                let isNumber =
                    function
                    | SavedForm.Number _ -> true
                    | _ -> false

                let wrong = entries |> List.tryFindIndex (isNumber >> not) |> Option.defaultValue 0
                reader.Fail($"{name}[{wrong}]", "a finite number")
            | _ -> reader.Fail(name, "a list")

        match length, Guard.firstNotFinite (ReadOnlySpan<float> numbers) with
        | Some length, _ when numbers.LongLength <> length -> reader.Fail(name, $"{length} numbers; there are {numbers.Length}")
        | _, -1 -> Array.copy numbers
        | _, index -> reader.Fail($"{name}[{index}]", "a finite number")

    /// As `Floats`; none where there is no such field.
    member reader.TryFloats(name: string, length: int64) : float[] option =
        tryField name |> Option.map (fun _ -> reader.Floats(name, Some length))

    /// Whole numbers from 0 up to, but not including, `count`.
    member reader.Indices(name: string, count: int) : int[] =
        let values = reader.Floats(name, None)

        if values |> Array.exists (fun x -> x <> floor x || x < 0.0 || x >= float count) then
            reader.Fail(name, $"whole numbers from 0 to {count - 1}")

        Array.map int values

    /// Lists of whole numbers from 0 up to, but not including, `count`.
    member reader.IndexLists(name: string, count: int) : int[][] =
        let ofEntry (index: int) (entry: SavedForm) : int[] =
            let item = SavedReader($"{full name}[{index}]", [ "axes", entry ])
            item.Indices("axes", count)

        reader.List name |> List.mapi ofEntry |> Array.ofList

/// Reading saved forms.
[<RequireQualifiedAccess>]
module SavedForm =

    /// Reads named parts; the error of the first field that is not what it should be.
    let tryRead (read: SavedReader -> 'part) (fields: (string * SavedForm) list) : Result<'part, SavedFormError> =
        try
            Ok(read (SavedReader("", fields)))
        with SavedFormException error ->
            Error error

    /// Whole numbers in a row.
    let ofInts (values: int seq) : SavedForm = SavedForm.Numbers [| for value in values -> float value |]

    /// Texts in a row.
    let ofTexts (texts: string seq) : SavedForm = SavedForm.List [ for text in texts -> SavedForm.Text text ]
