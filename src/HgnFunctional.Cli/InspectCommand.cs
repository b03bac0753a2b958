using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Linq;
using System.Text.Json.Nodes;
using System.Threading;
using HgnFunctional.CSharp;

namespace HgnFunctional.Cli;

/// <summary><c>hgn inspect</c>.</summary>
internal static class InspectCommand
{
    internal static Command Create(CancellationToken cancellation)
    {
        var file = new Argument<string>("FILE") { Description = "A model, a LAMMPS text dump, or a LAMMPS data file." };
        var json = Shared.Json();
        var command = new Command("inspect", "Tells what a file holds.") { file, json };
        command.SetAction(parsed => Output.Print(parsed.GetValue(json), ToJson(FileSummary.Read(parsed.GetRequiredValue(file), cancellation))));
        return command;
    }

    private static JsonObject ToJson(FileSummary summary) =>
        summary switch
        {
            FileSummary.OfModel found => OfModel(found.Model),
            FileSummary.OfDump dump => OfDump(dump),
            FileSummary.OfData data => new JsonObject
            {
                ["kind"] = "data",
                ["bodies"] = data.Bodies,
                ["bonds"] = data.Bonds,
                ["angles"] = data.Angles,
                ["boundary"] = "not said: --boundary",
                ["masses"] = data.HasMasses,
                ["velocities"] = data.HasVelocities,
            },
            _ => throw new InvalidOperationException($"{summary} is of no known kind."),
        };

    /// <summary>The names, none where they tell nothing apart.</summary>
    private static JsonArray Names(IReadOnlyList<string> names) => Shared.Sentences(names.Where(name => name.Length > 0));

    private static JsonObject OfDump(FileSummary.OfDump dump)
    {
        var found = new JsonObject
        {
            ["kind"] = dump.Format,
            ["frames"] = dump.Frames,
            ["bodies"] = dump.Bodies,
            ["firstStep"] = dump.FirstStep,
            ["lastStep"] = dump.LastStep,
            ["columns"] = string.Join(' ', dump.Columns),
            ["periods"] = string.Join(' ', dump.Periods.Select(period => period > 0 ? Output.Number(period) : "open")),
        };

        if (dump.Tilts.Count > 0)
        {
            found["tilts"] = string.Join(' ', dump.Tilts.Select(Output.Number));
        }

        return found;
    }

    private static JsonObject OfModel(HgnModel model) =>
        new()
        {
            ["kind"] = "model",
            ["libraryVersion"] = model.LibraryVersion,
            ["seed"] = model.Seed,
            ["sampler"] = model.Sampler,
            ["frames"] = model.Frames,
            ["cutoff"] = model.Cutoff,
            ["cutoffs"] = Shared.Sentences(model.PairCutoffs.Select(pair => $"{pair.First}-{pair.Second}={Output.Number(pair.Distance)}")),
            ["species"] = Names(model.Species),
            ["bondTypes"] = Names(model.BondTypes),
            ["angleTypes"] = Names(model.AngleTypes),
            ["attributes"] = Shared.Sentences(model.Attributes),
            ["driven"] = model.IsDriven,
            ["constants"] = VerdictOutput.Constants(model.Constants),
            ["units"] = model.Units,
            ["dataSha256"] = model.DataHash,
            ["terms"] = new JsonArray(model.Terms
                .Select(term => (JsonNode)new JsonObject
                {
                    ["kind"] = term.Kind,
                    ["features"] = term.Features,
                    ["invariant"] = term.Invariant,
                    ["low"] = term.Low,
                    ["high"] = term.High,
                })
                .ToArray()),
        };
}
