namespace HgnFunctional.IO

open System.Text.Json
open System.Text.Json.Nodes
open HgnFunctional
open HgnFunctional.Features

/// Turns saved forms into JSON and back.
[<RequireQualifiedAccess>]
module internal SavedJson =

    let rec ofForm (form: SavedForm) : JsonNode =
        match form with
        | SavedForm.Number number -> JsonValue.Create number
        | SavedForm.Numbers numbers -> JsonArray(numbers |> Array.map (fun number -> JsonValue.Create number :> JsonNode))
        | SavedForm.Text text -> JsonValue.Create text
        | SavedForm.Flag flag -> JsonValue.Create flag
        | SavedForm.List entries -> JsonArray [| for entry in entries -> ofForm entry |]
        | SavedForm.Fields fields -> ofFields fields

    /// Throws an `ArgumentException` for a name that is there twice.
    and ofFields (fields: (string * SavedForm) list) : JsonObject =
        let json = JsonObject()

        for name, form in fields do
            json.Add(name, ofForm form)

        json

    let private isNumber (json: JsonElement) : bool = json.ValueKind = JsonValueKind.Number

    /// A number that is too large is infinite, and so refused by whoever reads it.
    let private numberOf (json: JsonElement) : float =
        match json.TryGetDouble() with
        | true, number -> number
        | _ -> infinity

    let rec private toForm (json: JsonElement) : SavedForm option =
        match json.ValueKind with
        | JsonValueKind.Number -> Some(SavedForm.Number(numberOf json))
        | JsonValueKind.String -> Some(SavedForm.Text(json.GetString()))
        | JsonValueKind.True -> Some(SavedForm.Flag true)
        | JsonValueKind.False -> Some(SavedForm.Flag false)
        | JsonValueKind.Object -> Some(SavedForm.Fields(toFields json))
        | JsonValueKind.Array when json.EnumerateArray() |> Seq.forall isNumber ->
            let numbers = Array.zeroCreate<float>(json.GetArrayLength())
            let mutable index = 0

            for entry in json.EnumerateArray() do
                numbers[index] <- numberOf entry
                index <- index + 1

            Some(SavedForm.Numbers numbers)
        | JsonValueKind.Array ->
            // Nothing is no part; as an entry without fields it is refused by whoever reads it.
            Some(SavedForm.List [ for entry in json.EnumerateArray() -> toForm entry |> Option.defaultValue (SavedForm.Fields []) ])
        | _ -> None

    /// The fields of an object; those that are null count as missing.
    and toFields (json: JsonElement) : (string * SavedForm) list =
        [
            for field in json.EnumerateObject() do
                match toForm field.Value with
                | Some form -> field.Name, form
                | None -> ()
        ]
