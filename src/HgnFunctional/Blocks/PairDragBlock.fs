namespace HgnFunctional.Blocks

open System
open System.Numerics.Tensors
open System.Runtime.CompilerServices
open HgnFunctional.Kernels
open HgnFunctional.Numerics
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Invariance
open HgnFunctional.Data
open HgnFunctional.Features

/// Drag between the bodies of pairs of one kind, along the line that joins them: F_i = -F_j = -sum_k theta_k c(r) s_k(r) (e . v_ij) e
/// with the unit vector e and the relative velocity v_ij. The trend is 1, r and r^2. It keeps the momentum of both, and takes energy
/// where the sum is positive (dashpots; dissipative particle dynamics, Espanol and Warren 1995, doi:10.1209/0295-5075/30/4/001).
[<Sealed; NoEquality; NoComparison>]
type PairDragBlock internal (kind: Kind, factor: CutoffFactor option, hasConstant: bool, units: ScalarUnits, range: InvariantRange) =

    let first = if hasConstant then 1 else 0
    let width = first + units.Width

    /// c(r).
    let factorAt (r: float) : float =
        match factor with
        | None -> 1.0
        | Some factor -> if r < factor.Radius then factor.Shape.Value(r / factor.Radius) else 0.0

    /// The relative velocity along a pair.
    let closing (configuration: inref<Configuration>) (sender: int) (receiver: int) (direction: ReadOnlySpan<float>) : float =
        let structure = configuration.Structure
        let d = structure.Dimension
        let mutable along = 0.0

        for axis in 0 .. d - 1 do
            let ofSender = configuration.Momenta[sender * d + axis] / structure.Masses[sender]
            let ofReceiver = configuration.Momenta[receiver * d + axis] / structure.Masses[receiver]
            along <- along + (ofSender - ofReceiver) * direction[axis]

        along

    /// The kind of pairs that it is for.
    member _.Pairs: Kind = kind

    interface IForceBlock with
        member _.Kind = "pair drag"
        member _.Width = width
        member _.Trend = first + units.Degrees.Length
        member _.Part = Driving
        member _.Kinds = [ kind ]
        member _.IsOfMasses = false
        member _.Ranges = [ range ]
        member _.Symmetries = BlockSymmetries.all
        member _.ActsFromOutside = false
        member _.Hops = Some 1
        member _.Constants = []
        member _.Attributes = []
        member _.Refuses _ = None

        member _.RowsInto(configuration, rowsQ, _, stride) =
            let d = configuration.Structure.Dimension
            let struct (pairs, struct (start, count)) = PairRun.find kind &configuration
            let values = Array.zeroCreate<float> width
            let slopes = Array.zeroCreate<float> units.Width
            let distances = Array.zeroCreate<float> PairSum.Tile
            let directions = Array.zeroCreate<float>(PairSum.Tile * d)
            let mutable from = start

            while from < start + count do
                let size = min PairSum.Tile (start + count - from)
                Invariants.runInto &configuration pairs from (Span<float>(distances, 0, size)) (Span<float>(directions, 0, size * d))

                for pair in 0 .. size - 1 do
                    let c = factorAt distances[pair]

                    if c <> 0.0 then
                        let sender, receiver = pairs.Senders[from + pair], pairs.Receivers[from + pair]
                        let direction = ReadOnlySpan<float>(directions, pair * d, d)
                        values[0] <- 1.0
                        ScalarUnits.featuresInto units distances[pair] (Span<float>(values, first, units.Width)) (Span<float> slopes)
                        let along = closing &configuration sender receiver direction
                        TensorPrimitives.Multiply(ReadOnlySpan<float> values, c * along, Span<float> values)
                        PairScatter.AddRows(d, sender, receiver, direction, ReadOnlySpan<float> values, rowsQ, stride)

                from <- from + size

        [<SkipLocalsInit>]
        member _.ForceInto(configuration, readout, destination) =
            let d = configuration.Structure.Dimension
            let struct (pairs, struct (start, count)) = PairRun.find kind &configuration
            let distances = StackBuffer.floats PairSum.Tile
            let directions = StackBuffer.floats (PairSum.Tile * Axes.Most)
            let us = StackBuffer.floats PairSum.Tile
            let values = StackBuffer.floats PairSum.Tile
            let slopes = StackBuffer.floats PairSum.Tile
            let mutable from = start

            while from < start + count do
                let size = min PairSum.Tile (start + count - from)
                let r = distances.Slice(0, size)
                let e = directions.Slice(0, size * d)
                Invariants.runInto &configuration pairs from r e
                let us = us.Slice(0, size)
                let values = values.Slice(0, size)
                r.CopyTo us
                ScalarUnits.sumInto units (ReadOnlySpan<float>(readout, first, units.Width)) us values (slopes.Slice(0, size))

                for pair in 0 .. size - 1 do
                    let c = factorAt r[pair]

                    if c <> 0.0 then
                        let sender, receiver = pairs.Senders[from + pair], pairs.Receivers[from + pair]
                        let direction = Span<float>.op_Implicit(e.Slice(pair * d, d))
                        let rate = c * (values[pair] + (if hasConstant then readout[0] else 0.0))
                        let along = rate * closing &configuration sender receiver direction

                        for axis in 0 .. d - 1 do
                            destination[sender * d + axis] <- destination[sender * d + axis] - along * direction[axis]
                            destination[receiver * d + axis] <- destination[receiver * d + axis] + along * direction[axis]

                from <- from + size

        member _.TryAddRates(_, _, _) = false

        member _.Response(readout, inputs) =
            let value, slope = [| 0.0 |], [| 0.0 |]
            let hidden = ReadOnlySpan<float>(readout, first, units.Width)
            ScalarUnits.sumInto units hidden (Span<float>(Array.copy inputs)) (Span<float> value) (Span<float> slope)
            factorAt inputs[0] * (value[0] + (if hasConstant then readout[0] else 0.0))

        member _.CountOutside(configuration) =
            let struct (pairs, struct (start, count)) = PairRun.find kind &configuration
            let distances, _ = Invariants.ofRun &configuration pairs start count
            let acts = distances |> Array.filter (fun r -> factorAt r <> 0.0)
            let outside = acts |> Array.filter (fun r -> r < range.Low || r > range.High)
            struct (outside.Length, acts.Length)

        member _.Select(features) =
            let keeps = hasConstant && Array.contains 0 features
            let hidden = features |> Array.map (fun feature -> feature - first) |> Array.filter (fun feature -> feature >= 0)
            PairDragBlock(kind, factor, keeps, ScalarUnits.select hidden units, range)

        member _.Save() =
            [
                "pairs", SavedParts.ofKind kind
                yield! SavedParts.ofFactor factor
                "constant", SavedForm.Number(float first)
                "range", SavedParts.ofRange range
                yield! SavedParts.ofUnits units
            ]

