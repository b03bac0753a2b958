namespace HgnFunctional.Blocks

open System
open System.Numerics.Tensors
open System.Runtime.CompilerServices
open HgnFunctional.Kernels
open HgnFunctional.Numerics
open HgnFunctional.Bodies
open HgnFunctional.Invariance
open HgnFunctional.Data
open HgnFunctional.Features

/// Features of single bodies: Phi_k = sum_i s_k(x_i) with the kinetic term x_i = |p_i|^2 / (2 m_i). The trend is x itself.
[<Sealed; NoEquality; NoComparison>]
type BodyBlock internal (units: ScalarUnits, range: InvariantRange option) =

    /// The kinetic terms of some bodies, from one on.
    let kineticInto (configuration: inref<Configuration>) (start: int) (terms: Span<float>) : unit =
        let dimension = configuration.Structure.Dimension
        let momenta = configuration.Momenta.Slice(start * dimension, terms.Length * dimension)
        BodyTerms.Kinetic(dimension, momenta, configuration.Structure.Masses.Slice(start, terms.Length), terms)

    /// The features of one kinetic term.
    member _.Units: ScalarUnits = units

    /// The kinetic terms seen in training; none where the term is that of the masses, which no data can be beyond.
    member _.Range: InvariantRange option = range

    interface IEnergyBlock with
        member _.Kind = "body"
        member _.Width = units.Width
        member _.Trend = units.Degrees.Length
        member _.Part = Kinetic
        member _.Kinds = [ EachBody ]
        member _.IsOfMasses = range.IsNone
        member _.Ranges = Option.toList range
        member _.Symmetries = BlockSymmetries.all
        member _.ActsFromOutside = false
        member _.Hops = Some 0
        member _.Constants = []
        member _.Attributes = []
        member _.Refuses _ = None

        member _.ValuesInto(configuration, destination) =
            let values = Array.zeroCreate<float> units.Width
            let slopes = Array.zeroCreate<float> units.Width
            destination.Slice(0, units.Width).Clear()

            for body in 0 .. configuration.Structure.Bodies - 1 do
                let x = Invariants.kineticTerm &configuration body
                ScalarUnits.featuresInto units x (Span<float> values) (Span<float> slopes)
                TensorPrimitives.Add(Span<float>.op_Implicit destination, ReadOnlySpan<float> values, destination)

        [<SkipLocalsInit>]
        member _.Energy(configuration, readout) =
            let tile = StackBuffer.floats 128
            let values = StackBuffer.floats 128
            let slopes = StackBuffer.floats 128
            let bodies = configuration.Structure.Bodies
            let mutable total = 0.0
            let mutable start = 0

            while start < bodies do
                let size = min 128 (bodies - start)

                let terms = tile.Slice(0, size)
                kineticInto &configuration start terms
                ScalarUnits.sumInto units (ReadOnlySpan<float> readout) terms (values.Slice(0, size)) (slopes.Slice(0, size))

                for k in 0 .. size - 1 do
                    total <- total + values[k]

                start <- start + size

            total

        member _.RowsInto(configuration, _, rowsP, stride) =
            let values = Array.zeroCreate<float> units.Width
            let slopes = Array.zeroCreate<float> units.Width
            let dimension = configuration.Structure.Dimension

            for body in 0 .. configuration.Structure.Bodies - 1 do
                let x = Invariants.kineticTerm &configuration body
                ScalarUnits.featuresInto units x (Span<float> values) (Span<float> slopes)

                for k in body * dimension .. body * dimension + dimension - 1 do
                    let velocity = configuration.Momenta[k] / configuration.Structure.Masses[body]
                    let row = rowsP.Slice(k * stride, units.Width)
                    TensorPrimitives.MultiplyAdd(ReadOnlySpan<float> slopes, velocity, Span<float>.op_Implicit row, row)

        [<SkipLocalsInit>]
        member _.PullbackInto(configuration, readout, _, gradientP) =
            let tile = StackBuffer.floats 128
            let slopeTile = StackBuffer.floats 128
            let constant = ScalarUnits.constantSlope units readout
            let dimension = configuration.Structure.Dimension
            let bodies = configuration.Structure.Bodies
            let mutable start = 0

            while start < bodies do
                let size = min 128 (bodies - start)

                let scales = slopeTile.Slice(0, size)

                match constant with
                | ValueSome slope -> scales.Fill slope
                | ValueNone ->
                    let terms = tile.Slice(0, size)
                    kineticInto &configuration start terms
                    ScalarUnits.sumInto units (ReadOnlySpan<float> readout) terms Span<float>.Empty scales

                // dx/dp = p / m
                let masses = configuration.Structure.Masses.Slice(start, size)
                TensorPrimitives.Divide(Span<float>.op_Implicit scales, masses, scales)
                let first, length = start * dimension, size * dimension

                BodyTerms.AddGradient(
                    dimension,
                    Span<float>.op_Implicit scales,
                    configuration.Momenta.Slice(first, length),
                    gradientP.Slice(first, length)
                )

                start <- start + size

        member _.TellsStrain _ = true
        member _.StrainInto(_, _, _) = ()
        member _.StrainRowsInto(_, _, _) = ()

        member _.Response(readout, inputs) =
            let value, slope = [| 0.0 |], [| 0.0 |]
            ScalarUnits.sumInto units (ReadOnlySpan<float> readout) (Span<float>(Array.copy inputs)) (Span<float> value) (Span<float> slope)
            value[0]

        member _.CountOutside(configuration) =
            match range with
            | None -> struct (0, 0)
            | Some range ->
                let tile = StackBuffer.floats 128
                let bodies = configuration.Structure.Bodies
                let mutable outside = 0
                let mutable start = 0

                while start < bodies do
                    let terms = tile.Slice(0, min 128 (bodies - start))
                    kineticInto &configuration start terms

                    // Slower than the slowest body seen is no new place: T is even in p.
                    for x in terms do
                        if x > range.High then
                            outside <- outside + 1

                    start <- start + terms.Length

                struct (outside, bodies)

        member _.Select(features) = BodyBlock(ScalarUnits.select features units, range)

        member _.Save() =
            [
                match range with
                | Some range -> "range", SavedParts.ofRange range
                | None -> ()
                yield! SavedParts.ofUnits units
            ]

