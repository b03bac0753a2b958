namespace HgnFunctional

open System

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
