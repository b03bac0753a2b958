namespace HgnFunctional.Bodies

open System
open System.Collections.Generic

/// How many bonds lie between two bodies, along the shortest way; looked up for bodies a few bonds apart, all others are "more".
[<Sealed; NoEquality; NoComparison>]
type internal BondPaths private (starts: int[], others: int[], bonds: int[]) =

    /// 1, 2 or 3; 4 for more, and where no way leads from one to the other.
    member _.Between(lower: int, higher: int) : int =
        let found = Array.BinarySearch(others, starts[lower], starts[lower + 1] - starts[lower], higher)
        if found >= 0 then bonds[found] else BondPaths.More

    /// What stands for more than three.
    static member More: int = 4

    /// The ways along the edges of a graph.
    static member Of(graph: Graph) : BondPaths =
        let neighbours = Array.init graph.Bodies (fun _ -> ResizeArray<int>())

        for pair in 0 .. graph.Pairs.Count - 1 do
            neighbours[graph.Pairs.Senders[pair]].Add graph.Pairs.Receivers[pair]
            neighbours[graph.Pairs.Receivers[pair]].Add graph.Pairs.Senders[pair]

        // The body from which each was reached last, so that nothing is cleared between bodies.
        let reachedFrom = Array.create graph.Bodies -1
        let starts = Array.zeroCreate (graph.Bodies + 1)
        let others, bonds = ResizeArray<int>(), ResizeArray<int>()

        for body in 0 .. graph.Bodies - 1 do
            reachedFrom[body] <- body
            let found = ResizeArray<struct (int * int)>()
            let mutable shell = [| body |]

            for distance in 1 .. BondPaths.More - 1 do
                let next = ResizeArray<int>()

                for from in shell do
                    for other in neighbours[from] do
                        if reachedFrom[other] <> body then
                            reachedFrom[other] <- body
                            next.Add other

                            if other > body then
                                found.Add(struct (other, distance))

                shell <- next.ToArray()

            found.Sort()

            for struct (other, distance) in found do
                others.Add other
                bonds.Add distance

            starts[body + 1] <- others.Count

        BondPaths(starts, others.ToArray(), bonds.ToArray())

/// As `BondPaths`, where bonds join images: how many lie between a body and an image of another, of those a few bonds apart.
[<Sealed; NoEquality; NoComparison>]
type internal ImagePaths private (bonds: Dictionary<struct (int * int), (struct (int[] * int))[]>) =

    /// 1, 2 or 3; 4 for more, given the turns of the image.
    member _.Between(lower: int, higher: int, turns: ReadOnlySpan<int>) : int =
        match bonds.TryGetValue(struct (lower, higher)) with
        | true, images ->
            let mutable found = BondPaths.More

            for struct (known, between) in images do
                if turns.SequenceEqual(ReadOnlySpan<int> known) then
                    found <- between

            found
        | _ -> BondPaths.More

    /// The ways along bonds, given the turns of each [bonds x d].
    static member Of(dimension: int, graph: Graph, turns: int[]) : ImagePaths =
        let neighbours = Array.init graph.Bodies (fun _ -> ResizeArray<struct (int * int[])>())

        for pair in 0 .. graph.Pairs.Count - 1 do
            let along = Array.sub turns (pair * dimension) dimension
            neighbours[graph.Pairs.Senders[pair]].Add(struct (graph.Pairs.Receivers[pair], along))
            neighbours[graph.Pairs.Receivers[pair]].Add(struct (graph.Pairs.Senders[pair], along |> Array.map (~-)))

        let found =
            [|
                for body in 0 .. graph.Bodies - 1 do
                    let seen = HashSet<int * int list>([ body, List.replicate dimension 0 ])
                    let mutable shell = [ struct (body, Array.zeroCreate<int> dimension) ]

                    for distance in 1 .. BondPaths.More - 1 do
                        shell <-
                            [
                                for struct (from, before) in shell do
                                    for struct (other, along) in neighbours[from] do
                                        let turns = Array.map2 (+) before along

                                        if seen.Add((other, List.ofArray turns)) then
                                            struct (other, turns)
                            ]

                        for struct (other, turns) in shell do
                            if other >= body then
                                struct (body, other), struct (turns, distance)
            |]

        found
        |> Array.groupBy fst
        |> Array.map (fun (key, images) -> KeyValuePair(key, Array.map snd images))
        |> Dictionary
        |> ImagePaths
