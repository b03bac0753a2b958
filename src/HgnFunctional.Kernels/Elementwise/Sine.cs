using System;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace HgnFunctional.Kernels;

/// <summary>
/// The sine with its slope, the cosine. Arguments up to about 1.6e6 are reduced by pi/2 in three parts (Cody and Waite) and evaluated with
/// the fdlibm polynomials; lanes beyond that, and infinities, are taken from <c>System.Math</c>.
/// </summary>
internal readonly struct Sine : IActivation
{
    /// <summary>Largest magnitude that the three-part reduction takes: 2^20 quarter turns.</summary>
    internal const double LargestReduced = 1647099.0;

    private const double InverseHalfPi = 0.6366197723675814;
    private const double HalfPiHigh = 1.57079632673412561417e+00;
    private const double HalfPiMiddle = 6.07710050630396597660e-11;
    private const double HalfPiLow = 2.02226624879595063154e-21;
    private const double RoundingShift = 6755399441055744.0;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Evaluate(Vector<double> x, out Vector<double> value, out Vector<double> slope)
    {
        Vector<double> shifted = Vector.MultiplyAddEstimate(x, new(InverseHalfPi), new(RoundingShift));
        Vector<double> n = shifted - new Vector<double>(RoundingShift);
        Vector<long> quarter = Vector.AsVectorInt64(shifted);
        Vector<double> r = Vector.MultiplyAddEstimate(n, new(-HalfPiHigh), x);
        r = Vector.MultiplyAddEstimate(n, new(-HalfPiMiddle), r);
        r = Vector.MultiplyAddEstimate(n, new(-HalfPiLow), r);
        Vector<double> u = r * r;

        Vector<double> s = new(1.58969099521155010221e-10);
        s = Vector.MultiplyAddEstimate(s, u, new(-2.50507602534068634195e-08));
        s = Vector.MultiplyAddEstimate(s, u, new(2.75573137070700676789e-06));
        s = Vector.MultiplyAddEstimate(s, u, new(-1.98412698298579493134e-04));
        s = Vector.MultiplyAddEstimate(s, u, new(8.33333333332248946124e-03));
        s = Vector.MultiplyAddEstimate(s, u, new(-1.66666666666666324348e-01));
        s = Vector.MultiplyAddEstimate(s * u, r, r);

        Vector<double> c = new(-1.13596475577881948265e-11);
        c = Vector.MultiplyAddEstimate(c, u, new(2.08757232129817482790e-09));
        c = Vector.MultiplyAddEstimate(c, u, new(-2.75573143513906633035e-07));
        c = Vector.MultiplyAddEstimate(c, u, new(2.48015872894767294178e-05));
        c = Vector.MultiplyAddEstimate(c, u, new(-1.38888888888741095749e-03));
        c = Vector.MultiplyAddEstimate(c, u, new(4.16666666666666019037e-02));
        c = Vector.MultiplyAddEstimate(c, u, new(-0.5));
        c = Vector.MultiplyAddEstimate(c, u, Vector<double>.One);

        // Odd quarter turns exchange sine and cosine; bit 1 of the quarter (of the quarter plus one) is the sign of sine (of cosine).
        Vector<long> odd = -(quarter & Vector<long>.One);
        Vector<long> sineSign = Vector.ShiftLeft(Vector.ShiftRightLogical(quarter, 1), 63);
        Vector<long> cosineSign = Vector.ShiftLeft(Vector.ShiftRightLogical(quarter + Vector<long>.One, 1), 63);
        value = Vector.Xor(Vector.ConditionalSelect(odd, c, s), Vector.AsVectorDouble(sineSign));
        slope = Vector.Xor(Vector.ConditionalSelect(odd, s, c), Vector.AsVectorDouble(cosineSign));

        if (Vector.GreaterThanAny(Vector.Abs(x), new(LargestReduced)))
        {
            ReplaceLarge(x, ref value, ref slope);
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<double> Slope(Vector<double> x)
    {
        Evaluate(x, out _, out Vector<double> slope);
        return slope;
    }

    /// <inheritdoc/>
    public static void Evaluate(double x, out double value, out double slope)
    {
        value = Math.Sin(x);
        slope = Math.Cos(x);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ReplaceLarge(Vector<double> x, ref Vector<double> value, ref Vector<double> slope)
    {
        for (int lane = 0; lane < Vector<double>.Count; lane++)
        {
            if (Math.Abs(x[lane]) > LargestReduced)
            {
                value = Vector.WithElement(value, lane, Math.Sin(x[lane]));
                slope = Vector.WithElement(slope, lane, Math.Cos(x[lane]));
            }
        }
    }
}
