namespace HgnFunctional.Integrators

open HgnFunctional
open HgnFunctional.Models

/// A stepper for a splitting method; allocates nothing per step, if its flows do not.
[<Sealed>]
type internal SplittingStepper
    (method: SplittingMethod, drift: IFlow, kick: IFlow, workOf: unit -> float, timeStep: float, start: PhaseState) =

    let point = PhasePoint start
    let stages = Array.ofList method.Stages
    let mutable steps = 0L

    interface IStepper with
        member _.Step() =
            for stage in stages do
                (if stage.Flow = 0 then drift else kick).Advance(stage.Fraction * timeStep, point)

            steps <- steps + 1L
            if point.IsFinite then Ok() else Error(Diverged steps)

        member _.Steps = steps
        member _.Positions = point.Positions
        member _.Momenta = point.Momenta
        member _.Work = workOf ()

/// The family of splitting methods, for Hamiltonians H = T(p) + V(q). A drive joins the flow of V(q), so that any of them takes it.
[<RequireQualifiedAccess>]
module Splitting =

    /// The order of the inner method where a drive has no exact flow.
    let private orderOfStages = 4

    /// A method of the flows of T(p) and V(q), with its claims.
    let rec method (method: SplittingMethod) : IntegrationMethod =
        {
            Name = method.Name
            Order = method.Order
            GeneralOrder = method.GeneralOrder
            IsSymmetric = method.IsSymmetric
            Symplecticity = Symplectic
            IsExplicit = true
            HasFixedStep = true
            NeedsSeparable = true
            TakesDrive = true
            ForceEvaluations = Some method.ForceEvaluations
            Source = method.Source
            TryStart =
                fun _ dynamics ->
                    match dynamics with
                    | Separable hamiltonian -> Ok(on hamiltonian method)
                    | Driven(Separable hamiltonian, drive) -> Ok(onDriven hamiltonian drive method)
                    | Driven _
                    | General _ -> Error { Method = method.Name; Needs = "a model that splits into T(p) + V(q), which this one does not" }
        }

    /// A method with a Hamiltonian that splits; the type says so.
    and on (hamiltonian: ISeparableHamiltonian) (splitting: SplittingMethod) : Integrator =
        Integrator.create (method splitting) hamiltonian (fun timeStep start ->
            SplittingStepper(splitting, Flow.drift hamiltonian start, Flow.kick hamiltonian start, (fun () -> 0.0), timeStep, start))

    /// A method with a Hamiltonian that splits and a drive, whose force acts while momenta change. It is of the order that the method
    /// has for any T(p) and, where the drive is not linear in momenta, of four at most; it is not symplectic.
    and onDriven (hamiltonian: ISeparableHamiltonian) (drive: IDrive) (splitting: SplittingMethod) : Integrator =
        let isExact = not drive.Rates.IsEmpty

        let order =
            if isExact then
                splitting.GeneralOrder
            else
                min orderOfStages splitting.GeneralOrder

        let claims =
            { method splitting with
                Order = order
                GeneralOrder = order
                IsSymmetric = splitting.IsSymmetric && isExact
                Symplecticity = NotSymplectic
            }

        Integrator.create claims hamiltonian (fun timeStep start ->
            let kick = DrivenKick(hamiltonian, drive, start)
            SplittingStepper(splitting, Flow.drift hamiltonian start, kick, (fun () -> kick.Work), timeStep, start))

    /// Every method of this family.
    let all: IntegrationMethod list = List.map method SplittingMethod.all
