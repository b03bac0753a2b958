namespace HgnFunctional.Learning

open System
open System.Collections.Generic
open System.Numerics.Tensors
open System.Reflection
open HgnFunctional.Numerics
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Invariance
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Blocks
open HgnFunctional.Models

/// Training: one linear solve.
[<RequireQualifiedAccess>]
module Training =

    let private hasRelationsOf (first: Snapshot) (snapshot: Snapshot) : bool =
        let relations, expected = snapshot.Structure.Relations, first.Structure.Relations

        relations.Reach = expected.Reach
        && relations.Bonds.IsSome = expected.Bonds.IsSome
        && relations.Angles.IsSome = expected.Angles.IsSome

    let private refusal (config: TrainingConfig) (first: Snapshot) (snapshot: Snapshot) : BlockError option =
        config.Recipes
        |> List.tryPick (fun recipe -> if recipe.IsOptional then None else recipe.Refuses first.Structure snapshot)

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
    let private absentFrom (survey: Survey) (reach: Reach) : string option =
        reach.Pairs.Keys
        |> Seq.collect (fun (first, second) -> [ first; second ])
        |> Seq.tryFind (fun species -> not (List.contains species survey.Species))

    /// The first pass over the data.
    let private survey
        (config: TrainingConfig)
        (entering: TrainingStage -> unit)
        (source: Result<Snapshot, 'error> seq)
        : Result<Survey, TrainingError<'error>> =
        let hasOffsets = config.Recipes |> List.exists (fun recipe -> recipe.Kind = OffsetBlock.recipe.Kind)
        let recipes = if hasOffsets then config.Recipes else config.Recipes @ [ OffsetBlock.recipe ]
        let collector = SurveyCollector(recipes, config.Width, config.Seed, config.Stencil)
        let mutable failure = None
        let mutable frame = 0
        let lastOf = Dictionary<string, Snapshot>()

        /// Why a frame does not go on with its trajectory, if it does not.
        let faultOfMotion (snapshot: Snapshot) : TrainingError<'error> option =
            if not (Observation.isOfMotion snapshot) then
                None
            else
                let fault =
                    match lastOf.TryGetValue snapshot.Trajectory with
                    | true, before when before.Coordinates <> snapshot.Coordinates ->
                        Some(OtherBodies(frame, before.Structure.Bodies, snapshot.Structure.Bodies))
                    | true, before when not (snapshot.Time.Value > before.Time.Value) ->
                        Some(TimesDoNotIncrease(frame, before.Time.Value, snapshot.Time.Value))
                    | _ -> None

                lastOf[snapshot.Trajectory] <- snapshot
                fault

        entering Reading
        use cursor = source.GetEnumerator()

        while failure.IsNone && cursor.MoveNext() do
            match cursor.Current, collector.First with
            | Error error, _ -> failure <- Some(SourceFailed error)
            | Ok snapshot, Some first when not (hasRelationsOf first snapshot) -> failure <- Some(MixedInteractions frame)
            | Ok snapshot, first ->
                match refusal config (Option.defaultValue snapshot first) snapshot, faultOfMotion snapshot with
                | Some error, _ -> failure <- Some(BlockRefusesFrame(frame, error))
                | None, Some error -> failure <- Some error
                | None, None ->
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

            match first.Structure.Relations.Reach with
            | Some reach when not survey.SeesReach && first.Structure.Bodies > 1 -> Error(NoPairsWithin(reach.Largest, leastDistance first))
            | Some reach when (absentFrom survey reach).IsSome -> Error(CutoffOfNoSpecies((absentFrom survey reach).Value, survey.Species))
            | _ when survey.Parts.IsEmpty -> Error NoBlocks
            | _ when not (survey.HasForces || survey.HasEnergies || survey.HasMotion) -> Error NothingMeasured
            | _ when survey.HasMotion && survey.LongestWindow < StencilChoice.fewestFrames config survey ->
                Error(TooFewFrames(survey.LongestWindow, StencilChoice.fewestFrames config survey))
            | _ when survey.Sample |> Array.forall (fun snapshot -> snapshot.FreeComponents = 0) -> Error AllPinned
            | _ -> Ok survey

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

        let samples = Drawing.samplesOf survey |> List.mapi outputsFor

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

    /// What is open of the forces of the system that has them.
    let private posteriorOf (fitted: (LinearSystem * LeastSquaresSolution) list) : IModelPosterior option =
        fitted
        |> List.tryFind (fun (system, _) -> system.HasForceRows)
        |> Option.bind (fun (system, solution) -> solution.Posterior |> Option.map (fun posterior -> system, solution, posterior))
        |> Option.map (fun (system, solution, posterior) ->
            let blocks = termsOf system solution |> List.map (fun (_, term) -> term.Block)
            let starts = blocks |> List.scan (fun start block -> start + block.Width) 0
            let kept = { system with Blocks = List.zip blocks (List.take blocks.Length starts) |> Array.ofList }
            let scale = system.Scales.Forces

            { new IModelPosterior with
                member _.ForceDeviation(snapshot) =
                    let ofReadout =
                        Rows.ofForces kept snapshot
                        |> Array.chunkBySize (max 1 posterior.Features)
                        |> Array.map (fun row -> posterior.StandardDeviation(ReadOnlySpan<float> row))

                    let noise = scale * posterior.Noise

                    {
                        OfReadout = ofReadout
                        WithResidual = ofReadout |> Array.map (fun deviation -> sqrt (deviation * deviation + noise * noise))
                    }
            })

    let private diagnose (system: LinearSystem) (solution: LeastSquaresSolution) : FitDiagnostics =
        {
            Part = system.Name
            Rows = solution.Rows
            FeaturesSampled = solution.Features
            FeaturesKept = solution.Rank
            Condition = solution.Condition
            Ridge = solution.Ridge
            // Of the data, also where what is known of them was taken off.
            RelativeError =
                if system.Known.Length = 0 then
                    solution.RelativeResidual
                else
                    solution.RelativeResidual * solution.TargetNorm / sqrt (float solution.Rows)
        }

    let private libraryVersion: string =
        let assembly = typeof<TrainedModel>.Assembly
        let version = assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
        // What follows a plus names a commit; the same release must write the same file wherever it was built.
        version.InformationalVersion.Split('+')[0]

    let private energyAt (snapshot: Snapshot) (terms: ModelTerm list) : float =
        let configuration = snapshot.Configuration
        let mutable total = 0.0

        for struct (block, readout) in energiesOf terms do
            total <- total + block.Energy(&configuration, readout)

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
    let private fitSystems config entering (survey: Survey) source guide (systems: LinearSystem list) =
        let stage assembling = entering (if assembling then Assembling else Reading)
        let struct (components, bodies) = survey.Largest

        match systems |> List.tryFind (Design.fits components >> not) with
        | Some system -> Error(TooManyColumns(bodies, system.Blocks |> Array.sumBy (fun (block, _) -> int64 block.Width)))
        | None ->
            let source, check = again config survey source

            source
            |> Seq.map (Result.map survey.Pins.Pin)
            |> Observation.ofStream guide survey.Stencil
            |> Design.accumulate stage systems
            |> Result.mapError SourceFailed
            |> Result.bind (fun accumulators -> check () |> Result.map (fun () -> accumulators))
            |> Result.bind (fun accumulators ->
                entering Solving
                Drawing.solveAll config.Ridge systems accumulators)
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
        | _ when survey.HasEnergies && blocks |> List.exists (fun block -> block.Part = Coupled) ->
            Error(EnergiesNeedSplit((blocks |> List.find (fun block -> block.Part = Coupled)).Kind))
        | _ when not survey.AtRest -> Ok(systems, [])
        | [], potential -> Ok(potential, [])
        | [ _ ], ([ forces ] as potential) when forces.Features > 0 || forces.Known.Length > 0 ->
            Ok(potential, [ { Block = BodyBlock.ofMasses config.Activation; Readout = [| 1.0 |] } ])
        | _ ->
            let guilty = blocks |> List.tryFind (fun block -> block.Part = Coupled) |> Option.defaultValue blocks.Head
            Error(AtRest guilty.Kind)

    /// What the model tells apart: species and bond types where blocks look at kinds of pairs.
    let private scopeOf (survey: Survey) : ModelScope =
        let relations = survey.First.Structure.Relations
        let looksAtBonds = survey.Parts |> List.exists (fun part -> part.Kind.IsBondsOf)
        let looksAtAngles = survey.Parts |> List.exists (fun part -> part.Kind.IsAnglesOf)
        let looksAtSpecies = survey.Parts |> List.exists (fun part -> part.Kind.IsPairsOf || part.Kind.IsBodiesOf)

        {
            Species = if looksAtSpecies then survey.Species else [ "" ]
            BondTypes = relations.Bonds |> Option.map (fun _ -> if looksAtBonds then survey.BondTypes else [ "" ])
            AngleTypes = if looksAtAngles then Some survey.AngleTypes else None
            Reach = relations.Reach
        }

    /// The terms whose factors were known.
    let private knownOf (fitted: (LinearSystem * LeastSquaresSolution) list) : ModelTerm list =
        [
            for system, _ in fitted do
                for struct (block, readout) in system.Known do
                    { Block = block; Readout = readout }
        ]

    /// Learns from a stream that can be read more than once and may fail; it is read twice (three times by samplers that
    /// want the outputs of a first fit; some times more where forces are told from motions), and only a bounded part of it is ever in memory. `entering` is told, on the
    /// calling thread, what training turns to.
    let fitStream
        (config: TrainingConfig)
        (entering: TrainingStage -> unit)
        (source: Result<Snapshot, 'error> seq)
        : Result<TrainedModel, TrainingError<'error>> =
        Guard.positive (nameof config.Width) config.Width

        let learn (survey: Survey) =
            let survey = StencilChoice.choose config None survey
            let choice = Families.choose config survey
            let shapes = choice.Shapes
            // Anew, now that laws and shapes are known.
            let survey = StencilChoice.choose config (Some shapes) choice.Survey
            let make sampler samples = Drawing.makeSystems config survey config.Width sampler shapes samples

            let once guide systems =
                determined config survey systems
                |> Result.bind (fun (systems, known) ->
                    fitSystems config entering survey source guide systems |> Result.map (fun fitted -> fitted, known))

            // The paths between frames follow the forces that were found, as long as that explains more.
            let follow form guide (fitted, known) =
                match fitted |> List.partition (fun (system: LinearSystem, _) -> system.HasForceRows) with
                | [ forces ], rest when (fst forces).Features > 0 ->
                    let found = rest |> List.collect (fun (system, solution) -> termsOf system solution |> List.map snd)

                    let solve guide system =
                        fitSystems config entering survey source (Some guide) [ system ] |> Result.map (List.head >> snd)

                    Rounds.follow form survey.Sample (known @ found) solve guide forces
                    |> Result.map (fun outcome ->
                        fitted
                        |> List.map (fun (system, solution) ->
                            if system.HasForceRows then
                                outcome.System, outcome.Solution
                            else
                                system, solution),
                        known)
                | _ -> Ok(fitted, known)

            let fit (systems: LinearSystem list) =
                match survey.Stencil, systems |> List.filter _.HasForceRows with
                | Some(Exact _ as form), [ forces ] when survey.HasMotion ->
                    let masses = { Block = BodyBlock.ofMasses config.Activation; Readout = [| 1.0 |] }

                    let guide =
                        if forces.HasVelocityRows then
                            None
                        else
                            Rounds.start config survey [ masses ] forces

                    once guide systems |> Result.bind (follow form guide)
                | _ -> once None systems

            let placed fitted = fitted |> List.collect (fun (system, solution) -> termsOf system solution)

            let fitted =
                if config.Sampler.Outputs = Fitted then
                    make Sampler.uniformSwim (Drawing.samplesOf survey)
                    |> fit
                    |> Result.bind (fun (first, _) ->
                        entering Sampling

                        withFittedOutputs config survey (placed first) |> Result.bind (make config.Sampler >> fit))
                else
                    make config.Sampler (Drawing.samplesOf survey) |> fit

            fitted
            |> Result.map (fun (fitted, known) ->
                let known = known @ knownOf fitted
                let terms = known @ (placed fitted |> List.map snd)

                {
                    Scope = scopeOf survey
                    Terms = terms
                    Constant =
                        // Without energies in the data the first snapshot has energy zero.
                        if survey.HasEnergies then 0.0 else -(energyAt survey.First terms)
                    Diagnostics = fitted |> List.map (fun (system, solution) -> diagnose system solution)
                    Units = survey.First.Structure.Labels |> Option.bind _.Units
                    Provenance =
                        {
                            LibraryVersion = libraryVersion
                            Seed = config.Seed
                            Sampler = config.Sampler.Name
                            Width = config.Width
                            Frames = survey.Frames
                            PinnedBodies = survey.Sample |> Seq.map _.Structure.PinnedBodies |> Seq.append [ 0 ] |> Seq.max
                            DataHash = survey.Hash
                        }
                    Warnings = []
                    Verdict = None
                    Posterior = posteriorOf fitted
                }
                |> fun model ->
                    let verdict = Judgement.verdict config survey choice.Evidence fitted model

                    { model with
                        Warnings = Diagnosis.warnings survey.ForcesVanish verdict.Unexplained survey.Sample model
                        Verdict = Some verdict
                    })

        if List.isEmpty config.Recipes then
            Error NoBlocks
        else
            survey config entering source |> Result.bind learn

    /// Learns from snapshots. The same config and snapshots give the same model, bit for bit, for any number of threads.
    let fit (config: TrainingConfig) (snapshots: Snapshot seq) : Result<TrainedModel, TrainingError<SnapshotError>> =
        snapshots |> Seq.map Ok |> fitStream config ignore
