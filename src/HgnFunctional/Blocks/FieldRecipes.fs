namespace HgnFunctional.Blocks

open System
open System.Numerics.Tensors
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features

/// How field blocks are made.
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module FieldBlock =

    let private names (inputs: SiteInputs) : string list =
        [
            for axis in 0 .. inputs.Dimension - 1 do
                if inputs.Periods[axis] > 0.0 then
                    $"sine along axis {axis + 1}"
                    $"cosine along axis {axis + 1}"
                else
                    $"coordinate {axis + 1}"
        ]

    let private rangesOf (kind: Kind) (inputs: SiteInputs) (map: FeatureMap) : InvariantRange list =
        let suffix =
            match kind with
            | BodiesOf "" -> ""
            | kind -> $" of {kind}"

        names inputs
        |> List.mapi (fun k name ->
            {
                Name = name + suffix
                Low = map.Centres[k] - map.HalfRanges[k]
                High = map.Centres[k] + map.HalfRanges[k]
            })

    let private noUnits (inputs: SiteInputs) (activation: Activation) : FeatureMap =
        {
            Activation = activation
            Centres = Array.zeroCreate inputs.Count
            HalfRanges = Array.create inputs.Count 1.0
            Weights = [||]
            Biases = [||]
        }

    /// A uniform field in d dimensions.
    let internal uniform (kind: Kind) (weight: Weight) (dimension: int) : FieldBlock =
        let inputs = SiteInputs(Array.zeroCreate dimension, [||])

        FieldBlock
            {
                Kind = kind
                Weight = weight
                Inputs = inputs
                Products = Array.init dimension Array.singleton
                Origin = Array.zeroCreate dimension
                Scale = 1.0
                Map = noUnits inputs Activation.softplus
                Ranges = []
            }

    let private restore (vocabulary: Vocabulary) (reader: SavedReader) : IBlock =
        let origin = reader.Floats("origin", None)
        let d = origin.Length

        if d < 1 || d > Axes.Most then
            reader.Fail("origin", $"1 to {Axes.Most} numbers")

        let products = reader.IndexLists("products", d)

        if products |> Array.exists (fun product -> product.Length < 1 || product.Length > 2) then
            reader.Fail("products", "lists of one or two axes")

        let kind = SavedParts.toBodyKind (reader.Object "bodies")
        let weight = SavedParts.toWeight reader

        match reader.TryObject "map" with
        | None ->
            let block = uniform kind weight d
            FieldBlock { block.Features with Products = products; Origin = origin; Scale = reader.Positive "scale" }
        | Some map ->
            let periods = reader.Floats("periods", Some(int64 d))
            let tilts = reader.Floats("tilts", None)

            if periods |> Array.exists (fun period -> period < 0.0) then
                reader.Fail("periods", "lengths, or 0 for open axes")

            if tilts.Length <> 0 && tilts.Length <> d * (d - 1) / 2 then
                reader.Fail("tilts", $"{d * (d - 1) / 2} numbers, or none")

            let inputs = SiteInputs(periods, tilts)
            let map = SavedParts.toMap vocabulary (int64 inputs.Count) map

            FieldBlock
                {
                    Kind = kind
                    Weight = weight
                    Inputs = inputs
                    Products = products
                    Origin = origin
                    Scale = reader.Positive "scale"
                    Map = map
                    Ranges = rangesOf kind inputs map
                }

    let private recipeOf name family layers kindsOf collect refuses create : BlockRecipe =
        {
            Kind = name
            Family = family
            Kinds = kindsOf
            Inputs = fun snapshot -> (SiteInputs.Of snapshot.Structure.Cell).Count
            Collect = collect
            SeesRadial = false
            Layers = layers
            IsOptional = true
            Fixed = None
            Refuses = refuses
            Create = create
            Restore = restore
        }

    /// A uniform field acts on the kinds of bodies alone, so a pool need not see where they are.
    let private touch (kindsOf: Structure -> Kind list) (snapshot: Snapshot) (poolOf: Kind -> InputPool) : unit =
        for kind in kindsOf snapshot.Structure do
            poolOf kind |> ignore

    /// Uniform fields: one for all bodies, in proportion to a weight if they have one, or one for each species. Where all masses are equal
    /// it is in proportion to the mass, as gravity is.
    let uniformFor (share: Share) : BlockRecipe =
        let kindsOf (structure: Structure) =
            match share with
            | OneFor ByMasses -> [ EachBody ]
            | OneFor Unweighted -> if structure.WeightsDiffer ByMasses then [ EachBody ] else []
            | share -> BodySelection.kindsFor share structure

        recipeOf
            "uniform field"
            ("uniform field" + share.Suffix)
            0
            kindsOf
            (touch kindsOf)
            (fun first snapshot ->
                if snapshot.Structure.Dimension <> first.Dimension then
                    Some(NeedsDimension first.Dimension)
                elif (kindsOf first).IsEmpty then
                    None
                else
                    PairBlock.WeightRefusal(share.Weight, snapshot.Structure))
            (fun options sample _ -> uniform options.Kind share.Weight sample.Snapshots[0].Structure.Dimension)

    let private make (options: BlockOptions) (sample: TrainingSample) (draw: FeatureDraw) : IBlock =
        let inputs = SiteInputs.Of sample.Snapshots[0].Structure.Cell
        let seen = InputSample.widen inputs.Groups sample.Inputs
        let map = draw "" None seen
        let d = inputs.Dimension
        let isOpen axis = inputs.Periods[axis] = 0.0
        let axes = [| 0 .. d - 1 |] |> Array.filter isOpen
        // Where each open axis has its input.
        let place axis = Seq.sumBy (fun before -> if isOpen before then 1 else 2) (seq { 0 .. axis - 1 })

        FieldBlock
            {
                Kind = options.Kind
                Weight = Unweighted
                Inputs = inputs
                Products =
                    [|
                        yield! axes |> Array.map Array.singleton
                        for first in axes do
                            for second in axes do
                                if first <= second then
                                    [| first; second |]
                    |]
                Origin = Array.init d (fun axis -> if isOpen axis then map.Centres[place axis] else 0.0)
                Scale =
                    if axes.Length = 0 then
                        1.0
                    else
                        axes |> Array.map (fun axis -> map.HalfRanges[place axis]) |> Array.max
                Map = map
                Ranges = rangesOf options.Kind inputs map
            }

    let private collect (snapshot: Snapshot) (poolOf: Kind -> InputPool) : unit =
        let structure = snapshot.Structure
        let inputs = SiteInputs.Of structure.Cell
        let point = Array.zeroCreate<float> inputs.Count
        let d = structure.Dimension
        let pools = BodySelection.kindsOf structure |> List.map poolOf |> Array.ofList

        for body in 0 .. structure.Bodies - 1 do
            inputs.At(snapshot.State.Positions.Slice(body * d, d), Span<float> point)
            let force = TensorPrimitives.Norm(snapshot.Forces.Slice(body * d, d))
            pools[structure.Species.IndexOf body].Add(ReadOnlySpan<float> point, force)

    /// Fields of any form: a law of the place for each species.
    let recipe: BlockRecipe =
        let refuses (first: Structure) (snapshot: Snapshot) =
            let sameBox =
                snapshot.Structure.Cell.Periods.SequenceEqual first.Cell.Periods
                && snapshot.Structure.Cell.Tilts.SequenceEqual first.Cell.Tilts

            if snapshot.Structure.Dimension <> first.Dimension then
                Some(NeedsDimension first.Dimension)
            elif not sameBox then
                Some(Refused("field", "it sees coordinates in the box of the first frame; expected the same box throughout."))
            else
                None

        recipeOf "field" "field" 1 BodySelection.kindsOf collect refuses make

    /// The recipes of fields, those of many laws first.
    let recipes: BlockRecipe list = recipe :: List.map uniformFor BodySelection.shares
