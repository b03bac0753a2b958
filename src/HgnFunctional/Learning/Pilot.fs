namespace HgnFunctional.Learning

open HgnFunctional.Numerics
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Blocks

/// The columns of all families, folded over a sample.
[<NoEquality; NoComparison>]
type internal Pilot =
    {
        Accumulator: TallSkinnyQr
        IsTrend: bool[]
        /// The columns of each place of a recipe.
        Columns: Map<int, int[]>
        /// The places of recipes that give energies: their forces depend on no velocity.
        Energies: Set<int>
        Ridge: Ridge
    }

    /// Whether the columns of a place are 0 throughout.
    member pilot.Vanishes(place: int) : bool =
        let width = pilot.Accumulator.Features + 1

        pilot.Columns
        |> Map.tryFind place
        |> Option.forall (
            Array.forall (fun column -> Seq.forall (fun row -> pilot.Accumulator.Triangle[row * width + column] = 0.0) (seq { 0..column }))
        )

    /// The fit with the columns of some places: minus twice the log evidence per row, and the relative error.
    member pilot.Solve(places: int seq) : struct (float * float) =
        let columns =
            places
            |> Seq.collect (fun place -> pilot.Columns |> Map.tryFind place |> Option.defaultValue [||])
            |> Seq.sort
            |> Array.ofSeq

        let trend = columns |> Array.map (fun column -> pilot.IsTrend[column])

        match TallSkinnyQr.select columns pilot.Accumulator |> LeastSquares.solve pilot.Ridge trend with
        // As many columns as rows describe anything, which is no evidence.
        | Ok solution when solution.Rows <= int64 solution.Rank -> struct (infinity, solution.RelativeResidual)
        | Ok solution -> struct (solution.Surprise, solution.RelativeResidual)
        | Error _ -> struct (infinity, infinity)

/// Small fits on a sample of the snapshots.
[<RequireQualifiedAccess>]
module internal Pilot =

    /// Rows of the sample, if the data has them, and rows for each column.
    let private leastRows = 2048

    let private rowsPerColumn = 4

    /// The overview of some of its parts; places count those that are left.
    let keep (stays: SurveyedPart -> bool) (overview: Overview) : Overview =
        let rest = overview.Parts |> List.filter stays
        let places = rest |> List.map _.Place |> List.distinct
        let move (part: SurveyedPart) = { part with Place = List.findIndex ((=) part.Place) places }
        { overview with Parts = List.map move rest }

    let without (place: int) (overview: Overview) : Overview = keep (fun part -> part.Place <> place) overview

    /// Whether a part is of the world around the bodies, or of a law that is no one's but for the data's asking.
    let isOuter (part: SurveyedPart) : bool = part.Recipe.IsOptional && not part.Recipe.SeesRadial

    /// Whether a part is of a recipe.
    let isSameRecipe (part: SurveyedPart) (recipe: BlockRecipe) : bool = obj.ReferenceEquals(recipe, part.Recipe)

    /// The columns of all parts of an overview, made with a shape for each, over a sample of the snapshots; none where they do not fit into memory.
    let tryCreate (config: TrainingConfig) (overview: Overview) (shapes: Shape[]) : Pilot option =
        let systems =
            Drawing.makeSystems config overview Drawing.pilotWidth Sampler.elm shapes (Drawing.samplesOf overview)
            |> List.filter _.HasForceRows

        let struct (components, _) = overview.Largest

        match systems with
        | [ system ] when Design.fits components system ->
            let wanted = max leastRows (rowsPerColumn * system.Features) |> int64
            let before = overview.Sample |> Array.scan (fun rows snapshot -> rows + int64 snapshot.Equations) 0L
            let count = before |> Array.filter (fun rows -> rows < wanted) |> Array.length
            let parts = Array.ofList overview.Parts

            match overview.Observed([ system ], Array.truncate count overview.Sample) |> Design.accumulateAll [ system ] with
            | [ accumulator ] ->
                let columnsOf (place: int) =
                    Array.zip system.Places system.Blocks
                    |> Array.filter (fun (index, _) -> parts[index].Place = place)
                    |> Array.collect (fun (_, (block, first)) -> Array.init block.Width (fun k -> first + k))

                Some
                    {
                        Accumulator = accumulator
                        IsTrend = Design.trendOf system
                        Columns = parts |> Seq.map _.Place |> Seq.distinct |> Seq.map (fun place -> place, columnsOf place) |> Map.ofSeq
                        Energies =
                            Array.zip system.Places system.Blocks
                            |> Array.filter (fun (_, (block, _)) -> block :? IEnergyBlock)
                            |> Array.map (fun (index, _) -> parts[index].Place)
                            |> Set.ofArray
                        Ridge = config.Ridge
                    }
            | _ -> None
        | _ -> None
