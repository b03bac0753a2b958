using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HgnFunctional.Kernels;

/// <summary>
/// The loops over features of an activation s. All spans are contiguous; lanes hold consecutive elements; the last, incomplete vector is
/// padded with zeros and goes through the same code, so an element's result does not depend on its place. Nothing is allocated.
/// </summary>
internal abstract class FeatureKernel
{
    /// <summary>Value and slope of each element: <c>value[i] = s(x[i])</c>, <c>slope[i] = s'(x[i])</c>.</summary>
    /// <param name="x">Read only; length n; shares no memory with the outputs.</param>
    /// <param name="value">Overwritten; length n.</param>
    /// <param name="slope">Overwritten; length n; shares no memory with <paramref name="value"/>.</param>
    /// <exception cref="ArgumentException">The lengths differ or an output shares memory with an input.</exception>
    internal abstract void Evaluate(ReadOnlySpan<double> x, Span<double> value, Span<double> slope);

    /// <summary>Value and slope of one argument by the scalar formulas that define the activation.</summary>
    internal abstract void Evaluate(double x, out double value, out double slope);

    /// <summary>
    /// All features of one argument: <c>value[k] = s(w[k] x + b[k])</c>, <c>slope[k] = w[k] s'(w[k] x + b[k])</c>. Lanes hold features.
    /// </summary>
    /// <param name="x">The argument.</param>
    /// <param name="weights">w, read only; length K.</param>
    /// <param name="biases">b, read only; length K.</param>
    /// <param name="value">Overwritten; length K; shares no memory with the inputs.</param>
    /// <param name="slope">Overwritten; length K; shares no memory with the inputs or <paramref name="value"/>.</param>
    /// <exception cref="ArgumentException">The lengths differ or an output shares memory with an input.</exception>
    internal abstract void Features(
        double x, ReadOnlySpan<double> weights, ReadOnlySpan<double> biases, Span<double> value, Span<double> slope);

    /// <summary>
    /// The readout of the features of each argument: <c>value[i] = sum over k of c[k] s(w[k] x[i] + b[k])</c> and
    /// <c>slope[i] = sum over k of c[k] w[k] s'(w[k] x[i] + b[k])</c>, k ascending. Lanes hold arguments.
    /// </summary>
    /// <param name="x">Read only; length n.</param>
    /// <param name="weights">w, read only; length K.</param>
    /// <param name="biases">b, read only; length K.</param>
    /// <param name="readout">c, read only; length K.</param>
    /// <param name="value">Overwritten; length n; shares no memory with the inputs.</param>
    /// <param name="slope">Overwritten; length n; shares no memory with the inputs or <paramref name="value"/>.</param>
    /// <exception cref="ArgumentException">The lengths differ or an output shares memory with an input.</exception>
    internal abstract void Sum(
        ReadOnlySpan<double> x,
        ReadOnlySpan<double> weights,
        ReadOnlySpan<double> biases,
        ReadOnlySpan<double> readout,
        Span<double> value,
        Span<double> slope);

    /// <summary>The slopes of <c>Sum</c> alone, with the same bits.</summary>
    /// <param name="x">Read only; length n.</param>
    /// <param name="weights">w, read only; length K.</param>
    /// <param name="biases">b, read only; length K.</param>
    /// <param name="readout">c, read only; length K.</param>
    /// <param name="slope">Overwritten; length n; shares no memory with the inputs.</param>
    /// <exception cref="ArgumentException">The lengths differ or the output shares memory with an input.</exception>
    internal abstract void SumSlope(
        ReadOnlySpan<double> x,
        ReadOnlySpan<double> weights,
        ReadOnlySpan<double> biases,
        ReadOnlySpan<double> readout,
        Span<double> slope);
}

