using System.CommandLine;
using System.Linq;
using HgnFunctional.CSharp;

namespace HgnFunctional.Cli;

/// <summary>Arguments of verbs that learn from trajectories.</summary>
internal sealed class DataArguments
{
    private readonly Argument<string[]> data = Shared.Data();
    private readonly Option<string?> topology = Shared.Topology();
    private readonly Option<string?> atomStyle = Shared.AtomStyle();
    private readonly Option<(double? All, PairCutoff[] Pairs, bool None)> cutoff = Shared.Cutoff();
    private readonly Option<int> excluded = new("--excluded-bonds") { Description = "Pairs that so many bonds or fewer join, 0 to 3, do not interact by distance; with 0 the data decide.", HelpName = "N" };
    private readonly Option<double?> mass = Shared.Number("--mass", "Mass of every body, where the files give none.", "M");
    private readonly Option<string?> units = Shared.Units();
    private readonly Option<string?> pinned = Shared.Pinned();
    private readonly Option<string?> energyKey = Shared.EnergyKey();
    private readonly Option<string?> forcesKey = Shared.ForcesKey();
    private readonly Option<string?> virialKey = Shared.VirialKey();
    private readonly Option<string?> stressKey = Shared.StressKey();
    private readonly Option<double?> timeStep = Shared.Number("--time-step", "Time of one step of the files: where they have no forces, these are told from how the atoms move.", "H");
    private readonly Option<(int First, int? Last)> frames = Shared.Frames();

    internal void AddTo(Command command)
    {
        command.Add(data);

        foreach (var option in new Option[] { topology, atomStyle, cutoff, excluded, mass, units, pinned, timeStep, energyKey, forcesKey, virialKey, stressKey, frames })
        {
            command.Add(option);
        }
    }

    /// <summary>Paths of the files that are read.</summary>
    internal string?[] Inputs(ParseResult parsed) => [.. parsed.GetRequiredValue(data), parsed.GetValue(topology)];

    internal TrajectoryData Read(ParseResult parsed) =>
        Shared.Read(parsed.GetRequiredValue(data), parsed.GetValue(topology), parsed.GetValue(frames), parsed.GetValue(units)) with
        {
            AtomStyle = parsed.GetValue(atomStyle),
            Cutoff = parsed.GetValue(cutoff).All,
            Alone = parsed.GetValue(cutoff).None,
            PairCutoffs = parsed.GetValue(cutoff).Pairs ?? [],
            ExcludedBonds = parsed.GetValue(excluded),
            Mass = parsed.GetValue(mass),
            Pinned = parsed.GetValue(pinned),
            TimeStep = parsed.GetValue(timeStep),
            EnergyKey = parsed.GetValue(energyKey),
            ForcesKey = parsed.GetValue(forcesKey),
            VirialKey = parsed.GetValue(virialKey),
            StressKey = parsed.GetValue(stressKey),
        };
}
