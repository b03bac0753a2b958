/// What of a model file is trusted, and what is not.
module HgnFunctional.Tests.IO.ModelFileTests

open System
open System.IO
open System.IO.Compression
open System.Text.Json.Nodes
open Expecto
open HgnFunctional
open HgnFunctional.Features
open HgnFunctional.Models
open HgnFunctional.IO
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Laws

/// A model as version 1 of the format wrote it.
let private older = Path.Combine(AppContext.BaseDirectory, "data", "model_version_1.json")

let private model: Lazy<TrainedModel> = lazy (ModelFile.read older |> expectOk)

/// The document with an edit and, unlike an edited one, with the right checksum.
let private resealed (edit: JsonObject -> unit) (text: string) : string =
    let json = JsonNode.Parse(text).AsObject()
    json.Remove "checksum" |> ignore
    edit json
    ModelFile.seal json

let private ofText (text: string) : Result<unit, string> = ModelFile.ofJson "m.json" text |> Result.map ignore |> Result.mapError string

let private blockOf (json: JsonObject) : JsonObject = (json["terms"][0]).AsObject()

let private refuses (name: string) (text: string) (edit: JsonObject -> unit) (words: string list) : unit =
    match text |> resealed edit |> ofText with
    | Ok() -> failtest $"{name} was accepted"
    | Error sentence ->
        for word in words do
            Expect.stringContains sentence word name

/// A block of message passing with maps of one unit, in a document with the right checksum.
let private message (dimension: int64) : string =
    let map (inputs: int) =
        let numbers count value = JsonArray([| for _ in 1..count -> JsonValue.Create(value: float) :> JsonNode |])

        JsonObject(
            dict
                [
                    "activation", JsonValue.Create "tanh" :> JsonNode
                    "centres", numbers inputs 0.0
                    "halfRanges", numbers inputs 1.0
                    "weights", numbers inputs 0.5
                    "biases", numbers 1 0.1
                ]
        )

    let block =
        JsonObject(
            dict
                [
                    "kind", JsonValue.Create "message" :> JsonNode
                    "inputs", JsonValue.Create "frame"
                    "dimension", JsonValue.Create dimension
                    "directed", JsonValue.Create false
                    "nodes", map 4
                    "edges", map 2
                    "rounds", JsonArray(map 2)
                    "pooledNodes", JsonArray(JsonValue.Create 0)
                    "pooledEdges", JsonArray(JsonValue.Create 0)
                    "readout", JsonArray(JsonValue.Create 1.0, JsonValue.Create 1.0, JsonValue.Create 1.0)
                ]
        )

    File.ReadAllText older |> resealed (fun json -> json["terms"] <- JsonArray block)

let private raw (bodies: int64) (dimension: int64) : string =
    File.ReadAllText older
    |> resealed (fun json ->
        let numbers count = JsonArray([| for _ in 1..count -> JsonValue.Create 1.0 :> JsonNode |])

        let map =
            JsonObject(
                dict
                    [
                        "activation", JsonValue.Create "tanh" :> JsonNode
                        "centres", numbers 4
                        "halfRanges", numbers 4
                        "weights", numbers 4
                        "biases", numbers 1
                    ]
            )

        let block =
            JsonObject(
                dict
                    [
                        "kind", JsonValue.Create "raw" :> JsonNode
                        "bodies", JsonValue.Create bodies
                        "dimension", JsonValue.Create dimension
                        "map", map
                        "readout", numbers 1
                    ]
            )

        json["terms"] <- JsonArray block)

