namespace HgnFunctional.IO

open HgnFunctional.Space

/// One frame of a file of any format, in the file's units; arrays are row-major [atoms x 3]. A format is a reader of these.
[<NoEquality; NoComparison>]
type FileFrame =
    {
        /// Time step; the number of the frame, from 0, in formats that count none.
        Timestep: int64
        /// When the frame was, in formats that say it.
        Time: float option
        /// The line where the frame begins.
        Line: int64
        /// Name of the unit style, if the file says so.
        UnitStyle: string option
        /// Names of the columns.
        Columns: string[]
        /// Atom ids, ascending.
        Ids: int64[]
        /// Whether every frame of the file holds the same atoms.
        HoldsSameAtoms: bool
        /// Types, numbers or names, if there is a column.
        Types: string[] option
        /// Chemical elements, if there is a column.
        Elements: string[] option
        /// Charges, if there is a column.
        Charges: float[] option
        /// Masses, if there is a column.
        Masses: float[] option
        /// Lower and upper bounds of the box [3]: those of its vectors, where it is skewed.
        Low: float[]
        High: float[]
        /// The cell; axes are open that are not periodic at both faces.
        Cell: Cell
        /// Boundary conditions of the lower and upper face of each axis, such as "pp" [3].
        Boundaries: string[]
        /// Positions.
        Positions: float[]
        /// Velocities, if there are columns.
        Velocities: float[] option
        /// Forces, if there are columns.
        Forces: float[] option
        /// The potential energy of all atoms, if the file says it.
        Energy: float option
        /// The virial of the potential energy of all atoms, row-major [3 x 3], if the file says it or the stress.
        Virial: float[] option
        /// The group that the frame belongs to; empty if the file names none.
        Group: string
    }
