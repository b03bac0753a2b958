/// The four steps of a fit by themselves: in shares, in any order, through bytes, with further data.
module HgnFunctional.Tests.Learning.PartTests

open System
open Expecto
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Blocks
open HgnFunctional.Models
open HgnFunctional.Learning
open HgnFunctional.IO
open HgnFunctional.Systems
open HgnFunctional.Integrators
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Laws
open HgnFunctional.Tests.Support.Chains

let private small: TrainingConfig = { config with Width = 16 }

/// Frames with forces, some with energies, one coordinate pinned, of two trajectories.
let private withForces: Lazy<Snapshot[]> =
    lazy
        [|
            for seed in 1..1300 do
                let scene = chain 3 seed
                scene.Q[0] <- 0.0
                scene.P[0] <- 0.0

                (frameOf morse scene).Snapshot
                |> Snapshot.inTrajectory (if seed <= 700 then "one" else "two")
                |> Snapshot.weighing (if seed % 3 = 0 then 2.0 else 1.0)
        |]

/// Places at times: forces are told from how bodies move.
let private moving: Lazy<Snapshot[]> =
    lazy
        (let lattice = Topology.chain 2 2
         let structure = Structure.bonded 2 1.0 lattice.Graph
         let system = PairSystem(structure, PairPotential.morse 1.0 1.0 1.0)
         let integrator = Splitting.on system SplittingMethod.blanesMoan6

         [|
             for seed in 1..2 do
                 let start = InitialState.perturbed 0.05 0.15 seed structure lattice.Sites

                 yield!
                     (start, [ 1..399 ])
                     ||> List.scan (fun state _ -> Integrator.step integrator 0.1 state |> expectOk)
                     |> List.mapi (fun k state ->
                         let still = PhaseState.create 2 2 (state.Positions.ToArray()) (Array.zeroCreate 4)

                         Snapshot.tryOf structure still Targets.none
                         |> expectOk
                         |> Snapshot.inTrajectory $"run {seed}"
                         |> Snapshot.atTime (0.1 * float k))
         |])

let private stream (frames: Snapshot[]) : Result<struct (int64 * Snapshot), string> seq =
    frames |> Seq.mapi (fun number frame -> Ok(struct (int64 number, frame)))

/// What a step gives, through the bytes of its saved form.
let private throughBytes save restore part =
    match SavedForm.Fields(save part) |> SavedBytes.toBytes |> ReadOnlyMemory |> SavedBytes.tryOfBytes with
    | Some(SavedForm.Fields fields) -> restore fields |> expectOk
    | _ -> failtest "the bytes are not those of a form"

let private mergeAll merge parts = List.reduce (fun first second -> merge first second |> expectOk) parts

