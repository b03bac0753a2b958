namespace HgnFunctional.Blocks

open System
open System.Numerics.Tensors
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
        /// The trend: products of coordinates along these axes, one or two of them, less the origin and over the scale.
        Products: int[][]
        /// The place from which products count [d].
        Origin: float[]
        /// The unit of length of the products.
        Scale: float
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
    let trend = features.Products.Length
    let map = features.Map

    /// A coordinate as the products have it.
    let coordinate (place: ReadOnlySpan<float>) (axis: int) : float = (place[axis] - features.Origin[axis]) / features.Scale

    /// Values of all features at a place [width], and derivatives [width x d]; either may be empty.
    let featuresAt (place: ReadOnlySpan<float>) (values: Span<float>) (slopes: Span<float>) : unit =
        for k in 0 .. trend - 1 do
            let product = features.Products[k]

            if not values.IsEmpty then
                let first = coordinate place product[0]
                values[k] <- if product.Length = 1 then first else first * coordinate place product[1]

            if not slopes.IsEmpty then
                let mine = slopes.Slice(k * d, d)
                mine.Clear()

                if product.Length = 1 then
                    mine[product[0]] <- 1.0 / features.Scale
                else
                    mine[product[0]] <- mine[product[0]] + coordinate place product[1] / features.Scale
                    mine[product[1]] <- mine[product[1]] + coordinate place product[0] / features.Scale

        if map.Units > 0 then
            let count = features.Inputs.Count
            let inputs = Array.zeroCreate<float> count
            features.Inputs.At(place, Span<float> inputs)
            let outputs = DenseLayer.forward map 1 inputs

            if not values.IsEmpty then
                outputs.Values.CopyTo(values.Slice trend)

            if not slopes.IsEmpty then
                let ofInputs = Array.zeroCreate<float> count

                for unit in 0 .. map.Units - 1 do
                    for k in 0 .. count - 1 do
                        ofInputs[k] <- outputs.Slopes[unit] * map.Weights[unit * count + k] / map.HalfRanges[k]

                    let mine = slopes.Slice((trend + unit) * d, d)
                    mine.Clear()
                    features.Inputs.AddGradient(ReadOnlySpan<float> inputs, ReadOnlySpan<float> ofInputs, mine)

    /// The energy of a body of weight 1, and its gradient if wanted [d].
    [<SkipLocalsInit>]
    let energyAt (place: ReadOnlySpan<float>) (readout: float[]) (gradient: Span<float>) : float =
        let mutable energy = 0.0
        gradient.Clear()

        for k in 0 .. trend - 1 do
            let product = features.Products[k]
            let first = coordinate place product[0]

            if product.Length = 1 then
                energy <- energy + readout[k] * first

                if not gradient.IsEmpty then
                    gradient[product[0]] <- gradient[product[0]] + readout[k] / features.Scale
            else
                let second = coordinate place product[1]
                energy <- energy + readout[k] * first * second

                if not gradient.IsEmpty then
                    gradient[product[0]] <- gradient[product[0]] + readout[k] * second / features.Scale
                    gradient[product[1]] <- gradient[product[1]] + readout[k] * first / features.Scale

        if map.Units > 0 then
            let count = features.Inputs.Count
            let inputs = StackBuffer.floats (2 * Axes.Most)
            let inputs = inputs.Slice(0, count)
            let ofInputs = StackBuffer.floats (2 * Axes.Most)
            let ofInputs = ofInputs.Slice(0, count)
            let arguments = StackBuffer.floats 64
            let values = StackBuffer.floats 64
            let slopes = StackBuffer.floats 64
            features.Inputs.At(place, inputs)
            ofInputs.Clear()
            let mutable start = 0

            while start < map.Units do
                let size = min 64 (map.Units - start)

                for unit in 0 .. size - 1 do
                    let mutable argument = map.Biases[start + unit]

                    for k in 0 .. count - 1 do
                        argument <- argument + map.Weights[(start + unit) * count + k] * (inputs[k] - map.Centres[k]) / map.HalfRanges[k]

                    arguments[unit] <- argument

                map.Activation.Kernel.Evaluate(
                    Span<float>.op_Implicit(arguments.Slice(0, size)),
                    values.Slice(0, size),
                    slopes.Slice(0, size)
                )

                for unit in 0 .. size - 1 do
                    let weight = readout[trend + start + unit]
                    energy <- energy + weight * values[unit]

                    for k in 0 .. count - 1 do
                        ofInputs[k] <- ofInputs[k] + weight * slopes[unit] * map.Weights[(start + unit) * count + k] / map.HalfRanges[k]

                start <- start + size

            if not gradient.IsEmpty then
                features.Inputs.AddGradient(Span<float>.op_Implicit inputs, Span<float>.op_Implicit ofInputs, gradient)

        energy

    /// Values of all features at a place [width], and derivatives [width x d]; either may be empty.
    member _.FeaturesAt(place: ReadOnlySpan<float>, values: Span<float>, slopes: Span<float>) : unit = featuresAt place values slopes

    /// The weighted sum of the features, and its gradient if wanted [d]. Does not allocate.
    member _.EnergyAt(place: ReadOnlySpan<float>, readout: float[], gradient: Span<float>) : float = energyAt place readout gradient

    /// As `EnergyAt`, by what units see of a place: the trend has no periodic axis then.
    member _.EnergyOfInputs(inputs: float[], readout: float[]) : float =
        let coordinate axis = (inputs[features.Inputs.StartOf axis] - features.Origin[axis]) / features.Scale

        let ofTrend =
            features.Products
            |> Array.mapi (fun k product -> readout[k] * (product |> Array.fold (fun x axis -> x * coordinate axis) 1.0))

        let ofUnits =
            if map.Units = 0 then
                0.0
            else
                TensorPrimitives.Dot(
                    ReadOnlySpan<float>((DenseLayer.forward map 1 inputs).Values),
                    ReadOnlySpan<float>(readout, trend, map.Units)
                )

        Array.sum ofTrend + ofUnits
