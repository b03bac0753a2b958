namespace HgnFunctional.Blocks

open System
open HgnFunctional.Bodies
open HgnFunctional.Invariance
open HgnFunctional.Data
open HgnFunctional.Features

/// What the columns of a block are, from which follows in which equations they stand.
type Part =
    /// Energies of momenta alone: they add to T(p), and stand in the equations of the velocities.
    | Kinetic
    /// Energies of positions alone: they add to V(q), and stand in the equations of the forces.
    | Potential
    /// Energies of both: they stand in both.
    | Coupled
    /// Forces of positions and momenta that are of no energy: they stand in the equations of the forces.
    | Driving

    /// Whether the columns stand in q' = dH/dp.
    member part.StandsInVelocities: bool = part = Kinetic || part = Coupled

    /// Whether the columns stand in p' = -dH/dq + F.
    member part.StandsInForces: bool = part <> Kinetic

/// Why a block cannot be used on a structure, or cannot learn from a snapshot.
type BlockError =
    /// Its inputs exist in this many dimensions alone.
    | NeedsDimension of dimension: int
    /// It knows this many bodies in this many dimensions alone.
    | NeedsBodies of bodies: int * dimension: int
    /// Its law is weighted by this attribute, which the bodies do not have.
    | NeedsAttribute of name: string
    /// It has one end for all pairs, and cutoffs differ.
    | NeedsOneCutoff
    /// It sees coordinates in the frame of the bodies, and they have none.
    | NoLocalFrame of FrameError
    /// It says so itself, in a sentence.
    | Refused of block: string * reason: string

    /// The error as one sentence.
    override error.ToString() : string =
        match error with
        | NeedsDimension dimension -> $"The model sees coordinates in {dimension} dimensions; expected a structure with as many."
        | NeedsBodies(bodies, dimension) ->
            $"The model sees the coordinates of {bodies} bodies in {dimension} dimensions as they are; expected a structure of that size."
        | NeedsAttribute name ->
            $"The model weighs bodies by the attribute '{name}', which the bodies do not have; expected one for each body."
        | NeedsOneCutoff -> "A block of the model has one cutoff for all pairs; expected a structure with as many."
        | NoLocalFrame error -> string error
        | Refused(block, reason) -> $"The block '{block}' cannot be used: {reason}"

/// The values of one invariant that a block saw in training.
[<NoComparison>]
type InvariantRange =
    {
        /// What the invariant is: "kinetic term", "distance", "cosine", or that of a kind of pairs or angles.
        Name: string
        /// Least value seen.
        Low: float
        /// Largest value seen.
        High: float
    }

/// A feature whose readout is a constant of nature.
type BlockConstant =
    {
        /// The feature.
        Feature: int
        /// What it is, such as "uniform field, by mass".
        Quantity: string
        /// The component, such as "x" or "xy"; "" where there is one.
        Component: string
        /// The constant over the readout: 1 or -1.
        Factor: float
    }

