module HgnFunctional.Tests.Bodies.GraphTests

open System
open Expecto
open FsCheck.FSharp
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Features
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Generators
open HgnFunctional.Tests.Support.Laws

let private sorted (pairs: Pairs) : (int * int)[] = Array.zip (pairs.Senders.ToArray()) (pairs.Receivers.ToArray())

/// The least distance over all images, tried one by one, in a box of periods and tilts.
let private imageDistance (periods: float[], tilts: float[]) (positions: float[]) (first: int) (second: int) : float =
    let dimension = periods.Length

    Array.init dimension (fun axis -> positions[first * dimension + axis] - positions[second * dimension + axis])
    |> nearestDistance periods tilts

/// All pairs nearer than a radius, sorted.
let private bruteForce (periods: float[], tilts: float[]) (radius: float) (positions: float[]) : (int * int)[] =
    let bodies = positions.Length / periods.Length

    [|
        for first in 0 .. bodies - 1 do
            for second in first + 1 .. bodies - 1 do
                if imageDistance (periods, tilts) positions first second < radius then
                    first, second
    |]

let private within (periods: float[], tilts: float[]) (radius: float) (positions: float[]) : (int * int)[] =
    Neighbours.within (Cell.skewed periods tilts) radius (ReadOnlySpan<float> positions) |> sorted

/// Tilts of up to some periods for the vectors of periodic axes; none for a rectangular box.
let private tiltsFor (periods: float[]) (isSkewed: bool) (random: Random) : float[] =
    [|
        for vector in 1 .. periods.Length - 1 do
            for _ in 1..vector do
                let tilt = 12.0 * random.NextDouble() - 6.0
                if periods[vector] > 0.0 then tilt else 0.0
    |]
    |> fun tilts -> if isSkewed then tilts else [||]

/// Bodies at random, some outside the box; the ratio of box to radius decides between one bin and many.
let private cloud (seed: uint16) : (float[] * float[]) * float * float[] =
    let random = Rng.stream (int seed) "cloud"
    let dimension = 1 + random.Next 3
    let bodies = random.Next 60
    let periods = Array.init dimension (fun _ -> if random.Next 2 = 0 then 0.0 else 2.0 + 4.0 * random.NextDouble())
    let radius = [| 0.1; 0.3; 0.7; 1.0; 2.5 |][random.Next 5]
    let isSkewed = random.Next 2 = 0
    let tilts = tiltsFor periods isSkewed random
    // In a skewed box images are the nearest up to half the shortest period.
    let radius =
        if isSkewed then
            min radius (Cell.skewed periods tilts).LargestCutoff
        else
            radius

    (periods, tilts), radius, Rng.uniforms (bodies * dimension) -3.0 9.0 random

