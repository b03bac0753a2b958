// Every explicit symplectic method on one learned model: error of the energy. dotnet fsi integrators.fsx
#r "nuget: HgnFunctional"
#r "nuget: HgnFunctional.Charts"

open HgnFunctional
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Models
open HgnFunctional.Learning
open HgnFunctional.Systems
open HgnFunctional.Integrators
open HgnFunctional.Charts

let lattice = Topology.grid [ 3; 3 ]
let structure = Structure.bonded 2 1.0 lattice.Graph
let springs = PairSystem(structure, PairPotential.harmonic 1.0 1.0)
let start seed = InitialState.perturbed 0.2 0.2 seed structure lattice.Sites

let training = [ 1..200 ] |> Seq.map start |> Seq.collect (Snapshot.ofHamiltonian structure springs >> Result.toArray)

let learned =
    match Training.fit TrainingConfig.defaults training with
    | Error error -> failwith $"{error}"
    | Ok model ->
        match Model.bind structure model with
        | Ok(Separable hamiltonian) -> hamiltonian
        | other -> failwith $"{other}"

let runs =
    [
        for method in SplittingMethod.all do
            match Trajectory.record (Splitting.on learned method) 0.1 2000 10 (start 300) with
            | Error error -> failwith $"{error}"
            | Ok states ->
                let first = Hamiltonian.value learned states[0]
                let drift = states |> Seq.map (fun state -> abs (Hamiltonian.value learned state - first)) |> Seq.max
                printfn $"%-20s{method.Name} order {method.Order}, energy error {drift:E1}"
                method.Name, Seq.ofArray states
    ]

Charts.save "integrators.html" [ Charts.energy learned 1.0 runs; Charts.paths [ 0; 4; 8 ] (snd runs.Head) ]
