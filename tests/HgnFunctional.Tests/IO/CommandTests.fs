module HgnFunctional.Tests.IO.CommandTests

open System
open System.IO
open System.Text.Json
open System.Text.Json.Nodes
open Expecto
open HgnFunctional.IO
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Laws

let private file name = Path.Combine(AppContext.BaseDirectory, "data", name)

let private train variables model =
    Command.run variables [ "train"; file "spring_2x2x2.lammpstrj"; "--topology"; file "spring_2x2x2.data"; "--out"; model; "--json" ]

[<Tests>]
let tests =
    testList
        "hgn"
        [
            test "train, evaluate, simulate and inspect print one JSON object with the promised fields" {
                TemporaryFolder.using (fun folder ->
                    let model = Path.Combine(folder, "m.json")

                    let fieldsOf (code, output: string, errors) =
                        Expect.equal (code, errors) (0, "") "succeeds in silence"
                        [ for property in JsonDocument.Parse(output).RootElement.EnumerateObject() -> property.Name ]

                    Expect.equal
                        (fieldsOf (train [] model))
                        [
                            "rows"
                            "featuresSampled"
                            "featuresKept"
                            "rank"
                            "condition"
                            "ridge"
                            "relativeForceError"
                            "relativeVelocityError"
                            "verdict"
                            "seconds"
                            "seed"
                            "units"
                            "warnings"
                            "model"
                        ]
                        "train"

                    let start = [ file "chain8.lammpstrj"; "--topology"; file "chain8.data"; "--json" ]

                    Expect.equal
                        (fieldsOf (Command.run [] ("evaluate" :: model :: start)))
                        [
                            "frames"
                            "bodies"
                            "pinnedBodies"
                            "relativeForceError"
                            "relativeVelocityError"
                            "mse"
                            "energyDeviation"
                            "outOfRangeFraction"
                            "errors"
                            "warnings"
                        ]
                        "evaluate"

                    Expect.equal
                        (fieldsOf (Command.run [] ([ "simulate"; model; "--steps"; "10"; "--dt"; "0.01"; "--initial" ] @ start)))
                        [
                            "bodies"
                            "steps"
                            "seconds"
                            "energyDrift"
                            "momentumDrift"
                            "angularMomentumDrift"
                            "work"
                            "outOfRangeFraction"
                            "warnings"
                        ]
                        "simulate"

                    Expect.contains (fieldsOf (Command.run [] [ "inspect"; model; "--json" ])) "terms" "inspect")
            }

            test "discover shows what the data want, with constants and what is pinned" {
                let soft = file "systems/softbody_nodrag.lammpstrj.gz"
                let topology = [ "--topology"; file "systems/softbody.data"; "--frames"; "0..30" ]
                let code, output, errors = Command.run [] ([ "discover"; soft; "--json" ] @ topology)
                Expect.equal (code, errors) (0, "") "succeeds in silence"
                let json = JsonDocument.Parse(output).RootElement
                Expect.equal (json.GetProperty("pinnedBodies").GetInt32()) 9 "pinned"
                Expect.isLessThan (json.GetProperty("unexplained").GetDouble()) 1e-8 "all is explained"

                let kept =
                    [
                        for family in json.GetProperty("families").EnumerateArray() do
                            if family.GetProperty("wanted").GetBoolean() then
                                family.GetProperty("family").GetString()
                    ]

                Expect.equal (List.sort kept) [ "bonds"; "kinds"; "uniform field, by mass" ] "families"

                let down =
                    json.GetProperty("constants").EnumerateArray()
                    |> Seq.find (fun constant -> constant.GetProperty("component").GetString() = "z")

                let value, deviation = down.GetProperty("value").GetDouble(), down.GetProperty("deviation").GetDouble()
                Expect.isLessThan (abs (value + 0.4)) 1e-8 "g"
                Expect.isLessThan (abs (value + 0.4)) (5.0 * deviation) "within its error bar"
                let _, table, _ = Command.run [] ([ "discover"; soft ] @ topology)
                Expect.stringContains table "uniform field, by mass" "a table for people"
            }

            test "bodies of a start that never move in its dump stay where they are, and one can name others" {
                TemporaryFolder.using (fun folder ->
                    let soft, data = file "systems/softbody.lammpstrj.gz", file "systems/softbody.data"
                    let model, run = Path.Combine(folder, "m.json"), Path.Combine(folder, "run.lammpstrj")
                    let code, _, _ = Command.run [] [ "train"; soft; "--topology"; data; "--frames"; "0..20"; "--out"; model ]
                    Expect.equal code 0 "train"

                    let simulate (start: string) (more: string list) =
                        Command.run
                            []
                            ([
                                "simulate"
                                model
                                "--initial"
                                start
                                "--topology"
                                data
                                "--steps"
                                "20"
                                "--dt"
                                "0.01"
                                "--every"
                                "20"
                                "--out"
                                run
                             ]
                             @ more)

                    let moved () =
                        let frames =
                            LammpsDump.frames run |> Seq.map (Result.defaultWith (fun error -> failtest (string error))) |> Array.ofSeq

                        let first, last = frames[0].Positions, (Array.last frames).Positions
                        [ for body in 0..26 -> Seq.exists (fun axis -> first[3 * body + axis] <> last[3 * body + axis]) [ 0..2 ] ]

                    let code, _, errors = simulate soft []
                    Expect.equal code 0 "from a dump"
                    Expect.stringContains errors "9 of 27 bodies never move in its frames, so they are pinned in this run" "said"
                    Expect.equal (moved () |> List.filter not |> List.length) 9 "held"
                    let code, _, errors = simulate data []
                    Expect.equal code 0 "from a data file, which shows no motion"
                    Expect.stringContains errors "the start pins none" "said"
                    Expect.isTrue (List.forall id (moved ())) "all move"
                    let code, _, errors = simulate data [ "--pinned"; "type:3" ]
                    Expect.equal (code, errors) (0, "") "with a name"
                    Expect.equal (moved () |> List.filter not |> List.length) 9 "held"
                    let code, _, errors = simulate data [ "--pinned"; "type:7" ]
                    Expect.equal code 2 "nobody"
                    Expect.stringContains errors "holds no atom of type 7, which were to be pinned" "said"
                    let code, _, errors = simulate soft [ "--pinned"; "none" ]
                    Expect.equal code 0 "free"
                    Expect.stringContains errors "the start pins none" "said"
                    Expect.isTrue (List.forall id (moved ())) "all move")
            }

            test "a dump of places alone is learned from by how its atoms move" {
                TemporaryFolder.using (fun folder ->
                    let whole, places, model =
                        file "spring_2x2x2.lammpstrj", Path.Combine(folder, "places.dump"), Path.Combine(folder, "m.json")

                    let isRow (words: string[]) = words.Length > 11

                    let cut (line: string) =
                        match line.Split ' ' with
                        | _ when line.StartsWith "ITEM: ATOMS" -> "ITEM: ATOMS id type xu yu zu"
                        | words when isRow words -> String.Join(' ', [ words[0]; words[1]; words[3]; words[4]; words[5] ])
                        | _ -> line

                    File.WriteAllText(places, (File.ReadAllLines whole |> Array.map cut |> String.concat "\n") + "\n")

                    let train options =
                        Command.run [] ([ "train"; places; "--topology"; file "spring_2x2x2.data"; "--out"; model; "--json" ] @ options)

                    let code, _, errors = train []
                    Expect.equal code 2 "without a time"
                    Expect.stringContains errors "--time-step H" "what is missing is said"
                    let code, output, _ = train [ "--time-step"; "0.005" ]
                    Expect.equal code 0 "with one"
                    let noise = JsonDocument.Parse(output).RootElement.GetProperty("verdict").GetProperty("noise").GetDouble()
                    Expect.isLessThan noise 1e-7 "ten digits"

                    let _, output, _ =
                        Command.run
                            []
                            [ "evaluate"; model; file "spring_4x4x4.lammpstrj"; "--topology"; file "spring_4x4x4.data"; "--json" ]

                    let error = JsonDocument.Parse(output).RootElement.GetProperty("relativeForceError").GetDouble()
                    // LAMMPS integrated with steps of 0.005: its motion is that of a slightly other law.
                    Expect.isLessThan error 5e-5 "on the larger lattice")
            }

            test "errors of forces are in the units of the file" {
                TemporaryFolder.using (fun folder ->
                    let cuni, model = file "systems/eam_cuni.lammpstrj.gz", Path.Combine(folder, "m.json")
                    let train = [ "train"; cuni; "--cutoff"; "4.5"; "--units"; "metal"; "--frames"; "0..10"; "--out"; model; "--json" ]
                    let _, output, errors = Command.run [] train
                    Expect.stringContains errors "forces of many bodies at once" "what is missing is said"

                    let ofForces =
                        JsonDocument.Parse(output).RootElement.GetProperty("verdict").GetProperty("errors").EnumerateArray()
                        |> Seq.find (fun error -> error.GetProperty("target").GetString() = "forces")

                    // Forces of some eV/A, of which a few per cent are missed: in mass x length / time^2 it would be some hundreds.
                    let rootMeanSquare = ofForces.GetProperty("rootMeanSquare").GetDouble()
                    Expect.isTrue (rootMeanSquare > 0.003 && rootMeanSquare < 0.3) $"{rootMeanSquare} eV/A")
            }

            test "data without pairs are refused unless it is said that there are none, and blocks can be named" {
                TemporaryFolder.using (fun folder ->
                    let soft, model = file "systems/softbody.lammpstrj.gz", Path.Combine(folder, "m.json")
                    let code, _, errors = Command.run [] [ "train"; soft; "--out"; model ]
                    Expect.equal code 2 "no pairs"
                    Expect.stringContains errors "or none at all (--cutoff none)" "said"
                    let code, _, _ = Command.run [] [ "train"; soft; "--cutoff"; "none"; "--blocks"; "body,field"; "--out"; model ]
                    Expect.equal code 0 "alone"
                    let code, _, errors = Command.run [] [ "train"; soft; "--cutoff"; "none"; "--blocks"; "field"; "--out"; model ]
                    Expect.equal code 0 "nothing but a field"
                    Expect.stringContains errors "The relative force error is" "what it misses is said"
                    let code, _, errors = Command.run [] [ "train"; soft; "--cutoff"; "none"; "--blocks"; "springs"; "--out"; model ]
                    Expect.equal code 2 "an unknown block"
                    Expect.stringContains errors "expected one of body, pair, angle, field, velocity, raw, message" "said")
            }

            testSequenced
            <| test "figures that are not finite are printed" {
                let json = JsonObject()

                for name, value in [ "up", infinity; "down", -infinity; "none", nan ] do
                    json[name] <- value

                json["list"] <- JsonArray(JsonValue.Create infinity)
                json["missing"] <- null

                let printed (asJson: bool) : string =
                    let before = Console.Out
                    use writer = new StringWriter()
                    Console.SetOut writer

                    try
                        HgnFunctional.Cli.Output.Print(asJson, json, false)
                    finally
                        Console.SetOut before

                    writer.ToString()

                let words (text: string) = text.Split([| ' '; '\n' |], StringSplitOptions.RemoveEmptyEntries) |> List.ofArray

                Expect.equal
                    (words (printed false))
                    [ "up"; "Infinity"; "down"; "-Infinity"; "none"; "NaN"; "list"; "Infinity"; "missing"; "none" ]
                    "a table"

                let read = JsonDocument.Parse(printed true).RootElement
                Expect.equal (read.GetProperty("down").GetString()) "-Infinity" "texts, since JSON has no such numbers"
                Expect.equal (read.GetProperty("missing").ValueKind) JsonValueKind.Null "null"
            }

            test "one thread or many, the same model to the byte" {
                TemporaryFolder.using (fun folder ->
                    let models = [ for name in [ "a"; "b"; "c" ] -> Path.Combine(folder, name) ]
                    let variables = [ []; [ "DOTNET_PROCESSOR_COUNT", "1" ]; [ "DOTNET_PROCESSOR_COUNT", "7" ] ]
                    List.iter2 (fun settings model -> train settings model |> ignore) variables models
                    let contents = models |> List.map File.ReadAllText
                    Expect.equal (List.distinct contents).Length 1 "equal"
                    Expect.isGreaterThan contents[0].Length 1000 "and written")
            }

            test "the linear algebra that a process names for itself changes nothing" {
                TemporaryFolder.using (fun folder ->
                    let start = [ file "chain8.lammpstrj"; "--topology"; file "chain8.data" ]

                    let run name variables =
                        let model = Path.Combine(folder, name)

                        let simulated =
                            [ "simulate"; model; "--steps"; "5"; "--dt"; "0.3"; "--method"; "gauss-legendre-4"; "--initial" ] @ start

                        let code, _, errors = train variables model
                        Expect.equal (code, errors) (0, "") $"train, {name}"

                        for arguments in [ [ "inspect"; model ]; "evaluate" :: model :: start; simulated ] do
                            let code, _, errors = Command.run variables arguments
                            Expect.equal (code, errors) (0, "") $"{arguments.Head}, {name}"

                        File.ReadAllText model

                    let plain = run "plain" []

                    for provider in [ "MKL"; "OpenBLAS"; "CUDA" ] do
                        Expect.equal (run provider [ "MathNetNumericsLAProvider", provider ]) plain provider)
            }

            test "bad input exits with 2 and one sentence, and leaves files alone" {
                TemporaryFolder.using (fun folder ->
                    let model = Path.Combine(folder, "m.json")
                    File.WriteAllText(model, "keep")
                    let dump, bonds = file "spring_2x2x2.lammpstrj", file "spring_2x2x2.data"

                    let refusals =
                        [
                            [ "train"; Path.Combine(folder, "none"); "--topology"; bonds; "--out"; model ], "no such file"
                            [ "train"; dump; "--out"; model ], "--topology FILE"
                            [ "train"; dump; "--topology"; bonds; "--width"; "-3"; "--out"; model ], "width"
                            [ "train"; dump; "--topology"; bonds; "--sampler"; "magic"; "--out"; model ], "a-swim"
                            [ "train"; dump; "--topology"; bonds; "--frames"; "5..2"; "--out"; model ], "--frames"
                            [ "train"; dump; "--topology"; bonds; "--out"; Path.Combine(folder, "no", "m.json") ], "folder"
                            [ "evaluate"; model; dump; "--topology"; bonds ], "not a model file"
                            [ "train"; dump; "--topology"; bonds; "--out"; "" ], "path"
                            [ "train"; dump; "--topology"; bonds; "--out"; " " ], "path"
                            [ "train"; dump; "--topology"; bonds; "--out"; folder ], "folder"
                            [ "train"; model; "--topology"; bonds; "--out"; model ], "would replace"
                            [ "train"; dump; "--topology"; model; "--out"; model ], "would replace"
                            [ "simulate"; model; "--initial"; dump; "--steps"; "1"; "--dt"; "1"; "--out"; model ], "would replace"
                            [ "simulate"; bonds; "--initial"; model; "--steps"; "1"; "--dt"; "1"; "--out"; model ], "would replace"
                            [ "inspect"; "" ], "no such file"
                            [ "fly" ], "fly"
                        ]

                    for arguments, word in refusals do
                        let code, output, errors = Command.run [] arguments
                        Expect.equal (code, output) (2, "") $"{arguments}: {errors}"
                        Expect.stringContains errors word "says what is wrong"
                        Expect.equal (errors.TrimEnd().Split('\n').Length) 1 "one line"

                    Expect.equal (File.ReadAllText model) "keep" "the file is as it was")
            }

            test "a model and a dump go to standard output alone, and the report beside" {
                TemporaryFolder.using (fun folder ->
                    let model, log = Path.Combine(folder, "m.json"), Path.Combine(folder, "log")
                    train [] model |> ignore
                    let dump, bonds = file "spring_2x2x2.lammpstrj", file "spring_2x2x2.data"
                    let source = $"{dump} --topology {bonds}"
                    let simulate = $"hgn simulate {model} --initial {source} --steps 3 --dt 0.01 --every 1"

                    if not (OperatingSystem.IsWindows()) then
                        for path in [ "-"; "/dev/stdout" ] do
                            let code, output, errors = Command.shell $"hgn train {source} --out {path}"
                            Expect.equal (code, output) (0, File.ReadAllText model) "the model"
                            Expect.stringContains errors "rows" "the report"
                            let _, output, _ = Command.shell $"{simulate} --out {path} | cat"
                            Expect.equal (output.Split("ITEM: TIMESTEP").Length - 1) 4 "the frames"
                            Expect.isFalse (output.Contains "bodies") "and nothing else"

                        File.WriteAllText(log, "first\n")
                        let code, _, _ = Command.shell $"hgn train {source} --out /dev/stdout >> {log}"
                        Expect.equal (code, File.ReadAllText log) (0, "first\n" + File.ReadAllText model) "appended")
            }

            test "texts of a model reach a terminal without their control characters" {
                TemporaryFolder.using (fun folder ->
                    let path = Path.Combine(folder, "m.json")
                    let model = ModelFile.read (file "model_version_1.json") |> expectOk
                    let provenance = { model.Provenance with LibraryVersion = "\u001b[31mred\u202e"; Sampler = "\u0007" }
                    ModelFile.write path { model with Provenance = provenance } |> expectOk
                    let code, output, _ = Command.run [] [ "inspect"; path ]
                    Expect.equal code 0 "succeeds"
                    Expect.stringContains output "?[31mred?" "made visible"
                    Expect.isFalse (output |> Seq.exists (fun letter -> Char.IsControl letter && letter <> '\n')) "none is left")
            }

            testSequenced
            <| test "whatever is thrown ends in a sentence and an exit code" {
                let signal = HgnFunctional.Cli.Signals.Signal("SIGTERM", 143)

                let outcomes: (exn * int * string) list =
                    [
                        HgnFunctional.CSharp.HgnInputException "Bad.", 2, "hgn: Bad."
                        HgnFunctional.CSharp.HgnSimulationException "Diverged.", 1, "hgn: Diverged."
                        AggregateException [ HgnFunctional.CSharp.HgnInputException "Bad." :> exn ], 2, "hgn: Bad."
                        TypeInitializationException("T", IOException "Disk."), 1, "hgn: Disk."
                        OperationCanceledException(), 143, "hgn: SIGTERM: stopped before anything was written."
                        OutOfMemoryException(), 1, "hgn: The memory is not enough; expected smaller input or options, or more memory."
                        IndexOutOfRangeException "Line one.\nLine two.",
                        1,
                        "hgn: An unexpected IndexOutOfRangeException (Line one. Line two); this is a fault of hgn."
                    ]

                let before = Console.Error

                for error, expected, sentence in outcomes do
                    use writer = new StringWriter()
                    Console.SetError writer
                    let code = HgnFunctional.Cli.Program.Explain(error, signal)
                    Console.SetError before
                    Expect.equal (code, writer.ToString().TrimEnd()) (expected, sentence) "code and sentence"
            }

            test "an output that is full or closed is a failure, with a sentence where one can be seen" {
                let model = file "model_version_1.json"

                if File.Exists "/dev/full" then
                    for redirection, isSeen in [ "> /dev/full", true; ">&-", true; "> /dev/full 2>&1", false ] do
                        let code, _, errors = Command.shell $"hgn inspect {model} {redirection}"
                        Expect.equal code 1 redirection
                        Expect.equal (errors.StartsWith "hgn: ") isSeen errors
            }
        ]
