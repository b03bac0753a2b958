/// Laws of training on data at the ends of what data can be: bodies at rest, and numbers near the ends of their range.
module HgnFunctional.Tests.Learning.RestTests

open System
open System.IO
open Expecto
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Bodies
open HgnFunctional.Invariance
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Blocks
open HgnFunctional.Models
open HgnFunctional.Learning
open HgnFunctional.Systems
open HgnFunctional.Integrators
open HgnFunctional.Metrics
open HgnFunctional.IO
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Laws
open HgnFunctional.Tests.Support.Chains

let private still (scene: Scene) : Snapshot = (frameOf harmonic { scene with P = Array.map (fun _ -> 0.0) scene.P }).Snapshot

let private atRest: Snapshot list = [ for seed in 1..20 -> still (chain 5 seed) ]

let private learned: Lazy<TrainedModel> = lazy (Training.fit config atRest |> expectOk)

let private separable (structure: Structure) (model: TrainedModel) : ISeparableHamiltonian =
    match Model.bind structure model with
    | Ok(Separable hamiltonian) -> hamiltonian
    | _ -> failtest "expected a model that splits"

let private run (hamiltonian: ISeparableHamiltonian) (start: PhaseState) : PhaseState =
    Trajectory.record (Splitting.on hamiltonian SplittingMethod.stormerVerlet) 0.01 200 200 start |> expectOk |> Array.last

let private scaled (factor: float) (frame: Frame) : Snapshot =
    let exact = frame.Snapshot
    Snapshot.create exact.Structure exact.State (exact.Velocities.ToArray()) (exact.Forces.ToArray() |> Array.map (fun x -> factor * x))

let private rest =
    [
        testCase "springs learned at rest move as the springs do" (fun () ->
            let scene = chain 15 99
            let truth = PairSystem(scene.Structure, PairPotential.harmonic 2.0 1.0)
            let model = learned.Value
            Expect.isTrue model.KineticFromMasses "the model says so"
            Expect.equal (model.Diagnostics |> List.map _.Part) [ "potential" ] "what was fitted"
            let expected, found = run truth scene.State, run (separable scene.Structure model) scene.State
            let far = Array.map2 (-) (expected.Positions.ToArray()) scene.Q |> Array.map abs |> Array.max
            Expect.isGreaterThan far 0.5 "bodies went somewhere"
            close "positions" Tolerance.springs (expected.Positions.ToArray()) (found.Positions.ToArray()) |> expectNone
            close "momenta" Tolerance.springs (expected.Momenta.ToArray()) (found.Momenta.ToArray()) |> expectNone)

        testCase "the kinetic energy is that of the masses to the bit, and never out of range" (fun () ->
            let scene = chain 7 5
            let kinetic = scene.P |> Array.mapi (fun k p -> p * p / (2.0 * scene.Masses[k / 2])) |> Array.sum
            let velocities = scene.P |> Array.mapi (fun k p -> p / scene.Masses[k / 2])
            let hamiltonian = separable scene.Structure learned.Value
            let found = Array.zeroCreate<float> scene.P.Length
            hamiltonian.VelocityInto(ReadOnlySpan<float> scene.P, Span<float> found)
            close "velocities" Tolerance.exactLaw velocities found |> expectNone

            close "energy" Tolerance.exactLaw [| kinetic |] [| hamiltonian.KineticEnergy(ReadOnlySpan<float> scene.P) |]
            |> expectNone

            let within = still (chain 5 1)

            let fast =
                let momenta = Array.create within.Forces.Length 1e6
                PhaseState.create 5 2 (within.State.Positions.ToArray()) momenta

            let configuration = Configuration(within.Structure, within.Related, fast.Positions, fast.Momenta)
            let struct (outside, all) = Model.countOutside &configuration learned.Value
            Expect.equal (outside, all) (0, 4) "the four distances alone are looked at")

        testCase "a model that was learned at rest is the same after a file" (fun () ->
            let text = ModelFile.toJson learned.Value
            let again = ModelFile.ofJson "model" text |> expectOk
            Expect.isTrue again.KineticFromMasses "it still says so"
            Expect.equal (ModelFile.toJson again) text "the same text")

        testCase "data that move a little are learned as data that move" (fun () ->
            let moving = (frameOf harmonic (chain 5 1)).Snapshot :: atRest
            Expect.isFalse (Training.fit config moving |> expectOk).KineticFromMasses "one frame moves")

        testCase "blocks that need motion refuse data at rest" (fun () ->
            for recipe in BodyBlock.recipe :: (Blocks.all |> List.filter (fun recipe -> List.contains recipe.Kind [ "message"; "raw" ])) do
                let still = atRest |> List.truncate 6

                match Training.fit { config with Recipes = [ recipe ]; Width = 4 } still with
                | Error(AtRest kind) -> Expect.equal kind recipe.Kind "kind"
                | other -> failtest $"{recipe.Kind}: {other}"

            let pairs = Training.fit { config with Recipes = [ PairBlock.ofBonds ] } atRest |> expectOk
            Expect.isFalse pairs.KineticFromMasses "no kinetic energy was asked for")
    ]

