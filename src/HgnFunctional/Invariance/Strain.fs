namespace HgnFunctional.Invariance

open System
open System.Numerics.Tensors

/// Derivatives by the entries of a strain e, row-major [d x d], at e = 0: positions go to (1 + e) q and the vectors of the cell with them,
/// so that a difference x of positions goes to (1 + e) x, whichever image it is of. Minus the derivative of an energy is its virial.
[<RequireQualifiedAccess>]
module internal Strain =

    /// Adds the part of one vector x [d], where the derivative by the vector is scale times another one [d].
    let add (scale: float) (ofVector: ReadOnlySpan<float>) (vector: ReadOnlySpan<float>) (destination: Span<float>) : unit =
        let d = vector.Length

        for a in 0 .. d - 1 do
            for b in 0 .. d - 1 do
                destination[a * d + b] <- destination[a * d + b] + scale * ofVector[a] * vector[b]

    /// Adds the parts of vectors [n x d], given the derivatives by them [n x d].
    let addAll (dimension: int) (ofVectors: ReadOnlySpan<float>) (vectors: ReadOnlySpan<float>) (destination: Span<float>) : unit =
        for start in 0..dimension .. vectors.Length - dimension do
            add 1.0 (ofVectors.Slice(start, dimension)) (vectors.Slice(start, dimension)) destination

    /// Adds the parts of pairs whose derivatives are scales [n] times their differences of positions, axis by axis [d x n].
    let addPairs (dimension: int) (scales: ReadOnlySpan<float>) (differences: ReadOnlySpan<float>) (destination: Span<float>) : unit =
        let count = scales.Length
        let along axis = axis * count

        for a in 0 .. dimension - 1 do
            for b in a .. dimension - 1 do
                let mutable sum = 0.0

                for pair in 0 .. count - 1 do
                    sum <- sum + scales[pair] * differences[along a + pair] * differences[along b + pair]

                destination[a * dimension + b] <- destination[a * dimension + b] + sum

                if b > a then
                    destination[b * dimension + a] <- destination[b * dimension + a] + sum

    /// Adds to rows [d d x stride] the columns of one vector x [d], given an axis and the derivatives of the features by its component there.
    let addColumns (axis: int) (ofComponent: ReadOnlySpan<float>) (vector: ReadOnlySpan<float>) (rows: Span<float>) (stride: int) : unit =
        for b in 0 .. vector.Length - 1 do
            let row = rows.Slice((axis * vector.Length + b) * stride, ofComponent.Length)
            TensorPrimitives.MultiplyAdd(ofComponent, vector[b], Span<float>.op_Implicit row, row)

    /// Adds the columns of vectors [n x d], given those of the derivatives by them [n d x width].
    let addRows (dimension: int) (width: int) (ofVectors: float[]) (vectors: ReadOnlySpan<float>) (rows: Span<float>) (stride: int) : unit =
        for t in 0 .. vectors.Length - 1 do
            let vector = vectors.Slice(t / dimension * dimension, dimension)
            addColumns (t % dimension) (ReadOnlySpan<float>(ofVectors, t * width, width)) vector rows stride
