using System;
using System.Collections.Generic;
using System.Linq;
using HgnFunctional.IO;

namespace HgnFunctional.CSharp;

/// <summary>Simulates any Hamiltonian: a model on a system, or one's own. One that implements <see cref="ISeparableHamiltonian"/> goes
/// with every integrator, another with those of <see cref="IntegratorOptions.MethodsForAny"/>.</summary>
public static class Simulator
{
    /// <summary>The states of a run, the start first, then after every <see cref="SimulationOptions.Every"/>-th step. Lazy: steps are
    /// taken as states are asked for, and each enumeration simulates anew.</summary>
    /// <exception cref="HgnInputException">The state is for other bodies, or an option is not what it should be.</exception>
    /// <exception cref="HgnSimulationException">While enumerating: the simulation diverged, or an implicit step did not converge.</exception>
    public static IEnumerable<PhaseState> Simulate(this IHamiltonian hamiltonian, PhaseState start, SimulationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var integrator = options.Pair(hamiltonian, start);

        return options.Output is null
            ? Enumerate(integrator, start, options).Select(moment => moment.State)
            : throw new HgnInputException($"An output was asked for, {options.Output}; expected none, since only Run writes files.");
    }

    /// <summary>A stepper from a state, for loops that ask for one step at a time. It belongs to one thread at a time.</summary>
    /// <exception cref="HgnInputException">The state is for other bodies, or an option is not what it should be.</exception>
    public static SimulationStepper CreateStepper(this IHamiltonian hamiltonian, PhaseState start, IntegratorOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new SimulationStepper(options.Pair(hamiltonian, start), start, options.TimeStep);
    }

    /// <summary>Simulates from a state, watches what is conserved, and writes the file that the options name.</summary>
    /// <param name="system">The bodies.</param>
    /// <param name="hamiltonian">What moves them.</param>
    /// <param name="start">Where they start.</param>
    /// <param name="options">Steps, time step, method, file.</param>
    /// <exception cref="HgnInputException">Sizes do not agree, or an option is not what it should be.</exception>
    /// <exception cref="HgnSimulationException">The simulation diverged, or an implicit step did not converge.</exception>
    public static SimulationReport Run(BodySystem system, IHamiltonian hamiltonian, PhaseState start, SimulationOptions options)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(start);
        ArgumentNullException.ThrowIfNull(options);
        Interop.RequireSize("The state", start, system.Bodies, system.Dimension, "the system");
        var run = new WatchedRun(system.Core, options.Pair(hamiltonian, start), start, options);

        if (options.Output is { } path)
        {
            DumpWriter.write(path, system.Core, run.States()).Expect();
        }
        else
        {
            foreach (var _ in run.States())
            {
            }
        }

        return run.Report();
    }

    /// <summary>The states of a run with their step numbers.</summary>
    internal static IEnumerable<(long Step, PhaseState State)> Enumerate(Integrator integrator, PhaseState start, SimulationOptions options)
    {
        var stepper = new SimulationStepper(integrator, start, options.TimeStep);
        yield return (0, start);

        while (stepper.Steps < options.Steps)
        {
            stepper.Step((int)Math.Min(options.Interval, options.Steps - stepper.Steps));
            yield return (stepper.Steps, stepper.State());
        }
    }
}
