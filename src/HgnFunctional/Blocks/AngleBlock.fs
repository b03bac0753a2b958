namespace HgnFunctional.Blocks

open System
open System.Numerics.Tensors
open HgnFunctional.Numerics
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Invariance
open HgnFunctional.Data
open HgnFunctional.Features

/// What an angle block is made of.
[<NoEquality; NoComparison>]
type AngleFeatures =
    {
        /// The type of angles that it is for: all others are not looked at.
        Kind: Kind
        /// The transform t(c) of the cosine through which the units see it.
        Angular: Angular
        /// The features of t alone.
        Opening: ScalarUnits
        /// Hidden units of t and both lengths: each is summed over both orders of the lengths.
        Joint: FeatureMap
        /// The cosines seen in training.
        CosineRange: InvariantRange
        /// The lengths of the sides seen in training.
        LengthRange: InvariantRange
    }

    /// Number of features.
    member features.Width: int = features.Opening.Width + features.Joint.Units

/// Joint units that are evaluated together, on the stack.
[<AutoOpen>]
module private JointUnits =

    [<Literal>]
    let Tile = 128

/// Features of the angles of one type: Phi_k = sum over angles of s_k(t), or of s_k(t, r, s) + s_k(t, s, r) with a transform t of the cosine,
/// the cosine itself or the angle, and the lengths r and s of its sides. The trend is t and t^2.
[<Sealed; NoEquality; NoComparison>]
type AngleBlock internal (features: AngleFeatures) =

    let joint = features.Joint
    let inputs = 3

    /// The weights of each input [units], by input, as the inputs see them: divided by half ranges.
    let weights =
        Array.init inputs (fun k -> Array.init joint.Units (fun unit -> joint.Weights[unit * inputs + k] / joint.HalfRanges[k]))

    /// What is added to them.
    let biases =
        Array.init joint.Units (fun unit ->
            joint.Biases[unit] - Seq.sum (seq { for k in 0 .. inputs - 1 -> weights[k][unit] * joint.Centres[k] }))

    let run (structure: Structure) : struct (Angles * int * int) voption =
        match structure.Relations.Angles, structure.AngleKinds |> List.tryFindIndex ((=) features.Kind) with
        | Some angles, Some place ->
            let struct (start, count) = angles.Run place
            ValueSome(struct (angles, start, count))
        | _ -> ValueNone

    /// Arguments of some joint units at a cosine and two lengths.
    let argumentsInto (first: int) (cosine: float) (r: float) (s: float) (arguments: Span<float>) : unit =
        let count = arguments.Length
        let read = Span<float>.op_Implicit arguments

        TensorPrimitives.MultiplyAdd(
            ReadOnlySpan<float>(weights[0], first, count),
            cosine,
            ReadOnlySpan<float>(biases, first, count),
            arguments
        )

        TensorPrimitives.MultiplyAdd(ReadOnlySpan<float>(weights[1], first, count), r, read, arguments)
        TensorPrimitives.MultiplyAdd(ReadOnlySpan<float>(weights[2], first, count), s, read, arguments)

    /// The sum of readout times features of one angle, and its derivatives by the cosine and by both lengths.
    let sum (readout: float[]) (triple: Triple) : struct (float * float * float * float) =
        let u = StackBuffer.floats 1
        let value = StackBuffer.floats 1
        let slope = StackBuffer.floats 1
        let arguments = StackBuffer.floats Tile
        let values = StackBuffer.floats Tile
        let slopes = StackBuffer.floats Tile
        let opening = features.Angular.Value triple.Cosine
        u[0] <- opening
        ScalarUnits.sumInto features.Opening (ReadOnlySpan<float>(readout, 0, features.Opening.Width)) u value slope
        let mutable energy = value[0]
        let mutable ofCosine = slope[0]
        let mutable ofFirst = 0.0
        let mutable ofSecond = 0.0
        let mutable start = 0

        while start < joint.Units do
            let count = min Tile (joint.Units - start)
            let mine = ReadOnlySpan<float>(readout, features.Opening.Width + start, count)

            for order in 0..1 do
                let r, s = if order = 0 then triple.First, triple.Second else triple.Second, triple.First
                let here = arguments.Slice(0, count)
                let its = values.Slice(0, count)
                let rates = slopes.Slice(0, count)
                argumentsInto start opening r s here
                joint.Activation.Kernel.Evaluate(Span<float>.op_Implicit here, its, rates)
                energy <- energy + TensorPrimitives.Dot(mine, Span<float>.op_Implicit its)
                TensorPrimitives.Multiply(Span<float>.op_Implicit rates, mine, rates)
                let read = Span<float>.op_Implicit rates
                ofCosine <- ofCosine + TensorPrimitives.Dot(ReadOnlySpan<float>(weights[0], start, count), read)
                ofFirst <- ofFirst + TensorPrimitives.Dot(ReadOnlySpan<float>(weights[1 + order], start, count), read)
                ofSecond <- ofSecond + TensorPrimitives.Dot(ReadOnlySpan<float>(weights[2 - order], start, count), read)

            start <- start + count

        struct (energy, ofCosine * features.Angular.Slope triple.Cosine, ofFirst, ofSecond)

    /// Every feature of one angle [width], and its derivatives by the cosine and by both lengths.
    let featuresInto (triple: Triple) (values: float[]) (ofCosine: float[]) (ofFirst: float[]) (ofSecond: float[]) : unit =
        let scalar = features.Opening.Width
        let opening = features.Angular.Value triple.Cosine
        ScalarUnits.featuresInto features.Opening opening (Span<float>(values, 0, scalar)) (Span<float>(ofCosine, 0, scalar))
        let arguments, some, rates = Array.zeroCreate joint.Units, Array.zeroCreate joint.Units, Array.zeroCreate joint.Units
        Array.Clear(values, scalar, joint.Units)

        for part in [ ofCosine; ofFirst; ofSecond ] do
            Array.Clear(part, scalar, joint.Units)

        for order in 0..1 do
            let r, s = if order = 0 then triple.First, triple.Second else triple.Second, triple.First
            argumentsInto 0 opening r s (Span<float> arguments)
            joint.Activation.Kernel.Evaluate(ReadOnlySpan<float> arguments, Span<float> some, Span<float> rates)

            for unit in 0 .. joint.Units - 1 do
                values[scalar + unit] <- values[scalar + unit] + some[unit]
                ofCosine[scalar + unit] <- ofCosine[scalar + unit] + weights[0][unit] * rates[unit]
                ofFirst[scalar + unit] <- ofFirst[scalar + unit] + weights[1 + order][unit] * rates[unit]
                ofSecond[scalar + unit] <- ofSecond[scalar + unit] + weights[2 - order][unit] * rates[unit]

        TensorPrimitives.Multiply(ReadOnlySpan<float> ofCosine, features.Angular.Slope triple.Cosine, Span<float> ofCosine)

    /// The derivatives of the features [width] by an end along an axis, where the sides have components u, its own, and v.
    let alongInto (cosine: float) (length: float) (u: float) (v: float) (ofCosine: float[]) (ofLength: float[]) (along: float[]) : unit =
        TensorPrimitives.Multiply(ReadOnlySpan<float> ofLength, u, Span<float> along)
        let slope = Triple.slope cosine length u v
        TensorPrimitives.MultiplyAdd(ReadOnlySpan<float> ofCosine, slope, ReadOnlySpan<float> along, Span<float> along)

    /// The cosine units and the joint ones.
    member _.Features: AngleFeatures = features

    interface IEnergyBlock with
        member _.Kind = "angle"
        member _.Width = features.Width
        member _.Trend = features.Opening.Degrees.Length
        member _.Part = Potential
        member _.Kinds = [ features.Kind ]
        member _.IsOfMasses = false
        member _.Ranges = [ features.CosineRange; features.LengthRange ]
        member _.Symmetries = BlockSymmetries.all
        member _.ActsFromOutside = false
        member _.Hops = Some 1
        member _.Constants = []
        member _.Attributes = []
        member _.Refuses _ = None

        member _.ValuesInto(configuration, destination) =
            destination.Slice(0, features.Width).Clear()

            match run configuration.Structure with
            | ValueNone -> ()
            | ValueSome(struct (angles, start, count)) ->
                let u, v =
                    Array.zeroCreate<float> configuration.Structure.Dimension, Array.zeroCreate<float> configuration.Structure.Dimension

                let part () = Array.zeroCreate<float> features.Width
                let values, ofCosine, ofFirst, ofSecond = part (), part (), part (), part ()

                for angle in start .. start + count - 1 do
                    let triple = Triple.fill &configuration angles angle (Span<float> u) (Span<float> v)
                    featuresInto triple values ofCosine ofFirst ofSecond

                    for k in 0 .. features.Width - 1 do
                        destination[k] <- destination[k] + values[k]

        member _.Energy(configuration, readout) =
            let u = StackBuffer.floats Axes.Most
            let v = StackBuffer.floats Axes.Most
            let d = configuration.Structure.Dimension
            let mutable total = 0.0

            match run configuration.Structure with
            | ValueNone -> ()
            | ValueSome(struct (angles, start, count)) ->
                for angle in start .. start + count - 1 do
                    let triple = Triple.fill &configuration angles angle (u.Slice(0, d)) (v.Slice(0, d))
                    let struct (energy, _, _, _) = sum readout triple
                    total <- total + energy

            total

        member _.RowsInto(configuration, rowsQ, _, stride) =
            match run configuration.Structure with
            | ValueNone -> ()
            | ValueSome(struct (angles, start, count)) ->
                let d, width = configuration.Structure.Dimension, features.Width
                let u, v = Array.zeroCreate<float> d, Array.zeroCreate<float> d
                let part () = Array.zeroCreate<float> width
                let values, ofCosine, ofFirst, ofSecond = part (), part (), part (), part ()
                let atFirst, atSecond = part (), part ()

                for angle in start .. start + count - 1 do
                    let triple = Triple.fill &configuration angles angle (Span<float> u) (Span<float> v)
                    featuresInto triple values ofCosine ofFirst ofSecond

                    for axis in 0 .. d - 1 do
                        alongInto triple.Cosine triple.First u[axis] v[axis] ofCosine ofFirst atFirst
                        alongInto triple.Cosine triple.Second v[axis] u[axis] ofCosine ofSecond atSecond
                        let first = rowsQ.Slice((angles.Firsts[angle] * d + axis) * stride, width)
                        let second = rowsQ.Slice((angles.Seconds[angle] * d + axis) * stride, width)
                        let middle = rowsQ.Slice((angles.Centres[angle] * d + axis) * stride, width)
                        TensorPrimitives.Add(Span<float>.op_Implicit first, ReadOnlySpan<float> atFirst, first)
                        TensorPrimitives.Add(Span<float>.op_Implicit second, ReadOnlySpan<float> atSecond, second)
                        TensorPrimitives.Subtract(Span<float>.op_Implicit middle, ReadOnlySpan<float> atFirst, middle)
                        TensorPrimitives.Subtract(Span<float>.op_Implicit middle, ReadOnlySpan<float> atSecond, middle)

        member _.PullbackInto(configuration, readout, gradientQ, _) =
            let u = StackBuffer.floats Axes.Most
            let v = StackBuffer.floats Axes.Most
            let d = configuration.Structure.Dimension

            match run configuration.Structure with
            | ValueNone -> ()
            | ValueSome(struct (angles, start, count)) ->
                for angle in start .. start + count - 1 do
                    let triple = Triple.fill &configuration angles angle (u.Slice(0, d)) (v.Slice(0, d))
                    let struct (_, ofCosine, ofFirst, ofSecond) = sum readout triple

                    for axis in 0 .. d - 1 do
                        let atFirst = ofFirst * u[axis] + ofCosine * Triple.slope triple.Cosine triple.First u[axis] v[axis]
                        let atSecond = ofSecond * v[axis] + ofCosine * Triple.slope triple.Cosine triple.Second v[axis] u[axis]
                        let first, second = angles.Firsts[angle] * d + axis, angles.Seconds[angle] * d + axis
                        let middle = angles.Centres[angle] * d + axis
                        gradientQ[first] <- gradientQ[first] + atFirst
                        gradientQ[second] <- gradientQ[second] + atSecond
                        gradientQ[middle] <- gradientQ[middle] - atFirst - atSecond

        member _.TellsStrain _ = true

        member _.StrainInto(configuration, readout, destination) =
            let u = StackBuffer.floats Axes.Most
            let v = StackBuffer.floats Axes.Most
            let d = configuration.Structure.Dimension
            let u = u.Slice(0, d)
            let v = v.Slice(0, d)

            match run configuration.Structure with
            | ValueNone -> ()
            | ValueSome(struct (angles, start, count)) ->
                for angle in start .. start + count - 1 do
                    let triple = Triple.fill &configuration angles angle u v
                    let struct (_, ofCosine, ofFirst, ofSecond) = sum readout triple
                    Triple.addStrain triple (Span<float>.op_Implicit u) (Span<float>.op_Implicit v) ofCosine ofFirst ofSecond destination

        member _.StrainRowsInto(configuration, rows, stride) =
            match run configuration.Structure with
            | ValueNone -> ()
            | ValueSome(struct (angles, start, count)) ->
                let d = configuration.Structure.Dimension
                let u, v = Array.zeroCreate<float> d, Array.zeroCreate<float> d
                let part () = Array.zeroCreate<float> features.Width
                let values, ofCosine, ofFirst, ofSecond, along = part (), part (), part (), part (), part ()

                for angle in start .. start + count - 1 do
                    let triple = Triple.fill &configuration angles angle (Span<float> u) (Span<float> v)
                    featuresInto triple values ofCosine ofFirst ofSecond
                    let side (unit: float[]) (length: float) = unit |> Array.map (fun x -> length * x)
                    let first, second = side u triple.First, side v triple.Second

                    for axis in 0 .. d - 1 do
                        alongInto triple.Cosine triple.First u[axis] v[axis] ofCosine ofFirst along
                        Strain.addColumns axis (ReadOnlySpan<float> along) (ReadOnlySpan<float> first) rows stride
                        alongInto triple.Cosine triple.Second v[axis] u[axis] ofCosine ofSecond along
                        Strain.addColumns axis (ReadOnlySpan<float> along) (ReadOnlySpan<float> second) rows stride

        member _.Response(readout, inputs) =
            let struct (energy, _, _, _) = sum readout { Cosine = inputs[0]; First = inputs[1]; Second = inputs[2] }
            energy

        member _.CountOutside(configuration) =
            match run configuration.Structure with
            | ValueNone -> struct (0, 0)
            | ValueSome(struct (angles, start, count)) ->
                let d = configuration.Structure.Dimension
                let u, v = Array.zeroCreate<float> d, Array.zeroCreate<float> d
                let isOutside (range: InvariantRange) (x: float) = not (x >= range.Low && x <= range.High)
                let mutable outside = 0

                for angle in start .. start + count - 1 do
                    let triple = Triple.fill &configuration angles angle (Span<float> u) (Span<float> v)

                    if
                        isOutside features.CosineRange triple.Cosine
                        || isOutside features.LengthRange triple.First
                        || isOutside features.LengthRange triple.Second
                    then
                        outside <- outside + 1

                struct (outside, count)

        member _.Save() =
            [
                "pairs", SavedParts.ofKind features.Kind
                "angular", SavedForm.Text features.Angular.Name
                "opening", SavedForm.Fields [ "range", SavedParts.ofRange features.CosineRange; yield! SavedParts.ofUnits features.Opening ]
                "joint", SavedForm.Fields [ yield! SavedParts.ofMap features.Joint; "range", SavedParts.ofRange features.LengthRange ]
            ]

        member _.Select(indices) =
            let opening, joint = indices |> Array.partition (fun k -> k < features.Opening.Width)

            AngleBlock
                { features with
                    Opening = ScalarUnits.select opening features.Opening
                    Joint = FeatureMap.select (joint |> Array.map (fun k -> k - features.Opening.Width)) features.Joint
                }

