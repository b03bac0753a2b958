/// Skewed boxes come out of files as LAMMPS means them, and go into files so that they come out again.
module HgnFunctional.Tests.IO.SkewedBoxTests

open System
open System.IO
open Expecto
open HgnFunctional
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Invariance
open HgnFunctional.Features
open HgnFunctional.Metrics
open HgnFunctional.IO
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Laws

let private withText (name: string) (text: string) (test: string -> 'a) : unit =
    TemporaryFolder.using (fun folder ->
        let path = Path.Combine(folder, name)
        File.WriteAllText(path, text)
        test path |> ignore)

let private dump (box: string) (columns: string) (rows: string) : string =
    $"ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n2\nITEM: BOX BOUNDS {box}\nITEM: ATOMS id mass {columns} vx vy vz\n{rows}\n"

let private rows = "1 1 0.5 0.25 0.75 0.1 0 0\n2 1 0 0.5 -0.5 0 0.2 0.3"

/// A box from (1, 2, 3) on of the vectors (4, 0, 0), (1, 3, 0) and (-1.5, 0.5, 2), as LAMMPS encloses it.
let private tilted = "xy xz yz pp pp pp\n-0.5 6 1\n2 5.5 -1.5\n3 5 0.5"

let private frameOf (text: string) (check: FileFrame -> unit) : unit =
    withText "s.l" text (fun path ->
        match List.ofSeq (LammpsDump.frames path) with
        | [ Ok frame ] -> check frame
        | other -> failtest $"%A{other}")

let private complains (parts: string list) (text: string) : unit =
    withText "s.l" text (fun path ->
        match Seq.last (LammpsDump.frames path) with
        | Ok _ -> failtest "was accepted"
        | Error error -> parts |> List.iter (fun part -> Expect.stringContains (string error) part "the sentence"))

let private dumps =
    [
        testCase "the bounds of a tilted box enclose it; scaled coordinates go along its vectors" (fun () ->
            frameOf (dump tilted "xs ys zs" rows) (fun frame ->
                Expect.equal frame.Low [| 1.0; 2.0; 3.0 |] "corner"
                Expect.equal frame.High [| 5.0; 5.0; 5.0 |] "far end of each vector along its own axis"
                Expect.equal (frame.Cell.Periods.ToArray()) [| 4.0; 3.0; 2.0 |] "periods"
                Expect.equal (frame.Cell.Tilts.ToArray()) [| 1.0; -1.5; 0.5 |] "tilts"
                Expect.equal frame.Positions [| 2.125; 3.125; 4.5; 2.25; 3.25; 2.0 |] "positions"))

        testCase "vectors with an origin name the same box" (fun () ->
            let vectors = "abc origin pp pp pp\n4 0 0 1\n1 3 0 2\n-1.5 0.5 2 3"

            frameOf (dump vectors "xs ys zs" rows) (fun frame ->
                Expect.equal frame.Low [| 1.0; 2.0; 3.0 |] "corner"
                Expect.equal (frame.Cell.Periods.ToArray()) [| 4.0; 3.0; 2.0 |] "periods"
                Expect.equal (frame.Cell.Tilts.ToArray()) [| 1.0; -1.5; 0.5 |] "tilts"
                Expect.equal frame.Positions [| 2.125; 3.125; 4.5; 2.25; 3.25; 2.0 |] "positions"))

        testCase "a box is refused that is turned, tilted along an open axis, shorter than its tilts, or damaged" (fun () ->
            complains [ "line 8"; "(4, 0, 0), (1, 3, 0.5)" ] (dump "abc origin pp pp pp\n4 0 0 1\n1 3 0.5 2\n-1.5 0.5 2 3" "x y z" rows)
            complains [ "line 8"; "open along y"; "tilted by 1 along x" ] (dump (tilted.Replace("pp pp pp", "pp ss pp")) "x y z" rows)
            complains [ "line 6"; "an upper box bound above" ] (dump "xy xz yz pp pp pp\n-0.5 2 1\n2 5.5 -1.5\n3 5 0.5" "x y z" rows)
            complains [ "line 6"; "and a tilt" ] (dump "xy xz yz pp pp pp\n-0.5 6\n2 5.5 -1.5\n3 5 0.5" "x y z" rows)
            complains [ "line 7"; "infinite" ] (dump "xy xz yz pp pp pp\n0 4 0\n2 5.5 infinite\n3 5 0.5" "x y z" rows))

        testCase "a skewed box is written as it was read, and other programs would read it" (fun () ->
            withText "s.l" (dump tilted "x y z" rows) (fun path ->
                let back = path + ".back"
                let start = TrajectoryFile.initial (TrajectoryFile.within 0.9) None path |> Result.mapError string |> expectOk
                Expect.isOk (DumpWriter.write back start.Structure [ 0L, start.State ]) "written"
                let lines = File.ReadAllLines back
                Expect.equal lines[4..7] (("ITEM: BOX BOUNDS " + tilted).Split '\n') "the box, line by line"
                let again = TrajectoryFile.initial (TrajectoryFile.within 0.9) None back |> Result.mapError string |> expectOk
                Expect.equal (again.Structure.Cell.Tilts.ToArray()) (start.Structure.Cell.Tilts.ToArray()) "tilts"
                Expect.equal (again.State.Positions.ToArray()) (start.State.Positions.ToArray()) "positions"))

        testCase "a skewed cell in the plane is written with an axis more" (fun () ->
            TemporaryFolder.using (fun folder ->
                let path = Path.Combine(folder, "plane.l")
                let structure = Structure.create (Cell.skewed [ 4.0; 3.0 ] [ 1.0 ]) (Relations.within 1.0) [| 1.0 |]
                Expect.isOk (DumpWriter.write path structure [ 0L, PhaseState.create 1 2 [| 1.0; 1.0 |] [| 0.0; 0.5 |] ]) "written"
                let lines = File.ReadAllLines path
                Expect.equal lines[4..7] [| "ITEM: BOX BOUNDS xy xz yz pp pp ss"; "0 5 1"; "0 3 0"; "-0.5 0.5 0" |] "the box"))

        testCase "units are told by frames between which bodies cross the sides of a skewed box" (fun () ->
            let cell = Cell.skewed [ 4.0; 3.0; 2.0 ] [ 1.0; -1.5; 0.5 ]

            let frame (positions: float[]) (velocities: float[]) =
                { FileFrame.ofPositions [| 1L |] positions with
                    Low = [| 0.0; 0.0; 0.0 |]
                    High = [| 4.0; 3.0; 2.0 |]
                    Cell = cell
                    Boundaries = [| "pp"; "pp"; "pp" |]
                    Velocities = Some velocities
                    Forces = Some [| 1.0; 1.0; 1.0 |]
                }

            // A step of 0.1 along the diagonal, up through the third vector.
            let before = frame [| 1.0; 1.0; 1.95 |] [| 1.0; 1.0; 1.0 |]
            let after = frame [| 1.0 + 0.105 + 1.5; 1.0 + 0.105 - 0.5; 1.95 + 0.105 - 2.0 |] [| 1.1; 1.1; 1.1 |]
            let motion = (Motion.tryCompare [| 1.0 |] before after).Value
            Expect.floatClose Accuracy.high motion.ForceFactor 1.0 "mass times acceleration over force"
            Expect.isLessThan motion.PositionMismatch 1e-12 "the way that velocities say")
    ]

/// Written by LAMMPS after some hundred steps: the second atom left the box downwards, through two of its vectors.
let private moved (box: string) (second: string) (third: string) : string =
    $"a chain of three\n\n3 atoms\n1 atom types\n2 bonds\n1 bond types\n\n{box}\n\nMasses\n\n1 1.5\n\nAtoms # bond\n\n"
    + $"1 0 1 0.6370769676953882 1.308903113439341 2.593227859151868 0 0 0\n2 0 1 {second}\n3 0 1 {third}\n\n"
    + "Velocities\n\n1 -0.26 -0.67 0.41\n2 0.77 1.11 -1.27\n3 -0.5 -0.44 0.86\n\nBonds\n\n1 1 1 2\n2 1 1 3\n"

let private bounds = "0 4 xlo xhi\n0 3 ylo yhi\n0 3 zlo zhi\n1.2 -0.7 0.9 xy xz yz"
let private second = "1.797070734478761 2.806289645394038 2.0668496316195735"
let private third = "2.0658522978258396 2.684807241166604 0.23992250922851507"

let private dataOf (text: string) (check: LammpsData -> unit) : unit =
    withText "s.data" text (fun path -> LammpsData.read path |> Result.mapError string |> expectOk |> check)

let private dataComplains (parts: string list) (text: string) : unit =
    withText "s.data" text (fun path ->
        match LammpsData.read path with
        | Ok _ -> failtest "was accepted"
        | Error error -> parts |> List.iter (fun part -> Expect.stringContains (string error) part "the sentence"))

let private datas =
    [
        testCase "image flags move atoms by the vectors of a skewed box" (fun () ->
            dataOf (moved bounds (second + " 0 -1 -1") (third + " 0 0 0")) (fun data ->
                Expect.equal data.Tilts [| 1.2; -0.7; 0.9 |] "tilts"
                let expected = [| 1.797070734478761 - 1.2 + 0.7; 2.806289645394038 - 3.0 - 0.9; 2.0668496316195735 - 3.0 |]
                closeTo "moved" 3.0 1e-15 expected data.Positions[3..5] |> expectNone))

        testCase "box vectors are those of bounds and tilts" (fun () ->
            let vectors = "4 0 0 avec\n1.2 3 0 bvec\n-0.7 0.9 3 cvec\n0 0 0 abc origin"

            dataOf (moved vectors (second + " 0 -1 -1") (third + " 0 0 0")) (fun data ->
                dataOf (moved bounds (second + " 0 -1 -1") (third + " 0 0 0")) (fun expected ->
                    Expect.equal (data.Low, data.High, data.Tilts) (expected.Low, expected.High, expected.Tilts) "box"
                    Expect.equal data.Positions expected.Positions "positions")))

        testCase "box vectors are refused that are turned, incomplete, or beside bounds" (fun () ->
            let vectors = "4 0 0 avec\n1.2 3 0 bvec\n-0.7 0.9 3 cvec\n0 0 0 abc origin"
            let flagged (box: string) = moved box (second + " 0 0 0") (third + " 0 0 0")
            dataComplains [ "line 11"; "(4, 0.1, 0)"; "the first along x" ] (flagged (vectors.Replace("4 0 0", "4 0.1 0")))
            dataComplains [ "avec, bvec, cvec and abc origin" ] (flagged (vectors.Replace("1.2 3 0 bvec\n", "")))
            dataComplains [ "beside box bounds" ] (flagged (vectors + "\n0 4 xlo xhi"))
            dataComplains [ "line 12"; "second line of xy" ] (flagged (bounds + "\n1 0 0 xy xz yz")))

        testCase "a tilted box is periodic where it is tilted, and bonds cross its sides along its vectors" (fun () ->
            let lengths (start: Start) =
                let pairs = Structure.pairs start.Structure start.State.Positions
                let configuration = Configuration(start.Structure, pairs, start.State.Positions, start.State.Momenta)
                Invariants.pairs &configuration |> fst

            withText "s.data" (moved bounds second third |> fun text -> text.Replace(" 0 0 0\n2 0 1", "\n2 0 1")) (fun path ->
                let start =
                    TrajectoryFile.initial { TrajectoryFile.within 1.0 with Reach = None; Bonds = true } None path
                    |> Result.mapError string
                    |> expectOk

                Expect.equal (start.Structure.Cell.Tilts.ToArray()) [| 1.2; -0.7; 0.9 |] "tilts"

                withText "s.data" (moved bounds (second + " 0 -1 -1") (third + " 0 0 0")) (fun path ->
                    let flagged =
                        TrajectoryFile.initial { TrajectoryFile.within 1.0 with Reach = None; Bonds = true } None path
                        |> Result.mapError string
                        |> expectOk

                    close "bond lengths with and without image flags" 1e-14 (lengths flagged) (lengths start) |> expectNone)))
    ]

[<Tests>]
let tests = testList "Skewed boxes" [ testList "dumps" dumps; testList "data files" datas ]
