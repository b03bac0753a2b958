namespace HgnFunctional.Integrators

open System
open HgnFunctional
open HgnFunctional.Models

/// The space in which a method preserves the area form dq ^ dp.
type Symplecticity =
    /// In none: a reference method, or one of a motion that loses or gains energy.
    | NotSymplectic
    /// In phase space.
    | Symplectic
    /// In a phase space of two copies of the state, of which a run shows the first.
    | SymplecticExtended

/// Why a method does not go with a Hamiltonian.
type MethodRefusal =
    {
        /// Name of the method.
        Method: string
        /// What the method needs and does not get, as the end of a sentence.
        Needs: string
    }

    /// The reason as one sentence, without its full stop.
    override refusal.ToString() : string = $"The method {refusal.Method} needs {refusal.Needs}"

/// A method, with its claims and what starts it: all that runs, tests and pages know of it. The tests and the table in
/// docs/INTEGRATORS.md iterate `IntegrationMethod.all`.
[<NoEquality; NoComparison>]
type IntegrationMethod =
    {
        /// Name in options.
        Name: string
        /// Order of accuracy in the time step where T is quadratic in the momenta.
        Order: int
        /// Order of accuracy in the time step for any kinetic energy.
        GeneralOrder: int
        /// Whether a step with -dt undoes a step with dt.
        IsSymmetric: bool
        /// The space in which it is symplectic. There it also conserves angular momentum, to rounding.
        Symplecticity: Symplecticity
        /// Whether a step needs no iteration.
        IsExplicit: bool
        /// Whether the time step given is the one taken.
        HasFixedStep: bool
        /// Whether it needs a Hamiltonian that splits into T(p) + V(q).
        NeedsSeparable: bool
        /// Whether it takes forces that no energy gives beside a Hamiltonian.
        TakesDrive: bool
        /// Evaluations of the forces, or of the gradient, in a step of a run; none where the motion decides.
        ForceEvaluations: int option
        /// Where it comes from.
        Source: string
        /// The method with the Hamiltonian of a model on a structure, or why they do not go together. Settings that are not
        /// what they should be raise an ArgumentException.
        TryStart: IntegratorSettings -> Dynamics -> Result<Integrator, MethodRefusal>
    }

    override method.ToString() : string = method.Name

/// The space in which a method preserves what it claims to preserve: phase space, or one that holds more than the state.
and [<NoEquality; NoComparison>] MethodSpace =
    {
        /// The point of that space where a run from a state starts.
        Lift: PhaseState -> PhaseState
        /// A stepper by a time step from any point of that space, which shows the whole of it.
        Start: float -> PhaseState -> IStepper
    }

/// A method with the Hamiltonian that it advances.
and [<NoEquality; NoComparison; StructuredFormatDisplay("{Description}")>] Integrator =
    {
        /// The method, with its claims.
        Method: IntegrationMethod
        /// The Hamiltonian that is integrated.
        Hamiltonian: IHamiltonian
        /// A stepper by a time step from a state; `Integrator.stepper` checks both.
        Start: float -> PhaseState -> IStepper
        /// The space in which the method's claims hold.
        Space: MethodSpace
    }

    /// The method and the Hamiltonian, in words.
    member integrator.Description: string = $"{integrator.Method.Name} of {integrator.Hamiltonian}"

    override integrator.ToString() : string = integrator.Description

/// Steps and steppers.
[<RequireQualifiedAccess>]
module Integrator =

    /// The integrator of a method whose claims hold in phase space itself, from what starts a stepper by a time step from a state.
    let create (method: IntegrationMethod) (hamiltonian: IHamiltonian) (start: float -> PhaseState -> IStepper) : Integrator =
        { Method = method; Hamiltonian = hamiltonian; Start = start; Space = { Lift = id; Start = start } }

    /// The claims of a method under a motion: with a drive nothing is symplectic.
    let internal claimsUnder (dynamics: Dynamics) (method: IntegrationMethod) : IntegrationMethod =
        if dynamics.Drive.IsSome then
            { method with Symplecticity = NotSymplectic }
        else
            method

    let private check (hamiltonian: IHamiltonian) (timeStep: float) (start: PhaseState) : unit =
        if not (Double.IsFinite timeStep) || timeStep = 0.0 then
            invalidArg (nameof timeStep) $"The time step is {timeStep}; expected a finite number other than 0."

        if start.Bodies <> hamiltonian.Bodies || start.Dimension <> hamiltonian.Dimension then
            invalidArg
                (nameof start)
                $"The state has {start.Bodies} bodies in {start.Dimension} dimensions; expected {hamiltonian.Bodies} in {hamiltonian.Dimension}."

    /// A stepper from a state. The time step may be negative, not zero.
    let stepper (integrator: Integrator) (timeStep: float) (start: PhaseState) : IStepper =
        check integrator.Hamiltonian timeStep start
        integrator.Start timeStep start

    /// The state of a stepper now, copied.
    let state (integrator: Integrator) (stepper: IStepper) : PhaseState =
        let hamiltonian = integrator.Hamiltonian
        PhaseState.OfOwned(hamiltonian.Bodies, hamiltonian.Dimension, stepper.Positions.ToArray(), stepper.Momenta.ToArray())

    /// The state after one time step.
    let step (integrator: Integrator) (timeStep: float) (start: PhaseState) : Result<PhaseState, SimulationError> =
        let stepper = stepper integrator timeStep start
        stepper.Step() |> Result.map (fun () -> state integrator stepper)
