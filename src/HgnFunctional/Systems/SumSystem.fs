namespace HgnFunctional.Systems

open System
open System.Numerics.Tensors
open HgnFunctional
open HgnFunctional.Bodies
open HgnFunctional.Invariance

/// H = sum_i |p_i|^2 / (2 m_i) + V(q) with a V of known terms: known physics, to learn from and to compare with.
type SumSystem(structure: Structure, name: string, terms: IPotentialTerm list) =

    let pairs = PairSource structure
    let terms = Array.ofList terms

    let kineticEnergy (momenta: ReadOnlySpan<float>) : float =
        let configuration = Configuration(structure, RelatedPairs.None, ReadOnlySpan<float>.Empty, momenta)
        let mutable total = 0.0

        for body in 0 .. structure.Bodies - 1 do
            total <- total + Invariants.kineticTerm &configuration body

        total

    let potentialEnergy (positions: ReadOnlySpan<float>) : float =
        let configuration = Configuration(structure, pairs.At positions, positions, ReadOnlySpan<float>.Empty)
        let mutable total = 0.0

        for term in terms do
            total <- total + term.Energy &configuration

        total

    let velocityInto (momenta: ReadOnlySpan<float>) (destination: Span<float>) : unit =
        for k in 0 .. momenta.Length - 1 do
            destination[k] <- momenta[k] / structure.Masses[k / structure.Dimension]

        structure.ClearPinned destination

    let gradientInto (positions: ReadOnlySpan<float>) (destination: Span<float>) : unit =
        let configuration = Configuration(structure, pairs.At positions, positions, ReadOnlySpan<float>.Empty)
        destination.Clear()

        for term in terms do
            term.AddGradient(&configuration, destination)

        structure.ClearPinned destination

    /// Masses, species, cell, relations.
    member _.Structure: Structure = structure

    /// What the law is called.
    member _.Name: string = name

    /// The law and the structure in one line.
    override _.ToString() : string = $"System of {name} on a {structure}"

    interface ISeparableHamiltonian with
        member _.Bodies = structure.Bodies
        member _.Dimension = structure.Dimension
        member _.Value(positions, momenta) = kineticEnergy momenta + potentialEnergy positions

        member _.GradientInto(positions, momenta, gradientQ, gradientP) =
            gradientInto positions gradientQ
            velocityInto momenta gradientP

        member _.KineticEnergy(momenta) = kineticEnergy momenta
        member _.PotentialEnergy(positions) = potentialEnergy positions
        member _.VelocityInto(momenta, destination) = velocityInto momenta destination

        member _.ForceInto(positions, destination) =
            gradientInto positions destination
            TensorPrimitives.Negate(Span<float>.op_Implicit destination, destination)

/// Sum over the pairs of each relation of U(r_ij), with a potential for each kind of pair, or none. A potential that does not vanish at
/// the structure's cutoff jumps there.
[<Sealed>]
type PairSystem(structure: Structure, name: string, potentialOf: Kind -> PairPotential option) =
    inherit SumSystem(structure, name, [ PotentialTerm.pairs potentialOf structure ])

    /// One potential for all pairs of each relation.
    new(structure: Structure, potential: PairPotential) = PairSystem(structure, $"{potential.Name} pairs", (fun _ -> Some potential))
