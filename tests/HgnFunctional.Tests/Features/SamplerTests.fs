module HgnFunctional.Tests.Features.SamplerTests

open System
open Expecto
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Features
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Laws

let private inputs (seed: int) (dimension: int) (count: int) : InputSample =
    let random = Rng.stream seed "sampler tests"
    let points = Rng.uniforms (dimension * count) -2.0 5.0 random
    let column axis = points |> Array.indexed |> Array.filter (fun (k, _) -> k % dimension = axis) |> Array.map snd

    {
        Low = Array.init dimension (column >> Array.min)
        High = Array.init dimension (column >> Array.max)
        Points = points
        Outputs = Rng.normals count random
    }

let private draw (sampler: Sampler) (activation: Activation) (seed: int) (sample: InputSample) : FeatureMap =
    Sampler.sample sampler activation 20 (Rng.stream seed "units") sample

let private sameMap (first: FeatureMap) (second: FeatureMap) : Verdict =
    identical "weights" first.Weights second.Weights
    |> orElse (fun () -> identical "biases" first.Biases second.Biases)
    |> orElse (fun () -> identical "centres" first.Centres second.Centres)
    |> orElse (fun () -> identical "half ranges" first.HalfRanges second.HalfRanges)

let private samplers = Sampler.all |> List.map (fun sampler -> sampler.Name, sampler)

/// The argument of each unit at a normalised point.
let private arguments (map: FeatureMap) (point: float[]) : float[] =
    map.Weights
    |> Array.chunkBySize point.Length
    |> Array.mapi (fun unit weights -> (Array.map2 (*) weights point |> Array.sum) + map.Biases[unit])

