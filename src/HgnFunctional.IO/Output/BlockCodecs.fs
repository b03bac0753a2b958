namespace HgnFunctional.IO

open System
open System.Text.Json.Nodes
open HgnFunctional

/// Encodes and decodes blocks of one kind.
[<NoEquality; NoComparison>]
type internal BlockCodec =
    {
        Kind: string
        Encode: IFeatureBlock -> JsonObject option
        /// Given the kind of pairs of the whole model, where its format is older than kinds.
        Decode: Kind option -> ModelReader -> IFeatureBlock
    }

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
                    Biases = reader.Floats("biases", Some weights.LongLength)
                }
        }

    let private encodeRange (json: JsonObject) (range: InvariantRange) : unit =
        let inner = JsonObject()
        inner["name"] <- range.Name
        inner["low"] <- range.Low
        inner["high"] <- range.High
        json["range"] <- inner

    let private tryDecodeRange (reader: ModelReader) : InvariantRange option =
        reader.TryObject "range"
        |> Option.map (fun range -> { Name = range.Text "name"; Low = range.Float "low"; High = range.Float "high" })

    let private decodeRange (reader: ModelReader) : InvariantRange =
        match tryDecodeRange reader with
        | Some range -> range
        | None -> reader.Fail("range", "an object")

    let private body: BlockCodec =
        {
            Kind = "body"
            Encode =
                function
                | :? BodyBlock as block ->
                    let json = JsonObject()
                    block.Range |> Option.iter (encodeRange json)
                    encodeUnits json block.Units
                    Some json
                | _ -> None
            Decode = fun _ reader -> BodyBlock(decodeUnits reader, tryDecodeRange reader)
        }

    let private encodeFactor (json: JsonObject) (factor: CutoffFactor option) : unit =
        match factor with
        | None -> ()
        | Some factor ->
            let inner = JsonObject()
            inner["shape"] <- factor.Shape.Name
            inner["radius"] <- factor.Radius
            json["cutoff"] <- inner

    let private decodeFactor (reader: ModelReader) : CutoffFactor option =
        let factor (inner: ModelReader) =
            {
                Shape = inner.Named("shape", Cutoff.all, (fun shape -> shape.Name))
                Radius = inner.Positive "radius"
            }

        reader.TryObject "cutoff" |> Option.map factor

    /// The relation and the kind of pairs of a block.
    let private encodeKind (json: JsonObject) (kind: Kind) : unit =
        let inner = JsonObject()

        match kind with
        | EachBody -> ()
        | AnglesOf angleType ->
            inner["kind"] <- "angles"
            inner["type"] <- angleType
        | BondsOf bondType ->
            inner["kind"] <- "bonds"
            inner["type"] <- bondType
        | AnyPairsOf between ->
            inner["kind"] <- "cutoff"
            between |> Option.iter (fun bonds -> inner["bondsBetween"] <- bonds)
        | PairsOf(first, second, between) ->
            inner["kind"] <- "cutoff"
            inner["species"] <- JsonArray(JsonValue.Create first, JsonValue.Create second)
            between |> Option.iter (fun bonds -> inner["bondsBetween"] <- bonds)

        json["pairs"] <- inner

    let private decodeKind (reader: ModelReader) : Kind =
        match reader.Named("kind", [ "bonds"; "cutoff" ], id) with
        | "bonds" -> BondsOf(reader.Text "type")
        | _ ->
            match reader.TryTexts "species" |> Option.defaultValue [] with
            | [] -> AnyPairsOf(reader.TryInteger("bondsBetween", 1, BondPaths.More))
            | [ first; second ] when String.CompareOrdinal(first, second) <= 0 ->
                PairsOf(first, second, reader.TryInteger("bondsBetween", 1, BondPaths.More))
            | _ -> reader.Fail("species", "two names in ascending order")

    let private encodePair (features: PairFeatures) : JsonObject =
        let json = JsonObject()
        encodeKind json features.Kind

        match features.Weight with
        | Unweighted -> ()
        | ByMasses -> json["weight"] <- "mass"
        | ByAttribute name -> json["attribute"] <- name

        json["radial"] <- features.Radial.Name

        encodeFactor json features.Factor
        encodeRange json features.Range
        encodeUnits json features.Units
        json

    let private decodePair (ofModel: Kind option) (reader: ModelReader) : IFeatureBlock =
        let kind = ofModel |> Option.defaultWith (fun () -> decodeKind (reader.Object "pairs"))
        let factor = decodeFactor reader

        // Without one, pairs beyond the cutoff would act as long as a list holds them.
        if (kind.IsPairsOf || kind.IsAnyPairsOf) && factor.IsNone then
            reader.Fail("cutoff", "an object")

        PairBlock
            {
                Kind = kind
                Weight =
                    match reader.TryText "attribute", reader.TryNamed("weight", [ "mass" ], id) with
                    | None, None -> Unweighted
                    | None, Some _ -> ByMasses
                    | Some name, None -> ByAttribute name
                    | Some _, Some _ -> reader.Fail("weight", "one weight")
                Radial = reader.Named("radial", Radial.all, (fun radial -> radial.Name))
                Factor = factor
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

    let private encodeMap (map: FeatureMap) : JsonObject =
        let json = JsonObject()
        json["activation"] <- map.Activation.Name
        json["centres"] <- floats map.Centres
        json["halfRanges"] <- floats map.HalfRanges
        json["weights"] <- floats map.Weights
        json["biases"] <- floats map.Biases
        json

    /// A map of so many inputs, a number that nothing has checked yet.
    let private decodeMap (inputs: int64) (reader: ModelReader) : FeatureMap =
        let biases = reader.Floats("biases", None)
        let halfRanges = reader.Floats("halfRanges", Some inputs)

        if halfRanges |> Array.exists (fun half -> half <= 0.0) then
            reader.Fail("halfRanges", "numbers above 0")

        {
            Activation = reader.Named("activation", Activation.all, (fun activation -> activation.Name))
            Centres = reader.Floats("centres", Some inputs)
            HalfRanges = halfRanges
            Weights = reader.Floats("weights", Some(inputs * biases.LongLength))
            Biases = biases
        }

    let private indices (reader: ModelReader) (name: string) (units: int) : int[] =
        let values = reader.Floats(name, None)

        if values |> Array.exists (fun x -> x <> floor x || x < 0.0 || x >= float units) then
            reader.Fail(name, $"whole numbers from 0 to {units - 1}")

        Array.map int values

    /// More dimensions of space are in no data.
    let private mostDimensions = 8

    let private encodeMessage (block: MessageBlock) : JsonObject =
        let network = block.Network
        let json = JsonObject()
        json["inputs"] <- network.Inputs.Name
        json["dimension"] <- network.Dimension
        json["directed"] <- network.IsDirected
        encodeFactor json network.Factor
        json["nodes"] <- encodeMap network.Nodes
        json["edges"] <- encodeMap network.Edges
        json["rounds"] <- JsonArray(network.Rounds |> Seq.map (fun map -> encodeMap map :> JsonNode) |> Array.ofSeq)
        json["pooledNodes"] <- floats (block.PooledNodes |> Seq.map float)
        json["pooledEdges"] <- floats (block.PooledEdges |> Seq.map float)
        json

    let private decodeMessage (reader: ModelReader) : IFeatureBlock =
        let inputs = reader.Named("inputs", GraphInputs.all, (fun inputs -> inputs.Name))
        let dimension = reader.Integer("dimension", 1, mostDimensions)
        let isDirected = reader.Flag "directed"
        let nodes = reader.Object "nodes" |> decodeMap (inputs.NodeInputs dimension).LongLength
        let edges = reader.Object "edges" |> decodeMap (inputs.EdgeInputs dimension).LongLength

        let rounds =
            reader.Objects "rounds"
            |> List.mapFold
                (fun seen round ->
                    let map = round |> decodeMap ((if isDirected then 2L else 1L) * int64 seen + int64 edges.Units)
                    map, map.Units)
                nodes.Units
            |> fst

        if List.isEmpty rounds then
            reader.Fail("rounds", "at least one round")

        MessageBlock(
            {
                Inputs = inputs
                Dimension = dimension
                IsDirected = isDirected
                Factor = decodeFactor reader
                Nodes = nodes
                Edges = edges
                Rounds = rounds
            },
            indices reader "pooledNodes" nodes.Units,
            indices reader "pooledEdges" edges.Units
        )

    let private message: BlockCodec =
        {
            Kind = "message"
            Encode =
                function
                | :? MessageBlock as block -> Some(encodeMessage block)
                | _ -> None
            Decode = fun _ reader -> decodeMessage reader
        }

    let private encodeAngle (features: AngleFeatures) : JsonObject =
        let json = JsonObject()
        let cosine = JsonObject()
        encodeKind json features.Kind
        encodeRange cosine features.CosineRange
        encodeUnits cosine features.Cosine
        json["cosine"] <- cosine
        let joint = encodeMap features.Joint
        encodeRange joint features.LengthRange
        json["joint"] <- joint
        json

    let private angle: BlockCodec =
        {
            Kind = "angle"
            Encode =
                function
                | :? AngleBlock as block -> Some(encodeAngle block.Features)
                | _ -> None
            Decode =
                fun _ reader ->
                    let kind = (reader.Object "pairs").Text "type"
                    let cosine, joint = reader.Object "cosine", reader.Object "joint"

                    AngleBlock
                        {
                            Kind = AnglesOf kind
                            Cosine = decodeUnits cosine
                            Joint = decodeMap 3L joint
                            CosineRange = decodeRange cosine
                            LengthRange = decodeRange joint
                        }
        }

    let private encodeRaw (block: RawBlock) : JsonObject =
        let json = JsonObject()
        json["bodies"] <- block.Inputs.Bodies
        json["dimension"] <- block.Inputs.Dimension

        if block.Inputs.Periods.ToArray() |> Array.exists ((<>) 0.0) then
            json["periods"] <- floats (block.Inputs.Periods.ToArray())

        json["map"] <- encodeMap block.Map
        json

    let private raw: BlockCodec =
        {
            Kind = "raw"
            Encode =
                function
                | :? RawBlock as block -> Some(encodeRaw block)
                | _ -> None
            Decode =
                fun _ reader ->
                    let bodies = reader.Integer("bodies", 1, Int32.MaxValue)
                    let dimension = reader.Integer("dimension", 1, mostDimensions)

                    let periods = reader.TryFloats("periods", int64 dimension) |> Option.defaultValue (Array.zeroCreate dimension)

                    if periods |> Array.exists (fun period -> period < 0.0) then
                        reader.Fail("periods", "lengths, or 0 for open axes")

                    // A number that nothing has checked yet.
                    let count = min 1e15 (RawInputs.CountFor(bodies, periods)) |> int64
                    let map = reader.Object "map" |> decodeMap count
                    RawBlock(RawInputs(bodies, periods), map)
        }

    /// Every codec: a new kind of block adds one.
    let all: BlockCodec list = [ body; pair; angle; message; raw ]
