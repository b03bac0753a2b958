namespace HgnFunctional.Systems

open System
open System.Numerics.Tensors
open HgnFunctional
open HgnFunctional.Bodies
open HgnFunctional.Invariance
open HgnFunctional.Numerics

/// A part of a known potential energy V(q) of some structure.
type IPotentialTerm =
    /// Its energy.
    abstract Energy: configuration: inref<Configuration> -> float
    /// Adds its gradient with respect to q [N d].
    abstract AddGradient: configuration: inref<Configuration> * gradient: Span<float> -> unit
    /// Whether its derivatives by strains are known.
    abstract TellsStrain: structure: Structure -> bool
    /// Adds its derivatives by the entries of a strain e, row-major [d d], at e = 0: positions go to (1 + e) q and the vectors of the cell
    /// with them.
    abstract AddStrain: configuration: inref<Configuration> * strain: Span<float> -> unit

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

/// Sum over the pairs of each relation of w_i w_j U(r_ij), with a potential for each kind of pair, or none.
[<Sealed>]
type private PairTerm(structure: Structure, weight: Weight, potentialOf: Kind -> PairPotential option) =

    let weights = structure.WeightsOf weight

    let laws (kinds: Kind list) : (int * PotentialFunction)[] =
        [|
            for place, kind in Seq.indexed kinds do
                // Pairs may reach somewhat beyond the cutoff.
                let reach = structure.CutoffOf kind |> Option.defaultValue infinity

                match potentialOf kind with
                | Some potential -> place, PotentialFunction(potential, reach)
                | None -> ()
        |]

    let ofBonds = laws structure.BondKinds
    let ofReach = laws structure.ReachKinds

    interface IPotentialTerm with
        member _.Energy(configuration) =
            let bonded, within = configuration.Related.Bonded, configuration.Related.Within
            let mutable total = 0.0

            for kind, law in ofBonds do
                total <- total + PairSum.energy law weights &configuration bonded (bonded.Run kind)

            for kind, law in ofReach do
                total <- total + PairSum.energy law weights &configuration within (within.Run kind)

            total

        member _.AddGradient(configuration, gradient) =
            let bonded, within = configuration.Related.Bonded, configuration.Related.Within

            for kind, law in ofBonds do
                PairSum.addGradient law weights &configuration bonded (bonded.Run kind) gradient

            for kind, law in ofReach do
                PairSum.addGradient law weights &configuration within (within.Run kind) gradient

        member _.TellsStrain _ = true

        member _.AddStrain(configuration, strain) =
            let bonded, within = configuration.Related.Bonded, configuration.Related.Within

            for kind, law in ofBonds do
                PairSum.addStrain law weights &configuration bonded (bonded.Run kind) strain

            for kind, law in ofReach do
                PairSum.addStrain law weights &configuration within (within.Run kind) strain

/// The energy of an angle as a function of its cosine c, with its derivative.
[<NoEquality; NoComparison>]
type AnglePotential =
    {
        /// U(c).
        Energy: float -> float
        /// dU/dc.
        Slope: float -> float
    }

/// Angle potentials with known parameters.
[<RequireQualifiedAccess>]
module AnglePotential =

    /// k/2 (c - cos a)^2, which stays smooth where the angle opens to a line.
    let cosineSquared (stiffness: float) (angle: float) : AnglePotential =
        let rest = cos angle

        {
            Energy = fun c -> 0.5 * stiffness * (c - rest) * (c - rest)
            Slope = fun c -> stiffness * (c - rest)
        }

    /// k/2 (t - a)^2 for the angle t itself.
    let harmonic (stiffness: float) (angle: float) : AnglePotential =
        let offset (c: float) = acos (Math.Clamp(c, -1.0, 1.0)) - angle

        {
            Energy = fun c -> 0.5 * stiffness * offset c * offset c
            Slope = fun c -> -stiffness * offset c / sqrt (max 1e-300 (1.0 - c * c))
        }

