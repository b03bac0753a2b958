namespace HgnFunctional.Integrators

open System
open HgnFunctional

/// How the two copies of an extended method hold together.
type ExtendedCoupling =
    {
        /// The rate w at which their difference turns, in units of 1 / time. Too low, the copies part; too high, beside the
        /// time step, and the order is lost.
        Rate: float
        /// The momentum k that weighs as much as a unit of length, in units of mass / time: about the stiffest mass times its
        /// frequency.
        MomentumPerLength: float
    }

/// What some methods want to know beside the time step.
type IntegratorSettings =
    {
        /// Largest error of an adaptive substep, relative to the spread of the positions and to the size of the momenta.
        Tolerance: float
        /// How the two copies of an extended method hold together.
        Coupling: ExtendedCoupling
    }

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
