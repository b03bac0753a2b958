using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json.Nodes;
using HgnFunctional.CSharp;
using Spectre.Console;

namespace HgnFunctional.Cli;

/// <summary>Prints what a fit found.</summary>
internal static class VerdictOutput
{
    internal static JsonObject ToJson(VerdictReport verdict) =>
        new()
        {
            ["pinnedBodies"] = verdict.PinnedBodies,
            ["errors"] = Errors(verdict.Errors),
            ["families"] = Array(verdict.Families.Select(family => new JsonObject
            {
                ["family"] = family.Family,
                ["wanted"] = family.IsWanted,
                ["inModel"] = family.IsInModel,
                ["standing"] = family.Standing,
                ["errorWithout"] = family.Without,
                ["errorWith"] = family.With,
            })),
            ["constants"] = Constants(verdict.Constants),
            ["unexplained"] = verdict.Unexplained,
            ["noise"] = verdict.Noise,
        };

    internal static JsonArray Errors(IEnumerable<TargetErrorReport> errors) =>
        Array(errors.Select(error => new JsonObject
        {
            ["target"] = error.Target,
            ["species"] = error.Species,
            ["group"] = error.Group,
            ["relative"] = error.Relative,
            ["rootMeanSquare"] = error.RootMeanSquare,
            ["meanAbsolute"] = error.MeanAbsolute,
        }));

    internal static JsonArray Constants(IEnumerable<ConstantReport> constants) =>
        Array(constants.Select(constant => new JsonObject
        {
            ["quantity"] = constant.Quantity,
            ["bodies"] = constant.Bodies,
            ["component"] = constant.Component,
            ["value"] = constant.Value,
            ["deviation"] = double.IsNaN(constant.Deviation) ? null : constant.Deviation,
        }));

    /// <summary>The evidence as a table for people.</summary>
    internal static void Show(VerdictReport verdict)
    {
        var families = new Table().Border(TableBorder.Simple).AddColumns("family", "error without", "error with", "standing");

        foreach (var family in verdict.Families.OrderByDescending(family => family.IsWanted).ThenByDescending(family => family.IsInModel).ThenByDescending(family => family.Without / family.With))
        {
            families.AddRow(new Text(family.Family), Number(family.Without), Number(family.With), new Text(Output.Harmless(family.Standing)));
        }

        Output.Show(families);

        if (verdict.Constants.Count > 0)
        {
            var constants = new Table().Border(TableBorder.Simple).AddColumns("constant", "bodies", "component", "value", "deviation");

            foreach (var constant in verdict.Constants)
            {
                constants.AddRow(
                    new Text(constant.Quantity),
                    new Text(Output.Harmless(constant.Bodies)),
                    new Text(constant.Component),
                    new Text(constant.Value.ToString("G10", System.Globalization.CultureInfo.InvariantCulture)),
                    Number(constant.Deviation));
            }

            Output.Show(constants);

            if (verdict.Unexplained > 0.01)
            {
                Console.WriteLine("Deviations take what is unexplained for noise: as long as it is much, constants may be off by more.");
            }
        }

        var errors = new Table().Border(TableBorder.Simple).AddColumns("target", "of", "relative error", "root mean square", "mean absolute");

        foreach (var error in verdict.Errors)
        {
            errors.AddRow(new Text(error.Target), new Text(Output.Harmless(error.Species ?? error.Group ?? "all")), Number(error.Relative), Number(error.RootMeanSquare), Number(error.MeanAbsolute));
        }

        Output.Show(errors);
        Output.Summary(new JsonObject { ["pinnedBodies"] = verdict.PinnedBodies, ["unexplained"] = verdict.Unexplained, ["noise"] = verdict.Noise });
    }

    private static Text Number(double number) => new(Output.Number(number));

    private static JsonArray Array(IEnumerable<JsonObject> entries) => new(entries.ToArray<JsonNode?>());
}
