using System;
using System.Collections.Generic;
using Microsoft.FSharp.Core;

namespace HgnFunctional.CSharp;

/// <summary>One moment of a trajectory in the caller's own arrays, each row-major [N x d]. Either momenta or velocities may be left
/// out: then p = m v.</summary>
public sealed record TrajectoryFrame
{
    /// <summary>Positions q [N x d].</summary>
    public required ReadOnlyMemory<double> Positions { get; init; }

    /// <summary>Momenta p [N x d]; by default masses times velocities.</summary>
    public ReadOnlyMemory<double>? Momenta { get; init; }

    /// <summary>Velocities q' [N x d]; by default momenta over masses.</summary>
    public ReadOnlyMemory<double>? Velocities { get; init; }

    /// <summary>Forces p' [N x d].</summary>
    public required ReadOnlyMemory<double> Forces { get; init; }

    /// <summary>The checked snapshot of these arrays, which are copied.</summary>
    internal FSharpResult<Snapshot, string> ToSnapshot(BodySystem system, int frame)
    {
        var before = $"Frame {frame}: ";
        var size = system.Bodies * system.Dimension;

        if ((Momenta ?? Velocities) is not { } motion)
        {
            return FSharpResult<Snapshot, string>.NewError($"{before}there are no momenta and no velocities; expected at least one of them.");
        }

        // Checked here too, where a length must be known before masses are multiplied in.
        foreach (var (field, values) in new[] { ("positions", Positions), (Momenta is null ? "velocities" : "momenta", motion) })
        {
            if (values.Length != size)
            {
                return FSharpResult<Snapshot, string>.NewError(
                    $"{before}{field} has {values.Length} entries; expected {size} (bodies x dimension).");
            }
        }

        var momenta = Momenta?.ToArray() ?? Scaled(motion, k => system.Masses[k / system.Dimension]);
        var velocities = Velocities?.ToArray() ?? Scaled(motion, k => 1 / system.Masses[k / system.Dimension]);
        var state = PhaseStateModule.TryCreate(system.Bodies, system.Dimension, Positions.Span, momenta);

        return state.IsOk
            ? SnapshotModule.tryCreate(system.Core, state.ResultValue, velocities, Forces.Span).WithSentence(before)
            : FSharpResult<Snapshot, string>.NewError($"{before}{state.ErrorValue}");
    }

    private static double[] Scaled(ReadOnlyMemory<double> values, Func<int, double> factor)
    {
        var scaled = values.ToArray();

        for (var k = 0; k < scaled.Length; k++)
        {
            scaled[k] *= factor(k);
        }

        return scaled;
    }
}
