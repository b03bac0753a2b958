namespace HgnFunctional.Data

open System
open System.Collections.Generic
open System.Runtime.CompilerServices
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Features

/// One trajectory, as far as it tells which coordinates never move. What it says does not depend on the order of the frames.
[<Sealed>]
type internal Stillness(dimension: int, start: float[]) =

    let hasMoved = Array.zeroCreate<bool> start.Length
    // Of coordinates that have not moved so far; made where there is one, in a frame with forces.
    let mutable forceSquares: ExactSum[] = [||]
    let mutable isWhole = true
    let mutable frames = 0L
    let mutable hasSpeed = false
    let mutable hasUnknownSpeed = false
    let mutable hasLeft = false

    member private _.Start: float[] = start
    member private _.Dimension: int = dimension
    member private _.HasMoved: bool[] = hasMoved
    member private _.ForceSquares: ExactSum[] = forceSquares

    /// What was seen so far, but for the coordinates.
    member private _.Seen: struct (bool * int64 * bool * bool * bool) =
        struct (isWhole, frames, hasSpeed, hasUnknownSpeed, hasLeft)

    /// Takes a frame, the first as well; velocities and forces may be empty.
    member _.Add(state: PhaseState, velocities: ReadOnlySpan<float>, forces: ReadOnlySpan<float>) : unit =
        frames <- frames + 1L
        hasUnknownSpeed <- hasUnknownSpeed || velocities.IsEmpty

        if state.Positions.Length <> start.Length || state.Dimension <> dimension then
            isWhole <- false
        elif isWhole then
            let positions = state.Positions

            for k in 0 .. start.Length - 1 do
                if not velocities.IsEmpty && velocities[k] <> 0.0 then
                    hasSpeed <- true
                    hasMoved[k] <- true

                if positions[k] <> start[k] then
                    hasLeft <- true
                    hasMoved[k] <- true

                if not (hasMoved[k] || forces.IsEmpty) then
                    if forceSquares.Length = 0 then
                        forceSquares <- Array.create start.Length ExactSum.zero

                    forceSquares[k] <- ExactSum.addSquare forces[k] forceSquares[k]

    /// Takes the frames that another has seen of the same trajectory.
    member internal _.Merge(other: Stillness) : unit =
        let struct (otherIsWhole, otherFrames, otherHasSpeed, otherHasUnknownSpeed, otherHasLeft) = other.Seen
        frames <- frames + otherFrames
        isWhole <- isWhole && otherIsWhole && other.Start.Length = start.Length && other.Dimension = dimension
        hasSpeed <- hasSpeed || otherHasSpeed
        hasUnknownSpeed <- hasUnknownSpeed || otherHasUnknownSpeed
        hasLeft <- hasLeft || otherHasLeft

        if isWhole then
            for k in 0 .. start.Length - 1 do
                if other.Start[k] <> start[k] then
                    hasLeft <- true
                    hasMoved[k] <- true

                hasMoved[k] <- hasMoved[k] || other.HasMoved[k]

            if forceSquares.Length = 0 then
                forceSquares <- Array.copy other.ForceSquares
            elif other.ForceSquares.Length > 0 then
                forceSquares <- Array.map2 ExactSum.merge forceSquares other.ForceSquares

    /// One that knows the same.
    member internal stillness.Copy() : Stillness =
        let copy = Stillness(dimension, start)
        copy.Merge stillness
        copy

    /// Whether every coordinate has moved, so that nothing later can change what is said.
    member _.IsSettled: bool = not isWhole || Array.forall id hasMoved

    /// The squares of forces on pinned coordinates, and how many there were in all frames.
    member stillness.PinnedForces: struct (ExactSum * int64) =
        let pins = stillness.Pins
        let pinned = Seq.indexed pins |> Seq.filter snd |> Seq.map fst |> Array.ofSeq

        let squares =
            if forceSquares.Length = 0 then
                ExactSum.zero
            else
                pinned |> Array.fold (fun sum k -> ExactSum.merge sum forceSquares[k]) ExactSum.zero

        struct (squares, frames * int64 pinned.Length)

    /// The coordinates that never moved, along axes on which others did [N d]; empty where there is none.
    member _.Pins: bool[] =
        // Without velocities, frames of a motion show it by their places.
        let everMoving = hasSpeed || (hasUnknownSpeed && hasLeft)

        if not isWhole || not everMoving || frames < 2L then
            [||]
        else
            let moves axis = Seq.exists (fun k -> hasMoved[k]) (seq { axis..dimension .. start.Length - 1 })
            let isFree = Array.init dimension moves
            let pins = Array.init start.Length (fun k -> not hasMoved[k] && isFree[k % dimension])
            if Array.contains true pins then pins else [||]

    /// All that it knows.
    member _.Save() : (string * SavedForm) list =
        let flags (values: bool[]) = values |> Seq.indexed |> Seq.filter snd |> Seq.map fst |> SavedForm.ofInts

        [
            "dimension", SavedForm.Number(float dimension)
            "start", SavedForm.Numbers start
            "moved", flags hasMoved
            "whole", SavedForm.Flag isWhole
            "frames", SavedForm.Number(float frames)
            "speed", SavedForm.Flag hasSpeed
            "unknownSpeed", SavedForm.Flag hasUnknownSpeed
            "left", SavedForm.Flag hasLeft
            if forceSquares.Length > 0 then
                // Of those that have moved no one asks.
                "forceSquares", SavedForm.ofTexts (forceSquares |> Seq.mapi (fun k sum -> if hasMoved[k] then "" else ExactSum.toText sum))
        ]

    /// As it was saved.
    static member Restore(reader: SavedReader) : Stillness =
        let stillness = Stillness(reader.Integer("dimension", 1, Axes.Most), reader.Floats("start", None))
        stillness.Load reader
        stillness

    member private _.Load(reader: SavedReader) : unit =
        for k in reader.Indices("moved", start.Length) do
            hasMoved[k] <- true

        isWhole <- reader.Flag "whole"
        frames <- reader.LongCount "frames"
        hasSpeed <- reader.Flag "speed"
        hasUnknownSpeed <- reader.Flag "unknownSpeed"
        hasLeft <- reader.Flag "left"

        match reader.TryTexts "forceSquares" with
        | None -> ()
        | Some texts when texts.Length <> start.Length -> reader.Fail("forceSquares", $"{start.Length} texts; there are {texts.Length}")
        | Some texts ->
            forceSquares <-
                [|
                    for text in texts ->
                        if text = "" then
                            ExactSum.zero
                        else
                            ExactSum.tryOfText text |> Option.defaultWith (fun () -> reader.Fail("forceSquares", "hexadecimal digits"))
                |]

