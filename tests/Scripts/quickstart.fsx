// From nothing to a simulated system: dotnet fsi quickstart.fsx
#r "nuget: HgnFunctional"

open HgnFunctional
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Models
open HgnFunctional.Learning
open HgnFunctional.Systems
open HgnFunctional.Integrators
open HgnFunctional.Metrics

// A cube of 8 bodies joined by springs, and another one that is far larger.
let springs sizes =
    let lattice = Topology.grid sizes
    lattice, PairSystem(Structure.bonded 3 1.0 lattice.Graph, PairPotential.harmonic 1.0 1.0)

let few, fewSprings = springs [ 2; 2; 2 ]
let many, manySprings = springs [ 16; 16; 16 ]

let start seed (lattice: Lattice) (system: PairSystem) = InitialState.perturbed 0.2 0.2 seed system.Structure lattice.Sites

/// A trajectory as a measurement gives it: states with velocities and forces.
let measure seed =
    start seed few fewSprings
    |> Trajectory.record (Splitting.on fewSprings SplittingMethod.stormerVerlet) 0.01 1000 20
    |> Result.toArray
    |> Seq.concat
    |> Seq.map (Snapshot.ofHamiltonian fewSprings.Structure fewSprings)
    |> Seq.collect Result.toArray

let learn () =
    match [ 1..5 ] |> Seq.collect measure |> Training.fit TrainingConfig.defaults with
    | Error error -> failwith $"{error}"
    | Ok model -> model

let model = learn ()
printfn $"{model}"

// Learned from 8 bodies, used on 4096.
let truth = start 7 many manySprings |> Snapshot.ofHamiltonian manySprings.Structure manySprings |> Result.toArray

match Evaluation.ofSnapshots model truth with
| Error error -> failwith $"{error}"
| Ok(evaluation: Evaluation) -> printfn $"force error on {many.Graph.Bodies} bodies: {evaluation.RelativeForceError:E1}"

match Model.bind manySprings.Structure model with
| Ok(Separable learned) ->
    let observer = Conservation.observer manySprings.Structure learned

    match
        start 7 many manySprings
        |> Trajectory.observe observer (Splitting.on learned SplittingMethod.stormerVerlet) 0.01 1000 10
    with
    | Ok kept -> printfn $"largest energy drift in 1000 steps: {kept.EnergyDriftMax:E1}"
    | Error error -> failwith $"{error}"
| other -> failwith $"{other}"
