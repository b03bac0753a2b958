namespace HgnFunctional.Learning

open System
open MathNet.Numerics.Integration

/// How frames of a motion whose forces were not measured give equations.
type StencilForm =
    /// The change of momentum from frame to frame, with the forces between interpolated by a polynomial through so many frames; where
    /// velocities were measured, the force in the middle of the motion through so many. Exact for clean data as frames come closer, and
    /// loud where they are noisy. The number is odd.
    | Exact of frames: int
    /// The motion over so many frames, weighted by a smooth function that vanishes at both ends.
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

/// A window of a motion as one equation for each coordinate: m (sum_k OfPositions_k q_k + sum_k OfVelocities_k v_k) =
/// sum_k OfForces_k F_k, where OfForces add up to 1. With a test function phi that vanishes at both ends it says that the integrals of
/// phi'' q, or of -phi' v, and of phi q'' are the same: nobody has to differentiate data. The integrals are those of polynomials through
/// neighbouring frames, at whatever times.
[<NoEquality; NoComparison>]
type internal Stencil = { OfPositions: float[]; OfVelocities: float[]; OfForces: float[] }

/// How stencils come from times.
[<RequireQualifiedAccess>]
module internal Stencil =

    /// Points of the Gauss rule of each interval: exact for all products of test functions and polynomials here.
    let private rule = GaussLegendreRule(-1.0, 1.0, 8)

    /// Frames that the polynomials of smooth windows go through.
    let private localFrames = 8

    /// The exponent of smooth test functions (1 - s^2)^p.
    let private smoothness = 4

    /// Adds the weights w_k with which sum_k w_k f(t_k) is the integral of g f from a to b, for f a polynomial through the frames from
    /// `first` on.
    let private addIntegral (times: float[]) (first: int) (count: int) (a: float) (b: float) (g: float -> float) (weights: float[]) : unit =
        for point in 0 .. rule.Order - 1 do
            let t = 0.5 * (a + b) + 0.5 * (b - a) * rule.GetAbscissa point
            let factor = 0.5 * (b - a) * rule.GetWeight point * g t

            for k in first .. first + count - 1 do
                let mutable basis = 1.0

                for other in first .. first + count - 1 do
                    if other <> k then
                        basis <- basis * (t - times[other]) / (times[k] - times[other])

                weights[k] <- weights[k] + factor * basis

    /// Weights of the integral of g f over all frames, with polynomials through the frames around each interval.
    let private integral (times: float[]) (g: float -> float) : float[] =
        let weights = Array.zeroCreate<float> times.Length
        let count = min localFrames times.Length

        for interval in 0 .. times.Length - 2 do
            let first = Math.Clamp(interval - count / 2 + 1, 0, times.Length - count)
            addIntegral times first count times[interval] times[interval + 1] g weights

        weights

    let private normalised (positions: float[]) (velocities: float[]) (forces: float[]) : Stencil =
        let total = Array.sum forces
        let over = Array.map (fun x -> x / total)
        { OfPositions = over positions; OfVelocities = over velocities; OfForces = over forces }

    let private ofHat (times: float[]) : Stencil =
        let n = times.Length
        let c = n / 2
        let before, after = times[c] - times[c - 1], times[c + 1] - times[c]
        let positions, forces = Array.zeroCreate<float> n, Array.zeroCreate<float> n
        positions[c - 1] <- 1.0 / before
        positions[c] <- -1.0 / before - 1.0 / after
        positions[c + 1] <- 1.0 / after
        addIntegral times 0 n times[c - 1] times[c] (fun t -> (t - times[c - 1]) / before) forces
        addIntegral times 0 n times[c] times[c + 1] (fun t -> (times[c + 1] - t) / after) forces
        normalised positions (Array.zeroCreate n) forces

    /// The second derivative in the middle of the polynomial that has the positions and velocities of all frames (Hermite): one force alone.
    let private ofHermite (times: float[]) : Stencil =
        let n = times.Length
        let c = n / 2
        let positions, velocities, forces = Array.zeroCreate<float> n, Array.zeroCreate<float> n, Array.zeroCreate<float> n
        let others k = seq { 0 .. n - 1 } |> Seq.filter (fun other -> other <> k)

        for k in others c do
            // Slopes of the Lagrange polynomial of frame k, in the middle and at home.
            let atMiddle =
                (1.0 / (times[k] - times[c]), others k |> Seq.filter (fun other -> other <> c))
                ||> Seq.fold (fun product other -> product * (times[c] - times[other]) / (times[k] - times[other]))

            let atHome = others k |> Seq.sumBy (fun other -> 1.0 / (times[k] - times[other]))
            let bend = 2.0 * atMiddle * atMiddle
            positions[k] <- (1.0 - 2.0 * (times[c] - times[k]) * atHome) * bend
            velocities[k] <- (times[c] - times[k]) * bend

        // Constants and straight lines have no second derivative.
        positions[c] <- -Array.sum positions
        velocities[c] <- -(Array.sum velocities + Seq.sum (seq { for k in 0 .. n - 1 -> positions[k] * (times[k] - times[c]) }))
        forces[c] <- 1.0
        normalised positions velocities forces

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

        if hasVelocities then
            normalised none (integral times (slope >> (~-))) forces
        else
            normalised (integral times bend) none forces

    /// The stencil of frames at some times, ascending, of positions alone or of velocities.
    let create (form: StencilForm) (hasVelocities: bool) (times: float[]) : Stencil =
        match form with
        | Exact _ when hasVelocities -> ofHermite times
        | Exact _ -> ofHat times
        | Smooth _ -> ofBump hasVelocities times
