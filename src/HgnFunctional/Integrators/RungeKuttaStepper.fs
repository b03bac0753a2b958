namespace HgnFunctional.Integrators

open System
open System.Numerics.Tensors
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Models

/// The slopes of an explicit method at one step.
[<Sealed>]
type private ExplicitStages(method: RungeKuttaMethod, motion: EquationsOfMotion) =

    let size = motion.Size
    let stage = Array.zeroCreate<float> size
    let slopes = Array.init method.Stages (fun _ -> Array.zeroCreate<float> size)

    /// y' at each stage of a step of length h from y.
    member _.Evaluate(y: float[], h: float) : unit =
        for i in 0 .. method.Stages - 1 do
            y.CopyTo(stage, 0)

            for j in 0 .. i - 1 do
                if method.Matrix[i][j] <> 0.0 then
                    Stepper.addScaled stage (h * method.Matrix[i][j]) slopes[j]

            motion.DerivativeInto(stage, slopes[i])

    /// target <- target + h sum_i weight_i slope_i.
    member _.Add(weights: float[], h: float, target: float[]) : unit =
        for i in 0 .. method.Stages - 1 do
            if weights[i] <> 0.0 then
                Stepper.addScaled target (h * weights[i]) slopes[i]

/// A stepper for an explicit Runge-Kutta method; allocates nothing per step.
[<Sealed>]
type internal ExplicitRungeKuttaStepper(method: RungeKuttaMethod, dynamics: Dynamics, timeStep: float, start: PhaseState) =

    let half = start.Positions.Length
    let motion = EquationsOfMotion(dynamics.Hamiltonian, dynamics.Drive, half)
    let y = motion.Join start
    let stages = ExplicitStages(method, motion)
    let mutable steps = 0L

    interface IStepper with
        member _.Step() =
            stages.Evaluate(y, timeStep)
            stages.Add(method.Weights, timeStep, y)
            steps <- steps + 1L
            if Stepper.isFinite y then Ok() else Error(Diverged steps)

        member _.Steps = steps
        member _.Positions = ReadOnlySpan<float>(y, 0, half)
        member _.Momenta = ReadOnlySpan<float>(y, half, half)
        member _.Work = y[2 * half]

/// A stepper that covers each time step with substeps of an embedded method, as long as the tolerance allows; allocates
/// nothing per step. Errors of positions are measured against their spread, errors of momenta against their size, so that
/// steps do not depend on where the bodies are, nor on units (step control: Hairer, Norsett, Wanner, Solving Ordinary
/// Differential Equations I, II.4).
[<Sealed>]
type internal AdaptiveStepper(method: EmbeddedRungeKutta, tolerance: float, dynamics: Dynamics, timeStep: float, start: PhaseState) =

    let half = start.Positions.Length
    let motion = EquationsOfMotion(dynamics.Hamiltonian, dynamics.Drive, half)
    let y = motion.Join start
    let next = Array.zeroCreate<float> y.Length
    let error = Array.zeroCreate<float> y.Length
    let stages = ExplicitStages(method.Method, motion)
    let errorWeights = Array.map2 (-) method.Method.Weights method.ComparedWeights
    let direction = float (sign timeStep)
    let duration = abs timeStep
    /// A step of more than a million substeps would not end in sensible time.
    let shortest = 1e-6 * duration
    let mutable substep = duration
    let mutable steps = 0L

    /// The estimated error of the substep just tried, as a multiple of the tolerance.
    let measure () : float =
        let rms first = sqrt (TensorPrimitives.SumOfSquares(ReadOnlySpan<float>(error, first, half)) / float half)

        max
            (rms 0 / Stepper.spread start.Dimension (ReadOnlySpan<float>(next, 0, half)))
            (rms half / Stepper.rms (ReadOnlySpan<float>(next, half, half)))
        / tolerance

    /// Tries a substep of length h; takes it if its error is within the tolerance.
    let tryStep (h: float) : float =
        stages.Evaluate(y, direction * h)
        y.CopyTo(next, 0)
        stages.Add(method.Method.Weights, direction * h, next)
        Array.Clear error
        stages.Add(errorWeights, direction * h, error)
        let ratio = measure ()

        if ratio <= 1.0 then
            next.CopyTo(y, 0)

        ratio

    /// The factor by which the next substep may be longer, or must be shorter.
    let factor (ratio: float) : float =
        if Double.IsFinite ratio then
            Math.Clamp(0.9 * max ratio 1e-10 ** (-1.0 / float (method.ComparedOrder + 1)), 0.2, 5.0)
        else
            0.2

    interface IStepper with
        member _.Step() =
            let mutable left = duration

            while left > 0.0 && substep >= shortest do
                let isLast = substep >= left
                let ratio = tryStep (if isLast then left else substep)

                if ratio <= 1.0 then
                    left <- if isLast then 0.0 else left - substep

                // A last substep that was cut short says little about how long the next may be.
                if not (isLast && ratio <= 1.0) then
                    substep <- (if isLast then min substep left else substep) * factor ratio

            steps <- steps + 1L
            if left > 0.0 then Error(StepTooShort(steps, substep)) else Ok()

        member _.Steps = steps
        member _.Positions = ReadOnlySpan<float>(y, 0, half)
        member _.Momenta = ReadOnlySpan<float>(y, half, half)
        member _.Work = y[2 * half]

