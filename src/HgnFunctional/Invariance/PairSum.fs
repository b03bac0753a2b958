namespace HgnFunctional.Invariance

open System
open System.Numerics.Tensors
open System.Runtime.CompilerServices
open HgnFunctional.Kernels
open HgnFunctional.Numerics
open HgnFunctional.Space

/// A function of one distance. Values and slopes must be exactly zero where it does not act.
type IRadialFunction =
    /// Writes the values at each distance, and the derivatives with respect to it.
    abstract EvaluateInto: distances: ReadOnlySpan<float> * values: Span<float> * slopes: Span<float> -> unit
    /// Writes the derivatives alone.
    abstract SlopeInto: distances: ReadOnlySpan<float> * slopes: Span<float> -> unit

/// Sums of a radial function over pairs, and their gradients: one piece of code for learned pair blocks and for known pair
/// potentials. Works through the pairs in tiles on the stack and allocates nothing.
[<RequireQualifiedAccess>]
module internal PairSum =

    /// The most pairs at once.
    [<Literal>]
    let Tile = 256

    /// Multiplies what belongs to each pair by the weights of its bodies, unless there are none.
    let private weigh (weights: float[]) (senders: ReadOnlySpan<int>) (receivers: ReadOnlySpan<int>) (values: Span<float>) : unit =
        if weights.Length > 0 then
            for k in 0 .. senders.Length - 1 do
                values[k] <- weights[senders[k]] * weights[receivers[k]] * values[k]

    /// What a walk over the pairs comes to.
    [<Struct>]
    type private Sum =
        /// The sum of f.
        | Value
        /// Its gradient with respect to q [N x d].
        | Gradient
        /// Its derivatives by the strain [d x d].
        | OfStrain

    /// Either sums f over the pairs or adds derivatives to the destination.
    [<SkipLocalsInit>]
    let private accumulate<'F when 'F :> IRadialFunction>
        (sum: Sum)
        (f: 'F)
        (weights: float[])
        (configuration: inref<Configuration>)
        (pairs: Pairs)
        (struct (first, count): struct (int * int))
        (destination: Span<float>)
        : float =
        let dimension = configuration.Structure.Dimension

        let distances = StackBuffer.floats Tile
        let differences = StackBuffer.floats (Tile * Axes.Most)
        let values = StackBuffer.floats Tile
        let slopes = StackBuffer.floats Tile
        let mutable total = 0.0
        let mutable start = first

        while start < first + count do
            let size = min Tile (first + count - start)
            let senders = pairs.Senders.Slice(start, size)
            let receivers = pairs.Receivers.Slice(start, size)
            let r = distances.Slice(0, size)
            let vectors = differences.Slice(0, size * dimension)
            Invariants.differencesInto &configuration pairs start r vectors

            if sum = Value then
                f.EvaluateInto(Span<float>.op_Implicit r, values, slopes)
                weigh weights senders receivers values

                for k in 0 .. size - 1 do
                    total <- total + values[k]
            else
                f.SlopeInto(Span<float>.op_Implicit r, slopes)
                // df/dq = f'(r) / r times the difference.
                let scales = slopes.Slice(0, size)
                TensorPrimitives.Divide(Span<float>.op_Implicit scales, Span<float>.op_Implicit r, scales)
                weigh weights senders receivers scales

                if sum = Gradient then
                    PairScatter.AddGradient(
                        dimension,
                        senders,
                        receivers,
                        Span<float>.op_Implicit scales,
                        Span<float>.op_Implicit vectors,
                        destination
                    )
                else
                    Strain.addPairs dimension (Span<float>.op_Implicit scales) (Span<float>.op_Implicit vectors) destination

            start <- start + size

        total

    /// Sum of f(r), times the weights [N] of both bodies unless there are none, over a run of pairs.
    let energy<'F when 'F :> IRadialFunction>
        (f: 'F)
        (weights: float[])
        (configuration: inref<Configuration>)
        (pairs: Pairs)
        (run: struct (int * int))
        : float =
        accumulate Value f weights &configuration pairs run Span<float>.Empty

    /// Adds the gradient of that sum with respect to q to `destination` [N x d].
    let addGradient<'F when 'F :> IRadialFunction>
        (f: 'F)
        (weights: float[])
        (configuration: inref<Configuration>)
        (pairs: Pairs)
        (run: struct (int * int))
        (destination: Span<float>)
        : unit =
        accumulate Gradient f weights &configuration pairs run destination |> ignore

    /// Adds the derivatives of that sum by the strain to `destination` [d x d].
    let addStrain<'F when 'F :> IRadialFunction>
        (f: 'F)
        (weights: float[])
        (configuration: inref<Configuration>)
        (pairs: Pairs)
        (run: struct (int * int))
        (destination: Span<float>)
        : unit =
        accumulate OfStrain f weights &configuration pairs run destination |> ignore
