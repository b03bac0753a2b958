namespace HgnFunctional.Learning

open System
open System.Numerics.Tensors
open HgnFunctional.Data
open HgnFunctional.Models

/// How many points of a path are enough.
[<RequireQualifiedAccess>]
module internal Resolution =

    /// Equations that are looked at, if there are as many.
    let private fewestRows = 2048

    /// Windows that are looked at, if there are as many.
    let private fewestWindows = 4

    /// Forces bend no faster than so many points of a path see.
    let private mostPoints = 48

    /// Part of what the forces miss that the points may add.
    let private share = 0.2

    /// Evenly from all windows of the motions of a sample.
    let private windowsOf (form: StencilForm) (sample: Snapshot[]) : Snapshot[][] =
        let all =
            sample
            |> Array.filter Observation.isOfMotion
            |> Array.groupBy _.Trajectory
            |> Array.collect (snd >> Array.windowed form.Frames)

        if all.Length = 0 then
            [||]
        else
            let wanted = min all.Length (max fewestWindows (1 + fewestRows / all[0].[0].Coordinates))
            Array.init wanted (fun k -> all[k * all.Length / wanted])

    /// What forces miss of m q'' in a window, without what is pinned: what they make of it, and m q'' itself.
    let missed (terms: ModelTerm list) (moments: Snapshot[], weights: float[], target: float[]) : float[] =
        let left = Array.copy target

        for moment in 0 .. moments.Length - 1 do
            let _, forces = ModelDynamics.derivativesAt terms moments[moment]
            TensorPrimitives.MultiplyAdd(ReadOnlySpan<float> forces, -weights[moment], ReadOnlySpan<float> left, Span<float> left)

        moments[0].Structure.ClearPinned(Span<float> left)
        left

    let private missedWith (form: StencilForm) (windows: Snapshot[][]) (terms: ModelTerm list) (points: int) : float[][] =
        let guide = Some { Terms = terms; Rule = PathRule points }

        windows
        |> Array.Parallel.map (fun frames ->
            match Observation.tryOver guide form frames with
            | Some(Over(moments, weights, target)) -> missed terms (moments, weights, target)
            | _ -> [||])

    let private squares (values: float[][]) : float =
        values |> Array.sumBy (fun row -> TensorPrimitives.SumOfSquares(ReadOnlySpan<float> row))

    let private apart (coarse: float[][]) (fine: float[][]) : float =
        (coarse, fine) ||> Array.map2 (fun a b -> if a.Length = b.Length then Array.map2 (-) a b else [||]) |> squares

    /// The points of paths that follow some forces, from those of a rule on: so many that twice as many make little difference beside what the forces
    /// miss.
    let guideFrom (rule: PathRule) (form: StencilForm) (sample: Snapshot[]) (terms: ModelTerm list) : PathGuide =
        let windows = windowsOf form sample

        let rec enough (points: int) (missed: float[][]) =
            if points >= mostPoints then
                points
            else
                let finer = missedWith form windows terms (2 * points)

                if apart missed finer <= share * share * squares finer then
                    points
                else
                    enough (2 * points) finer

        let coarse = rule.Places.Length
        let points = enough coarse (missedWith form windows terms coarse)
        { Terms = terms; Rule = if points = coarse then rule else PathRule points }

    /// As `guideFrom`, from few points on.
    let guideOf (form: StencilForm) (sample: Snapshot[]) (terms: ModelTerm list) : PathGuide = guideFrom PathRule.Coarse form sample terms
