namespace HgnFunctional.Learning

open HgnFunctional.Blocks
open HgnFunctional.Models

/// Which families of columns the data want. Each is one more solve of a triangle that a sample of the snapshots gave, so the evidence
/// of all costs little more than that of one.
[<RequireQualifiedAccess>]
module internal Families =

    /// A family of columns stays if its absence makes the residual this much larger, as minus twice the log evidence per row.
    let private notable = log (1.5 * 1.5)

    /// Below this relative residual, likewise, more columns help whatever they are, as each has fewer distances to describe: only
    /// overwhelming evidence counts.
    let private close = log (1e-3 * 1e-3)

    let private overwhelming = log (1e3 * 1e3)

    /// Laws of few columns help by chance in no such way.
    let private clear = log (3.0 * 3.0)

    /// Units of the place of a body tell the sites of a crystal, where they stand for what its neighbours do.
    let private broad = log (2.0 * 2.0)

    /// Where much is left that nothing explains, a law of few columns is told by less: its part of it is no smaller for that.
    let private slight = log (1.1 * 1.1)

    /// Below this relative residual, likewise, nothing hides.
    let private explained = log (1e-6 * 1e-6)

    let private bound (isLaw: bool) (surprise: float) : float =
        match surprise >= close, isLaw with
        | true, true -> slight
        | true, false -> broad
        | false, true -> clear
        | false, false -> overwhelming

    /// The laws of pairs that the data need: those that they may not have are all there at first, and one family after another
    /// is left out if nothing is lost, since one may look useless until another is there. Those of many laws go first.
    let private chooseWeights (config: TrainingConfig) (overview: Overview) : Overview =
        let isOfBonds (part: SurveyedPart) = part.Kind.IsBondsOf

        // Each relation of which an optional law is one.
        let relations =
            overview.Parts
            |> List.filter _.Recipe.SeesRadial
            |> List.groupBy isOfBonds
            |> List.filter (fun (_, parts) -> parts |> List.exists _.Recipe.IsOptional)
            |> List.map fst

        let familiesOf (overview: Overview) (isBonded: bool) =
            overview.Parts
            |> List.filter (fun part -> part.Recipe.SeesRadial && isOfBonds part = isBonded)
            |> List.groupBy _.Place
            |> List.map (fun (_, parts) -> parts.Head.Recipe, parts.Length)
            |> List.sortBy (fun (recipe, laws) -> -laws, not recipe.IsOptional)
            |> List.map fst

        // Few units fit better with more of any kind. Shapes are those to start from: which laws there are is seen through any.
        let surpriseOf (overview: Overview) =
            let shapes = overview.Parts |> List.map (fun part -> Drawing.startOf config part overview.First.Structure.Relations)
            Drawing.pilotSurprise config Drawing.pilotWidth overview (Array.ofList shapes)

        let leaveOut (isBonded: bool) (overview: Overview, surprise: float) (recipe: BlockRecipe) =
            let place = overview.Parts |> List.find (fun part -> obj.ReferenceEquals(part.Recipe, recipe)) |> _.Place

            if (familiesOf overview isBonded).Length = 1 then
                overview, surprise
            else
                let rest = Pilot.without place overview
                let ofRest = surpriseOf rest
                let bound = if ofRest < close then overwhelming else notable
                if ofRest <= surprise + bound then rest, ofRest else overview, surprise

        if relations.IsEmpty then
            overview
        else
            ((overview, surpriseOf overview), relations)
            ||> List.fold (fun state isBonded -> familiesOf overview isBonded |> List.fold (leaveOut isBonded) state)
            |> fst

    /// A family that may be left out.
    [<NoEquality; NoComparison>]
    type private Candidate = { Place: int; Recipe: BlockRecipe; Columns: int; IsEnergy: bool }

    /// The outer families whose absence is felt, with everything else there: all together are left out first, since most data want
    /// none; then one after another from all of them downwards, wide ones first.
    let private chooseOuter (pilot: Pilot) (inner: int list) (candidates: Candidate list) : Candidate list =
        let solve (kept: Candidate list) =
            let struct (surprise, _) = pilot.Solve(inner @ List.map _.Place kept)
            surprise

        let isLaw (candidate: Candidate) = candidate.Recipe.Layers = 0 && candidate.Recipe.Kind <> "pair drag"
        let all = solve candidates
        let none = solve []

        // More columns than rows have no evidence, and say nothing of fewer.
        if none <= all + bound true none && all < infinity then
            []
        else
            let leaveOut (kept: Candidate list, surprise: float) (group: Candidate list) =
                let rest = kept |> List.filter (fun other -> not (List.contains other.Place (List.map _.Place group)))
                let ofRest = solve rest

                if ofRest <= surprise + bound (List.exists isLaw group) ofRest then
                    rest, ofRest
                else
                    kept, surprise

            // Several forms of one law may say together what another says alone.
            let replace (kept: Candidate list, surprise: float) (candidate: Candidate) =
                let forms, others = kept |> List.partition (fun other -> other.Recipe.Kind = candidate.Recipe.Kind)

                if
                    forms.Length < 2
                    || candidate.Columns > List.sumBy _.Columns forms
                    || List.contains candidate.Place (List.map _.Place kept)
                then
                    kept, surprise
                else
                    let changed = candidate :: others
                    let ofChanged = solve changed

                    if ofChanged <= surprise + bound (isLaw candidate) ofChanged then
                        changed, ofChanged
                    else
                        kept, surprise

            // On few orbits a trap and a law of velocities may say the same, and an energy says it with less.
            let wideFirst = List.sortBy (fun (group: Candidate list) -> group.Head.IsEnergy, -(List.sumBy _.Columns group))
            let leaveOutEach (kept, surprise) = List.fold leaveOut (kept, surprise) (kept |> List.map List.singleton |> wideFirst)
            // All forms of a law at once, then one by one, and once more.
            let forms = candidates |> List.groupBy _.Recipe.Kind |> List.map snd |> wideFirst
            let fewest = forms |> List.fold leaveOut (candidates, all) |> leaveOutEach |> leaveOutEach
            candidates |> List.sortBy _.Columns |> List.fold replace fewest |> fst

    let private candidatesOf (pilot: Pilot) (overview: Overview) : Candidate list =
        overview.Parts
        |> List.filter Pilot.isOuter
        |> List.groupBy _.Place
        |> List.map (fun (place, parts) ->
            {
                Place = place
                Recipe = parts.Head.Recipe
                IsEnergy = pilot.Energies.Contains place
                Columns = pilot.Columns |> Map.tryFind place |> Option.map Array.length |> Option.defaultValue 0
            })

    /// How often laws of pairs and what is around them are chosen anew, since one may hide behind the other.
    let private mostRounds = 3

    /// What was chosen of an overview.
    [<NoEquality; NoComparison>]
    type Choice =
        {
            /// The overview with the families that the data want.
            Overview: Overview
            /// The shape of each of its blocks.
            Shapes: Shape[]
            /// The evidence, of all families or of those around the bodies that the data want.
            Evidence: bool -> FamilyEvidence list
        }

    /// What the data want of the families that an overview has, and the shapes of their laws.
    let choose (config: TrainingConfig) (overview: Overview) : Choice =
        let hasOuter = overview.Parts |> List.exists Pilot.isOuter

        let withOuter (kept: BlockRecipe list) =
            overview
            |> Pilot.keep (fun part -> not (Pilot.isOuter part) || kept |> List.exists (Pilot.isSameRecipe part))
            |> chooseWeights config

        /// The laws that were chosen, with all that may be around them; where the evidence is asked for, all laws.
        let pilotFor (isFull: bool) (chosen: Overview) (shapes: Shape[]) =
            let isTried (part: SurveyedPart) =
                isFull || Pilot.isOuter part || chosen.Parts |> List.exists (fun other -> Pilot.isSameRecipe part other.Recipe)

            let all = Pilot.keep isTried overview

            let shapeOf (part: SurveyedPart) =
                chosen.Parts
                |> List.tryFindIndex (fun other -> Pilot.isSameRecipe part other.Recipe && other.Kind = part.Kind)
                |> Option.map (fun index -> shapes[index])
                |> Option.defaultWith (fun () -> Drawing.startOf config part overview.First.Structure.Relations)

            Pilot.tryCreate config all (all.Parts |> List.map shapeOf |> Array.ofList) |> Option.map (fun pilot -> all, pilot)

        let finish (chosen: Overview) (shapes: Shape[]) (pilot: (Overview * Pilot) option) =
            let show isFull =
                match isFull, pilot with
                | false, Some(all, pilot) -> Evidence.families config pilot all chosen false
                | _ ->
                    pilotFor isFull chosen shapes
                    |> Option.map (fun (all, pilot) -> Evidence.families config pilot all chosen isFull)
                    |> Option.defaultValue []

            { Overview = chosen; Shapes = shapes; Evidence = show }

        /// What the data want around the laws of an overview.
        let outerOf (all: Overview) (pilot: Pilot) : BlockRecipe list =
            let inner = all.Parts |> List.filter (Pilot.isOuter >> not) |> List.map _.Place |> List.distinct
            candidatesOf pilot all |> chooseOuter pilot inner |> List.map _.Recipe

        /// One turn: laws and shapes beside some of what may be around, the evidence they give minus twice per row, and what is wanted then.
        let turn (kept: BlockRecipe list) =
            let chosen = withOuter kept
            let shapes = Drawing.chooseShapes config chosen

            match (if hasOuter then pilotFor false chosen shapes else None) with
            | None -> struct (-infinity, finish chosen shapes None, kept)
            | Some(all, pilot) ->
                let isIn (part: SurveyedPart) = chosen.Parts |> List.exists (fun other -> Pilot.isSameRecipe part other.Recipe)
                let struct (surprise, _) = pilot.Solve(all.Parts |> List.filter isIn |> List.map _.Place |> List.distinct)
                struct (surprise, finish chosen shapes (Some(all, pilot)), outerOf all pilot)

        let isSame (first: BlockRecipe list) (second: BlockRecipe list) =
            first.Length = second.Length
            && first |> List.forall (fun recipe -> second |> List.exists (fun other -> obj.ReferenceEquals(other, recipe)))

        let rec settle (round: int) (kept: BlockRecipe list) =
            let struct (surprise, choice, wanted) = turn kept

            if isSame wanted kept || round >= mostRounds then
                struct (surprise, choice, kept)
            else
                settle (round + 1) wanted

        let struct (surprise, choice, kept) = settle 1 []

        // Laws and their shapes may look useless, or alike, as long as what is around them is missing.
        if surprise <= explained then
            choice
        else
            let around =
                overview.Parts |> List.filter Pilot.isOuter |> List.map _.Recipe |> List.distinctBy HashIdentity.Reference.GetHashCode

            let struct (_, _, wanted) = turn around

            if isSame wanted kept then
                choice
            else
                let struct (other, fromAll, _) = settle 2 wanted
                if other < surprise then fromAll else choice
