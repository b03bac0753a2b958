namespace HgnFunctional.Learning

open HgnFunctional.Numerics
open HgnFunctional.Bodies
open HgnFunctional.Features
open HgnFunctional.Blocks

/// The linear systems of all blocks: how their units are drawn, and which shape of pairs the evidence chooses.
[<RequireQualifiedAccess>]
module internal Drawing =

    /// Hidden units of the pilot fits that choose the radial transform.
    let pilotWidth = 32

    /// A transform replaces the one to start from only if minus twice its log evidence per row is lower by this: a factor
    /// ten in the residual. Smaller differences vary with the seed.
    let private strongEvidence = log 100.0

    /// Kinds of pairs up to this number are tried one by one.
    let private fewKinds = 8

    /// How often all choices are gone through anew, since one may hide behind another.
    let private mostRounds = 3

    /// Fewer hidden units than this resolve no law.
    let private fewestUnits = 8

    /// The hidden units of each block: as asked for; but kinds of pairs share what the faster way of solving takes, and bonds beside
    /// pairs within reach take half, since bonds saturate early and what more units learn there is noise (docs/DEFAULTS.md).
    let private unitsFor (width: int) (parts: SurveyedPart list) : SurveyedPart -> int =
        let kinded = parts |> List.filter (fun part -> part.Kind <> EachBody)
        let hasReach = parts |> List.exists (fun part -> part.Kind.IsPairsOf || part.Kind.IsAnyPairsOf)
        let trend = 2

        let layers = kinded |> List.sumBy _.Recipe.Layers
        let share = LeastSquares.widest / max 1 layers - trend

        let shared =
            if layers > 1 && width <= LeastSquares.widest then
                min width (max fewestUnits share)
            else
                width

        fun part ->
            match part.Kind with
            | EachBody -> width
            | BondsOf _ when hasReach -> max (min fewestUnits width) (min shared (width / 2))
            | BodiesOf _
            | BondsOf _
            | AnglesOf _
            | AnyPairsOf _
            | PairsOf _ -> shared

    /// A block for each part of an overview, made with a shape for each.
    let drawBlocks
        (config: TrainingConfig)
        (overview: Overview)
        (width: int)
        (sampler: Sampler)
        (shapes: Shape[])
        (samples: TrainingSample list)
        : IBlock list =
        let recipes = overview.Parts |> List.distinctBy _.Place |> List.map _.Recipe

        // Streams are named by recipe: the kind of block, and which of its kind it is, if it is not the first. Kinds of pairs
        // draw the same units: their columns are apart, and what they are called decides nothing.
        let names =
            recipes
            |> List.mapi (fun place recipe ->
                match recipes |> List.truncate place |> List.filter (fun other -> other.Kind = recipe.Kind) with
                | [] -> recipe.Kind
                | equals -> $"{recipe.Kind} {equals.Length + 1}")

        let units = unitsFor width overview.Parts

        List.zip overview.Parts samples
        |> List.mapi (fun index (part: SurveyedPart, sample) ->
            let options =
                {
                    Radial = shapes[index].Radial
                    Angular = shapes[index].Angular
                    Cutoff = shapes[index].Cutoff
                    CutoffRadius =
                        overview.First.Structure.CutoffOf part.Kind
                        |> Option.orElse (overview.First.Structure.Relations.Reach |> Option.map _.Largest)
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

    /// The systems of blocks, one for each part of an overview.
    let systemsOf (config: TrainingConfig) (overview: Overview) (blocks: IBlock list) : LinearSystem list =
        let made = List.zip overview.Parts blocks

        let known =
            [|
                for part, block in made do
                    match part.Recipe.Fixed, block with
                    | Some factor, (:? IEnergyBlock as block) -> struct (block, [| factor |])
                    | _ -> ()
            |]

        made
        |> List.indexed
        |> List.filter (fun (_, (part, _)) -> part.Recipe.Fixed.IsNone)
        |> List.map (fun (place, (_, block)) -> place, block)
        |> Design.systems overview.Scales config.Weights known

    /// The systems of all blocks, made with a shape for each.
    let makeSystems config overview width sampler shapes samples : LinearSystem list =
        drawBlocks config overview width sampler shapes samples |> systemsOf config overview

    let solveAll (ridge: Ridge) (systems: LinearSystem list) (accumulators: TallSkinnyQr list) =
        (systems, accumulators)
        ||> List.map2 (fun system accumulator -> LeastSquares.solve ridge (Design.trendOf system) accumulator)
        |> List.fold
            (fun solved next ->
                match solved, next with
                | Ok before, Ok solution -> Ok(before @ [ solution ])
                | Error error, _ -> Error error
                | _, Error error -> Error(SolveFailed error))
            (Ok [])

    let samplesOf (overview: Overview) : TrainingSample list = overview.Parts |> List.map _.Sample

    /// Minus twice the log evidence per row of the systems with forces, on the pilot snapshots.
    let pilotSurprise (config: TrainingConfig) (width: int) (overview: Overview) (shapes: Shape[]) : float =
        let systems =
            makeSystems config overview width Sampler.elm shapes (samplesOf overview)
            |> List.filter (fun system -> system.HasForceRows)

        let struct (components, _) = overview.Largest

        if systems |> List.forall (Design.fits components) then
            match overview.Piloted systems |> Design.accumulateAll systems |> solveAll config.Ridge systems with
            | Ok solutions -> solutions |> List.sumBy (fun solution -> solution.Surprise)
            | Error _ -> infinity
        else
            infinity

    /// The shape to start from.
    let startOf (config: TrainingConfig) (part: SurveyedPart) (relations: Relations) : Shape =
        let radial =
            match config.Radial, part.Kind with
            | FixedRadial radial, _ -> radial
            | AutomaticRadial, BondsOf _ -> Radial.distance
            | AutomaticRadial, _ -> if relations.Reach.IsNone then Radial.distance else Radial.inverse

        let cutoff =
            match config.Cutoff with
            | FixedCutoff cutoff -> cutoff
            | AutomaticCutoff -> Cutoff.quartic

        { Radial = radial; Angular = Angular.cosine; Cutoff = cutoff }

    /// The shapes that a block may have.
    let private candidatesFor (config: TrainingConfig) (part: SurveyedPart) (start: Shape) : Shape list =
        let radials =
            match config.Radial with
            | AutomaticRadial when part.Recipe.SeesRadial -> Radial.all
            | _ -> [ start.Radial ]

        let cutoffs =
            match config.Cutoff, part.Kind with
            | AutomaticCutoff, (PairsOf _ | AnyPairsOf _) when part.Recipe.SeesRadial -> [ Cutoff.quartic; Cutoff.cut ]
            | _ -> [ start.Cutoff ]

        [
            for cutoff in cutoffs do
                for radial in radials do
                    for angular in (if part.Kind.IsAnglesOf then Angular.all else [ start.Angular ]) ->
                        { Radial = radial; Angular = angular; Cutoff = cutoff }
        ]

    /// The shape of each block: first one for all kinds of a relation, then for each kind if they are few, as long as the evidence
    /// is strong.
    let chooseShapes (config: TrainingConfig) (overview: Overview) : Shape[] =
        let parts = Array.ofList overview.Parts
        let start = parts |> Array.map (fun part -> startOf config part overview.First.Structure.Relations)

        let candidates = Array.map2 (candidatesFor config) parts start
        let open' = [ 0 .. parts.Length - 1 ] |> List.filter (fun index -> candidates[index].Length > 1)
        let relations = open' |> List.groupBy (fun index -> parts[index].Place) |> List.map snd

        let single =
            if open'.Length <= fewKinds then
                relations |> List.filter (fun group -> group.Length > 1) |> List.concat
            else
                []

        let groups = relations @ List.map List.singleton single |> Array.ofList
        let surpriseOf = pilotSurprise config (min pilotWidth config.Width) overview

        let tryGroup (shapes: Shape[], least: float) (group: int list) =
            let isAsNow (shape: Shape) (index: int) =
                shapes[index].Radial.Name = shape.Radial.Name
                && shapes[index].Angular.Name = shape.Angular.Name
                && shapes[index].Cutoff.Name = shape.Cutoff.Name

            let tried =
                candidates[group.Head]
                |> List.filter (fun shape -> not (List.forall (isAsNow shape) group))
                |> List.map (fun shape ->
                    let changed = shapes |> Array.mapi (fun index before -> if List.contains index group then shape else before)
                    changed, surpriseOf changed)

            let best, surprise = List.minBy snd tried
            if surprise < least - strongEvidence then Some(best, surprise) else None

        // All are tried again after a change, but not the one that changed.
        let rec improve (turn: int) (settled: int) (shapes: Shape[], least: float) : Shape[] =
            if settled >= groups.Length || turn >= mostRounds * groups.Length then
                shapes
            else
                match tryGroup (shapes, least) groups[turn % groups.Length] with
                | Some better -> improve (turn + 1) 1 better
                | None -> improve (turn + 1) (settled + 1) (shapes, least)

        if groups.Length = 0 then start else improve 0 0 (start, surpriseOf start)
