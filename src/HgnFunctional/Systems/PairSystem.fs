namespace HgnFunctional

open System
open System.Numerics.Tensors

/// A pair potential, evaluated over spans; exactly zero from the structure's cutoff on, whatever the potential. Bonds have
/// no cutoff: they act at any distance, so that a run that diverges does not go unseen.
[<Struct; NoEquality; NoComparison>]
type private PotentialFunction(potential: PairPotential, interactions: Interactions) =

    member inline private _.Acts(r: float) : bool =
        match interactions with
        | Bonds _ -> true
        | WithinCutoff cutoff -> r < cutoff

    interface IRadialFunction with
        member f.EvaluateInto(distances, values, slopes) =
            for k in 0 .. distances.Length - 1 do
                let acts = f.Acts distances[k]
                values[k] <- if acts then potential.Energy distances[k] else 0.0
                slopes[k] <- if acts then potential.Slope distances[k] else 0.0

        member f.SlopeInto(distances, slopes) =
            for k in 0 .. distances.Length - 1 do
                slopes[k] <- if f.Acts distances[k] then potential.Slope distances[k] else 0.0

/// H = sum_i |p_i|^2 / (2 m_i) + sum over interacting pairs of U(r_ij): known physics, to learn from and to compare with.
/// A potential that does not vanish at the structure's cutoff jumps there.
[<Sealed>]
type PairSystem(structure: Structure, potential: PairPotential) =

    let pairs = PairSource structure
    let noPairs = Pairs.OfOwned([||], [||])

    // Pairs may reach somewhat beyond the cutoff.
    let pairEnergy = PotentialFunction(potential, structure.Interactions)

    let kineticEnergy (momenta: ReadOnlySpan<float>) : float =
        let configuration = Configuration(structure, noPairs, ReadOnlySpan<float>.Empty, momenta)
        let mutable total = 0.0

        for body in 0 .. structure.Bodies - 1 do
            total <- total + Invariants.kineticTerm &configuration body

        total

    let potentialEnergy (positions: ReadOnlySpan<float>) : float =
        let configuration = Configuration(structure, pairs.At positions, positions, ReadOnlySpan<float>.Empty)
        PairSum.energy pairEnergy &configuration

    let velocityInto (momenta: ReadOnlySpan<float>) (destination: Span<float>) : unit =
        for k in 0 .. momenta.Length - 1 do
            destination[k] <- momenta[k] / structure.Masses[k / structure.Dimension]

    let gradientInto (positions: ReadOnlySpan<float>) (destination: Span<float>) : unit =
        let configuration = Configuration(structure, pairs.At positions, positions, ReadOnlySpan<float>.Empty)
        destination.Clear()
        PairSum.addGradient pairEnergy &configuration destination

    /// Masses, cell, interactions.
    member _.Structure: Structure = structure

    /// The potential of each pair.
    member _.Potential: PairPotential = potential

    /// The law and the structure in one line.
    override _.ToString() : string = $"PairSystem of {potential.Name} pairs on a {structure}"

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

/// Seeded starts for simulations.
[<RequireQualifiedAccess>]
module InitialState =

    /// Bodies near the sites of a lattice: each coordinate is displaced uniformly by at most `displacement`, and velocities
    /// are normal with standard deviation `speed`, with the total momentum removed.
    let perturbed (displacement: float) (speed: float) (seed: int) (structure: Structure) (sites: float[]) : PhaseState =
        let components = structure.Bodies * structure.Dimension
        Guard.length (nameof sites) components sites.Length
        let shifts = Rng.stream seed "displacements" |> Rng.uniforms components -displacement displacement
        let speeds = Rng.stream seed "velocities" |> Rng.normals components |> Array.map (fun x -> speed * x)
        let masses = structure.Masses.ToArray()
        let momenta = speeds |> Array.mapi (fun k v -> masses[k / structure.Dimension] * v)
        let total axis = Seq.sum (seq { for body in 0 .. structure.Bodies - 1 -> momenta[body * structure.Dimension + axis] })
        let drift = Array.init structure.Dimension (fun axis -> total axis / Array.sum masses)

        let momenta = momenta |> Array.mapi (fun k p -> p - masses[k / structure.Dimension] * drift[k % structure.Dimension])

        PhaseState.create structure.Bodies structure.Dimension (Array.map2 (+) sites shifts) momenta
