namespace HgnFunctional.Integrators

open HgnFunctional
open HgnFunctional.Numerics

/// States along a simulated path.
[<RequireQualifiedAccess>]
module Trajectory =

    /// The states after every `every`-th step, the start first, without end. Lazy: each pass simulates anew, and stops at
    /// the first error.
    let simulate (integrator: Integrator) (timeStep: float) (every: int) (start: PhaseState) : Result<PhaseState, SimulationError> seq =
        Guard.positive (nameof every) every

        seq {
            Ok start
            let stepper = Integrator.stepper integrator timeStep start
            let mutable failure = None

            while failure.IsNone do
                let mutable taken = 0

                while failure.IsNone && taken < every do
                    match stepper.Step() with
                    | Ok() -> taken <- taken + 1
                    | Error error -> failure <- Some error

                match failure with
                | Some error -> Error error
                | None -> Ok(Integrator.state integrator stepper)
        }

    /// Folds an observer over the states after every `every`-th of `steps` steps, the start first, and after the last step in any
    /// case; no state is kept.
    let observe
        (observer: Observer<'result>)
        (integrator: Integrator)
        (timeStep: float)
        (steps: int)
        (every: int)
        (start: PhaseState)
        : Result<'result, SimulationError> =
        Guard.notNegative (nameof steps) steps
        Guard.positive (nameof every) every
        let stepper = Integrator.stepper integrator timeStep start
        let mutable observer = observer.Observe { Time = 0.0; State = start; Work = 0.0 }
        let mutable taken = 0
        let mutable failure = None

        while failure.IsNone && taken < steps do
            match stepper.Step() with
            | Error error -> failure <- Some error
            | Ok() ->
                taken <- taken + 1

                if taken % every = 0 || taken = steps then
                    observer <-
                        observer.Observe { Time = timeStep * float taken; State = Integrator.state integrator stepper; Work = stepper.Work }

        match failure with
        | Some error -> Error error
        | None -> Ok observer.Result

    /// The states after every `every`-th of `steps` steps, the start first, and after the last step in any case, stored.
    let record
        (integrator: Integrator)
        (timeStep: float)
        (steps: int)
        (every: int)
        (start: PhaseState)
        : Result<PhaseState[], SimulationError> =
        let states = Observer.fold (fun states _ state -> state :: states) []
        observe states integrator timeStep steps every start |> Result.map (List.rev >> Array.ofList)
