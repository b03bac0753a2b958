namespace HgnFunctional.Bodies

/// Names of axes of space.
[<RequireQualifiedAccess>]
module internal AxisName =

    /// x, y, z, and a number from the fourth on.
    let ofAxis (axis: int) : string = if axis < 3 then "xyz".Substring(axis, 1) else string (axis + 1)

/// For whom laws of single bodies are.
type Share =
    /// One law for all bodies, in proportion to a weight.
    | OneFor of weight: Weight
    /// A law for each species.
    | ForEachSpecies

    /// What bodies are weighted by.
    member share.Weight: Weight =
        match share with
        | OneFor weight -> weight
        | ForEachSpecies -> Unweighted

    /// What the law has behind its name.
    member share.Suffix: string =
        match share with
        | OneFor weight -> Weight.suffix weight
        | ForEachSpecies -> ", by species"

/// The bodies of a kind.
[<RequireQualifiedAccess>]
module internal BodySelection =

    let rec private placeOf (name: string) (names: string list) (place: int) : int =
        match names with
        | [] -> -1
        | first :: _ when first = name -> place
        | _ :: rest -> placeOf name rest (place + 1)

    /// The place of the species that a kind is of, among those of a structure; -1 for every body, and -2 where no body is of it. Does
    /// not allocate.
    let speciesOf (kind: Kind) (structure: Structure) : int =
        match kind with
        | BodiesOf name ->
            match placeOf name structure.Species.Names 0 with
            | -1 -> -2
            | place -> place
        | _ -> -1

    /// Whether a body is of the species found.
    let inline isOf (species: int) (structure: Structure) (body: int) : bool =
        species = -1 || (species >= 0 && structure.Species.IndexOf body = species)

    /// Every share, those of many laws first.
    let shares: Share list = [ ForEachSpecies; OneFor(ByAttribute AttributeName.Charge); OneFor ByMasses; OneFor Unweighted ]

    /// The kinds of bodies of a structure, one for each species.
    let kindsOf (structure: Structure) : Kind list = structure.Species.Names |> List.map BodiesOf

    /// The weight of a body in its law: 1 where there are none.
    let inline weightOf (weights: float[]) (body: int) : float = if weights.Length = 0 then 1.0 else weights[body]

    /// The kinds of bodies that a law of such a share is for: none where another share says the same.
    let kindsFor (share: Share) (structure: Structure) : Kind list =
        match share with
        | ForEachSpecies -> if structure.Species.TellsApart then kindsOf structure else []
        | OneFor Unweighted -> [ EachBody ]
        | OneFor weight -> if structure.WeightsDiffer weight then [ EachBody ] else []
