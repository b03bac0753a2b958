namespace HgnFunctional.Learning

open HgnFunctional.Data
open HgnFunctional.Models

/// Training: a survey, a plan, an accumulation, a solve.
[<RequireQualifiedAccess>]
module Training =

    /// Learns from a stream that can be read more than once and may fail; it is read twice (three times by samplers that
    /// want the outputs of a first fit; some times more where forces are told from motions), and only a bounded part of it is ever in memory.
    /// `entering` is told, on the calling thread, what training turns to.
    let fitStream
        (config: TrainingConfig)
        (entering: TrainingStage -> unit)
        (source: Result<Snapshot, 'error> seq)
        : Result<TrainedModel, TrainingError<'error>> =
        let solve (plan: Plan) : Result<Fit, TrainingError<'error>> =
            Accumulation.again plan entering source
            |> Result.bind (fun accumulation ->
                entering Solving
                Fit.solve accumulation)

        /// The best of the rounds.
        let rec settle (fit: Fit) : Result<TrainedModel, TrainingError<'error>> =
            match fit.Next with
            | None -> Ok fit.Model
            | Some next ->
                entering Sampling

                solve next |> Result.bind (fun better -> if better.Improves then settle better else Ok fit.Model)

        if config.Recipes.IsEmpty then
            Error NoBlocks
        else
            Survey.ofStream config entering source
            |> Result.bind (fun survey ->
                entering Sampling
                Plan.draw config survey)
            |> Result.bind (solve >> Result.bind settle)

    /// Learns from snapshots. The same config and snapshots give the same model, bit for bit, for any number of threads.
    let fit (config: TrainingConfig) (snapshots: Snapshot seq) : Result<TrainedModel, TrainingError<SnapshotError>> =
        snapshots |> Seq.map Ok |> fitStream config ignore
