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
        let inputs = SiteInputs.Coordinates dimension

        FieldBlock
            {
                Kind = kind
                Weight = weight
                Inputs = inputs
                Products = Array.init dimension Array.singleton
                Origins = Array.zeroCreate dimension
                Scales = Array.create dimension 1.0
                Map = noUnits inputs Activation.softplus
                Ranges = []
            }

    let private restore (vocabulary: Vocabulary) (reader: SavedReader) : IBlock =
        let origins = reader.Floats("origins", None)
        let count = origins.Length

        if count < 1 || count > 2 * Axes.Most then
            reader.Fail("origins", $"1 to {2 * Axes.Most} numbers")

        let products = reader.IndexLists("products", count)

        if products |> Array.exists (fun product -> product.Length < 1 || product.Length > 2) then
            reader.Fail("products", "lists of one or two inputs")

        let scales = reader.Floats("scales", Some(int64 count))

        if scales |> Array.exists (fun scale -> not (scale > 0.0)) then
            reader.Fail("scales", "positive numbers")

        let kind = SavedParts.toBodyKind (reader.Object "bodies")
        let weight = SavedParts.toWeight reader

        match reader.TryObject "map" with
        | None when count > Axes.Most -> reader.Fail("origins", $"1 to {Axes.Most} numbers")
        | None ->
            FieldBlock
                { (uniform kind weight count).Features with
                    Products = products
                    Origins = origins
                    Scales = scales
                }
        | Some map ->
            let periods = reader.Floats("periods", None)
            let d = periods.Length
            let tilts = reader.Floats("tilts", None)

            if d < 1 || d > Axes.Most || periods |> Array.exists (fun period -> period < 0.0) then
                reader.Fail("periods", $"1 to {Axes.Most} lengths, or 0 for open axes")

            if tilts.Length <> 0 && tilts.Length <> d * (d - 1) / 2 then
                reader.Fail("tilts", $"{d * (d - 1) / 2} numbers, or none")

            let inputs = SiteInputs(periods, tilts)

            if inputs.Count <> count then
                reader.Fail("origins", $"{inputs.Count} numbers")

            let map = SavedParts.toMap vocabulary (int64 count) map

            FieldBlock
                {
                    Kind = kind
                    Weight = weight
                    Inputs = inputs
                    Products = products
                    Origins = origins
                    Scales = scales
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

    /// The trend holds all products of two inputs at most: traps and, along periodic axes, waves of the cell and of half of it.
    let private make (weight: Weight) (options: BlockOptions) (sample: TrainingSample) (draw: FeatureDraw) : IBlock =
        let inputs = SiteInputs.Of sample.Snapshots[0].Structure.Cell
        let seen = InputSample.widen inputs.Groups sample.Inputs
        let map = draw "" None seen
        let isWave = inputs.Groups |> Array.map ((=) 1)
        let ranges = Array.zip isWave map.HalfRanges |> Array.filter (fst >> not) |> Array.map snd
        let length = if ranges.Length = 0 then 1.0 else Array.max ranges

        FieldBlock
            {
                Kind = options.Kind
                Weight = weight
                Inputs = inputs
                Products =
                    [|
                        for first in 0 .. inputs.Count - 1 do
                            [| first |]
                        for first in 0 .. inputs.Count - 1 do
                            for second in first .. inputs.Count - 1 do
                                [| first; second |]
                    |]
                Origins = Array.map2 (fun isWave centre -> if isWave then 0.0 else centre) isWave map.Centres
                Scales = isWave |> Array.map (fun isWave -> if isWave then 1.0 else length)
                Map = map
                Ranges = rangesOf options.Kind inputs map
            }

    let private collect (kindsOf: Structure -> Kind list) (snapshot: Snapshot) (poolOf: Kind -> InputPool) : unit =
        let structure = snapshot.Structure
        let inputs = SiteInputs.Of structure.Cell
        let point = Array.zeroCreate<float> inputs.Count
        let d = structure.Dimension
        let forces = snapshot.KnownForces

        for kind in kindsOf structure do
            let pool, species = poolOf kind, BodySelection.speciesOf kind structure

            for body in 0 .. structure.Bodies - 1 do
                if BodySelection.isOf species structure body then
                    inputs.At(snapshot.State.Positions.Slice(body * d, d), Span<float> point)
                    let force = TensorPrimitives.Norm(ReadOnlySpan<float>(forces, body * d, d))
                    pool.Add(ReadOnlySpan<float> point, force)

    /// Fields of any form: a law of the place for all bodies, in proportion to a weight if they have one, or one for each species.
    let formFor (share: Share) : BlockRecipe =
        let kindsOf = BodySelection.kindsFor share

        let refuses (first: Structure) (snapshot: Snapshot) =
            let sameBox =
                snapshot.Structure.Cell.Periods.SequenceEqual first.Cell.Periods
                && snapshot.Structure.Cell.Tilts.SequenceEqual first.Cell.Tilts

            if snapshot.Structure.Dimension <> first.Dimension then
                Some(NeedsDimension first.Dimension)
            elif not sameBox then
                Some(Refused("field", "it sees coordinates in the box of the first frame; expected the same box throughout."))
            elif (kindsOf first).IsEmpty then
                None
            else
                PairBlock.WeightRefusal(share.Weight, snapshot.Structure)

        recipeOf "field" ("field" + share.Suffix) 1 kindsOf (collect kindsOf) refuses (make share.Weight)

    /// The recipes of fields, those of many laws first.
    let recipes: BlockRecipe list = List.map formFor BodySelection.shares @ List.map uniformFor BodySelection.shares
