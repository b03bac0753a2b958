namespace HgnFunctional

open System

/// Forces of a motion that no energy gives, beside those of a Hamiltonian: p' = -dH/dq + F(q, p). Drag takes energy, and a
/// magnetic field turns velocities. All spans are row-major [N x d]. Implementations hold no state that a caller can see: calls
/// may come from several threads. A Hamiltonian that is a drive as well moves under both.
type IDrive =
    /// Adds F(q, p).
    abstract AddDrivenForceInto: positions: ReadOnlySpan<float> * momenta: ReadOnlySpan<float> * destination: Span<float> -> unit

    /// Where each force is linear in the momentum of its own body and depends on nothing else, the matrices M_i of F_i = -M_i p_i,
    /// row-major [N d d], in units of 1 / time: then the motion has an exact solution at fixed positions. Empty for other forces.
    abstract Rates: ReadOnlySpan<float>

/// Drives with known parameters.
[<RequireQualifiedAccess>]
module Drive =

    /// Linear drag p' = -gamma p, as in a thin fluid at rest, of bodies in d dimensions. The rate gamma is in units of 1 / time;
    /// 0 drags nothing, and below 0 the motion is driven.
    let drag (rate: float) (bodies: int) (dimension: int) : IDrive =
        if not (Double.IsFinite rate) then
            invalidArg (nameof rate) $"The rate of drag is {rate}; expected a finite number."

        let isDiagonal k = k % (dimension * dimension) % (dimension + 1) = 0
        let rates = Array.init (bodies * dimension * dimension) (fun k -> if isDiagonal k then rate else 0.0)

        { new IDrive with
            member _.AddDrivenForceInto(_, momenta, destination) =
                for k in 0 .. momenta.Length - 1 do
                    destination[k] <- destination[k] - rate * momenta[k]

            member _.Rates = ReadOnlySpan<float> rates
        }

    /// Forces as a function of positions and momenta, which it adds to its last argument; all are [N x d].
    let ofFunction (addForce: float[] -> float[] -> float[] -> unit) : IDrive =
        { new IDrive with
            member _.AddDrivenForceInto(positions, momenta, destination) =
                let force = Array.zeroCreate<float> destination.Length
                addForce (positions.ToArray()) (momenta.ToArray()) force
                Numerics.Tensors.TensorPrimitives.Add(Span<float>.op_Implicit destination, ReadOnlySpan<float> force, destination)

            member _.Rates = ReadOnlySpan<float>.Empty
        }
