namespace HgnFunctional.Integrators

open HgnFunctional
open HgnFunctional.Numerics

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
            ForceEvaluations = if method.IsExplicit then Some method.Stages else None
            Source = method.Source
            TryStart = fun _ dynamics -> Ok(on dynamics.Hamiltonian method)
        }

    /// A method with any Hamiltonian.
    and on (hamiltonian: IHamiltonian) (tableau: RungeKuttaMethod) : Integrator =
        Integrator.create (method tableau) hamiltonian (fun timeStep start ->
            if tableau.IsExplicit then
                ExplicitRungeKuttaStepper(tableau, hamiltonian, timeStep, start)
            else
                ImplicitRungeKuttaStepper(tableau, hamiltonian, timeStep, start))

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
            ForceEvaluations = None
            Source = method.Method.Source
            TryStart = fun settings dynamics -> Ok(on settings.Tolerance dynamics.Hamiltonian method)
        }

    /// A method with any Hamiltonian, and the largest error of a substep, above 0 (`IntegratorSettings.Tolerance`).
    and on (tolerance: float) (hamiltonian: IHamiltonian) (embedded: EmbeddedRungeKutta) : Integrator =
        Guard.positiveFinite (nameof tolerance) tolerance

        Integrator.create (method embedded) hamiltonian (fun timeStep start ->
            AdaptiveStepper(embedded, tolerance, hamiltonian, timeStep, start))

    /// Every method of this family.
    let all: IntegrationMethod list = List.map method EmbeddedRungeKutta.all
