namespace HgnFunctional.Integrators

open HgnFunctional

/// Looks at the states of a run one after another and keeps only what its result needs. A pure value: observing gives the
/// next observer, and the one before can still be used.
[<AbstractClass>]
type Observer<'result>() =
    /// The observer that has also seen this state, at this time since the start.
    abstract Observe: time: float * state: PhaseState -> Observer<'result>
    /// What follows from the states seen so far.
    abstract Result: 'result

/// Observers from functions, and from other observers.
[<RequireQualifiedAccess>]
module Observer =

    /// Folds a function over the states; the result is what the fold has reached.
    let rec fold (folder: 'memory -> float -> PhaseState -> 'memory) (memory: 'memory) : Observer<'memory> =
        { new Observer<'memory>() with
            member _.Observe(time, state) = fold folder (folder memory time state)
            member _.Result = memory
        }

    /// The observer with a function applied to its result.
    let rec map (f: 'a -> 'b) (observer: Observer<'a>) : Observer<'b> =
        { new Observer<'b>() with
            member _.Observe(time, state) = map f (observer.Observe(time, state))
            member _.Result = f observer.Result
        }

    /// Two observers of the same run.
    let rec both (first: Observer<'a>) (second: Observer<'b>) : Observer<'a * 'b> =
        { new Observer<'a * 'b>() with
            member _.Observe(time, state) = both (first.Observe(time, state)) (second.Observe(time, state))
            member _.Result = first.Result, second.Result
        }

    /// A fold whose memory starts from the first state; none before it.
    let foldFrom (start: PhaseState -> 'memory) (folder: 'memory -> float -> PhaseState -> 'memory) : Observer<'memory option> =
        (None: 'memory option)
        |> fold (fun memory time state -> Some(folder (memory |> Option.defaultWith (fun () -> start state)) time state))
