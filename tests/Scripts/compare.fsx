// Samplers and activations on a law that has to be learned: Morse bonds. dotnet fsi compare.fsx
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

let lattice = Topology.grid [ 2; 2; 2 ]
let structure = Structure.bonded 3 1.0 lattice.Graph
let bonds = PairSystem(structure, PairPotential.morse 1.0 1.0 1.0)

let measure displacement seeds =
    [
        for seed in seeds do
            let start = InitialState.perturbed displacement displacement seed structure lattice.Sites

            match Trajectory.record (Splitting.on bonds SplittingMethod.stormerVerlet) 0.01 1000 20 start with
            | Error error -> failwith $"{error}"
            | Ok states ->
                for state in states do
                    yield! Snapshot.ofHamiltonian structure bonds state |> Result.toArray
    ]

// The test moves less, so that its distances stay within those seen.
let training, test = measure 0.25 [ 1..5 ], measure 0.15 [ 11..12 ]

let errorOf sampler activation width =
    let config = { TrainingConfig.defaults with Sampler = sampler; Activation = activation; Width = width }

    match Training.fit config training with
    | Error error -> failwith $"{error}"
    | Ok model ->
        match Evaluation.ofSnapshots model test with
        | Error error -> failwith $"{error}"
        | Ok(evaluation: Evaluation) -> evaluation.RelativeForceError

let results =
    [
        for sampler in [ Sampler.elm; Sampler.swim ] do
            for activation in [ Activation.softplus; Activation.tanh ] do
                $"{sampler.Name}, {activation.Name}", [ for width in [ 4; 8; 16; 32; 64 ] -> float width, errorOf sampler activation width ]
    ]

for name, points in results do
    printfn $"%-16s{name} force error with 64 units: {snd (List.last points):E1}"

Charts.save
    "compare.html"
    [ Charts.logLines "Morse bonds" "hidden units" "relative force error" [ for name, points in results -> name, points ] ]
