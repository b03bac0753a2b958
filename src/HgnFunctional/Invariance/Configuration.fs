namespace HgnFunctional.Invariance

open System
open System.Runtime.CompilerServices
open HgnFunctional.Kernels
open HgnFunctional.Space
open HgnFunctional.Bodies

/// What a feature or an energy is computed from: a structure, the pairs to look at (those that interact, and perhaps some
/// beyond the cutoff), and positions and momenta, row-major [N x d]. Lives on the stack.
[<Struct; IsByRefLike; NoEquality; NoComparison>]
type Configuration =
    /// Masses, species, cell, relations.
    val Structure: Structure
    /// The pairs to look at, by relation and kind.
    val Related: RelatedPairs
    /// Positions q [N x d].
    val Positions: ReadOnlySpan<float>
    /// Momenta p [N x d].
    val Momenta: ReadOnlySpan<float>

    /// A view of the given parts; nothing is copied or checked.
    new(structure, pairs, positions, momenta) = { Structure = structure; Related = pairs; Positions = positions; Momenta = momenta }

    /// The pairs of all relations together, each once, without kinds.
    member configuration.Pairs: Pairs = configuration.Related.All

/// The scalars that rigid motions leave alone, with their derivatives. Body i has its kinetic term |p_i|^2 / (2 m_i), whose
/// derivative is p_i / m_i; pair (i, j) has its distance r, whose derivative with respect to q_i is the unit vector from j
/// to i, and with respect to q_j its opposite.
[<RequireQualifiedAccess>]
module Invariants =

    /// |p_i|^2 / (2 m_i) of one body.
    let inline internal kineticTerm (configuration: inref<Configuration>) (body: int) : float =
        let dimension = configuration.Structure.Dimension
        let mutable sum = 0.0

        for k in body * dimension .. body * dimension + dimension - 1 do
            sum <- sum + configuration.Momenta[k] * configuration.Momenta[k]

        0.5 * sum / configuration.Structure.Masses[body]

    /// Kinetic terms [N], in units of energy.
    let kinetic (configuration: inref<Configuration>) : float[] =
        let terms = Array.zeroCreate configuration.Structure.Bodies

        for body in 0 .. terms.Length - 1 do
            terms[body] <- kineticTerm &configuration body

        terms

    /// Writes distances [count] and unit vectors from receiver to sender [count x d] of some pairs, from one on.
    let internal runInto
        (configuration: inref<Configuration>)
        (pairs: Pairs)
        (start: int)
        (distances: Span<float>)
        (directions: Span<float>)
        : unit =
        let d, count = configuration.Structure.Dimension, distances.Length
        let senders = pairs.Senders.Slice(start, count)
        let receivers = pairs.Receivers.Slice(start, count)

        if pairs.HasImages then
            let shifts = pairs.Shifts.Slice(start * d, count * d)
            PairGather.DistancesAt(configuration.Positions, d, senders, receivers, shifts, distances, directions)
        else
            let lattice = configuration.Structure.Cell.Displacement
            PairGather.Distances(configuration.Positions, d, senders, receivers, lattice, distances, directions)

    /// Writes distances [count] and differences of positions, sender less receiver, axis by axis [d x count], of some pairs, from one on.
    let internal differencesInto
        (configuration: inref<Configuration>)
        (pairs: Pairs)
        (start: int)
        (distances: Span<float>)
        (differences: Span<float>)
        : unit =
        let d, count = configuration.Structure.Dimension, distances.Length
        let senders = pairs.Senders.Slice(start, count)
        let receivers = pairs.Receivers.Slice(start, count)

        if pairs.HasImages then
            let shifts = pairs.Shifts.Slice(start * d, count * d)
            PairGather.DifferencesAt(configuration.Positions, d, senders, receivers, shifts, distances, differences)
        else
            let lattice = configuration.Structure.Cell.Displacement
            PairGather.Differences(configuration.Positions, d, senders, receivers, lattice, distances, differences)

    /// Distances [count] and unit vectors from receiver to sender [count x d] of some pairs, from one on.
    let internal ofRun (configuration: inref<Configuration>) (pairs: Pairs) (start: int) (count: int) : float[] * float[] =
        let distances = Array.zeroCreate count
        let directions = Array.zeroCreate (count * configuration.Structure.Dimension)
        runInto &configuration pairs start (Span<float> distances) (Span<float> directions)
        distances, directions

    /// The least and the largest distance of some pairs, from one on; pairs are looked at a few at a time.
    let internal extremesOf (configuration: inref<Configuration>) (pairs: Pairs) (start: int) (count: int) : struct (float * float) =
        let few = 1024
        let mutable low, high = infinity, -infinity
        let mutable from = start

        while from < start + count do
            let distances, _ = ofRun &configuration pairs from (min few (start + count - from))
            low <- min low (Array.min distances)
            high <- max high (Array.max distances)
            from <- from + distances.Length

        struct (low, high)

    /// Distances [pairs] and unit vectors from receiver to sender [pairs x d] of the pairs of all relations together.
    let pairs (configuration: inref<Configuration>) : float[] * float[] =
        let pairs = configuration.Pairs
        ofRun &configuration pairs 0 pairs.Count
