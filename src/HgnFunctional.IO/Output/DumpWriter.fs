namespace HgnFunctional.IO

open System
open System.Globalization
open System.IO
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Features
open HgnFunctional.Metrics

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

    /// Axes that are not there, or whose bodies all stand at one place, get a box of this half length.
    let private thin = 0.5

    /// Bounds that hold all bodies along an axis; LAMMPS refuses a box without extent.
    let private around (low: float) (high: float) : struct (float * float) =
        if high > low then struct (low, high) else struct (low - thin, high + thin)

    let private writeBox (writer: TextWriter) (structure: Structure) (state: PhaseState) : unit =
        let d = structure.Dimension
        let axes = Array.ofSeq structure.Cell.Axes
        let axisOf axis = if axis < d then axes[axis] else Open

        let flag axis =
            match axisOf axis with
            | Periodic _ -> "pp"
            | Boxed _ -> "ff"
            | Open -> "ss"

        let tilts = Array.zeroCreate<float> 3
        let given = structure.Cell.Tilts
        given.Slice(0, min 3 given.Length).CopyTo(Span<float> tilts)
        let isTilted = not given.IsEmpty

        let form = if isTilted then "xy xz yz " else ""
        writer.WriteLine $"ITEM: BOX BOUNDS {form}{flag 0} {flag 1} {flag 2}"

        let corner =
            Array.init d (fun axis ->
                match axes[axis] with
                | Periodic(low, _) -> low
                | _ -> 0.0)

        let extent axis =
            let mutable low, high = infinity, -infinity
            let place = Array.zeroCreate<float> d

            for body in 0 .. state.Bodies - 1 do
                state.Positions.Slice(body * d, d).CopyTo(Span<float> place)
                structure.Cell.Straighten(Span<float> place, ReadOnlySpan<float> corner)
                low <- min low place[axis]
                high <- max high place[axis]

            struct (low, high)

        // Around a skewed box stand the bounds of what encloses it.
        let overhang = BoxReader.overhang tilts

        for axis in 0..2 do
            let struct (low, high) =
                match axisOf axis with
                | Periodic(low, high) -> struct (low, high)
                | Boxed(low, high) ->
                    let struct (least, largest) = extent axis
                    struct (min low least, max high largest)
                | Open when axis < d ->
                    let struct (low, high) = extent axis
                    around low high
                | Open -> around 0.0 0.0

            if isTilted then
                let struct (below, above) = overhang[axis]
                writer.WriteLine $"{number (low + below)} {number (high + above)} {number tilts[axis]}"
            else
                writer.WriteLine $"{number low} {number high}"

    let private requireFinite (path: string) (step: int64) (state: PhaseState) : unit =
        if Guard.firstNotFinite state.Positions >= 0 || Guard.firstNotFinite state.Momenta >= 0 then
            let reason = $"the state at step {step} is not finite; expected finite positions and momenta"
            raise (DataException { File = path; Line = None; Problem = CannotWrite reason })

    /// What stands in the same columns of all frames, before positions and velocities and after them: names, and the text of each
    /// body. Bodies without labels are numbered from 1 and of type 1, without which readers such as ASE make nothing of them.
    let private fixedColumns (structure: Structure) : (string * (int -> string)) list * (string * (int -> string)) list =
        let numbered = Labels.ofIds (Array.init structure.Bodies (fun body -> int64 body + 1L))
        let labels = structure.Labels |> Option.defaultValue numbered
        let masses = structure.Masses.ToArray()
        let species = structure.Species

        // Elements have a column of their own.
        let isElement = labels.Elements |> Option.exists (fun elements -> elements = Naming.toArray species)
        let typeOf body = if isElement || species.NameOf body = "" then "1" else species.NameOf body

        [
            "id", (fun body -> labels.Ids[body].ToString CultureInfo.InvariantCulture)
            "mass", (fun body -> number masses[body])
        ],
        [
            "type", typeOf
            match labels.Elements with
            | Some elements -> "element", (fun body -> elements[body])
            | None -> ()
            match structure.TryAttribute AttributeName.Charge with
            | Some charges -> "q", (fun body -> number charges[body])
            | None -> ()
        ]

    /// Writes frames of one structure.
    let private frameWriter (structure: Structure) : TextWriter -> bool -> int64 -> PhaseState -> unit =
        let d = structure.Dimension
        let before, after = fixedColumns structure
        let names columns = columns |> List.map fst |> String.concat " "

        let texts columns =
            Array.init structure.Bodies (fun body -> columns |> List.map (fun (_, textOf) -> textOf body) |> String.concat " ")

        let starts, ends = texts before, texts after
        let masses = structure.Masses.ToArray()

        fun writer isFirst step state ->
            match structure.Labels with
            | Some { Units = Some units; NamesUnits = true } when isFirst ->
                writer.WriteLine "ITEM: UNITS"
                writer.WriteLine units
            | _ -> ()

            writer.WriteLine "ITEM: TIMESTEP"
            writer.WriteLine step
            writer.WriteLine "ITEM: NUMBER OF ATOMS"
            writer.WriteLine state.Bodies
            writeBox writer structure state
            writer.WriteLine $"ITEM: ATOMS {names before} xu yu zu vx vy vz {names after}"

            for body in 0 .. state.Bodies - 1 do
                writer.Write starts[body]

                for axis in 0..2 do
                    writer.Write ' '
                    writer.Write(number (if axis < d then state.Positions[body * d + axis] else 0.0))

                for axis in 0..2 do
                    writer.Write ' '
                    writer.Write(number (if axis < d then state.Momenta[body * d + axis] / masses[body] else 0.0))

                writer.Write ' '
                writer.WriteLine ends[body]

    /// Frames into a file, and what is kept of them if they end early.
    let private writeAll (file: OutputFile) (path: string) (structure: Structure) (states: (int64 * PhaseState) seq) =
        let mutable frames = 0
        let mutable lastStep = 0L
        let writeFrame = frameWriter structure

        let keep (frames: int) (lastStep: int64) : KeptFrames option =
            file.Keep() |> Option.map (fun part -> { File = part; Frames = frames; LastStep = lastStep })

        try
            for step, state in states do
                requireFinite path step state
                file.Append(fun writer -> writeFrame writer (frames = 0) step state)
                frames <- frames + 1
                lastStep <- step

            file.Complete()
            Ok()
        with error ->
            match OutputPath.tryProblem path error with
            | Some problem -> Error { Error = problem; Kept = keep frames lastStep }
            | None -> raise (DumpStoppedException(keep frames lastStep, error))

    /// Writes states with their step numbers; spaces of one or two dimensions are filled up with zeros. Numbers read back to the same
    /// bits, but for the bounds of a skewed box, which the format rounds. The frames go to `PATH.part` one by one, which other programs can follow, and replace the file when all are on the disk.
    /// If they end early, an older file stays as it is, and the whole frames stay in `PATH.part`: the error tells which. What the
    /// states throw is passed on inside a `DumpStoppedException`, which tells the same. A path that ends in .gz asks for gzip.
    let write (path: string) (structure: Structure) (states: (int64 * PhaseState) seq) : Result<unit, DumpWriteError> =
        OutputFile.Open path
        |> Result.mapError (fun problem -> { Error = problem; Kept = None })
        |> Result.bind (fun file -> writeAll file path structure states)
