module HgnFunctional.Tests.Bodies.StateTests

open System
open Expecto
open FsCheck
open FsCheck.FSharp
open HgnFunctional
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Metrics
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Generators
open HgnFunctional.Tests.Support.Laws

let private notFinite = [ nan; infinity; -infinity ]

let private tryState bodies dimension (q: float[]) (p: float[]) =
    PhaseState.tryCreate bodies dimension (ReadOnlySpan<float> q) (ReadOnlySpan<float> p)

let private tryStructure cell interactions (masses: float[]) = Structure.tryCreate cell interactions (ReadOnlySpan<float> masses)

let private trySnapshot structure state (velocities: float[]) (forces: float[]) =
    Snapshot.tryCreate structure state (ReadOnlySpan<float> velocities) (ReadOnlySpan<float> forces)

let private states =
    [
        testCase "each error of a phase state" (fun () ->
            tryState 0 2 [||] [||] |> expectError (NonPositiveSize(0, 2))
            tryState 2 0 [||] [||] |> expectError (NonPositiveSize(2, 0))
            tryState 65536 65536 [||] [||] |> expectError (SizeTooLarge(65536, 65536))
            tryState Int32.MaxValue Int32.MaxValue [| 1.0 |] [| 1.0 |] |> expectError (SizeTooLarge(Int32.MaxValue, Int32.MaxValue))
            tryState 2 1 [| 0.0 |] [| 0.0; 0.0 |] |> expectError (WrongLength("positions", 2, 1))
            tryState 2 1 [| 0.0; 1.0 |] [| 0.0; 0.0; 0.0 |] |> expectError (WrongLength("momenta", 2, 3))

            for bad in notFinite do
                tryState 2 1 [| 0.0; bad |] [| 0.0; 0.0 |] |> expectError (NotFinite("positions", 1))
                tryState 2 1 [| 0.0; 1.0 |] [| bad; 0.0 |] |> expectError (NotFinite("momenta", 0))

            Expect.throwsT<ArgumentException> (fun () -> PhaseState.create 1 1 [||] [||] |> ignore) "create throws")

        testCase "a phase state copies its arrays" (fun () ->
            let q, p = [| 1.0; 2.0 |], [| 3.0; 4.0 |]
            let state = PhaseState.create 2 1 q p
            q[0] <- 9.0
            p[1] <- 9.0
            Expect.equal (state.Positions.ToArray()) [| 1.0; 2.0 |] "positions"
            Expect.equal (state.Momenta.ToArray()) [| 3.0; 4.0 |] "momenta")
    ]

let private cells =
    [
        testCase "each error of a cell" (fun () ->
            Cell.tryCreate [] |> expectError NoAxes
            Cell.tryCreate (Seq.replicate 9 1.0) |> expectError (TooManyAxes 9)
            Expect.isOk (Cell.tryCreate (Seq.replicate 8 1.0)) "eight axes"

            for bad in -1.0 :: notFinite do
                Cell.tryCreate [ 1.0; bad ] |> expectError (BadPeriod(1, bad))

            Expect.throwsT<ArgumentException> (fun () -> Cell.create [] |> ignore) "create throws"
            Expect.throwsT<ArgumentException> (fun () -> Cell.openSpace 0 |> ignore) "no axes"
            Expect.throwsT<ArgumentException> (fun () -> Cell.openSpace 9 |> ignore) "too many axes")

        testCase "the largest cutoff is half the shortest period" (fun () ->
            Expect.equal (Cell.create [ 0.0; 4.0; 3.0 ]).LargestCutoff 1.5 "mixed"
            Expect.equal (Cell.openSpace 2).LargestCutoff infinity "open"
            Expect.isFalse (Cell.openSpace 2).IsPeriodic "open"
            Expect.isTrue (Cell.create [ 0.0; 1.0 ]).IsPeriodic "mixed")

        testCase "a cell copies its periods" (fun () ->
            let periods = [| 1.0; 2.0 |]
            let cell = Cell.create periods
            periods[0] <- 7.0
            Expect.equal (cell.Periods.ToArray()) [| 1.0; 2.0 |] "periods")
    ]

let private structures =
    [
        testCase "each error of a structure" (fun () ->
            let openSpace, box = Cell.openSpace 1, Cell.create [ 4.0 ]
            let bonds = Relations.bonds (Graph.create 2 [ struct (0, 1) ])
            tryStructure openSpace bonds [||] |> expectError NoMasses
            tryStructure openSpace bonds [| 1.0; 1.0; 1.0 |] |> expectError (BondsForOtherBodies(2, 3))
            tryStructure box (Relations.within 2.5) [| 1.0 |] |> expectOk |> ignore
            Expect.isOk (tryStructure box (Relations.within 2.0) [| 1.0 |]) "half the box"

            for bad in 0.0 :: -1.0 :: notFinite do
                tryStructure openSpace bonds [| 1.0; bad |] |> expectError (BadMass(1, bad))
                tryStructure openSpace (Relations.within bad) [| 1.0 |] |> expectError (BadReach(BadCutoff bad))

            Expect.throwsT<ArgumentException> (fun () -> Structure.create openSpace bonds [||] |> ignore) "create throws")

        testCase "a structure copies its masses" (fun () ->
            let masses = [| 1.0; 2.0 |]
            let structure = Structure.create (Cell.openSpace 1) (Relations.within 1.0) masses
            masses[1] <- 9.0
            Expect.equal (structure.Masses.ToArray()) [| 1.0; 2.0 |] "masses")
    ]

