namespace HgnFunctional.Models

open System.Collections.Generic
open HgnFunctional.Bodies
open HgnFunctional.Data

/// How far predictions are off, over all components of some bodies.
[<NoComparison>]
type TargetError =
    {
        /// "forces" or "velocities".
        Target: string
        /// The species of the bodies; none for all of them.
        Species: string option
        /// |predicted - measured| / |measured|; 0 where both vanish, infinite where only the measured ones do.
        Relative: float
        /// Root mean square of predicted - measured, in the length and time of the data, and for forces their mass.
        RootMeanSquare: float
    }

/// Squares of errors and of sizes of each component of the bodies of one trajectory.
[<Sealed>]
type private ComponentErrors(structure: Structure) =

    let size = structure.Bodies * structure.Dimension

    member _.Structure: Structure = structure
    member _.Size: int = size
    member val ForceErrors: float[] = Array.zeroCreate size
    member val Forces: float[] = Array.zeroCreate size
    member val VelocityErrors: float[] = Array.zeroCreate size
    member val Velocities: float[] = Array.zeroCreate size
    member val Frames = 0 with get, set

    member errors.Add(snapshot: Snapshot, velocities: float[], forces: float[]) : unit =
        errors.Frames <- errors.Frames + 1

        for k in 0 .. size - 1 do
            let force, velocity = snapshot.Forces[k], snapshot.Velocities[k]
            errors.ForceErrors[k] <- errors.ForceErrors[k] + (forces[k] - force) * (forces[k] - force)
            errors.Forces[k] <- errors.Forces[k] + force * force
            errors.VelocityErrors[k] <- errors.VelocityErrors[k] + (velocities[k] - velocity) * (velocities[k] - velocity)
            errors.Velocities[k] <- errors.Velocities[k] + velocity * velocity

/// Errors of a model by species, over frames of trajectories, without what is pinned, whether a structure names it or the frames
/// show it.
[<Sealed>]
type internal BodyErrors() =

    let finder = PinFinder()
    let current = Dictionary<string, ComponentErrors>()
    // Trajectories of which the bodies changed.
    let past = ResizeArray<string * ComponentErrors>()

    let isFree (trajectory: string) (errors: ComponentErrors) : int -> bool =
        let named, found = errors.Structure.Pins.ToArray(), finder.PinsOf trajectory
        let isIn (pins: bool[]) k = pins.Length = errors.Size && pins[k]
        fun k -> not (isIn named k) && not (isIn found k)

    let all () = Seq.append past (seq { for entry in current -> entry.Key, entry.Value })

    /// Sums over the free components of bodies of a species, or all: errors, sizes, and how many there are.
    let sums (species: string option) (errorsOf: ComponentErrors -> float[]) (sizesOf: ComponentErrors -> float[]) =
        let mutable errors = 0.0
        let mutable sizes = 0.0
        let mutable count = 0.0

        for trajectory, entry in all () do
            let isFree = isFree trajectory entry
            let d = entry.Structure.Dimension
            let own, size = errorsOf entry, sizesOf entry

            for k in 0 .. entry.Size - 1 do
                let isWanted = species |> Option.forall (fun name -> entry.Structure.Species.NameOf(k / d) = name)

                if isWanted && isFree k then
                    errors <- errors + own[k]
                    sizes <- sizes + size[k]
                    count <- count + float entry.Frames

        struct (errors, sizes, count)

    /// Takes one frame, with what is predicted for it.
    member _.Add(snapshot: Snapshot, velocities: float[], forces: float[]) : unit =
        finder.Add snapshot

        let entry =
            match current.TryGetValue snapshot.Trajectory with
            | true, entry when entry.Size = forces.Length && entry.Structure.Dimension = snapshot.Structure.Dimension -> entry
            | true, entry ->
                past.Add((snapshot.Trajectory, entry))
                ComponentErrors snapshot.Structure
            | _ -> ComponentErrors snapshot.Structure

        current[snapshot.Trajectory] <- entry
        entry.Add(snapshot, velocities, forces)

    /// A frame with what its trajectory was found to pin.
    member _.Pin(snapshot: Snapshot) : Snapshot = finder.Pin snapshot

    /// The largest number of bodies of a trajectory with a coordinate that is pinned.
    member _.PinnedBodies: int =
        all ()
        |> Seq.map (fun (trajectory, entry) ->
            let isFree = isFree trajectory entry
            let d = entry.Structure.Dimension
            Seq.init entry.Size id |> Seq.filter (isFree >> not) |> Seq.distinctBy (fun k -> k / d) |> Seq.length)
        |> Seq.append [ 0 ]
        |> Seq.max

    /// Squares of the errors of forces, of forces, of the errors of velocities, of velocities, and the number of components of each.
    member _.Totals: struct (float * float * float * float * float) =
        let struct (force, forces, count) = sums None _.ForceErrors _.Forces
        let struct (velocity, velocities, _) = sums None _.VelocityErrors _.Velocities
        struct (force, forces, velocity, velocities, count)

    /// The errors of all bodies and, where they are of several species, of each.
    member _.ByTarget: TargetError list =
        let names =
            all () |> Seq.collect (fun (_, entry) -> entry.Structure.Species.Names) |> Seq.distinct |> Seq.sort |> List.ofSeq

        let species = None :: (if names.Length > 1 then List.map Some names else [])

        [
            for target, errorsOf, sizesOf in
                [
                    "forces", (fun (entry: ComponentErrors) -> entry.ForceErrors), (fun (entry: ComponentErrors) -> entry.Forces)
                    "velocities", _.VelocityErrors, _.Velocities
                ] do
                for name in species do
                    let struct (errors, sizes, count) = sums name errorsOf sizesOf

                    if count > 0.0 then
                        {
                            Target = target
                            Species = name
                            Relative = if errors = 0.0 then 0.0 else sqrt (errors / sizes)
                            RootMeanSquare = sqrt (errors / count)
                        }
        ]
