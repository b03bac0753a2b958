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

let private differences
    (positions: float[])
    (dimension: int)
    (senders: int[])
    (receivers: int[])
    (periods: float[], tilts: float[])
    : float[] * float[] =
    let lengths, vectors = Array.zeroCreate<float> senders.Length, Array.zeroCreate<float>(senders.Length * dimension)
    PairGather.Differences(positions, dimension, senders, receivers, Displacement(periods, tilts), lengths, vectors)
    lengths, vectors

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
                            let lengths, vectors = Slice.output 3 count, Slice.output 1 (count * dimension)
                            let expectedLengths, expected = Array.zeroCreate<float> count, Array.zeroCreate<float>(count * dimension)

                            let expectUntouched (label: string) : unit =
                                expectSameBits positions.Values q label
                                expectSameBits box.Values periods label
                                expectGuardsIntact sentinel lengths label
                                expectGuardsIntact sentinel vectors label

                            PairGather.Differences(
                                positions.ReadOnly,
                                dimension,
                                senders,
                                receivers,
                                Displacement(box.ReadOnly, tilts),
                                lengths.Span,
                                vectors.Span
                            )

                            ScalarReference.Differences(q, dimension, senders, receivers, periods, tilts, expectedLengths, expected)
                            let label = $"{count} pairs in {dimension} dimensions"
                            expectSameBits lengths.Values expectedLengths label
                            expectSameBits vectors.Values expected $"differences of {label}"
                            expectUntouched label
                            lengths.Span.Fill sentinel

                            PairGather.Distances(
                                positions.ReadOnly,
                                dimension,
                                senders,
                                receivers,
                                Displacement(box.ReadOnly, tilts),
                                lengths.Span,
                                vectors.Span
                            )

                            ScalarReference.Distances(q, dimension, senders, receivers, periods, tilts, expectedLengths, expected)
                            expectSameBits lengths.Values expectedLengths label
                            expectSameBits vectors.Values expected $"directions of {label}"
                            expectUntouched label
            }

            test "the nearest image is that of the lattice, to the last bit" {
                let random = Random 63

                for dimension in 1..5 do
                    for periods, tilts in boxes dimension do
                        let q = uniform random 9.0 (bodies * dimension)
                        let senders, receivers = randomPairs random 40
                        let _, vectors = differences q dimension senders receivers (periods, tilts)

                        for pair in 0..39 do
                            let difference =
                                Array.init dimension (fun a -> q[senders[pair] * dimension + a] - q[receivers[pair] * dimension + a])

                            Displacement(periods, tilts).ToNearest(Span<float> difference)
                            expectSameBits (Array.init dimension (fun a -> vectors[a * 40 + pair])) difference $"{dimension} dimensions"
            }

            test "more pairs than fit a tile have the bits of each alone" {
                let random = Random 64

                for dimension in 1..5 do
                    let box = boxes dimension |> List.item 3
                    let q = uniform random 3.0 (bodies * dimension)
                    let senders, receivers = randomPairs random 1200
                    let lengths, directions = distances q dimension senders receivers box

                    for pair in 0..1199 do
                        let length, direction = distances q dimension [| senders[pair] |] [| receivers[pair] |] box
                        expectSameBits length [| lengths[pair] |] $"distance {pair}"
                        expectSameBits direction (Array.sub directions (pair * dimension) dimension) $"direction {pair}"
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

                let runDifferences positions senders receivers () =
                    PairGather.Differences(
                        ReadOnlySpan<float>(positions: float[]),
                        (positions.Length / 2),
                        ReadOnlySpan<int>(senders: int[]),
                        ReadOnlySpan<int>(receivers: int[]),
                        Displacement(ReadOnlySpan<float>(Array.zeroCreate<float>(positions.Length / 2)), ReadOnlySpan<float>.Empty),
                        Span<float>(Array.zeroCreate<float> 1),
                        Span<float>(Array.zeroCreate<float>(positions.Length / 2))
                    )

                let f (n: int) = Array.zeroCreate<float> n

                // Two bodies in 1 to 4 dimensions.
                for dimension in 1..4 do
                    expectRefused [] (runDifferences (f (2 * dimension)) [| 0 |] [| 2 |]) "a receiver too large"
                    expectRefused [] (runDifferences (f (2 * dimension)) [| -1 |] [| 1 |]) "a sender below zero"
                    expectRefused [] (runDifferences (f (2 * dimension)) [| Int32.MaxValue |] [| 1 |]) "a sender that overflows"

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
                        // In every other case senders come in a row, and bodies are paired with themselves.
                        let inRows = count % 2 = 0
                        let senders = if inRows then Array.sort senders else senders

                        let receivers =
                            if inRows then
                                Array.mapi (fun p r -> if p % 5 = 3 then senders[p] else r) receivers
                            else
                                receivers

                        let s, d = uniform random 2.0 count, uniform random 1.0 (count * dimension)
                        let start = uniform random 1.0 (bodies * dimension)
                        let scales, vectors, gradient = Slice.input 1 s, Slice.input 2 d, Slice.target 3 start
                        let expected = Array.copy start
                        PairScatter.AddGradient(dimension, senders, receivers, scales.ReadOnly, vectors.ReadOnly, gradient.Span)
                        ScalarReference.AddGradient(dimension, senders, receivers, s, d, expected)
                        let label = $"{count} pairs in {dimension} dimensions"
                        expectSameBits gradient.Values expected label
                        expectSameBits scales.Values s label
                        expectSameBits vectors.Values d label
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

                        let lengths, vectors = differences q dimension senders receivers (periods, tilts)
                        let scales = lengths |> Array.map (fun r -> (r - 1.0) / r)
                        let gradient = Array.zeroCreate<float> q.Length
                        PairScatter.AddGradient(dimension, senders, receivers, scales, vectors, gradient)

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
                expectRefused [ 1; 3 ] (fun () -> PairScatter.AddGradient(2, one, two, f 3, f 2, f 4)) "scales"
                expectRefused [ 2; 3 ] (fun () -> PairScatter.AddGradient(2, one, two, f 1, f 3, f 4)) "vectors"

                for d in 1..4 do
                    expectRefused
                        []
                        (fun () -> PairScatter.AddGradient(d, one, three, f 1, f d, f (2 * d)))
                        "a receiver that does not exist"

                    expectRefused [] (fun () -> PairScatter.AddGradient(d, three, one, f 1, f d, f (2 * d))) "a sender that does not exist"

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

                            PairGather.Differences(
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

let private reachTests =
    testList
        "reach"
        [
            test "distances below it and those that are no number are found, and go back to their places" {
                let r = [| 1.0; 2.0; nan; infinity; 0.5; 2.5; 1.9 |]
                let near, places = Array.create 9 sentinel, Array.create 9 -1
                let count = PairReach.Select(r, 2.0, near, places)
                expectSameBits (Array.take count near) [| 1.0; nan; 0.5; 1.9 |] "distances"
                Expect.equal (Array.take count places) [| 0; 2; 4; 6 |] "places"

                let back = Slice.output 1 r.Length
                PairReach.Spread(ReadOnlySpan<float>(near, 0, count), ReadOnlySpan<int>(places, 0, count), back.Span)
                expectSameBits back.Values [| 1.0; 0.0; nan; 0.0; 0.5; 0.0; 1.9 |] "back at their places"
                expectGuardsIntact sentinel back "spread"
                Expect.equal (PairReach.Select(ReadOnlySpan<float>.Empty, 1.0, Span<float>.Empty, Span<int>.Empty)) 0 "no distance"
            }

            test "outputs that are too short or shared are refused" {
                let f (n: int) = Array.zeroCreate<float> n
                let shared, places, one = f 2, [| 0; 1 |], [| 0 |]
                expectRefused [ 2; 1 ] (fun () -> PairReach.Select(f 2, 1.0, f 1, places) |> ignore) "near"
                expectRefused [ 2; 1 ] (fun () -> PairReach.Select(f 2, 1.0, f 2, one) |> ignore) "places"
                expectRefused [ 2 ] (fun () -> PairReach.Select(shared, 1.0, shared, places) |> ignore) "overlap"
                expectRefused [ 1; 2 ] (fun () -> PairReach.Spread(f 1, places, f 2)) "places of values"
                expectRefused [ 2 ] (fun () -> PairReach.Spread(shared, places, shared)) "overlap of values"

                Expect.throwsT<IndexOutOfRangeException>
                    (fun () -> PairReach.Spread(f 2, places, Span<float>(f 1)))
                    "a place that does not exist"
            }
        ]

let private bodyTests =
    testList
        "bodies"
        [
            test "kinetic terms and their gradients have the bits of the scalar loop, inside their slices" {
                let random = Random 81

                for dimension in 1..5 do
                    for count in awkwardLengths do
                        let p, m = uniform random 2.0 (count * dimension), Array.init count (fun k -> 0.3 + 0.1 * float k)
                        let momenta, masses, terms = Slice.input 1 p, Slice.input 2 m, Slice.output 3 count
                        let expected = Array.zeroCreate<float> count
                        BodyTerms.Kinetic(dimension, momenta.ReadOnly, masses.ReadOnly, terms.Span)
                        ScalarReference.Kinetic(dimension, p, m, expected)
                        let label = $"{count} bodies in {dimension} dimensions"
                        expectSameBits terms.Values expected label
                        expectGuardsIntact sentinel terms label

                        let start = uniform random 1.0 (count * dimension)
                        let gradient, expected = Slice.target 1 start, Array.copy start
                        BodyTerms.AddGradient(dimension, masses.ReadOnly, momenta.ReadOnly, gradient.Span)
                        ScalarReference.AddGradient(dimension, m, p, expected)
                        expectSameBits gradient.Values expected label
                        expectGuardsIntact sentinel gradient label
            }

            test "wrong lengths and shared memory are refused" {
                let f (n: int) = Array.zeroCreate<float> n
                let shared = f 2
                expectRefused [ 4; 3 ] (fun () -> BodyTerms.Kinetic(2, f 3, f 2, f 2)) "momenta"
                expectRefused [ 2; 1 ] (fun () -> BodyTerms.Kinetic(2, f 4, f 1, f 2)) "masses"
                expectRefused [ 2 ] (fun () -> BodyTerms.Kinetic(1, f 2, shared, shared)) "overlap of terms"
                expectRefused [ 4; 3 ] (fun () -> BodyTerms.AddGradient(2, f 2, f 3, f 4)) "vectors"
                expectRefused [ 4; 3 ] (fun () -> BodyTerms.AddGradient(2, f 2, f 4, f 3)) "gradient"
                expectRefused [ 2 ] (fun () -> BodyTerms.AddGradient(1, f 2, shared, shared)) "overlap of gradients"
            }
        ]

[<Tests>]
let tests = testList "Kernels: graph" [ gatherTests; scatterTests; reachTests; bodyTests ]
