(**
---
title: Choosing options
category: Tutorials
categoryindex: 1
index: 3
---
# Choosing options

No option is needed. This page is for those who want to know what they would change. Why the defaults are what they are is measured on
[a page of its own](DEFAULTS.html).

| option | in F# (`TrainingConfig`) | in C# (`TrainingOptions`) | `hgn train` | change it when |
|---|---|---|---|---|
| blocks | `Recipes` | `Blocks` | none | forces are not of pairs alone |
| sampler | `Sampler` | `Sampler` | `--sampler` | a law has steep places, and the data covers all of the range that will be used |
| activation | `Activation` | `Activation` | `--activation` | hardly ever; tanh extrapolates worse |
| radial transform | `Radial` | `Radial` | `--radial` | the law is known to be one of 1/r or of r |
| width | `Width` | `Width` | `--width` | the error falls with it; costs grow with its square |
| ridge | `Ridge` | `Ridge` | `--ridge` | the data is exact, or its noise is known |
| seed | `Seed` | `Seed` | `--seed` | to see how much the draw matters |

Bonds of Morse on a cube of eight bodies, learned from 200 snapshots, and tested on motion that stays within the distances seen:
*)
#r "nuget: HgnFunctional"

open HgnFunctional

let cube = Topology.grid [ 2; 2; 2 ]
let structure = Structure.bonded 3 1.0 cube.Graph
let bonds = PairSystem(structure, PairPotential.morse 1.0 1.0 1.0)

let snapshots displacement seeds =
    [
        for seed in seeds do
            let start = InitialState.perturbed displacement displacement seed structure cube.Sites

            for states in
                start |> Trajectory.record (Splitting(SplittingMethod.stormerVerlet, bonds)) 0.01 1000 25 |> Result.toList do
                for state in states do
                    yield! Snapshot.ofHamiltonian structure bonds state |> Result.toList
    ]

let training, test = snapshots 0.25 [ 1..5 ], snapshots 0.15 [ 11; 12 ]

/// The relative error of forces on the test.
let errorOf config =
    match Training.fit config training with
    | Error error -> failwith $"{error}"
    | Ok model ->
        match Evaluation.ofSnapshots model test with
        | Error error -> failwith $"{error}"
        | Ok(evaluation: Evaluation) -> evaluation.RelativeForceError

(**
## Width

The error falls until the data's digits, or the solver's, are used up. What is not needed is dropped after the solve, and costs nothing in simulation:
*)
for width in [ 4; 8; 16; 32; 64; 128 ] do
    printfn $"%4d{width} units: {errorOf { TrainingConfig.defaults with Width = width }:E1}"
(*** include-output ***)

(**
## Samplers and activations

The median and the worst of five seeds. A default must hold for any seed, so the worst one counts:
*)
for sampler in Sampler.all do
    for activation in [ Activation.softplus; Activation.tanh ] do
        let errors =
            [ 1..5 ]
            |> List.map (fun seed -> errorOf { TrainingConfig.defaults with Sampler = sampler; Activation = activation; Seed = seed })
            |> List.sort

        printfn $"%-8s{sampler.Name} %-9s{activation.Name} median {errors[2]:E1}, worst {errors[4]:E1}"
(*** include-output ***)

(**
## Noise

Measured forces are never exact. The ridge that the evidence chooses grows with the noise; one that is fixed too low fits the noise:
*)
let withNoise (random: System.Random) (size: float) (snapshot: Snapshot) =
    let noisy (values: float[]) = values |> Array.map (fun value -> value * (1.0 + size * (2.0 * random.NextDouble() - 1.0)))

    Snapshot.create snapshot.Structure snapshot.State (noisy (snapshot.Velocities.ToArray())) (noisy (snapshot.Forces.ToArray()))

for size in [ 0.0; 1e-4; 1e-2 ] do
    match training |> List.map (withNoise (System.Random 1) size) |> Training.fit TrainingConfig.defaults with
    | Error error -> failwith $"{error}"
    | Ok model ->
        let forces = model.Diagnostics |> List.find (fun fit -> fit.Part = "potential")
        let error = match Evaluation.ofSnapshots model test with Ok(e: Evaluation) -> e.RelativeForceError | Error _ -> nan
        printfn $"noise {size:E0}: ridge {forces.Ridge:E1}, {forces.FeaturesKept} features, error {error:E1}"
(*** include-output ***)

(**
## What to look at

`model.Diagnostics` has the relative error in training; an evaluation on data that was not trained on has another one. If they differ by
much, the test leaves the range of the training (`OutOfRangeFraction`) or there is too little data. If both are large, the law is not one of
pairs: try `MessageBlock`, and see [what to be careful of](DEFAULTS.html#Messages-and-momenta).
*)
