namespace HgnFunctional.Learning

open System
open System.Numerics.Tensors
open System.Reflection
open HgnFunctional.Numerics
open HgnFunctional.Data
open HgnFunctional.Blocks
open HgnFunctional.Models

/// A solved plan.
[<NoEquality; NoComparison>]
type Fit =
    {
        /// The model.
        Model: TrainedModel
        /// The largest relative error of its linear systems.
        Error: float
        /// Whether it is better than that of the plan from whose fit its own came; true for first ones.
        Improves: bool
        /// A plan that may do better, whose rows are other ones of the same frames: after a draft, and where paths between frames can follow
        /// the forces that were found.
        Next: Plan option
    }

/// Solves what was accumulated.
[<RequireQualifiedAccess>]
module Fit =

    /// Blocks with only the features that the solver kept, and their readouts, each with its place among the recipes.
    let private termsOf (system: LinearSystem) (solution: LeastSquaresSolution) : (int * ModelTerm) list =
        [
            for place, (block, first) in Seq.zip system.Places system.Blocks do
                let mine =
                    Array.zip solution.Kept solution.Readout
                    |> Array.filter (fun (feature, _) -> feature >= first && feature < first + block.Width)

                place,
                {
                    Block = mine |> Array.map (fun (feature, _) -> feature - first) |> block.Select
                    Readout = mine |> Array.map (fun (_, weight) -> weight * system.Unit)
                }
        ]

    /// What is open of the forces of the system that has them.
    let private posteriorOf (fitted: (LinearSystem * LeastSquaresSolution) list) : IModelPosterior option =
        fitted
        |> List.tryFind (fun (system, _) -> system.HasForceRows)
        |> Option.bind (fun (system, solution) -> solution.Posterior |> Option.map (fun posterior -> system, solution, posterior))
        |> Option.map (fun (system, solution, posterior) ->
            let blocks = termsOf system solution |> List.map (fun (_, term) -> term.Block)
            let starts = blocks |> List.scan (fun start block -> start + block.Width) 0
            let kept = { system with Blocks = List.zip blocks (List.take blocks.Length starts) |> Array.ofList }
            let scale = system.Scales.Forces

            { new IModelPosterior with
                member _.ForceDeviation(snapshot) =
                    let ofReadout =
                        Rows.ofForces kept snapshot
                        |> Array.chunkBySize (max 1 posterior.Features)
                        |> Array.map (fun row -> posterior.StandardDeviation(ReadOnlySpan<float> row))

                    let noise = scale * posterior.Noise

                    {
                        OfReadout = ofReadout
                        WithResidual = ofReadout |> Array.map (fun deviation -> sqrt (deviation * deviation + noise * noise))
                    }
            })

    let private diagnose (system: LinearSystem) (solution: LeastSquaresSolution) : FitDiagnostics =
        {
            Part = system.Name
            Rows = solution.Rows
            FeaturesSampled = solution.Features
            FeaturesKept = solution.Rank
            Condition = solution.Condition
            Ridge = solution.Ridge
            // Of the data, also where what is known of them was taken off.
            RelativeError =
                if system.Known.Length = 0 then
                    solution.RelativeResidual
                else
                    solution.RelativeResidual * solution.TargetNorm / sqrt (float solution.Rows)
        }

    let private libraryVersion: string =
        let assembly = typeof<TrainedModel>.Assembly
        let version = assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
        // What follows a plus names a commit; the same release must write the same file wherever it was built.
        version.InformationalVersion.Split('+')[0]

    let private energyAt (snapshot: Snapshot) (terms: ModelTerm list) : float =
        let configuration = snapshot.Configuration
        let mutable total = 0.0

        for struct (block, readout) in energiesOf terms do
            total <- total + block.Energy(&configuration, readout)

        total

    /// The terms whose factors were known.
    let private knownOf (fitted: (LinearSystem * LeastSquaresSolution) list) : ModelTerm list =
        [
            for system, _ in fitted do
                for struct (block, readout) in system.Known do
                    { Block = block; Readout = readout }
        ]

    /// Whether a fit is better than the one before, and the plan of another round, if one may do better.
    let private nextOf
        (plan: Plan)
        (fitted: (LinearSystem * LeastSquaresSolution) list)
        (placed: (int * ModelTerm) list)
        : Result<struct (bool * Plan option), TrainingError<'error>> =
        let forces, rest = fitted |> List.partition (fun (system, _) -> system.HasForceRows)
        let others = plan.Assumed @ (rest |> List.collect (fun (system, solution) -> termsOf system solution |> List.map snd))
        let sample = plan.Overview.Sample

        match plan.Round, plan.Overview.Stencil, forces with
        | Draft, _, _ -> Plan.withOutputs placed plan |> Result.map (fun next -> struct (true, Some next))
        | Final guide, Some(Exact _ as form), [ (system, solution) as found ] when plan.Overview.HasMotion && system.Features > 0 ->
            let left = Seq.zip system.Places (Rounds.keptBlocks system solution) |> Map.ofSeq

            Plan.following (Rounds.first form sample others guide found) left plan
            |> Result.map (fun next -> struct (true, Some next))
        | Following state, Some form, [ found ] ->
            let struct (isBetter, more) = Rounds.after form sample others state found

            match more with
            | Some more -> Plan.following more Map.empty plan |> Result.map (fun next -> struct (isBetter, Some next))
            | None -> Ok(struct (isBetter, None))
        | Final _, _, _
        | Following _, _, _ -> Ok(struct (true, None))

    /// The model of an accumulation, which holds all frames of its plan, each once.
    let solve (accumulation: Accumulation) : Result<Fit, TrainingError<'error>> =
        let plan = accumulation.Plan
        let config, overview = plan.Config, plan.Overview

        Accumulation.totals accumulation
        |> Result.mapError PartsDiffer
        |> Result.bind (Drawing.solveAll config.Ridge plan.Systems)
        |> Result.bind (fun solutions ->
            let fitted = List.zip plan.Systems solutions
            let placed = fitted |> List.collect (fun (system, solution) -> termsOf system solution)
            let terms = plan.Assumed @ knownOf fitted @ (placed |> List.map snd)

            let diagnostics =
                [
                    for system, solution in fitted do
                        match plan.Round with
                        // Columns that were dropped before count as well.
                        | Following state when system.HasForceRows -> { diagnose system solution with FeaturesSampled = state.Sampled }
                        | _ -> diagnose system solution
                ]

            let plain =
                {
                    Scope = overview.Scope
                    Terms = terms
                    Constant =
                        // Without energies in the data the first snapshot has energy zero.
                        if overview.HasEnergies then 0.0 else -(energyAt overview.First terms)
                    Diagnostics = diagnostics
                    Units = overview.First.Structure.Labels |> Option.bind _.Units
                    Provenance =
                        {
                            LibraryVersion = libraryVersion
                            Seed = config.Seed
                            Sampler = config.Sampler.Name
                            Width = config.Width
                            Frames = accumulation.Frames
                            PinnedBodies = overview.Sample |> Seq.map _.Structure.PinnedBodies |> Seq.append [ 0 ] |> Seq.max
                            DataHash = accumulation.DataHash
                        }
                    Warnings = []
                    Verdict = None
                    Posterior = posteriorOf fitted
                }

            let verdict = Judgement.verdict config overview plan.Evidence fitted plain

            let model =
                { plain with
                    Warnings = Diagnosis.warnings overview.ForcesVanish verdict.Unexplained overview.Sample plain
                    Verdict = Some verdict
                }

            let error = diagnostics |> List.map _.RelativeError |> List.fold max 0.0

            nextOf plan fitted placed
            |> Result.map (fun struct (improves, next) -> { Model = model; Error = error; Improves = improves; Next = next }))
