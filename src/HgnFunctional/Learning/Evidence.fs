namespace HgnFunctional.Learning

open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Blocks
open HgnFunctional.Models

/// What families of columns do for a fit.
[<RequireQualifiedAccess>]
module internal Evidence =

    /// The sample with all species, types of bonds and of angles called the same: one law for all.
    let private withoutKinds (snapshot: Snapshot) : Snapshot =
        let structure = snapshot.Structure
        let one (_: string) = ""
        let relations = structure.Relations

        let reach = relations.Reach |> Option.map (fun reach -> { reach with Cutoff = Some reach.Largest; Pairs = Map.empty })

        let merged =
            Structure.adapt
                one
                {
                    Bonds = relations.Bonds |> Option.map (Bonds.rename one)
                    Angles = relations.Angles |> Option.map (Angles.rename one)
                    Reach = reach
                }
                structure

        match Snapshot.tryOf merged snapshot.State snapshot.Targets with
        | Ok alike -> alike.MarkedAs snapshot
        | Error error -> invalidOp (string error)

    /// The relative error of the same families with one law for all kinds; none where there is one kind of each.
    let private errorWithoutKinds (config: TrainingConfig) (chosen: Overview) : float option =
        let hasKinds = chosen.Species.Length > 1 || chosen.BondTypes.Length > 1 || chosen.AngleTypes.Length > 1

        if not hasKinds then
            None
        else
            let recipes =
                chosen.Parts |> List.map _.Recipe |> List.distinctBy System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode

            let collector = SurveyCollector(recipes, config.Width, config.Seed, chosen.Stencil)
            // Pieces of motions stay whole.
            for snapshot in chosen.Sample do
                collector.Add(0L, withoutKinds snapshot)

            let merged = collector.ToOverview()
            // Motions give their equations in the same way.
            let merged = chosen.Stencil |> Option.map merged.With |> Option.defaultValue merged
            let shapes = merged.Parts |> List.map (fun part -> Drawing.startOf config part merged.First.Structure.Relations)

            Pilot.tryCreate config merged (Array.ofList shapes)
            |> Option.map (fun pilot ->
                let struct (_, error) = pilot.Solve(merged.Parts |> List.map _.Place |> List.distinct)
                error)

    /// Whether one law for all kinds is so much worse that they are needed: below an error of a thousandth units decide by chance.
    let private needsKinds (withOne: float) (withEach: float) : bool = withOne > (if withOne < 1e-3 then 1e3 else 1.5) * withEach

    let private nothingToSee =
        "it gives no force in these data whatever its constants are, as drag gives none at rest, so they do not tell whether it is there."

    /// The evidence for families: those of an overview that holds all of them, beside what was chosen.
    let families (config: TrainingConfig) (pilot: Pilot) (all: Overview) (chosen: Overview) (isFull: bool) : FamilyEvidence list =
        let families = all.Parts |> List.groupBy _.Place |> List.map (fun (place, parts) -> place, parts.Head)
        let isIn (part: SurveyedPart) = chosen.Parts |> List.exists (fun other -> Pilot.isSameRecipe part other.Recipe)
        let stays = families |> List.filter (snd >> isIn) |> List.map fst

        let errorOf places =
            let struct (_, error) = pilot.Solve places
            error

        let now = errorOf stays

        [
            if isFull then
                match errorWithoutKinds config chosen with
                | Some error ->
                    {
                        Family = "kinds"
                        Standing = if needsKinds error now then InModel else NotNeeded
                        Without = error
                        With = now
                    }
                | None -> ()

            for place, part in families do
                let standsInForces = pilot.Columns |> Map.tryFind place |> Option.exists (fun columns -> columns.Length > 0)

                if standsInForces && isIn part && (isFull || Pilot.isOuter part) then
                    {
                        Family = part.Recipe.Family
                        Standing = InModel
                        Without = errorOf (List.except [ place ] stays)
                        With = now
                    }
                elif standsInForces && isFull && not (isIn part) then
                    {
                        Family = part.Recipe.Family
                        Standing = if pilot.Vanishes place then Unusable nothingToSee else LeftOut
                        Without = now
                        // A readout of 0 would do no worse.
                        With = min now (errorOf (place :: stays))
                    }

            for kind, error in all.Refused do
                { Family = kind; Standing = Unusable(string error); Without = now; With = now }
        ]