let private shuffled (seed: int) (items: 'item list) : 'item list =
    let all = Array.ofList items
    (Rng.stream seed "parts").Shuffle all
    List.ofArray all

/// Surveys, accumulates and solves in shares, each through bytes and in some order, until no round does better.
let private inShares (config: TrainingConfig) (frames: Snapshot[]) (count: int) (seed: int) : TrainedModel =
    let shards = [ for number in 0 .. count - 1 -> (Shard.tryCreate number count).Value ]

    let surveyOf shard =
        stream frames
        |> Seq.filter (fun frame ->
            match frame with
            | Ok(struct (number, _)) -> Shard.surveys shard number
            | Error _ -> true)
        |> Survey.ofFrames config ignore
        |> expectOk
        |> throughBytes Survey.save (Survey.restore config)

    let survey = shards |> shuffled seed |> List.map surveyOf |> mergeAll (Survey.merge config)

    let plan: Plan = Plan.draw config survey |> expectOk

    let rec settle (plan: Plan) (before: Fit option) =
        let plan = throughBytes Plan.save (Plan.restore config) plan

        let partOf shard =
            Accumulation.ofShard plan ignore shard (stream frames)
            |> expectOk
            |> throughBytes Accumulation.save (Accumulation.restore plan)

        let all = shards |> shuffled (seed + 1) |> List.map partOf |> mergeAll Accumulation.merge
        let fit: Fit = Fit.solve all |> expectOk

        match before, fit.Next with
        | Some before, _ when not fit.Improves -> before.Model
        | _, Some next -> settle next (Some fit)
        | _, None -> fit.Model

    settle plan None

let private sameModel (config: TrainingConfig) (frames: Snapshot[]) (counts: int list) () =
    let whole = Training.fit config frames |> expectOk |> ModelFile.toJson

    for count in counts do
        let shared = inShares config frames count (7 * count)
        Expect.equal (ModelFile.toJson shared) whole $"the model of {count} shares"

let private shares =
    [
        testCase
            "1, 2, 7 and 64 shares in any order, through bytes, give the model of one, to the last bit"
            (sameModel small withForces.Value [ 1; 2; 7; 64 ])
        testCase "motions that shares cut give the same windows, and paths that follow the forces the same rounds" (fun () ->
            sameModel { small with Stencil = Some(Exact 5) } moving.Value [ 3 ] ()
            sameModel small moving.Value [ 2 ] ())
        testCase
            "samplers that want the outputs of a first fit have two plans"
            (sameModel { small with Sampler = Sampler.approximateSwim } withForces.Value[..199] [ 2 ])
        testCase
            "wide systems merge in the same tree"
            (sameModel { small with Recipes = [ RawBlock.recipe ]; Width = 600; Ridge = Relative 1e-8 } withForces.Value[..999] [ 2 ])
    ]

let private surveyed: Lazy<Survey * Plan * Accumulation list> =
    lazy
        (let frames = withForces.Value
         let survey = Survey.ofStream small ignore (frames |> Seq.map Result<Snapshot, string>.Ok) |> expectOk
         let plan: Plan = Plan.draw small survey |> expectOk

         survey,
         plan,
         [ for number in 0..2 -> Accumulation.ofShard plan ignore (Shard.tryCreate number 3).Value (stream frames) |> expectOk ])

let private faults =
    [
        testCase "a lost share is named by its frames, and redone alone" (fun () ->
            let _, plan, parts = surveyed.Value
            let struct (first, stop) = plan.FramesOf (Shard.tryCreate 1 3).Value
            let incomplete = Accumulation.merge parts[0] parts[2] |> expectOk
            let solve (all: Accumulation) : Result<Fit, TrainingError<string>> = Fit.solve all

            match solve incomplete with
            | Error(PartsDiffer(NeverSeen(low, high))) -> Expect.equal (low, high) (first, stop - 1L) "the frames"
            | other -> failtest $"%A{other}"

            match solve parts[1] with
            | Error(PartsDiffer(NeverSeen(0L, _))) -> ()
            | other -> failtest $"%A{other}"

            match Accumulation.merge incomplete parts[1] |> Result.map solve with
            | Ok(Ok fit) ->
                let whole = Training.fit small withForces.Value |> expectOk
                Expect.equal (ModelFile.toJson fit.Model) (ModelFile.toJson whole) "the model"
            | other -> failtest $"%A{other}")

        testCase "a share that comes twice is refused, of surveys and of rows" (fun () ->
            let survey, plan, parts = surveyed.Value
            let struct (first, stop) = plan.FramesOf (Shard.tryCreate 1 3).Value
            Accumulation.merge parts[1] parts[1] |> expectError (SeenTwice(first, stop - 1L))
            Survey.merge small survey survey |> expectError (SeenTwice(0L, 511L)))

        testCase "parts of other options, plans and data are refused" (fun () ->
            let survey, plan, parts = surveyed.Value
            let other = { small with Width = 17 }
            let half = Survey.ofStream small ignore (withForces.Value[..599] |> Seq.map Result<Snapshot, string>.Ok) |> expectOk
            let otherPlan: Plan = Plan.draw small half |> expectOk
            let foreign = Accumulation.ofShard otherPlan ignore Shard.whole (stream withForces.Value[..599]) |> expectOk
            Survey.merge other survey survey |> expectError (MadeOtherwise "options")
            Survey.save survey |> Survey.restore other |> expectError (MadeOtherwise "options")
            Plan.save plan |> Plan.restore other |> expectError (MadeOtherwise "options")
            Plan.save plan |> Plan.restore { small with Ridge = Relative 0.5 } |> expectError (MadeOtherwise "options")
            Accumulation.merge parts[0] foreign |> expectError (MadeOtherwise "plans")
            Accumulation.save foreign |> Accumulation.restore plan |> expectError (MadeOtherwise "plans")
            let changed = Array.append withForces.Value[..1298] [| withForces.Value[0] |]
            let rows: Accumulation = Accumulation.ofStream plan ignore (changed |> Seq.map Result<Snapshot, string>.Ok) |> expectOk

            match (Fit.solve rows: Result<Fit, TrainingError<string>>) with
            | Error(PartsDiffer(MadeOtherwise "data than the survey")) -> ()
            | other -> failtest $"%A{other}"

            let longer = (frameOf morse (chain 4 1)).Snapshot
            let raw = { small with Recipes = [ RawBlock.recipe ] }
            let rawSurvey = Survey.ofStream raw ignore (withForces.Value[..99] |> Seq.map Result<Snapshot, string>.Ok) |> expectOk
            let rawPlan: Plan = Plan.draw raw rawSurvey |> expectOk

            match Accumulation.add ignore [ Result<Snapshot, string>.Ok longer ] (Accumulation.empty rawPlan) with
            | Error(BlockRefusesFrame(0L, _)) -> ()
            | other -> failtest $"%A{other}")

        testCase "damaged bytes are refused, whatever byte is damaged" (fun () ->
            let survey, plan, parts = surveyed.Value
            let bytes = SavedForm.Fields(Accumulation.save parts[0]) |> SavedBytes.toBytes
            let random = Rng.stream 1 "damage"

            for _ in 1..200 do
                let damaged = Array.copy bytes
                let place = random.Next bytes.Length
                damaged[place] <- damaged[place] ^^^ byte (random.Next(1, 256))

                // What a checksum would have told: it must not throw, nor ask for much memory.
                match SavedBytes.tryOfBytes (ReadOnlyMemory damaged) with
                | Some(SavedForm.Fields fields) -> Accumulation.restore plan fields |> ignore
                | _ -> ()

                let cut = SavedBytes.tryOfBytes (ReadOnlyMemory bytes[.. random.Next(bytes.Length - 1)])
                Expect.isFalse cut.IsSome "what was cut off"

            for fields, restore in
                [
                    Survey.save survey, (fun fields -> Survey.restore small fields |> Result.map ignore)
                    Plan.save plan, (fun fields -> Plan.restore small fields |> Result.map ignore)
                    Accumulation.save parts[0], (fun fields -> Accumulation.restore plan fields |> Result.map ignore)
                ] do
                for name, _ in fields do
                    if name <> "first" then
                        match fields |> List.filter (fun (other, _) -> other <> name) |> restore with
                        | Error(PartError.Damaged reason) -> Expect.stringContains reason name "names the field"
                        | other -> failtest $"without {name}: %A{other}")
    ]

let private later =
    [
        testCase "rows that were kept take further data, and are solved again" (fun () ->
            let frames, more = withForces.Value[..99], withForces.Value[700..]
            let survey = Survey.ofStream small ignore (frames |> Seq.map Result<Snapshot, string>.Ok) |> expectOk
            let plan: Plan = Plan.draw small survey |> expectOk
            let add (frames: Snapshot[]) = Accumulation.add ignore (frames |> Seq.map Result<Snapshot, string>.Ok)

            let kept = Accumulation.empty plan |> add frames |> expectOk |> throughBytes Accumulation.save (Accumulation.restore plan)

            let first: Fit = Fit.solve kept |> expectOk
            let second: Fit = add more kept |> expectOk |> Fit.solve |> expectOk
            Expect.equal first.Model.Provenance.Frames 100L "frames before"
            Expect.equal second.Model.Provenance.Frames 700L "frames after"
            Expect.equal (second.Model.Diagnostics |> List.sumBy _.Rows) 9330L "rows of free coordinates, by weight"

            let errorOf (fit: Fit) = (Metrics.Evaluation.ofSnapshots fit.Model withForces.Value[200..299] |> expectOk).RelativeForceError

            Expect.isLessThan (errorOf second) (0.5 * errorOf first) "more data, less error")
    ]

let private foreign =
    [
        testCase "further data of species or types that no column knows are refused, by frame and name" (fun () ->
            let frames = withForces.Value[..99]
            let survey = Survey.ofStream small ignore (frames |> Seq.map Result<Snapshot, string>.Ok) |> expectOk
            let plan: Plan = Plan.draw small survey |> expectOk
            let kept = Accumulation.ofStream plan ignore (frames |> Seq.map Result<Snapshot, string>.Ok) |> expectOk
            let known = frames[0].Structure
            let bonds = known.Relations.Bonds.Value |> Bonds.rename (fun _ -> "stiff")
            let other = Structure.tryWithRelations { known.Relations with Bonds = Some bonds } known |> expectOk
            let strange = Snapshot.tryOf other frames[0].State frames[0].Targets |> expectOk

            match Accumulation.add ignore [ Result<Snapshot, string>.Ok frames[1]; Ok strange ] kept with
            | Error(NotSurveyed(1L, UnknownBondType("stiff", [ "" ]))) -> ()
            | result -> failtest $"%A{result}")

        testCase "times that do not increase are refused in further data as well" (fun () ->
            let frames = moving.Value

            let plan: Plan =
                Survey.ofStream small ignore (frames |> Seq.map Result<Snapshot, string>.Ok) |> expectOk |> Plan.draw small |> expectOk

            let swapped = [ frames[0]; frames[2]; frames[1] ] |> List.map Result<Snapshot, string>.Ok

            match Accumulation.add ignore swapped (Accumulation.empty plan) with
            | Error(TimesDoNotIncrease(2L, _, _)) -> ()
            | result -> failtest $"%A{result}")
    ]

let private sums =
    [
        prop 100 "exact sums do not depend on how they are shared out, and are right" (fun (seed: int) ->
            let random = Rng.stream seed "exact sums"

            let values = Array.init (random.Next(1, 40)) (fun _ -> (random.NextDouble() - 0.5) * 10.0 ** float (random.Next(-120, 120)))

            let sumOf = Array.fold (fun sum value -> ExactSum.addSquare value sum) ExactSum.zero
            let middle = random.Next values.Length
            let shared = ExactSum.merge (sumOf values[middle..]) (sumOf values[.. middle - 1])
            let root = ExactSum.rootMean (int64 values.Length) shared
            let expected = SquareSum.rootMean (float values.Length) (SquareSum.ofValues (ReadOnlySpan<float> values))

            shared = sumOf values
            && ExactSum.tryOfText (ExactSum.toText shared) = Some shared
            && abs (root - expected) <= 1e-14 * expected)
        testCase "exact sums hold the smallest and the largest squares, and what is left of large ones" (fun () ->
            let squares values = List.fold (fun sum value -> ExactSum.addSquare value sum) ExactSum.zero values
            Expect.equal (ExactSum.rootMean 1L (squares [ 5e-324 ])) 5e-324 "the least"
            Expect.equal (ExactSum.rootMean 1L (squares [ 1e300 ])) 1e300 "beyond the range of squares"
            let sum = [ 1e16; 1.0; -1e16 ] |> List.fold (fun sum value -> ExactSum.add value sum) ExactSum.zero
            Expect.equal (ExactSum.value sum) 1.0 "nothing is rounded"
            Expect.equal (ExactSum.aboutMean 3L (ExactSum.add 9.0 ExactSum.zero) (squares [ 2.0; 3.0; 4.0 ])) 2.0 "about the mean")
    ]

[<Tests>]
let tests = testList "Parts" (shares @ faults @ later @ foreign @ sums)
