namespace HgnFunctional

open System
open System.Reflection

/// How the radial transform of pair distances is chosen.
[<NoEquality; NoComparison>]
type RadialChoice =
    /// r for bonds and 1/r within a cutoff, unless a pilot fit strongly favours another, for all kinds of pairs or for one.
    | AutomaticRadial
    /// This one.
    | FixedRadial of Radial

/// How the shape of the factor of pairs within a cutoff is chosen.
[<NoEquality; NoComparison>]
type CutoffChoice =
    /// Smooth, unless a pilot fit strongly favours the law as cut, for all kinds of pairs or for one.
    | AutomaticCutoff
    /// This one.
    | FixedCutoff of Cutoff

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
        /// The factor of pairs within a cutoff.
        Cutoff: CutoffChoice
        /// Hidden units per block, before redundant ones are dropped; at least 1. Where a recipe makes blocks of several kinds of
        /// pairs, each has as many, but all together at most what the faster way of solving takes.
        Width: int
        /// The penalty on hidden units.
        Ridge: Ridge
        /// Seed of every random draw.
        Seed: int
    }

/// What a block of pairs is made with.
[<NoEquality; NoComparison>]
type internal PairShape = { Radial: Radial; Cutoff: Cutoff }

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
    /// Snapshots differ in their relations: bonds, or a cutoff, or another cutoff. Frames count from 0.
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
            Cutoff = AutomaticCutoff
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

    /// Kinds of pairs up to this number are tried one by one.
    let private fewKinds = 8

    /// How often all choices are gone through anew, since one may hide behind another.
    let private mostRounds = 3

    /// Fewer hidden units than this resolve no law.
    let private fewestUnits = 8

    let private hasRelationsOf (first: Snapshot) (snapshot: Snapshot) : bool =
        let relations, expected = snapshot.Structure.Relations, first.Structure.Relations
        relations.Cutoff = expected.Cutoff && relations.Bonds.IsSome = expected.Bonds.IsSome

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
            let configuration = snapshot.Configuration
            Some(Array.min (fst (Invariants.ofRun &configuration all 0 all.Count)))

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
            | Ok snapshot, Some first when not (hasRelationsOf first snapshot) -> failure <- Some(MixedInteractions frame)
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

            match first.Structure.Relations.Cutoff with
            | Some cutoff when not survey.SeesReach && first.Structure.Bodies > 1 -> Error(NoPairsWithin(cutoff, leastDistance first))
            | _ when survey.Parts.IsEmpty -> Error NoBlocks
            | _ -> Ok survey

    /// The hidden units of each block: as asked for; but kinds of pairs share what the faster way of solving takes, and bonds beside
    /// pairs within reach take half, since bonds saturate early and what more units learn there is noise (docs/DEFAULTS.md).
    let private unitsFor (width: int) (parts: SurveyedPart list) : SurveyedPart -> int =
        let kinded = parts |> List.filter (fun part -> part.Kind <> EachBody)
        let hasReach = parts |> List.exists (fun part -> part.Kind.IsPairsOf)
        let trend = 2
        let share = LeastSquares.widest / max 1 kinded.Length - trend

        let shared =
            if kinded.Length > 1 && width <= LeastSquares.widest then
                min width (max fewestUnits share)
            else
                width

        fun part ->
            match part.Kind with
            | EachBody -> width
            | BondsOf _ when hasReach -> max (min fewestUnits width) (min shared (width / 2))
            | BondsOf _
            | PairsOf _ -> shared

    /// The systems of all blocks, made with a shape for each.
    let private makeSystems
        (config: TrainingConfig)
        (survey: Survey)
        (width: int)
        (sampler: Sampler)
        (shapes: PairShape[])
        (samples: TrainingSample list)
        : LinearSystem list =
        let recipes = survey.Parts |> List.distinctBy _.Place |> List.map _.Recipe

        // Streams are named by recipe: the kind of block, and which of its kind it is, if it is not the first. Kinds of pairs
        // draw the same units: their columns are apart, and what they are called decides nothing.
        let names =
            recipes
            |> List.mapi (fun place recipe ->
                match recipes |> List.truncate place |> List.filter (fun other -> other.Kind = recipe.Kind) with
                | [] -> recipe.Kind
                | equals -> $"{recipe.Kind} {equals.Length + 1}")

        let units = unitsFor width survey.Parts

        List.zip survey.Parts samples
        |> List.mapi (fun index (part, sample) ->
            let options =
                {
                    Radial = shapes[index].Radial
                    Cutoff = shapes[index].Cutoff
                    CutoffRadius = survey.First.Structure.Relations.Cutoff
                    Kind = part.Kind
                }

            let draw (layer: string) (wanted: int option) (inputs: InputSample) =
                let purpose =
                    if layer = "" then
                        $"{names[part.Place]} features"
                    else
                        $"{names[part.Place]} {layer} features"

                let random = Rng.stream config.Seed purpose
                Sampler.sample sampler config.Activation (Option.defaultValue (units part) wanted) random inputs

            part.Recipe.Create options sample draw)
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

    let private samplesOf (survey: Survey) : TrainingSample list = survey.Parts |> List.map _.Sample

    /// Minus twice the log evidence per row of the systems with forces, on the pilot snapshots.
    let private pilotSurprise (config: TrainingConfig) (survey: Survey) (shapes: PairShape[]) : float =
        let systems =
            makeSystems config survey (min pilotWidth config.Width) Sampler.elm shapes (samplesOf survey)
            |> List.filter (fun system -> system.HasForceRows)

        let struct (components, _) = survey.Largest

        if systems |> List.forall (Design.fits components) then
            let accumulated: Result<TallSkinnyQr list, unit> = survey.Pilot |> Seq.map Ok |> Design.accumulate ignore systems

            match accumulated |> Result.mapError SourceFailed |> Result.bind (solveAll config.Ridge systems) with
            | Ok solutions -> solutions |> List.sumBy (fun solution -> solution.Surprise)
            | Error _ -> infinity
        else
            infinity

    /// The shape to start from.
    let private startOf (config: TrainingConfig) (part: SurveyedPart) (relations: Relations) : PairShape =
        let radial =
            match config.Radial, part.Kind with
            | FixedRadial radial, _ -> radial
            | AutomaticRadial, BondsOf _ -> Radial.distance
            | AutomaticRadial, _ -> if relations.Cutoff.IsNone then Radial.distance else Radial.inverse

        let cutoff =
            match config.Cutoff with
            | FixedCutoff cutoff -> cutoff
            | AutomaticCutoff -> Cutoff.quartic

        { Radial = radial; Cutoff = cutoff }

    /// The shapes that a block may have.
    let private candidatesFor (config: TrainingConfig) (part: SurveyedPart) (start: PairShape) : PairShape list =
        let radials =
            match config.Radial with
            | AutomaticRadial when part.Recipe.SeesRadial -> Radial.all
            | _ -> [ start.Radial ]

        let cutoffs =
            match config.Cutoff, part.Kind with
            | AutomaticCutoff, PairsOf _ when part.Recipe.SeesRadial -> [ Cutoff.quartic; Cutoff.cut ]
            | _ -> [ start.Cutoff ]

        [
            for cutoff in cutoffs do
                for radial in radials -> { Radial = radial; Cutoff = cutoff }
        ]

    /// The shape of each block: first one for all kinds of a relation, then for each kind if they are few, as long as the evidence
    /// is strong.
    let private chooseShapes (config: TrainingConfig) (survey: Survey) : PairShape[] =
        let parts = Array.ofList survey.Parts
        let start = parts |> Array.map (fun part -> startOf config part survey.First.Structure.Relations)

        let candidates = Array.map2 (candidatesFor config) parts start
        let open' = [ 0 .. parts.Length - 1 ] |> List.filter (fun index -> candidates[index].Length > 1)
        let relations = open' |> List.groupBy (fun index -> parts[index].Place) |> List.map snd

        let single =
            if open'.Length <= fewKinds then
                relations |> List.filter (fun group -> group.Length > 1) |> List.concat
            else
                []

        let groups = relations @ List.map List.singleton single |> Array.ofList
        let surpriseOf = pilotSurprise config survey

        let tryGroup (shapes: PairShape[], least: float) (group: int list) =
            let isAsNow (shape: PairShape) (index: int) =
                shapes[index].Radial.Name = shape.Radial.Name && shapes[index].Cutoff.Name = shape.Cutoff.Name

            let tried =
                candidates[group.Head]
                |> List.filter (fun shape -> not (List.forall (isAsNow shape) group))
                |> List.map (fun shape ->
                    let changed = shapes |> Array.mapi (fun index before -> if List.contains index group then shape else before)
                    changed, surpriseOf changed)

            let best, surprise = List.minBy snd tried
            if surprise < least - strongEvidence then Some(best, surprise) else None

        // All are tried again after a change, but not the one that changed.
        let rec improve (turn: int) (settled: int) (shapes: PairShape[], least: float) : PairShape[] =
            if settled >= groups.Length || turn >= mostRounds * groups.Length then
                shapes
            else
                match tryGroup (shapes, least) groups[turn % groups.Length] with
                | Some better -> improve (turn + 1) 1 better
                | None -> improve (turn + 1) (settled + 1) (shapes, least)

        if groups.Length = 0 then start else improve 0 0 (start, surpriseOf start)

    /// The samples with the energies of a first fit as outputs.
    let private withFittedOutputs
        (config: TrainingConfig)
        (survey: Survey)
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

        let samples = samplesOf survey |> List.mapi outputsFor

        // Without outputs the sampler would draw as the first fit did, in silence.
        List.zip survey.Parts samples
        |> List.tryFind (fun (_, sample) -> Guard.firstNotFinite (ReadOnlySpan<float> sample.Inputs.Outputs) >= 0)
        |> Option.map (fun (part, _) -> Error(NoFittedOutputs(config.Sampler.Name, part.Recipe.Kind)))
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
            && hasRelationsOf survey.First snapshot
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

    /// What the model tells apart: species and bond types where blocks look at kinds of pairs.
    let private scopeOf (survey: Survey) : ModelScope =
        let relations = survey.First.Structure.Relations
        let looksAtBonds = survey.Parts |> List.exists (fun part -> part.Kind.IsBondsOf)
        let looksAtReach = survey.Parts |> List.exists (fun part -> part.Kind.IsPairsOf)

        {
            Species = if looksAtReach then survey.Species else [ "" ]
            BondTypes = relations.Bonds |> Option.map (fun _ -> if looksAtBonds then survey.BondTypes else [ "" ])
            Cutoff = relations.Cutoff
        }

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
            let shapes = chooseShapes config survey
            let make sampler samples = makeSystems config survey config.Width sampler shapes samples

            let fit systems =
                determined config survey systems
                |> Result.bind (fun (systems, known) ->
                    fitSystems config entering survey source systems |> Result.map (fun fitted -> fitted, known))

            let placed fitted = fitted |> List.collect (fun (system, solution) -> termsOf system solution)

            let fitted =
                if config.Sampler.Outputs = Fitted then
                    make Sampler.uniformSwim (samplesOf survey)
                    |> fit
                    |> Result.bind (fun (first, _) ->
                        entering Sampling

                        withFittedOutputs config survey (placed first) |> Result.bind (make config.Sampler >> fit))
                else
                    make config.Sampler (samplesOf survey) |> fit

            fitted
            |> Result.map (fun (fitted, known) ->
                let terms = known @ (placed fitted |> List.map snd)

                {
                    Scope = scopeOf survey
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
