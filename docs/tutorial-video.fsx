(**
---
title: From a video track to a law
category: Tutorials
categoryindex: 1
index: 5
---
# From a video track to a law

A camera sees where things are, at times of its own, and not quite exactly. Velocities and forces it does not see. The motion tells them: over a few
frames the change of momentum is the force along the way, and that is an equation with the same columns as a measured force.
*)
#r "nuget: HgnFunctional"

open System
open MathNet.Numerics.Distributions
open HgnFunctional
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Models
open HgnFunctional.Learning
open HgnFunctional.Systems
open HgnFunctional.Integrators

(**
## What the camera sees

Eight beads on a chain of Morse bonds, filmed six times. The law is ours, so that we can say later how well it was found.
*)
let chain = Topology.chain 8 3
let beads = Structure.bonded 3 1.0 chain.Graph
let law = PairPotential.morse 1.0 1.0 1.0
let truth = PairSystem(beads, law)

let orFail result =
    match result with
    | Ok value -> value
    | Error error -> failwith $"{error}"

let film (noise: float) (seed: int) : Snapshot list =
    let errors = Normal(0.0, noise, Random seed)

    InitialState.perturbed 0.05 0.15 seed beads chain.Sites
    |> Trajectory.record (Splitting.on truth SplittingMethod.blanesMoan6) 0.01 1000 5
    |> orFail
    |> Seq.mapi (fun frame state ->
        let places = state.Positions.ToArray() |> Array.map (fun q -> q + errors.Sample())
        let seen = PhaseState.create 8 3 places (Array.zeroCreate 24)

        Snapshot.tryOf beads seen Targets.none
        |> orFail
        |> Snapshot.inTrajectory $"film {seed}"
        |> Snapshot.atTime (0.05 * float frame))
    |> List.ofSeq

(**
A snapshot with a time and without forces is a frame of a motion. Times may be uneven; frames of one film carry its name, and are in the order of their times. In C# it is
`Dataset.FromPositions(system, times, positions)`, and for a file `hgn train track.xyz --time-step H`.

## Clean, and noisy

`Training.fit` tries several ways to make equations of the frames, and takes the one that leaves the forces least open: polynomials through a few frames where
these are clean, smooth windows over many where they are not.
*)
let unseen =
    [
        for seed in 101..103 do
            let start = InitialState.perturbed 0.05 0.15 seed beads chain.Sites

            for state in Trajectory.record (Splitting.on truth SplittingMethod.blanesMoan6) 0.01 500 50 start |> orFail ->
                Snapshot.ofHamiltonian beads truth state |> orFail
    ]

let learned =
    [
        for noise in [ 0.0; 1e-3; 1e-2 ] do
            let model = [ for seed in 1..6 do yield! film noise seed ] |> Training.fit TrainingConfig.defaults |> orFail
            let evaluation = Metrics.Evaluation.ofSnapshots model unseen |> orFail
            noise, model, evaluation.RelativeForceError
    ]

for noise, model, error in learned do
    printfn $"noise {noise}: found %.1e{model.Verdict.Value.Noise.Value}, force error on motions never seen %.1e{error}"
(*** include-output ***)

(**
Noise is told from misfit: where frames are too far apart for the motion, or noisy beyond use, a warning says so. And the model of noisy places runs as any other:
*)
let run =
    let _, noisy, _ = List.last learned

    match Model.bind beads noisy with
    | Ok(Separable hamiltonian) ->
        InitialState.perturbed 0.05 0.15 101 beads chain.Sites
        |> Trajectory.observe (Metrics.Conservation.observer beads hamiltonian) (Splitting.on hamiltonian SplittingMethod.stormerVerlet) 0.01 10000 10
        |> Result.map _.EnergyDriftMax
        |> Result.mapError string
    | other -> Error $"{other}"
(*** include-value: run ***)
