using System;
using System.Threading;
using Microsoft.FSharp.Core;

namespace HgnFunctional.CSharp;

/// <summary>A model on a system: a Hamiltonian, to ask for energies and derivatives (<see cref="HamiltonianExtensions"/>) and to
/// simulate (<see cref="Simulator"/>). It is an <see cref="ISeparableHamiltonian"/> too if the model splits into T(p) + V(q). Immutable:
/// one can be shared by threads.</summary>
public class BoundModel : IHamiltonian
{
    private readonly IHamiltonian hamiltonian;
    private readonly Lazy<FSharpFunc<PhaseState, ValueTuple<int, int>>> outsideCounter;

    private protected BoundModel(HgnModel model, BodySystem system, IHamiltonian hamiltonian)
    {
        Model = model;
        System = system;
        this.hamiltonian = hamiltonian;
        outsideCounter = new(() => global::HgnFunctional.Models.Model.outsideCounter(system.Core, model.Core));
    }

    /// <summary>The model.</summary>
    public HgnModel Model { get; }

    /// <summary>The bodies.</summary>
    public BodySystem System { get; }

    /// <inheritdoc/>
    public int Bodies => System.Bodies;

    /// <inheritdoc/>
    public int Dimension => System.Dimension;

    /// <inheritdoc/>
    /// <exception cref="HgnInputException">A span has not N x d entries.</exception>
    public double Value(ReadOnlySpan<double> positions, ReadOnlySpan<double> momenta)
    {
        Require(nameof(positions), positions.Length);
        Require(nameof(momenta), momenta.Length);
        return hamiltonian.Value(positions, momenta);
    }

    /// <inheritdoc/>
    /// <exception cref="HgnInputException">A span has not N x d entries.</exception>
    public void GradientInto(ReadOnlySpan<double> positions, ReadOnlySpan<double> momenta, Span<double> gradientQ, Span<double> gradientP)
    {
        Require(nameof(positions), positions.Length);
        Require(nameof(momenta), momenta.Length);
        Require(nameof(gradientQ), gradientQ.Length);
        Require(nameof(gradientP), gradientP.Length);
        hamiltonian.GradientInto(positions, momenta, gradientQ, gradientP);
    }

    /// <summary>The fraction of the invariants of a state that lie outside their range in training: far from 0, be careful.</summary>
    /// <exception cref="HgnInputException">The state is for other bodies.</exception>
    public double OutOfRangeFraction(PhaseState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        Interop.RequireSize("The state", state, Bodies, Dimension, "the system");
        var (outside, total) = outsideCounter.Value.Invoke(state);
        return total == 0 ? 0 : (double)outside / total;
    }

    /// <summary>The virial of the potential energy at a state, W_ab = -dE/de_ab by the strain e that takes all positions and the vectors of
    /// the box to (1 + e) times themselves, row-major [d x d], in the unit of the energy: minus the stress times the volume, without what moving
    /// bodies add.</summary>
    /// <exception cref="HgnInputException">The state is for other bodies, or a block of the model does not tell its derivatives by strains
    /// here, as a custom block or a known Hamiltonian may not in a periodic box.</exception>
    public double[] Virial(PhaseState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        Interop.RequireSize("The state", state, Bodies, Dimension, "the system");

        return global::HgnFunctional.Models.Model.virial(System.Core, state, Model.Core).Expect()?.Value
            ?? throw new HgnInputException(
                "A block of the model does not tell its derivatives by strains on this system; expected blocks that do, for a virial.");
    }

    /// <summary>Simulates from a state, watches what is conserved, and writes the file that the options name, as
    /// <see cref="Simulator.Run"/> does.</summary>
    /// <param name="start">Where the bodies start.</param>
    /// <param name="options">Steps, time step, method, file.</param>
    /// <param name="cancellation">Looked at before each step.</param>
    /// <exception cref="HgnInputException">The state is for other bodies, an option is not what it should be, or the file cannot be
    /// written.</exception>
    /// <exception cref="HgnSimulationException">The simulation diverged, or an implicit step did not converge.</exception>
    /// <exception cref="OperationCanceledException">The simulation was cancelled: an <see cref="HgnCanceledException"/>.</exception>
    public SimulationReport Run(PhaseState start, SimulationOptions options, CancellationToken cancellation = default) =>
        Simulator.Run(System, this, start, options, cancellation);

    internal static BoundModel Create(HgnModel model, BodySystem system)
    {
        var dynamics = global::HgnFunctional.Models.Model.bind(system.Core, model.Core).Expect();
        var drive = dynamics.Drive?.Value;

        return (dynamics.Hamiltonian, drive) switch
        {
            (ISeparableHamiltonian separable, null) => new SeparableBoundModel(model, system, separable),
            (ISeparableHamiltonian separable, _) => new DrivenSeparableBoundModel(model, system, separable, drive),
            (_, null) => new BoundModel(model, system, dynamics.Hamiltonian),
            _ => new DrivenBoundModel(model, system, dynamics.Hamiltonian, drive),
        };
    }

    private protected void Require(string field, int length)
    {
        if (length != Bodies * Dimension)
        {
            Interop.RequireLength(field, Bodies * Dimension, length, "bodies x dimension");
        }
    }

    /// <summary>A model with forces that no energy gives.</summary>
    private sealed class DrivenBoundModel(HgnModel model, BodySystem system, IHamiltonian hamiltonian, IDrive drive)
        : BoundModel(model, system, hamiltonian), IDrive
    {
        public ReadOnlySpan<double> Rates => drive.Rates;

        public void AddDrivenForceInto(ReadOnlySpan<double> positions, ReadOnlySpan<double> momenta, Span<double> destination) =>
            drive.AddDrivenForceInto(positions, momenta, destination);
    }

    /// <summary>One that splits, likewise.</summary>
    private sealed class DrivenSeparableBoundModel(HgnModel model, BodySystem system, ISeparableHamiltonian hamiltonian, IDrive drive)
        : SeparableBoundModel(model, system, hamiltonian), IDrive
    {
        public ReadOnlySpan<double> Rates => drive.Rates;

        public void AddDrivenForceInto(ReadOnlySpan<double> positions, ReadOnlySpan<double> momenta, Span<double> destination) =>
            drive.AddDrivenForceInto(positions, momenta, destination);
    }

    /// <summary>A model that splits into T(p) + V(q).</summary>
    private class SeparableBoundModel(HgnModel model, BodySystem system, ISeparableHamiltonian hamiltonian)
        : BoundModel(model, system, hamiltonian), ISeparableHamiltonian
    {
        private readonly ISeparableHamiltonian separable = hamiltonian;

        public double KineticEnergy(ReadOnlySpan<double> momenta)
        {
            Require(nameof(momenta), momenta.Length);
            return separable.KineticEnergy(momenta);
        }

        public double PotentialEnergy(ReadOnlySpan<double> positions)
        {
            Require(nameof(positions), positions.Length);
            return separable.PotentialEnergy(positions);
        }

        public void VelocityInto(ReadOnlySpan<double> momenta, Span<double> destination)
        {
            Require(nameof(momenta), momenta.Length);
            Require(nameof(destination), destination.Length);
            separable.VelocityInto(momenta, destination);
        }

        public void ForceInto(ReadOnlySpan<double> positions, Span<double> destination)
        {
            Require(nameof(positions), positions.Length);
            Require(nameof(destination), destination.Length);
            separable.ForceInto(positions, destination);
        }
    }
}