let private drawing =
    [
        prop 40 "a draw is a pure function of seed and inputs" (fun (seed: uint16) ->
            let sample = inputs (int seed) (1 + int seed % 3) 15

            firstFault samplers (fun sampler ->
                let again = { sample with Points = Array.copy sample.Points; Outputs = Array.copy sample.Outputs }
                let points, outputs = Array.copy sample.Points, Array.copy sample.Outputs
                let first = draw sampler Activation.tanh (int seed) sample

                sameMap first (draw sampler Activation.tanh (int seed) again)
                |> orElse (fun () -> identical "the points" points sample.Points)
                |> orElse (fun () -> identical "the outputs" outputs sample.Outputs)
                |> orElse (fun () ->
                    match sameMap first (draw sampler Activation.tanh (int seed + 1) sample) with
                    | None -> Some "another seed gives the same units"
                    | Some _ -> None))
            |> judge)

        testCase "adding one purpose does not shift another" (fun () ->
            let first = Rng.normals 5 (Rng.stream 3 "body features")
            Rng.normals 100 (Rng.stream 3 "pair features") |> ignore
            identical "the stream" first (Rng.normals 5 (Rng.stream 3 "body features")) |> expectNone
            Expect.notEqual (Rng.normals 5 (Rng.stream 3 "pair features")) first "another purpose"
            Expect.notEqual (Rng.normals 5 (Rng.stream 4 "body features")) first "another seed")

        prop 40 "every unit of SWIM takes its two values at two points of the data" (fun (seed: uint16) ->
            let dimension = 1 + int seed % 3
            let sample = inputs (int seed) dimension 12
            let points = InputSample.normalised sample |> Array.chunkBySize dimension

            let expected (activation: Activation) =
                match activation.Name with
                // The two values that the first and the second point of a pair have, or the two slopes.
                | "tanh"
                | "sine" -> (fun x -> let struct (value, _) = activation.Evaluate x in value), -0.5, 0.5
                | "sigmoid" -> (fun x -> let struct (value, _) = activation.Evaluate x in value), 0.25, 0.75
                | "softplus" -> (fun x -> let struct (_, slope) = activation.Evaluate x in slope), 0.25, 0.75
                | other -> failtest $"no SWIM constants are known for {other}"

            let cases =
                [
                    for sampler in [ Sampler.uniformSwim; Sampler.swim; Sampler.approximateSwim ] do
                        for activation in Activation.all -> $"{sampler.Name}, {activation.Name}", (sampler, activation)
                ]

            firstFault cases (fun (sampler, activation) ->
                let map = draw sampler activation (int seed) sample
                let seen, low, high = expected activation
                let table = points |> Array.map (arguments map >> Array.map seen)
                let takes level unit = table |> Array.exists (fun row -> abs (row[unit] - level) <= Tolerance.exactLaw)

                [ 0 .. map.Units - 1 ]
                |> List.tryFind (fun unit -> not (takes low unit && takes high unit))
                |> Option.map (fun unit -> $"unit {unit} does not take {low} and {high} at points"))
            |> judge)

        testCase "SWIM goes where outputs change, and uniform SWIM does not look" (fun () ->
            let points = Array.init 41 (fun k -> float k / 20.0 - 1.0)
            let step = points |> Array.map (fun x -> if x > 0.5 then 1.0 else 0.0)
            let sample = { Low = [| -1.0 |]; High = [| 1.0 |]; Points = points; Outputs = step }

            let centres sampler =
                let map = Sampler.sample sampler Activation.tanh 200 (Rng.stream 1 "steps") sample
                Array.map2 (fun weight bias -> -bias / weight) map.Weights map.Biases

            Expect.isTrue (centres Sampler.swim |> Array.forall (fun x -> x > -0.3)) "every unit crosses the step"
            Expect.isTrue (centres Sampler.uniformSwim |> Array.exists (fun x -> x < -0.5)) "uniform pairs lie anywhere"
            let blind = { sample with Outputs = Array.zeroCreate 41 }

            sameMap (draw Sampler.uniformSwim Activation.tanh 1 sample) (draw Sampler.uniformSwim Activation.tanh 1 blind)
            |> expectNone)

        prop 20 "where outputs scatter, no unit of SWIM rises over less than its share of the range" (fun (seed: uint16) ->
            // The outputs of these inputs are noise, so the nearest points are the steepest.
            let sample = inputs (int seed) 1 1000
            let units = 20

            firstFault (Activation.all |> List.map (fun activation -> activation.Name, activation)) (fun activation ->
                let map = Sampler.sample Sampler.swim activation units (Rng.stream (int seed) "units") sample
                let steepest = map.Weights |> Array.map abs |> Array.max
                let limit = activation.SwimScale * float units / 2.0

                if steepest <= limit * (1.0 + Tolerance.exactLaw) then
                    None
                else
                    Some $"a weight of {steepest}; expected at most {limit}")
            |> judge)

        testCase "more units than pivoting can sort out are no copies of each other" (fun () ->
            let units = LeastSquares.widest + 1
            let map = Sampler.sample Sampler.swim Activation.tanh units (Rng.stream 1 "units") (inputs 1 2 200)
            // A pair and its reverse give a unit and its mirror image.
            let known = map.Weights |> Array.chunkBySize 2 |> Array.map (Array.map (fun w -> Math.Round(abs w, 9)))
            Expect.equal (Array.distinct known).Length units "units"
            let few = Sampler.sample Sampler.swim Activation.tanh units (Rng.stream 1 "units") (inputs 1 2 3)
            Expect.equal few.Units units "three points have three pairs")

        testCase "few points are enough for every sampler" (fun () ->
            for sampler in Sampler.all do
                for count in 0..2 do
                    let sample = inputs 1 1 (max 1 count)
                    let sample = if count = 0 then { sample with Points = [||]; Outputs = [||] } else sample
                    let map = draw sampler Activation.softplus 1 sample
                    Expect.equal map.Units 20 "units"
                    Expect.isTrue (Array.forall Double.IsFinite (Array.append map.Weights map.Biases)) $"{sampler.Name} on {count} points")

        testCase "the units of ELM have normal weights and biases in the inputs' range" (fun () ->
            let map = Sampler.sample Sampler.elm Activation.tanh 20000 (Rng.stream 2 "moments") (inputs 1 1 10)
            let mean (values: float[]) = Array.average values
            let meanSquare (values: float[]) = values |> Array.averageBy (fun x -> x * x)
            // Six standard errors of 20000 draws.
            Expect.isLessThan (abs (mean map.Weights)) 0.043 "mean weight"
            Expect.isLessThan (abs (meanSquare map.Weights - 1.0)) 0.06 "variance of weights"
            Expect.isLessThan (abs (meanSquare map.Biases - 1.0 / 3.0)) 0.013 "variance of biases"
            Expect.isTrue (map.Biases |> Array.forall (fun b -> abs b <= 1.0)) "range of biases")

        testCase "no units are refused" (fun () ->
            Expect.throwsT<ArgumentException>
                (fun () -> Sampler.sample Sampler.elm Activation.tanh 0 (Rng.stream 1 "none") (inputs 1 1 3) |> ignore)
                "0 units")
    ]

let private poolOf (capacity: int) (seed: int) (points: (float[] * float) seq) : InputSample =
    let dimension = points |> Seq.head |> fst |> Array.length
    let pool = InputPool(dimension, capacity, seed)

    for point, output in points do
        pool.Add(ReadOnlySpan<float> point, output)

    pool.ToSample()

