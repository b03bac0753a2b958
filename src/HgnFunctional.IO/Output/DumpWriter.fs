namespace HgnFunctional.IO

open System
open System.Globalization
open System.IO
open HgnFunctional

/// Frames that a run which ended early left beside the file that it was to write.
type KeptFrames =
    {
        /// Path of the file that holds them: that of the target and `.part`.
        File: string
        /// How many there are.
        Frames: int
        /// Time step of the last.
        LastStep: int64
    }

    /// The frames in one clause.
    override kept.ToString() : string =
        let frames = if kept.Frames = 1 then "1 frame" else $"{kept.Frames} frames"
        let verb = if kept.Frames = 1 then "is" else "are"
        $"{frames} up to step {kept.LastStep} {verb} kept in {kept.File}"

    /// A sentence that ends with what was kept.
    static member internal AddTo (sentence: string) (kept: KeptFrames option) : string =
        match kept with
        | Some kept -> $"{sentence.TrimEnd '.'}; {kept}."
        | None -> sentence

/// Why a trajectory could not be written whole.
type DumpWriteError =
    {
        /// What stood in the way.
        Error: DataError
        /// The whole frames that were written before, if there are any.
        Kept: KeptFrames option
    }

    /// The error as one sentence.
    override error.ToString() : string = KeptFrames.AddTo (string error.Error) error.Kept

/// The states that were to be written ended with an exception, which is the inner one: a simulation diverged or was cancelled.
[<Sealed>]
type DumpStoppedException(kept: KeptFrames option, reason: exn) =
    inherit Exception(KeptFrames.AddTo reason.Message kept, reason)

    /// The frames that were written before, if there are any.
    member _.Kept: KeptFrames option = kept

/// Writes trajectories as LAMMPS text dumps, which OVITO, VMD and LAMMPS itself read.
[<RequireQualifiedAccess>]
module DumpWriter =

    let private number (value: float) : string = value.ToString("R", CultureInfo.InvariantCulture)

    let private writeBox (writer: TextWriter) (structure: Structure) (state: PhaseState) : unit =
        let d = structure.Dimension
        let periods = Array.init 3 (fun axis -> if axis < d then structure.Cell.Periods[axis] else 0.0)
        let flags = periods |> Array.map (fun period -> if period > 0.0 then "pp" else "ss")
        writer.WriteLine $"""ITEM: BOX BOUNDS {String.concat " " flags}"""

        for axis in 0..2 do
            let mutable low, high = infinity, -infinity

            if axis < d then
                for body in 0 .. state.Bodies - 1 do
                    low <- min low state.Positions[body * d + axis]
                    high <- max high state.Positions[body * d + axis]
            else
                low <- -0.5
                high <- 0.5

            if periods[axis] > 0.0 then
                low <- 0.0
                high <- periods[axis]

            writer.WriteLine $"{number low} {number high}"

    let private requireFinite (path: string) (step: int64) (state: PhaseState) : unit =
        if Guard.firstNotFinite state.Positions >= 0 || Guard.firstNotFinite state.Momenta >= 0 then
            let reason = $"the state at step {step} is not finite; expected finite positions and momenta"
            raise (DataException { File = path; Line = None; Problem = CannotWrite reason })

    let private writeFrame (writer: TextWriter) (structure: Structure) (step: int64) (state: PhaseState) : unit =
        let d = structure.Dimension
        writer.WriteLine "ITEM: TIMESTEP"
        writer.WriteLine step
        writer.WriteLine "ITEM: NUMBER OF ATOMS"
        writer.WriteLine state.Bodies
        writeBox writer structure state
        writer.WriteLine "ITEM: ATOMS id mass xu yu zu vx vy vz"

        for body in 0 .. state.Bodies - 1 do
            writer.Write(body + 1)
            let mass = structure.Masses[body]
            writer.Write ' '
            writer.Write(number mass)

            for axis in 0..2 do
                writer.Write ' '
                writer.Write(number (if axis < d then state.Positions[body * d + axis] else 0.0))

            for axis in 0..2 do
                writer.Write ' '
                writer.Write(number (if axis < d then state.Momenta[body * d + axis] / mass else 0.0))

            writer.WriteLine()

    /// Frames into a file, and what is kept of them if they end early.
    let private writeAll (file: OutputFile) (path: string) (structure: Structure) (states: (int64 * PhaseState) seq) =
        let mutable frames = 0
        let mutable lastStep = 0L

        let keep (frames: int) (lastStep: int64) : KeptFrames option =
            file.Keep() |> Option.map (fun part -> { File = part; Frames = frames; LastStep = lastStep })

        try
            for step, state in states do
                requireFinite path step state
                file.Append(fun writer -> writeFrame writer structure step state)
                frames <- frames + 1
                lastStep <- step

            file.Complete()
            Ok()
        with error ->
            match OutputPath.tryProblem path error with
            | Some problem -> Error { Error = problem; Kept = keep frames lastStep }
            | None -> raise (DumpStoppedException(keep frames lastStep, error))

    /// Writes states with their step numbers; spaces of one or two dimensions are filled up with zeros. Numbers read back to the same
    /// bits. The frames go to `PATH.part` one by one, which other programs can follow, and replace the file when all are on the disk.
    /// If they end early, an older file stays as it is, and the whole frames stay in `PATH.part`: the error tells which. What the
    /// states throw is passed on inside a `DumpStoppedException`, which tells the same. A path that ends in .gz asks for gzip.
    let write (path: string) (structure: Structure) (states: (int64 * PhaseState) seq) : Result<unit, DumpWriteError> =
        OutputFile.Open path
        |> Result.mapError (fun problem -> { Error = problem; Kept = None })
        |> Result.bind (fun file -> writeAll file path structure states)
