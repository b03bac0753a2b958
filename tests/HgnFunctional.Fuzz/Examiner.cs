using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Reflection;

namespace HgnFunctional.Fuzz;

/// <summary>What an input may cost.</summary>
/// <param name="Time">Wall-clock time.</param>
/// <param name="Bytes">All that the calling thread allocates, freed or not.</param>
internal sealed record Limits(TimeSpan Time, long Bytes)
{
    internal static Limits Default { get; } = new(TimeSpan.FromSeconds(2), 500_000_000);
}

/// <summary>What became of an input.</summary>
internal sealed record Outcome(bool Accepted, Fault? Fault, TimeSpan Time, long Bytes);

/// <summary>Gives inputs to a loader and judges what it does. For one thread; the folder is for its files alone.</summary>
internal sealed class Examiner(string folder, Limits limits)
{
    internal Outcome Examine(Loader loader, Sample sample)
    {
        var outcome = Once(loader, sample);
        // A machine may be busy for a moment: only what is slow twice is slow.
        return outcome.Fault is { Kind: FaultKind.Slow } ? Once(loader, sample) : outcome;
    }

    private Outcome Once(Loader loader, Sample sample)
    {
        string In(string name) => Path.Combine(folder, name);
        var place = new Place(In("input" + sample.Extension), In("companion"), In("output.json"));
        File.WriteAllBytes(place.Path, sample.Bytes);

        if (sample.Companion is { } companion)
        {
            File.WriteAllBytes(place.Companion, companion);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        var start = Stopwatch.GetTimestamp();
        Reading? reading = null;
        Fault? fault = null;

        try
        {
            reading = loader.Read(sample, place);
        }
        catch (Exception error)
        {
            fault = new Fault(FaultKind.Exception, Where(error));
        }

        var time = Stopwatch.GetElapsedTime(start);
        var bytes = GC.GetAllocatedBytesForCurrentThread() - before;

        fault ??= time > limits.Time ? new Fault(FaultKind.Slow, $"took more than {limits.Time.TotalSeconds} s")
            : loader.OwnsMemory && bytes > limits.Bytes ? new Fault(FaultKind.Memory, $"allocated more than {limits.Bytes / 1_000_000} MB")
            : Unprintable(reading?.Sentence) ?? reading?.Compare?.Invoke();

        return new Outcome(reading is { Accepted: true }, fault, time, bytes);
    }

    private static Fault? Unprintable(string? sentence) =>
        sentence is null || !sentence.Any(char.IsControl) ? null : new Fault(FaultKind.Message, "a message with control characters");

    /// <summary>The exception and the library's innermost method, which together tell faults apart.</summary>
    private static string Where(Exception error)
    {
        var frames = new StackTrace(error).GetFrames().Select(frame => frame.GetMethod());
        bool IsOurs(MethodBase? method) => method?.DeclaringType?.FullName?.StartsWith("HgnFunctional.", StringComparison.Ordinal) == true;
        var method = frames.FirstOrDefault(IsOurs);
        return $"{error.GetType().Name} in {method?.DeclaringType?.Name}.{method?.Name}";
    }
}
