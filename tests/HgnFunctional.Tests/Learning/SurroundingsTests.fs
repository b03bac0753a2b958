/// What the data say of the world around the bodies: pins, families of laws, and what is left out.
module HgnFunctional.Tests.Learning.SurroundingsTests

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

let private lattice = Topology.grid [ 3; 3 ]
let private bonds = Relations.bonds lattice.Graph

let private structure: Structure =
    Structure.create (Cell.openSpace 2) bonds (Array.init 9 (fun body -> 1.0 + 0.5 * float (body % 3)))

/// Runs of a motion, each a trajectory of its name.
let private recorded (structure: Structure) (system: ISeparableHamiltonian) (seeds: int list) : Snapshot list =
    let integrator =
        match Dynamics.ofHamiltonian system with
        | Driven(Separable hamiltonian, drive) -> Splitting.onDriven hamiltonian drive SplittingMethod.stormerVerlet
        | _ -> Splitting.on system SplittingMethod.stormerVerlet

    [
        for seed in seeds do
            let start = InitialState.perturbed 0.1 0.3 seed structure lattice.Sites

            for state in Trajectory.record integrator 0.01 200 10 start |> expectOk ->
                Snapshot.ofHamiltonian structure system state |> expectOk |> Snapshot.inTrajectory $"run {seed}"
    ]

let private springs (structure: Structure) : IPotentialTerm =
    PotentialTerm.pairs (fun _ -> Some(PairPotential.anharmonic 5.0 2.0 1.0)) structure

/// A frame whose coordinates and velocities are given, with some force on each coordinate.
let private frame (name: string) (q: float[]) (v: float[]) : Snapshot =
    let two = Structure.create (Cell.openSpace 2) (Relations.bonds (Graph.create 2 [ struct (0, 1) ])) [| 1.0; 1.0 |]
    Snapshot.create two (PhaseState.create 2 2 q v) v [| 1.0; 2.0; 3.0; 4.0 |] |> Snapshot.inTrajectory name

let private pinsOf (frames: Snapshot list) : bool list =
    let finder = PinFinder()
    frames |> List.iter finder.Add
    let pins = (finder.Pin frames[0]).Structure.Pins.ToArray()
    if pins.Length = 0 then [ false; false; false; false ] else List.ofArray pins

