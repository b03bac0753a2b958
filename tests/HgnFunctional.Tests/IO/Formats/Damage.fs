/// Files that are not what they should be.
module HgnFunctional.Tests.IO.Formats.Damage

open System
open System.IO
open Expecto
open HgnFunctional.IO
open HgnFunctional.Tests.Support

/// No damaged file is worth more memory than this.
let private mostBytes = 40_000_000L

/// A file is refused in one sentence that names it and what is wrong, and costs no memory.
let refuses (format: FrameFormat) (name: string) (make: unit -> byte[]) (words: string list) : Test =
    test $"refused in one sentence: {name}" {
        TemporaryFolder.using (fun folder ->
            let path = Path.Combine(folder, "input")
            File.WriteAllBytes(path, make ())
            Expect.equal (FrameFormat.ofFile path).Name format.Name "still recognised"
            let before = GC.GetAllocatedBytesForCurrentThread()

            let found =
                format.Frames Extxyz.anyKeys path
                |> Seq.tryPick (function
                    | Error error -> Some(string error)
                    | Ok _ -> None)

            Expect.isLessThan (GC.GetAllocatedBytesForCurrentThread() - before) mostBytes "memory"

            match found with
            | None -> failtest "nothing was refused"
            | Some sentence ->
                Expect.stringStarts sentence path "names the file"
                Expect.isFalse (sentence |> Seq.exists Char.IsControl) "one line"
                Expect.isFalse (sentence.EndsWith "..") "one full stop"

                for word in words do
                    Expect.stringContains sentence word "names what is wrong")
    }

/// A damaged file ends the command with 2 and one line.
let exits (format: FrameFormat) (make: unit -> byte[]) : Test =
    test $"a damaged {format.Name} ends the command with 2" {
        TemporaryFolder.using (fun folder ->
            let path = Path.Combine(folder, "input")
            File.WriteAllBytes(path, make ())
            let code, _, errors = Command.run [] [ "inspect"; path ]
            Expect.equal code 2 errors
            Expect.equal (errors.TrimEnd().Split('\n').Length) 1 "one line")
    }