let private sameSample (first: InputSample) (second: InputSample) : Verdict =
    identical "points" first.Points second.Points
    |> orElse (fun () -> identical "outputs" first.Outputs second.Outputs)
    |> orElse (fun () -> identical "low" first.Low second.Low)
    |> orElse (fun () -> identical "high" first.High second.High)

/// Points that an output belongs to, as a function of the point.
let private drawn (seed: uint16) : (float[] * float)[] =
    let random = Rng.stream (int seed) "pool tests"
    let dimension = 1 + int seed % 3
    Array.init 60 (fun _ -> Rng.uniforms dimension -1.0 1.0 random) |> Array.map (fun point -> point, Array.sum point)

let private shuffled (seed: int) (items: 'a[]) : 'a[] =
    let items = Array.copy items
    (Rng.stream seed "shuffle").Shuffle items
    items

let private pools =
    [
        prop 60 "a pool does not depend on the order of points, nor on duplicates" (fun (seed: uint16) (capacity: byte) ->
            let capacity = 1 + int capacity % 80
            let points = drawn seed
            let other = Array.append points points[..20] |> shuffled (int seed)
            sameSample (poolOf capacity 5 points) (poolOf capacity 5 other) |> judge)

        prop 60 "the output of a duplicate does not depend on order" (fun (seed: uint16) (capacity: byte) ->
            let capacity = 1 + int capacity % 80
            // Every point comes three times, with three outputs.
            let points = drawn seed |> Array.collect (fun (point, output) -> [| for k in 0.0 .. 2.0 -> point, output + k |])
            sameSample (poolOf capacity 5 points) (poolOf capacity 5 (shuffled (int seed) points)) |> judge)

        prop 60 "a pool is bounded, and keeps points that were added, sorted" (fun (seed: uint16) (capacity: byte) ->
            let capacity = 1 + int capacity % 80
            let points = drawn seed
            let sample = poolOf capacity 5 points
            let kept = sample.Points |> Array.chunkBySize sample.Inputs

            sample.Count = min capacity points.Length
            && kept = Array.sort kept
            && kept |> Array.forall (fun point -> Array.exists (fun (other, _) -> other = point) points)
            && Array.map Array.sum kept = sample.Outputs)

        prop 60 "ranges are those of all points, kept or not" (fun (seed: uint16) ->
            let points = drawn seed
            let sample = poolOf 3 5 points
            let column axis = points |> Array.map (fun (point, _) -> point[axis])

            sample.Low = Array.init sample.Inputs (column >> Array.min)
            && sample.High = Array.init sample.Inputs (column >> Array.max))

        testCase "another seed keeps other points" (fun () ->
            Expect.notEqual (poolOf 10 1 (drawn 7us)).Points (poolOf 10 2 (drawn 7us)).Points "points")

        testCase "an empty pool has the range [0, 0]" (fun () ->
            let sample = InputPool(2, 4, 1).ToSample()
            Expect.equal (sample.Low, sample.High, sample.Count) ([| 0.0; 0.0 |], [| 0.0; 0.0 |], 0) "sample")

        testCase "zero has one sign" (fun () -> Expect.equal (poolOf 4 1 [ [| 0.0 |], 1.0; [| -0.0 |], 1.0 ]).Count 1 "points")

        testCase "normalised inputs fill [-1, 1], and a constant input keeps its scale" (fun () ->
            let sample = poolOf 8 1 [ [| 2.0; 3.0 |], 0.0; [| 6.0; 3.0 |], 0.0; [| 4.0; 3.0 |], 0.0 ]
            Expect.equal (InputSample.normalised sample) [| -1.0; 0.0; 0.0; 0.0; 1.0; 0.0 |] "points"
            Expect.equal (InputSample.halfRanges sample) [| 2.0; 3.0 |] "half ranges"
            Expect.equal (InputSample.halfRanges (poolOf 1 1 [ [| 0.0 |], 0.0 ])) [| 1.0 |] "only zeros")

        testCase "a falling transform swaps the ends of the range" (fun () ->
            let sample = poolOf 8 1 [ [| 0.5 |], 1.0; [| 4.0 |], 2.0 ] |> InputSample.map Radial.inverse.Value
            Expect.equal (sample.Low, sample.High, sample.Points) ([| 0.25 |], [| 2.0 |], [| 2.0; 0.25 |]) "sample")
    ]

[<Tests>]
let tests = testList "Samplers" [ testList "drawing" drawing; testList "pools" pools ]