/// Sum over the angles of U(cos), with a potential for each type, or none.
[<Sealed>]
type private AngleTerm(structure: Structure, potentialOf: Kind -> AnglePotential option) =

    let angles = structure.Relations.Angles

    let laws =
        [|
            for place, kind in Seq.indexed structure.AngleKinds do
                match potentialOf kind with
                | Some potential -> place, potential
                | None -> ()
        |]

    interface IPotentialTerm with
        member _.Energy(configuration) =
            let d = structure.Dimension
            let u, v = Array.zeroCreate<float> d, Array.zeroCreate<float> d
            let mutable total = 0.0

            match angles with
            | None -> ()
            | Some angles ->
                for kind, law in laws do
                    let struct (start, count) = angles.Run kind

                    for angle in start .. start + count - 1 do
                        let triple = Triple.fill &configuration angles angle (Span<float> u) (Span<float> v)
                        total <- total + law.Energy triple.Cosine

            total

        member _.AddGradient(configuration, gradient) =
            let d = structure.Dimension
            let u, v = Array.zeroCreate<float> d, Array.zeroCreate<float> d

            match angles with
            | None -> ()
            | Some angles ->
                for kind, law in laws do
                    let struct (start, count) = angles.Run kind

                    for angle in start .. start + count - 1 do
                        let triple = Triple.fill &configuration angles angle (Span<float> u) (Span<float> v)
                        let slope = law.Slope triple.Cosine

                        for axis in 0 .. d - 1 do
                            let atFirst = slope * Triple.slope triple.Cosine triple.First u[axis] v[axis]
                            let atSecond = slope * Triple.slope triple.Cosine triple.Second v[axis] u[axis]
                            let first, second = angles.Firsts[angle] * d + axis, angles.Seconds[angle] * d + axis
                            let middle = angles.Centres[angle] * d + axis
                            gradient[first] <- gradient[first] + atFirst
                            gradient[second] <- gradient[second] + atSecond
                            gradient[middle] <- gradient[middle] - atFirst - atSecond

        member _.TellsStrain _ = true

        member _.AddStrain(configuration, strain) =
            let d = structure.Dimension
            let u, v = Array.zeroCreate<float> d, Array.zeroCreate<float> d

            match angles with
            | None -> ()
            | Some angles ->
                for kind, law in laws do
                    let struct (start, count) = angles.Run kind

                    for angle in start .. start + count - 1 do
                        let triple = Triple.fill &configuration angles angle (Span<float> u) (Span<float> v)
                        Triple.addStrain triple (ReadOnlySpan<float> u) (ReadOnlySpan<float> v) (law.Slope triple.Cosine) 0.0 0.0 strain

