/// Virials as what is learned from, and as what models say; those of files by finite differences of a law that the test knows.
module HgnFunctional.Tests.Learning.VirialTests

open System
open System.IO
open Expecto
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Blocks
open HgnFunctional.Models
open HgnFunctional.Learning
open HgnFunctional.Systems
open HgnFunctional.Metrics
open HgnFunctional.IO
open HgnFunctional.Tests.Support.Laws

/// A crystal of any lattice, with the sum of (3 - r)^4 over all images within 3, written down without the library. Vectors are rows.
[<NoEquality; NoComparison>]
type private Crystal =
    {
        Lattice: float[]
        Places: float[]
    }

    member crystal.Atoms: int = crystal.Places.Length / 3

    member crystal.Volume: float =
        let v k = crystal.Lattice[3 * k], crystal.Lattice[3 * k + 1], crystal.Lattice[3 * k + 2]
        let (a, b, c), (d, e, f), (g, h, i) = v 0, v 1, v 2
        abs (a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g))

    member crystal.Energy: float =
        let images = [ -2 .. 2 ]

        0.5
        * Seq.sum (
            seq {
                for i in 0 .. crystal.Atoms - 1 do
                    for j in 0 .. crystal.Atoms - 1 do
                        for x in images do
                            for y in images do
                                for z in images do
                                    let along k =
                                        crystal.Places[3 * i + k] - crystal.Places[3 * j + k]
                                        + float x * crystal.Lattice[k]
                                        + float y * crystal.Lattice[3 + k]
                                        + float z * crystal.Lattice[6 + k]

                                    let r = sqrt (pown (along 0) 2 + pown (along 1) 2 + pown (along 2) 2)
                                    if r > 0.0 && r < 3.0 then 0.1 * pown (3.0 - r) 4 else 0.0
            }
        )

    /// All vectors with a part of one axis added to another.
    member crystal.Strained(a: int, b: int, size: float) : Crystal =
        {
            Lattice = Strained.vectors 3 a b size crystal.Lattice
            Places = Strained.vectors 3 a b size crystal.Places
        }

    member crystal.Forces: float[] =
        let energy places = [| { crystal with Places = places }.Energy |]
        Array.init crystal.Places.Length (fun k -> -(derivative 1e-4 energy crystal.Places k)[0])

    /// dE/de over the volume, row-major.
    member crystal.Stress: float[] =
        Array.init 9 (fun k -> (ninePoint 1e-3 (fun size -> [| crystal.Strained(k / 3, k % 3, size).Energy |]))[0] / crystal.Volume)

/// Crystals of four atoms whose cells are narrower than the cutoff, in no frame that the library has.
let private crystals: Crystal list =
    [
        for seed in 1..10 do
            let random = Rng.stream seed "crystals of virials"
            let lattice = [| 0.4; 3.6; 0.3; -3.3; 0.9; 0.2; 0.5; 0.4; 3.9 |]
            let shaken size (values: float[]) = Array.map2 (+) values (Rng.uniforms values.Length -size size random)
            let lattice = shaken 0.25 lattice

            let sites =
                [ 0.0, 0.0, 0.0; 0.5, 0.5, 0.0; 0.5, 0.0, 0.5; 0.0, 0.5, 0.5 ]
                |> List.collect (fun (x, y, z) -> [ for k in 0..2 -> x * lattice[k] + y * lattice[3 + k] + z * lattice[6 + k] ])
                |> Array.ofList

            { Lattice = lattice; Places = shaken 0.15 sites }
    ]

let private words (numbers: float seq) : string = numbers |> Seq.map (fun x -> x.ToString "R") |> String.concat " "

