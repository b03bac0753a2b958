namespace HgnFunctional.Bodies

open HgnFunctional.Numerics
open HgnFunctional.Space

/// A graph with a place for each body, from which simulations start: an equilibrium of unit springs where there is one.
[<NoEquality; NoComparison; StructuredFormatDisplay("{Summary}")>]
type Lattice =
    {
        /// What the graph is called, with its size.
        Name: string
        /// The edges.
        Graph: Graph
        /// Number d of space dimensions.
        Dimension: int
        /// A place for each body, row-major [N x d]; neighbours are at unit distance where the graph allows it.
        Sites: float[]
    }

    /// The lattice in one line.
    member lattice.Summary: string =
        $"Lattice {lattice.Name} in {lattice.Dimension} dimensions: {lattice.Graph.Bodies} bodies and {lattice.Graph.Pairs.Count} edges"

    /// The summary.
    override lattice.ToString() : string = lattice.Summary

/// A family of graphs, by size: tests and examples iterate `Topology.all`.
[<NoEquality; NoComparison; StructuredFormatDisplay("{Name}")>]
type Topology =
    {
        /// Name of the family.
        Name: string
        /// The member with about this many bodies along a side (at least 1).
        Create: int -> Lattice
    }

/// The graphs that the literature trains and tests on.
[<RequireQualifiedAccess>]
module Topology =

    let private lattice (name: string) (dimension: int) (edges: struct (int * int) seq) (sites: float[]) : Lattice =
        {
            Name = name
            Graph = Graph.create (sites.Length / dimension) edges
            Dimension = dimension
            Sites = sites
        }

    /// Bodies on a rectangular grid with the given number along each axis, joined to their nearest neighbours along the
    /// axes. `grid [4; 4; 4]` is the cubic lattice of 64 bodies, `grid [8]` a chain on a line.
    let grid (sizes: int list) : Lattice =
        for size in sizes do
            Guard.positive (nameof sizes) size

        let sizes = Array.ofList sizes
        let dimension = sizes.Length
        Guard.positive "number of axes" dimension
        let bodies = Array.fold (*) 1 sizes
        // The last axis runs fastest: body index = ((x * ny) + y) * nz + z.
        let strides = Array.init dimension (fun axis -> Array.fold (*) 1 sizes[axis + 1 ..])
        let coordinate body axis = body / strides[axis] % sizes[axis]

        let edges =
            seq {
                for body in 0 .. bodies - 1 do
                    for axis in 0 .. dimension - 1 do
                        if coordinate body axis + 1 < sizes[axis] then
                            struct (body, body + strides[axis])
            }

        let sites = Array.init (bodies * dimension) (fun k -> float (coordinate (k / dimension) (k % dimension)))
        let name = sizes |> Array.map string |> String.concat "x"
        lattice $"grid {name}" dimension edges sites

    /// A chain of bodies along the first axis of d-dimensional space.
    let chain (bodies: int) (dimension: int) : Lattice =
        Guard.positive (nameof bodies) bodies
        { grid (bodies :: List.replicate (dimension - 1) 1) with Name = $"chain {bodies}" }

    let private circle (bodies: int) : float[] =
        // The regular polygon with unit sides.
        let radius = if bodies < 3 then 0.5 else 0.5 / sin (System.Math.PI / float bodies)

        Array.init (2 * bodies) (fun k ->
            let angle = 2.0 * System.Math.PI * float (k / 2) / float bodies
            radius * (if k % 2 = 0 then cos angle else sin angle))

    /// A closed ring in the plane; a pair for two bodies.
    let ring (bodies: int) : Lattice =
        Guard.positive (nameof bodies) bodies

        let edges =
            seq {
                for body in 0 .. bodies - 2 do
                    struct (body, body + 1)

                if bodies > 2 then
                    struct (0, bodies - 1)
            }

        lattice $"ring {bodies}" 2 edges (circle bodies)

    /// Every pair of bodies, on a circle in the plane.
    let complete (bodies: int) : Lattice =
        Guard.positive (nameof bodies) bodies

        let edges =
            seq {
                for sender in 0 .. bodies - 1 do
                    for receiver in sender + 1 .. bodies - 1 do
                        struct (sender, receiver)
            }

        lattice $"complete {bodies}" 2 edges (circle bodies)

    /// Bodies at random in a square or cube with one body per unit of area or volume, each joined to all within `radius`.
    let randomGeometric (bodies: int) (dimension: int) (radius: float) (seed: int) : Lattice =
        Guard.positive (nameof bodies) bodies
        Guard.positive (nameof dimension) dimension
        Guard.positiveFinite (nameof radius) radius
        let side = float bodies ** (1.0 / float dimension)
        let sites = Rng.stream seed "random geometric graph" |> Rng.uniforms (bodies * dimension) 0.0 side

        let pairs = Neighbours.within (Cell.openSpace dimension) radius (System.ReadOnlySpan<float> sites)

        {
            Name = $"random geometric {bodies}"
            Graph = Graph.OfOwned(bodies, pairs)
            Dimension = dimension
            Sites = sites
        }

    /// Every family.
    let all: Topology list =
        [
            { Name = "chain"; Create = fun size -> chain size 2 }
            { Name = "ring"; Create = ring }
            { Name = "line"; Create = fun size -> grid [ size ] }
            { Name = "square lattice"; Create = fun size -> grid [ size; size ] }
            { Name = "cubic lattice"; Create = fun size -> grid [ size; size; size ] }
            { Name = "complete"; Create = complete }
            { Name = "random geometric"; Create = fun size -> randomGeometric (size * size) 2 1.5 size }
        ]