let private neighbours =
    [
        prop 200 "within finds the pairs that brute force finds, sorted" (fun (seed: uint16) ->
            let (periods, tilts) as box, radius, positions = cloud seed
            let expected, actual = bruteForce box radius positions, within box radius positions

            (expected = actual)
            |> Prop.label $"%A{actual}; expected %A{expected}"
            |> Prop.classify (expected.Length = 0) "no pairs"
            |> Prop.classify (Array.forall ((=) 0.0) periods) "open"
            |> Prop.classify (Array.forall ((<) 0.0) periods) "periodic"
            |> Prop.classify (Array.exists ((<>) 0.0) tilts) "skewed")

        prop 200 "within finds the pairs that brute force finds, however far bodies are from each other" (fun (seed: uint16) ->
            let random = Rng.stream (int seed) "scattered clouds"
            let dimension = 1 + random.Next 4
            let periods = Array.init dimension (fun _ -> if random.Next 3 = 0 then 5.0 else 0.0)

            let places =
                [| 0.0; 0.0; 1e3; -1e7; 1e7; 3e9; 1e12; 1e15; -1e200; 1e300; Double.MaxValue; -Double.MaxValue; infinity; nan |]

            let radius = [| 0.3; 0.7; 1.5; 1e4 |][random.Next 4]
            let bodies = random.Next 60
            let place () = Array.init dimension (fun axis -> if periods[axis] > 0.0 then 0.0 else places[random.Next places.Length])
            let clusters = Array.init (1 + random.Next 6) (fun _ -> place ())
            let radius = if Array.forall ((=) 0.0) periods then radius else min radius 2.5

            let positions =
                [|
                    for _ in 1..bodies do
                        let cluster = clusters[random.Next clusters.Length]
                        for axis in 0 .. dimension - 1 -> cluster[axis] + 2.0 * random.NextDouble()
                |]

            let expected, actual = bruteForce (periods, [||]) radius positions, within (periods, [||]) radius positions

            (expected = actual)
            |> Prop.label $"%A{actual}; expected %A{expected}; %A{positions}"
            |> Prop.classify (expected.Length = 0) "no pairs"
            |> Prop.classify (positions |> Array.exists (Double.IsFinite >> not)) "not finite"
            |> Prop.classify (positions |> Array.exists (fun x -> abs x > 1e9)) "far away")

        testCase "bodies that left the others cost no more than those that stayed" (fun () ->
            let bodies = 20000
            let side = (float bodies / 0.8) ** (1.0 / 3.0)
            let together = Rng.uniforms (3 * bodies) 0.0 side (Rng.stream 3 "liquid")

            let scattered =
                let far = Rng.uniforms 3000 -1e6 1e6 (Rng.stream 3 "evaporated")
                Array.append together[.. together.Length - 3001] far

            let seconds (positions: float[]) =
                [
                    for _ in 1..3 do
                        let watch = Diagnostics.Stopwatch.StartNew()
                        Neighbours.within (Cell.openSpace 3) 1.5 (ReadOnlySpan<float> positions) |> ignore
                        watch.Elapsed.TotalSeconds
                ]
                |> List.min

            // One bin for all that are together would make it a hundred times.
            let alone = seconds together

            for name, positions in
                [
                    "one above", Array.append together [| 1e12; 0.0; 0.0 |]
                    "one below", Array.append together [| -1e12; -1e12; -1e12 |]
                    "many", scattered
                ] do
                Expect.isLessThan (seconds positions / alone) 10.0 name)

        testCase "many bodies in many bins" (fun () ->
            for periods in [ [| 0.0; 0.0 |]; [| 9.0; 9.0 |]; [| 9.0; 0.0 |] ] do
                let positions = Rng.uniforms 800 0.0 9.0 (Rng.stream 3 "many bodies")

                for radius in [ 0.2; 0.9; 2.9; 3.1; 4.4 ] do
                    Expect.equal
                        (within (periods, [||]) radius positions)
                        (bruteForce (periods, [||]) radius positions)
                        $"radius {radius} in %A{periods}")

        testCase "coincident, collinear and far-apart bodies" (fun () ->
            Expect.equal (within ([| 0.0 |], [||]) 1.0 [| 2.0; 2.0; 2.0 |]) [| 0, 1; 0, 2; 1, 2 |] "coincident"
            Expect.equal (within ([| 0.0; 0.0 |], [||]) 1.5 [| 0.0; 0.0; 1.0; 0.0; 2.0; 0.0 |]) [| 0, 1; 1, 2 |] "collinear"
            Expect.equal (within ([| 0.0 |], [||]) 1.0 [| 0.0; 1e9; 0.5; 1e9 + 0.5 |]) [| 0, 2; 1, 3 |] "far apart"
            Expect.equal (within ([| 4.0 |], [||]) 1.0 [| 0.1; 3.9 |]) [| 0, 1 |] "across the border"
            Expect.equal (within ([| 4.0 |], [||]) 1.0 [| -1e-20; 0.5 |]) [| 0, 1 |] "a hair below the border"
            Expect.equal (within ([| 0.0 |], [||]) 1.0 [| 0.0; 1.0 |]) [||] "at the radius"
            Expect.equal (within ([| 0.0 |], [||]) 1.0 [||]) [||] "no bodies"
            Expect.equal (within ([| 0.0 |], [||]) 1.0 [| 7.0 |]) [||] "one body")

        testCase "bad arguments are refused" (fun () ->
            for radius in [ 0.0; -1.0; nan; infinity ] do
                Expect.throwsT<ArgumentException> (fun () -> within ([| 0.0 |], [||]) radius [| 0.0; 1.0 |] |> ignore) $"radius {radius}"

            Expect.throwsT<ArgumentException> (fun () -> within ([| 0.0; 0.0 |], [||]) 1.0 [| 0.0; 1.0; 2.0 |] |> ignore) "half a body")

        prop 40 "a pair source follows a random walk" (fun (seed: uint16) ->
            let random = Rng.stream (int seed) "walk"
            let dimension = 1 + random.Next 3
            let periods = Array.init dimension (fun _ -> if random.Next 2 = 0 then 0.0 else 4.0)
            // At 2.0, half the box, there is no room for a skin.
            let cutoff = [| 0.8; 1.9; 2.0 |][random.Next 3]
            let box = periods, tiltsFor periods (random.Next 2 = 0) random
            let structure = Structure.create (Cell.skewed (fst box) (snd box)) (Relations.within cutoff) (Array.create 12 1.0)
            let source = PairSource structure
            let stride = [| 0.01; 0.05; 0.5 |][random.Next 3]
            let mutable positions = Rng.uniforms (12 * dimension) 0.0 4.0 random

            Seq.init 60 (fun _ ->
                positions <- Array.map2 (+) positions (Rng.uniforms positions.Length -stride stride random)
                let all = (source.At(ReadOnlySpan<float> positions)).All
                let difference = Array.zeroCreate<float> dimension

                let isWithin pair =
                    all.DifferenceInto(structure.Cell, ReadOnlySpan<float> positions, pair, Span<float> difference)
                    difference |> Array.sumBy (fun x -> x * x) |> sqrt < cutoff

                let pairs = sorted all
                let interacting = pairs |> Array.indexed |> Array.filter (fun (pair, _) -> isWithin pair) |> Array.map snd
                interacting = bruteForce box cutoff positions && pairs = Array.sort pairs)
            |> Seq.forall id)

        testCase "a pair source of bonds gives the bonds" (fun () ->
            let graph = Graph.create 3 [ struct (2, 0) ]
            let source = PairSource(Structure.bonded 1 1.0 graph)
            Expect.equal (source.At(ReadOnlySpan<float> [| 0.0; 50.0; 100.0 |]).All |> sorted) [| 0, 2 |] "the bonds")
    ]

