namespace HgnFunctional.Features

/// The factor c(x) of pairs within a cutoff, x = r / cutoff; beyond it values and slopes are exactly 0. The smooth ones have
/// c(1) = c'(1) = 0, so that a pair can come and go without a jump in force: a zero of order two, as truncated potentials
/// have that are shifted in energy and force, so that their quotient is smooth. Others suit laws that end with a jump.
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

/// The factor of pairs within a cutoff.
[<NoEquality; NoComparison>]
type CutoffFactor =
    {
        /// The shape c(x).
        Shape: Cutoff
        /// The distance at which x = r / radius = 1.
        Radius: float
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

    /// 1: the law as it is, which may end with a jump at the cutoff, as most programs cut it.
    let cut: Cutoff = { Name = "cut"; Value = (fun _ -> 1.0); Slope = (fun _ -> 0.0) }

    /// The factors that end without a jump.
    let smooth: Cutoff list = [ quartic; quadratic; cosine ]

    /// Every factor.
    let all: Cutoff list = smooth @ [ cut ]

    /// The factor of that name.
    let tryFind (name: string) : Cutoff option = all |> List.tryFind (fun cutoff -> cutoff.Name = name)
