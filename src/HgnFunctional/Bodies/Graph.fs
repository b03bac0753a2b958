namespace HgnFunctional.Bodies

open System.Collections.Generic
open HgnFunctional.Numerics
open HgnFunctional.Space

/// Why a graph was refused. `edge` counts the edges given, from 0.
type GraphError =
    /// There must be at least one body.
    | NoBodies of bodies: int
    /// An edge ends at a body that is not there; bodies are numbered from 0.
    | NoSuchBody of edge: int * body: int * bodies: int
    /// An edge joins a body to itself.
    | SelfLoop of edge: int * body: int
    /// Two edges join the same bodies.
    | DuplicateEdge of edge: int * sender: int * receiver: int

    /// The error as one sentence.
    override error.ToString() : string =
        match error with
        | NoBodies bodies -> $"A graph on {bodies} bodies was asked for; expected at least 1."
        | NoSuchBody(edge, body, bodies) -> $"Edge {edge} ends at body {body}; expected 0 to {bodies - 1}."
        | SelfLoop(edge, body) -> $"Edge {edge} joins body {body} to itself; expected two different bodies."
        | DuplicateEdge(edge, sender, receiver) ->
            $"Edge {edge} joins bodies {sender} and {receiver} a second time; expected each pair once."

/// An undirected graph on bodies 0 .. N-1: which pairs interact.
[<Sealed; NoEquality; NoComparison>]
type Graph private (bodies: int, pairs: Pairs) =

    /// Number N of bodies.
    member _.Bodies: int = bodies

    /// The edges.
    member _.Pairs: Pairs = pairs

    static member internal OfOwned(bodies: int, pairs: Pairs) : Graph = Graph(bodies, pairs)

    member internal _.Degrees() : int[] =
        let degrees = Array.zeroCreate<int> bodies

        for k in 0 .. pairs.Count - 1 do
            degrees[pairs.Senders[k]] <- degrees[pairs.Senders[k]] + 1
            degrees[pairs.Receivers[k]] <- degrees[pairs.Receivers[k]] + 1

        degrees

    /// The size of the graph and the edges of its bodies, in one line.
    override graph.ToString() : string =
        let degrees = graph.Degrees()
        $"Graph of {bodies} bodies and {pairs.Count} edges, {Array.min degrees} to {Array.max degrees} at a body"

/// Checked creation of graphs, and what can be asked of them.
[<RequireQualifiedAccess>]
module Graph =

    let private ordered (struct (a, b)) : struct (int * int) = if a < b then struct (a, b) else struct (b, a)

    let private findFault (bodies: int) (edges: struct (int * int)[]) : GraphError option =
        let seen = HashSet<struct (int * int)>()

        edges
        |> Seq.indexed
        |> Seq.tryPick (fun (edge, struct (sender, receiver)) ->
            let outside body = body < 0 || body >= bodies

            if outside sender then
                Some(NoSuchBody(edge, sender, bodies))
            elif outside receiver then
                Some(NoSuchBody(edge, receiver, bodies))
            elif sender = receiver then
                Some(SelfLoop(edge, sender))
            elif not (seen.Add(ordered (struct (sender, receiver)))) then
                Some(DuplicateEdge(edge, sender, receiver))
            else
                None)

    /// A graph with the given edges, in any order and direction.
    let tryCreate (bodies: int) (edges: struct (int * int) seq) : Result<Graph, GraphError> =
        let edges = Array.ofSeq edges

        match findFault bodies edges with
        | _ when bodies < 1 -> Error(NoBodies bodies)
        | Some fault -> Error fault
        | None ->
            let sorted = edges |> Array.map ordered |> Array.sort
            let senders = sorted |> Array.map (fun struct (sender, _) -> sender)
            let receivers = sorted |> Array.map (fun struct (_, receiver) -> receiver)
            Ok(Graph.OfOwned(bodies, Pairs.OfOwned(senders, receivers)))

    /// As `tryCreate`; throws an `ArgumentException` with the reason.
    let create (bodies: int) (edges: struct (int * int) seq) : Graph =
        match tryCreate bodies edges with
        | Ok graph -> graph
        | Error error -> invalidArg (nameof edges) (string error)

    /// The edges as (sender, receiver), sorted.
    let edges (graph: Graph) : struct (int * int)[] =
        let senders, receivers = graph.Pairs.Senders.ToArray(), graph.Pairs.Receivers.ToArray()
        Array.map2 (fun sender receiver -> struct (sender, receiver)) senders receivers

    /// Number of edges at each body.
    let degrees (graph: Graph) : int[] = graph.Degrees()

    /// The graph after body i was renamed `names[i]`, a permutation of 0 .. N-1.
    let relabel (names: int[]) (graph: Graph) : Graph =
        Guard.length (nameof names) graph.Bodies names.Length

        edges graph |> Seq.map (fun struct (sender, receiver) -> struct (names[sender], names[receiver])) |> create graph.Bodies
