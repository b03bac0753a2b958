/// Where simulations start, and what goes out of them: boundaries are never guessed, labels and boxes go out as they came in.
module HgnFunctional.Tests.IO.StartTests

open System.IO
open Expecto
open HgnFunctional
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Models
open HgnFunctional.Systems
open HgnFunctional.IO
open HgnFunctional.Tests.Support

let private ring (bodies: int) : struct (int * int) list = struct (0, bodies - 1) :: Recordings.chain bodies

/// Bodies along an axis, a bond length apart, at rest but for one.
let private row (bodies: int) (axis: int) (origin: float) : Recordings.Moment =
    {
        Step = 0
        Positions = Array.init (3 * bodies) (fun k -> if k % 3 = axis then origin + 1.02 * float (k / 3) else 2.0)
        Velocities = Array.init (3 * bodies) (fun k -> if k = 3 + axis then 0.1 else 0.0)
        Forces = Array.zeroCreate (3 * bodies)
    }

let private boxAlong (axis: int) (low: float) (high: float) : (float * float) list =
    [ for other in 0..2 -> if other = axis then low, high else 0.0, 20.0 ]

let private withData (text: string) (test: string -> unit) : unit =
    TemporaryFolder.using (fun folder ->
        let path = Path.Combine(folder, "start.data")
        File.WriteAllText(path, text)
        test path)

let private plain: SourceOptions = { TrajectoryFile.within 1.0 with Reach = None; Bonds = true }

let private startOf (options: SourceOptions) (path: string) : Start =
    match TrajectoryFile.initial options None path with
    | Ok start -> start
    | Error error -> failtest (string error)

let private refused (options: SourceOptions) (path: string) (parts: string list) : unit =
    match TrajectoryFile.initial options None path with
    | Ok _ -> failtest "was accepted"
    | Error error ->
        for part in parts do
            Expect.stringContains (string error) part "the sentence"

/// The forces of springs of unit length at a start.
let private forces (start: Start) : float[] =
    Hamiltonian.timeDerivative (PairSystem(start.Structure, PairPotential.harmonic 1.0 1.0)) start.State |> snd

/// Everything that a dump says of its bodies.
let private dressing: Recordings.Dressing =
    {
        Preamble = "ITEM: UNITS\nlj\n"
        Box = "pp ff ss\n-2.5 7.5\n-3 4\n0 1"
        Columns =
            [
                "id", (fun body -> string (10 * body + 7))
                "type", (fun body -> string (1 + body % 2))
                "element", (fun body -> if body % 2 = 0 then "Si" else "C")
                "q", (fun body -> if body % 2 = 0 then "0.25" else "-0.25")
                "mass", (fun body -> if body % 2 = 0 then "28" else "12")
            ]
        ForceFactor = 1.0
    }

