module HgnFunctional.Tests.Support.Generators

open System
open FsCheck
open FsCheck.FSharp
open HgnFunctional

/// A structure with a state, as plain data, so that failures print and shrink. Coordinates are multiples of 1/1024, so that
/// shifts are exact. Bodies are at least 0.4 apart. Bonded scenes lie in open space.
type Scene =
    {
        Dimension: int
        /// Period along each axis; 0 where it is open.
        Periods: float list
        Masses: float list
        /// Bonds; not used where there is a cutoff.
        Edges: (int * int) list
        Cutoff: float option
        Q: float[]
        P: float[]
    }

    member scene.Bodies: int = scene.Masses.Length

    member scene.Structure: Structure =
        let interactions =
            match scene.Cutoff with
            | Some cutoff -> WithinCutoff cutoff
            | None -> scene.Edges |> Seq.map (fun (a, b) -> struct (a, b)) |> Graph.create scene.Bodies |> Bonds

        Structure.create (Cell.create scene.Periods) interactions (Array.ofList scene.Masses)

    member scene.State: PhaseState = PhaseState.create scene.Bodies scene.Dimension scene.Q scene.P

/// A scene with any velocities and forces.
type Frame =
    {
        Scene: Scene
        Velocities: float[]
        Forces: float[]
    }

    member frame.Snapshot: Snapshot = Snapshot.create frame.Scene.Structure frame.Scene.State frame.Velocities frame.Forces

/// One symmetry move. Bodies and axes count modulo what the scene has, so a move never becomes invalid as a scene shrinks.
type Move =
    | Swap of first: int * second: int
    | Turn of axisA: int * axisB: int * angle: float
    | Reflect of axis: int
    | Shift of axis: int * distance: float

/// Moves, the first applied first. The empty word is the identity, so the smallest counterexample names the guilty move.
type Word = Word of Move list

/// How words act.
[<RequireQualifiedAccess>]
module Word =

    let private swapBodies (dimension: int) (first: int) (second: int) (field: float[]) : float[] =
        let other body =
            if body = first then second
            elif body = second then first
            else body

        Array.init field.Length (fun k -> field[other (k / dimension) * dimension + k % dimension])

    let private turn (dimension: int) (a: int) (b: int) (angle: float) (field: float[]) : float[] =
        if a = b then
            field
        else
            let cosine, sine = cos angle, sin angle

            field
            |> Array.mapi (fun k x ->
                let body = k - k % dimension

                if k % dimension = a then cosine * field[body + a] - sine * field[body + b]
                elif k % dimension = b then sine * field[body + a] + cosine * field[body + b]
                else x)

    let private moveField (shifts: bool) (dimension: int) (field: float[]) (move: Move) : float[] =
        let bodies = field.Length / dimension

        match move with
        | Swap(first, second) -> swapBodies dimension (first % bodies) (second % bodies) field
        | Turn(a, b, angle) -> turn dimension (a % dimension) (b % dimension) angle field
        | Reflect axis -> field |> Array.mapi (fun k x -> if k % dimension = axis % dimension then -x else x)
        | Shift(axis, distance) when shifts -> field |> Array.mapi (fun k x -> if k % dimension = axis % dimension then x + distance else x)
        | Shift _ -> field

    /// Positions [N x d] after the moves.
    let points (dimension: int) (Word moves: Word) (positions: float[]) : float[] = moves |> List.fold (moveField true dimension) positions

    /// Vectors of bodies [N x d] after the moves: momenta, velocities, forces, gradients. Shifts leave them alone.
    let vectors (dimension: int) (Word moves: Word) (field: float[]) : float[] = moves |> List.fold (moveField false dimension) field

    /// The new number of each body.
    let names (bodies: int) (Word moves: Word) : int[] =
        let swap (names: int[]) move =
            match move with
            | Swap(first, second) ->
                let first, second = first % bodies, second % bodies

                names
                |> Array.map (fun name ->
                    if name = first then second
                    elif name = second then first
                    else name)
            | _ -> names

        moves |> List.fold swap (Array.init bodies id)

    /// A box is no cube: turns are symmetries of open space alone.
    let allowed (scene: Scene) (Word moves: Word) : Word =
        let isTurn move =
            match move with
            | Turn _ -> true
            | _ -> false

        if List.exists (fun period -> period > 0.0) scene.Periods then
            Word(moves |> List.filter (isTurn >> not))
        else
            Word moves

    /// The scene after the moves.
    let apply (word: Word) (scene: Scene) : Scene =
        let word = allowed scene word
        let names = names scene.Bodies word
        let masses = Array.zeroCreate scene.Bodies
        scene.Masses |> List.iteri (fun body mass -> masses[names[body]] <- mass)

        { scene with
            Masses = List.ofArray masses
            Edges = scene.Edges |> List.map (fun (a, b) -> names[a], names[b])
            Q = points scene.Dimension word scene.Q
            P = vectors scene.Dimension word scene.P
        }

    /// The frame after the moves.
    let applyFrame (word: Word) (frame: Frame) : Frame =
        let allowed = allowed frame.Scene word

        {
            Scene = apply word frame.Scene
            Velocities = vectors frame.Scene.Dimension allowed frame.Velocities
            Forces = vectors frame.Scene.Dimension allowed frame.Forces
        }

