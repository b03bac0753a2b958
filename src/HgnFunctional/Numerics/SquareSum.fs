namespace HgnFunctional.Numerics

open System
open System.Numerics.Tensors

/// A sum of squares that neither overflows nor vanishes: sum times scale squared (as dlassq of LAPACK; Blue 1978,
/// doi:10.1145/355769.355771). Its root is in the range of numbers even where its value is not.
[<Struct>]
type internal SquareSum = { Scale: float; Sum: float }

/// Sums of squares.
[<RequireQualifiedAccess>]
module internal SquareSum =

    /// Squares of numbers between these add up without loss beside each other.
    let private least, most = 1e-140, 1e140

    /// No number yet.
    let zero: SquareSum = { Scale = 0.0; Sum = 0.0 }

    /// The sum over some numbers.
    let ofValues (values: ReadOnlySpan<float>) : SquareSum =
        let largest = if values.IsEmpty then 0.0 else abs (TensorPrimitives.MaxMagnitude values)

        if largest = 0.0 then
            zero
        elif largest > least && largest < most || not (Double.IsFinite largest) then
            { Scale = 1.0; Sum = TensorPrimitives.SumOfSquares values }
        else
            // A power of two, so that scaling rounds nothing.
            let scale = Math.ScaleB(1.0, Math.ILogB largest)
            let mutable sum = 0.0

            for x in values do
                sum <- sum + (x / scale) * (x / scale)

            { Scale = scale; Sum = sum }

    /// The sum over the numbers of both.
    let add (first: SquareSum) (second: SquareSum) : SquareSum =
        let large, small = if first.Scale >= second.Scale then first, second else second, first

        if small.Sum = 0.0 then
            large
        else
            let ratio = small.Scale / large.Scale
            { large with Sum = large.Sum + ratio * ratio * small.Sum }

    /// Root of the mean over a number of terms.
    let rootMean (count: float) (sum: SquareSum) : float = sum.Scale * sqrt (sum.Sum / count)

    /// Root of the quotient of two sums: 0 if the first vanishes, infinite if the second alone does.
    let rootRatio (first: SquareSum) (second: SquareSum) : float =
        if first.Sum = 0.0 then 0.0
        elif second.Sum = 0.0 then infinity
        else first.Scale / second.Scale * sqrt (first.Sum / second.Sum)

    /// The sum as a number, which may be 0 or infinite.
    let value (sum: SquareSum) : float = sum.Scale * sum.Scale * sum.Sum
