namespace HgnFunctional.Numerics

open System
open System.Numerics

/// A sum of numbers and of squares that rounds nothing, so that neither the order of its terms nor how they were shared out matters: a whole
/// number of units of 2^-4400, which is below the square of every number but 0.
[<Struct; CustomEquality; NoComparison>]
type internal ExactSum =
    {
        Units: BigInteger
    }

    override sum.Equals(other: obj) : bool =
        match other with
        | :? ExactSum as other -> sum.Units = other.Units
        | _ -> false

    override sum.GetHashCode() : int = sum.Units.GetHashCode()

/// Exact sums.
[<RequireQualifiedAccess>]
module internal ExactSum =

    let private shift = 4400

    /// Number of bits of a number of .NET's.
    let private mantissaBits = 53

    /// Nothing yet.
    let zero: ExactSum = { Units = BigInteger.Zero }

    /// A finite number times a power of two.
    let private units (value: float) (power: int) : BigInteger =
        if value = 0.0 then
            BigInteger.Zero
        else
            let exponent = max -1022 (Math.ILogB value) - mantissaBits + 1
            BigInteger(Math.ScaleB(value, -exponent)) <<< (exponent + power + shift)

    /// The sum with a finite number.
    let add (value: float) (sum: ExactSum) : ExactSum = { Units = sum.Units + units value 0 }

    /// The sum with the square of a finite number.
    let addSquare (value: float) (sum: ExactSum) : ExactSum =
        // In units of 2^-shift, its square has twice the shift.
        let exact = units value 0
        { Units = sum.Units + ((exact * exact) >>> shift) }

    /// The sum with a sum of squares.
    let addSquares (squares: SquareSum) (sum: ExactSum) : ExactSum =
        if squares.Sum = 0.0 || not (Double.IsFinite squares.Sum) then
            sum
        else
            { Units = sum.Units + units squares.Sum (2 * Math.ILogB squares.Scale) }

    /// Both together.
    let merge (first: ExactSum) (second: ExactSum) : ExactSum = { Units = first.Units + second.Units }

    /// One without what is in the other.
    let less (part: ExactSum) (sum: ExactSum) : ExactSum = { Units = sum.Units - part.Units }

    /// The nearest number to the leading bits of a whole one, without so many of the last.
    let private leading (whole: BigInteger) (spare: int) : float = float whole.Sign * float (uint64 (BigInteger.Abs whole >>> spare))

    /// Bits beyond the leading ones that numbers are made of.
    let private spareOf (whole: BigInteger) : int = max 0 (int (BigInteger.Abs(whole).GetBitLength()) - 62)

    /// A whole number of units times the power of two as a number.
    let private toFloat (whole: BigInteger) (power: int) : float =
        let spare = spareOf whole
        Math.ScaleB(leading whole spare, spare + power)

    /// The sum as a number.
    let value (sum: ExactSum) : float = toFloat sum.Units -shift

    /// The root of the mean over some terms, also where the sum itself is beyond the range of numbers.
    let rootMean (count: int64) (sum: ExactSum) : float =
        let spare = (spareOf sum.Units + 1) / 2 * 2
        Math.ScaleB(sqrt (leading sum.Units spare / float count), (spare - shift) / 2)

    /// The sum of the squares of the distances of some terms from their mean, given their sum and that of their squares.
    let aboutMean (count: int64) (sum: ExactSum) (squares: ExactSum) : float =
        let whole = BigInteger count * (squares.Units <<< shift) - sum.Units * sum.Units
        toFloat whole (-2 * shift) / float count

    /// The sum as text, and back.
    let toText (sum: ExactSum) : string = Convert.ToHexString(sum.Units.ToByteArray())

    /// The sum of a text of `toText`; none for other texts.
    let tryOfText (text: string) : ExactSum option =
        try
            Some { Units = BigInteger(Convert.FromHexString text) }
        with :? FormatException ->
            None
