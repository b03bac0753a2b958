namespace HgnFunctional.IO

open System
open System.IO
open System.Security.Cryptography
open System.Text
open System.Text.Json
open System.Text.Json.Nodes
open HgnFunctional

/// Reads and writes models as single versioned JSON documents.
[<RequireQualifiedAccess>]
module ModelFile =

    /// The version of the format that this library reads and writes.
    [<Literal>]
    let Version = 1

    let private options = JsonSerializerOptions(WriteIndented = true, NewLine = "\n")

    let private encodeTerm (term: ModelTerm) : JsonNode =
        match BlockCodecs.all |> List.tryPick (fun codec -> codec.Encode term.Block) with
        | None -> invalidArg (nameof term) $"Blocks of kind '{term.Block.Kind}' cannot be written to a model file."
        | Some json ->
            json.Insert(0, "kind", term.Block.Kind)
            json["readout"] <- JsonArray(term.Readout |> Array.map (fun value -> JsonValue.Create value :> JsonNode))
            json

    let private encodeFit (fit: FitDiagnostics) : JsonNode =
        let json = JsonObject()
        json["part"] <- fit.Part
        json["rows"] <- fit.Rows
        json["featuresSampled"] <- fit.FeaturesSampled
        json["featuresKept"] <- fit.FeaturesKept
        json["condition"] <- fit.Condition
        json["ridge"] <- fit.Ridge
        json["relativeError"] <- fit.RelativeError
        json

    let private encode (model: TrainedModel) : JsonObject =
        let json = JsonObject()
        json["formatVersion"] <- Version
        json["libraryVersion"] <- model.Provenance.LibraryVersion
        json["seed"] <- model.Provenance.Seed
        json["sampler"] <- model.Provenance.Sampler
        json["width"] <- model.Provenance.Width
        json["frames"] <- model.Provenance.Frames
        json["dataSha256"] <- model.Provenance.DataHash
        let pairs = JsonObject()

        match model.Pairs with
        | BondedPairs -> pairs["kind"] <- "bonds"
        | PairsWithin cutoff ->
            pairs["kind"] <- "cutoff"
            pairs["radius"] <- cutoff

        json["pairs"] <- pairs
        json["constant"] <- model.Constant
        json["diagnostics"] <- JsonArray(model.Diagnostics |> Seq.map encodeFit |> Array.ofSeq)
        json["terms"] <- JsonArray(model.Terms |> Seq.map encodeTerm |> Array.ofSeq)
        json

    let private checksum (json: JsonObject) : string =
        json.ToJsonString() |> Encoding.UTF8.GetBytes |> SHA256.HashData |> Convert.ToHexStringLower

    /// The model as JSON text.
    let toJson (model: TrainedModel) : string =
        let json = encode model
        let sum = checksum json
        json["checksum"] <- sum
        json.ToJsonString options + "\n"

    let private decodeTerm (reader: ModelReader) : ModelTerm =
        let codec = reader.Named("kind", BlockCodecs.all, (fun codec -> codec.Kind))
        let block = codec.Decode reader
        { Block = block; Readout = reader.Floats("readout", Some block.Width) }

    let private decodeFit (reader: ModelReader) : FitDiagnostics =
        {
            Part = reader.Text "part"
            Rows = reader.Integer "rows"
            FeaturesSampled = reader.Count "featuresSampled"
            FeaturesKept = reader.Count "featuresKept"
            Condition = reader.Float "condition"
            Ridge = reader.Float "ridge"
            RelativeError = reader.Float "relativeError"
        }

    let private decodePairs (reader: ModelReader) : PairKind =
        match reader.Named("kind", [ "bonds"; "cutoff" ], id) with
        | "bonds" -> BondedPairs
        | _ -> PairsWithin(reader.Positive "radius")

    let private decode (reader: ModelReader) : TrainedModel =
        {
            Pairs = decodePairs (reader.Object "pairs")
            Terms = reader.Objects "terms" |> List.map decodeTerm
            Constant = reader.Float "constant"
            Diagnostics = reader.Objects "diagnostics" |> List.map decodeFit
            Provenance =
                {
                    LibraryVersion = reader.Text "libraryVersion"
                    Seed = int (reader.Integer "seed")
                    Sampler = reader.Text "sampler"
                    Width = reader.Count "width"
                    Frames = reader.Count "frames"
                    DataHash = reader.Text "dataSha256"
                }
            Units = None
            Warnings = []
        }

    let private checkVersion (path: string) (json: JsonObject) : Result<unit, ModelFileError> =
        match json["formatVersion"] with
        | null -> Error(BadField(path, "formatVersion", string Version))
        | found when found.ToJsonString() = string Version -> Ok()
        | found -> Error(OtherVersion(path, Words.quote (found.ToJsonString()), Version))

    let private decodeChecked (path: string) (json: JsonObject) : Result<TrainedModel, ModelFileError> =
        let reader = ModelReader(path, "", json)

        try
            let model = decode reader

            if reader.Text "checksum" = checksum (encode model) then
                Ok model
            else
                Error(ChecksumMismatch path)
        with :? ModelFieldException as failure ->
            Error failure.Error

    /// The model of a JSON text; `path` is what messages call it.
    let ofJson (path: string) (text: string) : Result<TrainedModel, ModelFileError> =
        try
            match JsonNode.Parse text with
            | :? JsonObject as json -> checkVersion path json |> Result.bind (fun () -> decodeChecked path json)
            | _ -> Error(NotJson(path, 1L, "another kind of value"))
        with
        | :? JsonException as error ->
            let line = if error.LineNumber.HasValue then error.LineNumber.Value + 1L else 1L
            Error(NotJson(path, line, "damaged or cut off JSON"))
        | :? ArgumentException -> Error(NotJson(path, 1L, "a field given twice"))
        // A text or name with half of a surrogate pair, which is found when it is looked at.
        | :? InvalidOperationException -> Error(NotJson(path, 1L, "a text that is not Unicode"))

    let rec private tryFindNotFinite (field: string) (node: JsonNode) : string option =
        match node with
        | :? JsonArray as entries -> entries |> Seq.indexed |> Seq.tryPick (fun (k, entry) -> tryFindNotFinite $"{field}[{k}]" entry)
        | :? JsonObject as fields ->
            fields
            |> Seq.tryPick (fun entry -> tryFindNotFinite (if field = "" then entry.Key else $"{field}.{entry.Key}") entry.Value)
        | :? JsonValue as value ->
            match value.TryGetValue<float>() with
            | true, number when not (Double.IsFinite number) -> Some field
            | _ -> None
        | _ -> None

    /// Reads a model.
    let read (path: string) : Result<TrainedModel, ModelFileError> =
        DataFile.tryRead path (fun () ->
            use reader = new LineReader(path)
            reader.ReadToEnd())
        |> Result.mapError ModelFileUnreadable
        |> Result.bind (ofJson path)

    /// Writes a model, at once or not at all. The same model gives the same bytes.
    let write (path: string) (model: TrainedModel) : Result<unit, ModelFileError> =
        match encode model |> tryFindNotFinite "" with
        | Some field -> Error(NotFiniteField(path, field))
        | None -> AtomicFile.write path (fun writer -> writer.Write(toJson model)) |> Result.mapError ModelFileUnreadable
