using System;

namespace HgnFunctional.Kernels;

/// <summary>The loops over features of an activation that is given as two functions, without vectors.</summary>
/// <param name="activation">s.</param>
/// <param name="derivative">s'.</param>
internal sealed class FunctionKernel(Func<double, double> activation, Func<double, double> derivative) : FeatureKernel
{
    /// <inheritdoc/>
    internal override void Evaluate(ReadOnlySpan<double> x, Span<double> value, Span<double> slope)
    {
        Guard.Length(nameof(value), x.Length, value.Length);
        Guard.Length(nameof(slope), x.Length, slope.Length);

        for (int i = 0; i < x.Length; i++)
        {
            Evaluate(x[i], out value[i], out slope[i]);
        }
    }

    /// <inheritdoc/>
    internal override void Evaluate(double x, out double value, out double slope)
    {
        value = activation(x);
        slope = derivative(x);
    }

    /// <inheritdoc/>
    internal override void Features(
        double x, ReadOnlySpan<double> weights, ReadOnlySpan<double> biases, Span<double> value, Span<double> slope)
    {
        Guard.Length(nameof(biases), weights.Length, biases.Length);
        Guard.Length(nameof(value), weights.Length, value.Length);
        Guard.Length(nameof(slope), weights.Length, slope.Length);

        for (int k = 0; k < weights.Length; k++)
        {
            double argument = Math.FusedMultiplyAdd(weights[k], x, biases[k]);
            value[k] = activation(argument);
            slope[k] = weights[k] * derivative(argument);
        }
    }

    /// <inheritdoc/>
    internal override void Sum(
        ReadOnlySpan<double> x,
        ReadOnlySpan<double> weights,
        ReadOnlySpan<double> biases,
        ReadOnlySpan<double> readout,
        Span<double> value,
        Span<double> slope)
    {
        Guard.Length(nameof(value), x.Length, value.Length);
        SumSlope(x, weights, biases, readout, slope);

        for (int i = 0; i < x.Length; i++)
        {
            double sum = 0;

            for (int k = 0; k < weights.Length; k++)
            {
                sum += readout[k] * activation(Math.FusedMultiplyAdd(weights[k], x[i], biases[k]));
            }

            value[i] = sum;
        }
    }

    /// <inheritdoc/>
    internal override void SumSlope(
        ReadOnlySpan<double> x,
        ReadOnlySpan<double> weights,
        ReadOnlySpan<double> biases,
        ReadOnlySpan<double> readout,
        Span<double> slope)
    {
        Guard.Length(nameof(biases), weights.Length, biases.Length);
        Guard.Length(nameof(readout), weights.Length, readout.Length);
        Guard.Length(nameof(slope), x.Length, slope.Length);

        for (int i = 0; i < x.Length; i++)
        {
            double sum = 0;

            for (int k = 0; k < weights.Length; k++)
            {
                sum += readout[k] * weights[k] * derivative(Math.FusedMultiplyAdd(weights[k], x[i], biases[k]));
            }

            slope[i] = sum;
        }
    }
}