/// Some columns of a model, of energies or of forces. Immutable.
type IBlock =
    /// Name of the kind of block, as in model files.
    abstract Kind: string
    /// Number of features.
    abstract Width: int
    /// Number of leading features that are a trend: low polynomials of the invariants, which are fitted before the hidden
    /// units and are not penalised. What the trend can carry extrapolates as a polynomial.
    abstract Trend: int
    /// What the columns are.
    abstract Part: Part
    /// The kinds of bodies, pairs or angles that the features are of; `EachBody` alone for blocks that tell none apart.
    abstract Kinds: Kind list
    /// Whether the features are the kinetic energy of the masses, which is no data's.
    abstract IsOfMasses: bool
    /// The range in training of each invariant that the block looks at.
    abstract Ranges: InvariantRange list

    /// What leaves the features alone, or turns forces with the bodies.
    abstract Symmetries: BlockSymmetries

    /// Whether it stands for something outside of the bodies, which takes up momentum: fields, drag, magnets.
    abstract ActsFromOutside: bool

    /// Along how many interactions the rows of a body look: 0 where they depend on that body alone, 1 where on those that a pair or an angle
    /// joins to it, and so on. None where they may depend on all bodies, or nobody knows: then whole frames are held at once.
    abstract Hops: int option

    /// The features whose readouts are constants of nature.
    abstract Constants: BlockConstant list

    /// Names of the attributes of bodies that the features depend on.
    abstract Attributes: string list

    /// Why the block cannot be used on a structure, if it cannot.
    abstract Refuses: structure: Structure -> BlockError option

    /// Adds the columns of the equations q'_t = sum_k rowsP[t * stride + k] theta_k and -p'_t = sum_k rowsQ[t * stride + k] theta_k,
    /// t = 0 .. N d - 1: for energies the Jacobian, dPhi_k/dp_t and dPhi_k/dq_t; for forces -F_k,t in rowsQ alone. A span may be empty
    /// where the block's part says that it does not stand there.
    abstract RowsInto: configuration: inref<Configuration> * rowsQ: Span<float> * rowsP: Span<float> * stride: int -> unit

    /// The energy, or the size of the force, sum_k readout_k s_k of one body, pair or state at the given inputs, as pools collect them; NaN for blocks
    /// that have no pool.
    abstract Response: readout: float[] * inputs: float[] -> float

    /// How many of the block's invariants lie outside their training range here, and how many there are.
    abstract CountOutside: configuration: inref<Configuration> -> struct (int * int)

    /// The block with only the features of the given indices, in that order.
    abstract Select: features: int[] -> IBlock

    /// All that the recipe's `Restore` needs to make the block anew, by names other than "kind" and "readout".
    abstract Save: unit -> (string * SavedForm) list

/// Columns Phi_k of an energy, H = c + sum_k theta_k Phi_k. Every block obeys the same laws, which the tests check for
/// all in `Blocks.all`: rows are derivatives of values, by coordinates as by strains, rows times readout equal the pullback, the motions
/// that it claims leave values alone, far-apart systems add, a body without neighbours feels no force.
type IEnergyBlock =
    inherit IBlock

    /// Writes the values Phi_k [width].
    abstract ValuesInto: configuration: inref<Configuration> * destination: Span<float> -> unit

    /// The energy sum_k readout_k Phi_k. Does not allocate much, however many the bodies.
    abstract Energy: configuration: inref<Configuration> * readout: float[] -> float

    /// Adds the gradient of sum_k readout_k Phi_k with respect to q and to p, each [N d]. A span may be empty where the
    /// block's part says that the gradient vanishes. Blocks of invariants alone do not allocate.
    abstract PullbackInto: configuration: inref<Configuration> * readout: float[] * gradientQ: Span<float> * gradientP: Span<float> -> unit

    /// Whether the derivatives by strains are known on a structure: without them there is no virial.
    abstract TellsStrain: structure: Structure -> bool

    /// Adds the derivatives of sum_k readout_k Phi_k by the entries of a strain e, row-major [d d], at e = 0: positions go to (1 + e) q
    /// and the vectors of the cell with them, while momenta stay, and so does what stands in space.
    abstract StrainInto: configuration: inref<Configuration> * readout: float[] * destination: Span<float> -> unit

    /// Adds the derivative of each feature by each entry: rows[t * stride + k], t = 0 .. d d - 1.
    abstract StrainRowsInto: configuration: inref<Configuration> * rows: Span<float> * stride: int -> unit

/// Columns F_k of forces that no energy gives, p' = -dH/dq + sum_k theta_k F_k(q, p): drag, magnetic fields, turning frames.
/// Velocities are momenta over masses.
type IForceBlock =
    inherit IBlock

    /// Adds the forces sum_k readout_k F_k [N d]. Does not allocate.
    abstract ForceInto: configuration: inref<Configuration> * readout: float[] * destination: Span<float> -> unit

    /// Where each force is linear in the velocity of its own body and does not depend on positions: adds the matrices A_i, row-major
    /// [N d d], of F_i = -A_i v_i, and gives true; false for other forces.
    abstract TryAddRates: structure: Structure * readout: float[] * rates: Span<float> -> bool

