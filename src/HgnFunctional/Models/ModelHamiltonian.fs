namespace HgnFunctional.Models

open System
open HgnFunctional
open HgnFunctional.Bodies
open HgnFunctional.Invariance
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

            for struct (block, readout) in terms do
                block.PullbackInto(&configuration, readout, gradientQ, gradientP)

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

            for struct (block, readout) in kinetic do
                block.PullbackInto(&configuration, readout, Span<float>.Empty, destination)

            structure.ClearPinned destination

        member _.ForceInto(positions, destination) =
            let configuration = Configuration(structure, pairs.At positions, positions, ReadOnlySpan<float>.Empty)
            destination.Clear()

            for struct (block, readout) in potential do
                block.PullbackInto(&configuration, readout, destination, Span<float>.Empty)

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

            for struct (block, readout) in terms do
                block.ForceInto(&configuration, readout, destination)

            structure.ClearPinned destination

        member _.Rates = ReadOnlySpan<float> rates
