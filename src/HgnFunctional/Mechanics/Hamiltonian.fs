namespace HgnFunctional

open System

/// A Hamiltonian H(q, p) of N bodies in d dimensions. All spans are row-major [N x d]; none may overlap a destination.
/// Implementations hold no state that a caller can see: calls may come from several threads.
type IHamiltonian =
    /// Number N of bodies.
    abstract Bodies: int
    /// Number d of space dimensions.
    abstract Dimension: int
    /// H(q, p), in the units of energy of its parameters.
    abstract Value: positions: ReadOnlySpan<float> * momenta: ReadOnlySpan<float> -> float

    /// Writes dH/dq and dH/dp.
    abstract GradientInto:
        positions: ReadOnlySpan<float> * momenta: ReadOnlySpan<float> * gradientQ: Span<float> * gradientP: Span<float> -> unit

/// A Hamiltonian that splits into kinetic and potential energy, H = T(p) + V(q), which explicit splitting methods need.
type ISeparableHamiltonian =
    inherit IHamiltonian
    /// T(p). Only T + V is known of a learned Hamiltonian: each alone holds up to a constant.
    abstract KineticEnergy: momenta: ReadOnlySpan<float> -> float
    /// V(q), up to a constant where T is.
    abstract PotentialEnergy: positions: ReadOnlySpan<float> -> float
    /// Writes the velocities dT/dp.
    abstract VelocityInto: momenta: ReadOnlySpan<float> * destination: Span<float> -> unit
    /// Writes the forces -dV/dq.
    abstract ForceInto: positions: ReadOnlySpan<float> * destination: Span<float> -> unit

/// Values and gradients of Hamiltonians at checked states.
[<RequireQualifiedAccess>]
module Hamiltonian =

    let private checkSizes (state: PhaseState) (hamiltonian: IHamiltonian) : unit =
        if state.Bodies <> hamiltonian.Bodies || state.Dimension <> hamiltonian.Dimension then
            invalidArg
                (nameof state)
                $"The state has {state.Bodies} bodies in {state.Dimension} dimensions; expected {hamiltonian.Bodies} in {hamiltonian.Dimension}."

    /// H at a state.
    let value (hamiltonian: IHamiltonian) (state: PhaseState) : float =
        checkSizes state hamiltonian
        hamiltonian.Value(state.Positions, state.Momenta)

    /// dH/dq and dH/dp at a state, each [N x d].
    let gradient (hamiltonian: IHamiltonian) (state: PhaseState) : float[] * float[] =
        checkSizes state hamiltonian
        let gradientQ = Array.zeroCreate state.Positions.Length
        let gradientP = Array.zeroCreate state.Positions.Length
        hamiltonian.GradientInto(state.Positions, state.Momenta, Span<float> gradientQ, Span<float> gradientP)
        gradientQ, gradientP

    /// Hamilton's equations at a state: q' = dH/dp and p' = -dH/dq, each [N x d].
    let timeDerivative (hamiltonian: IHamiltonian) (state: PhaseState) : float[] * float[] =
        let gradientQ, gradientP = gradient hamiltonian state
        gradientP, Array.map (~-) gradientQ
