namespace HgnFunctional.Learning

open System
open System.Numerics.Tensors
open HgnFunctional.Data
open HgnFunctional.Models

/// How well a model describes motions whose forces were not measured, by windows of a sample.
[<RequireQualifiedAccess>]
module internal MotionErrors =

    /// The frames of each trajectory of a sample of motions, in their order.
    let private runs (sample: Snapshot[]) : Snapshot[][] =
        sample |> Array.filter Observation.isOfMotion |> Array.groupBy _.Trajectory |> Array.map snd

    /// Windows of the sample whose paths follow the forces of the model.
    let private windows (form: StencilForm) (sample: Snapshot[]) (model: TrainedModel) : (Snapshot[] * float[] * float[])[] =
        let guide = Resolution.guideOf form sample model.Terms

        runs sample
        |> Array.collect (fun run ->
            run
            |> Array.windowed form.Frames
            |> Array.Parallel.choose (fun frames ->
                match Observation.tryOver (Some guide) form frames with
                | Some(Over(moments, weights, target)) -> Some(moments, weights, target)
                | _ -> None))

    let private missed (model: TrainedModel) : Snapshot[] * float[] * float[] -> float[] = Resolution.missed model.Terms

    let private squares (values: float[]) : float = TensorPrimitives.SumOfSquares(ReadOnlySpan<float> values)

    /// The variance of m sum_k a_k q_k of a form at some times, summed over coordinates, for noise of variance one in each.
    let private amplification (form: StencilForm) (run: Snapshot[]) (start: int) : float =
        let frames = Array.sub run start form.Frames
        let stencil = Stencil.create form frames[0].HasVelocities (frames |> Array.map (fun frame -> frame.Time.Value))
        let structure, d = frames[0].Structure, frames[0].Structure.Dimension
        let ofWeights = squares stencil.OfPositions + squares stencil.OfVelocities

        Seq.sum (
            seq {
                for k in 0 .. frames[0].Coordinates - 1 do
                    if structure.Pins.IsEmpty || not structure.Pins[k] then
                        structure.Masses[k / d] * structure.Masses[k / d] * ofWeights
            }
        )

    let private ofUnitNoise (form: StencilForm) (sample: Snapshot[]) : float =
        runs sample
        |> Array.sumBy (fun run -> Seq.sum (seq { for start in 0 .. run.Length - form.Frames -> amplification form run start }))

    /// The standard deviation of the noise in coordinates, by what a model misses where it is loudest: over the fewest frames. None
    /// where velocities were measured as well.
    let noise (sample: Snapshot[]) (model: TrainedModel) : float option =
        let form = Exact 5

        if sample |> Array.exists (fun frame -> Observation.isOfMotion frame && frame.HasVelocities) then
            None
        else
            let ofData = windows form sample model |> Array.sumBy (missed model >> squares)
            Some(sqrt (ofData / max (ofUnitNoise form sample) Double.Epsilon))

    /// What frames have that no polynomial through all but one of so many has: the standard deviation of the noise in coordinates, if
    /// nothing else moves as fast.
    let private roughness (frames: int) (sample: Snapshot[]) : float =
        let mutable sum = 0.0
        let mutable count = 0

        for run in runs sample do
            for window in run |> Seq.windowed frames do
                let times = window |> Array.map (fun frame -> frame.Time.Value)

                let weightOf k = times |> Array.mapi (fun other t -> if other = k then 1.0 else 1.0 / (times[k] - t)) |> Array.fold (*) 1.0

                let weights = Array.init frames weightOf
                let size = sqrt (squares weights)
                let values = Paths.displacements window

                for k in 0 .. window[0].Coordinates - 1 do
                    let across = Seq.sum (seq { for frame in 0 .. frames - 1 -> weights[frame] / size * values[frame][k] })
                    sum <- sum + across * across
                    count <- count + 1

        if count = 0 then 0.0 else sqrt (sum / float count)

    /// The number of frames for a period of the fastest motion that frames show, and the noise in coordinates if they are noise of one
    /// size rather than motion. Eighth differences over sixth ones, both over those of noise of one: 1 for noise, (2 sin(w h / 2))^2 sqrt(C(12,6) /
    /// C(16,8)) for a frequency w at intervals of h.
    let private textureOf (sample: Snapshot[]) : struct (float * float option) =
        match roughness 9 sample, roughness 7 sample with
        | eighth, sixth when eighth > 0.0 && sixth > 0.0 ->
            let ratio = eighth / sixth
            let sine = min 1.0 (0.5 * sqrt (ratio / sqrt (924.0 / 12870.0)))
            struct (Math.PI / asin sine, (if ratio > 0.8 then Some eighth else None))
        | _ -> struct (infinity, None)

    /// Whether frames look like noise: neighbours have less to do with each other than motion has.
    let isNoisy (sample: Snapshot[]) : bool =
        let struct (_, noise) = textureOf sample
        noise.IsSome

    /// Frames for a period of the fastest motion, where that is what they show, and not noise.
    let framesPerPeriod (sample: Snapshot[]) : float option =
        match textureOf sample with
        | struct (frames, None) -> Some frames
        | _ -> None

    /// Noise above this part of m q'' is not taken off what is missed.
    let private mostNoise = 0.3

    /// What a model misses of m q'', beyond what noise of the data explains, over m q'' itself.
    let unexplained (form: StencilForm) (sample: Snapshot[]) (model: TrainedModel) : float =
        let all = windows form sample model
        let size = all |> Array.sumBy (fun (_, _, target) -> squares target)
        let error = all |> Array.sumBy (missed model >> squares)

        let ofNoise =
            match textureOf sample with
            // Places say nothing of the noise of velocities.
            | _ when sample |> Array.exists (fun frame -> Observation.isOfMotion frame && frame.HasVelocities) -> 0.0
            | struct (_, Some noise) -> noise * noise * ofUnitNoise form sample
            | _ -> 0.0

        let all = sqrt (error / max size Double.Epsilon)
        // Whether it is noise or motion between the frames: so much of it hides a law as well.
        if all > mostNoise then
            all
        else
            sqrt (max 0.0 (error - ofNoise) / max size Double.Epsilon)
