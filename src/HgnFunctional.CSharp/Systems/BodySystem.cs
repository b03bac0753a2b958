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

    /// <summary>The largest distance within which pairs interact; null for a system of bonds alone.</summary>
    public double? Cutoff => Core.Relations.Reach?.Value.Largest;

    /// <summary>The cutoffs of pairs of species that have one of their own.</summary>
    public IReadOnlyList<PairCutoff> PairCutoffs => PairCutoff.Of(Core.Relations.Reach?.Value);

    /// <summary>The bonds as pairs of bodies, counted from 0, sorted, the lower body first; empty for a system without.</summary>
    public IReadOnlyList<(int First, int Second)> Bonds =>
        Core.Relations.Bonds is { } bonds ? GraphModule.edges(bonds.Value.Graph) : [];

    /// <summary>The type of each of the <see cref="Bonds"/>; "" where nobody named it.</summary>
    public IReadOnlyList<string> BondTypes => Core.Relations.Bonds is { } bonds ? NamingModule.toArray(bonds.Value.Types) : [];

    /// <summary>The angles as triples of bodies, the middle one second; empty for a system without.</summary>
    public IReadOnlyList<(int First, int Centre, int Second)> Angles =>
        Core.Relations.Angles is { } angles
            ? AnglesModule.toArray(angles.Value).Select(angle => (angle.Item1, angle.Item2, angle.Item3)).ToArray()
            : [];

    /// <summary>The type of each of the <see cref="Angles"/>; "" where nobody named it.</summary>
    public IReadOnlyList<string> AngleTypes =>
        Core.Relations.Angles is { } angles ? AnglesModule.toArray(angles.Value).Select(angle => angle.Item4).ToArray() : [];

    /// <summary>The charge of each body [N]; empty for bodies without.</summary>
    public ReadOnlySpan<double> Charges => Core.TryAttribute(AttributeName.Charge) is { } charges ? charges.Value : [];

    /// <summary>The species of each body [N]; "" where nobody named it.</summary>
    public IReadOnlyList<string> Species => NamingModule.toArray(Core.Species);

    /// <summary>The bodies that are pinned along every axis, counted from 0, ascending.</summary>
    public IReadOnlyList<int> Pinned =>
        Core.Pins.Length == 0
            ? []
            : Enumerable.Range(0, Bodies).Where(body => !Core.Pins.Slice(body * Dimension, Dimension).Contains(false)).ToArray();

    /// <summary>A place for each body, row-major [N x d]; empty for a system without.</summary>
    public ReadOnlySpan<double> Sites => sites;

    /// <summary>The same bodies with other masses [N].</summary>
    /// <exception cref="HgnInputException">There are not N masses, or one is not a finite number above 0.</exception>
    public BodySystem WithMasses(ReadOnlySpan<double> masses)
    {
        Interop.RequireLength(nameof(masses), Bodies, masses.Length, "one for each body");
        return With(StructureModule.tryWithMasses(masses, Core).Expect());
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
        return With(StructureModule.tryWithSpecies(names, Core).Expect());
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
            : With(new Relations(
                FSharpOption<Bonds>.Some(BondsModule.tryCreate(Bodies, bonds.Select((bond, k) => (bond.First, bond.Second, names[k]))).Expect()),
                Core.Relations.Angles,
                Core.Relations.Reach));
    }

    /// <summary>The same bodies with angles between their bonds. Models learn a law of the cosine and of the lengths of both bonds.</summary>
    /// <param name="angles">Bodies counted from 0, the middle one second, each angle once, in any order and direction.</param>
    /// <exception cref="HgnInputException">A body is not there, or the middle one is not joined to both others.</exception>
    public BodySystem WithAngles(IEnumerable<(int First, int Centre, int Second)> angles)
    {
        ArgumentNullException.ThrowIfNull(angles);
        return WithAngles(angles.Select(angle => (angle.First, angle.Centre, angle.Second, "")));
    }

    /// <summary>The same bodies with a type for each of the <see cref="Angles"/>, in their order. Models learn a law for each type.</summary>
    /// <exception cref="HgnInputException">There are not as many types as angles, or one is null.</exception>
    public BodySystem WithAngleTypes(IEnumerable<string> types)
    {
        var names = Named(nameof(types), types);
        var angles = Angles;
        Interop.RequireLength(nameof(types), angles.Count, names.Length, "one for each angle");
        return angles.Count == 0 ? this : WithAngles(angles.Select((angle, k) => (angle.First, angle.Centre, angle.Second, names[k])));
    }

    /// <summary>The same bodies with a charge for each [N], in units of the data. Where charges differ within a species, models learn a
    /// law of pairs that the product of both charges multiplies.</summary>
    /// <exception cref="HgnInputException">There are not N charges, or one is not finite.</exception>
    public BodySystem WithCharges(ReadOnlySpan<double> charges) =>
        With(StructureModule.tryWithAttribute(AttributeName.Charge, charges, Core).Expect());

    /// <summary>The same bodies, of which some are pinned, beside those that were before: they do not move in simulations, whatever acts on
    /// them, and teach nothing in training.</summary>
    /// <param name="bodies">Bodies counted from 0.</param>
    /// <exception cref="HgnInputException">A body is not there.</exception>
    public BodySystem WithPinned(params IEnumerable<int> bodies)
    {
        ArgumentNullException.ThrowIfNull(bodies);
        return With(StructureModule.tryWithPinned(bodies, Core).Expect());
    }

    /// <summary>The same bodies with pinned coordinates, row-major [N x d], in place of those that were before.</summary>
    /// <exception cref="HgnInputException">There are not N x d of them.</exception>
    public BodySystem WithPinnedCoordinates(ReadOnlySpan<bool> pins) => With(StructureModule.tryWithPins(pins, Core).Expect());

    /// <summary>The same bodies, of which all pairs within a cutoff interact, too: beside bonds, each number of bonds between two
    /// bodies (1, 2, 3, more) is a kind of pairs of its own.</summary>
    /// <param name="cutoff">A distance; in a periodic box bodies meet all images within it.</param>
    /// <param name="excludedBonds">Pairs that so many bonds or fewer join, 0 to 3, do not interact by distance; with 0 the data decide.</param>
    /// <exception cref="HgnInputException">The cutoff is not what it should be.</exception>
    public BodySystem WithCutoff(double cutoff, int excludedBonds = 0) => With(PairCutoff.ReachOf(cutoff, null, excludedBonds)!);

    /// <summary>As <see cref="WithCutoff"/>, with a cutoff for each pair of species, which must be named before.</summary>
    /// <param name="cutoffs">One for each pair of species.</param>
    /// <param name="excludedBonds">Pairs that so many bonds or fewer join, 0 to 3, do not interact by distance; with 0 the data decide.</param>
    /// <exception cref="HgnInputException">A cutoff is not what it should be, or a pair of species has none.</exception>
    public BodySystem WithCutoffs(IEnumerable<PairCutoff> cutoffs, int excludedBonds = 0)
    {
        ArgumentNullException.ThrowIfNull(cutoffs);

        return PairCutoff.ReachOf(null, cutoffs, excludedBonds) is { } reach
            ? With(reach)
            : throw new HgnInputException("There are no cutoffs; expected one for each pair of species.");
    }

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

    private BodySystem WithAngles(IEnumerable<(int, int, int, string)> angles)
    {
        var bonds = Core.Relations.Bonds ?? throw new HgnInputException("The system has no bonds; expected bonds to both sides of each angle.");
        var created = AnglesModule.tryCreate(bonds.Value, angles).Expect();
        return With(new Relations(Core.Relations.Bonds, FSharpOption<Angles>.Some(created), Core.Relations.Reach));
    }

    private BodySystem With(Reach reach) =>
        With(new Relations(Core.Relations.Bonds, Core.Relations.Angles, FSharpOption<Reach>.Some(reach)));

    private BodySystem With(Relations relations) => With(StructureModule.tryWithRelations(relations, Core).Expect());

    private BodySystem With(Structure structure) => new(structure, sites, Name);

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
