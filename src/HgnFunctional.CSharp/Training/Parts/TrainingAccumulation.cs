using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using HgnFunctional.IO;

namespace HgnFunctional.CSharp;

/// <summary>The rows of some frames, folded into triangles whose memory does not grow with the data. Parts merge in one fixed tree over the
/// frames, so who folded which decides nothing, to the last bit. Kept, it takes further data at any time. Immutable.</summary>
public sealed class TrainingAccumulation
{
    internal TrainingAccumulation(Accumulation core, TrainingOptions options) => (Core, Options) = (core, options);

    /// <summary>Number of frames.</summary>
    public long Frames => Core.Frames;

    /// <summary>Number of rows of all linear systems.</summary>
    public long Rows => Core.Rows;

    internal Accumulation Core { get; }

    private TrainingOptions Options { get; }

    /// <summary>The accumulation of all frames of some parts of one plan, in any order.</summary>
    /// <exception cref="HgnInputException">No part; parts of other plans; two that hold the same frames.</exception>
    public static TrainingAccumulation Merge(params IReadOnlyList<TrainingAccumulation> parts)
    {
        Parts.RequireSome(parts);

        return new TrainingAccumulation(
            parts.Skip(1).Aggregate(parts[0].Core, (all, part) => AccumulationModule.merge(all, part.Core).Expect()),
            parts[0].Options);
    }

    /// <summary>The accumulation with further data of the kind that was surveyed, which are passed over twice.</summary>
    /// <exception cref="HgnInputException">A frame is not what it should be, or not of the surveyed kind.</exception>
    public TrainingAccumulation Add(Dataset data, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        return new TrainingAccumulation(AccumulationModule.add(Parts.Silent, data.Snapshots().Until(cancellation), Core).Expect(), Options);
    }

    /// <summary>The last step: solves what was accumulated.</summary>
    /// <exception cref="HgnInputException">Frames of the survey are missing, or the linear system has no solution; the message says which.</exception>
    public TrainingSolution Solve()
    {
        var clock = new StageClock();
        clock.Enter(TrainingStage.Solving);
        var fit = FitModule.solve<string>(Core).Expect();
        return new TrainingSolution(new HgnModel(fit.Model), clock.Report(fit.Model, []), fit.Improves, fit.Next is { } next ? new TrainingPlan(next.Value, Options) : null);
    }

    /// <summary>Writes the accumulation to a file, which appears, or replaces an older one, when all of it is on the disk.</summary>
    /// <exception cref="HgnInputException">The file cannot be written.</exception>
    public void Save(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        PartFile.write(path, Parts.Accumulation, PartOptions.With(Options, AccumulationModule.save(Core))).Expect();
    }

    /// <summary>Reads an accumulation of a plan from a file.</summary>
    /// <exception cref="HgnInputException">The file is missing, damaged, of another kind or version, or of another plan.</exception>
    public static TrainingAccumulation Load(string path, TrainingPlan plan)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(plan);
        var (part, _) = PartOptions.Read(path, PartFile.tryRead(path, Parts.Accumulation).Expect(), plan.Options);
        return new TrainingAccumulation(AccumulationModule.restore(plan.Core, part).WithSentence($"{path}: ").Expect(), plan.Options);
    }
}

/// <summary>A solved plan.</summary>
/// <param name="Model">The model.</param>
/// <param name="Report">How the fit went.</param>
/// <param name="Improves">Whether it is better than the fit that gave its plan; true for first ones. Where it is not, that model is to be kept.</param>
/// <param name="Next">A plan that may do better, whose rows are other ones of the same frames: after a draft, and where paths between frames
/// can follow the forces that were found; null where there is none.</param>
public sealed record TrainingSolution(HgnModel Model, TrainingReport Report, bool Improves, TrainingPlan? Next);
