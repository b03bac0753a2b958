using System;
using System.Collections.Generic;
using System.Linq;

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
    private static readonly string[] Vectors = ["avec", "bvec", "cvec", "abc origin"];

    private static readonly HashSet<string> Names =
    [
        "Masses", "Atoms", "Velocities", "Bonds", "Angles", "Dihedrals", "Impropers",
        "Pair Coeffs", "PairIJ Coeffs", "Bond Coeffs", "Angle Coeffs", "Dihedral Coeffs", "Improper Coeffs",
        "BondBond Coeffs", "BondAngle Coeffs", "MiddleBondTorsion Coeffs", "EndBondTorsion Coeffs", "AngleTorsion Coeffs",
        "AngleAngleTorsion Coeffs", "BondBond13 Coeffs", "AngleAngle Coeffs",
    ];

    private readonly Dictionary<string, long> counts = [];
    private readonly Dictionary<string, List<string[]>> rows = [];
    private readonly Dictionary<string, double[]> boxLines = [];

    /// <summary>The box, all of whose axes may be periodic; where the header is silent LAMMPS takes -1/2 to 1/2.</summary>
    internal StrictBox Box { get; private set; } = new([-0.5, -0.5, -0.5], [0.5, 0.5, 0.5], 0, 0, 0);

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

        file.Box = file.BoxOfHeader().Checked(true, true, true);
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

        if (Counts.Contains(one))
        {
            Refusal.Unless(counts.TryAdd(one, StrictNumber.Whole("a count", words[0], 0, int.MaxValue)), "a line of the header twice");
        }
        else
        {
            var name = string.Join(' ', words.SkipWhile(word => word.All(letter => !char.IsLetter(letter) || letter is 'e' or 'E')));
            var numbers = words.Length - name.Split(' ').Length;
            var width = Bounds.Contains(name) ? 2 : name == "xy xz yz" || Vectors.Contains(name) ? 3 : 0;
            Refusal.Unless(width > 0 && numbers == width, "a line of the header that is not known");
            Refusal.Unless(boxLines.TryAdd(name, words[..width].Select(word => StrictNumber.Real("a box bound", word)).ToArray()), "a line of the header twice");
        }
    }

    private StrictBox BoxOfHeader()
    {
        if (Vectors.Any(boxLines.ContainsKey))
        {
            Refusal.Unless(boxLines.Count == 4 && Vectors.All(boxLines.ContainsKey), "vectors of a box that are not the four lines");
            return StrictBox.OfVectors(boxLines["avec"], boxLines["bvec"], boxLines["cvec"], boxLines["abc origin"]);
        }

        double[] Column(int column) =>
            Bounds.Select((name, axis) => boxLines.TryGetValue(name, out var bounds) ? bounds[column] : column - 0.5).ToArray();

        var tilts = boxLines.GetValueOrDefault("xy xz yz") ?? [0, 0, 0];
        return new StrictBox(Column(0), Column(1), tilts[0], tilts[1], tilts[2]);
    }
}
