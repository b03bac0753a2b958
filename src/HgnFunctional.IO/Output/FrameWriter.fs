namespace HgnFunctional.IO

open System
open System.Threading
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Bodies

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
type FrameWriteError =
    {
        /// What stood in the way.
        Error: DataError
        /// The whole frames that were written before, if there are any.
        Kept: KeptFrames option
    }

    /// The error as one sentence.
    override error.ToString() : string = KeptFrames.AddTo (string error.Error) error.Kept

/// The frames that were to be written ended with an exception, which is the inner one: a simulation diverged or was cancelled.
[<Sealed>]
type FramesStoppedException(kept: KeptFrames option, reason: exn) =
    inherit Exception(KeptFrames.AddTo reason.Message kept, reason)

    /// The frames that were written before, if there are any.
    member _.Kept: KeptFrames option = kept

/// What is added to frames that are converted.
[<NoEquality; NoComparison>]
type ConversionOptions =
    {
        /// A LAMMPS data file with bonds, and masses where the frames have none.
        Topology: string option
        /// The atom style of that file, if it does not say it.
        AtomStyle: string option
        /// The unit style of frames that name none.
        Units: Units option
        /// Which entries are energies and forces, where several could be.
        Keys: TargetKeys
    }

/// What became of frames that were written.
type WrittenFrames =
    {
        /// Path of the file.
        File: string
        /// Name of its format.
        Format: string
        /// How many there are.
        Frames: int
        /// What some of them hold and the format cannot.
        LeftOut: FramePart list
    }

    /// One sentence on what is left out, if anything is.
    member written.Loss: string option =
        match written.LeftOut |> List.map string |> List.rev with
        | [] -> None
        | last :: before ->
            let parts = (if before.IsEmpty then "" else String.concat ", " (List.rev before) + " and ") + last
            Some $"{written.File}: the format {written.Format} has no place for {parts}, which are left out."

/// Writes trajectories in any format that is written.
[<RequireQualifiedAccess>]
module FrameWriter =

    /// Frames into a file, and what is kept of them if they end early.
    let private writeAll (format: FrameFormat) (holds: Set<FramePart>) (sink: FrameSink) (path: string) (frames: FileFrame seq) =
        let mutable written = { File = path; Format = format.Name; Frames = 0; LeftOut = [] }
        let mutable leftOut = Set.empty
        let mutable lastStep = 0L

        let keep (written: WrittenFrames) (lastStep: int64) : KeptFrames option =
            sink.Keep() |> Option.map (fun part -> { File = part; Frames = written.Frames; LastStep = lastStep })

        try
            for frame in frames do
                sink.Add frame
                written <- { written with Frames = written.Frames + 1 }
                lastStep <- frame.Timestep
                leftOut <- leftOut + (FramePart.ofFrame frame - holds)

            sink.Complete()
            Ok { written with LeftOut = Set.toList leftOut }
        with error ->
            match OutputPath.tryProblem path error with
            | Some problem -> Error { Error = problem; Kept = keep written lastStep }
            | None -> raise (FramesStoppedException(keep written lastStep, error))

    /// Writes frames; what the format cannot hold is left out. Numbers read back to the same bits where the format has bits or all
    /// digits. The file appears, or replaces an older one, when all are on the disk. If they end early, an older file stays as it is; the
    /// frames of text formats stay in `PATH.part`, where other programs can follow them before: the error tells which. What the frames
    /// throw is passed on inside a `FramesStoppedException`, which tells the same. A text whose path ends in .gz is compressed.
    let write (format: FrameFormat) (path: string) (frames: FileFrame seq) : Result<WrittenFrames, FrameWriteError> =
        let refused problem = Error { Error = { File = path; Line = None; Problem = problem }; Kept = None }

        match format.Writing with
        | _ when path.EndsWith(".zst", StringComparison.OrdinalIgnoreCase) ->
            refused (CannotWrite "zstd is read alone; expected a name that ends in .gz, or is not compressed")
        | None -> refused (CannotWrite $"the format {format.Name} is read alone; expected another one")
        | Some writing ->
            match writing.Open path with
            | Error problem -> Error { Error = problem; Kept = None }
            | Ok sink -> writeAll format writing.Holds sink path frames

    /// The frames of files, one file after another. An error ends them as a `DataException`.
    let private framesOf (options: ConversionOptions) (inputs: string list) : FileFrame seq =
        let known = options.Topology |> Option.map (LammpsData.readOfStyle options.AtomStyle >> FileBodies.orRaise)

        let named (frame: FileFrame) =
            match options.Units, frame.UnitStyle with
            | Some units, None -> { frame with UnitStyle = Some units.Name }
            | _ -> frame

        inputs
        |> Seq.collect (fun path ->
            FrameFormat.frames options.Keys path |> Seq.map (FileBodies.orRaise >> FileBodies.withBondsOf known path >> named))

    /// Reads files of any format and writes their frames, one at a time in memory, as one file of another. Cancellation is looked at before each
    /// frame, and ends in a `FramesStoppedException`.
    let convert
        (options: ConversionOptions)
        (format: FrameFormat)
        (cancellation: CancellationToken)
        (inputs: string list)
        (output: string)
        : Result<WrittenFrames, FrameWriteError> =
        let watched (frame: FileFrame) =
            cancellation.ThrowIfCancellationRequested()
            frame

        match OutputPath.check (inputs @ Option.toList options.Topology) output with
        | Error problem -> Error { Error = problem; Kept = None }
        | Ok() -> framesOf options inputs |> Seq.map watched |> write format output

    let private requireFinite (path: string) (step: int64) (state: PhaseState) : unit =
        if Guard.firstNotFinite state.Positions >= 0 || Guard.firstNotFinite state.Momenta >= 0 then
            let reason = $"the state at step {step} is not finite; expected finite positions and momenta"
            raise (DataException { File = path; Line = None; Problem = CannotWrite reason })

    /// Writes states of one structure with their step numbers, and the time of a step if it is known, as `write` does.
    let writeStates
        (format: FrameFormat)
        (path: string)
        (structure: Structure)
        (timeStep: float option)
        (states: (int64 * PhaseState) seq)
        : Result<WrittenFrames, FrameWriteError> =
        let frames = StateFrames structure

        states
        |> Seq.map (fun (step, state) ->
            requireFinite path step state
            frames.Of(step, timeStep |> Option.map (fun length -> length * float step), state))
        |> write format path

/// Writes trajectories as LAMMPS text dumps.
[<RequireQualifiedAccess>]
module DumpWriter =

    /// Writes states of one structure with their step numbers; spaces of one or two dimensions are filled up with zeros. Numbers read
    /// back to the same bits, but for the bounds of a skewed box, which the format rounds.
    let write (path: string) (structure: Structure) (states: (int64 * PhaseState) seq) : Result<unit, FrameWriteError> =
        FrameWriter.writeStates FrameFormat.dump path structure None states |> Result.map ignore
