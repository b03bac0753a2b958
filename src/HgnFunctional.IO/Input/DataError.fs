namespace HgnFunctional.IO

open System
open HgnFunctional
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Data

/// What is wrong with a file of trajectories.
type DataProblem =
    /// There is no such file, or it cannot be read.
    | CannotRead of reason: string
    /// The file cannot be written.
    | CannotWrite of reason: string
    /// The file holds nothing.
    | EmptyFile
    /// A line is not what the format asks for.
    | Unexpected of found: string * expected: string
    /// The file ends in the middle of a frame or section.
    | Truncated of expected: string
    /// The last line has no line break, so its last number may have lost digits.
    | CutLine
    /// A number cannot be read, or is not finite.
    | BadNumber of field: string * text: string
    /// A whole number cannot be read.
    | NotWhole of field: string * text: string
    /// A compressed file inflates to more than any data do.
    | Inflates of times: int64
    /// A line holds a NUL byte, as files do after a crash.
    | NulByte
    /// A count is not a positive whole number, or more than the file can hold.
    | BadCount of field: string * text: string * most: int64
    /// Columns are missing.
    | MissingColumns of columns: string * what: string
    /// A frame has nothing that a model can be compared with.
    | NothingToCompare
    /// A file is damaged, or uses what its format has and is not read.
    | Damaged of format: string * reason: string
    /// An array is not there.
    | MissingArray of name: string
    /// An array is not what the format asks for.
    | BadArray of name: string * found: string * expected: string
    /// An array holds a number that is not finite; frames and entries count from 0.
    | NotFiniteEntry of name: string * frame: int64 * entry: int
    /// Two atoms have the same id.
    | DuplicateId of id: int64
    /// A frame holds other atoms than the first one.
    | OtherAtoms of frame: int * bodies: int * first: int
    /// A bond or a section names an atom that is not there.
    | UnknownAtom of id: int64 * where: string
    /// The topology is for other atoms.
    | TopologyForOthers of topology: string * inTopology: int * inTrajectory: int
    /// Two sources say different things of an atom.
    | Contradiction of what: string * id: int64 * here: string * other: string * otherFile: string
    /// A mass for all bodies was given, and the files have masses of their own.
    | MassesGivenTwice
    /// A bond may cross a periodic boundary or not: the file does not say.
    | UnplacedBond of first: int64 * second: int64 * axis: string * length: float * box: float
    /// A cutoff needs to know which axes are periodic, which a data file does not say.
    | NoBoundary
    /// The boundary that was given is not that of the file.
    | OtherBoundary of given: string * inFile: string
    /// From frame to frame bodies move as forces in other units would move them.
    | UnitsContradicted of assumed: string * ratio: float * fitting: string
    /// The source cannot be read a second time.
    | NotRepeatable
    /// Masses are nowhere.
    | NoMassesKnown
    /// Neither bonds nor a cutoff say which pairs interact.
    | NoInteractions
    /// Atoms were to be pinned, and there are none.
    | NothingToPin of atoms: string
    /// The vectors of the box do not lie as LAMMPS has them within.
    | TurnedBox of vectors: string
    /// The file has fewer frames than were asked for.
    | FramesOutOfRange of first: int * last: int option * frames: int
    /// The file names units that are not known, or others than were asked for.
    | UnitsUnclear of found: string * expected: string
    /// The graph of bonds was refused.
    | BadGraph of GraphError
    /// The angles are not angles between bonds.
    | BadAngles of AngleError
    /// The box was refused.
    | BadCell of CellError
    /// Masses, box and pairs do not fit.
    | BadStructure of StructureError
    /// The numbers of a frame do not make a state.
    | BadState of PhaseStateError
    /// The numbers of a frame do not make a snapshot.
    | BadSnapshot of SnapshotError

    /// The problem as one clause.
    override problem.ToString() : string =
        // The sentences of the core become clauses of this one.
        let clause (error: 'error) : string = (string (box error)).TrimEnd '.'

        match problem with
        | CannotRead reason -> $"cannot be read: {reason}"
        | CannotWrite reason -> $"cannot be written: {reason}"
        | EmptyFile -> "is empty; expected frames, atoms or a model"
        | Unexpected(found, expected) -> $"found '{found}'; expected {expected}"
        | Truncated expected -> $"ends too soon; expected {expected}"
        | CutLine -> "ends without a line break and may be cut off; expected one after the last number"
        | BadNumber(field, text) -> $"{field} is '{text}'; expected a finite number"
        | NotWhole(field, text) -> $"{field} is '{text}'; expected a whole number"
        | Inflates times -> $"inflates to more than {times} times its size, as no data do; expected an ordinary gzip file"
        | NulByte -> "holds a NUL byte, as damaged files do; expected text"
        | BadCount(field, text, most) -> $"{field} is '{text}'; expected a whole number from 1 to {most}"
        | MissingColumns(columns, "forces") ->
            $"has no columns {columns}; expected them for the forces, or the time of a step, by which they are told from the motion (--time-step H)"
        | MissingColumns(columns, what) -> $"has no columns {columns}; expected them for the {what}"
        | NothingToCompare ->
            "has neither forces (such as columns fx fy fz) nor velocities nor an energy; expected one of them, since a model is compared with what was measured at each frame"
        | Damaged(format, reason) -> $"is damaged, or {format} of a kind that is not read: {reason}"
        | MissingArray name -> $"has no array {name}; expected one"
        | BadArray(name, found, expected) -> $"the array {name} is {found}; expected {expected}"
        | NotFiniteEntry(name, frame, entry) ->
            $"the array {name} holds a number that is not finite in frame {frame}, at entry {entry}; expected finite numbers"
        | DuplicateId id -> $"atom {id} appears twice in one frame; expected each id once"
        | OtherAtoms(frame, bodies, first) ->
            $"frame {frame} holds {bodies} atoms that are not the {first} of the first frame; expected the same ids in every frame"
        | UnknownAtom(id, where) -> $"{where} names atom {id}, which is not there; expected an id of the Atoms section"
        | TopologyForOthers(topology, inTopology, inTrajectory) ->
            $"holds {inTrajectory} atoms and the topology {topology} {inTopology}; expected the same ids in both"
        | Contradiction(what, id, here, other, otherFile) ->
            $"atom {id} has {what} {here}, and {other} in {otherFile}; expected the same in both"
        | MassesGivenTwice -> "has masses, and a mass for every body was given as well; expected one of the two"
        | UnplacedBond(first, second, axis, length, box) ->
            $"the bond of atoms {first} and {second} spans {length:G6} along {axis}, more than half the box ({box:G6}), so it may cross a periodic boundary or not; expected the boundary to be given (p for a periodic axis, s for an open one)"
        | NoBoundary ->
            "does not say which axes are periodic, which a cutoff must know; expected the boundary to be given (such as ppp, or sss for open space)"
        | OtherBoundary(given, inFile) -> $"has the boundary {inFile}, and {given} was given; expected no other than the file's"
        | UnitsContradicted(assumed, ratio, fitting) ->
            $"was taken to be in units '{assumed}', but from frame to frame mass times acceleration is {ratio:G3} times the force, as in units '{fitting}'; expected the unit style to be given"
        | NotRepeatable -> "is a pipe, which can be read once; expected a file, since training reads its data more than once"
        | NoMassesKnown -> "has no mass column; expected one, or a topology with masses (--topology FILE), or --mass M"
        | NoInteractions ->
            "names no pairs that interact; expected bonds (--topology FILE), a cutoff (--cutoff R), or both, or none at all (--cutoff none)"
        | NothingToPin atoms -> $"holds no atom of {atoms}, which were to be pinned; expected some"
        | TurnedBox vectors ->
            $"has the box vectors {vectors}; expected the first along x and the second in the plane of x and y, with x of the first, y of the second and z of the third above 0"
        | FramesOutOfRange(first, last, frames) ->
            let asked =
                match last with
                | Some last -> $"{first}..{last}"
                | None -> $"from {first} on"

            $"holds {frames} frames, 0..{frames - 1}, and frames {asked} were asked for"
        | UnitsUnclear(found, expected) -> $"has units '{found}'; expected {expected}"
        | BadGraph error -> clause error
        | BadAngles error -> clause error
        | BadCell error -> clause error
        | BadStructure error -> clause error
        | BadState error -> clause error
        | BadSnapshot error -> clause error

/// What is wrong with a file, and where.
type DataError =
    {
        /// Path of the file.
        File: string
        /// The line, from 1, if it is known.
        Line: int64 option
        /// What is wrong.
        Problem: DataProblem
    }

    /// The error as one sentence.
    override error.ToString() : string =
        let file = if String.IsNullOrWhiteSpace error.File then $"'{error.File}'" else error.File

        match error.Line with
        | Some line when line > 0L -> $"{file}, line {line}: {error.Problem}."
        | _ -> $"{file}: {error.Problem}."
