/// Files that are nearly right: what is not known, doubled, too long, or contradicts another file is refused with its line.
module HgnFunctional.Tests.IO.StrictnessTests

open System.IO
open Expecto
open HgnFunctional
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.IO
open HgnFunctional.Tests.Support

let private moment: Recordings.Moment =
    {
        Step = 0
        Positions = [| 0.1; 0.2; 0.3; 1.1; 0.2; 0.4; 2.0; 0.1; 0.3 |]
        Velocities = [| 0.1; 0.0; -0.1; 0.2; 0.1; 0.0; 0.0; 0.3; 0.1 |]
        Forces = [| 0.5; 0.1; 0.0; -0.2; 0.0; 0.1; -0.3; -0.1; -0.1 |]
    }

let private dressing = Recordings.plain [| 1.0; 1.0; 1.0 |]
let private dump = Recordings.dump dressing [ moment ]
let private data = Recordings.data [ -5.0, 5.0; -5.0, 5.0; -5.0, 5.0 ] 1.0 (Recordings.chain 3) moment

/// The text with one piece replaced, which must be there.
let private edit (piece: string) (by: string) (text: string) : string =
    if not (text.Contains piece) then
        failtest $"'{piece}' is not in the text"

    text.Replace(piece, by)

let private withFiles (files: (string * string) list) (test: (string -> string) -> unit) : unit =
    TemporaryFolder.using (fun folder ->
        for name, text in files do
            File.WriteAllText(Path.Combine(folder, name), text)

        test (fun name -> Path.Combine(folder, name)))

