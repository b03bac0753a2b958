/// Where files are written, and what is left of them when writing ends early.
module HgnFunctional.Tests.IO.OutputTests

open System
open System.IO
open System.IO.Compression
open System.Threading.Tasks
open Expecto
open HgnFunctional
open HgnFunctional.Bodies
open HgnFunctional.Features
open HgnFunctional.IO
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Laws

let private structure = Structure.bonded 1 1.0 (Graph.create 1 [])

let private stateOf (position: float) : PhaseState = PhaseState.create 1 1 [| position |] [| 0.0 |]

let private states (steps: int64 list) : (int64 * PhaseState) list = [ for step in steps -> step, stateOf (float step) ]

let private write (path: string) (states: (int64 * PhaseState) seq) : Result<unit, FrameWriteError> = DumpWriter.write path structure states

/// The steps of the frames of a dump.
let private stepsOf (path: string) : int64 list = [ for frame in LammpsDump.frames path -> (expectOk frame).Timestep ]

let private errorOf (result: Result<'a, 'error>) : 'error =
    match result with
    | Ok _ -> failtest "accepted"
    | Error error -> error

/// Runs a test with the paths of an older file and of what lies beside it while it is written anew.
let private overOlder (test: string -> string -> unit) : unit =
    TemporaryFolder.using (fun folder ->
        let path = Path.Combine(folder, "run.lammpstrj")
        File.WriteAllText(path, "keep")
        test path (path + ".part")
        Expect.equal (File.ReadAllText path) "keep" "the older file is whole")

/// Linux and macOS have modes, pipes and devices.
let private unix (name: string) (test: unit -> unit) : Test =
    if OperatingSystem.IsWindows() then ptestCase name test else testCase name test

let private early =
    [
        test "states that end with an exception leave their frames beside the older file" {
            overOlder (fun path part ->
                let ending =
                    seq {
                        yield! states [ 0L; 5L ]
                        yield invalidOp "The simulation diverged."
                    }

                let stopped = Expect.throwsC (fun () -> write path ending |> ignore) (fun error -> error :?> FramesStoppedException)
                Expect.equal stopped.Kept (Some { File = part; Frames = 2; LastStep = 5L }) "what was kept"
                Expect.equal stopped.Message $"The simulation diverged; 2 frames up to step 5 are kept in {part}." "one sentence"
                Expect.isTrue (stopped.InnerException :? InvalidOperationException) "the reason"
                Expect.equal (stepsOf part) [ 0L; 5L ] "and it is there")
        }
        test "a state that is not finite ends the file, and the frames before it are kept" {
            overOlder (fun path part ->
                let broken = PhaseState.OfOwned(1, 1, [| nan |], [| 0.0 |])
                let error = states [ 0L ] @ [ 5L, broken ] |> write path |> errorOf
                Expect.equal error.Kept (Some { File = part; Frames = 1; LastStep = 0L }) "what was kept"

                Expect.equal
                    (string error)
                    $"{path}: cannot be written: the state at step 5 is not finite; expected finite positions and momenta; 1 frame up to step 0 is kept in {part}."
                    "one sentence"

                Expect.equal (stepsOf part) [ 0L ] "and it is there")
        }
        test "where no frame was written nothing is left" {
            overOlder (fun path _ ->
                let error = seq { raise (IOException "disk") } |> write path |> errorOf
                Expect.equal error.Kept None "nothing was kept"
                Expect.equal (Directory.GetFileSystemEntries(Path.GetDirectoryName path)).Length 1 "nothing beside")
        }
        test "frames reach the file beside one by one" {
            overOlder (fun path part ->
                let sizes =
                    [|
                        for _ in 0..3 do
                            0L
                    |]

                let watched =
                    seq {
                        for step in 0..3 do
                            sizes[step] <- (FileInfo part).Length
                            yield int64 step, stateOf 1.0

                        yield invalidOp "stop"
                    }

                Expect.throws (fun () -> write path watched |> ignore) "stopped"
                let frame = sizes[1]
                Expect.isGreaterThan frame 100L "a frame"
                Expect.equal sizes [| 0L; frame; 2L * frame; 3L * frame |] "whole frames")
        }
        test "a compressed trajectory that ends early can be read" {
            TemporaryFolder.using (fun folder ->
                let path = Path.Combine(folder, "run.lammpstrj.gz")

                let ending =
                    seq {
                        yield! states [ 0L; 5L ]
                        yield invalidOp "stop"
                    }

                Expect.throws (fun () -> write path ending |> ignore) "stopped"
                use content = new GZipStream(File.OpenRead(path + ".part"), CompressionMode.Decompress)
                use reader = new StreamReader(content)
                let text = reader.ReadToEnd()
                Expect.equal (text.Split("ITEM: TIMESTEP").Length - 1) 2 "two frames")
        }
    ]