/// How far some blocks look together.
[<RequireQualifiedAccess>]
module internal Hops =

    /// Along how many interactions the rows of all blocks look; none where one of them may look at all bodies.
    let ofAll (blocks: IBlock seq) : int option = (Some 0, blocks) ||> Seq.fold (fun most block -> Option.map2 max most block.Hops)

/// What the blocks of a model are made with.
[<NoEquality; NoComparison>]
type BlockOptions =
    {
        /// Radial transform of pair distances.
        Radial: Radial
        /// Transform of the cosines of angles.
        Angular: Angular
        /// The shape of the factor of pairs within a cutoff.
        Cutoff: Cutoff
        /// The cutoff of the kind of pairs, or the largest of the structure; pairs within it carry the factor.
        CutoffRadius: float option
        /// The kind of body or pair that the block is for.
        Kind: Kind
    }

/// What a block is made of: all that it may see of the training data.
[<NoEquality; NoComparison>]
type TrainingSample =
    {
        /// What its pool collected.
        Inputs: InputSample
        /// A few snapshots, chosen by their contents and not by their order.
        Snapshots: Snapshot[]
        /// The block of a first fit with its readout, where the sampler wants the outputs of one.
        Fitted: (IBlock * float[]) option
        /// A pool for points of some inputs that layers compute.
        Pool: int -> InputPool
    }

/// Draws the hidden units of a layer of the given name for its inputs; without a number of units, as many as training
/// asks for.
type FeatureDraw = string -> int option -> InputSample -> FeatureMap

/// How blocks of one kind come to be: what they collect from the training data, and how they are made of it. A recipe makes a
/// block for each kind of body or pair that it collected inputs of.
[<NoEquality; NoComparison; StructuredFormatDisplay("{Kind}")>]
type BlockRecipe =
    {
        /// Name of the kind of block.
        Kind: string
        /// What physics it is for, in a few words; recipes of one kind of block may differ in it.
        Family: string
        /// The kinds of bodies or pairs of a structure that the block looks at, each for itself; `EachBody` alone for blocks that
        /// tell none apart. None where the structure has nothing that it looks at: then it is left out.
        Kinds: Structure -> Kind list
        /// Number of inputs that the block collects, on data like this snapshot; 0 if it needs no pool.
        Inputs: Snapshot -> int
        /// Adds the block's inputs on one snapshot to the pools of their kinds, with measured outputs.
        Collect: Snapshot -> (Kind -> InputPool) -> unit
        /// Whether the block looks at distances through the radial transform.
        SeesRadial: bool
        /// Number of layers of hidden units of a block for one kind, whose width is shared out among kinds; 0 for blocks without, or
        /// with a width of their own.
        Layers: int
        /// Whether the block is for a law that the data may not have: a pilot fit leaves it out if nothing is lost, and the blocks that
        /// it could stand for likewise; and so does training where the block refuses the data.
        IsOptional: bool
        /// The readout of the block's only feature where it is known, so that only what it leaves of the data is fitted.
        Fixed: float option
        /// Why the block cannot learn from a snapshot of data whose first frame has the given structure, if it cannot.
        Refuses: Structure -> Snapshot -> BlockError option
        /// Makes the block.
        Create: BlockOptions -> TrainingSample -> FeatureDraw -> IBlock
        /// Makes a block anew of what its `Save` gave, with the parts of a vocabulary that it names.
        Restore: Vocabulary -> SavedReader -> IBlock
    }

/// The parts whose code saved models name. `Vocabulary.standard` has those of this library; others are added to its lists.
and [<NoEquality; NoComparison>] Vocabulary =
    {
        /// Blocks, by kind.
        Blocks: BlockRecipe list
        /// Activations of hidden units.
        Activations: Activation list
        /// Radial transforms.
        Radials: Radial list
        /// Factors of pairs within a cutoff.
        Cutoffs: Cutoff list
        /// Inputs of nodes and edges.
        Inputs: IGraphInputs list
    }
