namespace HgnFunctional

open System

/// Pairs of bodies nearer to each other than a distance, found with a cell list: work and memory grow with N (Allen and
/// Tildesley, Computer Simulation of Liquids, 2nd ed., section 5.3).
[<RequireQualifiedAccess>]
module Neighbours =

    /// A grid of bins over the space that the bodies occupy; bins are at least `radius` wide along every axis.
    [<NoEquality; NoComparison>]
    type private Bins =
        {
            Counts: int[]
            /// Bodies ordered by bin; those of bin b are Order[Starts[b] .. Starts[b + 1] - 1], in ascending order.
            Order: int[]
            Starts: int[]
            BinOf: int[]
        }

    let private binAxis (period: float) (radius: float) (low: float) (high: float) (most: int) : struct (int * float * float) =
        // A periodic axis with fewer than three bins would meet the same bin twice: it gets one, and all pairs are tried.
        let origin, extent = if period > 0.0 then 0.0, period else low, high - low
        let fitting = if extent > 0.0 then extent / radius else 1.0
        let count = int (min (float most) (max 1.0 (floor fitting)))
        let count = if period > 0.0 && count < 3 then 1 else count
        struct (count, origin, (if extent > 0.0 then float count / extent else 0.0))

    let private fillBins (cell: Cell) (radius: float) (positions: float[]) : Bins =
        let dimension = cell.Dimension
        let periods = cell.Periods.ToArray()
        let bodies = positions.Length / dimension
        // No more bins than a few per body, however sparse the bodies lie.
        let most = max 1 (int (ceil (float (4 * bodies) ** (1.0 / float dimension))))

        let axes =
            Array.init dimension (fun axis ->
                let mutable low, high = infinity, -infinity

                for body in 0 .. bodies - 1 do
                    low <- min low positions[body * dimension + axis]
                    high <- max high positions[body * dimension + axis]

                binAxis periods[axis] radius low high most)

        let binOf =
            Array.init bodies (fun body ->
                let mutable bin = 0

                for axis in 0 .. dimension - 1 do
                    let struct (count, origin, scale) = axes[axis]
                    let x = positions[body * dimension + axis] - origin
                    let wrapped = if periods[axis] > 0.0 then x - periods[axis] * floor (x / periods[axis]) else x
                    // Rounding may wrap a body just outside the box; one that diverged falls into any bin.
                    bin <- bin * count + Math.Clamp(int (wrapped * scale), 0, count - 1)

                bin)

        let counts = axes |> Array.map (fun struct (count, _, _) -> count)
        let starts = Array.zeroCreate (Array.fold (*) 1 counts + 1)

        for bin in binOf do
            starts[bin + 1] <- starts[bin + 1] + 1

        for bin in 1 .. starts.Length - 1 do
            starts[bin] <- starts[bin] + starts[bin - 1]

        {
            Counts = counts
            Order = Array.init bodies id |> Array.sortBy (fun body -> struct (binOf[body], body))
            Starts = starts
            BinOf = binOf
        }

    /// The distinct bins that touch a bin, itself among them.
    let private touching (periods: float[]) (counts: int[]) (bin: int) : int[] =
        let rec along axis (prefix: int) (rest: int) : int list =
            if axis = counts.Length then
                [ prefix ]
            else
                let stride = Array.fold (*) 1 counts[axis + 1 ..]
                let here = rest / stride

                [ here - 1; here; here + 1 ]
                |> List.choose (fun index ->
                    if index >= 0 && index < counts[axis] then Some index
                    elif periods[axis] > 0.0 then Some((index + counts[axis]) % counts[axis])
                    else None)
                |> List.distinct
                |> List.collect (fun index -> along (axis + 1) (prefix * counts[axis] + index) (rest % stride))

        along 0 0 bin |> Array.ofList

    let private squaredDistance (periods: float[]) (positions: float[]) (first: int) (second: int) : float =
        let dimension = periods.Length
        let mutable sum = 0.0

        for axis in 0 .. dimension - 1 do
            let difference = positions[first * dimension + axis] - positions[second * dimension + axis]
            let period = periods[axis]

            let nearest =
                if period > 0.0 then
                    difference - period * Math.Round(difference / period)
                else
                    difference

            sum <- sum + nearest * nearest

        sum

    /// The pairs whose nearest images are nearer than `radius`, at positions [N x d].
    let within (cell: Cell) (radius: float) (positions: ReadOnlySpan<float>) : Pairs =
        Guard.positiveFinite (nameof radius) radius

        if positions.Length % cell.Dimension <> 0 then
            invalidArg (nameof positions) $"positions has length {positions.Length}; expected a multiple of {cell.Dimension}."

        let positions = positions.ToArray()
        let periods = cell.Periods.ToArray()
        let bins = fillBins cell radius positions
        let around = Array.init (bins.Starts.Length - 1) (fun bin -> lazy touching periods bins.Counts bin)
        let senders, receivers = ResizeArray<int>(), ResizeArray<int>()
        let found = ResizeArray<int>()

        for body in 0 .. bins.BinOf.Length - 1 do
            found.Clear()

            for bin in around[bins.BinOf[body]].Value do
                for slot in bins.Starts[bin] .. bins.Starts[bin + 1] - 1 do
                    let other = bins.Order[slot]

                    if other > body && squaredDistance periods positions body other < radius * radius then
                        found.Add other

            found.Sort()

            for other in found do
                senders.Add body
                receivers.Add other

        Pairs.OfOwned(senders.ToArray(), receivers.ToArray())
