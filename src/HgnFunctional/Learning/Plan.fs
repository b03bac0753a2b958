namespace HgnFunctional.Learning

open System
open System.Security.Cryptography
open HgnFunctional.Numerics
open HgnFunctional.Bodies
open HgnFunctional.Space
open HgnFunctional.Invariance
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Blocks
open HgnFunctional.Models

/// What a plan is for.
[<NoEquality; NoComparison>]
type internal PlanRound =
    /// A fit whose energies are the outputs that the sampler of the next one wants.
    | Draft
    /// The fit, with what paths between frames follow, if they follow forces.
    | Final of PathGuide option
    /// The fit with paths between frames that follow the forces found before.
    | Following of RoundState

    /// What paths between frames follow.
    member round.Guide: PathGuide option =
        match round with
        | Draft -> None
        | Final guide -> guide
        | Following state -> Some state.Guide

/// What is to be fitted: the columns, drawn, and how the data give rows. Immutable.
[<Sealed; NoEquality; NoComparison>]
type Plan
    internal
    (
        config: TrainingConfig,
        survey: Survey,
        overview: Overview,
        kept: int list,
        shapes: Shape[],
        blocks: IBlock list,
        systems: LinearSystem list,
        assumed: ModelTerm list,
        round: PlanRound,
        evidence: bool -> FamilyEvidence list,
        hash: Lazy<string>
    ) =

    let struct (components, _) = overview.Largest

    /// Number of frames of the survey.
    member _.Frames: int64 = overview.Frames

    /// What identifies the frames of the survey, in any order, in hexadecimal.
    member _.DataHash: string = overview.Hash

    /// The columns of each linear system: "kinetic", "potential" or "coupled".
    member _.Columns: (string * int) list = systems |> List.map (fun system -> system.Name, system.Features)

    /// Whether the fit is but for the outputs that the sampler wants: its `Fit.Next` is the one that counts.
    member _.IsDraft: bool = round.IsDraft

    /// Whether forces are told from how bodies move, so that frames are needed together with their neighbours.
    member _.NeedsNeighbours: bool = overview.HasMotion

    /// What identifies the plan, in hexadecimal: SHA-256 of what is saved of it.
    member _.Hash: string = hash.Value

    member internal _.Config: TrainingConfig = config
    member internal _.Survey: Survey = survey
    member internal _.Overview: Overview = overview

    /// The recipes of the survey's parts that have blocks, by their place among them.
    member internal _.Kept: int list = kept

    /// The shape of each part of the overview.
    member internal _.Shapes: Shape[] = shapes

    /// A block for each part of the overview.
    member internal _.Blocks: IBlock list = blocks
    member internal _.Systems: LinearSystem list = systems

    /// Terms that no data are needed for.
    member internal _.Assumed: ModelTerm list = assumed
    member internal _.Round: PlanRound = round
    member internal _.Evidence: bool -> FamilyEvidence list = evidence

    /// Frames of one leaf of the tree that rows are merged in.
    member internal _.FramesPerLeaf: int64 = Design.framesPerLeaf components systems

    /// Number of leaves of the frames of the survey.
    member internal plan.Leaves: int64 = (plan.Frames + plan.FramesPerLeaf - 1L) / plan.FramesPerLeaf

    /// The frames of a share: from the first on, and up to but without the second.
    member plan.FramesOf(shard: Shard) : struct (int64 * int64) =
        let struct (first, stop) = Shard.range plan.Leaves shard
        struct (first * plan.FramesPerLeaf, min plan.Frames (stop * plan.FramesPerLeaf))

    /// The plan in one line.
    override plan.ToString() : string =
        let columns = plan.Columns |> List.map (fun (name, count) -> $"{count} {name}") |> String.concat " and "
        $"Plan of {columns} columns for {plan.Frames} frames"

