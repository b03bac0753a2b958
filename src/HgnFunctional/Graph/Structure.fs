namespace HgnFunctional

open System
open System.Threading

/// Which pairs of bodies interact.
[<NoEquality; NoComparison>]
type Interactions =
    /// The edges of a graph, whatever the distance.
    | Bonds of Graph
    /// All pairs whose nearest images are nearer than a cutoff; edges come and go as bodies move.
    | WithinCutoff of cutoff: float

/// Why a structure was refused.
type StructureError =
    /// There must be at least one body.
    | NoMasses
    /// A mass is NaN, infinite, zero or negative.
    | BadMass of body: int * mass: float
    /// The bonds are for another number of bodies than there are masses.
    | BondsForOtherBodies of bonded: int * bodies: int
    /// The cutoff is NaN, infinite, zero or negative.
    | BadCutoff of cutoff: float
    /// Beyond half the box a body would meet two images of another.
    | CutoffAboveHalfBox of cutoff: float * largest: float

    /// The error as one sentence.
    override error.ToString() : string =
        match error with
        | NoMasses -> "A structure without bodies was asked for; expected at least one mass."
        | BadMass(body, mass) -> $"The mass of body {body} is {mass}; expected a finite number above 0."
        | BondsForOtherBodies(bonded, bodies) -> $"The bonds are for {bonded} bodies; expected {bodies}, one for each mass."
        | BadCutoff cutoff -> $"The cutoff is {cutoff}; expected a finite distance above 0."
        | CutoffAboveHalfBox(cutoff, largest) ->
            $"The cutoff {cutoff} is above half the shortest period of the box; expected at most {largest}."

/// All that is fixed about N bodies: their masses, the cell they live in, and which pairs interact. Immutable.
[<Sealed; NoEquality; NoComparison>]
type Structure private (masses: float[], cell: Cell, interactions: Interactions, labels: Labels option) =

    /// Number N of bodies.
    member _.Bodies: int = masses.Length

    /// Number d of space dimensions.
    member _.Dimension: int = cell.Dimension

    /// Masses [N].
    member _.Masses: ReadOnlySpan<float> = ReadOnlySpan<float> masses

    /// Open or periodic space.
    member _.Cell: Cell = cell

    /// Which pairs interact.
    member _.Interactions: Interactions = interactions

    /// What the source of the bodies says of them, if they have one.
    member _.Labels: Labels option = labels

    static member internal OfOwned(masses: float[], cell: Cell, interactions: Interactions, labels: Labels option) : Structure =
        Structure(masses, cell, interactions, labels)

    /// The structure in one line.
    override _.ToString() : string =
        let pairs =
            match interactions with
            | Bonds graph -> $"{graph.Pairs.Count} bonds"
            | WithinCutoff cutoff -> $"pairs within {cutoff}"

        let least, largest = Array.min masses, Array.max masses
        let mass = if least = largest then $"mass {least}" else $"masses {least} to {largest}"
        let space = if cell.IsPeriodic then string cell else "open space"
        $"Structure of {masses.Length} bodies in {cell.Dimension} dimensions: {pairs}, {mass}, {space}"

