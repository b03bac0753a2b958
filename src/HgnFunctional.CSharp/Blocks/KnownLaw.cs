using System;

namespace HgnFunctional.CSharp;

/// <summary>A law of potential energy that is known, for <see cref="ModelBlock.Known"/>. Between pairs it acts within the cutoff of the
/// system and ends there as it is; on bonds, in a system without a cutoff. Constants are in the units of the data.</summary>
public sealed class KnownLaw
{
    private KnownLaw(global::HgnFunctional.Systems.KnownLaw core) => Core = core;

    /// <summary>Name in model files.</summary>
    public string Name => Core.Name;

    internal global::HgnFunctional.Systems.KnownLaw Core { get; }

    /// <summary>Coulomb's law k q_i q_j / r.</summary>
    /// <exception cref="HgnInputException">The constant is not finite.</exception>
    public static KnownLaw Coulomb(double strength) => Make(() => KnownLawModule.coulomb(strength));

    /// <summary>Newton's law -G m_i m_j / r.</summary>
    /// <exception cref="HgnInputException">The constant is not finite.</exception>
    public static KnownLaw Gravity(double strength) => Make(() => KnownLawModule.gravity(strength));

    /// <summary>The screened repulsion of nuclei of Ziegler, Biersack and Littmark, of bodies with the attribute "atomic number".</summary>
    /// <param name="strength">e^2 / (4 pi eps0), 14.399645 eV A.</param>
    /// <param name="length">One angstrom.</param>
    /// <exception cref="HgnInputException">A constant is not finite, or the length is not above 0.</exception>
    public static KnownLaw Zbl(double strength, double length) => Make(() => KnownLawModule.zbl(strength, length));

    /// <summary>A table of energies at ascending distances, between which a cubic spline goes; zero beyond the last.</summary>
    /// <exception cref="HgnInputException">There are fewer than four distances, or not as many energies, or they do not ascend.</exception>
    public static KnownLaw Table(ReadOnlySpan<double> distances, ReadOnlySpan<double> energies)
    {
        var (r, e) = (distances.ToArray(), energies.ToArray());
        return Make(() => KnownLawModule.table(r, e));
    }

    /// <summary>The potential energy of a Hamiltonian of one's own on each system. Files of models with it hold its name; its code is
    /// passed to <see cref="HgnModel.Load(string, ModelBlock[])"/>. A Hamiltonian does not say what a strain of the box changes, so that a
    /// model with it has no virial in a periodic one.</summary>
    /// <param name="name">A name that no other block has.</param>
    /// <param name="hamiltonian">Makes the Hamiltonian of a system; called from several threads.</param>
    public static KnownLaw Of(string name, Func<BodySystem, ISeparableHamiltonian> hamiltonian)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(hamiltonian);
        return Make(() => KnownLawModule.ofHamiltonian(
            name, Microsoft.FSharp.Core.FuncConvert.FromFunc<Structure, ISeparableHamiltonian>(structure => hamiltonian(new BodySystem(structure)))));
    }

    private static KnownLaw Make(Func<global::HgnFunctional.Systems.KnownLaw> make)
    {
        try
        {
            return new KnownLaw(make());
        }
        catch (ArgumentException error)
        {
            throw new HgnInputException(error.Message);
        }
    }
}
