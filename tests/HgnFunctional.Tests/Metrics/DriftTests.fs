/// Figures of runs and evaluations that cannot hide what happened.
module HgnFunctional.Tests.Metrics.DriftTests

open System
open Expecto
open HgnFunctional
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Models
open HgnFunctional.Learning
open HgnFunctional.Systems
open HgnFunctional.Integrators
open HgnFunctional.Metrics
open HgnFunctional.Tests.Support

let private lattice = Topology.grid [ 3; 3 ]
let private structure = Structure.bonded 2 1.0 lattice.Graph
let private system = PairSystem(structure, PairPotential.harmonic 1.0 1.0)

let private run (start: PhaseState) (timeStep: float) (steps: int) : Conservation =
    let integrator = Splitting.on system SplittingMethod.stormerVerlet

    match Trajectory.observe (Conservation.observer structure system) integrator timeStep steps 1 start with
    | Ok conservation -> conservation
    | Error error -> failtest (string error)

let private stretched: PhaseState =
    PhaseState.create 9 2 (lattice.Sites |> Array.mapi (fun k x -> x + 0.1 * sin (float (7 * k)))) (Array.zeroCreate 18)

let private moving = InitialState.perturbed 0.1 0.3 1 structure lattice.Sites

let private shifted (by: float) (state: PhaseState) : PhaseState =
    PhaseState.create 9 2 (state.Positions.ToArray() |> Array.map ((+) by)) (state.Momenta.ToArray())

[<Tests>]
let tests =
    testList
        "Drifts"
        [
            test "a run from rest has finite drifts, small where the step is" {
                let kept = run stretched 0.01 500
                Expect.isLessThan kept.EnergyDriftMax 1e-3 "energy"
                Expect.isLessThan kept.MomentumDrift.Value 1e-12 "momentum"
                Expect.isLessThan kept.AngularMomentumDrift.Value 1e-12 "angular momentum"
                // Neither is hidden behind a scale that is too large: half the step, a quarter of the drift.
                let finer = run stretched 0.005 1000
                Expect.floatClose { absolute = 0.0; relative = 0.1 } (kept.EnergyDriftMax / finer.EnergyDriftMax) 4.0 "order two"
            }

            test "a run that stands still at rest has no drift" {
                let kept = run (PhaseState.create 9 2 lattice.Sites (Array.zeroCreate 18)) 0.01 10
                Expect.equal (kept.EnergyDriftMax, kept.MomentumDrift) (0.0, Some 0.0) "none"
            }

            test "an explosion reads as one, whatever it does to the speeds" {
                // Beyond the limit of stability, which is 2 over the largest frequency.
                for start in [ moving; stretched ] do
                    let kept = run start 1.2 60
                    Expect.isGreaterThan kept.EnergyDriftMax 1e6 "energy"

                    match RunVerdict.warnings kept None with
                    | [ EnergyChanged ratio ] -> Expect.equal ratio kept.EnergyDriftMax "the warning"
                    | other -> failtest $"{other}"

                Expect.equal (RunVerdict.warnings (run moving 0.01 100) (Some 0.0)) [] "silent where all is well"
                Expect.equal (RunVerdict.warnings (run moving 0.01 10) (Some 0.5)) [ OutOfRange 0.5 ] "out of range"
            }

            test "the drift of angular momentum does not depend on where the origin is" {
                let near, far = run moving 0.05 200, run (shifted 1000.0 moving) 0.05 200
                // Rounding of positions a thousand away is all that differs.
                Expect.isLessThan (abs (near.AngularMomentumDrift.Value - far.AngularMomentumDrift.Value)) 1e-11 "drift"

                let kicked (state: PhaseState) =
                    let p = state.Momenta.ToArray()
                    p[1] <- p[1] + 0.5
                    PhaseState.create 9 2 (state.Positions.ToArray()) p

                let observe by =
                    let start = shifted by moving
                    let at time state : RunMoment = { Time = time; State = state; Work = 0.0 }
                    (((Conservation.observer structure system).Observe(at 0.0 start)).Observe(at 1.0 (kicked start))).Result

                let here, there = observe 0.0, observe 1e6

                Expect.floatClose
                    { absolute = 1e-8; relative = 0.0 }
                    here.AngularMomentumDrift.Value
                    there.AngularMomentumDrift.Value
                    "after a kick"

                Expect.isGreaterThan here.AngularMomentumDrift.Value 0.01 "it is one"
            }

            test "energies are compared within a trajectory, and not with another system's" {
                let snapshotsOf (name: string) (side: int) =
                    let lattice = Topology.grid [ side; side ]
                    let structure = Structure.bonded 2 1.0 lattice.Graph
                    let system = PairSystem(structure, PairPotential.harmonic 1.0 1.0)
                    let integrator = Splitting.on system SplittingMethod.stormerVerlet

                    match Trajectory.record integrator 0.01 50 5 (InitialState.perturbed 0.1 0.3 2 structure lattice.Sites) with
                    | Ok states ->
                        states
                        |> Array.map (
                            Snapshot.ofHamiltonian structure system >> Result.toOption >> Option.get >> Snapshot.inTrajectory name
                        )
                    | Error error -> failtest (string error)

                let small, large = snapshotsOf "small" 2, snapshotsOf "large" 4

                let model =
                    match Training.fit TrainingConfig.defaults (Array.append small large) with
                    | Ok model -> model
                    | Error error -> failtest (string error)

                let deviation (snapshots: Snapshot[]) =
                    match Evaluation.ofSnapshots model snapshots with
                    | Ok evaluation -> evaluation.EnergyDeviation
                    | Error error -> failtest (string error)

                let alone = max (deviation small).Value (deviation large).Value
                Expect.equal (deviation (Array.append small large)) (Some alone) "one after the other"
                let mixed = Array.append (Array.map2 (fun a b -> [| a; b |]) small large |> Array.concat) [||]
                Expect.equal (deviation mixed) (Some alone) "in turns"
                // Without names the bodies tell.
                let unnamed = Array.append small large |> Array.map (Snapshot.inTrajectory "")
                Expect.equal (deviation unnamed) (Some alone) "without names"
            }

            test "frames at rest have no deviation of the energy" {
                let data =
                    [
                        for k in 1..20 ->
                            let q = lattice.Sites |> Array.mapi (fun i x -> x + 0.1 * sin (float (k * i)))

                            Snapshot.ofHamiltonian structure system (PhaseState.create 9 2 q (Array.zeroCreate 18))
                            |> Result.toOption
                            |> Option.get
                    ]

                match Training.fit TrainingConfig.defaults data with
                | Error error -> failtest (string error)
                | Ok model ->
                    match Evaluation.ofSnapshots model data with
                    | Ok evaluation -> Expect.isNone evaluation.EnergyDeviation "none"
                    | Error error -> failtest (string error)
            }
        ]
