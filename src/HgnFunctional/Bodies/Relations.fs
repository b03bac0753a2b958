namespace HgnFunctional.Bodies

/// Which bodies interact: everything that a structure has, at once.
[<NoEquality; NoComparison>]
type Relations =
    {
        /// Pairs joined by bonds, whatever the distance.
        Bonds: Bonds option
        /// Angles between bonds.
        Angles: Angles option
        /// Pairs within a distance, in any image; they come and go as bodies move.
        Reach: Reach option
    }

/// Creation of relations.
[<RequireQualifiedAccess>]
module Relations =

    /// No bodies interact.
    let none: Relations = { Bonds = None; Angles = None; Reach = None }

    /// The edges of a graph, all of one type.
    let bonds (graph: Graph) : Relations = { none with Bonds = Some(Bonds.ofGraph graph) }

    /// All pairs within a cutoff.
    let within (cutoff: float) : Relations = { none with Reach = Some(Reach.within cutoff) }
