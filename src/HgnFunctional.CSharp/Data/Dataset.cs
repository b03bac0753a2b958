using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Linq;
using Microsoft.FSharp.Core;

namespace HgnFunctional.CSharp;

/// <summary>What a model learns from: frames of one or more systems, each with positions, momenta and their time derivatives. Frames in
/// files stay there until they are used. Immutable: one dataset can be shared by threads.</summary>
public sealed class Dataset
{
    private readonly Func<IEnumerable<FSharpResult<Snapshot, string>>> snapshots;
    private readonly Func<IEnumerable<string>> warnings;

    private Dataset(int? frames, Func<IEnumerable<FSharpResult<Snapshot, string>>> snapshots, Func<IEnumerable<string>>? warnings = null)
    {
        Frames = frames;
        this.snapshots = snapshots;
        this.warnings = warnings ?? (() => []);
    }

    /// <summary>Number of frames; null where files must be read to know.</summary>
    public int? Frames { get; }

    /// <summary>Frames of trajectory files, which are read anew on each pass and never held all at once.</summary>
    /// <exception cref="HgnInputException">No file, or an option that is not what it should be. What is wrong with a file is found
    /// when it is read.</exception>
    public static Dataset FromFiles(TrajectoryData data)
    {
        ArgumentNullException.ThrowIfNull(data);
        var known = data.Checked();
        var source = known.Snapshots();
        return new Dataset(null, () => source.Select(snapshot => snapshot.WithSentence()), known.Warnings);
    }

    /// <summary>Frames in the caller's own arrays, which are copied.</summary>
    /// <param name="system">The bodies of all frames.</param>
    /// <param name="frames">At least one frame.</param>
    /// <exception cref="HgnInputException">No frame, or one whose arrays are not N x d finite numbers; the message names the frame, the
    /// field and both sizes.</exception>
    public static Dataset FromArrays(BodySystem system, IEnumerable<TrajectoryFrame> frames)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(frames);
        return OfSnapshots(frames.Select((frame, index) => frame.ToSnapshot(system, index).Expect()));
    }

    /// <summary>A motion known by its positions alone, as a camera or a sensor sees it: forces are told from how the bodies move. Several motions
    /// are <see cref="Combine">combined</see>.</summary>
    /// <param name="system">The bodies, with their masses.</param>
    /// <param name="times">The time of each frame, ascending; intervals may differ.</param>
    /// <param name="positions">The positions of each frame, row-major [N x d].</param>
    /// <exception cref="HgnInputException">Other numbers of times than of frames, times that do not increase, or a frame that is not what it
    /// should be; the message names it.</exception>
    public static Dataset FromPositions(BodySystem system, IReadOnlyList<double> times, IReadOnlyList<ReadOnlyMemory<double>> positions)
    {
        ArgumentNullException.ThrowIfNull(times);
        ArgumentNullException.ThrowIfNull(positions);

        if (times.Count != positions.Count)
        {
            throw new HgnInputException($"There are {times.Count} times and {positions.Count} frames; expected as many of both.");
        }

        for (var frame = 1; frame < times.Count; frame++)
        {
            if (!(times[frame] > times[frame - 1]))
            {
                throw new HgnInputException(FormattableString.Invariant(
                    $"Frame {frame} is at the time {times[frame]}, and the one before it at {times[frame - 1]}; expected times that increase."));
            }
        }

        return FromArrays(system, times.Zip(positions, (time, frame) => new TrajectoryFrame { Positions = frame, Time = time }));
    }

    /// <summary>As <see cref="FromArrays"/>, without exceptions for bad input.</summary>
    public static bool TryFromArrays(
        BodySystem system,
        IEnumerable<TrajectoryFrame> frames,
        [NotNullWhen(true)] out Dataset? dataset,
        [NotNullWhen(false)] out string? reason) =>
        Interop.Attempt(() => FromArrays(system, frames), out dataset, out reason);

    /// <summary>The exact derivatives of a known Hamiltonian, such as the caller's own, at some states.</summary>
    /// <param name="system">The bodies of all states, with the pairs that the model is to look at.</param>
    /// <param name="hamiltonian">H(q, p).</param>
    /// <param name="states">At least one state.</param>
    /// <exception cref="HgnInputException">No state, one of another size, or a derivative that is not finite; the message names it.</exception>
    public static Dataset FromHamiltonian(BodySystem system, IHamiltonian hamiltonian, IEnumerable<PhaseState> states)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(hamiltonian);
        ArgumentNullException.ThrowIfNull(states);

        return OfSnapshots(states.Select((state, index) =>
        {
            Interop.RequireSize($"State {index}", state, system.Bodies, system.Dimension, "the system");
            Interop.RequireSize($"State {index}", state, hamiltonian.Bodies, hamiltonian.Dimension, "the Hamiltonian");
            return SnapshotModule.ofHamiltonian(system.Core, hamiltonian, state).WithSentence($"State {index}: ").Expect();
        }));
    }

    /// <summary>The frames of several datasets, one after another; all must have bonds, or all the same cutoff.</summary>
    /// <exception cref="HgnInputException">No dataset was given.</exception>
    public static Dataset Combine(params IReadOnlyList<Dataset> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);

        if (parts.Count == 0)
        {
            throw new HgnInputException("No dataset was given; expected at least one.");
        }

        var copy = parts.ToArray();
        var frames = copy.Any(part => part.Frames is null) ? null : copy.Sum(part => part.Frames);
        return new Dataset(
            frames,
            () => copy.SelectMany((part, index) => part.Snapshots().Select(frame => frame.InPart(index))),
            () => copy.SelectMany(part => part.Warnings()));
    }

    internal IEnumerable<FSharpResult<Snapshot, string>> Snapshots() => snapshots();

    /// <summary>What had to be assumed of files; they are looked into for it.</summary>
    internal IEnumerable<string> Warnings() => warnings();

    private static Dataset OfSnapshots(IEnumerable<Snapshot> snapshots)
    {
        var stored = snapshots.Select(FSharpResult<Snapshot, string>.NewOk).ToArray();

        return stored.Length == 0
            ? throw new HgnInputException("The dataset has no frame; expected at least one.")
            : new Dataset(stored.Length, () => stored);
    }
}
