namespace HgnFunctional.Blocks

open System
open HgnFunctional.Bodies
open HgnFunctional.Features

/// The saved forms of what several kinds of block are made of.
[<RequireQualifiedAccess>]
module internal SavedParts =

    /// More dimensions of space are in no data.
    let mostDimensions = 8

    let private number (value: float) : SavedForm = SavedForm.Number value

    let ofRange (range: InvariantRange) : SavedForm =
        SavedForm.Fields [ "name", SavedForm.Text range.Name; "low", number range.Low; "high", number range.High ]

    let toRange (reader: SavedReader) : InvariantRange = { Name = reader.Text "name"; Low = reader.Float "low"; High = reader.Float "high" }

    let private toActivation (vocabulary: Vocabulary) (reader: SavedReader) : Activation =
        reader.Registered("activation", "activation", vocabulary.Activations, _.Name)

    let ofUnits (units: ScalarUnits) : (string * SavedForm) list =
        [
            "degrees", SavedForm.ofInts units.Degrees
            "activation", SavedForm.Text units.Map.Activation.Name
            "centre", number units.Map.Centres[0]
            "halfRange", number units.Map.HalfRanges[0]
            "weights", SavedForm.Numbers units.Map.Weights
            "biases", SavedForm.Numbers units.Map.Biases
        ]

    let toUnits (vocabulary: Vocabulary) (reader: SavedReader) : ScalarUnits =
        let weights = reader.Floats("weights", None)
        let degrees = reader.Floats("degrees", None)

        if degrees |> Array.exists (fun degree -> degree <> 1.0 && degree <> 2.0) then
            reader.Fail("degrees", "degrees of 1 and 2")

        {
            Degrees = degrees |> Array.map int
            Map =
                {
                    Activation = toActivation vocabulary reader
                    Centres = [| reader.Float "centre" |]
                    HalfRanges = [| reader.Positive "halfRange" |]
                    Weights = weights
                    Biases = reader.Floats("biases", Some weights.LongLength)
                }
        }

    let ofFactor (factor: CutoffFactor option) : (string * SavedForm) list =
        match factor with
        | None -> []
        | Some factor -> [ "cutoff", SavedForm.Fields [ "shape", SavedForm.Text factor.Shape.Name; "radius", number factor.Radius ] ]

    let toFactor (vocabulary: Vocabulary) (reader: SavedReader) : CutoffFactor option =
        reader.TryObject "cutoff"
        |> Option.map (fun inner ->
            {
                Shape = inner.Registered("shape", "cutoff factor", vocabulary.Cutoffs, _.Name)
                Radius = inner.Positive "radius"
            })

    let private ofBetween (bonds: int option) : (string * SavedForm) list =
        bonds |> Option.map (fun bonds -> "bondsBetween", number (float bonds)) |> Option.toList

    /// The relation and the kind of bonds, pairs or angles.
    let ofKind (kind: Kind) : SavedForm =
        SavedForm.Fields
            [
                match kind with
                | EachBody -> ()
                | BodiesOf species ->
                    "kind", SavedForm.Text "bodies"
                    "species", SavedForm.ofTexts [ species ]
                | AnglesOf angleType ->
                    "kind", SavedForm.Text "angles"
                    "type", SavedForm.Text angleType
                | BondsOf bondType ->
                    "kind", SavedForm.Text "bonds"
                    "type", SavedForm.Text bondType
                | PairsOf(first, second, between) ->
                    "kind", SavedForm.Text "cutoff"
                    "species", SavedForm.ofTexts [ first; second ]
                    yield! ofBetween between
                | AnyPairsOf between ->
                    "kind", SavedForm.Text "cutoff"
                    yield! ofBetween between
            ]

    /// All bodies, or those of a species.
    let toBodyKind (reader: SavedReader) : Kind =
        match reader.TryTexts "species" with
        | None -> EachBody
        | Some [ species ] -> BodiesOf species
        | Some _ -> reader.Fail("species", "one name")

    let ofWeight (weight: Weight) : (string * SavedForm) list =
        match weight with
        | Unweighted -> []
        | ByMasses -> [ "weight", SavedForm.Text "mass" ]
        | ByAttribute name -> [ "attribute", SavedForm.Text name ]

    let toWeight (reader: SavedReader) : Weight =
        match reader.TryText "attribute", reader.TryNamed("weight", [ "mass" ], id) with
        | None, None -> Unweighted
        | None, Some _ -> ByMasses
        | Some name, None -> ByAttribute name
        | Some _, Some _ -> reader.Fail("weight", "one weight")

    let toPairKind (reader: SavedReader) : Kind =
        match reader.Named("kind", [ "bonds"; "cutoff" ], id) with
        | "bonds" -> BondsOf(reader.Text "type")
        | _ ->
            match reader.TryTexts "species" with
            | None -> AnyPairsOf(reader.TryInteger("bondsBetween", 1, BondPaths.More))
            | Some [ first; second ] when String.CompareOrdinal(first, second) <= 0 ->
                PairsOf(first, second, reader.TryInteger("bondsBetween", 1, BondPaths.More))
            | _ -> reader.Fail("species", "two names in ascending order")

    /// Any kind.
    let toKind (reader: SavedReader) : Kind =
        match reader.TryNamed("kind", [ "bodies"; "angles"; "bonds"; "cutoff" ], id) with
        | None -> EachBody
        | Some "bodies" -> toBodyKind reader
        | Some "angles" -> AnglesOf(reader.Text "type")
        | Some _ -> toPairKind reader

    let ofMap (map: FeatureMap) : (string * SavedForm) list =
        [
            "activation", SavedForm.Text map.Activation.Name
            "centres", SavedForm.Numbers map.Centres
            "halfRanges", SavedForm.Numbers map.HalfRanges
            "weights", SavedForm.Numbers map.Weights
            "biases", SavedForm.Numbers map.Biases
        ]

    /// A map of so many inputs, a number that nothing has checked yet.
    let toMap (vocabulary: Vocabulary) (inputs: int64) (reader: SavedReader) : FeatureMap =
        let biases = reader.Floats("biases", None)
        let halfRanges = reader.Floats("halfRanges", Some inputs)

        if halfRanges |> Array.exists (fun half -> half <= 0.0) then
            reader.Fail("halfRanges", "numbers above 0")

        {
            Activation = toActivation vocabulary reader
            Centres = reader.Floats("centres", Some inputs)
            HalfRanges = halfRanges
            Weights = reader.Floats("weights", Some(inputs * biases.LongLength))
            Biases = biases
        }
