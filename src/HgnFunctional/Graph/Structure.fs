namespace HgnFunctional

open System
open System.Threading

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
    /// There are not as many species as bodies.
    | SpeciesForOtherBodies of named: int * bodies: int
    /// Beyond half the box a body would meet two images of another.
    | CutoffAboveHalfBox of cutoff: float * largest: float

    /// The error as one sentence.
    override error.ToString() : string =
        match error with
        | NoMasses -> "A structure without bodies was asked for; expected at least one mass."
        | BadMass(body, mass) -> $"The mass of body {body} is {mass}; expected a finite number above 0."
        | BondsForOtherBodies(bonded, bodies) -> $"The bonds are for {bonded} bodies; expected {bodies}, one for each mass."
        | SpeciesForOtherBodies(named, bodies) -> $"There are species for {named} bodies; expected {bodies}, one for each mass."
        | BadCutoff cutoff -> $"The cutoff is {cutoff}; expected a finite distance above 0."
        | CutoffAboveHalfBox(cutoff, largest) ->
            $"The cutoff {cutoff} is above half the shortest period of the box; expected at most {largest}."

/// The pairs that interact at some positions.
[<Sealed; AllowNullLiteral>]
type RelatedPairs internal (bonded: Pairs, within: Pairs) =

    /// Sorted, and each once.
    let union () : Pairs =
        let keys (pairs: Pairs) = Array.init pairs.Count (fun pair -> struct (pairs.Senders[pair], pairs.Receivers[pair]))
        let all = Array.append (keys bonded) (keys within) |> Array.distinct |> Array.sort
        Pairs.OfOwned(all |> Array.map (fun struct (sender, _) -> sender), all |> Array.map (fun struct (_, receiver) -> receiver))

    let all =
        lazy
            (if within.Count = 0 && bonded.Kinds <= 1 then bonded
             elif bonded.Count = 0 && within.Kinds <= 1 then within
             else union ())

    /// The bonds by type.
    member _.Bonded: Pairs = bonded

    /// The pairs within reach by kind; perhaps some beyond the cutoff.
    member _.Within: Pairs = within

    /// The pairs of all relations together, each once, without kinds.
    member _.All: Pairs = all.Value

    static member internal None: RelatedPairs = RelatedPairs(Pairs.None, Pairs.None)

