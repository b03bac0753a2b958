using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.ExceptionServices;
using System.Threading;
using HgnFunctional.IO;
using Microsoft.FSharp.Core;

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
            ? Enumerate(integrator, start, options, CancellationToken.None).Select(moment => moment.State)
            : throw new HgnInputException($"An output was asked for, {options.Output}; expected none, since only Run writes files.");
    }

    /// <summary>A stepper from a state, for loops that ask for one step at a time. It belongs to one thread at a time.</summary>
    /// <exception cref="HgnInputException">The state is for other bodies, or an option is not what it should be.</exception>
    public static SimulationStepper CreateStepper(this IHamiltonian hamiltonian, PhaseState start, IntegratorOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new SimulationStepper(options.Pair(hamiltonian, start), start, options.TimeStep);
    }

    /// <summary>Simulates from a state, watches what is conserved, and writes the file that the options name. Its frames go to a file of
    /// that name and <c>.part</c> one by one, which other programs can follow, and replace the file at the end. If the run ends early, an
    /// older file stays as it is, and the frames stay in the <c>.part</c>: the exception tells which.</summary>
    /// <param name="system">The bodies.</param>
    /// <param name="hamiltonian">What moves them.</param>
    /// <param name="start">Where they start.</param>
    /// <param name="options">Steps, time step, method, file.</param>
    /// <param name="cancellation">Looked at before each step.</param>
    /// <exception cref="HgnInputException">Sizes do not agree, an option is not what it should be, or the file cannot be written.</exception>
    /// <exception cref="HgnSimulationException">The simulation diverged, or an implicit step did not converge.</exception>
    /// <exception cref="OperationCanceledException">The simulation was cancelled: an <see cref="HgnCanceledException"/>.</exception>
    public static SimulationReport Run(
        BodySystem system,
        IHamiltonian hamiltonian,
        PhaseState start,
        SimulationOptions options,
        CancellationToken cancellation = default) =>
        Watch(system, hamiltonian, start, options, [], cancellation);

    /// <summary>As <see cref="Run"/>, with what had to be assumed of the start.</summary>
    internal static SimulationReport Watch(
        BodySystem system,
        IHamiltonian hamiltonian,
        PhaseState start,
        SimulationOptions options,
        IReadOnlyList<string> assumed,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(start);
        ArgumentNullException.ThrowIfNull(options);
        Interop.RequireSize("The state", start, system.Bodies, system.Dimension, "the system");
        RequirePinned(system, hamiltonian, start);
        var run = new WatchedRun(system.Core, hamiltonian, options.Pair(hamiltonian, start), start, options, assumed, cancellation);

        if (options.Output is { } path)
        {
            var written = Write(path, options, system.Core, run.States());
            var report = run.Report();
            return written.Loss is { } loss ? report with { Warnings = [.. report.Warnings, loss.Value] } : report;
        }

        foreach (var _ in run.States())
        {
        }

        return run.Report();
    }

    /// <summary>Models and known systems hold what the system pins; a Hamiltonian of the caller's own may not.</summary>
    private static void RequirePinned(BodySystem system, IHamiltonian hamiltonian, PhaseState start)
    {
        if (system.Core.Pins.IsEmpty)
        {
            return;
        }

        HamiltonianExtensions.Require(hamiltonian, start);
        var (velocities, forces) = hamiltonian.TimeDerivative(start);

        for (var k = 0; k < forces.Length; k++)
        {
            if (system.Core.Pins[k] && (velocities[k] != 0 || forces[k] != 0))
            {
                throw Interop.BadInput($"The Hamiltonian moves body {k / system.Dimension}, which the system pins; expected no velocity and no force there.");
            }
        }
    }

    /// <summary>The states of a run with their step numbers, and the work of forces without energy.</summary>
    internal static IEnumerable<(long Step, PhaseState State, double Work)> Enumerate(
        Integrator integrator,
        PhaseState start,
        SimulationOptions options,
        CancellationToken cancellation)
    {
        var stepper = new SimulationStepper(integrator, start, options.TimeStep);
        yield return (0, start, 0);

        while (stepper.Steps < options.Steps)
        {
            var next = Math.Min(stepper.Steps + options.Interval, options.Steps);

            while (stepper.Steps < next)
            {
                if (cancellation.IsCancellationRequested)
                {
                    throw new HgnCanceledException($"The simulation was stopped after step {stepper.Steps} of {options.Steps}.", cancellation);
                }

                stepper.Step();
            }

            yield return (stepper.Steps, stepper.State(), stepper.Work);
        }
    }

    /// <summary>Writes states; what ends them early is thrown with what was kept.</summary>
    private static WrittenFrames Write(string path, SimulationOptions options, Structure structure, IEnumerable<Tuple<long, PhaseState>> states)
    {
        var format = TrajectoryFormats.Of(options.Format, path);
        // A dump has the steps that times follow from; older readers know no more.
        var timeStep = format.Equals(FrameFormatModule.dump) ? FSharpOption<double>.None : FSharpOption<double>.Some(options.TimeStep);

        try
        {
            var result = FrameWriter.writeStates(format, path, structure, timeStep, states);

            return result.IsOk
                ? result.ResultValue
                : throw new HgnInputException(result.ErrorValue.ToString()) { Kept = KeptBy(result.ErrorValue.Kept) };
        }
        catch (FramesStoppedException stopped)
        {
            switch (stopped.InnerException)
            {
                case HgnSimulationException:
                    throw new HgnSimulationException(stopped.Message) { Kept = KeptBy(stopped.Kept) };
                case HgnCanceledException cancelled:
                    throw new HgnCanceledException(stopped.Message, cancelled.CancellationToken) { Kept = KeptBy(stopped.Kept) };
                case { } other:
                    // What a Hamiltonian of the caller's own threw.
                    ExceptionDispatchInfo.Throw(other);
                    break;
            }

            throw;
        }
    }

    internal static KeptFrames? KeptBy(FSharpOption<IO.KeptFrames>? kept) =>
        kept is null ? null : new KeptFrames(kept.Value.File, kept.Value.Frames, kept.Value.LastStep);
}
