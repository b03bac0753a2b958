namespace HgnFunctional.Learning

open System
open System.Collections.Generic
open HgnFunctional.Data

/// Items with ranks that follow from their contents: those of the smallest ranks, as many as the rule wants. Equal ones count once. What is kept
/// does not depend on the order in which they come, nor on how they were shared out before.
[<Sealed>]
type internal RankedSample<'item>(leastItems: int, leastRows: int64, rowsOf: 'item -> int64) =

    // Largest rank first, so that the one to drop is at hand.
    let kept = PriorityQueue<'item, uint64>(Comparer<uint64>.Create(fun a b -> compare b a))
    let ranks = HashSet<uint64>()
    let mutable rows = 0L

    /// Takes one item of a rank.
    member _.Add(item: 'item, rank: uint64) : unit =
        if ranks.Add rank then
            kept.Enqueue(item, rank)
            rows <- rows + rowsOf item

            // What is left without the largest rank is enough, and is what would be kept had that item never come.
            while kept.Count > leastItems && rows - rowsOf (kept.Peek()) >= leastRows do
                let mutable dropped = Unchecked.defaultof<'item>
                let mutable its = 0UL
                kept.TryDequeue(&dropped, &its) |> ignore
                ranks.Remove its |> ignore
                rows <- rows - rowsOf dropped

    /// The items by ascending rank, each with it.
    member _.Ranked: struct ('item * uint64)[] = kept.UnorderedItems |> Seq.toArray |> Array.sortBy (fun struct (_, rank) -> rank)

    /// The items by ascending rank.
    member sample.Items: 'item[] = sample.Ranked |> Array.map (fun struct (item, _) -> item)

    /// Takes what another has kept.
    member sample.Merge(other: RankedSample<'item>) : unit =
        for struct (item, rank) in other.Ranked do
            sample.Add(item, rank)

/// The snapshots with the smallest ranks: at least so many, with at least so many rows, if the data has them.
[<Sealed>]
type internal SnapshotSample(seed: int, leastSnapshots: int, leastRows: int) =

    let kept = RankedSample<Snapshot>(leastSnapshots, int64 leastRows, (fun snapshot -> int64 snapshot.Equations))

    /// Takes one snapshot, with its digest.
    member _.Add(snapshot: Snapshot, digest: byte[]) : unit = kept.Add(snapshot, Fingerprint.rank seed digest)

    /// What is kept.
    member _.Kept: RankedSample<Snapshot> = kept

    /// The snapshots by ascending rank.
    member _.Snapshots: Snapshot[] = kept.Items
