using System.CommandLine;
using System.Text.Json.Nodes;
using System.Threading;
using HgnFunctional.CSharp;

namespace HgnFunctional.Cli;

/// <summary><c>hgn convert</c>.</summary>
internal static class ConvertCommand
{
    internal static Command Create(CancellationToken cancellation)
    {
        var data = new Argument<string[]>("IN") { Description = $"Trajectories, recognised by what they hold: {string.Join(", ", TrajectoryFormats.Read)}.", Arity = ArgumentArity.OneOrMore };
        var output = new Option<string>("--out") { Description = "The file to write, in the format of its extension; - is standard output.", HelpName = "OUT", Required = true };
        var format = Shared.Format();
        var topology = Shared.Topology();
        var atomStyle = Shared.AtomStyle();
        var units = new Option<string?>("--units") { Description = "LAMMPS unit style of frames that name none: lj, metal, real, si, cgs, or ase.", HelpName = "NAME" };
        var energyKey = Shared.EnergyKey();
        var forcesKey = Shared.ForcesKey();
        var virialKey = Shared.VirialKey();
        var stressKey = Shared.StressKey();
        var json = Shared.Json();
        var command = new Command("convert", "Writes trajectories in another format.") { data, output, format, topology, atomStyle, units, energyKey, forcesKey, virialKey, stressKey, json };

        command.SetAction(parsed =>
        {
            var path = parsed.GetRequiredValue(output);
            Shared.RequireOutput("--out", path, [.. parsed.GetRequiredValue(data), parsed.GetValue(topology)]);

            var options = new TrajectoryConversion
            {
                Format = parsed.GetValue(format),
                TopologyFile = parsed.GetValue(topology),
                AtomStyle = parsed.GetValue(atomStyle),
                Units = parsed.GetValue(units),
                EnergyKey = parsed.GetValue(energyKey),
                ForcesKey = parsed.GetValue(forcesKey),
                VirialKey = parsed.GetValue(virialKey),
                StressKey = parsed.GetValue(stressKey),
            };

            var report = TrajectoryFormats.Convert(parsed.GetRequiredValue(data), path, options, cancellation);
            Shared.Warn(report.Warnings);

            var result = new JsonObject
            {
                ["format"] = report.Format,
                ["frames"] = report.Frames,
                [Output.Warnings] = Shared.Sentences(report.Warnings),
            };

            Output.Print(parsed.GetValue(json), result, besideFile: Shared.TakesStandardOutput(path));
        });

        return command;
    }
}