let private replacing =
    [
        test "the next run replaces what an earlier one left, and leaves nothing" {
            TemporaryFolder.using (fun folder ->
                let path = Path.Combine(folder, "run.lammpstrj")
                File.WriteAllText(path + ".part", String('x', 100_000))
                states [ 1L; 2L; 3L ] |> write path |> expectOk
                Expect.equal (stepsOf path) [ 1L; 2L; 3L ] "the new frames alone"
                Expect.equal (Directory.GetFileSystemEntries folder).Length 1 "nothing beside")
        }
        test "a second writer is refused, and the first goes on" {
            TemporaryFolder.using (fun folder ->
                let path = Path.Combine(folder, "run.lammpstrj")

                let meeting =
                    seq {
                        yield! states [ 1L ]
                        let sentence = states [ 7L ] |> write path |> errorOf |> string
                        Expect.stringStarts sentence $"{path}: cannot be written" "a sentence"
                        yield! states [ 2L ]
                    }

                write path meeting |> expectOk
                Expect.equal (stepsOf path) [ 1L; 2L ] "not mixed")
        }
        test "names that end in .gz are compressed, to the same bytes each time" {
            TemporaryFolder.using (fun folder ->
                let plain, first, second = Path.Combine(folder, "a"), Path.Combine(folder, "b.gz"), Path.Combine(folder, "c.GZ")

                for path in [ plain; first; second ] do
                    states [ 1L .. 40L ] |> write path |> expectOk

                Expect.equal (File.ReadAllBytes first) (File.ReadAllBytes second) "the same"
                use content = new GZipStream(File.OpenRead first, CompressionMode.Decompress)
                use reader = new StreamReader(content)
                Expect.equal (reader.ReadToEnd()) (File.ReadAllText plain) "the same frames")
        }
        unix "a file keeps its mode, and one that nobody may write is refused" (fun () ->
            TemporaryFolder.using (fun folder ->
                let path = Path.Combine(folder, "run.lammpstrj")
                let mode = UnixFileMode.UserRead ||| UnixFileMode.UserWrite ||| UnixFileMode.OtherWrite
                File.WriteAllText(path, "old")
                File.SetUnixFileMode(path, mode)
                states [ 1L ] |> write path |> expectOk
                Expect.equal (File.GetUnixFileMode path) mode "kept"
                File.SetUnixFileMode(path, UnixFileMode.UserRead)
                Expect.stringContains (states [ 2L ] |> write path |> errorOf |> string) "read-only" "refused"
                Expect.equal (stepsOf path) [ 1L ] "untouched"))
        unix "what a link beside the target leads to is not written" (fun () ->
            TemporaryFolder.using (fun folder ->
                let path, other = Path.Combine(folder, "run.lammpstrj"), Path.Combine(folder, "other")
                File.WriteAllText(other, "keep")
                File.CreateSymbolicLink(path + ".part", other) |> ignore
                Expect.stringContains (states [ 1L ] |> write path |> errorOf |> string) "ordinary file" "refused"
                Expect.equal (File.ReadAllText other) "keep" "untouched"))
    ]

let private devices =
    [
        unix "a pipe is written to and stays a pipe" (fun () ->
            TemporaryFolder.using (fun folder ->
                let pipe = Path.Combine(folder, "pipe")
                Command.startProgram [] "mkfifo" [ pipe ] |> Command.finish |> ignore
                let read = Task.Run(fun () -> File.ReadAllText pipe)
                states [ 1L; 2L ] |> write pipe |> expectOk
                Expect.equal (read.Result.Split("ITEM: TIMESTEP").Length - 1) 2 "two frames"
                Expect.equal (Directory.GetFileSystemEntries folder) [| pipe |] "nothing beside"))
        unix "a device is known as one, and written to" (fun () ->
            // Looked at before it is written: who may replace devices would lose one.
            let isDevice (path: string) =
                match OutputPath.placeOf path with
                | Ok(Device device) -> device = path
                | _ -> false

            Expect.isTrue (isDevice "/dev/null") "/dev/null"
            states [ 1L ] |> write "/dev/null" |> expectOk

            if File.Exists "/dev/full" && isDevice "/dev/full" then
                let error = states [ 1L ] |> write "/dev/full" |> errorOf
                Expect.equal error.Kept None "a device keeps nothing")
        test "a file in a folder of devices is replaced like any other" {
            if Directory.Exists "/dev/shm" then
                let path = $"/dev/shm/hgn-test-{Guid.NewGuid():N}"

                try
                    states [ 1L .. 9L ] |> write path |> expectOk
                    states [ 1L; 2L ] |> write path |> expectOk
                    Expect.equal (stepsOf path) [ 1L; 2L ] "nothing of the longer one"
                finally
                    File.Delete path
        }
    ]

