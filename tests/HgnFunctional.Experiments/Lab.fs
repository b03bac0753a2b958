namespace HgnFunctional.Experiments

open System
open HgnFunctional
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Invariance
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Models
open HgnFunctional.Learning
open HgnFunctional.Systems
open HgnFunctional.Integrators
open HgnFunctional.Metrics

/// How trajectories of a known system are made: each starts from the sites, displaced, with velocities.
type Motion =
    {
        /// Largest displacement of a coordinate from its site.
        Displacement: float
        /// Standard deviation of a component of the velocities.
        Speed: float
        /// Of Stoermer-Verlet.
        TimeStep: float
        /// Steps from one frame to the next.
        Stride: int
        /// Frames of a trajectory.
        Frames: int
    }

/// What experiments share: known systems, data, models.
[<RequireQualifiedAccess>]
module Lab =

    /// A line on standard error; whole, also where several threads write.
    let progress (line: string) : unit = Console.Error.WriteLine line

    /// The value of a computation that has no reason to fail here.
    let expect (result: Result<'value, 'error>) : 'value =
        match result with
        | Ok value -> value
        | Error error -> invalidOp (string (box error))

    /// Unit masses on the bonds of a lattice, joined by a potential.
    let bonded (potential: PairPotential) (lattice: Lattice) : PairSystem =
        PairSystem(Structure.bonded lattice.Dimension 1.0 lattice.Graph, potential)

    /// Stoermer-Verlet for a Hamiltonian.
    let verlet (hamiltonian: ISeparableHamiltonian) : Integrator = Splitting.on hamiltonian SplittingMethod.stormerVerlet

    /// A start of a motion.
    let start (motion: Motion) (seed: int) (system: PairSystem) (sites: float[]) : PhaseState =
        InitialState.perturbed motion.Displacement motion.Speed seed system.Structure sites

    /// The states of a trajectory.
    let states (motion: Motion) (seed: int) (system: PairSystem) (sites: float[]) : PhaseState[] =
        start motion seed system sites
        |> Trajectory.record (verlet system) motion.TimeStep ((motion.Frames - 1) * motion.Stride) motion.Stride
        |> expect

    /// The snapshot of a known system at a state, with exact derivatives.
    let snapshot (system: PairSystem) (state: PhaseState) : Snapshot = Snapshot.ofHamiltonian system.Structure system state |> expect

    /// Snapshots of trajectories, one for each seed.
    let snapshots (motion: Motion) (seeds: int list) (system: PairSystem) (sites: float[]) : Snapshot list =
        seeds |> List.collect (fun seed -> states motion seed system sites |> Seq.map (snapshot system) |> List.ofSeq)

    /// Learns from snapshots.
    let train (config: TrainingConfig) (snapshots: Snapshot seq) : TrainedModel = Training.fit config snapshots |> expect

    /// Compares with snapshots.
    let evaluate (model: TrainedModel) (snapshots: Snapshot seq) : Evaluation = Evaluation.ofSnapshots model snapshots |> expect

    /// The default model on a structure.
    let bind (structure: Structure) (model: TrainedModel) : ISeparableHamiltonian =
        match Model.bind structure model |> expect with
        | Separable hamiltonian -> hamiltonian
        | General _
        | Driven _ -> invalidOp "The default model splits into T(p) + V(q)."

    /// Which bodies have all their pairs at distances that the model saw in training.
    let private bodiesInRange (model: TrainedModel) (snapshot: Snapshot) : bool[] =
        let range = model.Terms |> List.collect (fun term -> term.Block.Ranges) |> List.find _.Name.StartsWith("distance")

        let configuration = snapshot.Configuration
        let distances, _ = Invariants.pairs &configuration
        let isInside = Array.create snapshot.Structure.Bodies true

        for pair in 0 .. distances.Length - 1 do
            if distances[pair] < range.Low || distances[pair] > range.High then
                isInside[snapshot.Pairs.Senders[pair]] <- false
                isInside[snapshot.Pairs.Receivers[pair]] <- false

        isInside

    /// The relative force error over the bodies that have all their pairs at distances that the model saw; NaN if there are
    /// none.
    let forceErrorInRange (model: TrainedModel) (snapshots: Snapshot seq) : float =
        let mutable errors, sizes = 0.0, 0.0

        for snapshot in snapshots do
            let isInside = bodiesInRange model snapshot
            let _, forces = Hamiltonian.timeDerivative (bind snapshot.Structure model) snapshot.State

            for k in 0 .. forces.Length - 1 do
                if isInside[k / snapshot.Structure.Dimension] then
                    errors <- errors + pown (forces[k] - snapshot.Forces[k]) 2
                    sizes <- sizes + pown snapshot.Forces[k] 2

        sqrt (errors / sizes)

    /// |a - b|, Euclidean.
    let distance (a: ReadOnlySpan<float>) (b: ReadOnlySpan<float>) : float =
        let mutable sum = 0.0

        for k in 0 .. a.Length - 1 do
            sum <- sum + (a[k] - b[k]) * (a[k] - b[k])

        sqrt sum

    /// |a|, Euclidean.
    let norm (a: ReadOnlySpan<float>) : float = distance a (ReadOnlySpan<float>(Array.zeroCreate a.Length))

    /// Half the distance from 1 to the next number.
    let private rounding = pown 0.5 53

    /// The middle one, or the mean of the middle two.
    let median (values: float list) : float =
        let sorted = values |> List.sort |> Array.ofList
        0.5 * (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2])

    /// The geometric mean of relative errors; one below rounding counts as that, or a lucky zero would decide all.
    let geometricMean (errors: float list) : float = errors |> List.averageBy (max rounding >> log) |> exp

    /// A motion as settings.
    let describe (motion: Motion) : (string * Value) list =
        [
            "displacement", Number motion.Displacement
            "speed", Number motion.Speed
            "time step", Number motion.TimeStep
            "steps between frames", Value.count motion.Stride
            "frames of a trajectory", Value.count motion.Frames
        ]
