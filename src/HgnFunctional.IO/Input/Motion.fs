namespace HgnFunctional.IO

open System
open System.Numerics.Tensors
open HgnFunctional.Space
open HgnFunctional.Features

/// Two frames, one after another: how bodies moved between them, against their velocities and forces.
[<Struct; NoComparison>]
type internal Motion =
    {
        /// Mass times change of velocity over force times time: 1 where forces are in units of mass x length / time^2.
        ForceFactor: float
        /// |dx - v dt| / |dx|: large where the frames are too far apart in time to tell.
        PositionMismatch: float
        /// |m dv - c F dt| / |m dv|.
        VelocityMismatch: float
        /// The order of magnitude of the force factor where frames are too far apart to see forces at work: what oscillates
        /// with speed v and acceleration a is displaced by about v^2 / a.
        RoughFactor: float
    }

/// What the frames of a file tell of its units.
[<NoComparison>]
type internal UnitsVerdict =
    /// Nothing: at rest, or too few frames, or too far apart.
    | Unmeasured
    /// Forces move the bodies as they should.
    | UnitsFit
    /// Forces are those of another style; mass times acceleration over force, in the units of the file.
    | OtherStyle of ratio: float * fitting: Units
    /// Forces are off by this factor, which is that of no style.
    | OutOfScale of ratio: float

/// Measures from consecutive frames by which factor forces must be multiplied to give mass times acceleration. The time
/// between frames is measured as well, from positions and velocities, so that no time step need be known.
[<RequireQualifiedAccess>]
module internal Motion =

    /// Pairs of frames that are looked at.
    let pairs: int = 16

    /// Frames whose positions moved otherwise than this say nothing.
    let private mostPositionMismatch = 0.3

    /// Changes of velocity that forces explain worse than this say nothing of the scale of forces ...
    let private mostVelocityMismatch = 0.8

    /// ... and beyond this nothing of factors that are near 1.
    let private smallVelocityMismatch = 0.2

    let private dot (a: float[]) (b: float[]) : float = TensorPrimitives.Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)

    let private mismatch (measured: float[]) (scale: float) (model: float[]) : float =
        let missed = Array.map2 (fun x y -> x - scale * y) measured model
        sqrt (dot missed missed / dot measured measured)

    /// Compares two frames of the same bodies with the given masses; none where nothing moves, or no velocities or forces
    /// are known.
    let tryCompare (masses: float[]) (before: FileFrame) (after: FileFrame) : Motion option =
        match before.Velocities, after.Velocities, before.Forces, after.Forces with
        | Some v0, Some v1, Some f0, Some f1 when before.Ids = after.Ids ->
            let displacement = Array.map2 (-) after.Positions before.Positions

            for start in 0..3 .. displacement.Length - 1 do
                after.Cell.ToNearest(Span<float>(displacement, start, 3))

            // What is frozen obeys no law.
            let free = [| 0 .. v0.Length - 1 |] |> Array.filter (fun k -> v0[k] <> 0.0 && v1[k] <> 0.0)
            let dx = free |> Array.map (fun k -> displacement[k])
            let v = free |> Array.map (fun k -> 0.5 * (v0[k] + v1[k]))
            let impulse = free |> Array.map (fun k -> masses[k / 3] * (v1[k] - v0[k]))
            let force = free |> Array.map (fun k -> 0.5 * (f0[k] + f1[k]))
            let time = dot dx v / dot v v
            let factor = dot impulse force / (time * dot force force)

            let squares (first: float[]) (second: float[]) (scale: int -> float) =
                free |> Array.sumBy (fun k -> 0.5 * (first[k] * first[k] + second[k] * second[k]) * scale k)

            let speeds = squares v0 v1 (fun _ -> 1.0)
            let accelerations = squares f0 f1 (fun k -> 1.0 / (masses[k / 3] * masses[k / 3]))
            let rough = speeds / sqrt (0.5 * accelerations * dot dx dx)

            if Double.IsFinite factor && Double.IsFinite rough then
                Some
                    {
                        ForceFactor = factor
                        PositionMismatch = mismatch dx time v
                        VelocityMismatch = mismatch impulse (factor * time) force
                        RoughFactor = rough
                    }
            else
                None
        | _ -> None

    let private median (values: float seq) : float =
        let sorted = values |> Seq.sort |> Array.ofSeq
        sorted[(sorted.Length - 1) / 2]

    /// Whether a factor is that of a style, up to some times.
    let private isNear (times: float) (factor: float) (units: Units) : bool = abs (log (factor / units.ForceFactor)) < log times

    /// The verdict on a measured factor that is good to `exact` times, where the assumed one is only doubted beyond `doubtful`.
    let private decide (assumed: Units) (exact: float) (doubtful: float) (factor: float) : UnitsVerdict =
        match Units.all |> List.tryFind (isNear exact factor) with
        | _ when isNear doubtful factor assumed -> UnitsFit
        | Some fitting -> OtherStyle(factor, fitting)
        | None -> Unmeasured

    /// Judges the units that were assumed by some pairs of frames.
    let judge (assumed: Units) (motions: Motion list) : UnitsVerdict =
        let tells motion =
            motion.ForceFactor > 0.0
            && motion.PositionMismatch < mostPositionMismatch
            && motion.VelocityMismatch < mostVelocityMismatch

        match motions, motions |> List.filter tells with
        | [], _ -> Unmeasured
        | _, [] -> motions |> Seq.map _.RoughFactor |> median |> decide assumed 10.0 100.0
        | _, told ->
            let factor = told |> Seq.map _.ForceFactor |> median
            let off = factor / assumed.ForceFactor
            let mismatch = told |> Seq.map _.VelocityMismatch |> median

            match decide assumed 2.0 4.0 factor with
            | OtherStyle _ as other -> other
            | _ when mismatch < smallVelocityMismatch && abs (off - 1.0) > max 0.25 (3.0 * mismatch) -> OutOfScale off
            | verdict -> verdict
