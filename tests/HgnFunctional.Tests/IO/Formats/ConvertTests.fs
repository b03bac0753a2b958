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

/// A model of springs in a folder.
let private trained (folder: string) : string =
    let model = Path.Combine(folder, "m.json")
    let code, _, errors = Command.run [] [ "train"; spring; "--topology"; Frames.file "spring_2x2x2.data"; "--out"; model ]
    Expect.equal code 0 errors
    model

let private sentences =
    [
        test "evaluate compares what there is, and says what frames lack" {
            TemporaryFolder.using (fun folder ->
                let model = trained folder
                let topology = [ "--topology"; Frames.file "spring_2x2x2.data" ]

                let evaluate (name: string) (change: FileFrame -> FileFrame) =
                    let path = Path.Combine(folder, name)
                    FrameWriter.write FrameFormat.dump path (Frames.read spring |> List.map change) |> expectOk |> ignore
                    Command.run [] ([ "evaluate"; model; path ] @ topology)

                let code, output, errors = evaluate "velocities" (fun frame -> { frame with Forces = None })
                Expect.equal (code, errors) (0, "") "velocities alone"
                Expect.stringContains output "relativeVelocityError" "compared"

                let bare = evaluate "bare" (fun frame -> { frame with Forces = None; Velocities = None })
                bare |> expectRefused [ "neither forces"; "nor velocities nor an energy" ]
                let _, _, errors = bare
                Expect.isFalse (errors.Contains "--time-step") "an option that evaluate lacks")
        }
        test "energies that are far off are said, where they are all that is compared" {
            TemporaryFolder.using (fun folder ->
                let model, energies = Path.Combine(folder, "m.json"), Path.Combine(folder, "energies.xyz")
                let copper = Frames.file "eam_cu.extxyz.gz"

                let code, _, _ =
                    Command.run [] [ "train"; copper; "--cutoff"; "3"; "--blocks"; "body,pair"; "--width"; "3"; "--out"; model ]

                Expect.equal code 0 "trained"
                // Energies that go up and down as no law of pairs says.
                let frames = Frames.read copper |> List.mapi (fun k frame -> { frame with Forces = None; Energy = Some(float (k % 3)) })
                FrameWriter.write FrameFormat.extxyz energies frames |> expectOk |> ignore
                let code, _, errors = Command.run [] [ "evaluate"; model; energies ]
                Expect.equal code 0 "evaluated"
                Expect.stringContains errors "The energies are off by" "said")
        }
        test "a weight of 0 on all that the data have is named" {
            TemporaryFolder.using (fun folder ->
                let arguments = [ "--topology"; Frames.file "spring_2x2x2.data"; "--out"; Path.Combine(folder, "m.json") ]

                Command.run [] ([ "train"; spring; "--weights"; "forces=0" ] @ arguments)
                |> expectRefused [ "The weight of forces is 0" ]

                Expect.isEmpty (Directory.GetFiles folder) "nothing is left")
        }
    ]

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
            testList "sentences" sentences
        ]
