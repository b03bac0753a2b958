using System;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace HgnFunctional.Kernels;

/// <summary>
/// The logistic function <c>1 / (1 + exp(-x))</c>, computed with <c>e = exp(-|x|)</c> as <c>1 / (1 + e)</c> or <c>e / (1 + e)</c>; its
/// slope is <c>e / (1 + e)^2</c>.
/// </summary>
internal readonly struct Sigmoid : IActivation
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Evaluate(Vector<double> x, out Vector<double> value, out Vector<double> slope)
    {
        Vector<double> e = Exponential.OfMinusAbs(x);
        value = OfExponential(x, e);
        slope = SlopeOfExponential(e);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<double> Slope(Vector<double> x) => SlopeOfExponential(Exponential.OfMinusAbs(x));

    /// <inheritdoc/>
    public static void Evaluate(double x, out double value, out double slope)
    {
        double e = Math.Exp(-Math.Abs(x));
        value = (x >= 0.0 ? 1.0 : e) / (1.0 + e);
        slope = e / (1.0 + e) / (1.0 + e);
    }

    /// <summary>The logistic function of x, given e = exp(-|x|).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector<double> OfExponential(Vector<double> x, Vector<double> e) =>
        Vector.ConditionalSelect(Vector.GreaterThanOrEqual(x, Vector<double>.Zero), Vector<double>.One, e) / (e + Vector<double>.One);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<double> SlopeOfExponential(Vector<double> e)
    {
        Vector<double> sum = e + Vector<double>.One;
        return e / (sum * sum);
    }
}
