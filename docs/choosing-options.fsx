(**
---
title: Choosing options
category: Tutorials
categoryindex: 1
index: 3
---
# Choosing options

No option is needed. This page is for those who want to know what they would change; why the defaults are what they are has
[a page of its own](DEFAULTS.html).

| option | F# (`TrainingConfig`) | C# (`TrainingOptions`) | `hgn train` | change it when |
|---|---|---|---|---|
| blocks | `Recipes` | `Blocks` | none | forces are not of pairs alone |
| sampler: elm, u-swim, swim, a-swim | `Sampler` | `Sampler` | `--sampler` | rarely: compare on your data |
| activation: softplus, tanh, sigmoid, sine | `Activation` | `Activation` | `--activation` | the model will stay within the range of its data |
| radial transform: auto, r, 1/r, r^-3 | `Radial` | `Radial` | `--radial` | the law is known and `auto` chose another one |
| end of laws at the cutoff: auto, smooth, cut | `Cutoff` | `CutoffShape` | `--cutoff-shape` | it is known, and `auto` chose another one |
| width | `Width` | `Width` | `--width` | the error on a test falls with it; training time grows at least with its square |
| cutoffs for pairs of species | `Reach.ofPairs` | `PairCutoffs`, `WithCutoffs` | `--cutoff A-B=R,...` | laws end at several distances |
| pairs a few bonds apart left out | `Reach.ExcludedBonds` | `ExcludedBonds` | `--excluded-bonds` | it is known that nothing acts between them; else the data decide |
| ridge | `Ridge` | `Ridge` | `--ridge` | hardly ever; it is a fraction of the largest singular value |
| seed | `Seed` | `Seed` | `--seed` | to see how much the draw matters |

Here are Morse bonds on a cube of eight bodies. One test stays nearly within the distances that training has seen, another one does not:
*)
#r "nuget: HgnFunctional"

open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Blocks
open HgnFunctional.Learning
open HgnFunctional.Systems
open HgnFunctional.Integrators
open HgnFunctional.Metrics

let expect (result: Result<'value, 'error>) : 'value =
    match result with
    | Ok value -> value
    | Error error -> failwith $"{error}"

let cube = Topology.grid [ 2; 2; 2 ]
let structure = Structure.bonded 3 1.0 cube.Graph
let bonds = PairSystem(structure, PairPotential.morse 1.0 1.0 1.0)
let verlet = Splitting.on bonds SplittingMethod.stormerVerlet

let snapshots displacement seeds =
    [
        for seed in seeds do
            let start = InitialState.perturbed displacement displacement seed structure cube.Sites

            for state in start |> Trajectory.record verlet 0.01 1000 25 |> expect do
                Snapshot.ofHamiltonian structure bonds state |> expect
    ]

let training = snapshots 0.2 [ 1..5 ]
let inside, outside = snapshots 0.1 [ 11; 12 ], snapshots 0.3 [ 13; 14 ]

let learn config snapshots = Training.fit config snapshots |> expect
let evaluate test model : Evaluation = Evaluation.ofSnapshots model test |> expect
let errorOn test config = (learn config training |> evaluate test).RelativeForceError

let usual = learn TrainingConfig.defaults training
printfn $"{training.Length} snapshots"

for name, test in [ "inside", inside; "outside", outside ] do
    let evaluation = evaluate test usual
    printfn $"%-8s{name} {evaluation.OutOfRangeFraction:P2} out of range, relative force error {evaluation.RelativeForceError:E1}"
(*** include-output ***)

(**
## Width

The error falls, unevenly from one draw to another, until the digits of the data or of the solver are used up. Features that others carry are
dropped before the readout is found, and cost nothing in simulation:
*)
for width in [ 4; 8; 16; 32; 64; 128 ] do
    let model = learn { TrainingConfig.defaults with Width = width } training
    let kept = model.Diagnostics |> List.sumBy _.FeaturesKept
    printfn $"%4d{width} units in each block, %3d{kept} features kept: error {(evaluate inside model).RelativeForceError:E1}"
(*** include-output ***)

(**
## Samplers and activations

The worst of five seeds, within the range of the training and out of it:
*)
for sampler in Sampler.all do
    for activation in Activation.all do
        let worst test =
            [ 1..5 ]
            |> List.map (fun seed -> errorOn test { TrainingConfig.defaults with Sampler = sampler; Activation = activation; Seed = seed })
            |> List.max

        printfn $"%-8s{sampler.Name} %-9s{activation.Name} inside {worst inside:E1}, outside {worst outside:E1}"
(*** include-output ***)

(**
Units that rise between points of the data are steeper than those of ELM, and out of range they are worse. The activations differ less here; the default was chosen on several systems, by the worst of many seeds far out of range.

## Noise

Measured forces are never exact. Here each component has an error of its own, normal, of some fraction of the root mean square. The ridge that
maximises the evidence follows the noise; a fixed one does not:
*)
let withNoise (size: float) (snapshots: Snapshot list) : Snapshot list =
    let random = System.Random 1

    let noisy (values: float[]) =
        let scale = size * sqrt (values |> Array.averageBy (fun value -> value * value))
        let errors = MathNet.Numerics.Distributions.Normal.Samples(random, 0.0, 1.0)
        Seq.map2 (fun value error -> value + scale * error) values errors |> Array.ofSeq

    snapshots
    |> List.map (fun snapshot ->
        Snapshot.create
            snapshot.Structure
            snapshot.State
            (noisy (snapshot.Velocities.ToArray()))
            (noisy (snapshot.Forces.ToArray())))

for size in [ 0.0; 1e-4; 1e-2 ] do
    for ridge in [ Automatic; Relative 1e-13 ] do
        let model = training |> withNoise size |> learn { TrainingConfig.defaults with Ridge = ridge }
        let forces = model.Diagnostics |> List.find (fun fit -> fit.Part = "potential")
        printfn $"noise {size:E0}, ridge {forces.Ridge:E1}: in training {forces.RelativeError:E1}, on the test {(evaluate inside model).RelativeForceError:E1}"
(*** include-output ***)

(**
The error in training is the noise itself; the error of the model is far below it, since there are many more equations than features.

## What to look at

`model.Diagnostics` has the relative error in training; an evaluation on data that was not trained on has another one.

- If they differ by much, the test leaves the range of the training (`OutOfRangeFraction`), or there is too little data.
- If both are large, there may be noise; bodies, bonds or angles of several kinds that nobody named; too few units; or forces that are not of pairs,
  angles, fields or velocities. `model.Verdict` has the errors of each species, and what each family of features would gain;
  [what it can and cannot learn](LEARNS.html) shows both kinds of systems. For forces of many bodies, try `MessageBlock`, and see
  [what to be careful of](DEFAULTS.html). A model with messages that see momenta does not split, so splitting methods do not take it.
*)
