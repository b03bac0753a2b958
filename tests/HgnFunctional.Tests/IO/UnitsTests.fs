/// Units are known, kept and checked: frames that follow each other tell by which factor forces move bodies.
module HgnFunctional.Tests.IO.UnitsTests

open System.IO
open Expecto
open HgnFunctional
open HgnFunctional.Bodies
open HgnFunctional.Features
open HgnFunctional.Models
open HgnFunctional.Learning
open HgnFunctional.Metrics
open HgnFunctional.IO
open HgnFunctional.Tests.Support

let private bodies = 6
let private masses = [| 1.0; 2.0; 1.0; 1.5; 1.0; 3.0 |]
let private bonds = Recordings.chain bodies

let private recorded (every: int) (moments: int) =
    Recordings.start bodies 3 |> Recordings.record masses (fun q _ -> Recordings.springs bonds q) every moments

let private dressed (units: Units) (preamble: string) =
    { Recordings.plain masses with ForceFactor = units.ForceFactor; Preamble = preamble }

let private named (units: Units) : string = $"ITEM: UNITS\n{units.Name}\n"

let private withDumps (dumps: (string * string) list) (test: SourceOptions -> (string -> string) -> unit) : unit =
    TemporaryFolder.using (fun folder ->
        let path name = Path.Combine(folder, name)

        for name, text in dumps do
            File.WriteAllText(path name, text)

        test (TrajectoryFile.within 1.6) path)

let private train (options: SourceOptions) (paths: string list) : Result<TrainedModel, string> =
    TrajectoryFile.snapshots options paths |> Training.fitStream TrainingConfig.defaults ignore |> Result.mapError string

let private expectRefused (parts: string list) (result: Result<'a, string>) : unit =
    match result with
    | Ok _ -> failtest "was accepted"
    | Error sentence ->
        for part in parts do
            Expect.stringContains sentence part "the sentence"

let private refusesAsLj (style: Units) : Test =
    test $"a dump in {style.Name} that names no units is not learned as lj, and the refusal names the style" {
        withDumps [ "d.l", Recordings.dump (dressed style "") (recorded 10 30) ] (fun options path ->
            train options [ path "d.l" ] |> expectRefused [ "d.l"; "'lj'"; $"'{style.Name}'" ]

            match train { options with Units = Some style } [ path "d.l" ] with
            | Ok model ->
                Expect.equal model.Units (Some style.Name) "kept in the model"
                Expect.equal (TrajectoryFile.examine { options with Units = Some style } [ path "d.l" ]) [] "no doubt"
            | Error error -> failtest error)
    }

[<Tests>]
let tests =
    testList
        "Units"
        [
            refusesAsLj Units.metal
            refusesAsLj Units.real
            test "a style that is asked for or named is checked as well" {
                let wrong = Recordings.dump (dressed Units.lj (named Units.metal)) (recorded 10 30)
                let right = Recordings.dump (dressed Units.lj "") (recorded 10 30)

                withDumps [ "wrong.l", wrong; "right.l", right ] (fun options path ->
                    train options [ path "wrong.l" ] |> expectRefused [ "'metal'"; "'lj'" ]
                    train { options with Units = Some Units.real } [ path "right.l" ] |> expectRefused [ "'real'"; "'lj'" ]
                    Expect.isOk (train options [ path "right.l" ]) "lj"
                    Expect.equal (TrajectoryFile.examine options [ path "right.l" ]) [] "no doubt")
            }

            test "frames too far apart to see a force at work still tell metal from lj" {
                withDumps [ "d.l", Recordings.dump (dressed Units.metal "") (recorded 1700 6) ] (fun options path ->
                    train options [ path "d.l" ] |> expectRefused [ "'lj'"; "'metal'" ])
            }

            test "one frame tells nothing, which is said unless the style is" {
                let one = Recordings.dump (dressed Units.lj "") (recorded 1 1)

                withDumps [ "one.l", one; "named.l", named Units.lj + one ] (fun options path ->
                    Expect.equal (TrajectoryFile.examine options [ path "one.l" ]) [ UnitsAssumed(path "one.l", "lj") ] "assumed"
                    Expect.equal (TrajectoryFile.examine { options with Units = Some Units.lj } [ path "one.l" ]) [] "asked for"
                    Expect.equal (TrajectoryFile.examine options [ path "named.l" ]) [] "named")
            }

            test "masses that are not those of the motion are pointed out" {
                let heavy = { Recordings.plain (masses |> Array.map ((*) 3.0)) with Preamble = named Units.lj }

                withDumps [ "d.l", Recordings.dump heavy (recorded 4 30) ] (fun options path ->
                    match TrajectoryFile.examine options [ path "d.l" ] with
                    | [ ForcesOutOfScale(_, ratio) ] ->
                        Expect.floatClose { absolute = 0.05; relative = 0.0 } ratio 3.0 "three times as heavy"
                    | other -> failtest $"{other}")
            }

            test "files of two styles are not learned together, and a model is not used on data of another" {
                let of' units = Recordings.dump (dressed units (named units)) (recorded 10 30)

                withDumps [ "a.l", of' Units.metal; "b.l", of' Units.real ] (fun options path ->
                    train options [ path "a.l"; path "b.l" ] |> expectRefused [ "b.l"; "'real'"; "metal" ]

                    match train options [ path "a.l" ] with
                    | Error error -> failtest error
                    | Ok model ->
                        let there = Path.Combine(Path.GetDirectoryName(path "a.l"), "m.json")
                        Expect.isOk (ModelFile.write there model) "written"
                        let read = ModelFile.read there |> Result.defaultWith (fun error -> failtest (string error))
                        Expect.equal read.Units (Some "metal") "kept in the file"

                        TrajectoryFile.snapshots options [ path "b.l" ]
                        |> Evaluation.ofStream read
                        |> Result.mapError string
                        |> expectRefused [ "'metal'"; "'real'" ]

                        match TrajectoryFile.initial options None (path "b.l") with
                        | Ok start -> Model.bind start.Structure read |> Result.mapError string |> expectRefused [ "'metal'"; "'real'" ]
                        | Error error -> failtest (string error))
            }

            test "the command takes the style of the model where a dump names none" {
                withDumps [ "d.l", Recordings.dump (dressed Units.metal "") (recorded 10 30) ] (fun _ path ->
                    let model = path "m.json"
                    let code, _, errors = Command.run [] [ "train"; path "d.l"; "--cutoff"; "1.6"; "--out"; model ]
                    Expect.equal code 2 "refused as lj"
                    Expect.stringContains errors "metal" "which"
                    let code, _, errors = Command.run [] [ "train"; path "d.l"; "--cutoff"; "1.6"; "--units"; "metal"; "--out"; model ]
                    Expect.equal (code, errors) (0, "") "learned in silence"
                    let code, output, errors = Command.run [] [ "evaluate"; model; path "d.l"; "--json" ]
                    Expect.equal (code, errors) (0, "") "compared in silence"
                    let error = System.Text.Json.JsonDocument.Parse(output).RootElement.GetProperty("relativeForceError").GetDouble()
                    Expect.isLessThan error 1e-6 "as good as learned"

                    let code, _, errors =
                        Command.run [] [ "simulate"; model; "--initial"; path "d.l"; "--units"; "real"; "--steps"; "1"; "--dt"; "0.001" ]

                    Expect.equal code 2 "other units are refused"
                    Expect.stringContains errors "metal" "which")
            }
        ]
