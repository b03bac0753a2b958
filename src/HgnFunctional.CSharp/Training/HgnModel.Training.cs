using System;
using System.Diagnostics.CodeAnalysis;
using System.Threading;
using System.Threading.Tasks;

namespace HgnFunctional.CSharp;

// How models are learned.
public sealed partial class HgnModel
{
    /// <summary>Learns a model from trajectory files, in one linear solve.</summary>
    /// <param name="data">Files with velocities and forces.</param>
    /// <param name="options">Options; the defaults need no change.</param>
    /// <returns>The model, and how training went.</returns>
    /// <exception cref="HgnInputException">A file or an option is not what it should be.</exception>
    public static (HgnModel Model, TrainingReport Report) Train(TrajectoryData data, TrainingOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        return Train(Dataset.FromFiles(data), options);
    }

    /// <summary>Learns a model from a dataset, in one linear solve. The same seed and data give the same model, bit for bit, for any
    /// number of threads.</summary>
    /// <param name="data">Frames with whatever was measured; they are passed over twice, or three times by the sampler a-swim.</param>
    /// <param name="options">Options; the defaults need no change.</param>
    /// <param name="progress">Is told, on the calling thread, at most some hundred times a pass.</param>
    /// <param name="cancellation">Looked at before each frame and each stage.</param>
    /// <returns>The model, and how training went.</returns>
    /// <exception cref="HgnInputException">A frame or an option is not what it should be.</exception>
    /// <exception cref="OperationCanceledException">Training was cancelled.</exception>
    public static (HgnModel Model, TrainingReport Report) Train(
        Dataset data,
        TrainingOptions? options = null,
        IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        return new TrainingRun(options ?? new TrainingOptions(), progress, cancellation).Run(data);
    }

    /// <summary>As <see cref="Train(Dataset, TrainingOptions?, IProgress{TrainingProgress}?, CancellationToken)"/>, on a thread of the
    /// pool.</summary>
    public static Task<(HgnModel Model, TrainingReport Report)> TrainAsync(
        Dataset data,
        TrainingOptions? options = null,
        IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        return Task.Run(() => Train(data, options, progress, cancellation), cancellation);
    }

    /// <summary>As <see cref="Train(Dataset, TrainingOptions?, IProgress{TrainingProgress}?, CancellationToken)"/>, without exceptions for
    /// data or options that are not what they should be; <see cref="Fits"/> tells how training went.</summary>
    public static bool TryTrain(
        Dataset data,
        TrainingOptions? options,
        [NotNullWhen(true)] out HgnModel? model,
        [NotNullWhen(false)] out string? reason) =>
        Interop.Attempt(() => Train(data, options).Model, out model, out reason);
}
