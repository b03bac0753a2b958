namespace HgnFunctional.Features

open System

/// A monotone function of the cosine of an angle through which an angle block sees it, so that what is smooth in the physics is smooth in
/// the input.
[<NoEquality; NoComparison; StructuredFormatDisplay("{Name}")>]
type Angular =
    {
        /// Name in model files.
        Name: string
        /// t(c), for c from -1 to 1.
        Value: float -> float
        /// dt/dc.
        Slope: float -> float
    }

/// The angular transforms at hand; `Angular.all` lists them.
[<RequireQualifiedAccess>]
module Angular =

    /// Where an angle opens to a line its derivative by the cosine has no bound; this one is kept where rounding would make more of it.
    let private least = 1e-12

    /// The cosine itself: laws of it are smooth where an angle opens to a line.
    let cosine: Angular = { Name = "cosine"; Value = id; Slope = fun _ -> 1.0 }

    /// The angle, in radians: laws of it have a kink where it opens to a line, unless they are even there.
    let angle: Angular =
        {
            Name = "angle"
            Value = fun c -> acos (Math.Clamp(c, -1.0, 1.0))
            Slope = fun c -> -1.0 / sqrt (max least (1.0 - c * c))
        }

    /// Every transform.
    let all: Angular list = [ cosine; angle ]

    /// The transform of that name.
    let tryFind (name: string) : Angular option = all |> List.tryFind (fun angular -> angular.Name = name)
