namespace HgnFunctional.IO

open HgnFunctional
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Models

/// How trajectory files are to be read.
[<NoEquality; NoComparison>]
type SourceOptions =
    {
        /// A LAMMPS data file with bonds and angles, and masses and charges where the dump has none.
        Topology: string option
        /// The distances within which pairs interact, beside the bonds.
        Reach: Reach option
        /// Whether the bonds that files name interact; a model of pairs within a cutoff alone does not look at them.
        Bonds: bool
        /// Mass of every body, where the files give none.
        Mass: float option
        /// The unit style, where files do not name it; `lj` if this does not either.
        Units: Units option
        /// Which of the axes x, y, z are periodic, where files do not say: data files do not, dumps do.
        Periodic: (bool * bool * bool) option
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
