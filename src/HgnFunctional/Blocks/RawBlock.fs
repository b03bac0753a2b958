namespace HgnFunctional

open System
open System.Numerics.Tensors

/// Features of all coordinates as they are: Phi_k = s(w_k . (q, p) + b_k), without graph or symmetry, for one number of
/// bodies (RF-HNN; arXiv 2411.17511).
[<Sealed; NoEquality; NoComparison>]
type RawBlock internal (bodies: int, dimension: int, map: FeatureMap) =

    let size = bodies * dimension

    let inputsOf (configuration: inref<Configuration>) : float[] =
        let inputs = Array.zeroCreate<float>(2 * size)
        configuration.Positions.CopyTo(Span<float>(inputs, 0, size))
        configuration.Momenta.CopyTo(Span<float>(inputs, size, size))
        inputs

    /// Number of bodies that it is for.
    member _.Bodies: int = bodies

    /// Number of space dimensions that it is for.
    member _.Dimension: int = dimension

    /// The units.
    member _.Map: FeatureMap = map

    interface IFeatureBlock with
        member _.Kind = "raw"
        member _.Width = map.Units
        member _.Trend = 0
        member _.Part = Coupled
        member _.Kinds = [ EachBody ]
        member _.IsOfMasses = false

        member _.Ranges =
            [
                for k in 0 .. 2 * size - 1 do
                    {
                        Name = (if k < size then $"coordinate {k + 1}" else $"momentum {k - size + 1}")
                        Low = map.Centres[k] - map.HalfRanges[k]
                        High = map.Centres[k] + map.HalfRanges[k]
                    }
            ]

        member _.Symmetries = BlockSymmetries.none

        member _.Attributes = []

        member _.Refuses(structure) =
            if structure.Bodies = bodies && structure.Dimension = dimension then
                None
            else
                Some(NeedsBodies(bodies, dimension))

        member _.ValuesInto(configuration, destination) =
            let outputs = DenseLayer.forward map 1 (inputsOf &configuration)
            outputs.Values.CopyTo destination

        member _.Energy(configuration, readout) =
            let outputs = DenseLayer.forward map 1 (inputsOf &configuration)
            TensorPrimitives.Dot(ReadOnlySpan<float> outputs.Values, ReadOnlySpan<float> readout)

        member _.RowsInto(configuration, rowsQ, rowsP, stride) =
            let outputs = DenseLayer.forward map 1 (inputsOf &configuration)

            for unit in 0 .. map.Units - 1 do
                for t in 0 .. size - 1 do
                    let weight k = map.Weights[unit * 2 * size + k] / map.HalfRanges[k]
                    rowsQ[t * stride + unit] <- rowsQ[t * stride + unit] + outputs.Slopes[unit] * weight t
                    rowsP[t * stride + unit] <- rowsP[t * stride + unit] + outputs.Slopes[unit] * weight (size + t)

        member _.PullbackInto(configuration, readout, gradientQ, gradientP) =
            let outputs = DenseLayer.forward map 1 (inputsOf &configuration)
            let gradient = DenseLayer.backward map 1 1 outputs readout
            TensorPrimitives.Add(Span<float>.op_Implicit gradientQ, ReadOnlySpan<float>(gradient, 0, size), gradientQ)
            TensorPrimitives.Add(Span<float>.op_Implicit gradientP, ReadOnlySpan<float>(gradient, size, size), gradientP)

        member _.Response(readout, inputs) =
            let outputs = DenseLayer.forward map 1 inputs
            TensorPrimitives.Dot(ReadOnlySpan<float> outputs.Values, ReadOnlySpan<float> readout)

        member _.CountOutside(configuration) =
            let outside =
                inputsOf &configuration
                |> Seq.indexed
                |> Seq.filter (fun (k, x) -> not (abs (x - map.Centres[k]) <= map.HalfRanges[k] * (1.0 + 1e-12)))
                |> Seq.length

            struct (outside, 2 * size)

        member _.Select(features) = RawBlock(bodies, dimension, FeatureMap.select features map)

        member _.Save() =
            [
                "bodies", SavedForm.Number(float bodies)
                "dimension", SavedForm.Number(float dimension)
                "map", SavedForm.Fields(SavedParts.ofMap map)
            ]

/// How raw blocks are made.
[<RequireQualifiedAccess>]
module RawBlock =

    let private collect (snapshot: Snapshot) (poolOf: Kind -> InputPool) : unit =
        let q, p = snapshot.State.Positions.ToArray(), snapshot.State.Momenta.ToArray()
        // No scalar that the data holds belongs to the whole state: SWIM draws uniformly, A-SWIM looks at the fitted H.
        (poolOf EachBody).Add(ReadOnlySpan<float>(Array.append q p), 0.0)

    let private make (_: BlockOptions) (sample: TrainingSample) (draw: FeatureDraw) : IFeatureBlock =
        let structure = sample.Snapshots[0].Structure
        let size = structure.Bodies * structure.Dimension
        let groups = Array.init (2 * size) (fun k -> k / size)
        RawBlock(structure.Bodies, structure.Dimension, sample.Inputs |> InputSample.widen groups |> draw "" None)

    let private restore (vocabulary: Vocabulary) (reader: SavedReader) : IFeatureBlock =
        let bodies = reader.Integer("bodies", 1, Int32.MaxValue)
        let dimension = reader.Integer("dimension", 1, SavedParts.mostDimensions)
        RawBlock(bodies, dimension, reader.Object "map" |> SavedParts.toMap vocabulary (2L * int64 bodies * int64 dimension))

    /// The recipe of raw blocks.
    let recipe: BlockRecipe =
        {
            Kind = "raw"
            Kinds = fun _ -> [ EachBody ]
            Inputs = fun snapshot -> 2 * snapshot.State.Positions.Length
            Collect = collect
            SeesRadial = false
            IsOptional = false
            Refuses =
                fun first snapshot ->
                    let structure = snapshot.Structure

                    if structure.Bodies = first.Bodies && structure.Dimension = first.Dimension then
                        None
                    else
                        Some(NeedsBodies(first.Bodies, first.Dimension))
            Create = make
            Restore = restore
        }
