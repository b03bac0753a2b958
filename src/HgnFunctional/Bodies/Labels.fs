namespace HgnFunctional.Bodies

/// What the source of some bodies says of them beyond masses, species, space and pairs. Models do not look at it: it goes out as it
/// came in, and training says where ignoring it costs accuracy.
[<NoEquality; NoComparison>]
type Labels =
    {
        /// Id of each body [N].
        Ids: int64[]
        /// Chemical element of each body [N].
        Elements: string[] option
        /// Number of dihedrals and impropers that are named beside bonds and angles.
        Torsions: int
        /// Name of the unit style of the numbers, if it is known.
        Units: string option
        /// Whether the source itself names it, so that it goes out with the bodies.
        NamesUnits: bool
    }

/// Labels of bodies.
[<RequireQualifiedAccess>]
module Labels =

    /// Ids alone.
    let ofIds (ids: int64[]) : Labels = { Ids = ids; Elements = None; Torsions = 0; Units = None; NamesUnits = false }
