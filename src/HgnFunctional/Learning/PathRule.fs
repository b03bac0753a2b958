namespace HgnFunctional.Learning

open MathNet.Numerics.Integration

/// Lagrange polynomials.
[<RequireQualifiedAccess>]
module internal Lagrange =

    /// That of one time among some, with its first and second derivative, at a time.
    let at (times: float[]) (first: int) (count: int) (k: int) (t: float) : struct (float * float * float) =
        let mutable value = 1.0
        let mutable slope = 0.0
        let mutable bend = 0.0

        for other in first .. first + count - 1 do
            if other <> k then
                let length = times[k] - times[other]
                let part = (t - times[other]) / length
                bend <- bend * part + 2.0 * slope / length
                slope <- slope * part + value / length
                value <- value * part

        struct (value, slope, bend)

/// Where forces are taken on a path between two frames: the points of a Gauss rule.
[<Sealed; NoEquality; NoComparison>]
type internal PathRule(points: int) =

    let rule = GaussLegendreRule(0.0, 1.0, points)
    let order = Array.init points id |> Array.sortBy rule.GetAbscissa
    let places = order |> Array.map rule.GetAbscissa
    let weights = order |> Array.map rule.GetWeight

    let bow =
        lazy
            (let entry x j =
                let piece a b =
                    Seq.sum (
                        seq {
                            for point in 0 .. points - 1 do
                                let s = a + (b - a) * places[point]
                                let struct (value, _, _) = Lagrange.at places 0 points j s
                                (b - a) * weights[point] * -(min x s) * (1.0 - max x s) * value
                        }
                    )

                piece 0.0 x + piece x 1.0

             places |> Array.map (fun x -> Array.init points (entry x)))

    /// The points of an interval of length 1, ascending.
    member _.Places: float[] = places

    /// Their weights, which add up to 1.
    member _.Weights: float[] = weights

    /// How far a path is off at the points of an interval of length 1 by accelerations that it misses there: delta_i = sum_j Bow_ij r_j, where
    /// delta'' = r is a polynomial through the points and delta is 0 at both ends (Green's function).
    member _.Bow: float[][] = bow.Value

    /// Few points: enough for paths that a polynomial through the frames describes.
    static member val Coarse: PathRule = PathRule 6
