namespace HgnFunctional.Learning

open System
open HgnFunctional.Numerics
open HgnFunctional.Data
open HgnFunctional.Blocks
open HgnFunctional.Models

/// The verdict on a fit.
[<RequireQualifiedAccess>]
module internal Judgement =

    /// Fits that are off by more than this are asked what they miss.
    let private poor = 1e-2

    /// The errors of a model on some snapshots, by species.
    let private errorsOn (sample: Snapshot[]) (model: TrainedModel) : BodyErrors =
        let errors = BodyErrors model.KnowsZeroOfEnergy

        for snapshot in sample do
            let velocities, forces = Model.predict model snapshot
            let energy = if snapshot.Energy.IsSome then Model.potentialEnergy model snapshot else 0.0
            errors.Add(snapshot, velocities, forces, energy, Model.measuredVirial model snapshot)

        errors

    /// The constants that a solution found, with what the data leave open of each.
    let private constantsOf (fitted: (LinearSystem * LeastSquaresSolution) list) (model: TrainedModel) : FittedConstant list =
        let deviations =
            [
                for system, solution in fitted do
                    for block, first in system.Blocks do
                        for constant in block.Constants do
                            match Array.IndexOf(solution.Kept, first + constant.Feature), solution.Posterior with
                            | -1, _ -> ()
                            | _, None -> nan
                            | place, Some posterior ->
                                let row = Array.init solution.Kept.Length (fun k -> if k = place then 1.0 else 0.0)
                                abs constant.Factor * system.Unit * posterior.StandardDeviation(ReadOnlySpan<float> row)
            ]

        // Known factors have none, and stand in front.
        let constants = model.Constants
        let open' = constants.Length - deviations.Length

        constants
        |> List.mapi (fun index constant -> { constant with Deviation = if index < open' then 0.0 else deviations[index - open'] })

    /// What a fit found and cannot describe. `evidence` gives that for all families, or for those around the bodies that are in the
    /// model.
    let verdict
        (config: TrainingConfig)
        (overview: Overview)
        (evidence: bool -> FamilyEvidence list)
        (fitted: (LinearSystem * LeastSquaresSolution) list)
        (model: TrainedModel)
        : Verdict =
        let errors = errorsOn overview.Sample model

        let relativeOf target =
            errors.ByTarget
            |> List.tryFind (fun error -> error.Target = target && error.Species.IsNone && error.Group.IsNone)
            |> Option.map _.Relative

        let unexplained =
            if overview.HasMotion && not overview.HasForces then
                MotionErrors.unexplained overview.Stencil.Value overview.Sample model
            elif overview.HasEnergies || overview.HasVirials then
                relativeOf "forces"
                |> Option.orElse (relativeOf "energies")
                |> Option.orElse (relativeOf "virials")
                |> Option.defaultValue nan
            else
                Diagnosis.forceErrorOf model

        {
            Errors = errors.ByTarget
            PinnedBodies = errors.PinnedBodies
            Families = evidence (config.ShowsEvidence || unexplained > poor)
            Constants = constantsOf fitted model
            Unexplained = unexplained
            Noise = if overview.HasMotion then MotionErrors.noise overview.Sample model else None
        }
