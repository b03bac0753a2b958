using System;

namespace HgnFunctional.CSharp;

/// <summary>What to simulate, and how.</summary>
public sealed record SimulationOptions : IntegratorOptions
{
    /// <summary>Number of time steps; at least 1.</summary>
    public required int Steps { get; init; }

    /// <summary>Conserved quantities are watched, and states handed out or written, every so many steps, the start first and the last
    /// step last; by default a thousand times in all.</summary>
    public int? Every { get; init; }

    /// <summary>Path of a trajectory to write, in the format that its extension names, else a LAMMPS text dump; none by default. A text whose
    /// name ends in .gz is compressed; <c>-</c> is standard output. <see cref="Simulator.Simulate"/> writes none.</summary>
    public string? Output { get; init; }

    /// <summary>Name of the format of the output, one of <see cref="TrajectoryFormats.Written"/>; by default as the extension says.</summary>
    public string? Format { get; init; }

    /// <summary>The fraction of the invariants of a watched state that may lie outside their range in training: the run stops where more
    /// do, after that state was written. No limit by default; Hamiltonians that were not learned have no range.</summary>
    public double? StopWhenOutOfRange { get; init; }

    internal int Interval => Every ?? Math.Max(1, Steps / 1000);

    internal override void Check()
    {
        if (Steps < 1)
        {
            throw Interop.BadInput($"The number of steps is {Steps}; expected at least 1.");
        }

        base.Check();
        _ = TrajectoryFormats.Of(Format, Output ?? "");

        if (StopWhenOutOfRange is { } most && !(most >= 0 && most <= 1))
        {
            throw Interop.BadInput($"The fraction out of range to stop at is {most}; expected 0 to 1.");
        }

        if (Every < 1)
        {
            throw Interop.BadInput($"States are asked for every {Every} steps; expected at least 1.");
        }
    }
}
