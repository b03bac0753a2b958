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
        /// The line where the frame begins; 0 in formats without lines.
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
        /// Bonds as pairs of indices into the ids and their types, if the file has them.
        Bonds: struct (int * int * string)[] option
    }

/// What a frame may hold beside ids and positions, and a format may lack.
type FramePart =
    | Steps
    | Times
    | UnitNames
    | Cells
    | Types
    | Elements
    | Charges
    | Masses
    | Velocities
    | Forces
    | Energies
    | Virials
    | Groups
    | Bonds

    /// The part in the words of a sentence.
    override part.ToString() : string =
        match part with
        | Steps -> "time steps"
        | Times -> "times"
        | UnitNames -> "names of units"
        | Cells -> "cells"
        | Types -> "types"
        | Elements -> "elements"
        | Charges -> "charges"
        | Masses -> "masses"
        | Velocities -> "velocities"
        | Forces -> "forces"
        | Energies -> "energies"
        | Virials -> "virials"
        | Groups -> "groups"
        | Bonds -> "bonds"

/// The parts of frames.
[<RequireQualifiedAccess>]
module FramePart =

    /// Every part.
    let all: FramePart list =
        [
            Steps
            Times
            UnitNames
            Cells
            Types
            Elements
            Charges
            Masses
            Velocities
            Forces
            Energies
            Virials
            Groups
            Bonds
        ]

    let private isIn (frame: FileFrame) (part: FramePart) : bool =
        match part with
        | Steps -> frame.Timestep <> 0L
        | Times -> frame.Time.IsSome
        | UnitNames -> frame.UnitStyle.IsSome
        | Cells -> frame.Boundaries |> Array.exists (fun flag -> flag = "pp" || flag = "ff")
        | Types -> frame.Types.IsSome
        | Elements -> frame.Elements.IsSome
        | Charges -> frame.Charges.IsSome
        | Masses -> frame.Masses.IsSome
        | Velocities -> frame.Velocities.IsSome
        | Forces -> frame.Forces.IsSome
        | Energies -> frame.Energy.IsSome
        | Virials -> frame.Virial.IsSome
        | Groups -> frame.Group <> ""
        | Bonds -> frame.Bonds.IsSome

    /// What a frame holds.
    let ofFrame (frame: FileFrame) : Set<FramePart> = all |> List.filter (isIn frame) |> Set.ofList

/// Making of frames.
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module FileFrame =

    /// The least and the largest coordinate along each axis.
    let internal extent (positions: float[]) : float[] * float[] =
        let low, high = Array.create 3 infinity, Array.create 3 -infinity

        for k in 0 .. positions.Length - 1 do
            low[k % 3] <- min low[k % 3] positions[k]
            high[k % 3] <- max high[k % 3] positions[k]

        low, high

    /// Atoms in open space of which nothing else is known; positions are row-major [atoms x 3].
    let ofPositions (ids: int64[]) (positions: float[]) : FileFrame =
        let low, high = extent positions

        {
            Timestep = 0L
            Time = None
            Line = 1L
            UnitStyle = None
            Columns = [||]
            Ids = ids
            HoldsSameAtoms = true
            Types = None
            Elements = None
            Charges = None
            Masses = None
            Low = low
            High = high
            Cell = Cell.openSpace 3
            Boundaries = Array.create 3 "ss"
            Positions = positions
            Velocities = None
            Forces = None
            Energy = None
            Virial = None
            Group = ""
            Bonds = None
        }
