using System.CommandLine;
using System.Text.Json.Nodes;
using System.Threading;
using HgnFunctional.CSharp;

namespace HgnFunctional.Cli;

/// <summary><c>hgn evaluate</c>.</summary>
internal static class EvaluateCommand
{
    internal static Command Create(CancellationToken cancellation)
    {
        var model = new Argument<string>("MODEL") { Description = "A model file." };
        var data = Shared.Data();
        var topology = Shared.Topology();
        var atomStyle = Shared.AtomStyle();
        var mass = Shared.Number("--mass", "Mass of every body, where the files give none.", "M");
        var units = Shared.Units();
        var pinned = Shared.Pinned();
        var energyKey = Shared.EnergyKey();
        var forcesKey = Shared.ForcesKey();
        var virialKey = Shared.VirialKey();
        var stressKey = Shared.StressKey();
        var frames = Shared.Frames();
        var json = Shared.Json();
        var command = new Command("evaluate", "Compares a model with trajectories.") { model, data, topology, atomStyle, mass, units, pinned, energyKey, forcesKey, virialKey, stressKey, frames, json };

        command.SetAction(parsed =>
        {
            var loaded = HgnModel.Load(parsed.GetRequiredValue(model));

            var source = Shared.Read(parsed.GetRequiredValue(data), parsed.GetValue(topology), parsed.GetValue(frames), parsed.GetValue(units)) with
            {
                AtomStyle = parsed.GetValue(atomStyle),
                Mass = parsed.GetValue(mass),
                Pinned = parsed.GetValue(pinned),
                EnergyKey = parsed.GetValue(energyKey),
                ForcesKey = parsed.GetValue(forcesKey),
                VirialKey = parsed.GetValue(virialKey),
                StressKey = parsed.GetValue(stressKey),
            };

            var report = loaded.Evaluate(source, cancellation);
            Shared.Warn(report.Warnings);
            Output.Print(parsed.GetValue(json), ToJson(report));
        });

        return command;
    }

    private static JsonObject ToJson(EvaluationReport report) =>
        new()
        {
            ["frames"] = report.Frames,
            ["bodies"] = report.Bodies,
            ["pinnedBodies"] = report.PinnedBodies,
            ["relativeForceError"] = double.IsNaN(report.RelativeForceError) ? null : report.RelativeForceError,
            ["relativeVelocityError"] = double.IsNaN(report.RelativeVelocityError) ? null : report.RelativeVelocityError,
            ["mse"] = report.Mse,
            ["energyDeviation"] = report.EnergyDeviation,
            ["outOfRangeFraction"] = report.OutOfRangeFraction,
            ["errors"] = VerdictOutput.Errors(report.Errors),
            [Output.Warnings] = Shared.Sentences(report.Warnings),
        };
}
