using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Threading;
using HgnFunctional.CSharp;

namespace HgnFunctional.Cli;

/// <summary><c>hgn train</c>.</summary>
internal static class TrainCommand
{
    internal static Command Create(CancellationToken cancellation)
    {
        var defaults = new TrainingOptions();
        var source = new DataArguments();
        var blocks = new Option<string>("--blocks") { Description = "What the model is made of: auto, which lets the data decide, or body, pair, angle, field, velocity, raw, message with commas.", DefaultValueFactory = _ => "auto" };
        var sampler = new Option<string>("--sampler") { Description = "elm, u-swim, swim or a-swim.", DefaultValueFactory = _ => defaults.Sampler };
        var activation = new Option<string>("--activation") { Description = "softplus, tanh, sigmoid or sine.", DefaultValueFactory = _ => defaults.Activation };
        var radial = new Option<string>("--radial") { Description = "r, 1/r, r^-3 or auto.", DefaultValueFactory = _ => defaults.Radial };
        var shape = new Option<string>("--cutoff-shape") { Description = "How laws end at the cutoff: smooth, cut (with a jump) or auto.", DefaultValueFactory = _ => defaults.CutoffShape };
        var width = new Option<int>("--width") { Description = "Hidden units per block.", DefaultValueFactory = _ => defaults.Width };
        var ridge = new Option<string>("--ridge") { Description = "auto, or a fraction of the largest singular value.", DefaultValueFactory = _ => "auto" };
        var weights = new Option<string?>("--weights") { Description = "How much targets count that the data have: velocities, forces, energies, virials, such as energies=10,forces=1; each is divided by its spread before.", HelpName = "TARGET=W,..." };
        var stencil = new Option<string>("--stencil") { Description = "How motions without forces give equations: exact:N (clean data), smooth:N (noisy data) over N frames, or auto.", DefaultValueFactory = _ => defaults.Stencil };
        var seed = new Option<int>("--seed") { Description = "Seed of every random draw.", DefaultValueFactory = _ => defaults.Seed };
        var output = new Option<string>("--out") { Description = "The model file to write; - is standard output.", HelpName = "MODEL", Required = true };
        var json = Shared.Json();

        var command = new Command("train", "Learns a model from trajectories.");
        source.AddTo(command);

        foreach (var option in new Option[] { blocks, sampler, activation, radial, shape, width, ridge, weights, stencil, seed, output, json })
        {
            command.Add(option);
        }

        command.SetAction(parsed =>
        {
            var path = parsed.GetRequiredValue(output);
            Shared.RequireOutput("--out", path, source.Inputs(parsed));

            var options = new TrainingOptions
            {
                Blocks = ModelBlock.Parse(parsed.GetRequiredValue(blocks)),
                Sampler = parsed.GetRequiredValue(sampler),
                Activation = parsed.GetRequiredValue(activation),
                Radial = parsed.GetRequiredValue(radial),
                CutoffShape = parsed.GetRequiredValue(shape),
                Width = parsed.GetValue(width),
                Ridge = ParseRidge(parsed.GetRequiredValue(ridge)),
                Weights = parsed.GetValue(weights) is { } text ? TargetWeightOptions.Parse(text) : new(),
                Stencil = parsed.GetRequiredValue(stencil),
                Seed = parsed.GetValue(seed),
            };

            var (model, report) = HgnModel.Train(Dataset.FromFiles(source.Read(parsed)), options, cancellation: cancellation);
            model.Save(path);
            Shared.Warn(report.Warnings);
            Output.Print(parsed.GetValue(json), ToJson(model, report, path), besideFile: Shared.TakesStandardOutput(path));
        });

        return command;
    }

    private static double? ParseRidge(string text)
    {
        if (text == "auto")
        {
            return null;
        }

        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var fraction)
            ? fraction
            : throw new HgnInputException($"--ridge is '{text}'; expected auto or a number, 0 or more.");
    }

    private static JsonObject ToJson(HgnModel model, TrainingReport report, string path) =>
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
