using System;
using System.Linq;
using Expecto;
using Expecto.CSharp;

namespace HgnFunctional.CSharp.Tests;

internal static class BodySystemTests
{
    internal static Test All => Runner.TestList(
        "systems",
        [
            Runner.TestCase("edge lists are sorted and keep their masses", () =>
            {
                var system = BodySystem.Bonded(2, [1, 2, 3], [(2, 1), (0, 1)]);
                Check.Equal((3, 2, null), (system.Bodies, system.Dimension, system.Cutoff), "size");
                Check.Sequence([1, 2, 3], system.Masses, "masses");
                Check.Sequence([(0, 1), (1, 2)], system.Bonds, "bonds");
            }),
            Runner.TestCase("every family of graphs can be had by name, with a site for each body", () =>
            {
                Check.That(BodySystem.TopologyNames.Count > 5, "some families");

                foreach (var name in BodySystem.TopologyNames)
                {
                    var system = BodySystem.Topology(name, 4);
                    Check.Equal(system.Bodies * system.Dimension, system.Sites.Length, $"sites of {name}");
                    Check.That(system.Bonds.Count > 0 && system.Name is not null, $"bonds of {name}");
                }

                Check.Sequence([(0, 1), (0, 3), (1, 2), (2, 3)], BodySystem.Topology("ring", 4).Bonds, "bonds of a ring");
            }),
            Runner.TestCase("a lattice has one axis for each size", () =>
            {
                var system = BodySystem.Lattice(2, 3);
                Check.Equal((6, 2, 7), (system.Bodies, system.Dimension, system.Bonds.Count), "a grid of 2 x 3");
                Check.Sequence([0, 0, 0, 1, 0, 2, 1, 0, 1, 1, 1, 2], system.Sites, "sites, the last axis fastest");
            }),
            Runner.TestCase("a system with a cutoff knows its box", () =>
            {
                var system = BodySystem.WithinCutoff([1, 1], 2.5, 10, 0, 8);
                Check.Equal((2, 3, 2.5, 0), (system.Bodies, system.Dimension, system.Cutoff, system.Bonds.Count), "size");
                Check.Sequence([10, 0, 8], system.Periods, "periods");
                Check.Equal(0, system.Tilts.Length, "a rectangular box has no tilts");
            }),
            Runner.TestCase("a skewed box has the shortest tilts of its lattice, and an open axis none", () =>
            {
                Check.Sequence([1, -4, 2], BodySystem.WithinCutoff([1, 1], 2.5, [10, 9, 8], [11, -3, 11]).Tilts, "tilts");

                Check.Refuses(
                    () => BodySystem.WithinCutoff([1, 1], 2.5, [10, 0, 8], [1, 0, 0]),
                    "The cell is open along y and tilted by 1 along x; expected a tilt of 0, or a periodic axis y.");
            }),
            Runner.TestCase("a system has species, bonds with types and a cutoff all at once", () =>
            {
                var system = BodySystem.Bonded(1, [1, 2, 1], [(2, 1), (0, 1)])
                    .WithSpecies(["H", "O", "H"])
                    .WithBondTypes(["short", "long"])
                    .WithCutoff(2.5)
                    .WithMasses([1, 16, 1])
                    .WithSites([0, 1, 2]);

                Check.Sequence([(0, 1), (1, 2)], system.Bonds, "bonds");
                Check.Sequence(["short", "long"], system.BondTypes, "a type for each, in the order of the bonds");
                Check.Sequence(["H", "O", "H"], system.Species, "species");
                Check.Equal(2.5, system.Cutoff, "cutoff");
                Check.Sequence([1, 16, 1], system.Masses, "masses");
                Check.Refuses(() => system.WithSpecies(["H"]), "There are species for 1 bodies; expected 3, one for each mass.");
                Check.Refuses(() => system.WithSpecies(["H", null!, "H"]), "species 1 is null; expected a name.");
                Check.Refuses(() => system.WithBondTypes(["short"]), "types has 1 entries; expected 2 (one for each bond).");
                Check.Refuses(() => system.WithCutoff(-1), "The cutoff is -1; expected a finite distance above 0.");
            }),
            Runner.TestCase("a random start repeats with its seed, stays near the sites, and has no total momentum", () =>
            {
                var system = BodySystem.Lattice(3, 3).WithMasses(Enumerable.Range(1, 9).Select(k => (double)k).ToArray());
                var start = system.RandomStart(0.1, 0.5, 7);
                Check.Sequence(start.Positions, system.RandomStart(0.1, 0.5, 7).Positions, "the same seed");
                Check.That(!start.Positions.SequenceEqual(system.RandomStart(0.1, 0.5, 8).Positions), "another seed");

                for (var k = 0; k < start.Positions.Length; k++)
                {
                    Check.That(double.Abs(start.Positions[k] - system.Sites[k]) <= 0.1, $"coordinate {k} is near its site");
                }

                Check.Below(1e-12, double.Abs(start.Momenta.ToArray().Where((_, k) => k % 2 == 0).Sum()), "total momentum");
            }),
            Runner.TestCase("a state from velocities has momenta of masses times velocities", () =>
            {
                var state = BodySystem.Bonded(2, [1, 3], [(0, 1)]).StateAt([0, 0, 1, 0], [1, 2, 3, 4]);
                Check.Sequence([1, 2, 9, 12], state.Momenta, "momenta");
            }),
            Runner.TestCase("a system that is refused says what was found and what was expected", () =>
            {
                Check.Refuses(() => BodySystem.Bonded(3, [1, 1], [(0, 2)]), "Edge 0 ends at body 2; expected 0 to 1.");
                Check.Refuses(() => BodySystem.Bonded(3, [1, -1], [(0, 1)]), "The mass of body 1 is -1; expected a finite number above 0.");
                Check.Refuses(() => BodySystem.Bonded(0, [1, 1], [(0, 1)]), "dimension is 0; expected at least 1.");
                Check.Refuses(() => BodySystem.Lattice(3, 0), "sizes is 0; expected at least 1.");
                Check.Refuses(() => BodySystem.Lattice(1, 1, 1, 1, 1, 1, 1, 1, 1), "A cell of 9 axes was asked for; expected at most 8.");
                Check.Refuses(() => BodySystem.Bonded(9, [1, 1], [(0, 1)]), "A cell of 9 axes was asked for; expected at most 8.");
                Check.Refuses(() => BodySystem.Lattice(), "the number of axes is 0; expected at least 1.");
                Check.Refuses(() => BodySystem.Lattice(100000, 100000), "sizes ask for more than 100000000 bodies; expected at most as many.");

                Check.Refuses(
                    () => BodySystem.Topology("rings", 4),
                    $"The topology is 'rings'; expected one of {string.Join(", ", BodySystem.TopologyNames)}.");

                Check.Refuses(
                    () => BodySystem.WithinCutoff([1, 1], 6e3, 10, 10),
                    "Within the cutoff 6000 lie some 1.4E+06 images of each body; expected a shorter cutoff or a larger box.");

                Check.Refuses(
                    () => Given.Ring.WithSpecies(["A", "B", "A", "B", "A"]).WithCutoffs([new("A", "A", 1), new("B", "A", 2)]),
                    "There is no cutoff for pairs of the species B and B; expected one for each pair of species.");

                Check.Refuses(
                    () => Given.Ring.WithAngles([(0, 1, 2), (0, 2, 4)]),
                    "Angle 1 has body 0 at an end and body 2 in the middle, which no bond joins; expected bonds from the middle to both ends.");

                Check.Refuses(() => Given.Ring.WithCharges([1, -1]), "The attribute 'charge' has 2 values; expected 5, one for each body.");

                Check.Refuses(() => Given.Ring.WithMasses([1, 2]), "masses has 2 entries; expected 5 (one for each body).");
                Check.Refuses(() => Given.Ring.WithSites([1, 2]), "sites has 2 entries; expected 10 (bodies x dimension).");
                Check.Refuses(() => Given.Ring.StateAt(new double[10], new double[9]), "velocities has 9 entries; expected 10 (bodies x dimension).");
                Check.Refuses(() => Given.Ring.RandomStart(-1, 0, 1), "The displacement is -1; expected a finite number, 0 or more.");

                Check.Refuses(
                    () => BodySystem.Bonded(1, [1], []).RandomStart(0, 0, 1),
                    "The system has no sites to start from; expected one made by Lattice, Topology or WithSites.");
            }),
            Runner.TestCase("TryBonded and TryWithinCutoff say why instead of throwing", () =>
            {
                Check.That(!BodySystem.TryBonded(1, [1, 1], [(0, 0)], out _, out var reason), "refused");
                Check.Equal("Edge 0 joins body 0 to itself; expected two different bodies.", reason, "the reason");
                Check.That(!BodySystem.TryWithinCutoff([1], double.NaN, [0], out _, out reason), "refused");
                Check.Equal("The cutoff is NaN; expected a finite distance above 0.", reason, "the reason");
                Check.That(BodySystem.TryWithinCutoff([1], 1, [0], out var system, out _) && system.Bodies == 1, "accepted");
            }),
        ]);
}
