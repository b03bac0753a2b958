namespace HgnFunctional.Learning

open System
open System.Collections.Generic
open HgnFunctional.Numerics
open HgnFunctional.Bodies
open HgnFunctional.Features
open HgnFunctional.Data

/// How many energies of one composition there are, their sum, and that of their squares.
[<Struct; NoEquality; NoComparison>]
type private EnergySums =
    {
        Count: int64
        Sum: ExactSum
        Squares: ExactSum
    }

    /// The mean.
    member sums.Mean: float = ExactSum.value sums.Sum / float sums.Count

    /// The sum of the squares of the distances from the mean.
    member sums.AboutMean: float = ExactSum.aboutMean sums.Count sums.Sum sums.Squares

/// How energies over the number of bodies vary among frames of one composition, or where no two frames share one, among all.
[<Sealed>]
type internal EnergySpread() =

    let sums = SortedDictionary<string, EnergySums>(StringComparer.Ordinal)

    let put (key: string) (more: EnergySums) : unit =
        sums[key] <-
            match sums.TryGetValue key with
            | true, before ->
                {
                    Count = before.Count + more.Count
                    Sum = ExactSum.merge before.Sum more.Sum
                    Squares = ExactSum.merge before.Squares more.Squares
                }
            | _ -> more

    let composition (structure: Structure) : string =
        structure.Species.Names
        |> List.mapi (fun place name ->
            let mutable count = 0

            for body in 0 .. structure.Bodies - 1 do
                if structure.Species.IndexOf body = place then
                    count <- count + 1

            $"{name} {float count / float structure.Bodies}")
        |> String.concat "\n"

    member private _.Sums: SortedDictionary<string, EnergySums> = sums

    /// Takes one snapshot.
    member _.Add(snapshot: Snapshot) : unit =
        snapshot.Energy
        |> Option.iter (fun energy ->
            let value = energy / float snapshot.Structure.Bodies

            put
                (composition snapshot.Structure)
                {
                    Count = 1L
                    Sum = ExactSum.add value ExactSum.zero
                    Squares = ExactSum.addSquare value ExactSum.zero
                })

    /// Takes what another has seen.
    member _.Merge(other: EnergySpread) : unit =
        for entry in other.Sums do
            put entry.Key entry.Value

    /// Number of frames with an energy.
    member _.Count: int64 = sums.Values |> Seq.sumBy _.Count

    /// The standard deviation; 1 where nothing varies.
    member spread.Spread: float =
        let within = sums.Values |> Seq.sumBy _.AboutMean
        let means = sums.Values |> Seq.map _.Mean |> Array.ofSeq

        let between =
            if means.Length < 2 then
                0.0
            else
                let mean = Array.average means
                sqrt (means |> Array.averageBy (fun value -> (value - mean) * (value - mean)))

        if within > 0.0 then sqrt (within / float spread.Count)
        elif between > 0.0 then between
        else 1.0

    /// All that it knows.
    member _.Save() : SavedForm =
        SavedForm.List
            [
                for entry in sums ->
                    SavedForm.Fields
                        [
                            "composition", SavedForm.Text entry.Key
                            "count", SavedForm.Number(float entry.Value.Count)
                            "sum", SavedForm.Text(ExactSum.toText entry.Value.Sum)
                            "squares", SavedForm.Text(ExactSum.toText entry.Value.Squares)
                        ]
            ]

    /// As it was saved, in a field of this name.
    static member Restore(reader: SavedReader, field: string) : EnergySpread =
        let spread = EnergySpread()

        let sumOf (entry: SavedReader) (field: string) =
            ExactSum.tryOfText (entry.Text field) |> Option.defaultWith (fun () -> entry.Fail(field, "hexadecimal digits"))

        for entry in reader.Objects field do
            spread.Put(
                entry.Text "composition",
                { Count = entry.LongCount "count"; Sum = sumOf entry "sum"; Squares = sumOf entry "squares" }
            )

        spread

    member private _.Put(key: string, sums: EnergySums) : unit = put key sums
