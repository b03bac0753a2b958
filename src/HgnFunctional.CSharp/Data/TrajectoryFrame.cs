using System;
using System.Collections.Generic;
using Microsoft.FSharp.Core;

namespace HgnFunctional.CSharp;

/// <summary>One moment of a trajectory, or a structure by itself, in the caller's own arrays, each row-major [N x d], with whatever was
/// measured: forces, an energy, a virial. Of momenta and velocities either is enough, since p = m v; where both are left out, the kinetic
/// energy is taken to be p^2 / 2m.</summary>
public sealed record TrajectoryFrame
{
    /// <summary>Positions q [N x d].</summary>
    public required ReadOnlyMemory<double> Positions { get; init; }

    /// <summary>Momenta p [N x d]; by default masses times velocities.</summary>
    public ReadOnlyMemory<double>? Momenta { get; init; }

    /// <summary>Velocities q' [N x d]; by default momenta over masses.</summary>
    public ReadOnlyMemory<double>? Velocities { get; init; }

    /// <summary>Forces p' [N x d]; null where they were not measured.</summary>
    public ReadOnlyMemory<double>? Forces { get; init; }

    /// <summary>Potential energy of all bodies, in units of mass x length^2 / time^2; null where it was not measured. Its zero is
    /// learned, one for each species.</summary>
    public double? Energy { get; init; }

    /// <summary>Virial of the potential energy, W_ab = -dE/de_ab by the strain e that takes all positions and the vectors of the box to (1 + e)
    /// times themselves, row-major [d x d], in the unit of the energy; null where it was not measured. Minus the stress times the volume,
    /// without what moving bodies add.</summary>
    public ReadOnlyMemory<double>? Virial { get; init; }

    /// <summary>When the frame was, in its trajectory; where times are given and forces are not, forces are told from the motion.</summary>
    public double? Time { get; init; }

    /// <summary>The trajectory that the frame belongs to: frames of one are in the order of their times. Motions and energies are compared
    /// within one.</summary>
    public string Trajectory { get; init; } = "";

    /// <summary>How much the frame counts in training: 2 counts as if it were there twice.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>A name that frames share whose errors are to be told apart from those of others.</summary>
    public string Group { get; init; } = "";

    /// <summary>The checked snapshot of these arrays, which are copied.</summary>
    internal FSharpResult<Snapshot, string> ToSnapshot(BodySystem system, int frame)
    {
        var before = $"Frame {frame}: ";
        var size = system.Bodies * system.Dimension;
        FSharpResult<Snapshot, string> Refused(string reason) => FSharpResult<Snapshot, string>.NewError(before + reason);

        // Checked here too, where a length must be known before masses are multiplied in.
        foreach (var (field, given) in new[] { ("positions", Positions), ("momenta", Momenta), ("velocities", Velocities) })
        {
            if (given is { } values && values.Length != size)
            {
                return Refused($"{field} has {values.Length} entries; expected {size} (bodies x dimension).");
            }
        }

        if (!(double.IsFinite(Weight) && Weight > 0))
        {
            return Refused(FormattableString.Invariant($"the weight is {Weight}; expected a finite number above 0."));
        }

        if (Group is null || Trajectory is null)
        {
            return Refused($"the {(Group is null ? "group" : "trajectory")} is null; expected a name, or an empty one.");
        }

        if (Time is { } at && !double.IsFinite(at))
        {
            return Refused(FormattableString.Invariant($"the time is {at}; expected a finite number."));
        }

        var momenta = Momenta?.ToArray() ?? (Velocities is { } v ? Scaled(v, k => system.Masses[k / system.Dimension]) : new double[size]);
        var velocities = Velocities?.ToArray() ?? (Momenta is { } p ? Scaled(p, k => 1 / system.Masses[k / system.Dimension]) : null);
        var state = PhaseStateModule.TryCreate(system.Bodies, system.Dimension, Positions.Span, momenta);

        if (!state.IsOk)
        {
            return Refused(state.ErrorValue.ToString());
        }

        var targets = new Targets(Present(velocities), Present(Forces?.ToArray()), Energy.ToOption(), Present(Virial?.ToArray()));
        var snapshot = SnapshotModule.tryOf(system.Core, state.ResultValue, targets).WithSentence(before);

        if (!snapshot.IsOk)
        {
            return snapshot;
        }

        var marked = SnapshotModule.weighing(Weight, SnapshotModule.inGroup(Group, SnapshotModule.inTrajectory(Trajectory, snapshot.ResultValue)));
        return FSharpResult<Snapshot, string>.NewOk(Time is { } time ? SnapshotModule.atTime(time, marked) : marked);
    }

    private static FSharpOption<double[]> Present(double[]? values) =>
        values is null ? FSharpOption<double[]>.None : FSharpOption<double[]>.Some(values);

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
