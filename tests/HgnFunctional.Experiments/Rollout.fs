namespace HgnFunctional.Experiments

open HgnFunctional
open HgnFunctional.Bodies
open HgnFunctional.Features
open HgnFunctional.Learning
open HgnFunctional.Systems
open HgnFunctional.Integrators

/// Long simulations of learned models beside the truth.
[<RequireQualifiedAccess>]
module Rollout =

    type Settings =
        {
            /// Of the training data, and of the starts of runs.
            Motion: Motion
            /// Trajectories to train on.
            Trajectories: int
            /// Runs, over which errors are geometric means.
            Runs: int
            /// Steps of a run.
            Steps: int
            /// Steps between the times at which errors are taken.
            Every: int
        }

    let full: Settings =
        {
            Motion = { Displacement = 0.2; Speed = 0.2; TimeStep = 0.01; Stride = 10; Frames = 100 }
            Trajectories = 10
            Runs = 10
            Steps = 100_000
            Every = 100
        }

    let quick: Settings = { full with Trajectories = 4; Runs = 2; Steps = 2000 }

    let private systems: (string * Lattice) list =
        [
            "chain 8 on a line", Topology.grid [ 8 ]
            "3x3 in the plane", Topology.grid [ 3; 3 ]
            "2x2x2 in space", Topology.grid [ 2; 2; 2 ]
        ]

    let private potentials = [ PairPotential.harmonic 1.0 1.0; PairPotential.anharmonic 1.0 1.0 1.0 ]

    /// Errors of one run at each time: positions, energy, and positions of the truth by half the time step.
    type private Errors = { Position: float; Energy: float; HalfStep: float }

    let private apart (a: float) (b: float) : float = abs (a - b) / (abs a + abs b)

    let private errors (settings: Settings) (system: PairSystem) (learned: ISeparableHamiltonian) (start: PhaseState) : Errors[] =
        let timeStep = settings.Motion.TimeStep

        let path hamiltonian refinement =
            let every = refinement * settings.Every

            Trajectory.record (Lab.verlet hamiltonian) (timeStep / float refinement) (refinement * settings.Steps) every start
            |> Lab.expect

        let truth, model, half = path system 1, path learned 1, path system 2

        let positions (a: PhaseState) (b: PhaseState) = Lab.distance a.Positions b.Positions / (Lab.norm a.Positions + Lab.norm b.Positions)

        [|
            for k in 1 .. truth.Length - 1 ->
                {
                    Position = positions truth[k] model[k]
                    Energy = apart (Hamiltonian.value system truth[k]) (Hamiltonian.value system model[k])
                    HalfStep = positions truth[k] half[k]
                }
        |]

    /// Geometric means over the runs, at each time.
    let private means (settings: Settings) (potential: PairPotential) (name: string) (lattice: Lattice) : Errors[] =
        Lab.progress $"{potential.Name}, {name}"
        let system = Lab.bonded potential lattice

        let model =
            Lab.snapshots settings.Motion [ 1 .. settings.Trajectories ] system lattice.Sites |> Lab.train TrainingConfig.defaults

        let learned = Lab.bind system.Structure model

        let runs =
            [| for run in 1 .. settings.Runs -> Lab.start settings.Motion (500 + run) system lattice.Sites |]
            |> Array.Parallel.map (errors settings system learned)

        Array.init runs[0].Length (fun k ->
            let mean pick = runs |> Array.map (fun run -> pick run[k]) |> List.ofArray |> Lab.geometricMean
            { Position = mean _.Position; Energy = mean _.Energy; HalfStep = mean _.HalfStep })

    /// The numbers of steps that the table shows: powers of ten.
    let private shown (settings: Settings) : int list =
        [ 2..9 ] |> List.map (pown 10) |> List.filter (fun steps -> steps % settings.Every = 0 && steps <= settings.Steps)

    /// Of so many times, those that a logarithmic axis can tell apart: twenty for each factor of ten.
    let private drawn (count: int) : int list =
        [ 0 .. int (20.0 * log10 (float count)) ] |> List.map (fun k -> int (10.0 ** (float k / 20.0)) - 1) |> List.distinct

    let run (settings: Settings) : Findings =
        let results =
            [
                for potential in potentials do
                    for name, lattice in systems -> potential.Name, name, means settings potential name lattice
            ]

        let time k = settings.Motion.TimeStep * float (settings.Every * (k + 1))

        let chart name title pick : Chart =
            {
                Name = name
                Title = title
                X = "time"
                Y = "relative error, geometric mean over runs"
                Series =
                    [
                        for law, system, errors in results ->
                            $"{law}, {system}", [ for k in drawn errors.Length -> time k, (pick errors[k]: float) ]
                    ]
            }

        {
            Settings =
                [
                    yield! Lab.describe settings.Motion
                    "training trajectories", Value.count settings.Trajectories
                    "runs", Value.count settings.Runs
                    "steps of a run", Value.count settings.Steps
                    "constants", Text "unit masses; k = 1, length 1; quartic 1"
                ]
            Tables =
                [
                    {
                        Name = "errors"
                        Title =
                            "Geometric means over runs of |q - q'| / (|q| + |q'|) and |H - H'| / (|H| + |H'|), H the true energy of both, "
                            + "truth and model by Stoermer-Verlet with the same step; last, the truth with that step against the truth with half of it; errors below rounding count as rounding"
                        Columns =
                            [ "law"; "system"; "steps"; "time"; "position error"; "energy error"; "position error of the step itself" ]
                        Rows =
                            [
                                for law, system, errors in results do
                                    for steps in shown settings do
                                        let here = errors[steps / settings.Every - 1]

                                        [
                                            Text law
                                            Text system
                                            Value.count steps
                                            Number(settings.Motion.TimeStep * float steps)
                                            Number here.Position
                                            Number here.Energy
                                            Number here.HalfStep
                                        ]
                            ]
                    }
                ]
            Charts = [ chart "positions" "Error of positions" _.Position; chart "energy" "Error of the energy" _.Energy ]
            Remarks =
                [
                    "The measures are those of the benchmark arXiv 2211.05520. No figures of the paper for such runs are known to us. "
                    + "Lattices of springs are chaotic in the plane and in space: any error grows until the positions have nothing to do "
                    + "with each other, also that of the time step, which is why the last column is there. The energy stays. Harmonic "
                    + "springs are in the model's trend, so that only rounding is left to grow."
                ]
        }

    let experiment: Experiment =
        {
            Name = "rollout"
            Title = "Long runs beside the truth"
            Run = fun isQuick -> run (if isQuick then quick else full)
        }
