namespace HgnFunctional.IO

open HgnFunctional
open HgnFunctional.Blocks

/// What is wrong with a model file.
type ModelFileError =
    /// The file cannot be read or written.
    | ModelFileUnreadable of DataError
    /// The text is not one JSON object.
    | NotJson of path: string * line: int64 * reason: string
    /// The file was written in another version of the format.
    | OtherVersion of path: string * found: string * newest: int
    /// The text is longer than any model's.
    | TooLong of path: string * most: int64
    /// A number is NaN or infinite, which JSON cannot hold.
    | NotFiniteField of path: string * field: string
    /// A field is missing or is not what it should be.
    | BadField of path: string * field: string * expected: string
    /// The model has a part whose code is not in the vocabulary: what it is, its name, and the names that are known.
    | UnknownPart of path: string * field: string * what: string * name: string * known: string list
    /// The vocabulary has two parts of one name.
    | BadVocabulary of VocabularyError
    /// The numbers do not match the checksum: the file was damaged or edited.
    | ChecksumMismatch of path: string

    /// The error as one sentence.
    override error.ToString() : string =
        match error with
        | ModelFileUnreadable error -> string error
        | NotJson(path, line, reason) -> $"{path}, line {line}: is not a model file ({reason}); expected one JSON object."
        | OtherVersion(path, found, newest) ->
            $"{path}: formatVersion is {found}; expected 1 to {newest}, as a model that is trained anew with this version has."
        | TooLong(path, most) -> $"{path}: is longer than {most} bytes; expected a model of at most as many."
        | NotFiniteField(path, field) -> $"{path}: cannot be written, since {field} is not finite; expected a finite number."
        | BadField(path, field, expected) -> $"{path}: field {field} is missing or damaged; expected {expected}."
        | UnknownPart(path, field, what, name, known) ->
            let among = String.concat ", " known

            $"{path}: field {field}: the model has the {what} '{name}', whose code is not registered; expected one of {among}, or a vocabulary with it, passed to ModelFile.readWith."
        | BadVocabulary error -> string error
        | ChecksumMismatch path -> $"{path}: the checksum does not match; expected the file as it was written, without edits."
