namespace HgnFunctional.Blocks

open System
open System.Numerics.Tensors
open System.Runtime.CompilerServices
open HgnFunctional.Numerics
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Invariance
open HgnFunctional.Features

/// Energies of single bodies in a field that stands in space, Phi_k = sum_i w_i s_k(q_i); w is 1, the mass or the charge. A uniform
/// field has the coordinates alone, Phi_a = sum_i w_i q_i,a, so that its readout is minus the field, along periodic axes too; other
/// fields (traps, walls, waves) have products of what is seen of a place (`SiteInputs`), and hidden units.
[<Sealed; NoEquality; NoComparison>]
type FieldBlock internal (features: FieldFeatures) =

    let d = features.Inputs.Dimension
    let trend = features.Products.Length
    let map = features.Map
    let field = FieldFunction features

    let isUniform =
        map.Units = 0 && features.Inputs.AreCoordinates && features.Products |> Array.forall (fun product -> product.Length = 1)

    /// What it is made of.
    member internal _.Features: FieldFeatures = features

    /// What the energy of a body is weighted by.
    member _.Weight: Weight = features.Weight

    static member internal RefusalOf(features: FieldFeatures, structure: Structure) : BlockError option =
        let inputs = features.Inputs

        if structure.Dimension <> inputs.Dimension then
            Some(NeedsDimension inputs.Dimension)
        elif not (structure.HasWeights features.Weight) then
            PairBlock.WeightRefusal(features.Weight, structure)
        elif
            not inputs.AreCoordinates
            && not (
                structure.Cell.Periods.SequenceEqual(ReadOnlySpan<float> inputs.Periods)
                && structure.Cell.Tilts.SequenceEqual(ReadOnlySpan<float> inputs.Tilts)
            )
        then
            let box (periods: float[]) : string =
                let axes =
                    periods
                    |> Array.mapi (fun axis period ->
                        if period > 0.0 then
                            $"{AxisName.ofAxis axis} repeats after {period:G6}"
                        else
                            $"{AxisName.ofAxis axis} is open")

                String.concat ", " axes

            Some(
                Refused(
                    "field",
                    $"it was trained on coordinates in a box ({box inputs.Periods}), and here {box (structure.Cell.Periods.ToArray())}; expected the same box, tilts too."
                )
            )
        else
            None

    interface IEnergyBlock with
        member _.Kind = if isUniform then "uniform field" else "field"
        member _.Width = features.Width
        member _.Trend = trend
        member _.Part = Potential
        member _.Kinds = [ features.Kind ]
        member _.IsOfMasses = false
        member _.Ranges = features.Ranges

        // It stands in space.
        member _.Symmetries = { BlockSymmetries.none with Permutations = true }

        member _.ActsFromOutside = true
        member _.Hops = Some 0

        member _.Constants =
            [
                if isUniform then
                    for feature, product in Seq.indexed features.Products do
                        {
                            Feature = feature
                            Quantity = "uniform field" + Weight.suffix features.Weight
                            Component = AxisName.ofAxis product[0]
                            Factor = -1.0 / features.Scales[product[0]]
                        }
            ]

        member _.Attributes = Weight.attributes features.Weight
        member _.Refuses(structure) = FieldBlock.RefusalOf(features, structure)

        member _.ValuesInto(configuration, destination) =
            let structure = configuration.Structure
            let weights = structure.WeightsOf features.Weight
            let species = BodySelection.speciesOf features.Kind structure
            let values = Array.zeroCreate<float> features.Width
            let destination = destination.Slice(0, features.Width)
            destination.Clear()

            for body in 0 .. structure.Bodies - 1 do
                if BodySelection.isOf species structure body then
                    field.FeaturesAt(configuration.Positions.Slice(body * d, d), Span<float> values, Span<float>.Empty)

                    TensorPrimitives.MultiplyAdd(
                        ReadOnlySpan<float> values,
                        BodySelection.weightOf weights body,
                        Span<float>.op_Implicit destination,
                        destination
                    )

        member _.Energy(configuration, readout) =
            let structure = configuration.Structure
            let weights = structure.WeightsOf features.Weight
            let species = BodySelection.speciesOf features.Kind structure
            let mutable total = 0.0

            for body in 0 .. structure.Bodies - 1 do
                if BodySelection.isOf species structure body then
                    let energy = field.EnergyAt(configuration.Positions.Slice(body * d, d), readout, Span<float>.Empty)
                    total <- total + BodySelection.weightOf weights body * energy

            total

        member _.RowsInto(configuration, rowsQ, _, stride) =
            let structure = configuration.Structure
            let weights = structure.WeightsOf features.Weight
            let species = BodySelection.speciesOf features.Kind structure
            let slopes = Array.zeroCreate<float>(features.Width * d)

            for body in 0 .. structure.Bodies - 1 do
                if BodySelection.isOf species structure body then
                    field.FeaturesAt(configuration.Positions.Slice(body * d, d), Span<float>.Empty, Span<float> slopes)
                    let weight = BodySelection.weightOf weights body

                    for axis in 0 .. d - 1 do
                        let row = (body * d + axis) * stride

                        for k in 0 .. features.Width - 1 do
                            rowsQ[row + k] <- rowsQ[row + k] + weight * slopes[k * d + axis]

        [<SkipLocalsInit>]
        member _.PullbackInto(configuration, readout, gradientQ, _) =
            let structure = configuration.Structure
            let weights = structure.WeightsOf features.Weight
            let species = BodySelection.speciesOf features.Kind structure
            let mine = StackBuffer.floats Axes.Most
            let mine = mine.Slice(0, d)

            for body in 0 .. structure.Bodies - 1 do
                if BodySelection.isOf species structure body then
                    field.EnergyAt(configuration.Positions.Slice(body * d, d), readout, mine) |> ignore
                    let weight = BodySelection.weightOf weights body

                    for axis in 0 .. d - 1 do
                        gradientQ[body * d + axis] <- gradientQ[body * d + axis] + weight * mine[axis]

        member _.TellsStrain _ = true

        member block.StrainInto(configuration, readout, destination) =
            let gradient = Array.zeroCreate<float> configuration.Positions.Length
            (block :> IEnergyBlock).PullbackInto(&configuration, readout, Span<float> gradient, Span<float>.Empty)
            Strain.addAll d (ReadOnlySpan<float> gradient) configuration.Positions destination

        member block.StrainRowsInto(configuration, rows, stride) =
            let rowsQ = Array.zeroCreate<float>(configuration.Positions.Length * features.Width)
            (block :> IEnergyBlock).RowsInto(&configuration, Span<float> rowsQ, Span<float>.Empty, features.Width)
            Strain.addRows d features.Width rowsQ configuration.Positions rows stride

        member _.Response(readout, inputs) = field.EnergyOfInputs(inputs, readout)

        member _.CountOutside(configuration) =
            if features.Ranges.IsEmpty then
                struct (0, 0)
            else
                let structure = configuration.Structure
                let species = BodySelection.speciesOf features.Kind structure
                let inputs = Array.zeroCreate<float> features.Inputs.Count
                let mutable outside = 0
                let mutable total = 0

                for body in 0 .. structure.Bodies - 1 do
                    if BodySelection.isOf species structure body then
                        features.Inputs.At(configuration.Positions.Slice(body * d, d), Span<float> inputs)
                        total <- total + inputs.Length

                        for k in 0 .. inputs.Length - 1 do
                            if not (abs (inputs[k] - map.Centres[k]) <= map.HalfRanges[k] * (1.0 + 1e-12)) then
                                outside <- outside + 1

                struct (outside, total)

        member _.Select(kept) =
            let products, units = kept |> Array.partition (fun feature -> feature < trend)
            let units = units |> Array.map (fun feature -> feature - trend)

            FieldBlock
                { features with
                    Products = products |> Array.map (fun feature -> features.Products[feature])
                    Map = FeatureMap.select units map
                }

        member _.Save() =
            [
                "bodies", SavedParts.ofKind features.Kind
                yield! SavedParts.ofWeight features.Weight
                "products", SavedForm.List [ for product in features.Products -> SavedForm.ofInts product ]
                "origins", SavedForm.Numbers features.Origins
                "scales", SavedForm.Numbers features.Scales

                if not isUniform then
                    "periods", SavedForm.Numbers features.Inputs.Periods
                    "tilts", SavedForm.Numbers features.Inputs.Tilts
                    "map", SavedForm.Fields(SavedParts.ofMap map)
            ]