/// The parts that potential energies are made of. A part of another kind is an `IPotentialTerm` of one's own.
[<RequireQualifiedAccess>]
module PotentialTerm =

    /// A potential for each kind of pair, or none.
    let pairs (potentialOf: Kind -> PairPotential option) (structure: Structure) : IPotentialTerm =
        PairTerm(structure, Unweighted, potentialOf)

    let private requireWeights (weight: Weight) (structure: Structure) : unit =
        if not (structure.HasWeights weight) then
            invalidArg (nameof weight) $"The bodies have no weights {weight}; expected them in the structure."

    /// A potential for each kind of pair, or none, which the product of both bodies' masses or attributes multiplies. Throws an
    /// `ArgumentException` where the bodies have no such attribute.
    let weightedBy (weight: Weight) (potentialOf: Kind -> PairPotential option) (structure: Structure) : IPotentialTerm =
        requireWeights weight structure
        PairTerm(structure, weight, potentialOf)

    /// Adds what follows from the gradient where nothing but the positions is strained.
    let private addOfGradient (term: IPotentialTerm) (configuration: inref<Configuration>) (strain: Span<float>) : unit =
        let gradient = Array.zeroCreate<float> configuration.Positions.Length
        term.AddGradient(&configuration, Span<float> gradient)
        Strain.addAll configuration.Structure.Dimension (ReadOnlySpan<float> gradient) configuration.Positions strain

    /// The potential energy of a Hamiltonian. A Hamiltonian does not say what a strain of the cell changes, so that in a periodic one it
    /// has no virial.
    let ofHamiltonian (hamiltonian: ISeparableHamiltonian) : IPotentialTerm =
        { new IPotentialTerm with
            member _.Energy(configuration) = hamiltonian.PotentialEnergy configuration.Positions

            member _.AddGradient(configuration, gradient) =
                let force = Array.zeroCreate<float> gradient.Length
                hamiltonian.ForceInto(configuration.Positions, Span<float> force)
                TensorPrimitives.Subtract(Span<float>.op_Implicit gradient, ReadOnlySpan<float> force, gradient)

            member _.TellsStrain structure = not structure.Cell.IsPeriodic
            member term.AddStrain(configuration, strain) = addOfGradient term &configuration strain
        }

    /// One potential for all pairs, which the product of both bodies' masses or attributes multiplies. Throws an `ArgumentException`
    /// where the bodies have no such attribute.
    let weighted (weight: Weight) (potential: PairPotential) (structure: Structure) : IPotentialTerm =
        weightedBy weight (fun _ -> Some potential) structure

    /// A potential for each type of angle, or none.
    let angles (potentialOf: Kind -> AnglePotential option) (structure: Structure) : IPotentialTerm = AngleTerm(structure, potentialOf)

    /// A uniform field: the energy -sum_i w_i field . q_i, so that the force on a body of weight w is w times the field [d]; gravity is one
    /// in proportion to the masses.
    let uniformField (weight: Weight) (field: float[]) (structure: Structure) : IPotentialTerm =
        requireWeights weight structure
        Guard.length (nameof field) structure.Dimension field.Length
        let field = Array.copy field
        let weights = structure.WeightsOf weight
        let d = field.Length

        { new IPotentialTerm with
            member _.Energy(configuration) =
                let mutable total = 0.0

                for k in 0 .. configuration.Positions.Length - 1 do
                    total <- total - BodySelection.weightOf weights (k / d) * field[k % d] * configuration.Positions[k]

                total

            member _.AddGradient(_, gradient) =
                for k in 0 .. gradient.Length - 1 do
                    gradient[k] <- gradient[k] - BodySelection.weightOf weights (k / d) * field[k % d]

            member _.TellsStrain _ = true
            member term.AddStrain(configuration, strain) = addOfGradient term &configuration strain
        }

    /// A harmonic trap about the origin: sum_i w_i sum_a k_a q_i,a^2 / 2, with a stiffness for each axis [d]; below 0 it pushes outwards, as
    /// the centrifugal force does in proportion to the masses.
    let trap (weight: Weight) (stiffnesses: float[]) (structure: Structure) : IPotentialTerm =
        requireWeights weight structure
        Guard.length (nameof stiffnesses) structure.Dimension stiffnesses.Length
        let weights = structure.WeightsOf weight
        let d = stiffnesses.Length

        let stiffnesses = Array.init (structure.Bodies * d) (fun k -> BodySelection.weightOf weights (k / d) * stiffnesses[k % d])

        { new IPotentialTerm with
            member _.Energy(configuration) =
                let mutable total = 0.0

                for k in 0 .. configuration.Positions.Length - 1 do
                    total <- total + 0.5 * stiffnesses[k] * configuration.Positions[k] * configuration.Positions[k]

                total

            member _.AddGradient(configuration, gradient) =
                for k in 0 .. gradient.Length - 1 do
                    gradient[k] <- gradient[k] + stiffnesses[k] * configuration.Positions[k]

            member _.TellsStrain _ = true
            member term.AddStrain(configuration, strain) = addOfGradient term &configuration strain
        }
