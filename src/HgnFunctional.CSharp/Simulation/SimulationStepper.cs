using System;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace HgnFunctional.CSharp;

/// <summary>Advances one state by time steps, in memory of its own, for games and other real-time loops. Steps of explicit methods do not
/// allocate, if the Hamiltonian does not: models of body and pair blocks on bonds do not. Not for several threads at once.</summary>
public sealed class SimulationStepper
{
    private readonly Integrator integrator;
    private readonly IStepper stepper;

    internal SimulationStepper(Integrator integrator, PhaseState start, double timeStep)
    {
        this.integrator = integrator;
        TimeStep = timeStep;
        stepper = IntegratorModule.stepper(integrator, timeStep, start);
        Bodies = start.Bodies;
        Dimension = start.Dimension;
    }

    /// <summary>Number N of bodies.</summary>
    public int Bodies { get; }

    /// <summary>Number d of space dimensions.</summary>
    public int Dimension { get; }

    /// <summary>The time step.</summary>
    public double TimeStep { get; }

    /// <summary>Number of steps so far.</summary>
    public long Steps => stepper.Steps;

    /// <summary>The time since the start.</summary>
    public double Time => stepper.Steps * TimeStep;

    /// <summary>Positions now, row-major [N x d]; valid until the next step.</summary>
    public ReadOnlySpan<double> Positions => stepper.Positions;

    /// <summary>Momenta now, row-major [N x d]; valid until the next step.</summary>
    public ReadOnlySpan<double> Momenta => stepper.Momenta;

    /// <summary>The energy now.</summary>
    public double Energy => integrator.Hamiltonian.Value(stepper.Positions, stepper.Momenta);

    /// <summary>The work that forces without energy, such as drag, have done since the start: the energy changed by as much. 0 for a
    /// Hamiltonian alone.</summary>
    public double Work => stepper.Work;

    /// <summary>Advances by some time steps.</summary>
    /// <param name="count">How many; at least 0.</param>
    /// <exception cref="HgnInputException">The count is below 0.</exception>
    /// <exception cref="HgnSimulationException">The simulation diverged, or an implicit step did not converge.</exception>
    public void Step(int count = 1)
    {
        if (count < 0)
        {
            throw Interop.BadInput($"count is {count}; expected 0 or more.");
        }

        for (var taken = 0; taken < count; taken++)
        {
            if (!TryStep(out var reason))
            {
                throw new HgnSimulationException(reason);
            }
        }
    }

    /// <summary>As <see cref="Step"/> by one, without exceptions. After a step that failed the state is of no use.</summary>
    public bool TryStep([NotNullWhen(false)] out string? reason)
    {
        var result = stepper.Step();
        reason = result.IsError ? result.ErrorValue.ToString() : null;
        return !result.IsError;
    }

    /// <summary>The state now, copied.</summary>
    public PhaseState State() => IntegratorModule.state(integrator, stepper);

    /// <summary>Writes the positions now, rounded to single precision; coordinates that are not there are 0. Does not allocate.</summary>
    /// <param name="destination">One vector for each body [N].</param>
    /// <exception cref="HgnInputException">There is not one vector for each body, or there are more than three dimensions.</exception>
    public void CopyPositionsTo(Span<Vector3> destination) => StateExtensions.CopyTo(Dimension, Positions, destination);
}
