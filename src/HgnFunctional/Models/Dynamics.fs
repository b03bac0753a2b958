namespace HgnFunctional.Models

open System
open HgnFunctional
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Invariance
open HgnFunctional.Features
open HgnFunctional.Blocks

/// Why a model cannot be used on a structure.
type BindError =
    /// The model knows bonds; the structure has none.
    | NeedsBonds
    /// The model knows angles; the structure has none.
    | NeedsAngles
    /// The model knows pairs within a cutoff; the structure has none, or another.
    | NeedsReach of Reach
    /// The structure has a species that was not in the training data, or bodies that nobody named.
    | UnknownSpecies of species: string * known: string list
    /// The structure has a type of bonds that was not in the training data, or bonds whose type nobody named.
    | UnknownBondType of bondType: string * known: string list
    /// The structure has a type of angles that was not in the training data, or angles whose type nobody named.
    | UnknownAngleType of angleType: string * known: string list
    /// The model was trained on data in other units than those of the structure.
    | OtherUnits of model: string * structure: string
    /// One of its blocks is for other structures.
    | BlockRefuses of BlockError

    /// The error as one sentence.
    override error.ToString() : string =
        let among (names: string list) = String.concat ", " names

        match error with
        | NeedsBonds -> "The model was trained on bonds; expected a structure whose bonds are named."
        | NeedsAngles -> "The model was trained on angles; expected a structure whose angles are named."
        | NeedsReach reach -> $"The model was trained on {reach}; expected a structure with the same."
        | UnknownSpecies("", known) ->
            $"The model knows the species {among known}, and nobody says of which the bodies are; expected their names."
        | UnknownSpecies(species, known) -> $"The model knows no species '{species}'; expected {among known} alone."
        | UnknownBondType("", known) ->
            $"The model knows bonds of the types {among known}, and nobody says of which they are; expected their names."
        | UnknownBondType(bondType, known) -> $"The model knows no bonds of type '{bondType}'; expected {among known} alone."
        | UnknownAngleType("", known) ->
            $"The model knows angles of the types {among known}, and nobody says of which they are; expected their names."
        | UnknownAngleType(angleType, known) -> $"The model knows no angles of type '{angleType}'; expected {among known} alone."
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
    let noPairs = RelatedPairs.None

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

    /// How names become those that a model knows, or the first that it does not: all names where it knows one that nobody gave,
    /// and bodies that nobody named where it knows one kind alone.
    let private rename (known: string list) (names: string list) : Result<string -> string, string> =
        match known, names |> List.tryFind (fun name -> not (List.contains name known)) with
        | _, None -> Ok id
        | [ "" ], _ -> Ok(fun _ -> "")
        | [ only ], Some "" when names.Length = 1 -> Ok(fun _ -> only)
        | _, Some name -> Error name

    /// A relation as a model sees it, with the names that the model knows.
    let private seen
        (known: string list option)
        (relation: 'relation option)
        (typesOf: 'relation -> Naming)
        (renamed: (string -> string) -> 'relation -> 'relation)
        (missing: BindError)
        (unknown: string * string list -> BindError)
        : Result<'relation option, BindError> =
        match known, relation with
        | None, _ -> Ok None
        | Some _, None -> Error missing
        | Some _, Some relation when (typesOf relation).Count = 0 -> Ok(Some relation)
        | Some known, Some relation ->
            match rename known (typesOf relation).Names with
            | Error name -> Error(unknown (name, known))
            | Ok _ when (typesOf relation).Names |> List.forall (fun name -> List.contains name known) -> Ok(Some relation)
            | Ok name -> Ok(Some(renamed name relation))

    let private renamed (model: TrainedModel) (structure: Structure) : Result<Structure, BindError> =
        let scope, relations = model.Scope, structure.Relations
        let bonds = seen scope.BondTypes relations.Bonds _.Types Bonds.rename NeedsBonds UnknownBondType
        let angles = seen scope.AngleTypes relations.Angles _.Types Angles.rename NeedsAngles UnknownAngleType

        let reach =
            match scope.Reach, relations.Reach with
            | None, _ -> Ok None
            | Some trained, Some reach when trained = reach -> Ok(Some reach)
            | Some trained, _ -> Error(NeedsReach trained)

        match bonds, angles, reach, rename scope.Species structure.Species.Names with
        | Error error, _, _, _
        | _, Error error, _, _
        | _, _, Error error, _ -> Error error
        | _, _, _, Error name -> Error(UnknownSpecies(name, scope.Species))
        | Ok bonds, Ok angles, Ok reach, Ok name ->
            let isSame a b = LanguagePrimitives.PhysicalEquality (Option.toObj a) (Option.toObj b)
            let keepsNames = structure.Species.Names |> List.forall (fun species -> name species = species)

            if keepsNames && isSame bonds relations.Bonds && isSame angles relations.Angles && reach = relations.Reach then
                Ok structure
            else
                Ok(Structure.adapt name { Bonds = bonds; Angles = angles; Reach = reach } structure)

    /// The structure as a model sees it: with the relations and the names that it knows, if it may be used there.
    let private seenBy (model: TrainedModel) (structure: Structure) : Result<Structure, BindError> =
        match model.Units, structure.Labels |> Option.bind _.Units with
        | Some trained, Some other when trained <> other -> Error(OtherUnits(trained, other))
        | _ ->
            match model.Terms |> List.tryPick (fun term -> term.Block.Refuses structure) with
            | Some refusal -> Error(BlockRefuses refusal)
            | None -> renamed model structure

    /// The model's Hamiltonian on a structure of any number of bodies, which may be far larger than those it saw.
    let bind (structure: Structure) (model: TrainedModel) : Result<Dynamics, BindError> =
        let terms part = model.Terms |> List.filter (fun term -> term.Block.Part = part) |> Array.ofList

        seenBy model structure
        |> Result.map (fun structure ->
            if isSeparable model then
                Separable(SeparableModelHamiltonian(structure, terms Kinetic, terms Potential, model.Constant))
            else
                General(ModelHamiltonian(structure, Array.ofList model.Terms, model.Constant)))

    let private countIn (configuration: inref<Configuration>) (model: TrainedModel) : struct (int * int) =
        let mutable outside = 0
        let mutable total = 0

        for term in model.Terms do
            let struct (here, all) = term.Block.CountOutside &configuration
            outside <- outside + here
            total <- total + all

        let kinds = model.Terms |> List.collect _.Block.Kinds |> List.filter (fun kind -> kind.IsBondsOf || kind.IsPairsOf)

        // Pairs of kinds that were never seen in training have no block; those joined by bonds may have none beside it.
        let looksAt (kind: Kind) =
            match kind with
            | PairsOf(_, _, Some 1) -> true
            | PairsOf(_, _, between) when List.contains (AnyPairsOf between) kinds -> true
            | kind -> kinds.IsEmpty || List.contains kind kinds

        let count (pairs: Pairs) (kinds: Kind list) =
            kinds
            |> Seq.indexed
            |> Seq.sumBy (fun (place, kind) ->
                let struct (_, count) = pairs.Run place
                if count = 0 || looksAt kind then 0 else count)

        let related = configuration.Related

        let unknown =
            count related.Bonded configuration.Structure.BondKinds + count related.Within configuration.Structure.ReachKinds

        struct (outside + unknown, total + unknown)

    /// How many invariants of a configuration lie outside the training range, and how many there are. Nothing counts on a
    /// structure that the model is not for.
    let countOutside (configuration: inref<Configuration>) (model: TrainedModel) : struct (int * int) =
        match seenBy model configuration.Structure with
        | Error _ -> struct (0, 0)
        | Ok structure when Object.ReferenceEquals(structure, configuration.Structure) -> countIn &configuration model
        | Ok structure ->
            let pairs = Structure.pairs structure configuration.Positions
            let seen = Configuration(structure, pairs, configuration.Positions, configuration.Momenta)
            countIn &seen model

    /// As `countOutside`, of states of one structure, which is compared with the model once.
    let outsideCounter (structure: Structure) (model: TrainedModel) : PhaseState -> struct (int * int) =
        match seenBy model structure with
        | Error _ -> fun _ -> struct (0, 0)
        | Ok seen ->
            fun state ->
                let pairs = Structure.pairs seen state.Positions
                let configuration = Configuration(seen, pairs, state.Positions, state.Momenta)
                countIn &configuration model
