namespace HgnFunctional.Integrators

open MathNet.Numerics.Integration
open HgnFunctional.Numerics

/// A Runge-Kutta method for any Hamiltonian, as its tableau. What it preserves follows from the tableau.
[<NoComparison>]
type RungeKuttaMethod =
    {
        /// Name in options.
        Name: string
        /// Order of accuracy in the time step.
        Order: int
        /// a_ij [stages][stages].
        Matrix: float[][]
        /// b_i [stages].
        Weights: float[]
        /// Where it comes from.
        Source: string
    }

    /// Products and sums of as many coefficients as there are stages agree to this.
    member private method.Rounding: float = 1e-15 * float (4 + method.Stages)

    /// Number of stages.
    member method.Stages: int = method.Weights.Length

    /// Whether each stage needs earlier stages alone.
    member method.IsExplicit: bool = method.Matrix |> Seq.indexed |> Seq.forall (fun (i, row) -> Array.forall ((=) 0.0) row[i..])

    /// Whether it preserves quadratic invariants and with them dq ^ dp: b_i a_ij + b_j a_ji = b_i b_j (Sanz-Serna 1988,
    /// doi:10.1007/BF01954907).
    member method.IsSymplectic: bool =
        let a, b = method.Matrix, method.Weights

        Seq.allPairs [ 0 .. method.Stages - 1 ] [ 0 .. method.Stages - 1 ]
        |> Seq.forall (fun (i, j) -> abs (b[i] * a[i][j] + b[j] * a[j][i] - b[i] * b[j]) < method.Rounding)

    /// Whether a step with -dt undoes a step with dt: a_(s+1-i)(s+1-j) + a_ij = b_j (Hairer, Lubich, Wanner, Geometric
    /// Numerical Integration, V.2.3).
    member method.IsSymmetric: bool =
        let a, b, last = method.Matrix, method.Weights, method.Stages - 1

        Seq.allPairs [ 0..last ] [ 0..last ]
        |> Seq.forall (fun (i, j) -> abs (a[last - i][last - j] + a[i][j] - b[j]) < method.Rounding)

