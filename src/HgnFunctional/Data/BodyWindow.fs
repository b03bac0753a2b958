namespace HgnFunctional.Data

open System
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Space
open HgnFunctional.Bodies

/// Interactions of one relation by body: those of body b are Items[Starts[b] .. Starts[b + 1] - 1], ascending, each once.
[<NoEquality; NoComparison>]
type private Incidence =
    {
        Starts: int[]
        Items: int[]
        /// The bodies of each interaction, by place.
        Ends: int[][]
    }

[<RequireQualifiedAccess>]
module private Incidence =

    /// Of so many bodies, given the bodies of each interaction.
    let create (bodies: int) (ends: int[][]) : Incidence =
        // A body may meet an image of itself.
        let isRepeated (item: int) (place: int) : bool =
            let mutable before = 0

            while ends[before].[item] <> ends[place].[item] do
                before <- before + 1

            before < place

        let starts = Array.zeroCreate (bodies + 1)

        for place in 0 .. ends.Length - 1 do
            for item in 0 .. ends[place].Length - 1 do
                if not (isRepeated item place) then
                    let body = ends[place].[item]
                    starts[body + 1] <- starts[body + 1] + 1

        for body in 1..bodies do
            starts[body] <- starts[body] + starts[body - 1]

        let next = Array.copy starts
        let items = Array.zeroCreate starts[bodies]

        for item in 0 .. ends[0].Length - 1 do
            for place in 0 .. ends.Length - 1 do
                if not (isRepeated item place) then
                    let body = ends[place].[item]
                    items[next[body]] <- item
                    next[body] <- next[body] + 1

        { Starts = starts; Items = items; Ends = ends }

/// Bodies with those around them, gathered again and again in the same memory.
[<Sealed>]
type private Surroundings(bodies: int, relations: Incidence[]) =

    // Where each body stands among those found; below 0 for all others.
    let places = Array.create bodies -1
    let found = ResizeArray<int>()
    let items = relations |> Array.map (fun _ -> ResizeArray<int>())

    /// Takes the interactions of a body that was found, and finds the other bodies of them.
    let lookAround (place: int) : unit =
        for k in 0 .. relations.Length - 1 do
            let relation = relations[k]

            for slot in relation.Starts[found[place]] .. relation.Starts[found[place] + 1] - 1 do
                let item = relation.Items[slot]
                let mutable isNew = true

                for ends in relation.Ends do
                    let body = ends[item]

                    if places[body] < 0 then
                        places[body] <- found.Count
                        found.Add body
                    elif places[body] < place then
                        // It was looked around there before.
                        isNew <- false

                if isNew then
                    items[k].Add item

    /// The bodies that some hops lead to from the given ones, ascending, these among them; and the interactions of all but the last.
    member _.Gather(hops: int, own: int[]) : struct (int[] * int[][]) =
        for body in found do
            places[body] <- -1

        found.Clear()
        items |> Array.iter _.Clear()
        own |> Array.iteri (fun place body -> places[body] <- place)
        found.AddRange own
        let mutable first = 0

        for _ in 1..hops do
            let shell = found.Count

            for place in first .. shell - 1 do
                lookAround place

            first <- shell

        found.Sort()

        for place in 0 .. found.Count - 1 do
            places[found[place]] <- place

        items |> Array.iter _.Sort()
        struct (found.ToArray(), items |> Array.map _.ToArray())

    /// Where a body stands among those gathered last.
    member _.PlaceOf(body: int) : int = places[body]

