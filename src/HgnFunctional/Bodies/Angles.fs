namespace HgnFunctional.Bodies

open System
open System.Collections.Generic

/// Why angles were refused. `angle` counts the angles given, from 0.
type AngleError =
    /// An angle names a body that is not there; bodies are numbered from 0.
    | NoSuchBodyOfAngle of angle: int * body: int * bodies: int
    /// An angle needs three different bodies.
    | SameBodies of angle: int
    /// A body of an angle is not joined to the one in the middle.
    | NotBonded of angle: int * body: int * centre: int
    /// Two angles are between the same bodies.
    | DuplicateAngle of angle: int * first: int * centre: int * second: int

    /// The error as one sentence.
    override error.ToString() : string =
        match error with
        | NoSuchBodyOfAngle(angle, body, bodies) -> $"Angle {angle} names body {body}; expected 0 to {bodies - 1}."
        | SameBodies angle -> $"Angle {angle} names a body twice; expected three different bodies."
        | NotBonded(angle, body, centre) ->
            $"Angle {angle} has body {body} at an end and body {centre} in the middle, which no bond joins; expected bonds from the middle to both ends."
        | DuplicateAngle(angle, first, centre, second) ->
            $"Angle {angle} is between bodies {first}, {centre} and {second} a second time; expected each angle once."

/// Angles between bonds: triples of bodies, the middle one joined to both others, with a type for each. Those of one type are one run,
/// sorted within it. Immutable.
[<Sealed; NoEquality; NoComparison>]
type Angles private (firsts: int[], centres: int[], seconds: int[], types: Naming, starts: int[]) =

    /// Number of angles.
    member _.Count: int = centres.Length

    /// The lower of the two bodies at the ends of each angle.
    member _.Firsts: ReadOnlySpan<int> = ReadOnlySpan<int> firsts

    /// The body in the middle of each.
    member _.Centres: ReadOnlySpan<int> = ReadOnlySpan<int> centres

    /// The higher of the two bodies at its ends.
    member _.Seconds: ReadOnlySpan<int> = ReadOnlySpan<int> seconds

    /// The three bodies of each; not to be written to.
    member internal _.Ends: int[][] = [| firsts; centres; seconds |]

    /// The type of each.
    member _.Types: Naming = types

    /// Where the angles of a type, from 0, begin, and how many they are.
    member _.Run(kind: int) : struct (int * int) = struct (starts[kind], starts[kind + 1] - starts[kind])

    /// Some of the angles, ascending, between bodies of other names, which keep their order; the distinct types stay.
    member internal _.Part(chosen: int[], nameOf: int -> int) : Angles =
        let ends (bodies: int[]) = chosen |> Array.map (fun angle -> nameOf bodies[angle])
        let types = types.Part chosen
        let counts = Array.zeroCreate (starts.Length - 1)

        for angle in 0 .. chosen.Length - 1 do
            counts[types.IndexOf angle] <- counts[types.IndexOf angle] + 1

        Angles(ends firsts, ends centres, ends seconds, types, Array.scan (+) 0 counts)

    /// Angles as (lower end, middle, higher end, type), in any order.
    static member internal Of(angles: (struct (int * int * int * string))[]) : Angles =
        let order (struct (first, centre, second, kind: string)) (struct (first', centre', second', kind': string)) =
            match String.CompareOrdinal(kind, kind') with
            | 0 -> compare (struct (centre, first, second)) (struct (centre', first', second'))
            | sign -> sign

        let sorted = angles |> Array.sortWith order
        let types = sorted |> Array.map (fun struct (_, _, _, kind) -> kind) |> Naming.ofNames
        let counts = Array.zeroCreate types.Names.Length

        for angle in 0 .. sorted.Length - 1 do
            let kind = types.IndexOf angle
            counts[kind] <- counts[kind] + 1

        Angles(
            sorted |> Array.map (fun struct (first, _, _, _) -> first),
            sorted |> Array.map (fun struct (_, centre, _, _) -> centre),
            sorted |> Array.map (fun struct (_, _, second, _) -> second),
            types,
            Array.scan (+) 0 counts
        )

/// Creation of angles.
[<RequireQualifiedAccess>]
module Angles =

    /// Angles between some bonds as (end, middle, end, type), in any order and direction.
    let tryCreate (bonds: Bonds) (angles: (struct (int * int * int * string)) seq) : Result<Angles, AngleError> =
        let bodies = bonds.Graph.Bodies
        let joined = HashSet<struct (int * int)>(Graph.edges bonds.Graph)
        let isJoined a b = joined.Contains(struct (min a b, max a b))
        let seen = HashSet<struct (int * int * int)>()

        let ordered = angles |> Seq.map (fun struct (a, centre, b, kind) -> struct (min a b, centre, max a b, kind)) |> Array.ofSeq

        let fault (angle: int) (struct (first, centre, second, _)) : AngleError option =
            match [ first; centre; second ] |> List.tryFind (fun body -> body < 0 || body >= bodies) with
            | Some body -> Some(NoSuchBodyOfAngle(angle, body, bodies))
            | None when first = second || first = centre || second = centre -> Some(SameBodies angle)
            | None when not (isJoined first centre) -> Some(NotBonded(angle, first, centre))
            | None when not (isJoined second centre) -> Some(NotBonded(angle, second, centre))
            | None when not (seen.Add(struct (first, centre, second))) -> Some(DuplicateAngle(angle, first, centre, second))
            | None -> None

        match ordered |> Seq.indexed |> Seq.tryPick (fun (index, angle) -> fault index angle) with
        | Some error -> Error error
        | None -> Ok(Angles.Of ordered)

    /// As `tryCreate`; throws an `ArgumentException` with the reason.
    let create (bonds: Bonds) (angles: (struct (int * int * int * string)) seq) : Angles =
        match tryCreate bonds angles with
        | Ok angles -> angles
        | Error error -> invalidArg (nameof angles) (string error)

    /// Every angle between two bonds of a body, all of one type.
    let ofBonds (bonds: Bonds) : Angles =
        let neighbours = Array.init bonds.Graph.Bodies (fun _ -> ResizeArray<int>())

        for struct (a, b) in Graph.edges bonds.Graph do
            neighbours[a].Add b
            neighbours[b].Add a

        [|
            for centre in 0 .. neighbours.Length - 1 do
                for first in neighbours[centre] do
                    for second in neighbours[centre] do
                        if first < second then
                            struct (first, centre, second, "")
        |]
        |> Angles.Of

    /// The angles as (lower end, middle, higher end, type).
    let toArray (angles: Angles) : (struct (int * int * int * string))[] =
        Array.init angles.Count (fun k -> struct (angles.Firsts[k], angles.Centres[k], angles.Seconds[k], angles.Types.NameOf k))

    /// The same angles with other names of types.
    let rename (name: string -> string) (angles: Angles) : Angles =
        toArray angles |> Array.map (fun struct (a, centre, b, kind) -> struct (a, centre, b, name kind)) |> Angles.Of
