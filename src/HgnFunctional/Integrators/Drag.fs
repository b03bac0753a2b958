namespace HgnFunctional.Integrators

open System
open System.Numerics.Tensors
open HgnFunctional

/// Linear drag p' = -gamma p, as in a thin fluid at rest: the flow to put beside those of T(p) and V(q) for motion with
/// friction.
[<RequireQualifiedAccess>]
module Drag =

    /// The flow p(t) = exp(-gamma t) p(0); positions stay. The rate gamma is in units of 1 / time; 0 drags nothing, and below
    /// 0 the motion is driven.
    let flow (rate: float) : PhaseState -> IFlow =
        if not (Double.IsFinite rate) then
            invalidArg (nameof rate) $"The rate of drag is {rate}; expected a finite number."

        fun _ ->
            { new IFlow with
                member _.Advance(time, point) =
                    let momenta = point.MoveMomenta()
                    TensorPrimitives.Multiply(Span<float>.op_Implicit momenta, exp (-rate * time), momenta)
            }
