using System.Collections.Generic;
using System.Linq;
using Microsoft.FSharp.Core;

namespace HgnFunctional.CSharp;

/// <summary>The distance within which bodies of two species interact.</summary>
/// <param name="First">A species.</param>
/// <param name="Second">The other, or the same; their order does not matter.</param>
/// <param name="Distance">A distance above 0.</param>
public readonly record struct PairCutoff(string First, string Second, double Distance)
{
    /// <summary>A reach of one cutoff, of some for pairs of species, or of both; null where there is neither.</summary>
    internal static Reach? ReachOf(double? cutoff, IEnumerable<PairCutoff>? pairs, int excludedBonds)
    {
        var all = pairs?.ToArray() ?? [];

        if (cutoff is null && all.Length == 0)
        {
            return null;
        }

        var reach = ReachModule.ofPairs(all.Select(pair => (pair.First, pair.Second, pair.Distance)));
        return new Reach(cutoff is { } distance ? FSharpOption<double>.Some(distance) : FSharpOption<double>.None, reach.Pairs, excludedBonds);
    }

    internal static IReadOnlyList<PairCutoff> Of(Reach? reach) =>
        reach is null ? [] : reach.Pairs.Select(entry => new PairCutoff(entry.Key.Item1, entry.Key.Item2, entry.Value)).ToArray();
}
