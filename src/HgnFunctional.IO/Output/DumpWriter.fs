namespace HgnFunctional.IO

open System
open System.Globalization
open System.IO
open HgnFunctional

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

    /// Writes states with their step numbers, at once or not at all; spaces of one or two dimensions are filled up with
    /// zeros. Numbers read back to the same bits.
    let write (path: string) (structure: Structure) (states: (int64 * PhaseState) seq) : Result<unit, DataError> =
        AtomicFile.write path (fun writer ->
            for step, state in states do
                requireFinite path step state
                writeFrame writer structure step state)
