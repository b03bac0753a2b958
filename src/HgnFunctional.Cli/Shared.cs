using System;
using System.Collections.Generic;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Linq;
using System.Text.Json.Nodes;
using HgnFunctional.CSharp;

namespace HgnFunctional.Cli;

/// <summary>Options that several verbs take.</summary>
internal static class Shared
{
    internal static Argument<string[]> Data() =>
        new("DATA") { Description = $"Trajectories (.gz too), recognised by what they hold: {string.Join(", ", TrajectoryFormats.Read)}.", Arity = ArgumentArity.OneOrMore };

    internal static Option<string?> Topology() =>
        new("--topology") { Description = "LAMMPS data file with the bonds and angles.", HelpName = "FILE" };

    internal static Option<string?> AtomStyle() =>
        new("--atom-style") { Description = "LAMMPS atom style of a data file that does not say it (as 'Atoms # full' does).", HelpName = "STYLE" };

    internal static Option<string?> Units() =>
        new("--units") { Description = "LAMMPS unit style, where the files name none: lj, metal, real, si, cgs; by default that of the model, or lj.", HelpName = "NAME" };

    internal static Option<string?> Pinned() =>
        new("--pinned") { Description = "Atoms that do not move, whatever acts on them: ids, ranges and types, such as 1-9,12 or type:3. Those that never move in a dump are found without; none: a run holds nobody.", HelpName = "LIST" };

    internal static Option<string?> Boundary() =>
        new("--boundary") { Description = "Axes x, y, z of a data file: p for periodic, s for open, as in pps; a cutoff needs to know. Dumps say so themselves.", HelpName = "PPS" };

    /// <summary>A sentence for each warning, on standard error: standard output holds the result alone.</summary>
    internal static void Warn(IEnumerable<string> warnings)
    {
        foreach (var warning in warnings)
        {
            Console.Error.WriteLine($"hgn: warning: {warning}");
        }
    }

    internal static JsonArray Sentences(IEnumerable<string> warnings) =>
        new(warnings.Select(warning => (JsonNode)JsonValue.Create(warning)).ToArray());

    internal static Option<bool> Json() => new("--json") { Description = "Print one JSON object and nothing else." };

    internal static Option<(int First, int? Last)> Frames() =>
        new("--frames")
        {
            Description = "Frames A to B, from 0, inclusive; all of them otherwise.",
            HelpName = "A..B",
            CustomParser = ParseFrames,
        };

    internal static Option<string?> Format() =>
        new("--format") { Description = $"The format of the output, whatever it is called: {string.Join(", ", TrajectoryFormats.Written)}.", HelpName = "NAME" };

    internal static Option<string?> EnergyKey() =>
        new("--energy-key") { Description = "The key of extended XYZ that is the energy, where several could be.", HelpName = "KEY" };

    internal static Option<string?> ForcesKey() =>
        new("--forces-key") { Description = "The column of extended XYZ that are the forces, where several could be.", HelpName = "NAME" };

    internal static Option<string?> VirialKey() =>
        new("--virial-key") { Description = "The key of extended XYZ that is the virial (eV), where several could be; none for no virials.", HelpName = "KEY" };

    internal static Option<string?> StressKey() =>
        new("--stress-key") { Description = "The key of extended XYZ that is the stress (eV/A^3, signs of ASE), where several could be; none for no stresses.", HelpName = "KEY" };

    /// <summary>A number option, parsed the same in every culture.</summary>
    internal static Option<double?> Number(string name, string description, string helpName) =>
        new(name) { Description = description, HelpName = helpName, CustomParser = result => ParseNumber(name, result) };

    /// <summary>Distances within which pairs interact: one for all, some for pairs of species, or both.</summary>
    internal static Option<(double? All, PairCutoff[] Pairs, bool None)> Cutoff() =>
        new("--cutoff")
        {
            Description = "Distance within which pairs interact, beside the bonds of a topology: one for all, A-B=R,... for pairs of types, or none where bodies do not act on each other.",
            HelpName = "R",
            CustomParser = ParseCutoff,
        };

    private static (double?, PairCutoff[], bool) ParseCutoff(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (text == "none")
        {
            return (null, [], true);
        }

        double? all = null;
        var pairs = new List<PairCutoff>();

        foreach (var part in text.Split(','))
        {
            var sides = part.Split('=');
            var names = sides.Length == 2 ? sides[0].Split('-') : [];
            var isNumber = double.TryParse(sides[^1], NumberStyles.Float, CultureInfo.InvariantCulture, out var distance);

            if (isNumber && sides.Length == 1 && all is null)
            {
                all = distance;
            }
            else if (isNumber && names.Length == 2 && names.All(name => name.Length > 0))
            {
                pairs.Add(new PairCutoff(names[0], names[1], distance));
            }
            else
            {
                result.AddError($"--cutoff is '{text}'; expected a number, or A-B=R for pairs of types, such as 1-1=2.5,1-2=3,2-2=3.");
                return (null, [], false);
            }
        }

        return (all, pairs.ToArray(), false);
    }

    internal static TrajectoryData Read(IReadOnlyList<string> files, string? topology, (int First, int? Last) frames, string? units) =>
        new() { Files = files, TopologyFile = topology, FirstFrame = frames.First, LastFrame = frames.Last, Units = units };

    /// <summary>Refuses, before any work is done, an output path that cannot be written or by which an input would be lost.</summary>
    internal static void RequireOutput(string option, string? path, params IEnumerable<string?> inputs)
    {
        if (path is null)
        {
            return;
        }

        try
        {
            OutputPath.Check(path, inputs);
        }
        catch (HgnInputException error)
        {
            throw new HgnInputException($"{option}: {error.Message}");
        }
    }

    /// <summary>Whether a file goes to standard output, so that a report goes to standard error.</summary>
    internal static bool TakesStandardOutput(string? path) => path is not null && OutputPath.IsStandardOutput(path);

    private static double? ParseNumber(string name, ArgumentResult result)
    {
        if (double.TryParse(result.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        result.AddError($"{name} is '{result.Tokens[0].Value}'; expected a number.");
        return null;
    }

    private static (int First, int? Last) ParseFrames(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        var parts = text.Split("..");

        if (parts.Length == 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            && first <= last)
        {
            return (first, last);
        }

        result.AddError($"--frames is '{text}'; expected A..B with 0 <= A <= B.");
        return (0, null);
    }
}
