namespace HgnFunctional

open System
open System.Numerics.Tensors
open HgnFunctional.Kernels

/// The smooth factor of pairs within a cutoff.
[<NoEquality; NoComparison>]
type CutoffFactor =
    {
        /// The shape c(x).
        Shape: Cutoff
        /// The distance at which x = r / radius = 1.
        Radius: float
    }

/// What a pair block is made of.
[<NoEquality; NoComparison>]
type PairFeatures =
    {
        /// The transform u(r) through which the units see the distance.
        Radial: Radial
        /// The factor c(r), for pairs within a cutoff.
        Factor: CutoffFactor option
        /// The features of one u.
        Units: ScalarUnits
        /// The distances seen in training.
        Range: InvariantRange
    }

/// The energy of one pair as a function of its distance: sum_k readout_k c(r) s_k(u(r)).
[<Struct; NoEquality; NoComparison>]
type internal PairEnergy(features: PairFeatures, readout: float[]) =

    /// Finishes slopes (and values, unless empty) of the sum over units, given with respect to u, into those with respect
    /// to r with the cutoff factor.
    member private _.Finish(distances: ReadOnlySpan<float>, values: Span<float>, slopes: Span<float>) : unit =
        for k in 0 .. distances.Length - 1 do
            slopes[k] <- slopes[k] * features.Radial.Slope distances[k]

        match features.Factor with
        | None -> ()
        | Some factor ->
            for k in 0 .. distances.Length - 1 do
                let x = distances[k] / factor.Radius

                if x >= 1.0 then
                    values[k] <- 0.0
                    slopes[k] <- 0.0
                else
                    let c = factor.Shape.Value x
                    slopes[k] <- c * slopes[k] + factor.Shape.Slope x / factor.Radius * values[k]
                    values[k] <- c * values[k]

    interface IRadialFunction with
        member energy.EvaluateInto(distances, values, slopes) =
            let tile = StackBuffer.floats 128
            let mutable start = 0

            while start < distances.Length do
                let size = min 128 (distances.Length - start)
                let us = tile.Slice(0, size)

                for k in 0 .. size - 1 do
                    us[k] <- features.Radial.Value distances[start + k]

                ScalarUnits.sumInto features.Units readout us (values.Slice(start, size)) (slopes.Slice(start, size))
                start <- start + size

            energy.Finish(distances, values, slopes)

        member energy.SlopeInto(distances, slopes) =
            let tile = StackBuffer.floats 128
            let valueTile = StackBuffer.floats 128
            let mutable start = 0

            while start < distances.Length do
                let size = min 128 (distances.Length - start)
                let us = tile.Slice(0, size)
                let r = distances.Slice(start, size)

                for k in 0 .. size - 1 do
                    us[k] <- features.Radial.Value r[k]

                // The derivative of a product needs the value as well; without a factor the derivative is enough.
                let values = if features.Factor.IsSome then valueTile.Slice(0, size) else Span<float>.Empty
                ScalarUnits.sumInto features.Units readout us values (slopes.Slice(start, size))
                energy.Finish(r, values, slopes.Slice(start, size))
                start <- start + size

