namespace HgnFunctional.IO

open System
open System.Buffers
open System.IO
open System.Security.Cryptography
open System.Text.Json
open System.Text.Json.Nodes
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Features
open HgnFunctional.Blocks
open HgnFunctional.Models

/// Reads and writes models as single versioned JSON documents. Version 2 added the field `units`, version 3 the relations, species and
/// bond types, version 4 angles, weights, cutoffs by species and periodic coordinates, version 5 fields, forces of velocities, known laws and
/// species without a cutoff; documents before 3 hold one law for all pairs, whatever they are.
[<RequireQualifiedAccess>]
module ModelFile =

    /// The version of the format that this library writes; it reads this one and those before.
    [<Literal>]
    let Version = 5

    /// Bytes of the longest model, after inflation: 64 MB.
    [<Literal>]
    let MostBytes = 67108864L

    let private options = JsonSerializerOptions(WriteIndented = true, NewLine = "\n")

    let private encodeTerm (term: ModelTerm) : JsonNode =
        ("kind", SavedForm.Text term.Block.Kind) :: term.Block.Save() @ [ "readout", SavedForm.Numbers term.Readout ]
        |> SavedJson.ofFields
        :> JsonNode

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

    let private texts (names: string list) : JsonNode =
        JsonArray(names |> Seq.map (fun name -> JsonValue.Create name :> JsonNode) |> Array.ofSeq)

    let private encodeRadius (KeyValue((first, second), cutoff): Collections.Generic.KeyValuePair<string * string, float>) : JsonNode =
        let json = JsonObject()
        json["species"] <- texts [ first; second ]
        json["radius"] <- cutoff
        json

    let private encodeScope (scope: ModelScope) : JsonNode =
        let relations = JsonArray()

        match scope.BondTypes with
        | Some types ->
            let json = JsonObject()
            json["kind"] <- "bonds"
            json["types"] <- texts types
            relations.Add json
        | None -> ()

        match scope.AngleTypes with
        | Some types ->
            let json = JsonObject()
            json["kind"] <- "angles"
            json["types"] <- texts types
            relations.Add json
        | None -> ()

        match scope.Reach with
        | Some reach ->
            let json = JsonObject()
            json["kind"] <- "cutoff"
            reach.Cutoff |> Option.iter (fun cutoff -> json["radius"] <- cutoff)

            if not reach.Pairs.IsEmpty then
                json["radii"] <- JsonArray(reach.Pairs |> Seq.map encodeRadius |> Array.ofSeq)

            if reach.ExcludedBonds > 0 then
                json["excludedBonds"] <- reach.ExcludedBonds

            json["species"] <- texts scope.Species
            relations.Add json
        | None when scope.Species <> [ "" ] ->
            let json = JsonObject()
            json["kind"] <- "bodies"
            json["species"] <- texts scope.Species
            relations.Add json
        | None -> ()

        relations

    let private encode (model: TrainedModel) : JsonObject =
        let json = JsonObject()
        json["formatVersion"] <- Version
        json["libraryVersion"] <- model.Provenance.LibraryVersion
        json["seed"] <- model.Provenance.Seed
        json["sampler"] <- model.Provenance.Sampler
        json["width"] <- model.Provenance.Width
        json["frames"] <- model.Provenance.Frames

        if model.Provenance.PinnedBodies > 0 then
            json["pinnedBodies"] <- model.Provenance.PinnedBodies

        json["dataSha256"] <- model.Provenance.DataHash
        json["relations"] <- encodeScope model.Scope
        json["constant"] <- model.Constant
        model.Units |> Option.iter (fun units -> json["units"] <- units)
        json["diagnostics"] <- JsonArray(model.Diagnostics |> Seq.map encodeFit |> Array.ofSeq)
        json["terms"] <- JsonArray(model.Terms |> Seq.map encodeTerm |> Array.ofSeq)
        json

    /// SHA-256 of the compact text without the field of the checksum, as .NET's writer escapes it; numbers keep their digits.
    let internal checksum (json: JsonElement) : string =
        let bytes = ArrayBufferWriter<byte>()

        (use writer = new Utf8JsonWriter(bytes)
         writer.WriteStartObject()

         for field in json.EnumerateObject() do
             if field.Name <> "checksum" then
                 field.WriteTo writer

         writer.WriteEndObject())

        SHA256.HashData bytes.WrittenSpan |> Convert.ToHexStringLower

    /// The text of a document with its checksum.
    let internal seal (json: JsonObject) : string =
        let sum = checksum (JsonSerializer.SerializeToElement json)
        json["checksum"] <- sum
        json.ToJsonString options + "\n"

    /// The model as JSON text.
    let toJson (model: TrainedModel) : string = encode model |> seal

    let private decodeTerm (vocabulary: Vocabulary) (reader: SavedReader) : ModelTerm =
        let recipe = reader.Registered("kind", "block", vocabulary.Blocks, _.Kind)
        let block = recipe.Restore vocabulary reader
        { Block = block; Readout = reader.Floats("readout", Some(int64 block.Width)) }

    let private decodeFit (reader: SavedReader) : FitDiagnostics =
        {
            Part = reader.Text "part"
            Rows = reader.Long "rows"
            FeaturesSampled = reader.Count "featuresSampled"
            FeaturesKept = reader.Count "featuresKept"
            Condition = reader.Float "condition"
            Ridge = reader.Float "ridge"
            RelativeError = reader.Float "relativeError"
        }

    let private names (reader: SavedReader) (field: string) : string list =
        match reader.Texts field with
        | [] -> reader.Fail(field, "at least one name")
        | names when List.distinct names <> names -> reader.Fail(field, "each name once")
        | names -> names

    let private decodeReach (species: string list) (reader: SavedReader) : Reach =
        let radius (reader: SavedReader) =
            match reader.Texts "species" with
            | [ first; second ] when String.CompareOrdinal(first, second) <= 0 -> (first, second), reader.Positive "radius"
            | _ -> reader.Fail("species", "two names in ascending order")

        let radii = reader.TryObjects "radii" |> Option.map (List.map radius) |> Option.defaultValue []

        let reach =
            {
                Cutoff =
                    if radii.IsEmpty then
                        Some(reader.Positive "radius")
                    else
                        reader.TryPositive "radius"
                Pairs = Map.ofList radii
                ExcludedBonds = reader.TryInteger("excludedBonds", 1, 3) |> Option.defaultValue 0
            }

        match Reach.fault species reach with
        | None when reach.Pairs.Count = radii.Length -> reach
        | _ -> reader.Fail("radii", "one for each pair of species, each once")

    let private decodeScope (reader: SavedReader) : ModelScope =
        let relations =
            reader.Objects "relations"
            |> List.map (fun relation -> relation.Named("kind", [ "bonds"; "angles"; "cutoff"; "bodies" ], id), relation)

        if relations |> List.countBy fst |> List.exists (fun (_, count) -> count > 1) then
            reader.Fail("relations", "each kind once")

        let tryFind kind = relations |> List.tryFind (fun (other, _) -> other = kind) |> Option.map snd
        let within = tryFind "cutoff"

        {
            Species =
                within
                |> Option.orElse (tryFind "bodies")
                |> Option.map (fun relation -> names relation "species")
                |> Option.defaultValue [ "" ]
            BondTypes = tryFind "bonds" |> Option.map (fun relation -> names relation "types")
            AngleTypes = tryFind "angles" |> Option.map (fun relation -> names relation "types")
            Reach = within |> Option.map (fun relation -> decodeReach (names relation "species") relation)
        }

    /// Before version 3: bonds or a cutoff, and the kind of all pairs.
    let private decodePairs (reader: SavedReader) : ModelScope * Kind =
        match reader.Named("kind", [ "bonds"; "cutoff" ], id) with
        | "bonds" -> ModelScope.bonds, BondsOf ""
        | _ -> ModelScope.within (reader.Positive "radius"), PairsOf("", "", None)

    /// Terms of versions before 3, in which pairs are of the kind of the whole model, as version 3 has them.
    let private withKind (kind: Kind) (fields: (string * SavedForm) list) : (string * SavedForm) list =
        let texts (inner: (string * SavedForm) list) =
            inner
            |> List.choose (function
                | name, SavedForm.Text text -> Some(name, text)
                | _ -> None)

        let ofTerm (term: SavedForm) =
            match term with
            | SavedForm.Fields inner when List.contains ("kind", "pair") (texts inner) ->
                SavedForm.Fields(("pairs", SavedParts.ofKind kind) :: List.filter (fun (name, _) -> name <> "pairs") inner)
            | other -> other

        fields
        |> List.map (fun (name, form) ->
            match name, form with
            | "terms", SavedForm.List terms -> name, SavedForm.List(List.map ofTerm terms)
            | _ -> name, form)

    let private decodeOn (vocabulary: Vocabulary) (scope: ModelScope) (reader: SavedReader) : TrainedModel =
        {
            Scope = scope
            Terms = reader.Objects "terms" |> List.map (decodeTerm vocabulary)
            Constant = reader.Float "constant"
            Units = reader.TryNamed("units", Units.all, (fun units -> units.Name)) |> Option.map _.Name
            Diagnostics = reader.Objects "diagnostics" |> List.map decodeFit
            Provenance =
                {
                    LibraryVersion = reader.Text "libraryVersion"
                    Seed = reader.Integer("seed", Int32.MinValue, Int32.MaxValue)
                    Sampler = reader.Text "sampler"
                    Width = reader.Count "width"
                    Frames = reader.LongCount "frames"
                    PinnedBodies = reader.TryInteger("pinnedBodies", 1, Int32.MaxValue) |> Option.defaultValue 0
                    DataHash = reader.Text "dataSha256"
                }
            Warnings = []
            Verdict = None
            Posterior = None
        }

    let private decode (vocabulary: Vocabulary) (fields: (string * SavedForm) list) : Result<TrainedModel, SavedFormError> =
        let ofOlder (reader: SavedReader) =
            if reader.Integer("formatVersion", 1, Version) < 3 then
                Some(decodePairs (reader.Object "pairs"))
            else
                None

        fields
        |> SavedForm.tryRead ofOlder
        |> Result.bind (function
            | Some(scope, kind) -> fields |> withKind kind |> SavedForm.tryRead (decodeOn vocabulary scope)
            | None -> fields |> SavedForm.tryRead (fun reader -> decodeOn vocabulary (decodeScope reader) reader))

    let private checkVersion (path: string) (json: JsonElement) : Result<unit, ModelFileError> =
        match json.TryGetProperty "formatVersion" with
        | false, _ -> Error(BadField(path, "formatVersion", $"1 to {Version}"))
        | true, found ->
            let text = found.GetRawText()

            if List.contains text [ for version in 1..Version -> string version ] then
                Ok()
            else
                Error(OtherVersion(path, Words.quote text, Version))

    /// Before anything else, so that no edit of any field goes unnoticed.
    let private checkSum (path: string) (json: JsonElement) : Result<unit, ModelFileError> =
        match json.TryGetProperty "checksum" with
        | true, found when found.ValueKind = JsonValueKind.String ->
            if found.GetString() = checksum json then Ok() else Error(ChecksumMismatch path)
        | _ -> Error(BadField(path, "checksum", "a text"))

    let private ofDocument (path: string) (document: JsonDocument) : Result<(string * SavedForm) list, ModelFileError> =
        let json = document.RootElement

        if json.ValueKind <> JsonValueKind.Object then
            Error(NotJson(path, 1L, "another kind of value"))
        else
            checkVersion path json |> Result.bind (fun () -> checkSum path json) |> Result.map (fun () -> SavedJson.toFields json)

    let private formOf (path: string) (document: unit -> JsonDocument) : Result<(string * SavedForm) list, ModelFileError> =
        try
            use document = document ()
            ofDocument path document
        with
        | :? JsonException as error ->
            let line = if error.LineNumber.HasValue then error.LineNumber.Value + 1L else 1L
            Error(NotJson(path, line, "damaged or cut off JSON, or a field given twice"))
        // A text or name with half of a surrogate pair, which is found when it is looked at or written.
        | :? ArgumentException
        | :? InvalidOperationException -> Error(NotJson(path, 1L, "a text that is not Unicode"))

    let private parse (vocabulary: Vocabulary) (path: string) (document: unit -> JsonDocument) : Result<TrainedModel, ModelFileError> =
        let inFile (error: SavedFormError) =
            match error with
            | WrongField(field, expected) -> BadField(path, field, expected)
            | NotRegistered(field, what, name, known) -> UnknownPart(path, field, what, Words.quote name, known)

        match Vocabulary.fault vocabulary with
        | Some fault -> Error(BadVocabulary fault)
        | None -> formOf path document |> Result.bind (decode vocabulary >> Result.mapError inFile)

    let private reading = JsonDocumentOptions(AllowDuplicateProperties = false)

    /// The model of a JSON text, of this library's parts; `path` is what messages call it.
    let ofJson (path: string) (text: string) : Result<TrainedModel, ModelFileError> =
        parse Vocabulary.standard path (fun () -> JsonDocument.Parse(text, reading))

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

    /// All bytes of a stream without a byte order mark, if they are not too many.
    let private tryReadAll (stream: Stream) : ReadOnlyMemory<byte> option =
        use content = new MemoryStream()
        let chunk = Array.zeroCreate<byte>(1 <<< 16)
        let mutable count = stream.Read(chunk, 0, chunk.Length)

        while count > 0 && content.Length <= MostBytes do
            content.Write(chunk, 0, count)
            count <- stream.Read(chunk, 0, chunk.Length)

        let bytes = ReadOnlyMemory<byte>(content.GetBuffer(), 0, int content.Length)
        let mark = Text.Encoding.UTF8.GetPreamble()

        if content.Length > MostBytes then
            None
        elif bytes.Span.StartsWith(ReadOnlySpan<byte> mark) then
            Some(bytes.Slice mark.Length)
        else
            Some bytes

    /// Reads a model, which gzip may have compressed, with the parts of a vocabulary.
    let readWith (vocabulary: Vocabulary) (path: string) : Result<TrainedModel, ModelFileError> =
        DataFile.tryRead path (fun () ->
            use content = ContentStream.openRead path
            tryReadAll content.Stream)
        |> Result.mapError ModelFileUnreadable
        |> Result.bind (function
            | None -> Error(TooLong(path, MostBytes))
            | Some bytes -> parse vocabulary path (fun () -> JsonDocument.Parse(bytes, reading)))

    /// Reads a model of this library's parts, which gzip may have compressed.
    let read (path: string) : Result<TrainedModel, ModelFileError> = readWith Vocabulary.standard path

    /// Writes a model, at once or not at all; compressed if the path ends in .gz. The same model gives the same bytes.
    let write (path: string) (model: TrainedModel) : Result<unit, ModelFileError> =
        match encode model |> tryFindNotFinite "" with
        | Some field -> Error(NotFiniteField(path, field))
        | None ->
            let text = toJson model

            if int64 (Text.Encoding.UTF8.GetByteCount text) > MostBytes then
                Error(TooLong(path, MostBytes))
            else
                AtomicFile.write path (fun writer -> writer.Write text) |> Result.mapError ModelFileUnreadable
