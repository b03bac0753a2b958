using System;

namespace HgnFunctional.CSharp;

/// <summary>What a custom block computes its features from. A view of memory that is valid during one call.</summary>
public readonly ref struct BodiesView
{
    private readonly Structure structure;
    private readonly Pairs pairs;

    internal BodiesView(Structure structure, Pairs pairs, ReadOnlySpan<double> positions, ReadOnlySpan<double> momenta)
    {
        this.structure = structure;
        this.pairs = pairs;
        Positions = positions;
        Momenta = momenta;
    }

    /// <summary>Number N of bodies.</summary>
    public int Bodies => structure.Bodies;

    /// <summary>Number d of space dimensions.</summary>
    public int Dimension => structure.Dimension;

    /// <summary>Masses [N].</summary>
    public ReadOnlySpan<double> Masses => structure.Masses;

    /// <summary>Length of the box along each axis [d]; 0 where it is open.</summary>
    public ReadOnlySpan<double> Periods => structure.Cell.Periods;

    /// <summary>How far each vector of a skewed box reaches along the axes before its own (xy, xz, yz) [d (d - 1) / 2]; empty for a
    /// rectangular one.</summary>
    public ReadOnlySpan<double> Tilts => structure.Cell.Tilts;

    /// <summary>Positions q, row-major [N x d]; may be empty for a block of momenta alone.</summary>
    public ReadOnlySpan<double> Positions { get; }

    /// <summary>Momenta p, row-major [N x d]; may be empty for a block of positions alone.</summary>
    public ReadOnlySpan<double> Momenta { get; }

    /// <summary>Number of pairs: of bonds and within the cutoff together, each once. Within a cutoff there may be some that are farther
    /// apart; their features must vanish.</summary>
    public int Pairs => pairs.Count;

    /// <summary>The lower body of each pair [pairs].</summary>
    public ReadOnlySpan<int> First => pairs.Senders;

    /// <summary>The higher body of each pair [pairs].</summary>
    public ReadOnlySpan<int> Second => pairs.Receivers;

    /// <summary>The distance r of a pair, of the images that it stands for in a periodic box. Writes the derivative of r with respect to the
    /// first body's position [d]; that with respect to the second's is its opposite.</summary>
    public double Distance(int pair, Span<double> direction)
    {
        pairs.DifferenceInto(structure.Cell, Positions, pair, direction);
        var square = 0.0;

        for (var axis = 0; axis < Dimension; axis++)
        {
            square += direction[axis] * direction[axis];
        }

        var distance = Math.Sqrt(square);

        for (var axis = 0; axis < Dimension; axis++)
        {
            direction[axis] /= distance;
        }

        return distance;
    }
}
