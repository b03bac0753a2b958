namespace HgnFunctional

/// A monotone function of the distance through which a pair block sees it, so that what is smooth in the physics is smooth
/// in the input.
[<NoEquality; NoComparison; StructuredFormatDisplay("{Name}")>]
type Radial =
    {
        /// Name in options and model files.
        Name: string
        /// u(r), for r above 0.
        Value: float -> float
        /// du/dr.
        Slope: float -> float
    }

/// The radial transforms at hand; `Radial.all` lists them.
[<RequireQualifiedAccess>]
module Radial =

    /// u = r: bonds that stretch around a length.
    let distance: Radial = { Name = "r"; Value = id; Slope = fun _ -> 1.0 }

    /// u = 1/r: forces that fall off slowly.
    let inverse: Radial =
        {
            Name = "1/r"
            Value = fun r -> 1.0 / r
            Slope = fun r -> -1.0 / (r * r)
        }

    /// u = r^-3: Lennard-Jones forces are polynomials of it.
    let inverseCube: Radial =
        {
            Name = "r^-3"
            Value = fun r -> 1.0 / (r * r * r)
            Slope = fun r -> -3.0 / (r * r * r * r)
        }

    /// Every transform.
    let all: Radial list = [ distance; inverse; inverseCube ]

    /// The transform of that name.
    let tryFind (name: string) : Radial option = all |> List.tryFind (fun radial -> radial.Name = name)
