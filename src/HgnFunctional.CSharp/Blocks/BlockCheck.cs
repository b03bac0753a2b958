using System;

namespace HgnFunctional.CSharp;

/// <summary>Compares the gradients of a custom block with differences of its values.</summary>
internal static class BlockCheck
{
    /// <summary>Where truncation and rounding of central differences are about equal for numbers of order 1.</summary>
    private const double Step = 1e-5;

    internal static double GradientError(CustomBlock block, BodySystem system, PhaseState state)
    {
        var size = state.Positions.Length;
        var (q, p) = (state.Positions.ToArray(), state.Momenta.ToArray());
        var pairs = StructureModule.pairs(system.Core, q).All;
        var gradients = new double[block.Features][];

        for (var feature = 0; feature < block.Features; feature++)
        {
            gradients[feature] = new double[2 * size];
            var (ofQ, ofP) = Split(block, gradients[feature]);
            block.Gradient(new BodiesView(system.Core, pairs, q, p), feature, ofQ, ofP);
        }

        var errors = new double[block.Features];

        for (var k = 0; k < 2 * size; k++)
        {
            var (array, index) = k < size ? (q, k) : (p, k - size);
            var here = array[index];
            var above = ValuesAt(here + Step);
            var below = ValuesAt(here - Step);
            array[index] = here;

            for (var feature = 0; feature < errors.Length; feature++)
            {
                var error = Math.Abs((above[feature] - below[feature]) / (2 * Step) - gradients[feature][k]);
                errors[feature] = Math.Max(errors[feature], double.IsNaN(error) ? double.PositiveInfinity : error);
            }

            double[] ValuesAt(double coordinate)
            {
                array[index] = coordinate;
                var values = new double[block.Features];
                block.Values(new BodiesView(system.Core, pairs, q, p), values);
                return values;
            }
        }

        var worst = 0.0;

        for (var feature = 0; feature < errors.Length; feature++)
        {
            var largest = 0.0;

            foreach (var entry in gradients[feature])
            {
                largest = Math.Max(largest, Math.Abs(entry));
            }

            worst = Math.Max(worst, errors[feature] / (largest > 0 ? largest : 1));
        }

        return worst;
    }

    /// <summary>The parts of a gradient (dq, dp); empty where the block's inputs say that they vanish.</summary>
    internal static Parts Split(CustomBlock block, Span<double> gradient)
    {
        var half = gradient.Length / 2;

        return new Parts(
            block.Inputs == BlockInputs.Momenta ? [] : gradient[..half],
            block.Inputs == BlockInputs.Positions ? [] : gradient[half..]);
    }

    /// <summary>Gradients with respect to q and to p.</summary>
    internal readonly ref struct Parts(Span<double> q, Span<double> p)
    {
        internal Span<double> OfPositions { get; } = q;

        internal Span<double> OfMomenta { get; } = p;

        internal void Deconstruct(out Span<double> q, out Span<double> p)
        {
            q = OfPositions;
            p = OfMomenta;
        }
    }
}
