namespace HgnFunctional.Bodies

open System
open System.Threading

/// A list of pairs somewhat beyond the cutoff, and where it was made.
[<Sealed; AllowNullLiteral>]
type private VerletList(pairs: RelatedPairs, madeAt: float[]) =
    member _.Pairs: RelatedPairs = pairs

    /// Whether no body has moved by more than `reach` since: then no pair outside the list can be within the cutoff.
    member _.IsValid(dimension: int, reach: float, positions: ReadOnlySpan<float>) : bool =
        let mutable body = 0
        let mutable valid = true

        while valid && body < madeAt.Length do
            let mutable moved = 0.0

            for k in body .. body + dimension - 1 do
                moved <- moved + (positions[k] - madeAt[k]) * (positions[k] - madeAt[k])

            valid <- moved <= reach * reach
            body <- body + dimension

        valid

/// The interacting pairs of a structure as its bodies move. Within a cutoff it keeps a Verlet list with a skin and makes a
/// new one when a body has moved by half the skin (Verlet 1967, doi:10.1103/PhysRev.159.98). The list may hold pairs
/// beyond the cutoff, whose interaction is exactly zero; pairs are always sorted within their kind, so sums do not depend, to the last bit,
/// on when the list was made, and a `PairSource` may be shared by threads.
[<Sealed>]
type internal PairSource(structure: Structure) =

    let mutable current: VerletList = null

    // Bonds do not come and go.
    let bonded = lazy (structure.Related(None, ReadOnlySpan<float>.Empty))

    let renew (positions: ReadOnlySpan<float>) : VerletList =
        let list = VerletList(structure.Related(Some Structure.Skin, positions), positions.ToArray())
        Volatile.Write(&current, list)
        list

    /// Pairs that hold at least all that interact at these positions.
    member _.At(positions: ReadOnlySpan<float>) : RelatedPairs =
        match structure.Relations.Reach with
        | None -> bonded.Value
        | Some reach ->
            // The shortest cutoff has the least room.
            let least = Seq.append (Option.toList reach.Cutoff) reach.Pairs.Values |> Seq.min
            let list = Volatile.Read(&current)

            if not (isNull list) && list.IsValid(structure.Dimension, 0.5 * Structure.Skin * least, positions) then
                list.Pairs
            else
                (renew positions).Pairs

    /// The pairs that interact at these positions, and no others.
    member source.Exactly(positions: ReadOnlySpan<float>) : RelatedPairs = structure.Nearest(source.At positions, positions)
