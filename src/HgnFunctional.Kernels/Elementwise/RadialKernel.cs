using System;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace HgnFunctional.Kernels;

/// <summary>
/// A function u of the distance with its derivative. Implemented by empty structs, so that a loop generic in the function is compiled
/// once for each with the calls inlined. Operations that are rounded by themselves alone, so that bits are those of the scalar formula.
/// </summary>
internal interface IRadial
{
    /// <summary>u of every lane. The lanes do not influence each other; NaN gives NaN.</summary>
    static abstract Vector<double> Value(Vector<double> r);

    /// <summary>du/dr of every lane.</summary>
    static abstract Vector<double> Slope(Vector<double> r);
}

/// <summary>The loops over distances of a radial function u. Nothing is allocated.</summary>
internal abstract class RadialKernel
{
    /// <summary>u(r), with the bits of the loops.</summary>
    internal abstract double Value(double r);

    /// <summary>du/dr, with the bits of the loops.</summary>
    internal abstract double Slope(double r);

    /// <summary>The function of each distance: <c>value[i] = u(r[i])</c>.</summary>
    /// <param name="r">Read only; length n.</param>
    /// <param name="value">Overwritten; length n; may be the same memory as <paramref name="r"/>.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    internal abstract void Value(ReadOnlySpan<double> r, Span<double> value);

    /// <summary>The chain rule from u to distances: <c>slope[i] = slope[i] * u'(r[i])</c>.</summary>
    /// <param name="r">Read only; length n.</param>
    /// <param name="slope">With respect to u on entry, to the distance on return; length n.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    internal abstract void MultiplySlope(ReadOnlySpan<double> r, Span<double> slope);
}

/// <summary>The loops of one radial function, written once and compiled for each.</summary>
/// <typeparam name="TRadial">The function.</typeparam>
internal sealed class RadialKernel<TRadial> : RadialKernel
    where TRadial : struct, IRadial
{
    /// <inheritdoc/>
    internal override double Value(double r) => TRadial.Value(new(r))[0];

    /// <inheritdoc/>
    internal override double Slope(double r) => TRadial.Slope(new(r))[0];

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal override void Value(ReadOnlySpan<double> r, Span<double> value)
    {
        Guard.Length(nameof(value), r.Length, value.Length);

        for (int i = 0; i < r.Length; i += Vector<double>.Count)
        {
            int size = Math.Min(Vector<double>.Count, r.Length - i);
            Lanes.StoreUpTo(TRadial.Value(Lanes.LoadUpTo(r.Slice(i, size))), value.Slice(i, size));
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal override void MultiplySlope(ReadOnlySpan<double> r, Span<double> slope)
    {
        Guard.Length(nameof(slope), r.Length, slope.Length);

        if (typeof(TRadial) == typeof(Identity))
        {
            return;
        }

        for (int i = 0; i < r.Length; i += Vector<double>.Count)
        {
            int size = Math.Min(Vector<double>.Count, r.Length - i);
            Span<double> lanes = slope.Slice(i, size);
            Lanes.StoreUpTo(Lanes.LoadUpTo(lanes) * TRadial.Slope(Lanes.LoadUpTo(r.Slice(i, size))), lanes);
        }
    }
}

/// <summary>u = r.</summary>
internal readonly struct Identity : IRadial
{
    /// <inheritdoc/>
    public static Vector<double> Value(Vector<double> r) => r;

    /// <inheritdoc/>
    public static Vector<double> Slope(Vector<double> r) => Vector<double>.One;
}

/// <summary>u = 1/r.</summary>
internal readonly struct Inverse : IRadial
{
    /// <inheritdoc/>
    public static Vector<double> Value(Vector<double> r) => Vector<double>.One / r;

    /// <inheritdoc/>
    public static Vector<double> Slope(Vector<double> r) => new Vector<double>(-1.0) / (r * r);
}

/// <summary>u = r^-3.</summary>
internal readonly struct InverseCube : IRadial
{
    /// <inheritdoc/>
    public static Vector<double> Value(Vector<double> r) => Vector<double>.One / (r * r * r);

    /// <inheritdoc/>
    public static Vector<double> Slope(Vector<double> r) => new Vector<double>(-3.0) / (r * r * r * r);
}

/// <summary>The loops of a radial function that is given as two functions, without vectors.</summary>
/// <param name="value">u.</param>
/// <param name="derivative">du/dr.</param>
internal sealed class FunctionRadialKernel(Func<double, double> value, Func<double, double> derivative) : RadialKernel
{
    /// <inheritdoc/>
    internal override double Value(double r) => value(r);

    /// <inheritdoc/>
    internal override double Slope(double r) => derivative(r);

    /// <inheritdoc/>
    internal override void Value(ReadOnlySpan<double> r, Span<double> values)
    {
        Guard.Length(nameof(values), r.Length, values.Length);

        for (int i = 0; i < r.Length; i++)
        {
            values[i] = value(r[i]);
        }
    }

    /// <inheritdoc/>
    internal override void MultiplySlope(ReadOnlySpan<double> r, Span<double> slope)
    {
        Guard.Length(nameof(slope), r.Length, slope.Length);

        for (int i = 0; i < r.Length; i++)
        {
            slope[i] *= derivative(r[i]);
        }
    }
}
