namespace HgnFunctional.Numerics

open System

/// How the penalty on hidden units is chosen.
type Ridge =
    /// By the evidence of the data.
    | Automatic
    /// As a fraction of the largest singular value of the equilibrated columns, 0 or more. Of more than 512 features, with more
    /// than 256 independent ones, none are dropped, and the fraction is at least 1e-15.
    | Relative of fraction: float

/// Why a least-squares problem has no solution.
type LeastSquaresError =
    /// No row was ever added.
    | NoRows
    /// The rows hold a number that is NaN or infinite.
    | NotFiniteRows
    /// The numbers of the rows differ too much in size for singular values.
    | NoSingularValues

    /// The error as one sentence.
    override error.ToString() : string =
        match error with
        | NoRows -> "There are no rows to fit; expected at least one snapshot."
        | NotFiniteRows -> "The rows of the linear system hold a number that is not finite."
        | NoSingularValues -> "The singular values of the linear system could not be found; expected data of a moderate range."

/// The solution of a least-squares problem, with what the solver knows of its health.
[<NoEquality; NoComparison>]
type LeastSquaresSolution =
    {
        /// Indices of the features kept, ascending.
        Kept: int[]
        /// Readout of each kept feature, in the units of the problem.
        Readout: float[]
        /// Number of rows.
        Rows: int64
        /// Number of features before any was dropped.
        Features: int
        /// Ratio of the largest to the least singular value of the kept columns, each scaled to norm one.
        Condition: float
        /// The penalty, as a fraction of the largest singular value of the penalised columns; 0 where none of these is left.
        Ridge: float
        /// |A x - b| / |b|; 0 where b vanishes.
        RelativeResidual: float
        /// |b|.
        TargetNorm: float
        /// Minus twice the log evidence per row (smaller is better), for comparing feature sets on the same rows. Rows that the
        /// columns of a trend take up tell nothing, so a trend that takes up all of them has no evidence.
        Surprise: float
        /// What the data leave open of the readout; none where more features were solved without pivoting than a posterior has room for.
        Posterior: Posterior option
    }

    /// Numerical rank: the number of features kept.
    member solution.Rank: int = solution.Kept.Length

