namespace HgnFunctional.Integrators

open System
open System.Numerics.Tensors
open HgnFunctional

/// Why a simulation stopped; steps count from 1.
type SimulationError =
    /// A position or momentum, or its square, is no longer finite.
    | Diverged of step: int64
    /// An implicit step did not converge; the last change is relative to the size of the state.
    | IterationLimit of step: int64 * iterations: int * lastChange: float
    /// The substeps of an adaptive step would have to be this short, in units of time, to keep the tolerance.
    | StepTooShort of step: int64 * shortest: float

    /// The error as one sentence.
    override error.ToString() : string =
        match error with
        | Diverged step ->
            $"The simulation diverged at step {step}: a position or momentum has grown beyond all bounds; try a smaller time step."
        | IterationLimit(step, iterations, lastChange) ->
            $"The implicit equations of step {step} did not converge in {iterations} iterations (last change {lastChange:E1}); try a smaller time step."
        | StepTooShort(step, shortest) ->
            $"Step {step} cannot keep its tolerance with substeps of {shortest:E1}: the motion is not smooth there, or the tolerance is below rounding."

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
    /// The work that forces without energy have done since the start: H changes by as much. 0 under a Hamiltonian alone.
    abstract Work: float

/// Arithmetic that steppers share.
[<RequireQualifiedAccess>]
module internal Stepper =

    /// target <- target + scale * rate.
    let addScaled (target: float[]) (scale: float) (rate: float[]) : unit =
        TensorPrimitives.MultiplyAdd(ReadOnlySpan<float> rate, scale, ReadOnlySpan<float> target, Span<float> target)

    /// Whether every entry is finite, and energies of them are: an entry that is not, or whose square is not, makes the sum so.
    let isFinite (values: float[]) : bool = Double.IsFinite(TensorPrimitives.SumOfSquares(ReadOnlySpan<float> values))

    /// The largest magnitude of some entries, or 1 if all vanish.
    let size (values: ReadOnlySpan<float>) : float =
        let largest = abs (TensorPrimitives.MaxMagnitude values)
        if largest > 0.0 then largest else 1.0

    /// Root mean square of some entries, or 1 if all vanish.
    let rms (values: ReadOnlySpan<float>) : float =
        let square = TensorPrimitives.SumOfSquares values / float values.Length
        if square > 0.0 then sqrt square else 1.0

    /// Root mean square of the components of positions [N x d] about their mean; that of the positions themselves if the
    /// bodies stand at one place.
    let spread (dimension: int) (positions: ReadOnlySpan<float>) : float =
        let bodies = positions.Length / dimension
        let mutable squares = 0.0

        for axis in 0 .. dimension - 1 do
            let mutable mean = 0.0

            for body in 0 .. bodies - 1 do
                mean <- mean + positions[body * dimension + axis] / float bodies

            for body in 0 .. bodies - 1 do
                let offset = positions[body * dimension + axis] - mean
                squares <- squares + offset * offset

        if bodies > 1 && squares > 0.0 then
            sqrt (squares / float positions.Length)
        else
            rms positions

/// The equations of a motion for y = (q, p, W), where W is the work of the drive: y' = (dH/dp, -dH/dq + F, F . dH/dp). Not for
/// use by several threads at once.
[<Sealed>]
type internal EquationsOfMotion(hamiltonian: IHamiltonian, drive: IDrive option, half: int) =

    let driven = Array.zeroCreate<float>(if drive.IsSome then half else 0)

    /// Number of components of y.
    member _.Size: int = 2 * half + 1

    /// The point where a run from a state starts.
    member motion.Join(state: PhaseState) : float[] =
        let y = Array.zeroCreate motion.Size
        state.Positions.CopyTo(Span<float> y)
        state.Momenta.CopyTo(Span<float>(y, half, half))
        y

    /// Writes y'.
    member _.DerivativeInto(y: float[], destination: float[]) : unit =
        let positions = ReadOnlySpan<float>(y, 0, half)
        let momenta = ReadOnlySpan<float>(y, half, half)
        let rateOfP = Span<float>(destination, half, half)
        hamiltonian.GradientInto(positions, momenta, rateOfP, Span<float>(destination, 0, half))
        TensorPrimitives.Negate(Span<float>.op_Implicit rateOfP, rateOfP)

        match drive with
        | None -> destination[2 * half] <- 0.0
        | Some drive ->
            Array.Clear driven
            drive.AddDrivenForceInto(positions, momenta, Span<float> driven)
            TensorPrimitives.Add(Span<float>.op_Implicit rateOfP, ReadOnlySpan<float> driven, rateOfP)
            destination[2 * half] <- TensorPrimitives.Dot(ReadOnlySpan<float> driven, ReadOnlySpan<float>(destination, 0, half))