let private inputs =
    [
        test "an output that would replace an input is refused, by whatever path" {
            TemporaryFolder.using (fun folder ->
                let real = Directory.CreateDirectory(Path.Combine(folder, "real")).FullName
                let linked = Path.Combine(folder, "linked")
                Directory.CreateSymbolicLink(linked, real) |> ignore
                let input, link = Path.Combine(real, "run"), Path.Combine(folder, "link")
                File.WriteAllText(input, "keep")
                File.CreateSymbolicLink(link, Path.Combine("linked", "run")) |> ignore

                for path in [ input; link; Path.Combine(linked, "run"); Path.Combine(folder, "real", "..", "linked", ".", "run") ] do
                    let error = OutputPath.check [ Path.Combine(folder, "none"); input ] path |> errorOf |> string
                    Expect.stringContains error $"would replace the input {input}" path
                    OutputPath.check [ link ] path |> errorOf |> ignore

                let resumed = OutputPath.check [ input + ".part" ] input |> errorOf |> string
                Expect.stringContains resumed "would replace" "what an earlier run left is an input too"
                OutputPath.check [ input; ""; "a\000b" ] (Path.Combine(real, "other")) |> expectOk)
        }
        test "standard output is known by its names" {
            Expect.isTrue (OutputPath.isStandardOutput "-") "-"
            Expect.equal (OutputPath.isStandardOutput "/dev/stdout") (not (OperatingSystem.IsWindows())) "/dev/stdout"
            Expect.isFalse (OutputPath.isStandardOutput "stdout") "a file"
        }
    ]

let private kinds =
    [
        test "a file is recognised by what it holds" {
            let known =
                [
                    "ITEM: TIMESTEP\n", TrajectoryKind FrameFormat.dump
                    "\n  ITEM: TIMESTEP\n", TrajectoryKind FrameFormat.dump
                    "{\"a\": 1}", ModelKind
                    " \r\n\t{\n  \"a\": 1}", ModelKind
                    "{}", ModelKind
                    "Iron, 2 atoms\n", DataKind
                    "LAMMPS data file\n", DataKind
                    "\n\n3 atoms\n", DataKind
                    "{a title in braces}\n\n3 atoms\n", DataKind
                ]

            TemporaryFolder.using (fun folder ->
                let path = Path.Combine(folder, "input.file")

                for text, kind in known do
                    for mark in [ ""; "\uFEFF" ] do
                        File.WriteAllText(path, mark + text)
                        Expect.equal (FileKind.ofFile path |> expectOk) kind text

                    using (new GZipStream(File.Create path, CompressionMode.Compress)) (fun zip ->
                        zip.Write(Text.Encoding.UTF8.GetBytes text))

                    Expect.equal (FileKind.ofFile path |> expectOk) kind $"{text}, compressed"

                File.WriteAllText(path, "")
                Expect.equal (FileKind.ofFile path |> errorOf).Problem EmptyFile "nothing"
                Expect.isError (FileKind.ofFile "") "no path")
        }
        unix "a pipe is not looked at, since that would take away its beginning" (fun () ->
            TemporaryFolder.using (fun folder ->
                let pipe = Path.Combine(folder, "pipe")
                Command.startProgram [] "mkfifo" [ pipe ] |> Command.finish |> ignore
                let written = Task.Run(fun () -> File.WriteAllText(pipe, "ITEM: TIMESTEP\n"))
                Expect.stringContains (FileKind.ofFile pipe |> errorOf |> string) "pipe" "refused"

                try
                    written.Wait()
                with :? AggregateException ->
                    // Nobody read it.
                    ()))
    ]

[<Tests>]
let tests =
    testList
        "Output"
        [
            testList "ending early" early
            testList "replacing" replacing
            testList "devices" devices
            testList "inputs" inputs
            testList "kinds" kinds
        ]
