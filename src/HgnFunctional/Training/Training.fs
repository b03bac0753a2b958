namespace HgnFunctional

open System
open System.Reflection

/// How the radial transform of pair distances is chosen.
[<NoEquality; NoComparison>]
type RadialChoice =
    /// r for bonds and 1/r within a cutoff, unless a pilot fit strongly favours another.
    | AutomaticRadial
    /// This one.
    | FixedRadial of Radial

/// The options of training. `TrainingConfig.defaults` were chosen by measurement (docs/DEFAULTS.md).
[<NoEquality; NoComparison>]
type TrainingConfig =
    {
        /// The kinds of block in the model.
        Recipes: BlockRecipe list
        /// How hidden weights are drawn.
        Sampler: Sampler
        /// The hidden units' function.
        Activation: Activation
        /// The radial transform of pair blocks.
        Radial: RadialChoice
        /// The smooth factor of pairs within a cutoff.
        Cutoff: Cutoff
        /// Hidden units per block, before redundant ones are dropped; at least 1.
        Width: int
        /// The penalty on hidden units.
        Ridge: Ridge
        /// Seed of every random draw.
        Seed: int
    }

/// What training is busy with.
type TrainingStage =
    /// Waiting for the source of snapshots.
    | Reading
    /// Collecting inputs, choosing options, drawing features.
    | Sampling
    /// Building rows and folding them into the triangle.
    | Assembling
    /// Solving the triangle.
    | Solving

/// Why training failed.
type TrainingError<'source> =
    /// The source of snapshots failed.
    | SourceFailed of 'source
    /// The model is to have no blocks.
    | NoBlocks
    /// The source held no snapshot.
    | NoSnapshots
    /// Snapshots differ in how their pairs are given: bonds, or a cutoff, or another cutoff. Frames count from 0.
    | MixedInteractions of frame: int
    /// A block cannot learn from a snapshot. Frames count from 0.
    | BlockRefusesFrame of frame: int * BlockError
    /// A later pass over the source did not give the snapshots of the first: their numbers then and now.
    | SourceChanged of surveyed: int * found: int
    /// No two bodies are ever within the cutoff; the least distance, if it is known.
    | NoPairsWithin of cutoff: float * nearest: float option
    /// All velocities and momenta vanish, of which such a block cannot learn.
    | AtRest of block: string
    /// The sampler wants the outputs of a first fit, and a block of this kind gives none.
    | NoFittedOutputs of sampler: string * block: string
    /// The rows of the largest snapshot, or the triangle, do not fit into an array.
    | TooManyColumns of bodies: int * columns: int64
    /// The linear system could not be solved.
    | SolveFailed of LeastSquaresError

    /// The error as one sentence.
    override error.ToString() : string =
        match error with
        | SourceFailed source -> string (box source)
        | NoBlocks -> "The model has no blocks; expected at least one."
        | NoSnapshots -> "There are no snapshots to learn from; expected at least one."
        | MixedInteractions frame ->
            $"Frame {frame} gives its pairs in another way than the first frame; expected bonds, or one cutoff, throughout."
        | BlockRefusesFrame(frame, error) -> $"Frame {frame}: {error}"
        | SourceChanged(surveyed, found) ->
            $"The data changed while they were learned from: {surveyed} frames at first, {found} later; expected the same frames in every pass."
        | NoPairsWithin(cutoff, None) -> $"No two bodies are ever within the cutoff {cutoff}; expected a larger one."
        | NoPairsWithin(cutoff, Some nearest) ->
            $"No two bodies are ever within the cutoff {cutoff}; expected more than {nearest:G6}, the least distance in the first frame."
        | AtRest block ->
            $"All velocities and momenta are 0, of which a block of kind '{block}' cannot learn; expected frames that move, or blocks that see positions alone."
        | NoFittedOutputs(sampler, block) ->
            $"The sampler {sampler} needs the energies of a first fit, which a block of kind '{block}' does not give; expected elm, u-swim or swim."
        | TooManyColumns(bodies, columns) ->
            $"A frame of {bodies} bodies with {columns} features has more numbers than an array holds; expected fewer bodies or a smaller width."
        | SolveFailed error -> string error

