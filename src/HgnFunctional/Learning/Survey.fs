namespace HgnFunctional.Learning

open System
open System.Collections.Generic
open System.Numerics.Tensors
open HgnFunctional.Numerics
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Blocks

/// A block to be made, and what it may see of the data.
[<NoEquality; NoComparison>]
type internal SurveyedPart =
    {
        Recipe: BlockRecipe
        /// The place of the recipe among those that the data have something for.
        Place: int
        Kind: Kind
        Sample: TrainingSample
    }

/// What a first pass over the training data tells, in memory that does not grow with it.
[<NoEquality; NoComparison>]
type internal Survey =
    {
        /// The blocks to be made: a recipe, the place of the recipe, the kind of body or pair, and what the block may see of the
        /// data, in the order of the recipes and kinds.
        Parts: SurveyedPart list
        /// Names of all species, of all bond types and of all angle types.
        Species: string list
        BondTypes: string list
        AngleTypes: string list
        /// Root mean squares of q' and p' over all components, and how energies spread by body; 1 where all vanish.
        Scales: TargetScales
        /// What was measured in some frame.
        HasVelocities: bool
        HasForces: bool
        HasEnergies: bool
        /// Whether some frames must tell forces by how they move.
        HasMotion: bool
        /// How motions give equations, where there are any; and the most frames that a window may have.
        Stencil: StencilForm option
        /// The equations of the motions of the sample with it.
        Windows: Observation[]
        LongestWindow: int
        /// Whether all velocities and momenta vanish, so that the data say nothing of the kinetic energy.
        AtRest: bool
        /// Whether all forces vanish.
        ForcesVanish: bool
        /// Whether two bodies are ever within the cutoff.
        SeesReach: bool
        /// Number of snapshots.
        Frames: int
        /// The fingerprint of the data, in hexadecimal.
        Hash: string
        /// The largest number of components of a snapshot, and its number of bodies.
        Largest: struct (int * int)
        /// What never moves, found in all snapshots. Those below are pinned already.
        Pins: PinFinder
        /// Names of recipes that the data refuse though they could do without, and why.
        Refused: (string * BlockError) list
        /// The first snapshot, where the energy is zero.
        First: Snapshot
        /// A few snapshots, chosen by their contents, to try options on.
        Pilot: Snapshot[]
        /// Some more, which layers are drawn on.
        Sample: Snapshot[]
    }

    /// The observations of some snapshots of the sample, and of all its motions.
    member survey.Observed(snapshots: Snapshot[]) : Observation[] =
        let moments = snapshots |> Array.filter (fun snapshot -> snapshot.HasVelocities || not (Observation.isOfMotion snapshot))
        Array.append (Array.map At moments) survey.Windows

    /// The observations of the pilot snapshots, and of some of the windows of motions, evenly from all, with as many equations as tell shapes apart.
    member survey.Piloted: Observation[] =
        let windows = survey.Windows
        // Twice what tells shapes apart where forces were measured.
        let leastPiloted = 2048

        let share =
            if windows.Length = 0 then
                1
            else
                windows.Length * windows[0].Centre.Coordinates / leastPiloted |> max 1

        let some = windows |> Array.indexed |> Array.filter (fun (index, _) -> index % share = 0) |> Array.map snd
        Array.append (survey.Observed survey.Pilot |> Array.filter _.IsAt) some

    /// The survey with a way to make equations of motions.
    member survey.With(form: StencilForm) : Survey =
        let windows = survey.Sample |> Array.filter Observation.isOfMotion |> Observation.ofSnapshots None form
        { survey with Stencil = Some form; Windows = windows |> Array.filter _.IsOver }

/// The snapshots with the smallest ranks, which follow from their contents: at least so many, with at least so many rows, if
/// the data has them. Equal snapshots count once. What is kept does not depend on the order in which snapshots come.
[<Sealed>]
type internal SnapshotSample(seed: int, leastSnapshots: int, leastRows: int) =

    // Largest rank first, so that the one to drop is at hand.
    let kept = PriorityQueue<Snapshot, uint64>(Comparer<uint64>.Create(fun a b -> compare b a))
    let ranks = HashSet<uint64>()
    let mutable rows = 0L

    let rowsOf (snapshot: Snapshot) : int64 = int64 snapshot.Equations

    /// Takes one snapshot, with its digest.
    member _.Add(snapshot: Snapshot, digest: byte[]) : unit =
        let rank = Fingerprint.rank seed digest

        if ranks.Add rank then
            kept.Enqueue(snapshot, rank)
            rows <- rows + rowsOf snapshot

            // What is left without the largest rank is enough, and is what would be kept had that snapshot never come.
            while kept.Count > leastSnapshots && rows - rowsOf (kept.Peek()) >= int64 leastRows do
                let mutable dropped = Unchecked.defaultof<Snapshot>
                let mutable its = 0UL
                kept.TryDequeue(&dropped, &its) |> ignore
                ranks.Remove its |> ignore
                rows <- rows - rowsOf dropped

    /// The snapshots by ascending rank.
    member _.Snapshots: Snapshot[] =
        kept.UnorderedItems
        |> Seq.toArray
        |> Array.sortBy (fun struct (_, rank) -> rank)
        |> Array.map (fun struct (snapshot, _) -> snapshot)