/// Solves an accumulated least-squares problem. Columns are scaled to norm one; redundant ones are dropped by column
/// pivoting; trend columns are eliminated first and not penalised; the ridge on the others maximises the evidence of a
/// Gaussian model (MacKay 1992, doi:10.1162/neco.1992.4.3.415), with a floor for the rounding of the data.
[<RequireQualifiedAccess>]
module LeastSquares =

    /// A column is redundant when less than this of its norm is independent of the columns kept before it. Measured on
    /// Lennard-Jones data: 1e-12 costs a factor two in accuracy, 1e-15 keeps rounding noise.
    let private pivotTolerance = 1e-13

    /// Systems of more features than this are reduced to a few columns by a sketch, or solved without pivoting and singular
    /// values: those take seconds at 1000 features, and hours at 5000.
    let internal widest = 512

    /// The least ridge of wide systems: without pivoting, what lies below is rounding of the triangle itself.
    let private leastRidge = 1e-15

    /// Relative size of the rounding error that data is never better than; without it the evidence fits rounding errors.
    let private roundingFloor = 1e-13

    /// Candidates for the ridge over the largest singular value.
    let private ridgeGrid = [| for quarter in -64 .. 12 -> 10.0 ** (float quarter / 4.0) |]

    /// The hidden part of the problem in its singular basis: singular values, target there, and what else there is.
    [<NoEquality; NoComparison>]
    type private Spectrum =
        {
            Values: float[]
            Target: float[]
            /// Squared norm of the target beyond the columns.
            Leftover: float
            /// Rows less the columns of the trend.
            FreeRows: float
        }

    /// Minus twice the log evidence, up to a constant, for a target of mean square one.
    let private surprise (spectrum: Spectrum) (ridge: float) : float =
        let squared = ridge * ridge

        let misfit =
            (spectrum.Values, spectrum.Target)
            ||> Array.map2 (fun s t -> if squared > 0.0 then t * t * squared / (s * s + squared) else 0.0)
            |> Array.sum

        let occam = spectrum.Values |> Array.sumBy (fun s -> if squared > 0.0 then log (1.0 + s * s / squared) else 0.0)
        let variance = (misfit + spectrum.Leftover) / spectrum.FreeRows + roundingFloor * roundingFloor
        spectrum.FreeRows * log variance + occam

    /// What the evidence makes of the hidden columns.
    [<Struct>]
    type private Choice =
        /// They stay, with this penalty.
        | Penalised of penalty: float
        /// They explain nothing that the trend does not: what they would carry is below rounding, and costs time in every step.
        | SwitchedOff

    /// The surprise of the trend alone: that of a penalty without end.
    let private surpriseOfTrend (spectrum: Spectrum) : float =
        let misfit = spectrum.Target |> Array.sumBy (fun t -> t * t)
        spectrum.FreeRows * log ((misfit + spectrum.Leftover) / spectrum.FreeRows + roundingFloor * roundingFloor)

    /// Without a trend there is nothing to fall back on.
    let private chooseByEvidence (trend: int) (spectrum: Spectrum) : Choice =
        match spectrum.Values with
        | [||] -> Penalised 0.0
        | values ->
            let penalty = values[0] * (ridgeGrid |> Array.minBy (fun fraction -> surprise spectrum (fraction * values[0])))

            if trend > 0 && surpriseOfTrend spectrum <= surprise spectrum penalty then
                SwitchedOff
            else
                Penalised penalty

    /// Solves the kept trend columns, given the readout of the hidden ones, by back substitution.
    let private solveTrend (triangle: PivotedTriangle) (hidden: float[]) : float[] =
        let trend = triangle.Trend
        let solution = Array.zeroCreate trend

        for row in trend - 1 .. -1 .. 0 do
            let byHidden = hidden |> Array.mapi (fun k z -> triangle.Columns[trend + k][row] * z) |> Array.sum
            let byTrend = Seq.sum (seq { for k in row + 1 .. trend - 1 -> triangle.Columns[k][row] * solution[k] })
            solution[row] <- (triangle.Target[row] - byHidden - byTrend) / triangle.Columns[row][row]

        solution

    let private residualSquared (triangle: PivotedTriangle) (scaled: float[]) : float =
        let misfit row =
            let fitted = scaled |> Array.mapi (fun k x -> triangle.Columns[k][row] * x) |> Array.sum
            fitted - triangle.Target[row]

        triangle.Leftover + Seq.sumBy (fun row -> pown (misfit row) 2) (seq { 0 .. scaled.Length - 1 })

    let private tryCondition (columns: float[][]) : float option =
        SingularValues.tryValues columns
        |> Option.map (fun values -> if values.Length = 0 then 1.0 else values[0] / values[values.Length - 1])

    /// Standard deviation of the rows about a fit that leaves this squared residual: without bound where there are no more rows than
    /// features, since they leave no residual whatever the noise.
    let private noiseOf (rows: int64) (features: int) (residualSquared: float) : float =
        if rows <= int64 features then
            infinity
        else
            sqrt (residualSquared / float (rows - int64 features))

    /// The posterior of the kept columns in some order, of norm one, given by their places in the reduced triangle.
    let private posteriorOf (rows: int64) (triangle: PivotedTriangle) (order: int[]) (penalty: float) (residualSquared: float) : Posterior =
        let size = order.Length

        let ofData row = Array.append (order |> Array.map (fun place -> triangle.Columns[place][row])) [| 0.0 |]
        let isPenalised k = order[k] >= triangle.Trend
        let ofPenalty k = Array.init (size + 1) (fun other -> if k = other && isPenalised k then penalty else 0.0)

        let entries = Seq.append (Seq.init triangle.Kept.Length ofData) (Seq.init size ofPenalty) |> Array.concat

        let factor = TallSkinnyQr.empty size |> TallSkinnyQr.add (ReadOnlySpan<float> entries)
        let norms = order |> Array.map (fun place -> triangle.Norms[triangle.Kept[place]])
        Posterior.OfTriangle(factor, norms, noiseOf rows size residualSquared)

    /// The ridge of wide systems that maximises the evidence: the best on a coarse grid, then the best of its neighbours.
    let private chooseWideRidge (surpriseAt: float -> float) : float =
        let best step centre =
            [ centre - 2.0 * step; centre - step; centre; centre + step; centre + 2.0 * step ]
            |> List.filter (fun power -> power >= log10 leastRidge)
            |> List.minBy (fun power -> surpriseAt (10.0 ** power))

        -9.0 |> best 3.0 |> best 1.0 |> best 0.25 |> (fun power -> 10.0 ** power)

    /// As `solveFinite`, without dropping redundant features: the penalty keeps their readouts small.
    let internal solveWide (ridge: Ridge) (isTrend: bool[]) (accumulator: TallSkinnyQr) : LeastSquaresSolution =
        let problem = PenalisedFit.problem accumulator
        let targetSquared = PenalisedFit.targetSquared problem
        let largest = PenalisedFit.largestSingularValue isTrend problem
        let trend = isTrend |> Array.filter id |> Array.length
        let freeRows = float (max 1L (accumulator.Rows - int64 trend))

        let surprise (fit: PenalisedFit.Fit) =
            let variance = fit.Objective / max targetSquared 1e-300 * float accumulator.Rows / freeRows + roundingFloor * roundingFloor
            freeRows * log variance + fit.LogDeterminant

        let fitAt fraction = PenalisedFit.fit isTrend (fraction * largest) problem

        let fraction =
            match ridge with
            | Automatic -> chooseWideRidge (fitAt >> surprise)
            | Relative fraction -> max leastRidge fraction

        let fit = fitAt fraction
        let kept = [| 0 .. accumulator.Features - 1 |] |> Array.filter (fun k -> problem.Norms[k] > 0.0)

        {
            Kept = kept
            Readout = kept |> Array.map (fun k -> fit.Readout[k] / problem.Norms[k])
            Rows = accumulator.Rows
            Features = accumulator.Features
            // Where columns depend on others it is beyond all numbers; files hold none that is not finite.
            Condition = min Double.MaxValue (PenalisedFit.condition problem)
            Ridge = fraction
            RelativeResidual =
                if targetSquared > 0.0 then
                    sqrt (PenalisedFit.residualSquared problem fit.Readout / targetSquared)
                else
                    0.0
            TargetNorm = sqrt targetSquared
            Surprise = surprise fit / float (max 1L accumulator.Rows)
            Posterior = None
        }

    /// The solution in the singular basis of the hidden columns.
    let private solveInBasis
        (ridge: Ridge)
        (accumulator: TallSkinnyQr)
        (triangle: PivotedTriangle)
        (hiddenTarget: float[])
        (svd: SingularValues)
        : LeastSquaresSolution option =
        let trend = triangle.Trend
        // In units in which the target has mean square one, so that neither ridge nor floor depends on the units of b.
        let unit =
            if triangle.TargetSquared > 0.0 then
                sqrt (triangle.TargetSquared / float accumulator.Rows)
            else
                1.0

        let values, rotatedTarget = svd.Values, SingularValues.leftTransposedTimes svd hiddenTarget

        let spectrum =
            {
                Values = values
                Target = rotatedTarget |> Array.map (fun t -> t / unit)
                Leftover = triangle.Leftover / (unit * unit)
                FreeRows = float (max 1L (accumulator.Rows - int64 trend))
            }

        let rows = float (max 1L accumulator.Rows)

        let choice =
            match ridge with
            | Automatic -> chooseByEvidence trend spectrum
            | Relative fraction -> Penalised(fraction * (if values.Length = 0 then 0.0 else values[0]))

        let hidden =
            match choice with
            | SwitchedOff -> Array.zeroCreate values.Length
            | Penalised penalty ->
                Array.map2 (fun s t -> t * s / (s * s + penalty * penalty)) values rotatedTarget |> SingularValues.rightTimes svd

        let scaled = Array.append (solveTrend triangle hidden) hidden
        let readout = Array.map2 (fun x column -> x / triangle.Norms[column]) scaled triangle.Kept
        let stays = if choice = SwitchedOff then trend else triangle.Kept.Length
        let order = triangle.Kept |> Array.indexed |> Array.take stays |> Array.sortBy snd |> Array.map fst
        let residual = sqrt (residualSquared triangle scaled)

        tryCondition (Array.take stays triangle.Columns)
        |> Option.map (fun condition ->
            {
                Kept = order |> Array.map (fun k -> triangle.Kept[k])
                Readout = order |> Array.map (fun k -> readout[k])
                Rows = accumulator.Rows
                Features = accumulator.Features
                Condition = condition
                Ridge =
                    match choice with
                    | Penalised penalty when values.Length > 0 -> penalty / values[0]
                    | _ -> 0.0
                RelativeResidual =
                    if triangle.TargetSquared > 0.0 then
                        residual / sqrt triangle.TargetSquared
                    else
                        0.0
                TargetNorm = sqrt triangle.TargetSquared
                Surprise =
                    match choice with
                    | SwitchedOff -> surpriseOfTrend spectrum / rows
                    | Penalised penalty -> surprise spectrum penalty / rows
                Posterior =
                    let penalty =
                        match choice with
                        | Penalised penalty -> penalty
                        | SwitchedOff -> 0.0

                    Some(posteriorOf accumulator.Rows triangle order penalty (residual * residual))
            })

    let private solveFinite (ridge: Ridge) (isTrend: bool[]) (accumulator: TallSkinnyQr) : Result<LeastSquaresSolution, LeastSquaresError> =
        let triangle = PivotedTriangle.ofAccumulator pivotTolerance isTrend accumulator
        let rank, trend = triangle.Kept.Length, triangle.Trend
        let hiddenColumns = Array.init (rank - trend) (fun k -> Array.sub triangle.Columns[trend + k] trend (rank - trend))
        let hiddenTarget = Array.sub triangle.Target trend (rank - trend)

        match SingularValues.tryOfColumns hiddenColumns |> Option.bind (solveInBasis ridge accumulator triangle hiddenTarget) with
        | Some solution -> Ok solution
        | None -> Error NoSingularValues

    /// As `solveFinite`, for more features than pivoting of the whole triangle has time for.
    let private solveLarge (ridge: Ridge) (isTrend: bool[]) (accumulator: TallSkinnyQr) : Result<LeastSquaresSolution, LeastSquaresError> =
        match ColumnSketch.tryChoose pivotTolerance isTrend accumulator with
        | None -> Ok(solveWide ridge isTrend accumulator)
        | Some columns ->
            let chosen = columns |> Array.map (fun column -> isTrend[column])

            TallSkinnyQr.select columns accumulator
            |> solveFinite ridge chosen
            |> Result.map (fun solution ->
                { solution with
                    Kept = solution.Kept |> Array.map (fun k -> columns[k])
                    Features = accumulator.Features
                })

    /// The readout that minimises |A x - b|^2 plus the penalty. `isTrend` [features] marks columns that are not penalised.
    let solve (ridge: Ridge) (isTrend: bool[]) (accumulator: TallSkinnyQr) : Result<LeastSquaresSolution, LeastSquaresError> =
        Guard.length (nameof isTrend) accumulator.Features isTrend.Length

        match ridge with
        | Relative fraction when not (Double.IsFinite fraction) || fraction < 0.0 ->
            invalidArg (nameof ridge) $"The ridge is {fraction}; expected a finite number, 0 or more."
        | _ when accumulator.Rows = 0L -> Error NoRows
        | _ when Guard.firstNotFinite accumulator.Triangle >= 0 -> Error NotFiniteRows
        | _ when accumulator.Features > widest -> solveLarge ridge isTrend accumulator
        | _ -> solveFinite ridge isTrend accumulator
