(**
---
title: Tutorial for F#
category: Tutorials
categoryindex: 1
index: 2
---
# Tutorial for F#

From nothing to a simulated system, in F# Interactive or in a script. It takes the .NET 10 SDK and the packages. Until these are
published, run `dotnet fsi build.fsx pack` in the repository, and put `#i "nuget: FOLDER"` before the first line, with the whole path of its
folder `artifacts/packages`.
*)
#r "nuget: HgnFunctional"
#r "nuget: HgnFunctional.Charts"

open HgnFunctional
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Blocks
open HgnFunctional.Models
open HgnFunctional.Learning
open HgnFunctional.Systems
open HgnFunctional.Integrators
open HgnFunctional.Metrics
open HgnFunctional.Charts

(**
## A system and its trajectory

A lattice has sites and a graph of bonds. A structure adds masses, and the space that the bodies are in. Here a cube of eight bodies in three
dimensions, each of mass 1:
*)
let cube = Topology.grid [ 2; 2; 2 ]
let structure = Structure.bonded 3 1.0 cube.Graph
(*** include-value: cube ***)
(*** include-value: structure ***)

(**
Whoever has a trajectory reads it from a file, with `HgnFunctional.IO`. Here we make one: Morse bonds, $V(r) = D \left(1 - e^{-a(r - 1)}\right)^2$,
and a run of 2000 steps of which every twentieth is kept. Seeds are arguments; the same seed gives the same numbers.
*)
let morse = PairPotential.morse 1.0 1.0 1.0
let bonds = PairSystem(structure, morse)
let verlet = Splitting.on bonds SplittingMethod.stormerVerlet

let record displacement seed =
    InitialState.perturbed displacement displacement seed structure cube.Sites |> Trajectory.record verlet 0.01 2000 20

let states = record 0.2 1
(*** include-value: states |> Result.map Array.last ***)

(**
A snapshot is a state with what was measured at it, velocities and forces:
*)
let snapshots displacement seeds =
    [
        for seed in seeds do
            for states in record displacement seed |> Result.toList do
                for state in states do
                    yield! Snapshot.ofHamiltonian structure bonds state |> Result.toList
    ]

let training = snapshots 0.2 [ 1..5 ]
(*** include-value: training.Head ***)

(**
## Learning

One call; no option is needed. Bad data is an `Error` with a reason; options that make no sense are an `ArgumentException`.
*)
let model =
    match Training.fit TrainingConfig.defaults training with
    | Ok model -> model
    | Error error -> failwith $"{error}"
(*** include-value: model ***)

(**
Of what it sampled it kept the features that the others do not carry, and each part of the model says how well it fits:
*)
model.Diagnostics
(*** include-it ***)

(**
The learned energy of one bond, beside the true one; models of several kinds of pairs have a curve for each:
*)
let distances = [ for k in 0..50 -> 0.75 + 0.01 * float k ]

let kinds = Charts.pairEnergies model distances
let truth = [ for r in distances -> r, morse.Energy r - morse.Energy distances.Head ]
let chart = Charts.lines "A Morse bond" "distance" "energy" [ for name, energies in ("true", truth) :: kinds -> name, Seq.ofList energies ]
(*** hide ***)
open Plotly.NET

chart
|> Chart.withDisplayOptionsStyle (PlotlyJSReference = PlotlyJSReference.Full)
|> GenericChart.toChartHTML
(*** include-it-raw ***)

(**
`Charts.save "bond.html" [ chart ]` writes such a chart to a page of its own, which needs no network.
*)

(**
## Structures that it never saw

A model is of bodies and of bonds, and of no lattice. So it can be used on another one, with more bodies, of another dimension:
*)
let square = Topology.grid [ 30; 30 ]
let manyBodies = Structure.bonded 2 1.0 square.Graph
let manyBonds = PairSystem(manyBodies, PairPotential.morse 1.0 1.0 1.0)
let start = InitialState.perturbed 0.1 0.1 7 manyBodies square.Sites
let measured = Snapshot.ofHamiltonian manyBodies manyBonds start |> Result.toList

