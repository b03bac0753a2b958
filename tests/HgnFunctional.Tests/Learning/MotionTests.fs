/// Laws told from how bodies move: positions alone, at even and uneven times, clean and noisy.
module HgnFunctional.Tests.Learning.MotionTests

open System
open Expecto
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Blocks
open HgnFunctional.Models
open HgnFunctional.Learning
open HgnFunctional.Systems
open HgnFunctional.Integrators
open HgnFunctional.Metrics
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Laws

let private chain = Topology.chain 8 3

let private structure: Structure =
    Structure.create (Cell.openSpace 3) (Relations.bonds chain.Graph) (Array.init 8 (fun body -> 1.0 + 0.5 * float (body % 2)))

let private system = PairSystem(structure, PairPotential.morse 1.0 1.0 1.0)

/// The states of a run at some times, ascending.
let private runAt (seed: int) (times: float[]) : PhaseState[] =
    let integrator = Splitting.on system SplittingMethod.blanesMoan6
    let start = InitialState.perturbed 0.05 0.15 seed structure chain.Sites

    times
    |> Array.scan
        (fun (now, state) time ->
            let steps = max 1 (int (ceil ((time - now) / 0.01)))
            let step state _ = Integrator.step integrator ((time - now) / float steps) state |> expectOk
            time, (if time > now then Seq.fold step state [ 1..steps ] else state))
        (times[0], start)
    |> Array.skip 1
    |> Array.map snd

/// What a camera sees of a run: places at times, with noise.
let private seen (noise: float) (timesOf: int -> float[]) (seeds: int list) : Snapshot list =
    [
        for seed in seeds do
            let random = Rng.stream seed "camera"
            let times = timesOf seed

            for time, state in Array.zip times (runAt seed times) do
                let errors = Rng.normals 24 random
                let places = state.Positions.ToArray() |> Array.mapi (fun k q -> q + noise * errors[k])

                Snapshot.tryOf structure (PhaseState.create 8 3 places (Array.zeroCreate 24)) Targets.none
                |> expectOk
                |> Snapshot.inTrajectory $"run {seed}"
                |> Snapshot.atTime time
    ]

let private every (interval: float) (count: int) : int -> float[] = fun _ -> Array.init count (fun k -> interval * float k)

let private after (intervals: Random -> float) : int -> float[] =
    fun seed ->
        let random = Rng.stream seed "times"
        Array.init 99 (fun _ -> intervals random) |> Array.scan (+) 0.0

let private truth: Lazy<Snapshot list> =
    lazy
        [
            for seed in 101..103 do
                for state in runAt seed (Array.init 10 (fun k -> 0.5 * float k)) ->
                    Snapshot.ofHamiltonian structure system state |> expectOk
        ]

let private errorOf (model: TrainedModel) : float = (Evaluation.ofSnapshots model truth.Value |> expectOk).RelativeForceError

let private learn (frames: Snapshot list) : TrainedModel = Training.fit TrainingConfig.defaults frames |> expectOk

