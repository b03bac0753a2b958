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

/// A place of a motion at which forces are taken, by the positions and velocities of the frames: a frame itself, or a point of the
/// polynomial through all, with the weights of its position and of its velocity.
[<NoEquality; NoComparison>]
type internal PathPoint =
    | Frame of index: int
    | Between of ofPositions: float[] * ofVelocities: float[] * slopesOfPositions: float[] * slopesOfVelocities: float[]

/// A window of a motion as one equation for each coordinate: m (sum_k OfPositions_k q_k + sum_k OfVelocities_k v_k) = sum_i w_i F(point_i),
/// where the weights w add up to 1. With a test function phi that vanishes at both ends it says that the integrals of phi'' q, or of
/// -phi' v, and of phi q'' are the same: nobody has to differentiate data.
[<NoEquality; NoComparison>]
type internal Stencil = { OfPositions: float[]; OfVelocities: float[]; Forces: struct (PathPoint * float)[] }

/// How stencils come from times.
[<RequireQualifiedAccess>]
module internal Stencil =

    /// Points of the Gauss rule of an interval, for the integrals of weights: exact for all products of test functions and polynomials here.
    let private rule = GaussLegendreRule(-1.0, 1.0, 8)

    /// Points between two frames at which forces are taken.
    let private pathRule = GaussLegendreRule(-1.0, 1.0, 4)

    /// Frames that the polynomials of smooth windows go through.
    let private localFrames = 8

    /// The exponent of smooth test functions (1 - s^2)^p.
    let private smoothness = 4

    /// The Lagrange polynomial of a frame among some, and its slope, at a time.
    let private lagrange (times: float[]) (first: int) (count: int) (k: int) (t: float) : struct (float * float) =
        let mutable value = 1.0
        let mutable slope = 0.0

        for other in first .. first + count - 1 do
            if other <> k then
                let length = times[k] - times[other]
                slope <- slope * (t - times[other]) / length + value / length
                value <- value * (t - times[other]) / length

        struct (value, slope)

    /// The point at a time of the polynomial through all frames, and their velocities if they have some (Hermite).
    let private pointAt (times: float[]) (hasVelocities: bool) (t: float) : PathPoint =
        let n = times.Length
        let positions, velocities = Array.zeroCreate<float> n, Array.zeroCreate<float> n
        let slopes, bends = Array.zeroCreate<float> n, Array.zeroCreate<float> n

        for k in 0 .. n - 1 do
            let struct (value, slope) = lagrange times 0 n k t

            if hasVelocities then
                let mutable atHome = 0.0

                for other in 0 .. n - 1 do
                    if other <> k then
                        atHome <- atHome + 1.0 / (times[k] - times[other])

                let offset = t - times[k]
                let factor = 1.0 - 2.0 * offset * atHome
                positions[k] <- factor * value * value
                velocities[k] <- offset * value * value
                slopes[k] <- -2.0 * atHome * value * value + factor * 2.0 * value * slope
                bends[k] <- value * value + offset * 2.0 * value * slope
            else
                positions[k] <- value
                slopes[k] <- slope

        Between(positions, velocities, slopes, bends)

    /// Points from a to b with the weights of the integral of g times the force.
    let private along (times: float[]) (hasVelocities: bool) (a: float) (b: float) (g: float -> float) : struct (PathPoint * float)[] =
        Array.init pathRule.Order (fun point ->
            let t = 0.5 * (a + b) + 0.5 * (b - a) * pathRule.GetAbscissa point
            struct (pointAt times hasVelocities t, 0.5 * (b - a) * pathRule.GetWeight point * g t))

    /// Adds the weights w_k with which sum_k w_k f(t_k) is the integral of g f from a to b, for f a polynomial through the frames from
    /// `first` on.
    let private addIntegral (times: float[]) (first: int) (count: int) (a: float) (b: float) (g: float -> float) (weights: float[]) : unit =
        for point in 0 .. rule.Order - 1 do
            let t = 0.5 * (a + b) + 0.5 * (b - a) * rule.GetAbscissa point
            let factor = 0.5 * (b - a) * rule.GetWeight point * g t

            for k in first .. first + count - 1 do
                let struct (value, _) = lagrange times first count k t
                weights[k] <- weights[k] + factor * value

    /// Weights of the integral of g f over all frames, with polynomials through the frames around each interval.
    let private integral (times: float[]) (g: float -> float) : float[] =
        let weights = Array.zeroCreate<float> times.Length
        let count = min localFrames times.Length

        for interval in 0 .. times.Length - 2 do
            let first = Math.Clamp(interval - count / 2 + 1, 0, times.Length - count)
            addIntegral times first count times[interval] times[interval + 1] g weights

        weights

    let private normalised (positions: float[]) (velocities: float[]) (forces: struct (PathPoint * float)[]) : Stencil =
        let total = forces |> Array.sumBy (fun (struct (_, weight)) -> weight)

        {
            OfPositions = positions |> Array.map (fun x -> x / total)
            OfVelocities = velocities |> Array.map (fun x -> x / total)
            Forces = forces |> Array.map (fun (struct (point, weight)) -> struct (point, weight / total))
        }

    let private ofHat (times: float[]) : Stencil =
        let n = times.Length
        let c = n / 2
        let before, after = times[c] - times[c - 1], times[c + 1] - times[c]
        let positions = Array.zeroCreate<float> n
        positions[c - 1] <- 1.0 / before
        positions[c] <- -1.0 / before - 1.0 / after
        positions[c + 1] <- 1.0 / after

        Array.append
            (along times false times[c - 1] times[c] (fun t -> (t - times[c - 1]) / before))
            (along times false times[c] times[c + 1] (fun t -> (times[c + 1] - t) / after))
        |> normalised positions (Array.zeroCreate n)

    let private ofBox (times: float[]) : Stencil =
        let n = times.Length
        let c = n / 2
        let velocities = Array.zeroCreate<float> n
        velocities[c - 1] <- -1.0
        velocities[c] <- 1.0
        along times true times[c - 1] times[c] (fun _ -> 1.0) |> normalised (Array.zeroCreate n) velocities

    let private ofBump (hasVelocities: bool) (times: float[]) : Stencil =
        let p = float smoothness
        let middle, half = 0.5 * (times[0] + times[times.Length - 1]), 0.5 * (times[times.Length - 1] - times[0])
        let s t = (t - middle) / half
        let rest t = 1.0 - s t * s t
        let bump t = rest t ** p
        let slope t = -2.0 * p * s t * rest t ** (p - 1.0) / half
        let bend t = (4.0 * p * (p - 1.0) * s t * s t * rest t ** (p - 2.0) - 2.0 * p * rest t ** (p - 1.0)) / (half * half)
        let none = Array.zeroCreate times.Length
        let forces = integral times bump |> Array.mapi (fun frame weight -> struct (Frame frame, weight))

        if hasVelocities then
            normalised none (integral times (slope >> (~-))) forces
        else
            normalised (integral times bend) none forces

    /// The stencil of frames at some times, ascending, of positions alone or of velocities.
    let create (form: StencilForm) (hasVelocities: bool) (times: float[]) : Stencil =
        match form with
        | Exact _ when hasVelocities -> ofBox times
        | Exact _ -> ofHat times
        | Smooth _ -> ofBump hasVelocities times
