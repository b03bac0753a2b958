namespace HgnFunctional.Integrators

open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Models

/// The family of Runge-Kutta methods with fixed steps, for any Hamiltonian.
[<RequireQualifiedAccess>]
module RungeKutta =

    /// A method, with its claims.
    let rec method (method: RungeKuttaMethod) : IntegrationMethod =
        {
            Name = method.Name
            Order = method.Order
            GeneralOrder = method.Order
            IsSymmetric = method.IsSymmetric
            Symplecticity = if method.IsSymplectic then Symplectic else NotSymplectic
            IsExplicit = method.IsExplicit
            HasFixedStep = true
            NeedsSeparable = false
            TakesDrive = true
            ForceEvaluations = if method.IsExplicit then Some method.Stages else None
            Source = method.Source
            TryStart = fun _ dynamics -> Ok(under dynamics method)
        }

    /// A method with any motion; with a drive it is not symplectic.
    and under (dynamics: Dynamics) (tableau: RungeKuttaMethod) : Integrator =
        Integrator.create (method tableau |> Integrator.claimsUnder dynamics) dynamics.Hamiltonian (fun timeStep start ->
            if tableau.IsExplicit then
                ExplicitRungeKuttaStepper(tableau, dynamics, timeStep, start)
            else
                ImplicitRungeKuttaStepper(tableau, dynamics, timeStep, start))

    /// A method with any Hamiltonian.
    let on (hamiltonian: IHamiltonian) (tableau: RungeKuttaMethod) : Integrator = under (General hamiltonian) tableau

    /// Every method of this family.
    let all: IntegrationMethod list = List.map method RungeKuttaMethod.all

/// The family of Runge-Kutta methods that adapt their steps, for any Hamiltonian.
[<RequireQualifiedAccess>]
module Adaptive =

    /// A method, with its claims.
    let rec method (method: EmbeddedRungeKutta) : IntegrationMethod =
        {
            Name = method.Name
            Order = method.Method.Order
            GeneralOrder = method.Method.Order
            IsSymmetric = false
            Symplecticity = NotSymplectic
            IsExplicit = true
            HasFixedStep = false
            NeedsSeparable = false
            TakesDrive = true
            ForceEvaluations = None
            Source = method.Method.Source
            TryStart = fun settings dynamics -> Ok(under settings.Tolerance dynamics method)
        }

    /// A method with any motion, and the largest error of a substep, above 0 (`IntegratorSettings.Tolerance`).
    and under (tolerance: float) (dynamics: Dynamics) (embedded: EmbeddedRungeKutta) : Integrator =
        Guard.positiveFinite (nameof tolerance) tolerance

        Integrator.create (method embedded) dynamics.Hamiltonian (fun timeStep start ->
            AdaptiveStepper(embedded, tolerance, dynamics, timeStep, start))

    /// As `under`, with any Hamiltonian.
    let on (tolerance: float) (hamiltonian: IHamiltonian) (embedded: EmbeddedRungeKutta) : Integrator =
        under tolerance (General hamiltonian) embedded

    /// Every method of this family.
    let all: IntegrationMethod list = List.map method EmbeddedRungeKutta.all