let evaluation =
    match Evaluation.ofSnapshots model measured with
    | Ok(evaluation: Evaluation) -> evaluation
    | Error error -> failwith $"{error}"
(*** include-value: evaluation ***)

(**
Look at the fraction that is out of range: it counts the inputs beyond those of the training, where a model can only guess.

## Simulating

`Model.bind` puts the model on a structure and says in the type whether its energy splits into T(p) + V(q). One that does can be
simulated with explicit symplectic methods.
*)
let learned =
    match Model.bind manyBodies model with
    | Ok(Separable hamiltonian) -> hamiltonian
    | other -> failwith $"{other}"

let kept =
    start
    |> Trajectory.observe (Conservation.observer manyBodies learned) (Splitting.on learned SplittingMethod.stormerVerlet) 0.01 1000 10
(*** include-value: kept ***)

(**
`Trajectory.simulate` gives the states as a lazy sequence without end instead, or until an error:
*)
let energies =
    start
    |> Trajectory.simulate (Splitting.on learned SplittingMethod.blanesMoan4) 0.02 5
    |> Seq.truncate 20
    |> Seq.map (function
        | Ok state -> Hamiltonian.value learned state
        | Error error -> failwith $"{error}")
    |> Seq.toList

printfn $"{energies.Length} states, whose energies differ by {List.max energies - List.min energies:E1}"
(*** include-output ***)

(**
## Laws, methods and blocks

A potential is a record: a name, the energy and its slope as functions, and a source. A Hamiltonian is an interface: its size, its value, its
gradient. Every integrator but the splitting methods takes any `IHamiltonian`; those need an `ISeparableHamiltonian`. `Snapshot.ofHamiltonian`
makes training data of either. A bond that is stiffer the longer it is:
*)
let stiffening: PairPotential =
    {
        Name = "stiffening"
        Energy = fun r -> exp (r - 1.0) - r
        Slope = fun r -> exp (r - 1.0) - 1.0
        Source = "this page"
    }

let learnedBack =
    let system = PairSystem(structure, stiffening)

    [ 1..100 ]
    |> List.map (fun seed -> InitialState.perturbed 0.2 0.2 seed structure cube.Sites |> Snapshot.ofHamiltonian structure system)
    |> Training.fitStream TrainingConfig.defaults ignore
(*** include-value: learnedBack ***)

(**
A new splitting method is made from old ones, with claims that follow from theirs:
*)
let eighth = SplittingMethod.tripleJump SplittingMethod.yoshida6
printfn $"order {eighth.Order}, {eighth.Stages.Length} stages"
(*** include-output ***)

(**
Forces that no energy gives, such as drag or those of a magnetic field, are a drive beside a Hamiltonian. At fixed positions momenta then
follow an equation with an exact solution where the forces are linear in them, so that every splitting method takes it. With linear drag,
$p' = -\gamma p$, bodies come to rest, and the energy that they lose is the work of drag:
*)
let withFriction = Splitting.onDriven bonds (Drive.drag 0.5 8 3) SplittingMethod.stormerVerlet

let atRest =
    InitialState.perturbed 0.2 0.2 1 structure cube.Sites
    |> Trajectory.observe (Conservation.observerOf true structure bonds) withFriction 0.01 2000 10
(*** include-value: atRest ***)

(**
Models are lists of blocks. This one passes messages between bodies, on invariants, instead of the two default blocks:
*)
let messages =
    { TrainingConfig.defaults with
        Recipes = [ MessageBlock.recipe { MessageBlock.options GraphInputs.invariant with PoolsEveryStage = true } ]
    }

let withMessages =
    match Training.fit messages training with
    | Ok model -> model
    | Error error -> failwith $"{error}"
(*** include-value: withMessages ***)

(**
[How it works](how-it-works.html) has the mathematics, [Choosing options](choosing-options.html) what each option does, and the scripts in
`tests/Scripts` of the repository are six more starting points.
*)