let private pins =
    [
        testCase "coordinates that never move while others do along the same axis are pinned" (fun () ->
            let frames =
                [
                    frame "a" [| 0.0; 0.0; 1.0; 0.0 |] [| 0.0; 0.0; 0.5; 0.25 |]
                    frame "a" [| 0.0; 0.0; 1.1; 0.1 |] [| 0.0; 0.0; 0.5; 0.25 |]
                ]

            Expect.equal (pinsOf frames) [ true; true; false; false ] "the first body")

        testCase "an axis along which nothing moves is no pin, and one that moves pins the axis alone" (fun () ->
            let frames =
                [
                    frame "a" [| 0.0; 0.0; 1.0; 0.0 |] [| 0.0; 0.0; 0.5; 0.0 |]
                    frame "a" [| 0.0; 0.0; 1.1; 0.0 |] [| 0.0; 0.0; 0.5; 0.0 |]
                ]

            Expect.equal (pinsOf frames) [ true; false; false; false ] "a motion along x says nothing of y")

        testCase "frames at rest pin nothing" (fun () ->
            let frames =
                [
                    frame "a" [| 0.0; 0.0; 1.0; 0.0 |] [| 0.0; 0.0; 0.0; 0.0 |]
                    frame "a" [| 0.0; 0.0; 1.1; 0.1 |] [| 0.0; 0.0; 0.0; 0.0 |]
                ]

            Expect.equal (pinsOf frames) [ false; false; false; false ] "displaced one by one")

        testCase "one frame, a body that moved once, and another trajectory pin nothing" (fun () ->
            let still = frame "a" [| 0.0; 0.0; 1.0; 0.0 |] [| 0.0; 0.0; 0.5; 0.25 |]
            Expect.equal (pinsOf [ still ]) [ false; false; false; false ] "one frame"
            let elsewhere = frame "a" [| 0.3; 0.2; 1.0; 0.0 |] [| 0.0; 0.0; 0.5; 0.25 |]
            Expect.equal (pinsOf [ still; elsewhere ]) [ false; false; false; false ] "it was elsewhere"
            let other = frame "b" [| 0.0; 0.0; 1.0; 0.0 |] [| 0.0; 0.0; 0.5; 0.25 |]
            Expect.equal (pinsOf [ still; other ]) [ false; false; false; false ] "two trajectories of one frame")

        testCase "pinned bodies do not move under any integrator, and the rest conserves energy" (fun () ->
            let held = Structure.withPinned [ 0; 8 ] structure
            let system = SumSystem(held, "springs", [ springs held ])
            let start = InitialState.perturbed 0.1 0.3 3 held lattice.Sites
            // What is pinned has no momentum.
            let momenta = start.Momenta.ToArray() |> Array.mapi (fun k p -> if k / 2 = 0 || k / 2 = 8 then 0.0 else p)
            let start = PhaseState.create 9 2 (start.Positions.ToArray()) momenta

            for method in IntegrationMethod.all do
                let integrator =
                    method.TryStart (IntegratorSettings.suggest 0.01 system start) (Separable system)
                    |> Result.defaultWith (fun error -> failtest (string error))

                let states = Trajectory.record integrator 0.01 50 50 start |> expectOk
                let moved = Array.last states

                for body in [ 0; 8 ] do
                    identical
                        $"{method.Name}: body {body}"
                        (start.Positions.Slice(2 * body, 2).ToArray())
                        (moved.Positions.Slice(2 * body, 2).ToArray())
                    |> expectNone

                Expect.isGreaterThan (abs (moved.Positions[8] - start.Positions[8])) 1e-3 $"{method.Name}: others move"
                let drift = abs (Hamiltonian.value system moved - Hamiltonian.value system start)
                Expect.isLessThan drift 0.2 $"{method.Name}: energy")

        testCase "a model holds what is pinned: no velocity, no force, under whatever acts" (fun () ->
            let terms = [ springs structure; PotentialTerm.uniformField ByMasses [| 0.1; -0.6 |] structure ]
            let system = DrivenSystem(SumSystem(structure, "x", terms), KnownDrive.drag 0.2 structure)
            let data = recorded structure system [ 1..4 ]
            let model = Training.fit TrainingConfig.defaults data |> expectOk
            let held = Structure.withPinned [ 2; 4 ] structure
            let state = data[5].State
            let isHeld k = k / 2 = 2 || k / 2 = 4

            match Model.bind held model |> expectOk with
            | Driven(Separable hamiltonian, drive) as dynamics ->
                let force, velocity = Array.create 18 nan, Array.create 18 nan
                hamiltonian.ForceInto(state.Positions, Span<float> force)
                hamiltonian.VelocityInto(state.Momenta, Span<float> velocity)
                let ofQ, ofP = Hamiltonian.gradient hamiltonian state
                let velocities, forces = Dynamics.timeDerivative dynamics state

                for name, values in [ "force", force; "velocity", velocity; "dH/dq", ofQ; "dH/dp", ofP; "q'", velocities; "p'", forces ] do
                    values |> Array.iteri (fun k x -> Expect.equal (x = 0.0) (isHeld k) $"{name} {k}: {x}")

                let d = 2
                let rates = drive.Rates.ToArray()

                rates
                |> Array.iteri (fun k rate ->
                    if isHeld (k / d) then
                        Expect.equal rate 0.0 "rates")
            | other -> failtest $"{other}")

        testCase "structures refuse pins that are not theirs" (fun () ->
            Structure.tryWithPinned [ 9 ] structure |> Result.map ignore |> expectError (NoBodyToPin(9, 9))

            Structure.tryWithPins (ReadOnlySpan<bool> [| true |]) structure
            |> Result.map ignore
            |> expectError (PinsForOtherBodies(1, 18))

            Expect.equal (Structure.withPinned [] structure).PinnedBodies 0 "none"
            Expect.stringContains (string (Structure.withPinned [ 1; 2 ] structure)) "2 pinned" "in words")
    ]

let private familiesOf (model: TrainedModel) : string list = model.Verdict.Value.Families |> List.map _.Family

