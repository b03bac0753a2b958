namespace HgnFunctional.Learning

open HgnFunctional.Numerics
open HgnFunctional.Blocks
open HgnFunctional.Models

/// What training is busy with.
type TrainingStage =
    /// Waiting for the source of snapshots.
    | Reading
    /// Collecting inputs, choosing options, drawing features.
    | Sampling
    /// Building rows and folding them into the triangle.
    | Assembling
    /// Solving the triangle.
    | Solving

/// Why training failed.
type TrainingError<'source> =
    /// The source of snapshots failed.
    | SourceFailed of 'source
    /// The model is to have no blocks.
    | NoBlocks
    /// The source held no snapshot.
    | NoSnapshots
    /// Snapshots differ in their relations: bonds, or a cutoff, or another cutoff. Frames count from 0.
    | MixedInteractions of frame: int64
    /// A block cannot learn from a snapshot. Frames count from 0.
    | BlockRefusesFrame of frame: int64 * BlockError
    /// A later pass over the source did not give the snapshots of the first: their numbers then and now.
    | SourceChanged of surveyed: int64 * found: int64
    /// No two bodies are ever within the cutoff; the least distance, if it is known.
    | NoPairsWithin of cutoff: float * nearest: float option
    /// There is a cutoff for pairs of a species that no body of the data is of.
    | CutoffOfNoSpecies of species: string * known: string list
    /// All velocities and momenta vanish, of which such a block cannot learn.
    | AtRest of block: string
    /// No snapshot has forces, an energy, a virial or a time.
    | NothingMeasured
    /// Forces must be told from motions, and no trajectory has frames enough.
    | TooFewFrames of longest: int * needed: int
    /// A frame of a motion is not later than the one before it in its trajectory. Frames count from 0.
    | TimesDoNotIncrease of frame: int64 * before: float * time: float
    /// A frame of a motion has other bodies than the one before it in its trajectory. Frames count from 0.
    | OtherBodies of frame: int64 * before: int * bodies: int
    /// A frame of data that were added has what the survey did not see. Frames count from 0.
    | NotSurveyed of frame: int64 * BindError
    /// Energies were measured, and a block mixes momenta with positions, so that it has no potential energy.
    | EnergiesNeedSplit of block: string
    /// Virials were measured, and a block does not know how it changes where space is strained.
    | NeedsStrain of block: string
    /// All bodies of all snapshots are pinned.
    | AllPinned
    /// The sampler wants the outputs of a first fit, and a block of this kind gives none.
    | NoFittedOutputs of sampler: string * block: string
    /// The rows of the largest snapshot, or the triangle, do not fit into an array.
    | TooManyColumns of bodies: int * columns: int64
    /// What was accumulated is not what the plan asks for.
    | PartsDiffer of PartError
    /// The linear system could not be solved.
    | SolveFailed of LeastSquaresError

    /// The error as one sentence.
    override error.ToString() : string =
        match error with
        | SourceFailed source -> string (box source)
        | NoBlocks -> "The model has no blocks; expected at least one."
        | NoSnapshots -> "There are no snapshots to learn from; expected at least one."
        | MixedInteractions frame ->
            $"Frame {frame} gives its pairs in another way than the first frame; expected bonds, or one cutoff, throughout."
        | BlockRefusesFrame(frame, error) -> $"Frame {frame}: {error}"
        | SourceChanged(surveyed, found) ->
            $"The data changed while they were learned from: {surveyed} frames at first, {found} later; expected the same frames in every pass."
        | NoPairsWithin(cutoff, None) -> $"No two bodies are ever within the cutoff {cutoff}; expected a larger one."
        | NoPairsWithin(cutoff, Some nearest) ->
            $"No two bodies are ever within the cutoff {cutoff}; expected more than {nearest:G6}, the least distance in the first frame."
        | CutoffOfNoSpecies(species, known) ->
            let among = String.concat ", " known
            $"There is a cutoff for pairs of the species '{species}', and no body is of it; expected {among} alone."
        | AtRest block ->
            $"All velocities and momenta are 0, of which a block of kind '{block}' cannot learn; expected frames that move, or blocks that see positions alone."
        | NothingMeasured -> "No frame has forces, an energy, a virial, or a time; expected one of them in some frame."
        | TooFewFrames(longest, needed) ->
            $"No frame has forces, and the longest trajectory has {longest} frames with times; expected at least {needed}, from which forces can be told."
        | TimesDoNotIncrease(frame, before, time) ->
            $"Frame {frame} is at the time {time}, and the one before it in its trajectory at {before}; expected times that increase."
        | OtherBodies(frame, before, bodies) ->
            $"Frame {frame} has {bodies} bodies, and the one before it in its trajectory has {before}; expected the same bodies throughout a trajectory whose forces are told from its motion."
        | NotSurveyed(frame, error) -> $"Frame {frame} is of another kind than the data that were surveyed: {error}"
        | EnergiesNeedSplit block ->
            $"The data have energies, which are potential ones, and a block of kind '{block}' mixes momenta with positions; expected blocks that see either."
        | NeedsStrain block ->
            $"The data have virials, and a block of kind '{block}' does not tell its derivatives by strains there; expected blocks that do, or a weight of 0 for virials."
        | AllPinned -> "All bodies of the data are pinned, so that none tells what acts on it; expected some that move."
        | NoFittedOutputs(sampler, block) ->
            $"The sampler {sampler} needs the energies of a first fit, which a block of kind '{block}' does not give; expected elm, u-swim or swim."
        | TooManyColumns(bodies, columns) ->
            $"A frame of {bodies} bodies with {columns} features has more numbers than an array holds; expected fewer bodies or a smaller width."
        | PartsDiffer error -> string error
        | SolveFailed error -> string error
