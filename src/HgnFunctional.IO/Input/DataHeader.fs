namespace HgnFunctional.IO

open System
open System.Collections.Generic
open HgnFunctional.Features

/// The header of a LAMMPS data file, as its lines are read.
[<Sealed>]
type internal DataHeader(reader: LineReader) =

    /// What has a line `N atoms` and a section of so many rows.
    static let counted = set [ "atoms"; "bonds"; "angles"; "dihedrals"; "impropers"; "ellipsoids"; "lines"; "triangles"; "bodies" ]

    static let typed = set [ "atom"; "bond"; "angle"; "dihedral"; "improper" ]
    static let extra = set [ "bond"; "angle"; "dihedral"; "improper"; "special" ]
    static let axes = [ "xlo", "xhi"; "ylo", "yhi"; "zlo", "zhi" ]

    let counts = Dictionary<string, int>()
    // As LAMMPS assumes where the file does not say.
    let low, high = Array.create 3 -0.5, Array.create 3 0.5
    let hasBounds = Array.create 3 false
    let mutable tilts: float[] option = None
    // The lines avec, bvec, cvec and abc origin.
    let vectors = Array.create<float[] option> 4 None

    let setCount (name: string) (text: string) : unit =
        let count = reader.Integer($"the number of {name}", text)
        let most = min reader.MostRecords 100_000_000L

        if count < 0L || count > most || (name = "atoms" && count = 0L) then
            reader.Fail(BadCount($"the number of {name}", text, most))

        if not (counts.TryAdd(name, int count)) then
            reader.Fail(Unexpected($"a second line of the number of {name}", "it once"))

    let setBounds (axis: int) (lower: string) (upper: string) : unit =
        low[axis] <- reader.Float("the lower box bound", lower)
        high[axis] <- reader.Float("the upper box bound", upper)

        if not (Double.IsFinite(high[axis] - low[axis])) || high[axis] <= low[axis] then
            reader.Fail(Unexpected($"{lower} {upper}", "an upper box bound above the lower one"))

        if hasBounds[axis] then
            reader.Fail(Unexpected($"a second line of {fst axes[axis]} and {snd axes[axis]}", "it once"))

        hasBounds[axis] <- true

    let three (what: string) (words: string[]) : float[] = words |> Array.take 3 |> Array.map (fun word -> reader.Float(what, word))

    let setTilts (words: string[]) : unit =
        if tilts.IsSome then
            reader.Fail(Unexpected("a second line of xy, xz and yz", "it once"))

        tilts <- Some(three "the tilt" words)

    let ofVectors () : FileBox =
        if tilts.IsSome || Array.exists id hasBounds then
            reader.Fail(Unexpected("box vectors beside box bounds or tilts", "one of the two"))

        match Array.choose id vectors with
        | [| a; b; c; origin |] ->
            match BoxReader.tryOfVectors [| a; b; c |] origin with
            | Ok box -> box
            | Error problem -> reader.Fail problem
        | _ -> reader.Fail(Truncated "lines of avec, bvec, cvec and abc origin, all four")

    let setVector (place: int) (words: string[]) : unit =
        if vectors[place].IsSome then
            reader.Fail(Unexpected($"a second line of {Words.quote (String.Join(' ', Array.skip 3 words))}", "it once"))

        vectors[place] <- Some(three "the box vector" words)

        // The line that completes the vectors is the one to name.
        if Array.forall Option.isSome vectors then
            ofVectors () |> ignore

    // Known when the header ends: its lines come in any order.
    let box =
        lazy
            (let found =
                if Array.exists Option.isSome vectors then
                    ofVectors ()
                else
                    { Low = low; High = high; Tilts = defaultArg tilts (Array.zeroCreate 3) }

             match BoxReader.tryCell found [| true; true; true |] with
             | Ok _ -> found
             | Error problem -> reader.Fail problem)

    /// Takes one line that is neither empty nor the name of a section.
    member _.Add(words: string[]) : unit =
        match words with
        | [| count; what |] when counted.Contains what -> setCount what count
        | [| count; kind; "types" |] when typed.Contains kind -> setCount $"{kind} types" count
        | [| count; "extra"; kind; "per"; "atom" |] when extra.Contains kind -> setCount $"extra {kind} per atom" count
        | [| lower; upper; lo; hi |] when List.contains (lo, hi) axes -> setBounds (List.findIndex ((=) (lo, hi)) axes) lower upper
        | [| _; _; _; "xy"; "xz"; "yz" |] -> setTilts words
        | [| _; _; _; "avec" |] -> setVector 0 words
        | [| _; _; _; "bvec" |] -> setVector 1 words
        | [| _; _; _; "cvec" |] -> setVector 2 words
        | [| _; _; _; "abc"; "origin" |] -> setVector 3 words
        | _ -> reader.Fail(Unexpected(Words.quote (String.Join(' ', words)), "a header line or a section of a LAMMPS data file"))

    /// A count, if the header has it.
    member _.TryCount(name: string) : int option =
        match counts.TryGetValue name with
        | true, count -> Some count
        | _ -> None

    /// Counts of rows: what has them, and how many.
    member header.Counted: (string * int) seq =
        counted |> Seq.choose (fun what -> header.TryCount what |> Option.map (fun n -> what, n))

    /// The box, when the header has ended.
    member _.Box: FileBox = box.Value

    /// Whether the file says the bounds of all axes.
    member _.HasBox: bool = Array.forall id hasBounds || Array.exists Option.isSome vectors
