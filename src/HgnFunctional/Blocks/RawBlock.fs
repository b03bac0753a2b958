namespace HgnFunctional.Blocks

open System
open System.Numerics.Tensors
open HgnFunctional.Bodies
open HgnFunctional.Invariance
open HgnFunctional.Data
open HgnFunctional.Features

/// The inputs of raw features: coordinates as they are; but those along periodic axes are angles, which enter as sine and cosine, so
/// that features repeat where the coordinate does, and so do the differences of angles of one period, on which links that hang on each
/// other depend; then momenta.
[<Sealed; NoEquality; NoComparison>]
type RawInputs(bodies: int, periods: float[]) =

    let d = periods.Length
    let size = bodies * d
    let isAngle (t: int) : bool = periods[t % d] > 0.0
    let coordinates = [| 0 .. size - 1 |] |> Array.filter (isAngle >> not)
    let angles = [| 0 .. size - 1 |] |> Array.filter isAngle

    /// Turns of 2 pi for each unit of a coordinate.
    let rate (t: int) : float = 2.0 * Math.PI / periods[t % d]

    /// The second is taken off the first; an angle alone has none.
    let turns =
        [|
            for t in angles do
                struct (t, -1)
            for t in angles do
                for other in angles do
                    if t < other && periods[t % d] = periods[other % d] then
                        struct (t, other)
        |]

    let firstMomentum = coordinates.Length + 2 * turns.Length

    /// Number of bodies.
    member _.Bodies: int = bodies

    /// Number of space dimensions.
    member _.Dimension: int = d

    /// After which length the coordinates along each axis repeat [d]; 0 where they do not.
    member _.Periods: ReadOnlySpan<float> = ReadOnlySpan<float> periods

    /// Number of inputs.
    member _.Count: int = firstMomentum + size

    /// Their number for so many bodies, without making them.
    static member internal CountFor(bodies: int, periods: float[]) : float =
        let angles = periods |> Array.filter (fun period -> period > 0.0)

        let pairs =
            angles
            |> Array.countBy id
            |> Array.sumBy (fun (_, axes) -> let all = float bodies * float axes in 0.5 * all * (all - 1.0))

        let size = float bodies * float periods.Length
        2.0 * size + float bodies * float angles.Length + 2.0 * pairs

    /// What each input is, and a number for those that have its unit of measure.
    member _.Names: (string * int)[] =
        [|
            for t in coordinates do
                yield $"coordinate {t + 1}", 0
            for struct (t, other) in turns do
                let angle =
                    if other < 0 then
                        $"coordinate {t + 1}"
                    else
                        $"coordinate {t + 1} less {other + 1}"

                yield $"sine of {angle}", 2
                yield $"cosine of {angle}", 2
            for t in 0 .. size - 1 do
                yield $"momentum {t + 1}", 1
        |]

    /// The inputs at positions and momenta [N x d].
    member inputs.At(positions: ReadOnlySpan<float>, momenta: ReadOnlySpan<float>) : float[] =
        let values = Array.zeroCreate<float> inputs.Count

        for k in 0 .. coordinates.Length - 1 do
            values[k] <- positions[coordinates[k]]

        for k in 0 .. turns.Length - 1 do
            let struct (t, other) = turns[k]
            let angle = if other < 0 then positions[t] else positions[t] - positions[other]
            let struct (sine, cosine) = Math.SinCos(rate t * angle)
            values[coordinates.Length + 2 * k] <- sine
            values[coordinates.Length + 2 * k + 1] <- cosine

        for t in 0 .. size - 1 do
            values[firstMomentum + t] <- momenta[t]

        values

    /// Writes the derivatives by positions and momenta [N x d] of a function whose derivatives by the inputs are known.
    member _.PullbackInto(values: float[], ofInputs: float[], byQ: Span<float>, byP: Span<float>) : unit =
        byQ.Clear()

        for k in 0 .. coordinates.Length - 1 do
            byQ[coordinates[k]] <- ofInputs[k]

        for k in 0 .. turns.Length - 1 do
            let struct (t, other) = turns[k]
            let sine, cosine = coordinates.Length + 2 * k, coordinates.Length + 2 * k + 1
            let slope = rate t * (values[cosine] * ofInputs[sine] - values[sine] * ofInputs[cosine])
            byQ[t] <- byQ[t] + slope

            if other >= 0 then
                byQ[other] <- byQ[other] - slope

        ReadOnlySpan<float>(ofInputs, firstMomentum, size).CopyTo byP