/// Features of pairs: Phi_k = sum_ij c(r_ij) s_k(u(r_ij)), with a radial transform u and, for pairs within a cutoff, a
/// smooth factor c. The trend is u and u^2.
[<Sealed; NoEquality; NoComparison>]
type PairBlock internal (features: PairFeatures) =

    let units = features.Units

    /// c(r) and dc/dr.
    let factorAt (r: float) : struct (float * float) =
        match features.Factor with
        | None -> struct (1.0, 0.0)
        | Some factor when r < factor.Radius ->
            let x = r / factor.Radius
            struct (factor.Shape.Value x, factor.Shape.Slope x / factor.Radius)
        | Some _ -> struct (0.0, 0.0)

    /// Radial transform, cutoff factor, units and range.
    member _.Features: PairFeatures = features

    /// The energy of a pair at each distance, for a readout.
    member internal _.PairEnergy(readout: float[]) : PairEnergy = PairEnergy(features, readout)

    interface IFeatureBlock with
        member _.Kind = "pair"
        member _.Width = units.Width
        member _.Trend = units.Degrees.Length
        member _.Part = Potential
        member _.Ranges = [ features.Range ]
        member _.Symmetries = BlockSymmetries.all
        member _.Refuses _ = None

        member _.ValuesInto(configuration, destination) =
            let distances, _ = Invariants.pairs &configuration
            let values = Array.zeroCreate<float> units.Width
            let slopes = Array.zeroCreate<float> units.Width
            let destination = destination.Slice(0, units.Width)
            destination.Clear()

            for r in distances do
                let struct (c, _) = factorAt r
                ScalarUnits.featuresInto units (features.Radial.Value r) (Span<float> values) (Span<float> slopes)

                TensorPrimitives.MultiplyAdd(ReadOnlySpan<float> values, c, Span<float>.op_Implicit destination, destination)

        member block.Energy(configuration, readout) = PairSum.energy (block.PairEnergy readout) &configuration

        member _.RowsInto(configuration, rowsQ, _, stride) =
            let distances, directions = Invariants.pairs &configuration
            let values = Array.zeroCreate<float> units.Width
            let slopes = Array.zeroCreate<float> units.Width
            let dimension = configuration.Structure.Dimension

            for pair in 0 .. distances.Length - 1 do
                let r = distances[pair]
                let struct (c, slopeOfC) = factorAt r
                ScalarUnits.featuresInto units (features.Radial.Value r) (Span<float> values) (Span<float> slopes)
                // d(c s)/dr = c ds/du du/dr + dc/dr s
                TensorPrimitives.Multiply(ReadOnlySpan<float> slopes, c * features.Radial.Slope r, Span<float> slopes)

                if slopeOfC <> 0.0 then
                    TensorPrimitives.MultiplyAdd(ReadOnlySpan<float> values, slopeOfC, ReadOnlySpan<float> slopes, Span<float> slopes)

                PairScatter.AddRows(
                    dimension,
                    configuration.Pairs.Senders[pair],
                    configuration.Pairs.Receivers[pair],
                    ReadOnlySpan<float>(directions, pair * dimension, dimension),
                    ReadOnlySpan<float> slopes,
                    rowsQ,
                    stride
                )

        member block.PullbackInto(configuration, readout, gradientQ, _) =
            PairSum.addGradient (block.PairEnergy readout) &configuration gradientQ

        member block.Response(readout, inputs) =
            let value, slope = [| 0.0 |], [| 0.0 |]

            (block.PairEnergy readout :> IRadialFunction).EvaluateInto(ReadOnlySpan<float> inputs, Span<float> value, Span<float> slope)

            value[0]

        member _.CountOutside(configuration) =
            let distances, _ = Invariants.pairs &configuration
            let outside = distances |> Array.filter (fun r -> r < features.Range.Low || r > features.Range.High)
            struct (outside.Length, distances.Length)

        member _.Select(indices) = PairBlock { features with Units = ScalarUnits.select indices units }

/// How pair blocks are made.
[<RequireQualifiedAccess>]
module PairBlock =

    /// With half the difference of the forces on the two bodies, along the pair, as measured outputs.
    let private collect (snapshot: Snapshot) (pool: InputPool) : unit =
        let configuration = snapshot.Configuration
        let distances, directions = Invariants.pairs &configuration
        let dimension = snapshot.Structure.Dimension
        let point = [| 0.0 |]

        for pair in 0 .. distances.Length - 1 do
            let sender, receiver = snapshot.Pairs.Senders[pair], snapshot.Pairs.Receivers[pair]
            let mutable along = 0.0

            for axis in 0 .. dimension - 1 do
                let difference = snapshot.Forces[sender * dimension + axis] - snapshot.Forces[receiver * dimension + axis]
                along <- along + 0.5 * difference * directions[pair * dimension + axis]

            point[0] <- distances[pair]
            pool.Add(ReadOnlySpan<float> point, along)

    let private make (options: BlockOptions) (sample: TrainingSample) (draw: FeatureDraw) : IFeatureBlock =
        let sample = sample.Inputs
        // Where no pair was ever seen the transform has nothing to act on.
        let seen = if sample.Count = 0 then sample else InputSample.map options.Radial.Value sample

        PairBlock
            {
                Radial = options.Radial
                Factor = options.CutoffRadius |> Option.map (fun radius -> { Shape = options.Cutoff; Radius = radius })
                Units = ScalarUnits.create [| 1; 2 |] (draw "" None seen)
                Range = { Name = "distance"; Low = sample.Low[0]; High = sample.High[0] }
            }

    /// The recipe of pair blocks.
    let recipe: BlockRecipe =
        {
            Kind = "pair"
            Inputs = fun _ -> 1
            Collect = collect
            SeesRadial = true
            Refuses = fun _ _ -> None
            Create = make
        }
