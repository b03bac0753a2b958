module HgnFunctional.Tests.Kernels.GraphTests

open System
open Expecto
open HgnFunctional.Kernels
open HgnFunctional.Tests.Kernels.Support

/// One product and one sum per element, with one rounding or two.
let private rowTolerance = 1e-15

/// Sums of a few terms near 1 by exact hand values.
let private handTolerance = 1e-15

let private bodies = 9

/// Pairs of different bodies.
let private randomPairs (random: Random) (count: int) : int[] * int[] =
    let senders = Array.init count (fun _ -> random.Next bodies)
    senders, senders |> Array.map (fun s -> (s + 1 + random.Next(bodies - 1)) % bodies)

let private distances
    (positions: float[])
    (dimension: int)
    (senders: int[])
    (receivers: int[])
    (periods: float[], tilts: float[])
    : float[] * float[] =
    let lengths, directions = Array.zeroCreate<float> senders.Length, Array.zeroCreate<float>(senders.Length * dimension)
    PairGather.Distances(positions, dimension, senders, receivers, Displacement(periods, tilts), lengths, directions)
    lengths, directions

/// Open, periodic, mixed and skewed axes: periods and tilts.
let private boxes (dimension: int) : (float[] * float[]) list =
    let tilts = Array.init (dimension * (dimension - 1) / 2) (fun k -> 1.9 * sin (float (k + 1)))

    [
        Array.zeroCreate<float> dimension, [||]
        Array.init dimension (fun a -> 2.0 + 0.3 * float a), [||]
        Array.init dimension (fun a -> if a % 2 = 0 then 1.5 else 0.0), [||]
        Array.init dimension (fun a -> 2.0 + 0.3 * float a), tilts
        Array.init dimension (fun a -> if a = 0 then 0.0 else 2.0), tilts
    ]

let private gatherTests =
    testList
        "gather"
        [
            test "every dimension and number of pairs has the bits of the scalar loop, inside its slices" {
                let random = Random 61

                for dimension in 1..5 do
                    for periods, tilts in boxes dimension do
                        for count in awkwardLengths do
                            let q = uniform random 3.0 (bodies * dimension)
                            let senders, receivers = randomPairs random count
                            let positions, box = Slice.input 1 q, Slice.input 2 periods
                            let lengths, directions = Slice.output 3 count, Slice.output 1 (count * dimension)

                            let expectedLengths, expectedDirections =
                                Array.zeroCreate<float> count, Array.zeroCreate<float>(count * dimension)

                            PairGather.Distances(
                                positions.ReadOnly,
                                dimension,
                                senders,
                                receivers,
                                Displacement(box.ReadOnly, tilts),
                                lengths.Span,
                                directions.Span
                            )

                            ScalarReference.Distances(q, dimension, senders, receivers, periods, tilts, expectedLengths, expectedDirections)
                            let label = $"{count} pairs in {dimension} dimensions"
                            expectSameBits lengths.Values expectedLengths label
                            expectSameBits directions.Values expectedDirections label
                            expectSameBits positions.Values q label
                            expectSameBits box.Values periods label
                            expectGuardsIntact sentinel lengths label
                            expectGuardsIntact sentinel directions label
            }

            test "exchanging sender and receiver keeps the distance and turns the direction, to the last bit" {
                let random = Random 62

                for dimension in 1..5 do
                    for periods, tilts in boxes dimension do
                        // Half steps of the periods reach the ties of the rounding.
                        let q =
                            Array.init (bodies * dimension) (fun i ->
                                if random.Next 2 = 0 then
                                    3.0 * random.NextDouble()
                                else
                                    0.5 * float (random.Next 6) * max 1.0 periods[i % dimension])

                        let senders, receivers = randomPairs random 200
                        let there, direction = distances q dimension senders receivers (periods, tilts)
                        let back, reversed = distances q dimension receivers senders (periods, tilts)
                        expectSameBits back there $"distance in {dimension} dimensions"

                        // 0 and -0 are both the negative of 0 - x for equal coordinates; compare as numbers.
                        Array.iter2
                            (fun (d: float) (r: float) ->
                                if not (Double.IsNaN d && Double.IsNaN r) then
                                    Expect.equal r -d $"direction in {dimension} dimensions")
                            direction
                            reversed
            }

            test "a right triangle, and the same through the walls of a box" {
                let q = [| 3.0; 4.0; 0.0; 0.0 |]
                let lengths, directions = distances q 2 [| 0; 1 |] [| 1; 0 |] ([| 0.0; 0.0 |], [||])
                expectWithin handTolerance lengths [| 5.0; 5.0 |] "3-4-5"
                expectWithin handTolerance directions [| 0.6; 0.8; -0.6; -0.8 |] "from the receiver to the sender"
                let far = [| 9.0; 1.0; 0.5; 2.0; 5.0; 8.5 |]
                let lengths, directions = distances far 3 [| 0 |] [| 1 |] ([| 10.0; 0.0; 10.0 |], [||])
                // (9, 1, 0.5) - (2, 5, 8.5) = (7, -4, -8), to the nearest image (-3, -4, 2).
                expectWithin handTolerance lengths [| sqrt 29.0 |] "nearest image"
                expectWithin handTolerance directions (Array.map (fun x -> x / sqrt 29.0) [| -3.0; -4.0; 2.0 |]) "its direction"
            }

            test "coincident bodies have distance zero and no direction" {
                for dimension in 1..4 do
                    let lengths, directions =
                        distances (Array.create (2 * dimension) 0.7) dimension [| 0 |] [| 1 |] (Array.zeroCreate<float> dimension, [||])

                    Expect.equal lengths [| 0.0 |] "distance"
                    Expect.all directions Double.IsNaN "direction"
            }

            test "wrong lengths, bodies that do not exist and shared memory are refused" {
                let run positions senders receivers periods lengths directions () =
                    PairGather.Distances(
                        ReadOnlySpan<float>(positions: float[]),
                        2,
                        ReadOnlySpan<int>(senders: int[]),
                        ReadOnlySpan<int>(receivers: int[]),
                        Displacement(ReadOnlySpan<float>(periods: float[]), ReadOnlySpan<float>.Empty),
                        Span<float>(lengths: float[]),
                        Span<float>(directions: float[])
                    )

                let f (n: int) = Array.zeroCreate<float> n
                expectRefused [ 0; 1 ] (run (f 5) [| 0 |] [| 1 |] (f 2) (f 1) (f 2)) "positions"
                expectRefused [ 1; 2 ] (run (f 6) [| 0 |] [| 1; 2 |] (f 2) (f 1) (f 2)) "receivers"
                expectRefused [ 2; 3 ] (run (f 6) [| 0 |] [| 1 |] (f 3) (f 1) (f 2)) "periods"
                expectRefused [ 1; 4 ] (run (f 6) [| 0 |] [| 1 |] (f 2) (f 4) (f 2)) "distances"
                expectRefused [ 2; 3 ] (run (f 6) [| 0 |] [| 1 |] (f 2) (f 1) (f 3)) "directions"
                expectRefused [] (run (f 6) [| 0 |] [| 3 |] (f 2) (f 1) (f 2)) "a receiver too large"
                expectRefused [] (run (f 6) [| -1 |] [| 1 |] (f 2) (f 1) (f 2)) "a sender below zero"
                let shared = f 2
                expectRefused [ 2 ] (run shared [| 0 |] [| 0 |] (f 2) (f 1) shared) "overlap"
            }
        ]

