namespace HgnFunctional.Data

open System
open HgnFunctional.Space

/// Bodies in groups that lie together in space.
[<RequireQualifiedAccess>]
module internal BodyOrder =

    /// Coordinates along the vectors of a cell, those of periodic axes within it, axis by axis [d][N].
    let private coordinates (cell: Cell) (positions: ReadOnlySpan<float>) : float[][] =
        let d = cell.Dimension
        let bodies = positions.Length / d
        let along = Array.init d (fun _ -> Array.zeroCreate<float> bodies)
        let point, origin = Array.zeroCreate<float> d, Array.zeroCreate<float> d

        for body in 0 .. bodies - 1 do
            positions.Slice(body * d, d).CopyTo(Span<float> point)
            cell.Straighten(Span<float> point, ReadOnlySpan<float> origin)

            for axis in 0 .. d - 1 do
                let period = cell.Periods[axis]

                along[axis].[body] <-
                    if period > 0.0 then
                        point[axis] - period * floor (point[axis] / period)
                    else
                        point[axis]

        along

    /// The axis along which some bodies reach farthest.
    let private longest (along: float[][]) (bodies: ReadOnlySpan<int>) : int =
        let mutable axis = 0
        let mutable most = -1.0

        for k in 0 .. along.Length - 1 do
            let mutable low, high = infinity, -infinity

            for body in bodies do
                low <- Math.Min(low, along[k].[body])
                high <- Math.Max(high, along[k].[body])

            if high - low > most then
                axis <- k
                most <- high - low

        axis

    /// All bodies in groups of at most so many, as even as can be, each ascending: halved again and again across the axis along which they
    /// reach farthest (Bentley 1975, doi:10.1145/361002.361007), which keeps groups nearly cubic wherever the bodies are.
    let compact (mostBodies: int) (cell: Cell) (positions: ReadOnlySpan<float>) : int[][] =
        let along = coordinates cell positions
        let bodies = positions.Length / cell.Dimension
        let order = Array.init bodies id
        let keys = Array.zeroCreate<float> bodies
        let groups = (bodies + mostBodies - 1) / mostBodies

        let rec divide (first: int) (count: int) (groups: int) : int[] list =
            if groups = 1 then
                let group = Array.sub order first count
                Array.Sort group
                [ group ]
            else
                let axis = along[longest along (ReadOnlySpan<int>(order, first, count))]

                for k in first .. first + count - 1 do
                    keys[k] <- axis[order[k]]

                Array.Sort(keys, order, first, count)
                let below = groups / 2
                let split = int (int64 count * int64 below / int64 groups)
                divide first split below @ divide (first + split) (count - split) (groups - below)

        divide 0 bodies groups |> Array.ofList
