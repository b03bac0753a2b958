module HgnFunctional.Tests.Learning.SameDataTests

open Expecto
open FsCheck.FSharp
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Features
open HgnFunctional.Models
open HgnFunctional.Learning
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Generators
open HgnFunctional.Tests.Support.Laws
open HgnFunctional.Tests.Support.Chains

/// Frames whose 150 bodies and 120 pairs all stay in the pools that samplers see, which hold 1024 points.
let private few: Frame list = frames morse 30

/// Frames with 1500 bodies and 1200 pairs: more than pools hold.
let private many: Frame list = frames morse 300

/// A chain that no model has seen.
let private unseen: Scene = chain 7 9960

/// Every sampler with every activation, and its models of the frames as they are.
let private trained (data: Frame list) : (string * (Sampler * TrainingConfig * Lazy<TrainedModel>)) list =
    [
        for sampler in Sampler.all do
            for activation in Activation.all do
                let config = { Chains.config with Sampler = sampler; Activation = activation }
                $"{sampler.Name}, {activation.Name}", (sampler, config, lazy fit config data)
    ]

let private modelsOfFew = trained few
let private modelsOfMany = trained many

/// Predictions on the unseen chain after a word are those before it, moved, if the model learned from frames seen as `change`
/// leaves them.
let private moveWith
    (tolerance: Sampler -> TrainedModel list -> float)
    models
    (word: Word)
    (change: Frame list -> Frame list)
    (data: Frame list)
    : Verdict =
    let changed = change data

    firstFault models (fun (sampler: Sampler, config, model: Lazy<TrainedModel>) ->
        let ofQ, ofP = predict model.Value unseen
        let other = fit config changed
        let movedQ, movedP = predict other (Word.apply word unseen)
        let turn = Word.vectors unseen.Dimension word
        let tolerance = tolerance sampler [ model.Value; other ]

        close "dH/dq" tolerance (turn ofQ) movedQ |> orElse (fun () -> close "dH/dp" tolerance (turn ofP) movedP))

let private move (word: Word) : Frame list -> Frame list = List.map (Word.applyFrame word)

let private reorder (seed: uint16) (data: Frame list) : Frame list =
    let shuffled = Array.ofList data
    (Rng.stream (int seed) "frames").Shuffle shuffled
    List.ofArray shuffled

let private isSwap (move: Move) : bool =
    match move with
    | Swap _ -> true
    | _ -> false

let private swapsOf (Word moves: Word) : Word = Word(List.filter isSwap moves)

let private toRounding (_: Sampler) (models: TrainedModel list) : float =
    let readouts = models |> List.collect _.Terms |> List.map (fun term -> term.Readout |> Array.map abs |> Array.max)
    Tolerance.sameData * List.max readouts

/// ELM looks at ranges alone. SWIM looks at points, and a rounding error decides which a full pool keeps: another fit.
let private toErrorOfFit (sampler: Sampler) (models: TrainedModel list) : float =
    let worst (model: TrainedModel) = model.Diagnostics |> List.map _.RelativeError |> List.max

    if sampler.Name = Sampler.elm.Name then
        toRounding sampler models
    else
        toRounding sampler models + Tolerance.reportedErrors * List.sumBy worst models

[<Tests>]
let tests =
    testList
        "Same data"
        [
            prop 3 "the order of frames does not matter" (fun (seed: uint16) ->
                moveWith toRounding modelsOfFew (Word []) (reorder seed) few |> judge)

            prop 3 "predictions move with the data: swaps, turns, reflections and shifts" (fun (word: Word) ->
                moveWith toRounding modelsOfFew word (move word) few |> judge)

            prop 2 "the order of frames does not matter to a full pool" (fun (seed: uint16) ->
                moveWith toRounding modelsOfMany (Word []) (reorder seed) many |> judge)

            prop 2 "the numbering of bodies does not matter to a full pool" (fun (word: Word) ->
                let word = swapsOf word
                moveWith toRounding modelsOfMany word (move word) many |> judge)

            prop 2 "with a full pool, predictions of SWIM move with the data as far as the fit is good" (fun (word: Word) ->
                moveWith toErrorOfFit modelsOfMany word (move word) many |> judge)
        ]
