namespace HgnFunctional.Learning

open System
open MathNet.Numerics.Integration

/// How frames of a motion whose forces were not measured give equations.
type StencilForm =
    /// The change of momentum from frame to frame, with the forces along the polynomial through so many frames, and through their
    /// velocities where these were measured. Exact for clean data as frames come closer, and loud where they are noisy.
    | Exact of frames: int
    /// The motion over so many frames, weighted by a smooth function that vanishes at both ends, with the forces at the frames.
    | Smooth of frames: int

    /// Number of frames of a window.
    member form.Frames: int =
        match form with
        | Exact frames
        | Smooth frames -> frames

    /// Windows that share frames share noise: about so many count as one.
    member form.Overlap: float =
        match form with
        | Exact _ -> 1.0
        | Smooth frames -> 0.5 * float frames / float form.Stride

    /// Frames from one window to the next.
    member form.Stride: int =
        match form with
        | Exact _ -> 1
        | Smooth frames -> max 1 (frames / 8)

    /// The form in words.
    override form.ToString() : string =
        match form with
        | Exact frames -> $"exact over {frames} frames"
        | Smooth frames -> $"smooth over {frames} frames"

/// A point of the polynomial through frames and, if they have some, their velocities: the weights with which these give its place,
/// its velocity and its acceleration.
[<NoEquality; NoComparison>]
type internal PathPoint =
    {
        Place: struct (float[] * float[])
        Velocity: struct (float[] * float[])
        Acceleration: struct (float[] * float[])
    }

/// Where forces are taken.
[<NoEquality; NoComparison>]
type internal ForcePoints =
    /// At frames, with a weight for each.
    | AtFrames of weights: float[]
    /// Along the path over some intervals: for each its length, and the points of a Gauss rule with their weights.
    | AlongPath of intervals: struct (float * struct (PathPoint * float)[])[]

/// A window of a motion as one equation for each coordinate: m (sum_k OfPositions_k q_k + sum_k OfVelocities_k v_k) = sum_i w_i F(point_i),
/// where the weights w add up to 1. With a test function phi that vanishes at both ends it says that the integrals of phi'' q, or of
/// -phi' v, and of phi q'' are the same: nobody has to differentiate data.
[<NoEquality; NoComparison>]
type internal Stencil = { OfPositions: float[]; OfVelocities: float[]; Forces: ForcePoints }

