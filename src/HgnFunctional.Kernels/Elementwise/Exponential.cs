using System.Numerics;
using System.Runtime.CompilerServices;

namespace HgnFunctional.Kernels;

/// <summary>
/// The exponential of arguments that are zero or negative, the only ones that the activations need. Vectorised by hand because
/// <c>Vector.Exp</c> is not inlined and handles a range that cannot occur here.
/// </summary>
internal static class Exponential
{
    /// <summary>Smallest argument told apart from its neighbours; below it the result is exp(-708), about 3.3e-308.</summary>
    internal const double LowestArgument = -708.0;

    private const double InverseLn2 = 1.4426950408889634;

    // ln 2 in two parts; the upper one has 20 zero bits at its end, so that its product with the exponent is exact.
    private const double Ln2High = 0.6931471804855391;
    private const double Ln2Low = 7.440617110012397e-11;

    // 1.5 * 2^52: adding it rounds to an integer, which then stands in the low bits.
    private const double RoundingShift = 6755399441055744.0;

    /// <summary>
    /// Splits exp(argument) into <c>scale * (1 + fraction)</c> with a power of two and |fraction| below 0.42. Argument at most 0 or NaN
    /// (then fraction is NaN). <c>scale * fraction + (scale - 1)</c> is exp(argument) - 1 without cancellation.
    /// </summary>
    /// <remarks>
    /// argument = n ln 2 + r, |r| at most 0.3466; fraction = r + r^2 p(r), p the interpolant of degree 9 of (exp(r) - 1 - r) / r^2 at the
    /// Chebyshev points (error of fraction below 2e-17).
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Split(Vector<double> argument, out Vector<double> scale, out Vector<double> fraction)
    {
        // The second operand is the one that comes out when it is NaN, in hardware and in the software form (a > b ? a : b).
        Vector<double> t = Vector.MaxNative(new(LowestArgument), argument);
        Vector<double> shifted = Vector.MultiplyAddEstimate(t, new(InverseLn2), new(RoundingShift));
        Vector<double> n = shifted - new Vector<double>(RoundingShift);
        Vector<double> r = Vector.MultiplyAddEstimate(n, new(-Ln2High), t);
        r = Vector.MultiplyAddEstimate(n, new(-Ln2Low), r);

        // Even and odd powers apart: two short chains of dependent operations in place of a long one.
        Vector<double> u = r * r;
        Vector<double> odd = new(2.510038549551032e-08);
        Vector<double> even = new(2.7620088445409746e-07);
        odd = Vector.MultiplyAddEstimate(odd, u, new(2.7557268459997064e-06));
        even = Vector.MultiplyAddEstimate(even, u, new(2.4801521295954376e-05));
        odd = Vector.MultiplyAddEstimate(odd, u, new(0.00019841269863053618));
        even = Vector.MultiplyAddEstimate(even, u, new(0.0013888888917213717));
        odd = Vector.MultiplyAddEstimate(odd, u, new(0.008333333333330062));
        even = Vector.MultiplyAddEstimate(even, u, new(0.04166666666662413));
        odd = Vector.MultiplyAddEstimate(odd, u, new(0.16666666666666669));
        even = Vector.MultiplyAddEstimate(even, u, new(0.5));
        Vector<double> p = Vector.MultiplyAddEstimate(odd, r, even);

        fraction = Vector.MultiplyAddEstimate(p, u, r);
        scale = Vector.AsVectorDouble(Vector.ShiftLeft(Vector.AsVectorInt64(shifted), 52) + Vector.AsVectorInt64(Vector<double>.One));
    }

    /// <summary>exp(-|x|); NaN gives NaN. Relative error about 1 ulp up to |x| = 708.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector<double> OfMinusAbs(Vector<double> x)
    {
        // -|x| sets the sign bit.
        Split(Vector.BitwiseOr(x, new(-0.0)), out Vector<double> scale, out Vector<double> fraction);
        return Vector.MultiplyAddEstimate(scale, fraction, scale);
    }
}