/// The frame as ASE would write it, with some more keys.
let private written (keysOf: Crystal -> string) (crystal: Crystal) : string =
    let forces = crystal.Forces
    let row atom = "Cu " + words (Array.append crystal.Places[3 * atom .. 3 * atom + 2] forces[3 * atom .. 3 * atom + 2])

    let keys =
        $"Lattice=\"{words crystal.Lattice}\" Properties=species:S:1:pos:R:3:forces:R:3 energy={words [ crystal.Energy ]}"

    [ string crystal.Atoms; $"{keys} {keysOf crystal} pbc=\"T T T\""; yield! List.init crystal.Atoms row ]
    |> String.concat "\n"

let private voigt (m: float[]) : float[] = [| m[0]; m[4]; m[8]; m[5]; m[2]; m[1] |]

let private readWith (keys: TargetKeys) (text: string) : Result<Snapshot, DataError> list =
    let path = Path.GetTempFileName()

    try
        File.WriteAllText(path, text + "\n")
        TrajectoryFile.snapshots { TrajectoryFile.within 3.0 with Keys = keys } [ path ] |> List.ofSeq
    finally
        File.Delete path

let private read (keysOf: Crystal -> string) : Snapshot list =
    crystals |> List.map (written keysOf) |> String.concat "\n" |> readWith Extxyz.anyKeys |> List.map expectOk

let private asStress (crystal: Crystal) : string = $"stress=\"{words (voigt crystal.Stress)}\""

let private virialBy (model: TrainedModel) (snapshot: Snapshot) : float[] =
    (Model.virial snapshot.Structure snapshot.State model |> expectOk).Value

let private errorOf (target: string) (evaluation: Evaluation) : TargetError =
    evaluation.Errors |> List.find (fun error -> error.Target = target && error.Species.IsNone && error.Group.IsNone)

let private relative (expected: float[]) (actual: float[]) : float =
    let norm = Array.sumBy (fun x -> x * x) >> sqrt
    norm (Array.map2 (-) expected actual) / norm expected

let private learned = lazy (read asStress)

let private fit (weights: TargetWeights) (data: Snapshot list) : TrainedModel =
    Training.fit { TrainingConfig.defaults with Weights = weights } data |> expectOk

let private weights = TrainingConfig.defaults.Weights

