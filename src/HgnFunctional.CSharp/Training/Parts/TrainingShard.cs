using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading;
using Microsoft.FSharp.Core;

namespace HgnFunctional.CSharp;

/// <summary>One of several shares of the frames, which processes or machines work on by themselves.</summary>
public sealed record TrainingShard
{
    /// <summary>Names of environment variables in which launchers number their processes from 0: job arrays of Slurm, and processes of
    /// srun, Open MPI and other MPI launchers.</summary>
    public static IReadOnlyList<string> Variables { get; } = ["SLURM_ARRAY_TASK_ID", "SLURM_PROCID", "OMPI_COMM_WORLD_RANK", "PMI_RANK"];

    /// <summary>All frames.</summary>
    public static TrainingShard Whole { get; } = new(0, 1);

    /// <summary>A share.</summary>
    /// <param name="number">Which, from 0.</param>
    /// <param name="count">How many there are.</param>
    /// <exception cref="HgnInputException">There is no such share.</exception>
    public TrainingShard(int number, int count) =>
        Core = ShardModule.tryCreate(number, count) is { } shard
            ? shard.Value
            : throw Interop.BadInput($"The share {number} of {count} was asked for; expected one from 0 up to, but not including, their number.");

    /// <summary>Reads a share such as "1/4", of which the number is from 0; or "/4", whose number a launcher says in one of
    /// <see cref="Variables"/>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="variable">What an environment variable holds; by default those of the process are asked.</param>
    /// <exception cref="HgnInputException">It names no share, or no launcher says a number.</exception>
    public static TrainingShard Parse(string text, Func<string, string?>? variable = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        variable ??= Environment.GetEnvironmentVariable;
        var full = text;

        if (text.StartsWith('/'))
        {
            string? number = null;

            foreach (var name in Variables)
            {
                number ??= variable(name) is { Length: > 0 } value ? value : null;
            }

            full = number is null
                ? throw new HgnInputException($"The share is '{text}', and none of {string.Join(", ", Variables)} is set; expected a number before the line, from 0, or one of these.")
                : number + text;
        }

        return ShardModule.tryParse(full) is { } shard
            ? new TrainingShard(shard.Value.Number, shard.Value.Of)
            : throw new HgnInputException($"The share is '{full}'; expected a number from 0 and how many shares there are, such as 1/4.");
    }

    internal Shard Core { get; }

    /// <summary>Which share, from 0.</summary>
    public int Number => Core.Number;

    /// <summary>How many there are.</summary>
    public int Count => Core.Of;

    /// <summary>The share as "1/4".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Number}/{Count}");
}

/// <summary>What the steps of a training share.</summary>
internal static class Parts
{
    internal const string Survey = "survey";
    internal const string Plan = "plan";
    internal const string Accumulation = "accumulation";

    /// <summary>Told of stages, says nothing.</summary>
    internal static FSharpFunc<TrainingStage, Unit> Silent { get; } = FuncConvert.FromAction<TrainingStage>(_ => { });

    /// <summary>The frames of a dataset that are wanted, with their numbers, up to one.</summary>
    internal static IEnumerable<FSharpResult<ValueTuple<long, Snapshot>, string>> Numbered(
        Dataset data,
        CancellationToken cancellation,
        Func<long, bool> wanted,
        long stop = long.MaxValue)
    {
        var number = 0L;

        foreach (var frame in data.Snapshots())
        {
            cancellation.ThrowIfCancellationRequested();

            if (number >= stop)
            {
                yield break;
            }

            if (frame.IsError)
            {
                yield return FSharpResult<ValueTuple<long, Snapshot>, string>.NewError(frame.ErrorValue);
            }
            else if (wanted(number))
            {
                yield return FSharpResult<ValueTuple<long, Snapshot>, string>.NewOk((number, frame.ResultValue));
            }

            number++;
        }
    }

    internal static void RequireSome<T>(IReadOnlyList<T> parts)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(parts);

        if (parts.Count == 0)
        {
            throw new HgnInputException("No part was given; expected at least one.");
        }

        foreach (var part in parts)
        {
            ArgumentNullException.ThrowIfNull(part, nameof(parts));
        }
    }
}