/// How stencils come from times.
[<RequireQualifiedAccess>]
module internal Stencil =

    /// Points of the Gauss rule of an interval, for the integrals of weights: exact for all products of test functions and polynomials here.
    let private rule = GaussLegendreRule(-1.0, 1.0, 8)

    /// Frames that the polynomials of smooth windows go through.
    let private localFrames = 8

    /// The exponent of smooth test functions (1 - s^2)^p.
    let private smoothness = 4

    /// The point at a time of the polynomial through all frames, and their velocities if they have some (Hermite).
    let private pointAt (times: float[]) (hasVelocities: bool) (t: float) : PathPoint =
        let n = times.Length
        let zeros () = Array.zeroCreate<float> n
        let ofQ = Array.init 3 (fun _ -> zeros ())
        let ofV = Array.init 3 (fun _ -> zeros ())

        for k in 0 .. n - 1 do
            let struct (value, slope, bend) = Lagrange.at times 0 n k t

            if hasVelocities then
                let mutable atHome = 0.0

                for other in 0 .. n - 1 do
                    if other <> k then
                        atHome <- atHome + 1.0 / (times[k] - times[other])

                let offset = t - times[k]
                let factor, ofFactor = 1.0 - 2.0 * offset * atHome, -2.0 * atHome
                let square, ofSquare, bendOfSquare = value * value, 2.0 * value * slope, 2.0 * (slope * slope + value * bend)
                ofQ[0][k] <- factor * square
                ofQ[1][k] <- ofFactor * square + factor * ofSquare
                ofQ[2][k] <- 2.0 * ofFactor * ofSquare + factor * bendOfSquare
                ofV[0][k] <- offset * square
                ofV[1][k] <- square + offset * ofSquare
                ofV[2][k] <- 2.0 * ofSquare + offset * bendOfSquare
            else
                ofQ[0][k] <- value
                ofQ[1][k] <- slope
                ofQ[2][k] <- bend

        {
            Place = struct (ofQ[0], ofV[0])
            Velocity = struct (ofQ[1], ofV[1])
            Acceleration = struct (ofQ[2], ofV[2])
        }

    /// Points from a to b with the weights of the integral of g times the force.
    let private along (rule: PathRule) (times: float[]) (hasVelocities: bool) (a: float) (b: float) (g: float -> float) =
        let points =
            (rule.Places, rule.Weights)
            ||> Array.map2 (fun place weight ->
                let t = a + (b - a) * place
                struct (pointAt times hasVelocities t, (b - a) * weight * g t))

        struct (b - a, points)

    /// Adds the weights w_k with which sum_k w_k f(t_k) is the integral of g f from a to b, for f a polynomial through the frames from
    /// `first` on.
    let private addIntegral (times: float[]) (first: int) (count: int) (a: float) (b: float) (g: float -> float) (weights: float[]) : unit =
        for point in 0 .. rule.Order - 1 do
            let t = 0.5 * (a + b) + 0.5 * (b - a) * rule.GetAbscissa point
            let factor = 0.5 * (b - a) * rule.GetWeight point * g t

            for k in first .. first + count - 1 do
                let struct (value, _, _) = Lagrange.at times first count k t
                weights[k] <- weights[k] + factor * value

    /// Weights of the integral of g f over all frames, with polynomials through the frames around each interval.
    let private integral (times: float[]) (g: float -> float) : float[] =
        let weights = Array.zeroCreate<float> times.Length
        let count = min localFrames times.Length

        for interval in 0 .. times.Length - 2 do
            let first = Math.Clamp(interval - count / 2 + 1, 0, times.Length - count)
            addIntegral times first count times[interval] times[interval + 1] g weights

        weights

    let private normalised (total: float) (weights: float[]) : float[] = weights |> Array.map (fun x -> x / total)

    let private ofPath (positions: float[]) (velocities: float[]) (intervals: struct (float * struct (PathPoint * float)[])[]) : Stencil =
        let total =
            intervals |> Array.sumBy (fun (struct (_, points)) -> points |> Array.sumBy (fun (struct (_, weight)) -> weight))

        {
            OfPositions = normalised total positions
            OfVelocities = normalised total velocities
            Forces =
                intervals
                |> Array.map (fun (struct (length, points)) ->
                    struct (length, points |> Array.map (fun (struct (point, weight)) -> struct (point, weight / total))))
                |> AlongPath
        }

    let private ofHat (rule: PathRule) (times: float[]) : Stencil =
        let n = times.Length
        let c = n / 2
        let before, after = times[c] - times[c - 1], times[c + 1] - times[c]
        let positions = Array.zeroCreate<float> n
        positions[c - 1] <- 1.0 / before
        positions[c] <- -1.0 / before - 1.0 / after
        positions[c + 1] <- 1.0 / after

        [|
            along rule times false times[c - 1] times[c] (fun t -> (t - times[c - 1]) / before)
            along rule times false times[c] times[c + 1] (fun t -> (times[c + 1] - t) / after)
        |]
        |> ofPath positions (Array.zeroCreate n)

    let private ofBox (rule: PathRule) (times: float[]) : Stencil =
        let n = times.Length
        let c = n / 2
        let velocities = Array.zeroCreate<float> n
        velocities[c - 1] <- -1.0
        velocities[c] <- 1.0
        ofPath (Array.zeroCreate n) velocities [| along rule times true times[c - 1] times[c] (fun _ -> 1.0) |]

    let private ofBump (hasVelocities: bool) (times: float[]) : Stencil =
        let p = float smoothness
        let middle, half = 0.5 * (times[0] + times[times.Length - 1]), 0.5 * (times[times.Length - 1] - times[0])
        let s t = (t - middle) / half
        let rest t = 1.0 - s t * s t
        let bump t = rest t ** p
        let slope t = -2.0 * p * s t * rest t ** (p - 1.0) / half
        let bend t = (4.0 * p * (p - 1.0) * s t * s t * rest t ** (p - 2.0) - 2.0 * p * rest t ** (p - 1.0)) / (half * half)
        let none = Array.zeroCreate times.Length
        let forces = integral times bump
        let total = Array.sum forces

        {
            OfPositions = if hasVelocities then none else normalised total (integral times bend)
            OfVelocities =
                if hasVelocities then
                    normalised total (integral times (slope >> (~-)))
                else
                    none
            Forces = AtFrames(normalised total forces)
        }

    /// The stencil of frames at some times, ascending, of positions alone or of velocities, with forces at the points of a rule where they
    /// are taken along the path.
    let createAlong (rule: PathRule) (form: StencilForm) (hasVelocities: bool) (times: float[]) : Stencil =
        match form with
        | Exact _ when hasVelocities -> ofBox rule times
        | Exact _ -> ofHat rule times
        | Smooth _ -> ofBump hasVelocities times

    /// As `createAlong`, at few points.
    let create (form: StencilForm) (hasVelocities: bool) (times: float[]) : Stencil = createAlong PathRule.Coarse form hasVelocities times
