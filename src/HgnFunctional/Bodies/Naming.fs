namespace HgnFunctional.Bodies

/// Names of some items, such as the species of bodies: each distinct name once, in ascending order, and which of them each item
/// has. Items that nobody named have the name "". Immutable.
[<Sealed; NoEquality; NoComparison>]
type Naming private (names: string[], indices: int[]) =

    /// The distinct names.
    member _.Names: string list = List.ofArray names

    /// Number of items.
    member _.Count: int = indices.Length

    /// The index of an item's name among the distinct ones.
    member _.IndexOf(item: int) : int = indices[item]

    /// The name of an item.
    member _.NameOf(item: int) : string = names[indices[item]]

    /// Whether names tell items apart.
    member _.TellsApart: bool = names.Length > 1

    /// The names of some of the items; all distinct names are still there, so that indices stay what they are.
    member internal _.Part(items: int[]) : Naming = Naming(names, items |> Array.map (fun item -> indices[item]))

    static member internal Unnamed(count: int) : Naming = Naming([| "" |], Array.zeroCreate count)

    static member internal OfNames(ofItems: string[]) : Naming =
        // Kinds are there even where nothing is of any.
        let named = if ofItems.Length = 0 then [| "" |] else Array.distinct ofItems
        let names = named |> Array.sortWith (fun a b -> System.String.CompareOrdinal(a, b))
        let places = names |> Seq.indexed |> Seq.map (fun (index, name) -> name, index) |> readOnlyDict
        Naming(names, ofItems |> Array.map (fun name -> places[name]))

/// Creation of names.
[<RequireQualifiedAccess>]
module Naming =

    /// The name of each item.
    let ofNames (names: string seq) : Naming = Naming.OfNames(Array.ofSeq names)

    /// Items that nobody named.
    let unnamed (count: int) : Naming = Naming.Unnamed count

    /// The name of each item.
    let toArray (naming: Naming) : string[] = Array.init naming.Count naming.NameOf

    /// The names after a function.
    let map (rename: string -> string) (naming: Naming) : Naming = toArray naming |> Array.map rename |> ofNames
