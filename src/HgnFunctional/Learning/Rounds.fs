namespace HgnFunctional.Learning

open System
open System.Numerics.Tensors
open HgnFunctional.Numerics
open HgnFunctional.Data
open HgnFunctional.Models

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

    /// A readout that was found along paths, and what of the forces it has beyond those that the paths followed.
    [<NoEquality; NoComparison>]
    type private Round = { Found: float[]; Residual: float[] }

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

    /// How rounds end.
    [<NoEquality; NoComparison>]
    type Outcome =
        {
            /// The columns that were fitted.
            System: LinearSystem
            /// Their readout, along the paths of the last round.
            Solution: LeastSquaresSolution
            /// What paths may follow next: none where following forces explains no more.
            Guide: PathGuide option
        }

    /// Rounds that begin with a solution of a system whose rows are of motions, along the paths of a guide or none, as long as they explain
    /// more. `solve` fits a system along the paths of a guide; `others` are terms that it does not hold.
    let follow
        (form: StencilForm)
        (sample: Snapshot[])
        (others: ModelTerm list)
        (solve: PathGuide -> LinearSystem -> Result<LeastSquaresSolution, 'error>)
        (guide: PathGuide option)
        (system: LinearSystem, solution: LeastSquaresSolution)
        : Result<Outcome, 'error> =
        let kept = keptOf system solution
        let rows = rowsOf kept sample

        let rec improve (rounds: Round list) (readout: float[]) (moved: float) (before: Outcome) =
            let rule = before.Guide |> Option.map _.Rule |> Option.defaultValue PathRule.Coarse
            let guide = Resolution.guideFrom rule form sample (others @ termsOf kept readout)

            solve guide kept
            |> Result.bind (fun solution ->
                let found = readoutOf kept solution
                let residual = times rows (Array.map2 (-) found readout)
                let movedNow = norm residual / norm (times rows found)
                let error, errorBefore = solution.RelativeResidual, before.Solution.RelativeResidual

                let isWorse =
                    if before.Guide.IsNone then
                        error >= progress * errorBefore
                    else
                        error > slack * errorBefore

                if isWorse || movedNow > moved then
                    Ok before
                else
                    let after = { System = kept; Solution = { solution with Features = system.Features }; Guide = Some guide }
                    let rounds = { Found = found; Residual = residual } :: rounds

                    if movedNow <= still * error || movedNow > progress * moved || rounds.Length = mostRounds then
                        Ok after
                    else
                        improve rounds (next rounds) movedNow after)

        improve [] solution.Readout infinity { System = system; Solution = solution; Guide = guide }

    /// Frames of a stream are worth a start from its sample if they are so many times as many.
    let private worthwhile = 2

    /// What paths may follow at first: rounds on the sample are cheaper than those on all frames. None where they explain no more.
    let start (config: TrainingConfig) (survey: Survey) (others: ModelTerm list) (system: LinearSystem) : PathGuide option =
        let motions = survey.Sample |> Array.filter Observation.isOfMotion

        let along (windows: Observation[]) (system: LinearSystem) =
            let windows: Result<Observation, unit> seq = windows |> Seq.map Ok

            Design.accumulate ignore [ system ] windows
            |> Result.mapError SourceFailed
            |> Result.bind (Drawing.solveAll config.Ridge [ system ])
            |> Result.map List.head

        let solve form guide = along (Observation.ofSnapshots (Some guide) form motions |> Array.filter _.IsOver)

        match survey.Stencil with
        | Some form when survey.Windows.Length > 0 && system.Features > 0 && survey.Frames > worthwhile * motions.Length ->
            along survey.Windows system
            |> Result.bind (fun solution -> follow form survey.Sample others (solve form) None (system, solution))
            |> Result.toOption
            |> Option.bind _.Guide
        | _ -> None
