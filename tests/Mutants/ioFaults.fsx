// Faults in the reading and writing of files.

#load "fault.fsx"

open Fault

let all: Fault list =
    [
        {
            Name = "force-factor-of-metal-units"
            File = "src/HgnFunctional.IO/Input/Units.fs"
            Original = "electronVoltPerMole * 0.1"
            Fault = "electronVoltPerMole * 0.01"
            Law = "forces follow the units"
        }
        {
            Name = "force-factor-of-real-units"
            File = "src/HgnFunctional.IO/Input/Units.fs"
            Original = "ForceFactor = 4.184e-4"
            Fault = "ForceFactor = 4.184e-3"
            Law = "forces follow the units, in every style"
        }
        {
            Name = "atoms-in-order-of-the-file"
            File = "src/HgnFunctional.IO/Input/LammpsDump.fs"
            Original = "Array.sortBy (fun row -> ids[row])"
            Fault = "Array.sortBy (fun row -> 0L * ids[row])"
            Law = "atoms may come in any order"
        }
        {
            Name = "scaled-positions-from-zero"
            File = "src/HgnFunctional.IO/Input/LammpsDump.fs"
            Original = "header.Low[k % 3] + x * (header.High[k % 3] - header.Low[k % 3])"
            Fault = "x * (header.High[k % 3] - header.Low[k % 3])"
            Law = "scaled positions are taken back to the box"
        }
        {
            Name = "image-flags-ignored"
            File = "src/HgnFunctional.IO/Input/LammpsData.fs"
            Original = "* contents.BoxLengths[k % 3])"
            Fault = "* 0.0 * contents.BoxLengths[k % 3])"
            Law = "image flags move atoms by whole boxes"
        }
        {
            Name = "last-frame-left-out"
            File = "src/HgnFunctional.IO/Input/TrajectoryFile.fs"
            Original = "let isPastEnd () = options.LastFrame |> Option.exists (fun last -> index > last)"
            Fault = "let isPastEnd () = options.LastFrame |> Option.exists (fun last -> index >= last)"
            Law = "a range of frames includes its last"
        }
        {
            Name = "momenta-without-masses"
            File = "src/HgnFunctional.IO/Input/TrajectoryFile.fs"
            Original = "masses[k / 3] * v"
            Fault = "0.0 * masses[k / 3] + v"
            Law = "momenta are mass times velocity"
        }
        {
            Name = "digits-lost-in-dumps"
            File = "src/HgnFunctional.IO/Output/DumpWriter.fs"
            Original = "value.ToString(\"R\""
            Fault = "value.ToString(\"G15\""
            Law = "every finite number reads back to the same bits"
        }
        {
            Name = "digits-lost-in-models"
            File = "src/HgnFunctional.IO/Output/ModelFile.fs"
            Original = "term.Readout |> Array.map (fun value -> JsonValue.Create value :> JsonNode)"
            Fault = "term.Readout |> Array.map (fun value -> JsonValue.Create(float (float32 value)) :> JsonNode)"
            Law = "a model reads back to the same bits"
        }
        {
            Name = "cutoff-radius-lost-in-models"
            File = "src/HgnFunctional.IO/Output/BlockCodecs.fs"
            Original = "inner[\"radius\"] <- factor.Radius"
            Fault = "inner[\"radius\"] <- System.Math.Round(factor.Radius, 3)"
            Law = "a model within a cutoff reads back to the same bits"
        }
        {
            Name = "file-written-in-place"
            File = "src/HgnFunctional.IO/Output/AtomicFile.fs"
            Original = "fillFile temporary FileMode.CreateNew fill\n            File.Move(temporary, target, true)"
            Fault = "fillFile target FileMode.Create fill"
            Law = "a file that cannot be written whole is left as it was"
        }
        {
            Name = "temporary-file-left-behind"
            File = "src/HgnFunctional.IO/Output/AtomicFile.fs"
            Original = "if File.Exists temporary then"
            Fault = "if not (File.Exists temporary) then"
            Law = "a failed write leaves nothing behind"
        }
    ]
