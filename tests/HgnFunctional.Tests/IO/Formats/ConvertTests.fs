/// `hgn convert` and the formats of `hgn simulate`.
module HgnFunctional.Tests.IO.Formats.ConvertTests

open System.IO
open Expecto
open HgnFunctional.IO
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Laws

let private spring = Frames.file "spring_2x2x2.lammpstrj"

let private expectRefused (words: string list) (code: int, _: string, errors: string) : unit =
    Expect.equal code 2 errors
    Expect.equal (errors.TrimEnd().Split('\n').Length) 1 "one line"

    for word in words do
        Expect.stringContains errors word "said"

[<Tests>]
let tests =
    testList
        "Convert"
        [
            test "two files go into one, in the format of its name or of an option" {
                TemporaryFolder.using (fun folder ->
                    let first, second = Path.Combine(folder, "a.xyz.gz"), Path.Combine(folder, "b")
                    let code, _, errors = Command.run [] [ "convert"; spring; spring; "--out"; first; "--json" ]
                    Expect.equal (code, errors) (0, "") "in silence"
                    let frames = Frames.read spring
                    Expect.equal (FrameFormat.ofFile first).Name "extxyz" "by its name"
                    Expect.hasLength (Frames.read first) (2 * frames.Length) "both"
                    let code, output, errors = Command.run [] [ "convert"; first; "--out"; second; "--format"; "dump" ]
                    Expect.equal (code, errors) (0, "") "in silence"
                    Expect.stringContains output "dump" "the format"
                    List.iter2 (Frames.same (Frames.holds FrameFormat.dump)) (frames @ frames) (Frames.read second))
            }
            test "what the format cannot hold is said in one sentence" {
                TemporaryFolder.using (fun folder ->
                    let output = Path.Combine(folder, "out.lammpstrj")
                    let code, _, errors = Command.run [] [ "convert"; Frames.file "eam_cu.extxyz.gz"; "--out"; output ]
                    Expect.equal code 0 "written"
                    Expect.stringStarts errors "hgn: warning: " "a warning"
                    Expect.stringContains errors "the format dump has no place for energies, which are left out." "the energies")
            }
            test "refused in one sentence: what cannot be read or written" {
                TemporaryFolder.using (fun folder ->
                    let output = Path.Combine(folder, "out.xyz")
                    let convert more = Command.run [] ([ "convert"; spring ] @ more)
                    convert [ "--out"; output; "--format"; "pdf" ] |> expectRefused [ "pdf"; "dump, extxyz" ]
                    convert [ "--out"; spring ] |> expectRefused [ "would replace the input" ]
                    convert [ "--out"; Path.Combine(folder, "none", "out.xyz") ] |> expectRefused [ "folder does not exist" ]
                    convert [ "--out"; output; "--units"; "furlongs" ] |> expectRefused [ "furlongs" ]
                    Command.run [] [ "convert"; Path.Combine(folder, "missing"); "--out"; output ] |> expectRefused [ "no such file" ]
                    Command.run [] [ "convert"; Frames.file "spring_2x2x2.data"; "--out"; output ] |> expectRefused [ "expected" ]
                    Expect.isEmpty (Directory.GetFiles folder) "nothing is left")
            }
            test "a simulation is written in the format of its name" {
                TemporaryFolder.using (fun folder ->
                    let model, output = Path.Combine(folder, "m.json"), Path.Combine(folder, "run.extxyz")
                    let topology = [ "--topology"; Frames.file "spring_2x2x2.data" ]
                    let code, _, _ = Command.run [] ([ "train"; spring; "--out"; model ] @ topology)
                    Expect.equal code 0 "trained"

                    let simulate out =
                        let steps = [ "--steps"; "10"; "--dt"; "0.01"; "--every"; "5"; "--out"; out ]
                        let code, _, errors = Command.run [] ([ "simulate"; model; "--initial"; spring ] @ steps @ topology)
                        Expect.equal (code, errors) (0, "") "in silence"
                        Frames.read out

                    let frames = simulate output
                    Expect.equal (FrameFormat.ofFile output).Name "extxyz" "extended XYZ"
                    Expect.equal (frames |> List.map _.Time) [ Some 0.0; Some 0.05; Some 0.1 ] "with times"
                    Expect.equal (frames |> List.map _.Timestep) [ 0L; 5L; 10L ] "and steps"
                    let dumped = simulate (Path.Combine(folder, "run.lammpstrj"))
                    let parts = Frames.holds FrameFormat.dump - set [ Times ]
                    List.iter2 (Frames.same parts) dumped frames)
            }
        ]
