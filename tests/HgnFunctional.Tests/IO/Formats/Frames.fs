/// Frames that formats are tested with.
module HgnFunctional.Tests.IO.Formats.Frames

open System
open System.IO
open Expecto
open HgnFunctional.Space
open HgnFunctional.IO
open HgnFunctional.Tests.Support.Laws

let file (name: string) : string = Path.Combine(AppContext.BaseDirectory, "data", name)

let read (path: string) : FileFrame list = FrameFormat.frames Extxyz.anyKeys path |> Seq.map expectOk |> List.ofSeq

/// Every format that is written.
let written: FrameFormat list = FrameFormat.all |> List.filter _.Writing.IsSome

let holds (format: FrameFormat) : Set<FramePart> = format.Writing.Value.Holds

/// Numbers that no rounding leaves as they are.
let private digits (count: int) (seed: int) : float[] =
    let random = Random seed
    Array.init count (fun k -> (random.NextDouble() - 0.5) * Math.Pow(10.0, float (k % 7 - 3)))

/// A frame with every part, in a skewed cell that is open along one axis.
let full (seed: int) : FileFrame =
    let low, high = [| -1.1; 0.3; -2.0 |], [| 4.7; 3.6; 7.1 |]
    let axes = [| Periodic(low[0], high[0]); Periodic(low[1], high[1]); Open |]

    { FileFrame.ofPositions [| 2L; 5L; 9L; 11L |] (digits 12 seed) with
        Timestep = 100L * int64 seed
        Time = Some(0.1 * float seed)
        UnitStyle = Some "metal"
        Low = low
        High = high
        Cell = Cell.tryTilted axes [| 1.0 / 3.0; 0.0; 0.0 |] |> expectOk
        Boundaries = [| "pp"; "pp"; "ff" |]
        Types = Some [| "1"; "2"; "2"; "1" |]
        Elements = Some [| "O"; "H"; "H"; "O" |]
        Charges = Some [| -0.8; 0.4; 0.4; 0.1 / 3.0 |]
        Masses = Some [| 15.999; 1.008; 1.008; 47.0 / 3.0 |]
        Velocities = Some(digits 12 (seed + 100))
        Forces = Some(digits 12 (seed + 200))
        Energy = Some(-7.0 / 3.0 + float seed)
        Virial = Some(digits 9 (seed + 300))
        Group = "two \"words\""
        Bonds = Some [| struct (0, 1, "1"); struct (0, 3, "2") |]
    }

/// Two arrays hold the same bits, or are both absent.
let private sameNumbers (what: string) (expected: float[] option) (actual: float[] option) : unit =
    Expect.equal actual.IsSome expected.IsSome $"{what} are there"
    Option.map2 (identical what) expected actual |> Option.iter expectNone

/// One part of two frames is the same; of a skewed box the bounds may be rounded, and of a box that a length describes, one.
let samePart (part: FramePart) (expected: FileFrame) (actual: FileFrame) : unit =
    let one (value: float option) = value |> Option.map Array.singleton

    match part with
    | Steps -> Expect.equal actual.Timestep expected.Timestep "time step"
    | Times -> sameNumbers "times" (one expected.Time) (one actual.Time)
    | UnitNames -> Expect.equal actual.UnitStyle expected.UnitStyle "units"
    | Cells ->
        Expect.equal actual.Boundaries expected.Boundaries "boundaries"

        // Bounds of what is open say where its atoms are, and nothing else.
        for axis in 0..2 do
            if expected.Boundaries[axis] = "pp" || expected.Boundaries[axis] = "ff" then
                let bounds (frame: FileFrame) = [| frame.Low[axis]; frame.High[axis] |]
                close "bounds" 1e-15 (bounds expected) (bounds actual) |> expectNone

        close "periods" 1e-15 (expected.Cell.Periods.ToArray()) (actual.Cell.Periods.ToArray()) |> expectNone
        identical "tilts" (expected.Cell.Tilts.ToArray()) (actual.Cell.Tilts.ToArray()) |> expectNone
    | Types -> Expect.equal actual.Types expected.Types "types"
    | Elements -> Expect.equal actual.Elements expected.Elements "elements"
    | Charges -> sameNumbers "charges" expected.Charges actual.Charges
    | Masses -> sameNumbers "masses" expected.Masses actual.Masses
    | Velocities -> sameNumbers "velocities" expected.Velocities actual.Velocities
    | Forces -> sameNumbers "forces" expected.Forces actual.Forces
    | Energies -> sameNumbers "energies" (one expected.Energy) (one actual.Energy)
    | Virials -> sameNumbers "virials" expected.Virial actual.Virial
    | Groups -> Expect.equal actual.Group expected.Group "group"
    | Bonds -> Expect.equal actual.Bonds expected.Bonds "bonds"

/// Two frames are the same in ids, positions and these parts.
let same (parts: Set<FramePart>) (expected: FileFrame) (actual: FileFrame) : unit =
    Expect.equal actual.Ids expected.Ids "ids"
    identical "positions" expected.Positions actual.Positions |> expectNone
    parts |> Set.iter (fun part -> samePart part expected actual)
