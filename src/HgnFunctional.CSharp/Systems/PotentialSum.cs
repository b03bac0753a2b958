using System;
using System.Linq;
using System.Numerics.Tensors;

namespace HgnFunctional.CSharp;

/// <summary>The kinetic energy of the first Hamiltonian with the potential energies of all.</summary>
internal sealed class PotentialSum(ISeparableHamiltonian[] parts) : ISeparableHamiltonian
{
    public int Bodies => parts[0].Bodies;

    public int Dimension => parts[0].Dimension;

    public double KineticEnergy(ReadOnlySpan<double> momenta) => parts[0].KineticEnergy(momenta);

    public double PotentialEnergy(ReadOnlySpan<double> positions)
    {
        var total = 0.0;

        foreach (var part in parts)
        {
            total += part.PotentialEnergy(positions);
        }

        return total;
    }

    public double Value(ReadOnlySpan<double> positions, ReadOnlySpan<double> momenta) => KineticEnergy(momenta) + PotentialEnergy(positions);

    public void VelocityInto(ReadOnlySpan<double> momenta, Span<double> destination) => parts[0].VelocityInto(momenta, destination);

    public void ForceInto(ReadOnlySpan<double> positions, Span<double> destination)
    {
        var part = new double[destination.Length];
        parts[0].ForceInto(positions, destination);

        foreach (var other in parts.Skip(1))
        {
            other.ForceInto(positions, part);
            TensorPrimitives.Add(destination, part, destination);
        }
    }

    public void GradientInto(
        ReadOnlySpan<double> positions, ReadOnlySpan<double> momenta, Span<double> gradientQ, Span<double> gradientP)
    {
        ForceInto(positions, gradientQ);
        TensorPrimitives.Negate(gradientQ, gradientQ);
        VelocityInto(momenta, gradientP);
    }
}
