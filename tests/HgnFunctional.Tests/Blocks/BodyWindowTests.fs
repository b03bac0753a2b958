/// Windows of bodies: all of them together give the rows of the whole snapshot.
module HgnFunctional.Tests.Blocks.BodyWindowTests

open System
open Expecto
open FsCheck.FSharp
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Blocks
open HgnFunctional.Systems
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Laws

/// A snapshot whose forces count its coordinates, so that those of a window say which they are.
let private counted (scene: Scene) : Snapshot =
    let numbers = Array.init scene.Q.Length float
    Snapshot.create scene.Structure scene.State (numbers |> Array.map (~-)) numbers

let private isPinned (snapshot: Snapshot) (coordinate: int) : bool =
    not snapshot.Structure.Pins.IsEmpty && snapshot.Structure.Pins[coordinate]

/// The coordinates of the whole that a window gives rows of, as places here and there.
let private own (window: Snapshot) : (int * int)[] =
    [|
        for k in 0 .. window.Coordinates - 1 do
            if not (isPinned window k) then
                k, int window.Forces[k]
    |]

/// Rows with respect to q and p, side by side [N d][2 width].
let private rowsOf (block: IBlock) (snapshot: Snapshot) : float[][] =
    let size = snapshot.Coordinates * block.Width
    let rowsQ, rowsP = Array.zeroCreate<float> size, Array.zeroCreate<float> size
    let configuration = snapshot.Configuration
    block.RowsInto(&configuration, Span<float> rowsQ, Span<float> rowsP, block.Width)

    Array.init snapshot.Coordinates (fun t ->
        Array.append (Array.sub rowsQ (t * block.Width) block.Width) (Array.sub rowsP (t * block.Width) block.Width))

/// The rows of windows put together are those of the whole, bit for bit, and none is missing or there twice.
let private agree (hops: int) (mostBodies: int) (block: IBlock) (snapshot: Snapshot) : Verdict =
    let expected = rowsOf block snapshot
    let met = Array.create<int> snapshot.Coordinates 0

    let fault =
        BodyWindow.split hops mostBodies snapshot
        |> Seq.tryPick (fun window ->
            let rows = rowsOf block window

            own window
            |> Array.tryPick (fun (here, there) ->
                met[there] <- met[there] + 1
                identical $"row {there}" expected[there] rows[here]))

    fault
    |> orElse (fun () ->
        met |> Array.tryFindIndex (fun count -> count <> 1) |> Option.map (fun t -> $"coordinate {t} is in {met[t]} windows"))

let private every (makers: BlockMakers.Maker list) (scene: Scene) (mostBodies: int) : Verdict =
    let snapshot = counted scene

    firstFault (makers |> List.map (fun maker -> maker.Name, maker)) (fun maker ->
        let block = maker.Make scene

        match block.Hops with
        | Some hops when BlockMakers.isRegular block scene -> agree hops mostBodies block snapshot
        | _ -> None)

/// One maker for each recipe: names begin with the recipe.
let private recipes: BlockMakers.Maker list =
    BlockMakers.all |> List.distinctBy (fun maker -> maker.Name.Substring(0, maker.Name.IndexOf ','))

/// The scene with pairs that reach beyond its cell, beside bonds along a chain.
let private widened (scene: Scene) : Scene =
    if not (Scene.isPeriodic scene) then
        scene
    else
        { scene with Cutoff = Some 5.5; Edges = List.pairwise [ 0 .. scene.Bodies - 1 ] }

/// Bodies in a row, or in a plane, at uneven distances about 1, in a mixed order and an open or closed, perhaps skewed space.
let private sheet (periods: float list) (tilts: float list) (bodies: int) (cutoff: float option) (edges: (int * int) list) : Scene =
    let random = Rng.stream 3 "sheet"
    let d = periods.Length
    let side = if d = 1 then bodies else int (ceil (sqrt (float bodies)))
    let places = Rng.uniforms (bodies * d) -0.2 0.2 random
    // 7 has no divisor in common with the sizes used here.
    let site body = 7 * body % bodies

    {
        Dimension = d
        Periods = periods
        Tilts = tilts
        Masses = List.init bodies (fun body -> 1.5 + 0.25 * float (body % 6))
        Edges = edges
        Cutoff = cutoff
        Named = true
        Q = places |> Array.mapi (fun k x -> x + float (if k % d = 0 then site (k / d) % side else site (k / d) / side))
        P = Rng.normals (bodies * d) random
    }

/// Bonds between bodies that stand side by side.
let private bondsOf (scene: Scene) : (int * int) list = Scene.distances scene |> List.filter (fun (_, r) -> r < 1.1) |> List.map fst

let private bonded (scene: Scene) : Scene = { scene with Edges = bondsOf scene }

