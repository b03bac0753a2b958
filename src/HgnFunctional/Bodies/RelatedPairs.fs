namespace HgnFunctional.Bodies

open HgnFunctional.Space

/// The pairs that interact at some positions.
[<Sealed; AllowNullLiteral>]
type RelatedPairs internal (cell: Cell, bonded: Pairs, within: Pairs, turnsOfBonds: int[]) =

    let ends (pairs: Pairs) = Array.init pairs.Count (fun pair -> struct (pairs.Senders[pair], pairs.Receivers[pair]))

    /// Sorted, and each once.
    let union () : Pairs =
        let all = Array.append (ends bonded) (ends within) |> Array.distinct |> Array.sort
        Pairs.OfOwned(all |> Array.map (fun struct (sender, _) -> sender), all |> Array.map (fun struct (_, receiver) -> receiver))

    let unionOfImages () : Pairs =
        let named (pairs: Pairs) (turns: int[]) =
            ends pairs |> Array.mapi (fun pair ends -> ends, Array.sub turns (pair * cell.Dimension) cell.Dimension)

        let all = Array.append (named bonded turnsOfBonds) (named within (within.Turns.ToArray())) |> Array.distinct |> Array.sort

        Pairs.OfImages(
            cell,
            all |> Array.map (fun (struct (sender, _), _) -> sender),
            all |> Array.map (fun (struct (_, receiver), _) -> receiver),
            Array.collect snd all
        )

    let all =
        lazy
            (if turnsOfBonds.Length > 0 then unionOfImages ()
             elif within.Count = 0 && bonded.Kinds <= 1 then bonded
             elif bonded.Count = 0 && within.Kinds <= 1 then within
             elif within.HasImages then unionOfImages ()
             else union ())

    /// The bonds by type; of nearest images.
    member _.Bonded: Pairs = bonded

    /// The pairs within reach by kind; perhaps some beyond the cutoff.
    member _.Within: Pairs = within

    /// The pairs of all relations together, each once, without kinds.
    member _.All: Pairs = all.Value

    /// The same with only those pairs within reach that are wanted, given their kind and the pair.
    member internal _.Where(isWanted: int -> int -> bool) : RelatedPairs = RelatedPairs(cell, bonded, within.Where isWanted, turnsOfBonds)

    static member internal None: RelatedPairs = RelatedPairs(Cell.openSpace 1, Pairs.None, Pairs.None, [||])
