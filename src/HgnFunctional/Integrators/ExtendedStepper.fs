namespace HgnFunctional.Integrators

open System
open System.Numerics.Tensors
open HgnFunctional

/// A stepper for an extended method; allocates nothing per step. The state shown is the first copy.
[<Sealed>]
type internal ExtendedStepper
    (method: ExtendedMethod, coupling: ExtendedCoupling, hamiltonian: IHamiltonian, timeStep: float, first: PhaseState, second: PhaseState)
    =

    let q, p = first.Positions.ToArray(), first.Momenta.ToArray()
    let x, y = second.Positions.ToArray(), second.Momenta.ToArray()
    let gradientQ = Array.zeroCreate<float> q.Length
    let gradientP = Array.zeroCreate<float> q.Length
    let fractions = Array.ofList method.Fractions
    let mutable steps = 0L

    /// The flow of H(positions, momenta), whose two arguments belong to different copies: it moves the other halves.
    let flow (h: float) (positions: float[]) (momenta: float[]) (otherPositions: float[]) (otherMomenta: float[]) : unit =
        hamiltonian.GradientInto(ReadOnlySpan<float> positions, ReadOnlySpan<float> momenta, Span<float> gradientQ, Span<float> gradientP)
        Stepper.addScaled otherPositions h gradientP
        Stepper.addScaled otherMomenta -h gradientQ

    /// The flow of w/2 (k |q - x|^2 + |p - y|^2 / k): sums stay, differences turn by the angle 2 w h.
    let couple (h: float) : unit =
        let cosine, sine = cos (2.0 * coupling.Rate * h), sin (2.0 * coupling.Rate * h)
        let unit = coupling.MomentumPerLength

        for k in 0 .. q.Length - 1 do
            let sumQ, sumP = q[k] + x[k], p[k] + y[k]
            let differenceQ, differenceP = q[k] - x[k], p[k] - y[k]
            let turnedQ = cosine * differenceQ + sine / unit * differenceP
            let turnedP = cosine * differenceP - sine * unit * differenceQ
            q[k] <- 0.5 * (sumQ + turnedQ)
            p[k] <- 0.5 * (sumP + turnedP)
            x[k] <- 0.5 * (sumQ - turnedQ)
            y[k] <- 0.5 * (sumP - turnedP)

    /// Both copies, the first one's bodies in front.
    member _.Lifted: PhaseState = PhaseState.OfOwned(2 * first.Bodies, first.Dimension, Array.append q x, Array.append p y)

    interface IStepper with
        member _.Step() =
            for fraction in fractions do
                let h = fraction * timeStep
                flow (0.5 * h) q y x p
                flow (0.5 * h) x p q y
                couple h
                flow (0.5 * h) x p q y
                flow (0.5 * h) q y x p

            steps <- steps + 1L
            if Stepper.isFinite q && Stepper.isFinite p then Ok() else Error(Diverged steps)

        member _.Steps = steps
        member _.Positions = ReadOnlySpan<float> q
        member _.Momenta = ReadOnlySpan<float> p
