module HgnFunctional.Tests.Verification.MainJobTests

open System
open System.IO
open Expecto
open HgnFunctional
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Models
open HgnFunctional.Learning
open HgnFunctional.Systems
open HgnFunctional.Integrators
open HgnFunctional.Metrics
open HgnFunctional.IO
open HgnFunctional.Tests.Support.Laws

let private file name = Path.Combine(AppContext.BaseDirectory, "data", name)

let private ofName name : Result<Snapshot, DataError> seq =
    TrajectoryFile.snapshots (TrajectoryFile.bondsOf (file $"{name}.data")) [ file $"{name}.lammpstrj" ]

let private train source = source |> Training.fitStream TrainingConfig.defaults ignore |> expectOk

let private forceError model source = (Evaluation.ofStream model source |> expectOk).RelativeForceError

let private springs seed : Snapshot list =
    let lattice = Topology.grid [ 2; 2; 2 ]
    let structure = Structure.bonded 3 1.0 lattice.Graph
    let system = PairSystem(structure, PairPotential.harmonic 1.0 1.0)
    let start = InitialState.perturbed 0.3 0.3 seed structure lattice.Sites

    Trajectory.record (Splitting.on system SplittingMethod.stormerVerlet) 0.01 990 10 start
    |> expectOk
    |> Seq.map (Snapshot.ofHamiltonian structure system >> expectOk)
    |> List.ofSeq

[<Tests>]
let tests =
    testList
        "The main job"
        [
            test "8 bodies in space teach lattices of other sizes and dimensions" {
                let model = train (ofName "spring_2x2x2")
                Expect.isLessThan (forceError model (ofName "spring2d_3x3")) 1e-8 "3x3 in the plane"
                Expect.isLessThan (forceError model (ofName "chain8")) 1e-8 "a chain"
                let larger = Evaluation.ofStream model (ofName "spring_4x4x4") |> expectOk
                Expect.isLessThan larger.RelativeForceError 1e-5 "4x4x4, stretched further"
                Expect.isGreaterThan larger.OutOfRangeFraction 0.0 "and that is reported"
            }

            test "a chain teaches a lattice" {
                Expect.isLessThan (forceError (train (ofName "chain8")) (ofName "spring2d_3x3")) 1e-8 "3x3 in the plane"
            }

            test "the first half of a Lennard-Jones trajectory teaches the rest" {
                let within first last =
                    let options = { TrajectoryFile.within 2.5 with FirstFrame = first; LastFrame = last }
                    TrajectoryFile.snapshots options [ file "lj_argon.lammpstrj" ]

                Expect.isLessThan (forceError (train (within 0 (Some 49))) (within 50 None)) 1e-6 "later frames"
            }

            test "generated springs are learned to round-off" {
                let model = List.collect springs [ 1..10 ] |> Seq.map Ok |> train
                let evaluation: Evaluation = List.collect springs [ 11..20 ] |> Evaluation.ofSnapshots model |> expectOk
                Expect.isLessThan evaluation.MeanSquareError 1e-14 "test mse"
            }

            test "a Lennard-Jones liquid is learned, and simulated without drift" {
                let sites = (Topology.grid [ 4; 4; 4 ]).Sites |> Array.map (fun x -> 1.25 * x)
                let structure = Structure.create (Cell.create [ 5.0; 5.0; 5.0 ]) (Relations.within 2.5) (Array.create 64 1.0)
                let system = PairSystem(structure, PairPotential.lennardJones 1.0 1.0 2.5)
                let start = InitialState.perturbed 0.05 1.0 4 structure sites

                let snapshots =
                    Trajectory.record (Splitting.on system SplittingMethod.stormerVerlet) 0.002 1000 20 start
                    |> expectOk
                    |> Array.map (Snapshot.ofHamiltonian structure system >> expectOk)

                let model = snapshots[..25] |> Seq.map Ok |> train
                let evaluation: Evaluation = Evaluation.ofSnapshots model snapshots[26..] |> expectOk
                Expect.isLessThan evaluation.RelativeForceError 1e-6 "later frames"

                match Model.bind structure model |> expectOk with
                | General _
                | Driven _ -> failtest "the default model splits, and nothing drives it"
                | Separable learned ->
                    let integrator = Splitting.on learned SplittingMethod.stormerVerlet
                    let observer = Conservation.observer structure learned
                    let kept = Trajectory.observe observer integrator 0.002 1000 10 snapshots[0].State |> expectOk
                    Expect.isLessThan kept.EnergyDriftMax 5e-3 "energy"
                    Expect.isLessThan kept.MomentumDrift.Value 1e-12 "momentum"
            }

            test "ground-truth forces are derivatives of their energies" {
                for potential in PairPotential.all do
                    for r in [ 0.95; 1.1; 1.7; 2.3 ] do
                        let h = 1e-5
                        let numeric = (potential.Energy(r + h) - potential.Energy(r - h)) / (2.0 * h)
                        let scale = max 1.0 (abs numeric)
                        Expect.isLessThan (abs (numeric - potential.Slope r)) (1e-7 * scale) $"{potential.Name} at {r}"
            }
        ]