[<Tests>]
let tests =
    testList
        "Starts"
        [
            for axis in 0..2 do
                let name = BondImages.axisName axis

                test $"a ring closed through the boundary along {name} has the forces of its nearest images, and says so" {
                    let moment = row 6 axis 0.4

                    withData (Recordings.data (boxAlong axis 0.0 6.0) 1.0 (ring 6) moment) (fun path ->
                        let start = startOf plain path
                        Expect.equal start.Warnings [ ImagesTaken(path, 1, name) ] "warning"
                        let along = forces start |> Array.indexed |> Array.filter (fun (k, _) -> k % 3 = axis) |> Array.map snd
                        // Five bonds are stretched by 0.02, and the one through the boundary is shortened to 6 - 5.1.
                        Expect.floatClose Accuracy.high along[0] (0.02 + 0.1) "first"
                        Expect.floatClose Accuracy.high along[5] (-0.02 - 0.1) "last"
                        Expect.floatClose Accuracy.high along[2] 0.0 "between"

                        // The same where the boundary is said.
                        let said = { plain with Periodic = Some((axis = 0), (axis = 1), (axis = 2)) }
                        let start' = startOf said path
                        Expect.equal (forces start') (forces start) "said"
                        Expect.equal start'.Warnings [] "no guess")
                }

                test $"a long bond in a tight box of open space along {name} is as long as it is" {
                    // Two bonds of one length at a right angle; the box just holds the one along the axis.
                    let across = (axis + 1) % 3
                    let corner = row 3 axis 0.4
                    let positions = Array.copy corner.Positions
                    positions[6 + axis] <- positions[3 + axis]
                    positions[6 + across] <- positions[6 + across] + 1.02

                    withData
                        (Recordings.data (boxAlong axis 0.3 1.8) 1.0 (Recordings.chain 3) { corner with Positions = positions })
                        (fun path ->
                            let start = startOf plain path
                            Expect.isFalse start.Structure.Cell.IsPeriodic "open"
                            Expect.equal start.Warnings [] "nothing to say")
                }

            test "bonds that may be either are refused with the way out" {
                let moment = row 2 0 0.4

                withData (Recordings.data (boxAlong 0 0.0 1.6) 1.0 (Recordings.chain 2) moment) (fun path ->
                    refused plain path [ "atoms 1 and 2"; "along x"; "boundary" ]
                    Expect.isFalse (startOf { plain with Periodic = Some(false, false, false) } path).Structure.Cell.IsPeriodic "open"
                    Expect.isTrue (startOf { plain with Periodic = Some(true, true, true) } path).Structure.Cell.IsPeriodic "periodic")
            }

            test "bodies outside the box are not wrapped into it, and neither are their bonds" {
                let moment = row 2 0 0.4

                withData (Recordings.data (boxAlong 0 0.0 1.0) 1.0 (Recordings.chain 2) moment) (fun path ->
                    Expect.isFalse (startOf plain path).Structure.Cell.IsPeriodic "open")
            }

            test "a bond of half the box has two nearest images, and is refused in a periodic box" {
                let moment = { row 2 0 0.0 with Positions = [| 0.0; 1.0; 1.0; 1.5; 1.0; 1.0 |] }

                withData (Recordings.data (boxAlong 0 0.0 3.0) 1.0 (Recordings.chain 2) moment) (fun path ->
                    refused { plain with Periodic = Some(true, false, false) } path [ "atoms 1 and 2" ])
            }

            test "a cutoff must know the boundary of a data file; a dump says it, and is not contradicted" {
                let moment = row 4 0 0.4
                let text = Recordings.data (boxAlong 0 0.0 6.0) 1.0 (Recordings.chain 4) moment

                withData text (fun path ->
                    refused { plain with Reach = Some(Reach.within 1.5) } path [ "periodic"; "boundary" ]
                    let start = startOf { plain with Reach = Some(Reach.within 1.5); Periodic = Some(true, false, false) } path
                    Expect.equal (start.Structure.Cell.Periods.ToArray()) [| 6.0; 0.0; 0.0 |] "as said"
                    Expect.equal start.Warnings [] "nothing was left out"
                    let relations = start.Structure.Relations

                    Expect.equal
                        (relations.Bonds.Value.Graph.Pairs.Count, relations.Reach)
                        (3, Some(Reach.within 1.5))
                        "bonds beside a cutoff"

                    let within = startOf { TrajectoryFile.within 1.5 with Periodic = Some(true, false, false) } path
                    Expect.equal within.Warnings [ BondsIgnored(path, 3) ] "for a model of a cutoff alone"
                    Expect.isNone within.Structure.Relations.Bonds "and no bonds"
                    let dump = path + ".l"
                    File.WriteAllText(dump, Recordings.dump (Recordings.plain (Array.create 4 1.0)) [ moment ])
                    refused { plain with Reach = Some(Reach.within 1.5); Periodic = Some(true, true, true) } dump [ "sss"; "ppp" ]

                    Expect.isFalse
                        (startOf { plain with Reach = Some(Reach.within 1.5) } dump).Structure.Cell.IsPeriodic
                        "as the dump says")
            }

            test "ids, types, elements, charges, units and box go out as they came in" {
                TemporaryFolder.using (fun folder ->
                    let there, back = Path.Combine(folder, "in.l"), Path.Combine(folder, "out.l")
                    let start = Recordings.start 5 1

                    let moment: Recordings.Moment =
                        { Step = 3; Positions = fst start; Velocities = snd start; Forces = Array.zeroCreate 15 }

                    File.WriteAllText(there, Recordings.dump dressing [ moment ])
                    let options = TrajectoryFile.within 1.5
                    let start = startOf options there
                    Expect.isOk (DumpWriter.write back start.Structure [ 0L, start.State; 5L, start.State ]) "written"
                    let before, after = Seq.head (LammpsDump.frames there), Seq.last (LammpsDump.frames back)

                    match before, after with
                    | Ok before, Ok after ->
                        Expect.equal after.Ids before.Ids "ids"
                        Expect.equal after.Types before.Types "types"
                        Expect.equal after.Elements before.Elements "elements"
                        Expect.equal after.Charges before.Charges "charges"
                        Expect.equal after.Masses before.Masses "masses"
                        Expect.equal after.UnitStyle (Some "lj") "units"
                        Expect.equal after.Boundaries before.Boundaries "boundaries"
                        Expect.equal (after.Low[0], after.High[0]) (-2.5, 7.5) "the periodic box, with its origin"
                        Expect.equal (after.Low[1], after.High[1]) (-3.0, 4.0) "the fixed box"
                        Expect.equal after.Positions before.Positions "positions"
                    | before, after -> failtest $"{before} {after}"

                    // A run that goes on from there meets the same bodies.
                    Expect.equal (startOf options back).Structure.Labels.Value.Ids start.Structure.Labels.Value.Ids "again")
            }

            test "what the source does not say is not written, and a flat system gets a box that has an extent" {
                TemporaryFolder.using (fun folder ->
                    let path = Path.Combine(folder, "flat.l")
                    let structure = Structure.bonded 2 1.0 (Topology.grid [ 2; 2 ]).Graph
                    let state = PhaseState.create 4 2 [| 0.0; 1.0; 0.0; 1.0; 1.0; 1.0; 2.0; 1.0 |] (Array.zeroCreate 8)
                    Expect.isOk (DumpWriter.write path structure [ 0L, state ]) "written"
                    let lines = File.ReadAllLines path
                    Expect.equal lines[0] "ITEM: TIMESTEP" "no units"
                    Expect.equal lines[8] "ITEM: ATOMS id mass xu yu zu vx vy vz type" "columns"

                    for line in lines[5..7] do
                        let bounds = line.Split ' ' |> Array.map float
                        Expect.isGreaterThan bounds[1] bounds[0] "an extent")
            }
        ]
