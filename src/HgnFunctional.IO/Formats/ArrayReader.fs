namespace HgnFunctional.IO

open System

/// What the entries of an array are.
type internal ArrayKind =
    /// Floating-point numbers.
    | Numbers
    /// Whole numbers, and flags as 0 and 1.
    | Wholes
    /// Texts.
    | Texts

/// An array of a file, read once from its beginning to its end, in the order of its last index.
type internal IArrayReader =

    /// What it is called in the file.
    abstract Name: string

    /// Its sizes; none for a single entry.
    abstract Shape: int64[]

    /// What its entries are.
    abstract Kind: ArrayKind

    /// The next entries as numbers, which whole numbers become.
    abstract ReadNumbers: count: int -> float[]

    /// The next entries as whole numbers.
    abstract ReadWholes: count: int -> int64[]

    /// The next entries as texts.
    abstract ReadTexts: count: int -> string[]

    /// Checks, where all was read, that it was read right.
    abstract Finish: unit -> unit

/// The arrays of a file by the names that the npz format has for them.
type internal IArraySource =
    inherit IDisposable

    /// Opens an array if it is there.
    abstract TryOpen: name: string -> IArrayReader option

/// Shapes of arrays.
[<RequireQualifiedAccess>]
module internal ArrayShape =

    /// Sizes as people write them.
    let text (shape: int64[]) : string =
        if shape.Length = 0 then
            "one entry"
        else
            shape |> Array.map string |> String.concat " x "

    /// Number of entries; no file holds so many that it overflows.
    let count (shape: int64[]) : bigint = shape |> Array.fold (fun product size -> product * bigint size) 1I

    /// An array in the words of a sentence.
    let describe (array: IArrayReader) : string =
        let kind =
            match array.Kind with
            | Numbers -> "numbers"
            | Wholes -> "whole numbers"
            | Texts -> "texts"

        $"{kind} of shape {text array.Shape}"
