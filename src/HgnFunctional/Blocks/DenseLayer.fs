namespace HgnFunctional

open System
open System.Numerics.Tensors

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

    /// Adds to one item's gradient with respect to its inputs what one unit gives, whose value has this derivative.
    let inline addUnit (map: FeatureMap) (outputs: Outputs) (item: int) (unit: int) (derivative: float) (destination: Span<float>) : unit =
        let width = map.Centres.Length
        let factor = derivative * outputs.Slopes[item * map.Units + unit]

        if factor <> 0.0 then
            let weights = ReadOnlySpan<float>(map.Weights, unit * width, width)
            TensorPrimitives.MultiplyAdd(weights, factor, Span<float>.op_Implicit destination, destination)

    /// Turns gradients with respect to normalised inputs [items x inputs] into those with respect to the inputs.
    let denormalise (map: FeatureMap) (items: int) (gradients: Span<float>) : unit =
        let width = map.Centres.Length

        for item in 0 .. items - 1 do
            let mine = gradients.Slice(item * width, width)
            TensorPrimitives.Divide(Span<float>.op_Implicit mine, ReadOnlySpan<float> map.HalfRanges, mine)

    /// The gradient with respect to the inputs [items x inputs], given that with respect to the values [items x units].
    let backward (map: FeatureMap) (items: int) (outputs: Outputs) (ofValues: float[]) : float[] =
        let width, units = map.Centres.Length, map.Units
        let gradients = Array.zeroCreate<float>(items * width)

        for item in 0 .. items - 1 do
            for unit in 0 .. units - 1 do
                addUnit map outputs item unit ofValues[item * units + unit] (Span<float>(gradients, item * width, width))

        denormalise map items (Span<float> gradients)
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
