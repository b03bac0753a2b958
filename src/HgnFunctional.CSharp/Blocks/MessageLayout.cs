using System.Collections.Generic;
using System.Linq;

namespace HgnFunctional.CSharp;

/// <summary>How message passing is laid out. The defaults are those of arXiv 2506.06558.</summary>
public sealed record MessageLayout
{
    /// <summary>What nodes and edges see: "frame", coordinates in a local frame, as in the paper; or "invariant", kinetic terms and
    /// distances.</summary>
    public string Inputs { get; init; } = GraphInputs.localFrame.Name;

    /// <summary>Whether a message sees sender and receiver apart; by default it sees their sum.</summary>
    public bool IsDirected { get; init; }

    /// <summary>Units of the node encoder; at least 1.</summary>
    public int NodeUnits { get; init; } = 64;

    /// <summary>Units of the edge encoder; at least 1.</summary>
    public int EdgeUnits { get; init; } = 64;

    /// <summary>Units of each round of messages but the last, whose units are <see cref="TrainingOptions.Width"/>; by default there is
    /// one round.</summary>
    public IReadOnlyList<int> InnerUnits { get; init; } = [];

    /// <summary>Whether the encoders' units are features too, beside those of the last messages.</summary>
    public bool PoolsEveryStage { get; init; }

    internal MessageOptions ToOptions()
    {
        Require(nameof(NodeUnits), NodeUnits);
        Require(nameof(EdgeUnits), EdgeUnits);

        if (InnerUnits is null)
        {
            throw new HgnInputException($"{nameof(InnerUnits)} is null; expected a list, which may be empty.");
        }

        foreach (var units in InnerUnits)
        {
            Require(nameof(InnerUnits), units);
        }

        var inputs = GraphInputs.all.ByName("The inputs of messages", Inputs, known => known.Name);
        return new MessageOptions(inputs, IsDirected, NodeUnits, EdgeUnits, InnerUnits.ToList(), PoolsEveryStage);
    }

    private static void Require(string field, int units)
    {
        if (units is < 1 or > TrainingOptions.MostUnits)
        {
            throw Interop.BadInput($"{field} is {units}; expected 1 to {TrainingOptions.MostUnits}.");
        }
    }
}
