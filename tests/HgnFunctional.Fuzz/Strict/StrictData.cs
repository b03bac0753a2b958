using System;
using System.Collections.Generic;
using System.Linq;

namespace HgnFunctional.Fuzz.Strict;

/// <summary>A data file as the strict reader sees it; atoms by ascending id, bonds as pairs of their places.</summary>
internal sealed record StrictData(
    long[] Ids,
    long[] Types,
    double[]? Masses,
    (int First, int Second)[] Bonds,
    double[] Positions,
    double[]? Velocities,
    StrictBox Box)
{
    /// <summary>Reads data files by the letter of the LAMMPS manual (command `read_data`), and shares no code with the library.</summary>
    /// <exception cref="Refusal">The text is no data file.</exception>
    internal static StrictData Read(StrictLines lines)
    {
        var file = StrictSections.Read(lines);
        var atoms = StrictAtoms.Read(file);
        var places = atoms.Ids.Select((id, place) => (id, place)).ToDictionary(pair => pair.id, pair => pair.place);
        var masses = MassesOf(file, atoms);
        var velocities = VelocitiesOf(file, places);
        var bonds = BondsOf(file, places);
        Rows(file, places, "Angles", "angles", "angle types", 3);
        Rows(file, places, "Dihedrals", "dihedrals", "dihedral types", 4);
        Rows(file, places, "Impropers", "impropers", "improper types", 4);
        return new StrictData(atoms.Ids, atoms.Types, masses, bonds, atoms.Positions, velocities, file.Box);
    }

    private static double[]? MassesOf(StrictSections file, StrictAtoms atoms)
    {
        if (!file.Has("Masses"))
        {
            return null;
        }

        var ofType = new Dictionary<long, double>();

        foreach (var words in file.Rows("Masses", 2))
        {
            var mass = StrictNumber.Real("a mass", words[1]);
            Refusal.Unless(mass > 0, "a mass that is not above 0");
            Refusal.Unless(ofType.TryAdd(file.Type("a type", words[0], "atom types"), mass), "a type with two masses");
        }

        Refusal.Unless(file.Count("atom types") is not { } types || ofType.Count == types, "another number of masses than of types");
        Refusal.Unless(atoms.Types.All(ofType.ContainsKey), "an atom whose type has no mass");
        return ofType.Count == 0 ? null : atoms.Types.Select(type => ofType[type]).ToArray();
    }

    private static double[]? VelocitiesOf(StrictSections file, Dictionary<long, int> places)
    {
        if (!file.Has("Velocities"))
        {
            return null;
        }

        var values = new double[3 * places.Count];
        var seen = new HashSet<int>();

        foreach (var words in file.Rows("Velocities", 4))
        {
            var place = Place(places, words[0]);
            Refusal.Unless(seen.Add(place), "two velocities of one atom");

            for (var axis = 0; axis < 3; axis++)
            {
                values[3 * place + axis] = StrictNumber.Real("a velocity", words[1 + axis]);
            }
        }

        Refusal.Unless(seen.Count == places.Count, "an atom without a velocity");
        return values;
    }

    private static (int First, int Second)[] BondsOf(StrictSections file, Dictionary<long, int> places)
    {
        var bonds = Rows(file, places, "Bonds", "bonds", "bond types", 2).Select(ends => (ends[0], ends[1])).ToArray();
        var pairs = bonds.Select(bond => (Math.Min(bond.Item1, bond.Item2), Math.Max(bond.Item1, bond.Item2)));
        Refusal.Unless(pairs.Distinct().Count() == bonds.Length, "a bond twice");
        return bonds;
    }

    /// <summary>The rows of bonds, angles and so on: a number, a type, and different atoms that are there.</summary>
    private static List<int[]> Rows(
        StrictSections file, Dictionary<long, int> places, string section, string count, string types, int atoms)
    {
        var found = new List<int[]>();

        foreach (var words in file.Rows(section, 2 + atoms))
        {
            StrictNumber.Whole("the number of a row", words[0]);
            file.Type("a type", words[1], types);
            var members = words[2..].Select(word => Place(places, word)).ToArray();
            Refusal.Unless(members.Distinct().Count() == atoms, $"an atom twice in a row of {section}");
            found.Add(members);
        }

        Refusal.Unless(found.Count == (file.Count(count) ?? 0), $"another number of {count} than the header says");
        return found;
    }

    private static int Place(Dictionary<long, int> places, string word)
    {
        Refusal.Unless(places.TryGetValue(StrictNumber.Whole("an atom id", word), out var place), "an atom that is not there");
        return place;
    }
}