/// <summary>The loops of one activation, written once and compiled for each.</summary>
/// <typeparam name="TActivation">The activation.</typeparam>
internal sealed class FeatureKernel<TActivation> : FeatureKernel
    where TActivation : struct, IActivation
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal override void Evaluate(ReadOnlySpan<double> x, Span<double> value, Span<double> slope)
    {
        CheckOutput(nameof(value), x.Length, value, x);
        CheckOutput(nameof(slope), x.Length, slope, x);
        Guard.Disjoint(nameof(slope), slope, nameof(value), value);

        int i = 0;
        for (; i <= x.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            TActivation.Evaluate(At(x, i), out Vector<double> v, out Vector<double> s);
            Put(v, value, i);
            Put(s, slope, i);
        }

        if (i < x.Length)
        {
            TActivation.Evaluate(Lanes.Load(x[i..]), out Vector<double> v, out Vector<double> s);
            Lanes.Store(v, value[i..]);
            Lanes.Store(s, slope[i..]);
        }
    }

    /// <inheritdoc/>
    internal override void Evaluate(double x, out double value, out double slope) => TActivation.Evaluate(x, out value, out slope);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal override void Features(
        double x, ReadOnlySpan<double> weights, ReadOnlySpan<double> biases, Span<double> value, Span<double> slope)
    {
        Guard.Length(nameof(biases), weights.Length, biases.Length);
        CheckOutput(nameof(value), weights.Length, value, weights);
        CheckOutput(nameof(slope), weights.Length, slope, weights);
        Guard.Disjoint(nameof(value), value, nameof(biases), biases);
        Guard.Disjoint(nameof(slope), slope, nameof(biases), biases);
        Guard.Disjoint(nameof(slope), slope, nameof(value), value);

        Vector<double> argument = new(x);
        int k = 0;
        for (; k <= weights.Length - Vector<double>.Count; k += Vector<double>.Count)
        {
            Vector<double> w = At(weights, k);
            TActivation.Evaluate(Vector.MultiplyAddEstimate(w, argument, At(biases, k)), out Vector<double> v, out Vector<double> s);
            Put(v, value, k);
            Put(w * s, slope, k);
        }

        if (k < weights.Length)
        {
            Vector<double> w = Lanes.Load(weights[k..]);
            TActivation.Evaluate(
                Vector.MultiplyAddEstimate(w, argument, Lanes.Load(biases[k..])), out Vector<double> v, out Vector<double> s);
            Lanes.Store(v, value[k..]);
            Lanes.Store(w * s, slope[k..]);
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal override void Sum(
        ReadOnlySpan<double> x,
        ReadOnlySpan<double> weights,
        ReadOnlySpan<double> biases,
        ReadOnlySpan<double> readout,
        Span<double> value,
        Span<double> slope)
    {
        CheckParameters(weights, biases, readout);
        CheckSumOutput(nameof(value), value, x, weights, biases, readout);
        CheckSumOutput(nameof(slope), slope, x, weights, biases, readout);
        Guard.Disjoint(nameof(slope), slope, nameof(value), value);

        if (weights.IsEmpty)
        {
            value.Clear();
            slope.Clear();
            return;
        }

        for (int i = 0; i < x.Length; i += Vector<double>.Count)
        {
            bool whole = i <= x.Length - Vector<double>.Count;
            Vector<double> argument = whole ? At(x, i) : Lanes.Load(x[i..]);
            Vector<double> valueSum = Vector<double>.Zero;
            Vector<double> slopeSum = Vector<double>.Zero;
            for (int k = 0; k < weights.Length; k++)
            {
                Vector<double> w = new(weights[k]);
                Vector<double> c = new(readout[k]);
                TActivation.Evaluate(
                    Vector.MultiplyAddEstimate(w, argument, new(biases[k])), out Vector<double> v, out Vector<double> s);
                valueSum = Vector.MultiplyAddEstimate(c, v, valueSum);
                slopeSum = Vector.MultiplyAddEstimate(c * w, s, slopeSum);
            }

            if (whole)
            {
                Put(valueSum, value, i);
                Put(slopeSum, slope, i);
            }
            else
            {
                Lanes.Store(valueSum, value[i..]);
                Lanes.Store(slopeSum, slope[i..]);
            }
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal override void SumSlope(
        ReadOnlySpan<double> x,
        ReadOnlySpan<double> weights,
        ReadOnlySpan<double> biases,
        ReadOnlySpan<double> readout,
        Span<double> slope)
    {
        CheckParameters(weights, biases, readout);
        CheckSumOutput(nameof(slope), slope, x, weights, biases, readout);

        if (weights.IsEmpty)
        {
            slope.Clear();
            return;
        }

        for (int i = 0; i < x.Length; i += Vector<double>.Count)
        {
            bool whole = i <= x.Length - Vector<double>.Count;
            Vector<double> argument = whole ? At(x, i) : Lanes.Load(x[i..]);
            Vector<double> sum = Vector<double>.Zero;
            for (int k = 0; k < weights.Length; k++)
            {
                Vector<double> w = new(weights[k]);
                Vector<double> c = new Vector<double>(readout[k]) * w;
                sum = Vector.MultiplyAddEstimate(c, TActivation.Slope(Vector.MultiplyAddEstimate(w, argument, new(biases[k]))), sum);
            }

            if (whole)
            {
                Put(sum, slope, i);
            }
            else
            {
                Lanes.Store(sum, slope[i..]);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<double> At(ReadOnlySpan<double> span, int index) =>
        Vector.LoadUnsafe(ref MemoryMarshal.GetReference(span), (nuint)index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(Vector<double> lanes, Span<double> span, int index) =>
        lanes.StoreUnsafe(ref MemoryMarshal.GetReference(span), (nuint)index);

    private static void CheckOutput(string name, int expected, ReadOnlySpan<double> output, ReadOnlySpan<double> input)
    {
        Guard.Length(name, expected, output.Length);
        Guard.Disjoint(name, output, "an input", input);
    }

    private static void CheckParameters(ReadOnlySpan<double> weights, ReadOnlySpan<double> biases, ReadOnlySpan<double> readout)
    {
        Guard.Length(nameof(biases), weights.Length, biases.Length);
        Guard.Length(nameof(readout), weights.Length, readout.Length);
    }

    private static void CheckSumOutput(
        string name,
        ReadOnlySpan<double> output,
        ReadOnlySpan<double> x,
        ReadOnlySpan<double> weights,
        ReadOnlySpan<double> biases,
        ReadOnlySpan<double> readout)
    {
        CheckOutput(name, x.Length, output, x);
        Guard.Disjoint(name, output, nameof(weights), weights);
        Guard.Disjoint(name, output, nameof(biases), biases);
        Guard.Disjoint(name, output, nameof(readout), readout);
    }
}
