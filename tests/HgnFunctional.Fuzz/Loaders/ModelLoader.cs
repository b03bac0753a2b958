using System;
using System.Collections.Generic;
using System.Linq;
using HgnFunctional.CSharp;

namespace HgnFunctional.Fuzz.Loaders;

/// <summary>A model: loaded, looked at, bound to bodies, moved three steps, saved, and loaded again, when it must have the same energy
/// to the last bit.</summary>
/// <param name="isRepaired">Whether its checksum is made right after the damage, as an attacker would.</param>
internal sealed class ModelLoader(bool isRepaired) : Loader(isRepaired ? "modelsum" : "model")
{
    private static readonly Lazy<ModelSum> Sum = new(() => new ModelSum(ModelSeeds.All));

    internal override IReadOnlyList<Sample> Originals { get; } = ModelSeeds.All.Select(bytes => new Sample(bytes, ".json")).ToArray();

    protected override byte[] Finish(byte[] mutated) => isRepaired ? Sum.Value.Repaired(mutated) : mutated;

    internal override Reading Read(Sample sample, Place place)
    {
        try
        {
            return Used(HgnModel.Load(place.Path), place.Output);
        }
        catch (HgnInputException error)
        {
            return Reading.Refused(error.Message);
        }
    }

    private static Reading Used(HgnModel model, string output)
    {
        var described = $"{model} {string.Join(' ', model.Fits)} {string.Join(' ', model.Terms)}";
        var system = model.Cutoff is { } cutoff ? ModelSeeds.Gas(cutoff) : ModelSeeds.Ring;
        var state = system.RandomStart(0.1, 0.2, 1);

        if (!model.TryOn(system, out var bound, out var reason))
        {
            return new Reading(described.Length > 0) { Sentence = reason };
        }

        var energy = bound.Energy(state);
        bound.OutOfRangeFraction(state);
        var sentence = Moved(bound, state);
        model.Save(output);
        var again = HgnModel.Load(output).On(system).Energy(state);

        return new Reading(true)
        {
            Sentence = sentence,
            Compare = () => energy.Equals(again) ? null : new Fault(FaultKind.Misread, "another energy after it was saved and loaded"),
        };
    }

    /// <summary>Three steps; what stopped them, if they diverged.</summary>
    private static string? Moved(BoundModel model, PhaseState state)
    {
        try
        {
            var method = model.Model.IsSeparable ? "stormer-verlet" : "implicit-midpoint";
            model.Simulate(state, new SimulationOptions { TimeStep = 0.01, Steps = 3, Method = method }).Count();
            return null;
        }
        catch (HgnException error)
        {
            return error.Message;
        }
    }
}
