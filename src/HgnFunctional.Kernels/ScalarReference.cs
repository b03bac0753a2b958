using System;

namespace HgnFunctional.Kernels;

/// <summary>
/// The plain loops that define the kernels, one for each, with the kernel's name. For tests and benchmarks: no vectors, no blocking, no
/// argument checks.
/// </summary>
internal static class ScalarReference
{
    /// <summary>Defines <c>FeatureKernel.Evaluate</c>.</summary>
    internal static void Evaluate<TActivation>(ReadOnlySpan<double> x, Span<double> value, Span<double> slope)
        where TActivation : struct, IActivation
    {
        for (int i = 0; i < x.Length; i++)
        {
            TActivation.Evaluate(x[i], out value[i], out slope[i]);
        }
    }

    /// <summary>Defines <c>FeatureKernel.Features</c>.</summary>
    internal static void Features<TActivation>(
        double x, ReadOnlySpan<double> weights, ReadOnlySpan<double> biases, Span<double> value, Span<double> slope)
        where TActivation : struct, IActivation
    {
        for (int k = 0; k < weights.Length; k++)
        {
            TActivation.Evaluate((weights[k] * x) + biases[k], out value[k], out double s);
            slope[k] = weights[k] * s;
        }
    }

    /// <summary>Defines <c>FeatureKernel.Sum</c>.</summary>
    internal static void Sum<TActivation>(
        ReadOnlySpan<double> x,
        ReadOnlySpan<double> weights,
        ReadOnlySpan<double> biases,
        ReadOnlySpan<double> readout,
        Span<double> value,
        Span<double> slope)
        where TActivation : struct, IActivation
    {
        for (int i = 0; i < x.Length; i++)
        {
            double valueSum = 0.0;
            double slopeSum = 0.0;
            for (int k = 0; k < weights.Length; k++)
            {
                TActivation.Evaluate((weights[k] * x[i]) + biases[k], out double v, out double s);
                valueSum += readout[k] * v;
                slopeSum += readout[k] * weights[k] * s;
            }

            value[i] = valueSum;
            slope[i] = slopeSum;
        }
    }

    /// <summary>Defines <c>FeatureKernel.SumSlope</c>.</summary>
    internal static void SumSlope<TActivation>(
        ReadOnlySpan<double> x,
        ReadOnlySpan<double> weights,
        ReadOnlySpan<double> biases,
        ReadOnlySpan<double> readout,
        Span<double> slope)
        where TActivation : struct, IActivation
    {
        for (int i = 0; i < x.Length; i++)
        {
            slope[i] = 0.0;
            for (int k = 0; k < weights.Length; k++)
            {
                TActivation.Evaluate((weights[k] * x[i]) + biases[k], out _, out double s);
                slope[i] += readout[k] * weights[k] * s;
            }
        }
    }

    /// <summary>Defines <c>RowBlock.TransposeMultiply</c>.</summary>
    internal static void TransposeMultiply(
        ReadOnlySpan<double> panel,
        int panelStride,
        int rows,
        int panelColumns,
        ReadOnlySpan<double> block,
        int stride,
        int firstColumn,
        Span<double> product)
    {
        int trailing = stride - firstColumn;
        for (int p = 0; p < panelColumns; p++)
        {
            for (int c = 0; c < trailing; c++)
            {
                double sum = 0.0;
                for (int r = 0; r < rows; r++)
                {
                    sum += panel[(p * panelStride) + r] * block[(r * stride) + firstColumn + c];
                }

                product[(p * trailing) + c] = sum;
            }
        }
    }

    /// <summary>Defines <c>RowBlock.SubtractProduct</c>.</summary>
    internal static void SubtractProduct(
        ReadOnlySpan<double> panel,
        int panelStride,
        int rows,
        int panelColumns,
        ReadOnlySpan<double> factor,
        Span<double> block,
        int stride,
        int firstColumn)
    {
        int trailing = stride - firstColumn;
        for (int r = 0; r < rows; r++)
        {
            for (int c = 0; c < trailing; c++)
            {
                double sum = 0.0;
                for (int p = 0; p < panelColumns; p++)
                {
                    sum += panel[(p * panelStride) + r] * factor[(p * trailing) + c];
                }

                block[(r * stride) + firstColumn + c] -= sum;
            }
        }
    }

    /// <summary>
    /// Defines <c>HouseholderUpdate.Apply</c>: one reflector at a time, H = I - 2 u u' / (u'u) with u = [R[j,j] - beta; A[:,j]], then the
    /// row of R is negated if its diagonal is negative.
    /// </summary>
    internal static void Apply(Span<double> triangle, int columns, Span<double> block, int rows)
    {
        for (int j = 0; j < columns; j++)
        {
            double alpha = triangle[(j * columns) + j];
            double squares = 0.0;
            for (int r = 0; r < rows; r++)
            {
                squares += block[(r * columns) + j] * block[(r * columns) + j];
            }

            if (squares != 0.0)
            {
                double norm = Math.Sqrt((alpha * alpha) + squares);
                double head = alpha >= 0.0 ? alpha + norm : alpha - norm;
                double factor = 2.0 / ((head * head) + squares);
                // Column j itself is left for the last, since the others need it.
                for (int c = columns - 1; c >= j; c--)
                {
                    double sum = head * triangle[(j * columns) + c];
                    for (int r = 0; r < rows; r++)
                    {
                        sum += block[(r * columns) + j] * block[(r * columns) + c];
                    }

                    triangle[(j * columns) + c] -= factor * sum * head;
                    for (int r = 0; r < rows; r++)
                    {
                        block[(r * columns) + c] -= factor * sum * block[(r * columns) + j];
                    }
                }
            }

            double sign = triangle[(j * columns) + j] < 0.0 ? -1.0 : 1.0;
            for (int c = j; c < columns; c++)
            {
                triangle[(j * columns) + c] *= sign;
            }
        }
    }

