namespace HgnFunctional.Models

open System
open HgnFunctional
open HgnFunctional.Bodies
open HgnFunctional.Invariance
open HgnFunctional.Data
open HgnFunctional.Blocks

/// The Hamiltonian of a model whose blocks may couple positions and momenta.
type internal ModelHamiltonian(structure: Structure, terms: struct (IEnergyBlock * float[])[], constant: float) =

    let pairs = PairSource structure

    override _.ToString() : string = $"learned Hamiltonian on a {structure}"

    interface IHamiltonian with
        member _.Bodies = structure.Bodies
        member _.Dimension = structure.Dimension

        member _.Value(positions, momenta) =
            let configuration = Configuration(structure, pairs.At positions, positions, momenta)
            let mutable total = constant

            for struct (block, readout) in terms do
                total <- total + block.Energy(&configuration, readout)

            total

        member _.GradientInto(positions, momenta, gradientQ, gradientP) =
            let configuration = Configuration(structure, pairs.At positions, positions, momenta)
            gradientQ.Clear()
            gradientP.Clear()

            addGradient terms &configuration gradientQ gradientP

            structure.ClearPinned gradientQ
            structure.ClearPinned gradientP

/// The Hamiltonian of a model that splits into T(p) + V(q).
[<Sealed>]
type internal SeparableModelHamiltonian
    (structure: Structure, kinetic: struct (IEnergyBlock * float[])[], potential: struct (IEnergyBlock * float[])[], constant: float) =
    inherit ModelHamiltonian(structure, Array.append kinetic potential, constant)

    let pairs = PairSource structure
    let noPairs = RelatedPairs.None

    interface ISeparableHamiltonian with
        member _.KineticEnergy(momenta) =
            let configuration = Configuration(structure, noPairs, ReadOnlySpan<float>.Empty, momenta)
            let mutable total = 0.0

            for struct (block, readout) in kinetic do
                total <- total + block.Energy(&configuration, readout)

            total

        member _.PotentialEnergy(positions) =
            let configuration = Configuration(structure, pairs.At positions, positions, ReadOnlySpan<float>.Empty)
            let mutable total = constant

            for struct (block, readout) in potential do
                total <- total + block.Energy(&configuration, readout)

            total

        member _.VelocityInto(momenta, destination) =
            let configuration = Configuration(structure, noPairs, ReadOnlySpan<float>.Empty, momenta)
            destination.Clear()

            addGradient kinetic &configuration Span<float>.Empty destination

            structure.ClearPinned destination

        member _.ForceInto(positions, destination) =
            let configuration = Configuration(structure, pairs.At positions, positions, ReadOnlySpan<float>.Empty)
            destination.Clear()

            addGradient potential &configuration destination Span<float>.Empty

            System.Numerics.Tensors.TensorPrimitives.Negate(Span<float>.op_Implicit destination, destination)
            structure.ClearPinned destination

/// The forces of a model that no energy gives.
[<Sealed>]
type internal ModelDrive(structure: Structure, terms: struct (IForceBlock * float[])[]) =

    let pairs = PairSource structure
    let noPairs = RelatedPairs.None
    let looksAtPairs = terms |> Array.exists (fun struct (block, _) -> block.Kinds |> List.exists (fun kind -> kind.IsOfPairs))

    /// Rates of velocities, if all forces have them, over masses.
    let rates =
        let d = structure.Dimension
        let rates = Array.zeroCreate<float>(structure.Bodies * d * d)

        if terms |> Array.forall (fun struct (block, readout) -> block.TryAddRates(structure, readout, Span<float> rates)) then
            // What is pinned keeps its momentum.
            for coordinate in structure.PinnedCoordinates do
                Array.Clear(rates, coordinate * d, d)

            rates |> Array.mapi (fun k rate -> rate / structure.Masses[k / (d * d)])
        else
            [||]

    override _.ToString() : string = $"learned forces without energy on a {structure}"

    interface IDrive with
        member _.AddDrivenForceInto(positions, momenta, destination) =
            let related = if looksAtPairs then pairs.At positions else noPairs
            let configuration = Configuration(structure, related, positions, momenta)

            addForces terms &configuration destination

            structure.ClearPinned destination

        member _.Rates = ReadOnlySpan<float> rates

/// Terms on structures.
[<RequireQualifiedAccess>]
module internal ModelDynamics =

    /// Whether the energies of some terms split into T(p) + V(q).
    let isSeparable (terms: ModelTerm list) : bool = terms |> List.forall (fun term -> term.Block.Part <> Coupled)

    /// The motion under some terms of bodies whose kinds are those of the terms.
    let ofTerms (structure: Structure) (constant: float) (terms: ModelTerm list) : Dynamics =
        let energies = energiesOf terms
        let ofPart part = energies |> Array.filter (fun struct (block, _) -> block.Part = part)

        let undriven =
            if isSeparable terms then
                Separable(SeparableModelHamiltonian(structure, ofPart Kinetic, ofPart Potential, constant))
            else
                General(ModelHamiltonian(structure, energies, constant))

        match forcesOf terms with
        | [||] -> undriven
        | forces -> Driven(undriven, ModelDrive(structure, forces))

    /// What some terms give at a snapshot whose kinds are theirs: velocities and forces [N d].
    let derivativesAt (terms: ModelTerm list) (snapshot: Snapshot) : float[] * float[] =
        let configuration = snapshot.Configuration
        let size = snapshot.Coordinates
        let gradientQ, velocities = Array.zeroCreate<float> size, Array.zeroCreate<float> size
        addGradient (energiesOf terms) &configuration (Span<float> gradientQ) (Span<float> velocities)
        let forces = gradientQ |> Array.map (~-)
        addForces (forcesOf terms) &configuration (Span<float> forces)
        snapshot.Structure.ClearPinned(Span<float> velocities)
        snapshot.Structure.ClearPinned(Span<float> forces)
        velocities, forces
