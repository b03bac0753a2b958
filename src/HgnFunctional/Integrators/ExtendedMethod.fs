namespace HgnFunctional.Integrators

open HgnFunctional.Features

/// How the two copies of an extended method hold together.
type ExtendedCoupling =
    {
        /// The rate w at which their difference turns, in units of 1 / time. Too low, the copies part; too high, beside the
        /// time step, and the order is lost.
        Rate: float
        /// The momentum k that weighs as much as a unit of length, in units of mass / time: about the stiffest mass times its
        /// frequency.
        MomentumPerLength: float
    }

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
