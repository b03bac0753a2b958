namespace HgnFunctional

/// What tells the members of a relation apart: a law is learned for each kind.
type Kind =
    /// Every body: its kinetic energy has the mass in it, and is one law for all.
    | EachBody
    /// Bonds of a type; "" where nobody named it.
    | BondsOf of bondType: string
    /// Pairs within reach of bodies of two species, the first name not above the second, "" where nobody named them; and, in
    /// structures with bonds, how many lie between the two: 1, 2, 3, or 4 for more. Programs differ in what they leave between
    /// bodies that are a few bonds apart, so the data decide.
    | PairsOf of first: string * second: string * bondsBetween: int option

    /// The kind in a few words.
    override kind.ToString() : string =
        match kind with
        | EachBody -> "each body"
        | BondsOf "" -> "bonds"
        | BondsOf bondType -> $"bonds of type {bondType}"
        | PairsOf(first, second, between) ->
            let species = if first = "" && second = "" then "pairs" else $"pairs {first}-{second}"

            match between with
            | None -> species
            | Some 1 -> $"{species}, 1 bond apart"
            | Some bonds when bonds < BondPaths.More -> $"{species}, {bonds} bonds apart"
            | Some _ -> $"{species}, more than {BondPaths.More - 1} bonds apart"

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

/// Which bodies interact: everything that a structure has, at once.
[<NoEquality; NoComparison>]
type Relations =
    {
        /// Pairs joined by bonds, whatever the distance.
        Bonds: Bonds option
        /// All pairs whose nearest images are nearer than this; they come and go as bodies move.
        Cutoff: float option
    }

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

/// Creation of relations.
[<RequireQualifiedAccess>]
module Relations =

    /// No pair interacts.
    let none: Relations = { Bonds = None; Cutoff = None }

    /// The edges of a graph, all of one type.
    let bonds (graph: Graph) : Relations = { none with Bonds = Some(Bonds.ofGraph graph) }

    /// All pairs within a cutoff.
    let within (cutoff: float) : Relations = { none with Cutoff = Some cutoff }