let private snapshots =
    let structure = Structure.bonded 1 1.0 (Graph.create 3 [ struct (0, 1) ])
    let state = PhaseState.create 3 1 [| 0.0; 1.0; 1.0 |] [| 0.0; 0.0; 0.0 |]
    let zeros = [| 0.0; 0.0; 0.0 |]

    [
        testCase "each error of a snapshot" (fun () ->
            let small = PhaseState.create 2 1 [| 0.0; 1.0 |] [| 0.0; 0.0 |]
            trySnapshot structure small zeros zeros |> expectError (OtherStructure(3, 1, 2, 1))
            let flat = PhaseState.create 3 2 (Array.init 6 float) (Array.zeroCreate 6)
            trySnapshot structure flat zeros zeros |> expectError (OtherStructure(3, 1, 3, 2))
            trySnapshot structure state [| 0.0 |] zeros |> expectError (WrongSize("velocities", 3, 1))
            trySnapshot structure state zeros [| 0.0; 0.0; 0.0; 0.0 |] |> expectError (WrongSize("forces", 3, 4))

            for bad in notFinite do
                trySnapshot structure state [| 0.0; bad; 0.0 |] zeros |> expectError (NotFiniteDerivative("The velocity", 1))
                trySnapshot structure state zeros [| 0.0; 0.0; bad |] |> expectError (NotFiniteDerivative("The force", 2))

            let touching = PhaseState.create 3 1 [| 1.0; 1.0; 5.0 |] zeros
            trySnapshot structure touching zeros zeros |> expectError (CoincidentBodies(0, 1))
            Expect.throwsT<ArgumentException> (fun () -> Snapshot.create structure touching zeros zeros |> ignore) "create throws")

        testCase "the body of a bad derivative counts bodies, not entries" (fun () ->
            let structure = Structure.bonded 2 1.0 (Graph.create 2 [])
            let state = PhaseState.create 2 2 [| 0.0; 0.0; 1.0; 1.0 |] (Array.zeroCreate 4)

            trySnapshot structure state (Array.zeroCreate 4) [| 0.0; 0.0; 0.0; nan |]
            |> expectError (NotFiniteDerivative("The force", 1)))

        testCase "bodies that do not interact may stand at one place" (fun () ->
            Expect.isOk (trySnapshot structure state zeros zeros) "1 and 2")

        testCase "images may coincide across a border" (fun () ->
            let structure = Structure.create (Cell.create [ 4.0 ]) (Relations.within 1.0) [| 1.0; 1.0 |]
            let state = PhaseState.create 2 1 [| 0.5; 4.5 |] [| 0.0; 0.0 |]
            trySnapshot structure state [| 0.0; 0.0 |] [| 0.0; 0.0 |] |> expectError (CoincidentBodies(0, 1)))

        testCase "a snapshot copies its arrays" (fun () ->
            let velocities, forces = [| 1.0; 2.0; 3.0 |], [| 4.0; 5.0; 6.0 |]
            let snapshot = Snapshot.create structure state velocities forces
            velocities[0] <- 9.0
            forces[0] <- 9.0
            Expect.equal (snapshot.Velocities.ToArray()) [| 1.0; 2.0; 3.0 |] "velocities"
            Expect.equal (snapshot.Forces.ToArray()) [| 4.0; 5.0; 6.0 |] "forces")

        prop 60 "two interacting bodies at one place are an error that names them, not a NaN" (fun (frame: Frame) (choice: uint16) ->
            let scene = frame.Scene
            let first = int choice % scene.Bodies
            let second = (first + 1) % scene.Bodies

            let place k =
                if k / scene.Dimension = second then
                    first * scene.Dimension + k % scene.Dimension
                else
                    k

            let bond = if scene.Cutoff.IsNone && first <> second then [ first, second ] else []
            let others = scene.Edges |> List.filter (fun (a, b) -> set [ a; b ] <> set [ first; second ])
            let touching = { scene with Q = Array.init scene.Q.Length (fun k -> scene.Q[place k]); Edges = bond @ others }

            match trySnapshot touching.Structure touching.State frame.Velocities frame.Forces with
            | Ok _ -> scene.Bodies = 1
            | Error(CoincidentBodies(a, b)) -> Scene.interacting touching |> List.contains ((a, b), 0.0)
            | Error _ -> false
            |> Prop.ofTestable
            |> classified touching)

        prop 60 "any frame makes a snapshot that holds it" (fun (frame: Frame) ->
            let snapshot = frame.Snapshot

            (snapshot.Forces.ToArray() = frame.Forces
             && snapshot.Velocities.ToArray() = frame.Velocities
             && snapshot.State.Positions.ToArray() = frame.Scene.Q)
            |> Prop.ofTestable
            |> classified frame.Scene)
    ]

