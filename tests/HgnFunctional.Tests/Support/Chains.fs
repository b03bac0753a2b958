/// Chains of bodies on bonds with known forces, and models that learn from them.
module HgnFunctional.Tests.Support.Chains

open Expecto
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Models
open HgnFunctional.Learning

/// The slope of a pair energy, by hand; not the library's potentials.
let harmonic (r: float) : float = 2.0 * (r - 1.0)

let morse (r: float) : float = 3.0 * (1.0 - exp (-1.5 * (r - 1.0))) * exp (-1.5 * (r - 1.0))

/// Forces of a pair energy of the given slope along bonds, by hand.
let handForces (slope: float -> float) (scene: Scene) : float[] =
    let d = scene.Dimension
    let forces = Array.zeroCreate scene.Q.Length

    for a, b in scene.Edges do
        let between = Array.init d (fun axis -> scene.Q[a * d + axis] - scene.Q[b * d + axis])
        let r = between |> Array.sumBy (fun x -> x * x) |> sqrt

        for axis in 0 .. d - 1 do
            forces[a * d + axis] <- forces[a * d + axis] - slope r * between[axis] / r
            forces[b * d + axis] <- forces[b * d + axis] + slope r * between[axis] / r

    forces

/// A frame with exact derivatives: velocities p / m and forces by hand.
let frameOf (slope: float -> float) (scene: Scene) : Frame =
    {
        Scene = scene
        Velocities = scene.P |> Array.mapi (fun k p -> p / scene.Masses[k / scene.Dimension])
        Forces = handForces slope scene
    }

/// A chain in the plane near rest, with different masses.
let chain (bodies: int) (seed: int) : Scene =
    let random = Rng.stream seed "training tests"
    let shifts = Rng.uniforms (2 * bodies) -0.25 0.25 random

    {
        Dimension = 2
        Periods = [ 0.0; 0.0 ]
        Tilts = []
        Masses = [ for body in 0 .. bodies - 1 -> 1.0 + 0.5 * float (body % 3) ]
        Edges = [ for body in 0 .. bodies - 2 -> body, body + 1 ]
        Cutoff = None
        Named = false
        Q = Array.init (2 * bodies) (fun k -> shifts[k] + (if k % 2 = 0 then float (k / 2) else 0.0))
        P = Rng.normals (2 * bodies) random
    }

/// Some frames of a chain of five.
let frames (slope: float -> float) (count: int) : Frame list = [ for seed in 1..count -> frameOf slope (chain 5 seed) ]

let snapshots (frames: Frame list) : Snapshot list = frames |> List.map _.Snapshot

/// The defaults with fewer units.
let config: TrainingConfig = { TrainingConfig.defaults with Width = 32 }

/// The model of some frames.
let fit (config: TrainingConfig) (frames: Frame list) : TrainedModel =
    match Training.fit config (snapshots frames) with
    | Ok model -> model
    | Error error -> failtest (string error)

/// dH/dq and dH/dp of a model on a scene.
let predict (model: TrainedModel) (scene: Scene) : float[] * float[] =
    match Model.bind scene.Structure model with
    | Ok dynamics -> Hamiltonian.gradient dynamics.Hamiltonian scene.State
    | Error error -> failtest (string error)
