namespace HgnFunctional.Systems

open HgnFunctional
open HgnFunctional.Space
open HgnFunctional.Bodies

/// A family of systems whose physics is known, by size: tests and examples iterate `KnownSystem.all`.
[<NoEquality; NoComparison; StructuredFormatDisplay("{Name}")>]
type KnownSystem =
    {
        /// Name of the family.
        Name: string
        /// Bodies with a place for each [N d], about so many along a side (at least 2).
        Create: int -> Structure * float[]
        /// The Hamiltonian on such bodies.
        Hamiltonian: Structure -> SumSystem
        /// Forces that no energy gives, if the family has any.
        Drive: Structure -> IDrive option
        /// Whether something outside of the bodies acts on them: a field, drag, pins.
        HasSurroundings: bool
        /// Where the law comes from.
        Source: string
    }

/// Parts that families of systems share.
[<RequireQualifiedAccess>]
module internal SystemParts =

    let alternately (names: string list) (count: int) : string list = List.init count (fun k -> names[k % names.Length])

    let masses (count: int) : float[] = Array.init count (fun body -> float (1 + body % 3))

    /// Sites of a grid of so many bodies along each of three axes, at a distance.
    let sites (size: int) (distance: float) : float[] = (Topology.grid [ size; size; size ]).Sites |> Array.map (fun x -> distance * x)

    let on (space: Cell) (relations: Relations) (count: int) : Structure =
        Structure.create space Relations.none (masses count) |> Structure.withRelations relations

    /// Bonds of a graph with a type for each, in turn.
    let bonds (types: string list) (graph: Graph) : Bonds =
        let named = Graph.edges graph |> Array.mapi (fun k (struct (a, b)) -> struct (a, b, types[k % types.Length]))

        match Bonds.tryCreate graph.Bodies named with
        | Ok bonds -> bonds
        | Error error -> invalidOp (string error)
