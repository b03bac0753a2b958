using System;
using System.Runtime.CompilerServices;

namespace HgnFunctional.Kernels;

/// <summary>Kinetic terms of bodies, and the chain rule from them to momenta. Vectors are row-major [bodies x dimension].</summary>
internal static class BodyTerms
{
    /// <summary>
    /// For each body: <c>terms[body] = 0.5 * (sum of squares of its momentum, axis 0 first) / masses[body]</c>. Does not allocate.
    /// </summary>
    /// <param name="dimension">Axes of space, at least 1.</param>
    /// <param name="momenta">Row-major [bodies x dimension]; read only.</param>
    /// <param name="masses">One for each body; read only.</param>
    /// <param name="terms">Overwritten; one for each body; shares no memory with the inputs.</param>
    /// <exception cref="ArgumentException">The lengths do not fit or the output shares memory with an input.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The dimension is below 1.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Kinetic(int dimension, ReadOnlySpan<double> momenta, ReadOnlySpan<double> masses, Span<double> terms)
    {
        Guard.Size(nameof(dimension), 1, dimension);
        Guard.Length(nameof(momenta), checked(terms.Length * dimension), momenta.Length);
        Guard.Length(nameof(masses), terms.Length, masses.Length);
        Guard.Disjoint(nameof(terms), terms, nameof(momenta), momenta);
        Guard.Disjoint(nameof(terms), terms, nameof(masses), masses);

        if (dimension == 3)
        {
            for (int body = 0; body < terms.Length; body++)
            {
                ReadOnlySpan<double> p = momenta.Slice(body * 3, 3);
                terms[body] = 0.5 * ((p[0] * p[0]) + (p[1] * p[1]) + (p[2] * p[2])) / masses[body];
            }

            return;
        }

        for (int body = 0; body < terms.Length; body++)
        {
            double squares = 0.0;
            foreach (double p in momenta.Slice(body * dimension, dimension))
            {
                squares += p * p;
            }

            terms[body] = 0.5 * squares / masses[body];
        }
    }

    /// <summary>For each body and axis a: <c>gradient[body, a] += scales[body] * vectors[body, a]</c>. Does not allocate.</summary>
    /// <param name="dimension">Axes of space, at least 1.</param>
    /// <param name="scales">One for each body; read only.</param>
    /// <param name="vectors">Row-major [bodies x dimension]; read only.</param>
    /// <param name="gradient">Added to; row-major [bodies x dimension]; shares no memory with the inputs.</param>
    /// <exception cref="ArgumentException">The lengths do not fit or the output shares memory with an input.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The dimension is below 1.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void AddGradient(int dimension, ReadOnlySpan<double> scales, ReadOnlySpan<double> vectors, Span<double> gradient)
    {
        Guard.Size(nameof(dimension), 1, dimension);
        Guard.Length(nameof(vectors), checked(scales.Length * dimension), vectors.Length);
        Guard.Length(nameof(gradient), vectors.Length, gradient.Length);
        Guard.Disjoint(nameof(gradient), gradient, nameof(scales), scales);
        Guard.Disjoint(nameof(gradient), gradient, nameof(vectors), vectors);

        if (dimension == 3)
        {
            for (int body = 0; body < scales.Length; body++)
            {
                ReadOnlySpan<double> vector = vectors.Slice(body * 3, 3);
                Span<double> target = gradient.Slice(body * 3, 3);
                double scale = scales[body];
                target[0] += scale * vector[0];
                target[1] += scale * vector[1];
                target[2] += scale * vector[2];
            }

            return;
        }

        for (int body = 0; body < scales.Length; body++)
        {
            for (int k = body * dimension; k < (body + 1) * dimension; k++)
            {
                gradient[k] += scales[body] * vectors[k];
            }
        }
    }
}
