namespace HgnFunctional.Learning

open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Blocks

/// A block to be made, and what it may see of the data.
[<NoEquality; NoComparison>]
type internal SurveyedPart =
    {
        Recipe: BlockRecipe
        /// The place of the recipe among those that the data have something for.
        Place: int
        Kind: Kind
        Sample: TrainingSample
    }

/// What a plan is drawn from: what a survey tells, with pins held and options chosen.
[<NoEquality; NoComparison>]
type internal Overview =
    {
        /// The blocks to be made: a recipe, the place of the recipe, the kind of body or pair, and what the block may see of the
        /// data, in the order of the recipes and kinds.
        Parts: SurveyedPart list
        /// Names of all species, of all bond types and of all angle types.
        Species: string list
        BondTypes: string list
        AngleTypes: string list
        /// Root mean squares of q' and p' over all components, and how energies spread by body; 1 where all vanish.
        Scales: TargetScales
        /// What was measured in some frame.
        HasVelocities: bool
        HasForces: bool
        HasEnergies: bool
        /// Whether some frames must tell forces by how they move.
        HasMotion: bool
        /// How motions give equations, where there are any; and the most frames that a window may have.
        Stencil: StencilForm option
        /// The equations of the motions of the sample with it.
        Windows: Observation[]
        LongestWindow: int
        /// Whether all velocities and momenta vanish, so that the data say nothing of the kinetic energy.
        AtRest: bool
        /// Whether all forces vanish.
        ForcesVanish: bool
        /// Whether two bodies are ever within the cutoff.
        SeesReach: bool
        /// Number of snapshots.
        Frames: int64
        /// The fingerprint of the data, in hexadecimal.
        Hash: string
        /// The largest number of components of a snapshot, and its number of bodies.
        Largest: struct (int * int)
        /// What never moves, found in all snapshots. Those below are pinned already.
        Pins: PinFinder
        /// Names of recipes that the data refuse though they could do without, and why.
        Refused: (string * BlockError) list
        /// The first snapshot, where the energy is zero.
        First: Snapshot
        /// A few snapshots, chosen by their contents, to try options on.
        Pilot: Snapshot[]
        /// Some more, which layers are drawn on.
        Sample: Snapshot[]
    }

    /// The observations of some snapshots of the sample, and of all its motions.
    member overview.Observed(snapshots: Snapshot[]) : Observation[] =
        let moments = snapshots |> Array.filter (fun snapshot -> snapshot.HasVelocities || not (Observation.isOfMotion snapshot))
        Array.append (Array.map At moments) overview.Windows

    /// The overview with a way to make equations of motions.
    member overview.With(form: StencilForm) : Overview =
        let windows = overview.Sample |> Array.filter Observation.isOfMotion |> Observation.ofSnapshots form
        { overview with Stencil = Some form; Windows = windows |> Array.filter _.IsOver }