let private families =
    [
        testCase "data that want nothing around them get nothing" (fun () ->
            let model =
                recorded structure (SumSystem(structure, "springs", [ springs structure ])) [ 1..4 ]
                |> Training.fit TrainingConfig.defaults
                |> expectOk

            Expect.equal (familiesOf model) [] "no field, no drag"
            Expect.isFalse (model.HasSurroundings || model.IsDriven) "nothing is around"
            Expect.equal (model.Terms |> List.map _.Block.Kind |> List.distinct) [ "body"; "pair" ] "blocks")

        testCase "a model that may have anything is the one that may not, where nothing is there" (fun () ->
            let data = recorded structure (SumSystem(structure, "springs", [ springs structure ])) [ 1..4 ]
            let fit recipes = Training.fit { TrainingConfig.defaults with Recipes = recipes } data |> expectOk |> ModelFile.toJson
            Expect.equal (fit Blocks.defaults) (fit Blocks.isolated) "the same file")

        testCase "gravity and drag together are found, though each hides the other" (fun () ->
            let system =
                DrivenSystem(
                    SumSystem(structure, "x", [ springs structure; PotentialTerm.uniformField ByMasses [| 0.1; -0.6 |] structure ]),
                    KnownDrive.drag 0.2 structure
                )

            let model = recorded structure system [ 1..4 ] |> Training.fit TrainingConfig.defaults |> expectOk
            Expect.equal (List.sort (familiesOf model)) [ "drag"; "uniform field, by mass" ] "families"
            Expect.isLessThan model.Verdict.Value.Unexplained 1e-10 "nothing is left"

            for family in model.Verdict.Value.Families do
                Expect.isGreaterThan family.Without 1e-3 $"{family.Family} is missed"
                Expect.isLessThan family.With 1e-8 "with all")

        testCase "what is around is found among laws by mass and by charge, which look useless without it" (fun () ->
            let sites = (Topology.grid [ 3; 3; 3 ]).Sites |> Array.map (fun x -> 1.3 * x - 1.3)
            let charges = Array.init 27 (fun body -> if body % 2 = 0 then 1.0 else -0.5)

            let ions =
                Structure.create (Cell.openSpace 3) (Relations.within 3.0) (Array.init 27 (fun body -> 1.0 + 0.75 * float (body % 3)))
                |> Structure.withAttribute AttributeName.Charge charges
                |> Structure.withSpecies [ for body in 0..26 -> if body % 2 = 0 then "cation" else "anion" ]

            let soft: PairPotential =
                {
                    Name = "soft"
                    Energy = fun r -> -2.0 * (log (r / 3.0) - r * r / 9.0 + r * r * r * r / 324.0 + 0.75)
                    Slope = fun r -> -2.0 / r * (1.0 - r * r / 9.0) ** 2.0
                    Source = "this test"
                }

            let terms = [ PotentialTerm.pairs (fun _ -> Some soft) ions; PotentialTerm.trap Unweighted [| 0.4; 0.4; 0.4 |] ions ]

            let hamiltonian = SumSystem(ions, "ions", terms)
            let drive = KnownDrive.magnetic (ByAttribute AttributeName.Charge) 0.8 ions
            let truth = DrivenSystem(hamiltonian, drive)
            let integrator = Splitting.onDriven hamiltonian drive SplittingMethod.stormerVerlet

            let data =
                [
                    for seed in 1..2 do
                        let start = InitialState.perturbed 0.05 0.7 seed ions sites

                        for state in Trajectory.record integrator 0.005 400 10 start |> expectOk ->
                            Snapshot.ofHamiltonian ions truth state |> expectOk
                ]

            let model = Training.fit { TrainingConfig.defaults with ShowsEvidence = true } data |> expectOk
            let verdict = model.Verdict.Value
            let wanted = verdict.Families |> List.filter _.Standing.IsInModel |> List.map _.Family |> List.sort
            Expect.equal wanted [ "field"; "magnetic force, by charge"; "pairs" ] "no law by mass, and one for all kinds would do"
            Expect.contains (verdict.Families |> List.map (fun family -> family.Family, family.Standing)) ("kinds", NotNeeded) "kinds"
            Expect.isLessThan verdict.Unexplained 1e-6 "nothing is left")

        testCase "gravity and drag are found behind collisions, whose law no first guess of its form describes" (fun () ->
            // Soft spheres within 3 that pass each other at a hundredth of that.
            let spheres =
                Structure.create (Cell.openSpace 2) (Relations.within 3.0) (Array.init 9 (fun body -> 1.0 + 0.5 * float (body % 3)))

            let repulsion: PairPotential =
                {
                    Name = "soft spheres"
                    Energy = fun r -> 1.5 * (3.0 - r) ** 2.0
                    Slope = fun r -> -3.0 * (3.0 - r)
                    Source = "this test"
                }

            let field = PotentialTerm.uniformField ByMasses [| 0.0; -0.2 |] spheres
            let hamiltonian = SumSystem(spheres, "x", [ PotentialTerm.pairs (fun _ -> Some repulsion) spheres; field ])
            let system = DrivenSystem(hamiltonian, KnownDrive.drag 0.1 spheres)

            let data =
                [
                    for seed in 1..40 do
                        let random = Rng.stream seed "collisions"
                        let q = Rng.uniforms 18 -3.0 3.0 random
                        // Two that all but meet.
                        let apart = Rng.uniforms 2 -0.03 0.03 random
                        q[0] <- q[2] + apart[0]
                        q[1] <- q[3] + apart[1]
                        Snapshot.ofHamiltonian spheres system (PhaseState.create 9 2 q (Rng.normals 18 random)) |> expectOk
                ]

            let model = Training.fit TrainingConfig.defaults data |> expectOk
            Expect.equal (familiesOf model |> List.sort) [ "drag"; "uniform field, by mass" ] "families"
            Expect.isLessThan model.Verdict.Value.Unexplained 1e-8 "nothing is left")

        testCase "one body on one orbit in a trap has a trap and a drag, not a drag along each axis" (fun () ->
            let single = Structure.create (Cell.openSpace 3) Relations.none [| 1.0 |]
            let hamiltonian = SumSystem(single, "x", [ PotentialTerm.trap Unweighted [| 2.0; 2.0; 2.0 |] single ])
            let drive = KnownDrive.drag 0.1 single
            let integrator = Splitting.onDriven hamiltonian drive SplittingMethod.blanesMoan4
            let start = PhaseState.create 1 3 [| 1.0; 0.2; -0.5 |] [| -0.3; 0.8; 0.4 |]

            let data =
                [
                    for state in Trajectory.record integrator 0.01 1500 10 start |> expectOk ->
                        Snapshot.ofHamiltonian single (DrivenSystem(hamiltonian, drive)) state |> expectOk
                ]

            let model = Training.fit TrainingConfig.defaults data |> expectOk
            Expect.equal (familiesOf model |> List.sort) [ "drag"; "field" ] "families"
            close "drag" 1e-8 [| 0.1 |] [| model.Drag.Value |] |> expectNone)

        testCase "a field in proportion to charges that no species tell is one law" (fun () ->
            let charged =
                structure |> Structure.withAttribute AttributeName.Charge (Array.init 9 (fun body -> 1.0 + float (body * body % 5)))

            let field = PotentialTerm.trap (ByAttribute AttributeName.Charge) [| 0.5; 0.8 |] charged

            let model =
                recorded charged (SumSystem(charged, "x", [ springs charged; field ])) [ 1..4 ]
                |> Training.fit TrainingConfig.defaults
                |> expectOk

            Expect.equal (familiesOf model) [ "field, by charge" ] "family"
            Expect.isLessThan model.Verdict.Value.Unexplained 1e-8 "nothing is left")

        testCase "a wave along a periodic axis is known to rounding" (fun () ->
            let ring = Structure.create (Cell.create [ 9.0; 0.0 ]) bonds (Array.create 9 1.0)
            let rate = 2.0 * Math.PI / 9.0

            let wave =
                { new IPotentialTerm with
                    member _.Energy(configuration) =
                        let q = configuration.Positions.ToArray()
                        Seq.sum (seq { for body in 0..8 -> 0.4 * cos (rate * q[2 * body]) + 0.1 * sin (2.0 * rate * q[2 * body]) })

                    member _.AddGradient(configuration, gradient) =
                        for body in 0..8 do
                            let phase = rate * configuration.Positions[2 * body]
                            gradient[2 * body] <- gradient[2 * body] - 0.4 * rate * sin phase + 0.2 * rate * cos (2.0 * phase)

                    member _.TellsStrain _ = false
                    member _.AddStrain(_, _) = ()
                }

            let data = recorded ring (SumSystem(ring, "x", [ springs ring; wave ])) [ 1..4 ]
            let model = Training.fit TrainingConfig.defaults data |> expectOk
            Expect.equal (familiesOf model) [ "field" ] "family"
            Expect.isLessThan model.Verdict.Value.Unexplained 1e-8 $"{model.Verdict.Value.Unexplained}")

        testCase "data of fewer equations than a law has unknowns say so, and bound nothing" (fun () ->
            let system = SumSystem(structure, "x", [ springs structure ])
            let start = InitialState.perturbed 0.1 0.3 1 structure lattice.Sites
            let data = [ Snapshot.ofHamiltonian structure system start |> expectOk ]
            let model = Training.fit TrainingConfig.defaults data |> expectOk
            Expect.isTrue (model.Warnings |> List.exists _.IsFewEquations) "said"
            Expect.equal (familiesOf model) [] "nothing is invented"
            let random = Rng.stream 1 "noise"
            let noise = Snapshot.create structure start (start.Momenta.ToArray()) (Rng.normals 18 random)
            let model = Training.fit TrainingConfig.defaults [ noise ] |> expectOk

            for constant in model.Verdict.Value.Constants do
                Expect.isGreaterThan constant.Deviation 0.01 $"{constant}")

        testCase "energies that depend on the image of the box are not compared" (fun () ->
            let inBox (sizes: float list) = Structure.create (Cell.create sizes) bonds (Array.create 9 1.0)

            let evaluated (sizes: float list) =
                let box = inBox sizes
                let field = PotentialTerm.uniformField ByMasses [| 0.0; -0.5 |] box
                let data = recorded box (SumSystem(box, "x", [ springs box; field ])) [ 1..4 ]
                let model = Training.fit TrainingConfig.defaults data |> expectOk
                Evaluation.ofSnapshots model data |> expectOk

            Expect.isNone (evaluated [ 20.0; 20.0 ]).EnergyDeviation "it falls through the bottom and comes back at the top"
            Expect.isLessThan (evaluated [ 20.0; 0.0 ]).EnergyDeviation.Value 0.01 "along the other axis nothing acts")

        testCase "what data at rest cannot tell is not called left out, and data that are pinned are refused" (fun () ->
            let system = SumSystem(structure, "x", [ springs structure ])

            let still (seed: int) =
                let start = InitialState.perturbed 0.1 0.0 seed structure lattice.Sites

                Snapshot.ofHamiltonian structure system (PhaseState.create 9 2 (start.Positions.ToArray()) (Array.zeroCreate 18))
                |> expectOk

            let config = { TrainingConfig.defaults with ShowsEvidence = true }
            let model = List.map still [ 1..8 ] |> Training.fit config |> expectOk
            let standing name = (model.Verdict.Value.Families |> List.find (fun family -> family.Family = name)).Standing
            Expect.equal (standing "uniform field, by mass") LeftOut "it would be seen"

            match standing "drag" with
            | Unusable reason -> Expect.stringContains reason "do not tell" "drag"
            | other -> failtest $"{other}"

            for family in model.Verdict.Value.Families do
                if not family.Standing.IsInModel then
                    Expect.isLessThanOrEqual family.With family.Without $"{family.Family}: more columns explain no less"

            let held = Structure.withPinned [ 0..8 ] structure
            let pinned = [ Snapshot.ofHamiltonian held system (still 1).State |> expectOk ]
            Training.fit config pinned |> Result.map ignore |> expectError AllPinned)

        testCase "dashpots along bonds are drag of pairs, which keeps the momentum" (fun () ->
            let masses = structure.Masses.ToArray()

            let dashpots =
                Drive.ofFunction (fun q p force ->
                    for struct (a, b) in Graph.edges lattice.Graph do
                        let along = Array.init 2 (fun axis -> q[2 * a + axis] - q[2 * b + axis])
                        let length = sqrt (along[0] * along[0] + along[1] * along[1])

                        let closing =
                            Seq.sum (
                                seq {
                                    for axis in 0..1 -> (p[2 * a + axis] / masses[a] - p[2 * b + axis] / masses[b]) * along[axis] / length
                                }
                            )

                        for axis in 0..1 do
                            let drag = (0.3 + 0.1 * length) * closing * along[axis] / length
                            force[2 * a + axis] <- force[2 * a + axis] - drag
                            force[2 * b + axis] <- force[2 * b + axis] + drag)

            let system = DrivenSystem(SumSystem(structure, "x", [ springs structure ]), dashpots)
            let model = recorded structure system [ 1..4 ] |> Training.fit TrainingConfig.defaults |> expectOk
            Expect.equal (familiesOf model) [ "drag along bonds" ] "family"
            Expect.isLessThan model.Verdict.Value.Unexplained 1e-9 "nothing is left"
            Expect.isFalse model.HasSurroundings "nothing is outside: momentum is conserved"

            match Model.bind structure model |> expectOk with
            | Driven(Separable hamiltonian, drive) ->
                let start = InitialState.perturbed 0.1 0.3 9 structure lattice.Sites
                let integrator = Splitting.onDriven hamiltonian drive SplittingMethod.blanesMoan4
                let kept = Trajectory.observe (Conservation.observer structure hamiltonian) integrator 0.01 200 5 start |> expectOk
                Expect.isLessThan kept.EnergyDriftMax 1e-5 "energy less work"
                Expect.isLessThan kept.Work -0.05 "dashpots take energy"
                Expect.isLessThan kept.MomentumDrift.Value 1e-12 "momentum"
                Expect.isLessThan kept.AngularMomentumDrift.Value 1e-12 "angular momentum"
            | other -> failtest $"{other}")

        testCase "a driven model comes back from its file with the same forces, bit for bit" (fun () ->
            let system = DrivenSystem(SumSystem(structure, "x", [ springs structure ]), KnownDrive.quadraticDrag 0.2 structure)
            let data = recorded structure system [ 1..4 ]
            let model = Training.fit TrainingConfig.defaults data |> expectOk
            let back = ModelFile.ofJson "m.json" (ModelFile.toJson model) |> expectOk
            Expect.equal (ModelFile.toJson back) (ModelFile.toJson model) "the same file"

            let forces model =
                Model.bind structure model |> expectOk |> (fun dynamics -> snd (Dynamics.timeDerivative dynamics data[7].State))

            identical "forces" (forces model) (forces back) |> expectNone
            Expect.isTrue back.IsDriven "driven")

        testCase "one law by charge stands for those by mass and for all that say the same" (fun () ->
            let charged =
                structure |> Structure.withAttribute AttributeName.Charge (Array.init 9 (fun body -> 2.0 - 1.5 * float (body % 3)))

            let field = PotentialTerm.uniformField (ByAttribute AttributeName.Charge) [| 0.3; -0.2 |] charged

            let model =
                recorded charged (SumSystem(charged, "x", [ springs charged; field ])) [ 1..4 ]
                |> Training.fit TrainingConfig.defaults
                |> expectOk
            // Charges are linear in the masses here, so a field by mass with one for all would do as well.
            Expect.equal (familiesOf model) [ "uniform field, by charge" ] "family"
            close "field" 1e-9 [| 0.3; -0.2 |] (model.Constants |> List.map _.Value |> Array.ofList) |> expectNone)

        testCase "a family that the data cannot be seen through is left out, and named" (fun () ->
            let inBox period = Structure.create (Cell.create [ period; period ]) bonds (Array.create 9 1.0)
            // A box that changes, as under constant pressure: no field stands in it.
            let data =
                [
                    for seed in 1..12 do
                        let box = inBox (20.0 + 0.1 * float seed)
                        let start = InitialState.perturbed 0.1 0.3 seed box lattice.Sites
                        Snapshot.ofHamiltonian box (SumSystem(box, "x", [ springs box ])) start |> expectOk
                ]

            let model = Training.fit TrainingConfig.defaults data |> expectOk
            let field = model.Verdict.Value.Families |> List.find (fun family -> family.Family = "field")

            match field.Standing with
            | Unusable reason -> Expect.stringContains reason "same box" "why"
            | other -> failtest $"{other}"

            Expect.isLessThan model.Verdict.Value.Unexplained 1e-8 "the rest is learned")

        testCase "a field in a box that repeats along one axis is learned by every sampler" (fun () ->
            let channel = Structure.create (Cell.create [ 9.0; 0.0 ]) bonds (Array.create 9 1.0)
            // Waves along the axis that repeats, a trap across it.
            let rate = 2.0 * Math.PI / 9.0

            let waves =
                { new IPotentialTerm with
                    member _.Energy(configuration) =
                        let q = configuration.Positions.ToArray()
                        Seq.sum (seq { for body in 0..8 -> 0.4 * cos (rate * q[2 * body]) + 0.5 * q[2 * body + 1] ** 2.0 })

                    member _.AddGradient(configuration, gradient) =
                        for body in 0..8 do
                            gradient[2 * body] <- gradient[2 * body] - 0.4 * rate * sin (rate * configuration.Positions[2 * body])
                            gradient[2 * body + 1] <- gradient[2 * body + 1] + configuration.Positions[2 * body + 1]

                    member _.TellsStrain _ = false
                    member _.AddStrain(_, _) = ()
                }

            let data = recorded channel (SumSystem(channel, "x", [ springs channel; waves ])) [ 1..4 ]

            for sampler in Sampler.all do
                let model = Training.fit { TrainingConfig.defaults with Sampler = sampler } data |> expectOk
                Expect.equal (familiesOf model) [ "field" ] sampler.Name
                Expect.isLessThan model.Verdict.Value.Unexplained 1e-4 $"{sampler.Name}: {model.Verdict.Value.Unexplained}"
                // The field goes on beyond the box.
                let state = data[3].State

                let beyond =
                    PhaseState.create
                        9
                        2
                        (state.Positions.ToArray() |> Array.mapi (fun k x -> if k % 2 = 0 then x + 18.0 else x))
                        (state.Momenta.ToArray())

                let forces state = Model.bind channel model |> expectOk |> (fun dynamics -> snd (Dynamics.timeDerivative dynamics state))
                close "two periods on" 1e-9 (forces state) (forces beyond) |> expectNone)

        testCase "the evidence for every family is shown where it is asked for, and where the fit is poor" (fun () ->
            let data = recorded structure (SumSystem(structure, "springs", [ springs structure ])) [ 1..4 ]
            let shown = Training.fit { TrainingConfig.defaults with ShowsEvidence = true } data |> expectOk
            Expect.contains (familiesOf shown) "bonds" "what is in the model"
            Expect.contains (familiesOf shown) "drag" "what is not"
            let isIn = shown.Verdict.Value.Families |> List.filter _.Standing.IsInModel |> List.map _.Family
            Expect.equal isIn [ "bonds" ] "one family"

            let noisy =
                data
                |> List.mapi (fun index snapshot ->
                    let noise = Numerics.Rng.normals 18 (Numerics.Rng.stream index "noise")

                    Snapshot.create
                        structure
                        snapshot.State
                        (snapshot.Velocities.ToArray())
                        (Array.map2 (+) (snapshot.Forces.ToArray()) noise))

            let poor = Training.fit TrainingConfig.defaults noisy |> expectOk
            Expect.isGreaterThan (familiesOf poor).Length 5 "a poor fit shows all"

            Expect.equal
                (poor.Verdict.Value.Families |> List.filter _.Standing.IsInModel |> List.map _.Family)
                [ "bonds" ]
                "noise is no law")

        testCase "errors are told by species, and pinned bodies count in none" (fun () ->
            let named = structure |> Structure.withSpecies [ for body in 0..8 -> if body < 3 then "A" else "B" ]
            let data = recorded named (SumSystem(named, "x", [ springs named ])) [ 1..3 ]
            let model = Training.fit TrainingConfig.defaults data |> expectOk
            let species = model.Verdict.Value.Errors |> List.filter (fun error -> error.Target = "forces") |> List.map _.Species
            Expect.equal species [ None; Some "A"; Some "B" ] "all, and each"

            let held =
                data
                |> List.map (fun snapshot ->
                    // The force on what is held is anything.
                    let forces = snapshot.Forces.ToArray() |> Array.mapi (fun k f -> if k < 2 then 1e3 else f)
                    Snapshot.create (Structure.withPinned [ 0 ] named) snapshot.State (snapshot.Velocities.ToArray()) forces)

            let evaluation = Evaluation.ofSnapshots model held |> expectOk
            Expect.equal evaluation.PinnedBodies 1 "pinned"
            Expect.isLessThan evaluation.RelativeForceError 1e-8 "the held body does not count")
    ]

[<Tests>]
let tests = testList "Surroundings" [ testList "pins" pins; testList "families" families ]