/// All that is fixed about N bodies: their masses and species, the cell they live in, and which pairs interact. Immutable.
[<Sealed; NoEquality; NoComparison>]
type Structure private (masses: float[], species: Naming, cell: Cell, relations: Relations, labels: Labels option) =

    let names = Array.ofList species.Names

    /// Kinds of pairs of species by their number: that of (a, b), a <= b, is b (b + 1) / 2 + a.
    let speciesPairs =
        [
            for b in 0 .. names.Length - 1 do
                for a in 0..b -> names[a], names[b]
        ]

    let paths = lazy (relations.Bonds |> Option.map (fun bonds -> BondPaths.Of bonds.Graph))

    /// Number N of bodies.
    member _.Bodies: int = masses.Length

    /// Number d of space dimensions.
    member _.Dimension: int = cell.Dimension

    /// Masses [N].
    member _.Masses: ReadOnlySpan<float> = ReadOnlySpan<float> masses

    /// The species of each body [N]; "" where nobody named it.
    member _.Species: Naming = species

    /// Open or periodic space.
    member _.Cell: Cell = cell

    /// Which pairs interact.
    member _.Relations: Relations = relations

    /// What the source of the bodies says of them, if they have one.
    member _.Labels: Labels option = labels

    /// The kinds of bonds, in the order of the runs of `RelatedPairs.Bonded`.
    member val BondKinds: Kind list =
        (match relations.Bonds with
         | Some bonds -> bonds.Types.Names |> List.map BondsOf
         | None -> [])

    /// The kinds of pairs within reach, in the order of the runs of `RelatedPairs.Within`.
    member val ReachKinds: Kind list =
        (match relations.Cutoff, relations.Bonds with
         | None, _ -> []
         | Some _, None -> speciesPairs |> List.map (fun (a, b) -> PairsOf(a, b, None))
         | Some _, Some _ ->
             [
                 for a, b in speciesPairs do
                     for between in 1 .. BondPaths.More -> PairsOf(a, b, Some between)
             ])

    /// Whether the type of a bond tells the species of its bodies: then its law can hold whatever else acts between them.
    member val internal BondsTellSpecies: bool =
        (match relations.Bonds with
         | None -> false
         | Some bonds ->
             let pairs = bonds.Graph.Pairs

             Seq.init pairs.Count (fun pair ->
                 let a, b = species.IndexOf pairs.Senders[pair], species.IndexOf pairs.Receivers[pair]
                 bonds.Types.IndexOf pair, struct (min a b, max a b))
             |> Seq.distinct
             |> Seq.countBy fst
             |> Seq.forall (fun (_, joined) -> joined = 1))

    /// The pairs of the relations, with those nearer than `reach` by kind.
    member internal structure.Related(reach: float option, positions: ReadOnlySpan<float>) : RelatedPairs =
        let bonded = relations.Bonds |> Option.map _.Pairs |> Option.defaultValue Pairs.None

        match reach with
        | None -> RelatedPairs(bonded, Pairs.None)
        | Some reach ->
            let found = Neighbours.within cell reach positions

            let speciesPair pair =
                let a, b = species.IndexOf found.Senders[pair], species.IndexOf found.Receivers[pair]
                let low, high = min a b, max a b
                high * (high + 1) / 2 + low

            let kindOf =
                match paths.Value with
                | None -> speciesPair
                | Some paths ->
                    fun pair -> speciesPair pair * BondPaths.More + paths.Between(found.Senders[pair], found.Receivers[pair]) - 1

            let kinds = structure.ReachKinds.Length
            RelatedPairs(bonded, (if kinds = 1 then found else found.ByKind(kinds, kindOf)))

    static member internal OfOwned(masses, species, cell, relations, labels) : Structure =
        Structure(masses, species, cell, relations, labels)

    /// The structure in one line.
    override _.ToString() : string =
        let pairs =
            match relations.Bonds, relations.Cutoff with
            | None, None -> "no pairs"
            | Some bonds, None -> $"{bonds.Graph.Pairs.Count} bonds"
            | None, Some cutoff -> $"pairs within {cutoff}"
            | Some bonds, Some cutoff -> $"{bonds.Graph.Pairs.Count} bonds and pairs within {cutoff}"

        let least, largest = Array.min masses, Array.max masses
        let mass = if least = largest then $"mass {least}" else $"masses {least} to {largest}"
        let kinds = if species.TellsApart then $"{names.Length} species, " else ""
        let space = if cell.IsPeriodic then string cell else "open space"
        $"Structure of {masses.Length} bodies in {cell.Dimension} dimensions: {pairs}, {kinds}{mass}, {space}"

