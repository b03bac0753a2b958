namespace HgnFunctional.Integrators

open System
open System.Numerics.Tensors
open HgnFunctional

/// A state that flows advance in place, and how often its positions and momenta moved, so that what was computed from
/// either may be kept until then. Not for use by several threads at once.
[<Sealed>]
type PhasePoint(start: PhaseState) =

    let q, p = start.Positions.ToArray(), start.Momenta.ToArray()
    let mutable positionMoves = 0L
    let mutable momentumMoves = 0L

    /// Number N of bodies.
    member _.Bodies: int = start.Bodies

    /// Number d of space dimensions.
    member _.Dimension: int = start.Dimension

    /// Positions now [N x d].
    member _.Positions: ReadOnlySpan<float> = ReadOnlySpan<float> q

    /// Momenta now [N x d].
    member _.Momenta: ReadOnlySpan<float> = ReadOnlySpan<float> p

    /// Another number each time the positions move.
    member _.PositionMoves: int64 = positionMoves

    /// Another number each time the momenta move.
    member _.MomentumMoves: int64 = momentumMoves

    /// The positions [N x d], to be moved at once.
    member _.MovePositions() : Span<float> =
        positionMoves <- positionMoves + 1L
        Span<float> q

    /// The momenta [N x d], to be moved at once.
    member _.MoveMomenta() : Span<float> =
        momentumMoves <- momentumMoves + 1L
        Span<float> p

    /// Whether every position and momentum is finite.
    member _.IsFinite: bool = Stepper.isFinite q && Stepper.isFinite p

/// A part of a motion with a solution of its own, of which splitting methods compose a step. It may hold scratch and
/// belongs to one run.
type IFlow =
    /// Advances a point by a time, which may be negative where a method takes steps back.
    abstract Advance: time: float * point: PhasePoint -> unit

/// The flow of T(p); the velocities stay valid while the momenta do not move.
[<Sealed>]
type private DriftFlow(hamiltonian: ISeparableHamiltonian, size: int) =

    let velocity = Array.zeroCreate<float> size
    let mutable current = -1L

    interface IFlow with
        member _.Advance(time, point) =
            if current <> point.MomentumMoves then
                hamiltonian.VelocityInto(point.Momenta, Span<float> velocity)
                current <- point.MomentumMoves

            let positions = point.MovePositions()
            TensorPrimitives.MultiplyAdd(ReadOnlySpan<float> velocity, time, Span<float>.op_Implicit positions, positions)

/// The flow of V(q); the forces stay valid while the positions do not move, so that Stoermer-Verlet evaluates them once a step.
[<Sealed>]
type private KickFlow(hamiltonian: ISeparableHamiltonian, size: int) =

    let force = Array.zeroCreate<float> size
    let mutable current = -1L

    interface IFlow with
        member _.Advance(time, point) =
            if current <> point.PositionMoves then
                hamiltonian.ForceInto(point.Positions, Span<float> force)
                current <- point.PositionMoves

            let momenta = point.MoveMomenta()
            TensorPrimitives.MultiplyAdd(ReadOnlySpan<float> force, time, Span<float>.op_Implicit momenta, momenta)

/// The two flows of a Hamiltonian that splits, each from the state where a run starts.
[<RequireQualifiedAccess>]
module Flow =

    /// The flow of T(p): positions move with the velocities dT/dp.
    let drift (hamiltonian: ISeparableHamiltonian) (start: PhaseState) : IFlow = DriftFlow(hamiltonian, start.Positions.Length)

    /// The flow of V(q): momenta change with the forces -dV/dq.
    let kick (hamiltonian: ISeparableHamiltonian) (start: PhaseState) : IFlow = KickFlow(hamiltonian, start.Positions.Length)

/// One stage of a splitting method: one of the flows that a step composes, for a fraction of the time step.
type SplitStage =
    {
        /// Which flow: 0 is that of T(p), 1 that of V(q).
        Flow: int
        /// The fraction.
        Fraction: float
    }

/// Stages by the names of their flows.
[<RequireQualifiedAccess>]
module SplitStage =

    /// Positions move with the velocities dT/dp.
    let drift (fraction: float) : SplitStage = { Flow = 0; Fraction = fraction }

    /// Momenta change with the forces -dV/dq.
    let kick (fraction: float) : SplitStage = { Flow = 1; Fraction = fraction }
