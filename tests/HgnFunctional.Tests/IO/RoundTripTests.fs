/// What is written reads back to the same numbers, and units are those of the SI.
module HgnFunctional.Tests.IO.RoundTripTests

open System
open System.IO
open Expecto
open HgnFunctional
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Models
open HgnFunctional.Learning
open HgnFunctional.Systems
open HgnFunctional.IO
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Laws

/// A model with its structure and a state that it did not see; lengths have digits to lose.
let private learned (relations: Relations) : TrainedModel * Structure * PhaseState =
    let lattice = Topology.grid [ 3; 3 ]
    let structure = Structure.create (Cell.openSpace 2) relations (Array.create 9 1.1)
    let system = PairSystem(structure, PairPotential.morse 1.0 1.5 1.0)
    let start seed = InitialState.perturbed 0.2 0.5 seed structure lattice.Sites
    let snapshots = [ for seed in 1..12 -> start seed |> Snapshot.ofHamiltonian structure system |> expectOk ]
    Training.fit { TrainingConfig.defaults with Width = 12 } snapshots |> expectOk, structure, start 50

/// Energy and gradients at a state.
let private numbers (model: TrainedModel) (structure: Structure) (state: PhaseState) : float[] =
    let hamiltonian = (Model.bind structure model |> expectOk).Hamiltonian
    let ofQ, ofP = Hamiltonian.gradient hamiltonian state
    Array.concat [ [| Hamiltonian.value hamiltonian state |]; ofQ; ofP ]

[<Tests>]
let tests =
    testList
        "IO round trips"
        [
            testCase "a model that was written predicts the same bits, and counts the same out of range" (fun () ->
                let folder = Directory.CreateTempSubdirectory("hgn-io-").FullName

                try
                    for relations in [ Relations.bonds (Topology.grid [ 3; 3 ]).Graph; Relations.within (1.0 + sqrt 0.2) ] do
                        let path = Path.Combine(folder, "m.json")
                        let model, structure, state = learned relations
                        ModelFile.write path model |> expectOk
                        let read = ModelFile.read path |> expectOk
                        identical "predictions" (numbers model structure state) (numbers read structure state) |> expectNone
                        Expect.equal read.Provenance model.Provenance "provenance"
                        Expect.equal read.Diagnostics model.Diagnostics "diagnostics"
                        Expect.equal read.Scope model.Scope "scope"
                        let ranges (model: TrainedModel) = model.Terms |> List.map _.Block.Ranges
                        Expect.equal (ranges read) (ranges model) "ranges"
                finally
                    Directory.Delete(folder, true))

            testCase "the force of every unit style is mass times length over time squared, by the SI" (fun () ->
                let electronVolt, avogadro, calorie = 1.602176634e-19, 6.02214076e23, 4.184
                // Units of energy over length in joule per metre, and of mass times length over time squared in newton.
                let expected =
                    function
                    | "metal" -> electronVolt / 1e-10 / (1e-3 / avogadro * 1e-10 / 1e-24)
                    | "real" -> 1e3 * calorie / avogadro / 1e-10 / (1e-3 / avogadro * 1e-10 / 1e-30)
                    | "lj"
                    | "si"
                    | "cgs"
                    // Its unit of time is the one that follows from u, A and eV.
                    | "ase" -> 1.0
                    | other -> failtest $"no force is known for {other}"

                for units in Units.all do
                    let factor = expected units.Name
                    closeTo units.Name factor Tolerance.exactLaw [| factor |] [| units.ForceFactor |] |> expectNone)
        ]
