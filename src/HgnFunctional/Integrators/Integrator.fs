namespace HgnFunctional.Integrators

open System
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Models

/// What some methods want to know beside the time step.
type IntegratorSettings =
    {
        /// Largest error of an adaptive substep, relative to the spread of the positions and to the size of the momenta.
        Tolerance: float
        /// How the two copies of an extended method hold together.
        Coupling: ExtendedCoupling
    }

/// A method with the Hamiltonian that it advances. Splitting methods need one that splits; the type of the case says so.
[<NoEquality; NoComparison>]
type Integrator =
    /// An explicit splitting method with a Hamiltonian H = T(p) + V(q).
    | Splitting of SplittingMethod * ISeparableHamiltonian
    /// An explicit or implicit Runge-Kutta method with any Hamiltonian.
    | RungeKutta of RungeKuttaMethod * IHamiltonian
    /// An explicit method that adapts its steps to a tolerance, with any Hamiltonian.
    | Adaptive of EmbeddedRungeKutta * tolerance: float * IHamiltonian
    /// An explicit method in extended phase space, with any Hamiltonian.
    | Extended of ExtendedMethod * ExtendedCoupling * IHamiltonian

    /// The Hamiltonian that is integrated.
    member integrator.Hamiltonian: IHamiltonian =
        match integrator with
        | Splitting(_, hamiltonian) -> hamiltonian
        | RungeKutta(_, hamiltonian)
        | Adaptive(_, _, hamiltonian)
        | Extended(_, _, hamiltonian) -> hamiltonian

    /// The method, with its claims.
    member integrator.Method: IntegrationMethod =
        match integrator with
        | Splitting(method, _) -> IntegrationMethod.Splitting method
        | RungeKutta(method, _) -> IntegrationMethod.RungeKutta method
        | Adaptive(method, _, _) -> IntegrationMethod.Adaptive method
        | Extended(method, _, _) -> IntegrationMethod.Extended method

/// Settings for a run.
[<RequireQualifiedAccess>]
module IntegratorSettings =

    /// Mass times frequency of the stiffest motion near a state; 1 where there are no forces. The stiffness is the largest
    /// that some power iterations find, from the velocities (or the forces, for a state at rest).
    let private momentumPerLength (hamiltonian: IHamiltonian) (start: PhaseState) : float =
        let rms (values: float[]) = Stepper.rms (ReadOnlySpan<float> values)
        let positions, momenta = start.Positions.ToArray(), start.Momenta.ToArray()
        let velocities, forces = Hamiltonian.timeDerivative hamiltonian start
        let isMoving = Array.exists ((<>) 0.0) velocities
        let mass = if isMoving then rms momenta / rms velocities else 1.0
        let reach = 1e-4 * Stepper.spread start.Dimension start.Positions

        let forceChange (direction: float[]) : float[] =
            let step = reach / rms direction
            let moved = Array.map2 (fun q d -> q + step * d) positions direction
            let _, there = Hamiltonian.timeDerivative hamiltonian (PhaseState.OfOwned(start.Bodies, start.Dimension, moved, momenta))
            Array.map2 (-) there forces

        let stiffness (change: float[]) : float = if Array.forall ((=) 0.0) change then 0.0 else rms change / reach

        let largest =
            forceChange (if isMoving then velocities else forces)
            |> Seq.unfold (fun change -> Some(stiffness change, forceChange change))
            |> Seq.truncate 8
            |> Seq.max

        if largest > 0.0 then sqrt (mass * largest) else 1.0

    /// A tolerance of 1e-10, and a coupling that turns the difference of two copies by one radian in a step.
    let suggest (timeStep: float) (hamiltonian: IHamiltonian) (start: PhaseState) : IntegratorSettings =
        {
            Tolerance = 1e-10
            Coupling = { Rate = 0.5 / abs timeStep; MomentumPerLength = momentumPerLength hamiltonian start }
        }

