/// Laws of fits that one look at the default blocks does not show: coupled systems, penalties, and what a model says of its data.
module HgnFunctional.Tests.Learning.FitTests

open System
open Expecto
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Invariance
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Blocks
open HgnFunctional.Models
open HgnFunctional.Learning
open HgnFunctional.Systems
open HgnFunctional.Integrators
open HgnFunctional.Metrics
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Laws

/// Features that depend on both positions and momenta: a feature of bodies plus one of pairs, with one weight.
type private CoupledBlock(bodies: IEnergyBlock, pairs: IEnergyBlock) =
    interface IEnergyBlock with
        member _.Kind = "coupled"
        member _.Width = bodies.Width
        member _.Trend = 0
        member _.Part = Coupled
        member _.Kinds = [ EachBody ]
        member _.IsOfMasses = false
        member _.Save() = []
        member _.Ranges = bodies.Ranges @ pairs.Ranges
        member _.Symmetries = BlockSymmetries.all
        member _.Attributes = []
        member _.ActsFromOutside = false
        member _.Hops = Some 1
        member _.Constants = []
        member _.Refuses _ = None

        member _.ValuesInto(configuration, destination) =
            let ofPairs = Array.zeroCreate pairs.Width
            bodies.ValuesInto(&configuration, destination)
            pairs.ValuesInto(&configuration, Span<float> ofPairs)

            for k in 0 .. ofPairs.Length - 1 do
                destination[k] <- destination[k] + ofPairs[k]

        member _.Energy(configuration, readout) = bodies.Energy(&configuration, readout) + pairs.Energy(&configuration, readout)

        member _.RowsInto(configuration, rowsQ, rowsP, stride) =
            bodies.RowsInto(&configuration, Span<float>.Empty, rowsP, stride)
            pairs.RowsInto(&configuration, rowsQ, Span<float>.Empty, stride)

        member _.PullbackInto(configuration, readout, gradientQ, gradientP) =
            bodies.PullbackInto(&configuration, readout, Span<float>.Empty, gradientP)
            pairs.PullbackInto(&configuration, readout, gradientQ, Span<float>.Empty)

        member _.TellsStrain _ = true
        member _.StrainInto(configuration, readout, destination) = pairs.StrainInto(&configuration, readout, destination)
        member _.StrainRowsInto(configuration, rows, stride) = pairs.StrainRowsInto(&configuration, rows, stride)
        member _.Response(readout, inputs) = bodies.Response(readout, inputs[..0]) + pairs.Response(readout, inputs[1..])
        member _.CountOutside(configuration) = pairs.CountOutside &configuration
        member _.Select(features) = CoupledBlock(Probe.energies (bodies.Select features), Probe.energies (pairs.Select features))

let private coupledRecipe: BlockRecipe =
    let collect (snapshot: Snapshot) (pool: InputPool) =
        let configuration = snapshot.Configuration
        let kinetic, (distances, _) = Invariants.kinetic &configuration, Invariants.pairs &configuration

        for pair in 0 .. distances.Length - 1 do
            pool.Add(ReadOnlySpan<float> [| kinetic[pair]; distances[pair] |], 0.0)

    let column axis (sample: InputSample) =
        {
            Low = [| sample.Low[axis] |]
            High = [| sample.High[axis] |]
            Points = sample.Points |> Array.chunkBySize 2 |> Array.map (Array.item axis)
            Outputs = sample.Outputs
        }

    let withoutTrend (block: IBlock) = block.Select [| block.Trend .. block.Width - 1 |] |> Probe.energies

    let create options (sample: TrainingSample) draw : IBlock =
        let bodies = BodyBlock.recipe.Create options { sample with Inputs = column 0 sample.Inputs } draw
        let pairs = PairBlock.ofBonds.Create options { sample with Inputs = column 1 sample.Inputs } draw
        CoupledBlock(withoutTrend bodies, withoutTrend pairs)

    {
        Kind = "coupled"
        Family = "coupled"
        Kinds = (fun _ -> [ EachBody ])
        Inputs = (fun _ -> 2)
        Collect = (fun snapshot poolOf -> collect snapshot (poolOf EachBody))
        SeesRadial = false
        Layers = 0
        IsOptional = false
        Fixed = None
        Refuses = (fun _ _ -> None)
        Create = create
        Restore = (fun _ reader -> reader.Fail("kind", "a block that is saved"))
    }