let private sheets: (string * Scene) list =
    [
        "a row within a cutoff", sheet [ 0.0 ] [] 24 (Some 1.5) []
        "a sheet within a cutoff", sheet [ 0.0; 0.0 ] [] 36 (Some 1.3) []
        "a periodic sheet", sheet [ 6.0; 6.0 ] [] 36 (Some 1.3) []
        "a skewed sheet", sheet [ 6.0; 6.0 ] [ 2.5 ] 36 (Some 1.3) []
        "a narrow skewed sheet", sheet [ 12.0; 2.0 ] [ 0.7 ] 24 (Some 2.1) []
        "a sheet of bonds with angles", sheet [ 0.0; 0.0 ] [] 36 None [] |> bonded
        "bonds with angles beside a cutoff", sheet [ 6.0; 6.0 ] [] 36 (Some 1.3) [] |> bonded
        "bonds in a narrow cell", sheet [ 12.0; 2.0 ] [ 0.7 ] 24 (Some 2.1) [] |> bonded
    ]

let private sheetCalled (name: string) : Scene = sheets |> List.find (fun (other, _) -> other = name) |> snd

/// One maker of message blocks for each number of hops.
let private messages (scene: Scene) : IBlock list =
    BlockMakers.all
    |> List.filter (fun maker -> maker.Name.StartsWith "message")
    |> List.map (fun maker -> maker.Make scene)
    |> List.filter (fun block -> BlockMakers.isRegular block scene && block.Hops.IsSome)
    |> List.distinctBy _.Hops

let private everySheet (law: Scene -> unit) : Test list = [ for name, scene in sheets -> testCase name (fun () -> law scene) ]

