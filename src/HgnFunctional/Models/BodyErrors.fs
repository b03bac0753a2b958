namespace HgnFunctional.Models

open System
open System.Collections.Generic
open HgnFunctional.Bodies
open HgnFunctional.Data

/// How far predictions are off, over all components of some bodies.
[<NoComparison>]
type TargetError =
    {
        /// "forces", "velocities", "energies" or "virials", each of what was measured.
        Target: string
        /// The species of the bodies; none for all of them.
        Species: string option
        /// The group of the snapshots (`Snapshot.Group`); none for all of them.
        Group: string option
        /// |predicted - measured| / |measured|; 0 where both vanish, infinite where only the measured ones do. Of energies less
        /// their means.
        Relative: float
        /// Root mean square of predicted - measured, in the length and time of the data, and for all but velocities their mass. Of energies
        /// and virials by body; of energies, where the model knows no zero of them, less the mean difference.
        RootMeanSquare: float
        /// Mean absolute value of the same.
        MeanAbsolute: float
    }

/// Sums of errors and sizes of one target at each component of some bodies.
[<Sealed>]
type private ComponentSums(size: int) =
    member val Errors: float[] = Array.zeroCreate size
    member val Absolutes: float[] = Array.zeroCreate size
    member val Sizes: float[] = Array.zeroCreate size
    member val Frames = 0 with get, set

    member sums.Add(predicted: float[], measured: ReadOnlySpan<float>) : unit =
        if not measured.IsEmpty then
            sums.Frames <- sums.Frames + 1

            for k in 0 .. size - 1 do
                let error = predicted[k] - measured[k]
                sums.Errors[k] <- sums.Errors[k] + error * error
                sums.Absolutes[k] <- sums.Absolutes[k] + abs error
                sums.Sizes[k] <- sums.Sizes[k] + measured[k] * measured[k]

/// Errors of each component of the bodies of one trajectory and group.
[<Sealed>]
type private ComponentErrors(structure: Structure, group: string) =

    let size = structure.Bodies * structure.Dimension

    member _.Structure: Structure = structure
    member _.Group: string = group
    member _.Size: int = size
    member val Forces = ComponentSums size
    member val Velocities = ComponentSums size

/// What the energies by body of some snapshots are, and what a model says.
[<Struct; NoComparison>]
type private EnergyPair = { Predicted: float; Measured: float; EnergyGroup: string }

/// Entries of virials by body, as measured and as predicted.
[<Struct; NoComparison>]
type private VirialPair = { OfModel: float[]; OfData: float[]; VirialGroup: string }

/// Sums of squares of errors, of absolute errors and of squares of sizes over so many components.
[<Struct; NoComparison>]
type internal ErrorSums = { Errors: float; Absolutes: float; Sizes: float; Count: float }

