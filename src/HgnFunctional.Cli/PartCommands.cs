using System.CommandLine;
using System.Globalization;
using System.Linq;
using System.Text.Json.Nodes;
using System.Threading;
using HgnFunctional.CSharp;

namespace HgnFunctional.Cli;

/// <summary><c>hgn survey</c>, <c>plan</c>, <c>accumulate</c>, <c>merge</c> and <c>solve</c>: the steps of <c>hgn train</c> one by one, on files, in
/// shares that any launcher may hand out.</summary>
internal static class PartCommands
{
    internal static Command Survey(CancellationToken cancellation)
    {
        var source = new DataArguments();
        var learning = new TrainingArguments();
        var shard = ShardOption();
        var output = PartOutput("The survey to write.", "SURVEY");
        var json = Shared.Json();
        var command = new Command("survey", "The first step of train: what the data hold, or a share of them.");
        source.AddTo(command);
        learning.AddTo(command);
        AddAll(command, shard, output, json);

        command.SetAction(parsed =>
        {
            var path = parsed.GetRequiredValue(output);
            Shared.RequireOutput("--out", path, source.Inputs(parsed));
            var survey = TrainingSurvey.Of(Dataset.FromFiles(source.Read(parsed)), learning.Read(parsed), ShardOf(parsed.GetValue(shard)), cancellation);
            survey.Save(path);
            Output.Print(parsed.GetValue(json), OfSurvey(survey, path));
        });

        return command;
    }

    internal static Command Plan()
    {
        var survey = new Argument<string>("SURVEY") { Description = "The survey of all frames." };
        var output = PartOutput("The plan to write.", "PLAN");
        var json = Shared.Json();
        var command = new Command("plan", "The second step: which laws the data want, and their columns.") { survey, output, json };

        command.SetAction(parsed =>
        {
            var path = parsed.GetRequiredValue(output);
            Shared.RequireOutput("--out", path, parsed.GetRequiredValue(survey));
            var plan = TrainingSurvey.Load(parsed.GetRequiredValue(survey)).Plan();
            plan.Save(path);
            Output.Print(parsed.GetValue(json), OfPlan(plan, path));
        });

        return command;
    }

    internal static Command Accumulate(CancellationToken cancellation)
    {
        var plan = new Argument<string>("PLAN") { Description = "The plan." };
        var source = new DataArguments();
        var shard = ShardOption();
        var onto = new Option<string?>("--onto") { Description = "An accumulation of the surveyed frames that takes these frames as further ones.", HelpName = "ROWS" };
        var output = PartOutput("The accumulation to write.", "ROWS");
        var json = Shared.Json();
        var command = new Command("accumulate", "The third step: folds the rows of the surveyed frames, or of a share of them.") { plan };
        source.AddTo(command);
        AddAll(command, shard, onto, output, json);

        command.SetAction(parsed =>
        {
            var path = parsed.GetRequiredValue(output);
            Shared.RequireOutput("--out", path, [.. source.Inputs(parsed), parsed.GetRequiredValue(plan)]);
            var known = TrainingPlan.Load(parsed.GetRequiredValue(plan));
            var data = Dataset.FromFiles(source.Read(parsed));

            var rows = parsed.GetValue(onto) is { } before
                ? parsed.GetValue(shard) is null
                    ? TrainingAccumulation.Load(before, known).Add(data, cancellation)
                    : throw new HgnInputException("--onto and --shard were both given; expected one of the two.")
                : known.Accumulate(data, ShardOf(parsed.GetValue(shard)), cancellation);

            rows.Save(path);
            Output.Print(parsed.GetValue(json), OfRows(rows, path));
        });

        return command;
    }