/// How body blocks are made.
[<RequireQualifiedAccess>]
module BodyBlock =

    /// With speeds as measured outputs.
    let private collect (snapshot: Snapshot) (poolOf: Kind -> InputPool) : unit =
        let pool = poolOf EachBody
        let configuration = snapshot.Configuration
        let dimension = snapshot.Structure.Dimension
        let velocities = snapshot.KnownVelocities
        let point = [| 0.0 |]

        for body in 0 .. snapshot.Structure.Bodies - 1 do
            point[0] <- Invariants.kineticTerm &configuration body
            let velocity = ReadOnlySpan<float>(velocities, body * dimension, dimension)
            pool.Add(ReadOnlySpan<float> point, TensorPrimitives.Norm velocity)

    let private make (_: BlockOptions) (sample: TrainingSample) (draw: FeatureDraw) : IBlock =
        let sample = sample.Inputs
        let range = { Name = "kinetic term"; Low = sample.Low[0]; High = sample.High[0] }
        BodyBlock(ScalarUnits.create [| 1 |] (draw "" None sample), Some range)

    let private restore (vocabulary: Vocabulary) (reader: SavedReader) : IBlock =
        BodyBlock(SavedParts.toUnits vocabulary reader, reader.TryObject "range" |> Option.map SavedParts.toRange)

    /// The kinetic energy sum_i |p_i|^2 / (2 m_i) itself, with a readout of 1: the block has the trend and no hidden unit.
    let internal ofMasses (activation: Activation) : BodyBlock =
        let map =
            {
                Activation = activation
                Centres = [| 0.0 |]
                HalfRanges = [| 1.0 |]
                Weights = [||]
                Biases = [||]
            }

        BodyBlock(ScalarUnits.create [| 1 |] map, None)

    /// The recipe of body blocks.
    let recipe: BlockRecipe =
        {
            Kind = "body"
            Family = "kinetic energy"
            Kinds = fun _ -> [ EachBody ]
            Inputs = fun _ -> 1
            Collect = collect
            SeesRadial = false
            Layers = 0
            IsOptional = false
            Fixed = None
            Refuses = fun _ _ -> None
            Create = make
            Restore = restore
        }
