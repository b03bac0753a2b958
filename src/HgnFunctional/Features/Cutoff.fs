namespace HgnFunctional

/// A smooth factor c(x), x = r / cutoff, with c(1) = c'(1) = 0, so that an edge can come and go without a jump in force. It
/// has a zero of order two there, as truncated potentials do that are shifted in energy and force: their quotient is smooth.
[<NoEquality; NoComparison; StructuredFormatDisplay("{Name}")>]
type Cutoff =
    {
        /// Name in model files.
        Name: string
        /// c(x) for 0 <= x <= 1.
        Value: float -> float
        /// dc/dx.
        Slope: float -> float
    }

/// The cutoff factors at hand; `Cutoff.all` lists them.
[<RequireQualifiedAccess>]
module Cutoff =

    /// (1 - x^2)^2: flat at the origin, even in x.
    let quartic: Cutoff =
        {
            Name = "quartic"
            Value = fun x -> (1.0 - x * x) * (1.0 - x * x)
            Slope = fun x -> -4.0 * x * (1.0 - x * x)
        }

    /// (1 - x)^2.
    let quadratic: Cutoff =
        {
            Name = "quadratic"
            Value = fun x -> (1.0 - x) * (1.0 - x)
            Slope = fun x -> -2.0 * (1.0 - x)
        }

    /// (1 + cos(pi x)) / 2 (Behler and Parrinello 2007, doi:10.1103/PhysRevLett.98.146401).
    let cosine: Cutoff =
        {
            Name = "cosine"
            Value = fun x -> 0.5 * (1.0 + cos (System.Math.PI * x))
            Slope = fun x -> -0.5 * System.Math.PI * sin (System.Math.PI * x)
        }

    /// Every factor.
    let all: Cutoff list = [ quartic; quadratic; cosine ]

    /// The factor of that name.
    let tryFind (name: string) : Cutoff option = all |> List.tryFind (fun cutoff -> cutoff.Name = name)