    internal static Command Merge()
    {
        var parts = new Argument<string[]>("PART") { Description = "Surveys, or accumulations of one plan, in any order.", Arity = ArgumentArity.OneOrMore };
        var plan = new Option<string?>("--plan") { Description = "The plan of the accumulations.", HelpName = "PLAN" };
        var output = PartOutput("The part to write.", "PART");
        var json = Shared.Json();
        var command = new Command("merge", "Merges the parts of all shares.") { parts, plan, output, json };

        command.SetAction(parsed =>
        {
            var path = parsed.GetRequiredValue(output);
            var files = parsed.GetRequiredValue(parts);
            Shared.RequireOutput("--out", path, parsed.GetValue(plan));

            if (parsed.GetValue(plan) is { } known)
            {
                var loaded = TrainingPlan.Load(known);
                var rows = TrainingAccumulation.Merge([.. files.Select(file => TrainingAccumulation.Load(file, loaded))]);
                rows.Save(path);
                Output.Print(parsed.GetValue(json), OfRows(rows, path));
            }
            else
            {
                var survey = TrainingSurvey.Merge([.. files.Select(file => TrainingSurvey.Load(file))]);
                survey.Save(path);
                Output.Print(parsed.GetValue(json), OfSurvey(survey, path));
            }
        });

        return command;
    }

    internal static Command Solve()
    {
        var plan = new Argument<string>("PLAN") { Description = "The plan." };
        var rows = new Argument<string[]>("ROWS") { Description = "The accumulations of all shares, merged or not.", Arity = ArgumentArity.OneOrMore };
        var output = new Option<string>("--out") { Description = "The model file to write; - is standard output.", HelpName = "MODEL", Required = true };
        var next = new Option<string?>("--next") { Description = "Where to write the plan of another round, if one may do better: motions without forces, and the sampler a-swim.", HelpName = "PLAN" };
        var json = Shared.Json();
        var command = new Command("solve", "The last step: the model of a plan and its rows.") { plan, rows, output, next, json };

        command.SetAction(parsed =>
        {
            var path = parsed.GetRequiredValue(output);
            Shared.RequireOutput("--out", path, [.. parsed.GetRequiredValue(rows), parsed.GetRequiredValue(plan)]);
            var known = TrainingPlan.Load(parsed.GetRequiredValue(plan));
            var all = TrainingAccumulation.Merge([.. parsed.GetRequiredValue(rows).Select(file => TrainingAccumulation.Load(file, known))]);
            var solution = all.Solve();
            var again = solution.Next is not null && parsed.GetValue(next) is { } place ? place : null;

            if (known.IsDraft && again is null)
            {
                throw new HgnInputException("The plan is a draft, whose fit is but for the next plan; expected --next PLAN.");
            }

            if (solution.Improves)
            {
                solution.Model.Save(path);
            }

            if (again is not null)
            {
                solution.Next!.Save(again);
            }

            Shared.Warn(solution.Report.Warnings);

            if (!solution.Improves)
            {
                Shared.Warn([$"this round is no better than the one before, whose model stays; {path} was not written."]);
            }

            var result = TrainCommand.ToJson(solution.Model, solution.Report, path);
            result["improves"] = solution.Improves;
            result["next"] = again;
            Output.Print(parsed.GetValue(json), result, besideFile: Shared.TakesStandardOutput(path));
        });

        return command;
    }

    private static Option<string?> ShardOption() =>
        new("--shard") { Description = $"A share of the frames: k/K with k from 0, or /K, where {string.Join(", ", TrainingShard.Variables)} says k.", HelpName = "k/K" };

    private static TrainingShard? ShardOf(string? text) => text is null ? null : TrainingShard.Parse(text);

    private static Option<string> PartOutput(string description, string name) => new("--out") { Description = description, HelpName = name, Required = true };

    private static void AddAll(Command command, params Option[] options)
    {
        foreach (var option in options)
        {
            command.Add(option);
        }
    }

    private static JsonObject OfSurvey(TrainingSurvey survey, string path) =>
        new()
        {
            ["frames"] = survey.Frames,
            ["measured"] = string.Join(", ", survey.Measured),
            ["dataSha256"] = survey.DataHash,
            ["survey"] = path,
        };

    private static JsonObject OfPlan(TrainingPlan plan, string path) =>
        new()
        {
            ["frames"] = plan.Frames,
            ["columns"] = string.Join(", ", plan.Columns.Select(system => string.Create(CultureInfo.InvariantCulture, $"{system.Key} {system.Value}"))),
            ["isDraft"] = plan.IsDraft,
            ["plan"] = path,
        };

    private static JsonObject OfRows(TrainingAccumulation rows, string path) =>
        new() { ["frames"] = rows.Frames, ["rows"] = rows.Rows, ["accumulation"] = path };
}
