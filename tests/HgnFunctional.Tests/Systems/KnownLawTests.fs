/// Laws that are known: their values, what they need, and that they come back from files.
module HgnFunctional.Tests.Systems.KnownLawTests

open System
open Expecto
open HgnFunctional
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Blocks
open HgnFunctional.Models
open HgnFunctional.Learning
open HgnFunctional.Systems
open HgnFunctional.IO
open HgnFunctional.Tests.Support.Laws

/// Two bodies at a distance on a line, within reach of each other.
let private pairOf (attributes: (string * float[]) list) (species: string list) : Structure =
    (Structure.create (Cell.openSpace 1) Relations.none [| 1.0; 3.0 |] |> Structure.withSpecies species, attributes)
    ||> List.fold (fun structure (name, values) -> Structure.withAttribute name values structure)
    |> Structure.withRelations (Relations.within 10.0)

let private state (distance: float) : PhaseState = PhaseState.create 2 1 [| 0.0; distance |] [| 0.0; 0.0 |]

let private energyAt (law: KnownLaw) (structure: Structure) (distance: float) : float =
    Hamiltonian.value (SumSystem(structure, law.Name, [ law.Term structure ])) (state distance)

let private forceAt (law: KnownLaw) (structure: Structure) (distance: float) : float =
    let _, forces = Hamiltonian.timeDerivative (SumSystem(structure, law.Name, [ law.Term structure ])) (state distance)
    forces[1]

let private ions = pairOf [ AttributeName.Charge, [| 2.0; -1.5 |]; KnownLaw.AtomicNumber, [| 14.0; 6.0 |] ] [ "Si"; "C" ]

let private tableOf (energy: float -> float) : KnownLaw =
    let distances = [| for k in 0..200 -> 0.5 + 0.02 * float k |]
    KnownLaw.table distances (distances |> Array.map energy)

let private every: KnownLaw list =
    [ KnownLaw.coulomb 0.7; KnownLaw.gravity 1.3; KnownLaw.zbl 14.399645 1.0; tableOf (fun r -> exp (-r)) ]

