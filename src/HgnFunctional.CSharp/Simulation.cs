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

    /// <summary>Name of the integrator, one of <see cref="Methods"/>. Methods that need a Hamiltonian of the form T(p) + V(q)
    /// are refused for models of another form.</summary>
    public string Method { get; init; } = SplittingMethodModule.stormerVerlet.Name;

    /// <summary>Names of all integrators.</summary>
    public static IReadOnlyList<string> Methods { get; } = IntegrationMethodModule.all.Select(method => method.Name).ToArray();

    /// <summary>Error of a substep of dormand-prince, relative to the spread of positions and size of momenta; by default 1e-10. Other
    /// methods do not look at it.</summary>
    public double? Tolerance { get; init; }

    /// <summary>Coupling of the two copies of the state in the methods tao-2 and tao-4, in units of 1 / time; by default 0.5 /
    /// time step. Other methods do not look at it.</summary>
    public double? Coupling { get; init; }

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

        if (Tolerance is { } tolerance && !(double.IsFinite(tolerance) && tolerance > 0))
        {
            throw new HgnInputException(FormattableString.Invariant($"The tolerance is {tolerance}; expected a finite number above 0."));
        }

        if (Coupling is { } coupling && !(double.IsFinite(coupling) && coupling > 0))
        {
            throw new HgnInputException(FormattableString.Invariant($"The coupling is {coupling}; expected a finite number above 0."));
        }
    }

    /// <summary>The method with a model on a structure, for a run from a state.</summary>
    internal Integrator Pair(Dynamics dynamics, PhaseState start)
    {
        var method = IntegrationMethodModule.all.ByName("The method", Method, known => known.Name);
        var defaults = IntegratorSettingsModule.suggest(TimeStep, dynamics.Hamiltonian, start);
        var coupling = new ExtendedCoupling(Coupling ?? defaults.Coupling.Rate, defaults.Coupling.MomentumPerLength);
        var settings = new IntegratorSettings(Tolerance ?? defaults.Tolerance, coupling);

        if (IntegratorModule.tryCreate(settings, method, dynamics) is { } integrator)
        {
            return integrator.Value;
        }

        var others = string.Join(", ", IntegrationMethodModule.all.Where(other => !other.NeedsSeparable).Select(other => other.Name));
        throw new HgnInputException($"The method {Method} needs a model that splits into T(p) + V(q), which this one does not; expected one of {others}.");
    }
}

/// <summary>Runs simulations and watches what they conserve.</summary>
internal static class Simulation
{
    internal static SimulationReport Run(TrainedModel model, Structure structure, PhaseState start, SimulationOptions options)
    {
        options.Check();
        var dynamics = Model.bind(structure, model).Expect();
        var run = new Run(structure, options.Pair(dynamics, start), start, options);

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
}

/// <summary>One simulation, watched while its states are enumerated.</summary>
internal sealed class Run
{
    private readonly Structure structure;
    private readonly Integrator integrator;
    private readonly PhaseState start;
    private readonly SimulationOptions options;
    private Observer<Conservation> observer;
    private readonly Stopwatch watch = new();

    internal Run(Structure structure, Integrator integrator, PhaseState start, SimulationOptions options)
    {
        this.structure = structure;
        this.integrator = integrator;
        this.start = start;
        this.options = options;
        observer = ConservationModule.observer(structure, integrator.Hamiltonian);
    }

    /// <summary>The watched states with their step numbers.</summary>
    internal IEnumerable<Tuple<long, PhaseState>> States()
    {
        watch.Start();
        var stepper = IntegratorModule.stepper(integrator, options.TimeStep, start);
        observer = observer.Observe(0, start);
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
            observer = observer.Observe(stepper.Steps * options.TimeStep, state);
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
