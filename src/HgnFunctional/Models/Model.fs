namespace HgnFunctional.Models

open System
open HgnFunctional.Bodies
open HgnFunctional.Invariance
open HgnFunctional.Data
open HgnFunctional.Blocks

/// What a model was trained on, and must be used on: the relations, and the names of what it tells apart.
type ModelScope =
    {
        /// The species of bodies that the model knows; [ "" ] where it looks at none, or nobody named them.
        Species: string list
        /// The types of bonds that the model knows; [ "" ] where it looks at none, or nobody named them. None for a model without
        /// bonds.
        BondTypes: string list option
        /// The types of angles that the model knows; [ "" ] where nobody named them. None for a model that looks at no angles.
        AngleTypes: string list option
        /// The distances within which pairs interact, if any do.
        Reach: Reach option
    }

/// Scopes of models.
[<RequireQualifiedAccess>]
module ModelScope =

    /// Bonds, whatever their types and the species of the bodies.
    let bonds: ModelScope = { Species = [ "" ]; BondTypes = Some [ "" ]; AngleTypes = None; Reach = None }

    /// Pairs within a cutoff, whatever the species of the bodies.
    let within (cutoff: float) : ModelScope = { bonds with BondTypes = None; Reach = Some(Reach.within cutoff) }

/// A block with the readout of each of its features.
[<NoEquality; NoComparison>]
type ModelTerm =
    {
        /// The features.
        Block: IBlock
        /// The weight of each feature in the Hamiltonian, or in the forces [width].
        Readout: float[]
    }

/// The two kinds of terms.
[<AutoOpen>]
module internal ModelTerms =

    /// A term of the Hamiltonian, or one of forces that no energy gives.
    let (|EnergyTerm|ForceTerm|) (term: ModelTerm) =
        match term.Block with
        | :? IEnergyBlock as block -> EnergyTerm(struct (block, term.Readout))
        | :? IForceBlock as block -> ForceTerm(struct (block, term.Readout))
        | block -> invalidOp $"The block '{block.Kind}' is neither one of energies nor one of forces."

    /// The terms of the Hamiltonian.
    let energiesOf (terms: ModelTerm list) : struct (IEnergyBlock * float[])[] =
        [|
            for term in terms do
                match term with
                | EnergyTerm energy -> energy
                | ForceTerm _ -> ()
        |]

    /// The terms of forces; those whose readout is zero do nothing.
    let forcesOf (terms: ModelTerm list) : struct (IForceBlock * float[])[] =
        [|
            for term in terms do
                match term with
                | ForceTerm(struct (_, readout) as force) when Array.exists ((<>) 0.0) readout -> force
                | _ -> ()
        |]

    /// Adds the gradient of some energies with respect to q and to p, each [N d]; a span may be empty where no block asks for it.
    let addGradient
        (energies: struct (IEnergyBlock * float[])[])
        (configuration: inref<Configuration>)
        (gradientQ: Span<float>)
        (gradientP: Span<float>)
        : unit =
        for struct (block, readout) in energies do
            block.PullbackInto(&configuration, readout, gradientQ, gradientP)

    /// Adds forces that no energy gives [N d].
    let addForces (forces: struct (IForceBlock * float[])[]) (configuration: inref<Configuration>) (destination: Span<float>) : unit =
        for struct (block, readout) in forces do
            block.ForceInto(&configuration, readout, destination)

/// How the fit of one linear system went. A model that splits has two: kinetic and potential.
[<NoComparison; StructuredFormatDisplay("{Summary}")>]
type FitDiagnostics =
    {
        /// "kinetic", "potential" or "coupled".
        Part: string
        /// Rows of the linear system.
        Rows: int64
        /// Features sampled, of which some are redundant.
        FeaturesSampled: int
        /// Features kept: the numerical rank, but for systems of more than 512 features whose rank is above 256, which drop none.
        FeaturesKept: int
        /// Condition number of the kept, normalised columns.
        Condition: float
        /// The penalty, as a fraction of the largest singular value.
        Ridge: float
        /// |fit - data| / |data| over all rows: the relative error of velocities, forces, or both.
        RelativeError: float
    }

    /// The diagnostics in one line.
    member fit.Summary: string =
        $"{fit.Part} fit: {fit.FeaturesKept} of {fit.FeaturesSampled} features kept, from {fit.Rows} rows; relative error {fit.RelativeError:E1}, condition {fit.Condition:E1}, ridge {fit.Ridge:E1}"

    /// The summary.
    override fit.ToString() : string = fit.Summary

/// Where a model comes from.
[<NoComparison>]
type Provenance =
    {
        /// Version of the library that trained it.
        LibraryVersion: string
        /// The seed of every random draw.
        Seed: int
        /// Name of the sampler.
        Sampler: string
        /// Hidden units per block before any was dropped.
        Width: int
        /// Number of snapshots.
        Frames: int64
        /// The largest number of pinned bodies in a snapshot.
        PinnedBodies: int
        /// Sum modulo 2^256 of the SHA-256 of each snapshot, in hexadecimal: it does not depend on their order.
        DataHash: string
    }