/// How energies over the number of bodies vary among frames of one composition, or where no two frames share one, among all.
[<Sealed>]
type internal EnergySpread() =

    // Mean and sum of squares about it, by composition (Welford 1962, doi:10.2307/1266577).
    let sums = SortedDictionary<string, struct (int * float * float)>(StringComparer.Ordinal)

    let add key value =
        let struct (count, mean, squares) =
            match sums.TryGetValue key with
            | true, sum -> sum
            | _ -> struct (0, 0.0, 0.0)

        let offset = value - mean
        let mean = mean + offset / float (count + 1)
        sums[key] <- struct (count + 1, mean, squares + offset * (value - mean))

    let composition (structure: Structure) : string =
        structure.Species.Names
        |> List.mapi (fun place name ->
            let mutable count = 0

            for body in 0 .. structure.Bodies - 1 do
                if structure.Species.IndexOf body = place then
                    count <- count + 1

            $"{name} {float count / float structure.Bodies}")
        |> String.concat "\n"

    let deviation (parts: struct (int * float * float) seq) : float =
        let count, squares = parts |> Seq.fold (fun (n, all) (struct (count, _, squares)) -> n + count, all + squares) (0, 0.0)
        if squares > 0.0 then sqrt (squares / float count) else 0.0

    /// Takes one snapshot.
    member _.Add(snapshot: Snapshot) : unit =
        snapshot.Energy
        |> Option.iter (fun energy -> add (composition snapshot.Structure) (energy / float snapshot.Structure.Bodies))

    /// Number of frames with an energy.
    member _.Count: int = sums.Values |> Seq.sumBy (fun (struct (count, _, _)) -> count)

    /// The standard deviation; 1 where nothing varies.
    member _.Spread: float =
        let within = deviation sums.Values
        let means = EnergySpread.Of(sums.Values |> Seq.map (fun (struct (_, mean, _)) -> mean))

        if within > 0.0 then within
        elif means > 0.0 then means
        else 1.0

    static member private Of(values: float seq) : float =
        let values = Array.ofSeq values
        let mean = if values.Length = 0 then 0.0 else Array.average values

        if values.Length = 0 then
            0.0
        else
            sqrt (values |> Array.averageBy (fun value -> (value - mean) * (value - mean)))

