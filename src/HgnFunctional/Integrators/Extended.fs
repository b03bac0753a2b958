namespace HgnFunctional.Integrators

open System
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Models

/// An explicit method for any Hamiltonian in an extended phase space: two copies (q, p) and (x, y) of the state move under
/// H(q, y) + H(x, p) + w/2 (k |q - x|^2 + |p - y|^2 / k), which splits into three exact flows. Symplectic in the extended
/// space (Tao 2016, doi:10.1103/PhysRevE.94.043303, who has k = 1; with it the method does not depend on units).
type ExtendedMethod =
    {
        /// Name in options.
        Name: string
        /// Order of accuracy in the time step.
        Order: int
        /// Fractions of the step for which the symmetric second-order step is taken, one after another.
        Fractions: float list
        /// Where it comes from.
        Source: string
    }

    /// Whether a step with -dt undoes a step with dt, in the extended space.
    member method.IsSymmetric: bool = method.Fractions = List.rev method.Fractions

/// The extended methods at hand; `ExtendedMethod.all` lists them.
[<RequireQualifiedAccess>]
module ExtendedMethod =

    /// Tao's symmetric step of order two.
    let tao2: ExtendedMethod =
        {
            Name = "tao-2"
            Order = 2
            Fractions = [ 1.0 ]
            Source = "Tao 2016, doi:10.1103/PhysRevE.94.043303"
        }

    /// Three steps of a method, the middle one backwards, for two orders more.
    let tripleJump (method: ExtendedMethod) : ExtendedMethod =
        let outer = 1.0 / (2.0 - 2.0 ** (1.0 / float (method.Order + 1)))

        { method with
            Name = $"triple jump of {method.Name}"
            Order = method.Order + 2
            Fractions = [ outer; 1.0 - 2.0 * outer; outer ] |> List.collect (fun w -> method.Fractions |> List.map (fun f -> w * f))
        }

    /// Tao's method of order four.
    let tao4: ExtendedMethod = { tripleJump tao2 with Name = "tao-4" }

    /// Every extended method.
    let all: ExtendedMethod list = [ tao2; tao4 ]

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

    /// Positions of both copies, the first one's in front.
    member _.LiftedPositions: float[] = Array.append q x

    /// Momenta of both copies, the first one's in front.
    member _.LiftedMomenta: float[] = Array.append p y

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
        member _.Work = 0.0

/// The family of methods in extended phase space, for any Hamiltonian.
[<RequireQualifiedAccess>]
module Extended =

    /// Two copies of a state side by side.
    let private lift (state: PhaseState) : PhaseState =
        let twice (field: float[]) = Array.append field field
        PhaseState.OfOwned(2 * state.Bodies, state.Dimension, twice (state.Positions.ToArray()), twice (state.Momenta.ToArray()))

    let private copyOf (lifted: PhaseState) (first: int) : PhaseState =
        let size = lifted.Positions.Length / 2
        let part (field: float[]) = field.AsSpan(first * size, size).ToArray()

        PhaseState.OfOwned(lifted.Bodies / 2, lifted.Dimension, part (lifted.Positions.ToArray()), part (lifted.Momenta.ToArray()))

    /// A method, with its claims.
    let rec method (method: ExtendedMethod) : IntegrationMethod =
        {
            Name = method.Name
            Order = method.Order
            GeneralOrder = method.Order
            IsSymmetric = method.IsSymmetric
            Symplecticity = SymplecticExtended
            IsExplicit = true
            HasFixedStep = true
            NeedsSeparable = false
            TakesDrive = false
            ForceEvaluations = Some(4 * method.Fractions.Length)
            Source = method.Source
            TryStart =
                fun settings dynamics ->
                    match dynamics with
                    | Driven _ -> Error { Method = method.Name; Needs = "a motion without drag or other forces that no energy gives" }
                    | Separable _
                    | General _ -> Ok(on settings.Coupling dynamics.Hamiltonian method)
        }

    /// A method with any Hamiltonian; both numbers of the coupling must be finite and above 0.
    and on (coupling: ExtendedCoupling) (hamiltonian: IHamiltonian) (extended: ExtendedMethod) : Integrator =
        Guard.positiveFinite (nameof coupling.Rate) coupling.Rate
        Guard.positiveFinite (nameof coupling.MomentumPerLength) coupling.MomentumPerLength

        let start (timeStep: float) (first: PhaseState) (second: PhaseState) =
            ExtendedStepper(extended, coupling, hamiltonian, timeStep, first, second)

        let startLifted (timeStep: float) (lifted: PhaseState) : IStepper =
            let stepper = start timeStep (copyOf lifted 0) (copyOf lifted 1)
            let one = stepper :> IStepper

            { new IStepper with
                member _.Step() = one.Step()
                member _.Steps = one.Steps
                member _.Positions = ReadOnlySpan<float> stepper.LiftedPositions
                member _.Momenta = ReadOnlySpan<float> stepper.LiftedMomenta
                member _.Work = 0.0
            }

        {
            Method = method extended
            Hamiltonian = hamiltonian
            Start = fun timeStep state -> start timeStep state state
            Space = { Lift = lift; Start = startLifted }
        }

    /// Every method of this family.
    let all: IntegrationMethod list = List.map method ExtendedMethod.all
