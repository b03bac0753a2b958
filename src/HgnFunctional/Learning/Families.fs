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

    let private bound (isLaw: bool) (surprise: float) : float =
        match surprise >= close, isLaw with
        | true, true -> slight
        | true, false -> broad
        | false, true -> clear
        | false, false -> overwhelming

    /// The laws of pairs that the data need: those that they may not have are all there at first, and one family after another
    /// is left out if nothing is lost, since one may look useless until another is there. Those of many laws go first.
    let private chooseWeights (config: TrainingConfig) (survey: Survey) : Survey =
        let isOfBonds (part: SurveyedPart) = part.Kind.IsBondsOf

        // Each relation of which an optional law is one.
        let relations =
            survey.Parts
            |> List.filter _.Recipe.SeesRadial
            |> List.groupBy isOfBonds
            |> List.filter (fun (_, parts) -> parts |> List.exists _.Recipe.IsOptional)
            |> List.map fst

        let familiesOf (survey: Survey) (isBonded: bool) =
            survey.Parts
            |> List.filter (fun part -> part.Recipe.SeesRadial && isOfBonds part = isBonded)
            |> List.groupBy _.Place
            |> List.map (fun (_, parts) -> parts.Head.Recipe, parts.Length)
            |> List.sortBy (fun (recipe, laws) -> -laws, not recipe.IsOptional)
            |> List.map fst

        // Few units fit better with more of any kind. Shapes are those to start from: which laws there are is seen through any.
        let surpriseOf (survey: Survey) =
            let shapes = survey.Parts |> List.map (fun part -> Drawing.startOf config part survey.First.Structure.Relations)
            Drawing.pilotSurprise config Drawing.pilotWidth survey (Array.ofList shapes)

        let leaveOut (isBonded: bool) (survey: Survey, surprise: float) (recipe: BlockRecipe) =
            let place = survey.Parts |> List.find (fun part -> obj.ReferenceEquals(part.Recipe, recipe)) |> _.Place

            if (familiesOf survey isBonded).Length = 1 then
                survey, surprise
            else
                let rest = Pilot.without place survey
                let ofRest = surpriseOf rest
                let bound = if ofRest < close then overwhelming else notable
                if ofRest <= surprise + bound then rest, ofRest else survey, surprise

        if relations.IsEmpty then
            survey
        else
            ((survey, surpriseOf survey), relations)
            ||> List.fold (fun state isBonded -> familiesOf survey isBonded |> List.fold (leaveOut isBonded) state)
            |> fst

    /// A family that may be left out.
    [<NoEquality; NoComparison>]
    type private Candidate = { Place: int; Recipe: BlockRecipe; Columns: int }

    /// The outer families whose absence is felt, with everything else there: all together are left out first, since most data want
    /// none; then one after another from all of them downwards, wide ones first.
    let private chooseOuter (pilot: Pilot) (inner: int list) (candidates: Candidate list) : Candidate list =
        let solve (kept: Candidate list) =
            let struct (surprise, _) = pilot.Solve(inner @ List.map _.Place kept)
            surprise

        let isLaw (candidate: Candidate) = candidate.Recipe.Layers = 0 && candidate.Recipe.Kind <> "pair drag"
        let all = solve candidates
        let none = solve []

        if none <= all + bound true none then
            []
        else
            let leaveOut (kept: Candidate list, surprise: float) (candidate: Candidate) =
                let rest = kept |> List.filter (fun other -> other.Place <> candidate.Place)
                let ofRest = solve rest

                if ofRest <= surprise + bound (isLaw candidate) ofRest then
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

            let wideFirst = List.sortBy (fun (candidate: Candidate) -> -candidate.Columns)
            let leaveOutOf (kept, surprise) = List.fold leaveOut (kept, surprise) (wideFirst kept)
            let fewest = (candidates, all) |> leaveOutOf |> leaveOutOf
            candidates |> List.sortBy _.Columns |> List.fold replace fewest |> fst

    let private candidatesOf (pilot: Pilot) (survey: Survey) : Candidate list =
        survey.Parts
        |> List.filter Pilot.isOuter
        |> List.groupBy _.Place
        |> List.map (fun (place, parts) ->
            {
                Place = place
                Recipe = parts.Head.Recipe
                Columns = pilot.Columns |> Map.tryFind place |> Option.map Array.length |> Option.defaultValue 0
            })

    /// How often laws of pairs and what is around them are chosen anew, since one may hide behind the other.
    let private mostRounds = 3

    /// What was chosen of a survey.
    [<NoEquality; NoComparison>]
    type Choice =
        {
            /// The survey with the families that the data want.
            Survey: Survey
            /// The shape of each of its blocks.
            Shapes: Shape[]
            /// The evidence, of all families or of those around the bodies that the data want.
            Evidence: bool -> FamilyEvidence list
        }

    /// What the data want of the families that a survey has, and the shapes of their laws.
    let choose (config: TrainingConfig) (survey: Survey) : Choice =
        let hasOuter = survey.Parts |> List.exists Pilot.isOuter

        let withOuter (kept: BlockRecipe list) =
            survey
            |> Pilot.keep (fun part -> not (Pilot.isOuter part) || kept |> List.exists (Pilot.isSameRecipe part))
            |> chooseWeights config

        /// The laws that were chosen, with all that may be around them; where the evidence is asked for, all laws.
        let pilotFor (isFull: bool) (chosen: Survey) (shapes: Shape[]) =
            let isTried (part: SurveyedPart) =
                isFull || Pilot.isOuter part || chosen.Parts |> List.exists (fun other -> Pilot.isSameRecipe part other.Recipe)

            let all = Pilot.keep isTried survey

            let shapeOf (part: SurveyedPart) =
                chosen.Parts
                |> List.tryFindIndex (fun other -> Pilot.isSameRecipe part other.Recipe && other.Kind = part.Kind)
                |> Option.map (fun index -> shapes[index])
                |> Option.defaultWith (fun () -> Drawing.startOf config part survey.First.Structure.Relations)

            Pilot.tryCreate config all (all.Parts |> List.map shapeOf |> Array.ofList) |> Option.map (fun pilot -> all, pilot)

        let finish (chosen: Survey) (shapes: Shape[]) (pilot: (Survey * Pilot) option) =
            let show isFull =
                match isFull, pilot with
                | false, Some(all, pilot) -> Evidence.families config pilot all chosen false
                | _ ->
                    pilotFor isFull chosen shapes
                    |> Option.map (fun (all, pilot) -> Evidence.families config pilot all chosen isFull)
                    |> Option.defaultValue []

            { Survey = chosen; Shapes = shapes; Evidence = show }

        /// What the data want around the laws of a survey.
        let outerOf (all: Survey) (pilot: Pilot) : BlockRecipe list =
            let inner = all.Parts |> List.filter (Pilot.isOuter >> not) |> List.map _.Place |> List.distinct
            candidatesOf pilot all |> chooseOuter pilot inner |> List.map _.Recipe

        let rec settle (round: int) (kept: BlockRecipe list) =
            let chosen = withOuter kept
            let shapes = Drawing.chooseShapes config chosen

            if not hasOuter then
                finish chosen shapes None
            else
                match pilotFor false chosen shapes with
                | None -> finish chosen shapes None
                | Some(all, pilot) ->
                    let wanted = outerOf all pilot

                    let isSame =
                        wanted.Length = kept.Length
                        && wanted |> List.forall (fun recipe -> kept |> List.exists (fun other -> obj.ReferenceEquals(other, recipe)))

                    if isSame || round >= mostRounds then
                        finish chosen shapes (Some(all, pilot))
                    else
                        settle (round + 1) wanted

        /// Laws by weight are chosen among others, and each may look useless until what is around is there: so that is found first, beside
        /// every law.
        let first =
            if hasOuter && survey.Parts |> List.exists (fun part -> part.Recipe.IsOptional && not (Pilot.isOuter part)) then
                let shapes = survey.Parts |> List.map (fun part -> Drawing.startOf config part survey.First.Structure.Relations)

                match Pilot.tryCreate config survey (Array.ofList shapes) with
                | None -> []
                | Some pilot -> outerOf survey pilot
            else
                []

        settle 1 first