/// The defaults of training.
[<RequireQualifiedAccess>]
module TrainingConfig =

    /// Chosen by measurement (docs/DEFAULTS.md).
    let defaults: TrainingConfig =
        {
            Recipes = Blocks.defaults
            Sampler = Sampler.elm
            Activation = Activation.softplus
            Radial = AutomaticRadial
            Cutoff = Cutoff.quartic
            Width = 64
            Ridge = Automatic
            Seed = 1
        }

/// Training: one linear solve.
[<RequireQualifiedAccess>]
module Training =

    /// Hidden units of the pilot fits that choose the radial transform.
    let private pilotWidth = 32

    /// A transform replaces the one to start from only if minus twice its log evidence per row is lower by this: a factor
    /// ten in the residual. Smaller differences vary with the seed.
    let private strongEvidence = log 100.0

    let private kindOf (snapshot: Snapshot) : PairKind =
        match snapshot.Structure.Interactions with
        | Bonds _ -> BondedPairs
        | WithinCutoff cutoff -> PairsWithin cutoff

    let private refusal (config: TrainingConfig) (first: Snapshot) (snapshot: Snapshot) : BlockError option =
        config.Recipes |> List.tryPick (fun recipe -> recipe.Refuses first.Structure snapshot)

    /// Frames of more bodies than this are not searched for their least distance, pair by pair.
    let private fewBodies = 2000

    let private leastDistance (snapshot: Snapshot) : float option =
        let bodies = snapshot.Structure.Bodies

        if bodies > fewBodies then
            None
        else
            let pairs =
                [|
                    for sender in 0 .. bodies - 1 do
                        for receiver in sender + 1 .. bodies - 1 -> struct (sender, receiver)
                |]

            let senders = pairs |> Array.map (fun struct (sender, _) -> sender)
            let receivers = pairs |> Array.map (fun struct (_, receiver) -> receiver)
            let all = Pairs.OfOwned(senders, receivers)
            let configuration = Configuration(snapshot.Structure, all, snapshot.State.Positions, snapshot.State.Momenta)
            Some(Array.min (fst (Invariants.pairs &configuration)))

    /// The first pass over the data.
    let private survey
        (config: TrainingConfig)
        (entering: TrainingStage -> unit)
        (source: Result<Snapshot, 'error> seq)
        : Result<Survey, TrainingError<'error>> =
        let collector = SurveyCollector(config.Recipes, config.Width, config.Seed)
        let mutable failure = None
        let mutable frame = 0
        entering Reading
        use cursor = source.GetEnumerator()

        while failure.IsNone && cursor.MoveNext() do
            match cursor.Current, collector.First with
            | Error error, _ -> failure <- Some(SourceFailed error)
            | Ok snapshot, Some first when kindOf snapshot <> kindOf first -> failure <- Some(MixedInteractions frame)
            | Ok snapshot, first ->
                match refusal config (Option.defaultValue snapshot first) snapshot with
                | Some error -> failure <- Some(BlockRefusesFrame(frame, error))
                | None ->
                    entering Sampling
                    collector.Add snapshot
                    frame <- frame + 1
                    entering Reading

        match failure, collector.First with
        | Some error, _ -> Error error
        | None, None -> Error NoSnapshots
        | None, Some first ->
            entering Sampling
            let survey = collector.ToSurvey()

            match kindOf first with
            | PairsWithin cutoff when survey.Pairs = 0L && first.Structure.Bodies > 1 -> Error(NoPairsWithin(cutoff, leastDistance first))
            | _ -> Ok survey

    /// The systems of all blocks, made with one radial transform.
    let private makeSystems
        (config: TrainingConfig)
        (survey: Survey)
        (width: int)
        (sampler: Sampler)
        (radial: Radial)
        (samples: TrainingSample list)
        : LinearSystem list =
        let options =
            {
                Radial = radial
                Cutoff = config.Cutoff
                CutoffRadius =
                    match kindOf survey.First with
                    | BondedPairs -> None
                    | PairsWithin cutoff -> Some cutoff
            }

        // Streams are named by block: the kind, and which of its kind it is, if it is not the first.
        let names =
            config.Recipes
            |> List.mapi (fun place recipe ->
                match config.Recipes |> List.truncate place |> List.filter (fun other -> other.Kind = recipe.Kind) with
                | [] -> recipe.Kind
                | equals -> $"{recipe.Kind} {equals.Length + 1}")

        List.map3
            (fun name (recipe: BlockRecipe) sample ->
                let draw (layer: string) (units: int option) (inputs: InputSample) =
                    let purpose = if layer = "" then $"{name} features" else $"{name} {layer} features"
                    let random = Rng.stream config.Seed purpose
                    Sampler.sample sampler config.Activation (Option.defaultValue width units) random inputs

                recipe.Create options sample draw)
            names
            config.Recipes
            samples
        |> Design.systems (struct (survey.VelocityScale, survey.ForceScale))

    let private solveAll (ridge: Ridge) (systems: LinearSystem list) (accumulators: TallSkinnyQr list) =
        (systems, accumulators)
        ||> List.map2 (fun system accumulator -> LeastSquares.solve ridge (Design.trendOf system) accumulator)
        |> List.fold
            (fun solved next ->
                match solved, next with
                | Ok before, Ok solution -> Ok(before @ [ solution ])
                | Error error, _ -> Error error
                | _, Error error -> Error(SolveFailed error))
            (Ok [])

    /// Minus twice the log evidence per row of the systems with forces, on the pilot snapshots.
    let private pilotSurprise (config: TrainingConfig) (survey: Survey) (radial: Radial) : float =
        let systems =
            makeSystems config survey (min pilotWidth config.Width) Sampler.elm radial survey.Samples
            |> List.filter (fun system -> system.HasForceRows)

        let struct (components, _) = survey.Largest

        if systems |> List.forall (Design.fits components) then
            let accumulated: Result<TallSkinnyQr list, unit> = survey.Pilot |> Seq.map Ok |> Design.accumulate ignore systems

            match accumulated |> Result.mapError SourceFailed |> Result.bind (solveAll config.Ridge systems) with
            | Ok solutions -> solutions |> List.sumBy (fun solution -> solution.Surprise)
            | Error _ -> infinity
        else
            infinity

    /// The transform to start from.
    let private startOf (kind: PairKind) : Radial = if kind = BondedPairs then Radial.distance else Radial.inverse

    let private chooseRadial (config: TrainingConfig) (survey: Survey) : Radial =
        match config.Radial, kindOf survey.First with
        | FixedRadial radial, _ -> radial
        | AutomaticRadial, kind when not (config.Recipes |> List.exists _.SeesRadial) -> startOf kind
        | AutomaticRadial, kind ->
            let start = startOf kind
            let surprises = Radial.all |> List.map (fun radial -> radial, pilotSurprise config survey radial)
            let surpriseOf (radial: Radial) = surprises |> List.find (fun (other, _) -> other.Name = radial.Name) |> snd
            let best, least = surprises |> List.minBy snd
            if least < surpriseOf start - strongEvidence then best else start

    /// The samples with the energies of a first fit as outputs.
    let private withFittedOutputs
        (config: TrainingConfig)
        (samples: TrainingSample list)
        (fitted: (int * ModelTerm) list)
        : Result<TrainingSample list, TrainingError<'error>> =
        let outputsFor place (sample: TrainingSample) : TrainingSample =
            match fitted |> List.tryFind (fun (other, _) -> other = place) with
            | None -> sample
            | Some(_, term) ->
                let outputs =
                    sample.Inputs.Points
                    |> Array.chunkBySize (max 1 sample.Inputs.Inputs)
                    |> Array.map (fun point -> term.Block.Response(term.Readout, point))

                { sample with
                    Inputs = { sample.Inputs with Outputs = outputs }
                    Fitted = Some(term.Block, term.Readout)
                }

        let samples = List.mapi outputsFor samples

        // Without outputs the sampler would draw as the first fit did, in silence.
        List.zip config.Recipes samples
        |> List.tryFind (fun (_, sample) -> Guard.firstNotFinite (ReadOnlySpan<float> sample.Inputs.Outputs) >= 0)
        |> Option.map (fun (recipe, _) -> Error(NoFittedOutputs(config.Sampler.Name, recipe.Kind)))
        |> Option.defaultValue (Ok samples)

    /// Blocks with only the features that the solver kept, and their readouts, each with its place among the recipes.
    let private termsOf (system: LinearSystem) (solution: LeastSquaresSolution) : (int * ModelTerm) list =
        [
            for place, (block, first) in Seq.zip system.Places system.Blocks do
                let mine =
                    Array.zip solution.Kept solution.Readout
                    |> Array.filter (fun (feature, _) -> feature >= first && feature < first + block.Width)

                place,
                {
                    Block = mine |> Array.map (fun (feature, _) -> feature - first) |> block.Select
                    Readout = mine |> Array.map (fun (_, weight) -> weight * system.Unit)
                }
        ]

    let private diagnose (system: LinearSystem) (solution: LeastSquaresSolution) : FitDiagnostics =
        {
            Part = system.Name
            Rows = solution.Rows
            FeaturesSampled = solution.Features
            FeaturesKept = solution.Rank
            Condition = solution.Condition
            Ridge = solution.Ridge
            RelativeError = solution.RelativeResidual
        }

    let private libraryVersion: string =
        let assembly = typeof<TrainedModel>.Assembly
        let version = assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
        // What follows a plus names a commit; the same release must write the same file wherever it was built.
        version.InformationalVersion.Split('+')[0]

    let private energyAt (snapshot: Snapshot) (terms: ModelTerm list) : float =
        let configuration = snapshot.Configuration
        let mutable total = 0.0

        for term in terms do
            total <- total + term.Block.Energy(&configuration, term.Readout)

        total

    /// The source again, as far as it still gives what the survey saw, and whether it did in the end.
    let private again
        (config: TrainingConfig)
        (survey: Survey)
        (source: Result<Snapshot, 'error> seq)
        : Result<Snapshot, 'error> seq * (unit -> Result<unit, TrainingError<'error>>) =
        let fingerprint = DataFingerprint()

        let isAsBefore (snapshot: Snapshot) : bool =
            fingerprint.Add snapshot |> ignore

            fingerprint.Frames <= survey.Frames
            && kindOf snapshot = kindOf survey.First
            && refusal config survey.First snapshot |> Option.isNone

        let check () =
            if fingerprint.Frames = survey.Frames && fingerprint.Hash = survey.Hash then
                Ok()
            else
                Error(SourceChanged(survey.Frames, fingerprint.Frames))

        Seq.filter (Result.map isAsBefore >> Result.defaultValue true) source, check

    /// Accumulates and solves the systems over the whole source.
    let private fitSystems config entering (survey: Survey) source (systems: LinearSystem list) =
        let stage assembling = entering (if assembling then Assembling else Reading)
        let struct (components, bodies) = survey.Largest

        match systems |> List.tryFind (Design.fits components >> not) with
        | Some system -> Error(TooManyColumns(bodies, system.Blocks |> Array.sumBy (fun (block, _) -> int64 block.Width)))
        | None ->
            let source, check = again config survey source

            Design.accumulate stage systems source
            |> Result.mapError SourceFailed
            |> Result.bind (fun accumulators -> check () |> Result.map (fun () -> accumulators))
            |> Result.bind (fun accumulators ->
                entering Solving
                solveAll config.Ridge systems accumulators)
            |> Result.map (fun solutions -> List.zip systems solutions)

    /// The systems that the data can determine, and what is known without them. Data at rest say nothing of momenta: the kinetic
    /// energy is then that of the masses, and blocks that would mix it with positions are refused.
    let private determined
        (config: TrainingConfig)
        (survey: Survey)
        (systems: LinearSystem list)
        : Result<LinearSystem list * ModelTerm list, TrainingError<'error>> =
        let blocks = systems |> List.collect (fun system -> system.Blocks |> Array.map fst |> List.ofArray)

        match List.partition (fun system -> system.HasVelocityRows) systems with
        | _ when not survey.AtRest -> Ok(systems, [])
        | [], potential -> Ok(potential, [])
        | [ _ ], ([ _ ] as potential) -> Ok(potential, [ { Block = BodyBlock.ofMasses config.Activation; Readout = [| 1.0 |] } ])
        | _ ->
            let guilty = blocks |> List.tryFind (fun block -> block.Part = Coupled) |> Option.defaultValue blocks.Head
            Error(AtRest guilty.Kind)

    /// Learns from a stream that can be read more than once and may fail; it is read twice (three times by samplers that
    /// want the outputs of a first fit), and only a bounded part of it is ever in memory. `entering` is told, on the
    /// calling thread, what training turns to.
    let fitStream
        (config: TrainingConfig)
        (entering: TrainingStage -> unit)
        (source: Result<Snapshot, 'error> seq)
        : Result<TrainedModel, TrainingError<'error>> =
        Guard.positive (nameof config.Width) config.Width

        let learn (survey: Survey) =
            let radial = chooseRadial config survey
            let make sampler samples = makeSystems config survey config.Width sampler radial samples

            let fit systems =
                determined config survey systems
                |> Result.bind (fun (systems, known) ->
                    fitSystems config entering survey source systems |> Result.map (fun fitted -> fitted, known))

            let placed fitted = fitted |> List.collect (fun (system, solution) -> termsOf system solution)

            let fitted =
                if config.Sampler.Outputs = Fitted then
                    make Sampler.uniformSwim survey.Samples
                    |> fit
                    |> Result.bind (fun (first, _) ->
                        entering Sampling

                        withFittedOutputs config survey.Samples (placed first) |> Result.bind (make config.Sampler >> fit))
                else
                    make config.Sampler survey.Samples |> fit

            fitted
            |> Result.map (fun (fitted, known) ->
                let terms = known @ (placed fitted |> List.map snd)

                {
                    Pairs = kindOf survey.First
                    Terms = terms
                    Constant = -(energyAt survey.First terms)
                    Diagnostics = fitted |> List.map (fun (system, solution) -> diagnose system solution)
                    Units = survey.First.Structure.Labels |> Option.bind _.Units
                    Provenance =
                        {
                            LibraryVersion = libraryVersion
                            Seed = config.Seed
                            Sampler = config.Sampler.Name
                            Width = config.Width
                            Frames = survey.Frames
                            DataHash = survey.Hash
                        }
                    Warnings = []
                }
                |> fun model -> { model with Warnings = Diagnosis.warnings survey.ForcesVanish survey.Pilot model })

        if List.isEmpty config.Recipes then
            Error NoBlocks
        else
            survey config entering source |> Result.bind learn

    /// Learns from snapshots. The same config and snapshots give the same model, bit for bit, for any number of threads.
    let fit (config: TrainingConfig) (snapshots: Snapshot seq) : Result<TrainedModel, TrainingError<SnapshotError>> =
        snapshots |> Seq.map Ok |> fitStream config ignore
