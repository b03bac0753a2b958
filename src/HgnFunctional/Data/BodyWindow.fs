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
        /// Number of bodies of an interaction.
        Ends: int
        /// A body of an interaction, by its place.
        EndOf: int -> int -> int
    }

[<RequireQualifiedAccess>]
module private Incidence =

    let private create (bodies: int) (count: int) (ends: int) (endOf: int -> int -> int) : Incidence =
        // A body may meet an image of itself.
        let isRepeated item place =
            let mutable before = 0

            while before < place && endOf item before <> endOf item place do
                before <- before + 1

            before < place

        let starts = Array.zeroCreate (bodies + 1)

        for item in 0 .. count - 1 do
            for place in 0 .. ends - 1 do
                if not (isRepeated item place) then
                    starts[endOf item place + 1] <- starts[endOf item place + 1] + 1

        for body in 1..bodies do
            starts[body] <- starts[body] + starts[body - 1]

        let next = Array.copy starts
        let items = Array.zeroCreate starts[bodies]

        for item in 0 .. count - 1 do
            for place in 0 .. ends - 1 do
                if not (isRepeated item place) then
                    let body = endOf item place
                    items[next[body]] <- item
                    next[body] <- next[body] + 1

        { Starts = starts; Items = items; Ends = ends; EndOf = endOf }

    let ofPairs (bodies: int) (pairs: Pairs) : Incidence =
        create bodies pairs.Count 2 (fun pair place -> if place = 0 then pairs.Senders[pair] else pairs.Receivers[pair])

    let ofAngles (bodies: int) (angles: Angles option) : Incidence =
        match angles with
        | None -> create bodies 0 3 (fun _ _ -> 0)
        | Some angles ->
            create bodies angles.Count 3 (fun angle place ->
                if place = 0 then angles.Firsts[angle]
                elif place = 1 then angles.Centres[angle]
                else angles.Seconds[angle])

/// Some bodies with those around them, and the interactions of all but the outermost; ascending.
[<NoEquality; NoComparison>]
type private Surroundings = { Bodies: int[]; Items: int[][] }

/// Parts of a snapshot that give the rows of some of its bodies.
[<RequireQualifiedAccess>]
module internal BodyWindow =

    /// The bodies within some hops of the given ones. Leaves in `places` [N] where each stands among them; all others must be below 0.
    let private surround (hops: int) (relations: Incidence[]) (places: int[]) (own: int[]) : Surroundings =
        let found = ResizeArray<int> own
        let items = relations |> Array.map (fun _ -> ResizeArray<int>())
        own |> Array.iteri (fun place body -> places[body] <- place)
        let mutable first = 0

        for _ in 1..hops do
            let shell = found.Count

            for place in first .. shell - 1 do
                for relation in 0 .. relations.Length - 1 do
                    let relation, items = relations[relation], items[relation]

                    for slot in relation.Starts[found[place]] .. relation.Starts[found[place] + 1] - 1 do
                        let item = relation.Items[slot]
                        let mutable isNew = true

                        for k in 0 .. relation.Ends - 1 do
                            let body = relation.EndOf item k

                            if places[body] < 0 then
                                places[body] <- found.Count
                                found.Add body
                            elif places[body] < place then
                                // Its interactions were looked at before.
                                isNew <- false

                        if isNew then
                            items.Add item

            first <- shell

        found.Sort()
        let bodies = found.ToArray()
        bodies |> Array.iteri (fun place body -> places[body] <- place)

        let sorted (items: ResizeArray<int>) =
            items.Sort()
            items.ToArray()

        { Bodies = bodies; Items = items |> Array.map sorted }

    /// The pairs within reach, the bonds and the angles of a snapshot, by body.
    let private relationsOf (snapshot: Snapshot) : Incidence[] =
        let structure = snapshot.Structure
        let edges = structure.Relations.Bonds |> Option.map _.Graph.Pairs |> Option.defaultValue Pairs.None

        [|
            Incidence.ofPairs structure.Bodies snapshot.Related.Within
            Incidence.ofPairs structure.Bodies edges
            Incidence.ofAngles structure.Bodies structure.Relations.Angles
        |]

    /// Values [N d] of some bodies; none where there are none.
    let private ofBodies (d: int) (bodies: int[]) (values: ReadOnlySpan<float>) : float[] =
        let chosen = Array.zeroCreate<float>(if values.IsEmpty then 0 else bodies.Length * d)

        if chosen.Length > 0 then
            for place in 0 .. bodies.Length - 1 do
                values.Slice(bodies[place] * d, d).CopyTo(Span<float>(chosen, place * d, d))

        chosen

    let private restrict (snapshot: Snapshot) (places: int[]) (isOwn: bool[]) (around: Surroundings) : Snapshot =
        let structure, d = snapshot.Structure, snapshot.Structure.Dimension
        let bodies = around.Bodies
        let placeOf (body: int) = places[body]

        let pins =
            let pins = structure.Pins.ToArray()
            Array.init (bodies.Length * d) (fun k -> not isOwn[k / d] || (pins.Length > 0 && pins[bodies[k / d] * d + k % d]))

        let relations =
            {
                Bonds = structure.Relations.Bonds |> Option.map _.Part(bodies.Length, around.Items[1], placeOf)
                Angles = structure.Relations.Angles |> Option.map _.Part(around.Items[2], placeOf)
                Reach = structure.Relations.Reach
            }

        let part = structure.Part(bodies, relations, (if Array.contains true pins then pins else [||]))

        let state =
            PhaseState.OfOwned(bodies.Length, d, ofBodies d bodies snapshot.State.Positions, ofBodies d bodies snapshot.State.Momenta)

        let within = snapshot.Related.Within
        let related = part.Joined(state.Positions, within.Part(around.Items[0], placeOf), within.HasImages)

        Snapshot.OfOwned(part, state, ofBodies d bodies snapshot.Velocities, ofBodies d bodies snapshot.Forces, None, related).MarkedAs
            snapshot

    /// A snapshot in windows of at most so many bodies that lie together, made one at a time. Around its own bodies a window has those that
    /// some hops along interactions lead to (`IBlock.Hops`), which are pinned so that they give no rows: so each equation of a body is in
    /// one window, with the same bits as in the snapshot, since bodies and pairs keep their order. What is of all bodies is in none: windows
    /// have no energy. Work and memory are in proportion to bodies and pairs; the windows do not depend on who walks over them.
    let split (hops: int) (mostBodies: int) (snapshot: Snapshot) : Snapshot seq =
        if hops < 0 then
            invalidArg (nameof hops) $"hops is {hops}; expected at least 0."

        Guard.positive (nameof mostBodies) mostBodies
        let structure = snapshot.Structure

        if structure.Bodies <= mostBodies then
            Seq.singleton snapshot.WithoutEnergy
        else
            let groups = BodyOrder.compact mostBodies structure.Cell snapshot.State.Positions

            let relations =
                if hops = 0 then
                    Array.init 3 (fun _ -> Incidence.ofPairs 0 Pairs.None)
                else
                    relationsOf snapshot

            seq {
                // Of this walk alone.
                let places = Array.create structure.Bodies -1

                for own in groups do
                    let around = surround hops relations places own
                    let isOwn = Array.zeroCreate around.Bodies.Length
                    own |> Array.iter (fun body -> isOwn[places[body]] <- true)
                    restrict snapshot places isOwn around
                    around.Bodies |> Array.iter (fun body -> places[body] <- -1)
            }
