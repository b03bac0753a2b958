namespace HgnFunctional.Learning

open System
open System.Collections.Generic
open HgnFunctional.Numerics
open HgnFunctional.Data

/// Pieces of motions whose forces were not measured, chosen by their contents, with at least so many rows, if the data have them, and long
/// enough for some windows. Each piece is a trajectory of its own.
[<Sealed>]
type internal PieceSample(seed: int, window: int) =

    let leastRows = 4096
    // Long enough for wide stencils where bodies are few.
    let shortest, longest = 17, 65

    let lengthFor (snapshot: Snapshot) : int = Math.Clamp(leastRows / max 1 snapshot.Coordinates + 1, shortest, longest) |> max window

    let started = Dictionary<string, struct (ResizeArray<Snapshot> * uint64)>()
    let kept = PriorityQueue<Snapshot[], uint64>(Comparer<uint64>.Create(fun a b -> compare b a))
    let ranks = HashSet<uint64>()
    let mutable rows = 0L
    let mutable longestPiece = 0

    let rowsOf (piece: Snapshot[]) : int64 = int64 piece.Length * int64 piece[0].Coordinates

    let offer (piece: ResizeArray<Snapshot>) (rank: uint64) : unit =
        longestPiece <- max longestPiece piece.Count

        if ranks.Add rank then
            let name = $"{piece[0].Trajectory}#{rank:x16}"
            let frames = piece |> Seq.map (fun snapshot -> snapshot.InTrajectory name) |> Array.ofSeq
            kept.Enqueue(frames, rank)
            rows <- rows + rowsOf frames

            while kept.Count > 1 && rows - rowsOf (kept.Peek()) >= int64 leastRows do
                let mutable dropped = Unchecked.defaultof<Snapshot[]>
                let mutable its = 0UL
                kept.TryDequeue(&dropped, &its) |> ignore
                ranks.Remove its |> ignore
                rows <- rows - rowsOf dropped

    /// Takes the next frame of its trajectory, with its digest.
    member _.Add(snapshot: Snapshot, digest: byte[]) : unit =
        let piece =
            match started.TryGetValue snapshot.Trajectory with
            | true, (struct (piece, _)) -> piece
            | _ ->
                let piece = ResizeArray<Snapshot>()
                started[snapshot.Trajectory] <- struct (piece, Fingerprint.rank seed digest)
                piece

        piece.Add snapshot

        if piece.Count = lengthFor snapshot then
            let struct (_, rank) = started[snapshot.Trajectory]
            offer piece rank
            started.Remove snapshot.Trajectory |> ignore

    /// The frames of the pieces by ascending rank, and the length of the longest piece.
    member _.ToFrames() : struct (Snapshot[] * int) =
        for entry in List.ofSeq started do
            let struct (piece, rank) = entry.Value
            offer piece rank

        started.Clear()

        let frames =
            kept.UnorderedItems
            |> Seq.toArray
            |> Array.sortBy (fun struct (_, rank) -> rank)
            |> Array.collect (fun struct (piece, _) -> piece)

        struct (frames, longestPiece)

/// The size of m q'' in motions, from neighbouring frames.
[<Sealed>]
type internal MotionScale() =

    let last = Dictionary<string, Snapshot list>()
    let mutable squares = SquareSum.zero
    let mutable count = 0L

    /// Takes the next frame of its trajectory.
    member _.Add(snapshot: Snapshot) : unit =
        let before =
            match last.TryGetValue snapshot.Trajectory with
            | true, before when before.Head.Coordinates = snapshot.Coordinates -> before
            | _ -> []

        let form = Exact 3
        let frames = snapshot :: before |> List.truncate form.Frames
        last[snapshot.Trajectory] <- frames

        if frames.Length = form.Frames then
            let target = frames |> List.rev |> Array.ofList |> Observation.mean form
            squares <- SquareSum.add squares (SquareSum.ofValues (ReadOnlySpan<float> target))
            count <- count + int64 target.Length

    /// Root mean square of a component; 1 where nothing moved.
    member _.Value: float = if squares.Sum > 0.0 then SquareSum.rootMean (float count) squares else 1.0