/// The Runge-Kutta methods at hand; `RungeKuttaMethod.all` lists them.
[<RequireQualifiedAccess>]
module RungeKuttaMethod =

    /// P_0 .. P_degree at x, by their recurrence.
    let private legendre (degree: int) (x: float) : float[] =
        let values = Array.create (degree + 1) 1.0

        for k in 1..degree do
            let before = if k = 1 then 0.0 else values[k - 2]
            values[k] <- (float (2 * k - 1) * x * values[k - 1] - float (k - 1) * before) / float k

        values

    /// What a function makes of each index of a list and of the one at the mirrored place.
    let private mirrored (value: int -> int -> float) (order: int[]) : float[] =
        order |> Array.mapi (fun place k -> value k order[order.Length - 1 - place])

    /// The collocation method at the Gauss points: of order 2 s with s stages, symplectic and symmetric.
    let gaussLegendre (stages: int) : RungeKuttaMethod =
        Guard.positive (nameof stages) stages
        let rule = GaussLegendreRule(-1.0, 1.0, stages)
        // Nodes and weights mirror each other, to the last bit.
        let order = Array.init stages id |> Array.sortBy (fun k -> rule.Abscissas[k])
        let nodes = order |> mirrored (fun k other -> 0.5 * (rule.Abscissas[k] - rule.Abscissas[other]))
        let weights = order |> mirrored (fun k other -> 0.25 * (rule.Weights[k] + rule.Weights[other]))
        let polynomials = nodes |> Array.map (legendre stages)

        // The polynomial that is 1 at node j and 0 at the others is b_j sum_k (2 k + 1) P_k(x_j) P_k, since the rule is exact for
        // products of these; and the integral of (2 k + 1) P_k up to x is (P_(k+1)(x) - P_(k-1)(x)) / 2 on [0, 1].
        let coefficient i j =
            let integral k = 0.5 * (polynomials[i][k + 1] - (if k = 0 then -1.0 else polynomials[i][k - 1]))
            weights[j] * Seq.sum (seq { for k in stages - 1 .. -1 .. 0 -> polynomials[j][k] * integral k })

        {
            Name = $"gauss-legendre-{2 * stages}"
            Order = 2 * stages
            Matrix = Array.init stages (fun i -> Array.init stages (coefficient i))
            Weights = weights
            Source = "Hairer, Lubich, Wanner, Geometric Numerical Integration, II.1.3, doi:10.1007/3-540-30666-8"
        }

    /// The implicit midpoint rule: the Gauss method of one stage.
    let implicitMidpoint: RungeKuttaMethod = { gaussLegendre 1 with Name = "implicit-midpoint" }

    /// The Gauss method of two stages.
    let gaussLegendre4: RungeKuttaMethod = gaussLegendre 2

    /// The Gauss method of three stages.
    let gaussLegendre6: RungeKuttaMethod = gaussLegendre 3

    let private explicitMatrix (rows: float list list) : float[][] =
        let stages = rows.Length
        rows |> List.map (fun row -> Array.append (Array.ofList row) (Array.zeroCreate (stages - row.Length))) |> Array.ofList

    /// The classical method of Kutta; not symplectic, a reference.
    let rk4: RungeKuttaMethod =
        {
            Name = "rk4"
            Order = 4
            Matrix = explicitMatrix [ []; [ 0.5 ]; [ 0.0; 0.5 ]; [ 0.0; 0.0; 1.0 ] ]
            Weights = [| 1.0 / 6.0; 1.0 / 3.0; 1.0 / 3.0; 1.0 / 6.0 |]
            Source = "Kutta 1901, Zeitschrift fuer Mathematik und Physik 46"
        }

    /// The fifth-order method of Dormand and Prince with a fixed step; not symplectic, a reference.
    let dormandPrince5: RungeKuttaMethod =
        {
            Name = "dormand-prince-5"
            Order = 5
            Matrix =
                explicitMatrix
                    [
                        []
                        [ 1.0 / 5.0 ]
                        [ 3.0 / 40.0; 9.0 / 40.0 ]
                        [ 44.0 / 45.0; -56.0 / 15.0; 32.0 / 9.0 ]
                        [ 19372.0 / 6561.0; -25360.0 / 2187.0; 64448.0 / 6561.0; -212.0 / 729.0 ]
                        [ 9017.0 / 3168.0; -355.0 / 33.0; 46732.0 / 5247.0; 49.0 / 176.0; -5103.0 / 18656.0 ]
                        [ 35.0 / 384.0; 0.0; 500.0 / 1113.0; 125.0 / 192.0; -2187.0 / 6784.0; 11.0 / 84.0 ]
                    ]
            Weights = [| 35.0 / 384.0; 0.0; 500.0 / 1113.0; 125.0 / 192.0; -2187.0 / 6784.0; 11.0 / 84.0; 0.0 |]
            Source = "Dormand and Prince 1980, doi:10.1016/0771-050X(80)90013-3"
        }

    /// Every Runge-Kutta method.
    let all: RungeKuttaMethod list = [ implicitMidpoint; gaussLegendre4; gaussLegendre6; rk4; dormandPrince5 ]

/// An explicit Runge-Kutta method with a second set of weights, whose difference from the first estimates the error of a
/// step, so that the step can adapt.
[<NoComparison>]
type EmbeddedRungeKutta =
    {
        /// Name in options.
        Name: string
        /// The method that is followed; explicit.
        Method: RungeKuttaMethod
        /// Weights of the method that it is compared with [stages].
        ComparedWeights: float[]
        /// Order of the method that it is compared with; the lower one.
        ComparedOrder: int
    }

/// The adaptive methods at hand; `EmbeddedRungeKutta.all` lists them.
[<RequireQualifiedAccess>]
module EmbeddedRungeKutta =

    /// Dormand and Prince 5(4); not symplectic, for reference solutions.
    let dormandPrince: EmbeddedRungeKutta =
        {
            Name = "dormand-prince"
            Method = RungeKuttaMethod.dormandPrince5
            ComparedWeights = [| 5179.0 / 57600.0; 0.0; 7571.0 / 16695.0; 393.0 / 640.0; -92097.0 / 339200.0; 187.0 / 2100.0; 1.0 / 40.0 |]
            ComparedOrder = 4
        }

    /// Every adaptive method.
    let all: EmbeddedRungeKutta list = [ dormandPrince ]
