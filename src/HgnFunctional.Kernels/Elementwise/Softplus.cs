using System;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace HgnFunctional.Kernels;

/// <summary>
/// Softplus, <c>log(1 + exp(x))</c>, computed as <c>max(x, 0) + log(1 + e)</c> with <c>e = exp(-|x|)</c>; its slope is the sigmoid.
/// </summary>
internal readonly struct Softplus : IActivation
{
    /// <inheritdoc/>
    /// <remarks>log(1 + e) = 2 artanh(z), z = e / (2 + e) at most 1/3: 2 z + z^3 h(z^2), h of degree 9 (relative error 1e-16).</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Evaluate(Vector<double> x, out Vector<double> value, out Vector<double> slope)
    {
        Vector<double> e = Exponential.OfMinusAbs(x);
        slope = Sigmoid.OfExponential(x, e);

        Vector<double> z = e / (e + new Vector<double>(2.0));
        Vector<double> u = z * z;
        // Even and odd powers apart, as in the exponential.
        Vector<double> uu = u * u;
        Vector<double> odd = new(0.1616404561194353);
        Vector<double> even = new(0.08800738486144674);
        odd = Vector.MultiplyAddEstimate(odd, uu, new(0.12001072809590713));
        even = Vector.MultiplyAddEstimate(even, uu, new(0.13314144209654935));
        odd = Vector.MultiplyAddEstimate(odd, uu, new(0.15385570064958623));
        even = Vector.MultiplyAddEstimate(even, uu, new(0.18181789436132859));
        odd = Vector.MultiplyAddEstimate(odd, uu, new(0.22222222717427864));
        even = Vector.MultiplyAddEstimate(even, uu, new(0.2857142856710876));
        odd = Vector.MultiplyAddEstimate(odd, uu, new(0.40000000000014585));
        even = Vector.MultiplyAddEstimate(even, uu, new(0.6666666666666666));
        Vector<double> h = Vector.MultiplyAddEstimate(odd, u, even);
        Vector<double> logarithm = Vector.MultiplyAddEstimate(h * u, z, z + z);
        value = Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<double>.Zero), x, Vector<double>.Zero) + logarithm;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<double> Slope(Vector<double> x) => Sigmoid.OfExponential(x, Exponential.OfMinusAbs(x));

    /// <inheritdoc/>
    public static void Evaluate(double x, out double value, out double slope)
    {
        double e = Math.Exp(-Math.Abs(x));
        double sum = 1.0 + e;
        // Kahan: the rounding error of 1 + e is divided out again.
        double logarithm = sum == 1.0 ? e : Math.Log(sum) * (e / (sum - 1.0));
        value = Math.Max(x, 0.0) + logarithm;
        slope = (x >= 0.0 ? 1.0 : e) / sum;
    }
}
