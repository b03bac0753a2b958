namespace HgnFunctional.Bodies

open System

/// Which pairs interact by their distance alone, whether bonds join them or not.
type Reach =
    {
        /// The distance within which pairs interact of whose species `Pairs` says nothing; none where it says something of all.
        Cutoff: float option
        /// The distance for pairs of two species, the first name not above the second.
        Pairs: Map<string * string, float>
        /// Pairs that so many bonds or fewer join, 0 to 3, do not interact by distance. Programs differ in what they leave between
        /// bodies a few bonds apart: with 0 the data decide.
        ExcludedBonds: int
    }

    /// The largest distance at which any pair interacts.
    member reach.Largest: float = Seq.append (Option.toList reach.Cutoff) reach.Pairs.Values |> Seq.max

    /// The reach in a few words.
    override reach.ToString() : string =
        let pairs = [ for KeyValue((a, b), cutoff) in reach.Pairs -> $"{cutoff} for {a}-{b}" ]

        let cutoffs =
            match reach.Cutoff with
            | None -> pairs
            | Some cutoff when pairs.IsEmpty -> [ string cutoff ]
            | Some cutoff -> pairs @ [ $"{cutoff} for others" ]

        let excluded =
            if reach.ExcludedBonds = 0 then
                ""
            else
                $", more than {reach.ExcludedBonds} bonds apart"

        "pairs within " + String.Join(", ", cutoffs) + excluded

/// Why a reach was refused.
type ReachError =
    /// The cutoff is NaN, infinite, zero or negative.
    | BadCutoff of cutoff: float
    /// There is neither a cutoff for all pairs nor one for these species.
    | NoCutoffFor of first: string * second: string
    /// Bonds are counted up to three.
    | BadExclusion of bonds: int

    /// The error as one sentence.
    override error.ToString() : string =
        match error with
        | BadCutoff cutoff -> $"The cutoff is {cutoff}; expected a finite distance above 0."
        | NoCutoffFor("", "") ->
            "There are cutoffs for pairs of species, and nobody says of which species the bodies are; expected their names."
        | NoCutoffFor(first, second) ->
            $"There is no cutoff for pairs of the species {first} and {second}; expected one for each pair of species."
        | BadExclusion bonds -> $"Pairs that {bonds} bonds or fewer join are to be left out; expected 0 to 3."

/// Creation of reaches.
[<RequireQualifiedAccess>]
module Reach =

    /// One cutoff for all pairs.
    let within (cutoff: float) : Reach = { Cutoff = Some cutoff; Pairs = Map.empty; ExcludedBonds = 0 }

    let private key (first: string) (second: string) : string * string =
        if String.CompareOrdinal(first, second) <= 0 then
            first, second
        else
            second, first

    /// The same with a cutoff for pairs of two species, in any order.
    let withPair (first: string) (second: string) (cutoff: float) (reach: Reach) : Reach =
        { reach with Pairs = Map.add (key first second) cutoff reach.Pairs }

    /// A cutoff for each pair of species, named in any order, and none for others.
    let ofPairs (cutoffs: (struct (string * string * float)) seq) : Reach =
        ({ Cutoff = None; Pairs = Map.empty; ExcludedBonds = 0 }, cutoffs)
        ||> Seq.fold (fun reach (struct (first, second, cutoff)) -> withPair first second cutoff reach)

    /// The distance within which bodies of two species interact, if it is known.
    let tryCutoffOf (first: string) (second: string) (reach: Reach) : float option =
        reach.Pairs |> Map.tryFind (key first second) |> Option.orElse reach.Cutoff

    /// Why the reach cannot be that of bodies of some species, if it cannot.
    let fault (species: string list) (reach: Reach) : ReachError option =
        let bad cutoff = not (Double.IsFinite cutoff) || cutoff <= 0.0

        let missing =
            List.allPairs species species |> List.tryFind (fun (first, second) -> tryCutoffOf first second reach |> Option.isNone)

        match Seq.append (Option.toList reach.Cutoff) reach.Pairs.Values |> Seq.tryFind bad, missing with
        | Some cutoff, _ -> Some(BadCutoff cutoff)
        | None, Some(first, second) -> Some(NoCutoffFor(first, second))
        | None, None when reach.ExcludedBonds < 0 || reach.ExcludedBonds > 3 -> Some(BadExclusion reach.ExcludedBonds)
        | None, None -> None
