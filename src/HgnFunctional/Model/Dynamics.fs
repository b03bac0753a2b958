namespace HgnFunctional

open System

/// Why a model cannot be used on a structure.
type BindError =
    /// The model knows bonds; the structure names a cutoff instead.
    | NeedsBonds
    /// The model knows pairs within a cutoff; the structure has bonds, or another cutoff.
    | NeedsCutoff of cutoff: float
    /// The model was trained on data in other units than those of the structure.
    | OtherUnits of model: string * structure: string
    /// One of its blocks is for other structures.
    | BlockRefuses of BlockError

    /// The error as one sentence.
    override error.ToString() : string =
        match error with
        | NeedsBonds -> "The model was trained on bonds; expected a structure whose bonds are named, not a cutoff."
        | NeedsCutoff cutoff -> $"The model was trained on pairs within {cutoff}; expected a structure with that cutoff."
        | OtherUnits(model, structure) ->
            $"The model was trained in units '{model}', and the bodies are in '{structure}'; expected the same."
        | BlockRefuses error -> string error

/// A model on a structure: what an integrator needs.
[<NoEquality; NoComparison>]
type Dynamics =
    /// The model splits into T(p) + V(q): every integrator can be used.
    | Separable of ISeparableHamiltonian
    /// The model couples positions and momenta: implicit integrators only.
    | General of IHamiltonian

    /// The Hamiltonian, whatever its form.
    member dynamics.Hamiltonian: IHamiltonian =
        match dynamics with
        | Separable hamiltonian -> hamiltonian
        | General hamiltonian -> hamiltonian

/// The Hamiltonian of a model whose blocks may couple positions and momenta.
type internal ModelHamiltonian(structure: Structure, terms: ModelTerm[], constant: float) =

    let pairs = PairSource structure

    override _.ToString() : string = $"learned Hamiltonian on a {structure}"

    interface IHamiltonian with
        member _.Bodies = structure.Bodies
        member _.Dimension = structure.Dimension

        member _.Value(positions, momenta) =
            let configuration = Configuration(structure, pairs.At positions, positions, momenta)
            let mutable total = constant

            for term in terms do
                total <- total + term.Block.Energy(&configuration, term.Readout)

            total

        member _.GradientInto(positions, momenta, gradientQ, gradientP) =
            let configuration = Configuration(structure, pairs.At positions, positions, momenta)
            gradientQ.Clear()
            gradientP.Clear()

            for term in terms do
                term.Block.PullbackInto(&configuration, term.Readout, gradientQ, gradientP)

/// The Hamiltonian of a model that splits into T(p) + V(q).
[<Sealed>]
type internal SeparableModelHamiltonian(structure: Structure, kinetic: ModelTerm[], potential: ModelTerm[], constant: float) =
    inherit ModelHamiltonian(structure, Array.append kinetic potential, constant)

    let pairs = PairSource structure
    let noPairs = Pairs.OfOwned([||], [||])

    interface ISeparableHamiltonian with
        member _.KineticEnergy(momenta) =
            let configuration = Configuration(structure, noPairs, ReadOnlySpan<float>.Empty, momenta)
            let mutable total = 0.0

            for term in kinetic do
                total <- total + term.Block.Energy(&configuration, term.Readout)

            total

        member _.PotentialEnergy(positions) =
            let configuration = Configuration(structure, pairs.At positions, positions, ReadOnlySpan<float>.Empty)
            let mutable total = constant

            for term in potential do
                total <- total + term.Block.Energy(&configuration, term.Readout)

            total

        member _.VelocityInto(momenta, destination) =
            let configuration = Configuration(structure, noPairs, ReadOnlySpan<float>.Empty, momenta)
            destination.Clear()

            for term in kinetic do
                term.Block.PullbackInto(&configuration, term.Readout, Span<float>.Empty, destination)

        member _.ForceInto(positions, destination) =
            let configuration = Configuration(structure, pairs.At positions, positions, ReadOnlySpan<float>.Empty)
            destination.Clear()

            for term in potential do
                term.Block.PullbackInto(&configuration, term.Readout, destination, Span<float>.Empty)

            System.Numerics.Tensors.TensorPrimitives.Negate(Span<float>.op_Implicit destination, destination)

/// Models on structures.
[<RequireQualifiedAccess>]
module Model =

    /// Whether a model's blocks split into T(p) + V(q).
    let isSeparable (model: TrainedModel) : bool = model.Terms |> List.forall (fun term -> term.Block.Part <> Coupled)

    let private check (model: TrainedModel) (structure: Structure) : BindError option =
        let refusal = model.Terms |> List.tryPick (fun term -> term.Block.Refuses structure)

        let otherUnits =
            match model.Units, structure.Labels |> Option.bind _.Units with
            | Some trained, Some other when trained <> other -> Some(OtherUnits(trained, other))
            | _ -> None

        match model.Pairs, structure.Interactions with
        | _ when otherUnits.IsSome -> otherUnits
        | _ when refusal.IsSome -> refusal |> Option.map BlockRefuses
        | BondedPairs, Bonds _ -> None
        | BondedPairs, WithinCutoff _ -> Some NeedsBonds
        | PairsWithin trained, WithinCutoff cutoff when trained = cutoff -> None
        | PairsWithin trained, _ -> Some(NeedsCutoff trained)

    /// The model's Hamiltonian on a structure of any number of bodies, which may be far larger than those it saw.
    let bind (structure: Structure) (model: TrainedModel) : Result<Dynamics, BindError> =
        let terms part = model.Terms |> List.filter (fun term -> term.Block.Part = part) |> Array.ofList

        match check model structure with
        | Some error -> Error error
        | None when isSeparable model -> Ok(Separable(SeparableModelHamiltonian(structure, terms Kinetic, terms Potential, model.Constant)))
        | None -> Ok(General(ModelHamiltonian(structure, Array.ofList model.Terms, model.Constant)))

    /// How many invariants of a configuration lie outside the training range, and how many there are.
    let countOutside (configuration: inref<Configuration>) (model: TrainedModel) : struct (int * int) =
        let mutable outside = 0
        let mutable total = 0

        for term in model.Terms do
            let struct (here, all) = term.Block.CountOutside &configuration
            outside <- outside + here
            total <- total + all

        struct (outside, total)