let private graphs =
    [
        testCase "each error of a graph" (fun () ->
            Graph.tryCreate 0 [] |> expectError (NoBodies 0)
            Graph.tryCreate -3 [ struct (0, 1) ] |> expectError (NoBodies -3)
            Graph.tryCreate 3 [ struct (0, 1); struct (1, 3) ] |> expectError (NoSuchBody(1, 3, 3))
            Graph.tryCreate 3 [ struct (-1, 1) ] |> expectError (NoSuchBody(0, -1, 3))
            Graph.tryCreate 3 [ struct (0, 1); struct (2, 2) ] |> expectError (SelfLoop(1, 2))
            Graph.tryCreate 3 [ struct (0, 1); struct (1, 0) ] |> expectError (DuplicateEdge(1, 1, 0))
            Expect.throwsT<ArgumentException> (fun () -> Graph.create 1 [ struct (0, 0) ] |> ignore) "create throws")

        prop 100 "edges are ordered and sorted, whatever the order given" (fun (scene: Scene) ->
            let edges = scene.Edges |> List.map (fun (a, b) -> struct (a, b))
            let given, turned = Graph.create scene.Bodies edges, Graph.create scene.Bodies (List.rev edges)
            let expected = scene.Edges |> List.map (fun (a, b) -> min a b, max a b) |> List.sort |> Array.ofList
            sorted given.Pairs = expected && sorted turned.Pairs = expected)

        prop 100 "degrees count edges and move with the bodies" (fun (scene: Scene) (word: Word) ->
            let graph (scene: Scene) = Graph.create scene.Bodies (scene.Edges |> Seq.map (fun (a, b) -> struct (a, b)))
            let names = Word.names scene.Bodies word
            let relabelled = Graph.relabel names (graph scene)
            let degrees = Graph.degrees (graph scene)
            let count body = scene.Edges |> List.filter (fun (a, b) -> a = body || b = body) |> List.length

            degrees = Array.init scene.Bodies count
            && Array.sum degrees = 2 * scene.Edges.Length
            && Array.forall (fun body -> (Graph.degrees relabelled)[names[body]] = degrees[body]) [| 0 .. scene.Bodies - 1 |]
            && Graph.edges relabelled = Graph.edges (graph (Word.apply word scene)))

        testCase "relabel refuses names of another length" (fun () ->
            Expect.throwsT<ArgumentException> (fun () -> Graph.relabel [| 0 |] (Graph.create 2 []) |> ignore) "one name for two bodies")
    ]

