module HgnFunctional.Tests.Learning.TrainingTests

open System
open Expecto
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Blocks
open HgnFunctional.Models
open HgnFunctional.Learning
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Generators
open HgnFunctional.Tests.Support.Laws
open HgnFunctional.Tests.Support.Chains

let private readouts (model: TrainedModel) : float[] = model.Terms |> Seq.collect _.Readout |> Array.ofSeq

let private sameModel (first: TrainedModel) (second: TrainedModel) : Verdict =
    identical "readouts" (readouts first) (readouts second)
    |> orElse (fun () -> identical "constant" [| first.Constant |] [| second.Constant |])
    |> orElse (fun () -> if first.Provenance = second.Provenance then None else Some "another provenance")

/// Predictions of a model against the truth on a chain it has not seen, three times as long.
let private expectAccurate (tolerance: float) (slope: float -> float) (model: TrainedModel) : unit =
    let scene = chain 15 99
    let truth = frameOf slope scene
    let gradientQ, gradientP = predict model scene
    close "forces" tolerance truth.Forces (Array.map (~-) gradientQ) |> expectNone
    close "velocities" tolerance truth.Velocities gradientP |> expectNone

let private learning =
    [
        testCase "harmonic springs are learned exactly, and carry over to a longer chain" (fun () ->
            frames harmonic 20 |> fit config |> expectAccurate Tolerance.springs harmonic)

        testCase "units that the evidence switches off leave the model, where the trend is the law" (fun () ->
            let features (potential: float -> float) =
                let model = frames potential 40 |> fit config
                model.Terms |> List.map _.Block |> List.map (fun block -> block.Width, block.Trend)

            for width, trend in features harmonic do
                Expect.equal width trend "the trend alone"

            let pairs, trendOfPairs = features morse |> List.last
            Expect.isGreaterThan pairs trendOfPairs "Morse bonds need units")

        testCase "Morse bonds are learned" (fun () -> frames morse 40 |> fit config |> expectAccurate Tolerance.smoothForces morse)

        testCase "energy differences are those of the springs" (fun () ->
            let model = frames harmonic 20 |> fit config

            let energy (scene: Scene) =
                match Model.bind scene.Structure model with
                | Ok dynamics -> Hamiltonian.value dynamics.Hamiltonian scene.State
                | Error error -> failtest (string error)

            let exact (scene: Scene) =
                let kinetic = scene.P |> Array.mapi (fun k p -> p * p / (2.0 * scene.Masses[k / 2])) |> Array.sum
                let length (a, b) = sqrt (pown (scene.Q[2 * a] - scene.Q[2 * b]) 2 + pown (scene.Q[2 * a + 1] - scene.Q[2 * b + 1]) 2)
                kinetic + (scene.Edges |> List.sumBy (fun edge -> pown (length edge - 1.0) 2))

            close "at the first snapshot" Tolerance.exactLaw [| 0.0 |] [| energy (chain 5 1) |] |> expectNone
            let expected = exact (chain 5 77) - exact (chain 5 1)
            close "difference" Tolerance.springs [| expected |] [| energy (chain 5 77) |] |> expectNone)

        testCase "every sampler and activation trains" (fun () ->
            for sampler in Sampler.all do
                for activation in Activation.all do
                    let model = frames harmonic 12 |> fit { config with Sampler = sampler; Activation = activation; Width = 8 }
                    Expect.equal model.Provenance.Sampler sampler.Name "sampler"
                    expectAccurate Tolerance.springs harmonic model)

        testCase "A-SWIM draws other units than uniform SWIM, and fits Morse bonds" (fun () ->
            let approximate = frames morse 40 |> fit { config with Sampler = Sampler.approximateSwim }
            let uniform = frames morse 40 |> fit { config with Sampler = Sampler.uniformSwim }
            expectAccurate Tolerance.smoothForces morse approximate
            Expect.notEqual (readouts approximate) (readouts uniform) "readouts")

        testCase "a single body and bodies without bonds train" (fun () ->
            for bodies in [ 1; 3 ] do
                let lonely seed = frameOf harmonic { chain bodies seed with Edges = [] }
                let model = [ for seed in 1..8 -> lonely seed ] |> fit { config with Width = 8 }
                let truth = lonely 50
                let gradientQ, gradientP = predict model truth.Scene
                Expect.allEqual gradientQ 0.0 "forces"
                close "velocities" Tolerance.springs truth.Velocities gradientP |> expectNone)

        testCase "a model within a cutoff trains, and refuses other structures" (fun () ->
            // c(r) u^k with c quartic in r: the force law is in the span of the trend.
            let energySlope (r: float) = if r < 1.8 then -4.0 * r / 3.24 * (1.0 - r * r / 3.24) else 0.0

            let all =
                [
                    for a in 0..4 do
                        for b in a + 1 .. 4 -> a, b
                ]

            let frame seed =
                let truth = frameOf energySlope { chain 5 seed with Edges = all }
                { truth with Scene = { truth.Scene with Edges = []; Cutoff = Some 1.8 } }

            let model = [ for seed in 1..40 -> frame seed ] |> fit config
            let truth = frame 90
            let gradientQ, _ = predict model truth.Scene
            close "forces" Tolerance.smoothForces truth.Forces (Array.map (~-) gradientQ) |> expectNone
            let other cutoff = { truth.Scene with Cutoff = cutoff }
            Model.bind (other None).Structure model |> expectError (NeedsReach(Reach.within 1.8))
            Model.bind (other (Some 1.7)).Structure model |> expectError (NeedsReach(Reach.within 1.8))
            Model.bind truth.Scene.Structure (frames harmonic 8 |> fit config) |> expectError NeedsBonds)
    ]

