using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Linq;

namespace HgnFunctional.CSharp;

// How systems are made.
public sealed partial class BodySystem
{
    /// <summary>More bodies than this are taken for a mistake.</summary>
    private const long MostBodies = 100_000_000;

    /// <summary>Names of the families of graphs that <see cref="Topology"/> knows.</summary>
    public static IReadOnlyList<string> TopologyNames { get; } = TopologyModule.all.Select(family => family.Name).ToArray();

    /// <summary>Bodies joined by bonds in open space; <see cref="WithBondTypes"/>, <see cref="WithSpecies"/> and
    /// <see cref="WithCutoff"/> say more.</summary>
    /// <param name="dimension">Number d of space dimensions, 1 to 8.</param>
    /// <param name="masses">Masses [N], copied.</param>
    /// <param name="edges">The bonds as pairs of bodies, counted from 0, each pair once, in any order and direction.</param>
    /// <exception cref="HgnInputException">A mass, a bond or the dimension is not what it should be; the message names it.</exception>
    public static BodySystem Bonded(int dimension, ReadOnlySpan<double> masses, IEnumerable<(int First, int Second)> edges)
    {
        ArgumentNullException.ThrowIfNull(edges);
        RequireAtLeastOne(nameof(dimension), dimension);
        var graph = GraphModule.tryCreate(masses.Length, edges).Expect();
        var space = CellModule.tryCreate(new double[dimension]).Expect();
        return new BodySystem(StructureModule.tryCreate(space, RelationsModule.bonds(graph), masses).Expect());
    }

    /// <summary>Bodies of which all pairs within a cutoff interact; <see cref="WithSpecies"/> tells them apart.</summary>
    /// <param name="masses">Masses [N], copied.</param>
    /// <param name="cutoff">A distance; in a periodic box bodies meet all images within it.</param>
    /// <param name="periods">Length of the box along each axis [d], one to eight; 0 leaves an axis open.</param>
    /// <exception cref="HgnInputException">A mass, the cutoff or a period is not what it should be; the message names it.</exception>
    public static BodySystem WithinCutoff(ReadOnlySpan<double> masses, double cutoff, params ReadOnlySpan<double> periods) =>
        WithinCutoff(masses, cutoff, periods, []);

    /// <summary>Bodies of which all pairs within a cutoff interact, in a skewed box: the first vector lies along x, the second in the
    /// plane of x and y, as LAMMPS has them.</summary>
    /// <param name="masses">Masses [N], copied.</param>
    /// <param name="cutoff">A distance; in a periodic box bodies meet all images within it.</param>
    /// <param name="periods">Length of each vector along its own axis [d], one to eight; 0 leaves an axis open.</param>
    /// <param name="tilts">How far each vector reaches along the axes before its own (xy, xz, yz) [d (d - 1) / 2]; none for a
    /// rectangular box.</param>
    /// <exception cref="HgnInputException">A mass, the cutoff, a period or a tilt is not what it should be; the message names
    /// it.</exception>
    public static BodySystem WithinCutoff(
        ReadOnlySpan<double> masses, double cutoff, ReadOnlySpan<double> periods, ReadOnlySpan<double> tilts)
    {
        var cell = CellModule.trySkewed(periods.ToArray(), tilts.ToArray()).Expect();
        return new BodySystem(StructureModule.tryCreate(cell, RelationsModule.within(cutoff), masses).Expect());
    }

    /// <summary>Bodies of mass 1 on a rectangular grid at unit distances, joined to their nearest neighbours along the axes, with
    /// sites. <c>Lattice(4, 4, 4)</c> is the cubic lattice of 64 bodies; the last axis runs fastest.</summary>
    /// <exception cref="HgnInputException">No axis, more than eight, or an axis without bodies.</exception>
    public static BodySystem Lattice(params ReadOnlySpan<int> sizes)
    {
        RequireAtLeastOne("the number of axes", sizes.Length);
        CellModule.tryCreate(new double[sizes.Length]).Expect();
        var bodies = 1L;

        foreach (var size in sizes)
        {
            RequireAtLeastOne(nameof(sizes), size);
            bodies = Math.Min(bodies * size, MostBodies + 1);
        }

        return bodies > MostBodies
            ? throw Interop.BadInput($"sizes ask for more than {MostBodies} bodies; expected at most as many.")
            : OfLattice(TopologyModule.grid(sizes.ToArray().ToList()));
    }

    /// <summary>A graph by name with bodies of mass 1 and sites.</summary>
    /// <param name="name">One of <see cref="TopologyNames"/>, such as "ring".</param>
    /// <param name="size">About how many bodies it has along a side, at least 1.</param>
    /// <exception cref="HgnInputException">There is no such family, or the size is below 1.</exception>
    public static BodySystem Topology(string name, int size)
    {
        ArgumentNullException.ThrowIfNull(name);
        RequireAtLeastOne(nameof(size), size);
        return OfLattice(TopologyModule.all.ByName("The topology", name, family => family.Name).Create.Invoke(size));
    }

    /// <summary>As <see cref="Bonded"/>, without exceptions for bad input.</summary>
    public static bool TryBonded(
        int dimension,
        ReadOnlySpan<double> masses,
        IEnumerable<(int First, int Second)> edges,
        [NotNullWhen(true)] out BodySystem? system,
        [NotNullWhen(false)] out string? reason)
    {
        var copy = masses.ToArray();
        return Interop.Attempt(() => Bonded(dimension, copy, edges), out system, out reason);
    }

    /// <summary>As <see cref="WithinCutoff(ReadOnlySpan{double}, double, ReadOnlySpan{double})"/>, without exceptions for bad input.</summary>
    public static bool TryWithinCutoff(
        ReadOnlySpan<double> masses,
        double cutoff,
        ReadOnlySpan<double> periods,
        [NotNullWhen(true)] out BodySystem? system,
        [NotNullWhen(false)] out string? reason)
    {
        var (copy, box) = (masses.ToArray(), periods.ToArray());
        return Interop.Attempt(() => WithinCutoff(copy, cutoff, box), out system, out reason);
    }

    private static BodySystem OfLattice(Lattice lattice) =>
        new(StructureModule.bonded(lattice.Dimension, 1.0, lattice.Graph), lattice.Sites, lattice.Name);

    private static void RequireAtLeastOne(string name, int value)
    {
        if (value < 1)
        {
            throw Interop.BadInput($"{name} is {value}; expected at least 1.");
        }
    }
}
