/// Laws of what training looks at: which frames, in which order, from a source that is read more than once.
module HgnFunctional.Tests.Learning.SurveyTests

open System
open Expecto
open FsCheck.FSharp
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Blocks
open HgnFunctional.Models
open HgnFunctional.Learning
open HgnFunctional.Systems
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Generators
open HgnFunctional.Tests.Support.Laws
open HgnFunctional.Tests.Support.Chains

let private steep: PairPotential =
    {
        Name = "r^-12"
        Source = ""
        Energy = (fun r -> pown (1.0 / r) 12)
        Slope = fun r -> -12.0 * pown (1.0 / r) 13
    }

/// A chain of six, its coordinates shaken, with forces that are off by a little.
let private shaken (displacement: float) (seed: int) : Snapshot =
    let lattice = Topology.chain 6 2
    let structure = Structure.bonded 2 1.0 lattice.Graph
    let noise = Rng.stream seed "noise of forces" |> Rng.uniforms 12 -5e-6 5e-6

    let exact =
        InitialState.perturbed displacement 0.3 seed structure lattice.Sites
        |> Snapshot.ofHamiltonian structure (PairSystem(structure, steep))
        |> expectOk

    Snapshot.create structure exact.State (exact.Velocities.ToArray()) (Array.map2 (+) (exact.Forces.ToArray()) noise)

/// Frames of which those near rest and those far from it suggest other radial transforms.
let private calmAndWild: Snapshot list =
    [ for seed in 1..120 -> shaken 0.001 seed ] @ [ for seed in 201..320 -> shaken 0.2 seed ]

