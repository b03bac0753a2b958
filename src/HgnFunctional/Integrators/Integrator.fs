namespace HgnFunctional

open System
open System.Numerics.Tensors

/// Why a simulation stopped.
type SimulationError =
    /// A position or momentum is no longer finite; steps count from 1.
    | Diverged of step: int64
    /// An implicit step did not converge; the last change is relative to the size of the state.
    | IterationLimit of step: int64 * iterations: int * lastChange: float

    /// The error as one sentence.
    override error.ToString() : string =
        match error with
        | Diverged step -> $"The simulation diverged at step {step}: a position or momentum is no longer finite; try a smaller time step."
        | IterationLimit(step, iterations, lastChange) ->
            $"The implicit equations of step {step} did not converge in {iterations} iterations (last change {lastChange:E1}); try a smaller time step."

/// Advances one state by time steps, in arrays of its own. Not for use by several threads at once.
type IStepper =
    /// Advances by one time step.
    abstract Step: unit -> Result<unit, SimulationError>
    /// Number of steps so far.
    abstract Steps: int64
    /// Positions now [N x d]; valid until the next step.
    abstract Positions: ReadOnlySpan<float>
    /// Momenta now [N x d]; valid until the next step.
    abstract Momenta: ReadOnlySpan<float>

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

    let addScaled (target: float[]) (scale: float) (rate: float[]) : unit =
        TensorPrimitives.MultiplyAdd(ReadOnlySpan<float> rate, scale, ReadOnlySpan<float> target, Span<float> target)

    let apply (stage: SplitStage) : unit =
        match stage with
        | Drift fraction ->
            if not velocityIsCurrent then
                hamiltonian.VelocityInto(ReadOnlySpan<float> p, Span<float> velocity)
                velocityIsCurrent <- true

            addScaled q (fraction * timeStep) velocity
            forceIsCurrent <- false
        | Kick fraction ->
            if not forceIsCurrent then
                hamiltonian.ForceInto(ReadOnlySpan<float> q, Span<float> force)
                forceIsCurrent <- true

            addScaled p (fraction * timeStep) force
            velocityIsCurrent <- false

    let isFinite () =
        Double.IsFinite(TensorPrimitives.Sum(ReadOnlySpan<float> q))
        && Double.IsFinite(TensorPrimitives.Sum(ReadOnlySpan<float> p))

    interface IStepper with
        member _.Step() =
            for stage in stages do
                apply stage

            steps <- steps + 1L
            if isFinite () then Ok() else Error(Diverged steps)

        member _.Steps = steps
        member _.Positions = ReadOnlySpan<float> q
        member _.Momenta = ReadOnlySpan<float> p

/// A stepper for the implicit midpoint rule, y1 = y0 + dt J grad H((y0 + y1) / 2), by fixed-point iteration to round-off.
[<Sealed>]
type internal MidpointStepper(hamiltonian: IHamiltonian, timeStep: float, start: PhaseState) =

    let mostIterations = 100
    /// Changes below this, relative to the largest entry, are rounding error.
    let converged = 1e-15

    let size = start.Positions.Length
    let q, p = start.Positions.ToArray(), start.Momenta.ToArray()
    let middleQ, middleP = Array.zeroCreate<float> size, Array.zeroCreate<float> size
    let gradientQ, gradientP = Array.zeroCreate<float> size, Array.zeroCreate<float> size
    let previousQ, previousP = Array.zeroCreate<float> size, Array.zeroCreate<float> size
    let mutable steps = 0L

    let evaluate () =
        hamiltonian.GradientInto(ReadOnlySpan<float> middleQ, ReadOnlySpan<float> middleP, Span<float> gradientQ, Span<float> gradientP)

    /// middle <- base + factor * rate; returns the largest change, relative to the largest entry.
    let update (middle: float[]) (origin: float[]) (factor: float) (rate: float[]) (previous: float[]) : float =
        middle.CopyTo(previous, 0)
        TensorPrimitives.MultiplyAdd(ReadOnlySpan<float> rate, factor, ReadOnlySpan<float> origin, Span<float> middle)
        TensorPrimitives.Subtract(ReadOnlySpan<float> middle, ReadOnlySpan<float> previous, Span<float> previous)
        let change = abs (TensorPrimitives.MaxMagnitude(ReadOnlySpan<float> previous))
        let largest = abs (TensorPrimitives.MaxMagnitude(ReadOnlySpan<float> middle))
        if change = 0.0 then 0.0 else change / largest

    let iterate () =
        evaluate ()
        let changeQ = update middleQ q (0.5 * timeStep) gradientP previousQ
        let changeP = update middleP p (-0.5 * timeStep) gradientQ previousP
        max changeQ changeP

    interface IStepper with
        member _.Step() =
            q.CopyTo(middleQ, 0)
            p.CopyTo(middleP, 0)
            let mutable iterations = 0
            let mutable change = infinity
            let mutable stalled = false

            while change > converged && not stalled && iterations < mostIterations do
                let next = iterate ()
                // Near round-off the changes stop shrinking: that is as converged as it gets.
                stalled <- next < 1e-14 && next >= change
                change <- next
                iterations <- iterations + 1

            steps <- steps + 1L

            if Double.IsNaN change then
                Error(Diverged steps)
            elif change > converged && not stalled then
                Error(IterationLimit(steps, iterations, change))
            else
                // y1 = 2 middle - y0.
                for k in 0 .. size - 1 do
                    q[k] <- 2.0 * middleQ[k] - q[k]
                    p[k] <- 2.0 * middleP[k] - p[k]

                Ok()

        member _.Steps = steps
        member _.Positions = ReadOnlySpan<float> q
        member _.Momenta = ReadOnlySpan<float> p

