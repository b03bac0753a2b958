namespace HgnFunctional

/// What tells the members of a relation apart: a law is learned for each kind.
type Kind =
    /// Every body: its kinetic energy has the mass in it, and is one law for all.
    | EachBody
    /// Bonds of a type; "" where nobody named it.
    | BondsOf of bondType: string
    /// Pairs within reach of bodies of two species, the first name not above the second, "" where nobody named them; and, in
    /// structures with bonds, how many lie between the two: 1, 2, 3, or 4 for more. Programs differ in what they leave between
    /// bodies that are a few bonds apart, so the data decide.
    | PairsOf of first: string * second: string * bondsBetween: int option
    /// Angles of a type; "" where nobody named it.
    | AnglesOf of angleType: string

    /// The kind in a few words.
    override kind.ToString() : string =
        match kind with
        | EachBody -> "each body"
        | BondsOf "" -> "bonds"
        | BondsOf bondType -> $"bonds of type {bondType}"
        | AnglesOf "" -> "angles"
        | AnglesOf angleType -> $"angles of type {angleType}"
        | PairsOf(first, second, between) ->
            let species = if first = "" && second = "" then "pairs" else $"pairs {first}-{second}"

            match between with
            | None -> species
            | Some 1 -> $"{species}, 1 bond apart"
            | Some bonds when bonds < BondPaths.More -> $"{species}, {bonds} bonds apart"
            | Some _ -> $"{species}, more than {BondPaths.More - 1} bonds apart"
