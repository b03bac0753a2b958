namespace HgnFunctional.Numerics

open System
open System.Numerics.Tensors

/// What the data leave open of a readout, in a Gaussian model of rows with noise of one variance and of a penalty as prior: the readout has
/// the covariance noise^2 (R'R)^-1 with the factor R, the triangle of the rows and the penalty (MacKay 1992,
/// doi:10.1162/neco.1992.4.3.415). It says nothing of what no readout can describe: that is in the noise.
[<Sealed; NoEquality; NoComparison>]
type Posterior private (size: int, factor: float[], noise: float) =

    /// Number of features.
    member _.Features: int = size

    /// Standard deviation of the rows of the data about the fit.
    member _.Noise: float = noise

    /// The factor R, upper triangular, row-major [features x features].
    member _.Factor: ReadOnlySpan<float> = ReadOnlySpan<float> factor

    /// The standard deviation of a linear combination of the readout: of row . readout [features]. Infinite where the data say nothing of it.
    member _.StandardDeviation(row: ReadOnlySpan<float>) : float =
        if row.Length <> size then
            invalidArg (nameof row) $"row has length {row.Length}; expected {size}."

        // |R'^-1 row|, by forward substitution.
        let left = row.ToArray()
        let mutable squares = 0.0

        for k in 0 .. size - 1 do
            if left[k] <> 0.0 then
                let solved = left[k] / factor[k * size + k]
                let rest = Span<float>(left, k + 1, size - k - 1)

                TensorPrimitives.MultiplyAdd(
                    ReadOnlySpan<float>(factor, k * size + k + 1, size - k - 1),
                    -solved,
                    Span<float>.op_Implicit rest,
                    rest
                )

                squares <- squares + solved * solved

        noise * sqrt squares

    /// From the triangle of rows and penalty [features + 1, squared], whose columns were divided by norms.
    static member internal OfTriangle(triangle: TallSkinnyQr, norms: float[], noise: float) : Posterior =
        let n = triangle.Features
        Posterior(n, Array.init (n * n) (fun k -> triangle.Triangle[k / n * (n + 1) + k % n] * norms[k % n]), noise)