let private scatterTests =
    testList
        "scatter"
        [
            test "gradients have the bits of the scalar loop, inside their slices" {
                let random = Random 71

                for dimension in 1..5 do
                    for count in awkwardLengths do
                        let senders, receivers = randomPairs random count
                        let s, d = uniform random 2.0 count, uniform random 1.0 (count * dimension)
                        let start = uniform random 1.0 (bodies * dimension)
                        let slopes, directions, gradient = Slice.input 1 s, Slice.input 2 d, Slice.target 3 start
                        let expected = Array.copy start
                        PairScatter.AddGradient(dimension, senders, receivers, slopes.ReadOnly, directions.ReadOnly, gradient.Span)
                        ScalarReference.AddGradient(dimension, senders, receivers, s, d, expected)
                        let label = $"{count} pairs in {dimension} dimensions"
                        expectSameBits gradient.Values expected label
                        expectSameBits slopes.Values s label
                        expectSameBits directions.Values d label
                        expectGuardsIntact sentinel gradient label
            }

            test "gather, slope and scatter give the gradient of an energy of distances" {
                // Central differences of step 1e-5: truncation and rounding both about 1e-10.
                let step, tolerance = 1e-5, 1e-8
                let random = Random 72

                for dimension in 1..4 do
                    for periods, tilts in boxes dimension |> List.map (fun (periods, tilts) -> Array.map (fun l -> 3.0 * l) periods, tilts) do
                        let q = uniform random 2.0 (bodies * dimension)
                        let senders, receivers = randomPairs random 12

                        let energy (q: float[]) =
                            fst (distances q dimension senders receivers (periods, tilts))
                            |> Array.sumBy (fun r -> 0.5 * (r - 1.0) * (r - 1.0))

                        let lengths, directions = distances q dimension senders receivers (periods, tilts)
                        let slopes = lengths |> Array.map (fun r -> r - 1.0)
                        let gradient = Array.zeroCreate<float> q.Length
                        PairScatter.AddGradient(dimension, senders, receivers, slopes, directions, gradient)

                        let moved i by = Array.mapi (fun j x -> if i = j then x + by else x) q
                        let numeric = Array.init q.Length (fun i -> (energy (moved i step) - energy (moved i -step)) / (2.0 * step))
                        expectWithin tolerance gradient numeric $"{dimension} dimensions"
            }

            test "rows: every number of features equals the scalar loop and stays inside its slice" {
                let random = Random 73

                for dimension in 1..4 do
                    for features in awkwardLengths do
                        for gap in [ 0; 3 ] do
                            let stride = features + gap
                            let d, s = uniform random 1.0 dimension, uniform random 1.0 features
                            let start = uniform random 1.0 (4 * dimension * stride)
                            let direction, slopes, rows = Slice.input 1 d, Slice.input 2 s, Slice.target 3 start
                            let expected = Array.copy start
                            PairScatter.AddRows(dimension, 2, 0, direction.ReadOnly, slopes.ReadOnly, rows.Span, stride)
                            ScalarReference.AddRows(dimension, 2, 0, d, s, expected, stride)
                            let label = $"{features} features, stride {stride}, {dimension} dimensions"
                            expectWithin rowTolerance rows.Values expected label
                            expectSameBits direction.Values d label
                            expectSameBits slopes.Values s label
                            expectGuardsIntact sentinel rows label

                            rows.Values
                            |> Array.iteri (fun i x ->
                                if i % stride >= features then
                                    Expect.equal (bits x) (bits start[i]) $"{label}: between the rows")
            }

            test "rows do not depend on the place of the feature" {
                for features in 1 .. 4 * lanes + 3 do
                    let rows = Array.create (2 * features) 0.3
                    let direction, slopes = [| 0.7 |], Array.create features 1.1
                    PairScatter.AddRows(1, 0, 1, direction, slopes, rows, features)
                    let sender, receiver = Array.splitAt features rows
                    expectSameBits sender (Array.create features sender[0]) $"sender, {features} features"
                    expectSameBits receiver (Array.create features receiver[0]) $"receiver, {features} features"
            }

            test "wrong lengths, bodies that do not exist and shared memory are refused" {
                let f (n: int) = Array.zeroCreate<float> n
                let one, two, three = [| 0 |], [| 1 |], [| 2 |]
                expectRefused [ 0; 1 ] (fun () -> PairScatter.AddGradient(2, one, two, f 1, f 2, f 5)) "gradient"
                expectRefused [ 1; 3 ] (fun () -> PairScatter.AddGradient(2, one, two, f 3, f 2, f 4)) "slopes"
                expectRefused [ 2; 3 ] (fun () -> PairScatter.AddGradient(2, one, two, f 1, f 3, f 4)) "directions"
                expectRefused [] (fun () -> PairScatter.AddGradient(2, one, three, f 1, f 2, f 4)) "a body that does not exist"
                expectRefused [ 3; 2 ] (fun () -> PairScatter.AddRows(1, 0, 1, f 1, f 3, f 6, 2)) "stride"
                expectRefused [ 1; 2 ] (fun () -> PairScatter.AddRows(1, 0, 1, f 2, f 3, f 6, 3)) "direction"
                expectRefused [] (fun () -> PairScatter.AddRows(1, 0, 2, f 1, f 3, f 6, 3)) "a row that does not exist"
                let shared, pair = f 2, [| 0; 1 |]
                expectRefused [ 2 ] (fun () -> PairScatter.AddGradient(1, pair, pair, shared, f 2, shared)) "overlap"
            }

            test "nothing is allocated" {
                let random = Random 74

                for dimension in 1..4 do
                    let q = uniform random 2.0 (bodies * dimension)
                    let senders, receivers = randomPairs random 11
                    let periods = Array.create dimension 1.5
                    let lengths, directions = Array.zeroCreate<float> 11, Array.zeroCreate<float>(11 * dimension)
                    let gradient, slopes = Array.zeroCreate<float>(bodies * dimension), uniform random 1.0 7
                    let rows, direction = Array.zeroCreate<float>(bodies * dimension * 7), Array.create dimension 0.5

                    let bytes =
                        allocated (fun () ->
                            PairGather.Distances(
                                q,
                                dimension,
                                senders,
                                receivers,
                                Displacement(periods, ReadOnlySpan<float>.Empty),
                                lengths,
                                directions
                            )

                            PairScatter.AddGradient(dimension, senders, receivers, lengths, directions, gradient)
                            PairScatter.AddRows(dimension, 3, 5, direction, slopes, rows, 7))

                    Expect.equal bytes 0L $"{dimension} dimensions"
            }
        ]

[<Tests>]
let tests = testList "Kernels: graph" [ gatherTests; scatterTests ]