/// Parts of a snapshot that give the rows of some of its bodies.
[<RequireQualifiedAccess>]
module internal BodyWindow =

    /// The bodies of the pairs within reach, of the bonds and of the angles of a snapshot.
    let private endsOf (snapshot: Snapshot) : int[][][] =
        let relations = snapshot.Structure.Relations

        [|
            snapshot.Related.Within.Ends
            relations.Bonds |> Option.map _.Graph.Pairs.Ends |> Option.defaultValue [| [||] |]
            relations.Angles |> Option.map _.Ends |> Option.defaultValue [| [||] |]
        |]

    /// Values [N d] of some bodies; none where there are none.
    let private ofBodies (d: int) (bodies: int[]) (values: ReadOnlySpan<float>) : float[] =
        let chosen = Array.zeroCreate<float>(if values.IsEmpty then 0 else bodies.Length * d)

        if chosen.Length > 0 then
            for place in 0 .. bodies.Length - 1 do
                values.Slice(bodies[place] * d, d).CopyTo(Span<float>(chosen, place * d, d))

        chosen

    let private restrict (snapshot: Snapshot) (hops: int) (around: Surroundings) (own: int[]) : Snapshot =
        let structure, d = snapshot.Structure, snapshot.Structure.Dimension
        let struct (bodies, items) = around.Gather(hops, own)
        let isOwn = Array.zeroCreate bodies.Length
        own |> Array.iter (fun body -> isOwn[around.PlaceOf body] <- true)

        let pins =
            let pins = structure.Pins.ToArray()
            Array.init (bodies.Length * d) (fun k -> not isOwn[k / d] || (pins.Length > 0 && pins[bodies[k / d] * d + k % d]))

        let relations =
            {
                Bonds = structure.Relations.Bonds |> Option.map _.Part(bodies.Length, items[1], around.PlaceOf)
                Angles = structure.Relations.Angles |> Option.map _.Part(items[2], around.PlaceOf)
                Reach = structure.Relations.Reach
            }

        let part = structure.Part(bodies, relations, (if Array.contains true pins then pins else [||]))

        let state =
            PhaseState.OfOwned(bodies.Length, d, ofBodies d bodies snapshot.State.Positions, ofBodies d bodies snapshot.State.Momenta)

        let within = snapshot.Related.Within
        let related = part.Joined(state.Positions, within.Part(items[0], around.PlaceOf), within.HasImages)

        Snapshot
            .OfOwned(part, state, ofBodies d bodies snapshot.Velocities, ofBodies d bodies snapshot.Forces, None, [||], related)
            .MarkedAs
            snapshot

    /// The windows of the groups of bodies that are chosen.
    let private windowsOf (choose: int[][] -> int[][]) (hops: int) (mostBodies: int) (snapshot: Snapshot) : Snapshot seq =
        if hops < 0 then
            invalidArg (nameof hops) $"hops is {hops}; expected at least 0."

        Guard.positive (nameof mostBodies) mostBodies
        let structure = snapshot.Structure

        if structure.Bodies <= mostBodies then
            Seq.singleton snapshot.OfBodiesAlone
        else
            let groups = BodyOrder.compact mostBodies structure.Cell snapshot.State.Positions |> choose

            // Without hops nothing is looked up.
            let bodies = if hops = 0 then 0 else structure.Bodies
            let ends = if hops = 0 then Array.create 3 [| [||] |] else endsOf snapshot
            let relations = ends |> Array.map (Incidence.create bodies)

            seq {
                // Of this walk alone.
                let around = Surroundings(structure.Bodies, relations)

                for own in groups do
                    restrict snapshot hops around own
            }

    /// A snapshot in windows of at most so many bodies that lie together, made one at a time. Around its own bodies a window has those that
    /// some hops along interactions lead to (`IBlock.Hops`), which are pinned so that they give no rows: so each equation of a body is in
    /// one window, with the same bits as in the snapshot, since bodies and pairs keep their order. What is of all bodies is in none: windows
    /// have no energy. Work and memory are in proportion to bodies and pairs; the windows do not depend on who walks over them.
    let split (hops: int) (mostBodies: int) (snapshot: Snapshot) : Snapshot seq = windowsOf id hops mostBodies snapshot

    /// Some of the windows of `split`, from all over the snapshot: so many, if there are more.
    let some (count: int) (hops: int) (mostBodies: int) (snapshot: Snapshot) : Snapshot seq =
        let spread (groups: int[][]) =
            let taken = min count groups.Length
            Array.init taken (fun k -> groups[k * groups.Length / taken])

        windowsOf spread hops mostBodies snapshot
