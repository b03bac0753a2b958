using System.CommandLine;
using System.Threading;
using HgnFunctional.CSharp;

namespace HgnFunctional.Cli;

/// <summary><c>hgn discover</c>.</summary>
internal static class DiscoverCommand
{
    internal static Command Create(CancellationToken cancellation)
    {
        var source = new DataArguments();
        var seed = new Option<int>("--seed") { Description = "Seed of every random draw.", DefaultValueFactory = _ => new TrainingOptions().Seed };
        var json = Shared.Json();

        var command = new Command(
            "discover",
            "Shows which physics the data want: the relative force error without and with each family of laws, constants with error bars, and what nothing explains.");

        source.AddTo(command);
        command.Add(seed);
        command.Add(json);

        command.SetAction(parsed =>
        {
            var options = new TrainingOptions { Seed = parsed.GetValue(seed), ShowsEvidence = true };
            var (_, report) = HgnModel.Train(Dataset.FromFiles(source.Read(parsed)), options, cancellation: cancellation);
            Shared.Warn(report.Warnings);

            if (parsed.GetValue(json))
            {
                var result = VerdictOutput.ToJson(report.Verdict);
                result[Output.Warnings] = Shared.Sentences(report.Warnings);
                Output.Print(true, result);
            }
            else
            {
                VerdictOutput.Show(report.Verdict);
            }
        });

        return command;
    }
}
