using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace HgnFunctional.Fuzz;

/// <summary>Counts what became of the inputs of one loader, and keeps the first input of each fault.</summary>
internal sealed class Tally(Loader loader, string folder)
{
    private readonly Dictionary<Fault, long> counts = [];
    private readonly List<Finding> findings = [];
    private long inputs;
    private long accepted;
    private TimeSpan slowest;
    private long largest;

    /// <summary>Number of inputs with a fault.</summary>
    internal long Faulty => counts.Values.Sum();

    /// <summary>The first finding of each fault.</summary>
    internal IReadOnlyList<Finding> First => findings;

    /// <summary>Counts an input. The finding, if it is the first with its fault.</summary>
    internal Finding? Add(int seed, long number, Sample sample, Outcome outcome)
    {
        lock (findings)
        {
            inputs++;
            accepted += outcome.Accepted ? 1 : 0;
            slowest = outcome.Time > slowest ? outcome.Time : slowest;
            largest = Math.Max(largest, outcome.Bytes);

            if (outcome.Fault is not { } fault)
            {
                return null;
            }

            counts[fault] = counts.GetValueOrDefault(fault) + 1;

            // More inputs with the same fault teach nothing new.
            if (counts[fault] > 1)
            {
                return null;
            }

            var finding = new Finding(seed, number, loader.Name, fault, Saved(seed, number, sample));
            findings.Add(finding);
            return finding;
        }
    }

    internal static string Heading =>
        $"{"loader",-11} {"inputs",10} {"accepted",10} {"findings",10} {"slowest",10} {"largest allocation",19}";

    public override string ToString()
    {
        lock (findings)
        {
            var counted = counts
                .OrderByDescending(fault => fault.Value)
                .Select(fault => $"\n    {fault.Value,10} x {fault.Key.Kind}, {fault.Key.What}");
            var cost = FormattableString.Invariant($"{slowest.TotalSeconds,8:0.00} s {largest / 1e6,16:0.0} MB");
            return $"{loader.Name,-11} {inputs,10} {accepted,10} {Faulty,10} {cost}{string.Concat(counted)}";
        }
    }

    private string Saved(int seed, long number, Sample sample)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, $"{loader.Name}-{seed}-{number}{sample.Extension}");
        File.WriteAllBytes(path, sample.Bytes);

        if (sample.Companion is { } companion)
        {
            File.WriteAllBytes(path + ".companion", companion);
        }

        return path;
    }
}
