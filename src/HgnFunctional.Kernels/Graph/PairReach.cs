using System;
using System.Runtime.CompilerServices;

namespace HgnFunctional.Kernels;

/// <summary>Leaves out the pairs of a list that are beyond reach, so that nothing is computed for them.</summary>
internal static class PairReach
{
    /// <summary>Collects the distances below <paramref name="reach"/> and those that are not a number, in order, with their places.</summary>
    /// <param name="distances">Read only; length P.</param>
    /// <param name="reach">The distance from which on nothing acts.</param>
    /// <param name="near">Overwritten; length P or more; undefined behind the distances found.</param>
    /// <param name="places">Overwritten; length P or more; undefined behind the distances found.</param>
    /// <returns>The number of distances found.</returns>
    /// <exception cref="ArgumentException">An output is too short or shares memory with the input.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static int Select(ReadOnlySpan<double> distances, double reach, Span<double> near, Span<int> places)
    {
        Guard.AtLeast(nameof(near), distances.Length, near.Length);
        Guard.AtLeast(nameof(places), distances.Length, places.Length);
        Guard.Disjoint(nameof(near), near, nameof(distances), distances);

        // Without branches, which nobody could predict: a distance beyond reach is overwritten by the next.
        int found = 0;
        for (int p = 0; p < distances.Length; p++)
        {
            near[found] = distances[p];
            places[found] = p;
            found += distances[p] >= reach ? 0 : 1;
        }

        return found;
    }

    /// <summary>Puts values back to their places, and 0 to all others.</summary>
    /// <param name="values">Read only; length n.</param>
    /// <param name="places">Ascending; length n.</param>
    /// <param name="destination">Overwritten; shares no memory with the values.</param>
    /// <exception cref="ArgumentException">The lengths differ or the output shares memory with the values.</exception>
    /// <exception cref="IndexOutOfRangeException">There is no such place.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Spread(ReadOnlySpan<double> values, ReadOnlySpan<int> places, Span<double> destination)
    {
        Guard.Length(nameof(places), values.Length, places.Length);
        Guard.Disjoint(nameof(destination), destination, nameof(values), values);

        destination.Clear();
        for (int k = 0; k < values.Length; k++)
        {
            destination[places[k]] = values[k];
        }
    }
}