/// Errors of a model by species and group, over frames of trajectories, without what is pinned, whether a structure names it or the
/// frames show it. `hasZero` says whether the model knows the zero of energies.
[<Sealed>]
type internal BodyErrors(hasZero: bool) =

    let finder = PinFinder()
    let current = Dictionary<struct (string * string), ComponentErrors>()
    // Trajectories of which the bodies changed.
    let past = ResizeArray<string * ComponentErrors>()
    let energies = ResizeArray<EnergyPair>()
    let virials = ResizeArray<VirialPair>()

    let isFree (trajectory: string) (errors: ComponentErrors) : int -> bool =
        let named, found = errors.Structure.Pins.ToArray(), finder.PinsOf trajectory
        let isIn (pins: bool[]) k = pins.Length = errors.Size && pins[k]
        fun k -> not (isIn named k) && not (isIn found k)

    let all () =
        let now =
            seq {
                for entry in current ->
                    let struct (trajectory, _) = entry.Key
                    trajectory, entry.Value
            }

        Seq.append past now

    /// Sums over the free components of bodies of a species, or all, in a group, or all.
    let sums (species: string option) (group: string option) (sumsOf: ComponentErrors -> ComponentSums) : ErrorSums =
        let mutable errors = 0.0
        let mutable absolutes = 0.0
        let mutable sizes = 0.0
        let mutable count = 0.0

        for trajectory, entry in all () do
            if group |> Option.forall ((=) entry.Group) then
                let isFree = isFree trajectory entry
                let d = entry.Structure.Dimension
                let own = sumsOf entry

                for k in 0 .. entry.Size - 1 do
                    let isWanted = species |> Option.forall (fun name -> entry.Structure.Species.NameOf(k / d) = name)

                    if own.Frames > 0 && isWanted && isFree k then
                        errors <- errors + own.Errors[k]
                        absolutes <- absolutes + own.Absolutes[k]
                        sizes <- sizes + own.Sizes[k]
                        count <- count + float own.Frames

        { Errors = errors; Absolutes = absolutes; Sizes = sizes; Count = count }

    let energySums (group: string option) : ErrorSums =
        let mine = energies |> Seq.filter (fun pair -> group |> Option.forall ((=) pair.EnergyGroup)) |> Array.ofSeq
        let mean (valueOf: EnergyPair -> float) = if energies.Count = 0 then 0.0 else energies |> Seq.averageBy valueOf
        let middle = mean _.Measured
        let shift = if hasZero then 0.0 else mean (fun pair -> pair.Predicted - pair.Measured)
        let errors = mine |> Array.map (fun pair -> pair.Predicted - pair.Measured - shift)

        {
            Errors = errors |> Array.sumBy (fun error -> error * error)
            Absolutes = errors |> Array.sumBy abs
            Sizes = mine |> Array.sumBy (fun pair -> (pair.Measured - middle) * (pair.Measured - middle))
            Count = float mine.Length
        }

    let virialSums (group: string option) : ErrorSums =
        let mine = virials |> Seq.filter (fun pair -> group |> Option.forall ((=) pair.VirialGroup)) |> Array.ofSeq
        let errors = mine |> Array.collect (fun pair -> Array.map2 (-) pair.OfModel pair.OfData)

        {
            Errors = errors |> Array.sumBy (fun error -> error * error)
            Absolutes = errors |> Array.sumBy abs
            Sizes = mine |> Array.sumBy (fun pair -> pair.OfData |> Array.sumBy (fun entry -> entry * entry))
            Count = float errors.Length
        }

    /// Takes one frame, with what is predicted for it; no virial where the model has none.
    member _.Add(snapshot: Snapshot, velocities: float[], forces: float[], energy: float, virial: float[]) : unit =
        finder.Add snapshot
        let key = struct (snapshot.Trajectory, snapshot.Group)

        let entry =
            match current.TryGetValue key with
            | true, entry when Object.ReferenceEquals(entry.Structure, snapshot.Structure) -> entry
            | true, entry when
                entry.Size = snapshot.Coordinates
                && entry.Structure.Dimension = snapshot.Structure.Dimension
                && Seq.forall
                    (fun body -> entry.Structure.Species.NameOf body = snapshot.Structure.Species.NameOf body)
                    (seq { 0 .. snapshot.Structure.Bodies - 1 })
                ->
                entry
            | true, entry ->
                past.Add((snapshot.Trajectory, entry))
                ComponentErrors(snapshot.Structure, snapshot.Group)
            | _ -> ComponentErrors(snapshot.Structure, snapshot.Group)

        current[key] <- entry
        entry.Forces.Add(forces, snapshot.Forces)
        entry.Velocities.Add(velocities, snapshot.Velocities)

        snapshot.Energy
        |> Option.iter (fun measured ->
            let bodies = float snapshot.Structure.Bodies
            energies.Add { Predicted = energy / bodies; Measured = measured / bodies; EnergyGroup = snapshot.Group })

        if snapshot.HasVirial && virial.Length > 0 then
            let byBody (values: float[]) = values |> Array.map (fun entry -> entry / float snapshot.Structure.Bodies)

            virials.Add
                {
                    OfModel = byBody virial
                    OfData = byBody (snapshot.Virial.ToArray())
                    VirialGroup = snapshot.Group
                }

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

    /// The errors of forces and of velocities over everything.
    member _.Totals: struct (ErrorSums * ErrorSums) = struct (sums None None _.Forces, sums None None _.Velocities)

    /// The errors of all bodies and, where they are of several species or groups, of each.
    member _.ByTarget: TargetError list =
        let distinct (names: string seq) = names |> Seq.distinct |> Seq.sort |> List.ofSeq
        let species = all () |> Seq.collect (fun (_, entry) -> entry.Structure.Species.Names) |> distinct

        let groups =
            [ all () |> Seq.map (fun (_, entry) -> entry.Group); Seq.map _.EnergyGroup energies; Seq.map _.VirialGroup virials ]
            |> Seq.concat
            |> distinct

        let several names = if List.length names > 1 then List.map Some names else []

        let error (target: string) (species: string option) (group: string option) (sums: ErrorSums) : TargetError option =
            if sums.Count = 0.0 then
                None
            else
                Some
                    {
                        Target = target
                        Species = species
                        Group = group
                        Relative = if sums.Errors = 0.0 then 0.0 else sqrt (sums.Errors / sums.Sizes)
                        RootMeanSquare = sqrt (sums.Errors / sums.Count)
                        MeanAbsolute = sums.Absolutes / sums.Count
                    }

        [
            for target, sumsOf in [ "forces", (fun (entry: ComponentErrors) -> entry.Forces); "velocities", _.Velocities ] do
                for name in None :: several species -> error target name None (sums name None sumsOf)
                for group in several groups -> error target None group (sums None group sumsOf)

            for group in None :: several groups -> error "energies" None group (energySums group)
            for group in None :: several groups -> error "virials" None group (virialSums group)
        ]
        |> List.choose id
