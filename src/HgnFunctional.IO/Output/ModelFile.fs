namespace HgnFunctional.IO

open System
open System.IO
open System.Security.Cryptography
open System.Text
open System.Text.Json
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

/// Encodes and decodes blocks of one kind.
[<NoEquality; NoComparison>]
type internal BlockCodec = { Kind: string; Encode: IFeatureBlock -> JsonObject option; Decode: ModelReader -> IFeatureBlock }

/// A JSON object that is read field by field; errors name the path of the field.
and [<Sealed>] internal ModelReader(file: string, path: string, json: JsonObject) =

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

/// The codecs: one for each kind of block.
module internal BlockCodecs =

    let private floats (values: float seq) : JsonNode =
        JsonArray(values |> Seq.map (fun value -> JsonValue.Create value :> JsonNode) |> Array.ofSeq)

    let private encodeUnits (json: JsonObject) (units: ScalarUnits) : unit =
        json["degrees"] <- floats (units.Degrees |> Seq.map float)
        json["activation"] <- units.Map.Activation.Name
        json["centre"] <- units.Map.Centres[0]
        json["halfRange"] <- units.Map.HalfRanges[0]
        json["weights"] <- floats units.Map.Weights
        json["biases"] <- floats units.Map.Biases

    let private decodeUnits (reader: ModelReader) : ScalarUnits =
        let weights = reader.Floats("weights", None)
        let degrees = reader.Floats("degrees", None)

        if degrees |> Array.exists (fun degree -> degree <> 1.0 && degree <> 2.0) then
            reader.Fail("degrees", "degrees of 1 and 2")

        {
            Degrees = degrees |> Array.map int
            Map =
                {
                    Activation = reader.Named("activation", Activation.all, (fun activation -> activation.Name))
                    Centres = [| reader.Float "centre" |]
                    HalfRanges = [| reader.Positive "halfRange" |]
                    Weights = weights
                    Biases = reader.Floats("biases", Some weights.Length)
                }
        }

    let private encodeRange (json: JsonObject) (range: InvariantRange) : unit =
        let inner = JsonObject()
        inner["name"] <- range.Name
        inner["low"] <- range.Low
        inner["high"] <- range.High
        json["range"] <- inner

    let private decodeRange (reader: ModelReader) : InvariantRange =
        let range = reader.Object "range"
        { Name = range.Text "name"; Low = range.Float "low"; High = range.Float "high" }

    let private body: BlockCodec =
        {
            Kind = "body"
            Encode =
                function
                | :? BodyBlock as block ->
                    let json = JsonObject()
                    encodeRange json block.Range
                    encodeUnits json block.Units
                    Some json
                | _ -> None
            Decode = fun reader -> BodyBlock(decodeUnits reader, decodeRange reader)
        }

    let private encodePair (features: PairFeatures) : JsonObject =
        let json = JsonObject()
        json["radial"] <- features.Radial.Name

        match features.Factor with
        | None -> ()
        | Some factor ->
            let inner = JsonObject()
            inner["shape"] <- factor.Shape.Name
            inner["radius"] <- factor.Radius
            json["cutoff"] <- inner

        encodeRange json features.Range
        encodeUnits json features.Units
        json

    let private decodePair (reader: ModelReader) : IFeatureBlock =
        let factor (inner: ModelReader) =
            {
                Shape = inner.Named("shape", Cutoff.all, (fun shape -> shape.Name))
                Radius = inner.Positive "radius"
            }

        PairBlock
            {
                Radial = reader.Named("radial", Radial.all, (fun radial -> radial.Name))
                Factor = reader.TryObject "cutoff" |> Option.map factor
                Units = decodeUnits reader
                Range = decodeRange reader
            }

    let private pair: BlockCodec =
        {
            Kind = "pair"
            Encode =
                function
                | :? PairBlock as block -> Some(encodePair block.Features)
                | _ -> None
            Decode = decodePair
        }

    /// Every codec: a new kind of block adds one.
    let all: BlockCodec list = [ body; pair ]

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
