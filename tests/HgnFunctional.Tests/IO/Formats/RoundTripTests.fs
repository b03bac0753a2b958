/// What every format claims to hold it gives back, and what it lacks is said.
module HgnFunctional.Tests.IO.Formats.RoundTripTests

open System
open System.Globalization
open System.IO
open Expecto
open HgnFunctional.IO
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Laws

let private pathOf (folder: string) (format: FrameFormat) : string = Path.Combine(folder, "run" + format.Writing.Value.Extensions.Head)

/// A frame without one part.
let private without (part: FramePart) (frame: FileFrame) : FileFrame =
    match part with
    | Steps -> { frame with Timestep = 0L }
    | Times -> { frame with Time = None }
    | UnitNames -> { frame with UnitStyle = None }
    | Cells ->
        { FileFrame.ofPositions frame.Ids frame.Positions with
            Timestep = frame.Timestep
            Time = frame.Time
            UnitStyle = frame.UnitStyle
            Types = frame.Types
            Elements = frame.Elements
            Charges = frame.Charges
            Masses = frame.Masses
            Velocities = frame.Velocities
            Forces = frame.Forces
            Energy = frame.Energy
            Virial = frame.Virial
            Group = frame.Group
            Bonds = frame.Bonds
        }
    | Types -> { frame with Types = None }
    | Elements -> { frame with Elements = None }
    | Charges -> { frame with Charges = None }
    // Elements have masses of their own.
    | Masses -> { frame with Masses = None; Elements = None }
    | Velocities -> { frame with Velocities = None }
    | Forces -> { frame with Forces = None }
    | Energies -> { frame with Energy = None }
    | Virials -> { frame with Virial = None }
    | Groups -> { frame with Group = "" }
    | Bonds -> { frame with Bonds = None }

let private claims (format: FrameFormat) : Test =
    let holds = Frames.holds format

    let both (change: FileFrame -> FileFrame) (test: FileFrame list -> WrittenFrames -> FileFrame list -> unit) =
        TemporaryFolder.using (fun folder ->
            let path = pathOf folder format
            let frames = [ change (Frames.full 1); change (Frames.full 2) ]
            let written = FrameWriter.write format path frames |> expectOk
            Expect.equal (Directory.GetFileSystemEntries folder) [| path |] "nothing beside"
            Expect.equal (FrameFormat.ofFile path).Name format.Name "recognised by its content"
            test frames written (Frames.read path))

    testList
        format.Name
        [
            test "every part that it holds reads back, and what it lacks is said" {
                both id (fun frames written read ->
                    List.iter2 (Frames.same holds) frames read
                    let lacking = Set.ofList FramePart.all - holds
                    Expect.equal (Set.ofList written.LeftOut) lacking "left out"
                    Expect.equal written.Loss.IsSome (not lacking.IsEmpty) "said"
                    lacking |> Set.iter (fun part -> Expect.stringContains written.Loss.Value (string part) "named"))
            }
            for part in holds do
                test $"frames without {part} read back without them" {
                    both (without part) (fun frames _ read ->
                        List.iter2 (Frames.same holds) frames read
                        Expect.isFalse (FramePart.ofFrame read.Head |> Set.contains part) "none")
                }
            test "the bytes are the same twice, and in a culture of other numbers" {
                TemporaryFolder.using (fun folder ->
                    let write name =
                        let path = Path.Combine(folder, name)
                        FrameWriter.write format path [ Frames.full 1 ] |> expectOk |> ignore
                        File.ReadAllBytes path

                    let first = write "a"
                    let before = CultureInfo.CurrentCulture

                    try
                        let other = CultureInfo.InvariantCulture.Clone() :?> CultureInfo
                        other.NumberFormat.NumberDecimalSeparator <- ","
                        other.NumberFormat.NegativeSign <- "~"
                        CultureInfo.CurrentCulture <- other
                        Expect.equal (write "b") first "the same"
                        Expect.isNonEmpty (Frames.read (Path.Combine(folder, "b"))) "read"
                    finally
                        CultureInfo.CurrentCulture <- before)
            }
            test "an older file stays as it was where writing fails" {
                TemporaryFolder.using (fun folder ->
                    let path = pathOf folder format
                    File.WriteAllText(path, "keep")

                    let broken =
                        seq {
                            Frames.full 1
                            failwith "stop"
                        }

                    Expect.throws (fun () -> FrameWriter.write format path broken |> ignore) "stopped"
                    Expect.equal (File.ReadAllText path) "keep" "whole"

                    for beside in Directory.GetFiles folder do
                        Expect.contains [ path; path + ".part" ] beside "nothing else beside")
            }
        ]

/// From a dump to a format and back.
let private thereAndBack (format: FrameFormat) (name: string) : Test =
    test $"a dump is the same dump after {format.Name}: {name}" {
        TemporaryFolder.using (fun folder ->
            let there, back = pathOf folder format, Path.Combine(folder, "back.lammpstrj")
            let dumped = Frames.holds FrameFormat.dump |> Set.intersect (Frames.holds format)
            let source = FrameFormat.frames Extxyz.anyKeys (Frames.file name) |> Seq.truncate 5 |> Seq.map expectOk |> List.ofSeq
            FrameWriter.write format there source |> expectOk |> ignore
            FrameWriter.write FrameFormat.dump back (Frames.read there) |> expectOk |> ignore
            let compared = Set.ofList FramePart.all |> Set.intersect dumped
            List.iter2 (Frames.same compared) source (Frames.read back))
    }

[<Tests>]
let tests =
    testList
        "Formats"
        [
            testList "claims" (Frames.written |> List.map claims)
            testList
                "there and back"
                [
                    for format in Frames.written |> List.filter (fun format -> (Frames.holds format).Contains Cells) do
                        for name in
                            [
                                "spring_2x2x2.lammpstrj"
                                "systems/triclinic.lammpstrj.gz"
                                "eam_cu.lammpstrj.gz"
                                "systems/water.lammpstrj.gz"
                            ] do
                            thereAndBack format name
                ]
        ]