let private extremes =
    [
        testCase "forces of any size are learned alike" (fun () ->
            for exponent in [ -250; -200; -100; 100; 200 ] do
                let factor = 10.0 ** float exponent
                let model = frames harmonic 20 |> List.map (scaled factor) |> Training.fit config |> expectOk
                let unseen = chain 9 77 |> frameOf harmonic

                match Model.bind unseen.Scene.Structure model with
                | Error error -> failtest (string error)
                | Ok dynamics ->
                    let _, forces = Hamiltonian.timeDerivative dynamics.Hamiltonian unseen.Scene.State

                    close $"forces times 1e{exponent}" Tolerance.springs unseen.Forces (forces |> Array.map (fun x -> x / factor))
                    |> expectNone

                let evaluation = Evaluation.ofSnapshots model [ scaled factor unseen ] |> expectOk
                Expect.isLessThan evaluation.RelativeForceError Tolerance.springs "relative error"
                Expect.isGreaterThan evaluation.RelativeForceError 0.0 "an error is no miracle")

        testCase "velocities of any small size are learned" (fun () ->
            for exponent in [ -220; -200; -120; -60 ] do
                let factor = 10.0 ** float exponent
                let slow scene = frameOf harmonic { scene with P = scene.P |> Array.map (fun p -> factor * p) }
                let model = [ for seed in 1..20 -> (slow (chain 5 seed)).Snapshot ] |> Training.fit config |> expectOk
                let evaluation = Evaluation.ofSnapshots model [ (slow (chain 9 77)).Snapshot ] |> expectOk
                Expect.isFalse model.KineticFromMasses "they move"
                Expect.isLessThan evaluation.RelativeVelocityError Tolerance.springs $"velocities times 1e{exponent}")

        testCase "a sum of squares is that of LAPACK at both ends of the range" (fun () ->
            for exponent in [ -320; -300; -170; -140; 0; 140; 170; 300 ] do
                let x = 10.0 ** float exponent

                let sum =
                    [ [| 3.0 * x |]; [||]; [| 0.0 |]; [| 4.0 * x |] ]
                    |> List.map (fun v -> SquareSum.ofValues (ReadOnlySpan<float> v))
                    |> List.fold SquareSum.add SquareSum.zero
                // Numbers near the lower end have few digits.
                let tolerance = if exponent < -307 then 1e-2 else Tolerance.exactLaw
                close $"1e{exponent}" tolerance [| 1.0 |] [| SquareSum.rootMean 1.0 sum / (5.0 * x) |] |> expectNone
                let tiny = SquareSum.ofValues (ReadOnlySpan<float> [| 1e-200 |])
                let both = SquareSum.add tiny (SquareSum.ofValues (ReadOnlySpan<float> [| 1e200; 1.0 |]))
                Expect.equal (SquareSum.rootMean 1.0 both) 1e200 "the large one")
    ]

[<Tests>]
let tests = testList "Rest" (rest @ extremes)
