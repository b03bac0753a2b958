using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace HgnFunctional.Cli;

/// <summary>Prints results: one JSON object, or a table for people.</summary>
internal static class Output
{
    /// <summary>Numbers that are not finite, which JSON lacks, become the texts "Infinity", "-Infinity" and "NaN".</summary>
    private static readonly JsonSerializerOptions Options = new()
    {
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>The field of warnings.</summary>
    internal const string Warnings = "warnings";

    /// <summary>For entries of lists in tables.</summary>
    private static readonly JsonSerializerOptions OneLine = new(Options) { WriteIndented = false };

    /// <summary>A two-column table of the entries of a JSON object, nested ones indented.</summary>
    internal static void Summary(JsonObject json) => Summary(Console.Out, json);

    internal static void Show(Table table) => PlainConsole(Console.Out).Write(table);

    /// <summary>Prints a result; to standard error where standard output carries a file.</summary>
    internal static void Print(bool asJson, JsonObject json, bool besideFile = false)
    {
        var writer = besideFile ? Console.Error : Console.Out;

        if (asJson)
        {
            writer.WriteLine(json.ToJsonString(Options));
        }
        else
        {
            Summary(writer, json);
        }
    }

    /// <summary>A number as people read it.</summary>
    internal static string Number(double number) =>
        !double.IsFinite(number) || Math.Abs(number) is 0 or (>= 0.001 and < 100000)
            ? number.ToString("0.####", CultureInfo.InvariantCulture)
            : number.ToString("0.0e0", CultureInfo.InvariantCulture);

    /// <summary>A text of a file or an argument without what would move a terminal's cursor or colour it.</summary>
    internal static string Harmless(string text) =>
        string.Create(text.Length, text, static (letters, text) =>
        {
            for (var k = 0; k < letters.Length; k++)
            {
                var isHarmless = char.GetUnicodeCategory(text[k]) is not (
                    UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
                letters[k] = isHarmless ? text[k] : '?';
            }
        });

    private static void Summary(TextWriter writer, JsonObject json)
    {
        var table = new Table().Border(TableBorder.None).HideHeaders().AddColumn("name").AddColumn("value");
        AddRows(table, "", json);
        PlainConsole(writer).Write(table);
    }

    private static void AddRows(Table table, string indent, JsonObject json)
    {
        foreach (var (name, value) in json)
        {
            if (name == Warnings)
            {
                // They stand on standard error already.
            }
            else if (value is JsonObject inner)
            {
                table.AddRow(new Text(indent + name), new Text(""));
                AddRows(table, indent + "  ", inner);
            }
            else if (value is JsonArray entries)
            {
                foreach (var entry in entries)
                {
                    if (entry is JsonObject fields)
                    {
                        // What a flag says, the words beside it say better.
                        var parts = fields.Where(field => field.Value?.GetValueKind() is not (JsonValueKind.True or JsonValueKind.False)).Select(field => Digits(field.Value)).Where(part => part is not ("" or "none"));
                        table.AddRow(new Text(indent + name), new Text(string.Join("  ", parts)));
                        continue;
                    }

                    table.AddRow(new Text(indent + name), new Text(Plain(entry)));
                }
            }
            else
            {
                table.AddRow(new Text(indent + name), new Text(Plain(value)));
            }
        }
    }

    /// <summary>As <see cref="Plain"/>, with six digits: constants of nature have them.</summary>
    private static string Digits(JsonNode? value) =>
        value?.GetValueKind() is JsonValueKind.Number && value.AsValue().TryGetValue(out double number)
            ? number.ToString("G6", CultureInfo.InvariantCulture)
            : Plain(value);

    private static string Plain(JsonNode? value) =>
        value?.GetValueKind() switch
        {
            null => "none",
            JsonValueKind.Number when value.AsValue().TryGetValue(out double number) && !(double.IsInteger(number) && Math.Abs(number) < 1e9) => Number(number),
            JsonValueKind.String => Harmless(value.GetValue<string>()),
            _ => value.ToJsonString(OneLine),
        };

    /// <summary>No colours or cursor moves: the output is the same on a screen, in a file and in a build log.</summary>
    private static IAnsiConsole PlainConsole(TextWriter writer)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });

        console.Profile.Width = 120;
        return console;
    }
}
