/// What is left when `hgn` is stopped from outside: by signals, by a full disk, by SIGKILL.
module HgnFunctional.Tests.IO.InterruptTests

open System
open System.Diagnostics
open System.IO
open System.Threading
open Expecto
open HgnFunctional.IO
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Laws

let private file (name: string) : string = Path.Combine(AppContext.BaseDirectory, "data", name)

let private model = file "model_version_1.json"

let private source = [ file "spring_2x2x2.lammpstrj"; "--topology"; file "spring_2x2x2.data" ]

/// A simulation that takes minutes, and writes all the time.
let private longRun (output: string) : string list =
    [ "simulate"; model; "--steps"; "100000000"; "--every"; "50"; "--dt"; "0.001"; "--out"; output; "--initial" ] @ source

/// A training that takes minutes: the same file again and again.
let private longTraining (output: string) : string list =
    [ "train"; yield! List.replicate 1000 source.Head; "--topology"; file "spring_2x2x2.data"; "--out"; output ]

let private signal (name: string) (running: Process) : unit =
    Command.startProgram [] "kill" [ "-s"; name; string running.Id ] |> Command.finish |> ignore

/// Waits until a condition holds; a process that ended says why it did not.
let private until (running: Process) (holds: unit -> bool) : unit =
    while not (holds ()) do
        if running.HasExited then
            failtest $"ended: {running.StandardError.ReadToEnd()}"

        Thread.Sleep 5

/// Waits until a process has worked for longer than it takes to start.
let private untilAtWork (running: Process) : unit =
    until running (fun () ->
        running.Refresh()
        running.TotalProcessorTime > TimeSpan.FromSeconds 1.0)

let private untilLonger (path: string) (length: int64) (running: Process) : unit =
    until running (fun () -> File.Exists path && (FileInfo path).Length > length)

let private framesIn (path: string) : int = LammpsDump.frames path |> Seq.map expectOk |> Seq.length

let private unix (name: string) (test: unit -> unit) : Test =
    if OperatingSystem.IsWindows() then ptestCase name test else testCase name test

let private signals =
    [
        for name, code in [ "INT", 130; "TERM", 143 ] do
            unix $"SIG{name} stops a simulation, which says what it kept" (fun () ->
                TemporaryFolder.using (fun folder ->
                    let output = Path.Combine(folder, "run.lammpstrj")
                    File.WriteAllText(output, "keep")
                    let running = Command.start (longRun output)
                    untilLonger (output + ".part") 100_000L running
                    signal name running
                    let found, printed, errors = Command.finish running
                    Expect.equal (found, printed) (code, "") errors
                    let frames = framesIn (output + ".part")

                    Expect.stringContains
                        errors
                        $"{frames} frames up to step {50 * (frames - 1)} are kept in {output}.part."
                        "the sentence"

                    Expect.equal (errors.Trim().Split('\n').Length) 1 "one line"
                    Expect.equal (File.ReadAllText output) "keep" "the older file is whole"))

        unix "SIGTERM stops a simulation between two states that are far apart" (fun () ->
            TemporaryFolder.using (fun folder ->
                let output = Path.Combine(folder, "run.lammpstrj")

                let running =
                    Command.start (
                        [
                            "simulate"
                            model
                            "--steps"
                            "2000000000"
                            "--every"
                            "1000000000"
                            "--dt"
                            "0.001"
                            "--out"
                            output
                            "--initial"
                        ]
                        @ source
                    )

                untilAtWork running
                signal "TERM" running
                let code, _, errors = Command.finish running
                Expect.equal code 143 errors
                Expect.stringContains errors "1 frame up to step 0 is kept" "the start"))

        unix "SIGINT stops training and comparison, and nothing is written" (fun () ->
            TemporaryFolder.using (fun folder ->
                let output = Path.Combine(folder, "m.json")

                for arguments in
                    [
                        longTraining output
                        [ "evaluate"; model; yield! List.replicate 1000 source.Head; "--topology"; file "spring_2x2x2.data" ]
                    ] do
                    let running = Command.start arguments
                    untilAtWork running
                    signal "INT" running
                    Expect.equal (Command.finish running) (130, "", "hgn: SIGINT: stopped before anything was written.\n") "one sentence"
                    Expect.isEmpty (Directory.GetFileSystemEntries folder) "nothing"))
    ]

let private hindered =
    [
        unix "a disk that is full leaves whole frames and a sentence" (fun () ->
            TemporaryFolder.using (fun folder ->
                let output = Path.Combine(folder, "run.lammpstrj")
                File.WriteAllText(output, "keep")
                // A limit of the size of files fails as a full disk does: in the middle of a frame.
                let limits = "export DOTNET_EnableWriteXorExecute=0; trap '' XFSZ; ulimit -f 100"
                let code, _, errors = Command.shell $"""{limits}; hgn {longRun output |> String.concat " "}"""
                Expect.equal code 2 errors
                let frames = framesIn (output + ".part")
                Expect.isGreaterThan frames 50 "frames"
                Expect.stringContains errors $"{frames} frames up to step {50 * (frames - 1)} are kept in {output}.part." "the sentence"
                Expect.equal (File.ReadAllText output) "keep" "the older file is whole"))

        unix "SIGKILL leaves the older file or the new one, and the next run leaves nothing else" (fun () ->
            TemporaryFolder.using (fun folder ->
                let dump, trained = Path.Combine(folder, "run.lammpstrj"), Path.Combine(folder, "m.json")

                let simulate =
                    [ "simulate"; model; "--steps"; "400"; "--every"; "1"; "--dt"; "0.001"; "--out"; dump; "--initial" ] @ source

                let train = [ "train"; "--out"; trained ] @ source
                let random = Random 7

                for arguments, output, long in [ simulate, dump, longRun dump; train, trained, longTraining trained ] do
                    Expect.equal (Command.run [] arguments |> fun (code, _, _) -> code) 0 "a good file"
                    let good = File.ReadAllBytes output

                    for _ in 1..3 do
                        use running = Command.start long
                        Thread.Sleep(random.Next(100, 1200))
                        running.Kill()
                        running.WaitForExit()
                        Expect.equal (File.ReadAllBytes output) good "whole"

                    Expect.equal (Command.run [] arguments |> fun (code, _, _) -> code) 0 "again"
                    Expect.equal (File.ReadAllBytes output) good "the same"
                    Expect.isFalse (File.Exists(output + ".part")) "nothing else"))
    ]

[<Tests>]
let tests = testSequenced <| testList "Interrupted" [ testList "signals" signals; testList "hindered" hindered ]
