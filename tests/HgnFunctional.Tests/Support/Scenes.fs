/// Structures with states as plain data: what properties draw, print and shrink.
[<AutoOpen>]
module HgnFunctional.Tests.Support.Scenes

open System
open System.Globalization
open HgnFunctional
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features

/// A number with all its digits: what a failure prints can be copied into a test.
let private digits (x: float) : string = x.ToString("R", CultureInfo.InvariantCulture)

/// Entry `body` of a field [N x d], as `(x, y, z)`.
let private vectorOf (dimension: int) (field: float[]) (body: int) : string =
    field[body * dimension .. body * dimension + dimension - 1] |> Seq.map digits |> String.concat ", " |> sprintf "(%s)"

/// The smallest distance of any image of a difference [d], each tried: for any one turn of the last axis the others go on from
/// there. Tilts are those of a cell, or none.
let nearestDistance (periods: float[]) (tilts: float[]) (difference: float[]) : float =
    let rec least (axis: int) (difference: float[]) : float =
        if axis < 0 then
            difference |> Array.sumBy (fun x -> x * x) |> sqrt
        elif periods[axis] = 0.0 then
            least (axis - 1) difference
        else
            let around = Math.Round(difference[axis] / periods[axis])

            let image (turns: float) =
                difference
                |> Array.mapi (fun k x ->
                    if k = axis then
                        x - turns * periods[axis]
                    elif k < axis && tilts.Length > 0 then
                        x - turns * tilts[axis * (axis - 1) / 2 + k]
                    else
                        x)

            [ around - 1.0; around; around + 1.0 ] |> Seq.map (image >> least (axis - 1)) |> Seq.min

    least (periods.Length - 1) difference

/// A structure with a state, as plain data, so that failures print and shrink. Coordinates are multiples of 1/1024, so that
/// shifts are exact. Bodies are at least 0.4 apart, except that two without a bond may stand at one place. Bonded scenes lie
/// in open space. A cutoff may equal the distance of a pair.
[<StructuredFormatDisplay("{Text}")>]
type Scene =
    {
        Dimension: int
        /// Period along each axis; 0 where it is open.
        Periods: float list
        /// Tilts of the cell, vector by vector; none for a rectangular one.
        Tilts: float list
        Masses: float list
        /// Bonds; where there are none beside a cutoff, the structure has the latter alone.
        Edges: (int * int) list
        Cutoff: float option
        /// Whether species and types of bonds have names: bodies above a mass are heavy, bonds of much mass stiff, so that names
        /// follow bodies wherever they go.
        Named: bool
        Q: float[]
        P: float[]
    }

    member scene.Bodies: int = scene.Masses.Length

    member scene.Structure: Structure =
        let bonds () =
            let typeOf a b =
                if not scene.Named then ""
                elif scene.Masses[a] + scene.Masses[b] > 4.5 then "stiff"
                else "soft"

            match scene.Edges |> Seq.map (fun (a, b) -> struct (a, b, typeOf a b)) |> Bonds.tryCreate scene.Bodies with
            | Ok bonds -> Some bonds
            | Error error -> invalidOp (string error)

        let bonds = if scene.Cutoff.IsSome && scene.Edges.IsEmpty then None else bonds ()

        let angles (bonds: Bonds) =
            Angles.ofBonds bonds
            |> Angles.toArray
            |> Seq.map (fun struct (a, centre, b, _) -> struct (a, centre, b, (if scene.Masses[centre] > 2.25 then "wide" else "narrow")))
            |> Angles.create bonds

        let relations =
            {
                Bonds = bonds
                Angles = if scene.Named then Option.map angles bonds else None
                Reach = scene.Cutoff |> Option.map Reach.within
            }

        // Charges of both signs, which follow the bodies wherever they go.
        let alike =
            Structure.create (Cell.skewed scene.Periods scene.Tilts) relations (Array.ofList scene.Masses)
            |> Structure.withAttribute AttributeName.Charge (scene.Masses |> Seq.map (fun mass -> mass - 2.0) |> Array.ofSeq)

        if scene.Named then
            alike |> Structure.withSpecies (scene.Masses |> List.map (fun mass -> if mass > 2.25 then "heavy" else "light"))
        else
            alike

    member scene.State: PhaseState = PhaseState.create scene.Bodies scene.Dimension scene.Q scene.P

    /// One line for the structure and one for each body.
    member scene.Text: string =
        let space =
            if List.forall ((=) 0.0) scene.Periods then
                "open space"
            else
                let tilts =
                    if scene.Tilts.IsEmpty then
                        ""
                    else
                        scene.Tilts |> List.map digits |> String.concat ", " |> sprintf " tilted by %s"

                (scene.Periods |> List.map digits |> String.concat " x " |> sprintf "periods %s") + tilts

        let bonds =
            if scene.Edges.IsEmpty then
                "no bonds"
            else
                scene.Edges |> List.map (fun (a, b) -> $"{a}-{b}") |> String.concat " " |> sprintf "bonds %s"

        let pairs =
            match scene.Cutoff with
            | Some cutoff -> $"{bonds}, pairs within {digits cutoff}"
            | None -> bonds

        let pairs = if scene.Named then pairs + ", named" else pairs

        let body k = $"  {k}: mass {digits scene.Masses[k]}, q {vectorOf scene.Dimension scene.Q k}, p {vectorOf scene.Dimension scene.P k}"

        $"Scene of {scene.Bodies} in {scene.Dimension}D, {space}, {pairs}" :: [ for k in 0 .. scene.Bodies - 1 -> body k ]
        |> String.concat "\n"

    override scene.ToString() : string = scene.Text

