module HgnFunctional.Tests.Support.Generators

open System
open FsCheck
open FsCheck.FSharp

/// The generators.
[<RequireQualifiedAccess>]
module Generate =

    let private chunk = 1024.0

    /// Multiples of 1/1024 between two numbers.
    let between (low: float) (high: float) : Gen<float> =
        Gen.choose (int (ceil (low * chunk)), int (floor (high * chunk))) |> Gen.map (fun k -> float k / chunk)

    let private array (length: int) (one: Gen<'a>) : Gen<'a[]> = Gen.arrayOfLength length one

    /// Sites of a grid with 4 along each axis and spacing 13/16, each moved by at most 3/16: nothing nearer than 0.4.
    let private positions (dimension: int) (bodies: int) (collinear: bool) (farApart: bool) : Gen<float[]> =
        gen {
            let usable = if collinear then 1 else dimension
            let bodies' = if usable = 1 then max bodies 6 else pown 4 usable
            let! order = Gen.shuffle [| 0 .. bodies' - 1 |]
            let! jitter = array (bodies * dimension) (between -0.1875 0.1875)

            return
                Array.init (bodies * dimension) (fun k ->
                    let body, axis = k / dimension, k % dimension

                    if axis >= usable then
                        0.5
                    else
                        let site = if usable = 1 then order[body] else order[body] / pown 4 axis % 4
                        let far = if farApart && axis = 0 && body % 2 = 1 then 40.0 else 0.0
                        0.8125 * float site + jitter[k] + far)
        }

    let private edges (bodies: int) : Gen<(int * int) list> =
        gen {
            let all =
                [
                    for a in 0 .. bodies - 1 do
                        for b in a + 1 .. bodies - 1 -> a, b
                ]

            let! density = Gen.elements [ 0; 1; 2; 3 ]
            let! kept = Gen.listOfLength all.Length (Gen.choose (1, 3))
            let! turned = Gen.listOfLength all.Length (Gen.elements [ true; false ])

            return
                List.zip3 all kept turned
                |> List.filter (fun (_, k, _) -> k <= density)
                |> List.map (fun ((a, b), _, turn) -> if turn then b, a else a, b)
        }

    /// Half of the time anything, else the distance of a pair or a hair more or less: a rounding error, or 1e-9.
    let private cutoffFor (scene: Scene) : Gen<float> =
        let near = Scene.distances scene |> List.map snd |> List.filter (fun distance -> distance > 0.4 && distance < 2.4)
        let hairs = [ id; Math.BitIncrement; Math.BitDecrement; (+) 1e-9; (+) -1e-9 ]

        if near.IsEmpty then
            between 0.6 2.4
        else
            Gen.oneof [ between 0.6 2.4; Gen.map2 (fun hair distance -> hair distance) (Gen.elements hairs) (Gen.elements near) ]

    /// Puts a body at the place of another that it has no bond with.
    let private coincide (scene: Scene) : Gen<Scene> =
        gen {
            let! first = Gen.choose (0, scene.Bodies - 1)
            let! steps = Gen.choose (1, scene.Bodies - 1)
            let second = (first + steps) % scene.Bodies

            let place k =
                if k / scene.Dimension = second then
                    first * scene.Dimension + k % scene.Dimension
                else
                    k

            return
                { scene with
                    Q = Array.init scene.Q.Length (fun k -> scene.Q[place k])
                    Edges = scene.Edges |> List.filter (fun (a, b) -> set [ a; b ] <> set [ first; second ])
                }
        }

    /// A scene in a given dimension, with bonds, a cutoff, or both; `closed` allows periodic axes to a cutoff alone.
    let sceneIn (dimension: int) (bonded: bool) (within: bool) (closed: bool) : Gen<Scene> =
        gen {
            let! bodies = Gen.frequency [ 1, Gen.constant 1; 6, Gen.choose (2, 6) ]
            let! collinear = Gen.frequency [ 4, Gen.constant false; 1, Gen.constant true ]
            let! periodic = Gen.frequency [ 1, Gen.constant false; 1, Gen.constant (closed && not bonded) ]
            let! farApart = Gen.frequency [ 4, Gen.constant false; 1, Gen.constant (not periodic) ]
            let! coincident = Gen.frequency [ 4, Gen.constant false; 1, Gen.constant (bonded && not within && bodies > 1) ]
            let! open' = array dimension (Gen.elements [ true; false ])
            let! skewed = Gen.elements [ true; false ]
            // Beyond half a period too: other vectors of the same lattice.
            let! tilts = array (dimension * (dimension - 1) / 2) (between -4.0 4.0)
            let periods = [ for axis in 0 .. dimension - 1 -> if periodic && not open'[axis] then 5.0 else 0.0 ]

            let tiltOf (vector: int) (k: int) : float = if periods[vector] > 0.0 then tilts[vector * (vector - 1) / 2 + k] else 0.0

            let tiltsHere =
                [
                    for vector in 1 .. dimension - 1 do
                        for k in 0 .. vector - 1 -> tiltOf vector k
                ]

            let! q = positions dimension bodies collinear farApart
            let! p = array (bodies * dimension) (between -2.0 2.0)
            let! masses = Gen.listOfLength bodies (between 0.5 4.0)
            let! edges = edges bodies
            let! named = Gen.elements [ true; false ]

            let scene =
                {
                    Dimension = dimension
                    Periods = periods
                    Tilts =
                        if skewed && tiltsHere |> List.exists (fun tilt -> tilt <> 0.0) then
                            tiltsHere
                        else
                            []
                    Masses = masses
                    Edges = if bonded then edges else []
                    Cutoff = None
                    Named = named
                    Q = q
                    P = p
                }

            let! cutoff = cutoffFor scene

            if coincident then return! coincide scene
            elif not within then return scene
            else return { scene with Cutoff = Some cutoff }
        }

    /// Bonds, a cutoff, or both.
    let private relations: Gen<bool * bool> = Gen.elements [ true, false; false, true; true, true ]

    /// A scene in 1 to 3 dimensions.
    let scene: Gen<Scene> =
        gen {
            let! dimension = Gen.choose (1, 3)
            let! bonded, within = relations
            return! sceneIn dimension bonded within true
        }

    /// A scene with any velocities and forces.
    let frame: Gen<Frame> =
        gen {
            let! scene = scene
            let! velocities = array scene.Q.Length (between -3.0 3.0)
            let! forces = array scene.Q.Length (between -3.0 3.0)
            return { Scene = scene; Velocities = velocities; Forces = forces }
        }

    let private move: Gen<Move> =
        Gen.oneof
            [
                Gen.map2 (fun a b -> Swap(a, b)) (Gen.choose (0, 5)) (Gen.choose (0, 5))
                Gen.map3 (fun a b angle -> Turn(a, b, angle)) (Gen.choose (0, 2)) (Gen.choose (0, 2)) (between -3.0 3.0)
                Gen.map Reflect (Gen.choose (0, 2))
                Gen.map2 (fun axis distance -> Shift(axis, distance)) (Gen.choose (0, 2)) (between -8.0 8.0)
            ]

    /// Up to six moves.
    let word: Gen<Word> = Gen.choose (0, 6) |> Gen.bind (fun length -> Gen.listOfLength length move) |> Gen.map Word

    /// Two scenes of one dimension in open space, with the same relations and one cutoff, the second meant to stand far away.
    let couple: Gen<Scene * Scene> =
        gen {
            let! dimension = Gen.choose (1, 3)
            let! bonded, within = relations
            let! first = sceneIn dimension bonded within false
            let! second = sceneIn dimension bonded within false
            let second = { second with Cutoff = first.Cutoff; Named = first.Named }

            // Without a bond beside a cutoff, kinds of pairs do not look at bonds.
            if within && (first.Edges.IsEmpty || second.Edges.IsEmpty) then
                return { first with Edges = [] }, { second with Edges = [] }
            else
                return first, second
        }

/// Words with one move dropped.
let shrinkWord (Word moves: Word) : Word seq = Seq.init moves.Length (fun k -> Word(List.removeAt k moves))

/// Two scenes that are to stand far apart.
type Couple = Couple of Scene * Scene

/// What properties draw by type.
type Arbitraries =
    static member Scene() : Arbitrary<Scene> = Arb.fromGenShrink (Generate.scene, Scene.shrink)

    static member Word() : Arbitrary<Word> = Arb.fromGenShrink (Generate.word, shrinkWord)

    static member Frame() : Arbitrary<Frame> = Arb.fromGenShrink (Generate.frame, Scene.shrinkFrame)

    static member Couple() : Arbitrary<Couple> =
        let shrink (Couple(first, second)) =
            seq {
                for first in Scene.shrink first do
                    Couple(first, second)

                for second in Scene.shrink second do
                    Couple(first, second)
            }

        Arb.fromGenShrink (Gen.map Couple Generate.couple, shrink)
