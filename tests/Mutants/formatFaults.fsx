// Faults in the formats of trajectories, and in what the commands say of them.

#load "fault.fsx"

open Fault

let private fault (name: string) (file: string) (original: string) (replacement: string) (law: string) : Fault =
    { Name = name; File = file; Original = original; Fault = replacement; Law = law }

let private formats (name: string) (file: string) (original: string) (replacement: string) (law: string) : Fault =
    fault name $"src/HgnFunctional.IO/Formats/{file}" original replacement law

let all: Fault list =
    [
        formats
            "origin-lost"
            "ExtxyzFormat.fs"
            "if corner |> Array.exists ((<>) 0.0) then"
            "if corner |> Array.exists System.Double.IsNaN then"
            "a box goes out where it is"
        formats
            "time-lost-in-dumps"
            "DumpFormat.fs"
            "TextNumber.text time"
            "TextNumber.text (time + 1.0)"
            "what a format claims to hold it gives back"
        formats
            "nan-taken-from-arrays"
            "ArrayFrames.fs"
            "values |> Array.tryFindIndex (Double.IsFinite >> not)"
            "values |> Array.tryFindIndex (Double.IsFinite >> ignore >> fun () -> false)"
            "numbers of arrays are finite"
        formats
            "frames-of-tables-twice"
            "CsvFormat.fs"
            "if not (seen.Add first[column]) then"
            "if not (seen.Add first[column]) && false then"
            "a frame of a table stands in one place"
        formats "checksum-unseen" "NpzFormat.fs" "~~~sum <> expected" "~~~sum <> expected && false" "an array is what its checksum says"
        formats
            "first-frame-lost-in-spool"
            "ArraySpool.fs"
            "for _ in 1L .. frames do\n                write stream first"
            "for _ in 2L .. frames do\n                write stream first"
            "what changes late is written from the first frame on"
        fault
            "dipole-a-column-short"
            "src/HgnFunctional.IO/Input/AtomStyle.fs"
            "id type q x y z mux muy muz\""
            "id type q x y z mux muy\""
            "every atom style has its columns"
        fault "zstd-unseen" "src/HgnFunctional.IO/Input/ContentStream.fs" "0x28uy; 0xb5uy" "0x29uy; 0xb5uy" "what zstd compressed is read"
        fault
            "last-digits-of-extxyz"
            "src/HgnFunctional.IO/Input/Extxyz.fs"
            "reader.RequireLineBreak()"
            "ignore reader"
            "a file that is cut within a number is refused"
        fault
            "velocities-not-compared"
            "src/HgnFunctional.IO/Input/SnapshotMaker.fs"
            "| None, _, _ when options.Compares -> None"
            "| None, _, _ when options.Compares && false -> None"
            "a model is compared with velocities alone"
        fault
            "loss-unsaid"
            "src/HgnFunctional.IO/Output/FrameWriter.fs"
            "(FramePart.ofFrame frame - holds)"
            "(holds - holds)"
            "what a format has no place for is said"
        fault
            "poor-energies-unsaid"
            "src/HgnFunctional.CSharp/Models/HgnModel.cs"
            "error.Relative > poor"
            "error.Relative > 1e9 * poor"
            "energies that are far off are said"
        fault
            "weight-unsaid"
            "src/HgnFunctional.CSharp/Training/TrainingRun.cs"
            "return left.Length == 0"
            "return left.Length >= 0"
            "a weight of 0 on all there is is named"
    ]
