using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;

namespace HgnFunctional.CSharp;

/// <summary>One simulation, watched while its states are enumerated.</summary>
internal sealed class WatchedRun(
    Structure structure,
    Integrator integrator,
    PhaseState start,
    SimulationOptions options,
    CancellationToken cancellation)
{
    private readonly Stopwatch watch = new();
    private Observer<Conservation> observer = ConservationModule.observer(structure, integrator.Hamiltonian);

    /// <summary>The watched states with their step numbers. The clock stands still while the caller has one.</summary>
    internal IEnumerable<Tuple<long, PhaseState>> States()
    {
        watch.Start();

        foreach (var (step, state) in Simulator.Enumerate(integrator, start, options, cancellation))
        {
            observer = observer.Observe(step * options.TimeStep, state);
            watch.Stop();
            yield return Tuple.Create(step, state);
            watch.Start();
        }

        watch.Stop();
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
            kept.AngularMomentumDrift?.Value
        );
    }
}
