using System;

namespace HgnFunctional.CSharp;

/// <summary>What can be asked of a Hamiltonian at a state: of a model on a system, or of one's own.</summary>
public static class HamiltonianExtensions
{
    /// <summary>H at a state. Only energy differences mean anything for a learned Hamiltonian.</summary>
    /// <exception cref="HgnInputException">The state is for other bodies.</exception>
    public static double Energy(this IHamiltonian hamiltonian, PhaseState state)
    {
        Require(hamiltonian, state);
        return hamiltonian.Value(state.Positions, state.Momenta);
    }

    /// <summary>dH/dq and dH/dp at a state, each row-major [N x d].</summary>
    /// <exception cref="HgnInputException">The state is for other bodies.</exception>
    public static (double[] OfPositions, double[] OfMomenta) Gradient(this IHamiltonian hamiltonian, PhaseState state)
    {
        Require(hamiltonian, state);
        var ofPositions = new double[state.Positions.Length];
        var ofMomenta = new double[state.Momenta.Length];
        hamiltonian.GradientInto(state.Positions, state.Momenta, ofPositions, ofMomenta);
        return (ofPositions, ofMomenta);
    }

    /// <summary>The equations of motion at a state: the velocities q' = dH/dp and the forces p' = -dH/dq, with those of drag and of others
    /// without energy where the Hamiltonian is an <see cref="IDrive"/> as well, each row-major [N x d].</summary>
    /// <exception cref="HgnInputException">The state is for other bodies.</exception>
    public static (double[] Velocities, double[] Forces) TimeDerivative(this IHamiltonian hamiltonian, PhaseState state)
    {
        var (ofPositions, ofMomenta) = hamiltonian.Gradient(state);

        for (var k = 0; k < ofPositions.Length; k++)
        {
            ofPositions[k] = -ofPositions[k];
        }

        (hamiltonian as IDrive)?.AddDrivenForceInto(state.Positions, state.Momenta, ofPositions);
        return (ofMomenta, ofPositions);
    }

    internal static void Require(IHamiltonian hamiltonian, PhaseState state)
    {
        ArgumentNullException.ThrowIfNull(hamiltonian);
        ArgumentNullException.ThrowIfNull(state);
        Interop.RequireSize("The state", state, hamiltonian.Bodies, hamiltonian.Dimension, "the Hamiltonian");
    }
}
