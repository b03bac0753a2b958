/// Extended XYZ: what ASE writes, what quantum chemistry leaves, and what is refused.
module HgnFunctional.Tests.IO.ExtxyzTests

open System
open System.IO
open Expecto
open HgnFunctional
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Invariance
open HgnFunctional.Data
open HgnFunctional.Models
open HgnFunctional.Learning
open HgnFunctional.Metrics
open HgnFunctional.IO
open HgnFunctional.Tests.Support.Laws

let private file (name: string) : string = Path.Combine(AppContext.BaseDirectory, "data", name)

let private withText (text: string) (test: string -> 'result) : 'result =
    let path = Path.GetTempFileName()

    try
        File.WriteAllText(path, text)
        test path
    finally
        File.Delete path

let private frames (name: string) : FileFrame list = FrameFormat.frames Extxyz.anyKeys (file name) |> Seq.map expectOk |> List.ofSeq

let private snapshots (options: SourceOptions) (paths: string list) : Snapshot list =
    TrajectoryFile.snapshots options paths |> Seq.map expectOk |> List.ofSeq

let private pair (comment: string) (rows: string list) : string = String.concat "\n" ([ string rows.Length; comment ] @ rows) + "\n"

let private plain = "Properties=species:S:1:pos:R:3:forces:R:3 energy=-1.5 pbc=\"F F F\""
let private atoms = [ "Cu 0 0 0 1 0 0"; "Cu 2 0 0 -1 0 0" ]

let private refuses (name: string) (text: string) (words: string list) : Test =
    test $"refused in one sentence: {name}" {
        withText text (fun path ->
            match
                TrajectoryFile.snapshots (TrajectoryFile.within 3.0) [ path ]
                |> Seq.tryPick (function
                    | Error error -> Some(string error)
                    | Ok _ -> None)
            with
            | Some sentence ->
                for word in words do
                    Expect.stringContains sentence word "names what is wrong"

                Expect.isFalse (sentence.Contains '\n') "one line"
            | None -> failtest "nothing was refused")
    }

let private reading =
    [
        test "the one atom of a primitive cell has its images for neighbours" {
            let comment = "Lattice=\"0 2 2 2 0 2 2 2 0\" Properties=species:S:1:pos:R:3:forces:R:3 energy=-1.5 pbc=\"T T T\""

            withText (pair comment [ "Cu 0 0 0 0 0 0" ]) (fun path ->
                let snapshot = snapshots (TrajectoryFile.within 3.0) [ path ] |> List.exactlyOne
                Expect.equal snapshot.Pairs.Count 6 "twelve neighbours in an fcc crystal, each pair once")
        }

        test "what ASE wrote of a run is what LAMMPS wrote of it" {
            let fromAse, fromLammps = frames "eam_cu.extxyz.gz", frames "eam_cu.lammpstrj.gz"
            Expect.hasLength fromAse 12 "frames"

            for ase, lammps in List.zip fromAse fromLammps do
                close "positions" 1e-8 lammps.Positions ase.Positions |> expectNone
                close "forces" 1e-7 lammps.Forces.Value ase.Forces.Value |> expectNone
                Expect.equal ase.Elements.Value (Array.create 108 "Cu") "elements"
                // A per ps, and per the time of u, A and eV.
                let perTime = 100.0 * sqrt (1.66053906660e-27 / 1.602176634e-19)
                close "velocities" 1e-6 (lammps.Velocities.Value |> Array.map (fun v -> v * perTime)) ase.Velocities.Value |> expectNone
                Expect.isLessThan (abs (ase.Energy.Value + 373.0)) 3.0 "energy, in eV"
        }

        test "a turned lattice is the same crystal: distances, and forces along them" {
            let turn (q: float[]) = [| 0.6 * q[0] - 0.8 * q[1]; 0.8 * q[0] + 0.6 * q[1]; q[2] |]
            let lattice = [ [| 5.0; 0.0; 0.0 |]; [| 1.0; 4.0; 0.0 |]; [| -0.5; 0.7; 6.0 |] ]
            let places = [ [| 0.3; 0.2; 0.1 |]; [| 4.8; 3.9; 5.9 |]; [| 2.0; 1.0; 3.0 |] ]
            let pulls = [ [| 1.0; 2.0; 3.0 |]; [| -1.0; 0.5; 0.0 |]; [| 0.0; -2.5; -3.0 |] ]

            let numbers (vector: float[]) =
                vector |> Seq.map (fun x -> x.ToString("R", Globalization.CultureInfo.InvariantCulture)) |> String.concat " "

            let text (change: float[] -> float[]) =
                let vectors = lattice |> List.map (change >> numbers) |> String.concat " "
                let rows = List.map2 (fun q f -> $"Si {numbers (change q)} {numbers (change f)}") places pulls
                pair $"Lattice=\"{vectors}\" Properties=species:S:1:pos:R:3:forces:R:3 pbc=\"T T T\"" rows

            let seen (change: float[] -> float[]) =
                withText (text change) (fun path ->
                    let snapshot = (snapshots (TrajectoryFile.within 2.4) [ path ]).Head
                    let configuration = snapshot.Configuration
                    let distances, directions = Invariants.pairs &configuration

                    let along =
                        Array.init distances.Length (fun pair ->
                            Seq.sum (
                                seq {
                                    for axis in 0..2 ->
                                        directions[3 * pair + axis] * snapshot.Forces[3 * snapshot.Pairs.Senders[pair] + axis]
                                }
                            ))

                    Array.sort distances, Array.sort along)

            let distances, along = seen id
            let turnedDistances, turnedAlong = seen turn
            Expect.isNonEmpty distances "some are near each other"
            close "distances" 1e-12 distances turnedDistances |> expectNone
            close "forces along them" 1e-12 along turnedAlong |> expectNone
        }

        test "a slab that is open along one axis keeps the skew of the others" {
            let text =
                pair
                    "Lattice=\"4 0 0 -2 3 0 0 0 9\" Properties=species:S:1:pos:R:3:forces:R:3 pbc=\"T T F\""
                    [ "C 0.5 0 1 1 0 0"; "C 1 2.9 1 -1 0 0" ]

            withText text (fun path ->
                let frame = FrameFormat.frames Extxyz.anyKeys path |> Seq.head |> expectOk
                Expect.equal (frame.Cell.Tilts.ToArray()) [| -2.0; 0.0; 0.0 |] "skewed in its plane"
                let configuration = (snapshots (TrajectoryFile.within 2.0) [ path ]).Head.Configuration
                let distances, _ = Invariants.pairs &configuration
                // Less the second vector, (2.5, 0.1) - and less the first, (-1.5, -0.1) from there.
                close "across its side" 1e-12 [| sqrt (1.5 * 1.5 + 0.1 * 0.1) |] distances |> expectNone)
        }

        test "energies, groups, times and charges are read, and masses of elements are known" {
            let text =
                pair
                    "Properties=species:S:1:pos:R:3:charges:R:1 dft_energy=-7.5 config_type=\"two words\" time=0.25 pbc=\"F F F\""
                    [ "H 0 0 0 0.4"; "O 1 0 0 -0.4" ]

            withText text (fun path ->
                let frame = FrameFormat.frames Extxyz.anyKeys path |> Seq.head |> expectOk
                Expect.equal frame.Energy (Some -7.5) "energy"
                Expect.equal frame.Group "two words" "group"
                Expect.equal frame.Time (Some 0.25) "time"
                Expect.equal frame.Charges (Some [| 0.4; -0.4 |]) "charges"
                Expect.equal frame.Masses (Some [| 1.008; 15.999 |]) "masses"
                Expect.isNone frame.Forces "none")
        }

        test "of two energies the one is taken that is asked for" {
            let text = pair (plain + " free_energy=-9") atoms

            withText text (fun path ->
                let keys = { Extxyz.anyKeys with Energy = Some "free_energy" }
                Expect.equal (FrameFormat.frames keys path |> Seq.head |> expectOk).Energy (Some -9.0) "energy")
        }
    ]

let private bad =
    [
        refuses "two energies" (pair (plain + " free_energy=-9") atoms) [ "energy, free_energy"; "--energy-key" ]
        refuses
            "two columns of forces"
            (pair
                "Properties=species:S:1:pos:R:3:forces:R:3:dft_force:R:3 pbc=\"F F F\""
                [ "Cu 0 0 0 1 0 0 1 0 0"; "Cu 2 0 0 -1 0 0 -1 0 0" ])
            [ "forces, dft_force"; "--forces-key" ]
        refuses "a row too short" (pair plain [ "Cu 0 0 0 1 0 0"; "Cu 2 0 0 -1 0" ]) [ "line 4"; "7 fields" ]
        refuses "a row too few" ("3\n" + plain + "\n" + String.concat "\n" atoms + "\n") [ "3 lines of atoms" ]
        refuses "no places" (pair "Properties=species:S:1:forces:R:3" [ "Cu 1 0 0"; "Cu -1 0 0" ]) [ "pos:R:3" ]
        refuses "Properties that are none" (pair "Properties=species:S:1:pos:R" atoms) [ "Properties" ]
        refuses "a flat lattice" (pair ("Lattice=\"1 0 0 0 1 0 0 1 0\" " + plain.Replace("F F F", "T T T")) atoms) [ "span a volume" ]
        refuses "a lattice of eight" (pair ("Lattice=\"1 0 0 0 1 0 0 1\" " + plain) atoms) [ "nine numbers" ]
        refuses "pbc that is none" (pair (plain.Replace("F F F", "yes no no")) atoms) [ "pbc" ]
        refuses "a key twice" (pair (plain + " energy=3") atoms) [ "a second key"; "energy" ]
        refuses "an energy that is no number" (pair (plain.Replace("-1.5", "low")) atoms) [ "energy"; "low" ]
        refuses "neither forces nor an energy nor a time" (pair "Properties=species:S:1:pos:R:3" [ "Cu 0 0 0"; "Cu 2 0 0" ]) [ "fx fy fz" ]
    ]

let private ofQuantumChemistry =
    [
        for element, bound in [ "Si", 0.23; "Mo", 0.24 ] do
            test $"pair laws of {element} from energies and forces of quantum chemistry" {
                let options = TrajectoryFile.within 5.5
                let training = TrajectoryFile.snapshots options [ file $"dft/{element}-training.xyz.gz" ]
                let model = Training.fitStream TrainingConfig.defaults ignore training |> expectOk
                let test = TrajectoryFile.snapshots options [ file $"dft/{element}-test.xyz.gz" ]
                let evaluation = Evaluation.ofStream model test |> expectOk

                let meanAbsolute target group =
                    (evaluation.Errors |> List.find (fun error -> error.Target = target && error.Species.IsNone && error.Group = group))
                        .MeanAbsolute

                Expect.isLessThan (meanAbsolute "forces" None) bound "forces, in eV/A"
                Expect.isLessThan (meanAbsolute "energies" None) 0.1 "energies, in eV by atom"
                Expect.isTrue model.KnowsZeroOfEnergy "and their zero"

                for group in [ "AIMD-NVT"; "Elastic"; "Surface"; "Vacancy" ] do
                    Expect.isGreaterThan (meanAbsolute "forces" (Some group)) 0.0 $"{group} is told"

                Expect.isTrue (model.Warnings |> List.exists _.IsPoorFit) "pairs are not all, and that is said"
            }
    ]

[<Tests>]
let tests =
    testList "Extended XYZ" [ testList "reading" reading; testList "refusals" bad; testList "quantum chemistry" ofQuantumChemistry ]