[<Tests>]
let tests =
    testList
        "Known laws"
        [
            testCase "values are those of the formulas" (fun () ->
                close "Coulomb" 1e-14 [| 0.7 * 2.0 * -1.5 / 1.6 |] [| energyAt (KnownLaw.coulomb 0.7) ions 1.6 |] |> expectNone
                close "gravity" 1e-14 [| -1.3 * 3.0 / 1.6 |] [| energyAt (KnownLaw.gravity 1.3) ions 1.6 |] |> expectNone
                // The formula of the LAMMPS manual, pair_style zbl, for silicon and carbon at 1 A, in eV.
                let a = 0.46850 / (14.0 ** 0.23 + 6.0 ** 0.23)

                let phi x =
                    0.18175 * exp (-3.19980 * x)
                    + 0.50986 * exp (-0.94229 * x)
                    + 0.28022 * exp (-0.40290 * x)
                    + 0.02817 * exp (-0.20162 * x)

                close "ZBL" 1e-14 [| 14.0 * 6.0 * 14.399645 * phi (1.0 / a) |] [| energyAt (KnownLaw.zbl 14.399645 1.0) ions 1.0 |]
                |> expectNone

                close "a table" 1e-6 [| exp -1.63 |] [| energyAt (tableOf (fun r -> exp (-r))) ions 1.63 |] |> expectNone
                Expect.equal (energyAt (tableOf (fun r -> exp (-r))) ions 9.0) 0.0 "beyond the table")

            testCase "forces are derivatives" (fun () ->
                for law in every do
                    let slope = (derivative 1e-4 (fun r -> [| energyAt law ions r[0] |]) [| 1.7 |] 0)[0]
                    closeTo law.Name 1.0 1e-7 [| -slope |] [| forceAt law ions 1.7 |] |> expectNone)

            testCase "each comes back from what it saves" (fun () ->
                for law in every do
                    let back = SavedForm.tryRead law.Restore (law.Save()) |> expectOk
                    Expect.equal (back.Save()) (law.Save()) law.Name
                    Expect.equal (energyAt back ions 1.3) (energyAt law ions 1.3) law.Name)

            testCase "what the bodies lack is said, and constants that are none are refused" (fun () ->
                let bare = pairOf [] [ "Si"; "C" ]
                let refusal law structure = (KnownBlock(law, true) :> IBlock).Refuses structure
                Expect.equal (refusal (KnownLaw.coulomb 1.0) bare) (Some(NeedsAttribute AttributeName.Charge)) "charges"
                Expect.equal (refusal (KnownLaw.zbl 1.0 1.0) bare) (Some(NeedsAttribute KnownLaw.AtomicNumber)) "numbers"
                let mixed = pairOf [ KnownLaw.AtomicNumber, [| 14.0; 6.0 |] ] [ "A"; "A" ]
                Expect.stringContains (string (refusal (KnownLaw.zbl 1.0 1.0) mixed).Value) "differ in their atomic numbers" "one species"
                Expect.isNone (refusal (KnownLaw.gravity 1.0) bare) "masses are always there"

                for bad in
                    [
                        fun () -> KnownLaw.coulomb nan
                        fun () -> KnownLaw.zbl 1.0 0.0
                        fun () -> KnownLaw.table [| 1.0; 2.0; 3.0 |] [| 1.0; 2.0; 3.0 |]
                        fun () -> KnownLaw.table [| 1.0; 2.0; 2.0; 3.0 |] [| 1.0; 2.0; 3.0; 4.0 |]
                    ] do
                    Expect.throwsT<ArgumentException> (bad >> ignore) "constants")

            testCase "a law of one's own is taken off, and read with a vocabulary that has it" (fun () ->
                let chain = (Topology.chain 5 2)
                let structure = Structure.bonded 2 1.0 chain.Graph
                let springs = PairSystem(structure, PairPotential.harmonic 2.0 1.0)
                let wind (structure: Structure) = PotentialTerm.uniformField ByMasses [| 0.3; -0.1 |] structure

                let truth =
                    SumSystem(
                        structure,
                        "both",
                        [ PotentialTerm.pairs (fun _ -> Some(PairPotential.harmonic 2.0 1.0)) structure; wind structure ]
                    )

                let data =
                    [
                        for seed in 1..12 ->
                            InitialState.perturbed 0.2 0.4 seed structure chain.Sites |> Snapshot.ofHamiltonian structure truth |> expectOk
                    ]

                let recipe = KnownLaw.ofTerm "wind" wind |> KnownBlock.recipe (Some 1.0)
                let config = { TrainingConfig.defaults with Recipes = recipe :: Blocks.isolated }
                let model = Training.fit config data |> expectOk
                Expect.isLessThan model.Verdict.Value.Unexplained 1e-10 "all is explained"
                let text = ModelFile.toJson model
                Expect.isError (ModelFile.ofJson "m.json" text) "its code is not known"
                let start = data[0].State
                let forces model = Model.bind structure model |> expectOk |> (fun dynamics -> snd (Dynamics.timeDerivative dynamics start))
                let own = { Vocabulary.standard with Blocks = recipe :: Vocabulary.standard.Blocks }
                let path = IO.Path.GetTempFileName()
                IO.File.WriteAllText(path, text)
                let back = ModelFile.readWith own path |> expectOk
                IO.File.Delete path
                identical "forces" (forces model) (forces back) |> expectNone
                let _, ofSprings = Hamiltonian.timeDerivative springs start
                Expect.isGreaterThan (Array.map2 (fun a b -> abs (a - b)) ofSprings (forces model) |> Array.max) 0.05 "the wind blows")

            testCase "a law that is all there is stays in the model" (fun () ->
                let chain = Topology.chain 5 2
                let structure = Structure.bonded 2 1.0 chain.Graph
                let springs structure = PotentialTerm.pairs (fun _ -> Some(PairPotential.harmonic 2.0 1.0)) structure
                let truth = SumSystem(structure, "springs", [ springs structure ])

                let data =
                    [
                        for seed in 1..12 ->
                            InitialState.perturbed 0.2 0.4 seed structure chain.Sites |> Snapshot.ofHamiltonian structure truth |> expectOk
                    ]

                let recipe = KnownLaw.ofTerm "springs" springs |> KnownBlock.recipe (Some 1.0)
                let model = Training.fit { TrainingConfig.defaults with Recipes = [ BodyBlock.recipe; recipe ] } data |> expectOk
                let evaluation = Metrics.Evaluation.ofSnapshots model data |> expectOk
                Expect.isLessThan evaluation.RelativeForceError 1e-12 "forces"
                Expect.equal model.Warnings [] "nothing is missed")
        ]
