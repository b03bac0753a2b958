namespace HgnFunctional.Bodies

open System
open HgnFunctional.Numerics
open HgnFunctional.Space

/// What is fixed about the bodies themselves.
[<NoEquality; NoComparison>]
type private Bodies =
    {
        Masses: float[]
        Species: Naming
        Attributes: Map<string, float[]>
        Labels: Labels option
        /// Which coordinates do not move [N d]; empty where all do.
        Pins: bool[]
    }

/// All that is fixed about N bodies: their masses, species and attributes, the cell they live in, and which of them interact. Immutable.
[<Sealed; NoEquality; NoComparison>]
type Structure private (bodies: Bodies, cell: Cell, relations: Relations) =

    let species = bodies.Species
    let names = Array.ofList species.Names

    /// Kinds of pairs of species by their number: that of (a, b), a <= b, is b (b + 1) / 2 + a.
    let speciesPairs =
        [|
            for b in 0 .. names.Length - 1 do
                for a in 0..b -> names[a], names[b]
        |]

    let speciesPairOf (first: int) (second: int) : int =
        let a, b = species.IndexOf first, species.IndexOf second
        let low, high = min a b, max a b
        high * (high + 1) / 2 + low

    let pinned =
        [|
            for k in 0 .. bodies.Pins.Length - 1 do
                if bodies.Pins[k] then
                    k
        |]

    let paths = lazy (relations.Bonds |> Option.map (fun bonds -> BondPaths.Of bonds.Graph))

    let leastBetween = relations.Reach |> Option.map (fun reach -> reach.ExcludedBonds + 1) |> Option.defaultValue 1

    let cutoffs =
        relations.Reach
        |> Option.map (fun reach ->
            speciesPairs |> Array.map (fun (a, b) -> Reach.tryCutoffOf a b reach |> Option.defaultValue reach.Largest))

    /// Nearest images are enough as far as a list with a skin reaches.
    let meetsImages =
        relations.Reach |> Option.exists (fun reach -> reach.Largest * (1.0 + Structure.Skin) > cell.LargestCutoff)

    let turnsOfBonds (positions: float[]) (pairs: Pairs) : int[] =
        let d = cell.Dimension
        let turns = Array.zeroCreate (pairs.Count * d)
        let difference = Array.zeroCreate<float> d

        for pair in 0 .. pairs.Count - 1 do
            for axis in 0 .. d - 1 do
                difference[axis] <- positions[pairs.Senders[pair] * d + axis] - positions[pairs.Receivers[pair] * d + axis]

            cell.ToNearest(Span<float> difference, Span<int>(turns, pair * d, d))

        turns

    /// How many bonds lie between the bodies of each of some pairs.
    let betweenOf (positions: float[]) (found: Pairs) : int -> int =
        match relations.Bonds, paths.Value with
        | Some bonds, _ when meetsImages ->
            let ways = ImagePaths.Of(cell.Dimension, bonds.Graph, turnsOfBonds positions bonds.Graph.Pairs)
            let d = cell.Dimension
            fun pair -> ways.Between(found.Senders[pair], found.Receivers[pair], found.Turns.Slice(pair * d, d))
        | _, Some paths -> fun pair -> paths.Between(found.Senders[pair], found.Receivers[pair])
        | _, None -> fun _ -> BondPaths.More

    /// The place of a pair's kind; -1 if the pair does not interact.
    let kindOf (stretch: float) (cutoffs: float[]) (positions: float[]) (found: Pairs) : int -> int =
        let between = betweenOf positions found
        let isOneCutoff = cutoffs |> Array.forall ((=) cutoffs[0])
        let difference = Array.zeroCreate<float> cell.Dimension

        let isWithin (pair: int) (cutoff: float) =
            found.DifferenceInto(cell, ReadOnlySpan<float> positions, pair, Span<float> difference)
            Numerics.Tensors.TensorPrimitives.Norm(ReadOnlySpan<float> difference) < cutoff * stretch

        fun pair ->
            let ofSpecies = speciesPairOf found.Senders[pair] found.Receivers[pair]

            match between pair with
            | _ when not (isOneCutoff || isWithin pair cutoffs[ofSpecies]) -> -1
            | _ when relations.Bonds.IsNone -> ofSpecies
            | bonds when bonds < leastBetween -> -1
            | bonds -> (bonds - leastBetween) * speciesPairs.Length + ofSpecies

    /// How far beyond the cutoff, relative to it, lists of pairs reach that are used while bodies move: wider ones are made less
    /// often and hold more pairs to skip; this suits liquids.
    static member internal Skin: float = 0.15

    /// Number N of bodies.
    member _.Bodies: int = bodies.Masses.Length

    /// Number d of space dimensions.
    member _.Dimension: int = cell.Dimension

    /// Masses [N].
    member _.Masses: ReadOnlySpan<float> = ReadOnlySpan<float> bodies.Masses

    /// The species of each body [N]; "" where nobody named it.
    member _.Species: Naming = species

    /// Names of the attributes of the bodies.
    member _.Attributes: string list = [ for KeyValue(name, _) in bodies.Attributes -> name ]

    /// An attribute of each body [N], if they have it.
    member _.TryAttribute(name: string) : float[] option = bodies.Attributes |> Map.tryFind name |> Option.map Array.copy

    /// Which coordinates are pinned, row-major [N d]: they do not move, whatever acts on them. Empty where all move.
    member _.Pins: ReadOnlySpan<bool> = ReadOnlySpan<bool> bodies.Pins

    /// The coordinates that are pinned, ascending.
    member internal _.PinnedCoordinates: int[] = pinned

    /// Writes 0 to what belongs to pinned coordinates [N d].
    member internal _.ClearPinned(values: Span<float>) : unit =
        for k in pinned do
            values[k] <- 0.0

    /// Number of bodies with a pinned coordinate.
    member _.PinnedBodies: int = pinned |> Array.distinctBy (fun k -> k / cell.Dimension) |> Array.length

    /// Open or periodic space.
    member _.Cell: Cell = cell

    /// Which bodies interact.
    member _.Relations: Relations = relations

    /// What the source of the bodies says of them, if they have one.
    member _.Labels: Labels option = bodies.Labels

    /// The kinds of bonds, in the order of the runs of `RelatedPairs.Bonded`.
    member val BondKinds: Kind list =
        (match relations.Bonds with
         | Some bonds -> bonds.Types.Names |> List.map BondsOf
         | None -> [])

    /// The kinds of angles, in the order of their runs.
    member val AngleKinds: Kind list =
        (match relations.Angles with
         | Some angles -> angles.Types.Names |> List.map AnglesOf
         | None -> [])

    /// The kinds of pairs within reach, in the order of the runs of `RelatedPairs.Within`.
    member val ReachKinds: Kind list =
        (match relations.Reach, relations.Bonds with
         | None, _ -> []
         | Some _, None -> [ for a, b in speciesPairs -> PairsOf(a, b, None) ]
         | Some _, Some _ ->
             [
                 for between in leastBetween .. BondPaths.More do
                     for a, b in speciesPairs -> PairsOf(a, b, Some between)
             ])

    /// Whether pairs of all species have one cutoff, if they have any.
    member val HasOneCutoff: bool = cutoffs |> Option.forall (fun cutoffs -> cutoffs |> Array.forall ((=) cutoffs[0]))

    /// The kinds of pairs within reach of bodies of any species; none where cutoffs differ.
    member val AnyReachKinds: Kind list =
        (match relations.Reach, relations.Bonds with
         | None, _ -> []
         | Some _, _ when cutoffs |> Option.exists (fun cutoffs -> cutoffs |> Array.exists ((<>) cutoffs[0])) -> []
         | Some _, None -> [ AnyPairsOf None ]
         | Some _, Some _ -> [ for between in leastBetween .. BondPaths.More -> AnyPairsOf(Some between) ])

    /// The first of the reach kinds that are of any species, and how many they are: their runs stand one after another.
    member internal structure.RangeOf(between: int option) : struct (int * int) =
        match structure.ReachKinds |> List.tryFindIndex (fun kind -> kind.IsApart between) with
        | Some first -> struct (first, speciesPairs.Length)
        | None -> struct (0, 0)

    /// The distance from which on pairs of a kind do not interact; none for others than pairs within reach.
    member _.CutoffOf(kind: Kind) : float option =
        match kind, relations.Reach with
        | PairsOf(first, second, _), Some reach -> Reach.tryCutoffOf first second reach
        | AnyPairsOf _, Some reach -> Some reach.Largest
        | _ -> None

    /// Whether the type of a bond tells the species of its bodies: then its law can hold whatever else acts between them.
    member val internal BondsTellSpecies: bool =
        (match relations.Bonds with
         | None -> false
         | Some bonds ->
             let pairs = bonds.Graph.Pairs

             Seq.init pairs.Count (fun pair -> bonds.Types.IndexOf pair, speciesPairOf pairs.Senders[pair] pairs.Receivers[pair])
             |> Seq.distinct
             |> Seq.countBy fst
             |> Seq.forall (fun (_, joined) -> joined = 1))

    /// Whether the bodies have what laws of pairs are weighted by.
    member internal _.HasWeights(weight: Weight) : bool =
        match weight with
        | Unweighted
        | ByMasses -> true
        | ByAttribute name -> bodies.Attributes.ContainsKey name

    /// What laws of pairs are weighted by [N]; empty where they are not, or cannot be. Does not allocate.
    member internal _.WeightsOf(weight: Weight) : float[] =
        match weight with
        | Unweighted -> Array.Empty<float>()
        | ByMasses -> bodies.Masses
        | ByAttribute name ->
            match bodies.Attributes.TryGetValue name with
            | true, values -> values
            | _ -> Array.Empty<float>()

    /// Whether weights tell bodies apart.
    member internal structure.WeightsDiffer(weight: Weight) : bool =
        match structure.WeightsOf weight with
        | [||] -> false
        | weights -> weights |> Array.exists ((<>) weights[0])

    /// The pairs of the relations, given those within reach by kind, and whether these are of images.
    member internal _.Joined(positions: ReadOnlySpan<float>, within: Pairs, hasImages: bool) : RelatedPairs =
        let bonded = relations.Bonds |> Option.map _.Pairs |> Option.defaultValue Pairs.None
        RelatedPairs(cell, bonded, within, (if hasImages then turnsOfBonds (positions.ToArray()) bonded else [||]))

    /// The pairs of the relations; those within reach by kind, up to their cutoffs times one and a skin. None but bonds without a skin.
    member internal structure.Related(skin: float option, positions: ReadOnlySpan<float>) : RelatedPairs =
        match skin, relations.Reach, cutoffs with
        | Some skin, Some reach, Some cutoffs ->
            let radius = reach.Largest * (1.0 + skin)

            let found =
                if meetsImages then
                    Neighbours.images cell radius positions
                else
                    Neighbours.within cell radius positions

            let kinds = structure.ReachKinds.Length

            let within =
                if kinds = 1 && relations.Bonds.IsNone then
                    found
                else
                    found.ByKind(kinds, kindOf (1.0 + skin) cutoffs (positions.ToArray()) found)

            structure.Joined(positions, within, within.HasImages)
        | _ -> structure.Joined(positions, Pairs.None, false)

    /// Those of some pairs, which hold at least all that interact at these positions, that do.
    member internal structure.Nearest(related: RelatedPairs, positions: ReadOnlySpan<float>) : RelatedPairs =
        let cutoffs = structure.ReachKinds |> List.map (structure.CutoffOf >> Option.get) |> Array.ofList
        let positions = positions.ToArray()
        let within = related.Within
        let difference = Array.zeroCreate<float> cell.Dimension

        let distance (pair: int) =
            if within.HasImages then
                within.DifferenceInto(cell, ReadOnlySpan<float> positions, pair, Span<float> difference)
                Numerics.Tensors.TensorPrimitives.Norm(ReadOnlySpan<float> difference)
            else
                sqrt (cell.Displacement.SquaredDistance(ReadOnlySpan<float> positions, within.Senders[pair], within.Receivers[pair]))

        related.Where(fun kind pair -> distance pair < cutoffs[kind])

    static member internal Of(cell: Cell, masses: float[]) : Structure =
        let bodies =
            {
                Masses = masses
                Species = Naming.unnamed masses.Length
                Attributes = Map.empty
                Labels = None
                Pins = [||]
            }

        Structure(bodies, cell, Relations.none)

    /// Some of the bodies, ascending, with relations among them and pins [bodies d] of their own. All distinct species are still known,
    /// so that kinds stay where they are; labels are left behind.
    member internal _.Part(chosen: int[], relations: Relations, pins: bool[]) : Structure =
        let ofChosen (values: float[]) = chosen |> Array.map (fun body -> values[body])

        let part =
            {
                Masses = ofChosen bodies.Masses
                Species = species.Part chosen
                Attributes = bodies.Attributes |> Map.map (fun _ values -> ofChosen values)
                Labels = None
                Pins = pins
            }

        Structure(part, cell, relations)

    member internal _.With(relations: Relations) : Structure = Structure(bodies, cell, relations)

    member internal _.With(species: Naming, relations: Relations) : Structure =
        Structure({ bodies with Species = species }, cell, relations)

    member internal _.With(pins: bool[]) : Structure =
        Structure({ bodies with Pins = (if Array.contains true pins then pins else [||]) }, cell, relations)

    member internal _.With(labels: Labels option) : Structure = Structure({ bodies with Labels = labels }, cell, relations)
    member internal _.With(masses: float[]) : Structure = Structure({ bodies with Masses = masses }, cell, relations)

    member internal _.With(attribute: string, values: float[]) : Structure =
        Structure({ bodies with Attributes = Map.add attribute values bodies.Attributes }, cell, relations)

    /// The structure in one line.
    override structure.ToString() : string =
        let pairs =
            [
                match relations.Bonds with
                | Some bonds -> $"{bonds.Graph.Pairs.Count} bonds"
                | None -> ()
                match relations.Angles with
                | Some angles -> $"{angles.Count} angles"
                | None -> ()
                match relations.Reach with
                | Some reach -> string reach
                | None -> ()
            ]

        let pairs = if pairs.IsEmpty then "no pairs" else String.Join(" and ", pairs)
        let least, largest = Array.min bodies.Masses, Array.max bodies.Masses
        let mass = if least = largest then $"mass {least}" else $"masses {least} to {largest}"
        let held = if pinned.Length > 0 then $", {structure.PinnedBodies} pinned" else ""
        let kinds = if species.TellsApart then $"{names.Length} species, " else ""
        let space = if cell.IsPeriodic then string cell else "open space"
        $"Structure of {bodies.Masses.Length} bodies in {cell.Dimension} dimensions: {pairs}, {kinds}{mass}{held}, {space}"

