using System;
using System.Collections.Generic;
using System.Linq;
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

    /// <summary>Springs with a stiffness and a length for each type of bonds.</summary>
    /// <param name="system">Bodies with bonds, whose types are named.</param>
    /// <param name="ofType">k, in energy over length squared, and the rest length, by type.</param>
    /// <exception cref="HgnInputException">A type of the system's bonds has no entry.</exception>
    public static ISeparableHamiltonian Springs(BodySystem system, IReadOnlyDictionary<string, (double Stiffness, double Length)> ofType)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(ofType);

        foreach (var type in system.BondTypes.Distinct())
        {
            if (!ofType.ContainsKey(type))
            {
                throw new HgnInputException($"There is no spring for bonds of type '{type}'; expected one for each type.");
            }
        }

        FSharpOption<PairPotential> PotentialOf(Kind kind) =>
            kind is Kind.BondsOf bonds && ofType.TryGetValue(bonds.bondType, out var spring)
                ? FSharpOption<PairPotential>.Some(PairPotentialModule.harmonic(spring.Stiffness, spring.Length))
                : FSharpOption<PairPotential>.None;

        return new PairSystem(system.Core, "springs", FuncConvert.FromFunc<Kind, FSharpOption<PairPotential>>(PotentialOf));
    }

    /// <summary>Gravity of the bodies' masses: -constant m_i m_j / r for each pair.</summary>
    /// <param name="system">The bodies and their pairs.</param>
    /// <param name="constant">In energy times length over mass squared.</param>
    public static ISeparableHamiltonian GravityOfMasses(BodySystem system, double constant = 1)
    {
        ArgumentNullException.ThrowIfNull(system);
        return Weighted(system, "gravity", Weight.ByMasses, PairPotentialModule.gravity(constant));
    }

    /// <summary>Coulomb's law of the bodies' charges: constant q_i q_j / r for each pair.</summary>
    /// <param name="system">Bodies with charges (<see cref="BodySystem.WithCharges"/>) and their pairs.</param>
    /// <param name="constant">In energy times length over charge squared.</param>
    /// <exception cref="HgnInputException">The bodies have no charges.</exception>
    public static ISeparableHamiltonian Coulomb(BodySystem system, double constant = 1)
    {
        ArgumentNullException.ThrowIfNull(system);

        return system.Charges.IsEmpty
            ? throw new HgnInputException("The bodies have no charges; expected those of WithCharges.")
            : Weighted(system, "charges", Weight.NewByAttribute(AttributeName.Charge), PairPotentialModule.gravity(-constant));
    }

    /// <summary>An energy for each angle as a function of its cosine.</summary>
    /// <param name="system">Bodies with angles (<c>WithAngles</c>).</param>
    /// <param name="energy">U(cos).</param>
    /// <param name="slope">dU/dcos.</param>
    public static ISeparableHamiltonian Angles(BodySystem system, Func<double, double> energy, Func<double, double> slope)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(energy);
        ArgumentNullException.ThrowIfNull(slope);
        var law = FSharpOption<AnglePotential>.Some(new AnglePotential(FuncConvert.FromFunc(energy), FuncConvert.FromFunc(slope)));
        var term = PotentialTerm.angles(FuncConvert.FromFunc<Kind, FSharpOption<AnglePotential>>(_ => law), system.Core);
        return new SumSystem(system.Core, "angles", new[] { term }.ToList());
    }

    /// <summary>A uniform field in proportion to the masses, such as gravity: each body has this acceleration [d].</summary>
    /// <param name="system">The bodies.</param>
    /// <param name="acceleration">One component for each axis.</param>
    /// <exception cref="HgnInputException">There are not d components.</exception>
    public static ISeparableHamiltonian UniformField(BodySystem system, params ReadOnlySpan<double> acceleration)
    {
        ArgumentNullException.ThrowIfNull(system);
        Interop.RequireLength(nameof(acceleration), system.Dimension, acceleration.Length, "one for each axis");
        return new SumSystem(system.Core, "uniform field", new[] { PotentialTerm.uniformField(Weight.ByMasses, acceleration.ToArray(), system.Core) }.ToList());
    }

    /// <summary>A harmonic trap about the origin: k_a/2 q_a^2 of each body along each axis [d].</summary>
    /// <param name="system">The bodies.</param>
    /// <param name="stiffnesses">k for each axis, in energy over length squared.</param>
    /// <exception cref="HgnInputException">There are not d stiffnesses.</exception>
    public static ISeparableHamiltonian Trap(BodySystem system, params ReadOnlySpan<double> stiffnesses)
    {
        ArgumentNullException.ThrowIfNull(system);
        Interop.RequireLength(nameof(stiffnesses), system.Dimension, stiffnesses.Length, "one for each axis");
        return new SumSystem(system.Core, "trap", new[] { PotentialTerm.trap(Weight.Unweighted, stiffnesses.ToArray(), system.Core) }.ToList());
    }

    /// <summary>A Hamiltonian with drag, F = -coefficient v of each body. The result is an <see cref="IDrive"/>, too.</summary>
    /// <param name="hamiltonian">What moves the bodies otherwise.</param>
    /// <param name="system">The bodies.</param>
    /// <param name="coefficient">In mass over time.</param>
    /// <exception cref="HgnInputException">The coefficient is not finite, or sizes do not agree.</exception>
    public static ISeparableHamiltonian WithDrag(ISeparableHamiltonian hamiltonian, BodySystem system, double coefficient) =>
        Driven(hamiltonian, system, coefficient, KnownDrive.drag);

    /// <summary>A Hamiltonian with drag by the square of the speed, F = -coefficient |v| v of each body, likewise.</summary>
    /// <param name="hamiltonian">What moves the bodies otherwise.</param>
    /// <param name="system">The bodies.</param>
    /// <param name="coefficient">In mass over length.</param>
    /// <exception cref="HgnInputException">The coefficient is not finite, or sizes do not agree.</exception>
    public static ISeparableHamiltonian WithQuadraticDrag(ISeparableHamiltonian hamiltonian, BodySystem system, double coefficient) =>
        Driven(hamiltonian, system, coefficient, KnownDrive.quadraticDrag);

    /// <summary>A Hamiltonian with a magnetic field across the first two axes, F_x = strength c v_y and F_y = -strength c v_x with the charge c
    /// of the body, or 1 where bodies have none.</summary>
    /// <param name="hamiltonian">What moves the bodies otherwise.</param>
    /// <param name="system">The bodies, in two dimensions or more.</param>
    /// <param name="strength">In mass over charge and time.</param>
    /// <exception cref="HgnInputException">The strength is not finite, there is one dimension, or sizes do not agree.</exception>
    public static ISeparableHamiltonian WithMagneticField(ISeparableHamiltonian hamiltonian, BodySystem system, double strength) =>
        Driven(hamiltonian, system, strength, (value, structure) =>
            KnownDrive.magnetic(system.Charges.IsEmpty ? Weight.Unweighted : Weight.NewByAttribute(AttributeName.Charge), value, structure));

    private static DrivenSystem Driven(
        ISeparableHamiltonian hamiltonian, BodySystem system, double strength, Func<double, Structure, IDrive> drive)
    {
        ArgumentNullException.ThrowIfNull(hamiltonian);
        ArgumentNullException.ThrowIfNull(system);

        if (hamiltonian.Bodies != system.Bodies || hamiltonian.Dimension != system.Dimension)
        {
            throw Interop.BadInput($"The Hamiltonian is of {hamiltonian.Bodies} bodies in {hamiltonian.Dimension} dimensions; expected {system.Bodies} in {system.Dimension}, as the system has.");
        }

        try
        {
            return new DrivenSystem(hamiltonian, drive(strength, system.Core));
        }
        catch (ArgumentException error)
        {
            throw new HgnInputException(error.Message);
        }
    }

    /// <summary>The kinetic energy of the first with the potential energies of all.</summary>
    /// <param name="parts">Hamiltonians of the same bodies, at least one.</param>
    /// <exception cref="HgnInputException">There is none, or one is of another size.</exception>
    public static ISeparableHamiltonian Sum(params ISeparableHamiltonian[] parts)
    {
        ArgumentNullException.ThrowIfNull(parts);

        return parts.Length == 0
            ? throw new HgnInputException("There is no Hamiltonian to add up; expected at least one.")
            : Array.Find(parts, part => part.Bodies != parts[0].Bodies || part.Dimension != parts[0].Dimension) is { } other
            ? throw Interop.BadInput($"A Hamiltonian is of {other.Bodies} bodies in {other.Dimension} dimensions; expected {parts[0].Bodies} in {parts[0].Dimension}, as the first is.")
            : new PotentialSum(parts);
    }

    private static SumSystem Weighted(BodySystem system, string name, Weight weight, PairPotential potential) =>
        new(system.Core, name, new[] { PotentialTerm.weighted(weight, potential, system.Core) }.ToList());

    private static PairSystem Of(BodySystem system, PairPotential potential)
    {
        ArgumentNullException.ThrowIfNull(system);
        return new PairSystem(system.Core, potential);
    }
}
