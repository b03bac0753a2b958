namespace HgnFunctional.Bodies

/// What tells the members of a relation apart: a law is learned for each kind.
type Kind =
    /// Every body: its kinetic energy has the mass in it, and is one law for all.
    | EachBody
    /// Bodies of a species; "" where nobody named it.
    | BodiesOf of species: string
    /// Bonds of a type; "" where nobody named it.
    | BondsOf of bondType: string
    /// Pairs within reach of bodies of two species, the first name not above the second, "" where nobody named them; and, in
    /// structures with bonds, how many lie between the two: 1, 2, 3, or 4 for more. Programs differ in what they leave between
    /// bodies that are a few bonds apart, so the data decide.
    | PairsOf of first: string * second: string * bondsBetween: int option
    /// As `PairsOf`, of bodies of any species: for laws that weights tell apart.
    | AnyPairsOf of bondsBetween: int option
    /// Angles of a type; "" where nobody named it.
    | AnglesOf of angleType: string

    /// Whether it is of pairs, bonded or within reach.
    member internal kind.IsOfPairs: bool = kind.IsBondsOf || kind.IsPairsOf || kind.IsAnyPairsOf

    /// Whether it is of pairs within reach with so many bonds between.
    member internal kind.IsApart(between: int option) : bool =
        match kind with
        | PairsOf(_, _, bonds)
        | AnyPairsOf bonds -> bonds = between
        | EachBody
        | BodiesOf _
        | BondsOf _
        | AnglesOf _ -> false

    /// The kind in a few words.
    override kind.ToString() : string =
        match kind with
        | EachBody -> "each body"
        | BodiesOf "" -> "bodies"
        | BodiesOf species -> $"bodies {species}"
        | BondsOf "" -> "bonds"
        | BondsOf bondType -> $"bonds of type {bondType}"
        | AnglesOf "" -> "angles"
        | AnglesOf angleType -> $"angles of type {angleType}"
        | AnyPairsOf between -> Kind.Apart("pairs", between)
        | PairsOf("", "", between) -> Kind.Apart("pairs", between)
        | PairsOf(first, second, between) -> Kind.Apart($"pairs {first}-{second}", between)

    static member private Apart(pairs: string, between: int option) : string =
        match between with
        | None -> pairs
        | Some 1 -> $"{pairs}, 1 bond apart"
        | Some bonds when bonds < BondPaths.More -> $"{pairs}, {bonds} bonds apart"
        | Some _ -> $"{pairs}, more than {BondPaths.More - 1} bonds apart"