/// Checked creation of structures.
[<RequireQualifiedAccess>]
module Structure =

    let private copy (species: Naming) (relations: Relations) (labels: Labels option) (structure: Structure) : Structure =
        Structure.OfOwned(structure.Masses.ToArray(), species, structure.Cell, relations, labels)

    /// A structure of the given masses [N], which are copied, of bodies whose species nobody named.
    let tryCreate (cell: Cell) (relations: Relations) (masses: ReadOnlySpan<float>) : Result<Structure, StructureError> =
        let masses = masses.ToArray()
        let bad mass = not (Double.IsFinite mass) || mass <= 0.0

        match relations.Bonds, relations.Cutoff, Array.tryFindIndex bad masses with
        | _ when masses.Length = 0 -> Error NoMasses
        | _, _, Some body -> Error(BadMass(body, masses[body]))
        | Some bonds, _, _ when bonds.Graph.Bodies <> masses.Length -> Error(BondsForOtherBodies(bonds.Graph.Bodies, masses.Length))
        | _, Some cutoff, _ when bad cutoff -> Error(BadCutoff cutoff)
        | _, Some cutoff, _ when cutoff > cell.LargestCutoff -> Error(CutoffAboveHalfBox(cutoff, cell.LargestCutoff))
        | _ -> Ok(Structure.OfOwned(masses, Naming.unnamed masses.Length, cell, relations, None))

    /// As `tryCreate`; throws an `ArgumentException` with the reason.
    let create (cell: Cell) (relations: Relations) (masses: float[]) : Structure =
        match tryCreate cell relations (ReadOnlySpan<float> masses) with
        | Ok structure -> structure
        | Error error -> raise (ArgumentException(string error))

    /// The structure with the name of the species of each body [N].
    let tryWithSpecies (names: string seq) (structure: Structure) : Result<Structure, StructureError> =
        let species = Naming.ofNames names

        if species.Count <> structure.Bodies then
            Error(SpeciesForOtherBodies(species.Count, structure.Bodies))
        else
            Ok(copy species structure.Relations structure.Labels structure)

    /// As `tryWithSpecies`; throws an `ArgumentException` with the reason.
    let withSpecies (names: string seq) (structure: Structure) : Structure =
        match tryWithSpecies names structure with
        | Ok structure -> structure
        | Error error -> invalidArg (nameof names) (string error)

    /// The structure with other names of species and bond types, and without the relations that are not wanted.
    let internal adapt (species: string -> string) (relations: Relations) (structure: Structure) : Structure =
        copy (Naming.map species structure.Species) relations structure.Labels structure

    /// The structure with labels, whose arrays have an entry for each body and are not copied.
    let withLabels (labels: Labels) (structure: Structure) : Structure =
        let require (field: string) (length: int) =
            if length <> structure.Bodies then
                invalidArg field $"There are {length} {field}; expected {structure.Bodies}, one for each body."

        require (nameof labels.Ids) labels.Ids.Length
        labels.Elements |> Option.iter (fun elements -> require (nameof labels.Elements) elements.Length)
        labels.Charges |> Option.iter (fun charges -> require (nameof labels.Charges) charges.Length)
        copy structure.Species structure.Relations (Some labels) structure

    /// Bodies of equal mass joined by the bonds of a graph in open space.
    let bonded (dimension: int) (mass: float) (graph: Graph) : Structure =
        create (Cell.openSpace dimension) (Relations.bonds graph) (Array.create graph.Bodies mass)

    /// The pairs that interact at positions [N x d].
    let pairs (structure: Structure) (positions: ReadOnlySpan<float>) : RelatedPairs =
        structure.Related(structure.Relations.Cutoff, positions)

/// A list of pairs somewhat beyond the cutoff, and where it was made.
[<Sealed; AllowNullLiteral>]
type private VerletList(pairs: RelatedPairs, madeAt: float[]) =
    member _.Pairs: RelatedPairs = pairs

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
/// beyond the cutoff, whose interaction is exactly zero; pairs are always sorted within their kind, so sums do not depend, to the last bit,
/// on when the list was made, and a `PairSource` may be shared by threads.
[<Sealed>]
type internal PairSource(structure: Structure) =

    // A wider skin means fewer new lists but more pairs to skip: 0.15 of the cutoff suits liquids.
    let skinFraction = 0.15
    let mutable current: VerletList = null

    // Bonds do not come and go.
    let bonded = lazy (structure.Related(None, ReadOnlySpan<float>.Empty))

    let renew (cutoff: float) (positions: ReadOnlySpan<float>) : VerletList =
        let reach = min (cutoff * (1.0 + skinFraction)) structure.Cell.LargestCutoff
        let list = VerletList(structure.Related(Some reach, positions), positions.ToArray())
        Volatile.Write(&current, list)
        list

    /// Pairs that hold at least all that interact at these positions.
    member _.At(positions: ReadOnlySpan<float>) : RelatedPairs =
        match structure.Relations.Cutoff with
        | None -> bonded.Value
        | Some cutoff ->
            let skin = min (cutoff * skinFraction) (structure.Cell.LargestCutoff - cutoff)
            let list = Volatile.Read(&current)

            if not (isNull list) && list.IsValid(structure.Dimension, 0.5 * skin, positions) then
                list.Pairs
            else
                (renew cutoff positions).Pairs
