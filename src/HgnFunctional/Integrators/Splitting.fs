namespace HgnFunctional.Integrators

open HgnFunctional
open HgnFunctional.Models

/// A stepper for a splitting method; allocates nothing per step, if its flows do not.
[<Sealed>]
type internal SplittingStepper(method: SplittingMethod, flows: (PhaseState -> IFlow) list, timeStep: float, start: PhaseState) =

    let point = PhasePoint start
    let flows = flows |> List.map (fun begun -> begun start) |> Array.ofList
    let stages = Array.ofList method.Stages
    let mutable steps = 0L

    interface IStepper with
        member _.Step() =
            for stage in stages do
                flows[stage.Flow].Advance(stage.Fraction * timeStep, point)

            steps <- steps + 1L
            if point.IsFinite then Ok() else Error(Diverged steps)

        member _.Steps = steps
        member _.Positions = point.Positions
        member _.Momenta = point.Momenta

/// The family of splitting methods, for Hamiltonians H = T(p) + V(q) and for motions that add flows to theirs.
[<RequireQualifiedAccess>]
module Splitting =

    /// A method with flows beside those of T(p) and V(q), each from the state where a run starts: the third flow of its
    /// stages is the first of these, and so on. With such flows the motion is not that of the Hamiltonian alone.
    let rec methodWith (further: (PhaseState -> IFlow) list) (method: SplittingMethod) : IntegrationMethod =
        if method.Flows > 2 + further.Length then
            invalidArg
                (nameof further)
                $"The method {method.Name} is of {method.Flows} flows; expected {method.Flows - 2} beside T(p) and V(q)."

        {
            Name = method.Name
            Order = method.Order
            GeneralOrder = method.GeneralOrder
            IsSymmetric = method.IsSymmetric
            Symplecticity = if method.Flows > 2 then NotSymplectic else Symplectic
            IsExplicit = true
            HasFixedStep = true
            NeedsSeparable = true
            ForceEvaluations = Some method.ForceEvaluations
            Source = method.Source
            TryStart =
                fun _ dynamics ->
                    match dynamics with
                    | Separable hamiltonian -> Ok(onWith further hamiltonian method)
                    | General _ -> Error { Method = method.Name; Needs = "a model that splits into T(p) + V(q), which this one does not" }
        }

    /// As `on`, with flows beside those of T(p) and V(q).
    and onWith (further: (PhaseState -> IFlow) list) (hamiltonian: ISeparableHamiltonian) (method: SplittingMethod) : Integrator =
        let flows = Flow.drift hamiltonian :: Flow.kick hamiltonian :: further

        Integrator.create (methodWith further method) hamiltonian (fun timeStep start -> SplittingStepper(method, flows, timeStep, start))

    /// A method of the flows of T(p) and V(q), with its claims.
    let method (method: SplittingMethod) : IntegrationMethod = methodWith [] method

    /// A method with a Hamiltonian that splits; the type says so.
    let on (hamiltonian: ISeparableHamiltonian) (method: SplittingMethod) : Integrator = onWith [] hamiltonian method

    /// Every method of this family.
    let all: IntegrationMethod list = List.map method SplittingMethod.all
