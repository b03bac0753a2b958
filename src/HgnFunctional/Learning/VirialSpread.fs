namespace HgnFunctional.Learning

open HgnFunctional.Numerics
open HgnFunctional.Features
open HgnFunctional.Data

/// How the entries of virials over the number of bodies vary among frames.
[<Sealed>]
type internal VirialSpread() =

    // Of each entry, the sum and that of the squares.
    let mutable sums: ExactSum[] = [||]
    let mutable squares: ExactSum[] = [||]
    let mutable count = 0L

    let grow (entries: int) : unit =
        if sums.Length < entries then
            sums <- Array.init entries (fun k -> if k < sums.Length then sums[k] else ExactSum.zero)
            squares <- Array.init entries (fun k -> if k < squares.Length then squares[k] else ExactSum.zero)

    let take (frames: int64) (moreSums: ExactSum[]) (moreSquares: ExactSum[]) : unit =
        grow moreSums.Length
        count <- count + frames

        for k in 0 .. moreSums.Length - 1 do
            sums[k] <- ExactSum.merge sums[k] moreSums[k]
            squares[k] <- ExactSum.merge squares[k] moreSquares[k]

    /// Takes one snapshot.
    member _.Add(snapshot: Snapshot) : unit =
        if snapshot.HasVirial then
            let byBody = snapshot.Virial.ToArray() |> Array.map (fun entry -> entry / float snapshot.Structure.Bodies)

            take
                1L
                (byBody |> Array.map (fun value -> ExactSum.add value ExactSum.zero))
                (byBody |> Array.map (fun value -> ExactSum.addSquare value ExactSum.zero))

    /// Takes what another has seen.
    member _.Merge(other: VirialSpread) : unit =
        let struct (its, itsSquares) = other.Sums
        take other.Count its itsSquares

    member private _.Sums: struct (ExactSum[] * ExactSum[]) = struct (sums, squares)

    /// Number of frames with a virial.
    member _.Count: int64 = count

    /// The standard deviation of an entry; the root mean square where nothing varies, since virials have no zero to be learned, and 1
    /// where all vanish.
    member _.Spread: float =
        let entries = count * int64 sums.Length

        match Seq.sum (Seq.map2 (ExactSum.aboutMean count) sums squares) with
        | about when about > 0.0 -> sqrt (about / float entries)
        | _ ->
            let all = squares |> Array.fold ExactSum.merge ExactSum.zero
            if all = ExactSum.zero then 1.0 else ExactSum.rootMean entries all

    /// All that it knows.
    member _.Save() : (string * SavedForm) list =
        [
            "count", SavedForm.Number(float count)
            "sums", SavedForm.ofTexts (Seq.map ExactSum.toText sums)
            "squares", SavedForm.ofTexts (Seq.map ExactSum.toText squares)
        ]

    /// As it was saved.
    static member Restore(reader: SavedReader) : VirialSpread =
        let sumsOf (field: string) =
            [|
                for text in reader.Texts field ->
                    ExactSum.tryOfText text |> Option.defaultWith (fun () -> reader.Fail(field, "hexadecimal digits"))
            |]

        let sums, squares = sumsOf "sums", sumsOf "squares"

        if squares.Length <> sums.Length then
            reader.Fail("squares", $"{sums.Length} sums; there are {squares.Length}")

        let spread = VirialSpread()
        spread.Take(reader.LongCount "count", sums, squares)
        spread

    member private _.Take(frames: int64, sums: ExactSum[], squares: ExactSum[]) : unit = take frames sums squares
