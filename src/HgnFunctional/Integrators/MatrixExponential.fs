namespace HgnFunctional.Integrators

open System

/// The solution of x' = -M x + f for one body and a constant f: x(t) = E x(0) + P f, with E = exp(-M t) and P the integral of
/// exp(-M s) from 0 to t. Both are a corner of one exponential, by scaling and squaring with a Taylor series to rounding
/// (Van Loan 1978, doi:10.1109/TAC.1978.1101743).
[<RequireQualifiedAccess>]
module internal MatrixExponential =

    let private multiply (n: int) (a: float[]) (b: float[]) : float[] =
        Array.init (n * n) (fun k ->
            let mutable sum = 0.0

            for j in 0 .. n - 1 do
                sum <- sum + a[k / n * n + j] * b[j * n + k % n]

            sum)

    let private exponential (n: int) (a: float[]) : float[] =
        let size = Array.init n (fun row -> Array.sub a (row * n) n |> Array.sumBy abs) |> Array.max
        let halvings = if size > 0.5 then int (ceil (Math.Log2(2.0 * size))) else 0
        let scaled = a |> Array.map (fun x -> Math.ScaleB(x, -halvings))
        let identity = Array.init (n * n) (fun k -> if k / n = k % n then 1.0 else 0.0)

        let series, _ =
            Seq.fold
                (fun (sum: float[], term: float[]) order ->
                    let next = multiply n term scaled |> Array.map (fun x -> x / float order)
                    Array.map2 (+) sum next, next)
                (identity, identity)
                (seq { 1..18 })

        Seq.fold (fun result _ -> multiply n result result) series (seq { 1..halvings })

    /// Writes E and P [d d each] of a matrix M, row-major [d d], after a time.
    let flowInto (d: int) (rates: ReadOnlySpan<float>) (time: float) (decay: Span<float>) (gain: Span<float>) : unit =
        let n = 2 * d
        let augmented = Array.zeroCreate<float>(n * n)

        for row in 0 .. d - 1 do
            augmented[row * n + d + row] <- time

            for column in 0 .. d - 1 do
                augmented[row * n + column] <- -time * rates[row * d + column]

        let result = exponential n augmented

        for row in 0 .. d - 1 do
            for column in 0 .. d - 1 do
                decay[row * d + column] <- result[row * n + column]
                gain[row * d + column] <- result[row * n + d + column]
