using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.FSharp.Core;

namespace HgnFunctional.CSharp;

/// <summary>All that is fixed about N bodies in d dimensions: masses, species, space, which pairs interact, and perhaps a site for each
/// body to start from. Units are those of the data. Immutable: one system can be shared by threads.</summary>
public sealed partial class BodySystem
{
    private readonly double[] sites;

    internal BodySystem(Structure structure, double[]? sites = null, string? name = null)
    {
        Core = structure;
        this.sites = sites ?? [];
        Name = name;
    }

    internal Structure Core { get; }

    /// <summary>What the graph is called, with its size; null for a system that was not made by name.</summary>
    public string? Name { get; }

    /// <summary>Number N of bodies.</summary>
    public int Bodies => Core.Bodies;

    /// <summary>Number d of space dimensions.</summary>
    public int Dimension => Core.Dimension;

    /// <summary>Masses [N].</summary>
    public ReadOnlySpan<double> Masses => Core.Masses;

    /// <summary>Length of the box along each axis [d]; 0 where it is open.</summary>
    public ReadOnlySpan<double> Periods => Core.Cell.Periods;

    /// <summary>How far each vector of a skewed box reaches along the axes before its own (xy, xz, yz) [d (d - 1) / 2], at most half
    /// the period; empty for a rectangular one.</summary>
    public ReadOnlySpan<double> Tilts => Core.Cell.Tilts;

    /// <summary>The distance within which all pairs interact; null for a system of bonds alone.</summary>
    public double? Cutoff => Core.Relations.Cutoff?.Value;

    /// <summary>The bonds as pairs of bodies, counted from 0, sorted, the lower body first; empty for a system without.</summary>
    public IReadOnlyList<(int First, int Second)> Bonds =>
        Core.Relations.Bonds is { } bonds ? GraphModule.edges(bonds.Value.Graph) : [];

    /// <summary>The type of each of the <see cref="Bonds"/>; "" where nobody named it.</summary>
    public IReadOnlyList<string> BondTypes => Core.Relations.Bonds is { } bonds ? NamingModule.toArray(bonds.Value.Types) : [];

    /// <summary>The species of each body [N]; "" where nobody named it.</summary>
    public IReadOnlyList<string> Species => NamingModule.toArray(Core.Species);

    /// <summary>A place for each body, row-major [N x d]; empty for a system without.</summary>
    public ReadOnlySpan<double> Sites => sites;

    /// <summary>The same bodies with other masses [N].</summary>
    /// <exception cref="HgnInputException">There are not N masses, or one is not a finite number above 0.</exception>
    public BodySystem WithMasses(ReadOnlySpan<double> masses)
    {
        Interop.RequireLength(nameof(masses), Bodies, masses.Length, "one for each body");
        return Rebuilt(Core.Relations, masses);
    }

    /// <summary>The same bodies, all with this mass.</summary>
    /// <exception cref="HgnInputException">The mass is not a finite number above 0.</exception>
    public BodySystem WithMass(double mass) => WithMasses(Enumerable.Repeat(mass, Bodies).ToArray());

    /// <summary>The same bodies with the name of the species of each [N]. Models learn a law for each pair of species within a
    /// cutoff.</summary>
    /// <exception cref="HgnInputException">There are not N names, or one is null.</exception>
    public BodySystem WithSpecies(IEnumerable<string> species)
    {
        var names = Named(nameof(species), species);
        return new BodySystem(StructureModule.tryWithSpecies(names, Core).Expect(), sites, Name);
    }

    /// <summary>The same bodies with a type for each of the <see cref="Bonds"/>, in their order. Models learn a law for each type.</summary>
    /// <exception cref="HgnInputException">There are not as many types as bonds, or one is null.</exception>
    public BodySystem WithBondTypes(IEnumerable<string> types)
    {
        var names = Named(nameof(types), types);
        var bonds = Bonds;
        Interop.RequireLength(nameof(types), bonds.Count, names.Length, "one for each bond");

        return bonds.Count == 0
            ? this
            : Rebuilt(new Relations(
                FSharpOption<Bonds>.Some(BondsModule.tryCreate(Bodies, bonds.Select((bond, k) => (bond.First, bond.Second, names[k]))).Expect()),
                Core.Relations.Cutoff));
    }

