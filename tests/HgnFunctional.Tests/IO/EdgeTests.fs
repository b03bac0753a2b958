/// Input at the edges of the formats: what LAMMPS writes rarely, and what damage leaves behind.
module HgnFunctional.Tests.IO.EdgeTests

open System
open System.Globalization
open System.IO
open System.Threading
open Expecto
open HgnFunctional
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Models
open HgnFunctional.Learning
open HgnFunctional.Metrics
open HgnFunctional.IO

let private dataFile (name: string) : string = Path.Combine(AppContext.BaseDirectory, "data", name)

/// Calls a function with a fresh folder, which is deleted afterwards.
let private withFolder (action: string -> 'a) : 'a =
    let folder = Directory.CreateTempSubdirectory("hgn-io-").FullName

    try
        action folder
    finally
        Directory.Delete(folder, true)

let private withBytes (bytes: byte[]) (action: string -> 'a) : 'a =
    withFolder (fun folder ->
        let path = Path.Combine(folder, "input.file")
        File.WriteAllBytes(path, bytes)
        action path)

let private withText (text: string) (action: string -> 'a) : 'a = withBytes (Text.Encoding.UTF8.GetBytes text) action

let private valueOf (result: Result<'a, 'error>) : 'a =
    match result with
    | Ok value -> value
    | Error error -> failtest $"refused: {error}"

/// One sentence in one line that holds all the parts.
let private expectRefused (parts: string list) (result: Result<'a, 'error>) : unit =
    match result with
    | Ok _ -> failtest "accepted"
    | Error error ->
        let sentence = string (box error)
        Expect.isFalse (sentence.Contains '\n') $"one line: {sentence}"

        for part in parts do
            Expect.stringContains sentence part "the sentence"

/// The last element: the error, if there is one.
let private last (source: Result<'a, 'error> seq) : Result<'a, 'error> = Seq.last source

let private frame: string =
    "ITEM: TIMESTEP\n100\nITEM: NUMBER OF ATOMS\n3\nITEM: BOX BOUNDS ss pp pp\n0 10\n-5 5\n1 3\n"
    + "ITEM: ATOMS id type mass xu yu zu vx vy vz fx fy fz\n"
    + "1 1 2.5 0.1 0.2 0.3 1 2 3 -1 -2 -3\n"
    + "2 1 2.5 1.1 0.2 0.3 4 5 6 -4 -5 -6\n"
    + "3 2 0.5 2.1 0.2 0.4 7 8 9 -7 -8 -9\n"

let private data: string =
    "a chain\n\n3 atoms\n2 bonds\n2 atom types\n1 bond types\n2 extra bond per atom\n\n"
    + "0 10 xlo xhi\n-5 5 ylo yhi\n1 3 zlo zhi\n\n"
    + "Masses\n\n1 2.5\n2 0.5 # light\n\n"
    + "Atoms # bond\n\n3 1 2 2.1 0.2 0.3\n1 1 1 0.1 0.2 0.3\n2 1 1 1.1 0.2 0.3\n\n"
    + "Velocities\n\n1 1 2 3\n3 7 8 9\n2 4 5 6\n\n"
    + "Bonds\n\n1 1 1 2\n2 1 3 2\n"

/// The same text with one piece replaced; the piece must be there.
let private replaced (piece: string) (by: string) (text: string) : string =
    if not (text.Contains(piece, StringComparison.Ordinal)) then
        invalidOp $"'{piece}' is not in the text"

    text.Replace(piece, by)

let private near = TrajectoryFile.within 0.9

let private snapshots (options: SourceOptions) (path: string) : Result<Snapshot, DataError> seq = TrajectoryFile.snapshots options [ path ]

let private dumpTests =
    [
        test "units named in the first frame hold for all" {
            withText ("ITEM: UNITS\nmetal\n" + frame + frame) (fun path ->
                let forces = snapshots near path |> Seq.map (fun snapshot -> (valueOf snapshot).Forces[0]) |> List.ofSeq
                Expect.equal forces.Length 2 "frames"
                Expect.floatClose Accuracy.high forces[0] -9648.5332 "first"
                Expect.equal forces[1] forces[0] "second")
        }
        test "a file cut in its last number is refused" {
            withText ((frame + frame).TrimEnd '\n') (fun path ->
                LammpsDump.frames path |> last |> expectRefused [ "line 24"; "line break" ])

            withText (data.TrimEnd '\n') (fun path -> LammpsData.read path |> expectRefused [ "line 33"; "line break" ])
        }
        test "a frame that another one cuts off says how many atoms it has" {
            withText (frame.Replace("3 2 0.5 2.1 0.2 0.4 7 8 9 -7 -8 -9\n", "") + frame) (fun path ->
                LammpsDump.frames path |> last |> expectRefused [ "line 12"; "3 lines of atoms"; "2" ])
        }
        test "a section that comes twice is refused" {
            withText ("ITEM: TIMESTEP\n1\n" + frame) (fun path -> LammpsDump.frames path |> last |> expectRefused [ "line 3"; "TIMESTEP" ])
        }
        test "boxes that are none are refused" {
            for box, parts in
                [ "0 10\n-5 5\n1 1\n", [ "line 8" ]; "0 10\n-1e308 1.7e308\n1 3\n", [ "line 7" ]; "0 10\n5 -5\n1 3\n", [ "line 7" ] ] do
                withText (frame |> replaced "0 10\n-5 5\n1 3\n" box) (fun path -> snapshots near path |> last |> expectRefused parts)

            withText (frame |> replaced " ss pp pp" "") (fun path -> snapshots near path |> last |> expectRefused [ "line 5"; "boundary" ])
            withText (frame |> replaced "ss pp pp" "ss pq pp") (fun path -> snapshots near path |> last |> expectRefused [ "line 5" ])
        }
        test "an axis along which nothing extends and nothing moves is open" {
            // LAMMPS calls z periodic in two dimensions.
            let options = TrajectoryFile.within 1.5
            let snapshot = snapshots options (dataFile "chain8.lammpstrj") |> Seq.head |> valueOf
            Expect.equal (snapshot.Structure.Cell.Periods.ToArray()) [| 0.0; 0.0; 0.0 |] "periods"
        }
        test "frames in which nothing changed share one structure" {
            withText (frame + frame + frame.Replace("0.5 2.1", "0.6 2.1")) (fun path ->
                match snapshots near path |> Seq.map valueOf |> List.ofSeq with
                | [ first; second; third ] ->
                    Expect.isTrue (obj.ReferenceEquals(first.Structure, second.Structure)) "shared"
                    Expect.equal third.Structure.Masses[2] 0.6 "another mass"
                | _ -> failtest "three frames")
        }
        test "a mass of zero names the atom by its id" {
            withText (frame |> replaced "3 2 0.5" "30 2 0") (fun path -> snapshots near path |> last |> expectRefused [ "line 1"; "30" ])
        }
        test "paths that are none are refused" {
            for path in [ ""; "a\000b" ] do
                LammpsDump.frames path |> last |> expectRefused []
                ModelFile.read path |> expectRefused []

            withFolder (fun folder ->
                LammpsDump.frames folder |> last |> expectRefused [ folder ]
                LammpsData.read folder |> expectRefused [ folder ])
        }
        test "a line without end is refused before it fills the memory" {
            withBytes (Array.append "ITEM: TIMESTEP\n"B (Array.create (1 <<< 22) 'x'B)) (fun path ->
                LammpsDump.frames path |> last |> expectRefused [ "line 2"; "longer" ])
        }
        test "the start of a simulation reads no further than its frame" {
            withText (frame + frame + "damage\n") (fun path ->
                let state = (TrajectoryFile.initial near (Some 1) path |> valueOf).State
                Expect.equal (state.Momenta.ToArray()) [| 2.5; 5.0; 7.5; 10.0; 12.5; 15.0; 3.5; 4.0; 4.5 |] "m v")
        }
        test "the culture of the thread does not matter" {
            let before = CultureInfo.CurrentCulture

            let read () =
                withText (frame |> replaced "\n3 2" "\n-3 2") (fun path ->
                    (snapshots near path |> Seq.head |> valueOf).State.Positions.ToArray())

            let expected = read ()
            let culture = CultureInfo.InvariantCulture.Clone() :?> CultureInfo
            culture.NumberFormat.NumberDecimalSeparator <- ","
            culture.NumberFormat.NumberGroupSeparator <- "."
            culture.NumberFormat.NegativeSign <- "~"

            try
                Thread.CurrentThread.CurrentCulture <- culture
                Expect.equal (read ()) expected "the same numbers"
            finally
                Thread.CurrentThread.CurrentCulture <- before
        }
    ]

let private dataTests =
    [
        test "header lines that are not needed are passed over" {
            withText data (fun path -> Expect.equal (LammpsData.read path |> valueOf).Bonds [| struct (0, 1); struct (2, 1) |] "bonds")
        }
        test "image flags move atoms by whole boxes" {
            let moved = data |> replaced "2.1 0.2 0.3" "2.1 0.2 0.3 0 -1 2"

            withText (moved |> replaced "0.1 0.2 0.3\n2" "0.1 0.2 0.3 0 0 0\n2" |> replaced "1.1 0.2 0.3" "1.1 0.2 0.3 1 0 0") (fun path ->
                let positions = (LammpsData.read path |> valueOf).Positions
                Expect.floatClose Accuracy.veryHigh positions[3] 11.1 "x"
                Expect.floatClose Accuracy.veryHigh positions[7] -9.8 "y"
                Expect.floatClose Accuracy.veryHigh positions[8] 4.3 "z")
        }
        test "bonds that are none name line and atoms" {
            for bond, parts in [ "2 1 3 3", [ "line 33"; "3" ]; "2 1 2 1", [ "line 33"; "atoms 2 and 1" ]; "2 1 3 99", [ "line 33"; "99" ] ] do
                withText (data |> replaced "2 1 3 2" bond) (fun path -> LammpsData.read path |> expectRefused parts)
        }
        test "a mass that is none names its line" {
            withText (data |> replaced "2 0.5 #" "2 0 #") (fun path -> LammpsData.read path |> expectRefused [ "line 16"; "mass" ])
        }
        test "a data file starts a simulation: open with bonds; within a cutoff the boundary must be said" {
            withText data (fun path ->
                let { Structure = bonded; State = state } =
                    TrajectoryFile.initial { near with Reach = None; Bonds = true } None path |> valueOf

                Expect.equal (bonded.Cell.Periods.ToArray()) [| 0.0; 0.0; 0.0 |] "open"
                Expect.equal (state.Momenta.ToArray()) [| 2.5; 5.0; 7.5; 10.0; 12.5; 15.0; 3.5; 4.0; 4.5 |] "m v"
                TrajectoryFile.initial near None path |> expectRefused [ "periodic"; "boundary" ]
                let start = TrajectoryFile.initial { near with Periodic = Some(true, true, false) } None path |> valueOf
                Expect.equal (start.Structure.Cell.Periods.ToArray()) [| 10.0; 10.0; 0.0 |] "periodic"
                Expect.equal start.Warnings [ BondsIgnored(path, 2) ] "bonds beside a cutoff"
                TrajectoryFile.initial near (Some 1) path |> expectRefused [ "frame" ])
        }
        test "damaged data files are refused or read, and never throw" {
            let random = Random 11
            let bytes = Text.Encoding.ASCII.GetBytes data

            for _ in 1..1000 do
                let damaged = Array.copy bytes

                for _ in 0 .. random.Next 3 do
                    damaged[random.Next damaged.Length] <- byte (random.Next 256)

                withBytes (Array.truncate (random.Next(1, damaged.Length + 1)) damaged) (fun path ->
                    TrajectoryFile.initial { near with Reach = None; Bonds = true } None path |> ignore)
        }
        test "noise is refused" {
            let random = Random 12

            for _ in 1..200 do
                let noise = Array.zeroCreate<byte>(random.Next 4000)
                random.NextBytes noise

                withBytes noise (fun path ->
                    LammpsDump.frames path |> last |> expectRefused []
                    LammpsData.read path |> expectRefused []
                    TrajectoryFile.initial near None path |> expectRefused []
                    ModelFile.read path |> expectRefused [])
        }
        test "damaged dumps are refused or read, and never throw" {
            let random = Random 13
            let bytes = Text.Encoding.ASCII.GetBytes(frame + frame)

            for _ in 1..2000 do
                let damaged = Array.copy bytes

                for _ in 0 .. random.Next 3 do
                    damaged[random.Next damaged.Length] <- byte (random.Next 256)

                withBytes (Array.truncate (random.Next(1, damaged.Length + 1)) damaged) (fun path -> snapshots near path |> Seq.iter ignore)
        }
    ]

let private structure = Structure.bonded 1 1.0 (Graph.create 1 [])

let private stateOf (position: float) (momentum: float) : PhaseState = PhaseState.create 1 1 [| position |] [| momentum |]

let private writeTests =
    [
        test "every finite number reads back to the same bits" {
            let random = Random 14

            let numbers =
                [ 0.0; -0.0; Double.Epsilon; Double.MaxValue; 1.0 / 3.0; -1e-300 ]
                @ List.init 500 (fun _ -> BitConverter.Int64BitsToDouble(random.NextInt64()))
                |> List.filter Double.IsFinite

            withFolder (fun folder ->
                let path = Path.Combine(folder, "out.lammpstrj")
                DumpWriter.write path structure [ for number in numbers -> 7L, stateOf number -number ] |> valueOf

                for number, read in Seq.zip numbers (LammpsDump.frames path |> Seq.map valueOf) do
                    let bits = [| read.Positions[0]; read.Velocities.Value[0] |] |> Array.map BitConverter.DoubleToInt64Bits
                    Expect.equal bits (Array.map BitConverter.DoubleToInt64Bits [| number; -number |]) $"{number}")
        }
        test "places that cannot be written are refused as such" {
            withFolder (fun folder ->
                let missing = Path.Combine(folder, "none", "out")
                DumpWriter.write missing structure [] |> expectRefused [ missing; "written" ]
                DumpWriter.write folder structure [] |> expectRefused [ folder; "written" ]
                DumpWriter.write "" structure [] |> expectRefused [ "written" ]
                Expect.isEmpty (Directory.GetFileSystemEntries folder) "nothing is left"

                Expect.isFalse
                    (Directory.EnumerateFiles(Path.GetDirectoryName folder, Path.GetFileName folder + "*").GetEnumerator().MoveNext())
                    "nor beside")
        }
        test "a link stays a link" {
            withFolder (fun folder ->
                let target, link = Path.Combine(folder, "target"), Path.Combine(folder, "link")
                File.WriteAllText(target, "old")
                File.CreateSymbolicLink(link, target) |> ignore
                DumpWriter.write link structure [ 0L, stateOf 1.0 2.0 ] |> valueOf
                Expect.isNotNull (FileInfo link).LinkTarget "a link"
                Expect.stringStarts (File.ReadAllText target) "ITEM: TIMESTEP" "what it leads to")
        }
    ]

let private modelTests =
    [
        test "texts that are no models are refused and never throw" {
            for text in
                [
                    ""
                    "null"
                    "[]"
                    "{}"
                    "{\"formatVersion\": 1, \"formatVersion\": 1}"
                    "{\"formatVersion\": null}"
                    "{\"formatVersion\": 1, \"pairs\": {\"kind\": \"\\ud800\"}}"
                    "{\"formatVersion\": 1, \"\\ud800\": 1}"
                    String.replicate 5000 "["
                ] do
                ModelFile.ofJson "m.json" text |> expectRefused [ "m.json" ]
        }
        test "damaged models are refused, or are the same model, and never throw" {
            let options = TrajectoryFile.bondsOf (dataFile "spring_2x2x2.data")

            let model =
                snapshots options (dataFile "spring_2x2x2.lammpstrj")
                |> Seq.truncate 10
                |> Training.fitStream TrainingConfig.defaults ignore
                |> valueOf

            let text = ModelFile.toJson model
            let random = Random 15

            for _ in 1..2000 do
                let letters = text.ToCharArray()
                letters[random.Next letters.Length] <- char (random.Next(1, 127))

                match ModelFile.ofJson "m.json" (String letters) with
                | Error error -> Expect.stringContains (string error) "m.json" "a sentence"
                | Ok read -> Expect.equal (ModelFile.toJson read) text "the same model"
        }
        test "a model that is not finite is not written" {
            let model: TrainedModel =
                {
                    Scope = ModelScope.bonds
                    Terms = []
                    Constant = nan
                    Units = None
                    Diagnostics = []
                    Provenance =
                        {
                            LibraryVersion = ""
                            Seed = 0
                            Sampler = ""
                            Width = 1
                            Frames = 1
                            PinnedBodies = 0
                            DataHash = ""
                        }
                    Warnings = []
                    Verdict = None
                    Posterior = None
                }

            withFolder (fun folder ->
                let path = Path.Combine(folder, "m.json")
                File.WriteAllText(path, "keep")
                ModelFile.write path model |> expectRefused [ path; "finite" ]
                Expect.equal (File.ReadAllText path) "keep" "untouched")
        }
    ]

[<Tests>]
let tests =
    testList
        "IO edges"
        [
            testList "dumps" dumpTests
            testList "data files" dataTests
            testList "writing" writeTests
            testList "models" modelTests
        ]
