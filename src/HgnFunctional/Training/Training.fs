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
    /// The source held no snapshot.
    | NoSnapshots
    /// Snapshots differ in how their pairs are given: bonds, or a cutoff, or another cutoff. Frames count from 0.
    | MixedInteractions of frame: int
    /// A block has no inputs on a snapshot. Frames count from 0.
    | NoFrame of frame: int * FrameError
    /// The linear system could not be solved.
    | SolveFailed of LeastSquaresError

    /// The error as one sentence.
    override error.ToString() : string =
        match error with
        | SourceFailed source -> string (box source)
        | NoSnapshots -> "There are no snapshots to learn from; expected at least one."
        | MixedInteractions frame ->
            $"Frame {frame} gives its pairs in another way than the first frame; expected bonds, or one cutoff, throughout."
        | NoFrame(frame, error) -> $"Frame {frame}: {error}"
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
            | Ok snapshot, _ ->
                match config.Recipes |> List.tryPick (fun recipe -> recipe.Refuses snapshot) with
                | Some error -> failure <- Some(NoFrame(frame, error))
                | None ->
                    entering Sampling
                    collector.Add snapshot
                    frame <- frame + 1
                    entering Reading

        match failure, collector.First with
        | Some error, _ -> Error error
        | None, None -> Error NoSnapshots
        | None, Some _ ->
            entering Sampling
            Ok(collector.ToSurvey())

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

        List.map2
            (fun (recipe: BlockRecipe) sample ->
                let draw (layer: string) (units: int option) (inputs: InputSample) =
                    let purpose =
                        if layer = "" then
                            $"{recipe.Kind} features"
                        else
                            $"{recipe.Kind} {layer} features"

                    let random = Rng.stream config.Seed purpose
                    Sampler.sample sampler config.Activation (Option.defaultValue width units) random inputs

                recipe.Create options sample draw)
            config.Recipes
            samples
        |> Design.systems (struct (1.0 / survey.VelocityScale, 1.0 / survey.ForceScale))

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

        let accumulated: Result<TallSkinnyQr list, unit> = survey.Pilot |> Seq.map Ok |> Design.accumulate ignore systems

        match accumulated |> Result.mapError SourceFailed |> Result.bind (solveAll config.Ridge systems) with
        | Ok solutions -> solutions |> List.sumBy (fun solution -> solution.Surprise)
        | Error _ -> infinity

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
    let private withFittedOutputs (config: TrainingConfig) (samples: TrainingSample list) (terms: ModelTerm list) : TrainingSample list =
        List.map2
            (fun (recipe: BlockRecipe) (sample: TrainingSample) ->
                match terms |> List.tryFind (fun term -> term.Block.Kind = recipe.Kind) with
                | None -> sample
                | Some term ->
                    let outputs =
                        sample.Inputs.Points
                        |> Array.chunkBySize (max 1 sample.Inputs.Inputs)
                        |> Array.map (fun point -> term.Block.Response(term.Readout, point))

                    { sample with Inputs = { sample.Inputs with Outputs = outputs } })
            config.Recipes
            samples

    /// Blocks with only the features that the solver kept, and their readouts.
    let private termsOf (system: LinearSystem) (solution: LeastSquaresSolution) : ModelTerm list =
        [
            for block, first in system.Blocks do
                let mine =
                    Array.zip solution.Kept solution.Readout
                    |> Array.filter (fun (feature, _) -> feature >= first && feature < first + block.Width)

                {
                    Block = mine |> Array.map (fun (feature, _) -> feature - first) |> block.Select
                    Readout = mine |> Array.map snd
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

    /// Accumulates and solves the systems over the whole source.
    let private fitSystems config entering source systems =
        let stage assembling = entering (if assembling then Assembling else Reading)

        Design.accumulate stage systems source
        |> Result.mapError SourceFailed
        |> Result.bind (fun accumulators ->
            entering Solving
            solveAll config.Ridge systems accumulators)
        |> Result.map (fun solutions -> List.zip systems solutions)

    /// Learns from a stream that can be read more than once and may fail; it is read twice (three times by samplers that
    /// want the outputs of a first fit), and only a bounded part of it is ever in memory. `entering` is told, on the
    /// calling thread, what training turns to.
    let fitStream
        (config: TrainingConfig)
        (entering: TrainingStage -> unit)
        (source: Result<Snapshot, 'error> seq)
        : Result<TrainedModel, TrainingError<'error>> =
        Guard.positive (nameof config.Width) config.Width

        survey config entering source
        |> Result.bind (fun survey ->
            let radial = chooseRadial config survey
            let make sampler samples = makeSystems config survey config.Width sampler radial samples
            let fit systems = fitSystems config entering source systems
            let terms fitted = fitted |> List.collect (fun (system, solution) -> termsOf system solution)

            let fitted =
                if config.Sampler.Outputs = Fitted then
                    make Sampler.uniformSwim survey.Samples
                    |> fit
                    |> Result.bind (fun first ->
                        entering Sampling
                        withFittedOutputs config survey.Samples (terms first) |> make config.Sampler |> fit)
                else
                    make config.Sampler survey.Samples |> fit

            fitted
            |> Result.map (fun fitted ->
                let terms = terms fitted

                {
                    Pairs = kindOf survey.First
                    Terms = terms
                    Constant = -(energyAt survey.First terms)
                    Units = None
                    Diagnostics = fitted |> List.map (fun (system, solution) -> diagnose system solution)
                    Provenance =
                        {
                            LibraryVersion = libraryVersion
                            Seed = config.Seed
                            Sampler = config.Sampler.Name
                            Width = config.Width
                            Frames = survey.Frames
                            DataHash = survey.Hash
                        }
                }))

    /// Learns from snapshots. The same config and snapshots give the same model, bit for bit, for any number of threads.
    let fit (config: TrainingConfig) (snapshots: Snapshot seq) : Result<TrainedModel, TrainingError<SnapshotError>> =
        snapshots |> Seq.map Ok |> fitStream config ignore
