/// Learning from whatever was measured: forces alone, energies alone, both, with weights.
module HgnFunctional.Tests.Learning.TargetTests

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
open HgnFunctional.Systems
open HgnFunctional.Integrators
open HgnFunctional.Metrics
open HgnFunctional.IO
open HgnFunctional.Tests.Support.Laws

/// Energies of single bodies, which no force tells.
let private zeros = Map [ "A", -3.7; "B", -2.1 ]

/// A mixture in a box: two species, three laws.
let private structureOf (bodies: int) : Structure * float[] =
    let made, sites = KnownSystem.mixture.Create 4
    let species = List.init made.Bodies (fun body -> if body % bodies = 0 then "A" else "B")
    Structure.withSpecies species made, sites

let private systemOf: Structure -> SumSystem = KnownSystem.mixture.Hamiltonian

let private restAt (state: PhaseState) : PhaseState =
    PhaseState.create state.Bodies state.Dimension (state.Positions.ToArray()) (Array.zeroCreate state.Positions.Length)

/// Structures at rest, with forces and with energies whose zero is that of the species.
let private measured (composition: int) (seeds: int list) : (PhaseState * Structure * float[] * float) list =
    let structure, sites = structureOf composition
    let system = systemOf structure
    let zero = Seq.sum (seq { for body in 0 .. structure.Bodies - 1 -> zeros[structure.Species.NameOf body] })

    [
        for seed in seeds do
            let state = InitialState.perturbed 0.08 0.0 seed structure sites |> restAt
            let _, forces = Hamiltonian.timeDerivative system state
            state, structure, forces, Hamiltonian.value system state + zero
    ]

let private snapshots (hasForces: bool) (hasEnergy: bool) (data: (PhaseState * Structure * float[] * float) list) : Snapshot list =
    [
        for state, structure, forces, energy in data do
            let targets =
                { Targets.none with
                    Forces = if hasForces then Some forces else None
                    Energy = if hasEnergy then Some energy else None
                }

            Snapshot.tryOf structure state targets |> expectOk
    ]

let private errorOf (target: string) (evaluation: Evaluation) : float =
    (evaluation.Errors |> List.find (fun error -> error.Target = target && error.Species.IsNone && error.Group.IsNone)).Relative

let private test = measured 3 [ 201..206 ] @ measured 2 [ 207..212 ]

let private evaluated (model: TrainedModel) : Evaluation = Evaluation.ofSnapshots model (snapshots true true test) |> expectOk

let private learned = measured 3 [ 1..40 ] @ measured 2 [ 41..80 ]

