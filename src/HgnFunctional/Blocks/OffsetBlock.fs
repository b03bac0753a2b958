namespace HgnFunctional.Blocks

open HgnFunctional.Bodies

/// The energy of a body of a species by itself, which no force tells: Phi = the number of such bodies. Where data have energies it takes
/// up their zero.
[<Sealed; NoEquality; NoComparison>]
type OffsetBlock internal (kind: Kind, isKept: bool) =

    let width = if isKept then 1 else 0

    let count (structure: Structure) : float =
        let species = BodySelection.speciesOf kind structure
        let mutable bodies = 0

        for body in 0 .. structure.Bodies - 1 do
            if BodySelection.isOf species structure body then
                bodies <- bodies + 1

        float bodies

    interface IEnergyBlock with
        member _.Kind = "offset"
        member _.Width = width
        member _.Trend = width
        member _.Part = Potential
        member _.Kinds = [ kind ]
        member _.IsOfMasses = false
        member _.Ranges = []
        member _.Symmetries = BlockSymmetries.all
        member _.ActsFromOutside = false
        member _.Hops = Some 0

        member _.Constants =
            if isKept then
                [ { Feature = 0; Quantity = "energy of a body"; Component = ""; Factor = 1.0 } ]
            else
                []

        member _.Attributes = []
        member _.Refuses _ = None

        member _.ValuesInto(configuration, destination) =
            if isKept then
                destination[0] <- count configuration.Structure

        member _.Energy(configuration, readout) = if isKept then readout[0] * count configuration.Structure else 0.0
        member _.RowsInto(_, _, _, _) = ()
        member _.PullbackInto(_, _, _, _) = ()
        member _.TellsStrain _ = true
        member _.StrainInto(_, _, _) = ()
        member _.StrainRowsInto(_, _, _) = ()
        member _.Response(_, _) = nan
        member _.CountOutside _ = struct (0, 0)
        member _.Select(features) = OffsetBlock(kind, isKept && features.Length > 0)
        member _.Save() = [ "bodies", SavedParts.ofKind kind ]

/// How offset blocks are made.
[<RequireQualifiedAccess>]
module OffsetBlock =

    /// One for each species, where the data have energies; training adds it to all models.
    let recipe: BlockRecipe =
        {
            Kind = "offset"
            Family = "zero of energies"
            // Without energies there is none.
            Kinds = fun _ -> []
            Inputs = fun _ -> 1
            Collect =
                fun snapshot poolOf ->
                    if snapshot.Energy.IsSome then
                        for kind in BodySelection.kindsOf snapshot.Structure do
                            poolOf kind |> ignore
            SeesRadial = false
            Layers = 0
            IsOptional = false
            Fixed = None
            Refuses = fun _ _ -> None
            Create = fun options _ _ -> OffsetBlock(options.Kind, true)
            Restore = fun _ reader -> OffsetBlock(SavedParts.toBodyKind (reader.Object "bodies"), true)
        }