/// Plans: drawn from a survey, and as saved.
[<RequireQualifiedAccess>]
module Plan =

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

    /// A species that a cutoff names and the data do not have, if there is one.
    let private absentFrom (overview: Overview) (reach: Reach) : string option =
        reach.Pairs.Keys
        |> Seq.collect (fun (first, second) -> [ first; second ])
        |> Seq.tryFind (fun species -> not (List.contains species overview.Species))

    /// The overview of a survey that a model can be learned from.
    let private overviewOf (config: TrainingConfig) (survey: Survey) : Result<Overview, TrainingError<'error>> =
        match survey.Collector.First with
        | _ when config.Recipes.IsEmpty -> Error NoBlocks
        | None -> Error NoSnapshots
        | Some first ->
            let overview = survey.Collector.ToOverview()

            match first.Structure.Relations.Reach with
            | Some reach when not overview.SeesReach && first.Structure.Bodies > 1 ->
                Error(NoPairsWithin(reach.Largest, leastDistance first))
            | Some reach when (absentFrom overview reach).IsSome ->
                Error(CutoffOfNoSpecies((absentFrom overview reach).Value, overview.Species))
            | _ when overview.Parts.IsEmpty -> Error NoBlocks
            | _ when not (overview.HasForces || overview.HasEnergies || overview.HasVirials || overview.HasMotion) -> Error NothingMeasured
            | _ when overview.HasMotion && overview.LongestWindow < StencilChoice.fewestFrames config overview ->
                Error(TooFewFrames(overview.LongestWindow, StencilChoice.fewestFrames config overview))
            | _ when overview.Sample |> Array.forall (fun snapshot -> snapshot.FreeComponents = 0) -> Error AllPinned
            | _ -> Ok overview

    /// The kind of a block that has no virial, where the data have virials that count.
    let private withoutStrain (config: TrainingConfig) (overview: Overview) (systems: LinearSystem list) : string option =
        let tells (block: IBlock) =
            match block with
            | :? IEnergyBlock as block -> block.TellsStrain overview.First.Structure
            | _ -> true

        if overview.HasVirials && config.Weights.Virials > 0.0 then
            seq {
                for system in systems do
                    yield! system.Blocks |> Seq.map fst
                    yield! system.Known |> Seq.map (fun struct (block, _) -> block :> IBlock)
            }
            |> Seq.tryFind (tells >> not)
            |> Option.map _.Kind
        else
            None

    /// The systems that the data can determine, and what is known without them. Data at rest say nothing of momenta: the kinetic
    /// energy is then that of the masses, and blocks that would mix it with positions are refused.
    let private determined
        (config: TrainingConfig)
        (overview: Overview)
        (systems: LinearSystem list)
        : Result<LinearSystem list * ModelTerm list, TrainingError<'error>> =
        let blocks = systems |> List.collect (fun system -> system.Blocks |> Array.map fst |> List.ofArray)
        let struct (components, bodies) = overview.Largest

        match withoutStrain config overview systems, List.partition (fun system -> system.HasVelocityRows) systems with
        | Some block, _ -> Error(NeedsStrain block)
        | _ when overview.HasEnergies && blocks |> List.exists (fun block -> block.Part = Coupled) ->
            Error(EnergiesNeedSplit((blocks |> List.find (fun block -> block.Part = Coupled)).Kind))
        | _ when not overview.AtRest -> Ok(systems, [])
        | _, ([], potential) -> Ok(potential, [])
        | _, ([ _ ], ([ forces ] as potential)) when forces.Features > 0 || forces.Known.Length > 0 ->
            Ok(potential, [ { Block = BodyBlock.ofMasses config.Activation; Readout = [| 1.0 |] } ])
        | _ ->
            let guilty = blocks |> List.tryFind (fun block -> block.Part = Coupled) |> Option.defaultValue blocks.Head
            Error(AtRest guilty.Kind)
        |> Result.bind (fun (systems, assumed) ->
            match systems |> List.tryFind (Design.fits components >> not) with
            | Some system -> Error(TooManyColumns(bodies, system.Blocks |> Array.sumBy (fun (block, _) -> int64 block.Width)))
            | None -> Ok(systems, assumed))

    let private ofTerm (term: ModelTerm) : SavedForm =
        SavedForm.Fields([ "kind", SavedForm.Text term.Block.Kind ] @ term.Block.Save() @ [ "readout", SavedForm.Numbers term.Readout ])

    let private ofGuide (guide: PathGuide option) : (string * SavedForm) list =
        match guide with
        | None -> []
        | Some guide -> [ "terms", SavedForm.List(List.map ofTerm guide.Terms); "points", SavedForm.Number(float guide.Rule.Places.Length) ]

    let private ofRound (round: PlanRound) : (string * SavedForm) list =
        [
            match round with
            | Draft -> "round", SavedForm.Text "draft"
            | Final _ -> "round", SavedForm.Text "final"
            | Following state ->
                "round", SavedForm.Text "following"

                "rounds",
                SavedForm.List
                    [
                        for round in state.Rounds ->
                            SavedForm.Fields [ "found", SavedForm.Numbers round.Found; "residual", SavedForm.Numbers round.Residual ]
                    ]

                "readout", SavedForm.Numbers state.Readout

                // Nothing has moved before the first.
                if Double.IsFinite state.Moved then
                    "moved", SavedForm.Number state.Moved

                "error", SavedForm.Number state.Error
                "wasGuided", SavedForm.Flag state.WasGuided
                "sampled", SavedForm.Number(float state.Sampled)
            yield! ofGuide round.Guide
        ]

    /// The options that decide a plan, in words.
    let private optionsOf (config: TrainingConfig) : string =
        [
            $"sampler {config.Sampler.Name}"
            $"activation {config.Activation.Name}"
            match config.Radial with
            | FixedRadial radial -> $"radial {radial.Name}"
            | AutomaticRadial -> ()
            match config.Cutoff with
            | FixedCutoff cutoff -> $"cutoff {cutoff.Name}"
            | AutomaticCutoff -> ()
            match config.Ridge with
            | Relative fraction -> $"ridge {fraction:R}"
            | Automatic -> ()
            match config.Stencil with
            | Some form -> $"stencil {form}"
            | None -> ()
            $"weights {config.Weights.Velocities:R}, {config.Weights.Forces:R}, {config.Weights.Energies:R}, {config.Weights.Virials:R}"
        ]
        |> String.concat "\n"

    let private ofShape (shape: Shape) : SavedForm =
        SavedForm.Fields
            [
                "radial", SavedForm.Text shape.Radial.Name
                "angular", SavedForm.Text shape.Angular.Name
                "cutoff", SavedForm.Text shape.Cutoff.Name
            ]

    let private formOf config survey (overview: Overview) (kept: int list) (shapes: Shape[]) (blocks: IBlock list) round =
        [
            "options", SavedForm.Text(optionsOf config)
            "survey", SavedForm.Fields(Survey.save survey)
            match overview.Stencil with
            | Some(Exact frames) -> "exact", SavedForm.Number(float frames)
            | Some(Smooth frames) -> "smooth", SavedForm.Number(float frames)
            | None -> ()
            "kept", SavedForm.ofInts kept
            "shapes", SavedForm.List [ for shape in shapes -> ofShape shape ]
            "blocks", SavedForm.List [ for block in blocks -> SavedForm.Fields(("kind", SavedForm.Text block.Kind) :: block.Save()) ]
            yield! ofRound round
        ]

    /// All that a plan holds.
    let save (plan: Plan) : (string * SavedForm) list =
        formOf plan.Config plan.Survey plan.Overview plan.Kept plan.Shapes plan.Blocks plan.Round

    let private hashOf (form: unit -> (string * SavedForm) list) : Lazy<string> =
        lazy (form () |> SavedForm.Fields |> SavedBytes.toBytes |> SHA256.HashData |> Convert.ToHexStringLower)

    let private create config survey overview kept shapes blocks round evidence : Result<Plan, TrainingError<'error>> =
        Drawing.systemsOf config overview blocks
        |> determined config overview
        |> Result.map (fun (systems, assumed) ->
            let hash = hashOf (fun () -> formOf config survey overview kept shapes blocks round)
            Plan(config, survey, overview, kept, shapes, blocks, systems, assumed, round, evidence, hash))

    /// The places in the survey's overview of the recipes that were chosen.
    let private placesOf (all: Overview) (chosen: Overview) : int list =
        all.Parts
        |> List.filter (fun part -> chosen.Parts |> List.exists (fun other -> Pilot.isSameRecipe part other.Recipe))
        |> List.map _.Place
        |> List.distinct

    /// The plan with paths between frames that follow forces which the sample tells.
    let private guided (plan: Plan) : Result<Plan, TrainingError<'error>> =
        match plan.Overview.Stencil, plan.Systems |> List.filter _.HasForceRows with
        | Some(Exact _), [ forces ] when plan.Overview.HasMotion && not forces.HasVelocityRows ->
            let masses = { Block = BodyBlock.ofMasses plan.Config.Activation; Readout = [| 1.0 |] }

            match Rounds.start plan.Config plan.Overview [ masses ] forces with
            | None -> Ok plan
            | guide -> create plan.Config plan.Survey plan.Overview plan.Kept plan.Shapes plan.Blocks (Final guide) plan.Evidence
        | _ -> Ok plan

    /// The first plan: which laws the data want, and their columns.
    let draw (config: TrainingConfig) (survey: Survey) : Result<Plan, TrainingError<'error>> =
        Guard.positive (nameof config.Width) config.Width

        overviewOf config survey
        |> Result.bind (fun all ->
            let choice = all |> StencilChoice.choose config None |> Families.choose config
            // Anew, now that laws and shapes are known.
            let chosen = StencilChoice.choose config (Some choice.Shapes) choice.Overview

            let make sampler round =
                let blocks = Drawing.drawBlocks config chosen config.Width sampler choice.Shapes (Drawing.samplesOf chosen)
                create config survey chosen (placesOf all chosen) choice.Shapes blocks round choice.Evidence

            if config.Sampler.Outputs = Fitted then
                make Sampler.uniformSwim Draft
            else
                make config.Sampler (Final None) |> Result.bind guided)

    /// The plan drawn with the outputs of a first fit, whose terms stand for some parts of the overview.
    let internal withOutputs (fitted: (int * ModelTerm) list) (plan: Plan) : Result<Plan, TrainingError<'error>> =
        let config, overview = plan.Config, plan.Overview

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

        let samples = Drawing.samplesOf overview |> List.mapi outputsFor

        // Without outputs the sampler would draw as the first fit did, in silence.
        match
            List.zip overview.Parts samples
            |> List.tryFind (fun (_, sample) -> Guard.firstNotFinite (ReadOnlySpan<float> sample.Inputs.Outputs) >= 0)
        with
        | Some(part, _) -> Error(NoFittedOutputs(config.Sampler.Name, part.Recipe.Kind))
        | None ->
            let blocks = Drawing.drawBlocks config overview config.Width config.Sampler plan.Shapes samples
            create config plan.Survey overview plan.Kept plan.Shapes blocks (Final None) plan.Evidence |> Result.bind guided

    /// The plan whose paths follow the forces of a fit, with the blocks of the forces that are left, by their places among all.
    let internal following (state: RoundState) (left: Map<int, IBlock>) (plan: Plan) : Result<Plan, TrainingError<'error>> =
        let blocks = plan.Blocks |> List.mapi (fun place block -> left.TryFind place |> Option.defaultValue block)
        create plan.Config plan.Survey plan.Overview plan.Kept plan.Shapes blocks (Following state) plan.Evidence

    /// The parts of this library and those of a config.
    let private vocabularyOf (config: TrainingConfig) : Vocabulary =
        let standard = Vocabulary.standard

        { standard with
            Blocks = config.Recipes @ standard.Blocks
            Activations = config.Activation :: standard.Activations
            Radials =
                match config.Radial with
                | FixedRadial radial -> radial :: standard.Radials
                | AutomaticRadial -> standard.Radials
            Cutoffs =
                match config.Cutoff with
                | FixedCutoff cutoff -> cutoff :: standard.Cutoffs
                | AutomaticCutoff -> standard.Cutoffs
        }

    /// A plan as it was saved, made with the same config.
    let restore (config: TrainingConfig) (fields: (string * SavedForm) list) : Result<Plan, PartError> =
        let vocabulary = vocabularyOf config

        let blockOf (recipe: BlockRecipe) (reader: SavedReader) : IBlock =
            if reader.Text "kind" <> recipe.Kind then
                reader.Fail("kind", $"a block of kind '{recipe.Kind}'")

            recipe.Restore vocabulary reader

        let termOf (reader: SavedReader) : ModelTerm =
            let recipe = reader.Registered("kind", "block", vocabulary.Blocks, _.Kind)
            let block = recipe.Restore vocabulary reader
            { Block = block; Readout = reader.Floats("readout", Some(int64 block.Width)) }

        let guideOf (reader: SavedReader) : PathGuide option =
            reader.TryInteger("points", 1, 1000)
            |> Option.map (fun points -> { Terms = reader.Objects "terms" |> List.map termOf; Rule = PathRule points })

        let roundOf (reader: SavedReader) : PlanRound =
            match reader.Named("round", [ "draft"; "final"; "following" ], id), guideOf reader with
            | "draft", _ -> Draft
            | "final", guide -> Final guide
            | _, None -> reader.Fail("points", "a whole number from 1 to 1000")
            | _, Some guide ->
                Following
                    {
                        Rounds =
                            [
                                for round in reader.Objects "rounds" ->
                                    { Found = round.Floats("found", None); Residual = round.Floats("residual", None) }
                            ]
                        Readout = reader.Floats("readout", None)
                        Guide = guide
                        Moved = reader.TryFloat "moved" |> Option.defaultValue infinity
                        Error = reader.Float "error"
                        WasGuided = reader.Flag "wasGuided"
                        Sampled = reader.Count "sampled"
                    }

        let read (reader: SavedReader) : Result<Plan, TrainingError<unit>> =
            let survey = Survey.readWith config (reader.Object "survey")

            overviewOf config survey
            |> Result.bind (fun all ->
                let places = reader.Floats("kept", None) |> Array.map int |> List.ofArray
                let kept = all |> Pilot.keep (fun part -> List.contains part.Place places)

                let stencil =
                    [ "exact", Exact; "smooth", Smooth ]
                    |> List.tryPick (fun (name, form) -> reader.TryInteger(name, 2, 1000) |> Option.map form)

                let overview = stencil |> Option.map kept.With |> Option.defaultValue kept
                let count = overview.Parts.Length
                let saved = reader.Objects "blocks"

                let shapes =
                    [|
                        for shape in reader.Objects "shapes" ->
                            {
                                Radial = shape.Registered("radial", "radial transform", vocabulary.Radials, _.Name)
                                Angular = shape.Named("angular", Angular.all, _.Name)
                                Cutoff = shape.Registered("cutoff", "cutoff factor", vocabulary.Cutoffs, _.Name)
                            }
                    |]

                if saved.Length <> count || shapes.Length <> count then
                    reader.Fail("blocks", $"{count} blocks, each with a shape; there are {saved.Length} and {shapes.Length}")

                let blocks = List.map2 (fun (part: SurveyedPart) -> blockOf part.Recipe) overview.Parts saved

                let evidence isFull = (all |> StencilChoice.choose config None |> Families.choose config).Evidence isFull

                create config survey overview places shapes blocks (roundOf reader) evidence)

        match SavedForm.tryRead (fun reader -> reader.Text "options", (reader.Object "survey").Text "options") fields with
        | Error error -> Error(Damaged(string error))
        | Ok options when options <> (optionsOf config, Survey.optionsOf config) -> Error(MadeOtherwise "options")
        | Ok _ ->
            match SavedForm.tryRead read fields with
            | Ok result -> result |> Result.mapError (string >> Damaged)
            | Error error -> Error(Damaged(string error))
