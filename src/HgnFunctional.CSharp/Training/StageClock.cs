using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;

namespace HgnFunctional.CSharp;

/// <summary>Adds up the time between changes of stage.</summary>
internal sealed class StageClock
{
    private readonly Stopwatch watch = Stopwatch.StartNew();
    private readonly double[] seconds = new double[4];
    private int stage;
    private double since;

    internal void Enter(TrainingStage next)
    {
        var now = watch.Elapsed.TotalSeconds;
        seconds[stage] += now - since;
        since = now;
        stage = next.Tag;
    }

    internal TrainingReport Report(TrainedModel model, IEnumerable<string> warnings)
    {
        Enter(TrainingStage.Reading);
        var fits = model.Diagnostics.ToArray();

        // A part that has no block predicts nothing: its relative error is 1. The masses know that bodies at rest do not move.
        double ErrorOf(string part) =>
            fits.FirstOrDefault(fit => fit.Part == part || fit.Part == "coupled")?.RelativeError
            ?? (part == "kinetic" && model.KineticFromMasses ? 0 : 1);

        return new TrainingReport(
            fits.Sum(fit => fit.Rows),
            fits.Sum(fit => fit.FeaturesSampled),
            fits.Sum(fit => fit.FeaturesKept),
            fits.Sum(fit => fit.FeaturesKept),
            fits.Max(fit => fit.Condition),
            fits.Last().Ridge,
            ErrorOf("potential"),
            ErrorOf("kinetic"),
            new TrainingSeconds(
                seconds[TrainingStage.Reading.Tag],
                seconds[TrainingStage.Sampling.Tag],
                seconds[TrainingStage.Assembling.Tag],
                seconds[TrainingStage.Solving.Tag],
                watch.Elapsed.TotalSeconds
            ),
            VerdictReport.Of(model.Verdict!.Value, model.Units?.Value),
            [.. warnings, .. model.Warnings.Select(warning => warning.ToString())]
        );
    }
}
