namespace HgnFunctional.Models

open System
open HgnFunctional
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Invariance
open HgnFunctional.Data
open HgnFunctional.Blocks

/// Models on structures.
[<RequireQualifiedAccess>]
module Model =

    /// Whether a model's blocks split into T(p) + V(q).
    let isSeparable (model: TrainedModel) : bool = ModelDynamics.isSeparable model.Terms

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
        seenBy model structure |> Result.map (fun structure -> ModelDynamics.ofTerms structure model.Constant model.Terms)

    /// The potential energy, up to the constant, of a snapshot whose kinds are those of the model's training.
    let internal potentialEnergy (model: TrainedModel) (snapshot: Snapshot) : float =
        let configuration = snapshot.Configuration
        let mutable energy = 0.0

        for struct (block, readout) in energiesOf model.Terms do
            if block.Part = Potential then
                energy <- energy + block.Energy(&configuration, readout)

        energy

    /// The virial of the potential energy on a configuration whose kinds are those of the model's training.
    let private virialOn (configuration: inref<Configuration>) (model: TrainedModel) : float[] option =
        let energies = energiesOf model.Terms
        let structure = configuration.Structure

        if energies |> Array.forall (fun struct (block, _) -> block.TellsStrain structure) then
            let strain = Array.zeroCreate<float>(structure.Dimension * structure.Dimension)

            for struct (block, readout) in energies do
                block.StrainInto(&configuration, readout, Span<float> strain)

            Some(strain |> Array.map (~-))
        else
            None

    /// The virial of the potential energy at a state, W_ab = -dE/de_ab by the strain e that takes all positions and the vectors of the cell
    /// to (1 + e) times themselves, row-major [d x d]: minus the stress times the volume, without what moving bodies add. None where a block
    /// does not tell it (`IEnergyBlock.TellsStrain`).
    let virial (structure: Structure) (state: PhaseState) (model: TrainedModel) : Result<float[] option, BindError> =
        seenBy model structure
        |> Result.map (fun structure ->
            let pairs = Structure.pairs structure state.Positions
            let configuration = Configuration(structure, pairs, state.Positions, state.Momenta)
            virialOn &configuration model)

    /// The virial of a snapshot whose kinds are those of the model's training, where it was measured and the model tells it; else nothing.
    let internal measuredVirial (model: TrainedModel) (snapshot: Snapshot) : float[] =
        let configuration = snapshot.Configuration

        if snapshot.HasVirial then
            virialOn &configuration model |> Option.defaultValue [||]
        else
            [||]

    /// What a model predicts for a snapshot whose kinds are those of its training: velocities and forces [N d].
    let internal predict (model: TrainedModel) (snapshot: Snapshot) : float[] * float[] = ModelDynamics.derivativesAt model.Terms snapshot

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
