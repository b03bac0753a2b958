using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using HgnFunctional.IO;

namespace HgnFunctional.CSharp;

/// <summary>What is to be fitted: the columns, and how the data give rows. Immutable.</summary>
public sealed class TrainingPlan
{
    internal TrainingPlan(Plan core, TrainingOptions options) => (Core, Options) = (core, options);

    /// <summary>Number of frames of the survey.</summary>
    public long Frames => Core.Frames;

    /// <summary>What identifies the plan, in hexadecimal.</summary>
    public string Hash => Core.Hash;

    /// <summary>The columns of each linear system: kinetic, potential or coupled.</summary>
    public IReadOnlyDictionary<string, int> Columns => Core.Columns.ToDictionary(system => system.Item1, system => system.Item2);

    /// <summary>Whether the fit is but for the outputs that the sampler wants: the plan that it gives is the one that counts.</summary>
    public bool IsDraft => Core.IsDraft;

    internal Plan Core { get; }

    /// <summary>The options that the survey was made with.</summary>
    public TrainingOptions Options { get; }

    /// <summary>The third step: folds the rows of the surveyed frames, or of a share of them.</summary>
    /// <param name="data">All frames that were surveyed, in the same order, whatever the share.</param>
    /// <param name="shard">The share; all frames by default. It may be one of other shares than those of the survey.</param>
    /// <param name="cancellation">Looked at before each frame.</param>
    /// <exception cref="HgnInputException">A frame is not what it should be.</exception>
    public TrainingAccumulation Accumulate(Dataset data, TrainingShard? shard = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        var share = (shard ?? TrainingShard.Whole).Core;
        var range = Core.FramesOf(share);
        var (first, stop) = (range.Item1, range.Item2);
        var frames = Parts.Numbered(data, cancellation, frame => Core.NeedsNeighbours || (frame >= first && frame < stop), stop);
        return new TrainingAccumulation(AccumulationModule.ofShard(Core, Parts.Silent, share, frames).Expect(), Options);
    }

    /// <summary>Writes the plan to a file, which appears, or replaces an older one, when all of it is on the disk.</summary>
    /// <exception cref="HgnInputException">The file cannot be written.</exception>
    public void Save(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        PartFile.write(path, Parts.Plan, PartOptions.With(Options, PlanModule.save(Core))).Expect();
    }

    /// <summary>Reads a plan from a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">The options that it was made with, which are needed where blocks of one's own are among them; by default those in the
    /// file.</param>
    /// <exception cref="HgnInputException">The file is missing, damaged, of another kind or version, or was made with other options.</exception>
    public static TrainingPlan Load(string path, TrainingOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        var (part, known) = PartOptions.Read(path, PartFile.tryRead(path, Parts.Plan).Expect(), options);
        return new TrainingPlan(PlanModule.restore(known.ToConfig(), part).WithSentence($"{path}: ").Expect(), known);
    }
}
