namespace HgnFunctional.Metrics

open HgnFunctional
open HgnFunctional.Invariance
open HgnFunctional.Integrators

/// How the local frame of the bodies fared in a run. A model that sees coordinates in the frame has another energy
/// function for each choice of reference bodies, so its energy may jump where the choice changes.
type FrameHistory =
    {
        /// Times at which a body that the frame hangs on was another than at the time before.
        Switches: int
        /// States in which the bodies had no frame.
        Degenerate: int
    }

/// Observers of local frames.
[<RequireQualifiedAccess>]
module FrameSwitches =

    let private referencesOf (state: PhaseState) : struct (int * int) voption =
        match LocalFrame.tryOfPoints state.Dimension state.Positions with
        | Ok frame -> ValueSome(struct (frame.First, frame.Second))
        | Error _ -> ValueNone

    /// Counts the changes of the bodies that the frame hangs on, between the states that are observed: observe every step
    /// to miss none.
    let observer: Observer<FrameHistory> =
        Observer.fold
            (fun (struct (before: struct (int * int) voption, history)) _ state ->
                match referencesOf state with
                | ValueNone -> struct (before, { history with Degenerate = history.Degenerate + 1 })
                | now ->
                    let isSwitch = before.IsSome && before <> now
                    struct (now, (if isSwitch then { history with Switches = history.Switches + 1 } else history)))
            (struct (ValueNone, { Switches = 0; Degenerate = 0 }))
        |> Observer.map (fun (struct (_, history)) -> history)