let private ofFiles =
    [
        test "what forces teach of a crystal is the stress of its file, with its sign and order" {
            let model = fit { weights with Virials = 0.0 } learned.Value

            for snapshot in learned.Value do
                let is, says = snapshot.Virial.ToArray(), virialBy model snapshot
                Expect.isLessThan (relative is says) 1e-4 "the virial of the file"
                Expect.isGreaterThan (relative (Array.map (~-) is) says) 1.0 "another sign"
                let swapped = [| is[0]; is[5]; is[2]; is[5]; is[4]; is[1]; is[2]; is[1]; is[8] |]
                Expect.isGreaterThan (relative swapped says) 1e-2 "another order"
        }

        test "the virial of a model is what its energy loses where space is strained" {
            let model = fit weights learned.Value
            let snapshot = learned.Value.Head
            let structure, places = snapshot.Structure, snapshot.State.Positions.ToArray()
            let periods, tilts = structure.Cell.Periods.ToArray(), structure.Cell.Tilts.ToArray()

            for a, b in [ 0, 0; 1, 1; 2, 2; 0, 1; 0, 2; 1, 2 ] do
                let energy size =
                    let cell = Strained.cell a b size (periods, tilts) ||> fun periods tilts -> Cell.skewed periods tilts

                    let strained =
                        Structure.create cell structure.Relations (structure.Masses.ToArray())
                        |> Structure.withSpecies (List.replicate 4 "Cu")

                    let state = PhaseState.create 4 3 (Strained.vectors 3 a b size places) (Array.zeroCreate 12)
                    let dynamics = Model.bind strained model |> expectOk
                    [| Hamiltonian.value dynamics.Hamiltonian state |]

                let expected = ninePoint 1e-4 energy |> Array.map (~-)
                let says = virialBy model snapshot
                closeTo $"entry {a}{b}" 10.0 1e-8 expected [| says[3 * a + b] |] |> expectNone
                closeTo $"entry {b}{a}" 10.0 1e-12 [| says[3 * a + b] |] [| says[3 * b + a] |] |> expectNone
        }

        test "six numbers, nine numbers and a virial are the same, beside keys that are none of them" {
            let virials keysOf = read keysOf |> List.map (fun snapshot -> snapshot.Virial.ToArray())
            let expected = virials asStress

            for keysOf in
                [
                    fun (crystal: Crystal) -> $"REF_stress=\"{words crystal.Stress}\""
                    fun crystal -> $"dft_virial=\"{crystal.Stress |> Array.map (fun x -> -x * crystal.Volume) |> words}\""
                    fun crystal -> $"virial_stress_kB=\"1 2 3\" {asStress crystal} stresses=4"
                ] do
                List.iter2 (fun a b -> close "the virial" 1e-8 a b |> expectNone) expected (virials keysOf)
        }

        test "of two candidates the one is taken that is asked for, and none where that is asked for" {
            let text = crystals.Head |> written (fun crystal -> $"virial=\"{words (Array.create 9 7.0)}\" {asStress crystal}")
            let virial keys = (readWith keys text |> List.exactlyOne |> expectOk).Virial.ToArray()
            let keys = Extxyz.anyKeys

            match readWith keys text |> List.exactlyOne with
            | Error error ->
                for word in [ "virial, stress"; "--virial-key"; "--stress-key" ] do
                    Expect.stringContains (string error) word "both are named"
            | Ok _ -> failtest "two candidates"

            close "stress" 1e-12 (learned.Value.Head.Virial.ToArray()) (virial { keys with Stress = Some "stress" }) |> expectNone
            // A symmetric matrix of sevens, turned with the axes, keeps its trace.
            let sevens = virial { keys with Virial = Some "virial" }
            close "trace" 1e-12 [| 21.0 |] [| sevens[0] + sevens[4] + sevens[8] |] |> expectNone
            Expect.isEmpty (virial { keys with Virial = Some "none" }) "none"
        }

        for name, keysOf, parts in
            [
                "a stress without a volume", asStress, [ "line 2"; "not periodic along all axes"; "--stress-key none" ]
                "a stress of seven", (fun _ -> "stress=\"1 2 3 4 5 6 7\""), [ "stress"; "xx yy zz yz xz xy" ]
                "a stress that is no number", (fun _ -> "stress=\"1 2 3 4 5 low\""), [ "stress"; "low" ]
                "no such key", (fun _ -> "virial_kB=\"1 2 3 4 5 6\" stress=\"1 2 3 4 5\""), [ "stress" ]
            ] do
            test $"refused in one sentence: {name}" {
                let text = crystals.Head |> written keysOf
                let text = if name.EndsWith "volume" then text.Replace("T T T", "T T F") else text

                match readWith Extxyz.anyKeys text |> List.exactlyOne with
                | Error error ->
                    for part in parts do
                        Expect.stringContains (string error) part "names what is wrong"
                | Ok _ -> failtest "nothing was refused"
            }
    ]

/// The same frames with some of what they say.
let private only (choose: Targets -> Targets) (data: Snapshot list) : Snapshot list =
    data
    |> List.map (fun snapshot -> Snapshot.tryOf snapshot.Structure snapshot.State (choose snapshot.Targets) |> expectOk)

