module HgnFunctional.Tests.IO.FileTests

open System
open System.Globalization
open System.IO
open Expecto
open HgnFunctional
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Invariance
open HgnFunctional.Features
open HgnFunctional.Models
open HgnFunctional.Learning
open HgnFunctional.Systems
open HgnFunctional.Metrics
open HgnFunctional.IO

let private data = Path.Combine(AppContext.BaseDirectory, "data")
let private spring = Path.Combine(data, "spring_2x2x2.lammpstrj")
let private topology = Path.Combine(data, "spring_2x2x2.data")

/// Runs a test on a file with the given text, which is deleted afterwards.
let private withFile (text: string) (test: string -> 'result) : 'result =
    let path = Path.GetTempFileName()

    try
        File.WriteAllText(path, text)
        test path
    finally
        File.Delete path

let private two (columns: string) (first: string) (second: string) : string =
    [
        "ITEM: TIMESTEP"
        "0"
        "ITEM: NUMBER OF ATOMS"
        "2"
        "ITEM: BOX BOUNDS pp ff ss"
        "0 10"
        "-1 1"
        "-2 2"
        $"ITEM: ATOMS {columns}"
        first
        second
        ""
    ]
    |> String.concat "\n"

let private firstFrame (path: string) : FileFrame =
    match Seq.head (LammpsDump.frames path) with
    | Ok frame -> frame
    | Error error -> failtest (string error)

/// The sentence of the first error of a training source.
let private complaint (options: SourceOptions) (path: string) : string =
    TrajectoryFile.snapshots options [ path ]
    |> Seq.tryPick (function
        | Error error -> Some(string error)
        | Ok _ -> None)
    |> Option.defaultWith (fun () -> failtest "nothing was refused")

let private plain = TrajectoryFile.bondsOf topology

/// The real dump with one edit.
let private edited (edit: string[] -> string[]) : string = File.ReadAllLines spring |> edit |> String.concat "\n"

let private refuses (name: string) (text: string) (options: SourceOptions) (words: string list) : Test =
    test $"refused in one sentence: {name}" {
        withFile text (fun path ->
            let sentence = complaint options path
            Expect.isFalse (sentence.Contains '\n') "one line"
            Expect.isFalse (sentence.EndsWith "..") "one full stop"

            for word in words do
                Expect.stringContains sentence word "names what is wrong")
    }

let private replaceLine (line: int) (change: string -> string) : string =
    edited (Array.mapi (fun index text -> if index = line - 1 then change text else text))

let private good = two "id mass x y z vx vy vz fx fy fz" "1 2 1 0 0 1 2 3 4 5 6" "2 3 2 0 0 0 0 0 -4 -5 -6"

let private model: Lazy<TrainedModel> =
    lazy
        (match TrajectoryFile.snapshots plain [ spring ] |> Training.fitStream TrainingConfig.defaults ignore with
         | Ok model -> model
         | Error error -> failtest (string error))

[<Tests>]
let tests =
    testList
        "IO"
        [
            test "columns may come in any order, atoms too" {
                withFile (two "fz fy fx vz vy vx z y x mass id" "6 5 4 3 2 1 0 0 2 7 2" "0 0 0 0 0 0 0 0 1 8 1") (fun path ->
                    let frame = firstFrame path
                    Expect.equal frame.Ids [| 1L; 2L |] "sorted by id"
                    Expect.equal frame.Positions [| 1.0; 0.0; 0.0; 2.0; 0.0; 0.0 |] "positions"
                    Expect.equal frame.Velocities (Some [| 0.0; 0.0; 0.0; 1.0; 2.0; 3.0 |]) "velocities"
                    Expect.equal frame.Forces (Some [| 0.0; 0.0; 0.0; 4.0; 5.0; 6.0 |]) "forces"
                    Expect.equal frame.Masses (Some [| 8.0; 7.0 |]) "masses"
                    Expect.equal (frame.Cell.Periods.ToArray()) [| 10.0; 0.0; 0.0 |] "only pp is periodic")
            }

            test "scaled positions are taken back to the box" {
                withFile (two "id xs ys zs" "1 0.25 0.5 0.5" "2 0.75 1 0") (fun path ->
                    Expect.equal (firstFrame path).Positions [| 2.5; 0.0; 0.0; 7.5; 1.0; -2.0 |] "lo + xs (hi - lo)")
            }

            test "momenta are mass times velocity, and forces follow the units" {
                withFile good (fun path ->
                    let options = { TrajectoryFile.within 3.0 with Units = Some Units.metal }

                    match Seq.head (TrajectoryFile.snapshots options [ path ]) with
                    | Error error -> failtest (string error)
                    | Ok snapshot ->
                        Expect.equal (snapshot.State.Momenta.ToArray()) [| 2.0; 4.0; 6.0; 0.0; 0.0; 0.0 |] "m v"
                        Expect.floatClose Accuracy.high snapshot.Forces[0] (4.0 * 9648.5332) "eV/A in (g/mol) A/ps^2")
            }

            test "bonds and a cutoff hold side by side, and types name species and bonds" {
                let options = TrajectoryFile.bondsAndWithin topology 1.6

                match Seq.head (TrajectoryFile.snapshots options [ spring ]) with
                | Error error -> failtest (string error)
                | Ok snapshot ->
                    let structure = snapshot.Structure
                    Expect.equal structure.Relations.Reach (Some(Reach.within 1.6)) "cutoff"
                    Expect.equal structure.Relations.Bonds.Value.Graph.Pairs.Count 12 "bonds"
                    Expect.equal structure.BondKinds [ BondsOf "1" ] "types of bonds"
                    Expect.equal structure.Species.Names [ "1" ] "species"
                    Expect.isTrue (snapshot.Pairs.Count > 12) "pairs of both"

                match TrajectoryFile.snapshots options [ spring ] |> Training.fitStream TrainingConfig.defaults ignore with
                | Ok model ->
                    Expect.isTrue
                        (model.Diagnostics |> List.forall (fun fit -> fit.RelativeError < 1e-7))
                        "springs, and nothing beside them"
                | Error error -> failtest (string error)
            }

            test "species are types, or elements where types tell no atoms apart" {
                let speciesOf (columns: string) (first: string) (second: string) =
                    withFile
                        (two
                            $"id {columns} mass x y z vx vy vz fx fy fz"
                            $"1 {first} 2 1 0 0 1 2 3 4 5 6"
                            $"2 {second} 3 2 0 0 0 0 0 -4 -5 -6")
                        (fun path ->
                            match Seq.head (TrajectoryFile.snapshots (TrajectoryFile.within 3.0) [ path ]) with
                            | Ok snapshot -> Naming.toArray snapshot.Structure.Species
                            | Error error -> failtest (string error))

                Expect.equal (speciesOf "type" "1" "2") [| "1"; "2" |] "types"
                Expect.equal (speciesOf "type element" "2 C" "1 H") [| "2"; "1" |] "types beside elements"
                Expect.equal (speciesOf "type element" "1 C" "1 H") [| "C"; "H" |] "elements"
                Expect.equal (speciesOf "element" "C" "H") [| "C"; "H" |] "elements alone"
                Expect.equal (speciesOf "q" "0.5" "1") [| ""; "" |] "nothing names them"
            }

            test "kinetic energies are those that LAMMPS wrote" {
                let written =
                    File.ReadLines(Path.Combine(data, "spring_2x2x2.thermo.csv"))
                    |> Seq.skip 1
                    |> Seq.map (fun line -> Double.Parse(line.Split(',')[3], CultureInfo.InvariantCulture))

                for snapshot, expected in Seq.zip (TrajectoryFile.snapshots plain [ spring ]) written do
                    match snapshot with
                    | Error error -> failtest (string error)
                    | Ok snapshot ->
                        let configuration = snapshot.Configuration
                        let kinetic = Array.sum (Invariants.kinetic &configuration)
                        Expect.isLessThan (abs (kinetic - expected)) (1e-8 * expected) "to the printed digits"
            }

            refuses "an empty file" "" plain [ "empty" ]
            refuses "no dump" "hello\nworld\n" plain [ "line 1"; "hello" ]
            refuses "a NaN" (replaceLine 12 (fun line -> line.Replace(line.Split(' ')[4], "nan"))) plain [ "line 12"; "nan" ]
            refuses "a bad type" (replaceLine 12 (fun _ -> "3 nan 1 0 0 0 0 0 0 0 0 0")) plain [ "line 12"; "type"; "nan" ]
            refuses "a cut frame" (edited (Array.take 14)) plain [ "ends too soon"; "8 lines of atoms" ]
            refuses "a cut line" (replaceLine 12 (fun line -> line.Substring(0, 30))) plain [ "line 12"; "12 fields" ]
            refuses "a negative count" (replaceLine 4 (fun _ -> "-8")) plain [ "line 4"; "-8" ]
            refuses "an absurd count" (replaceLine 4 (fun _ -> "2000000000")) plain [ "line 4"; "2000000000" ]
            refuses "two atoms of one id" (replaceLine 11 (fun line -> "1" + line.Substring 1)) plain [ "line 11"; "atom 1" ]
            refuses "no forces" (edited (Array.map (fun line -> line.Replace("fx fy fz", "ax ay az")))) plain [ "fx fy fz"; "--time-step" ]
            refuses "neither bonds nor cutoff" good { plain with Topology = None } [ "--topology FILE"; "--cutoff R" ]
            refuses "a topology for others" good plain [ "2 atoms"; "8" ]
            refuses "a cutoff of far too many boxes" good (TrajectoryFile.within 6e6) [ "6000000"; "images" ]
            refuses "frames that are not there" good { TrajectoryFile.within 2.0 with LastFrame = Some 7 } [ "1 frames"; "0..7" ]
            refuses
                "coincident bodies"
                (two "id mass x y z vx vy vz fx fy fz" "1 1 1 0 0 0 0 0 0 0 0" "2 1 1 0 0 0 0 0 0 0 0")
                (TrajectoryFile.within 2.0)
                [ "atoms 1 and 2"; "same place" ]
            refuses
                "no masses"
                (two "id x y z vx vy vz fx fy fz" "1 1 0 0 0 0 0 0 0 0" "2 2 0 0 0 0 0 0 0 0")
                (TrajectoryFile.within 2.0)
                [ "--mass" ]
            refuses
                "frames of different sizes"
                (good + File.ReadAllText spring)
                (TrajectoryFile.within 2.0)
                [ "frame 1"; "8 atoms"; "the 2" ]

            test "a bond to an atom that is not there is refused with its line" {
                withFile (File.ReadAllText(topology).Replace("\n1 1 1 5\n", "\n1 1 1 99\n")) (fun path ->
                    Expect.stringContains (complaint (TrajectoryFile.bondsOf path) spring) "atom 99" "names the atom")
            }

            test "damaged dumps are refused or read, and never throw" {
                let text = File.ReadAllText(spring).Substring(0, 4000)
                let random = Random 5

                for _ in 1..300 do
                    let letters = text.ToCharArray()

                    for _ in 0 .. random.Next 4 do
                        letters[random.Next letters.Length] <- char (random.Next(1, 127))

                    withFile (String letters) (fun path -> TrajectoryFile.snapshots plain [ path ] |> Seq.iter ignore)
            }

            test "a written trajectory reads back to the same bits" {
                let structure = Structure.bonded 3 1.7 (Topology.grid [ 2; 2; 2 ]).Graph
                let state = InitialState.perturbed 0.3 0.5 3 structure (Topology.grid [ 2; 2; 2 ]).Sites

                withFile "" (fun path ->
                    Expect.isOk (DumpWriter.write path structure [ 0L, state; 5L, state ]) "written"

                    match TrajectoryFile.initial (TrajectoryFile.within 3.0) (Some 1) path with
                    | Error error -> failtest (string error)
                    | Ok { State = read } ->
                        Expect.equal (read.Positions.ToArray()) (state.Positions.ToArray()) "positions"

                        for k in 0..23 do
                            Expect.isLessThan (abs (read.Momenta[k] - state.Momenta[k])) 1e-15 "momenta, by way of velocities")
            }

            test "a model file reads back, and writes the same bytes again" {
                let text = ModelFile.toJson model.Value

                match ModelFile.ofJson "m.json" text with
                | Error error -> failtest (string error)
                | Ok read -> Expect.equal (ModelFile.toJson read) text "same bytes"
            }

            test "every damaged digit of a model file is noticed" {
                let text = ModelFile.toJson model.Value

                for index in 0..37 .. text.Length - 1 do
                    if Char.IsDigit text[index] then
                        let other = if text[index] = '7' then '3' else '7'
                        let damaged = text.Substring(0, index) + string other + text.Substring(index + 1)
                        let harmless = ModelFile.ofJson "m" damaged |> Result.map (fun read -> ModelFile.toJson read = text)
                        Expect.notEqual harmless (Ok false) $"digit {index} changed the model unnoticed"
            }

            test "a model of another version, or cut off, is refused by name" {
                let text = ModelFile.toJson model.Value
                let complain (text: string) = ModelFile.ofJson "m.json" text |> Result.mapError string |> Result.map ignore
                let other = complain (text.Replace($"\"formatVersion\": {ModelFile.Version}", "\"formatVersion\": 999"))

                Expect.equal
                    other
                    (Error "m.json: formatVersion is 999; expected 1 to 5, as a model that is trained anew with this version has.")
                    "other version"

                match complain (text.Substring(0, 500)) with
                | Error cut -> Expect.stringContains cut "line" "cut off"
                | Ok() -> failtest "a model that was cut off was read"
            }
        ]
