/// Splitting methods with a flow beside those of T(p) and V(q).
module HgnFunctional.Tests.Integrators.DragTests

open System
open Expecto
open HgnFunctional
open HgnFunctional.Models
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

let private damped (method: SplittingMethod) : IntegrationMethod =
    SplittingMethod.strang 0 method |> Splitting.methodWith [ Drag.flow rate ]

let private hasOrder (order: int) (problem: Problem) (method: IntegrationMethod) : unit =
    let measured = measuredOrder problem method
    Expect.isLessThan (abs (measured - float order)) Tolerance.order $"{method.Name} on {problem.Name}: order %.3f{measured}"

let private drag =
    [
        testCase "friction slows free bodies as the closed form says" (fun () ->
            let state = Trajectory.record (pair free.Hamiltonian (damped SplittingMethod.stormerVerlet)) 0.01 800 800 start |> expectOk
            let expected = free.At 8.0
            close "momenta" Tolerance.exactLaw expected[2..] (state[1].Momenta.ToArray()) |> expectNone
            close "positions" 1e-5 expected[..1] (state[1].Positions.ToArray()) |> expectNone
            hasOrder 2 free (damped SplittingMethod.stormerVerlet))

        testCase "a damped oscillator has the order of its splitting" (fun () ->
            for method in [ SplittingMethod.stormerVerlet; SplittingMethod.positionVerlet; SplittingMethod.blanesMoan4 ] do
                Expect.equal ((damped method).Order, (damped method).IsSymmetric) (2, true) $"claims of {method.Name}"
                hasOrder 2 oscillators (damped method)

            Expect.equal (damped SplittingMethod.ruth3).Order 1 "around a method that is not symmetric"
            hasOrder 1 oscillators (damped SplittingMethod.symplecticEulerA))

        testCase "area shrinks at the rate of drag, and a step back undoes a step" (fun () ->
            let integrator = pair oscillators.Hamiltonian (damped SplittingMethod.stormerVerlet)
            Expect.equal integrator.Method.Symplecticity NotSymplectic "claim"
            let dt = 0.3
            // The motion is linear: the steps of unit vectors are the columns of its map.
            let after q p = Integrator.step integrator dt (PhaseState.create 2 1 [| q; 0.0 |] [| p; 0.0 |]) |> expectOk |> flat
            let ofQ, ofP = after 1.0 0.0, after 0.0 1.0
            close "area" Tolerance.exactLaw [| exp (-rate * dt) |] [| ofQ[0] * ofP[2] - ofP[0] * ofQ[2] |] |> expectNone
            let back = Integrator.step integrator dt start |> Result.bind (Integrator.step integrator -dt) |> expectOk
            close "reversal" Tolerance.reversed (flat start) (flat back) |> expectNone)

        testCase "friction costs no forces and no memory" (fun () ->
            let springs = Springs stiffness
            let stepper = Integrator.stepper (pair springs (damped SplittingMethod.stormerVerlet)) 0.01 start
            stepper.Step() |> expectOk
            springs.Forces <- 0

            let allocatedIn steps =
                let before = GC.GetAllocatedBytesForCurrentThread()

                for _ in 1..steps do
                    stepper.Step() |> ignore

                GC.GetAllocatedBytesForCurrentThread() - before

            Expect.equal (Seq.init 6 (fun _ -> allocatedIn 100) |> Seq.min) 0L "bytes"
            Expect.equal springs.Forces 600 "evaluations"
            Expect.equal (damped SplittingMethod.stormerVerlet).ForceEvaluations (Some 1) "claim")

        testCase "without drag the motion is that of the method" (fun () ->
            let at method = Trajectory.record (pair oscillators.Hamiltonian method) 0.1 20 20 start |> expectOk |> Array.last |> flat
            let still = SplittingMethod.strang 0 SplittingMethod.stormerVerlet |> Splitting.methodWith [ Drag.flow 0.0 ]
            identical "rate 0" (at (Splitting.method SplittingMethod.stormerVerlet)) (at still) |> expectNone)

        testCase "flows that are missing, and rates that are none, are refused" (fun () ->
            let method = SplittingMethod.strang 0 SplittingMethod.stormerVerlet
            Expect.throwsT<ArgumentException> (fun () -> Splitting.method method |> ignore) "a third flow"
            Expect.throwsT<ArgumentException> (fun () -> Splitting.on oscillators.Hamiltonian method |> ignore) "on a Hamiltonian"
            Expect.throwsT<ArgumentException> (fun () -> Drag.flow nan |> ignore) "the rate"
            Expect.throwsT<ArgumentException> (fun () -> SplitStage.further -1 0.5 |> ignore) "the index")

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