/// A stepper for an implicit Runge-Kutta method. The increments z_i = h sum_j a_ij f(y + z_j) of its stages are found by
/// fixed-point iteration to rounding, from zero, so that a step depends on nothing but the state (Hairer, Lubich, Wanner,
/// Geometric Numerical Integration, VIII.6).
[<Sealed>]
type internal ImplicitRungeKuttaStepper(method: RungeKuttaMethod, dynamics: Dynamics, timeStep: float, start: PhaseState) =

    let half = start.Positions.Length
    let motion = EquationsOfMotion(dynamics.Hamiltonian, dynamics.Drive, half)
    let y = motion.Join start
    // The work follows from the rest.
    let size = 2 * half
    let stages = method.Stages
    let stage = Array.zeroCreate<float> y.Length
    let slopes = Array.init stages (fun _ -> Array.zeroCreate<float> y.Length)
    // Increments of all stages, in units of the size of q and of p, so that both count alike.
    let increments = Array.zeroCreate<float>(stages * size)
    let fixedPoint = FixedPoint(stages * size)
    let mutable sizeOfQ = 1.0
    let mutable sizeOfP = 1.0
    let mutable steps = 0L

    let addStage (increments: float[]) (i: int) : unit =
        for part in 0..1 do
            let unit = if part = 0 then sizeOfQ else sizeOfP
            let increment = ReadOnlySpan<float>(increments, i * size + part * half, half)
            let target = Span<float>(stage, part * half, half)
            TensorPrimitives.MultiplyAdd(increment, unit, Span<float>.op_Implicit target, target)

    let evaluate (increments: float[]) : unit =
        for i in 0 .. stages - 1 do
            y.CopyTo(stage, 0)
            addStage increments i
            motion.DerivativeInto(stage, slopes[i])

    let apply =
        Action<float[], float[]>(fun increments destination ->
            evaluate increments
            Array.Clear destination

            for i in 0 .. stages - 1 do
                for part in 0..1 do
                    let unit = if part = 0 then sizeOfQ else sizeOfP
                    let target = Span<float>(destination, i * size + part * half, half)

                    for j in 0 .. stages - 1 do
                        let slope = ReadOnlySpan<float>(slopes[j], part * half, half)
                        let factor = timeStep * method.Matrix[i][j] / unit
                        TensorPrimitives.MultiplyAdd(slope, factor, Span<float>.op_Implicit target, target))

    interface IStepper with
        member _.Step() =
            sizeOfQ <- Stepper.size (ReadOnlySpan<float>(y, 0, half))
            sizeOfP <- Stepper.size (ReadOnlySpan<float>(y, half, half))
            Array.Clear increments
            let outcome = fixedPoint.Solve(apply, 1.0, increments)
            steps <- steps + 1L

            match outcome with
            | Lost -> Error(Diverged steps)
            | NotConverged(iterations, change) -> Error(IterationLimit(steps, iterations, change))
            | Converged _ ->
                evaluate increments

                for i in 0 .. stages - 1 do
                    Stepper.addScaled y (timeStep * method.Weights[i]) slopes[i]

                if Stepper.isFinite y then Ok() else Error(Diverged steps)

        member _.Steps = steps
        member _.Positions = ReadOnlySpan<float>(y, 0, half)
        member _.Momenta = ReadOnlySpan<float>(y, half, half)
        member _.Work = y[2 * half]
