namespace HgnFunctional.Learning

open System
open System.Numerics.Tensors
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Models

/// What a fit ignored, and why it falls short: cheap tests on a sample of the training data.
[<RequireQualifiedAccess>]
module internal Diagnosis =

    /// Errors up to this are noise of the print or of its time; above it, what the model does not see may matter.
    let private printed = 1e-4

    /// Errors above this are called poor.
    let private poor = 1e-2

    /// A part of a whole above this is no accident.
    let private notable = 0.1

    /// Motions with fewer frames for a period are seen badly.
    let private enoughFrames = 10.0

    /// Net forces below this part of all forces are rounding of the print.
    let private rounding = 1e-5

    /// A snapshot with what the model misses of its forces [N x d].
    [<NoEquality; NoComparison>]
    type private Missed = { Snapshot: Snapshot; Forces: float[]; Residual: float[] }

    let private missedOf (model: TrainedModel) (snapshot: Snapshot) : Missed option =
        match Model.bind snapshot.Structure model with
        | _ when not snapshot.HasForces -> None
        | Error _ -> None
        | Ok dynamics ->
            let _, predicted = Dynamics.timeDerivative dynamics snapshot.State
            let forces = snapshot.Forces.ToArray()
            // What acts on pinned bodies is no one's concern.
            snapshot.Structure.ClearPinned(Span<float> forces)
            Some { Snapshot = snapshot; Forces = forces; Residual = Array.map2 (-) forces predicted }

    let private squares (values: float[]) : float = TensorPrimitives.SumOfSquares(ReadOnlySpan<float> values)

    /// The sum over bodies [d].
    let private total (dimension: int) (values: float[]) : float[] =
        Array.init dimension (fun axis -> Seq.sum (seq { for k in axis..dimension .. values.Length - 1 -> values[k] }))

    /// The net force of the frames over what forces of random directions would leave.
    let private netForce (missed: Missed[]) : Cause option =
        let isHeld = missed |> Array.exists (fun m -> m.Snapshot.Structure.PinnedBodies > 0)
        let d = missed[0].Snapshot.Structure.Dimension
        let net = missed |> Array.sumBy (fun m -> squares (total d m.Forces))
        let all = missed |> Array.sumBy (fun m -> squares m.Forces)
        let part = sqrt (net / max all Double.Epsilon)
        if part > rounding && not isHeld then Some(NetForce part) else None

    /// What is missed, fitted by a direction for all bodies, or one in proportion to the masses.
    let private uniformField (missed: Missed[]) : Cause option =
        let d = missed[0].Snapshot.Structure.Dimension
        let all = missed |> Array.sumBy (fun m -> squares m.Residual)

        let fitted (weightOf: Missed -> int -> float) : float[] * float =
            let sums = Array.zeroCreate<float> d
            let mutable weights = 0.0

            for m in missed do
                for k in 0 .. m.Residual.Length - 1 do
                    let weight = weightOf m (k / d)
                    sums[k % d] <- sums[k % d] + weight * m.Residual[k]

                    if k % d = 0 then
                        weights <- weights + weight * weight

            let field = sums |> Array.map (fun sum -> sum / weights)
            field, weights * squares field / max all Double.Epsilon

        let candidates = [ fitted (fun m body -> m.Snapshot.Structure.Masses[body]); fitted (fun _ _ -> 1.0) ]
        let field, part = candidates |> List.maxBy snd
        let largest = field |> Array.map abs |> Array.max

        if part > notable then
            Some(UniformField(field |> Array.map (fun x -> if abs x < rounding * largest then 0.0 else x) |> List.ofArray))
        else
            None

    let private drag (missed: Missed[]) : Cause option =
        let product =
            missed
            |> Array.sumBy (fun m -> TensorPrimitives.Dot(ReadOnlySpan<float> m.Residual, ReadOnlySpan<float> m.Snapshot.KnownVelocities))

        let residual = missed |> Array.sumBy (fun m -> squares m.Residual)
        let speeds = missed |> Array.sumBy (fun m -> TensorPrimitives.SumOfSquares(ReadOnlySpan<float> m.Snapshot.KnownVelocities))
        let correlation = product / sqrt (max Double.Epsilon (residual * speeds))
        if correlation < -sqrt notable then Some Drag else None

    /// Relative errors by kind of body, where kinds have names.
    let private unequalTypes (missed: Missed[]) : Cause option =
        let errors =
            [|
                for m in missed do
                    let species, d = m.Snapshot.Structure.Species, m.Snapshot.Structure.Dimension

                    for body in 0 .. species.Count - 1 do
                        let at (values: float[]) = squares (Array.sub values (body * d) d)
                        species.NameOf body, at m.Residual, at m.Forces
            |]
            |> Array.groupBy (fun (kind, _, _) -> kind)
            |> Array.filter (fun (_, of') -> of' |> Array.exists (fun (_, _, force) -> force > 0.0))
            |> Array.map (fun (kind, of') ->
                kind, sqrt (Array.sumBy (fun (_, r, _) -> r) of' / max Double.Epsilon (Array.sumBy (fun (_, _, f) -> f) of')))

        if errors.Length < 2 then
            None
        else
            let worst, worstError = errors |> Array.maxBy snd
            let best, bestError = errors |> Array.minBy snd
            Some(UnequalTypes(worst, worstError, best, bestError))

    let private causesOf (missed: Missed[]) : Cause list =
        let fromOutside = List.choose id [ netForce missed; uniformField missed; drag missed ]
        let among = if fromOutside.IsEmpty then [ MoreThanPairs ] else []
        fromOutside @ among @ Option.toList (unequalTypes missed)

    let private tellsCharges (structure: Structure) (charges: float[]) : bool =
        charges
        |> Seq.mapi (fun body charge -> struct (structure.Species.IndexOf body, charge))
        |> Seq.distinct
        |> Seq.length
        |> (=) structure.Species.Names.Length

    /// Whether charges act that neither a weighted law nor laws by species can hold.
    let private chargesAreIgnored (scope: ModelScope) (attributes: string list) (structure: Structure) : bool =
        match structure.TryAttribute AttributeName.Charge with
        | Some charges when Array.exists ((<>) 0.0) charges && not (List.contains AttributeName.Charge attributes) ->
            scope.Reach.IsNone || not (tellsCharges structure charges) || (scope.Species = [ "" ] && structure.Species.TellsApart)
        | _ -> false

    /// What the source names and the model does not look at.
    let private ignored (scope: ModelScope) (attributes: string list) (structures: Structure[]) : Warning list =
        let labels = structures |> Array.choose _.Labels
        let distinct (names: string seq) = names |> Seq.distinct |> Seq.sort |> List.ofSeq
        let types = structures |> Seq.collect _.Species.Names |> distinct
        let bondTypes = structures |> Seq.choose _.Relations.Bonds |> Seq.collect _.Types.Names |> distinct
        let angleTypes = structures |> Seq.choose _.Relations.Angles |> Seq.collect _.Types.Names |> distinct
        let torsions = labels |> Seq.map _.Torsions |> Seq.append [ 0 ] |> Seq.max

        [
            if types.Length > 1 && scope.Species = [ "" ] then
                TypesIgnored types
            if bondTypes.Length > 1 && scope.BondTypes = Some [ "" ] then
                BondTypesIgnored bondTypes
            if angleTypes.Length > 1 && scope.AngleTypes = Some [ "" ] then
                AngleTypesIgnored angleTypes
            if structures |> Array.exists (chargesAreIgnored scope attributes) then
                ChargesIgnored
            if torsions > 0 then
                TorsionsIgnored torsions
        ]

    /// What a model with some relative force error on data ignores of them, and why it falls short, by a sample of their snapshots.
    let ofError (error: float) (sample: Snapshot[]) (model: TrainedModel) : Warning list =
        [
            if error > printed then
                yield!
                    sample
                    |> Array.map _.Structure
                    |> Array.distinctBy System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode
                    |> ignored model.Scope model.Attributes

            if error > poor then
                // Directions are compared within one space.
                let alike = sample |> Array.filter (fun snapshot -> snapshot.Structure.Dimension = sample[0].Structure.Dimension)

                match alike |> Array.choose (missedOf model) with
                | [||] ->
                    match MotionErrors.framesPerPeriod sample with
                    | Some frames when frames < enoughFrames -> PoorFit(error, [ FramesFarApart(Some frames) ])
                    | None when sample |> Array.exists Observation.isOfMotion -> PoorFit(error, [ FramesFarApart None ])
                    | _ -> PoorFit(error, [])
                | missed -> PoorFit(error, causesOf missed)
        ]

    /// The fit of the forces that a model was learned from.
    let private forceFitOf (model: TrainedModel) : FitDiagnostics = model.Diagnostics |> List.find (fun fit -> fit.Part <> "kinetic")

    /// Its relative error, where forces are all that it is of.
    let forceErrorOf (model: TrainedModel) : float = (forceFitOf model).RelativeError

    /// Fewer equations than this for each unknown are few.
    let private fewEquations = 2L

    /// The warnings of a model and a sample of the snapshots that it was learned from.
    let warnings (forcesVanish: bool) (unexplained: float) (sample: Snapshot[]) (model: TrainedModel) : Warning list =
        let fit = forceFitOf model

        [
            if model.KineticFromMasses then
                KineticFromMasses

            if forcesVanish then
                NoForces
            elif fit.Rows < fewEquations * int64 fit.FeaturesKept then
                FewEquations(fit.Rows, fit.FeaturesKept)

            yield! ofError unexplained sample model
        ]
