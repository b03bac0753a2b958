/// Methods with a drive beside a Hamiltonian.
module HgnFunctional.Tests.Integrators.DragTests

open System
open Expecto
open HgnFunctional
open HgnFunctional.Bodies
open HgnFunctional.Models
open HgnFunctional.Systems
open HgnFunctional.Metrics
open HgnFunctional.Integrators
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Laws
open HgnFunctional.Tests.Support.Problems

let private masses = [| 1.0; 2.5 |]
let private stiffness = 2.0
let private rate = 0.4

/// Bodies on a line, each on a spring to the origin; free where the stiffness is 0. Counts evaluations of the forces.
type private Springs(stiffness: float) =

    /// Number of evaluations of the forces.
    member val Forces = 0 with get, set

    interface ISeparableHamiltonian with
        member _.Bodies = masses.Length
        member _.Dimension = 1
        member h.Value(q, p) = (h :> ISeparableHamiltonian).KineticEnergy p + (h :> ISeparableHamiltonian).PotentialEnergy q
        member _.KineticEnergy(p) = Array.map2 (fun m p -> 0.5 * p * p / m) masses (p.ToArray()) |> Array.sum
        member _.PotentialEnergy(q) = q.ToArray() |> Array.sumBy (fun q -> 0.5 * stiffness * q * q)

        member _.VelocityInto(p, destination) =
            for k in 0 .. masses.Length - 1 do
                destination[k] <- p[k] / masses[k]

        member h.ForceInto(q, destination) =
            h.Forces <- h.Forces + 1

            for k in 0 .. masses.Length - 1 do
                destination[k] <- -stiffness * q[k]

        member _.GradientInto(q, p, gradientQ, gradientP) =
            for k in 0 .. masses.Length - 1 do
                gradientQ[k] <- stiffness * q[k]
                gradientP[k] <- p[k] / masses[k]

let private start = PhaseState.create 2 1 [| 0.7; -0.4 |] [| 0.3; 1.1 |]

/// Positions and momenta of some motion of each body, from its mass, position and velocity at the start.
let private eachBody (motion: float -> float -> float -> struct (float * float)) : float[] =
    let q, p = start.Positions.ToArray(), start.Momenta.ToArray()
    let ends = Array.init masses.Length (fun k -> motion masses[k] q[k] (p[k] / masses[k]))

    Array.append (ends |> Array.map (fun struct (q, _) -> q)) (Array.map2 (fun m (struct (_, v)) -> m * v) masses ends)

/// Free bodies under drag: q = q0 + v0 (1 - exp(-gamma t)) / gamma, v = v0 exp(-gamma t).
let private free: Problem =
    {
        Name = "free bodies with friction"
        Hamiltonian = Springs 0.0
        Start = start
        At =
            fun time ->
                eachBody (fun _ q v ->
                    let left = exp (-rate * time)
                    struct (q + v * (1.0 - left) / rate, v * left))
        Duration = 8.0
    }

/// Underdamped oscillators: q'' = -k / m q - gamma q'.
let private oscillators: Problem =
    {
        Name = "damped oscillators"
        Hamiltonian = Springs stiffness
        Start = start
        At =
            fun time ->
                eachBody (fun m q v ->
                    let square, half = stiffness / m, 0.5 * rate
                    let turning = sqrt (square - half * half)
                    let envelope, cosine, sine = exp (-half * time), cos (turning * time), sin (turning * time) / turning
                    struct (envelope * (q * cosine + (v + half * q) * sine), envelope * (v * cosine - (square * q + half * v) * sine)))
        Duration = 8.0
    }

let private distance (expected: float[]) (found: float[]) : float =
    Array.map2 (fun a b -> (a - b) * (a - b)) expected found |> Array.sum |> sqrt

let private dragged: IDrive = Drive.drag rate 2 1

/// The drag as a function that no one knows to be linear.
let private blind: IDrive =
    Drive.ofFunction (fun _ p force ->
        for k in 0 .. p.Length - 1 do
            force[k] <- force[k] - rate * p[k])

let private settings (hamiltonian: IHamiltonian) = IntegratorSettings.suggest 0.01 hamiltonian start

