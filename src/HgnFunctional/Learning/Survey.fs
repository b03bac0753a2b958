namespace HgnFunctional.Learning

open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Blocks

/// What a first pass over training data tells: which bodies, interactions and measurements there are, their sizes, and a sample of everything, chosen
/// by content. Its memory does not grow with the data, and it depends neither on the order of the frames, but for the zero of the energy,
/// nor on who surveyed which: parts merge into the survey of all, to the last bit. Immutable.
[<Sealed; NoEquality; NoComparison>]
type Survey internal (collector: SurveyCollector, options: string) =

    /// Number of frames.
    member _.Frames: int64 = collector.Frames

    /// What identifies the frames, in any order, in hexadecimal.
    member _.DataHash: string = collector.Hash

    /// Names of the species; "" where nobody named them.
    member _.Species: string list = collector.Species

    /// What was measured in some frame: "velocities", "forces", "energies", "virials", or "motions" where forces must be told from them.
    member _.Measured: string list = collector.Measured

    /// What was collected, which no one may change.
    member internal _.Collector: SurveyCollector = collector

    /// The options that it was made with, in words.
    member internal _.Options: string = options

    /// The survey in one line.
    override survey.ToString() : string =
        let measured = String.concat ", " survey.Measured
        $"Survey of {survey.Frames} frames with {measured}"

/// Surveys: none, of a stream, of parts, and as saved.
[<RequireQualifiedAccess>]
module Survey =

    /// Whether two structures have the same relations, which the data must have throughout.
    let internal hasRelationsOf (expected: Structure) (structure: Structure) : bool =
        let relations, expected = structure.Relations, expected.Relations

        relations.Reach = expected.Reach
        && relations.Bonds.IsSome = expected.Bonds.IsSome
        && relations.Angles.IsSome = expected.Angles.IsSome

    /// Why a frame cannot be learned from, after the first one of the data.
    let internal refusal (config: TrainingConfig) (first: Snapshot) (snapshot: Snapshot) : BlockError option =
        config.Recipes
        |> List.tryPick (fun recipe -> if recipe.IsOptional then None else recipe.Refuses first.Structure snapshot)

    /// The recipes of a config, with that of the energies' zero.
    let private recipesOf (config: TrainingConfig) : BlockRecipe list =
        if config.Recipes |> List.exists (fun recipe -> recipe.Kind = OffsetBlock.recipe.Kind) then
            config.Recipes
        else
            config.Recipes @ [ OffsetBlock.recipe ]

    /// The options that decide what is collected.
    let internal optionsOf (config: TrainingConfig) : string =
        [
            yield! recipesOf config |> List.map (fun recipe -> $"{recipe.Kind}: {recipe.Family}")
            $"width {config.Width}"
            $"seed {config.Seed}"
            match config.Stencil with
            | Some form -> $"windows of {form.Frames}"
            | None -> ()
        ]
        |> String.concat "\n"

    let private collectorFor (config: TrainingConfig) : SurveyCollector =
        SurveyCollector(recipesOf config, config.Width, config.Seed, config.Stencil)

    /// The survey of nothing.
    let empty (config: TrainingConfig) : Survey = Survey(collectorFor config, optionsOf config)

    /// The survey of frames, each with its number among all frames, from 0 on: those of one trajectory in the order of their times.
    /// `entering` is told, on the calling thread, what it turns to.
    let ofFrames
        (config: TrainingConfig)
        (entering: TrainingStage -> unit)
        (source: Result<struct (int64 * Snapshot), 'error> seq)
        : Result<Survey, TrainingError<'error>> =
        let collector = collectorFor config
        let order = MotionOrder()
        let mutable failure = None

        entering Reading
        use cursor = source.GetEnumerator()

        while failure.IsNone && cursor.MoveNext() do
            match cursor.Current with
            | Error error -> failure <- Some(SourceFailed error)
            | Ok(struct (frame, snapshot)) ->
                let first = Option.defaultValue snapshot collector.First

                if not (hasRelationsOf first.Structure snapshot.Structure) then
                    failure <- Some(MixedInteractions frame)
                else
                    match refusal config first snapshot, order.Take(frame, snapshot) with
                    | Some error, _ -> failure <- Some(BlockRefusesFrame(frame, error))
                    | None, Some error -> failure <- Some error
                    | None, None ->
                        entering Sampling
                        collector.Add(frame, snapshot)
                        entering Reading

        match failure with
        | Some error -> Error error
        | None -> Ok(Survey(collector, optionsOf config))

    /// The survey of a stream.
    let ofStream
        (config: TrainingConfig)
        (entering: TrainingStage -> unit)
        (source: Result<Snapshot, 'error> seq)
        : Result<Survey, TrainingError<'error>> =
        source
        |> Seq.mapi (fun frame -> Result.map (fun snapshot -> struct (int64 frame, snapshot)))
        |> ofFrames config entering

    let private firstShared (first: Survey) (second: Survey) : int64 option =
        second.Collector.Blocks |> Seq.tryFind first.Collector.Blocks.Contains

    /// The survey of the frames of both, surveyed with the same config, each frame by one of them.
    let merge (config: TrainingConfig) (first: Survey) (second: Survey) : Result<Survey, PartError> =
        let interact =
            match first.Collector.First, second.Collector.First with
            | Some one, Some other -> hasRelationsOf one.Structure other.Structure
            | _ -> true

        if first.Options <> optionsOf config || second.Options <> optionsOf config then
            Error(MadeOtherwise "options")
        elif not interact then
            Error OtherInteractions
        else
            match firstShared first second with
            | Some block ->
                let start = block * int64 Shard.SurveyedTogether
                Error(SeenTwice(start, start + int64 Shard.SurveyedTogether - 1L))
            | None ->
                let both = collectorFor config
                both.Merge first.Collector
                both.Merge second.Collector
                Ok(Survey(both, optionsOf config))

    /// All that a survey holds.
    let save (survey: Survey) : (string * SavedForm) list = ("options", SavedForm.Text survey.Options) :: survey.Collector.Save()

    let internal readWith (config: TrainingConfig) (reader: SavedReader) : Survey =
        if reader.Text "options" <> optionsOf config then
            reader.Fail("options", "those of the config")

        let collector = collectorFor config
        collector.Load reader
        Survey(collector, optionsOf config)

    /// A survey as it was saved, made with the same config.
    let restore (config: TrainingConfig) (fields: (string * SavedForm) list) : Result<Survey, PartError> =
        match SavedForm.tryRead (fun reader -> reader.Text "options") fields with
        | Error error -> Error(Damaged(string error))
        | Ok options when options <> optionsOf config -> Error(MadeOtherwise "options")
        | Ok _ -> SavedForm.tryRead (readWith config) fields |> Result.mapError (string >> Damaged)