/// Finds the coordinates of trajectories that never move, with velocities of exactly 0, while others along the same axis do: they
/// are held by something that no force in the data need show. Frames at rest say nothing of it. Frames are those of one
/// trajectory if it has their name (`Snapshot.Trajectory`); bodies must stay the same.
[<Sealed>]
type PinFinder() =

    let trajectories = Dictionary<string, Stillness>()
    let held = Dictionary<string, bool[]>()
    let structures = ConditionalWeakTable<Structure, Structure>()

    let pinsOf (trajectory: string) : bool[] =
        match held.TryGetValue trajectory with
        | true, pins -> pins
        | _ ->
            let pins =
                match trajectories.TryGetValue trajectory with
                | true, stillness -> stillness.Pins
                | _ -> [||]

            held[trajectory] <- pins
            pins

    /// Takes the next frame of a trajectory: its velocities [N d] and, if they are known, its forces.
    member _.Add(trajectory: string, state: PhaseState, velocities: ReadOnlySpan<float>, forces: ReadOnlySpan<float>) : unit =
        held.Clear()

        let stillness =
            match trajectories.TryGetValue trajectory with
            | true, stillness -> stillness
            | _ -> Stillness(state.Dimension, state.Positions.ToArray())

        trajectories[trajectory] <- stillness
        stillness.Add(state, velocities, forces)

    /// Takes the next frame; one of unknown velocities and no time says nothing of what moves.
    member finder.Add(snapshot: Snapshot) : unit =
        if snapshot.HasVelocities || snapshot.Time.IsSome then
            finder.Add(snapshot.Trajectory, snapshot.State, snapshot.Velocities, snapshot.Forces)

    /// The squares of forces on pinned coordinates, and how many there were in all frames.
    member internal _.PinnedForces: struct (ExactSum * int64) =
        (struct (ExactSum.zero, 0L), trajectories.Values)
        ||> Seq.fold (fun (struct (squares, count)) stillness ->
            let struct (ofThis, number) = stillness.PinnedForces
            struct (ExactSum.merge squares ofThis, count + number))

    /// Takes the frames that another has seen: trajectories of one name are one.
    member internal _.Merge(other: PinFinder) : unit =
        held.Clear()

        for entry in other.Trajectories do
            match trajectories.TryGetValue entry.Key with
            | true, mine -> mine.Merge entry.Value
            | _ -> trajectories[entry.Key] <- entry.Value.Copy()

    member private _.Trajectories: Dictionary<string, Stillness> = trajectories

    /// All that it knows.
    member internal _.Save() : SavedForm =
        SavedForm.List
            [
                for name in Seq.sort trajectories.Keys -> SavedForm.Fields(("name", SavedForm.Text name) :: trajectories[name].Save())
            ]

    /// As it was saved, in a field of this name.
    static member internal Restore(reader: SavedReader, field: string) : PinFinder =
        let finder = PinFinder()

        for entry in reader.Objects field do
            finder.Trajectories[entry.Text "name"] <- Stillness.Restore entry

        finder

    /// Whether no later frame of the trajectories seen can pin a coordinate.
    member _.IsSettled: bool = trajectories.Values |> Seq.forall _.IsSettled

    /// The coordinates of a trajectory that never moved while others did [N d]; empty where there is none.
    member _.PinsOf(trajectory: string) : bool[] = pinsOf trajectory

    /// The frame with the coordinates pinned that its trajectory was found to hold, beside those that its structure names.
    member _.Pin(snapshot: Snapshot) : Snapshot =
        match pinsOf snapshot.Trajectory with
        | pins when pins.Length <> snapshot.Coordinates -> snapshot
        | pins ->
            lock structures (fun () ->
                let make (structure: Structure) : Structure =
                    if structure.Pins.IsEmpty then
                        structure.With pins
                    else
                        structure.With(Array.map2 (||) (structure.Pins.ToArray()) pins)

                let pinned =
                    match structures.TryGetValue snapshot.Structure with
                    | true, known when known.PinnedCoordinates.Length > 0 -> known
                    | _ ->
                        let pinned = make snapshot.Structure
                        structures.AddOrUpdate(snapshot.Structure, pinned)
                        pinned

                snapshot.On pinned)
