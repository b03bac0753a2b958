namespace HgnFunctional.Blocks

open System
open System.Runtime.CompilerServices
open HgnFunctional.Kernels
open HgnFunctional.Numerics
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Invariance
open HgnFunctional.Features

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

/// The energy of one pair as a function of its distance: sum_k readout_k c(r) s_k(u(r)), less the offset, which is what a law that
/// ends with a jump in force has at the cutoff.
[<Struct; NoEquality; NoComparison>]
type internal PairEnergy(features: PairFeatures, readout: float[], offset: float) =

    /// Slopes of the sum over units with respect to r, and its values, unless their span is empty.
    [<SkipLocalsInit>]
    member private _.SumInto(r: ReadOnlySpan<float>, values: Span<float>, slopes: Span<float>) : unit =
        let us = StackBuffer.floats PairSum.Tile
        let us = us.Slice(0, r.Length)
        features.Radial.Kernel.Value(r, us)
        ScalarUnits.sumInto features.Units (ReadOnlySpan<float> readout) us values slopes
        features.Radial.Kernel.MultiplySlope(r, slopes)

    /// As `SumInto`, times a cutoff factor; values may be empty here, too.
    [<SkipLocalsInit>]
    member private energy.SumWithin(factor: CutoffFactor, r: ReadOnlySpan<float>, values: Span<float>, slopes: Span<float>) : unit =
        let near = StackBuffer.floats PairSum.Tile
        let places = StackBuffer.ints PairSum.Tile
        let nearValues = StackBuffer.floats PairSum.Tile
        let nearSlopes = StackBuffer.floats PairSum.Tile
        let count = PairReach.Select(r, factor.Radius, near, places)
        let near = Span<float>.op_Implicit(near.Slice(0, count))
        let places = Span<int>.op_Implicit(places.Slice(0, count))
        let nearValues = nearValues.Slice(0, count)
        let nearSlopes = nearSlopes.Slice(0, count)
        // The derivative of a product needs the value as well.
        energy.SumInto(near, nearValues, nearSlopes)

        for k in 0 .. count - 1 do
            let x = near[k] / factor.Radius
            let c = factor.Shape.Value x
            nearSlopes[k] <- c * nearSlopes[k] + factor.Shape.Slope x / factor.Radius * nearValues[k]
            nearValues[k] <- c * nearValues[k] - offset

        PairReach.Spread(Span<float>.op_Implicit nearSlopes, places, slopes)

        if not values.IsEmpty then
            PairReach.Spread(Span<float>.op_Implicit nearValues, places, values)

    member private energy.Into(distances: ReadOnlySpan<float>, values: Span<float>, slopes: Span<float>) : unit =
        let mutable start = 0

        while start < distances.Length do
            let size = min PairSum.Tile (distances.Length - start)
            let r = distances.Slice(start, size)
            let slopes = slopes.Slice(start, size)
            let values = if values.IsEmpty then values else values.Slice(start, size)

            match features.Factor with
            | None -> energy.SumInto(r, values, slopes)
            | Some factor -> energy.SumWithin(factor, r, values, slopes)

            start <- start + size

    interface IRadialFunction with
        member energy.EvaluateInto(distances, values, slopes) = energy.Into(distances, values, slopes)
        member energy.SlopeInto(distances, slopes) = energy.Into(distances, Span<float>.Empty, slopes)

/// 1 for each distance outside a range, so that sums count them.
[<Struct; NoEquality; NoComparison>]
type internal OutsideRange(range: InvariantRange) =

    interface IRadialFunction with
        member _.EvaluateInto(distances, values, slopes) =
            slopes.Clear()

            for k in 0 .. distances.Length - 1 do
                values[k] <- if distances[k] < range.Low || distances[k] > range.High then 1.0 else 0.0

        member _.SlopeInto(_, slopes) = slopes.Clear()

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

        let struct (pairs, place, kinds) =
            match kind with
            | EachBody
            | BodiesOf _
            | AnglesOf _ -> struct (Pairs.None, -1, 1)
            | BondsOf _ -> struct (related.Bonded, placeIn structure.BondKinds 0, 1)
            | PairsOf _ -> struct (related.Within, placeIn structure.ReachKinds 0, 1)
            | AnyPairsOf between ->
                let struct (first, kinds) = structure.RangeOf between
                struct (related.Within, first, kinds)

        if place < 0 || place + kinds > pairs.Kinds || kinds = 0 then
            struct (pairs, struct (0, 0))
        else
            let struct (start, _) = pairs.Run place
            let struct (last, count) = pairs.Run(place + kinds - 1)
            struct (pairs, struct (start, last + count - start))
