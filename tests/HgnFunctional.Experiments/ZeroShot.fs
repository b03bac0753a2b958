namespace HgnFunctional.Experiments

open HgnFunctional
open HgnFunctional.Bodies
open HgnFunctional.Features
open HgnFunctional.Models
open HgnFunctional.Learning
open HgnFunctional.Systems
open HgnFunctional.Integrators
open HgnFunctional.Metrics

/// Models of a few bodies on structures that they never saw: larger, of other dimension, of other degrees.
[<RequireQualifiedAccess>]
module ZeroShot =

    type Settings =
        {
            /// Of the few bodies.
            Training: Motion
            /// Trajectories of the few bodies.
            Trajectories: int
            /// Of the structures that were not seen: its frames give force errors, its end the position error.
            Test: Motion
            /// Sizes of chains, sides of cubes, sides of squares.
            Chains: int list
            Cubes: int list
            Squares: int list
            /// Bodies of random graphs.
            RandomBodies: int
            /// Steps of the long runs on the largest structures.
            LongSteps: int
        }

    let full: Settings =
        {
            Training = { Displacement = 0.3; Speed = 0.3; TimeStep = 0.01; Stride = 10; Frames = 100 }
            Trajectories = 10
            Test = { Displacement = 0.15; Speed = 0.15; TimeStep = 0.01; Stride = 100; Frames = 11 }
            Chains = [ 16; 64; 256; 1024; 4096 ]
            Cubes = [ 4; 8; 16 ]
            Squares = [ 10; 30; 100 ]
            RandomBodies = 400
            LongSteps = 10_000
        }

    let quick: Settings =
        { full with
            Trajectories = 4
            Test = { full.Test with Stride = 20 }
            Chains = [ 64; 256 ]
            Cubes = [ 4 ]
            Squares = [ 10 ]
            RandomBodies = 100
            LongSteps = 500
        }

    /// One row: the few bodies, the structure that was not seen, and what the paper says of it.
    [<NoEquality; NoComparison>]
    type private Case = { Few: int list; Unseen: Lattice; Paper: string; IsLong: bool }

    let private cases (settings: Settings) : Case list =
        let case few paper isLong unseen = { Few = few; Unseen = unseen; Paper = paper; IsLong = isLong }
        let largest sizes size = size = List.last sizes

        [
            for n in settings.Chains do
                Topology.grid [ n ] |> case [ 8 ] "works" (largest settings.Chains n)
            for n in settings.Cubes do
                Topology.grid [ n; n; n ] |> case [ 2; 2; 2 ] "works" (largest settings.Cubes n)
            for n in settings.Squares do
                Topology.grid [ n; n ] |> case [ 3; 3 ] "works" (largest settings.Squares n)
            for n in settings.Squares do
                Topology.grid [ n; n ] |> case [ 2; 2 ] "fails" (largest settings.Squares n)
            Topology.grid [ List.head settings.Squares; List.head settings.Squares ] |> case [ 8 ] "fails" false
            Topology.grid [ 4; 4; 4 ] |> case [ 8 ] "fails" false
            RandomGraph.spaced settings.RandomBodies 0.7 1.3 1 |> case [ 3; 3 ] "not tried" false
            Topology.randomGeometric settings.RandomBodies 2 1.5 1 |> case [ 3; 3 ] "not tried" false
        ]

    /// What is measured of one case.
    [<NoComparison>]
    type private Measured =
        {
            Evaluation: Evaluation
            InRange: float
            PositionError: float
            /// Of the model and of the truth, by the same integrator.
            Long: (Conservation * Conservation) option
        }

    let private long (settings: Settings) (structure: Structure) (start: PhaseState) (hamiltonian: ISeparableHamiltonian) : Conservation =
        let observer = Conservation.observer structure hamiltonian
        Trajectory.observe observer (Lab.verlet hamiltonian) settings.Test.TimeStep settings.LongSteps 10 start |> Lab.expect

    let private measure (settings: Settings) (potential: PairPotential) (withLong: bool) (model: TrainedModel) (case: Case) : Measured =
        Lab.progress $"{potential.Name}, {case.Few} to {case.Unseen.Name}"
        let motion = settings.Test
        let system = Lab.bonded potential case.Unseen
        let learned = Lab.bind system.Structure model
        let truth = Lab.states motion 77 system case.Unseen.Sites

        let last =
            Trajectory.record (Lab.verlet learned) motion.TimeStep ((motion.Frames - 1) * motion.Stride) motion.Stride truth[0]
            |> Lab.expect
            |> Array.last

        let snapshots = truth |> Array.map (Lab.snapshot system)
        let there = (Array.last truth).Positions

        {
            Evaluation = Lab.evaluate model snapshots
            InRange = Lab.forceErrorInRange model snapshots
            PositionError = Lab.distance last.Positions there / Lab.distance truth[0].Positions there
            Long =
                if withLong && case.IsLong then
                    let run = long settings system.Structure truth[0]
                    Some(run learned, run system)
                else
                    None
        }

    let private nameOf (sizes: int list) : string =
        match sizes with
        | [ n ] -> $"chain {n}"
        | sizes -> sizes |> List.map string |> String.concat "x"

    let private degreesOf (graph: Graph) : string =
        let degrees = Graph.degrees graph
        $"{Array.min degrees} to {Array.max degrees}"

    let private describe (case: Case) : Value list =
        let few = Topology.grid case.Few

        [
            Text $"{nameOf case.Few}"
            Text(case.Unseen.Name.Replace("grid ", (if case.Unseen.Dimension = 1 then "chain " else "")))
            Value.count case.Unseen.Graph.Bodies
            Text(degreesOf few.Graph)
            Text(degreesOf case.Unseen.Graph)
        ]

    let private described = [ "learned from"; "used on"; "bodies"; "degrees in training"; "degrees" ]

    let private row (case: Case, measured: Measured) : Value list =
        describe case
        @ [
            Number measured.Evaluation.OutOfRangeFraction
            Number measured.InRange
            Number measured.Evaluation.RelativeForceError
            Number measured.PositionError
            Text case.Paper
        ]

    let private longRow (settings: Settings) (case: Case, measured: Measured) : Value list option =
        measured.Long
        |> Option.map (fun (learned, truth) ->
            let rise (run: Conservation) = run.EnergyDriftSlope * settings.Test.TimeStep * float settings.LongSteps

            List.take 3 (describe case)
            @ [
                Value.count settings.LongSteps
                Number learned.EnergyDriftMax
                Number(rise learned)
                Number truth.EnergyDriftMax
                Number(rise truth)
                Number(learned.MomentumDrift |> Option.defaultValue nan)
            ])

    let private results (settings: Settings) (potential: PairPotential) (withLong: bool) : (Case * Measured) list =
        let trained (few: int list) =
            let lattice = Topology.grid few
            let system = Lab.bonded potential lattice
            Lab.train TrainingConfig.defaults (Lab.snapshots settings.Training [ 1 .. settings.Trajectories ] system lattice.Sites)

        let models = [ [ 8 ]; [ 2; 2; 2 ]; [ 3; 3 ]; [ 2; 2 ] ] |> List.map (fun few -> few, trained few) |> Map.ofList

        cases settings
        |> Array.ofList
        |> Array.Parallel.map (fun case -> case, measure settings potential withLong models[case.Few] case)
        |> List.ofArray

    let private errors (name: string) (title: string) (results: (Case * Measured) list) : Table =
        let columns = [ "out of range"; "force error in range"; "force error"; "position error"; "the paper" ]
        { Name = name; Title = title; Columns = described @ columns; Rows = List.map row results }

    let run (settings: Settings) : Findings =
        let springs = results settings (PairPotential.harmonic 1.0 1.0) true
        let morse = results settings (PairPotential.morse 1.0 1.0 1.0) false
        let time = settings.Test.TimeStep * float (settings.Test.Stride * (settings.Test.Frames - 1))

        {
            Settings =
                [
                    for name, value in Lab.describe settings.Training do
                        $"training {name}", value
                    "training trajectories", Value.count settings.Trajectories
                    for name, value in Lab.describe settings.Test do
                        $"test {name}", value
                    "test trajectories", Value.count 1
                    "simulated time until the position error", Number time
                    "constants", Text "unit masses; k = 1, length 1; Morse depth 1, steepness 1"
                ]
            Tables =
                [
                    errors "springs" "Harmonic springs" springs
                    {
                        Name = "long-runs"
                        Title =
                            "Long runs with harmonic springs: energy over the energy of the motion at the start, at most and as the rise of a straight line "
                            + "over the whole run, of the model and of the truth with the same integrator and step"
                        Columns =
                            List.take 3 described
                            @ [ "steps"; "largest drift"; "rise"; "largest drift of the truth"; "rise of the truth"; "momentum drift" ]
                        Rows = springs |> List.choose (longRow settings)
                    }
                    errors "morse" "Morse bonds, which the model's trend does not carry" morse
                ]
            Charts = []
            Remarks =
                [
                    "Force errors are relative, over all frames; those in range count only bodies all of whose bonds have lengths that "
                    + "were seen in training. The position error is the distance between the positions of model and truth at the end, over "
                    + "the distance that the truth went. Out of range is the fraction of bonds and of kinetic energies beyond those seen."
                    "Chains lie on a line, squares in the plane, cubes in space. A model of distances and kinetic energies does not know "
                    + "how many bonds a body has or how many dimensions there are; so what the paper reports as failing (2x2 to 100x100, "
                    + "chain to lattice) works here, and larger structures are no harder than small ones. The spaced random graph joins "
                    + "bodies at random places at least 0.7 apart; the other one has bonds as short as they come, far from what was seen."
                    "Springs are exact out of range too, because their law is in the model's trend. Morse bonds are not: where many bonds "
                    + "are far shorter than any in training, as in the last row, the model is wrong, and its user must look at the "
                    + "fraction out of range. Which rows fail for the paper's model is known to us, figures of its errors are not."
                ]
        }

    let experiment: Experiment =
        {
            Name = "zero-shot"
            Title = "Structures never seen"
            Run = fun isQuick -> run (if isQuick then quick else full)
        }