let private asTargets =
    [
        test "virials alone teach forces, and an error of them is told" {
            let data = learned.Value |> only (fun targets -> { Targets.none with Virial = targets.Virial })
            let model = fit weights data
            let evaluation = Evaluation.ofSnapshots model learned.Value |> expectOk
            Expect.isLessThan (errorOf "virials" evaluation).Relative 1e-3 "virials"
            Expect.isLessThan evaluation.RelativeForceError 0.3 "forces, of which nothing was said"
            Expect.isTrue (data.Head.Targets.Forces.IsNone && data.Head.HasVirial) "nothing was"
            let verdict = (model.Verdict.Value.Errors |> List.find (fun error -> error.Target = "virials")).Relative
            Expect.isLessThan verdict 1e-3 "in the verdict"
            Expect.isLessThan model.Verdict.Value.Unexplained 1e-3 "and nothing is left"
        }

        test "a virial gives a row for each entry, and its weight counts" {
            let rows weights (data: Snapshot list) = (fit weights data).Diagnostics |> List.sumBy _.Rows
            let forces = learned.Value |> only (fun targets -> { Targets.none with Forces = targets.Forces })
            let both = learned.Value |> only (fun targets -> { targets with Energy = None })
            Expect.equal (rows weights forces) 120L "ten frames of four atoms"
            Expect.equal (rows weights both) 210L "nine entries more each"
            let without = { weights with Virials = 0.0 }
            Expect.equal (rows without both) 120L "none"
            let says data weights = virialBy (fit weights data) learned.Value.Head
            closeTo "without weight" 1.0 1e-9 (says forces weights) (says both without) |> expectNone
        }

        test "the fingerprint, the summary and the size of a virial are looked at" {
            let snapshot = learned.Value.Head
            let bare = [ snapshot ] |> only (fun targets -> { targets with Virial = None }) |> List.exactlyOne
            let hashOf (snapshot: Snapshot) = (fit weights [ snapshot ]).Provenance.DataHash
            Expect.notEqual (hashOf snapshot) (hashOf bare) "other data"
            Expect.stringContains (string snapshot) "root mean square virial" "summary"

            let tried virial =
                Snapshot.tryOf snapshot.Structure snapshot.State { Targets.none with Virial = Some virial } |> Result.map ignore

            tried [| 1.0 |] |> expectError (WrongVirial(9, 1))
            tried (Array.create 9 nan) |> expectError NotFiniteVirial
        }

        test "a known Hamiltonian has no virial in a periodic box, and none that counts is asked of it" {
            let own =
                KnownLaw.ofHamiltonian "own" (fun structure ->
                    SumSystem(structure, "own", [ PotentialTerm.pairs (fun _ -> Some(PairPotential.harmonic 0.1 1.0)) structure ]))

            let config =
                { TrainingConfig.defaults with
                    Recipes = KnownBlock.recipe None own :: TrainingConfig.defaults.Recipes
                }

            match Training.fit config learned.Value with
            | Error(NeedsStrain "own" as error) -> Expect.stringContains (string error) "weight of 0 for virials" "what to do"
            | other -> failtest $"{other}"

            let model = Training.fit { config with Weights = { weights with Virials = 0.0 } } learned.Value |> expectOk
            Expect.isNone (Model.virial learned.Value.Head.Structure learned.Value.Head.State model |> expectOk) "no virial"
            let evaluation = Evaluation.ofSnapshots model learned.Value |> expectOk
            Expect.isFalse (evaluation.Errors |> List.exists (fun error -> error.Target = "virials")) "and no error of it"
        }

        test "what is known is taken off virials, too" {
            let part = KnownLaw.table [| 1.0; 1.5; 2.0; 2.5; 3.0 |] [| 1.0; 0.5; 0.2; 0.05; 0.0 |]

            let config =
                { TrainingConfig.defaults with
                    Recipes = KnownBlock.recipe (Some 1.0) part :: TrainingConfig.defaults.Recipes
                }

            let data = learned.Value |> only (fun targets -> { targets with Forces = None })
            let model = Training.fit config data |> expectOk
            Expect.isLessThan (errorOf "virials" (Evaluation.ofSnapshots model data |> expectOk)).Relative 1e-2 "virials"
        }
    ]

[<Tests>]
let tests = testList "Virials" [ testList "files" ofFiles; testList "targets" asTargets ]
