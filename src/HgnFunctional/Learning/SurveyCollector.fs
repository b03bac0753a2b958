namespace HgnFunctional.Learning

open System
open System.Collections.Generic
open System.Numerics.Tensors
open HgnFunctional.Numerics
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Blocks

/// Collects a survey snapshot by snapshot, in memory that does not grow with their number. What it comes to depends neither on their order,
/// but for the first one, nor on which collector took which.
[<Sealed>]
type internal SurveyCollector(recipes: BlockRecipe list, width: int, seed: int, stencil: StencilForm option) =

    /// Points that a sampler sees of each block's inputs: two for each unit, if that is more.
    let poolCapacity = max 1024 (2 * width)

    /// Rows that the pilot fit has at least, if the data has them.
    let pilotRows = 1024

    /// Snapshots that layers are drawn on.
    let sampleSize = 32

    let pools = recipes |> List.map (fun recipe -> recipe, SortedDictionary<Kind, InputPool>())
    let refused = Dictionary<BlockRecipe, BlockError>(HashIdentity.Reference)
    let names () = SortedSet<string>(StringComparer.Ordinal)
    let species, bondTypes, angleTypes = names (), names (), names ()
    let sample = SnapshotSample(seed, sampleSize, pilotRows)
    let pieces = PieceSample(seed, stencil |> Option.map _.Frames |> Option.defaultValue 0)
    let fingerprint = DataFingerprint()
    let energies = EnergySpread()
    let virials = VirialSpread()
    let pins = PinFinder()
    let blocks = SortedSet<int64>()
    let mutable first: struct (int64 * Snapshot) option = None
    let mutable largest = struct (0, 0)
    let mutable velocityComponents = 0L
    let mutable forceComponents = 0L
    let mutable velocities = ExactSum.zero
    let mutable forces = ExactSum.zero
    let mutable hasMotion = false
    let mutable atRest = true
    let mutable forcesVanish = true
    let mutable seesReach = false

    let newPool (inputs: int) : InputPool = InputPool(inputs, poolCapacity, seed)

    let poolOf (pools: SortedDictionary<Kind, InputPool>) (inputs: int) (kind: Kind) : InputPool =
        match pools.TryGetValue kind with
        | true, pool -> pool
        | _ ->
            let pool = newPool inputs
            pools[kind] <- pool
            pool

    let vanishes (values: ReadOnlySpan<float>) : bool = values.IsEmpty || TensorPrimitives.MaxMagnitude values = 0.0

    let takeLargest (struct (components, bodies)) : unit =
        let struct (most, _) = largest

        if components > most then
            largest <- struct (components, bodies)

    let takeFirst (number: int64) (snapshot: Snapshot) : unit =
        match first with
        | Some(struct (before, _)) when before <= number -> ()
        | _ -> first <- Some(struct (number, snapshot))

    /// Root mean square; 1 where all vanish.
    let scaleOf (components: int64) (sum: ExactSum) : float = if sum = ExactSum.zero then 1.0 else ExactSum.rootMean components sum

    /// Takes one snapshot, with its number among all, from 0 on.
    member _.Add(number: int64, snapshot: Snapshot) : unit =
        // Pieces of motions end with their block, so that blocks can be shared out.
        if blocks.Add(Shard.blockOf number) then
            pieces.Close()

        let digest = fingerprint.Add snapshot

        if Observation.isOfMotion snapshot then
            hasMotion <- true
            pieces.Add(snapshot, digest)
        else
            sample.Add(snapshot, digest)

        takeFirst number snapshot

        let struct (_, firstHere) = first.Value
        pins.Add snapshot

        for recipe, ofRecipe in pools do
            if not (refused.ContainsKey recipe) then
                match (if recipe.IsOptional then recipe.Refuses firstHere.Structure snapshot else None) with
                | Some error -> refused[recipe] <- error
                | None -> recipe.Collect snapshot (poolOf ofRecipe (recipe.Inputs firstHere))

        species.UnionWith snapshot.Structure.Species.Names
        snapshot.Structure.Relations.Bonds |> Option.iter (fun bonds -> bondTypes.UnionWith bonds.Types.Names)
        snapshot.Structure.Relations.Angles |> Option.iter (fun angles -> angleTypes.UnionWith angles.Types.Names)
        takeLargest (struct (snapshot.Coordinates, snapshot.Structure.Bodies))
        velocityComponents <- velocityComponents + int64 snapshot.Velocities.Length
        forceComponents <- forceComponents + int64 snapshot.Forces.Length
        energies.Add snapshot
        virials.Add snapshot
        velocities <- ExactSum.addSquares (SquareSum.ofValues snapshot.Velocities) velocities
        forces <- ExactSum.addSquares (SquareSum.ofValues snapshot.Forces) forces
        forcesVanish <- forcesVanish && vanishes snapshot.Forces
        seesReach <- seesReach || snapshot.Related.Within.Count > 0
        atRest <- atRest && vanishes snapshot.Velocities && vanishes snapshot.State.Momenta

    /// The first snapshot, if any came.
    member _.First: Snapshot option = first |> Option.map (fun struct (_, snapshot) -> snapshot)

    /// The recipes whose inputs are collected.
    member _.Recipes: BlockRecipe list = recipes

    /// The blocks of frames that were seen.
    member _.Blocks: SortedSet<int64> = blocks

    /// Number of snapshots.
    member _.Frames: int64 = fingerprint.Frames

    /// The fingerprint of the data, in hexadecimal.
    member _.Hash: string = fingerprint.Hash

    /// Names of all species.
    member _.Species: string list = List.ofSeq species

    /// What was measured, in words.
    member _.Measured: string list =
        [
            if velocityComponents > 0L then
                "velocities"
            if forceComponents > 0L then
                "forces"
            if energies.Count > 0L then
                "energies"
            if virials.Count > 0L then
                "virials"
            if hasMotion then
                "motions"
        ]

    member private _.Sums: struct (int64 * int64 * ExactSum * ExactSum) =
        struct (velocityComponents, forceComponents, velocities, forces)

    member private _.Flags: struct (bool * bool * bool * bool) = struct (hasMotion, atRest, forcesVanish, seesReach)
    member private _.Names: SortedSet<string> list = [ species; bondTypes; angleTypes ]
    member private _.Largest: struct (int * int) = largest
    member private _.Numbered: struct (int64 * Snapshot) option = first
    member private _.Pools: (BlockRecipe * SortedDictionary<Kind, InputPool>) list = pools
    member private _.RefusedRecipes: Dictionary<BlockRecipe, BlockError> = refused
    member private _.Fingerprint: DataFingerprint = fingerprint
    member private _.Energies: EnergySpread = energies
    member private _.Virials: VirialSpread = virials
    member private _.Pins: PinFinder = pins
    member private _.Sample: SnapshotSample = sample
    member private _.Pieces: PieceSample = pieces

    /// Takes the frames that another has seen, of the same recipes.
    member collector.Merge(other: SurveyCollector) : unit =
        other.Pieces.Close()
        let struct (otherVelocityCount, otherForceCount, otherVelocities, otherForces) = other.Sums
        let struct (otherHasMotion, otherAtRest, otherForcesVanish, otherSeesReach) = other.Flags
        fingerprint.Merge other.Fingerprint
        blocks.UnionWith other.Blocks
        takeLargest other.Largest
        List.iter2 (fun (mine: SortedSet<string>) (its: SortedSet<string>) -> mine.UnionWith its) collector.Names other.Names
        velocityComponents <- velocityComponents + otherVelocityCount
        forceComponents <- forceComponents + otherForceCount
        velocities <- ExactSum.merge velocities otherVelocities
        forces <- ExactSum.merge forces otherForces
        energies.Merge other.Energies
        virials.Merge other.Virials
        hasMotion <- hasMotion || otherHasMotion
        atRest <- atRest && otherAtRest
        forcesVanish <- forcesVanish && otherForcesVanish
        seesReach <- seesReach || otherSeesReach
        pins.Merge other.Pins
        other.Numbered |> Option.iter (fun struct (number, snapshot) -> takeFirst number snapshot)
        sample.Kept.Merge other.Sample.Kept
        pieces.Merge(other.Pieces.Longest, other.Pieces.Kept.Ranked)

        for (_, mine), (_, its) in List.zip pools other.Pools do
            for entry in its do
                (poolOf mine entry.Value.Inputs entry.Key).Merge entry.Value

        for (recipe, _), (same, _) in List.zip pools other.Pools do
            match other.RefusedRecipes.TryGetValue same with
            | true, error -> refused[recipe] <- error
            | _ -> ()

    /// All that it knows.
    member _.Save() : (string * SavedForm) list =
        pieces.Close()
        let number (value: int64) = SavedForm.Number(float value)

        let ofSnapshots (items: struct (Snapshot[] * uint64)[]) =
            SavedForm.Fields(
                [
                    "ranks", SavedForm.ofTexts (items |> Seq.map (fun struct (_, rank) -> rank.ToString "x16"))
                    "lengths", SavedForm.ofInts (items |> Seq.map (fun struct (item, _) -> item.Length))
                ]
                @ SavedSnapshots.save (items |> Array.collect (fun struct (item, _) -> item))
            )

        let struct (components, bodies) = largest

        [
            yield! fingerprint.Save()
            "blocks", SavedForm.Numbers [| for block in blocks -> float block |]
            "largest", SavedForm.Numbers [| float components; float bodies |]
            "species", SavedForm.ofTexts species
            "bondTypes", SavedForm.ofTexts bondTypes
            "angleTypes", SavedForm.ofTexts angleTypes
            "velocityComponents", number velocityComponents
            "forceComponents", number forceComponents
            "velocities", SavedForm.Text(ExactSum.toText velocities)
            "forces", SavedForm.Text(ExactSum.toText forces)
            "energies", energies.Save()
            "virials", SavedForm.Fields(virials.Save())
            "hasMotion", SavedForm.Flag hasMotion
            "atRest", SavedForm.Flag atRest
            "forcesVanish", SavedForm.Flag forcesVanish
            "seesReach", SavedForm.Flag seesReach
            "pins", pins.Save()
            match first with
            | Some(struct (at, snapshot)) -> "first", SavedForm.Fields(("number", number at) :: SavedSnapshots.save [| snapshot |])
            | None -> ()
            "sample", ofSnapshots (sample.Kept.Ranked |> Array.map (fun struct (snapshot, rank) -> struct ([| snapshot |], rank)))
            "longestPiece", number (int64 pieces.Longest)
            "pieces", ofSnapshots pieces.Kept.Ranked
            "pools",
            SavedForm.List
                [
                    for place, (recipe, ofRecipe) in List.indexed pools do
                        if not (refused.ContainsKey recipe) then
                            for entry in ofRecipe ->
                                SavedForm.Fields(
                                    [ "recipe", SavedForm.Number(float place); "of", SavedParts.ofKind entry.Key ] @ entry.Value.Save()
                                )
                ]
            "refused",
            SavedForm.List
                [
                    for place, (recipe, _) in List.indexed pools do
                        match refused.TryGetValue recipe with
                        | true, error ->
                            SavedForm.Fields [ "recipe", SavedForm.Number(float place); "reason", SavedForm.Text(string error) ]
                        | _ -> ()
                ]
        ]

    /// As it was saved: to be called before anything else is taken.
    member _.Load(reader: SavedReader) : unit =
        let sum (field: string) =
            ExactSum.tryOfText (reader.Text field) |> Option.defaultWith (fun () -> reader.Fail(field, "hexadecimal digits"))

        let toSnapshots (reader: SavedReader) : struct (Snapshot[] * uint64)[] =
            let snapshots = SavedSnapshots.restore reader
            let lengths = reader.Indices("lengths", snapshots.Length + 1)
            let ranks = reader.Texts "ranks" |> Array.ofList

            if ranks.Length <> lengths.Length || Array.sum lengths <> snapshots.Length then
                reader.Fail("lengths", "as many snapshots as there are, each item with a rank")

            let starts = Array.scan (+) 0 lengths

            ranks
            |> Array.mapi (fun k rank ->
                match UInt64.TryParse(rank, Globalization.NumberStyles.HexNumber, Globalization.CultureInfo.InvariantCulture) with
                | true, rank -> struct (Array.sub snapshots starts[k] lengths[k], rank)
                | _ -> reader.Fail("ranks", "hexadecimal digits"))

        let recipeOf (reader: SavedReader) = pools[reader.Integer("recipe", 0, pools.Length - 1)]
        let components = reader.Floats("largest", Some 2L)
        fingerprint.Merge(DataFingerprint.Restore reader)
        blocks.UnionWith(reader.Floats("blocks", None) |> Seq.map int64)
        takeLargest (struct (int components[0], int components[1]))
        species.UnionWith(reader.Texts "species")
        bondTypes.UnionWith(reader.Texts "bondTypes")
        angleTypes.UnionWith(reader.Texts "angleTypes")
        velocityComponents <- reader.LongCount "velocityComponents"
        forceComponents <- reader.LongCount "forceComponents"
        velocities <- sum "velocities"
        forces <- sum "forces"
        energies.Merge(EnergySpread.Restore(reader, "energies"))
        virials.Merge(VirialSpread.Restore(reader.Object "virials"))
        hasMotion <- reader.Flag "hasMotion"
        atRest <- reader.Flag "atRest"
        forcesVanish <- reader.Flag "forcesVanish"
        seesReach <- reader.Flag "seesReach"
        pins.Merge(PinFinder.Restore(reader, "pins"))

        for one in Option.toList (reader.TryObject "first") do
            takeFirst (one.LongCount "number") (Array.head (SavedSnapshots.restore one))

        for struct (item, rank) in toSnapshots (reader.Object "sample") do
            item |> Array.iter (fun snapshot -> sample.Kept.Add(snapshot, rank))

        pieces.Merge(reader.Count "longestPiece", toSnapshots (reader.Object "pieces"))

        for entry in reader.Objects "pools" do
            let _, ofRecipe = recipeOf entry
            (poolOf ofRecipe (entry.Count "inputs") (SavedParts.toKind (entry.Object "of"))).Load entry

        for entry in reader.Objects "refused" do
            let recipe, _ = recipeOf entry
            refused[recipe] <- Refused(recipe.Kind, entry.Text "reason")

    /// What a plan is drawn from: the overview of all snapshots so far, of which there must be one.
    member _.ToOverview() : Overview =
        pieces.Close()
        let struct (_, firstOfAll) = first.Value
        let struct (pinnedForces, pinnedCount) = pins.PinnedForces

        // Pins are those of whole trajectories.
        let pinPiece (frame: Snapshot) : Snapshot = (pins.Pin(frame.InTrajectory(PieceSample.WholeOf frame.Trajectory))).MarkedAs frame

        let moving = pieces.Kept.Items |> Array.concat |> Array.map pinPiece
        let snapshots = sample.Snapshots |> Array.map pins.Pin

        // Energies and virials alone are few equations a snapshot.
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
                Pool = newPool
            }

        let seen = pools |> List.filter (fun (recipe, _) -> not (refused.ContainsKey recipe))

        let kindsOf (recipe: BlockRecipe, ofRecipe: SortedDictionary<Kind, InputPool>) =
            if ofRecipe.Count > 0 then
                [ for entry in ofRecipe -> entry.Key, entry.Value ]
            else
                // Where nothing was seen of what a structure has, one block stands for all kinds.
                recipe.Kinds firstOfAll.Structure |> List.truncate 1 |> List.map (fun kind -> kind, newPool (recipe.Inputs firstOfAll))

        let parts =
            seen
            |> List.map (fun (recipe, ofRecipe) -> recipe, kindsOf (recipe, ofRecipe))
            |> List.filter (fun (_, kinds) -> not kinds.IsEmpty)
            |> List.mapi (fun place (recipe, kinds) ->
                [ for kind, pool in kinds -> { Recipe = recipe; Place = place; Kind = kind; Sample = sampleOf pool } ])
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
                    Velocities = scaleOf (velocityComponents - pinnedCount) velocities
                    Forces =
                        // Where energies or virials are all there is, forces are of their size over a length of order one.
                        if forceComponents = 0L && hasMotion then pieces.Scale
                        elif forceComponents = 0L && energies.Count = 0L then virials.Spread
                        elif forceComponents = 0L then energies.Spread
                        else scaleOf (forceComponents - pinnedCount) (ExactSum.less pinnedForces forces)
                    Energies = energies.Spread
                    Virials = virials.Spread
                }
            HasVelocities = velocityComponents > 0L
            HasForces = forceComponents > 0L
            HasEnergies = energies.Count > 0L
            HasVirials = virials.Count > 0L
            HasMotion = hasMotion
            Stencil = None
            Windows = [||]
            LongestWindow = pieces.Longest
            AtRest = atRest
            ForcesVanish = forcesVanish && forceComponents > 0L && not hasMotion
            SeesReach = seesReach
            Frames = fingerprint.Frames
            Hash = fingerprint.Hash
            Largest = largest
            First = pins.Pin firstOfAll
            Probes = BodyProbes()
            Pilot = Array.append (Array.truncate inPilot snapshots) moving
            Sample = Array.append shown moving
            Pins = pins
            Refused = [ for entry in refused -> entry.Key.Kind, entry.Value ] |> List.distinctBy fst
        }