/// How drag between pairs is made.
[<RequireQualifiedAccess>]
module PairDragBlock =

    /// The law of drag is a smooth one beside that of the pair.
    let private fewUnits = 16

    let private collect (kindsOf: Structure -> Kind list) (snapshot: Snapshot) (poolOf: Kind -> InputPool) : unit =
        let configuration = snapshot.Configuration
        let point = [| 0.0 |]

        for kind in kindsOf snapshot.Structure do
            let struct (pairs, struct (start, count)) = PairRun.find kind &configuration

            if count > 0 then
                let pool = poolOf kind
                let struct (low, high) = Invariants.extremesOf &configuration pairs start count

                // The law is smooth and its units few: the ends of what each frame shows are enough.
                for r in [ low; high ] do
                    point[0] <- r
                    pool.Add(ReadOnlySpan<float> point, 0.0)

    let private make (options: BlockOptions) (sample: TrainingSample) (draw: FeatureDraw) : IBlock =
        let factor =
            match options.Kind with
            | PairsOf _ -> options.CutoffRadius |> Option.map (fun radius -> { Shape = options.Cutoff; Radius = radius })
            | _ -> None

        let seen = sample.Inputs
        let name = PairBlock.rangeName Unweighted options.Kind

        PairDragBlock(
            options.Kind,
            factor,
            true,
            ScalarUnits.create [| 1; 2 |] (draw "" (Some fewUnits) seen),
            { Name = name; Low = seen.Low[0]; High = seen.High[0] }
        )

    let private restore (vocabulary: Vocabulary) (reader: SavedReader) : IBlock =
        let kind = SavedParts.toPairKind (reader.Object "pairs")
        let factor = SavedParts.toFactor vocabulary reader

        if kind.IsPairsOf && factor.IsNone then
            reader.Fail("cutoff", "an object")

        let hasConstant = reader.Integer("constant", 0, 1) = 1
        PairDragBlock(kind, factor, hasConstant, SavedParts.toUnits vocabulary reader, SavedParts.toRange (reader.Object "range"))

    let private recipeOn (family: string) (kindsOf: Structure -> Kind list) : BlockRecipe =
        {
            Kind = "pair drag"
            Family = family
            Kinds = kindsOf
            Inputs = fun _ -> 1
            Collect = collect kindsOf
            SeesRadial = false
            Layers = 0
            IsOptional = true
            Fixed = None
            Refuses = fun _ _ -> None
            Create = make
            Restore = restore
        }

    /// The recipes of drag along bonds, by type, and between pairs within reach, by species.
    let recipes: BlockRecipe list = [ recipeOn "drag between pairs" _.ReachKinds; recipeOn "drag along bonds" _.BondKinds ]
