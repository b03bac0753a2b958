using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using HgnFunctional.IO;

namespace HgnFunctional.CSharp;

/// <summary>The first of the four steps that <see cref="HgnModel.Train(Dataset, TrainingOptions?, IProgress{TrainingProgress}?, CancellationToken)"/>
/// is made of: what a pass over the data tells, in memory that does not grow with them. Processes may each survey a share, and merge what they
/// found: the model is the same to the last bit, whoever surveyed what. Immutable.</summary>
public sealed class TrainingSurvey
{
    private TrainingSurvey(Survey core, TrainingOptions options) => (Core, Options) = (core, options);

    /// <summary>Number of frames.</summary>
    public long Frames => Core.Frames;

    /// <summary>What identifies the frames, in any order, in hexadecimal.</summary>
    public string DataHash => Core.DataHash;

    /// <summary>What was measured in some frame: velocities, forces, energies, virials, or motions where forces must be told from them.</summary>
    public IReadOnlyList<string> Measured => [.. Core.Measured];

    internal Survey Core { get; }

    /// <summary>The options that it was made with.</summary>
    public TrainingOptions Options { get; }

    /// <summary>Surveys a dataset, or a share of it.</summary>
    /// <param name="data">All frames, whatever the share.</param>
    /// <param name="options">Options; the defaults need no change. Later steps take them from here.</param>
    /// <param name="shard">The share; all frames by default.</param>
    /// <param name="cancellation">Looked at before each frame.</param>
    /// <exception cref="HgnInputException">A frame or an option is not what it should be.</exception>
    public static TrainingSurvey Of(Dataset data, TrainingOptions? options = null, TrainingShard? shard = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        options ??= new TrainingOptions();
        var share = (shard ?? TrainingShard.Whole).Core;
        var frames = Parts.Numbered(data, cancellation, frame => ShardModule.surveys(share, frame));
        return new TrainingSurvey(SurveyModule.ofFrames(options.ToConfig(), Parts.Silent, frames).Expect(), options);
    }

    /// <summary>The survey of all frames of some parts, in any order.</summary>
    /// <exception cref="HgnInputException">No part; parts of other options; two that saw the same frames.</exception>
    public static TrainingSurvey Merge(params IReadOnlyList<TrainingSurvey> parts)
    {
        Parts.RequireSome(parts);
        var config = parts[0].Options.ToConfig();

        return new TrainingSurvey(
            parts.Skip(1).Aggregate(parts[0].Core, (all, part) => SurveyModule.merge(config, all, part.Core).Expect()),
            parts[0].Options);
    }

    /// <summary>The second step: which laws the data want, and their columns, drawn.</summary>
    /// <exception cref="HgnInputException">Nothing can be learned from the data.</exception>
    public TrainingPlan Plan() => new(PlanModule.draw<string>(Options.ToConfig(), Core).Expect(), Options);

    /// <summary>Writes the survey to a file, which appears, or replaces an older one, when all of it is on the disk.</summary>
    /// <exception cref="HgnInputException">The file cannot be written.</exception>
    public void Save(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        PartFile.write(path, Parts.Survey, PartOptions.With(Options, SurveyModule.save(Core))).Expect();
    }

    /// <summary>Reads a survey from a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">The options that it was made with, which are needed where blocks of one's own are among them; by default those in the
    /// file.</param>
    /// <exception cref="HgnInputException">The file is missing, damaged, of another kind or version, or was made with other options.</exception>
    public static TrainingSurvey Load(string path, TrainingOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        var (part, known) = PartOptions.Read(path, PartFile.tryRead(path, Parts.Survey).Expect(), options);
        return new TrainingSurvey(SurveyModule.restore(known.ToConfig(), part).WithSentence($"{path}: ").Expect(), known);
    }
}
