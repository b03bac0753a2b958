namespace HgnFunctional.Systems

open System
open System.Numerics.Tensors
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Bodies
open HgnFunctional.Invariance

/// A pair potential, evaluated over spans; exactly zero from the structure's cutoff on, whatever the potential. Bonds have
/// no cutoff: they act at any distance, so that a run that diverges does not go unseen.
[<Struct; NoEquality; NoComparison>]
type private PotentialFunction(potential: PairPotential, reach: float) =

    interface IRadialFunction with
        member f.EvaluateInto(distances, values, slopes) =
            for k in 0 .. distances.Length - 1 do
                let acts = f.Acts distances[k]
                values[k] <- if acts then potential.Energy distances[k] else 0.0
                slopes[k] <- if acts then potential.Slope distances[k] else 0.0

        member f.SlopeInto(distances, slopes) =
            for k in 0 .. distances.Length - 1 do
                slopes[k] <- if f.Acts distances[k] then potential.Slope distances[k] else 0.0

    /// A distance that is not a number acts on bonds, too.
    member private _.Acts(r: float) : bool = Double.IsPositiveInfinity reach || r < reach

/// H = sum_i |p_i|^2 / (2 m_i) + sum over the pairs of each relation of U(r_ij), with a potential for each kind of pair, or none:
/// known physics, to learn from and to compare with. A potential that does not vanish at the structure's cutoff jumps there.
[<Sealed>]
type PairSystem(structure: Structure, name: string, potentialOf: Kind -> PairPotential option) =

    let pairs = PairSource structure

    let laws (kinds: Kind list) =
        kinds
        |> Seq.map (fun kind ->
            // Pairs may reach somewhat beyond the cutoff.
            let reach = structure.CutoffOf kind |> Option.defaultValue infinity
            potentialOf kind |> Option.map (fun potential -> PotentialFunction(potential, reach)))
        |> Array.ofSeq

    let ofBonds = laws structure.BondKinds
    let ofReach = laws structure.ReachKinds

    let kineticEnergy (momenta: ReadOnlySpan<float>) : float =
        let configuration = Configuration(structure, RelatedPairs.None, ReadOnlySpan<float>.Empty, momenta)
        let mutable total = 0.0

        for body in 0 .. structure.Bodies - 1 do
            total <- total + Invariants.kineticTerm &configuration body

        total

    let potentialEnergy (positions: ReadOnlySpan<float>) : float =
        let configuration = Configuration(structure, pairs.At positions, positions, ReadOnlySpan<float>.Empty)
        let mutable total = 0.0

        for kind in 0 .. ofBonds.Length - 1 do
            match ofBonds[kind] with
            | Some law ->
                total <- total + PairSum.energy law [||] &configuration configuration.Related.Bonded (configuration.Related.Bonded.Run kind)
            | None -> ()

        for kind in 0 .. ofReach.Length - 1 do
            match ofReach[kind] with
            | Some law ->
                total <- total + PairSum.energy law [||] &configuration configuration.Related.Within (configuration.Related.Within.Run kind)
            | None -> ()

        total

    let velocityInto (momenta: ReadOnlySpan<float>) (destination: Span<float>) : unit =
        for k in 0 .. momenta.Length - 1 do
            destination[k] <- momenta[k] / structure.Masses[k / structure.Dimension]

    let gradientInto (positions: ReadOnlySpan<float>) (destination: Span<float>) : unit =
        let configuration = Configuration(structure, pairs.At positions, positions, ReadOnlySpan<float>.Empty)
        let bonded, within = configuration.Related.Bonded, configuration.Related.Within
        destination.Clear()

        for kind in 0 .. ofBonds.Length - 1 do
            match ofBonds[kind] with
            | Some law -> PairSum.addGradient law [||] &configuration bonded (bonded.Run kind) destination
            | None -> ()

        for kind in 0 .. ofReach.Length - 1 do
            match ofReach[kind] with
            | Some law -> PairSum.addGradient law [||] &configuration within (within.Run kind) destination
            | None -> ()

    /// One potential for all pairs of each relation.
    new(structure: Structure, potential: PairPotential) = PairSystem(structure, potential.Name, (fun _ -> Some potential))

    /// Masses, species, cell, relations.
    member _.Structure: Structure = structure

    /// What the law is called.
    member _.Name: string = name

    /// The law and the structure in one line.
    override _.ToString() : string = $"PairSystem of {name} pairs on a {structure}"

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