let private topologies =
    let expectedEdges (name: string) (size: int) : int option =
        match name with
        | "chain"
        | "line" -> Some(size - 1)
        | "ring" -> Some(if size > 2 then size else size - 1)
        | "square lattice" -> Some(2 * size * (size - 1))
        | "cubic lattice" -> Some(3 * size * size * (size - 1))
        | "complete" -> Some(size * (size - 1) / 2)
        | _ -> None

    let distance (lattice: Lattice) first second = imageDistance (Array.zeroCreate lattice.Dimension, [||]) lattice.Sites first second

    [
        testCase "edge counts" (fun () ->
            for topology in Topology.all do
                for size in 1..6 do
                    let lattice = topology.Create size
                    let count = lattice.Graph.Pairs.Count
                    Expect.equal lattice.Sites.Length (lattice.Graph.Bodies * lattice.Dimension) $"sites of {lattice.Name}"
                    Expect.equal (expectedEdges topology.Name size |> Option.defaultValue count) count $"edges of {lattice.Name}")

        testCase "every family but the random one has an expected count" (fun () ->
            let without = Topology.all |> List.filter (fun topology -> (expectedEdges topology.Name 3).IsNone)
            Expect.equal (without |> List.map _.Name) [ "random geometric" ] "families")

        testCase "neighbours of regular lattices are at unit distance" (fun () ->
            for topology in Topology.all do
                if topology.Name <> "complete" && topology.Name <> "random geometric" then
                    for size in 2..5 do
                        let lattice = topology.Create size

                        for first, second in sorted lattice.Graph.Pairs do
                            close lattice.Name Tolerance.exactLaw [| 1.0 |] [| distance lattice first second |] |> expectNone)

        testCase "a grid may be oblong, and degrees tell corners from the inside" (fun () ->
            let lattice = Topology.grid [ 2; 3; 4 ]
            Expect.equal lattice.Graph.Bodies 24 "bodies"
            Expect.equal lattice.Graph.Pairs.Count (1 * 12 + 2 * 8 + 3 * 6) "edges"
            Expect.equal (Topology.grid [ 3; 3 ]).Graph.Pairs.Count 12 "edges of a square"
            Expect.equal (Graph.degrees (Topology.grid [ 3; 3 ]).Graph) [| 2; 3; 2; 3; 4; 3; 2; 3; 2 |] "degrees"
            Expect.allEqual (Graph.degrees (Topology.ring 5).Graph) 2 "degrees of a ring")

        testCase "a random geometric graph joins what is near, and repeats" (fun () ->
            let lattice = Topology.randomGeometric 30 2 1.2 4
            Expect.equal (sorted lattice.Graph.Pairs) (bruteForce ([| 0.0; 0.0 |], [||]) 1.2 lattice.Sites) "pairs"
            Expect.isGreaterThan lattice.Graph.Pairs.Count 0 "there are some"
            Expect.equal (Topology.randomGeometric 30 2 1.2 4).Sites lattice.Sites "same seed"
            Expect.notEqual (Topology.randomGeometric 30 2 1.2 5).Sites lattice.Sites "another seed")

        testCase "sizes below one are refused" (fun () ->
            Expect.throwsT<ArgumentException> (fun () -> Topology.chain 0 2 |> ignore) "chain"
            Expect.throwsT<ArgumentException> (fun () -> Topology.grid [ 3; 0 ] |> ignore) "grid"
            Expect.throwsT<ArgumentException> (fun () -> Topology.grid [] |> ignore) "no axes"
            Expect.throwsT<ArgumentException> (fun () -> Topology.ring 0 |> ignore) "ring"
            Expect.throwsT<ArgumentException> (fun () -> Topology.complete 0 |> ignore) "complete"
            Expect.throwsT<ArgumentException> (fun () -> Topology.randomGeometric 3 2 nan 1 |> ignore) "radius")
    ]

[<Tests>]
let tests =
    testList "Graphs" [ testList "neighbours" neighbours; testList "graphs" graphs; testList "topologies" topologies ]