let private accuracy =
    [
        for name, timesOf, bound in
            [
                "at even times", every 0.1 100, 5e-6
                "at uneven times", after (fun random -> 0.05 + 0.1 * random.NextDouble()), 1e-4
                "at random times", after (fun random -> -0.1 * log (1.0 - random.NextDouble())), 1e-3
            ] do
            testCase $"a chain known by its places alone, {name}" (fun () ->
                let model = seen 0.0 timesOf [ 1..6 ] |> learn
                let error = errorOf model
                Expect.isLessThan error bound "forces"
                Expect.equal (model.Terms |> List.map (fun term -> term.Block.Kind)) [ "body"; "pair" ] "masses and bonds"
                Expect.isFalse (model.Warnings |> List.exists _.IsPoorFit) "nothing is amiss")

        for noise, bound in [ 1e-3, 1e-3; 1e-2, 1e-2 ] do
            testCase $"a chain seen with noise of {noise}" (fun () ->
                let model = seen noise (every 0.05 200) [ 1..6 ] |> learn
                Expect.isLessThan (errorOf model) bound "forces"
                let found = model.Verdict.Value.Noise.Value
                Expect.isLessThan (abs (found / noise - 1.0)) 0.2 $"noise found: {found}"
                Expect.isFalse (model.Warnings |> List.exists _.IsPoorFit) "noise is no misfit")

        testCase "paths between coarse frames follow the forces that were found" (fun () ->
            let model = seen 0.0 (every 0.5 60) [ 1..6 ] |> learn
            let error = errorOf model
            Expect.isLessThan error 2e-6 $"five frames for a period: {error:E1}")

        testCase "velocities beside the places make coarse frames finer" (fun () ->
            let frames = seen 0.0 (every 1.0 40) [ 1..6 ]

            let withVelocities =
                [
                    for seed in 1..6 do
                        let times = every 1.0 40 seed

                        for time, state in Array.zip times (runAt seed times) do
                            let velocities = state.Momenta.ToArray() |> Array.mapi (fun k p -> p / structure.Masses[k / 3])

                            Snapshot.tryOf structure state { Targets.none with Velocities = Some velocities }
                            |> expectOk
                            |> Snapshot.inTrajectory $"run {seed}"
                            |> Snapshot.atTime time
                ]

            let alone, both = errorOf (learn frames), errorOf (learn withVelocities)
            Expect.isLessThan both (0.2 * alone) $"{both:E1} with velocities, {alone:E1} without")

        testCase "a chosen window may be as long as the runs, and one law for all kinds is judged by the same windows" (fun () ->
            let named (frame: Snapshot) =
                let kinds = Structure.withSpecies [ for body in 0..7 -> if body < 4 then "A" else "B" ] structure

                Snapshot.tryOf kinds (PhaseState.create 8 3 (frame.State.Positions.ToArray()) (Array.zeroCreate 24)) Targets.none
                |> expectOk
                |> Snapshot.inTrajectory frame.Trajectory
                |> Snapshot.atTime frame.Time.Value

            let frames = seen 0.0 (every 0.05 160) [ 1..4 ] |> List.map named
            let config = { TrainingConfig.defaults with Stencil = Some(Smooth 101); ShowsEvidence = true }
            let verdict = (Training.fit config frames |> expectOk).Verdict.Value
            let kinds = verdict.Families |> List.find (fun family -> family.Family = "kinds")
            Expect.equal kinds.Standing NotNeeded "one law"
            Expect.isLessThan kinds.Without 1e-3 $"an error of its own: {kinds.Without}")

        testCase "places that wrap around a box are those of one motion" (fun () ->
            let ring = Structure.create (Cell.create [ 4.0; 0.0; 0.0 ]) (Relations.bonds chain.Graph) (structure.Masses.ToArray())

            let wrapped (frame: Snapshot) =
                let places = frame.State.Positions.ToArray() |> Array.mapi (fun k q -> if k % 3 = 0 then q - 4.0 * floor (q / 4.0) else q)

                Snapshot.tryOf ring (PhaseState.create 8 3 places (Array.zeroCreate 24)) Targets.none
                |> expectOk
                |> Snapshot.inTrajectory frame.Trajectory
                |> Snapshot.atTime frame.Time.Value

            let model = seen 0.0 (every 0.1 100) [ 1..6 ] |> List.map wrapped |> learn
            let frame = truth.Value[4]
            let place = PhaseState.create 8 3 (frame.State.Positions.ToArray()) (Array.zeroCreate 24)
            let _, forces = Model.bind ring model |> expectOk |> (fun dynamics -> Dynamics.timeDerivative dynamics place)
            closeTo "forces" 1.0 1e-4 (frame.Forces.ToArray()) forces |> expectNone)
    ]

let private faults =
    [
        testCase "frames too far apart are said, and how many there are for a period is seen" (fun () ->
            // A dimer of frequency 2, and so a period of pi.
            let dimer = Structure.bonded 1 1.0 (Topology.chain 2 1).Graph

            let framesAt (law: PairPotential) (size: float) (interval: float) : Snapshot list =
                let integrator = Splitting.on (PairSystem(dimer, law)) SplittingMethod.blanesMoan6

                [
                    for seed in 1..20 do
                        let start = InitialState.perturbed size size seed dimer [| 0.0; 1.0 |]
                        let states = Trajectory.record integrator (interval / 100.0) 6000 100 start |> expectOk

                        for index, state in Seq.indexed states do
                            Snapshot.tryOf dimer (PhaseState.create 2 1 (state.Positions.ToArray()) [| 0.0; 0.0 |]) Targets.none
                            |> expectOk
                            |> Snapshot.inTrajectory $"{seed}"
                            |> Snapshot.atTime (interval * float index)
                ]

            for interval in [ 0.3; 0.6 ] do
                let frames = MotionErrors.framesPerPeriod (Array.ofList (framesAt (PairPotential.harmonic 2.0 1.0) 0.1 interval))
                Expect.isLessThan (abs (frames.Value * interval / Math.PI - 1.0)) 0.3 $"{frames}"

            let causes =
                (learn (framesAt (PairPotential.morse 1.0 1.0 1.0) 0.3 1.6)).Warnings
                |> List.collect (function
                    | PoorFit(_, causes) -> causes
                    | _ -> [])

            Expect.equal causes [ FramesFarApart None ] "less than two frames for a period")

        testCase "times that do not increase, other bodies, and too few frames are refused" (fun () ->
            let frames = seen 0.0 (every 0.1 20) [ 1 ]
            let fails frames = Training.fit TrainingConfig.defaults frames |> Result.map ignore
            let back = List.truncate 10 frames @ [ Snapshot.atTime 0.3 frames[10] ]
            Expect.equal (fails back) (Error(TimesDoNotIncrease(10, frames[9].Time.Value, 0.3))) "back in time"
            Expect.equal (fails (List.truncate 3 frames)) (Error(TooFewFrames(3, 4))) "few"

            let two = Structure.bonded 3 1.0 (Topology.chain 2 3).Graph

            let other =
                Snapshot.tryOf two (PhaseState.create 2 3 [| 0.0; 0.0; 0.0; 1.0; 0.0; 0.0 |] (Array.zeroCreate 6)) Targets.none
                |> expectOk
                |> Snapshot.inTrajectory "run 1"
                |> Snapshot.atTime 99.0

            Expect.equal (fails (frames @ [ other ])) (Error(OtherBodies(20, 8, 2))) "two bodies")

        testCase "bodies that never move are pinned" (fun () ->
            let held = structure |> Structure.withPinned [ 0; 7 ]
            let system = PairSystem(held, PairPotential.morse 1.0 1.0 1.0)
            let start = InitialState.perturbed 0.05 0.15 4 structure chain.Sites
            let momenta = start.Momenta.ToArray() |> Array.mapi (fun k p -> if k / 3 = 0 || k / 3 = 7 then 0.0 else p)
            let start = PhaseState.create 8 3 (start.Positions.ToArray()) momenta

            let frames =
                Trajectory.record (Splitting.on system SplittingMethod.blanesMoan6) 0.01 2000 10 start
                |> expectOk
                |> Seq.mapi (fun index state ->
                    Snapshot.tryOf structure (PhaseState.create 8 3 (state.Positions.ToArray()) (Array.zeroCreate 24)) Targets.none
                    |> expectOk
                    |> Snapshot.atTime (0.1 * float index))
                |> List.ofSeq

            let model = learn frames
            Expect.equal model.Verdict.Value.PinnedBodies 2 "found"
            Expect.isLessThan (errorOf model) 1e-3 "what holds them is no force of the chain")

        testCase "the order of trajectories and of frames between them changes no more than rounding" (fun () ->
            let frames = seen 0.0 (every 0.1 60) [ 1..3 ]
            let byRun = frames |> List.groupBy _.Trajectory |> List.map snd
            let interleaved = byRun |> List.transpose |> List.concat
            let forces (model: TrainedModel) = truth.Value |> List.map (fun frame -> snd (Model.predict model frame)) |> Array.concat
            closeTo "backwards" 1.0 1e-7 (forces (learn frames)) (forces (learn (List.concat (List.rev byRun)))) |> expectNone
            closeTo "in turn" 1.0 1e-7 (forces (learn frames)) (forces (learn interleaved)) |> expectNone)
    ]

