using System;
using System.Collections.Generic;
using System.Linq;

namespace HgnFunctional.Fuzz.Strict;

/// <summary>A frame as the strict reader sees it; atoms by ascending id, arrays row-major [atoms x 3].</summary>
internal sealed record StrictFrame(
    long Timestep,
    string? Units,
    string[] Columns,
    long[] Ids,
    double[] Periods,
    double[] Tilts,
    string[]? Types,
    double[]? Charges,
    double[]? Masses,
    double[] Positions,
    double[]? Velocities,
    double[]? Forces);

/// <summary>Reads text dumps by the letter of the LAMMPS manual (command `dump`, styles atom and custom), and shares no code with
/// the library.</summary>
internal sealed class StrictDump
{
    private readonly StrictLines lines;
    private readonly HashSet<string> seen = [];
    private long timestep;
    private string? units;
    private long atoms;
    private bool[] periodic = [];
    private StrictBox? box;

    private StrictDump(StrictLines lines) => this.lines = lines;

    /// <exception cref="Refusal">The text is no dump.</exception>
    internal static List<StrictFrame> Read(StrictLines lines)
    {
        var reader = new StrictDump(lines);
        var frames = new List<StrictFrame>();
        lines.SkipBlank();

        while (!lines.IsAtEnd)
        {
            frames.Add(reader.Frame());
            lines.SkipBlank();
        }

        Refusal.Unless(frames.Count > 0, "no frame");
        return frames;
    }

    private StrictFrame Frame()
    {
        seen.Clear();

        while (true)
        {
            var words = StrictLines.Words(lines.Next("the rest of a frame"));
            var header = string.Join(' ', words);

            if (header.StartsWith("ITEM: BOX BOUNDS", StringComparison.Ordinal))
            {
                Once("box bounds");
                Box(words[3..]);
            }
            else if (header.StartsWith("ITEM: ATOMS ", StringComparison.Ordinal))
            {
                Refusal.Unless(seen.IsSupersetOf(["time step", "number of atoms", "box bounds"]), "a frame without its header");
                return Atoms(words[2..]);
            }
            else
            {
                Value(header);
            }
        }
    }

    private void Once(string header) => Refusal.Unless(seen.Add(header), $"the {header} twice in a frame");

    private void Value(string header)
    {
        string OneWord(string what)
        {
            Once(what);
            var words = StrictLines.Words(lines.Next(what));
            Refusal.Unless(words.Length == 1, $"the {what} is not one word");
            return words[0];
        }

        switch (header)
        {
            case "ITEM: TIMESTEP":
                timestep = StrictNumber.Whole("the time step", OneWord("time step"));
                break;
            case "ITEM: NUMBER OF ATOMS":
                atoms = StrictNumber.Whole("the number of atoms", OneWord("number of atoms"), 1, int.MaxValue);
                break;
            case "ITEM: TIME":
                StrictNumber.Real("the time", OneWord("time"));
                break;
            case "ITEM: UNITS":
                // Named above the first frame, and true of all.
                units = OneWord("unit style");
                break;
            default:
                throw new Refusal("a line that is no known ITEM:");
        }
    }

    private void Box(string[] words)
    {
        var isTilted = words.Length == 6 && string.Join(' ', words[..3]) == "xy xz yz";
        var isVectors = words.Length == 5 && string.Join(' ', words[..2]) == "abc origin";
        var flags = isTilted ? words[3..] : isVectors ? words[2..] : words;
        Refusal.Unless(flags.Length == 3, "not three boundaries");

        foreach (var flag in flags)
        {
            Refusal.Unless(flag.Length == 2 && flag.All(letter => "pfsm".Contains(letter)), "an unknown boundary");
            Refusal.Unless(flag[0] == 'p' == (flag[1] == 'p'), "a boundary that is periodic on one side");
        }

        periodic = flags.Select(flag => flag == "pp").ToArray();
        var width = isVectors ? 4 : isTilted ? 3 : 2;

        var rows = Enumerable.Range(0, 3).Select(_ =>
        {
            var numbers = StrictLines.Words(lines.Next("box bounds"));
            Refusal.Unless(numbers.Length == width, "a line of box bounds of another width");
            return numbers.Select(number => StrictNumber.Real("a box bound", number)).ToArray();
        }).ToArray();

        double[] Column(int column) => rows.Select(row => row[column]).ToArray();

        box = (isVectors ? StrictBox.OfVectors(rows[0][..3], rows[1][..3], rows[2][..3], Column(3))
            : isTilted ? StrictBox.Within(Column(0), Column(1), rows[0][2], rows[1][2], rows[2][2])
            : new StrictBox(Column(0), Column(1), 0, 0, 0)).Checked(periodic);
    }

    private StrictFrame Atoms(string[] columns)
    {
        Refusal.Unless(columns.Distinct().Count() == columns.Length, "a column named twice");
        var rows = new List<(long Id, string[] Words)>();
        var id = Array.IndexOf(columns, "id");
        var type = Array.IndexOf(columns, "type");
        var types = new List<string>();
        Refusal.Unless(id >= 0, "no column id");

        for (var row = 0L; row < atoms; row++)
        {
            var words = StrictLines.Words(lines.Next("a row"));
            Refusal.Unless(words.Length == columns.Length, "a row of another width than the columns");
            rows.Add((StrictNumber.Whole("an id", words[id]), words));

            if (type >= 0)
            {
                types.Add(words[type]);
            }
        }

        // Numbers throughout, or the names that LAMMPS lets types have, which begin with a letter.
        Refusal.Unless(types.All(StrictNumber.IsWhole) || types.All(name => char.IsLetter(name[0])), "types that are neither numbers nor names");
        Refusal.Unless(rows.DistinctBy(row => row.Id).Count() == rows.Count, "an id twice");
        rows.Sort((a, b) => a.Id.CompareTo(b.Id));
        double[]? Columns(params string[] names) => Table(columns, rows, names);

        return new StrictFrame(
            timestep,
            units,
            columns,
            rows.Select(row => row.Id).ToArray(),
            box!.Lengths.Zip(periodic, (length, isPeriodic) => isPeriodic ? length : 0).ToArray(),
            box.Shortest(periodic),
            type < 0 ? null : rows.Select(row => row.Words[type]).ToArray(),
            Columns("q"),
            Columns("mass"),
            Columns("xu", "yu", "zu")
                ?? Columns("x", "y", "z")
                ?? Unscaled(Columns("xsu", "ysu", "zsu"))
                ?? Unscaled(Columns("xs", "ys", "zs"))
                ?? throw new Refusal("no positions"),
            Columns("vx", "vy", "vz"),
            Columns("fx", "fy", "fz"));
    }

    private static double[]? Table(string[] columns, List<(long Id, string[] Words)> rows, string[] names)
    {
        var places = names.Select(name => Array.IndexOf(columns, name)).ToArray();

        return places.Contains(-1)
            ? null
            : rows.SelectMany(row => places.Select(place => StrictNumber.Real("a column", row.Words[place]))).ToArray();
    }

    private double[]? Unscaled(double[]? scaled)
    {
        var positions = scaled?.Chunk(3).SelectMany(parts => box!.Away(box.Low, parts)).ToArray();
        Refusal.Unless(positions is null || positions.All(double.IsFinite), "a position that is not finite");
        return positions;
    }
}
