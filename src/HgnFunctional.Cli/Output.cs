using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace HgnFunctional.Cli;

/// <summary>Prints results: one JSON object, or a table for people.</summary>
internal static class Output
{
    private static readonly JsonSerializerOptions Options = new() { WriteIndented = true };

    internal static void Json(JsonObject json) => Console.WriteLine(json.ToJsonString(Options));

    /// <summary>A two-column table of the entries of a JSON object, nested ones indented.</summary>
    internal static void Summary(JsonObject json)
    {
        var table = new Table().Border(TableBorder.None).HideHeaders().AddColumn("name").AddColumn("value");
        AddRows(table, "", json);
        PlainConsole().Write(table);
    }

    internal static void Show(Table table) => PlainConsole().Write(table);

    internal static void Print(bool asJson, JsonObject json)
    {
        if (asJson)
        {
            Json(json);
        }
        else
        {
            Summary(json);
        }
    }

    /// <summary>A number as people read it.</summary>
    internal static string Number(double number) =>
        Math.Abs(number) is 0 or (>= 0.001 and < 100000)
            ? number.ToString("0.####", CultureInfo.InvariantCulture)
            : number.ToString("0.0e0", CultureInfo.InvariantCulture);

    private static void AddRows(Table table, string indent, JsonObject json)
    {
        foreach (var (name, value) in json)
        {
            if (value is JsonObject inner)
            {
                table.AddRow(new Text(indent + name), new Text(""));
                AddRows(table, indent + "  ", inner);
            }
            else if (value is JsonArray entries)
            {
                foreach (var entry in entries)
                {
                    table.AddRow(new Text(indent + name), new Text(entry?.ToJsonString() ?? ""));
                }
            }
            else
            {
                table.AddRow(new Text(indent + name), new Text(Plain(value)));
            }
        }
    }

    private static string Plain(JsonNode? value) =>
        value?.GetValueKind() switch
        {
            null => "none",
            JsonValueKind.Number when value.AsValue().TryGetValue(out double number) && number != Math.Floor(number) => Number(number),
            JsonValueKind.String => value.GetValue<string>(),
            _ => value.ToJsonString(),
        };

    /// <summary>No colours or cursor moves: the output is the same on a screen, in a file and in a build log.</summary>
    private static IAnsiConsole PlainConsole()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(Console.Out),
        });

        console.Profile.Width = 120;
        return console;
    }
}