/// How angle blocks are made.
[<RequireQualifiedAccess>]
module AngleBlock =

    /// The cosine and both lengths of each angle. No scalar that the data hold belongs to an angle: samplers draw uniformly.
    let private collect (snapshot: Snapshot) (poolOf: Kind -> InputPool) : unit =
        match snapshot.Structure.Relations.Angles with
        | None -> ()
        | Some angles ->
            let configuration = snapshot.Configuration
            let d = snapshot.Structure.Dimension
            let u, v = Array.zeroCreate<float> d, Array.zeroCreate<float> d

            for place, kind in Seq.indexed snapshot.Structure.AngleKinds do
                let struct (start, count) = angles.Run place

                if count > 0 then
                    let pool = poolOf kind

                    for angle in start .. start + count - 1 do
                        let triple = Triple.fill &configuration angles angle (Span<float> u) (Span<float> v)
                        // Both orders, so that the ranges of both lengths are one.
                        pool.Add(ReadOnlySpan<float> [| triple.Cosine; triple.First; triple.Second |], 0.0)
                        pool.Add(ReadOnlySpan<float> [| triple.Cosine; triple.Second; triple.First |], 0.0)

    let private rangeName (what: string) (kind: Kind) : string =
        match kind with
        | AnglesOf "" -> $"{what} of angles"
        | kind -> $"{what} of {kind}"

    /// The sample with the cosines seen through a transform.
    let private throughOf (angular: Angular) (sample: InputSample) : InputSample =
        let seen bound = Array.append [| angular.Value(Array.head bound) |] (Array.tail bound)
        let ends = Array.map2 (fun low high -> min low high, max low high) (seen sample.Low) (seen sample.High)

        { sample with
            Low = Array.map fst ends
            High = Array.map snd ends
            Points = sample.Points |> Array.mapi (fun k x -> if k % sample.Inputs = 0 then angular.Value x else x)
        }

    /// The openings alone.
    let private openingsOf (sample: InputSample) : InputSample =
        {
            Low = [| sample.Low[0] |]
            High = [| sample.High[0] |]
            Points = sample.Points |> Array.indexed |> Array.filter (fun (k, _) -> k % sample.Inputs = 0) |> Array.map snd
            Outputs = sample.Outputs
        }

    let private make (options: BlockOptions) (sample: TrainingSample) (draw: FeatureDraw) : IBlock =
        let inputs = sample.Inputs
        let seen = throughOf options.Angular inputs

        AngleBlock
            {
                Kind = options.Kind
                Angular = options.Angular
                Opening = ScalarUnits.create [| 1; 2 |] (draw "" None (openingsOf seen))
                Joint = draw "joint" None seen
                CosineRange = { Name = rangeName "cosine" options.Kind; Low = inputs.Low[0]; High = inputs.High[0] }
                LengthRange = { Name = rangeName "length" options.Kind; Low = inputs.Low[1]; High = inputs.High[1] }
            }

    let private restore (vocabulary: Vocabulary) (reader: SavedReader) : IBlock =
        let kind = (reader.Object "pairs").Text "type"
        let opening, joint = reader.Object "opening", reader.Object "joint"

        AngleBlock
            {
                Kind = AnglesOf kind
                Angular = reader.Named("angular", Angular.all, _.Name)
                Opening = SavedParts.toUnits vocabulary opening
                Joint = SavedParts.toMap vocabulary 3L joint
                CosineRange = SavedParts.toRange (opening.Object "range")
                LengthRange = SavedParts.toRange (joint.Object "range")
            }

    /// The recipe of angle blocks: one for each type of angle.
    let recipe: BlockRecipe =
        {
            Kind = "angle"
            Family = "angles"
            Kinds = _.AngleKinds
            Inputs = fun _ -> 3
            Collect = collect
            SeesRadial = false
            Layers = 2
            IsOptional = false
            Fixed = None
            Refuses = fun _ _ -> None
            Create = make
            Restore = restore
        }