let private sentenceOf (result: Result<'a, DataError>) : string =
    match result with
    | Ok _ -> failtest "was accepted"
    | Error error -> string error

let private expectParts (parts: string list) (sentence: string) : unit =
    Expect.isFalse (sentence.Contains '\n') $"one line: {sentence}"

    for part in parts do
        Expect.stringContains sentence part "the sentence"

let private lastOf (path: string) : Result<FileFrame, DataError> = LammpsDump.frames path |> Seq.last

let private refusesData (name: string) (parts: string list) (text: string) : Test =
    test $"a data file is refused with {name}" {
        withFiles [ "d.data", text ] (fun path -> LammpsData.read (path "d.data") |> sentenceOf |> expectParts parts)
    }

let private refusesDump (name: string) (parts: string list) (text: string) : Test =
    test $"a dump is refused with {name}" { withFiles [ "d.l", text ] (fun path -> lastOf (path "d.l") |> sentenceOf |> expectParts parts) }

let private snapshotsOf (options: SourceOptions) (path: string) : Result<Snapshot, DataError> =
    TrajectoryFile.snapshots options [ path ] |> Seq.last

[<Tests>]
let tests =
    testList
        "Strictness"
        [
            test "the files are right before they are damaged" {
                withFiles [ "d.data", data; "d.l", dump ] (fun path ->
                    Expect.isOk (LammpsData.read (path "d.data")) "data"
                    Expect.isOk (snapshotsOf (TrajectoryFile.bondsOf (path "d.data")) (path "d.l")) "dump")
            }
            refusesData "an unknown header line" [ "line 4"; "bondz" ] (edit "2 bonds\n" "2 bondz\n" data)
            refusesData "a header line twice" [ "line 5"; "second" ] (edit "2 bonds\n" "2 bonds\n2 bonds\n" data)
            refusesData "a header line that is too long" [ "line 4"; "2 bonds 7" ] (edit "2 bonds\n" "2 bonds 7\n" data)
            refusesData "a broken box line" [ "line 8"; "10 xl0" ] (edit "-5 5 xlo xhi" "0 10 xl0 xhi" data)
            refusesData "a box line twice" [ "line 9"; "xlo" ] (edit "-5 5 xlo xhi" "-5 5 xlo xhi\n-5 5 xlo xhi" data)
            refusesData "a tilt that is no number" [ "line 11"; "tilt"; "nan" ] (edit "-5 5 zlo zhi" "-5 5 zlo zhi\n1 0 nan xy xz yz" data)
            refusesData "one edge vector beside bounds" [ "box vectors beside" ] (edit "-5 5 xlo xhi" "10 0 0 avec" data)
            refusesData "an edge vector twice" [ "line 9"; "second"; "avec" ] (edit "-5 5 xlo xhi" "10 0 0 avec\n10 0 0 avec" data)
            refusesData "no number of atoms" [ "atoms" ] (edit "3 atoms\n" "" data)
            refusesData "a section that is not known" [ "CMAP" ] (data + "\nCMAP\n\n1 1 1 2 3 1 2\n")
            refusesData "a section twice" [ "second section Velocities" ] (data + "\nVelocities\n\n1 9 9 9\n2 9 9 9\n3 9 9 9\n")
            refusesData "a section without a count" [ "N angles" ] (data + "\nAngles\n\n1 1 1 2 3\n")
            refusesData "fewer rows than the header says" [ "2 rows"; "it has 1" ] (edit "2 1 2 3\n" "" data)
            refusesData "more rows than the header says" [ "row 3"; "Bonds" ] (data + "3 1 1 3\n")
            refusesData "a velocity with a blank in it" [ "Velocities"; "4 fields" ] (edit "2 0.2 0.1 0" "2 0.2 0. 1 0" data)
            refusesData "a mass with a blank in it" [ "an atom type and its mass" ] (edit "Masses\n\n1 1" "Masses\n\n1 1 .5" data)
            refusesData "a bond of three numbers" [ "Bonds"; "4 fields" ] (edit "2 1 2 3\n" "2 1 23\n" data)
            refusesData "a second mass of a type" [ "second mass" ] (edit "Masses\n\n1 1\n" "Masses\n\n1 1\n1 2\n" data)
            refusesData "a second velocity of an atom" [ "second velocity of atom 1" ] (edit "2 0.2 0.1 0" "1 0.2 0.1 0" data)
            refusesData "a type beyond their number" [ "atom type 2" ] (edit "2 1 1 1.1" "2 1 2 1.1" data)
            refusesData "a NUL byte" [ "NUL" ] (edit "2 0.2 0.1 0" "2 0.2 0.1\000\000 0" data)
            refusesData
                "image flags without a box"
                [ "xlo xhi" ]
                (data |> edit "-5 5 xlo xhi\n" "" |> edit "1 1 1 0.1 0.2 0.3" "1 1 1 0.1 0.2 0.3 1 0 0")
            refusesData "image flags in some rows" [ "every row"; "none" ] (edit "2 1 1 1.1 0.2 0.4" "2 1 1 1.1 0.2 0.4 1 0 0" data)
            refusesDump "a NUL byte in a number" [ "line 10"; "NUL" ] (edit "1 1 1 0.1" "1 1 1 0.\000" dump)
            refusesDump "a NUL byte in a count" [ "line 4"; "NUL" ] (edit "ATOMS\n3\n" "ATOMS\n3\000\n" dump)
            refusesDump
                "a blank of another alphabet beside a number"
                [ "line 2"; "whole number" ]
                (edit "TIMESTEP\n0\n" "TIMESTEP\n0\u0085\n" dump)
            refusesDump "a carriage return within a line" [ "line 10"; "carriage return" ] (edit "1 1 1 0.1" "1 1 1\r 0.1" dump)
            refusesDump "units of several words" [ "unit style" ] ("ITEM: UNITS\nlj lj\n" + dump)
            refusesDump "a boundary that is periodic at one end" [ "line 5"; "boundary" ] (edit "ss ss ss" "ps ss ss" dump)
            refusesDump "a column twice" [ "line 9"; "second column mass" ] (edit "id type mass" "id mass mass" dump)
            refusesDump "an ITEM twice" [ "NUMBER" ] (edit "ITEM: BOX" "ITEM: NUMBER OF ATOMS\n3\nITEM: BOX" dump)
            refusesDump "a box of another kind" [ "line 5"; "ITEM:" ] (edit "BOX BOUNDS" "BOX BONDS" dump)
            refusesDump "types that are numbers and names" [ "line 11"; "type"; "'x'" ] (edit "\n2 1 1 1.1" "\n2 x 1 1.1" dump)
            refusesDump "an id that is no whole number" [ "line 10"; "whole number" ] (edit "\n1 1 1 0.1" "\n1.0 1 1 0.1" dump)

            test "names of types and of elements are read" {
                withFiles
                    [ "d.l", dump |> edit "\n1 1 1 " "\n1 C 1 " |> edit "\n2 1 1 " "\n2 H 1 " |> edit "\n3 1 1 " "\n3 C 1 " ]
                    (fun path ->
                        match lastOf (path "d.l") with
                        | Ok frame -> Expect.equal frame.Types (Some [| "C"; "H"; "C" |]) "types"
                        | Error error -> failtest (string error))
            }

            test "types that differ from those of the topology are refused, by number or by name" {
                let three =
                    edit "1 atom types" "2 atom types" data |> edit "Masses\n\n1 1\n" "Masses\n\n1 1\n2 1\n" |> edit "2 1 1 1.1" "2 1 2 1.1"

                let named a b c = dump |> edit "\n1 1 1 " $"\n1 {a} 1 " |> edit "\n2 1 1 " $"\n2 {b} 1 " |> edit "\n3 1 1 " $"\n3 {c} 1 "

                withFiles
                    [
                        "t.data", three
                        "same.l", named "1" "2" "1"
                        "other.l", dump
                        "names.l", named "A" "B" "A"
                        "mixed.l", named "A" "A" "B"
                    ]
                    (fun path ->
                        let options = TrajectoryFile.bondsOf (path "t.data")
                        Expect.isOk (snapshotsOf options (path "same.l")) "the same numbers"
                        Expect.isOk (snapshotsOf options (path "names.l")) "a name for each"
                        snapshotsOf options (path "other.l") |> sentenceOf |> expectParts [ "atom 2 has type 1"; "t.data" ]
                        snapshotsOf options (path "mixed.l") |> sentenceOf |> expectParts [ "atom 2 has type A"; "t.data" ])
            }

            test "masses are said once: a mass for all is for files that have none, and two files must agree" {
                let light = { dressing with Columns = dressing.Columns |> List.filter (fun (name, _) -> name <> "mass") }

                withFiles
                    [ "m.l", dump; "light.l", Recordings.dump light [ moment ]; "heavy.data", edit "1 1\n\nAtoms" "1 2.5\n\nAtoms" data ]
                    (fun path ->
                        let within = TrajectoryFile.within 1.5
                        snapshotsOf { within with Mass = Some 2.0 } (path "m.l") |> sentenceOf |> expectParts [ "masses"; "as well" ]
                        snapshotsOf within (path "light.l") |> sentenceOf |> expectParts [ "mass" ]
                        let bonded = TrajectoryFile.bondsOf (path "heavy.data")
                        snapshotsOf bonded (path "m.l") |> sentenceOf |> expectParts [ "atom 1 has mass 1, and 2.5" ]

                        match snapshotsOf { within with Mass = Some 2.0 } (path "light.l"), snapshotsOf bonded (path "light.l") with
                        | Ok all, Ok byType ->
                            Expect.equal (all.Structure.Masses.ToArray()) [| 2.0; 2.0; 2.0 |] "for all"
                            Expect.equal (byType.Structure.Masses.ToArray()) [| 2.5; 2.5; 2.5 |] "of the topology"
                        | all, byType -> failtest $"{all} {byType}")
            }

            test "a compressed file that inflates beyond all data is refused, and an ordinary one is not" {
                TemporaryFolder.using (fun folder ->
                    let compress (name: string) (write: Stream -> unit) : string =
                        let path = Path.Combine(folder, name)

                        use file =
                            new System.IO.Compression.GZipStream(File.Create path, System.IO.Compression.CompressionLevel.SmallestSize)

                        write file
                        path

                    let blanks = Array.create 1_000_000 (byte '\n')

                    compress "bomb.l.gz" (fun file ->
                        for _ in 1..70 do
                            file.Write(blanks, 0, blanks.Length))
                    |> lastOf
                    |> sentenceOf
                    |> expectParts [ "200 times" ]

                    let text = System.Text.Encoding.UTF8.GetBytes dump
                    Expect.isOk (compress "good.l.gz" (fun file -> file.Write(text, 0, text.Length)) |> lastOf) "ordinary")
            }

            test "a pipe cannot be learned from, since it can be read once" {
                TemporaryFolder.using (fun folder ->
                    let code, _, errors =
                        Command.shell $"cd {folder}; mkfifo p; (printf '%%s' '{dump}' > p &) ; hgn train p --cutoff 1.5 --out m.json"

                    Expect.equal code 2 "exit code"
                    expectParts [ "p"; "pipe" ] (errors.Trim().Split('\n') |> Array.last))
            }
        ]
