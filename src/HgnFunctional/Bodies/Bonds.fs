namespace HgnFunctional.Bodies

open HgnFunctional.Space

/// Bonds: a graph, and a type for each of its edges.
[<Sealed; NoEquality; NoComparison>]
type Bonds private (graph: Graph, types: Naming, pairs: Pairs) =

    /// Which bodies are joined, whatever their distance.
    member _.Graph: Graph = graph

    /// The type of each edge, in the order of the graph's.
    member _.Types: Naming = types

    /// The edges by type.
    member _.Pairs: Pairs = pairs

    static member internal Of(graph: Graph, types: Naming) : Bonds =
        Bonds(graph, types, graph.Pairs.ByKind(types.Names.Length, types.IndexOf))

    /// Some of the edges, ascending, on so many bodies of other names, which keep their order; the distinct types stay.
    member internal _.Part(bodies: int, edges: int[], nameOf: int -> int) : Bonds =
        Bonds.Of(Graph.OfOwned(bodies, graph.Pairs.Part(edges, nameOf)), types.Part edges)

/// Creation of bonds.
[<RequireQualifiedAccess>]
module Bonds =

    /// Bonds whose types nobody named.
    let ofGraph (graph: Graph) : Bonds = Bonds.Of(graph, Naming.unnamed graph.Pairs.Count)

    /// Bonds with a type for each, in any order and direction.
    let tryCreate (bodies: int) (bonds: (struct (int * int * string)) seq) : Result<Bonds, GraphError> =
        let bonds = Array.ofSeq bonds

        Graph.tryCreate bodies (bonds |> Seq.map (fun struct (a, b, _) -> struct (a, b)))
        |> Result.map (fun graph ->
            let types =
                bonds |> Array.map (fun struct (a, b, kind) -> struct (min a b, max a b), kind) |> Array.sortBy fst |> Array.map snd

            Bonds.Of(graph, Naming.ofNames types))

    /// The same bonds with other names of types.
    let rename (name: string -> string) (bonds: Bonds) : Bonds = Bonds.Of(bonds.Graph, Naming.map name bonds.Types)
