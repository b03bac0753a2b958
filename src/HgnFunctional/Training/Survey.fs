namespace HgnFunctional

open System
open System.Collections.Generic
open System.Numerics.Tensors
open System.Runtime.InteropServices
open System.Security.Cryptography

/// What a first pass over the training data tells, in memory that does not grow with it.
[<NoEquality; NoComparison>]
type internal Survey =
    {
        /// What each block may see of the data, in the order of the recipes.
        Samples: TrainingSample list
        /// Root mean square of q' over all components; 1 if all vanish.
        VelocityScale: float
        /// Root mean square of p' over all components; 1 if all vanish.
        ForceScale: float
        /// Number of snapshots.
        Frames: int
        /// SHA-256 of the data, in hexadecimal.
        Hash: string
        /// The first snapshot, where the energy is zero.
        First: Snapshot
        /// The first few snapshots, to try options on.
        Pilot: Snapshot[]
    }

/// Collects a survey snapshot by snapshot.
[<Sealed>]
type internal SurveyCollector(recipes: BlockRecipe list, width: int, seed: int) =

    /// Points that a sampler sees of each block's inputs: two for each unit, if that is more.
    let poolCapacity = max 1024 (2 * width)

    /// Rows that the pilot fit has at least, if the data has them.
    let pilotRows = 1024

    /// Snapshots that layers are drawn on.
    let sampleSize = 32

    let mutable pools: (BlockRecipe * InputPool) list = []
    // The snapshots with the smallest hashes, so that the choice does not depend on their order; largest hash first.
    let sample = PriorityQueue<Snapshot, uint64>(Comparer<uint64>.Create(fun a b -> compare b a))
    let hash = IncrementalHash.CreateHash HashAlgorithmName.SHA256
    let pilot = ResizeArray<Snapshot>()
    let mutable rowsInPilot = 0
    let mutable frames = 0
    let mutable components = 0L
    let mutable velocitySquares = 0.0
    let mutable forceSquares = 0.0

    let hashFloats (values: ReadOnlySpan<float>) : unit = hash.AppendData(MemoryMarshal.AsBytes values)

    let hashIntegers (values: ReadOnlySpan<int>) : unit = hash.AppendData(MemoryMarshal.AsBytes values)

    let hashSnapshot (snapshot: Snapshot) : unit =
        let structure = snapshot.Structure
        hashIntegers (ReadOnlySpan<int> [| structure.Bodies; structure.Dimension |])
        hashFloats structure.Masses
        hashFloats structure.Cell.Periods

        match structure.Interactions with
        | Bonds graph ->
            hashIntegers graph.Pairs.Senders
            hashIntegers graph.Pairs.Receivers
        | WithinCutoff cutoff -> hashFloats (ReadOnlySpan<float> [| cutoff |])

        hashFloats snapshot.State.Positions
        hashFloats snapshot.State.Momenta
        hashFloats snapshot.Velocities
        hashFloats snapshot.Forces

    let hashOf (snapshot: Snapshot) : uint64 =
        let mutable state = Rng.derive seed "snapshot sample"

        for x in snapshot.State.Positions do
            state <- Rng.mix (state ^^^ BitConverter.DoubleToUInt64Bits(x + 0.0))

        for x in snapshot.State.Momenta do
            state <- Rng.mix (state ^^^ BitConverter.DoubleToUInt64Bits(x + 0.0))

        state

    let scale (squares: float) : float = if squares > 0.0 then sqrt (squares / float components) else 1.0

    /// Takes one snapshot.
    member _.Add(snapshot: Snapshot) : unit =
        hashSnapshot snapshot

        if frames = 0 then
            pools <- recipes |> List.map (fun recipe -> recipe, InputPool(recipe.Inputs snapshot, poolCapacity, seed))

        sample.Enqueue(snapshot, hashOf snapshot)

        if sample.Count > sampleSize then
            sample.Dequeue() |> ignore

        for recipe, pool in pools do
            recipe.Collect snapshot pool

        frames <- frames + 1
        components <- components + int64 snapshot.Forces.Length
        velocitySquares <- velocitySquares + TensorPrimitives.SumOfSquares snapshot.Velocities
        forceSquares <- forceSquares + TensorPrimitives.SumOfSquares snapshot.Forces

        if rowsInPilot < pilotRows then
            pilot.Add snapshot
            rowsInPilot <- rowsInPilot + snapshot.Forces.Length

    /// The first snapshot, if any came.
    member _.First: Snapshot option = if frames = 0 then None else Some pilot[0]

    /// The survey of all snapshots so far, of which there must be one.
    member _.ToSurvey() : Survey =
        let snapshots =
            sample.UnorderedItems
            |> Seq.toArray
            |> Array.sortBy (fun struct (_, hash) -> hash)
            |> Array.map (fun struct (snapshot, _) -> snapshot)

        let sampleOf (pool: InputPool) : TrainingSample =
            {
                Inputs = pool.ToSample()
                Snapshots = snapshots
                Pool = fun inputs -> InputPool(inputs, poolCapacity, seed)
            }

        {
            Samples = pools |> List.map (snd >> sampleOf)
            VelocityScale = scale velocitySquares
            ForceScale = scale forceSquares
            Frames = frames
            Hash = Convert.ToHexStringLower(hash.GetCurrentHash())
            First = pilot[0]
            Pilot = pilot.ToArray()
        }
