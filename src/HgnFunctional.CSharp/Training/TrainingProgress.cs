namespace HgnFunctional.CSharp;

/// <summary>What training is busy with.</summary>
public enum TrainingPhase
{
    /// <summary>The first pass over the frames, which collects inputs.</summary>
    Surveying,

    /// <summary>A later pass, which folds frames into the linear system.</summary>
    Fitting,

    /// <summary>Solving the linear system.</summary>
    Solving,

    /// <summary>The model is there.</summary>
    Done,
}

/// <summary>How far training is.</summary>
/// <param name="Phase">What it is busy with.</param>
/// <param name="Pass">The pass over the frames, from 1.</param>
/// <param name="Passes">Number of passes in all.</param>
/// <param name="Frames">Frames seen in this pass.</param>
/// <param name="TotalFrames">Frames of a pass; null in the first pass over files.</param>
public sealed record TrainingProgress(TrainingPhase Phase, int Pass, int Passes, int Frames, int? TotalFrames)
{
    /// <summary>The fraction of the frames of all passes that is done, from 0 to 1; null while the number of frames is not known.</summary>
    public double? Fraction =>
        Phase == TrainingPhase.Done ? 1 : TotalFrames is > 0 and { } total ? (Pass - 1 + (double)Frames / total) / Passes : null;
}