/// Features of all coordinates, without graph or symmetry, for one number of bodies: Phi_k = s(w_k . (q, p) + b_k), where q is the sine
/// and the cosine of coordinates along periodic axes (RF-HNN; arXiv 2411.17511).
[<Sealed; NoEquality; NoComparison>]
type RawBlock internal (inputs: RawInputs, map: FeatureMap) =

    let size = inputs.Bodies * inputs.Dimension

    let inputsOf (configuration: inref<Configuration>) : float[] = inputs.At(configuration.Positions, configuration.Momenta)

    /// What it sees.
    member _.Inputs: RawInputs = inputs

    /// The units.
    member _.Map: FeatureMap = map

    /// Why bodies are too many for raw features, if they are.
    static member internal SizeRefusal(structure: Structure) : BlockError option =
        let count = RawInputs.CountFor(structure.Bodies, structure.Cell.Periods.ToArray())

        if count > 1e6 then
            Some(Refused("raw", $"{structure.Bodies} bodies would give its units {count:G2} inputs; expected few bodies."))
        else
            None

    static member internal RefusalOf(inputs: RawInputs, structure: Structure) : BlockError option =
        if structure.Bodies <> inputs.Bodies || structure.Dimension <> inputs.Dimension then
            Some(NeedsBodies(inputs.Bodies, inputs.Dimension))
        elif structure.Cell.Tilts.Length > 0 then
            Some(Refused("raw", "it sees coordinates along the axes, and the box is skewed."))
        elif not (structure.Cell.Periods.SequenceEqual inputs.Periods) then
            Some(Refused("raw", "it was trained on coordinates that repeat after other periods; expected the same box."))
        else
            None

    interface IEnergyBlock with
        member _.Kind = "raw"
        member _.Width = map.Units
        member _.Trend = 0
        member _.Part = Coupled
        member _.Kinds = [ EachBody ]
        member _.IsOfMasses = false

        member _.Ranges =
            [
                for k, (name, _) in Seq.indexed inputs.Names do
                    { Name = name; Low = map.Centres[k] - map.HalfRanges[k]; High = map.Centres[k] + map.HalfRanges[k] }
            ]

        member _.Symmetries = BlockSymmetries.none
        member _.ActsFromOutside = false
        member _.Hops = None
        member _.Constants = []
        member _.Attributes = []
        member _.Refuses(structure) = RawBlock.RefusalOf(inputs, structure)

        member _.ValuesInto(configuration, destination) =
            let outputs = DenseLayer.forward map 1 (inputsOf &configuration)
            outputs.Values.CopyTo destination

        member _.Energy(configuration, readout) =
            let outputs = DenseLayer.forward map 1 (inputsOf &configuration)
            TensorPrimitives.Dot(ReadOnlySpan<float> outputs.Values, ReadOnlySpan<float> readout)

        member _.RowsInto(configuration, rowsQ, rowsP, stride) =
            let values = inputsOf &configuration
            let outputs = DenseLayer.forward map 1 values
            let ofInputs = Array.zeroCreate<float> inputs.Count
            let byQ, byP = Array.zeroCreate<float> size, Array.zeroCreate<float> size

            for unit in 0 .. map.Units - 1 do
                for k in 0 .. inputs.Count - 1 do
                    ofInputs[k] <- outputs.Slopes[unit] * map.Weights[unit * inputs.Count + k] / map.HalfRanges[k]

                inputs.PullbackInto(values, ofInputs, Span<float> byQ, Span<float> byP)

                for t in 0 .. size - 1 do
                    rowsQ[t * stride + unit] <- rowsQ[t * stride + unit] + byQ[t]
                    rowsP[t * stride + unit] <- rowsP[t * stride + unit] + byP[t]

        member _.PullbackInto(configuration, readout, gradientQ, gradientP) =
            let values = inputsOf &configuration
            let outputs = DenseLayer.forward map 1 values
            let byQ, byP = Array.zeroCreate<float> size, Array.zeroCreate<float> size
            inputs.PullbackInto(values, DenseLayer.backward map 1 1 outputs readout, Span<float> byQ, Span<float> byP)
            TensorPrimitives.Add(Span<float>.op_Implicit gradientQ, ReadOnlySpan<float> byQ, gradientQ)
            TensorPrimitives.Add(Span<float>.op_Implicit gradientP, ReadOnlySpan<float> byP, gradientP)

        member _.TellsStrain _ = true

        member block.StrainInto(configuration, readout, destination) =
            let ofQ, ofP = Array.zeroCreate<float> size, Array.zeroCreate<float> size
            (block :> IEnergyBlock).PullbackInto(&configuration, readout, Span<float> ofQ, Span<float> ofP)
            Strain.addAll inputs.Dimension (ReadOnlySpan<float> ofQ) configuration.Positions destination

        member block.StrainRowsInto(configuration, rows, stride) =
            let rowsQ, rowsP = Array.zeroCreate<float>(size * map.Units), Array.zeroCreate<float>(size * map.Units)
            (block :> IEnergyBlock).RowsInto(&configuration, Span<float> rowsQ, Span<float> rowsP, map.Units)
            Strain.addRows inputs.Dimension map.Units rowsQ configuration.Positions rows stride

        member _.Response(readout, inputs) =
            let outputs = DenseLayer.forward map 1 inputs
            TensorPrimitives.Dot(ReadOnlySpan<float> outputs.Values, ReadOnlySpan<float> readout)

        member _.CountOutside(configuration) =
            let outside =
                inputsOf &configuration
                |> Seq.indexed
                |> Seq.filter (fun (k, x) -> not (abs (x - map.Centres[k]) <= map.HalfRanges[k] * (1.0 + 1e-12)))
                |> Seq.length

            struct (outside, inputs.Count)

        member _.Select(features) = RawBlock(inputs, FeatureMap.select features map)

        member _.Save() =
            [
                "bodies", SavedForm.Number(float inputs.Bodies)
                "dimension", SavedForm.Number(float inputs.Dimension)
                if inputs.Periods.ToArray() |> Array.exists ((<>) 0.0) then
                    "periods", SavedForm.Numbers(inputs.Periods.ToArray())
                "map", SavedForm.Fields(SavedParts.ofMap map)
            ]

