using System;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace HgnFunctional.Kernels;

/// <summary>
/// The hyperbolic tangent. With <c>e = exp(-2|x|)</c> and <c>m = e - 1</c>, which is computed without cancellation, the value is
/// <c>-sign(x) m / (2 + m)</c> and the slope <c>4 e / (2 + m)^2</c>.
/// </summary>
internal readonly struct Tanh : IActivation
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Evaluate(Vector<double> x, out Vector<double> value, out Vector<double> slope)
    {
        Reduce(x, out Vector<double> m, out Vector<double> inverse, out slope);
        Vector<double> magnitude = -m * inverse;
        // The sign bit of x, so that -0 and negative arguments give exactly the negated value.
        value = Vector.BitwiseOr(magnitude, Vector.BitwiseAnd(x, new(-0.0)));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<double> Slope(Vector<double> x)
    {
        Reduce(x, out _, out _, out Vector<double> slope);
        return slope;
    }

    /// <inheritdoc/>
    public static void Evaluate(double x, out double value, out double slope)
    {
        value = Math.Tanh(x);
        double e = Math.Exp(-2.0 * Math.Abs(x));
        slope = 4.0 * e / (1.0 + e) / (1.0 + e);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Reduce(Vector<double> x, out Vector<double> m, out Vector<double> inverse, out Vector<double> slope)
    {
        Exponential.Split(Vector.Abs(x) * new Vector<double>(-2.0), out Vector<double> scale, out Vector<double> fraction);
        m = Vector.MultiplyAddEstimate(scale, fraction, scale - Vector<double>.One);
        Vector<double> e = Vector.MultiplyAddEstimate(scale, fraction, scale);
        inverse = Vector<double>.One / (m + new Vector<double>(2.0));
        Vector<double> half = inverse + inverse;
        slope = e * half * half;
    }
}
