namespace HgnFunctional.Invariance

open System
open System.Numerics.Tensors
open HgnFunctional.Bodies

/// The invariants of one angle: its cosine, and the lengths of its sides.
[<Struct; NoEquality; NoComparison>]
type internal Triple = { Cosine: float; First: float; Second: float }

/// Angles at some positions: with the unit vectors u and v from the middle to the ends, at distances r and s, the cosine is u . v.
[<RequireQualifiedAccess>]
module internal Triple =

    let private direct (configuration: inref<Configuration>) (body: int) (centre: int) (direction: Span<float>) : float =
        let d = direction.Length

        for axis in 0 .. d - 1 do
            direction[axis] <- configuration.Positions[body * d + axis] - configuration.Positions[centre * d + axis]

        configuration.Structure.Cell.ToNearest direction
        let length = TensorPrimitives.Norm(Span<float>.op_Implicit direction)
        TensorPrimitives.Divide(Span<float>.op_Implicit direction, length, direction)
        length

    /// One angle; writes u and v [d].
    let fill (configuration: inref<Configuration>) (angles: Angles) (angle: int) (u: Span<float>) (v: Span<float>) : Triple =
        let centre = angles.Centres[angle]
        let first = direct &configuration angles.Firsts[angle] centre u
        let second = direct &configuration angles.Seconds[angle] centre v

        {
            Cosine = TensorPrimitives.Dot(Span<float>.op_Implicit u, Span<float>.op_Implicit v)
            First = first
            Second = second
        }

    /// The derivative of the cosine along an axis by the first end; by the second with u and v, and the lengths, exchanged. That by the
    /// middle is the opposite of both together; that of a length by its end is the component of its unit vector.
    let inline slope (cosine: float) (length: float) (u: float) (v: float) : float = (v - cosine * u) / length

    /// Adds the derivatives by the strain [d x d] of a function of the angle, given those by the cosine and by both lengths.
    let addStrain
        (triple: Triple)
        (u: ReadOnlySpan<float>)
        (v: ReadOnlySpan<float>)
        (ofCosine: float)
        (ofFirst: float)
        (ofSecond: float)
        (destination: Span<float>)
        : unit =
        let d = u.Length

        for a in 0 .. d - 1 do
            let atFirst = ofFirst * u[a] + ofCosine * slope triple.Cosine triple.First u[a] v[a]
            let atSecond = ofSecond * v[a] + ofCosine * slope triple.Cosine triple.Second v[a] u[a]

            for b in 0 .. d - 1 do
                let place = a * d + b
                destination[place] <- destination[place] + atFirst * triple.First * u[b] + atSecond * triple.Second * v[b]
