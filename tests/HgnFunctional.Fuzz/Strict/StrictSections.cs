using System;
using System.Collections.Generic;

namespace HgnFunctional.Fuzz.Strict;

/// <summary>The header of a data file and the words of its sections.</summary>
internal sealed class StrictSections
{
    private static readonly HashSet<string> Counts =
    [
        "atoms", "bonds", "angles", "dihedrals", "impropers",
        "atom types", "bond types", "angle types", "dihedral types", "improper types",
        "extra bond per atom", "extra angle per atom", "extra dihedral per atom", "extra improper per atom", "extra special per atom",
        "ellipsoids", "lines", "triangles", "bodies",
    ];

    private static readonly string[] Bounds = ["xlo xhi", "ylo yhi", "zlo zhi"];

    private static readonly HashSet<string> Names =
    [
        "Masses", "Atoms", "Velocities", "Bonds", "Angles", "Dihedrals", "Impropers",
        "Pair Coeffs", "PairIJ Coeffs", "Bond Coeffs", "Angle Coeffs", "Dihedral Coeffs", "Improper Coeffs",
        "BondBond Coeffs", "BondAngle Coeffs", "MiddleBondTorsion Coeffs", "EndBondTorsion Coeffs", "AngleTorsion Coeffs",
        "AngleAngleTorsion Coeffs", "BondBond13 Coeffs", "AngleAngle Coeffs",
    ];

    private readonly Dictionary<string, long> counts = [];
    private readonly Dictionary<string, List<string[]>> rows = [];
    private readonly HashSet<int> bounded = [];

    /// <summary>The lengths of the box; where the header is silent LAMMPS takes -1/2 to 1/2.</summary>
    internal double[] BoxLengths { get; } = [1, 1, 1];

    /// <summary>What stands behind the # of the line Atoms.</summary>
    internal string AtomStyle { get; private set; } = "";

    internal static StrictSections Read(StrictLines lines)
    {
        var file = new StrictSections();
        List<string[]>? section = null;
        lines.Next("a title");

        while (!lines.IsAtEnd)
        {
            var line = lines.Next("a line").Split('#', 2);
            var words = StrictLines.Words(line[0]);
            var text = string.Join(' ', words);

            if (Names.Contains(text))
            {
                section = [];
                Refusal.Unless(file.rows.TryAdd(text, section), "a section twice");
                file.AtomStyle = text == "Atoms" && line.Length == 2 ? string.Join(' ', StrictLines.Words(line[1])) : file.AtomStyle;
            }
            else if (words.Length > 0 && section is null)
            {
                file.Header(words);
            }
            else if (words.Length > 0)
            {
                section!.Add(words);
            }
        }

        Refusal.Unless(file.Has("Atoms") && file.Count("atoms") > 0, "no atoms");
        return file;
    }

    internal bool Has(string section) => rows.ContainsKey(section);

    internal long? Count(string what) => counts.TryGetValue(what, out var count) ? count : null;

    /// <summary>The rows of a section, each as wide as it must be; none if there is no such section.</summary>
    internal IEnumerable<string[]> Rows(string section, params int[] widths)
    {
        foreach (var words in rows.GetValueOrDefault(section) ?? [])
        {
            Refusal.Unless(Array.IndexOf(widths, words.Length) >= 0, $"a row of another width in the section {section}");
            yield return words;
        }
    }

    internal long Type(string what, string word, string types) => StrictNumber.Whole(what, word, 1, Count(types) ?? int.MaxValue);

    private void Header(string[] words)
    {
        var one = string.Join(' ', words[1..]);
        var axis = words.Length == 4 ? Array.IndexOf(Bounds, string.Join(' ', words[2..])) : -1;

        if (Counts.Contains(one))
        {
            Refusal.Unless(counts.TryAdd(one, StrictNumber.Whole("a count", words[0], 0, int.MaxValue)), "a line of the header twice");
        }
        else
        {
            Refusal.Unless(axis >= 0, "a line of the header that is not known");
            Refusal.Unless(bounded.Add(axis), "a line of the header twice");
            BoxLengths[axis] = StrictNumber.Real("a box bound", words[1]) - StrictNumber.Real("a box bound", words[0]);
            Refusal.Unless(double.IsFinite(BoxLengths[axis]) && BoxLengths[axis] > 0, "box bounds in the wrong order");
        }
    }
}