let private stencils =
    [
        testCase "stencils are exact for polynomials, at whatever times" (fun () ->
            for hasVelocities in [ false; true ] do
                for form in [ Exact 3; Exact 5; Exact 8; Smooth 9; Smooth 17 ] do
                    let random = Rng.stream 7 "stencil times"
                    let times = Rng.uniforms form.Frames 0.5 1.5 random |> Array.scan (+) 0.0 |> Array.skip 1
                    let stencil = Stencil.create form hasVelocities times
                    let middle = times[times.Length / 2]
                    let at power t = ((t - middle) / 3.0) ** float power
                    let slopeOf power t = if power = 0 then 0.0 else float power / 3.0 * at (power - 1) t
                    let bendOf power t = if power < 2 then 0.0 else float (power * (power - 1)) / 9.0 * at (power - 2) t
                    let sum (weights: float[]) (f: float -> float) = Array.fold2 (fun total w t -> total + w * f t) 0.0 weights times
                    let both f slope (struct (ofQ, ofV)) = sum ofQ f + sum ofV slope

                    let points =
                        match stencil.Forces with
                        | AtFrames _ -> [||]
                        | AlongPath intervals -> intervals |> Array.collect (fun (struct (_, points)) -> points)

                    let weights =
                        match stencil.Forces with
                        | AtFrames weights -> weights
                        | AlongPath _ -> points |> Array.map (fun (struct (_, weight)) -> weight)

                    closeTo "weights" 1.0 1e-12 [| 1.0 |] [| Array.sum weights |] |> expectNone
                    // A motion that the frames determine.
                    let highest =
                        if hasVelocities && form.Frames < 9 then
                            2 * form.Frames - 1
                        else
                            min form.Frames 8 - 1

                    for power in 0 .. min 4 highest do
                        let moved = sum stencil.OfPositions (at power) + sum stencil.OfVelocities (slopeOf power)

                        // The second derivative, where each point of the path says that it is.
                        let force =
                            match stencil.Forces with
                            | AtFrames weights -> sum weights (bendOf power)
                            | AlongPath _ ->
                                points
                                |> Array.sumBy (fun (struct (point, weight)) ->
                                    let time = both id (fun _ -> 1.0) point.Place

                                    let found =
                                        [| point.Place; point.Velocity; point.Acceleration |]
                                        |> Array.map (both (at power) (slopeOf power))

                                    let expected = [| at power time; slopeOf power time; bendOf power time |]
                                    closeTo "on the path" 1.0 1e-8 expected found |> expectNone
                                    weight * bendOf power time)

                        closeTo $"{form}, velocities {hasVelocities}, power {power}" 1.0 1e-9 [| force |] [| moved |] |> expectNone)
    ]

[<Tests>]
let tests = testList "Motion" [ testList "accuracy" accuracy; testList "faults" faults; testList "stencils" stencils ]
