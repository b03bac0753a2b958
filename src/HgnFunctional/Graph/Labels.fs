namespace HgnFunctional

/// What the source of some bodies says of them beyond masses, space and pairs. Models do not look at it: it goes out as it
/// came in, and training says where ignoring it costs accuracy.
[<NoEquality; NoComparison>]
type Labels =
    {
        /// Id of each body [N].
        Ids: int64[]
        /// Type of each body [N]: a number, or a name.
        Types: string[] option
        /// Chemical element of each body [N].
        Elements: string[] option
        /// Charge of each body [N], in the units of the source.
        Charges: float[] option
        /// Types of the bonds, each once; fewer than two where all bonds are alike.
        BondTypes: string list
        /// Number of angles, dihedrals and impropers that are named beside the bonds.
        Angles: int
        /// Name of the unit style of the numbers, if it is known.
        Units: string option
        /// Whether the source itself names it, so that it goes out with the bodies.
        NamesUnits: bool
    }

/// Labels of bodies.
[<RequireQualifiedAccess>]
module Labels =

    /// Ids alone.
    let ofIds (ids: int64[]) : Labels =
        {
            Ids = ids
            Types = None
            Elements = None
            Charges = None
            BondTypes = []
            Angles = 0
            Units = None
            NamesUnits = false
        }

    /// What tells bodies apart to a reader: the type of each, else its element; none where all are alike.
    let kinds (labels: Labels) : string[] option =
        [ labels.Types; labels.Elements ] |> List.choose id |> List.tryFind (fun kinds -> (Array.distinct kinds).Length > 1)
