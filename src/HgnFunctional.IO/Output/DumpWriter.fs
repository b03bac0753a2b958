namespace HgnFunctional.IO

open System
open System.Globalization
open System.IO
open HgnFunctional

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

        writer.WriteLine $"ITEM: BOX BOUNDS {flag 0} {flag 1} {flag 2}"

        let extent axis =
            let mutable low, high = infinity, -infinity

            for body in 0 .. state.Bodies - 1 do
                low <- min low state.Positions[body * d + axis]
                high <- max high state.Positions[body * d + axis]

            struct (low, high)

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

            writer.WriteLine $"{number low} {number high}"

    let private requireFinite (path: string) (step: int64) (state: PhaseState) : unit =
        if Guard.firstNotFinite state.Positions >= 0 || Guard.firstNotFinite state.Momenta >= 0 then
            let reason = $"the state at step {step} is not finite; expected finite positions and momenta"
            raise (DataException { File = path; Line = None; Problem = CannotWrite reason })

    /// Columns that are the same in all frames: names, and the text of each body. Bodies without labels are numbered from 1 and
    /// of type 1, without which readers such as ASE do not know what to make of them.
    let private fixedColumns (structure: Structure) : (string * (int -> string)) list =
        let labels = structure.Labels |> Option.defaultWith (fun () -> Labels.ofIds (Array.init structure.Bodies (fun body -> int64 body + 1L)))
        let masses = structure.Masses.ToArray()

        [
            "id", (fun body -> labels.Ids[body].ToString CultureInfo.InvariantCulture)
            "type", (fun body -> labels.Types |> Option.map (Array.item body) |> Option.defaultValue "1")
            match labels.Elements with
            | Some elements -> "element", (fun body -> elements[body])
            | None -> ()
            match labels.Charges with
            | Some charges -> "q", (fun body -> number charges[body])
            | None -> ()
            "mass", (fun body -> number masses[body])
        ]

    /// Writes frames of one structure.
    let private frameWriter (structure: Structure) : TextWriter -> bool -> int64 -> PhaseState -> unit =
        let d = structure.Dimension
        let columns = fixedColumns structure
        let names = columns |> List.map fst |> String.concat " "
        let starts = Array.init structure.Bodies (fun body -> columns |> List.map (fun (_, textOf) -> textOf body) |> String.concat " ")
        let masses = structure.Masses.ToArray()

        fun writer isFirst step state ->
            match structure.Labels |> Option.bind _.Units with
            | Some units when isFirst ->
                writer.WriteLine "ITEM: UNITS"
                writer.WriteLine units
            | _ -> ()

            writer.WriteLine "ITEM: TIMESTEP"
            writer.WriteLine step
            writer.WriteLine "ITEM: NUMBER OF ATOMS"
            writer.WriteLine state.Bodies
            writeBox writer structure state
            writer.WriteLine $"ITEM: ATOMS {names} xu yu zu vx vy vz"

            for body in 0 .. state.Bodies - 1 do
                writer.Write starts[body]

                for axis in 0..2 do
                    writer.Write ' '
                    writer.Write(number (if axis < d then state.Positions[body * d + axis] else 0.0))

                for axis in 0..2 do
                    writer.Write ' '
                    writer.Write(number (if axis < d then state.Momenta[body * d + axis] / masses[body] else 0.0))

                writer.WriteLine()

    /// Writes states with their step numbers, at once or not at all; spaces of one or two dimensions are filled up with
    /// zeros. Numbers read back to the same bits.
    let write (path: string) (structure: Structure) (states: (int64 * PhaseState) seq) : Result<unit, DataError> =
        let writeFrame = frameWriter structure

        AtomicFile.write path (fun writer ->
            states
            |> Seq.iteri (fun index (step, state) ->
                requireFinite path step state
                writeFrame writer (index = 0) step state))
