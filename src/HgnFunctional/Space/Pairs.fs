namespace HgnFunctional.Space

open System

/// The bodies around each body: those of body b stand from Starts[b] to Starts[b + 1] - 1, in the order of their pairs.
[<NoEquality; NoComparison>]
type NeighbourLists =
    {
        /// Where the neighbours of each body begin [N + 1].
        Starts: int[]
        /// The other body of each pair. A body may be its own neighbour, in another image.
        Others: int[]
        /// The pair that joins them.
        Pairs: int[]
    }

/// Pairs of bodies by kind: the pairs of one kind are one run, sorted within it; so that sums over pairs have one order, whatever the
/// order in which the pairs were found. Each pair is there once, with sender < receiver. Where images are told apart, two bodies
/// may be several pairs, and a body may meet an image of itself.
[<Sealed; NoEquality; NoComparison>]
type Pairs private (senders: int[], receivers: int[], starts: int[], turns: int[], shifts: float[]) =

    let dimension = if senders.Length = 0 then 0 else turns.Length / senders.Length

    /// Number of pairs.
    member _.Count: int = senders.Length

    /// The lower body of each pair.
    member _.Senders: ReadOnlySpan<int> = ReadOnlySpan<int> senders

    /// The higher body of each pair.
    member _.Receivers: ReadOnlySpan<int> = ReadOnlySpan<int> receivers

    /// The bodies of each pair, lower and higher; not to be written to.
    member internal _.Ends: int[][] = [| senders; receivers |]

    /// Number of kinds.
    member _.Kinds: int = starts.Length - 1

    /// Where the pairs of a kind, from 0, begin, and how many they are.
    member _.Run(kind: int) : struct (int * int) = struct (starts[kind], starts[kind + 1] - starts[kind])

    /// Whether pairs name their images; else they are of nearest images.
    member _.HasImages: bool = shifts.Length > 0

    /// How many of each lattice vector are taken off the difference of a pair's positions [pairs x d]; empty for nearest images.
    member _.Turns: ReadOnlySpan<int> = ReadOnlySpan<int> turns

    /// These vectors added up [pairs x d].
    member internal _.Shifts: ReadOnlySpan<float> = ReadOnlySpan<float> shifts

    /// Writes the difference of positions [N x d] of a pair, sender less receiver, [d].
    member pairs.DifferenceInto(cell: Cell, positions: ReadOnlySpan<float>, pair: int, destination: Span<float>) : unit =
        let d = cell.Dimension

        for axis in 0 .. d - 1 do
            destination[axis] <- positions[senders[pair] * d + axis] - positions[receivers[pair] * d + axis]

        if pairs.HasImages then
            for axis in 0 .. d - 1 do
                destination[axis] <- destination[axis] - shifts[pair * d + axis]
        else
            cell.ToNearest destination

    /// The bodies around each of N bodies.
    member _.ByBody(bodies: int) : NeighbourLists =
        let starts = Array.zeroCreate (bodies + 1)

        for body in Seq.append senders receivers do
            starts[body + 1] <- starts[body + 1] + 1

        for body in 1..bodies do
            starts[body] <- starts[body] + starts[body - 1]

        let next = Array.copy starts
        let others, places = Array.zeroCreate (2 * senders.Length), Array.zeroCreate (2 * senders.Length)

        let add (body: int) (other: int) (pair: int) =
            others[next[body]] <- other
            places[next[body]] <- pair
            next[body] <- next[body] + 1

        for pair in 0 .. senders.Length - 1 do
            add senders[pair] receivers[pair] pair
            add receivers[pair] senders[pair] pair

        { Starts = starts; Others = others; Pairs = places }

    /// Pairs of nearest images, of one kind.
    static member internal OfOwned(senders: int[], receivers: int[]) : Pairs =
        Pairs(senders, receivers, [| 0; senders.Length |], [||], [||])

    /// Pairs of the images that turns [pairs x d] name, of one kind.
    static member internal OfImages(cell: Cell, senders: int[], receivers: int[], turns: int[]) : Pairs =
        let d = cell.Dimension
        let shifts = Array.zeroCreate turns.Length

        for pair in 0 .. senders.Length - 1 do
            cell.ShiftInto(ReadOnlySpan<int>(turns, pair * d, d), Span<float>(shifts, pair * d, d))

        Pairs(senders, receivers, [| 0; senders.Length |], turns, shifts)

    /// No pairs, of no kind.
    static member internal None: Pairs = Pairs([||], [||], [| 0 |], [||], [||])

    /// Values [pairs x width] of some pairs.
    static member private Pick(width: int, chosen: int[], values: 'a[]) : 'a[] =
        let picked = Array.zeroCreate (if values.Length = 0 then 0 else chosen.Length * width)

        if picked.Length > 0 then
            for place in 0 .. chosen.Length - 1 do
                Array.blit values (chosen[place] * width) picked (place * width) width

        picked

    /// Some of the pairs, in ascending order, between bodies of other names; names must keep the order of bodies, so that all else is as
    /// before.
    member internal pairs.Part(chosen: int[], nameOf: int -> int) : Pairs =
        let ends (bodies: int[]) = chosen |> Array.map (fun pair -> nameOf bodies[pair])

        let startOf (run: int) =
            match Array.BinarySearch(chosen, run) with
            | place when place < 0 -> ~~~place
            | place -> place

        Pairs(
            ends senders,
            ends receivers,
            Array.map startOf starts,
            Pairs.Pick(dimension, chosen, turns),
            Pairs.Pick(dimension, chosen, shifts)
        )

    member private _.Those(order: int[], starts: int[]) : Pairs =
        Pairs(
            Pairs.Pick(1, order, senders),
            Pairs.Pick(1, order, receivers),
            starts,
            Pairs.Pick(dimension, order, turns),
            Pairs.Pick(dimension, order, shifts)
        )

    /// The pairs that are wanted, given their kind and what they are, in the order in which they stand.
    member internal pairs.Where(isWanted: int -> int -> bool) : Pairs =
        let order = Array.zeroCreate<int> senders.Length
        let kept = Array.zeroCreate<int> starts.Length
        let mutable count = 0

        for kind in 0 .. pairs.Kinds - 1 do
            for pair in starts[kind] .. starts[kind + 1] - 1 do
                if isWanted kind pair then
                    order[count] <- pair
                    count <- count + 1

            kept[kind + 1] <- count

        pairs.Those(Array.truncate count order, kept)

    /// The pairs by kind, given the number of kinds and the kind of each; those of a kind below 0 are left out.
    member internal pairs.ByKind(kinds: int, kindOf: int -> int) : Pairs =
        let each = Array.init senders.Length kindOf
        let starts = Array.zeroCreate (kinds + 1)

        for kind in each do
            if kind >= 0 then
                starts[kind + 1] <- starts[kind + 1] + 1

        for kind in 1..kinds do
            starts[kind] <- starts[kind] + starts[kind - 1]

        let next = Array.copy starts
        let order = Array.zeroCreate starts[kinds]

        for pair in 0 .. senders.Length - 1 do
            if each[pair] >= 0 then
                order[next[each[pair]]] <- pair
                next[each[pair]] <- next[each[pair]] + 1

        pairs.Those(order, starts)
