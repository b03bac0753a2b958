namespace HgnFunctional.Learning

open System
open System.Numerics.Tensors
open HgnFunctional.Numerics
open HgnFunctional.Data
open HgnFunctional.Blocks
open HgnFunctional.Models

/// A readout that was found along paths, and what of the forces it has beyond those that the paths followed.
[<NoEquality; NoComparison>]
type internal Round = { Found: float[]; Residual: float[] }

/// What a fit is to follow, and what came before it.
[<NoEquality; NoComparison>]
type internal RoundState =
    {
        /// The rounds so far, the last one first.
        Rounds: Round list
        /// The readout that paths follow, of the columns that were kept.
        Readout: float[]
        /// What paths follow.
        Guide: PathGuide
        /// By how much the forces moved in the round before, relative to their size; infinite before the first.
        Moved: float
        /// The relative error of the fit before, and whether its paths followed forces.
        Error: float
        WasGuided: bool
        /// Features of the forces before any was dropped.
        Sampled: int
    }

/// Fits whose paths follow the forces of the fit before, until they stay.
[<RequireQualifiedAccess>]
module internal Rounds =

    /// How often paths between frames are made anew.
    let private mostRounds = 8

    /// Components of forces in which readouts are compared, if the sample has as many.
    let private fewestRows = 2048

    /// Following forces at all must leave less than this part of what straight paths left, and forces must move by less than this part of what they
    /// moved in the round before, or no more is to be had.
    let private progress = 0.9

    /// Forces that move by less than this part of what they leave unexplained stand still.
    let private still = 0.1

    /// Forces that agree better with their own paths may explain a little less.
    let private slack = 1.3

    /// The system with only the columns that a solution kept: the others add nothing but work as long as paths move.
    let private keptOf (system: LinearSystem) (solution: LeastSquaresSolution) : LinearSystem =
        let blocks =
            system.Blocks
            |> Array.map (fun (block, first) ->
                solution.Kept
                |> Array.filter (fun feature -> feature >= first && feature < first + block.Width)
                |> Array.map (fun feature -> feature - first)
                |> block.Select)

        let starts = blocks |> Array.scan (fun start block -> start + block.Width) 0
        { system with Blocks = Array.mapi (fun index block -> block, starts[index]) blocks }

    /// The readouts of all columns of a system; 0 of those that were not kept.
    let private readoutOf (system: LinearSystem) (solution: LeastSquaresSolution) : float[] =
        let readout = Array.zeroCreate<float> system.Features
        Array.iter2 (fun feature weight -> readout[feature] <- weight) solution.Kept solution.Readout
        readout

    let private termsOf (system: LinearSystem) (readout: float[]) : ModelTerm list =
        [
            for block, first in system.Blocks do
                { Block = block; Readout = Array.init block.Width (fun k -> readout[first + k] * system.Unit) }
            for struct (block, readout) in system.Known do
                { Block = block; Readout = readout }
        ]

    /// The rows of the forces at some frames of a sample.
    let private rowsOf (system: LinearSystem) (sample: Snapshot[]) : float[][] =
        let motions = sample |> Array.filter Observation.isOfMotion
        let wanted = min motions.Length (1 + fewestRows / motions[0].Coordinates)

        Array.init wanted (fun k -> motions[k * motions.Length / wanted])
        |> Array.collect (Rows.ofForces system >> Array.chunkBySize (max 1 system.Features))

    let private norm (values: float[]) : float = TensorPrimitives.Norm(ReadOnlySpan<float> values)

    let private times (rows: float[][]) (readout: float[]) : float[] =
        rows |> Array.map (fun row -> TensorPrimitives.Dot(ReadOnlySpan<float> row, ReadOnlySpan<float> readout))

    /// The readout to follow next: steep laws, which bodies pass between two frames, are found slowly without acceleration.
    let private next (rounds: Round list) : float[] =
        let last = rounds.Head
        let before = Array.ofList rounds.Tail
        let steps (part: Round -> float[]) = before |> Array.map (fun round -> Array.map2 (-) (part last) (part round))

        let weights =
            if before.Length = 0 then
                None
            else
                AndersonMixing.tryWeights (steps _.Residual) last.Residual

        match weights with
        | Some weights ->
            (last.Found, weights, steps _.Found)
            |||> Array.fold2 (fun readout weight step -> Array.map2 (fun x s -> x - weight * s) readout step)
        | None -> last.Found

    /// The blocks of a system with only the columns that a solution kept, in the order of its blocks.
    let keptBlocks (system: LinearSystem) (solution: LeastSquaresSolution) : IBlock[] = (keptOf system solution).Blocks |> Array.map fst

    /// The first round after a solution of a system whose rows are of motions. `others` are terms that it does not hold.
    let first
        (form: StencilForm)
        (sample: Snapshot[])
        (others: ModelTerm list)
        (guide: PathGuide option)
        (system: LinearSystem, solution: LeastSquaresSolution)
        : RoundState =
        let kept = keptOf system solution
        let rule = guide |> Option.map _.Rule |> Option.defaultValue PathRule.Coarse

        {
            Rounds = []
            Readout = solution.Readout
            Guide = Resolution.guideFrom rule form sample (others @ termsOf kept solution.Readout)
            Moved = infinity
            Error = solution.RelativeResidual
            WasGuided = guide.IsSome
            Sampled = system.Features
        }

    /// Whether the solution of a round is better than that before, and the round that may do better still.
    let after
        (form: StencilForm)
        (sample: Snapshot[])
        (others: ModelTerm list)
        (state: RoundState)
        (kept: LinearSystem, solution: LeastSquaresSolution)
        : struct (bool * RoundState option) =
        let rows = rowsOf kept sample
        let found = readoutOf kept solution
        let residual = times rows (Array.map2 (-) found state.Readout)
        let moved = norm residual / norm (times rows found)
        let error = solution.RelativeResidual
        let isWorse = error > (if state.WasGuided then slack else progress) * state.Error

        if isWorse || moved > state.Moved then
            struct (false, None)
        else
            let rounds = { Found = found; Residual = residual } :: state.Rounds

            if moved <= still * error || moved > progress * state.Moved || rounds.Length = mostRounds then
                struct (true, None)
            else
                let readout = next rounds

                struct (true,
                        Some
                            { state with
                                Rounds = rounds
                                Readout = readout
                                Guide = Resolution.guideFrom state.Guide.Rule form sample (others @ termsOf kept readout)
                                Moved = moved
                                Error = error
                                WasGuided = true
                            })

    /// Frames of a stream are worth a start from its sample if they are so many times as many.
    let private worthwhile = 2L

    /// What paths may follow at first: rounds on the sample are cheaper than those on all frames. None where they explain no more.
    let start (config: TrainingConfig) (overview: Overview) (others: ModelTerm list) (system: LinearSystem) : PathGuide option =
        let motions = overview.Sample |> Array.filter Observation.isOfMotion

        let solve (system: LinearSystem) (windows: Observation[]) : LeastSquaresSolution option =
            match Design.accumulateAll [ system ] windows |> Drawing.solveAll config.Ridge [ system ] with
            | Ok [ solution ] -> Some solution
            | Ok _
            | Error _ -> None

        match overview.Stencil with
        | Some form when overview.Windows.Length > 0 && system.Features > 0 && overview.Frames > worthwhile * int64 motions.Length ->
            solve system overview.Windows
            |> Option.bind (fun solution ->
                let kept = keptOf system solution

                let rec improve (best: PathGuide option) (state: RoundState) =
                    let windows = Observation.ofSnapshots (Some state.Guide) form motions |> Array.filter _.IsOver

                    match solve kept windows |> Option.map (fun solution -> after form overview.Sample others state (kept, solution)) with
                    | Some(struct (true, Some more)) -> improve (Some state.Guide) more
                    | Some(struct (true, None)) -> Some state.Guide
                    | Some(struct (false, _))
                    | None -> best

                first form overview.Sample others None (system, solution) |> improve None)
        | _ -> None