/// How to advance a state. Splitting methods need a Hamiltonian that splits; the type of the case says so.
[<NoEquality; NoComparison>]
type Integrator =
    /// An explicit splitting method with a Hamiltonian H = T(p) + V(q).
    | Splitting of SplittingMethod * ISeparableHamiltonian
    /// The implicit midpoint rule (order 2, symmetric, symplectic) with any Hamiltonian.
    | ImplicitMidpoint of IHamiltonian

    /// The Hamiltonian that is integrated.
    member integrator.Hamiltonian: IHamiltonian =
        match integrator with
        | Splitting(_, hamiltonian) -> hamiltonian
        | ImplicitMidpoint hamiltonian -> hamiltonian

/// Steps and steppers.
[<RequireQualifiedAccess>]
module Integrator =

    /// Name of the implicit midpoint rule in options.
    [<Literal>]
    let MidpointName = "implicit-midpoint"

    /// Names of all methods.
    let names: string list = [ for method in SplittingMethod.all -> method.Name ] @ [ MidpointName ]

    /// The integrator of a method's name for a model on a structure; none if there is no such method, or if it is explicit
    /// and the model does not split.
    let tryForDynamics (name: string) (dynamics: Dynamics) : Integrator option =
        match dynamics, SplittingMethod.all |> List.tryFind (fun method -> method.Name = name) with
        | _, None when name = MidpointName -> Some(ImplicitMidpoint dynamics.Hamiltonian)
        | Separable hamiltonian, Some method -> Some(Splitting(method, hamiltonian))
        | _ -> None

    /// A stepper from a state. The time step may be negative, not zero.
    let stepper (integrator: Integrator) (timeStep: float) (start: PhaseState) : IStepper =
        let hamiltonian = integrator.Hamiltonian

        if not (Double.IsFinite timeStep) || timeStep = 0.0 then
            invalidArg (nameof timeStep) $"The time step is {timeStep}; expected a finite number other than 0."

        if start.Bodies <> hamiltonian.Bodies || start.Dimension <> hamiltonian.Dimension then
            invalidArg
                (nameof start)
                $"The state has {start.Bodies} bodies in {start.Dimension} dimensions; expected {hamiltonian.Bodies} in {hamiltonian.Dimension}."

        match integrator with
        | Splitting(method, hamiltonian) -> SplittingStepper(method, hamiltonian, timeStep, start)
        | ImplicitMidpoint hamiltonian -> MidpointStepper(hamiltonian, timeStep, start)

    /// The state of a stepper now, copied.
    let state (integrator: Integrator) (stepper: IStepper) : PhaseState =
        let hamiltonian = integrator.Hamiltonian
        PhaseState.OfOwned(hamiltonian.Bodies, hamiltonian.Dimension, stepper.Positions.ToArray(), stepper.Momenta.ToArray())

    /// The state after one time step.
    let step (integrator: Integrator) (timeStep: float) (start: PhaseState) : Result<PhaseState, SimulationError> =
        let stepper = stepper integrator timeStep start
        stepper.Step() |> Result.map (fun () -> state integrator stepper)
