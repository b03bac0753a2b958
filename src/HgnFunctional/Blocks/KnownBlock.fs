namespace HgnFunctional.Blocks

open System
open System.Buffers
open System.Numerics.Tensors
open System.Runtime.CompilerServices
open HgnFunctional.Bodies
open HgnFunctional.Systems

/// A part of the potential energy whose law is known: one feature, whose readout is fitted, or known as well (`BlockRecipe.Fixed`).
[<Sealed; NoEquality; NoComparison>]
type KnownBlock internal (law: KnownLaw, isKept: bool) =

    let terms = ConditionalWeakTable<Structure, IPotentialTerm>()

    let termOn (structure: Structure) : IPotentialTerm = terms.GetValue(structure, (fun structure -> law.Term structure))

    let width = if isKept then 1 else 0

    /// The law.
    member _.Law: KnownLaw = law

    interface IEnergyBlock with
        member _.Kind = law.Name
        member _.Width = width
        member _.Trend = width
        member _.Part = Potential
        member _.Kinds = [ EachBody ]
        member _.IsOfMasses = false
        member _.Ranges = []
        member _.Symmetries = law.Symmetries
        member _.ActsFromOutside = not law.Symmetries.Translations
        member _.Hops = law.Hops

        member _.Constants =
            if isKept then
                [ { Feature = 0; Quantity = $"known {law.Name}"; Component = ""; Factor = 1.0 } ]
            else
                []

        member _.Attributes = law.Attributes

        member _.Refuses(structure) =
            match law.Attributes |> List.tryFind (fun name -> (structure.TryAttribute name).IsNone) with
            | Some name -> Some(NeedsAttribute name)
            | None -> law.Refuses structure |> Option.map (fun reason -> Refused(law.Name, reason))

        member _.ValuesInto(configuration, destination) =
            if isKept then
                destination[0] <- (termOn configuration.Structure).Energy &configuration

        member _.Energy(configuration, readout) =
            if isKept then
                readout[0] * (termOn configuration.Structure).Energy &configuration
            else
                0.0

        member _.RowsInto(configuration, rowsQ, _, stride) =
            if isKept then
                let gradient = Array.zeroCreate<float> configuration.Positions.Length
                (termOn configuration.Structure).AddGradient(&configuration, Span<float> gradient)

                for t in 0 .. gradient.Length - 1 do
                    rowsQ[t * stride] <- rowsQ[t * stride] + gradient[t]

        member _.PullbackInto(configuration, readout, gradientQ, _) =
            if isKept && readout[0] = 1.0 then
                (termOn configuration.Structure).AddGradient(&configuration, gradientQ)
            elif isKept then
                let rented = ArrayPool<float>.Shared.Rent gradientQ.Length
                let mine = Span<float>(rented, 0, gradientQ.Length)
                mine.Clear()
                (termOn configuration.Structure).AddGradient(&configuration, mine)
                TensorPrimitives.MultiplyAdd(Span<float>.op_Implicit mine, readout[0], Span<float>.op_Implicit gradientQ, gradientQ)
                ArrayPool<float>.Shared.Return rented

        member _.TellsStrain(structure) = not isKept || (termOn structure).TellsStrain structure

        member _.StrainInto(configuration, readout, destination) =
            if isKept then
                let d = configuration.Structure.Dimension
                let mine = Array.zeroCreate<float>(d * d)
                (termOn configuration.Structure).AddStrain(&configuration, Span<float> mine)
                TensorPrimitives.MultiplyAdd(ReadOnlySpan<float> mine, readout[0], Span<float>.op_Implicit destination, destination)

        member _.StrainRowsInto(configuration, rows, stride) =
            if isKept then
                let d = configuration.Structure.Dimension
                let mine = Array.zeroCreate<float>(d * d)
                (termOn configuration.Structure).AddStrain(&configuration, Span<float> mine)

                for t in 0 .. mine.Length - 1 do
                    rows[t * stride] <- rows[t * stride] + mine[t]

        member _.Response(_, _) = nan
        member _.CountOutside _ = struct (0, 0)
        member _.Select(features) = KnownBlock(law, isKept && features.Length > 0)
        member _.Save() = law.Save()

/// How blocks of known laws are made.
[<RequireQualifiedAccess>]
module KnownBlock =

    /// The recipe of a known law, with its factor if that is known as well; it is fitted otherwise.
    let recipe (factor: float option) (law: KnownLaw) : BlockRecipe =
        {
            Kind = law.Name
            Family = $"known {law.Name}"
            Kinds = fun _ -> [ EachBody ]
            Inputs = fun _ -> 1
            Collect = fun _ poolOf -> poolOf EachBody |> ignore
            SeesRadial = false
            Layers = 0
            IsOptional = false
            Fixed = factor
            Refuses = fun _ snapshot -> (KnownBlock(law, true) :> IBlock).Refuses snapshot.Structure
            Create = fun _ _ _ -> KnownBlock(law, true)
            Restore = fun _ reader -> KnownBlock(law.Restore reader, true)
        }

    /// The recipes of the laws that files name, with constants of 1.
    let recipes: BlockRecipe list = KnownLaw.all |> List.map (recipe None)
