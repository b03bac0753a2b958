/// What F# Interactive shows of a value: a line that says something, not the name of a type or of closures.
module HgnFunctional.Tests.Verification.PrinterTests

open Expecto
open HgnFunctional
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Models
open HgnFunctional.Learning
open HgnFunctional.Systems
open HgnFunctional.Integrators
open HgnFunctional.Tests.Support.Laws

let private lattice = Topology.grid [ 2; 2; 2 ]
let private structure = Structure.bonded 3 1.0 lattice.Graph
let private system = PairSystem(structure, PairPotential.harmonic 1.0 1.0)
let private start seed = InitialState.perturbed 0.1 0.1 seed structure lattice.Sites

let private model =
    lazy
        ([ 1..20 ]
         |> List.map (start >> Snapshot.ofHamiltonian structure system)
         |> Training.fitStream TrainingConfig.defaults ignore
         |> expectOk)

/// A value and words that its line must have.
let private shown: (string * (unit -> string) * string list) list =
    [
        "a lattice", (fun () -> $"%A{lattice}"), [ "2x2x2"; "8 bodies"; "12 edges" ]
        "a graph", (fun () -> $"%A{lattice.Graph}"), [ "8 bodies"; "12 edges"; "3 to 3 at a body" ]
        "a structure", (fun () -> $"%A{structure}"), [ "8 bodies in 3 dimensions"; "12 bonds"; "mass 1"; "open space" ]
        "a structure in a box",
        (fun () -> Structure.create (Cell.create [ 2.0; 0.0 ]) (Relations.within 0.5) [| 1.0; 3.0 |] |> sprintf "%A"),
        [ "2 bodies in 2 dimensions"; "pairs within 0.5"; "masses 1 to 3"; "2 x open" ]
        "a system", (fun () -> $"%A{system}"), [ system.Name; "8 bodies" ]
        "a state",
        (fun () -> PhaseState.create 2 1 [| -0.5; 2.0 |] [| 0.25; -3.0 |] |> sprintf "%A"),
        [ "2 bodies in 1 dimensions"; "-0.5 to 2"; "-3 to 0.25" ]
        "a snapshot", (fun () -> Snapshot.ofHamiltonian structure system (start 1) |> sprintf "%A"), [ "8 bodies"; "12 pairs" ]
        "a configuration", (fun () -> $"%A{TrainingConfig.defaults}"), [ "body"; "pair"; "elm"; "softplus"; "64" ]
        "a model", (fun () -> $"%A{model.Value}"), [ "bonds"; "body + pair"; "20 snapshots"; "potential" ]
        "a model of many features",
        (fun () ->
            let wide =
                model.Value.Diagnostics |> List.map (fun fit -> { fit with FeaturesKept = 1500000000; FeaturesSampled = 2000000000 })

            sprintf "%A" { model.Value with Diagnostics = wide }),
        [ "3000000000 of 4000000000 features kept" ]
        "diagnostics", (fun () -> $"%A{model.Value.Diagnostics}"), [ "kinetic fit"; "potential fit"; "features kept"; "rows" ]
        "dynamics", (fun () -> Model.bind structure model.Value |> sprintf "%A"), [ "Separable"; "learned Hamiltonian"; "8 bodies" ]
        "an integrator", (fun () -> $"%A{Splitting.on system SplittingMethod.stormerVerlet}"), [ "stormer-verlet"; "8 bodies" ]
    ]

[<Tests>]
let tests =
    testList
        "Printers"
        [
            for name, show, words in shown do
                test $"{name} shows as a line that says what it is" {
                    let text = show ()

                    for word in words do
                        Expect.stringContains text word name

                    for noise in [ "<fun:"; "HgnFunctional." ] do
                        Expect.isFalse (text.Contains noise) $"{name} shows {noise} in: {text}"
                }
        ]
