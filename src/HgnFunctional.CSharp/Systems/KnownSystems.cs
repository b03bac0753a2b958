using System;
using Microsoft.FSharp.Core;

namespace HgnFunctional.CSharp;

/// <summary>Known physics, to make data from and to compare with: kinetic energy |p|^2 / (2 m) and a potential for each interacting pair.
/// Units are those of the parameters. Immutable: they can be shared by threads.</summary>
public static class KnownSystems
{
    /// <summary>Springs: k/2 (r - length)^2 for each pair.</summary>
    /// <param name="system">The bodies and their pairs.</param>
    /// <param name="stiffness">k, in energy over length squared.</param>
    /// <param name="length">The rest length.</param>
    public static ISeparableHamiltonian Springs(BodySystem system, double stiffness = 1, double length = 1) =>
        Of(system, PairPotentialModule.harmonic(stiffness, length));

    /// <summary>Gravity, or attracting charges: -strength / r for each pair.</summary>
    /// <param name="system">The bodies and their pairs.</param>
    /// <param name="strength">In energy times length.</param>
    public static ISeparableHamiltonian Gravity(BodySystem system, double strength = 1) => Of(system, PairPotentialModule.gravity(strength));

    /// <summary>The Lennard-Jones potential of depth and size, shifted so that energy and force vanish at the cutoff.</summary>
    /// <param name="system">Bodies with a cutoff.</param>
    /// <param name="depth">An energy.</param>
    /// <param name="size">The distance where the unshifted potential is 0.</param>
    /// <exception cref="HgnInputException">The system has bonds and no cutoff.</exception>
    public static ISeparableHamiltonian LennardJones(BodySystem system, double depth = 1, double size = 1)
    {
        ArgumentNullException.ThrowIfNull(system);

        return system.Cutoff is { } cutoff
            ? Of(system, PairPotentialModule.lennardJones(depth, size, cutoff))
            : throw new HgnInputException("The system has bonds; expected one with a cutoff, where the potential ends.");
    }

    /// <summary>Any pair potential U(r); within a cutoff it is 0 from there on.</summary>
    /// <param name="system">The bodies and their pairs.</param>
    /// <param name="energy">U(r).</param>
    /// <param name="slope">dU/dr.</param>
    public static ISeparableHamiltonian Pairs(BodySystem system, Func<double, double> energy, Func<double, double> slope)
    {
        ArgumentNullException.ThrowIfNull(energy);
        ArgumentNullException.ThrowIfNull(slope);
        return Of(system, new PairPotential("custom", FuncConvert.FromFunc(energy), FuncConvert.FromFunc(slope), "the caller"));
    }

    private static PairSystem Of(BodySystem system, PairPotential potential)
    {
        ArgumentNullException.ThrowIfNull(system);
        return new PairSystem(system.Core, potential);
    }
}
