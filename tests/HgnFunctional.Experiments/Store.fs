namespace HgnFunctional.Experiments

open System
open System.IO
open System.Text.Json
open System.Text.Json.Nodes

/// What is kept of a run.
type StoredRun =
    {
        Name: string
        Title: string
        /// Whether the settings were the quick ones.
        IsQuick: bool
        /// Number of processors, and the name and version of the runtime.
        Processors: int
        Runtime: string
        /// How long it took.
        Seconds: float
        Findings: Findings
    }

/// Runs as files: NAME.json with all that the page needs, each table as NAME-TABLE.csv, each chart as NAME-CHART.svg.
[<RequireQualifiedAccess>]
module Store =

    let private ofValue (value: Value) : JsonNode =
        match value with
        | Text text -> JsonValue.Create text
        | Count number -> JsonValue.Create number
        // JSON has no word for these.
        | Number number when not (Double.IsFinite number) -> JsonValue.Create(Value.toText value)
        // A decimal point or an exponent tells numbers that happen to be whole from counts.
        | Number number when number = round number && abs number < 1e15 -> JsonNode.Parse(Value.toText value + ".0")
        | Number number when number = round number -> JsonNode.Parse(number.ToString("E16", Globalization.CultureInfo.InvariantCulture))
        | Number number -> JsonValue.Create number

    let private toValue (node: JsonNode) : Value =
        match node.GetValueKind() with
        | JsonValueKind.String -> Text(node.GetValue())
        | _ ->
            match node.AsValue().TryGetValue<int64>() with
            | true, number -> Count number
            | _ -> Number(node.GetValue())

    let private array (items: JsonNode seq) : JsonNode = JsonArray(Array.ofSeq items)

    let private texts (items: string list) : JsonNode = items |> Seq.map (fun text -> JsonValue.Create text :> JsonNode) |> array

    let private object (fields: (string * JsonNode) seq) : JsonNode =
        let result = JsonObject()

        for name, value in fields do
            result[name] <- value

        result

    let private ofTable (table: Table) : JsonNode =
        object
            [
                "name", JsonValue.Create table.Name
                "title", JsonValue.Create table.Title
                "columns", texts table.Columns
                "rows", table.Rows |> Seq.map (Seq.map ofValue >> array) |> array
            ]

    let private ofRun (run: StoredRun) : JsonNode =
        object
            [
                "name", JsonValue.Create run.Name
                "title", JsonValue.Create run.Title
                "quick", JsonValue.Create run.IsQuick
                "processors", JsonValue.Create run.Processors
                "runtime", JsonValue.Create run.Runtime
                "seconds", JsonValue.Create(Math.Round run.Seconds)
                "settings", run.Findings.Settings |> Seq.map (fun (name, value) -> name, ofValue value) |> object
                "tables", run.Findings.Tables |> Seq.map ofTable |> array
                "charts",
                run.Findings.Charts
                |> Seq.map (fun chart -> object [ "name", JsonValue.Create chart.Name; "title", JsonValue.Create chart.Title ])
                |> array
                "remarks", texts run.Findings.Remarks
            ]

    let private items (node: JsonNode) : JsonNode list = [ for item in node.AsArray() -> item ]

    let private strings (node: JsonNode) : string list = items node |> List.map _.GetValue<string>()

    let private toTable (node: JsonNode) : Table =
        {
            Name = node["name"].GetValue()
            Title = node["title"].GetValue()
            Columns = strings node["columns"]
            Rows = items node["rows"] |> List.map (items >> List.map toValue)
        }

    /// A chart without its lines, which are in the picture.
    let private toChart (node: JsonNode) : Chart =
        { Name = node["name"].GetValue(); Title = node["title"].GetValue(); X = ""; Y = ""; Series = [] }

    let private toRun (node: JsonNode) : StoredRun =
        {
            Name = node["name"].GetValue()
            Title = node["title"].GetValue()
            IsQuick = node["quick"].GetValue()
            Processors = node["processors"].GetValue()
            Runtime = node["runtime"].GetValue()
            Seconds = node["seconds"].GetValue()
            Findings =
                {
                    Settings = [ for field in node["settings"].AsObject() -> field.Key, toValue field.Value ]
                    Tables = items node["tables"] |> List.map toTable
                    Charts = items node["charts"] |> List.map toChart
                    Remarks = strings node["remarks"]
                }
        }

    let private quote (text: string) : string =
        if text.IndexOfAny [| ','; '"'; '\n' |] < 0 then
            text
        else
            "\"" + text.Replace("\"", "\"\"") + "\""

    let private csv (table: Table) : string list =
        let line cells = cells |> List.map quote |> String.concat ","
        line table.Columns :: (table.Rows |> List.map (List.map Value.toText >> line))

    let private path (folder: string) (name: string) : string = Path.Combine(folder, name + ".json")

    let private json = JsonSerializerOptions(WriteIndented = true, NewLine = "\n")

    /// Writes the files of a run.
    let save (folder: string) (run: StoredRun) : unit =
        for table in run.Findings.Tables do
            if table.Rows |> List.exists (fun row -> row.Length <> table.Columns.Length) then
                invalidOp $"A row of the table {table.Name} of {run.Name} has another number of entries than there are columns."

        Directory.CreateDirectory folder |> ignore
        Page.write (path folder run.Name) [ (ofRun run).ToJsonString json ]

        for table in run.Findings.Tables do
            Page.write (Path.Combine(folder, $"{run.Name}-{table.Name}.csv")) (csv table)

        for chart in run.Findings.Charts do
            Drawing.save (Path.Combine(folder, $"{run.Name}-{chart.Name}.svg")) chart

    /// The run of that name, if its file is there.
    let tryLoad (folder: string) (name: string) : StoredRun option =
        if File.Exists(path folder name) then
            Some(toRun (JsonNode.Parse(File.ReadAllText(path folder name))))
        else
            None
