namespace HgnFunctional.Experiments

open System.Diagnostics
open HgnFunctional
open HgnFunctional.Features
open HgnFunctional.Blocks
open HgnFunctional.Models
open HgnFunctional.Learning

/// Who takes part: our model, and PyTorch's optimizers, each with what is known to help it.
[<RequireQualifiedAccess>]
module Contenders =

    /// Our test errors over the seeds, wall-clock seconds of a fit (the least of several), and processor seconds (the mean).
    type Ours = { Errors: float list; Seconds: float; ProcessorSeconds: float }

    /// A model of ours.
    [<NoEquality; NoComparison>]
    type Model =
        {
            /// What it sees, and how.
            Inputs: string
            Recipes: BlockRecipe list
            /// Hidden units of each block, or messages.
            Width: int
            Sampler: Sampler
            /// Fits over which its time is measured.
            Repeats: int
        }

    let private model inputs recipes width repeats sampler =
        { Inputs = inputs; Recipes = recipes; Width = width; Sampler = sampler; Repeats = repeats }

    let private samplers = [ Sampler.elm; Sampler.swim ]

    /// Our default, with some repeats.
    let defaults (repeats: int) : Model list =
        samplers |> List.map (model "invariant" Blocks.defaults TrainingConfig.defaults.Width repeats)

    /// Networks of messages, as the optimizers train them: on invariants, and on coordinates in the local frame.
    let networks: Model list =
        let pooled inputs = [ MessageBlock.recipe { MessageBlock.options inputs with PoolsEveryStage = true } ]

        [
            yield! samplers |> List.map (model "invariant, messages" (pooled GraphInputs.invariant) 64 2)
            yield! samplers |> List.map (model "frame, messages" (pooled GraphInputs.localFrame) 256 1)
        ]

    /// Our model's fits: one for each seed, then some to measure the time.
    let ours (seeds: int list) (data: GradientDescent.Data) (model: Model) : Ours =
        Lab.progress $"ours, {model.Inputs}, {model.Sampler.Name}"

        let config seed =
            { TrainingConfig.defaults with
                Recipes = model.Recipes
                Width = model.Width
                Sampler = model.Sampler
                Seed = seed
            }

        let fit () = Lab.train (config 1) data.Training

        let errors =
            seeds |> List.map (fun seed -> (Lab.evaluate (Lab.train (config seed) data.Training) data.Test).MeanSquareError)

        let before = Process.GetCurrentProcess().TotalProcessorTime

        let times =
            List.init model.Repeats (fun _ ->
                let clock = Stopwatch.StartNew()
                fit () |> ignore
                clock.Elapsed.TotalSeconds)

        let processor = Process.GetCurrentProcess().TotalProcessorTime - before

        {
            Errors = errors
            Seconds = List.min times
            ProcessorSeconds = processor.TotalSeconds / float model.Repeats
        }

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

    let private entry name rates = { Name = name; Rates = rates; Paper = None }

    /// All optimizers.
    let all: Entry list =
        [
            { entry "LBFGS" [ 1.0 ] with Paper = Some(3.56e-5, 23.85) }
            { entry "Adam" [ 3e-3; 1e-3 ] with Paper = Some(2.90e-3, 91.64) }
            { entry "AdamW" [ 3e-3; 1e-3 ] with Paper = Some(2.91e-3, 92.15) }
            entry "AMSGrad" [ 3e-3; 1e-3 ]
            entry "RAdam" [ 3e-3; 1e-3 ]
            entry "NAdam" [ 1e-3; 3e-3 ]
            entry "Adamax" [ 3e-3; 1e-2 ]
            entry "RMSprop" [ 3e-4; 1e-4 ]
            entry "Adagrad" [ 1e-2; 3e-3 ]
            entry "Adadelta" [ 1.0; 0.3 ]
            entry "Rprop" [ 1e-3; 1e-4 ]
            { entry "SGD" [ 1e-2; 2e-2 ] with Paper = Some(2.36e-2, 91.75) }
            entry "momentum" [ 1e-3; 3e-3 ]
            entry "Nesterov" [ 1e-3; 3e-3 ]
            entry "ASGD" [ 1e-2; 2e-2 ]
        ]

    /// A training by an optimizer.
    let descent (inputs: string) (seconds: float) (name: string) (rate: float) : Descent =
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

    /// The learning rate of each entry that does best, on the validation data, in a training of some seconds; the first of
    /// each where there are none.
    let search (seconds: float) (python: string) (data: GradientDescent.Data) (entries: Entry list) : (string * float) list =
        let candidates =
            [
                for entry in entries do
                    for rate in entry.Rates -> entry.Name, rate
            ]

        let contested = candidates |> List.filter (fun (name, _) -> candidates |> List.filter (fst >> (=) name) |> List.length > 1)

        if seconds = 0.0 then
            entries |> List.map (fun entry -> entry.Name, entry.Rates.Head)
        else
            eprintfn "learning rates"

            let _, results =
                contested |> List.map (fun (name, rate) -> descent "invariant" seconds name rate) |> GradientDescent.run python data

            let found = List.zip contested results |> List.groupBy (fst >> fst)

            entries
            |> List.map (fun entry ->
                match found |> List.tryFind (fst >> (=) entry.Name) with
                | Some(_, trials) -> trials |> List.minBy (fun (_, result) -> result.ValidationError) |> fst
                | None -> entry.Name, entry.Rates.Head)
