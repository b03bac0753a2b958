namespace HgnFunctional.Experiments

open HgnFunctional
open HgnFunctional.Bodies
open HgnFunctional.Features
open HgnFunctional.Models
open HgnFunctional.Learning
open HgnFunctional.Systems

/// Our solve beside fifteen ways of gradient descent that PyTorch has, on the same snapshots of a lattice of springs.
[<RequireQualifiedAccess>]
module Optimizers =

    [<NoEquality; NoComparison>]
    type Settings =
        {
            /// Bodies along a side of the cube.
            Side: int
            Motion: Motion
            Training: int list
            Validation: int list
            Test: int list
            /// Seeds of our model.
            Seeds: int list
            /// Ours, first the one that the others are compared with.
            Models: Contenders.Model list
            /// Processor time of the trial of one learning rate; none are tried where it is 0.
            SearchSeconds: float
            /// Processor time of the training.
            Seconds: float
            Entries: Contenders.Entry list
            /// Optimizers that also see the coordinates in a local frame, as the paper's networks do.
            Framed: string list
        }

    let full: Settings =
        {
            Side = 2
            Motion = { Displacement = 0.3; Speed = 0.3; TimeStep = 0.01; Stride = 10; Frames = 100 }
            Training = [ 101..110 ]
            Validation = [ 201; 202 ]
            Test = [ 301..304 ]
            Seeds = [ 1..5 ]
            Models = Contenders.defaults 40 @ Contenders.networks
            SearchSeconds = 2.0
            Seconds = 45.0
            Entries = Contenders.all
            Framed = [ "LBFGS"; "Adam" ]
        }

    let quick: Settings =
        { full with
            Models = Contenders.defaults 5
            SearchSeconds = 0.0
            Seconds = 2.0
            Entries = Contenders.all |> List.filter (fun entry -> List.contains entry.Name [ "LBFGS"; "Adam"; "SGD" ])
            Framed = []
        }

    let private data (settings: Settings) : GradientDescent.Data =
        let lattice = Topology.grid (List.replicate 3 settings.Side)
        let system = Lab.bonded (PairPotential.harmonic 1.0 1.0) lattice
        let snapshots seeds = Lab.snapshots settings.Motion seeds system lattice.Sites

        {
            Lattice = lattice
            Training = snapshots settings.Training
            Validation = snapshots settings.Validation
            Test = snapshots settings.Test
        }

    let private orBlank (value: float option) : Value = value |> Option.map Number |> Option.defaultValue (Text "")

    let private columns: string list =
        [
            "method"
            "inputs"
            "learning rate, found in seconds"
            "processor seconds to the best checkpoint"
            "test MSE after those seconds"
            "seconds over those of our default"
            "the paper's seconds"
            "the paper's test MSE"
        ]

    let private ourRow (reference: Contenders.Ours) (model: Contenders.Model, ours: Contenders.Ours) : Value list =
        let paper = model.Sampler.Name = Sampler.swim.Name && model.Inputs.StartsWith "frame"

        [
            Text $"ours, {model.Sampler.Name}"
            Text model.Inputs
            Text "none"
            Number ours.ProcessorSeconds
            Number(List.average ours.Errors)
            Number(ours.ProcessorSeconds / reference.ProcessorSeconds)
            orBlank (if paper then Some 0.16 else None)
            orBlank (if paper then Some 8.95e-5 else None)
        ]

    let private row (settings: Settings) (reference: Contenders.Ours) (run: Descent, result: Descended) : Value list =
        let paper = settings.Entries |> List.find (fun entry -> entry.Name = run.Optimizer) |> _.Paper

        [
            Text run.Optimizer
            Text run.Inputs
            Number run.Rate
            Number result.SecondsToBest
            Number result.TestError
            Number(result.SecondsToBest / reference.ProcessorSeconds)
            orBlank (paper |> Option.map snd)
            orBlank (paper |> Option.map fst)
        ]

    let private spread (ours: (Contenders.Model * Contenders.Ours) list) : Table =
        {
            Name = "ours"
            Title = "Our model over the seeds; seconds of one fit, from snapshots to model, after warm-up"
            Columns =
                [
                    "inputs"
                    "sampler"
                    "test MSE, mean"
                    "least"
                    "largest"
                    "seconds, wall clock, least"
                    "processor seconds of all threads, mean"
                ]
            Rows =
                [
                    for model, ours in ours ->
                        [
                            Text model.Inputs
                            Text model.Sampler.Name
                            Number(List.average ours.Errors)
                            Number(List.min ours.Errors)
                            Number(List.max ours.Errors)
                            Number ours.Seconds
                            Number ours.ProcessorSeconds
                        ]
                ]
        }

    let private marks: float list = [ 0.3; 1.0; 3.0; 10.0; 30.0; 100.0; 300.0 ]

    let private progress (settings: Settings) (results: (Descent * Descended) list) : Table =
        let marks = marks |> List.filter (fun mark -> mark <= settings.Seconds)

        {
            Name = "progress"
            Title = "Test MSE of the best checkpoint so far"
            Columns = "method" :: "inputs" :: (marks |> List.map (fun mark -> $"within {Value.toSetting (Number mark)} seconds"))
            Rows =
                [
                    for run, result in results ->
                        Text run.Optimizer :: Text run.Inputs :: (marks |> List.map (fun mark -> Number(result.Within mark)))
                ]
        }

    /// Where the lines of the chart start: before, a network has not learned anything.
    let private firstSeconds: float = 0.05

    /// Those that the paper has, and those with other inputs: more lines could not be told apart.
    let private chart (settings: Settings) (ours: (Contenders.Model * Contenders.Ours) list) (results: (Descent * Descended) list) : Chart =
        let isKnown (run: Descent, _) = settings.Entries |> List.exists (fun entry -> entry.Name = run.Optimizer && entry.Paper.IsSome)

        {
            Name = "progress"
            Title = "Training on a lattice of springs"
            X = "processor time, s"
            Y = "test MSE of the best checkpoint"
            Series =
                [
                    for model, ours in ours ->
                        $"ours, {model.Inputs}, {model.Sampler.Name}", [ ours.ProcessorSeconds, List.average ours.Errors ]
                    for run, result in List.filter isKnown results ->
                        $"{run.Optimizer}, {run.Inputs}", result.Curve |> List.filter (fun (seconds, _) -> seconds >= firstSeconds)
                ]
        }

    let private missing: string =
        "There are no rows of gradient descent: no `python3` on the path of this run could import torch and numpy."

    let private slow: string =
        "PyTorch had no fast library for matrix products in this run (on Debian, libopenblas0-pthread): its times are too long."

    let private remarks: string list =
        [
            "The network of the other rows has the architecture of the paper's: dense layers over bodies, over edges, and over "
            + "messages (one round), softplus, sums over bodies and messages. Trained weights see the same invariants as ours, "
            + "kinetic energies and distances, or coordinates in a local frame; the loss is the mean square error of q' and p', "
            + "by automatic differentiation twice. All clocks are processor time, which other programs on the machine do not "
            + "stretch; PyTorch has one thread, and ours counts all its threads. Evaluations do not count."
            "Our rows with messages are such networks too, with sampled weights and one solve for the readout: 64 units over bodies and over "
            + "edges, 64 messages of invariants or 256 of coordinates, and sums over all three."
            "The optimizers had advantages: learning rates from a search (with invariants) that does not count, a rate that "
            + "falls by half a cosine over the time there is (but for L-BFGS and Rprop), the best checkpoint by "
            + "validation, and for L-BFGS, which PyTorch stops at thresholds that do not depend on the loss, the strong "
            + "Wolfe search on a loss times a million over fewer snapshots. "
            + "They had little time beside that of a real training: their errors would fall further, so the ratio says how much "
            + "longer they take to errors that are still far larger than ours. How far each gets depends on the machine, so unlike "
            + "other figures on this page theirs repeat only roughly."
            "Springs are quadratic in the distance, which our model's trend carries exactly, so this comparison favours ours; the "
            + "section on laws of bonds has laws that are not. The paper's rows are from its own data and machine."
        ]

    let private describe (settings: Settings) (network: Network option) : (string * Value) list =
        [
            "bodies", Value.count (pown settings.Side 3)
            yield! Lab.describe settings.Motion
            "training trajectories", Value.count settings.Training.Length
            "validation trajectories", Value.count settings.Validation.Length
            "test trajectories", Value.count settings.Test.Length
            "our seeds", Value.count settings.Seeds.Length
            "our width", Value.count TrainingConfig.defaults.Width
            match network with
            | None -> ()
            | Some network ->
                "seconds for each optimizer", Number settings.Seconds
                "seconds for each learning rate tried", Number settings.SearchSeconds
                "width of the network", Count network.Width
                "its parameters", Count network.Parameters
                "PyTorch", Text network.Version
                "its matrix products by", Text network.Blas
        ]

    let run (settings: Settings) : Findings =
        let data = data settings

        let ours = settings.Models |> List.map (fun model -> model, Contenders.ours settings.Seeds data model)

        let reference = snd ours.Head

        let network, results =
            match Python.tryFind [ "torch"; "numpy" ] with
            | None -> None, []
            | Some python ->
                let rates = Contenders.search settings.SearchSeconds python data settings.Entries
                let framed = rates |> List.filter (fun (name, _) -> List.contains name settings.Framed)
                let runs inputs = List.map (fun (name, rate) -> Contenders.descent inputs settings.Seconds name rate)
                let runs = runs "invariant" rates @ runs "frame" framed
                eprintfn "training"
                let network, results = GradientDescent.run python data runs
                Some network, List.zip runs results

        let training =
            {
                Name = "training"
                Title = "Training on the same snapshots"
                Columns = columns
                Rows = (ours |> List.map (ourRow reference)) @ (results |> List.map (row settings reference))
            }

        {
            Settings = describe settings network
            Tables = [ spread ours; training ] @ (if results.IsEmpty then [] else [ progress settings results ])
            Charts = if results.IsEmpty then [] else [ chart settings ours results ]
            Remarks =
                match network with
                | None -> [ missing ]
                | Some network when network.Blas = "the reference implementation" -> slow :: remarks
                | Some _ -> remarks
        }

    let experiment: Experiment =
        {
            Name = "optimizers"
            Title = "Gradient descent"
            Run = fun isQuick -> run (if isQuick then quick else full)
        }
