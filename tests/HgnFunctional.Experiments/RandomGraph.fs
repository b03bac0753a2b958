namespace HgnFunctional.Experiments

open System
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Space
open HgnFunctional.Bodies

/// Random graphs for experiments.
[<RequireQualifiedAccess>]
module RandomGraph =

    /// Bodies at random in a square with one body per unit of area, none nearer to another than `apart` (below 0.8, or they
    /// do not fit), each joined to all within `radius`.
    let spaced (bodies: int) (apart: float) (radius: float) (seed: int) : Lattice =
        let random = Rng.stream seed "spaced random graph"
        let side = sqrt (float bodies)
        let sites = ResizeArray<float>()

        while sites.Count < 2 * bodies do
            let x, y = side * random.NextDouble(), side * random.NextDouble()

            let isFree =
                seq { 0..2 .. sites.Count - 2 }
                |> Seq.forall (fun k -> pown (sites[k] - x) 2 + pown (sites[k + 1] - y) 2 >= apart * apart)

            if isFree then
                sites.AddRange [ x; y ]

        let sites = sites.ToArray()
        let pairs = Neighbours.within (Cell.openSpace 2) radius (ReadOnlySpan<float> sites)
        let edges = Array.map2 (fun a b -> struct (a, b)) (pairs.Senders.ToArray()) (pairs.Receivers.ToArray())

        {
            Name = $"spaced random graph {bodies}"
            Graph = Graph.create bodies edges
            Dimension = 2
            Sites = sites
        }
