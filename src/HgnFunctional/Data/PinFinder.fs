namespace HgnFunctional.Data

open System
open System.Collections.Generic
open System.Runtime.CompilerServices
open HgnFunctional
open HgnFunctional.Bodies

/// One trajectory, as far as it tells which coordinates never move.
[<Sealed>]
type private Stillness(state: PhaseState, velocities: float[]) =

    let d = state.Dimension
    let start = state.Positions.ToArray()
    let hasMoved = velocities |> Array.map (fun velocity -> velocity <> 0.0)
    let forceSquares = Array.zeroCreate<float> start.Length
    let mutable isWhole = true
    let mutable frames = 0
    let mutable everMoving = Array.contains true hasMoved

    /// Takes a frame, the first as well; forces may be empty.
    member _.Add(state: PhaseState, velocities: ReadOnlySpan<float>, forces: ReadOnlySpan<float>) : unit =
        frames <- frames + 1
        let isKnown = not velocities.IsEmpty

        if state.Positions.Length <> start.Length || state.Dimension <> d then
            isWhole <- false
        elif isWhole then
            let positions = state.Positions

            for k in 0 .. start.Length - 1 do
                if not forces.IsEmpty then
                    forceSquares[k] <- forceSquares[k] + forces[k] * forces[k]

                if isKnown && velocities[k] <> 0.0 then
                    hasMoved[k] <- true
                    everMoving <- true
                elif positions[k] <> start[k] then
                    hasMoved[k] <- true
                    // Without velocities, frames of a motion show it by their places.
                    everMoving <- everMoving || not isKnown

    /// Whether every coordinate has moved, so that nothing later can change what is said.
    member _.IsSettled: bool = not isWhole || Array.forall id hasMoved

    /// Sum of the squares of forces on pinned coordinates, and how many there were in all frames.
    member stillness.PinnedForces: struct (float * float) =
        match stillness.Pins with
        | [||] -> struct (0.0, 0.0)
        | pins ->
            let squares =
                Seq.sum (
                    seq {
                        for k in 0 .. pins.Length - 1 do
                            if pins[k] then
                                forceSquares[k]
                    }
                )

            struct (squares, float frames * float (pins |> Seq.filter id |> Seq.length))

    /// The coordinates that never moved, along axes on which others did [N d]; empty where there is none.
    member _.Pins: bool[] =
        if not isWhole || not everMoving || frames < 2 then
            [||]
        else
            let moves axis = Seq.exists (fun k -> hasMoved[k]) (seq { axis..d .. start.Length - 1 })
            let isFree = Array.init d moves
            let pins = Array.init start.Length (fun k -> not hasMoved[k] && isFree[k % d])
            if Array.contains true pins then pins else [||]

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
            | _ ->
                Stillness(
                    state,
                    (if velocities.IsEmpty then
                         Array.zeroCreate state.Positions.Length
                     else
                         velocities.ToArray())
                )

        trajectories[trajectory] <- stillness
        stillness.Add(state, velocities, forces)

    /// Takes the next frame; one of unknown velocities and no time says nothing of what moves.
    member finder.Add(snapshot: Snapshot) : unit =
        if snapshot.HasVelocities || snapshot.Time.IsSome then
            finder.Add(snapshot.Trajectory, snapshot.State, snapshot.Velocities, snapshot.Forces)

    /// Sum of the squares of forces on pinned coordinates, and how many there were in all frames.
    member _.PinnedForces: struct (float * float) =
        let mutable squares = 0.0
        let mutable count = 0.0

        for stillness in trajectories.Values do
            let struct (ofThis, number) = stillness.PinnedForces
            squares <- squares + ofThis
            count <- count + number

        struct (squares, count)

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
