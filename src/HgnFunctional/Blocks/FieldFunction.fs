namespace HgnFunctional.Blocks

open System
open System.Runtime.CompilerServices
open HgnFunctional.Numerics
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Features

/// What a field block is made of.
[<NoEquality; NoComparison>]
type internal FieldFeatures =
    {
        /// The bodies that it acts on.
        Kind: Kind
        /// What the energy of a body is weighted by.
        Weight: Weight
        /// What units see of a place.
        Inputs: SiteInputs
        /// The trend: products of one or two of the inputs, each less its origin and over its scale.
        Products: int[][]
        /// What the products count the inputs from.
        Origins: float[]
        /// The units that the products measure the inputs in.
        Scales: float[]
        /// Hidden units of the inputs.
        Map: FeatureMap
        /// The inputs seen in training; none where the trend is all there is, which knows no range.
        Ranges: InvariantRange list
    }

    /// Number of features.
    member features.Width: int = features.Products.Length + features.Map.Units

/// The energy of one body of weight 1 by its place.
[<Sealed; NoEquality; NoComparison>]
type internal FieldFunction(features: FieldFeatures) =

    let d = features.Inputs.Dimension
    let count = features.Inputs.Count
    let trend = features.Products.Length
    let map = features.Map

    /// An input as the products have it.
    let factor (inputs: Span<float>) (input: int) : float = (inputs[input] - features.Origins[input]) / features.Scales[input]

    let product (inputs: Span<float>) (factors: int[]) : float =
        let first = factor inputs factors[0]
        if factors.Length = 1 then first else first * factor inputs factors[1]

    /// Adds the derivatives of a product by the inputs, times a weight.
    let addSlopes (inputs: Span<float>) (factors: int[]) (weight: float) (ofInputs: Span<float>) : unit =
        let first, second = factors[0], factors[factors.Length - 1]

        if factors.Length = 1 then
            ofInputs[first] <- ofInputs[first] + weight / features.Scales[first]
        else
            ofInputs[first] <- ofInputs[first] + weight * factor inputs second / features.Scales[first]
            ofInputs[second] <- ofInputs[second] + weight * factor inputs first / features.Scales[second]

    /// Adds the hidden units' part of the energy at some inputs, and of its derivatives by them.
    [<SkipLocalsInit>]
    let addUnits (inputs: Span<float>) (readout: float[]) (ofInputs: Span<float>) : float =
        let arguments = StackBuffer.floats 64
        let values = StackBuffer.floats 64
        let slopes = StackBuffer.floats 64
        let mutable energy = 0.0
        let mutable start = 0

        while start < map.Units do
            let size = min 64 (map.Units - start)

            for unit in 0 .. size - 1 do
                let mutable argument = map.Biases[start + unit]

                for k in 0 .. count - 1 do
                    argument <- argument + map.Weights[(start + unit) * count + k] * (inputs[k] - map.Centres[k]) / map.HalfRanges[k]

                arguments[unit] <- argument

            map.Activation.Kernel.Evaluate(Span<float>.op_Implicit(arguments.Slice(0, size)), values.Slice(0, size), slopes.Slice(0, size))

            for unit in 0 .. size - 1 do
                let weight = readout[trend + start + unit]
                energy <- energy + weight * values[unit]

                for k in 0 .. count - 1 do
                    ofInputs[k] <- ofInputs[k] + weight * slopes[unit] * map.Weights[(start + unit) * count + k] / map.HalfRanges[k]

            start <- start + size

        energy

    /// The energy of a body of weight 1 at some inputs; adds its derivatives by them.
    let energyOf (inputs: Span<float>) (readout: float[]) (ofInputs: Span<float>) : float =
        let mutable energy = if map.Units > 0 then addUnits inputs readout ofInputs else 0.0

        for k in 0 .. trend - 1 do
            energy <- energy + readout[k] * product inputs features.Products[k]
            addSlopes inputs features.Products[k] readout[k] ofInputs

        energy

    /// Values of all features at a place [width], and derivatives [width x d]; either may be empty.
    member _.FeaturesAt(place: ReadOnlySpan<float>, values: Span<float>, slopes: Span<float>) : unit =
        let seen = Array.zeroCreate<float> count
        let inputs = Span<float> seen
        features.Inputs.At(place, inputs)
        slopes.Clear()

        for k in 0 .. trend - 1 do
            if not values.IsEmpty then
                values[k] <- product inputs features.Products[k]

            if not slopes.IsEmpty then
                let ofInputs = Array.zeroCreate<float> count
                addSlopes inputs features.Products[k] 1.0 (Span<float> ofInputs)
                features.Inputs.AddGradient(ReadOnlySpan<float> seen, ReadOnlySpan<float> ofInputs, slopes.Slice(k * d, d))

        if map.Units > 0 then
            let outputs = DenseLayer.forward map 1 seen

            if not values.IsEmpty then
                outputs.Values.CopyTo(values.Slice trend)

            if not slopes.IsEmpty then
                let ofInputs = Array.zeroCreate<float> count

                for unit in 0 .. map.Units - 1 do
                    for k in 0 .. count - 1 do
                        ofInputs[k] <- outputs.Slopes[unit] * map.Weights[unit * count + k] / map.HalfRanges[k]

                    let mine = slopes.Slice((trend + unit) * d, d)
                    features.Inputs.AddGradient(ReadOnlySpan<float> seen, ReadOnlySpan<float> ofInputs, mine)

    /// The weighted sum of the features, and its gradient if wanted [d]. Does not allocate.
    [<SkipLocalsInit>]
    member _.EnergyAt(place: ReadOnlySpan<float>, readout: float[], gradient: Span<float>) : float =
        let inputs = StackBuffer.floats (2 * Axes.Most)
        let inputs = inputs.Slice(0, count)
        let ofInputs = StackBuffer.floats (2 * Axes.Most)
        let ofInputs = ofInputs.Slice(0, count)
        ofInputs.Clear()
        features.Inputs.At(place, inputs)
        let energy = energyOf inputs readout ofInputs

        if not gradient.IsEmpty then
            gradient.Clear()
            features.Inputs.AddGradient(Span<float>.op_Implicit inputs, Span<float>.op_Implicit ofInputs, gradient)

        energy

    /// As `EnergyAt`, by what units see of a place.
    member _.EnergyOfInputs(inputs: float[], readout: float[]) : float =
        energyOf (Span<float> inputs) readout (Span<float>(Array.zeroCreate<float> count))
