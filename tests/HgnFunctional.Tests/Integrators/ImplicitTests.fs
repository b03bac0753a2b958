/// Where the iteration of implicit steps ends: at the rounding of the forces, wherever that is, and nowhere above it.
module HgnFunctional.Tests.Integrators.ImplicitTests

open System
open Expecto
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Blocks
open HgnFunctional.Models
open HgnFunctional.Learning
open HgnFunctional.Systems
open HgnFunctional.Integrators
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Laws
open HgnFunctional.Tests.Support.Problems

let private implicitMethods = RungeKuttaMethod.all |> List.filter (fun method -> not method.IsExplicit)

let private bind (structure: Structure) (model: TrainedModel) : Dynamics = Model.bind structure model |> expectOk

let private states (hamiltonian: ISeparableHamiltonian) (timeStep: float) (steps: int) (every: int) (start: PhaseState) =
    Trajectory.record (Splitting.on hamiltonian SplittingMethod.suzuki4) timeStep steps every start |> expectOk

/// A dense Lennard-Jones liquid of 64 bodies in a box, its start, and a model that learned it: large readouts cancel in its
/// forces, so that their rounding is a thousand times that of numbers.
let private liquid: Lazy<PhaseState * ISeparableHamiltonian> =
    lazy
        (let side = 4.4
         let lattice = Topology.grid [ 4; 4; 4 ]
         let sites = lattice.Sites |> Array.map (fun x -> x * side / 4.0)
         let structure = Structure.create (Cell.create [ side; side; side ]) (Relations.within 2.1) (Array.create 64 1.0)
         let truth = PairSystem(structure, PairPotential.lennardJones 1.0 1.0 2.1)
         let melted = states truth 0.002 500 500 (InitialState.perturbed 0.02 1.2 4 structure sites) |> Array.last

         let model =
             states truth 0.002 400 10 melted
             |> Array.map (Snapshot.ofHamiltonian structure truth >> expectOk)
             |> Training.fit TrainingConfig.defaults
             |> expectOk

         match bind structure model with
         | Separable hamiltonian -> melted, hamiltonian
         | General _
         | Driven _ -> failtest "the default model splits")

let private distance (first: PhaseState) (second: PhaseState) : float =
    Array.map2 (fun a b -> abs (a - b)) (flat first) (flat second) |> Array.max

let private settling =
    [
        testCase "implicit methods run a learned liquid, and end where explicit ones of short steps do" (fun () ->
            let start, hamiltonian = liquid.Value
            let reference = states hamiltonian 0.0001 800 800 start |> Array.last

            for method in implicitMethods do
                let ends timeStep steps =
                    let path = Trajectory.record (RungeKutta.on hamiltonian method) timeStep steps steps start |> expectOk
                    distance (Array.last path) reference

                // Factors of the cutoff have few derivatives, which leaves errors that fall with the square of the step at least.
                let coarse, fine = ends 0.004 20, ends 0.002 40
                Expect.isLessThan fine (max Tolerance.listed (0.3 * coarse)) $"{method.Name}: {coarse:E1}, {fine:E1}"
                Expect.isLessThan coarse 1e-2 $"{method.Name} is near at all"

                // Steps back undo steps forth as far as the equations of each were solved.
                let run timeStep from = Trajectory.record (RungeKutta.on hamiltonian method) timeStep 20 20 from |> expectOk |> Array.last
                Expect.isLessThan (distance (start |> run 0.004 |> run -0.004) start) Tolerance.listed $"{method.Name}, there and back")

        testCase "learned models without symmetry, of every activation, can be stepped" (fun () ->
            let lattice = Topology.grid [ 3 ]
            let structure = Structure.bonded 1 1.0 lattice.Graph
            let springs = PairSystem(structure, PairPotential.harmonic 1.0 1.0)
            let start = InitialState.perturbed 0.2 0.3 8 structure lattice.Sites

            let snapshots =
                [ 1..40 ]
                |> List.map (fun seed ->
                    InitialState.perturbed 0.3 0.5 seed structure lattice.Sites |> Snapshot.ofHamiltonian structure springs |> expectOk)

            for activation in Activation.all do
                let config = { TrainingConfig.defaults with Recipes = [ RawBlock.recipe ]; Activation = activation; Width = 200 }

                match Training.fit config snapshots |> expectOk |> bind structure with
                | Separable _
                | Driven _ -> failtest "raw blocks couple"
                | General hamiltonian ->
                    for method in implicitMethods do
                        for timeStep in [ 0.02; 0.05 ] do
                            match Trajectory.record (RungeKutta.on hamiltonian method) timeStep 40 40 start with
                            | Ok _ -> ()
                            | Error error -> failtest $"{method.Name}, {activation.Name}, {timeStep}: {error}")

        testCase "a step that is far too long is still refused" (fun () ->
            let start, hamiltonian = liquid.Value

            for method in implicitMethods do
                for timeStep in [ 0.2; 1.0; 10.0 ] do
                    match Trajectory.record (RungeKutta.on hamiltonian method) timeStep 20 20 start with
                    | Error(IterationLimit _)
                    | Error(Diverged _) -> ()
                    | other -> failtest $"{method.Name}, step {timeStep}: {other}")

        testCase "an iteration ends at the rounding of its map and not above it" (fun () ->
            // x -> 0.9 cos x, as the difference of large readouts.
            for size in [ 0.0; 1e2; 1e4; 1e6 ] do
                let apply =
                    Action<float[], float[]>(fun x destination ->
                        for k in 0 .. x.Length - 1 do
                            destination[k] <- (0.9 + size) * cos x[k] - size * cos x[k])

                let x = Array.init 20 (fun k -> 0.01 * float k)

                match FixedPoint(20).Solve(apply, 1.0, x) with
                | Converged iterations -> Expect.isLessThan iterations 60 $"size {size}"
                | other -> failtest $"size {size}: {other}"

                let residual = x |> Array.map (fun x -> abs (0.9 * cos x - x)) |> Array.max
                Expect.isLessThan residual (2e-15 * (1.0 + size)) $"size {size}")

        testCase "maps without an end are told from those at their end" (fun () ->
            let outcome (map: float -> float) =
                let apply = Action<float[], float[]>(fun x destination -> x |> Array.iteri (fun k x -> destination[k] <- map x))
                FixedPoint(6).Solve(apply, 1.0, Array.init 6 (fun k -> 0.1 + 0.13 * float k))

            let wild: (string * (float -> float)) list =
                [
                    "no fixed point", (fun x -> x * x + 1.0)
                    "two values", (fun x -> if x > 0.5 then 0.25 else 0.75)
                    "small steps for ever", (fun x -> x + 1e-9)
                    "an explosion", (fun x -> 1e60 * (1.0 + x * x * x))
                    "powers of ten", (fun x -> 1e30 * x + 1e30)
                    "NaN", (fun _ -> nan)
                    "infinity", (fun _ -> infinity)
                ]

            for name, map in wild do
                match outcome map with
                | NotConverged _
                | Lost -> ()
                | other -> failtest $"{name}: {other}")
    ]

[<Tests>]
let tests = testList "Implicit steps" settling
