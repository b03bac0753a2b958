namespace HgnFunctional.Numerics

open System
open MathNet.Numerics
open MathNet.Numerics.Providers.LinearAlgebra

/// A square matrix A = U diag(s) V^T; arrays of matrices are column-major.
[<NoEquality; NoComparison>]
type internal SingularValues = { Values: float[]; Left: float[]; RightTransposed: float[] }

/// Singular value decompositions by the managed code of MathNet, whatever provider a process has chosen for itself: results are
/// the same on every machine, and no native library is looked for.
[<RequireQualifiedAccess>]
module internal SingularValues =

    let private decompose (withVectors: bool) (columns: float[][]) : SingularValues option =
        let n = columns.Length
        let entries = columns |> Array.collect (Array.take n)
        let values = Array.zeroCreate<float> n
        let left, right = Array.zeroCreate<float>(n * n), Array.zeroCreate<float>(n * n)

        if n = 0 then
            Some { Values = values; Left = left; RightTransposed = right }
        elif Guard.firstNotFinite (ReadOnlySpan<float> entries) >= 0 then
            None
        else
            try
                ManagedLinearAlgebraProvider.Instance.SingularValueDecomposition(withVectors, entries, n, n, values, left, right)
                Some { Values = values; Left = left; RightTransposed = right }
            with :? NonConvergenceException ->
                None

    /// The decomposition of the matrix with these columns, of which the first n entries count; none if an entry is not finite or
    /// the iteration does not end.
    let tryOfColumns (columns: float[][]) : SingularValues option = decompose true columns

    /// The singular values alone, falling.
    let tryValues (columns: float[][]) : float[] option = decompose false columns |> Option.map _.Values

    /// U^T x.
    let leftTransposedTimes (svd: SingularValues) (x: float[]) : float[] =
        let n = x.Length

        Array.init n (fun column ->
            let mutable sum = 0.0

            for row in 0 .. n - 1 do
                sum <- sum + svd.Left[column * n + row] * x[row]

            sum)

    /// V x.
    let rightTimes (svd: SingularValues) (x: float[]) : float[] =
        let n = x.Length

        Array.init n (fun row ->
            let mutable sum = 0.0

            for k in 0 .. n - 1 do
                sum <- sum + svd.RightTransposed[row * n + k] * x[k]

            sum)

    /// The solution of least norm of A x = b among those that make |A x - b| least; singular values at rounding count as 0.
    let solveLeastNorm (svd: SingularValues) (b: float[]) : float[] =
        let least = float b.Length * 2.220446049250313e-16 * Array.max svd.Values

        leftTransposedTimes svd b |> Array.map2 (fun s t -> if s > least then t / s else 0.0) svd.Values |> rightTimes svd
