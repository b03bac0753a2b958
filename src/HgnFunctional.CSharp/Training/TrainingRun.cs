using System;
using System.Collections.Generic;
using System.Linq;
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
    private readonly HashSet<string> measured = [];
    private TrainingProgress latest = new(TrainingPhase.Surveying, 0, 0, 0, null);

    internal (HgnModel Model, TrainingReport Report) Run(Dataset data)
    {
        var config = options.ToConfig();
        latest = latest with { Passes = config.Sampler.Outputs.IsFitted ? 3 : 2, TotalFrames = data.Frames };
        cancellation.ThrowIfCancellationRequested();

        try
        {
            var result = Training.fitStream(config, FuncConvert.FromAction<TrainingStage>(Enter), Frames(data));
            var model = result.IsError && Unweighted(result.ErrorValue) is { } sentence ? throw new HgnInputException(sentence) : result.Expect();
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

    /// <summary>Why there are no rows to fit, where weights of 0 left out every target that the data have.</summary>
    private string? Unweighted(TrainingError<string> error)
    {
        if (error is not TrainingError<string>.SolveFailed { Item.IsNoRows: true })
        {
            return null;
        }

        var left = measured.Where(target => options.Weights.Of(target) == 0).Order(StringComparer.Ordinal).ToArray();

        return left.Length == 0
            ? null
            : $"The weight of {string.Join(" and ", left)} is 0, and the data have nothing else of its kind to learn from; expected a weight above 0.";
    }

    private void Note(FSharpResult<Snapshot, string> frame)
    {
        if (!frame.IsOk)
        {
            return;
        }

        var snapshot = frame.ResultValue;
        _ = snapshot.HasForces && measured.Add(nameof(TargetWeightOptions.Forces).ToLowerInvariant());
        _ = snapshot.HasVelocities && measured.Add(nameof(TargetWeightOptions.Velocities).ToLowerInvariant());
        _ = snapshot.Energy is not null && measured.Add(nameof(TargetWeightOptions.Energies).ToLowerInvariant());
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

            Note(frame);
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
