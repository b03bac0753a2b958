namespace HgnFunctional.Blocks

open System
open HgnFunctional.Space

/// What hidden units see of the place of a body: its coordinates along open axes; along periodic ones the sine and cosine of how far
/// it is along the vector of the cell, so that a field repeats where the cell does.
[<Sealed; NoEquality; NoComparison>]
type internal SiteInputs(periods: float[], tilts: float[]) =

    let d = periods.Length

    /// Rows of the inverse of the matrix of lattice vectors: how far along each vector a point is [d x d]. Open axes count in lengths.
    let inverse =
        let vector axis = if periods[axis] > 0.0 then periods[axis] else 1.0
        let tilt vector axis = if tilts.Length = 0 then 0.0 else tilts[vector * (vector - 1) / 2 + axis]
        let rows = Array.zeroCreate<float>(d * d)

        // x = sum_a s_a v_a with v_a lower triangular: s follows from the last axis backwards.
        for unit in 0 .. d - 1 do
            for axis in d - 1 .. -1 .. 0 do
                let mutable left = if axis = unit then 1.0 else 0.0

                for later in axis + 1 .. d - 1 do
                    left <- left - rows[later * d + unit] * tilt later axis

                rows[axis * d + unit] <- left / vector axis

        rows

    let starts = periods |> Array.scan (fun start period -> if period > 0.0 then start + 2 else start + 1) 0

    /// Number of space dimensions.
    member _.Dimension: int = d

    /// Number of inputs.
    member _.Count: int = starts[d]

    /// The lengths after which coordinates repeat; 0 along open axes.
    member _.Periods: float[] = periods

    /// The tilts of the cell.
    member _.Tilts: float[] = tilts

    /// Whether coordinates are all that is seen.
    member _.AreCoordinates: bool = starts[d] = d

    /// A group for inputs of one unit of measure.
    member _.Groups: int[] = periods |> Array.collect (fun period -> if period > 0.0 then [| 1; 1 |] else [| 0 |])

    /// The inputs at a place [d].
    member _.At(place: ReadOnlySpan<float>, inputs: Span<float>) : unit =
        for axis in 0 .. d - 1 do
            let mutable along = 0.0

            for k in 0 .. d - 1 do
                along <- along + inverse[axis * d + k] * place[k]

            if periods[axis] > 0.0 then
                let struct (sine, cosine) = Math.SinCos(2.0 * Math.PI * along)
                inputs[starts[axis]] <- sine
                inputs[starts[axis] + 1] <- cosine
            else
                inputs[starts[axis]] <- place[axis]

    /// Adds the derivatives by the place [d] of a function whose derivatives by the inputs are known.
    member _.AddGradient(inputs: ReadOnlySpan<float>, ofInputs: ReadOnlySpan<float>, gradient: Span<float>) : unit =
        for axis in 0 .. d - 1 do
            let start = starts[axis]

            if periods[axis] > 0.0 then
                let slope = 2.0 * Math.PI * (inputs[start + 1] * ofInputs[start] - inputs[start] * ofInputs[start + 1])

                for k in 0 .. d - 1 do
                    gradient[k] <- gradient[k] + slope * inverse[axis * d + k]
            else
                gradient[axis] <- gradient[axis] + ofInputs[start]

    /// The coordinates alone, as they are.
    static member Coordinates(dimension: int) : SiteInputs = SiteInputs(Array.zeroCreate dimension, [||])

    /// Those of a cell.
    static member Of(cell: Cell) : SiteInputs = SiteInputs(cell.Periods.ToArray(), cell.Tilts.ToArray())
