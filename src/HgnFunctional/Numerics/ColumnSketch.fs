namespace HgnFunctional.Numerics

open System
open System.Numerics.Tensors
open System.Threading.Tasks

/// Whether few columns of a wide triangle carry all others to rounding, and which: pivoting on random combinations of its
/// rows, which keep lengths and angles of columns (Duersch and Gu 2017, doi:10.1137/15M1044680).
[<RequireQualifiedAccess>]
module internal ColumnSketch =

    /// The most columns that are told apart.
    let most = 256

    /// More combinations than that, so that the last columns too keep their lengths.
    let private rows = most + 32

    /// Combinations that one thread forms at a time: they stay in its cache while the triangle goes by.
    let private group = 16

    let private combinations (accumulator: TallSkinnyQr) : float[][] =
        let n = accumulator.Features
        let triangle = accumulator.Owned
        let sketch = Array.init rows (fun _ -> Array.zeroCreate<float> n)
        let factors = Array.init rows (fun row -> Rng.normals n (Rng.stream row "column sketch"))

        let form first =
            for row in 0 .. n - 1 do
                let entries = ReadOnlySpan<float>(triangle, row * (n + 1) + row, n - row)

                for k in first * group .. (first + 1) * group - 1 do
                    let mine = Span<float>(sketch[k], row, n - row)
                    TensorPrimitives.MultiplyAdd(entries, factors[k][row], Span<float>.op_Implicit mine, mine)

        Parallel.For(0, rows / group, form) |> ignore
        sketch

    /// The columns, in ascending order; none if there are too many. A column whose part independent of those chosen is at most
    /// `tolerance` (of its own norm) is left out; those of the trend are looked at first.
    let tryChoose (tolerance: float) (isTrend: bool[]) (accumulator: TallSkinnyQr) : int[] option =
        let sketch = combinations accumulator
        let columns = Array.init accumulator.Features (fun column -> sketch |> Array.map (fun row -> row[column]))
        let struct (_, chosen, _) = PivotedTriangle.reduce tolerance isTrend most columns (Array.zeroCreate rows)
        if chosen.Length = most then None else Some(Array.sort chosen)
