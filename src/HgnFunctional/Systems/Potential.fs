namespace HgnFunctional.Systems

/// The energy of a pair as a function of its distance r, with its derivative. Units are those of its parameters.
[<NoEquality; NoComparison>]
type PairPotential =
    {
        /// Name of the potential.
        Name: string
        /// U(r).
        Energy: float -> float
        /// dU/dr.
        Slope: float -> float
        /// Where it comes from.
        Source: string
    }

/// Pair potentials with known parameters; `PairPotential.all` lists examples of each.
[<RequireQualifiedAccess>]
module PairPotential =

    /// k/2 (r - length)^2.
    let harmonic (stiffness: float) (length: float) : PairPotential =
        {
            Name = "harmonic"
            Energy = fun r -> 0.5 * stiffness * (r - length) * (r - length)
            Slope = fun r -> stiffness * (r - length)
            Source = "Hooke's law"
        }

    /// k/2 (r - length)^2 + b/4 (r - length)^4.
    let anharmonic (stiffness: float) (quartic: float) (length: float) : PairPotential =
        {
            Name = "anharmonic"
            Energy =
                fun r ->
                    let x = r - length
                    0.5 * stiffness * x * x + 0.25 * quartic * x * x * x * x
            Slope =
                fun r ->
                    let x = r - length
                    stiffness * x + quartic * x * x * x
            Source = "the beta chain of Fermi, Pasta, Ulam, Tsingou 1955"
        }

    /// D (1 - exp(-a (r - length)))^2.
    let morse (depth: float) (steepness: float) (length: float) : PairPotential =
        {
            Name = "Morse"
            Energy = fun r -> depth * pown (1.0 - exp (-steepness * (r - length))) 2
            Slope =
                fun r ->
                    let decay = exp (-steepness * (r - length))
                    2.0 * depth * steepness * decay * (1.0 - decay)
            Source = "Morse 1929, doi:10.1103/PhysRev.34.57"
        }

    /// -G m m / r for equal masses.
    let gravity (strength: float) : PairPotential =
        {
            Name = "gravity"
            Energy = fun r -> -strength / r
            Slope = fun r -> strength / (r * r)
            Source = "Newton's law"
        }

    /// 4 e ((s/r)^12 - (s/r)^6), shifted in energy and force so that both vanish at the cutoff, and zero beyond.
    let lennardJones (depth: float) (size: float) (cutoff: float) : PairPotential =
        let plain r =
            let x = pown (size / r) 6
            4.0 * depth * (x * x - x)

        let plainSlope r =
            let x = pown (size / r) 6
            -24.0 * depth / r * (2.0 * x * x - x)

        let energyThere, slopeThere = plain cutoff, plainSlope cutoff

        {
            Name = "Lennard-Jones"
            Energy = fun r -> if r < cutoff then plain r - energyThere - (r - cutoff) * slopeThere else 0.0
            Slope = fun r -> if r < cutoff then plainSlope r - slopeThere else 0.0
            Source = "Toxvaerd and Dyre 2011, doi:10.1063/1.3558787"
        }

    /// An example of each potential that binds neighbours at unit distance.
    let all: PairPotential list =
        [ harmonic 1.0 1.0; anharmonic 1.0 1.0 1.0; morse 1.0 1.0 1.0; gravity 1.0; lennardJones 1.0 0.9 2.5 ]
