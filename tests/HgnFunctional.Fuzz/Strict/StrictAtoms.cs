using System;
using System.Collections.Generic;
using System.Linq;

namespace HgnFunctional.Fuzz.Strict;

/// <summary>The section Atoms, by ascending id; image flags have moved the positions by vectors of the box.</summary>
internal sealed record StrictAtoms(long[] Ids, long[] Types, double[] Positions)
{
    private sealed record Layout(int Type, int X, int Molecule = -1, int Charge = -1);

    private sealed record Atom(long Id, long Type, double[] Position);

    /// <summary>Places of the columns by atom style (LAMMPS manual, command `read_data`, the table of the section Atoms).</summary>
    private static readonly Dictionary<string, Layout> Layouts = new()
    {
        ["atomic"] = new(1, 2),
        ["charge"] = new(1, 3, Charge: 2),
        ["bond"] = new(2, 3, Molecule: 1),
        ["angle"] = new(2, 3, Molecule: 1),
        ["molecular"] = new(2, 3, Molecule: 1),
        ["full"] = new(2, 4, Molecule: 1, Charge: 3),
    };

    internal static StrictAtoms Read(StrictSections file)
    {
        var style = file.AtomStyle == "" ? "atomic" : file.AtomStyle;
        Refusal.Unless(Layouts.TryGetValue(style, out var layout), "an unknown atom style");
        var rows = file.Rows("Atoms", layout!.X + 3, layout.X + 6).ToArray();
        Refusal.Unless(rows.Length == file.Count("atoms"), "another number of atoms than the header says");
        // Image flags stand on all lines or on none.
        Refusal.Unless(rows.All(words => words.Length == rows[0].Length), "image flags on some lines only");
        var atoms = rows.Select(words => Row(file, layout, words)).OrderBy(atom => atom.Id).ToArray();
        Refusal.Unless(atoms.DistinctBy(atom => atom.Id).Count() == atoms.Length, "an id twice");

        return new StrictAtoms(
            atoms.Select(atom => atom.Id).ToArray(),
            atoms.Select(atom => atom.Type).ToArray(),
            atoms.SelectMany(atom => atom.Position).ToArray());
    }

    private static Atom Row(StrictSections file, Layout layout, string[] words)
    {
        if (layout.Molecule >= 0)
        {
            StrictNumber.Whole("a molecule", words[layout.Molecule]);
        }

        if (layout.Charge >= 0)
        {
            StrictNumber.Real("a charge", words[layout.Charge]);
        }

        var position = words[layout.X..(layout.X + 3)].Select(word => StrictNumber.Real("a position", word)).ToArray();

        if (words.Length == layout.X + 6)
        {
            var images = words[(layout.X + 3)..].Select(word => (double)StrictNumber.Whole("an image flag", word)).ToArray();
            position = file.Box.Away(position, images);
        }

        Refusal.Unless(position.All(double.IsFinite), "a position that is not finite");
        return new Atom(StrictNumber.Whole("an id", words[0]), file.Type("a type", words[layout.Type], "atom types"), position);
    }
}