let private under (drive: IDrive) (hamiltonian: ISeparableHamiltonian) (method: IntegrationMethod) : Integrator =
    method.TryStart (settings hamiltonian) (Driven(Separable hamiltonian, drive))
    |> Result.defaultWith (fun error -> failtest (string error))

let private takesDrive: IntegrationMethod list = IntegrationMethod.all |> List.filter _.TakesDrive

let private springs: ISeparableHamiltonian = Springs stiffness

let private endOf (integrator: Integrator) (timeStep: float) (steps: int) : float[] =
    Trajectory.record integrator timeStep steps steps start |> expectOk |> Array.last |> flat

let private drag =
    [
        testCase "friction slows free bodies as the closed form says, to rounding where T is known" (fun () ->
            let expected = free.At 8.0
            let found = endOf (under dragged (Springs 0.0) (Splitting.method SplittingMethod.stormerVerlet)) 0.01 800
            close "momenta" Tolerance.exactLaw expected[2..] found[2..] |> expectNone
            close "positions" 1e-5 expected[..1] found[..1] |> expectNone)

        testCase "every method that takes a drive finds the damped oscillator, in its order" (fun () ->
            for method in takesDrive do
                let integrator = under dragged springs method
                let claims = integrator.Method
                Expect.equal claims.Symplecticity NotSymplectic $"{method.Name}: claim"
                let error steps = distance (oscillators.At 4.0) (endOf integrator (4.0 / float steps) steps)

                if claims.HasFixedStep then
                    let coarse, fine = error 40, error 80

                    if fine > 1e-11 then
                        let order = Math.Log2(coarse / fine)
                        Expect.isGreaterThan order (float claims.GeneralOrder - 0.35) $"{method.Name}: order {order}"
                else
                    Expect.isLessThan (error 40) 1e-8 method.Name)

        testCase "a drive that no one knows to be linear has the order of its stages" (fun () ->
            for method in SplittingMethod.all do
                let integrator = Splitting.onDriven springs blind method
                Expect.equal integrator.Method.Order (min 4 method.GeneralOrder) $"{method.Name}: claim"
                let error steps = distance (oscillators.At 4.0) (endOf integrator (4.0 / float steps) steps)
                let coarse, fine = error 40, error 80

                if fine > 1e-11 then
                    Expect.isGreaterThan (Math.Log2(coarse / fine)) (float integrator.Method.Order - 0.35) method.Name)

        testCase "energy lost is the work of drag, to the order of the method" (fun () ->
            for method in takesDrive do
                for drive in [ dragged; blind ] do
                    let integrator = under drive springs method
                    let energy = Conservation.energy springs

                    let driftAt steps =
                        let drift: Drift = Trajectory.observe energy integrator (4.0 / float steps) steps 1 start |> expectOk
                        drift.Max

                    let coarse, fine = driftAt 40, driftAt 80
                    let lost = springs.Value(start.Positions, start.Momenta)
                    Expect.isLessThan fine (0.2 * lost) $"{method.Name}: most of it is accounted for"

                    if integrator.Method.HasFixedStep && fine > 1e-11 then
                        let order = min 4 integrator.Method.GeneralOrder
                        Expect.isGreaterThan (Math.Log2(coarse / fine)) (float order - 0.4) $"{method.Name}: order"
                    elif not integrator.Method.HasFixedStep then
                        Expect.isLessThan fine 1e-7 method.Name)

        testCase "area shrinks at the rate of drag, and a step back undoes a step" (fun () ->
            let integrator = under dragged springs (Splitting.method SplittingMethod.stormerVerlet)
            Expect.isTrue integrator.Method.IsSymmetric "claim"
            let dt = 0.3
            // The motion is linear: the steps of unit vectors are the columns of its map.
            let after q p = Integrator.step integrator dt (PhaseState.create 2 1 [| q; 0.0 |] [| p; 0.0 |]) |> expectOk |> flat
            let ofQ, ofP = after 1.0 0.0, after 0.0 1.0
            close "area" Tolerance.exactLaw [| exp (-rate * dt) |] [| ofQ[0] * ofP[2] - ofP[0] * ofQ[2] |] |> expectNone
            let back = Integrator.step integrator dt start |> Result.bind (Integrator.step integrator -dt) |> expectOk
            close "reversal" Tolerance.reversed (flat start) (flat back) |> expectNone)

        testCase "friction costs no forces and no memory" (fun () ->
            let counted = Springs stiffness
            let stepper = Integrator.stepper (under dragged counted (Splitting.method SplittingMethod.stormerVerlet)) 0.01 start
            stepper.Step() |> expectOk
            counted.Forces <- 0

            let allocatedIn steps =
                let before = GC.GetAllocatedBytesForCurrentThread()

                for _ in 1..steps do
                    stepper.Step() |> ignore

                GC.GetAllocatedBytesForCurrentThread() - before

            Expect.equal (Seq.init 6 (fun _ -> allocatedIn 100) |> Seq.min) 0L "bytes"
            Expect.equal counted.Forces 600 "evaluations")

        testCase "without drag the motion is that of the method, to the last bit" (fun () ->
            for method in takesDrive do
                let plain =
                    method.TryStart (settings springs) (Separable springs) |> Result.defaultWith (fun error -> failtest (string error))

                let still = under (Drive.drag 0.0 2 1) springs method
                identical method.Name (endOf plain 0.1 20) (endOf still 0.1 20) |> expectNone)

        testCase "methods of two copies refuse a drive with a sentence, and rates that are none are refused" (fun () ->
            for method in Extended.all do
                match method.TryStart (settings springs) (Driven(Separable springs, dragged)) with
                | Error refusal -> Expect.stringContains (string refusal) "no energy" method.Name
                | Ok _ -> failtest method.Name

            Expect.throwsT<ArgumentException> (fun () -> Drive.drag nan 2 1 |> ignore) "the rate")

        testCase "a magnetic force turns velocities and does no work" (fun () ->
            // One body of mass 2 in the plane: p' = B (v_y, -v_x), a circle of radius |p| / B with period 2 pi m / B.
            let turning = 3.0
            let rates = [| 0.0; -turning / 2.0; turning / 2.0; 0.0 |]

            let magnet =
                { new IDrive with
                    member _.AddDrivenForceInto(_, p, force) =
                        force[0] <- force[0] + turning / 2.0 * p[1]
                        force[1] <- force[1] - turning / 2.0 * p[0]

                    member _.Rates = ReadOnlySpan<float> rates
                }

            let body = SumSystem(Structure.bonded 2 2.0 (Graph.create 1 []), "free", [])
            let start = PhaseState.create 1 2 [| 0.3; -0.1 |] [| 0.8; 0.6 |]
            let period = 2.0 * Math.PI * 2.0 / turning

            for method in takesDrive do
                let integrator =
                    method.TryStart (IntegratorSettings.suggest 0.01 body start) (Driven(Separable body, magnet))
                    |> Result.defaultWith (fun error -> failtest (string error))

                let stepper = Integrator.stepper integrator (period / 400.0) start

                for _ in 1..400 do
                    stepper.Step() |> expectOk

                Expect.isLessThan (abs stepper.Work) (if integrator.Method.GeneralOrder > 1 then 1e-4 else 1e-2) $"{method.Name}: work"

                if integrator.Method.NeedsSeparable then
                    let speed = sqrt (stepper.Momenta[0] ** 2.0 + stepper.Momenta[1] ** 2.0)
                    close $"{method.Name}: speed" Tolerance.reversed [| 1.0 |] [| speed |] |> expectNone)

        testCase "a run counts the evaluations that its method claims" (fun () ->
            for method in Splitting.all do
                let springs = Springs stiffness
                let stepper = Integrator.stepper (pair springs method) 0.01 start
                stepper.Step() |> expectOk
                springs.Forces <- 0

                for _ in 1..10 do
                    stepper.Step() |> expectOk

                Expect.equal (Some(springs.Forces / 10)) method.ForceEvaluations method.Name)
    ]

[<Tests>]
let tests = testList "Integrators" [ testList "drag" drag ]
