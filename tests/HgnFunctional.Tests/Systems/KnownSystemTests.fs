/// Laws of every known system, and what the default model makes of each: print precision on real systems.
module HgnFunctional.Tests.Systems.KnownSystemTests

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
open HgnFunctional.Tests.Support.Laws

let private startOf (family: KnownSystem) (size: int) (seed: int) : Structure * PhaseState =
    let structure, sites = family.Create size
    structure, InitialState.perturbed 0.05 0.2 seed structure sites

let private integratorOf (system: IHamiltonian) : Integrator =
    match Dynamics.ofHamiltonian system with
    | Separable hamiltonian -> Splitting.on hamiltonian SplittingMethod.stormerVerlet
    | Driven(Separable hamiltonian, drive) -> Splitting.onDriven hamiltonian drive SplittingMethod.stormerVerlet
    | other -> failtest $"{other}"

let private laws =
    [
        for family in KnownSystem.all do
            testCase $"{family.Name}: forces are the derivatives of the energy" (fun () ->
                let structure, start = startOf family 2 1
                let system: ISeparableHamiltonian = family.Hamiltonian structure
                let forces = Array.zeroCreate<float> start.Positions.Length
                system.ForceInto(start.Positions, Span<float> forces)
                let positions = start.Positions.ToArray()
                let energy (q: float[]) = [| system.PotentialEnergy(ReadOnlySpan<float> q) |]
                let isFree k = structure.Pins.Length = 0 || not structure.Pins[k]
                let some = [| 0 .. max 1 (positions.Length / 24) .. positions.Length - 1 |] |> Array.filter isFree
                let numerical = some |> Array.map (fun k -> -(derivative 1e-3 energy positions k)[0])
                close "forces" 1e-7 numerical (some |> Array.map (fun k -> forces[k])) |> expectNone
                Expect.isGreaterThan (forces |> Array.map abs |> Array.max) 1e-3 "there are forces")

            testCase $"{family.Name}: a run keeps energy and momentum" (fun () ->
                let structure, start = startOf family 2 2
                let system = KnownSystem.system family structure
                let observer = Conservation.observerOf family.HasSurroundings structure system
                let kept = Trajectory.observe observer (integratorOf system) 0.002 500 10 start |> expectOk
                Expect.isLessThan kept.EnergyDriftMax 1e-3 "energy, but for the work of drag"
                Expect.equal kept.MomentumDrift.IsSome (not family.HasSurroundings) "what is conserved"
                Expect.isLessThan (Option.defaultValue 0.0 kept.MomentumDrift) 1e-11 "momentum")

            testCase $"{family.Name}: names and sources are given, and moving all bodies together changes no energy" (fun () ->
                Expect.isNotEmpty family.Source "source"
                let structure, start = startOf family 2 3
                let system = family.Hamiltonian structure
                Expect.equal (string family) family.Name "name"

                // Moving all together by a lattice vector, or anywhere in open space, changes nothing.
                let shift =
                    if structure.Cell.IsPeriodic then
                        structure.Cell.Periods.ToArray()
                    else
                        [| 3.0; -2.0; 1.0 |]

                let moved = start.Positions.ToArray() |> Array.mapi (fun k x -> x + shift[k % 3])
                let energy (q: float[]) = Hamiltonian.value system (PhaseState.create structure.Bodies 3 q (start.Momenta.ToArray()))

                if not family.HasSurroundings then
                    close "energy" 1e-10 [| energy (start.Positions.ToArray()) |] [| energy moved |] |> expectNone)
    ]

/// A few short runs with exact derivatives.
let private recorded
    (family: KnownSystem)
    (prepare: Structure -> Structure)
    (size: int)
    (displacement: float)
    (seeds: int list)
    : Snapshot list =
    let made, sites = family.Create size
    let structure = prepare made
    let system = KnownSystem.system family structure
    let integrator = integratorOf system

    [
        for seed in seeds do
            let start = InitialState.perturbed displacement 0.3 seed structure sites

            for state in Trajectory.record integrator 0.005 300 15 start |> expectOk do
                Snapshot.ofHamiltonian structure system state |> expectOk
    ]

let private learnedTo
    (bound: float)
    (family: KnownSystem)
    (prepare: Structure -> Structure)
    (size: int)
    (displacement: float)
    : TrainedModel =
    let model = recorded family prepare size displacement [ 1..6 ] |> Training.fit TrainingConfig.defaults |> expectOk
    // Unseen, and within what was seen.
    let test = recorded family prepare size (0.6 * displacement) [ 101; 102 ]
    let evaluation = Evaluation.ofSnapshots model test |> expectOk
    Expect.isLessThan evaluation.RelativeForceError bound $"{family.Name}: {evaluation.RelativeForceError:E1} with {model}"
    model

let private weightsOf (model: TrainedModel) : Weight list =
    model.Terms
    |> List.choose (fun term ->
        match term.Block with
        | :? PairBlock as block -> Some block.Features.Weight
        | _ -> None)

let private named (structure: Structure) : Structure =
    structure |> Structure.withSpecies [ for mass in structure.Masses.ToArray() -> $"of mass {mass}" ]

