module HgnFunctional.Tests.Features.SamplerLawTests

open System
open System.Threading.Tasks
open Expecto
open FsCheck.FSharp
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Features
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Laws

let private units = 20

/// Points with an output each.
type private Cloud = (float[] * float)[]

let private cloudOf (dimension: int) (count: int) (random: Random) : Cloud =
    Array.init count (fun _ -> Rng.uniforms dimension -2.0 5.0 random, Rng.normals 1 random |> Array.head)

let private cloud (seed: uint16) : Cloud =
    let random = Rng.stream (int seed) "sampler laws"
    cloudOf (1 + random.Next 3) (3 + random.Next 20) random

/// What a sampler sees of a cloud, through a pool that holds it all.
let private sampleOf (cloud: Cloud) : InputSample =
    let pool = InputPool((fst cloud[0]).Length, 64, 5)

    for point, output in cloud do
        pool.Add(ReadOnlySpan<float> point, output)

    pool.ToSample()

let private draw (seed: int) (sampler: Sampler, activation: Activation) (sample: InputSample) : FeatureMap =
    Sampler.sample sampler activation units (Rng.stream seed "units") sample

let private same (first: FeatureMap) (second: FeatureMap) : Verdict =
    identical "weights" first.Weights second.Weights |> orElse (fun () -> identical "biases" first.Biases second.Biases)

let private pairs: (string * (Sampler * Activation)) list =
    [
        for sampler in Sampler.all do
            for activation in Activation.all -> $"{sampler.Name}, {activation.Name}", (sampler, activation)
    ]

/// A law of samplers, tried with every sampler and activation.
let private everySampler (law: Sampler * Activation -> Verdict) : Verdict = firstFault pairs law

let private isFinite (map: FeatureMap) : Verdict =
    let all = Seq.concat [ map.Weights; map.Biases; map.Centres; map.HalfRanges ]

    if map.Units <> units then
        Some $"{map.Units} units"
    elif Seq.forall Double.IsFinite all && Array.forall ((<) 0.0) map.HalfRanges then
        None
    else
        Some $"weights %A{map.Weights}, biases %A{map.Biases}, half ranges %A{map.HalfRanges}"

let private purity =
    [
        prop 60 "the same seed and inputs give the same bits, whatever was drawn before" (fun (seed: uint16) (other: uint16) ->
            let sample = sampleOf (cloud seed)
            let first = pairs |> List.map (fun (_, case) -> draw (int seed) case sample)

            for _, case in pairs do
                draw (int other) case (sampleOf (cloud other)) |> ignore

            List.zip pairs first
            |> List.tryPick (fun ((name, case), expected) ->
                same expected (draw (int seed) case (sampleOf (cloud seed))) |> Option.map (fun text -> $"{name}: {text}"))
            |> judge)

        prop 20 "and whatever is drawn at the same time" (fun (seed: uint16) ->
            let sample = sampleOf (cloud seed)

            everySampler (fun case ->
                let alone = draw (int seed) case sample
                let together = Array.zeroCreate<FeatureMap> 16
                Parallel.For(0, 16, fun k -> together[k] <- draw (if k % 2 = 0 then int seed else k) case sample) |> ignore

                seq { 0..2..15 } |> Seq.tryPick (fun k -> same alone together[k]))
            |> judge)

        prop 60 "another seed gives other weights" (fun (seed: uint16) ->
            let sample = sampleOf (cloud seed)

            everySampler (fun case ->
                match same (draw (int seed) case sample) (draw (int seed + 1) case sample) with
                | None -> Some "the weights are the same"
                | Some _ -> None)
            |> judge)
    ]

let private inputs =
    [
        prop 60 "the order in which inputs came does not matter" (fun (seed: uint16) ->
            let cloud = cloud seed
            let other = Array.copy cloud
            (Rng.stream (int seed) "order").Shuffle other

            everySampler (fun case -> same (draw 1 case (sampleOf cloud)) (draw 1 case (sampleOf other))) |> judge)

        prop 60 "inputs and outputs in other units give the same units" (fun (seed: uint16) ->
            let cloud = cloud seed
            let powers = Rng.uniforms 4 -6.0 6.0 (Rng.stream (int seed) "units of inputs")

            let seen (factor: float -> float) =
                cloud
                |> Array.map (fun (point, output) ->
                    point |> Array.mapi (fun axis x -> factor powers[axis] * x), factor powers[3] * output)
                |> sampleOf

            everySampler (fun case ->
                let here = draw 1 case (sampleOf cloud)
                let any = draw 1 case (seen (fun power -> 10.0 ** power))

                // Powers of two change no bit of what is normalised.
                same here (draw 1 case (seen (fun power -> 2.0 ** round power)))
                |> orElse (fun () -> close "weights" Tolerance.sampledWeights here.Weights any.Weights)
                |> orElse (fun () -> close "biases" Tolerance.sampledWeights here.Biases any.Biases))
            |> judge)

        prop 100 "weights are finite on few and on equal points" (fun (seed: uint16) ->
            let random = Rng.stream (int seed) "few points"
            let dimension = 1 + random.Next 3
            let count = 1 + random.Next 2
            let cloud = cloudOf dimension count random
            let copies = Array.replicate 5 cloud |> Array.concat
            // One axis holds a constant, which has no range.
            let flat = cloudOf dimension 6 random |> Array.map (fun (point, output) -> Array.updateAt 0 3.0 point, output)
            let still = flat |> Array.map (fun (point, _) -> point, 1.0)

            everySampler (fun case ->
                [ cloud; copies; flat; still ] |> List.tryPick (fun cloud -> isFinite (draw (int seed) case (sampleOf cloud))))
            |> judge
            |> Prop.classify (count = 1) "one point"
            |> Prop.classify (count = 2) "two points")

        prop 100 "points that differ by rounding count once" (fun (seed: uint16) ->
            let random = Rng.stream (int seed) "rounding"
            let cloud = cloudOf 1 3 random

            // A bond at rest has one length, which every orientation rounds in another way.
            let rounded =
                cloud
                |> Array.collect (fun (point, output) ->
                    [| for k in -3.0 .. 3.0 -> point |> Array.map (fun x -> x * (1.0 + 1.1e-16 * k)), output + 0.1 * k |])

            everySampler (fun case ->
                let here, there = draw 1 case (sampleOf cloud), draw 1 case (sampleOf rounded)
                let largest (map: FeatureMap) = map.Weights |> Array.map abs |> Array.max

                // Which of the few pairs is drawn how often may differ, but none can be steeper than the steepest there is.
                let steepest = InputSample.normalised (sampleOf cloud) |> Array.sort |> Array.pairwise |> Array.map (fun (a, b) -> b - a)
                let bound = max (largest here) (1.01 * (snd case).SwimScale / Array.min steepest)

                isFinite there
                |> orElse (fun () ->
                    if largest there <= bound then
                        None
                    else
                        Some $"a weight of {largest there}; expected at most {bound}"))
            |> judge)
    ]

[<Tests>]
let tests = testList "Laws of samplers" [ testList "purity" purity; testList "inputs" inputs ]
