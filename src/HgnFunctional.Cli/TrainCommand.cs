using System.CommandLine;
using System.Text.Json.Nodes;
using System.Threading;
using HgnFunctional.CSharp;

namespace HgnFunctional.Cli;

/// <summary><c>hgn train</c>.</summary>
internal static class TrainCommand
{
    internal static Command Create(CancellationToken cancellation)
    {
        var source = new DataArguments();
        var learning = new TrainingArguments();
        var output = new Option<string>("--out") { Description = "The model file to write; - is standard output.", HelpName = "MODEL", Required = true };
        var json = Shared.Json();

        var command = new Command("train", "Learns a model from trajectories.");
        source.AddTo(command);

        learning.AddTo(command);
        command.Add(output);
        command.Add(json);

        command.SetAction(parsed =>
        {
            var path = parsed.GetRequiredValue(output);
            Shared.RequireOutput("--out", path, source.Inputs(parsed));

            var (model, report) = HgnModel.Train(Dataset.FromFiles(source.Read(parsed)), learning.Read(parsed), cancellation: cancellation);
            model.Save(path);
            Shared.Warn(report.Warnings);
            Output.Print(parsed.GetValue(json), ToJson(model, report, path), besideFile: Shared.TakesStandardOutput(path));
        });

        return command;
    }

    internal static JsonObject ToJson(HgnModel model, TrainingReport report, string path) =>
        new()
        {
            ["rows"] = report.Rows,
            ["featuresSampled"] = report.FeaturesSampled,
            ["featuresKept"] = report.FeaturesKept,
            ["rank"] = report.Rank,
            ["condition"] = report.Condition,
            ["ridge"] = report.Ridge,
            ["relativeForceError"] = report.RelativeForceError,
            ["relativeVelocityError"] = report.RelativeVelocityError,
            ["verdict"] = VerdictOutput.ToJson(report.Verdict),
            ["seconds"] = new JsonObject
            {
                ["read"] = report.Seconds.Read,
                ["sample"] = report.Seconds.Sample,
                ["assemble"] = report.Seconds.Assemble,
                ["solve"] = report.Seconds.Solve,
                ["total"] = report.Seconds.Total,
            },
            ["seed"] = model.Seed,
            ["units"] = model.Units,
            [Output.Warnings] = Shared.Sentences(report.Warnings),
            ["model"] = path,
        };
}
