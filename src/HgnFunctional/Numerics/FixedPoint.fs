namespace HgnFunctional.Numerics

open System
open System.Numerics.Tensors

/// How the search for a fixed point ended.
[<Struct>]
type internal FixedPointOutcome =
    /// Further iterations change nothing but rounding.
    | Converged of convergedIn: int
    /// The last change, relative to the size of the point, was still above rounding.
    | NotConverged of iterations: int * lastChange: float
    /// An iterate is no longer finite.
    | Lost

/// Anderson's acceleration of x = G(x): the combination of past iterates with the least residual G(x) - x (Walker and Ni 2011,
/// doi:10.1137/10078356X).
[<RequireQualifiedAccess>]
module internal AndersonMixing =

    let private dot (a: float[]) (b: float[]) : float = TensorPrimitives.Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)

    /// Weights of past steps of the residual that make it least when they are taken off; none if their products are beyond the range of
    /// numbers. Steps are nearly dependent near the end, hence the least weights that do so.
    let tryWeights (residualSteps: float[][]) (residual: float[]) : float[] option =
        let lengths = residualSteps |> Array.map (fun step -> max Double.Epsilon (sqrt (dot step step)))

        let products =
            Array.init lengths.Length (fun j ->
                Array.init lengths.Length (fun i -> dot residualSteps[i] residualSteps[j] / (lengths[i] * lengths[j])))

        let targets = Array.map2 (fun step length -> dot step residual / length) residualSteps lengths

        SingularValues.tryOfColumns products
        |> Option.map (fun svd -> SingularValues.solveLeastNorm svd targets |> Array.map2 (fun length w -> w / length) lengths)

/// Finds x = G(x) to rounding, in arrays of its own: plain iteration as long as it contracts well, else with Anderson's
/// acceleration.
[<Sealed>]
type internal FixedPoint(size: int) =

    /// Past iterates that are combined.
    let depth = 8
    let mostIterations = 200
    /// Changes below this, relative to the scale of the point, are rounding.
    let rounding = 1e-16
    /// Changes below this that no longer shrink are as small as they get.
    let plateau = 1e-13
    /// Plain iteration goes on while each change is below this fraction of the one before.
    let contraction = 0.3

    /// Half the distance of numbers of order one.
    let unitRoundoff = 1.1102230246251565e-16
    /// Iterations without progress after which the rounding of G is measured.
    let patience = 4

    let image = Array.zeroCreate<float> size
    let shifted = Array.zeroCreate<float> size
    let shiftedImage = Array.zeroCreate<float> size
    let residual = Array.zeroCreate<float> size
    let lastImage = Array.zeroCreate<float> size
    let lastResidual = Array.zeroCreate<float> size
    let imageSteps = Array.init depth (fun _ -> Array.zeroCreate<float> size)
    let residualSteps = Array.init depth (fun _ -> Array.zeroCreate<float> size)

    let subtract (a: float[]) (b: float[]) (destination: float[]) : unit =
        TensorPrimitives.Subtract(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> destination)

    /// x <- G(x) - sum of weights times past steps of G.
    let accelerate (iteration: int) (x: float[]) : unit =
        let slot = iteration % depth
        subtract image lastImage imageSteps[slot]
        subtract residual lastResidual residualSteps[slot]
        let count = min depth (iteration + 1)
        image.CopyTo(x, 0)

        match AndersonMixing.tryWeights (Array.truncate count residualSteps) residual with
        | None -> ()
        | Some weights ->
            for k in 0 .. count - 1 do
                TensorPrimitives.MultiplyAdd(ReadOnlySpan<float> imageSteps[k], -weights[k], ReadOnlySpan<float> x, Span<float> x)

    /// How far G moves from the image of x, relative to the scale, when x is rounded otherwise.
    let roundingOf (apply: Action<float[], float[]>) (scale: float) (x: float[]) : float =
        let mutable most = 0.0

        for trial in 0..1 do
            for k in 0 .. size - 1 do
                let isUp = Rng.mix (uint64 (2 * k + trial)) &&& 1UL = 0UL
                shifted[k] <- x[k] + (if isUp then unitRoundoff * scale else -unitRoundoff * scale)

            apply.Invoke(shifted, shiftedImage)
            subtract shiftedImage image shiftedImage
            most <- max most (abs (TensorPrimitives.MaxMagnitude(ReadOnlySpan<float> shiftedImage)) / scale)

        most

    /// Iterates from x, which ends at the fixed point; `apply` writes G of its first argument to its second. The scale is the
    /// size that rounding is measured against. Where changes no longer shrink, they are compared with how far G itself moves when
    /// its argument is rounded otherwise: no iteration can do better than that, and any other is not at its end.
    member _.Solve(apply: Action<float[], float[]>, scale: float, x: float[]) : FixedPointOutcome =
        let mutable iterations = 0
        let mutable change = infinity
        let mutable accelerated = -1
        let mutable finished = false
        let mutable lowest = infinity
        let mutable stalled = 0

        while not finished && iterations < mostIterations do
            apply.Invoke(x, image)
            subtract image x residual
            let next = abs (TensorPrimitives.MaxMagnitude(ReadOnlySpan<float> residual)) / scale
            iterations <- iterations + 1
            // NaN fails every comparison, so a lost iterate ends the search here.
            finished <- not (next > rounding) || (next < plateau && next >= change) || Double.IsInfinity next
            let contracts = next <= contraction * change
            change <- next

            if next < 0.5 * lowest then
                lowest <- next
                stalled <- 0
            else
                stalled <- stalled + 1

            if not finished && stalled >= patience then
                stalled <- 0
                // Both ends of a change are rounded.
                finished <- next <= 2.0 * roundingOf apply scale x

            if not finished && accelerated < 0 && not contracts then
                accelerated <- 0
                image.CopyTo(x, 0)
            elif not finished && accelerated >= 0 then
                accelerate accelerated x
                accelerated <- accelerated + 1
            else
                image.CopyTo(x, 0)

            image.CopyTo(lastImage, 0)
            residual.CopyTo(lastResidual, 0)

        if not (Double.IsFinite change) then Lost
        elif finished then Converged iterations
        else NotConverged(iterations, change)