/// How raw blocks are made.
[<RequireQualifiedAccess>]
module RawBlock =

    let private inputsOf (structure: Structure) : RawInputs = RawInputs(structure.Bodies, structure.Cell.Periods.ToArray())

    let private collect (snapshot: Snapshot) (poolOf: Kind -> InputPool) : unit =
        let inputs = inputsOf snapshot.Structure
        // No scalar that the data holds belongs to the whole state: SWIM draws uniformly, A-SWIM looks at the fitted H.
        (poolOf EachBody).Add(ReadOnlySpan<float>(inputs.At(snapshot.State.Positions, snapshot.State.Momenta)), 0.0)

    let private make (_: BlockOptions) (sample: TrainingSample) (draw: FeatureDraw) : IBlock =
        let inputs = inputsOf sample.Snapshots[0].Structure
        let groups = inputs.Names |> Array.map snd
        RawBlock(inputs, sample.Inputs |> InputSample.widen groups |> draw "" None)

    let private restore (vocabulary: Vocabulary) (reader: SavedReader) : IBlock =
        let bodies = reader.Integer("bodies", 1, Int32.MaxValue)
        let dimension = reader.Integer("dimension", 1, SavedParts.mostDimensions)
        let periods = reader.TryFloats("periods", int64 dimension) |> Option.defaultValue (Array.zeroCreate dimension)

        if periods |> Array.exists (fun period -> period < 0.0) then
            reader.Fail("periods", "lengths, or 0 for open axes")

        // Nothing has checked the number of bodies yet.
        let count = min 1e15 (RawInputs.CountFor(bodies, periods)) |> int64
        let map = reader.Object "map" |> SavedParts.toMap vocabulary count
        RawBlock(RawInputs(bodies, periods), map)

    /// The recipe of raw blocks.
    let recipe: BlockRecipe =
        {
            Kind = "raw"
            Family = "raw coordinates"
            Kinds = fun _ -> [ EachBody ]
            Inputs = fun snapshot -> (inputsOf snapshot.Structure).Count
            Collect = collect
            SeesRadial = false
            Layers = 0
            IsOptional = false
            Fixed = None
            Refuses =
                fun first snapshot ->
                    RawBlock.SizeRefusal first |> Option.orElseWith (fun () -> RawBlock.RefusalOf(inputsOf first, snapshot.Structure))
            Create = make
            Restore = restore
        }
