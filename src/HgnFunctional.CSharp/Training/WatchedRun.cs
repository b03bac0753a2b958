using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using Microsoft.FSharp.Core;

namespace HgnFunctional.CSharp;

/// <summary>One simulation, watched while its states are enumerated.</summary>
internal sealed class WatchedRun(
    Structure structure,
    IHamiltonian hamiltonian,
    Integrator integrator,
    PhaseState start,
    SimulationOptions options,
    IReadOnlyList<string> assumed,
    CancellationToken cancellation)
{
    private readonly Stopwatch watch = new();
    private readonly BoundModel? model = hamiltonian as BoundModel;
    private Observer<Conservation> observer = ConservationModule.observerOf(
        hamiltonian is IDrive || hamiltonian is BoundModel { Model.Core.HasSurroundings: true }, structure, integrator.Hamiltonian);
    private Observer<double>? range =
        hamiltonian is BoundModel bound ? OutOfRange.observer(structure, bound.Model.Core) : null;

    /// <summary>The watched states with their step numbers. The clock stands still while the caller has one.</summary>
    internal IEnumerable<Tuple<long, PhaseState>> States()
    {
        watch.Start();

        foreach (var (step, state, work) in Simulator.Enumerate(integrator, start, options, cancellation))
        {
            var moment = new RunMoment(step * options.TimeStep, state, work);
            observer = observer.Observe(moment);
            range = range?.Observe(moment);
            watch.Stop();
            yield return Tuple.Create(step, state);
            watch.Start();
            RequireInRange(step, state);
        }

        watch.Stop();
    }

    private void RequireInRange(long step, PhaseState state)
    {
        if (options.StopWhenOutOfRange is { } most && model?.OutOfRangeFraction(state) is { } fraction && fraction > most)
        {
            throw new HgnSimulationException(FormattableString.Invariant(
                $"The simulation was stopped at step {step}: {100 * fraction:G3} % of what the model looks at is outside its range in training, more than {100 * most:G3} %."));
        }
    }

    internal SimulationReport Report()
    {
        var kept = observer.Result;
        var fraction = range is null ? FSharpOption<double>.None : FSharpOption<double>.Some(range.Result);

        return new SimulationReport(
            structure.Bodies,
            options.Steps,
            watch.Elapsed.TotalSeconds,
            kept.EnergyDriftMax,
            kept.EnergyDriftSlope,
            kept.MomentumDrift?.Value,
            kept.AngularMomentumDrift?.Value,
            kept.Work,
            range?.Result,
            [.. assumed, .. RunVerdict.warnings(kept, fraction).Select(warning => warning.ToString())]
        );
    }
}
