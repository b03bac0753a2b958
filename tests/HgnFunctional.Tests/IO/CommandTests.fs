module HgnFunctional.Tests.IO.CommandTests

open System
open System.Diagnostics
open System.IO
open System.Text.Json
open Expecto
open HgnFunctional.Tests.Support

let private file name = Path.Combine(AppContext.BaseDirectory, "data", name)

/// Exit code, standard output and standard error of `hgn`.
let private hgn (variables: (string * string) list) (arguments: string list) : int * string * string =
    let info =
        ProcessStartInfo(
            "dotnet",
            Path.Combine(AppContext.BaseDirectory, "hgn.dll") :: arguments,
            RedirectStandardOutput = true,
            RedirectStandardError = true
        )

    for name, value in variables do
        info.Environment[name] <- value

    use running = Process.Start info
    let output = running.StandardOutput.ReadToEndAsync()
    let errors = running.StandardError.ReadToEnd()
    running.WaitForExit()
    running.ExitCode, output.Result, errors

let private train variables model =
    hgn variables [ "train"; file "spring_2x2x2.lammpstrj"; "--topology"; file "spring_2x2x2.data"; "--out"; model; "--json" ]

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
                            "seconds"
                            "seed"
                            "model"
                        ]
                        "train"

                    let start = [ file "chain8.lammpstrj"; "--topology"; file "chain8.data"; "--json" ]

                    Expect.equal
                        (fieldsOf (hgn [] ("evaluate" :: model :: start)))
                        [
                            "frames"
                            "bodies"
                            "relativeForceError"
                            "relativeVelocityError"
                            "mse"
                            "energyDeviation"
                            "outOfRangeFraction"
                        ]
                        "evaluate"

                    Expect.equal
                        (fieldsOf (hgn [] ([ "simulate"; model; "--steps"; "10"; "--dt"; "0.01"; "--initial" ] @ start)))
                        [ "bodies"; "steps"; "seconds"; "energyDrift"; "momentumDrift"; "angularMomentumDrift" ]
                        "simulate"

                    Expect.contains (fieldsOf (hgn [] [ "inspect"; model; "--json" ])) "terms" "inspect")
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
                            let code, _, errors = hgn variables arguments
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
                            [ "fly" ], "fly"
                        ]

                    for arguments, word in refusals do
                        let code, output, errors = hgn [] arguments
                        Expect.equal (code, output) (2, "") $"{arguments}: {errors}"
                        Expect.stringContains errors word "says what is wrong"
                        Expect.equal (errors.TrimEnd().Split('\n').Length) 1 "one line"

                    Expect.equal (File.ReadAllText model) "keep" "the file is as it was")
            }
        ]
