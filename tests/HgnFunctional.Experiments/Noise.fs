namespace HgnFunctional.Experiments

open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Blocks
open HgnFunctional.Models
open HgnFunctional.Learning
open HgnFunctional.Systems
open HgnFunctional.Integrators
open HgnFunctional.Metrics

/// What errors in the data do: noise in the derivatives, and a damping that the model does not know of.
[<RequireQualifiedAccess>]
module Noise =

    type Settings =
        {
            Motion: Motion
            /// Trajectories to train on; one more tests.
            Trajectories: int
            /// Standard deviation of the noise over the root mean square of q' and of p'.
            Levels: float list
            /// Rates g of p' = force - g p.
            Dampings: float list
            /// Seeds of data and noise; tables show medians.
            Seeds: int list
        }

    let full: Settings =
        {
            Motion = { Displacement = 0.3; Speed = 0.3; TimeStep = 0.01; Stride = 10; Frames = 100 }
            Trajectories = 10
            Levels = [ 0.0; 1e-6; 1e-5; 1e-4; 1e-3; 1e-2; 1e-1 ]
            Dampings = [ 0.0; 1e-4; 1e-3; 1e-2; 1e-1 ]
            Seeds = [ 1..5 ]
        }

    let quick: Settings =
        { full with
            Trajectories = 4
            Levels = [ 0.0; 1e-4; 1e-2 ]
            Dampings = [ 0.0; 1e-2 ]
            Seeds = [ 1; 2 ]
        }

    let private lattice = Topology.grid [ 2; 2; 2 ]
    let private potentials = [ PairPotential.harmonic 1.0 1.0; PairPotential.morse 1.0 1.0 1.0 ]

    let private rms (values: float[] seq) : float =
        let all = Seq.concat values
        sqrt (Seq.averageBy (fun x -> x * x) all)

    /// Snapshots with normal noise in q' and p'.
    let private noisy (level: float) (seed: int) (clean: Snapshot list) : Snapshot list =
        let random = Rng.stream seed "noise of experiments"
        let ofVelocities = level * rms (clean |> Seq.map _.Velocities.ToArray())
        let ofForces = level * rms (clean |> Seq.map _.Forces.ToArray())

        let blur (scale: float) (values: float[]) : float[] =
            Array.map2 (fun value draw -> value + scale * draw) values (Rng.normals values.Length random)

        [
            for snapshot in clean ->
                Snapshot.create
                    snapshot.Structure
                    snapshot.State
                    (blur ofVelocities (snapshot.Velocities.ToArray()))
                    (blur ofForces (snapshot.Forces.ToArray()))
        ]

    /// Snapshots of a damped system: half a step of the damping, a step of Stoermer-Verlet, half a step of the damping.
    let private damped (settings: Settings) (rate: float) (seeds: int list) (system: PairSystem) : Snapshot list =
        let motion = settings.Motion
        let integrator = Lab.verlet system
        let decay = exp (-0.5 * rate * motion.TimeStep)

        let brake (state: PhaseState) =
            PhaseState.create
                state.Bodies
                state.Dimension
                (state.Positions.ToArray())
                (state.Momenta.ToArray() |> Array.map (fun p -> decay * p))

        let step (state: PhaseState) = brake state |> Integrator.step integrator motion.TimeStep |> Lab.expect |> brake

        let snapshot (state: PhaseState) =
            let velocities, forces = Hamiltonian.timeDerivative system state

            Array.map2 (fun force p -> force - rate * p) forces (state.Momenta.ToArray())
            |> Snapshot.create system.Structure state velocities

        [
            for seed in seeds do
                let mutable state = Lab.start motion seed system lattice.Sites

                for frame in 1 .. motion.Frames do
                    snapshot state

                    if frame < motion.Frames then
                        for _ in 1 .. motion.Stride do
                            state <- step state
        ]

    let private trainingSeeds (settings: Settings) (seed: int) : int list = [ for k in 1 .. settings.Trajectories -> 1000 * seed + k ]

    let private test (settings: Settings) (system: PairSystem) (seed: int) : Snapshot list =
        Lab.snapshots settings.Motion [ 1000 * seed + 999 ] system lattice.Sites

    /// Median errors against the truth without noise or damping, of models that cannot have drag, as the paper's: the default ones find
    /// it, and what it leaves.
    let private errors (settings: Settings) (system: PairSystem) (dataOf: int -> Snapshot list) : Value list =
        let fits =
            settings.Seeds
            |> List.map (fun seed ->
                let model = Lab.train { TrainingConfig.defaults with Seed = seed; Recipes = Blocks.isolated } (dataOf seed)
                let snapshots = test settings system seed
                model, Lab.evaluate model snapshots, Lab.forceErrorInRange model snapshots)

        let median (pick: TrainedModel * Evaluation * float -> float) = fits |> List.map pick |> Lab.median |> Number

        let potentialOf (model: TrainedModel) = model.Diagnostics |> List.find (fun fit -> fit.Part = "potential")

        [
            median (fun (_, _, inRange) -> inRange)
            median (fun (_, evaluation, _) -> evaluation.RelativeForceError)
            median (fun (_, evaluation, _) -> evaluation.OutOfRangeFraction)
            median (fun (_, evaluation, _) -> evaluation.RelativeVelocityError)
            median (fun (model, _, _) -> (potentialOf model).RelativeError)
            median (fun (model, _, _) -> (potentialOf model).Ridge)
        ]

    let private columns =
        [
            "force error in range"
            "force error"
            "out of range"
            "velocity error"
            "residual of the forces in training"
            "ridge"
        ]

    let private noiseRows (settings: Settings) : Value list list =
        [
            for potential in potentials do
                let system = Lab.bonded potential lattice

                let clean =
                    settings.Seeds
                    |> List.map (fun seed -> seed, Lab.snapshots settings.Motion (trainingSeeds settings seed) system lattice.Sites)
                    |> Map.ofList

                for level in settings.Levels do
                    Lab.progress $"{potential.Name}, noise {level}"
                    Text potential.Name :: Number level :: errors settings system (fun seed -> noisy level seed clean[seed])
        ]

    let private dampingRows (settings: Settings) : Value list list =
        [
            for potential in potentials do
                let system = Lab.bonded potential lattice

                for rate in settings.Dampings do
                    Lab.progress $"{potential.Name}, damping {rate}"

                    Text potential.Name
                    :: Number rate
                    :: errors settings system (fun seed -> damped settings rate (trainingSeeds settings seed) system)
        ]

    /// A line for each law: the first figure after the level, against the level.
    let private series (rows: Value list list) : (string * (float * float) list) list =
        rows
        |> List.choose (fun row ->
            match row with
            | Text name :: Number level :: Number error :: _ -> Some(name, (level, error))
            | _ -> None)
        |> List.groupBy fst
        |> List.map (fun (name, points) -> name, List.map snd points)

    let run (settings: Settings) : Findings =
        let noise, damping = noiseRows settings, dampingRows settings

        {
            Settings =
                [
                    "lattice", Text "2x2x2"
                    yield! Lab.describe settings.Motion
                    "training trajectories", Value.count settings.Trajectories
                    "test trajectories", Value.count 1
                    "seeds", Value.count settings.Seeds.Length
                    "constants", Text "unit masses; k = 1, length 1; Morse depth 1, steepness 1"
                ]
            Tables =
                [
                    {
                        Name = "noise"
                        Title =
                            "Normal noise in q' and p', as a fraction of the root mean square of each; relative errors against the truth "
                            + "without noise on another trajectory, medians over the seeds"
                        Columns = "law" :: "noise" :: columns
                        Rows = noise
                    }
                    {
                        Name = "damping"
                        Title =
                            "Damping p' = force - g p in the training data, of which the model knows nothing; relative errors against the "
                            + "force alone on a trajectory without damping, medians over the seeds"
                        Columns = "law" :: "damping g" :: columns
                        Rows = damping
                    }
                ]
            Charts =
                [
                    {
                        Name = "noise"
                        Title = "Error of the learned force under noise"
                        X = "noise in the derivatives, relative"
                        Y = "error of the force, relative"
                        Series = series noise
                    }
                ]
            Remarks =
                [
                    "No figures of the paper for noise or damping are known to us; its reviewers asked for damping. The residual in "
                    + "training is the noise itself, as it should be; the error of the force is far below it, since one law is fitted "
                    + "to many rows. Noise in positions and momenta is not treated here: it also moves the inputs of the features, "
                    + "which least squares does not correct for."
                    "The model cannot represent damping: no Hamiltonian of distances and momenta that splits does. It finds the "
                    + "conservative part, with an error far below the force of the damping, and its simulations do not slow down."
                ]
        }

    let experiment: Experiment =
        {
            Name = "noise"
            Title = "Noise and damping"
            Run = fun isQuick -> run (if isQuick then quick else full)
        }
