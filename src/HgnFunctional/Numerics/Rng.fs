namespace HgnFunctional.Numerics

open MathNet.Numerics.Distributions
open MathNet.Numerics.Random

/// Seeded generators. Every draw in the library comes from a stream named by a seed and a purpose, so that adding one
/// purpose never shifts the numbers of another.
module internal Rng =

    /// Mixes the bits of one word (the finaliser of SplitMix64; Steele, Lea, Flood 2014, doi:10.1145/2660193.2660195).
    let mix (word: uint64) : uint64 =
        let a = (word ^^^ (word >>> 30)) * 0xBF58476D1CE4E5B9UL
        let b = (a ^^^ (a >>> 27)) * 0x94D049BB133111EBUL
        b ^^^ (b >>> 31)

    /// A seed for one purpose, derived from the user's seed.
    let derive (seed: int) (purpose: string) : uint64 =
        (mix (uint64 (uint32 seed) + 0x9E3779B97F4A7C15UL), purpose)
        ||> Seq.fold (fun state letter -> mix (state + 0x9E3779B97F4A7C15UL + uint64 letter))

    /// A fresh generator for one purpose.
    let stream (seed: int) (purpose: string) : System.Random = Xoshiro256StarStar(int (derive seed purpose &&& 0x7FFFFFFFUL), false)

    /// Draws `count` numbers from the standard normal distribution.
    let normals (count: int) (random: System.Random) : float[] =
        let draws = Array.zeroCreate count
        Normal.Samples(random, draws, 0.0, 1.0)
        draws

    /// Draws `count` numbers uniformly from [low, high).
    let uniforms (count: int) (low: float) (high: float) (random: System.Random) : float[] =
        Array.init count (fun _ -> low + (high - low) * random.NextDouble())
