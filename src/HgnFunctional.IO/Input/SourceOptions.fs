namespace HgnFunctional.IO

open HgnFunctional
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Models

/// Atoms of a file that are pinned.
type PinnedAtoms =
    /// Those of a type.
    | OfType of atomType: string
    /// Those of the ids from one to another, inclusive.
    | OfIds of first: int64 * last: int64

/// How trajectory files are to be read.
[<NoEquality; NoComparison>]
type SourceOptions =
    {
        /// A LAMMPS data file with bonds and angles, and masses and charges where the dump has none.
        Topology: string option
        /// The atom style of data files that do not say it.
        AtomStyle: string option
        /// The distances within which pairs interact, beside the bonds.
        Reach: Reach option
        /// Whether bodies may do without bonds and a reach, each alone in whatever field there is.
        Alone: bool
        /// Whether the bonds that files name interact; a model of pairs within a cutoff alone does not look at them.
        Bonds: bool
        /// Mass of every body, where the files give none.
        Mass: float option
        /// The unit style, where files do not name it; `lj` if this does not either.
        Units: Units option
        /// Which of the axes x, y, z are periodic, where files do not say: data files do not, dumps do.
        Periodic: (bool * bool * bool) option
        /// Atoms that do not move, whatever acts on them.
        Pinned: PinnedAtoms list
        /// Whether atoms of a start that never move in its file are held as well.
        HoldsStill: bool
        /// Time of one step: frames without forces then are of a motion that tells them.
        TimeStep: float option
        /// Whether a model is compared with frames, for which they need less than to learn from them.
        Compares: bool
        /// Which entries of files are energies, forces, virials and stresses, where several could be.
        Keys: TargetKeys
        /// First frame, from 0.
        FirstFrame: int
        /// Last frame, inclusive.
        LastFrame: int option
    }

/// Where a simulation starts.
[<NoEquality; NoComparison>]
type Start =
    {
        /// Masses, space, pairs, labels.
        Structure: Structure
        /// Positions and momenta.
        State: PhaseState
        /// What was assumed on the way.
        Warnings: Warning list
    }
