namespace HgnFunctional.Integrators

open System
open System.Collections.Generic
open System.Numerics.Tensors
open HgnFunctional

/// The flow of p' = -dV/dq + F(q, p) at fixed positions: exact where F is linear in the momentum of each body, else by two steps of
/// the classical Runge-Kutta method, of order four. It adds up the work of F, by Simpson's rule. Allocates nothing once it has
/// seen each time of a step.
[<Sealed>]
type internal DrivenKick(hamiltonian: ISeparableHamiltonian, drive: IDrive, start: PhaseState) =

    let size, d = start.Momenta.Length, start.Dimension
    let force, velocity, driven = Array.zeroCreate<float> size, Array.zeroCreate<float> size, Array.zeroCreate<float> size
    let isLinear = not drive.Rates.IsEmpty
    let isStill = isLinear && drive.Rates.IndexOfAnyExcept(0.0) < 0
    /// Decay and gain of each body over half a time, by that time.
    let flows = Dictionary<float, struct (float[] * float[])>()
    let stage, sum, slope = Array.zeroCreate<float> size, Array.zeroCreate<float> size, Array.zeroCreate<float> size
    let before = Array.zeroCreate<float> d
    let mutable current = -1L
    let mutable work = 0.0

    let flowOf (time: float) : struct (float[] * float[]) =
        match flows.TryGetValue time with
        | true, flow -> flow
        | _ ->
            let decay, gain = Array.zeroCreate<float>(size * d), Array.zeroCreate<float>(size * d)

            for body in 0 .. size / d - 1 do
                let first = body * d * d
                let rates = drive.Rates.Slice(first, d * d)
                MatrixExponential.flowInto d rates time (Span<float>(decay, first, d * d)) (Span<float>(gain, first, d * d))

            flows[time] <- struct (decay, gain)
            struct (decay, gain)

    /// F . v at the momenta of a point.
    let power (point: PhasePoint) : float =
        Array.Clear driven
        drive.AddDrivenForceInto(point.Positions, point.Momenta, Span<float> driven)
        hamiltonian.VelocityInto(point.Momenta, Span<float> velocity)
        TensorPrimitives.Dot(ReadOnlySpan<float> driven, ReadOnlySpan<float> velocity)

    let advanceLinear (time: float) (momenta: Span<float>) : unit =
        let struct (decay, gain) = flowOf time

        for body in 0 .. size / d - 1 do
            momenta.Slice(body * d, d).CopyTo(Span<float> before)

            for row in 0 .. d - 1 do
                let first = (body * d + row) * d
                let mutable moved = 0.0

                for column in 0 .. d - 1 do
                    moved <- moved + decay[first + column] * before[column] + gain[first + column] * force[body * d + column]

                momenta[body * d + row] <- moved

    let slopeAt (point: PhasePoint) (momenta: float[]) : unit =
        force.CopyTo(slope, 0)
        drive.AddDrivenForceInto(point.Positions, ReadOnlySpan<float> momenta, Span<float> slope)

    let advanceByStages (time: float) (point: PhasePoint) : unit =
        let momenta = point.MoveMomenta()
        Array.Clear sum

        for k in 0..3 do
            momenta.CopyTo(Span<float> stage)

            if k > 0 then
                Stepper.addScaled stage (if k = 3 then time else 0.5 * time) slope

            slopeAt point stage
            Stepper.addScaled sum (if k = 0 || k = 3 then time / 6.0 else time / 3.0) slope

        TensorPrimitives.Add(Span<float>.op_Implicit momenta, ReadOnlySpan<float> sum, momenta)

    let advance (time: float) (point: PhasePoint) : unit =
        if isLinear then
            advanceLinear time (point.MoveMomenta())
        else
            advanceByStages time point

    /// The work done so far.
    member _.Work: float = work

    interface IFlow with
        member _.Advance(time, point) =
            if current <> point.PositionMoves then
                hamiltonian.ForceInto(point.Positions, Span<float> force)
                current <- point.PositionMoves

            if isStill then
                let momenta = point.MoveMomenta()
                TensorPrimitives.MultiplyAdd(ReadOnlySpan<float> force, time, Span<float>.op_Implicit momenta, momenta)
            else
                let atStart = power point
                advance (0.5 * time) point
                let halfway = power point
                advance (0.5 * time) point
                work <- work + time / 6.0 * (atStart + 4.0 * halfway + power point)