/// Steps and steppers.
[<RequireQualifiedAccess>]
module Integrator =

    /// The integrator of a method for a model on a structure; none if the method needs a Hamiltonian that splits, and this
    /// one does not.
    let tryCreate (settings: IntegratorSettings) (method: IntegrationMethod) (dynamics: Dynamics) : Integrator option =
        match method, dynamics with
        | IntegrationMethod.Splitting method, Separable hamiltonian -> Some(Splitting(method, hamiltonian))
        | IntegrationMethod.Splitting _, General _ -> None
        | IntegrationMethod.RungeKutta method, _ -> Some(RungeKutta(method, dynamics.Hamiltonian))
        | IntegrationMethod.Adaptive method, _ -> Some(Adaptive(method, settings.Tolerance, dynamics.Hamiltonian))
        | IntegrationMethod.Extended method, _ -> Some(Extended(method, settings.Coupling, dynamics.Hamiltonian))

    let private check (integrator: Integrator) (timeStep: float) (start: PhaseState) : unit =
        let hamiltonian = integrator.Hamiltonian

        if not (Double.IsFinite timeStep) || timeStep = 0.0 then
            invalidArg (nameof timeStep) $"The time step is {timeStep}; expected a finite number other than 0."

        if start.Bodies <> hamiltonian.Bodies || start.Dimension <> hamiltonian.Dimension then
            invalidArg
                (nameof start)
                $"The state has {start.Bodies} bodies in {start.Dimension} dimensions; expected {hamiltonian.Bodies} in {hamiltonian.Dimension}."

        match integrator with
        | Adaptive(_, tolerance, _) -> Guard.positiveFinite (nameof tolerance) tolerance
        | Extended(_, coupling, _) ->
            Guard.positiveFinite (nameof coupling.Rate) coupling.Rate
            Guard.positiveFinite (nameof coupling.MomentumPerLength) coupling.MomentumPerLength
        | Splitting _
        | RungeKutta _ -> ()

    /// A stepper from a state. The time step may be negative, not zero.
    let stepper (integrator: Integrator) (timeStep: float) (start: PhaseState) : IStepper =
        check integrator timeStep start

        match integrator with
        | Splitting(method, hamiltonian) -> SplittingStepper(method, hamiltonian, timeStep, start)
        | RungeKutta(method, hamiltonian) when method.IsExplicit -> ExplicitRungeKuttaStepper(method, hamiltonian, timeStep, start)
        | RungeKutta(method, hamiltonian) -> ImplicitRungeKuttaStepper(method, hamiltonian, timeStep, start)
        | Adaptive(method, tolerance, hamiltonian) -> AdaptiveStepper(method, tolerance, hamiltonian, timeStep, start)
        | Extended(method, coupling, hamiltonian) -> ExtendedStepper(method, coupling, hamiltonian, timeStep, start, start)

    /// The state of a stepper now, copied.
    let state (integrator: Integrator) (stepper: IStepper) : PhaseState =
        let hamiltonian = integrator.Hamiltonian
        PhaseState.OfOwned(hamiltonian.Bodies, hamiltonian.Dimension, stepper.Positions.ToArray(), stepper.Momenta.ToArray())

    /// The state after one time step.
    let step (integrator: Integrator) (timeStep: float) (start: PhaseState) : Result<PhaseState, SimulationError> =
        let stepper = stepper integrator timeStep start
        stepper.Step() |> Result.map (fun () -> state integrator stepper)

    /// The state in the space where the method is symplectic: for an extended method two copies side by side, else itself.
    let internal lift (integrator: Integrator) (state: PhaseState) : PhaseState =
        match integrator with
        | Extended _ ->
            let twice (field: float[]) = Array.append field field
            PhaseState.OfOwned(2 * state.Bodies, state.Dimension, twice (state.Positions.ToArray()), twice (state.Momenta.ToArray()))
        | _ -> state

    /// One time step in that space.
    let internal stepLifted (integrator: Integrator) (timeStep: float) (lifted: PhaseState) : Result<PhaseState, SimulationError> =
        match integrator with
        | Extended(method, coupling, hamiltonian) ->
            let size = lifted.Positions.Length / 2

            let copy first =
                PhaseState.OfOwned(
                    hamiltonian.Bodies,
                    hamiltonian.Dimension,
                    lifted.Positions.Slice(first, size).ToArray(),
                    lifted.Momenta.Slice(first, size).ToArray()
                )

            let stepper = ExtendedStepper(method, coupling, hamiltonian, timeStep, copy 0, copy size)
            (stepper :> IStepper).Step() |> Result.map (fun () -> stepper.Lifted)
        | _ -> step integrator timeStep lifted
