namespace HgnFunctional.Learning

open System
open System.Globalization

/// One of several shares of the frames, which processes or machines work on by themselves.
[<Struct>]
type Shard =
    {
        /// Which share, from 0 to one less than there are.
        Number: int
        /// How many there are.
        Of: int
    }

    /// The share as "1/4".
    override shard.ToString() : string = $"{shard.Number}/{shard.Of}"

/// Shares of the frames.
[<RequireQualifiedAccess>]
module Shard =

    /// More shares than this are a mistake.
    [<Literal>]
    let Most = 1000000

    /// Frames that follow each other and are surveyed by one shard: pieces of motions lie within them.
    [<Literal>]
    let SurveyedTogether = 512

    /// All there is.
    let whole: Shard = { Number = 0; Of = 1 }

    /// A share, counted from 0, of so many; none where there is no such one.
    let tryCreate (number: int) (count: int) : Shard option =
        if count >= 1 && count <= Most && number >= 0 && number < count then
            Some { Number = number; Of = count }
        else
            None

    /// The share that a text such as "1/4" names.
    let tryParse (text: string) : Shard option =
        match text.Split '/' with
        | [| number; count |] ->
            match
                Int32.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture),
                Int32.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture)
            with
            | (true, number), (true, count) -> tryCreate number count
            | _ -> None
        | _ -> None

    /// The block of frames that a frame is surveyed with.
    let internal blockOf (frame: int64) : int64 = frame / int64 SurveyedTogether

    /// Whether a share surveys a frame: blocks of frames go to the shares in turn, so that nobody needs to know how many there are.
    let surveys (shard: Shard) (frame: int64) : bool = blockOf frame % int64 shard.Of = int64 shard.Number

    /// The units from which on, and up to but without which, a share of so many units is.
    let range (units: int64) (shard: Shard) : struct (int64 * int64) =
        let bound (number: int) = int64 (bigint units * bigint number / bigint shard.Of)
        struct (bound shard.Number, bound (shard.Number + 1))