/// Standard deviations of the components of the forces at a snapshot [N d], in its units. That of the readout alone is no error bar where
/// the features cannot describe the forces, and no number of frames makes it one: what a fit leaves over is in the other.
[<NoComparison>]
type ForceDeviation =
    {
        /// From what the training data leave open of the readout.
        OfReadout: float[]
        /// With what the fit left over in training, as noise of one size for all components.
        WithResidual: float[]
    }

/// What the training data leave open of a model.
type IModelPosterior =
    /// How far the forces at a snapshot may be off; its own forces and velocities do not matter.
    abstract ForceDeviation: snapshot: Snapshot -> ForceDeviation

/// A learned Hamiltonian H = c + sum over terms of readout . Phi. Immutable: it can be shared by threads.
[<NoEquality; NoComparison; StructuredFormatDisplay("{Summary}")>]
type TrainedModel =
    {
        /// What it acts on.
        Scope: ModelScope
        /// Blocks with readouts.
        Terms: ModelTerm list
        /// c, which makes H zero at the first training snapshot.
        Constant: float
        /// Name of the unit style of the training data, such as "metal", if it is known.
        Units: string option
        /// One entry for each linear system solved.
        Diagnostics: FitDiagnostics list
        /// Seed, data and version.
        Provenance: Provenance
        /// What the fit ignored or cannot describe; empty where all is well, and for models read from files.
        Warnings: Warning list
        /// What the fit found and cannot describe; none for models read from files.
        Verdict: Verdict option
        /// What the training data leave open; none for models read from files, and where more than 512 features were solved without
        /// pivoting.
        Posterior: IModelPosterior option
    }

    /// Whether the kinetic energy is |p|^2 / (2 m), from the masses: all training data stood still, which says nothing of it.
    member model.KineticFromMasses: bool = model.Terms |> List.exists _.Block.IsOfMasses

    /// Whether something outside of the bodies acts on them: then neither momentum nor angular momentum is conserved.
    member model.HasSurroundings: bool = model.Terms |> List.exists _.Block.ActsFromOutside

    /// Whether the zero of energies was learned, from energies in the data.
    member model.KnowsZeroOfEnergy: bool = model.Terms |> List.exists (fun term -> term.Block :? OffsetBlock)

    /// Whether some forces are of no energy, such as drag: then energy is not conserved.
    member model.IsDriven: bool = (forcesOf model.Terms).Length > 0

    /// The constants of nature in the model, without error bars, which `Verdict` has.
    member model.Constants: FittedConstant list =
        [
            for term in model.Terms do
                for constant in term.Block.Constants do
                    {
                        Quantity = constant.Quantity
                        Bodies =
                            match term.Block.Kinds with
                            | [ EachBody ] -> ""
                            | kinds -> kinds |> List.map string |> String.concat ", "
                        Component = constant.Component
                        // A constant that is 0 has no sign.
                        Value = constant.Factor * term.Readout[constant.Feature] + 0.0
                        Deviation = nan
                    }
        ]

    /// The uniform field in proportion to the mass [d], an acceleration such as that of gravity, if the model has one.
    member model.UniformField: float[] option =
        match model.Constants |> List.filter (fun constant -> constant.Quantity = "uniform field, by mass") with
        | [] -> None
        | along -> along |> List.map _.Value |> Array.ofList |> Some

    /// The coefficient of linear drag F = -coefficient v of all bodies, if the model has one for all.
    member model.Drag: float option =
        match model.Constants |> List.filter (fun constant -> constant.Quantity = "drag") with
        | [ drag ] when drag.Bodies = "" -> Some drag.Value
        | _ -> None

    /// The attributes of bodies that laws of the model are weighted by.
    member model.Attributes: string list = model.Terms |> List.collect _.Block.Attributes |> List.distinct

    /// The model in one paragraph.
    member model.Summary: string =
        let kept = model.Diagnostics |> List.sumBy (fun fit -> int64 fit.FeaturesKept)
        let sampled = model.Diagnostics |> List.sumBy (fun fit -> int64 fit.FeaturesSampled)
        let blocks = model.Terms |> List.map (fun term -> term.Block.Kind) |> List.distinct |> String.concat " + "

        let named (what: string) (names: string list) = if names.Length > 1 then $" of {names.Length} {what}" else ""

        let relations =
            [
                match model.Scope.BondTypes with
                | Some types -> "bonds" + named "types" types
                | None -> ()
                match model.Scope.AngleTypes with
                | Some types -> "angles" + named "types" types
                | None -> ()
                match model.Scope.Reach with
                | Some reach -> string reach + named "species" model.Scope.Species
                | None -> ()
            ]

        let pairs = if relations.IsEmpty then "single bodies" else String.concat " and " relations
        let errors = model.Diagnostics |> List.map (fun fit -> $"{fit.Part} {fit.RelativeError:E1}") |> String.concat ", "

        $"TrainedModel on {pairs}: {blocks}, {kept} of {sampled} features kept, from {model.Provenance.Frames} snapshots; relative training error {errors}"

    /// The summary.
    override model.ToString() : string = model.Summary