/// A chain of bodies in the plane, bound by a potential.
let private chainOf (potential: PairPotential) (bodies: int) (seed: int) : Snapshot =
    let lattice = Topology.chain bodies 2
    let masses = Array.init bodies (fun body -> 1.0 + 0.5 * float (body % 3))
    let structure = Structure.create (Cell.openSpace 2) (Relations.bonds lattice.Graph) masses

    InitialState.perturbed 0.25 0.5 seed structure lattice.Sites
    |> Snapshot.ofHamiltonian structure (PairSystem(structure, potential))
    |> Result.defaultWith (fun error -> failtest (string error))

/// The snapshot with lengths, masses and times in other units.
let private inUnits (length: float) (mass: float) (time: float) (snapshot: Snapshot) : Snapshot =
    let scaled factor = Array.map (fun x -> factor * x)
    let structure, state = snapshot.Structure, snapshot.State
    let other = Structure.create structure.Cell structure.Relations (structure.Masses.ToArray() |> scaled mass)

    Snapshot.create
        other
        (PhaseState.create
            state.Bodies
            state.Dimension
            (scaled length (state.Positions.ToArray()))
            (scaled (mass * length / time) (state.Momenta.ToArray())))
        (scaled (length / time) (snapshot.Velocities.ToArray()))
        (scaled (mass * length / (time * time)) (snapshot.Forces.ToArray()))

let private fit (config: TrainingConfig) (snapshots: Snapshot seq) : TrainedModel =
    match Training.fit config snapshots with
    | Ok model -> model
    | Error error -> failtest (string error)

/// q' and p' of a model at a snapshot.
let private predict (model: TrainedModel) (snapshot: Snapshot) : float[] * float[] =
    match Model.bind snapshot.Structure model with
    | Ok dynamics -> Hamiltonian.timeDerivative dynamics.Hamiltonian snapshot.State
    | Error error -> failtest (string error)

/// Everything that a Hamiltonian writes, into arrays that held something else.
let private written (filler: float) (hamiltonian: IHamiltonian) (state: PhaseState) : float[] =
    let fresh () = Array.create state.Positions.Length filler
    let gradientQ, gradientP, velocity, force = fresh (), fresh (), fresh (), fresh ()
    hamiltonian.GradientInto(state.Positions, state.Momenta, Span<float> gradientQ, Span<float> gradientP)

    match hamiltonian with
    | :? ISeparableHamiltonian as separable ->
        separable.VelocityInto(state.Momenta, Span<float> velocity)
        separable.ForceInto(state.Positions, Span<float> force)
        Array.concat [ gradientQ; gradientP; velocity; force ]
    | _ -> Array.append gradientQ gradientP

let private morse = PairPotential.morse 1.0 1.5 1.0