/// Checked creation of structures.
[<RequireQualifiedAccess>]
module Structure =

    /// A structure of the given masses [N], which are copied.
    let tryCreate (cell: Cell) (interactions: Interactions) (masses: ReadOnlySpan<float>) : Result<Structure, StructureError> =
        let masses = masses.ToArray()
        let bad mass = not (Double.IsFinite mass) || mass <= 0.0

        match interactions, Array.tryFindIndex bad masses with
        | _ when masses.Length = 0 -> Error NoMasses
        | _, Some body -> Error(BadMass(body, masses[body]))
        | Bonds graph, _ when graph.Bodies <> masses.Length -> Error(BondsForOtherBodies(graph.Bodies, masses.Length))
        | WithinCutoff cutoff, _ when bad cutoff -> Error(BadCutoff cutoff)
        | WithinCutoff cutoff, _ when cutoff > cell.LargestCutoff -> Error(CutoffAboveHalfBox(cutoff, cell.LargestCutoff))
        | _ -> Ok(Structure.OfOwned(masses, cell, interactions, None))

    /// As `tryCreate`; throws an `ArgumentException` with the reason.
    let create (cell: Cell) (interactions: Interactions) (masses: float[]) : Structure =
        match tryCreate cell interactions (ReadOnlySpan<float> masses) with
        | Ok structure -> structure
        | Error error -> raise (ArgumentException(string error))

    /// The structure with labels, whose arrays have an entry for each body and are not copied.
    let withLabels (labels: Labels) (structure: Structure) : Structure =
        let require (field: string) (length: int) =
            if length <> structure.Bodies then
                invalidArg field $"There are {length} {field}; expected {structure.Bodies}, one for each body."

        require (nameof labels.Ids) labels.Ids.Length
        labels.Types |> Option.iter (fun types -> require (nameof labels.Types) types.Length)
        labels.Elements |> Option.iter (fun elements -> require (nameof labels.Elements) elements.Length)
        labels.Charges |> Option.iter (fun charges -> require (nameof labels.Charges) charges.Length)
        Structure.OfOwned(structure.Masses.ToArray(), structure.Cell, structure.Interactions, Some labels)

    /// Bodies of equal mass joined by the bonds of a graph in open space.
    let bonded (dimension: int) (mass: float) (graph: Graph) : Structure =
        create (Cell.openSpace dimension) (Bonds graph) (Array.create graph.Bodies mass)

    /// The pairs that interact at positions [N x d].
    let pairs (structure: Structure) (positions: ReadOnlySpan<float>) : Pairs =
        match structure.Interactions with
        | Bonds graph -> graph.Pairs
        | WithinCutoff cutoff -> Neighbours.within structure.Cell cutoff positions

/// A list of pairs somewhat beyond the cutoff, and where it was made.
[<Sealed; AllowNullLiteral>]
type private VerletList(pairs: Pairs, madeAt: float[]) =
    member _.Pairs: Pairs = pairs

    /// Whether no body has moved by more than `reach` since: then no pair outside the list can be within the cutoff.
    member _.IsValid(dimension: int, reach: float, positions: ReadOnlySpan<float>) : bool =
        let mutable body = 0
        let mutable valid = true

        while valid && body < madeAt.Length do
            let mutable moved = 0.0

            for k in body .. body + dimension - 1 do
                moved <- moved + (positions[k] - madeAt[k]) * (positions[k] - madeAt[k])

            valid <- moved <= reach * reach
            body <- body + dimension

        valid

/// The interacting pairs of a structure as its bodies move. Within a cutoff it keeps a Verlet list with a skin and makes a
/// new one when a body has moved by half the skin (Verlet 1967, doi:10.1103/PhysRev.159.98). The list may hold pairs
/// beyond the cutoff, whose interaction is exactly zero; pairs are always sorted, so sums do not depend, to the last bit,
/// on when the list was made, and a `PairSource` may be shared by threads.
[<Sealed>]
type internal PairSource(structure: Structure) =

    // A wider skin means fewer new lists but more pairs to skip: 0.15 of the cutoff suits liquids.
    let skinFraction = 0.15
    let mutable current: VerletList = null

    let renew (cutoff: float) (positions: ReadOnlySpan<float>) : VerletList =
        let reach = min (cutoff * (1.0 + skinFraction)) structure.Cell.LargestCutoff
        let list = VerletList(Neighbours.within structure.Cell reach positions, positions.ToArray())
        Volatile.Write(&current, list)
        list

    /// Pairs that hold at least all that interact at these positions.
    member _.At(positions: ReadOnlySpan<float>) : Pairs =
        match structure.Interactions with
        | Bonds graph -> graph.Pairs
        | WithinCutoff cutoff ->
            let skin = min (cutoff * skinFraction) (structure.Cell.LargestCutoff - cutoff)
            let list = Volatile.Read(&current)

            if not (isNull list) && list.IsValid(structure.Dimension, 0.5 * skin, positions) then
                list.Pairs
            else
                (renew cutoff positions).Pairs