/// The generators keep their promises.
let private generators =
    let scenes = Gen.sampleWithSeed (Rnd 7UL) 30 400 Generate.scene

    let isSound (scene: Scene) =
        let interacting = Scene.interacting scene |> List.map fst |> Set.ofList
        let apart (pair, distance) = distance >= 0.4 || (distance = 0.0 && not (interacting.Contains pair))

        scene.Q.Length = scene.Bodies * scene.Dimension
        && scene.P.Length = scene.Q.Length
        && scene.Structure.Bodies = scene.Bodies
        && (scene.Cutoff.IsNone || scene.Edges.IsEmpty || not (Scene.isPeriodic scene))
        && Scene.distances scene |> List.forall apart

    let smallest scene =
        let rec down scene =
            match Seq.tryHead (Scene.shrink scene) with
            | None -> scene
            | Some smaller -> down smaller

        down scene

    [
        testCase "every case of scenes occurs" (fun () ->
            for name, holds in Scene.cases do
                Expect.isTrue (Array.exists holds scenes) name

            for dimension in 1..3 do
                Expect.isTrue (scenes |> Array.exists (fun scene -> scene.Dimension = dimension)) $"dimension {dimension}")

        testCase "scenes and what they shrink to keep bodies apart" (fun () ->
            for scene in scenes do
                Expect.isTrue (isSound scene) $"%A{scene}"

                for smaller in Scene.shrink scene do
                    Expect.isTrue (isSound smaller) $"%A{smaller}")

        testCase "frames shrink with their scenes" (fun () ->
            for frame in Gen.sampleWithSeed (Rnd 7UL) 30 50 Generate.frame do
                for smaller in Scene.shrinkFrame frame do
                    Expect.isTrue (isSound smaller.Scene) $"%A{smaller}"
                    Expect.equal (smaller.Snapshot.Forces.ToArray()) smaller.Forces "a snapshot")

        testCase "dropping a body keeps the others with their bonds" (fun () ->
            let scene =
                { smallest scenes[0] with
                    Dimension = 1
                    Periods = [ 0.0 ]
                    Tilts = []
                    Masses = [ 1.0; 2.0; 3.0 ]
                    Cutoff = None
                    Named = false
                }

            let scene = { scene with Edges = [ 0, 1; 2, 0; 1, 2 ]; Q = [| 0.0; 1.0; 2.0 |]; P = [| 3.0; 4.0; 5.0 |] }
            let expected = { scene with Masses = [ 1.0; 3.0 ]; Edges = [ 1, 0 ]; Q = [| 0.0; 2.0 |]; P = [| 3.0; 5.0 |] }
            Expect.equal (Scene.drop 1 scene) expected "without body 1")

        testCase "scenes print a line for the structure and one for each body" (fun () ->
            for scene in scenes do
                Expect.equal ($"%A{scene}".Split '\n').Length (1 + scene.Bodies) "lines"

            let scene =
                { smallest scenes[0] with
                    Dimension = 1
                    Periods = [ 0.0 ]
                    Tilts = []
                    Cutoff = None
                    Named = false
                    Q = [| 0.1 + 0.2 |]
                    P = [| -1.0 |]
                }

            let expected = "Scene of 1 in 1D, open space, no bonds\n  0: mass 1, q (0.30000000000000004), p (-1)"
            Expect.equal $"%A{scene}" expected "with all digits"
            Expect.equal $"%A{Word [ Shift(1, 0.1 + 0.2); Swap(0, 1) ]}" "Word [ Shift(1, 0.30000000000000004); Swap(0, 1) ]" "a word")

        testCase "shrinking ends" (fun () ->
            let rec depth scene =
                match Seq.tryHead (Scene.shrink scene) with
                | None -> 0
                | Some smaller -> 1 + depth smaller

            for scene in scenes do
                Expect.isLessThan (depth scene) 40 "steps")

        testCase "shrinking a word drops one move" (fun () ->
            let moves = [ Swap(0, 1); Reflect 2; Shift(0, 1.0) ]
            let shrunk = shrinkWord (Word moves) |> List.ofSeq
            Expect.equal shrunk [ Word [ moves[1]; moves[2] ]; Word [ moves[0]; moves[2] ]; Word [ moves[0]; moves[1] ] ] "words"
            Expect.isEmpty (shrinkWord (Word [])) "the empty word")

        prop 100 "words move vectors as differences of points" (fun (scene: Scene) (word: Word) ->
            let moved = Word.points scene.Dimension word scene.Q
            let shifted = Array.map2 (+) scene.Q scene.P |> Word.points scene.Dimension word

            close "difference" Tolerance.exactLaw (Word.vectors scene.Dimension word scene.P) (Array.map2 (-) shifted moved)
            |> judge)
    ]

[<Tests>]
let tests =
    testList
        "States"
        [
            testList "phase states" states
            testList "cells" cells
            testList "structures" structures
            testList "snapshots" snapshots
            testList "generators" generators
        ]
