namespace HgnFunctional.Blocks

open System
open System.Numerics.Tensors
open HgnFunctional.Features

/// The features of one scalar invariant u: powers of the normalised invariant (the trend), then hidden units. Shared by
/// blocks whose inputs are scalars.
[<NoEquality; NoComparison>]
type ScalarUnits =
    {
        /// Powers of the trend, 1 or 2, in ascending order.
        Degrees: int[]
        /// Hidden units of one input.
        Map: FeatureMap
    }

    /// Number of features.
    member units.Width: int = units.Degrees.Length + units.Map.Units

/// Values and derivatives of scalar units.
[<RequireQualifiedAccess>]
module internal ScalarUnits =

    /// Units with the given trend, for inputs drawn by a sampler.
    let create (degrees: int[]) (map: FeatureMap) : ScalarUnits = { Degrees = degrees; Map = map }

    /// Only the features of the given indices; they must be ascending, so that the trend stays in front.
    let select (features: int[]) (units: ScalarUnits) : ScalarUnits =
        let trend, hidden = features |> Array.partition (fun feature -> feature < units.Degrees.Length)
        let hidden = hidden |> Array.map (fun feature -> feature - units.Degrees.Length)

        {
            Degrees = trend |> Array.map (fun feature -> units.Degrees[feature])
            Map = FeatureMap.select hidden units.Map
        }

    let inline private normalise (units: ScalarUnits) (u: float) : float = (u - units.Map.Centres[0]) / units.Map.HalfRanges[0]

    /// Every feature at one u [width], and its derivative with respect to u.
    let featuresInto (units: ScalarUnits) (u: float) (values: Span<float>) (slopes: Span<float>) : unit =
        let x = normalise units u
        let trend = units.Degrees.Length

        units.Map.Activation.Kernel.Features(
            x,
            ReadOnlySpan<float> units.Map.Weights,
            ReadOnlySpan<float> units.Map.Biases,
            values.Slice trend,
            slopes.Slice trend
        )

        for k in 0 .. trend - 1 do
            let degree = units.Degrees[k]
            values[k] <- if degree = 1 then x else x * x
            slopes[k] <- if degree = 1 then 1.0 else 2.0 * x

        TensorPrimitives.Multiply(Span<float>.op_Implicit slopes, 1.0 / units.Map.HalfRanges[0], slopes)

    /// The derivative of the weighted sum of the features where it is the same at each u: that of a linear trend alone.
    let constantSlope (units: ScalarUnits) (readout: float[]) : float voption =
        if units.Width = 1 && units.Degrees.Length = 1 && units.Degrees[0] = 1 then
            ValueSome(1.0 / units.Map.HalfRanges[0] * readout[0])
        else
            ValueNone

    /// The weighted sum of the features at each u, and its derivative with respect to u. With no values wanted (an empty
    /// span) only derivatives are computed. `us` is overwritten.
    let sumInto (units: ScalarUnits) (readout: ReadOnlySpan<float>) (us: Span<float>) (values: Span<float>) (slopes: Span<float>) : unit =
        let x = Span<float>.op_Implicit us
        TensorPrimitives.Subtract(x, units.Map.Centres[0], us)
        TensorPrimitives.Divide(x, units.Map.HalfRanges[0], us)
        let trend = units.Degrees.Length
        let weights = ReadOnlySpan<float> units.Map.Weights
        let biases = ReadOnlySpan<float> units.Map.Biases
        let hiddenReadout = readout.Slice trend
        let kernel = units.Map.Activation.Kernel

        if values.IsEmpty then
            kernel.SumSlope(x, weights, biases, hiddenReadout, slopes)
        else
            kernel.Sum(x, weights, biases, hiddenReadout, values, slopes)

        let mutable linear = 0.0
        let mutable quadratic = 0.0

        for k in 0 .. trend - 1 do
            if units.Degrees[k] = 1 then linear <- readout[k] else quadratic <- readout[k]

        // scale * (slopes + linear + 2 quadratic x)
        let sums = Span<float>.op_Implicit slopes
        TensorPrimitives.MultiplyAdd(x, 2.0 * quadratic, sums, slopes)
        TensorPrimitives.Add(sums, linear, slopes)
        TensorPrimitives.Multiply(sums, 1.0 / units.Map.HalfRanges[0], slopes)

        // values + x (linear + quadratic x), which leaves the inputs behind
        if not values.IsEmpty then
            let sums = Span<float>.op_Implicit values
            TensorPrimitives.MultiplyAdd(x, linear, sums, values)
            TensorPrimitives.Multiply(x, x, us)
            TensorPrimitives.MultiplyAdd(x, quadratic, sums, values)
