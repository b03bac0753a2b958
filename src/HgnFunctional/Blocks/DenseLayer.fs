namespace HgnFunctional.Blocks

open System
open System.Numerics.Tensors
open HgnFunctional.Features

/// Hidden units of several inputs on several items at a time: forwards with derivatives, and backwards.
[<RequireQualifiedAccess>]
module internal DenseLayer =

    /// What a layer computed: s(w_k . x + b_k) and s' of the same argument, each [items x units].
    [<NoEquality; NoComparison>]
    type Outputs = { Values: float[]; Slopes: float[] }

    /// The layer on inputs [items x inputs].
    let forward (map: FeatureMap) (items: int) (inputs: float[]) : Outputs =
        let width, units = map.Centres.Length, map.Units
        let arguments = Array.zeroCreate<float>(items * units)
        let normalised = Array.zeroCreate<float> width

        for item in 0 .. items - 1 do
            for k in 0 .. width - 1 do
                normalised[k] <- (inputs[item * width + k] - map.Centres[k]) / map.HalfRanges[k]

            for unit in 0 .. units - 1 do
                let weights = ReadOnlySpan<float>(map.Weights, unit * width, width)
                arguments[item * units + unit] <- map.Biases[unit] + TensorPrimitives.Dot(weights, ReadOnlySpan<float> normalised)

        let values, slopes = Array.zeroCreate<float> arguments.Length, Array.zeroCreate<float> arguments.Length
        map.Activation.Kernel.Evaluate(ReadOnlySpan<float> arguments, Span<float> values, Span<float> slopes)
        { Values = values; Slopes = slopes }

    /// The weights of some units as inputs see them: divided by half ranges, [units x inputs].
    let private perInput (map: FeatureMap) (first: int) (units: int) : float[] =
        let width = map.Centres.Length
        let weights = Array.zeroCreate<float>(units * width)

        for unit in 0 .. units - 1 do
            TensorPrimitives.Divide(
                ReadOnlySpan<float>(map.Weights, (first + unit) * width, width),
                ReadOnlySpan<float> map.HalfRanges,
                Span<float>(weights, unit * width, width)
            )

        weights

    /// The gradients of several functions with respect to the inputs [items x functions x inputs], given those with respect
    /// to the values [items x functions x units].
    let backward (map: FeatureMap) (items: int) (functions: int) (outputs: Outputs) (ofValues: float[]) : float[] =
        let width, units = map.Centres.Length, map.Units
        let weights = perInput map 0 units
        // [inputs x units], so that each derivative is one product of neighbouring numbers.
        let transposed = Array.init (width * units) (fun k -> weights[k % units * width + k / units])
        let slopes = Array.zeroCreate<float>(width * units)
        let gradients = Array.zeroCreate<float>(items * functions * width)

        for item in 0 .. items - 1 do
            let ofArguments = ReadOnlySpan<float>(outputs.Slopes, item * units, units)

            for k in 0 .. width - 1 do
                TensorPrimitives.Multiply(
                    ReadOnlySpan<float>(transposed, k * units, units),
                    ofArguments,
                    Span<float>(slopes, k * units, units)
                )

            for f in item * functions .. (item + 1) * functions - 1 do
                let mine = ReadOnlySpan<float>(ofValues, f * units, units)

                for k in 0 .. width - 1 do
                    gradients[f * width + k] <- TensorPrimitives.Dot(mine, ReadOnlySpan<float>(slopes, k * units, units))

        gradients

    /// The gradients of single units, from `first` on, with respect to the inputs [items x functions x inputs], times a
    /// factor for each item.
    let ofUnits (map: FeatureMap) (items: int) (first: int) (functions: int) (outputs: Outputs) (factors: float[]) : float[] =
        let width = map.Centres.Length
        let weights = perInput map first functions
        let gradients = Array.zeroCreate<float>(items * functions * width)

        for item in 0 .. items - 1 do
            for f in 0 .. functions - 1 do
                TensorPrimitives.Multiply(
                    ReadOnlySpan<float>(weights, f * width, width),
                    factors[item] * outputs.Slopes[item * map.Units + first + f],
                    Span<float>(gradients, (item * functions + f) * width, width)
                )

        gradients

    /// The range and points of inputs [items x inputs] that lie together in one array, for a sampler.
    let sampleOf (width: int) (inputs: float[]) (outputs: float[]) : InputSample =
        let column k = seq { for item in 0 .. inputs.Length / width - 1 -> inputs[item * width + k] }
        let bound (choose: float seq -> float) k = if inputs.Length = 0 then 0.0 else choose (column k)

        {
            Low = Array.init width (bound Seq.min)
            High = Array.init width (bound Seq.max)
            Points = inputs
            Outputs = outputs
        }