let private learning =
    [
        testCase "gravity of bodies of three masses is one law, whether they are named or not" (fun () ->
            for prepare in [ id; named ] do
                let model = learnedTo 1e-10 KnownSystem.gravity prepare 2 0.3
                Expect.equal (weightsOf model) [ ByMasses ] "one law, weighted by masses")

        testCase "charges of two signs are learned beside a repulsion, and a model of charges needs them" (fun () ->
            let model = learnedTo 1e-10 KnownSystem.charges id 2 0.1
            Expect.contains (weightsOf model) (ByAttribute AttributeName.Charge) "Coulomb's law"
            Expect.contains (weightsOf model) Unweighted "the repulsion"
            Expect.equal model.Attributes [ AttributeName.Charge ] "attributes"
            let structure, _ = KnownSystem.charges.Create 2
            let bare = Structure.create structure.Cell structure.Relations (structure.Masses.ToArray())
            Model.bind bare model |> Result.map ignore |> expectError (BlockRefuses(NeedsAttribute AttributeName.Charge)))

        testCase "springs of two stiffnesses and lengths are learned as two types of bonds, without laws of masses" (fun () ->
            let model = learnedTo 1e-10 KnownSystem.springs id 2 0.1
            Expect.equal (weightsOf model) [ Unweighted; Unweighted ] "a law for each type")

        testCase "angles of two types are learned beside Morse bonds" (fun () ->
            let model = learnedTo 1e-7 KnownSystem.bentChain id 2 0.1
            Expect.equal model.Scope.AngleTypes (Some [ "narrow"; "wide" ]) "types")

        testCase "a soft body under gravity and drag, its top pinned: learned small, used large, with its constants" (fun () ->
            let family = KnownSystem.softBody
            let model = recorded family id 3 0.08 [ 1..6 ] |> Training.fit TrainingConfig.defaults |> expectOk
            let test = recorded family id 8 0.05 [ 101 ] |> List.truncate 3
            let evaluation = Evaluation.ofSnapshots model test |> expectOk
            Expect.isLessThan evaluation.RelativeForceError 1e-10 $"{evaluation.RelativeForceError:E1} with {model}"
            Expect.equal evaluation.PinnedBodies 64 "the top layer counts in no error"
            let field = model.UniformField.Value
            close "g" 1e-9 [| 0.0; 0.0; -0.4 |] field |> expectNone
            close "drag" 1e-9 [| 0.15 |] [| model.Drag.Value |] |> expectNone
            let verdict = model.Verdict.Value
            Expect.equal verdict.PinnedBodies 9 "pinned"
            Expect.equal (verdict.Families |> List.map _.Family |> List.sort) [ "drag"; "uniform field, by mass" ] "what is around"

            for constant in verdict.Constants do
                Expect.isLessThan constant.Deviation 1e-9 $"{constant}")

        testCase "ions in an anisotropic trap: the field is one of places, and no other family is there" (fun () ->
            let model = learnedTo 1e-8 KnownSystem.ionTrap id 2 0.1
            Expect.equal (model.Verdict.Value.Families |> List.map _.Family) [ "field" ] "families")

        testCase "charges in a magnetic field: one law for all charges, with its constant" (fun () ->
            let model = learnedTo 1e-8 KnownSystem.magnet id 2 0.1
            Expect.equal (model.Verdict.Value.Families |> List.map _.Family) [ "magnetic force, by charge" ] "families"

            for constant in model.Constants do
                let expected = if constant.Component = "xy" then 0.8 else 0.0
                Expect.floatClose { absolute = 1e-8; relative = 0.0 } constant.Value expected constant.Component)

        testCase "quadratic drag is told from linear drag" (fun () ->
            let model = learnedTo 1e-8 KnownSystem.dragged id 2 0.1
            Expect.equal (model.Verdict.Value.Families |> List.map _.Family) [ "quadratic drag" ] "families"
            Expect.floatClose Accuracy.high model.Constants.Head.Value 0.3 "coefficient")

        testCase "a turning frame: Coriolis and centrifugal forces by mass, and no drag" (fun () ->
            let model = learnedTo 1e-8 KnownSystem.turningFrame id 2 0.1

            Expect.equal
                (model.Verdict.Value.Families |> List.map _.Family |> List.sort)
                [ "field, by mass"; "magnetic force, by mass" ]
                "families"

            let turn = model.Constants |> List.find (fun constant -> constant.Component = "xy")
            Expect.floatClose { absolute = 1e-8; relative = 0.0 } turn.Value 1.2 "twice the rate")

        testCase "two species have three laws" (fun () -> learnedTo 1e-5 KnownSystem.mixture id 4 0.05 |> ignore)

        testCase "a model of angles needs angles, and of known types" (fun () ->
            let model = learnedTo 1e-7 KnownSystem.bentChain id 2 0.1
            let structure, _ = KnownSystem.bentChain.Create 3
            let without = Structure.withRelations { structure.Relations with Angles = None } structure
            Model.bind without model |> Result.map ignore |> expectError NeedsAngles

            let renamed =
                { structure.Relations with
                    Angles = structure.Relations.Angles |> Option.map (Angles.rename (fun _ -> "other"))
                }

            Model.bind (Structure.withRelations renamed structure) model
            |> Result.map ignore
            |> expectError (UnknownAngleType("other", [ "narrow"; "wide" ]))

            Expect.isOk (Model.bind structure model) "a longer chain")

        testCase "terms add, and those of weights that bodies lack are refused" (fun () ->
            let structure, start = startOf KnownSystem.bentChain 3 4
            let only (relations: Relations) = Structure.withRelations relations structure
            let energy structure = Hamiltonian.value (KnownSystem.bentChain.Hamiltonian structure) start
            let kinetic = energy (only Relations.none)
            let bonds = energy (only { structure.Relations with Angles = None })
            Expect.isGreaterThan (abs (energy structure - bonds)) 1e-3 "angles have an energy"
            Expect.isGreaterThan (abs (bonds - kinetic)) 1e-3 "bonds have an energy"

            Expect.throwsT<ArgumentException>
                (fun () -> PotentialTerm.weighted (ByAttribute "spin") (PairPotential.gravity 1.0) structure |> ignore)
                "no spins")
    ]

[<Tests>]
let tests = testList "Known systems" [ testList "laws" laws; testList "learning" learning ]
