namespace HgnFunctional.Bodies

open HgnFunctional.Numerics
open HgnFunctional.Space
open HgnFunctional.Features

/// The saved form of structures, with all that they say.
[<RequireQualifiedAccess>]
module internal SavedStructure =

    let private number (value: float) : SavedForm = SavedForm.Number value

    let private ofNaming (naming: Naming) : SavedForm =
        SavedForm.Fields [ "names", SavedForm.ofTexts naming.Names; "indices", SavedForm.ofInts (Seq.init naming.Count naming.IndexOf) ]

    let private toNaming (reader: SavedReader) : Naming =
        let names = Array.ofList (reader.Texts "names")
        reader.Indices("indices", names.Length) |> Array.map (fun index -> names[index]) |> Naming.ofNames

    let private ofAxis (axis: Axis) : SavedForm =
        SavedForm.Fields
            [
                match axis with
                | Open -> "kind", SavedForm.Text "open"
                | Boxed(low, high) ->
                    "kind", SavedForm.Text "boxed"
                    "bounds", SavedForm.Numbers [| low; high |]
                | Periodic(low, high) ->
                    "kind", SavedForm.Text "periodic"
                    "bounds", SavedForm.Numbers [| low; high |]
            ]

    let private toAxis (reader: SavedReader) : Axis =
        let bounds () = reader.Floats("bounds", Some 2L)

        match reader.Named("kind", [ "open"; "boxed"; "periodic" ], id) with
        | "open" -> Open
        | "boxed" -> bounds () |> fun bounds -> Boxed(bounds[0], bounds[1])
        | _ -> bounds () |> fun bounds -> Periodic(bounds[0], bounds[1])

    let private ofBonds (bonds: Bonds) : SavedForm =
        SavedForm.Fields
            [
                "senders", SavedForm.ofInts (bonds.Graph.Pairs.Senders.ToArray())
                "receivers", SavedForm.ofInts (bonds.Graph.Pairs.Receivers.ToArray())
                "types", ofNaming bonds.Types
            ]

    let private toBonds (bodies: int) (reader: SavedReader) : Bonds =
        let senders, receivers = reader.Indices("senders", bodies), reader.Indices("receivers", bodies)
        let types = toNaming (reader.Object "types")

        if receivers.Length <> senders.Length || (senders.Length > 0 && types.Count <> senders.Length) then
            reader.Fail("receivers", "as many as there are senders and types")

        match
            Seq.zip3 senders receivers (Naming.toArray types)
            |> Seq.map (fun (a, b, name) -> struct (a, b, name))
            |> Bonds.tryCreate bodies
        with
        | Ok bonds -> bonds
        | Error error -> reader.Fail("senders", $"bonds of the bodies: {error}")

    let private ofAngles (angles: Angles) : SavedForm =
        SavedForm.Fields
            [
                "firsts", SavedForm.ofInts (angles.Firsts.ToArray())
                "centres", SavedForm.ofInts (angles.Centres.ToArray())
                "seconds", SavedForm.ofInts (angles.Seconds.ToArray())
                "types", ofNaming angles.Types
            ]

    let private toAngles (bodies: int) (bonds: Bonds) (reader: SavedReader) : Angles =
        let of' field = reader.Indices(field, bodies)
        let firsts, centres, seconds, types = of' "firsts", of' "centres", of' "seconds", toNaming (reader.Object "types")

        if
            centres.Length <> firsts.Length
            || seconds.Length <> firsts.Length
            || (firsts.Length > 0 && types.Count <> firsts.Length)
        then
            reader.Fail("centres", "as many as there are ends and types")

        match Array.init firsts.Length (fun k -> struct (firsts[k], centres[k], seconds[k], types.NameOf k)) |> Angles.tryCreate bonds with
        | Ok angles -> angles
        | Error error -> reader.Fail("firsts", $"angles between bonds: {error}")

    let private ofReach (reach: Reach) : SavedForm =
        SavedForm.Fields
            [
                match reach.Cutoff with
                | Some cutoff -> "cutoff", number cutoff
                | None -> ()
                "firsts", SavedForm.ofTexts (reach.Pairs |> Map.keys |> Seq.map fst)
                "seconds", SavedForm.ofTexts (reach.Pairs |> Map.keys |> Seq.map snd)
                "cutoffs", SavedForm.Numbers(reach.Pairs |> Map.values |> Array.ofSeq)
                "excludedBonds", number (float reach.ExcludedBonds)
            ]

    let private toReach (reader: SavedReader) : Reach =
        let firsts, seconds = reader.Texts "firsts", reader.Texts "seconds"
        let cutoffs = reader.Floats("cutoffs", Some(int64 firsts.Length)) |> List.ofArray

        if seconds.Length <> firsts.Length then
            reader.Fail("seconds", "as many as there are first species")

        {
            Cutoff = reader.TryPositive "cutoff"
            Pairs = List.zip (List.zip firsts seconds) cutoffs |> Map.ofList
            ExcludedBonds = reader.Integer("excludedBonds", 0, 3)
        }

    let private ofLabels (labels: Labels) : SavedForm =
        SavedForm.Fields
            [
                // As texts, since ids may be beyond what numbers hold.
                "ids", SavedForm.ofTexts (labels.Ids |> Seq.map string)
                match labels.Elements with
                | Some elements -> "elements", ofNaming (Naming.ofNames elements)
                | None -> ()
                "torsions", number (float labels.Torsions)
                match labels.Units with
                | Some units -> "units", SavedForm.Text units
                | None -> ()
                "namesUnits", SavedForm.Flag labels.NamesUnits
            ]

    let private toLabels (bodies: int) (reader: SavedReader) : Labels =
        let ids =
            [|
                for text in reader.Texts "ids" ->
                    match System.Int64.TryParse(text, System.Globalization.CultureInfo.InvariantCulture) with
                    | true, id -> id
                    | _ -> reader.Fail("ids", "whole numbers")
            |]

        let elements = reader.TryObject "elements" |> Option.map (toNaming >> Naming.toArray)

        if ids.Length <> bodies || elements |> Option.exists (fun elements -> elements.Length <> bodies) then
            reader.Fail("ids", $"one for each of {bodies} bodies")

        {
            Ids = ids
            Elements = elements
            Torsions = reader.Count "torsions"
            Units = reader.TryText "units"
            NamesUnits = reader.Flag "namesUnits"
        }

    /// All that a structure says.
    let save (structure: Structure) : (string * SavedForm) list =
        [
            "masses", SavedForm.Numbers(structure.Masses.ToArray())
            "species", ofNaming structure.Species
            "axes", SavedForm.List [ for axis in structure.Cell.Axes -> ofAxis axis ]
            "tilts", SavedForm.Numbers(structure.Cell.Tilts.ToArray())
            match structure.Relations.Bonds with
            | Some bonds -> "bonds", ofBonds bonds
            | None -> ()
            match structure.Relations.Angles with
            | Some angles -> "angles", ofAngles angles
            | None -> ()
            match structure.Relations.Reach with
            | Some reach -> "reach", ofReach reach
            | None -> ()
            "attributes",
            SavedForm.List
                [
                    for name in structure.Attributes ->
                        SavedForm.Fields
                            [ "name", SavedForm.Text name; "values", SavedForm.Numbers(Option.get (structure.TryAttribute name)) ]
                ]
            "pinned", SavedForm.ofInts structure.PinnedCoordinates
            match structure.Labels with
            | Some labels -> "labels", ofLabels labels
            | None -> ()
        ]

    /// A structure as it was saved.
    let restore (reader: SavedReader) : Structure =
        let orFail (field: string) (result: Result<'part, 'error>) : 'part =
            match result with
            | Ok part -> part
            | Error error -> reader.Fail(field, $"what a structure can have: {error}")

        let masses = reader.Floats("masses", None)
        let bodies = masses.Length

        let cell = Cell.tryTilted (reader.Objects "axes" |> List.map toAxis) (reader.Floats("tilts", None)) |> orFail "axes"

        let bonds = reader.TryObject "bonds" |> Option.map (toBonds bodies)

        let angles =
            match reader.TryObject "angles", bonds with
            | Some angles, Some bonds -> Some(toAngles bodies bonds angles)
            | Some _, None -> reader.Fail("angles", "bonds beside them")
            | None, _ -> None

        let plain =
            Structure.tryCreate cell Relations.none (System.ReadOnlySpan<float> masses)
            |> orFail "masses"
            |> Structure.tryWithSpecies (Naming.toArray (toNaming (reader.Object "species")))
            |> orFail "species"
            |> Structure.tryWithRelations { Bonds = bonds; Angles = angles; Reach = reader.TryObject "reach" |> Option.map toReach }
            |> orFail "reach"

        let withAttributes =
            (plain, reader.Objects "attributes")
            ||> List.fold (fun structure attribute ->
                let values = attribute.Floats("values", Some(int64 bodies))
                Structure.tryWithAttribute (attribute.Text "name") (System.ReadOnlySpan<float> values) structure |> orFail "attributes")

        let pinned = reader.Indices("pinned", bodies * cell.Dimension)

        let withPins =
            if pinned.Length = 0 then
                withAttributes
            else
                let pins = Array.zeroCreate (bodies * cell.Dimension)

                for k in pinned do
                    pins[k] <- true

                withAttributes.With(pins: bool[])

        match reader.TryObject "labels" with
        | Some labels -> Structure.withLabels (toLabels bodies labels) withPins
        | None -> withPins
