namespace HgnFunctional.Integrators

open System
open HgnFunctional

/// A stepper for a splitting method; allocates nothing per step. A rate stays valid while what it depends on has not moved,
/// so that Stoermer-Verlet evaluates the forces once a step.
[<Sealed>]
type internal SplittingStepper(method: SplittingMethod, hamiltonian: ISeparableHamiltonian, timeStep: float, start: PhaseState) =

    let q, p = start.Positions.ToArray(), start.Momenta.ToArray()
    let velocity = Array.zeroCreate<float> q.Length
    let force = Array.zeroCreate<float> q.Length
    let stages = Array.ofList method.Stages
    let mutable velocityIsCurrent = false
    let mutable forceIsCurrent = false
    let mutable steps = 0L

    let apply (stage: SplitStage) : unit =
        match stage with
        | Drift fraction ->
            if not velocityIsCurrent then
                hamiltonian.VelocityInto(ReadOnlySpan<float> p, Span<float> velocity)
                velocityIsCurrent <- true

            Stepper.addScaled q (fraction * timeStep) velocity
            forceIsCurrent <- false
        | Kick fraction ->
            if not forceIsCurrent then
                hamiltonian.ForceInto(ReadOnlySpan<float> q, Span<float> force)
                forceIsCurrent <- true

            Stepper.addScaled p (fraction * timeStep) force
            velocityIsCurrent <- false

    interface IStepper with
        member _.Step() =
            for stage in stages do
                apply stage

            steps <- steps + 1L
            if Stepper.isFinite q && Stepper.isFinite p then Ok() else Error(Diverged steps)

        member _.Steps = steps
        member _.Positions = ReadOnlySpan<float> q
        member _.Momenta = ReadOnlySpan<float> p
