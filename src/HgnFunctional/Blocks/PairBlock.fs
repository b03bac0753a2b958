namespace HgnFunctional.Blocks

open System
open System.Numerics.Tensors
open HgnFunctional.Kernels
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Invariance
open HgnFunctional.Data
open HgnFunctional.Features

/// The saved form of pair features.
[<RequireQualifiedAccess>]
module private PairSaved =

    let save (features: PairFeatures) : (string * SavedForm) list =
        [
            "pairs", SavedParts.ofKind features.Kind
            yield! SavedParts.ofWeight features.Weight
            "radial", SavedForm.Text features.Radial.Name
            yield! SavedParts.ofFactor features.Factor
            "range", SavedParts.ofRange features.Range
            yield! SavedParts.ofUnits features.Units
        ]

    let restore (vocabulary: Vocabulary) (reader: SavedReader) : PairFeatures =
        let kind = SavedParts.toPairKind (reader.Object "pairs")
        let factor = SavedParts.toFactor vocabulary reader

        // Without one, pairs beyond the cutoff would act as long as a list holds them.
        if (kind.IsPairsOf || kind.IsAnyPairsOf) && factor.IsNone then
            reader.Fail("cutoff", "an object")

        {
            Kind = kind
            Weight = SavedParts.toWeight reader
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

    /// What each feature is at the cutoff [width]. Forces say nothing of it where the law ends with a jump: were it left to chance,
    /// the energy would change with each pair that comes or goes. So it is taken off.
    let atCutoff =
        match features.Factor with
        | Some factor when factor.Shape.Value 1.0 <> 0.0 ->
            let values, slopes = Array.zeroCreate<float> units.Width, Array.zeroCreate<float> units.Width
            ScalarUnits.featuresInto units (features.Radial.Value factor.Radius) (Span<float> values) (Span<float> slopes)
            values |> Array.map (fun value -> factor.Shape.Value 1.0 * value)
        | _ -> Array.zeroCreate<float> units.Width

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

    /// The derivatives of a pair's features by its distance [width], and values without the factor.
    let slopesInto (r: float) (weight: float) (values: float[]) (slopes: float[]) : unit =
        let struct (c, slopeOfC) = factorAt r
        let c, slopeOfC = weight * c, weight * slopeOfC
        ScalarUnits.featuresInto units (features.Radial.Value r) (Span<float> values) (Span<float> slopes)
        // d(c s)/dr = c ds/du du/dr + dc/dr s
        TensorPrimitives.Multiply(ReadOnlySpan<float> slopes, c * features.Radial.Slope r, Span<float> slopes)

        if slopeOfC <> 0.0 then
            TensorPrimitives.MultiplyAdd(ReadOnlySpan<float> values, slopeOfC, ReadOnlySpan<float> slopes, Span<float> slopes)

    /// Radial transform, cutoff factor, units and range.
    member _.Features: PairFeatures = features

    /// Why a law of such a weight cannot be used on a structure, if it cannot.
    static member internal WeightRefusal(weight: Weight, structure: Structure) : BlockError option =
        match weight with
        | ByAttribute name when not (structure.HasWeights weight) -> Some(NeedsAttribute name)
        | _ -> None

    /// The energy of a pair at each distance, for a readout, and weights of 1.
    member internal _.PairEnergy(readout: float[]) : PairEnergy =
        PairEnergy(features, readout, TensorPrimitives.Dot(ReadOnlySpan<float> readout, ReadOnlySpan<float> atCutoff))

    interface IEnergyBlock with
        member _.Kind = "pair"
        member _.Width = units.Width
        member _.Trend = units.Degrees.Length
        member _.Part = Potential
        member _.Kinds = [ features.Kind ]
        member _.IsOfMasses = false
        member _.Ranges = [ features.Range ]
        member _.Symmetries = BlockSymmetries.all

        member _.ActsFromOutside = false
        member _.Hops = Some 1
        member _.Constants = []
        member _.Attributes = Weight.attributes features.Weight

        member _.Refuses(structure) = PairBlock.WeightRefusal(features.Weight, structure)

        member _.ValuesInto(configuration, destination) =
            let weights = weightsOf &configuration
            let struct (pairs, struct (start, count)) = PairRun.find features.Kind &configuration
            let values = Array.zeroCreate<float> units.Width
            let slopes = Array.zeroCreate<float> units.Width
            let destination = destination.Slice(0, units.Width)
            destination.Clear()
            let mutable from = start

            while from < start + count do
                let distances, _ = Invariants.ofRun &configuration pairs from (min PairSum.Tile (start + count - from))

                for pair in 0 .. distances.Length - 1 do
                    let r = distances[pair]
                    let struct (c, _) = factorAt r
                    let weight = weightOf weights pairs (from + pair)
                    let c = c * weight
                    ScalarUnits.featuresInto units (features.Radial.Value r) (Span<float> values) (Span<float> slopes)
                    TensorPrimitives.MultiplyAdd(ReadOnlySpan<float> values, c, Span<float>.op_Implicit destination, destination)

                    if c <> 0.0 then
                        TensorPrimitives.MultiplyAdd(
                            ReadOnlySpan<float> atCutoff,
                            -weight,
                            Span<float>.op_Implicit destination,
                            destination
                        )

                from <- from + distances.Length

        member block.Energy(configuration, readout) =
            let struct (pairs, run) = PairRun.find features.Kind &configuration
            PairSum.energy (block.PairEnergy readout) (weightsOf &configuration) &configuration pairs run

        member _.RowsInto(configuration, rowsQ, _, stride) =
            let weights = weightsOf &configuration
            let struct (pairs, struct (start, count)) = PairRun.find features.Kind &configuration
            let values = Array.zeroCreate<float> units.Width
            let slopes = Array.zeroCreate<float> units.Width
            let dimension = configuration.Structure.Dimension
            let distances = Array.zeroCreate<float> PairSum.Tile
            let directions = Array.zeroCreate<float>(PairSum.Tile * dimension)
            let mutable from = start

            while from < start + count do
                let size = min PairSum.Tile (start + count - from)

                Invariants.runInto
                    &configuration
                    pairs
                    from
                    (Span<float>(distances, 0, size))
                    (Span<float>(directions, 0, size * dimension))

                for pair in 0 .. size - 1 do
                    slopesInto distances[pair] (weightOf weights pairs (from + pair)) values slopes

                    PairScatter.AddRows(
                        dimension,
                        pairs.Senders[from + pair],
                        pairs.Receivers[from + pair],
                        ReadOnlySpan<float>(directions, pair * dimension, dimension),
                        ReadOnlySpan<float> slopes,
                        rowsQ,
                        stride
                    )

                from <- from + size

        member block.PullbackInto(configuration, readout, gradientQ, _) =
            let struct (pairs, run) = PairRun.find features.Kind &configuration
            PairSum.addGradient (block.PairEnergy readout) (weightsOf &configuration) &configuration pairs run gradientQ

        member _.TellsStrain _ = true

        member block.StrainInto(configuration, readout, destination) =
            let struct (pairs, run) = PairRun.find features.Kind &configuration
            PairSum.addStrain (block.PairEnergy readout) (weightsOf &configuration) &configuration pairs run destination

        member _.StrainRowsInto(configuration, rows, stride) =
            let weights = weightsOf &configuration
            let struct (pairs, struct (start, count)) = PairRun.find features.Kind &configuration
            let values, slopes = Array.zeroCreate<float> units.Width, Array.zeroCreate<float> units.Width
            let dimension = configuration.Structure.Dimension
            let along = Array.zeroCreate<float> units.Width
            let mutable from = start

            while from < start + count do
                let distances, directions = Invariants.ofRun &configuration pairs from (min PairSum.Tile (start + count - from))

                for pair in 0 .. distances.Length - 1 do
                    slopesInto distances[pair] (weightOf weights pairs (from + pair)) values slopes
                    let direction = ReadOnlySpan<float>(directions, pair * dimension, dimension)

                    for axis in 0 .. dimension - 1 do
                        TensorPrimitives.Multiply(ReadOnlySpan<float> slopes, distances[pair] * direction[axis], Span<float> along)
                        Strain.addColumns axis (ReadOnlySpan<float> along) direction rows stride

                from <- from + distances.Length

        member block.Response(readout, inputs) =
            let value, slope = [| 0.0 |], [| 0.0 |]

            (block.PairEnergy readout :> IRadialFunction).EvaluateInto(ReadOnlySpan<float> inputs, Span<float> value, Span<float> slope)

            value[0]

        member _.CountOutside(configuration) =
            let struct (pairs, struct (start, count)) = PairRun.find features.Kind &configuration

            let outside =
                PairSum.energy (OutsideRange features.Range) (Array.Empty<float>()) &configuration pairs (struct (start, count))

            struct (int outside, count)

        member _.Select(indices) = PairBlock { features with Units = ScalarUnits.select indices units }
        member _.Save() = PairSaved.save features

/// How pair blocks are made.
[<RequireQualifiedAccess>]
module PairBlock =

    let private distance: string = "distance"

    /// What the distances are called that a block of a kind looks at.
    let internal rangeName (weight: Weight) (kind: Kind) : string =
        let ofKind =
            match kind with
            | EachBody
            | BondsOf ""
            | AnyPairsOf None
            | PairsOf("", "", None) -> distance
            | kind -> $"{distance} of {kind}"

        match weight with
        | Unweighted -> ofKind
        | ByMasses -> $"{ofKind}, weighted by masses"
        | ByAttribute name -> $"{ofKind}, weighted by {name}"

    /// With half the difference of the forces on the two bodies, along the pair, over the weights, as measured outputs.
    let private collect (kindsOf: Structure -> Kind list) (weight: Weight) (snapshot: Snapshot) (poolOf: Kind -> InputPool) : unit =
        let configuration = snapshot.Configuration
        let dimension = snapshot.Structure.Dimension
        let weights = snapshot.Structure.WeightsOf weight
        let forces = snapshot.KnownForces
        let point = [| 0.0 |]
        let distances = Array.zeroCreate<float> PairSum.Tile
        let directions = Array.zeroCreate<float>(PairSum.Tile * dimension)

        for kind in kindsOf snapshot.Structure do
            let struct (pairs, struct (start, count)) = PairRun.find kind &configuration
            // A kind that is never seen gets no block.
            let pool = if count > 0 then Some(poolOf kind) else None
            let mutable from = start

            while from < start + count do
                let size = min PairSum.Tile (start + count - from)

                Invariants.runInto
                    &configuration
                    pairs
                    from
                    (Span<float>(distances, 0, size))
                    (Span<float>(directions, 0, size * dimension))

                for pair in 0 .. size - 1 do
                    let sender, receiver = pairs.Senders[from + pair], pairs.Receivers[from + pair]
                    let product = if weights.Length = 0 then 1.0 else weights[sender] * weights[receiver]
                    let mutable along = 0.0

                    for axis in 0 .. dimension - 1 do
                        let difference = forces[sender * dimension + axis] - forces[receiver * dimension + axis]
                        along <- along + 0.5 * difference * directions[pair * dimension + axis]

                    // A pair of weight 0 shows nothing of the law.
                    if product <> 0.0 then
                        point[0] <- distances[pair]
                        pool.Value.Add(ReadOnlySpan<float> point, along / product)

                from <- from + size

    let private make (weight: Weight) (options: BlockOptions) (sample: TrainingSample) (draw: FeatureDraw) : IBlock =
        let sample = sample.Inputs
        // Where no pair was ever seen the transform has nothing to act on.
        let seen = if sample.Count = 0 then sample else InputSample.map options.Radial.Value sample

        let factor =
            match options.Kind with
            | PairsOf _
            | AnyPairsOf _ -> options.CutoffRadius |> Option.map (fun radius -> { Shape = options.Cutoff; Radius = radius })
            | EachBody
            | BodiesOf _
            | BondsOf _
            | AnglesOf _ -> None

        PairBlock
            {
                Kind = options.Kind
                Weight = weight
                Radial = options.Radial
                Factor = factor
                Units = ScalarUnits.create [| 1; 2 |] (draw "" None seen)
                Range = { Name = rangeName weight options.Kind; Low = sample.Low[0]; High = sample.High[0] }
            }

    let private recipeOn (family: string) (allKindsOf: Structure -> Kind list) (weight: Weight) : BlockRecipe =
        // What weighs all bodies the same is no other law.
        let isWanted (structure: Structure) = weight = Unweighted || structure.WeightsDiffer weight
        let kindsOf (structure: Structure) = if isWanted structure then allKindsOf structure else []

        {
            Kind = "pair"
            Family = family + Weight.suffix weight
            Kinds = kindsOf
            Inputs = fun _ -> 1
            Collect = collect kindsOf weight
            SeesRadial = true
            Layers = 1
            IsOptional = weight <> Unweighted
            Fixed = None
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
    let private besideBonds (kinds: Kind list) (structure: Structure) : Kind list =
        kinds |> List.filter (fun kind -> not (structure.BondsTellSpecies && kind.IsApart(Some 1)))

    /// The recipe of pair blocks of bonds: one for each type.
    let ofBonds: BlockRecipe = recipeOn "bonds" _.BondKinds Unweighted

    /// The recipe of pair blocks of pairs within reach: one for each pair of species and, beside the bonds of `ofBonds`, number of
    /// bonds between.
    let ofReach: BlockRecipe = recipeOn "pairs" (fun structure -> besideBonds structure.ReachKinds structure) Unweighted

    /// As `ofBonds`, of laws that weights multiply; for structures whose weights differ.
    let ofBondsBy (weight: Weight) : BlockRecipe = recipeOn "bonds" _.BondKinds weight

    /// As `ofReach`, likewise: one law for pairs of all species.
    let ofReachBy (weight: Weight) : BlockRecipe = recipeOn "pairs" (fun structure -> besideBonds structure.AnyReachKinds structure) weight

    /// The recipes of pair blocks, one for each relation, and those of the weights that laws of nature have.
    let recipes: BlockRecipe list =
        [
            ofBonds
            ofReach
            for weight in [ ByMasses; ByAttribute AttributeName.Charge ] do
                ofBondsBy weight
                ofReachBy weight
        ]