/// A scene with any velocities and forces.
[<StructuredFormatDisplay("{Text}")>]
type Frame =
    {
        Scene: Scene
        Velocities: float[]
        Forces: float[]
    }

    member frame.Snapshot: Snapshot = Snapshot.create frame.Scene.Structure frame.Scene.State frame.Velocities frame.Forces

    /// The scene, and a line for the derivatives of each body.
    member frame.Text: string =
        let vector field k = vectorOf frame.Scene.Dimension field k
        let body k = $"  {k}: velocity {vector frame.Velocities k}, force {vector frame.Forces k}"
        frame.Scene.Text :: [ for k in 0 .. frame.Scene.Bodies - 1 -> body k ] |> String.concat "\n"

    override frame.ToString() : string = frame.Text

/// What a scene shows of the cases that are easily forgotten.
[<RequireQualifiedAccess>]
module Scene =

    let isSingle (scene: Scene) : bool = scene.Bodies = 1

    let hasNoPairs (scene: Scene) : bool = (Structure.pairs scene.Structure (ReadOnlySpan<float> scene.Q)).All.Count = 0

    let isCollinear (scene: Scene) : bool =
        scene.Dimension > 1
        && scene.Bodies > 2
        && scene.Q |> Seq.indexed |> Seq.forall (fun (k, x) -> k % scene.Dimension = 0 || x = scene.Q[k % scene.Dimension])

    let isFarApart (scene: Scene) : bool =
        let x = [ for body in 0 .. scene.Bodies - 1 -> scene.Q[body * scene.Dimension] ]
        List.max x - List.min x > 20.0

    let isPeriodic (scene: Scene) : bool = List.exists (fun period -> period > 0.0) scene.Periods

    let isSkewed (scene: Scene) : bool = not scene.Tilts.IsEmpty

    /// The pairs of bodies with the distances of their nearest images, tried one by one.
    let distances (scene: Scene) : ((int * int) * float) list =
        let between a b =
            Array.init scene.Dimension (fun axis -> scene.Q[a * scene.Dimension + axis] - scene.Q[b * scene.Dimension + axis])
            |> nearestDistance (Array.ofList scene.Periods) (Array.ofList scene.Tilts)

        [
            for a in 0 .. scene.Bodies - 1 do
                for b in a + 1 .. scene.Bodies - 1 -> (a, b), between a b
        ]

    /// The distances of the pairs of each relation; those of both are there twice.
    let interacting (scene: Scene) : ((int * int) * float) list =
        let bonds = scene.Edges |> List.map (fun (a, b) -> min a b, max a b) |> Set.ofList

        let all = distances scene
        let within = all |> List.filter (fun (_, distance) -> scene.Cutoff |> Option.exists (fun cutoff -> distance < cutoff))
        (all |> List.filter (fun (pair, _) -> bonds.Contains pair)) @ within

    let isCoincident (scene: Scene) : bool = distances scene |> List.exists (fun (_, distance) -> distance = 0.0)

    /// How far pairs reach beyond the cutoff; nothing where there is none.
    let private beyondCutoff (scene: Scene) : float list =
        match scene.Cutoff with
        | None -> []
        | Some cutoff -> distances scene |> List.map (fun (_, distance) -> distance - cutoff)

    let isAtCutoff (scene: Scene) : bool = beyondCutoff scene |> List.contains 0.0

    let isJustInside (scene: Scene) : bool = beyondCutoff scene |> List.exists (fun excess -> excess < 0.0 && excess > -1e-8)

    let isJustOutside (scene: Scene) : bool = beyondCutoff scene |> List.exists (fun excess -> excess > 0.0 && excess < 1e-8)

    /// A difference quotient has no meaning across the cutoff, where second derivatives jump.
    let isNearCutoff (step: float) (scene: Scene) : bool = beyondCutoff scene |> List.exists (fun excess -> abs excess <= 8.0 * step)

    /// The cases by name.
    let cases: (string * (Scene -> bool)) list =
        [
            "N = 1", isSingle
            "no pairs", hasNoPairs
            "collinear", isCollinear
            "far-apart clusters", isFarApart
            "periodic", isPeriodic
            "skewed", isSkewed
            "bonds", (fun scene -> scene.Cutoff.IsNone)
            "within a cutoff", (fun scene -> scene.Cutoff.IsSome)
            "bonds and pairs within a cutoff", (fun scene -> scene.Cutoff.IsSome && not scene.Edges.IsEmpty)
            "two species", (fun scene -> scene.Structure.Species.TellsApart)
            "two types of angles", (fun scene -> scene.Structure.Relations.Angles |> Option.exists _.Types.TellsApart)
            "two types of bonds", (fun scene -> scene.Structure.Relations.Bonds |> Option.exists _.Types.TellsApart)
            "coincident", isCoincident
            "a pair at the cutoff", isAtCutoff
            "a pair just inside the cutoff", isJustInside
            "a pair just outside the cutoff", isJustOutside
        ]

    /// The scene in open space with one body more, far from all and without bonds.
    let withLonelyBody (scene: Scene) : Scene =
        { scene with
            Periods = scene.Periods |> List.map (fun _ -> 0.0)
            Tilts = []
            Masses = scene.Masses @ [ 2.0 ]
            Q = Array.append scene.Q (Array.create scene.Dimension 300.0)
            P = Array.append scene.P (Array.create scene.Dimension 1.0)
        }

    /// A field [N x d] without the entries of one body.
    let private without (dimension: int) (body: int) (field: float[]) : float[] =
        field |> Array.indexed |> Array.filter (fun (k, _) -> k / dimension <> body) |> Array.map snd

    /// The scene without one body; those after it move up by one.
    let drop (body: int) (scene: Scene) : Scene =
        let rename other = if other > body then other - 1 else other

        { scene with
            Masses = List.removeAt body scene.Masses
            Edges = scene.Edges |> List.filter (fun (a, b) -> a <> body && b <> body) |> List.map (fun (a, b) -> rename a, rename b)
            Q = without scene.Dimension body scene.Q
            P = without scene.Dimension body scene.P
        }

    /// Simpler scenes of the same bodies: an edge less, unit masses, at rest, or in open space.
    let private simplify (scene: Scene) : Scene seq =
        seq {
            for edge in scene.Edges do
                { scene with Edges = scene.Edges |> List.filter (fun other -> other <> edge) }

            if scene.Masses |> List.exists (fun mass -> mass <> 1.0) then
                { scene with Masses = scene.Masses |> List.map (fun _ -> 1.0) }

            if scene.P |> Array.exists (fun p -> p <> 0.0) then
                { scene with P = Array.zeroCreate scene.P.Length }

            if scene.Named then
                { scene with Named = false }

            if isPeriodic scene then
                { scene with Periods = scene.Periods |> List.map (fun _ -> 0.0); Tilts = [] }

            if isSkewed scene then
                { scene with Tilts = [] }
        }

    let private droppable (scene: Scene) : int list = if scene.Bodies > 1 then [ scene.Bodies - 1 .. -1 .. 0 ] else []

    /// Simpler scenes that keep every promise of scenes: a body less, an edge less, unit masses, at rest, or in open space.
    let shrink (scene: Scene) : Scene seq =
        seq {
            for body in droppable scene do
                drop body scene

            yield! simplify scene
        }

    /// Frames of simpler scenes.
    let shrinkFrame (frame: Frame) : Frame seq =
        seq {
            for body in droppable frame.Scene do
                {
                    Scene = drop body frame.Scene
                    Velocities = without frame.Scene.Dimension body frame.Velocities
                    Forces = without frame.Scene.Dimension body frame.Forces
                }

            for scene in simplify frame.Scene do
                { frame with Scene = scene }
        }
