namespace HgnFunctional.Experiments

open System.Diagnostics
open HgnFunctional

/// Our solve beside fifteen ways of gradient descent that PyTorch has, on the same snapshots of a lattice of springs.
[<RequireQualifiedAccess>]
module Optimizers =

    /// An optimizer with what is known of it.
    [<NoEquality; NoComparison>]
    type Entry =
        {
            Name: string
            /// Learning rates to choose from, the likeliest first.
            Rates: float list
            /// Test error and training time in the paper, where it says.
            Paper: (float * float) option
        }

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
            /// Fits over which our time is measured.
            Repeats: int
            /// Processor time of the trial of one learning rate; none are tried where it is 0.
            SearchSeconds: float
            /// Processor time of the training.
            Seconds: float
            Entries: Entry list
            /// Optimizers that also see the coordinates in a local frame, as the paper's networks do.
            Framed: string list
        }

    let private entry name rates = { Name = name; Rates = rates; Paper = None }

    let private entries: Entry list =
        [
            { entry "LBFGS" [ 1.0 ] with Paper = Some(3.56e-5, 23.85) }
            { entry "Adam" [ 3e-3; 1e-3; 1e-2 ] with Paper = Some(2.90e-3, 91.64) }
            { entry "AdamW" [ 3e-3; 1e-3; 1e-2 ] with Paper = Some(2.91e-3, 92.15) }
            entry "AMSGrad" [ 3e-3; 1e-3; 1e-2 ]
            entry "RAdam" [ 3e-3; 1e-2 ]
            entry "NAdam" [ 3e-3; 1e-3 ]
            entry "Adamax" [ 1e-2; 3e-3 ]
            entry "RMSprop" [ 1e-3; 3e-4 ]
            entry "Adagrad" [ 3e-2; 1e-2; 1e-1 ]
            entry "Adadelta" [ 3.0; 1.0 ]
            entry "Rprop" [ 1e-3; 1e-2 ]
            { entry "SGD" [ 3e-2; 1e-2; 1e-1 ] with Paper = Some(2.36e-2, 91.75) }
            entry "momentum" [ 1e-2; 3e-3; 3e-2 ]
            entry "Nesterov" [ 1e-2; 3e-3; 3e-2 ]
            entry "ASGD" [ 3e-2; 1e-1 ]
        ]

    let full: Settings =
        {
            Side = 2
            Motion = { Displacement = 0.3; Speed = 0.3; TimeStep = 0.01; Stride = 10; Frames = 100 }
            Training = [ 101..110 ]
            Validation = [ 201..205 ]
            Test = [ 301..310 ]
            Seeds = [ 1..5 ]
            Repeats = 20
            SearchSeconds = 3.0
            Seconds = 30.0
            Entries = entries
            Framed = [ "LBFGS"; "Adam" ]
        }

    let quick: Settings =
        { full with
            Repeats = 5
            SearchSeconds = 0.0
            Seconds = 2.0
            Entries = entries |> List.filter (fun entry -> List.contains entry.Name [ "LBFGS"; "Adam"; "SGD" ])
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

    /// Our test errors over the seeds, wall-clock seconds of a fit (the least of several), and processor seconds (the mean).
    type private Ours = { Errors: float list; Seconds: float; ProcessorSeconds: float }

    let private fitOurs (settings: Settings) (data: GradientDescent.Data) (sampler: Sampler) : Ours =
        let config seed = { TrainingConfig.defaults with Sampler = sampler; Seed = seed }
        let fit () = Lab.train (config 1) data.Training
        let errors = settings.Seeds |> List.map (fun seed -> (Lab.evaluate (Lab.train (config seed) data.Training) data.Test).MeanSquareError)
        let before = Process.GetCurrentProcess().TotalProcessorTime

        let times =
            List.init settings.Repeats (fun _ ->
                let clock = Stopwatch.StartNew()
                fit () |> ignore
                clock.Elapsed.TotalSeconds)

        let processor = Process.GetCurrentProcess().TotalProcessorTime - before
        { Errors = errors; Seconds = List.min times; ProcessorSeconds = processor.TotalSeconds / float settings.Repeats }

    let private descent (inputs: string) (seconds: float) (name: string) (rate: float) : Descent =
        // L-BFGS and Rprop need the same loss at each step, so they see all their snapshots at once, and fewer of them.
        let whole = name = "LBFGS" || name = "Rprop"

        {
            Optimizer = name
            Inputs = inputs
            Rate = rate
            Decay = not whole
            Batch = if whole then 200 else 50
            Snapshots = if whole then 200 else 1000
            // PyTorch's L-BFGS gives up at thresholds that do not depend on the loss.
            Scale = if name = "LBFGS" then 1e6 else 1.0
            Seconds = seconds
            Seed = 1
        }

    /// The learning rate of each entry that does best, on the validation data, in a short training.
    let private search (settings: Settings) (python: string) (data: GradientDescent.Data) : (string * float) list =
        let candidates = [ for entry in settings.Entries do for rate in entry.Rates -> entry.Name, rate ]
        let contested = candidates |> List.filter (fun (name, _) -> candidates |> List.filter (fst >> (=) name) |> List.length > 1)

        if settings.SearchSeconds = 0.0 then
            settings.Entries |> List.map (fun entry -> entry.Name, entry.Rates.Head)
        else
            eprintfn "learning rates"
            let _, results = contested |> List.map (fun (name, rate) -> descent "invariant" settings.SearchSeconds name rate) |> GradientDescent.run python data
            let found = List.zip contested results |> List.groupBy (fst >> fst)

            settings.Entries
            |> List.map (fun entry ->
                match found |> List.tryFind (fst >> (=) entry.Name) with
                | Some(_, trials) -> trials |> List.minBy (fun (_, result) -> result.ValidationError) |> fst
                | None -> entry.Name, entry.Rates.Head)

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

    let private ourRow (reference: Ours) (sampler: Sampler, ours: Ours) : Value list =
        let paper = sampler.Name = Sampler.swim.Name

        [
            Text $"ours, {sampler.Name}"
            Text "invariant"
            Text "none"
            Number ours.ProcessorSeconds
            Number(List.average ours.Errors)
            Number(ours.ProcessorSeconds / reference.ProcessorSeconds)
            orBlank (if paper then Some 0.16 else None)
            orBlank (if paper then Some 8.95e-5 else None)
        ]

    let private row (settings: Settings) (reference: Ours) (run: Descent, result: Descended) : Value list =
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

    let private spread (ours: (Sampler * Ours) list) : Table =
        {
            Name = "ours"
            Title = "Our model over the seeds; seconds of one fit, from snapshots to model, after warm-up"
            Columns = [ "sampler"; "test MSE, mean"; "least"; "largest"; "seconds, wall clock, least"; "processor seconds of all threads, mean" ]
            Rows =
                [
                    for sampler, ours in ours ->
                        [
                            Text sampler.Name
                            Number(List.average ours.Errors)
                            Number(List.min ours.Errors)
                            Number(List.max ours.Errors)
                            Number ours.Seconds
                            Number ours.ProcessorSeconds
                        ]
                ]
        }

    /// Marks of the time at which the table of progress looks.
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

    let private chart (ours: (Sampler * Ours) list) (results: (Descent * Descended) list) : Chart =
        let name (run: Descent) = if run.Inputs = "invariant" then run.Optimizer else $"{run.Optimizer}, {run.Inputs}"

        {
            Name = "progress"
            Title = "Training on a lattice of springs"
            X = "processor time, s"
            Y = "test MSE of the best checkpoint"
            Series =
                [
                    for sampler, ours in ours -> $"ours, {sampler.Name}", [ ours.ProcessorSeconds, List.average ours.Errors ]
                    for run, result in results -> name run, result.Curve
                ]
        }

    let private missing: string =
        "The rows of gradient descent are left out: no `python3` on the path of this run could import torch and numpy."

    let private remarks: string list =
        [
            "The network of the other rows has the architecture of the paper's: dense layers over bodies, over edges, and over "
            + "messages (one round), softplus, sums over bodies and messages. Trained weights see the same invariants as ours, "
            + "kinetic energies and distances, or coordinates in a local frame; the loss is the mean square error of q' and p', "
            + "by automatic differentiation twice. All clocks are processor time, which other programs on the machine do not "
            + "stretch; PyTorch has one thread, and ours counts all its threads. Evaluations do not count."
            "The optimizers had advantages: learning rates from a search on the validation data that does not count, a rate that "
            + "falls by half a cosine over the time there is, the best checkpoint by validation, and for L-BFGS, which PyTorch stops "
            + "at thresholds that do not depend on the loss, the strong Wolfe search on a loss times a million over fewer snapshots. "
            + "They had little time beside that of a real training: their errors would fall further, so the ratio says how much "
            + "longer they take to errors that are still far larger than ours."
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
        let ours = [ Sampler.elm; Sampler.swim ] |> List.map (fun sampler -> sampler, fitOurs settings data sampler)
        let reference = snd ours.Head

        let network, results =
            match Python.tryFind [ "torch"; "numpy" ] with
            | None -> None, []
            | Some python ->
                let rates = search settings python data
                let framed = rates |> List.filter (fun (name, _) -> List.contains name settings.Framed)
                let runs inputs = List.map (fun (name, rate) -> descent inputs settings.Seconds name rate)
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
            Charts = if results.IsEmpty then [] else [ chart ours results ]
            Remarks = if results.IsEmpty then [ missing ] else remarks
        }

    let experiment: Experiment =
        {
            Name = "optimizers"
            Title = "Gradient descent"
            Run = fun isQuick -> run (if isQuick then quick else full)
        }
