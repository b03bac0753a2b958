namespace HgnFunctional.Integrators

open HgnFunctional.Features

/// The space in which a method preserves the area form dq ^ dp.
type Symplecticity =
    /// In none: a reference method.
    | NotSymplectic
    /// In phase space.
    | Symplectic
    /// In a phase space of two copies of the state, of which a run shows the first.
    | SymplecticExtended

/// Any method, with its claims. The tests and the table in docs/INTEGRATORS.md iterate `IntegrationMethod.all`.
[<RequireQualifiedAccess; NoComparison>]
type IntegrationMethod =
    /// Explicit, for Hamiltonians that split.
    | Splitting of SplittingMethod
    /// Explicit or implicit, for any Hamiltonian.
    | RungeKutta of RungeKuttaMethod
    /// Explicit, with steps that adapt to an error, for any Hamiltonian.
    | Adaptive of EmbeddedRungeKutta
    /// Explicit, for any Hamiltonian.
    | Extended of ExtendedMethod

    /// Name in options.
    member method.Name: string =
        match method with
        | Splitting method -> method.Name
        | RungeKutta method -> method.Name
        | Adaptive method -> method.Name
        | Extended method -> method.Name

    /// Order of accuracy in the time step where T is quadratic in the momenta.
    member method.Order: int =
        match method with
        | Splitting method -> method.Order
        | RungeKutta method -> method.Order
        | Adaptive method -> method.Method.Order
        | Extended method -> method.Order

    /// Order of accuracy in the time step for any kinetic energy.
    member method.GeneralOrder: int =
        match method with
        | Splitting method -> method.GeneralOrder
        | _ -> method.Order

    /// Whether a step with -dt undoes a step with dt.
    member method.IsSymmetric: bool =
        match method with
        | Splitting method -> method.IsSymmetric
        | RungeKutta method -> method.IsSymmetric
        | Adaptive _ -> false
        | Extended method -> method.IsSymmetric

    /// The space in which it is symplectic. There it also conserves angular momentum, to rounding.
    member method.Symplecticity: Symplecticity =
        match method with
        | Splitting _ -> Symplectic
        | RungeKutta method when method.IsSymplectic -> Symplectic
        | RungeKutta _
        | Adaptive _ -> NotSymplectic
        | Extended _ -> SymplecticExtended

    /// Whether a step needs no iteration.
    member method.IsExplicit: bool =
        match method with
        | RungeKutta method -> method.IsExplicit
        | _ -> true

    /// Whether the time step given is the one taken.
    member method.HasFixedStep: bool =
        match method with
        | Adaptive _ -> false
        | _ -> true

    /// Whether it needs a Hamiltonian that splits into T(p) + V(q).
    member method.NeedsSeparable: bool =
        match method with
        | Splitting _ -> true
        | _ -> false

    /// Where it comes from.
    member method.Source: string =
        match method with
        | Splitting method -> method.Source
        | RungeKutta method -> method.Source
        | Adaptive method -> method.Method.Source
        | Extended method -> method.Source

/// All methods.
[<RequireQualifiedAccess>]
module IntegrationMethod =

    /// Every method.
    let all: IntegrationMethod list =
        List.map IntegrationMethod.Splitting SplittingMethod.all
        @ List.map IntegrationMethod.RungeKutta RungeKuttaMethod.all
        @ List.map IntegrationMethod.Adaptive EmbeddedRungeKutta.all
        @ List.map IntegrationMethod.Extended ExtendedMethod.all

    /// The method of that name.
    let tryFind (name: string) : IntegrationMethod option = all |> List.tryFind (fun method -> method.Name = name)
