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
    private string[] flags = [];
    private readonly double[] low = new double[3];
    private readonly double[] high = new double[3];

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

    private void Box(string[] boundaries)
    {
        flags = boundaries;
        Refusal.Unless(flags.Length == 3, "not three boundaries");

        for (var axis = 0; axis < 3; axis++)
        {
            var flag = flags[axis];
            Refusal.Unless(flag.Length == 2 && flag.All(letter => "pfsm".Contains(letter)), "an unknown boundary");
            Refusal.Unless(flag[0] == 'p' == (flag[1] == 'p'), "a boundary that is periodic on one side");
            var bounds = StrictLines.Words(lines.Next("box bounds"));
            Refusal.Unless(bounds.Length == 2, "not two box bounds");
            low[axis] = StrictNumber.Real("a box bound", bounds[0]);
            high[axis] = StrictNumber.Real("a box bound", bounds[1]);
            Refusal.Unless(high[axis] > low[axis] || (high[axis] == low[axis] && flag != "pp"), "box bounds in the wrong order");
            Refusal.Unless(double.IsFinite(high[axis] - low[axis]), "a box of infinite length");
        }
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
            Enumerable.Range(0, 3).Select(axis => flags[axis] == "pp" ? high[axis] - low[axis] : 0).ToArray(),
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
        var positions = scaled?.Select((fraction, k) => low[k % 3] + fraction * (high[k % 3] - low[k % 3])).ToArray();
        Refusal.Unless(positions is null || positions.All(double.IsFinite), "a position that is not finite");
        return positions;
    }
}
