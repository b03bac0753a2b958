namespace HgnFunctional.Numerics

open System

/// Argument checks at the public edge; each message names the argument and both sizes.
module internal Guard =

    /// Refuses a length that is not the expected one.
    let length (argument: string) (expected: int) (actual: int) : unit =
        if actual <> expected then
            invalidArg argument $"{argument} has length {actual}; expected {expected}."

    /// Refuses a count below one.
    let positive (argument: string) (value: int) : unit =
        if value < 1 then
            invalidArg argument $"{argument} is {value}; expected at least 1."

    /// Refuses a count below zero.
    let notNegative (argument: string) (value: int) : unit =
        if value < 0 then
            invalidArg argument $"{argument} is {value}; expected 0 or more."

    /// Refuses a number that is not finite.
    let finite (argument: string) (value: float) : unit =
        if not (Double.IsFinite value) then
            invalidArg argument $"{argument} is {value}; expected a finite number."

    /// Refuses a number that is not finite and above zero.
    let positiveFinite (argument: string) (value: float) : unit =
        if not (Double.IsFinite value) || value <= 0.0 then
            invalidArg argument $"{argument} is {value}; expected a finite number above 0."

    /// The index of the first entry that is NaN or infinite, or -1.
    let firstNotFinite (values: ReadOnlySpan<float>) : int =
        let mutable index = 0

        while index < values.Length && Double.IsFinite values[index] do
            index <- index + 1

        if index = values.Length then -1 else index
