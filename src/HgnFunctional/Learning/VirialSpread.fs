namespace HgnFunctional.Learning

open HgnFunctional.Data

/// How the entries of virials over the number of bodies vary among frames.
[<Sealed>]
type internal VirialSpread() =

    // Mean of each entry and all squares about the means (Welford 1962, doi:10.2307/1266577).
    let mutable means: float[] = [||]
    let mutable squares = 0.0
    let mutable count = 0

    /// Takes one snapshot.
    member _.Add(snapshot: Snapshot) : unit =
        if snapshot.HasVirial then
            if means.Length <> snapshot.Virial.Length then
                means <- Array.zeroCreate snapshot.Virial.Length

            count <- count + 1

            for k in 0 .. means.Length - 1 do
                let value = snapshot.Virial[k] / float snapshot.Structure.Bodies
                let offset = value - means[k]
                means[k] <- means[k] + offset / float count
                squares <- squares + offset * (value - means[k])

    /// Number of frames with a virial.
    member _.Count: int = count

    /// The standard deviation of an entry; the root mean square where nothing varies, since virials have no zero to be learned, and 1
    /// where all vanish.
    member _.Spread: float =
        if squares > 0.0 then
            sqrt (squares / float (count * means.Length))
        else
            let size = means |> Array.sumBy (fun mean -> mean * mean)
            if size > 0.0 then sqrt (size / float means.Length) else 1.0