/// What a scene shows of the cases that are easily forgotten.
[<RequireQualifiedAccess>]
module Scene =

    let isSingle (scene: Scene) : bool = scene.Bodies = 1

    let hasNoPairs (scene: Scene) : bool = (Structure.pairs scene.Structure (ReadOnlySpan<float> scene.Q)).Count = 0

    let isCollinear (scene: Scene) : bool =
        scene.Dimension > 1
        && scene.Bodies > 2
        && scene.Q |> Seq.indexed |> Seq.forall (fun (k, x) -> k % scene.Dimension = 0 || x = scene.Q[k % scene.Dimension])

    let isFarApart (scene: Scene) : bool =
        let x = [ for body in 0 .. scene.Bodies - 1 -> scene.Q[body * scene.Dimension] ]
        List.max x - List.min x > 20.0

    let isPeriodic (scene: Scene) : bool = List.exists (fun period -> period > 0.0) scene.Periods

    /// The cases by name.
    let cases: (string * (Scene -> bool)) list =
        [
            "N = 1", isSingle
            "no pairs", hasNoPairs
            "collinear", isCollinear
            "far-apart clusters", isFarApart
            "periodic", isPeriodic
            "bonds", (fun scene -> scene.Cutoff.IsNone)
            "within a cutoff", (fun scene -> scene.Cutoff.IsSome)
        ]

    /// The scene without its last body.
    let dropLast (scene: Scene) : Scene =
        let last = scene.Bodies - 1

        { scene with
            Masses = List.take last scene.Masses
            Edges = scene.Edges |> List.filter (fun (a, b) -> a < last && b < last)
            Q = Array.take (last * scene.Dimension) scene.Q
            P = Array.take (last * scene.Dimension) scene.P
        }

    /// Simpler scenes that keep every promise of scenes: a body less, an edge less, unit masses, or at rest.
    let shrink (scene: Scene) : Scene seq =
        seq {
            if scene.Bodies > 1 then
                dropLast scene

            for edge in scene.Edges do
                { scene with Edges = scene.Edges |> List.filter (fun other -> other <> edge) }

            if scene.Masses |> List.exists (fun mass -> mass <> 1.0) then
                { scene with Masses = scene.Masses |> List.map (fun _ -> 1.0) }

            if scene.P |> Array.exists (fun p -> p <> 0.0) then
                { scene with P = Array.zeroCreate scene.P.Length }
        }

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

    /// A scene in a given dimension; `closed` allows periodic axes.
    let sceneIn (dimension: int) (closed: bool) : Gen<Scene> =
        gen {
            let! bodies = Gen.frequency [ 1, Gen.constant 1; 6, Gen.choose (2, 6) ]
            let! collinear = Gen.frequency [ 4, Gen.constant false; 1, Gen.constant true ]
            let! bonded = Gen.elements [ true; false ]
            let! periodic = Gen.frequency [ 1, Gen.constant false; 1, Gen.constant (closed && not bonded) ]
            let! farApart = Gen.frequency [ 4, Gen.constant false; 1, Gen.constant (not periodic) ]
            let! open' = array dimension (Gen.elements [ true; false ])
            let! q = positions dimension bodies collinear farApart
            let! p = array (bodies * dimension) (between -2.0 2.0)
            let! masses = Gen.listOfLength bodies (between 0.5 4.0)
            let! edges = edges bodies
            let! cutoff = between 0.6 2.4

            return
                {
                    Dimension = dimension
                    Periods = [ for axis in 0 .. dimension - 1 -> if periodic && not open'[axis] then 5.0 else 0.0 ]
                    Masses = masses
                    Edges = if bonded then edges else []
                    Cutoff = if bonded then None else Some cutoff
                    Q = q
                    P = p
                }
        }

    /// A scene in 1 to 3 dimensions.
    let scene: Gen<Scene> = Gen.choose (1, 3) |> Gen.bind (fun dimension -> sceneIn dimension true)

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

    /// Two scenes of one dimension in open space, of one kind of interaction, the second meant to stand far away.
    let couple: Gen<Scene * Scene> =
        gen {
            let! dimension = Gen.choose (1, 3)
            let! first = sceneIn dimension false
            let! second = sceneIn dimension false

            return
                match first.Cutoff with
                | Some cutoff -> first, { second with Cutoff = Some cutoff; Edges = [] }
                | None -> first, { second with Cutoff = None }
        }

/// Words with one move dropped.
let shrinkWord (Word moves: Word) : Word seq = Seq.init moves.Length (fun k -> Word(List.removeAt k moves))

/// Two scenes that are to stand far apart.
type Couple = Couple of Scene * Scene

/// What properties draw by type.
type Arbitraries =
    static member Scene() : Arbitrary<Scene> = Arb.fromGenShrink (Generate.scene, Scene.shrink)

    static member Word() : Arbitrary<Word> = Arb.fromGenShrink (Generate.word, shrinkWord)

    static member Frame() : Arbitrary<Frame> =
        let shrink (frame: Frame) =
            Scene.shrink frame.Scene
            |> Seq.map (fun scene ->
                {
                    Scene = scene
                    Velocities = Array.take scene.Q.Length frame.Velocities
                    Forces = Array.take scene.Q.Length frame.Forces
                })

        Arb.fromGenShrink (Generate.frame, shrink)

    static member Couple() : Arbitrary<Couple> =
        let shrink (Couple(first, second)) =
            seq {
                for first in Scene.shrink first do
                    Couple(first, second)

                for second in Scene.shrink second do
                    Couple(first, second)
            }

        Arb.fromGenShrink (Gen.map Couple Generate.couple, shrink)