/// Checked creation of structures.
[<RequireQualifiedAccess>]
module Structure =

    /// More images of a body than this within reach of another are taken for a mistake.
    let private mostImages = 2e3

    let private orThrow (argument: string) (result: Result<Structure, StructureError>) : Structure =
        match result with
        | Ok structure -> structure
        | Error error -> raise (ArgumentException(string error, argument))

    let private angleFault (relations: Relations) : StructureError option =
        match relations.Angles, relations.Bonds with
        | None, _ -> None
        | Some _, None -> Some AnglesWithoutBonds
        | Some angles, Some bonds ->
            match Angles.tryCreate bonds (Angles.toArray angles) with
            | Ok _ -> None
            | Error error -> Some(AngleNotBonded error)

    let private reachFault (cell: Cell) (species: Naming) (relations: Relations) : StructureError option =
        relations.Reach
        |> Option.bind (fun reach ->
            match Reach.fault species.Names reach with
            | Some error -> Some(BadReach error)
            | None ->
                let images = Neighbours.reachOfImages cell reach.Largest |> Array.fold (fun all reach -> all * (1.0 + 2.0 * reach)) 1.0
                if images > mostImages then Some(TooManyImages(reach.Largest, images)) else None)

    /// The structure with other relations among its bodies.
    let tryWithRelations (relations: Relations) (structure: Structure) : Result<Structure, StructureError> =
        match relations.Bonds with
        | Some bonds when bonds.Graph.Bodies <> structure.Bodies -> Error(BondsForOtherBodies(bonds.Graph.Bodies, structure.Bodies))
        | _ ->
            match angleFault relations |> Option.orElseWith (fun () -> reachFault structure.Cell structure.Species relations) with
            | Some error -> Error error
            | None -> Ok(structure.With relations)

    /// As `tryWithRelations`; throws an `ArgumentException` with the reason.
    let withRelations (relations: Relations) (structure: Structure) : Structure =
        tryWithRelations relations structure |> orThrow (nameof relations)

    let private massFault (masses: float[]) : StructureError option =
        masses
        |> Array.tryFindIndex (fun mass -> not (Double.IsFinite mass) || mass <= 0.0)
        |> Option.map (fun body -> BadMass(body, masses[body]))

    /// A structure of the given masses [N], which are copied, of bodies whose species nobody named. Cutoffs for pairs of species
    /// need their names first: `tryWithSpecies`, then `tryWithRelations`.
    let tryCreate (cell: Cell) (relations: Relations) (masses: ReadOnlySpan<float>) : Result<Structure, StructureError> =
        let masses = masses.ToArray()

        match massFault masses with
        | _ when masses.Length = 0 -> Error NoMasses
        | Some error -> Error error
        | None -> Structure.Of(cell, masses) |> tryWithRelations relations

    /// As `tryCreate`; throws an `ArgumentException` with the reason.
    let create (cell: Cell) (relations: Relations) (masses: float[]) : Structure =
        match tryCreate cell relations (ReadOnlySpan<float> masses) with
        | Ok structure -> structure
        | Error error -> raise (ArgumentException(string error))

    /// The structure with other masses [N], which are copied.
    let tryWithMasses (masses: ReadOnlySpan<float>) (structure: Structure) : Result<Structure, StructureError> =
        let masses = masses.ToArray()

        match massFault masses with
        | _ when masses.Length <> structure.Bodies -> Error(AttributeForOtherBodies("mass", masses.Length, structure.Bodies))
        | Some error -> Error error
        | None -> Ok(structure.With masses)

    /// The structure with the name of the species of each body [N].
    let tryWithSpecies (names: string seq) (structure: Structure) : Result<Structure, StructureError> =
        let species = Naming.ofNames names

        if species.Count <> structure.Bodies then
            Error(SpeciesForOtherBodies(species.Count, structure.Bodies))
        else
            match reachFault structure.Cell species structure.Relations with
            | Some error -> Error error
            | None -> Ok(structure.With(species, structure.Relations))

    /// As `tryWithSpecies`; throws an `ArgumentException` with the reason.
    let withSpecies (names: string seq) (structure: Structure) : Structure = tryWithSpecies names structure |> orThrow (nameof names)

    /// The structure with an attribute of each body [N], which is copied, such as `AttributeName.Charge`.
    let tryWithAttribute (name: string) (values: ReadOnlySpan<float>) (structure: Structure) : Result<Structure, StructureError> =
        let values = values.ToArray()

        match Guard.firstNotFinite (ReadOnlySpan<float> values) with
        | _ when values.Length <> structure.Bodies -> Error(AttributeForOtherBodies(name, values.Length, structure.Bodies))
        | -1 -> Ok(structure.With(name, values))
        | body -> Error(BadAttribute(name, body, values[body]))

    /// As `tryWithAttribute`; throws an `ArgumentException` with the reason.
    let withAttribute (name: string) (values: float[]) (structure: Structure) : Structure =
        tryWithAttribute name (ReadOnlySpan<float> values) structure |> orThrow (nameof values)

    /// The structure with pinned coordinates, row-major [N d], which are copied; all move where none is pinned.
    let tryWithPins (pins: ReadOnlySpan<bool>) (structure: Structure) : Result<Structure, StructureError> =
        let expected = structure.Bodies * structure.Dimension

        if pins.Length <> expected then
            Error(PinsForOtherBodies(pins.Length, expected))
        else
            Ok(structure.With(pins.ToArray()))

    /// The structure with bodies, counted from 0, that are pinned along every axis, beside those that were before.
    let tryWithPinned (pinned: int seq) (structure: Structure) : Result<Structure, StructureError> =
        let pinned = Set.ofSeq pinned
        let d = structure.Dimension

        match pinned |> Seq.tryFind (fun body -> body < 0 || body >= structure.Bodies) with
        | Some body -> Error(NoBodyToPin(body, structure.Bodies))
        | None ->
            let before = structure.Pins.ToArray()
            let isPinned k = pinned.Contains(k / d) || (before.Length > 0 && before[k])
            Ok(structure.With(Array.init (structure.Bodies * d) isPinned))

    /// As `tryWithPinned`; throws an `ArgumentException` with the reason.
    let withPinned (pinned: int seq) (structure: Structure) : Structure = tryWithPinned pinned structure |> orThrow (nameof pinned)

    /// The structure with other names of species and bond types, and without the relations that are not wanted.
    let internal adapt (species: string -> string) (relations: Relations) (structure: Structure) : Structure =
        structure.With(Naming.map species structure.Species, relations)

    /// The structure with labels, whose arrays have an entry for each body and are not copied.
    let withLabels (labels: Labels) (structure: Structure) : Structure =
        let require (field: string) (length: int) =
            if length <> structure.Bodies then
                invalidArg field $"There are {length} {field}; expected {structure.Bodies}, one for each body."

        require (nameof labels.Ids) labels.Ids.Length
        labels.Elements |> Option.iter (fun elements -> require (nameof labels.Elements) elements.Length)
        structure.With(Some labels)

    /// Bodies of equal mass joined by the bonds of a graph in open space.
    let bonded (dimension: int) (mass: float) (graph: Graph) : Structure =
        create (Cell.openSpace dimension) (Relations.bonds graph) (Array.create graph.Bodies mass)

    /// The pairs that interact at positions [N x d].
    let pairs (structure: Structure) (positions: ReadOnlySpan<float>) : RelatedPairs = structure.Related(Some 0.0, positions)
