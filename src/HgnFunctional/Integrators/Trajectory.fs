namespace HgnFunctional

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

    /// The states after every `every`-th of `steps` steps, the start first, stored.
    let record
        (integrator: Integrator)
        (timeStep: float)
        (steps: int)
        (every: int)
        (start: PhaseState)
        : Result<PhaseState[], SimulationError> =
        let states = ResizeArray<PhaseState>()
        use cursor = (simulate integrator timeStep every start |> Seq.truncate (steps / every + 1)).GetEnumerator()
        let mutable failure = None

        while failure.IsNone && cursor.MoveNext() do
            match cursor.Current with
            | Ok state -> states.Add state
            | Error error -> failure <- Some error

        match failure with
        | Some error -> Error error
        | None -> Ok(states.ToArray())
