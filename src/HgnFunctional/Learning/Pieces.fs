namespace HgnFunctional.Learning

open System
open System.Collections.Generic
open HgnFunctional.Numerics
open HgnFunctional.Data

/// Pieces of motions whose forces were not measured, chosen by their contents, with at least so many rows, if the data have them, and long
/// enough for some windows. Each piece is a trajectory of its own.
[<Sealed>]
type internal PieceSample(seed: int, window: int) =

    let leastRows = 4096L
    // Long enough for wide stencils where bodies are few.
    let shortest, longest = 17, 65

    let lengthFor (snapshot: Snapshot) : int = Math.Clamp(int leastRows / max 1 snapshot.Coordinates + 1, shortest, longest) |> max window

    let started = Dictionary<string, struct (ResizeArray<Snapshot> * uint64)>()
    let kept = RankedSample<Snapshot[]>(1, leastRows, (fun piece -> int64 piece.Length * int64 piece[0].Coordinates))
    let mutable longestPiece = 0

    let offer (piece: ResizeArray<Snapshot>) (rank: uint64) : unit =
        longestPiece <- max longestPiece piece.Count
        let name = $"{piece[0].Trajectory}#{rank:x16}"
        kept.Add(piece |> Seq.map (fun snapshot -> snapshot.InTrajectory name) |> Array.ofSeq, rank)

    /// What a piece's trajectory is a part of.
    static member WholeOf(piece: string) : string = piece.Substring(0, piece.LastIndexOf '#')

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

    /// Ends all pieces, as where their trajectories end.
    member _.Close() : unit =
        for entry in List.ofSeq started do
            let struct (piece, rank) = entry.Value
            offer piece rank

        started.Clear()

    /// The length of the longest piece.
    member _.Longest: int = longestPiece

    /// The pieces that are kept.
    member _.Kept: RankedSample<Snapshot[]> = kept

    /// Takes pieces of another, of which the longest is so long.
    member _.Merge(longest: int, pieces: struct (Snapshot[] * uint64) seq) : unit =
        longestPiece <- max longestPiece longest

        for struct (piece, rank) in pieces do
            kept.Add(piece, rank)

    /// The root mean square of m q'' from neighbouring frames of the pieces; 1 where nothing moved.
    member _.Scale: float =
        let form = Exact 3

        let targets =
            kept.Items
            |> Seq.collect (Seq.windowed form.Frames)
            |> Seq.filter (fun frames -> frames |> Array.forall (fun frame -> frame.Coordinates = frames[0].Coordinates))
            |> Seq.map (Observation.mean form)

        let squares, count =
            ((SquareSum.zero, 0L), targets)
            ||> Seq.fold (fun (squares, count) target ->
                SquareSum.add squares (SquareSum.ofValues (ReadOnlySpan<float> target)), count + int64 target.Length)

        if squares.Sum > 0.0 then SquareSum.rootMean (float count) squares else 1.0