[<Tests>]
let tests =
    testList
        "Model files"
        [
            test "a model of version 1 is read, and written anew it is the same model" {
                let read = ModelFile.ofJson "m" (ModelFile.toJson model.Value) |> expectOk
                Expect.equal model.Value.Units None "version 1 knows no units"
                Expect.equal (read.Provenance, read.Constant) (model.Value.Provenance, model.Value.Constant) "the same"
                Expect.equal [ for term in read.Terms -> term.Readout ] [ for term in model.Value.Terms -> term.Readout ] "readouts"
            }
            test "units are kept, and must be known ones" {
                let metal = ModelFile.toJson { model.Value with Units = Some "metal" }
                Expect.equal (ModelFile.ofJson "m" metal |> expectOk).Units (Some "metal") "kept"
                refuses "unknown units" metal (fun json -> json["units"] <- "furlongs") [ "units"; "metal" ]
            }
            test "an edit of any field is noticed, whether it is used or not" {
                let text = File.ReadAllText older
                let mismatch = Error "m.json: the checksum does not match; expected the file as it was written, without edits."

                let edits: (JsonObject -> unit) list =
                    [
                        fun json -> json["evil"] <- 1
                        fun json -> (blockOf json)["evil"] <- 1
                        fun json -> json["libraryVersion"] <- "0.2.0"
                        fun json -> (blockOf json)["kind"] <- "none"
                        fun json -> (blockOf json).Remove "readout" |> ignore
                        fun json -> json["units"] <- "metal"
                    ]

                for edit in edits do
                    let json = JsonNode.Parse(text).AsObject()
                    edit json
                    Expect.equal (ofText (json.ToJsonString())) mismatch "noticed"

                Expect.isOk (ofText (JsonNode.Parse(text).ToJsonString())) "blanks do not count"
            }
            test "with the right checksum, fields that are not what they should be are named" {
                let text = File.ReadAllText older
                refuses "a wrapped seed" text (fun json -> json["seed"] <- 4294967297L) [ "seed"; "2147483647" ]
                refuses "a seed that is no number" text (fun json -> json["seed"] <- "1") [ "seed" ]
                refuses "a negative width" text (fun json -> json["width"] <- -1) [ "width" ]
                refuses "no constant" text (fun json -> json["constant"] <- null) [ "constant" ]
                refuses "half a range" text (fun json -> (blockOf json)["halfRange"] <- -1.0) [ "terms[0].halfRange" ]
                refuses "another kind" text (fun json -> (blockOf json)["kind"] <- "none") [ "terms[0].kind"; "body, pair" ]
                refuses "a list of texts" text (fun json -> (blockOf json)["weights"] <- JsonArray(JsonValue.Create "1")) [ "weights[0]" ]
                refuses "terms that are none" text (fun json -> json["terms"] <- JsonArray(JsonValue.Create 1)) [ "terms[0]"; "object" ]
            }
            test "no memory is taken for what a number claims" {
                Expect.isOk (ofText (message 2L)) "as it should be"
                Expect.isOk (ofText (raw 2L 1L)) "as it should be"

                for text, word in
                    [
                        message 9L, "dimension"
                        message 1_000_000_000L, "dimension"
                        message Int64.MaxValue, "dimension"
                        raw 1_000_000_000L 8L, "halfRanges"
                        raw 3L 1_000_000_000L, "dimension"
                    ] do
                    let before = GC.GetAllocatedBytesForCurrentThread()

                    match ofText text with
                    | Ok() -> failtest "accepted"
                    | Error sentence -> Expect.stringContains sentence word "names the field"

                    Expect.isLessThan (GC.GetAllocatedBytesForCurrentThread() - before) 1_000_000L "bytes"
            }
            test "a text that is too long is refused before it fills the memory" {
                TemporaryFolder.using (fun folder ->
                    let path = Path.Combine(folder, "m.json")

                    using (new GZipStream(File.Create path, CompressionLevel.Fastest)) (fun zip ->
                        let blanks = Array.create (1 <<< 20) (byte ' ')

                        for _ in 0..64 do
                            zip.Write blanks)

                    match ModelFile.read path with
                    | Error(TooLong(_, most)) -> Expect.equal most ModelFile.MostBytes "the limit"
                    | other -> failtest $"{other}")
            }
            test "a model is read whatever it is called, compressed or with a byte order mark" {
                TemporaryFolder.using (fun folder ->
                    let path = Path.Combine(folder, "m.json.gz")
                    ModelFile.write path model.Value |> expectOk
                    let renamed = Path.Combine(folder, "m.json")
                    File.Move(path, renamed)
                    let text = ModelFile.toJson model.Value
                    Expect.equal (ModelFile.read renamed |> expectOk |> ModelFile.toJson) text "compressed"
                    File.WriteAllText(path, " \n" + text, Text.UTF8Encoding true)
                    Expect.equal (ModelFile.read path |> expectOk |> ModelFile.toJson) text "with a mark")
            }
            test "the summary of a model with absurd counts is still a sentence" {
                let fit =
                    { model.Value.Diagnostics.Head with
                        FeaturesKept = Int32.MaxValue
                        FeaturesSampled = Int32.MaxValue
                    }

                let summary = { model.Value with Diagnostics = [ fit; fit ] }.Summary
                Expect.stringContains summary "4294967294 of 4294967294" "sums of 64 bits"
            }
        ]
