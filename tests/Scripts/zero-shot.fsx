// Learn from a chain of 8, use on lattices of any size and dimension. dotnet fsi zero-shot.fsx
#r "nuget: HgnFunctional"
#r "nuget: HgnFunctional.Charts"

open HgnFunctional
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Learning
open HgnFunctional.Systems
open HgnFunctional.Integrators
open HgnFunctional.Metrics
open HgnFunctional.Charts

let springs sizes =
    let lattice = Topology.grid sizes
    lattice, PairSystem(Structure.bonded lattice.Dimension 1.0 lattice.Graph, PairPotential.anharmonic 1.0 1.0 1.0)

let measure size seed steps (lattice: Lattice, system: PairSystem) =
    InitialState.perturbed size size seed system.Structure lattice.Sites
    |> Trajectory.record (Splitting.on system SplittingMethod.stormerVerlet) 0.01 steps 20
    |> Result.toArray
    |> Seq.concat
    |> Seq.collect (Snapshot.ofHamiltonian system.Structure system >> Result.toArray)

let model =
    match [ 1..10 ] |> Seq.collect (fun seed -> springs [ 8 ] |> measure 0.35 seed 1000) |> Training.fit TrainingConfig.defaults with
    | Ok model -> model
    | Error error -> failwith $"{error}"

let errorOn (sizes: int list) =
    let lattice, system = springs sizes

    match Evaluation.ofSnapshots model (measure 0.1 1 20 (lattice, system)) with
    | Error error -> failwith $"{error}"
    | Ok(evaluation: Evaluation) ->
        printfn $"%-20s{lattice.Name} force error {evaluation.RelativeForceError:E1}, out of range {evaluation.OutOfRangeFraction:P1}"
        float lattice.Graph.Bodies, evaluation.RelativeForceError

let families =
    [
        "lines", [ [ 16 ]; [ 256 ]; [ 4096 ] ]
        "squares", [ [ 4; 4 ]; [ 16; 16 ]; [ 64; 64 ] ]
        "cubes", [ [ 2; 2; 2 ]; [ 6; 6; 6 ]; [ 16; 16; 16 ] ]
    ]

Charts.save
    "zero-shot.html"
    [
        Charts.logLines
            "Learned from a chain of 8"
            "bodies"
            "relative force error"
            [ for name, members in families -> name, List.map errorOn members ]
    ]