[<Tests>]
let tests =
    testList
        "Fits"
        [
            prop 8 "the units of the data do not matter to a coupled fit" (fun (seed: uint16) ->
                let factors = Rng.uniforms 3 -2.0 2.0 (Rng.stream (int seed) "units") |> Array.map (fun power -> 10.0 ** power)
                let length, mass, time = factors[0], factors[1], factors[2]
                // Sums of functions of speed and distance fit neither velocities nor forces, so that weights decide.
                let config =
                    { TrainingConfig.defaults with
                        Recipes = [ coupledRecipe ]
                        Radial = FixedRadial Radial.distance
                        Width = 6
                    }

                let data = [ for seed in 1..20 -> chainOf morse 5 seed ]
                let truth = chainOf morse 7 60
                let velocities, forces = predict (fit config data) truth
                let other = data |> List.map (inUnits length mass time) |> fit config
                let otherVelocities, otherForces = predict other (inUnits length mass time truth)
                let back factor = Array.map (fun x -> x / factor)

                close "velocities" Tolerance.otherUnits velocities (otherVelocities |> back (length / time))
                |> orElse (fun () -> close "forces" Tolerance.otherUnits forces (otherForces |> back (mass * length / (time * time))))
                |> judge)

            testCase "however large the penalty, what the trend can carry is learned exactly" (fun () ->
                let springs = PairPotential.harmonic 2.0 1.0
                let config = { TrainingConfig.defaults with Width = 8; Ridge = Relative 1.0 }
                let truth = chainOf springs 9 60
                let velocities, forces = predict ([ for seed in 1..20 -> chainOf springs 5 seed ] |> fit config) truth
                close "velocities" Tolerance.springs (truth.Velocities.ToArray()) velocities |> expectNone
                close "forces" Tolerance.springs (truth.Forces.ToArray()) forces |> expectNone)

            testCase "every sampler learns bonds of bodies that have several, where the force along one scatters" (fun () ->
                let lattice = Topology.grid [ 2; 2; 2 ]
                let structure = Structure.bonded 3 1.0 lattice.Graph
                let bonds = PairSystem(structure, PairPotential.morse 1.0 1.0 1.0)
                let verlet = Splitting.on bonds SplittingMethod.stormerVerlet

                let snapshots displacement seeds =
                    [
                        for seed in seeds do
                            let start = InitialState.perturbed displacement displacement seed structure lattice.Sites

                            for state in Trajectory.record verlet 0.01 1000 25 start |> expectOk do
                                Snapshot.ofHamiltonian structure bonds state |> expectOk
                    ]

                let training, test = snapshots 0.2 [ 1..5 ], snapshots 0.1 [ 11; 12 ]

                for sampler in Sampler.all do
                    for seed in 1..5 do
                        let model = Training.fit { TrainingConfig.defaults with Sampler = sampler; Seed = seed } training |> expectOk
                        let evaluation: Evaluation = Evaluation.ofSnapshots model test |> expectOk
                        Expect.isLessThan evaluation.RelativeForceError 1e-6 $"{sampler.Name}, seed {seed}")

            testCase "gradients are written over what was there, not added to it" (fun () ->
                let data = [ for seed in 1..4 -> chainOf morse 5 seed ]
                let structure, state = data[0].Structure, data[0].State

                let learned recipes =
                    let model = fit { TrainingConfig.defaults with Recipes = recipes; Width = 4 } data
                    (Model.bind structure model |> Result.defaultWith (fun error -> failtest (string error))).Hamiltonian

                for hamiltonian in
                    [ PairSystem(structure, morse) :> IHamiltonian; learned Blocks.defaults; learned [ coupledRecipe ] ]
                    @ [
                        for recipe in Blocks.all do
                            if not (recipe.Kinds structure).IsEmpty && (recipe.Refuses structure data[0]).IsNone then
                                learned [ recipe ]
                    ] do
                    identical "gradients" (written 0.0 hamiltonian state) (written nan hamiltonian state) |> expectNone)

            testCase "every part of the data is in its hash" (fun () ->
                let hashOf cell interactions masses q p velocities forces =
                    let structure = Structure.create (Cell.create cell) interactions masses
                    let snapshot = Snapshot.create structure (PhaseState.create 3 1 q p) velocities forces
                    (fit { TrainingConfig.defaults with Width = 2 } [ snapshot ]).Provenance.DataHash

                let bonds edges = Relations.bonds (Graph.create 3 edges)
                let chain, pair = bonds [ struct (0, 1); struct (1, 2) ], bonds [ struct (0, 1) ]

                let ones, q, p, v, f =
                    [| 1.0; 1.0; 1.0 |], [| 0.0; 1.0; 2.5 |], [| 0.5; 0.0; 1.0 |], [| 1.0; 2.0; 3.0 |], [| 4.0; 5.0; 6.0 |]

                let changed (values: float[]) = values |> Array.mapi (fun k x -> if k = 1 then x + 0.125 else x)

                let hashes =
                    [
                        hashOf [ 0.0 ] chain ones q p v f
                        hashOf [ 9.0 ] chain ones q p v f
                        hashOf [ 0.0 ] pair ones q p v f
                        hashOf [ 0.0 ] (Relations.within 2.0) ones q p v f
                        hashOf [ 0.0 ] (Relations.within 2.25) ones q p v f
                        hashOf [ 0.0 ] chain (changed ones) q p v f
                        hashOf [ 0.0 ] chain ones (changed q) p v f
                        hashOf [ 0.0 ] chain ones q (changed p) v f
                        hashOf [ 0.0 ] chain ones q p (changed v) f
                        hashOf [ 0.0 ] chain ones q p v (changed f)
                    ]

                Expect.equal (List.distinct hashes) hashes "all differ"
                Expect.equal (hashOf [ 0.0 ] chain ones q p v f) hashes[0] "the same data")
        ]
