using System.Numerics;

namespace HgnFunctional.Kernels;

/// <summary>
/// A scalar function with its derivative, in a vector form for the loops and a scalar form that defines it. Implemented by empty
/// structs, so that a loop generic in the activation is compiled once for each with the calls inlined.
/// </summary>
internal interface IActivation
{
    /// <summary>Value and derivative of every lane. The lanes do not influence each other; NaN gives NaN.</summary>
    static abstract void Evaluate(Vector<double> x, out Vector<double> value, out Vector<double> slope);

    /// <summary>The derivative of every lane, the same bits as from <c>Evaluate</c>.</summary>
    static abstract Vector<double> Slope(Vector<double> x);

    /// <summary>The scalar twin: plain <c>System.Math</c> formulas, equal to a lane up to rounding.</summary>
    static abstract void Evaluate(double x, out double value, out double slope);
}
