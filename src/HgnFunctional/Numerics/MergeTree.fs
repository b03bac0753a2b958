namespace HgnFunctional.Numerics

/// Values of leaves 0, 1, 2, ... merged in one fixed binary tree, whichever of them come together first: node (level, place) holds leaves
/// place 2^level up to (place + 1) 2^level. Two neighbours are merged as soon as both are there, so a run of n leaves needs no more than
/// log2 n nodes at each end. Immutable.
[<NoEquality; NoComparison>]
type internal MergeTree<'value> =
    private
        {
            Held: Map<struct (int64 * int), 'value>
        }

    /// The nodes by their first leaf: first leaf, level, value.
    member tree.Nodes: struct (int64 * int * 'value) list =
        [ for KeyValue(struct (first, level), value) in tree.Held -> struct (first, level, value) ]

/// Merging in a fixed tree.
[<RequireQualifiedAccess>]
module internal MergeTree =

    /// No leaf yet.
    let empty<'value> : MergeTree<'value> = { Held = Map.empty }

    /// Number of leaves of a level.
    let private leaves (level: int) : int64 = 1L <<< level

    /// The runs of leaves that are there, ascending: first, and the one after the last.
    let runs (tree: MergeTree<'value>) : struct (int64 * int64) list =
        (tree.Nodes, [])
        ||> List.foldBack (fun (struct (first, level, _)) runs ->
            match runs with
            | (struct (next, stop)) :: rest when next = first + leaves level -> struct (first, stop) :: rest
            | _ -> struct (first, first + leaves level) :: runs)

    /// The first leaves that both have, if they share any: first, and the one after the last.
    let shared (one: MergeTree<'value>) (other: MergeTree<'value>) : struct (int64 * int64) option =
        List.allPairs (runs one) (runs other)
        |> List.tryPick (fun (struct (first, stop), struct (first', stop')) ->
            let low, high = max first first', min stop stop'
            if low < high then Some(struct (low, high)) else None)

    /// The tree with the value of a node whose leaves are not there yet.
    let rec private put
        (merge: 'value -> 'value -> 'value)
        (first: int64)
        (level: int)
        (value: 'value)
        (tree: MergeTree<'value>)
        : MergeTree<'value> =
        let isLeft = (first >>> level) &&& 1L = 0L
        let sibling = struct ((if isLeft then first + leaves level else first - leaves level), level)

        match tree.Held.TryFind sibling with
        | None -> { Held = tree.Held.Add(struct (first, level), value) }
        | Some other ->
            let struct (its, _) = sibling
            let both = if isLeft then merge value other else merge other value
            put merge (min first its) (level + 1) both { Held = tree.Held.Remove sibling }

    /// The tree with the value of a leaf that is not there yet.
    let add (merge: 'value -> 'value -> 'value) (leaf: int64) (value: 'value) (tree: MergeTree<'value>) : MergeTree<'value> =
        put merge leaf 0 value tree

    /// The tree with a node as it was held by another.
    let addNode merge (struct (first, level, value)) (tree: MergeTree<'value>) : MergeTree<'value> = put merge first level value tree

    /// The tree of the leaves of both, which share none.
    let union (merge: 'value -> 'value -> 'value) (one: MergeTree<'value>) (other: MergeTree<'value>) : MergeTree<'value> =
        List.fold (fun tree node -> addNode merge node tree) one other.Nodes

    /// All leaves merged; none where there is none.
    let total (merge: 'value -> 'value -> 'value) (tree: MergeTree<'value>) : 'value option =
        match tree.Nodes |> List.map (fun struct (_, _, value) -> value) with
        | [] -> None
        | values -> Some(List.reduce merge values)