/// The frame seen in units in which lengths, masses and times have the given measures.
let private inUnits (length: float) (mass: float) (time: float) (frame: Frame) : Frame =
    let scale factor = Array.map (fun x -> factor * x)

    {
        Scene =
            { frame.Scene with
                Masses = frame.Scene.Masses |> List.map (fun m -> mass * m)
                Q = frame.Scene.Q |> scale length
                P = frame.Scene.P |> scale (mass * length / time)
            }
        Velocities = frame.Velocities |> scale (length / time)
        Forces = frame.Forces |> scale (mass * length / (time * time))
    }

let private laws =
    let data = frames morse 30
    let model = lazy fit config data

    [
        testCase "the same seed and data give the same model, bit for bit" (fun () ->
            for sampler in Sampler.all do
                let config = { config with Sampler = sampler }
                sameModel (fit config data) (fit config (frames morse 30)) |> expectNone

            Expect.notEqual (readouts (fit { config with Seed = 2 } data)) (readouts model.Value) "another seed")

        testCase "concurrent runs give the bits of one run alone" (fun () ->
            // Enough snapshots for several chunks, which a busy pool of threads works on in another order each time.
            let many = [ for seed in 1..700 -> (frameOf morse (chain 5 seed)).Snapshot ]

            let run () =
                match Training.fit { config with Width = 8 } many with
                | Ok model -> model
                | Error error -> failtest (string error)

            let alone = run ()
            let together = Array.Parallel.init 6 (fun _ -> run ())

            for other in together do
                sameModel alone other |> expectNone)

        prop 8 "the units of the data do not matter" (fun (seed: uint16) ->
            let factors = Rng.uniforms 3 -2.0 2.0 (Rng.stream (int seed) "units") |> Array.map (fun power -> 10.0 ** power)
            let length, mass, time = factors[0], factors[1], factors[2]
            // Few units, so that the fit is not exact and a change of its features shows.
            let config = { config with Width = 6 }
            let other = data |> List.map (inUnits length mass time) |> fit config
            let truth = frameOf morse (chain 7 60)
            let seen = inUnits length mass time truth
            let (expectedQ, expectedP), (gradientQ, gradientP) = predict (fit config data) truth.Scene, predict other seen.Scene
            let back factor = Array.map (fun x -> x / factor)

            close "forces" Tolerance.otherUnits expectedQ (gradientQ |> back (mass * length / (time * time)))
            |> orElse (fun () -> close "velocities" Tolerance.otherUnits expectedP (gradientP |> back (length / time)))
            |> judge)

        testCase "what a model reports is what it was made of" (fun () ->
            let model = model.Value
            Expect.equal model.Provenance.Frames 30 "frames"
            Expect.equal (model.Provenance.Seed, model.Provenance.Width) (1, 32) "seed and width"
            Expect.equal (model.Diagnostics |> List.map _.Part) [ "kinetic"; "potential" ] "parts"
            Expect.equal (model.Diagnostics |> List.map _.Rows) [ 300L; 300L ] "rows"

            for term in model.Terms do
                Expect.equal term.Readout.Length term.Block.Width "a readout for each feature"

            let changed = fit config (frames morse 29)
            Expect.notEqual changed.Provenance.DataHash model.Provenance.DataHash "another hash")
    ]

let private failures =
    let bonded = frames harmonic 2 |> snapshots
    let cutoff radius = frameOf harmonic { chain 5 1 with Edges = []; Cutoff = Some radius }

    [
        testCase "no snapshots" (fun () -> Training.fit config [] |> expectError NoSnapshots)

        testCase "mixed interactions name the frame" (fun () ->
            Training.fit config (bonded @ [ (cutoff 1.5).Snapshot ]) |> expectError (MixedInteractions 2)
            Training.fit config [ (cutoff 1.5).Snapshot; (cutoff 1.6).Snapshot ] |> expectError (MixedInteractions 1)
            Expect.isOk (Training.fit { config with Width = 4 } [ (cutoff 1.5).Snapshot; (cutoff 1.5).Snapshot ]) "one cutoff")

        testCase "an error in the stream is passed on, from any pass" (fun () ->
            let failing = Seq.append (bonded |> Seq.map Ok) [ Error "the disk is full" ]
            Training.fitStream config ignore failing |> expectError (SourceFailed "the disk is full")
            Training.fitStream config ignore (Seq.singleton (Error 7)) |> expectError (SourceFailed 7)
            let mutable passes = 0

            let failsLater =
                seq {
                    passes <- passes + 1
                    yield! bonded |> Seq.map Ok

                    if passes > 1 then
                        Error "gone"
                }

            Training.fitStream config ignore failsLater |> expectError (SourceFailed "gone"))

        testCase "a stream is read twice, and three times for A-SWIM" (fun () ->
            for sampler, expected in [ Sampler.elm, 2; Sampler.swim, 2; Sampler.approximateSwim, 3 ] do
                let passes = ref 0

                let source: Result<Snapshot, string> seq =
                    seq {
                        passes.Value <- passes.Value + 1
                        yield! bonded |> Seq.map Ok
                    }

                Expect.isOk (Training.fitStream { config with Sampler = sampler; Width = 4 } ignore source) sampler.Name
                Expect.equal passes.Value expected sampler.Name)

        testCase "a width below one is refused" (fun () ->
            Expect.throwsT<ArgumentException> (fun () -> Training.fit { config with Width = 0 } bonded |> ignore) "width")
    ]

[<Tests>]
let tests = testList "Training" [ testList "learning" learning; testList "laws" laws; testList "failures" failures ]
