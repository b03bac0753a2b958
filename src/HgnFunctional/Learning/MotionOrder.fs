namespace HgnFunctional.Learning

open System.Collections.Generic
open HgnFunctional.Data

/// Watches whether frames of motions go on with their trajectories.
[<Sealed>]
type internal MotionOrder() =

    let lastOf = Dictionary<string, Snapshot>()

    /// Why a frame, which counts from 0, does not go on with its trajectory, if it does not: other bodies, or no later time.
    member _.Take(frame: int64, snapshot: Snapshot) : TrainingError<'error> option =
        if not (Observation.isOfMotion snapshot) then
            None
        else
            let fault =
                match lastOf.TryGetValue snapshot.Trajectory with
                | true, before when before.Coordinates <> snapshot.Coordinates ->
                    Some(OtherBodies(frame, before.Structure.Bodies, snapshot.Structure.Bodies))
                | true, before when not (snapshot.Time.Value > before.Time.Value) ->
                    Some(TimesDoNotIncrease(frame, before.Time.Value, snapshot.Time.Value))
                | _ -> None

            lastOf[snapshot.Trajectory] <- snapshot
            fault
