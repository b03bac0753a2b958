namespace HgnFunctional

open System
open System.Numerics.Tensors
open HgnFunctional.Kernels

/// What a pair block is made of.
[<NoEquality; NoComparison>]
type PairFeatures =
    {
        /// The kind of bonds or of pairs within reach that it is for: all others are not looked at.
        Kind: Kind
        /// What the law of a pair is weighted by.
        Weight: Weight
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

                ScalarUnits.sumInto features.Units (ReadOnlySpan<float> readout) us (values.Slice(start, size)) (slopes.Slice(start, size))
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
                ScalarUnits.sumInto features.Units (ReadOnlySpan<float> readout) us values (slopes.Slice(start, size))
                energy.Finish(r, values, slopes.Slice(start, size))
                start <- start + size

/// The runs of pairs of a kind.
[<RequireQualifiedAccess>]
module internal PairRun =

    /// The pairs of a relation and the run of one kind among them; an empty one where the structure has no such kind.
    let find (kind: Kind) (configuration: inref<Configuration>) : struct (Pairs * struct (int * int)) =
        let structure, related = configuration.Structure, configuration.Related

        let rec placeIn (kinds: Kind list) (place: int) : int =
            match kinds with
            | [] -> -1
            | first :: _ when first = kind -> place
            | _ :: rest -> placeIn rest (place + 1)

        let struct (pairs, place) =
            match kind with
            | EachBody
            | AnglesOf _ -> struct (Pairs.None, -1)
            | BondsOf _ -> struct (related.Bonded, placeIn structure.BondKinds 0)
            | PairsOf _ -> struct (related.Within, placeIn structure.ReachKinds 0)

        if place < 0 || place >= pairs.Kinds then
            struct (pairs, struct (0, 0))
        else
            struct (pairs, pairs.Run place)

/// The saved form of pair features.
[<RequireQualifiedAccess>]
module private PairSaved =

    let save (features: PairFeatures) : (string * SavedForm) list =
        [
            "pairs", SavedParts.ofKind features.Kind
            match features.Weight with
            | Unweighted -> ()
            | ByMasses -> "weight", SavedForm.Text "mass"
            | ByAttribute name -> "attribute", SavedForm.Text name
            "radial", SavedForm.Text features.Radial.Name
            yield! SavedParts.ofFactor features.Factor
            "range", SavedParts.ofRange features.Range
            yield! SavedParts.ofUnits features.Units
        ]

    let restore (vocabulary: Vocabulary) (reader: SavedReader) : PairFeatures =
        let kind = SavedParts.toPairKind (reader.Object "pairs")
        let factor = SavedParts.toFactor vocabulary reader

        // Without one, pairs beyond the cutoff would act as long as a list holds them.
        if kind.IsPairsOf && factor.IsNone then
            reader.Fail("cutoff", "an object")

        {
            Kind = kind
            Weight =
                match reader.TryText "attribute", reader.TryNamed("weight", [ "mass" ], id) with
                | None, None -> Unweighted
                | None, Some _ -> ByMasses
                | Some name, None -> ByAttribute name
                | Some _, Some _ -> reader.Fail("weight", "one weight")
            Radial = reader.Registered("radial", "radial transform", vocabulary.Radials, _.Name)
            Factor = factor
            Units = SavedParts.toUnits vocabulary reader
            Range = SavedParts.toRange (reader.Object "range")
        }

/// Features of the pairs of one kind: Phi_k = sum_ij w_i w_j c(r_ij) s_k(u(r_ij)), with a radial transform u and, for pairs within a
/// cutoff, a factor c; w is 1, or what the law is known to be weighted by. The trend is u and u^2.
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

    /// A structure that lacks the weights is refused before anything is computed.
    let weightsOf (configuration: inref<Configuration>) : float[] = configuration.Structure.WeightsOf features.Weight

    let weightOf (weights: float[]) (pairs: Pairs) (pair: int) : float =
        if weights.Length = 0 then
            1.0
        else
            weights[pairs.Senders[pair]] * weights[pairs.Receivers[pair]]

    /// Radial transform, cutoff factor, units and range.
    member _.Features: PairFeatures = features

    /// Why a law of such a weight cannot be used on a structure, if it cannot.
    static member internal WeightRefusal(weight: Weight, structure: Structure) : BlockError option =
        match weight with
        | ByAttribute name when not (structure.HasWeights weight) -> Some(NeedsAttribute name)
        | _ -> None

    /// The energy of a pair at each distance, for a readout, and weights of 1.
    member internal _.PairEnergy(readout: float[]) : PairEnergy = PairEnergy(features, readout)

    interface IFeatureBlock with
        member _.Kind = "pair"
        member _.Width = units.Width
        member _.Trend = units.Degrees.Length
        member _.Part = Potential
        member _.Kinds = [ features.Kind ]
        member _.IsOfMasses = false
        member _.Ranges = [ features.Range ]
        member _.Symmetries = BlockSymmetries.all

        member _.Attributes =
            match features.Weight with
            | ByAttribute name -> [ name ]
            | Unweighted
            | ByMasses -> []

        member _.Refuses(structure) = PairBlock.WeightRefusal(features.Weight, structure)

        member _.ValuesInto(configuration, destination) =
            let weights = weightsOf &configuration
            let struct (pairs, struct (start, count)) = PairRun.find features.Kind &configuration
            let distances, _ = Invariants.ofRun &configuration pairs start count
            let values = Array.zeroCreate<float> units.Width
            let slopes = Array.zeroCreate<float> units.Width
            let destination = destination.Slice(0, units.Width)
            destination.Clear()

            for pair in 0 .. distances.Length - 1 do
                let r = distances[pair]
                let struct (c, _) = factorAt r
                let c = c * weightOf weights pairs (start + pair)
                ScalarUnits.featuresInto units (features.Radial.Value r) (Span<float> values) (Span<float> slopes)

                TensorPrimitives.MultiplyAdd(ReadOnlySpan<float> values, c, Span<float>.op_Implicit destination, destination)

        member block.Energy(configuration, readout) =
            let struct (pairs, run) = PairRun.find features.Kind &configuration
            PairSum.energy (block.PairEnergy readout) (weightsOf &configuration) &configuration pairs run

        member _.RowsInto(configuration, rowsQ, _, stride) =
            let weights = weightsOf &configuration
            let struct (pairs, struct (start, count)) = PairRun.find features.Kind &configuration
            let distances, directions = Invariants.ofRun &configuration pairs start count
            let values = Array.zeroCreate<float> units.Width
            let slopes = Array.zeroCreate<float> units.Width
            let dimension = configuration.Structure.Dimension

            for pair in 0 .. distances.Length - 1 do
                let r = distances[pair]
                let struct (c, slopeOfC) = factorAt r
                let weight = weightOf weights pairs (start + pair)
                let c, slopeOfC = weight * c, weight * slopeOfC
                ScalarUnits.featuresInto units (features.Radial.Value r) (Span<float> values) (Span<float> slopes)
                // d(c s)/dr = c ds/du du/dr + dc/dr s
                TensorPrimitives.Multiply(ReadOnlySpan<float> slopes, c * features.Radial.Slope r, Span<float> slopes)

                if slopeOfC <> 0.0 then
                    TensorPrimitives.MultiplyAdd(ReadOnlySpan<float> values, slopeOfC, ReadOnlySpan<float> slopes, Span<float> slopes)

                PairScatter.AddRows(
                    dimension,
                    pairs.Senders[start + pair],
                    pairs.Receivers[start + pair],
                    ReadOnlySpan<float>(directions, pair * dimension, dimension),
                    ReadOnlySpan<float> slopes,
                    rowsQ,
                    stride
                )

        member block.PullbackInto(configuration, readout, gradientQ, _) =
            let struct (pairs, run) = PairRun.find features.Kind &configuration
            PairSum.addGradient (block.PairEnergy readout) (weightsOf &configuration) &configuration pairs run gradientQ

        member block.Response(readout, inputs) =
            let value, slope = [| 0.0 |], [| 0.0 |]

            (block.PairEnergy readout :> IRadialFunction).EvaluateInto(ReadOnlySpan<float> inputs, Span<float> value, Span<float> slope)

            value[0]

        member _.CountOutside(configuration) =
            let struct (pairs, struct (start, count)) = PairRun.find features.Kind &configuration
            let distances, _ = Invariants.ofRun &configuration pairs start count
            let outside = distances |> Array.filter (fun r -> r < features.Range.Low || r > features.Range.High)
            struct (outside.Length, distances.Length)

        member _.Select(indices) = PairBlock { features with Units = ScalarUnits.select indices units }
        member _.Save() = PairSaved.save features

/// How pair blocks are made.
[<RequireQualifiedAccess>]
module PairBlock =

    let private distance: string = "distance"

    /// What the distances are called that a block of a kind looks at.
    let internal rangeName (kind: Kind) : string =
        match kind with
        | EachBody
        | BondsOf ""
        | PairsOf("", "", None) -> distance
        | kind -> $"{distance} of {kind}"

    /// How the kinds of a relation are found: all that a structure has, those that the block looks at, and their pairs.
    [<NoEquality; NoComparison>]
    type private Source = { All: Structure -> Kind list; Wanted: Structure -> Kind list; Pairs: Snapshot -> Pairs }

    /// With half the difference of the forces on the two bodies, along the pair, over the weights, as measured outputs.
    let private collect (source: Source) (weight: Weight) (snapshot: Snapshot) (poolOf: Kind -> InputPool) : unit =
        let configuration = snapshot.Configuration
        let dimension = snapshot.Structure.Dimension
        let weights = snapshot.Structure.WeightsOf weight
        let point = [| 0.0 |]
        let pairs = source.Pairs snapshot
        let wanted = source.Wanted snapshot.Structure

        for place, kind in Seq.indexed (source.All snapshot.Structure) |> Seq.filter (fun (_, kind) -> List.contains kind wanted) do
            let struct (start, count) = pairs.Run place
            let distances, directions = Invariants.ofRun &configuration pairs start count
            // A kind that is never seen gets no block.
            let pool = if count > 0 then Some(poolOf kind) else None

            for pair in 0 .. count - 1 do
                let sender, receiver = pairs.Senders[start + pair], pairs.Receivers[start + pair]
                let product = if weights.Length = 0 then 1.0 else weights[sender] * weights[receiver]
                let mutable along = 0.0

                for axis in 0 .. dimension - 1 do
                    let difference = snapshot.Forces[sender * dimension + axis] - snapshot.Forces[receiver * dimension + axis]
                    along <- along + 0.5 * difference * directions[pair * dimension + axis]

                // A pair of weight 0 shows nothing of the law.
                if product <> 0.0 then
                    point[0] <- distances[pair]
                    pool.Value.Add(ReadOnlySpan<float> point, along / product)

    let private make (weight: Weight) (options: BlockOptions) (sample: TrainingSample) (draw: FeatureDraw) : IFeatureBlock =
        let sample = sample.Inputs
        // Where no pair was ever seen the transform has nothing to act on.
        let seen = if sample.Count = 0 then sample else InputSample.map options.Radial.Value sample

        let factor =
            match options.Kind with
            | PairsOf _ -> options.CutoffRadius |> Option.map (fun radius -> { Shape = options.Cutoff; Radius = radius })
            | EachBody
            | BondsOf _
            | AnglesOf _ -> None

        PairBlock
            {
                Kind = options.Kind
                Weight = weight
                Radial = options.Radial
                Factor = factor
                Units = ScalarUnits.create [| 1; 2 |] (draw "" None seen)
                Range = { Name = rangeName options.Kind; Low = sample.Low[0]; High = sample.High[0] }
            }

    let private recipeOn (source: Source) (weight: Weight) : BlockRecipe =
        // Laws by species can stand for laws by weight unless weights differ within them.
        let isWanted (structure: Structure) = weight = Unweighted || structure.HasWeightsWithinSpecies weight

        let kindsOf (structure: Structure) = if isWanted structure then source.Wanted structure else []

        {
            Kind = "pair"
            Kinds = kindsOf
            Inputs = fun _ -> 1
            Collect = collect { source with Wanted = kindsOf } weight
            SeesRadial = true
            IsOptional = weight <> Unweighted
            Refuses =
                fun first snapshot ->
                    if isWanted first then
                        PairBlock.WeightRefusal(weight, snapshot.Structure)
                    else
                        None
            Create = make weight
            Restore = fun vocabulary reader -> PairBlock(PairSaved.restore vocabulary reader)
        }

    /// What acts between bonded bodies beside the bond is a function of the same distance, and nothing but chance would share it
    /// out between two laws: so the bond has all of it, unless bonds of one type join several pairs of species.
    let private besideBonds (structure: Structure) : Kind list =
        let isBonded =
            function
            | PairsOf(_, _, Some 1) -> true
            | _ -> false

        structure.ReachKinds |> List.filter (fun kind -> not (structure.BondsTellSpecies && isBonded kind))

    let private bonds: Source = { All = _.BondKinds; Wanted = _.BondKinds; Pairs = _.Related.Bonded }
    let private reach: Source = { All = _.ReachKinds; Wanted = besideBonds; Pairs = _.Related.Within }

    /// The recipe of pair blocks of bonds: one for each type.
    let ofBonds: BlockRecipe = recipeOn bonds Unweighted

    /// The recipe of pair blocks of pairs within reach: one for each pair of species and, beside the bonds of `ofBonds`, number of
    /// bonds between.
    let ofReach: BlockRecipe = recipeOn reach Unweighted

    /// As `ofBonds`, of laws that weights multiply; for structures whose weights differ within a species.
    let ofBondsBy (weight: Weight) : BlockRecipe = recipeOn bonds weight

    /// As `ofReach`, likewise.
    let ofReachBy (weight: Weight) : BlockRecipe = recipeOn reach weight

    /// The recipes of pair blocks, one for each relation, and those of the weights that laws of nature have.
    let recipes: BlockRecipe list =
        [
            ofBonds
            ofReach
            for weight in [ ByMasses; ByAttribute Attribute.Charge ] do
                ofBondsBy weight
                ofReachBy weight
        ]