let private shuffled (seed: int) (items: 'item list) : 'item list =
    let all = Array.ofList items
    (Rng.stream seed "frames").Shuffle all
    List.ofArray all

let private pairOf (model: TrainedModel) : PairBlock =
    model.Terms
    |> List.pick (fun term ->
        match term.Block with
        | :? PairBlock as block -> Some block
        | _ -> None)

/// Numbers of a model that must not follow the order of its frames, to the bit.
let private choices (model: TrainedModel) : string =
    let features = (pairOf model).Features
    $"%A{features.Radial.Name} %A{features.Units.Map.Weights} %A{features.Units.Map.Biases} {model.Provenance.DataHash}"

let private forcesOf (model: TrainedModel) (snapshot: Snapshot) : float[] =
    match Model.bind snapshot.Structure model with
    | Ok dynamics -> Hamiltonian.timeDerivative dynamics.Hamiltonian snapshot.State |> snd
    | Error error -> failtest (string error)

let private ordering =
    [
        testCase "the order of frames that are not alike does not matter" (fun () ->
            let train = Training.fit TrainingConfig.defaults >> expectOk
            let first = train calmAndWild
            let unseen = shaken 0.2 999

            for order in List.rev calmAndWild :: [ for seed in 1..4 -> shuffled seed calmAndWild ] do
                let other = train order
                Expect.equal (choices other) (choices first) "what is chosen"
                close "forces" Tolerance.otherOrder (forcesOf first unseen) (forcesOf other unseen) |> expectNone)

        prop 20 "the sample is the least that suffices, whatever the order" (fun (seed: uint16) ->
            let random = Rng.stream (int seed) "sample sizes"
            let all = [ for k in 1 .. random.Next(1, 60) -> (frameOf harmonic (chain (random.Next(1, 9)) k)).Snapshot ]
            let leastSnapshots, leastRows = random.Next(1, 20), random.Next(1, 200)
            let digests = DataFingerprint()

            let kept (order: Snapshot list) =
                let sample = SnapshotSample(3, leastSnapshots, leastRows)
                order |> List.iter (fun snapshot -> sample.Add(snapshot, digests.Add snapshot))
                sample.Snapshots

            let ranked = all |> List.sortBy (fun snapshot -> Fingerprint.rank 3 (digests.Add snapshot))

            let suffices count =
                count >= leastSnapshots && ranked |> List.take count |> List.sumBy (fun snapshot -> snapshot.Forces.Length) >= leastRows

            let expected = [ 1 .. ranked.Length ] |> List.tryFind suffices |> Option.defaultValue ranked.Length
            let found = kept (shuffled (int seed) all @ all)

            (found.Length = expected && Seq.forall2 (fun a b -> obj.ReferenceEquals(a, b)) found ranked)
            |> Prop.label $"{found.Length} of {expected}")

        testCase "frames that differ in forces, velocities or masses alone are different frames" (fun () ->
            let frame = (chain 3 1 |> frameOf harmonic).Snapshot
            let heavier = Structure.create frame.Structure.Cell frame.Structure.Relations [| 2.0; 2.0; 2.0 |]
            let doubled = Array.map (fun x -> 2.0 * x)
            let v, f = frame.Velocities.ToArray(), frame.Forces.ToArray()

            let alike =
                [
                    frame
                    Snapshot.create frame.Structure frame.State (doubled v) f
                    Snapshot.create frame.Structure frame.State v (doubled f)
                    Snapshot.create heavier frame.State v f
                ]

            let digests = DataFingerprint()
            let sample = SnapshotSample(1, 32, 1024)
            alike @ alike |> List.iter (fun snapshot -> sample.Add(snapshot, digests.Add snapshot))
            Expect.hasLength sample.Snapshots 4 "each once")

        testCase "the fingerprint of data knows every frame and how often it comes, and no order" (fun () ->
            let frames = frames harmonic 5 |> snapshots

            let hash (order: Snapshot list) =
                let fingerprint = DataFingerprint()
                order |> List.iter (fingerprint.Add >> ignore)
                fingerprint.Hash

            Expect.equal (hash (List.rev frames)) (hash frames) "order"
            Expect.notEqual (hash (frames @ [ frames[0] ])) (hash frames) "a copy"
            Expect.notEqual (hash frames[1..]) (hash frames) "without one"
            Expect.hasLength (hash frames) 64 "256 bits")
    ]

/// A source that gives one list in its first pass and another in every later one.
let private changing (first: Snapshot list) (later: Snapshot list) : Result<Snapshot, string> seq =
    let mutable passes = 0

    Seq.delay (fun () ->
        passes <- passes + 1
        (if passes = 1 then first else later) |> Seq.map Ok)

let private passes =
    [
        testCase "a source that changes between passes is refused, however it changes" (fun () ->
            let ten, other = snapshots (frames harmonic 10), (frameOf harmonic (chain 5 77)).Snapshot
            let train later = Training.fitStream config ignore (changing ten later)
            train (ten @ [ other; other ]) |> expectError (SourceChanged(10, 12))
            train ten[..6] |> expectError (SourceChanged(10, 7))
            train [] |> expectError (SourceChanged(10, 0))
            train (ten[..8] @ [ other ]) |> expectError (SourceChanged(10, 10))
            train (List.replicate 10 ten[0]) |> expectError (SourceChanged(10, 10))
            Expect.isOk (train (List.rev ten)) "another order is the same data")

        testCase "frames that blocks would have refused at first do not reach them later" (fun () ->
            let raw = { config with Recipes = [ RawBlock.recipe ]; Width = 8 }
            let ten, longer = snapshots (frames harmonic 10), (frameOf harmonic (chain 7 77)).Snapshot

            Training.fitStream raw ignore (changing ten (longer :: ten[1..])) |> expectError (SourceChanged(10, 10)))

        testCase "A-SWIM looks at its third pass as well" (fun () ->
            let ten = snapshots (frames harmonic 10)
            let mutable count = 0

            let source: Result<Snapshot, string> seq =
                Seq.delay (fun () ->
                    count <- count + 1
                    (if count < 3 then ten else ten[1..]) |> Seq.map Ok)

            Training.fitStream { config with Sampler = Sampler.approximateSwim } ignore source |> expectError (SourceChanged(10, 9)))
    ]

[<Tests>]
let tests = testList "Survey" (ordering @ passes)
