namespace HgnFunctional.Integrators

open HgnFunctional

/// A moment of a run.
[<Struct; NoEquality; NoComparison>]
type RunMoment =
    {
        /// Time since the start.
        Time: float
        /// Positions and momenta.
        State: PhaseState
        /// The work that forces without energy have done since the start.
        Work: float
    }

/// Looks at the states of a run one after another and keeps only what its result needs. A pure value: observing gives the
/// next observer, and the one before can still be used.
[<AbstractClass>]
type Observer<'result>() =
    /// The observer that has also seen this moment.
    abstract Observe: moment: RunMoment -> Observer<'result>
    /// What follows from the states seen so far.
    abstract Result: 'result

/// Observers from functions, and from other observers.
[<RequireQualifiedAccess>]
module Observer =

    /// Folds a function over the moments; the result is what the fold has reached.
    let rec foldMoments (folder: 'memory -> RunMoment -> 'memory) (memory: 'memory) : Observer<'memory> =
        { new Observer<'memory>() with
            member _.Observe(moment) = foldMoments folder (folder memory moment)
            member _.Result = memory
        }

    /// Folds a function over times and states; the result is what the fold has reached.
    let fold (folder: 'memory -> float -> PhaseState -> 'memory) (memory: 'memory) : Observer<'memory> =
        foldMoments (fun memory moment -> folder memory moment.Time moment.State) memory

    /// The observer with a function applied to its result.
    let rec map (f: 'a -> 'b) (observer: Observer<'a>) : Observer<'b> =
        { new Observer<'b>() with
            member _.Observe(moment) = map f (observer.Observe moment)
            member _.Result = f observer.Result
        }

    /// Two observers of the same run.
    let rec both (first: Observer<'a>) (second: Observer<'b>) : Observer<'a * 'b> =
        { new Observer<'a * 'b>() with
            member _.Observe(moment) = both (first.Observe moment) (second.Observe moment)
            member _.Result = first.Result, second.Result
        }

    /// A fold whose memory starts from the first state; none before it.
    let foldFrom (start: PhaseState -> 'memory) (folder: 'memory -> float -> PhaseState -> 'memory) : Observer<'memory option> =
        (None: 'memory option)
        |> fold (fun memory time state -> Some(folder (memory |> Option.defaultWith (fun () -> start state)) time state))
