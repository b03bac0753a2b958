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

    /// A fit that explains more than this part of what the one before left has found nothing new.
    let private progress = 0.9

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

    let private times (rows: float[][]) (readout: float[]) : float[] =
        rows |> Array.map (fun row -> TensorPrimitives.Dot(ReadOnlySpan<float> row, ReadOnlySpan<float> readout))

    /// A readout that paths followed, and the one that was found along them.
    [<NoEquality; NoComparison>]
    type private Round = { Followed: float[]; Found: float[]; Residual: float[] }

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

    /// The end of rounds that begin with a solution of a system whose rows are of motions: what paths follow for the last fit. `solve`
    /// fits a system along the paths of a guide. None where following forces explains no more.
    let settle
        (form: StencilForm)
        (sample: Snapshot[])
        (others: ModelTerm list)
        (solve: PathGuide -> LinearSystem -> Result<LeastSquaresSolution, 'error>)
        (system: LinearSystem, solution: LeastSquaresSolution)
        : Result<PathGuide option, 'error> =
        let kept = keptOf system solution
        let rows = rowsOf kept sample
        let guideOf readout = Resolution.guideOf form sample (others @ termsOf kept readout)

        let rec follow (rounds: Round list) (readout: float[]) (error: float) (best: PathGuide option) =
            if rounds.Length = mostRounds then
                Ok(Some(guideOf readout))
            else
                let guide = guideOf readout

                solve guide kept
                |> Result.bind (fun solution ->
                    if solution.RelativeResidual < progress * error then
                        let found = readoutOf kept solution
                        let residual = times rows (Array.map2 (-) found readout)
                        let rounds = { Followed = readout; Found = found; Residual = residual } :: rounds
                        follow rounds (next rounds) solution.RelativeResidual (Some guide)
                    else
                        Ok(if solution.RelativeResidual < error then Some guide else best))

        follow [] solution.Readout solution.RelativeResidual None