[<Tests>]
let tests =
    testList
        "Targets"
        [
            testCase
                "forces alone give energies up to a constant, energies alone give forces, and both give both with their zero"
                (fun () ->
                    for hasForces, hasEnergy, forceBound, energyBound in
                        [ true, false, 1e-6, 1e-6; false, true, 1e-2, 1e-3; true, true, 1e-6, 1e-6 ] do
                        let what = $"forces {hasForces}, energies {hasEnergy}"
                        let model = snapshots hasForces hasEnergy learned |> Training.fit TrainingConfig.defaults |> expectOk
                        let evaluation = evaluated model
                        Expect.isTrue model.KineticFromMasses $"{what}: T is that of the masses"
                        Expect.isLessThan evaluation.RelativeForceError forceBound $"{what}: forces"

                        if hasEnergy then
                            Expect.isLessThan (errorOf "energies" evaluation) energyBound $"{what}: energies"
                            Expect.isTrue model.KnowsZeroOfEnergy "their zero"

                            for constant in model.Constants do
                                if constant.Quantity = "energy of a body" && hasForces then
                                    Expect.floatClose
                                        { absolute = 1e-5; relative = 0.0 }
                                        constant.Value
                                        zeros[constant.Bodies.Split(' ') |> Array.last]
                                        constant.Bodies
                        else
                            // The zero of each composition is its own.
                            let ofOne = test |> List.truncate 6 |> snapshots true true |> Evaluation.ofSnapshots model |> expectOk
                            Expect.isLessThan (errorOf "energies" ofOne) energyBound $"{what}: differences of energies")

            testCase "a model of energies comes back from its file, and moves bodies rightly" (fun () ->
                let model = snapshots true true learned |> Training.fit TrainingConfig.defaults |> expectOk
                let back = ModelFile.ofJson "m.json" (ModelFile.toJson model) |> expectOk
                Expect.equal (ModelFile.toJson back) (ModelFile.toJson model) "the same file"
                let state, structure, _, energy = test.Head

                match Model.bind structure back |> expectOk with
                | Separable hamiltonian ->
                    let start = InitialState.perturbed 0.05 0.3 3 structure (snd (structureOf 3))

                    Expect.floatClose
                        { absolute = 1e-4; relative = 0.0 }
                        (Hamiltonian.value hamiltonian state)
                        energy
                        "the energy of the data"

                    let run (system: ISeparableHamiltonian) =
                        Trajectory.record (Splitting.on system SplittingMethod.stormerVerlet) 0.002 100 100 start |> expectOk |> Seq.last

                    let learned, truth = run hamiltonian, run (systemOf structure)
                    closeTo "positions" 1.0 1e-5 (truth.Positions.ToArray()) (learned.Positions.ToArray()) |> expectNone
                | other -> failtest $"{other}")

            testCase "a frame of weight 2 is the frame given twice, whatever was measured" (fun () ->
                for hasForces, hasEnergy in [ true, true; true, false; false, true ] do
                    let frames = snapshots hasForces hasEnergy learned
                    let fit frames = Training.fit TrainingConfig.defaults frames |> expectOk
                    let twice = fit (frames @ List.truncate 10 frames)
                    let weighed = fit (frames |> List.mapi (fun index frame -> if index < 10 then Snapshot.weighing 2.0 frame else frame))
                    let state, structure, _, _ = test.Head

                    let forces model =
                        Model.bind structure model |> expectOk |> (fun dynamics -> snd (Dynamics.timeDerivative dynamics state))

                    closeTo $"forces {hasForces}, energies {hasEnergy}" 1.0 1e-7 (forces twice) (forces weighed) |> expectNone)

            testCase "targets count by their weights, and those of weight 0 not at all" (fun () ->
                let frames = snapshots true true (List.truncate 20 learned)
                let fit weights = Training.fit { TrainingConfig.defaults with Weights = weights } frames |> expectOk
                let without = fit { TrainingConfig.defaults.Weights with Energies = 0.0 }
                let onlyForces = snapshots true false (List.truncate 20 learned) |> Training.fit TrainingConfig.defaults |> expectOk
                let state, structure, _, _ = test.Head
                let forces model = Model.bind structure model |> expectOk |> (fun dynamics -> snd (Dynamics.timeDerivative dynamics state))
                closeTo "forces" 1.0 1e-9 (forces onlyForces) (forces without) |> expectNone)

            testCase "errors are told by group" (fun () ->
                let model = snapshots true true learned |> Training.fit TrainingConfig.defaults |> expectOk

                let grouped =
                    snapshots true true test
                    |> List.mapi (fun index frame -> Snapshot.inGroup (if index < 6 then "bulk" else "mixed") frame)

                let evaluation = Evaluation.ofSnapshots model grouped |> expectOk
                let groups target = evaluation.Errors |> List.filter (fun error -> error.Target = target) |> List.choose _.Group
                Expect.equal (groups "forces") [ "bulk"; "mixed" ] "forces"
                Expect.equal (groups "energies") [ "bulk"; "mixed" ] "energies"

                for error in evaluation.Errors do
                    Expect.isLessThanOrEqual error.MeanAbsolute error.RootMeanSquare "a mean is no larger than a root mean square")

            testCase "data that say nothing, and energies of blocks that have none, are refused" (fun () ->
                let bare = snapshots false false (List.truncate 3 learned)
                Training.fit TrainingConfig.defaults bare |> Result.map ignore |> expectError NothingMeasured
                let model = snapshots true false (List.truncate 3 learned) |> Training.fit TrainingConfig.defaults |> expectOk
                Evaluation.ofSnapshots model bare |> Result.map ignore |> expectError NothingWasMeasured
                let still = snapshots true false (List.truncate 3 learned) |> Evaluation.ofSnapshots model |> expectOk
                Expect.isTrue (Double.IsNaN still.RelativeVelocityError) "no velocities, no error"
                let energies = snapshots true true (List.truncate 3 learned)
                let message = Blocks.all |> List.find (fun recipe -> recipe.Kind = "message")

                match Training.fit { TrainingConfig.defaults with Recipes = [ message ]; Width = 4 } energies with
                | Error(EnergiesNeedSplit block) -> Expect.equal block "message" "block"
                | other -> failtest $"{other}"

                Expect.throwsT<ArgumentException> (fun () -> Snapshot.weighing 0.0 energies.Head |> ignore) "a weight of 0"
                let state, structure, _, _ = test.Head

                Snapshot.tryOf structure state { Targets.none with Energy = Some nan }
                |> Result.map ignore
                |> expectError NotFiniteEnergy)
        ]
