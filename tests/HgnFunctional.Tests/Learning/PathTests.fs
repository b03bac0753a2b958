/// Paths between frames: the points they have, how they follow forces, and what is told from bodies that meet between two frames.
module HgnFunctional.Tests.Learning.PathTests

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

/// A hot gas in a box, whose atoms meet and part within less than a tenth.
let private gas: Structure = Structure.create (Cell.create [ 3.6; 3.6; 3.6 ]) (Relations.within 1.7) (Array.create 27 1.0)

let private sites: float[] =
    [|
        for x in 0..2 do
            for y in 0..2 do
                for z in 0..2 do
                    yield! [| 1.2 * float x; 1.2 * float y; 1.2 * float z |]
    |]

let private law = PairSystem(gas, PairPotential.lennardJones 1.0 1.0 1.7)

let private statesEvery (interval: float) (seed: int) (count: int) : PhaseState list =
    let start = InitialState.perturbed 0.03 1.5 seed gas sites

    Trajectory.record (Splitting.on law SplittingMethod.blanesMoan6) (interval / 50.0) (50 * (count - 1)) 50 start
    |> expectOk
    |> List.ofSeq

let private states: int -> int -> PhaseState list = statesEvery 0.1

/// Velocities say as much as frames five times as close.
let private intervalFor (hasVelocities: bool) : float = if hasVelocities then 0.1 else 0.02

let private frames (hasVelocities: bool) (seed: int) (count: int) : Snapshot list =
    statesEvery (intervalFor hasVelocities) seed count
    |> List.mapi (fun index state ->
        let targets =
            if hasVelocities then
                // All masses are 1.
                { Targets.none with Velocities = Some(state.Momenta.ToArray()) }
            else
                Targets.none

        let state =
            if hasVelocities then
                state
            else
                PhaseState.create 27 3 (state.Positions.ToArray()) (Array.zeroCreate 81)

        Snapshot.tryOf gas state targets
        |> expectOk
        |> Snapshot.inTrajectory $"run {seed}"
        |> Snapshot.atTime (intervalFor hasVelocities * float index))

let private withForces (state: PhaseState) : Snapshot = Snapshot.ofHamiltonian gas law state |> expectOk

/// What was learned from forces is as good as the law itself.
let private truth: Lazy<TrainedModel> =
    lazy (states 1 60 @ states 2 60 |> List.map withForces |> Training.fit TrainingConfig.defaults |> expectOk)

let private weaker (factor: float) (model: TrainedModel) : ModelTerm list =
    model.Terms
    |> List.map (fun term ->
        if term.Block.Part = Potential then
            { term with Readout = Array.map ((*) factor) term.Readout }
        else
            term)

/// How far the points of a path lie from the motion, at most.
let private offPath (hasVelocities: bool) (guide: PathGuide option) : float =
    let form = if hasVelocities then Exact 2 else Exact 6
    let window = frames hasVelocities 5 form.Frames |> Array.ofList
    let rule = guide |> Option.map _.Rule |> Option.defaultValue PathRule.Coarse
    let first = form.Frames / 2 - 1
    let start = (statesEvery (intervalFor hasVelocities) 5 form.Frames)[first]

    let places =
        (struct (0.0, start), rule.Places)
        ||> Array.scan (fun (struct (now, state)) place ->
            let step = (place - now) * intervalFor hasVelocities / 20.0
            let integrator = Splitting.on law SplittingMethod.blanesMoan6
            struct (place, Seq.fold (fun state _ -> Integrator.step integrator step state |> expectOk) state [ 1..20 ]))
        |> Array.skip 1
        |> Array.map (fun (struct (_, state)) -> state.Positions.ToArray())

    match Observation.tryOver guide form window with
    | Some(Over(moments, _, _)) ->
        Array.zip places (Array.truncate places.Length moments)
        |> Array.map (fun (place, moment) -> Array.map2 (fun a b -> abs (a - b)) place (moment.State.Positions.ToArray()) |> Array.max)
        |> Array.max
    | other -> failtest $"no path: {other}"

let private paths =
    [
        testCase "a path that follows the right forces is the motion, and one that follows worse ones is nearer to it than none" (fun () ->
            for hasVelocities, factor, exact in [ true, 0.9, 1e-6; false, 0.99, 1e-9 ] do
                let along factor = offPath hasVelocities (Some { Terms = weaker factor truth.Value; Rule = PathRule 48 })
                let straight = offPath hasVelocities None
                Expect.isLessThan (along 1.0) exact $"right forces, velocities {hasVelocities}"
                Expect.isLessThan (along factor) (0.3 * straight) $"forces times {factor}, velocities {hasVelocities}; straight {straight}")

        testCase "what accelerations bend a path by is exact for polynomials" (fun () ->
            let rule = PathRule 5
            // x^4 - x vanishes at both ends of an interval of length 1.
            let missed = rule.Places |> Array.map (fun x -> 12.0 * x * x)
            let expected = rule.Places |> Array.map (fun x -> pown x 4 - x)
            let found = rule.Bow |> Array.map (fun row -> Array.sum (Array.map2 (*) row missed))
            closeTo "bent" 1.0 1e-13 expected found |> expectNone
            closeTo "weights" 1.0 1e-14 [| 1.0 |] [| Array.sum rule.Weights |] |> expectNone)

        testCase "pairs of a list with a skin, less those beyond the cutoff, are those of a search" (fun () ->
            let kinds = gas |> Structure.withSpecies [ for body in 0..26 -> if body % 3 = 0 then "A" else "B" ]
            let narrow = Structure.create (Cell.create [ 3.6; 3.6; 2.4 ]) (Relations.within 1.7) (Array.create 27 1.0)

            for structure in [ gas; kinds; narrow ] do
                let source = PairSource structure

                for state in states 7 6 do
                    let found, expected = source.Exactly state.Positions, Structure.pairs structure state.Positions
                    Expect.equal (found.Within.Senders.ToArray()) (expected.Within.Senders.ToArray()) "senders"
                    Expect.equal (found.Within.Receivers.ToArray()) (expected.Within.Receivers.ToArray()) "receivers"
                    Expect.equal (found.Within.Turns.ToArray()) (expected.Within.Turns.ToArray()) "images"

                    for kind in 0 .. expected.Within.Kinds - 1 do
                        Expect.equal (found.Within.Run kind) (expected.Within.Run kind) "runs")

        testCase "twice as many points make no difference beside what forces miss" (fun () ->
            let sample = frames true 5 40 |> Array.ofList
            let pointsFor terms = (Resolution.guideOf (Exact 2) sample terms).Rule.Places.Length
            let bad, good = pointsFor (weaker 0.5 truth.Value), pointsFor truth.Value.Terms
            Expect.isLessThan bad good $"{bad} points for bad forces, {good} for good ones")
    ]

let private steep =
    [
        testCase "bodies that meet and part between two frames tell their law" (fun () ->
            let model = [ 1..4 ] |> List.collect (fun seed -> frames true seed 60) |> Training.fit TrainingConfig.defaults |> expectOk
            let test = states 9 40 |> List.map withForces
            let error = (Evaluation.ofSnapshots model test |> expectOk).RelativeForceError
            Expect.isLessThan error 2e-5 $"{error:E1}")
    ]

[<Tests>]
let tests = testList "Paths" [ testList "between frames" paths; testList "steep laws" steep ]