[<Tests>]
let tests =
    testList
        "Body windows"
        [
            prop 12 "windows give the rows of the whole" (fun (scene: Scene) (choice: byte) ->
                every BlockMakers.all scene (1 + int choice % 3) |> judge |> classified scene)

            prop 8 "also where several images of a body are near, beside bonds" (fun (scene: Scene) (choice: byte) ->
                let scene = widened scene
                every BlockMakers.all scene (1 + int choice % 3) |> judge |> classified scene)

            testList "windows smaller than the whole" (everySheet (fun scene -> every recipes scene 5 |> expectNone))

            testList
                "one hop holds few of the bodies"
                (everySheet (fun scene ->
                    let snapshot = counted scene
                    let sizes = BodyWindow.split 1 5 snapshot |> Seq.map _.Structure.Bodies |> List.ofSeq
                    Expect.isLessThan (List.max sizes) scene.Bodies "bodies of a window"))

            testCase "message blocks need all their hops" (fun () ->
                let scene = sheetCalled "a row within a cutoff"
                let blocks = messages scene
                Expect.equal (blocks |> List.map _.Hops) [ Some 1; Some 3 ] "one round and two"

                for block in blocks do
                    let hops = block.Hops.Value
                    agree hops 4 block (counted scene) |> expectNone
                    Expect.isSome (agree (hops - 1) 4 block (counted scene)) $"{hops - 1} hops instead of {hops}")

            testCase "a window may have no body of a species that a known law is told of" (fun () ->
                let row = sheetCalled "a row within a cutoff"
                let numbers = row.Q |> Array.map (fun x -> if x < 11.5 then 6.0 else 8.0)
                let whole = counted row

                let structure =
                    whole.Structure
                    |> Structure.withSpecies (numbers |> Array.map (fun number -> if number = 6.0 then "C" else "O"))
                    |> Structure.withAttribute KnownLaw.AtomicNumber numbers

                let snapshot = Snapshot.create structure whole.State (whole.Velocities.ToArray()) (whole.Forces.ToArray())

                agree 1 4 (KnownBlock(KnownLaw.zbl 2.0 1.0, true)) snapshot |> expectNone)

            testCase "bonds are of images where the whole's are, though no pair of a window is" (fun () ->
                // Bodies 0 and 1 are bonded beyond the cutoff and alone; 2 and 3 are within it.
                let scene =
                    { sheet [ 40.0; 4.0 ] [ 0.7 ] 4 (Some 2.1) [ 0, 1; 2, 3 ] with
                        Q = [| 0.0; 0.0; 3.0; 0.1; 20.0; 0.0; 21.0; 0.1 |]
                    }

                let windows = BodyWindow.split 1 2 (counted scene) |> Array.ofSeq
                Expect.equal (windows |> Array.map _.Related.Within.Count) [| 0; 1 |] "pairs within the cutoff"
                Expect.all windows (fun window -> window.Pairs.Count > 0 && window.Pairs.HasImages) "images")

            testCase "blocks look as far as the farthest, and at all bodies where one does" (fun () ->
                let scene = snd sheets.Head
                let blockOf kind = (BlockMakers.all |> List.find (fun maker -> maker.Name.StartsWith $"{kind} block")).Make scene
                let pair, body, raw = blockOf "pair", blockOf "body", blockOf "raw"
                Expect.equal (Hops.ofAll []) (Some 0) "none"
                Expect.equal (Hops.ofAll [ body ]) (Some 0) "bodies"
                Expect.equal (Hops.ofAll [ body; pair ]) (Some 1) "pairs"
                Expect.equal (Hops.ofAll (body :: messages scene)) (Some 3) "messages"
                Expect.equal (Hops.ofAll [ pair; raw; body ]) None "all coordinates"
                Expect.throwsT<ArgumentException> (fun () -> BodyWindow.split -1 5 (counted scene) |> ignore) "hops below 0"
                Expect.throws (fun () -> BodyWindow.split 1 0 (counted scene) |> ignore) "windows of nothing")

            prop 30 "each free component is in one window, and pinned ones in none" (fun (frame: Frame) (choice: uint32) (most: byte) ->
                let pins = Array.init frame.Scene.Q.Length (fun k -> (choice >>> (k % 32)) &&& 1u = 1u)
                let whole = counted frame.Scene
                let snapshot = whole.On(Structure.tryWithPins (ReadOnlySpan<bool> pins) whole.Structure |> expectOk)
                let windows = BodyWindow.split 1 (1 + int most % 3) snapshot |> Array.ofSeq
                let met = windows |> Array.collect own |> Array.map snd |> Array.sort
                let free = [| 0 .. pins.Length - 1 |] |> Array.filter (fun k -> not pins[k])

                if met <> free then
                    Some $"%A{met}"
                elif windows |> Array.sumBy _.FreeComponents <> snapshot.FreeComponents then
                    Some "components"
                else
                    None
                |> judge)

            testCase "windows keep what was measured and all marks, but no energy" (fun () ->
                let scene = sheetCalled "bonds with angles beside a cutoff"
                let numbers = Array.init scene.Q.Length float

                let snapshot =
                    Snapshot.tryOf
                        scene.Structure
                        scene.State
                        { Targets.none with Velocities = Some numbers; Forces = Some numbers; Energy = Some 3.0 }
                    |> expectOk
                    |> Snapshot.atTime 2.5
                    |> Snapshot.inGroup "group"
                    |> Snapshot.inTrajectory "run"
                    |> Snapshot.weighing 3.0

                // In one window too.
                for most in [ 5; 1000 ] do
                    for window in BodyWindow.split 1 most snapshot do
                        let d = scene.Dimension
                        let charges = (window.Structure.TryAttribute AttributeName.Charge).Value

                        Expect.equal
                            (window.Time, window.Group, window.Trajectory, window.Weight, window.Energy)
                            (Some 2.5, "group", "run", 3.0, None)
                            "marks"

                        Expect.equal window.Structure.Species.Names scene.Structure.Species.Names "species"
                        Expect.equal window.Structure.ReachKinds scene.Structure.ReachKinds "kinds of pairs"
                        Expect.equal window.Structure.BondKinds scene.Structure.BondKinds "kinds of bonds"
                        Expect.equal window.Structure.AngleKinds scene.Structure.AngleKinds "kinds of angles"

                        for k in 0 .. window.Coordinates - 1 do
                            let t = int window.Forces[k]
                            let body = t / d
                            Expect.equal window.Velocities[k] (float t) "velocity"
                            Expect.equal window.State.Positions[k] scene.Q[t] "position"
                            Expect.equal window.State.Momenta[k] scene.P[t] "momentum"
                            Expect.equal window.Structure.Masses[k / d] scene.Masses[body] "mass"
                            Expect.equal charges[k / d] (scene.Masses[body] - 2.0) "charge"
                            Expect.equal (window.Structure.Species.NameOf(k / d)) (scene.Structure.Species.NameOf body) "species of a body")

            testCase "windows may be walked over again and at once" (fun () ->
                let snapshot = counted (sheetCalled "a periodic sheet")
                let windows = BodyWindow.split 1 5 snapshot
                let forcesOf () = windows |> Seq.map (fun window -> window.Forces.ToArray()) |> Array.ofSeq
                let expected = forcesOf ()
                Array.Parallel.init 8 (fun _ -> forcesOf ()) |> Array.iter (fun forces -> Expect.equal forces expected "bodies")
                Seq.zip windows windows |> Seq.iter (fun (a, b) -> Expect.equal (own a) (own b) "own bodies"))

            testCase "bodies far from their cell are grouped by where they are in it" (fun () ->
                let scene = sheetCalled "a periodic sheet"
                let moved = { scene with Q = scene.Q |> Array.mapi (fun k x -> x + 6.0 * float (k % 5 - 2)) }
                let sizes scene = BodyWindow.split 1 5 (counted scene) |> Seq.sumBy _.Structure.Bodies
                Expect.equal (sizes moved) (sizes scene) "bodies of all windows, halos among them")
        ]
