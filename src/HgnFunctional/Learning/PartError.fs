namespace HgnFunctional.Learning

/// Why parts of a fit, made by themselves, do not belong together.
type PartError =
    /// They were made with other options, or of another plan.
    | MadeOtherwise of what: string
    /// Both saw these frames, which count from 0.
    | SeenTwice of first: int64 * last: int64
    /// These frames were seen by none.
    | NeverSeen of first: int64 * last: int64
    /// Their bodies interact in other ways.
    | OtherInteractions
    /// It is not what was saved.
    | Damaged of reason: string

    /// The error as one sentence.
    override error.ToString() : string =
        match error with
        | MadeOtherwise what -> $"The parts were made with other {what}; expected parts of one run."
        | SeenTwice(first, last) -> $"Frames {first} to {last} are in two parts; expected each frame in one."
        | NeverSeen(first, last) -> $"Frames {first} to {last} are in no part; expected all frames of the survey."
        | OtherInteractions -> "The bodies of the parts interact in other ways; expected the same bonds or cutoff throughout."
        | Damaged reason -> $"The part is not what was saved: {reason}"
