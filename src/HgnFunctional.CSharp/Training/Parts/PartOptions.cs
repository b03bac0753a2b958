using System;
using System.Globalization;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.FSharp.Collections;

namespace HgnFunctional.CSharp;

/// <summary>The options of a training beside a part of it in a file, so that later steps need not be told them again.</summary>
internal static class PartOptions
{
    /// <summary>The form of a part with its options; those with blocks that no name stands for are left out.</summary>
    internal static FSharpList<Tuple<string, SavedForm>> With(TrainingOptions options, FSharpList<Tuple<string, SavedForm>> part)
    {
        var text = ToText(options);
        var body = Tuple.Create("part", SavedForm.NewFields(part));
        return text is null ? ListModule.OfSeq([body]) : ListModule.OfSeq([Tuple.Create("options", SavedForm.NewText(text)), body]);
    }

    /// <summary>The form of a part, and its options: those that are given, else those in the file.</summary>
    internal static (FSharpList<Tuple<string, SavedForm>> Part, TrainingOptions Options) Read(
        string path,
        FSharpList<Tuple<string, SavedForm>> fields,
        TrainingOptions? given)
    {
        var part = fields.FirstOrDefault(field => field.Item1 == "part")?.Item2 as SavedForm.Fields
            ?? throw new HgnInputException($"{path}: holds no part; expected a file as it was written.");

        var text = (fields.FirstOrDefault(field => field.Item1 == "options")?.Item2 as SavedForm.Text)?.Item;

        var options = given
            ?? (text is null
                ? throw new HgnInputException($"{path}: was made with blocks of one's own, whose code is in no file; expected the options that it was made with.")
                : Parse(path, text));

        return (part.Item, options);
    }

    private static string? ToText(TrainingOptions options)
    {
        if (ModelBlock.NamesOf(options.Blocks) is not { } blocks)
        {
            return null;
        }

        return new JsonObject
        {
            ["blocks"] = blocks,
            ["sampler"] = options.Sampler,
            ["activation"] = options.Activation,
            ["radial"] = options.Radial,
            ["cutoffShape"] = options.CutoffShape,
            ["width"] = options.Width,
            ["ridge"] = options.Ridge,
            ["weights"] = new JsonObject
            {
                ["velocities"] = options.Weights.Velocities,
                ["forces"] = options.Weights.Forces,
                ["energies"] = options.Weights.Energies,
                ["virials"] = options.Weights.Virials,
            },
            ["stencil"] = options.Stencil,
            ["seed"] = options.Seed,
            ["showsEvidence"] = options.ShowsEvidence,
        }.ToJsonString();
    }

    private static TrainingOptions Parse(string path, string text)
    {
        try
        {
            var json = JsonNode.Parse(text)!.AsObject();
            string TextOf(string name) => json[name]!.GetValue<string>();
            var weights = json["weights"]!.AsObject();

            return new TrainingOptions
            {
                Blocks = ModelBlock.Parse(TextOf("blocks")),
                Sampler = TextOf("sampler"),
                Activation = TextOf("activation"),
                Radial = TextOf("radial"),
                CutoffShape = TextOf("cutoffShape"),
                Width = json["width"]!.GetValue<int>(),
                Ridge = json["ridge"]?.GetValue<double>(),
                Weights = new TargetWeightOptions
                {
                    Velocities = weights["velocities"]!.GetValue<double>(),
                    Forces = weights["forces"]!.GetValue<double>(),
                    Energies = weights["energies"]!.GetValue<double>(),
                    Virials = weights["virials"]!.GetValue<double>(),
                },
                Stencil = TextOf("stencil"),
                Seed = json["seed"]!.GetValue<int>(),
                ShowsEvidence = json["showsEvidence"]!.GetValue<bool>(),
            };
        }
        catch (Exception error) when (error is JsonException or NullReferenceException or InvalidOperationException or FormatException)
        {
            throw new HgnInputException(string.Create(CultureInfo.InvariantCulture, $"{path}: holds no options of a training; expected a file as it was written."));
        }
    }
}