    /// <summary>Defines <c>PairGather.Differences</c>.</summary>
    internal static void Differences(
        ReadOnlySpan<double> positions,
        int dimension,
        ReadOnlySpan<int> senders,
        ReadOnlySpan<int> receivers,
        ReadOnlySpan<double> periods,
        ReadOnlySpan<double> tilts,
        Span<double> distances,
        Span<double> differences)
    {
        Span<double> difference = new double[dimension];
        for (int p = 0; p < senders.Length; p++)
        {
            for (int a = 0; a < dimension; a++)
            {
                difference[a] = positions[(senders[p] * dimension) + a] - positions[(receivers[p] * dimension) + a];
            }

            for (int i = dimension - 1; i >= 0; i--)
            {
                double turns = periods[i] > 0.0 ? Math.Round(difference[i] / periods[i]) : 0.0;
                difference[i] -= periods[i] * turns;
                for (int j = 0; j < i && !tilts.IsEmpty; j++)
                {
                    difference[j] -= tilts[(i * (i - 1) / 2) + j] * turns;
                }
            }

            double squares = 0.0;
            for (int a = 0; a < dimension; a++)
            {
                squares += difference[a] * difference[a];
                differences[(a * senders.Length) + p] = difference[a];
            }

            distances[p] = Math.Sqrt(squares);
        }
    }

    /// <summary>Defines <c>PairGather.Distances</c>.</summary>
    internal static void Distances(
        ReadOnlySpan<double> positions,
        int dimension,
        ReadOnlySpan<int> senders,
        ReadOnlySpan<int> receivers,
        ReadOnlySpan<double> periods,
        ReadOnlySpan<double> tilts,
        Span<double> distances,
        Span<double> directions)
    {
        Span<double> differences = new double[directions.Length];
        Differences(positions, dimension, senders, receivers, periods, tilts, distances, differences);
        for (int p = 0; p < senders.Length; p++)
        {
            for (int a = 0; a < dimension; a++)
            {
                directions[(p * dimension) + a] = differences[(a * senders.Length) + p] / distances[p];
            }
        }
    }

    /// <summary>Defines <c>PairScatter.AddGradient</c>.</summary>
    internal static void AddGradient(
        int dimension,
        ReadOnlySpan<int> senders,
        ReadOnlySpan<int> receivers,
        ReadOnlySpan<double> scales,
        ReadOnlySpan<double> vectors,
        Span<double> gradient)
    {
        for (int p = 0; p < senders.Length; p++)
        {
            for (int a = 0; a < dimension && senders[p] != receivers[p]; a++)
            {
                gradient[(senders[p] * dimension) + a] += scales[p] * vectors[(a * senders.Length) + p];
                gradient[(receivers[p] * dimension) + a] -= scales[p] * vectors[(a * senders.Length) + p];
            }
        }
    }

    /// <summary>Defines <c>BodyTerms.Kinetic</c>.</summary>
    internal static void Kinetic(int dimension, ReadOnlySpan<double> momenta, ReadOnlySpan<double> masses, Span<double> terms)
    {
        for (int body = 0; body < terms.Length; body++)
        {
            double squares = 0.0;
            for (int a = 0; a < dimension; a++)
            {
                squares += momenta[(body * dimension) + a] * momenta[(body * dimension) + a];
            }

            terms[body] = 0.5 * squares / masses[body];
        }
    }

    /// <summary>Defines <c>BodyTerms.AddGradient</c>.</summary>
    internal static void AddGradient(int dimension, ReadOnlySpan<double> scales, ReadOnlySpan<double> vectors, Span<double> gradient)
    {
        for (int k = 0; k < gradient.Length; k++)
        {
            gradient[k] += scales[k / dimension] * vectors[k];
        }
    }

    /// <summary>Defines <c>PairScatter.AddRows</c>.</summary>
    internal static void AddRows(
        int dimension,
        int sender,
        int receiver,
        ReadOnlySpan<double> direction,
        ReadOnlySpan<double> slopes,
        Span<double> rows,
        int stride)
    {
        for (int a = 0; a < dimension; a++)
        {
            for (int k = 0; k < slopes.Length; k++)
            {
                rows[(((sender * dimension) + a) * stride) + k] += direction[a] * slopes[k];
                rows[(((receiver * dimension) + a) * stride) + k] -= direction[a] * slopes[k];
            }
        }
    }
}
