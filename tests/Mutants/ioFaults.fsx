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
            Original = "header.HeaderBox.Add(header.HeaderBox.Low, scaled)"
            Fault = "header.HeaderBox.Add([| 0.0; 0.0; 0.0 |], scaled)"
            Law = "scaled positions are taken back to the box"
        }
        {
            Name = "image-flags-ignored"
            File = "src/HgnFunctional.IO/Input/DataRows.fs"
            Original = "float (reader.Integer(\"the image flag\""
            Fault = "0.0 * float (reader.Integer(\"the image flag\""
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
            File = "src/HgnFunctional.IO/Input/FileBodies.fs"
            Original = "masses[k / 3] * v"
            Fault = "0.0 * masses[k / 3] + v"
            Law = "momenta are mass times velocity"
        }
        {
            Name = "digits-lost-in-dumps"
            File = "src/HgnFunctional.IO/Formats/TextSink.fs"
            Original = "value.ToString(\"R\""
            Fault = "value.ToString(\"G15\""
            Law = "every finite number reads back to the same bits"
        }
        {
            Name = "digits-lost-in-models"
            File = "src/HgnFunctional.IO/Output/ModelFile.fs"
            Original = "SavedForm.Numbers term.Readout"
            Fault = "SavedForm.Numbers(term.Readout |> Array.map (float32 >> float))"
            Law = "a model reads back to the same bits"
        }
        {
            Name = "cutoff-radius-lost-in-models"
            File = "src/HgnFunctional/Blocks/SavedParts.fs"
            Original = "\"radius\", number factor.Radius"
            Fault = "\"radius\", number (System.Math.Round(factor.Radius, 3))"
            Law = "a model within a cutoff reads back to the same bits"
        }
        {
            Name = "file-written-in-place"
            File = "src/HgnFunctional.IO/Output/OutputFile.fs"
            Original = "        let part = OutputPath.partOf target\n\n        let options"
            Fault = "        let part = target\n\n        let options"
            Law = "a file that cannot be written whole is left as it was"
        }
        {
            Name = "second-writer-let-in"
            File = "src/HgnFunctional.IO/Output/OutputFile.fs"
            Original = "Share = FileShare.None"
            Fault = "Share = FileShare.ReadWrite"
            Law = "two writers of one file do not mix"
        }
        {
            Name = "older-part-continued"
            File = "src/HgnFunctional.IO/Output/OutputFile.fs"
            Original = "file.SetLength 0L"
            Fault = "ignore (file.Length)"
            Law = "nothing of an earlier run is left in a new file"
        }
        {
            Name = "half-a-frame-kept"
            File = "src/HgnFunctional.IO/Output/OutputFile.fs"
            Original = "stream.SetLength whole"
            Fault = "ignore whole"
            Law = "what is kept of a run is whole frames"
        }
        {
            Name = "mode-of-file-lost"
            File = "src/HgnFunctional.IO/Output/OutputFile.fs"
            Original = "mode |> Option.iter (fun mode -> File.SetUnixFileMode(file.SafeFileHandle, mode))"
            Fault = "ignore mode"
            Law = "a file keeps its mode"
        }
        {
            Name = "links-not-followed"
            File = "src/HgnFunctional.IO/Output/OutputPath.fs"
            Original = "String.Equals(fullPath first, fullPath second, comparison)"
            Fault = "String.Equals(Path.GetFullPath first, Path.GetFullPath second, comparison)"
            Law = "an output does not replace an input, by whatever path"
        }
        {
            Name = "checksum-not-compared"
            File = "src/HgnFunctional.IO/Output/ModelFile.fs"
            Original = "if found.GetString() = checksum json then"
            Fault = "if found.GetString() <> \"\" then"
            Law = "an edit of any field of a model is noticed"
        }
        {
            Name = "dimension-believed"
            File = "src/HgnFunctional/Blocks/SavedParts.fs"
            Original = "let mostDimensions = 8"
            Fault = "let mostDimensions = 1000000"
            Law = "no memory is taken for what a number in a model claims"
        }
        {
            Name = "gzip-by-name"
            File = "src/HgnFunctional.IO/Input/ContentStream.fs"
            Original = "inflaterOf (ReadOnlySpan<byte>(first, 0, count)), file"
            Fault = "(if file.Name.EndsWith \".gz\" then inflaterOf (ReadOnlySpan<byte>(first, 0, count)) else None), file"
            Law = "a file is read by what it holds, whatever it is called"
        }
    ]
