using System;
using System.Collections.Generic;
using System.Runtime.ExceptionServices;
using System.Threading;
using Microsoft.FSharp.Core;

namespace HgnFunctional.CSharp;

/// <summary>One run of training: hands out frames, counts them, tells how far it is, and can be cancelled.</summary>
internal sealed class TrainingRun(TrainingOptions options, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
{
    /// <summary>Reports of a pass, where the number of frames is known.</summary>
    private const int ReportsPerPass = 100;

    private readonly StageClock clock = new();
    private TrainingProgress latest = new(TrainingPhase.Surveying, 0, 0, 0, null);

    internal (HgnModel Model, TrainingReport Report) Run(Dataset data)
    {
        var config = options.ToConfig();
        latest = latest with { Passes = config.Sampler.Outputs.IsFitted ? 3 : 2, TotalFrames = data.Frames };
        cancellation.ThrowIfCancellationRequested();

        try
        {
            var model = Training.fitStream(config, FuncConvert.FromAction<TrainingStage>(Enter), Frames(data)).Expect();
            Report(latest with { Phase = TrainingPhase.Done });
            return (new HgnModel(model), clock.Report(model, data.Warnings()));
        }
        catch (AggregateException error)
        {
            // What a custom block threw on one of the threads that assemble rows.
            ExceptionDispatchInfo.Throw(error.InnerExceptions[0]);
            throw;
        }
    }

    private void Enter(TrainingStage stage)
    {
        cancellation.ThrowIfCancellationRequested();
        clock.Enter(stage);

        if (stage.IsSolving)
        {
            Report(latest with { Phase = TrainingPhase.Solving });
        }
    }

    /// <summary>The frames; each enumeration is one pass.</summary>
    private IEnumerable<FSharpResult<Snapshot, string>> Frames(Dataset data)
    {
        var phase = latest.Pass == 0 ? TrainingPhase.Surveying : TrainingPhase.Fitting;
        var interval = latest.TotalFrames is { } total ? Math.Max(1, total / ReportsPerPass) : ReportsPerPass;
        var frames = 0;
        Report(latest with { Phase = phase, Pass = latest.Pass + 1, Frames = 0 });

        foreach (var frame in data.Snapshots())
        {
            cancellation.ThrowIfCancellationRequested();

            if (++frames % interval == 0)
            {
                Report(latest with { Frames = frames });
            }

            yield return frame;
        }

        Report(latest with { Frames = frames, TotalFrames = frames });
    }

    private void Report(TrainingProgress next)
    {
        // The end of a pass may fall together with a frame that was reported.
        if (next != latest)
        {
            progress?.Report(next);
        }

        latest = next;
    }
}
