namespace HgnFunctional.Learning

open HgnFunctional.Numerics
open HgnFunctional.Features
open HgnFunctional.Blocks

/// How the radial transform of pair distances is chosen.
[<NoEquality; NoComparison>]
type RadialChoice =
    /// r for bonds and 1/r within a cutoff, unless a pilot fit strongly favours another, for all kinds of pairs or for one.
    | AutomaticRadial
    /// This one.
    | FixedRadial of Radial

/// How the shape of the factor of pairs within a cutoff is chosen.
[<NoEquality; NoComparison>]
type CutoffChoice =
    /// Smooth, unless a pilot fit strongly favours the law as cut, for all kinds of pairs or for one.
    | AutomaticCutoff
    /// This one.
    | FixedCutoff of Cutoff

/// How much each kind of target counts, where it was measured; 0 leaves it out. Targets are divided by their spread in the data before, so that 1 means
/// that an error of the whole spread of one costs as much as that of another.
[<NoComparison>]
type TargetWeights =
    {
        /// Of each component of the velocities.
        Velocities: float
        /// Of each component of the forces.
        Forces: float
        /// Of the energy of each frame; by default 30, since there are few of them beside the forces.
        Energies: float
        /// Of each entry of the virial of each frame; by default 1, since more would cost laws of pairs alone what they know of forces.
        Virials: float
    }

/// The options of training. `TrainingConfig.defaults` were chosen by measurement (docs/DEFAULTS.md).
[<NoEquality; NoComparison>]
type TrainingConfig =
    {
        /// The kinds of block in the model.
        Recipes: BlockRecipe list
        /// How hidden weights are drawn.
        Sampler: Sampler
        /// The hidden units' function.
        Activation: Activation
        /// The radial transform of pair blocks.
        Radial: RadialChoice
        /// The factor of pairs within a cutoff.
        Cutoff: CutoffChoice
        /// Hidden units per block, before redundant ones are dropped; at least 1. Where a recipe makes blocks of several kinds of
        /// pairs, each has as many, but all together at most what the faster way of solving takes.
        Width: int
        /// The penalty on hidden units.
        Ridge: Ridge
        /// How much each kind of target counts; finite, and not below 0.
        Weights: TargetWeights
        /// How motions whose forces were not measured give equations; by default as the data want it.
        Stencil: StencilForm option
        /// Seed of every random draw.
        Seed: int
        /// Whether the verdict shows the evidence for every family of columns, also where the fit is good.
        ShowsEvidence: bool
    }

/// What a block of pairs or angles is made with.
[<NoEquality; NoComparison>]
type internal Shape = { Radial: Radial; Angular: Angular; Cutoff: Cutoff }

/// The defaults of training.
[<RequireQualifiedAccess>]
module TrainingConfig =

    /// Chosen by measurement (docs/DEFAULTS.md).
    let defaults: TrainingConfig =
        {
            Recipes = Blocks.defaults
            Sampler = Sampler.elm
            Activation = Activation.softplus
            Radial = AutomaticRadial
            Cutoff = AutomaticCutoff
            Width = 64
            Ridge = Automatic
            Weights = { Velocities = 1.0; Forces = 1.0; Energies = 30.0; Virials = 1.0 }
            Stencil = None
            Seed = 1
            ShowsEvidence = false
        }