/// Collects a survey snapshot by snapshot.
[<Sealed>]
type internal SurveyCollector(recipes: BlockRecipe list, width: int, seed: int, stencil: StencilForm option) =

    /// Points that a sampler sees of each block's inputs: two for each unit, if that is more.
    let poolCapacity = max 1024 (2 * width)

    /// Rows that the pilot fit has at least, if the data has them.
    let pilotRows = 1024

    /// Snapshots that layers are drawn on.
    let sampleSize = 32

    let mutable pools: (BlockRecipe * SortedDictionary<Kind, InputPool>) list = []
    let names () = SortedSet<string>(StringComparer.Ordinal)
    let species, bondTypes, angleTypes = names (), names (), names ()
    let sample = SnapshotSample(seed, sampleSize, pilotRows)
    let fingerprint = DataFingerprint()
    let mutable first: Snapshot option = None
    let mutable largest = struct (0, 0)
    let mutable velocityComponents = 0L
    let mutable forceComponents = 0L
    let mutable velocities = SquareSum.zero
    let mutable forces = SquareSum.zero
    let energies = EnergySpread()
    let mutable atRest = true
    let mutable forcesVanish = true
    let mutable seesReach = false
    let pins = PinFinder()

    let pieces =
        PieceSample(
            seed,
            (match stencil with
             | Some form -> form.Frames
             | None -> 0)
        )

    let motion = MotionScale()
    let mutable hasMotion = false
    let refused = Dictionary<BlockRecipe, BlockError>(HashIdentity.Reference)

    let poolOf (recipe: BlockRecipe) (pools: SortedDictionary<Kind, InputPool>) (kind: Kind) : InputPool =
        match pools.TryGetValue kind with
        | true, pool -> pool
        | _ ->
            let pool = InputPool(recipe.Inputs first.Value, poolCapacity, seed)
            pools[kind] <- pool
            pool

    let vanishes (values: ReadOnlySpan<float>) : bool = values.IsEmpty || TensorPrimitives.MaxMagnitude values = 0.0

    /// Root mean square without what is pinned.
    let scaleOf (components: int64) (pinnedCount: float) (pinnedSquares: float) (sum: SquareSum) : float =
        if pinnedSquares > 0.0 then
            let free = SquareSum.value sum - pinnedSquares
            if free > 0.0 then sqrt (free / (float components - pinnedCount)) else 1.0
        elif sum.Sum > 0.0 then
            SquareSum.rootMean (float components - pinnedCount) sum
        else
            1.0

    /// Takes one snapshot.
    member _.Add(snapshot: Snapshot) : unit =
        let digest = fingerprint.Add snapshot

        if Observation.isOfMotion snapshot then
            hasMotion <- true
            pieces.Add(snapshot, digest)
            motion.Add snapshot
        else
            sample.Add(snapshot, digest)

        if first.IsNone then
            first <- Some snapshot
            pools <- recipes |> List.map (fun recipe -> recipe, SortedDictionary())

        pins.Add snapshot

        for recipe, _ in pools do
            if recipe.IsOptional then
                recipe.Refuses first.Value.Structure snapshot |> Option.iter (fun error -> refused[recipe] <- error)

        pools <- pools |> List.filter (fun (recipe, _) -> not (refused.ContainsKey recipe))

        for recipe, ofRecipe in pools do
            recipe.Collect snapshot (poolOf recipe ofRecipe)

        species.UnionWith snapshot.Structure.Species.Names
        snapshot.Structure.Relations.Bonds |> Option.iter (fun bonds -> bondTypes.UnionWith bonds.Types.Names)
        snapshot.Structure.Relations.Angles |> Option.iter (fun angles -> angleTypes.UnionWith angles.Types.Names)

        let struct (most, _) = largest

        if snapshot.Coordinates > most then
            largest <- struct (snapshot.Coordinates, snapshot.Structure.Bodies)

        velocityComponents <- velocityComponents + int64 snapshot.Velocities.Length
        forceComponents <- forceComponents + int64 snapshot.Forces.Length
        energies.Add snapshot
        velocities <- SquareSum.add velocities (SquareSum.ofValues snapshot.Velocities)
        forces <- SquareSum.add forces (SquareSum.ofValues snapshot.Forces)
        forcesVanish <- forcesVanish && vanishes snapshot.Forces
        seesReach <- seesReach || snapshot.Related.Within.Count > 0
        atRest <- atRest && vanishes snapshot.Velocities && vanishes snapshot.State.Momenta

    /// The first snapshot, if any came.
    member _.First: Snapshot option = first

    /// The survey of all snapshots so far, of which there must be one.
    member _.ToSurvey() : Survey =
        let struct (pinnedForces, pinnedCount) = pins.PinnedForces
        let struct (moving, longest) = pieces.ToFrames()
        // Pins are those of whole trajectories.
        let pinPiece (frame: Snapshot) =
            (pins.Pin(frame.InTrajectory(frame.Trajectory.Substring(0, frame.Trajectory.LastIndexOf '#')))).MarkedAs frame

        let moving = moving |> Array.map pinPiece
        let snapshots = sample.Snapshots |> Array.map pins.Pin
        let first = first |> Option.map pins.Pin
        // Energies alone are one equation a snapshot.
        let shown =
            if forceComponents > 0L || hasMotion then
                Array.truncate sampleSize snapshots
            else
                snapshots

        let sampleOf (pool: InputPool) : TrainingSample =
            {
                Inputs = pool.ToSample()
                Snapshots = if shown.Length > 0 then shown else Array.truncate sampleSize moving
                Fitted = None
                Pool = fun inputs -> InputPool(inputs, poolCapacity, seed)
            }

        // Where nothing was seen of what a structure has, one block stands for all kinds.
        for recipe, ofRecipe in pools do
            if ofRecipe.Count = 0 then
                recipe.Kinds first.Value.Structure |> List.tryHead |> Option.iter (poolOf recipe ofRecipe >> ignore)

        let parts =
            pools
            |> List.filter (fun (_, ofRecipe) -> ofRecipe.Count > 0)
            |> List.mapi (fun place (recipe, ofRecipe) ->
                [ for entry in ofRecipe -> { Recipe = recipe; Place = place; Kind = entry.Key; Sample = sampleOf entry.Value } ])
            |> List.concat

        let rowsBefore = snapshots |> Array.scan (fun rows snapshot -> rows + int64 snapshot.Equations) 0L
        let inPilot = rowsBefore |> Array.filter (fun rows -> rows < int64 pilotRows) |> Array.length

        {
            Parts = parts
            Species = List.ofSeq species
            BondTypes = List.ofSeq bondTypes
            AngleTypes = List.ofSeq angleTypes
            Scales =
                {
                    Velocities = scaleOf velocityComponents pinnedCount 0.0 velocities
                    Forces =
                        // Where energies are all there is, forces are of their size over a length of order one.
                        if forceComponents = 0L && hasMotion then motion.Value
                        elif forceComponents = 0L then energies.Spread
                        else scaleOf forceComponents pinnedCount pinnedForces forces
                    Energies = energies.Spread
                }
            HasVelocities = velocityComponents > 0L
            HasForces = forceComponents > 0L
            HasEnergies = energies.Count > 0
            HasMotion = hasMotion
            Stencil = None
            Windows = [||]
            LongestWindow = longest
            AtRest = atRest
            ForcesVanish = forcesVanish && forceComponents > 0L && not hasMotion
            SeesReach = seesReach
            Frames = fingerprint.Frames
            Hash = fingerprint.Hash
            Largest = largest
            First = first.Value
            Pilot = Array.append (Array.truncate inPilot snapshots) moving
            Sample = Array.append shown moving
            Pins = pins
            Refused = [ for entry in refused -> entry.Key.Kind, entry.Value ] |> List.distinctBy fst
        }