    /// <summary>The same bodies, of which all pairs within a cutoff interact, too: beside bonds, each number of bonds between two
    /// bodies (1, 2, 3, more) is a kind of pairs of its own.</summary>
    /// <param name="cutoff">A distance, at most half the shortest period.</param>
    /// <exception cref="HgnInputException">The cutoff is not what it should be.</exception>
    public BodySystem WithCutoff(double cutoff) => Rebuilt(new Relations(Core.Relations.Bonds, FSharpOption<double>.Some(cutoff)));

    /// <summary>The same bodies with a place for each, row-major [N x d], from which <see cref="RandomStart"/> starts.</summary>
    /// <exception cref="HgnInputException">There are not N x d coordinates, or one is not finite.</exception>
    public BodySystem WithSites(ReadOnlySpan<double> sites) => new(Core, Checked(nameof(sites), sites), Name);

    /// <summary>A state of these bodies; momenta are masses times velocities. All are row-major [N x d] and copied.</summary>
    /// <exception cref="HgnInputException">An array has not N x d entries, or one is not finite.</exception>
    public PhaseState StateAt(ReadOnlySpan<double> positions, ReadOnlySpan<double> velocities)
    {
        var momenta = Checked(nameof(velocities), velocities);

        for (var k = 0; k < momenta.Length; k++)
        {
            momenta[k] *= Masses[k / Dimension];
        }

        return PhaseStateModule.TryCreate(Bodies, Dimension, Checked(nameof(positions), positions), momenta).Expect();
    }

    /// <summary>A seeded random state near the sites: each coordinate is moved uniformly by at most <paramref name="displacement"/>,
    /// and each velocity component is normal with standard deviation <paramref name="speed"/>, the total momentum removed.</summary>
    /// <param name="displacement">A length, 0 or more.</param>
    /// <param name="speed">A speed, 0 or more.</param>
    /// <param name="seed">The same seed gives the same state.</param>
    /// <exception cref="HgnInputException">The system has no sites, or a number is not finite and at least 0.</exception>
    public PhaseState RandomStart(double displacement, double speed, int seed)
    {
        if (sites.Length == 0)
        {
            throw new HgnInputException("The system has no sites to start from; expected one made by Lattice, Topology or WithSites.");
        }

        RequireNotNegative("The displacement", displacement);
        RequireNotNegative("The speed", speed);
        return InitialState.perturbed(displacement, speed, seed, Core, sites);
    }

    /// <summary>The system in one line.</summary>
    public override string ToString() => Name is null ? Core.ToString() : $"{Name}: {Core}";

    private BodySystem Rebuilt(Relations relations) => Rebuilt(relations, Masses);

    private BodySystem Rebuilt(Relations relations, ReadOnlySpan<double> masses) =>
        new(StructureModule.withSpecies(NamingModule.toArray(Core.Species), StructureModule.tryCreate(Core.Cell, relations, masses).Expect()), sites, Name);

    private static string[] Named(string field, IEnumerable<string> names)
    {
        ArgumentNullException.ThrowIfNull(names, field);
        var copy = names.ToArray();

        return Array.IndexOf(copy, null) is var missing and >= 0
            ? throw Interop.BadInput($"{field} {missing} is null; expected a name.")
            : copy;
    }

    /// <summary>A copy of an array [N x d] of finite numbers.</summary>
    private double[] Checked(string field, ReadOnlySpan<double> values)
    {
        Interop.RequireLength(field, Bodies * Dimension, values.Length, "bodies x dimension");
        Interop.RequireFinite(field, values);
        return values.ToArray();
    }

    private static void RequireNotNegative(string name, double value)
    {
        if (!(double.IsFinite(value) && value >= 0))
        {
            throw Interop.BadInput($"{name} is {value}; expected a finite number, 0 or more.");
        }
    }
}
