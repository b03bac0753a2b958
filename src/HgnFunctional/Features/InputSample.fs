namespace HgnFunctional.Features

open System
open System.Collections.Generic
open HgnFunctional.Numerics

/// What a sampler sees of a block's inputs: their ranges over all training snapshots, and a sample of them.
[<NoEquality; NoComparison>]
type InputSample =
    {
        /// Least value of each input.
        Low: float[]
        /// Largest value of each input.
        High: float[]
        /// Sampled inputs, row-major [points x inputs].
        Points: float[]
        /// An output known at each point; SWIM prefers pairs of points between which it changes. Empty if none is known.
        Outputs: float[]
    }

    /// Number of inputs of a hidden unit.
    member sample.Inputs: int = sample.Low.Length

    /// Number of sampled points.
    member sample.Count: int = sample.Points.Length / max 1 sample.Low.Length

/// Functions on input samples.
[<RequireQualifiedAccess>]
module InputSample =

    /// Middle of each input's range.
    let centres (sample: InputSample) : float[] = Array.map2 (fun low high -> 0.5 * (low + high)) sample.Low sample.High

    /// Half the width of each input's range. An input that does not vary is scaled by its size, so that the scale stays
    /// positive and follows the units.
    let halfRanges (sample: InputSample) : float[] =
        (sample.Low, sample.High)
        ||> Array.map2 (fun low high ->
            let size = max (abs low) (abs high)
            let half = 0.5 * (high - low)

            if half > 1e-12 * size then half
            elif size > 0.0 then size
            else 1.0)

    /// The sample with each input seen through a function, which must be monotone.
    let map (transform: float -> float) (sample: InputSample) : InputSample =
        let low, high = Array.map transform sample.Low, Array.map transform sample.High

        { sample with
            Low = Array.map2 min low high
            High = Array.map2 max low high
            Points = Array.map transform sample.Points
        }

    /// The sample with wider ranges where an input hardly varies beside others in the same units, given by a group for each
    /// input: what varies by rounding alone must not be scaled up.
    let widen (groups: int[]) (sample: InputSample) : InputSample =
        let halves = Array.map2 (fun low high -> 0.5 * (high - low)) sample.Low sample.High
        let largest group = Seq.zip groups halves |> Seq.filter (fun (other, _) -> other = group) |> Seq.map snd |> Seq.max
        let missing = Array.map2 (fun group half -> max 0.0 (0.01 * largest group - half)) groups halves

        { sample with Low = Array.map2 (-) sample.Low missing; High = Array.map2 (+) sample.High missing }

    /// The sampled points with each input centred and scaled to [-1, 1].
    let normalised (sample: InputSample) : float[] =
        let centres, halfRanges = centres sample, halfRanges sample

        sample.Points |> Array.mapi (fun k x -> (x - centres[k % sample.Inputs]) / halfRanges[k % sample.Inputs])

/// Collects an input sample from any number of inputs in bounded memory. Which points are kept depends on the seed and on
/// their values alone, not on the order of bodies or snapshots: those with the smallest hashes (a bottom-k sketch; Cohen
/// and Kaplan 2007, doi:10.1145/1281100.1281133). Equal points are kept once.
[<Sealed>]
type InputPool internal (inputs: int, capacity: int, seed: int) =

    let low = Array.create inputs infinity
    let high = Array.create inputs -infinity
    let salt = Rng.derive seed "input pool"
    let kept = Dictionary<uint64, struct (float[] * float)>()
    // Largest hash first, so that the one to drop is at hand.
    let hashes = PriorityQueue<uint64, uint64>(Comparer<uint64>.Create(fun a b -> compare b a))

    let hash (point: ReadOnlySpan<float>) : uint64 =
        let mutable state = salt

        for x in point do
            state <- Rng.mix (state ^^^ BitConverter.DoubleToUInt64Bits(x + 0.0))

        state

    let mayKeep (key: uint64) : bool = kept.Count < capacity || key <= hashes.Peek()

    let keep (key: uint64) (point: float[]) (output: float) : unit =
        if mayKeep key then
            match kept.TryGetValue key with
            | true, struct (known, least) -> kept[key] <- struct (known, min least output)
            | _ ->
                kept[key] <- struct (point, output)
                hashes.Enqueue(key, key)

                if kept.Count > capacity then
                    kept.Remove(hashes.Dequeue()) |> ignore

    let widen (least: float[]) (most: float[]) : unit =
        for k in 0 .. inputs - 1 do
            low[k] <- min low[k] least[k]
            high[k] <- max high[k] most[k]

    /// Takes one point, with the output known there (0 if none is).
    member _.Add(point: ReadOnlySpan<float>, output: float) : unit =
        for k in 0 .. inputs - 1 do
            low[k] <- min low[k] point[k]
            high[k] <- max high[k] point[k]

        let key = hash point

        // Most points are not kept, and nothing is made for them.
        if mayKeep key then
            // Zeros have one sign, as in the hash.
            keep key (Array.map (fun x -> x + 0.0) (point.ToArray())) output

    /// Takes what another pool of the same inputs and seed has seen.
    member internal _.Merge(other: InputPool) : unit =
        widen other.Low other.High

        for entry in other.Kept do
            let struct (point, output) = entry.Value
            keep entry.Key point output

    member private _.Low: float[] = low
    member private _.High: float[] = high
    member private _.Kept: Dictionary<uint64, struct (float[] * float)> = kept

    /// Number of inputs of a point.
    member internal _.Inputs: int = inputs

    /// All that it has seen.
    member internal pool.Save() : (string * SavedForm) list =
        let sample = pool.ToSample()

        [
            "inputs", SavedForm.Number(float inputs)
            "isSeen", SavedForm.Flag(kept.Count > 0)
            "low", SavedForm.Numbers sample.Low
            "high", SavedForm.Numbers sample.High
            "points", SavedForm.Numbers sample.Points
            "outputs", SavedForm.Numbers sample.Outputs
        ]

    /// Takes what was saved of another.
    member internal _.Load(reader: SavedReader) : unit =
        let size = Some(int64 inputs)
        let least, most = reader.Floats("low", size), reader.Floats("high", size)
        let outputs = reader.Floats("outputs", None)
        let points = reader.Floats("points", Some(outputs.LongLength * int64 inputs))

        if reader.Flag "isSeen" then
            widen least most

        for point in 0 .. outputs.Length - 1 do
            let values = Array.sub points (point * inputs) inputs
            keep (hash (ReadOnlySpan<float> values)) values outputs[point]

    /// The sample so far, its points in ascending order of value. An input never seen has the range [0, 0].
    member _.ToSample() : InputSample =
        let seen bounds = bounds |> Array.map (fun x -> if Double.IsFinite x then x else 0.0)
        let points = kept.Values |> Seq.toArray |> Array.sortBy (fun struct (point, _) -> point)

        {
            Low = seen low
            High = seen high
            Points = points |> Array.collect (fun struct (point, _) -> point)
            Outputs = points |> Array.map (fun struct (_, output) -> output)
        }
