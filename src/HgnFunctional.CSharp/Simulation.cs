using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using HgnFunctional.IO;
using Microsoft.FSharp.Core;

namespace HgnFunctional.CSharp;

/// <summary>What to simulate, and how.</summary>
public sealed record SimulationOptions
{
    /// <summary>Number of time steps; at least 1.</summary>
    public required int Steps { get; init; }

    /// <summary>Time step, in the units of the data; above 0.</summary>
    public required double TimeStep { get; init; }

    /// <summary>Conserved quantities are watched, and states written, every so many steps; by default a thousand times in all.</summary>
    public int? Every { get; init; }

    /// <summary>The integrator: stormer-verlet or implicit-midpoint.</summary>
    public string Method { get; init; } = SplittingMethodModule.stormerVerlet.Name;

    /// <summary>Path of a LAMMPS text dump to write; none by default.</summary>
    public string? Output { get; init; }

    internal int Interval => Every ?? Math.Max(1, Steps / 1000);

    internal void Check()
    {
        if (Steps < 1)
        {
            throw new HgnInputException($"The number of steps is {Steps}; expected at least 1.");
        }

        if (!double.IsFinite(TimeStep) || TimeStep <= 0)
        {
            throw new HgnInputException(FormattableString.Invariant($"The time step is {TimeStep}; expected a finite number above 0."));
        }

        if (Every < 1)
        {
            throw new HgnInputException($"States are asked for every {Every} steps; expected at least 1.");
        }
    }
}

/// <summary>Runs simulations and watches what they conserve.</summary>
internal static class Simulation
{
    internal static SimulationReport Run(TrainedModel model, Structure structure, PhaseState start, SimulationOptions options)
    {
        options.Check();
        Integrators.Names.ByName("The method", options.Method, name => name);
        var dynamics = Model.bind(structure, model).Expect();
        var found = IntegratorModule.tryForDynamics(options.Method, dynamics);

        if (found is null)
        {
            throw new HgnInputException($"The method {options.Method} needs a model that splits into T(p) + V(q); expected implicit-midpoint for this one.");
        }

        var run = new Run(structure, found.Value, start, options);

        if (options.Output is { } path)
        {
            DumpWriter.write(path, structure, run.States()).Expect();
        }
        else
        {
            foreach (var _ in run.States())
            {
            }
        }

        return run.Report();
    }

    private static class Integrators
    {
        internal static IEnumerable<string> Names => IntegratorModule.names;
    }
}

/// <summary>One simulation, watched while its states are enumerated.</summary>
internal sealed class Run
{
    private readonly Structure structure;
    private readonly Integrator integrator;
    private readonly PhaseState start;
    private readonly SimulationOptions options;
    private readonly ConservationObserver observer;
    private readonly Stopwatch watch = new();

    internal Run(Structure structure, Integrator integrator, PhaseState start, SimulationOptions options)
    {
        this.structure = structure;
        this.integrator = integrator;
        this.start = start;
        this.options = options;
        observer = new ConservationObserver(structure, integrator.Hamiltonian, start);
    }

    /// <summary>The watched states with their step numbers.</summary>
    internal IEnumerable<Tuple<long, PhaseState>> States()
    {
        watch.Start();
        var stepper = IntegratorModule.stepper(integrator, options.TimeStep, start);
        observer.Observe(0, start);
        watch.Stop();
        yield return Tuple.Create(0L, start);

        while (stepper.Steps < options.Steps)
        {
            watch.Start();
            var until = Math.Min(options.Steps, stepper.Steps + options.Interval);

            while (stepper.Steps < until)
            {
                var result = stepper.Step();

                if (result.IsError)
                {
                    throw new HgnSimulationException(result.ErrorValue.ToString());
                }
            }

            var state = IntegratorModule.state(integrator, stepper);
            observer.Observe(stepper.Steps * options.TimeStep, state);
            watch.Stop();
            yield return Tuple.Create(stepper.Steps, state);
        }
    }

    internal SimulationReport Report()
    {
        var kept = observer.Result;

        return new SimulationReport(
            structure.Bodies,
            options.Steps,
            watch.Elapsed.TotalSeconds,
            kept.EnergyDriftMax,
            kept.EnergyDriftSlope,
            kept.MomentumDrift,
            kept.AngularMomentumDrift is null ? null : kept.AngularMomentumDrift.Value
        );
    }
}
