using System;
using System.Linq;

namespace HgnFunctional.Fuzz.Strict;

/// <summary>A box by its corner and its three vectors, the first along x, the second in the plane of x and y (LAMMPS manual, Howto
/// triclinic).</summary>
internal sealed record StrictBox(double[] Low, double[] High, double Xy, double Xz, double Yz)
{
    internal double[] Lengths => Low.Zip(High, (low, high) => high - low).ToArray();

    /// <summary>A box whose axes may not be empty where they are periodic, and may not be tilted where they are not.</summary>
    internal StrictBox Checked(params bool[] periodic)
    {
        var lengths = Lengths;
        Refusal.Unless(lengths.All(double.IsFinite), "a box of infinite length");
        Refusal.Unless(lengths.Zip(periodic, (length, isPeriodic) => length > 0 || (length == 0 && !isPeriodic)).All(x => x), "box bounds in the wrong order");
        Refusal.Unless(periodic[1] || Xy == 0, "a tilt of an open axis");
        Refusal.Unless(periodic[2] || (Xz == 0 && Yz == 0), "a tilt of an open axis");
        Refusal.Unless(Shortest(periodic).All(double.IsFinite), "a tilt beyond all counting");
        return this;
    }

    /// <summary>The tilts of the same lattice of at most half a length; none where all are zero.</summary>
    internal double[] Shortest(params bool[] periodic)
    {
        var lengths = Lengths;
        double Turns(double tilt, int axis) => periodic[axis] ? Math.Round(tilt / lengths[axis]) : 0;
        double Less(double tilt, double vector, double turns) => turns == 0 ? tilt : tilt - vector * turns;
        var yTurns = Turns(Yz, 1);
        var xz = Less(Xz, Xy, yTurns);
        double[] tilts = [Less(Xy, lengths[0], Turns(Xy, 0)), Less(xz, lengths[0], Turns(xz, 0)), Less(Yz, lengths[1], yTurns)];
        return tilts.All(tilt => tilt == 0) ? [] : tilts;
    }

    /// <summary>A place that is so many vectors away.</summary>
    internal double[] Away(double[] place, double[] vectors)
    {
        var lengths = Lengths;
        var away = place.Select((x, axis) => x + vectors[axis] * lengths[axis]).ToArray();

        if (Xy != 0 || Xz != 0 || Yz != 0)
        {
            away[0] = away[0] + vectors[1] * Xy + vectors[2] * Xz;
            away[1] += vectors[2] * Yz;
        }

        return away;
    }

    /// <summary>The box of three vectors and a corner.</summary>
    internal static StrictBox OfVectors(double[] a, double[] b, double[] c, double[] origin)
    {
        Refusal.Unless(a[1] == 0 && a[2] == 0 && b[2] == 0, "vectors that are turned");
        double[] high = [origin[0] + a[0], origin[1] + b[1], origin[2] + c[2]];
        Refusal.Unless(high.Zip(origin, (end, start) => end > start).All(x => x), "a vector without length along its axis");
        return new StrictBox(origin, high, b[0], c[0], c[1]);
    }

    /// <summary>The box within bounds that enclose it.</summary>
    internal static StrictBox Within(double[] low, double[] high, double xy, double xz, double yz) =>
        new(
            [low[0] - Math.Min(Math.Min(0, xy), Math.Min(xz, xy + xz)), low[1] - Math.Min(0, yz), low[2]],
            [high[0] - Math.Max(Math.Max(0, xy), Math.Max(xz, xy + xz)), high[1] - Math.Max(0, yz), high[2]],
            xy,
            xz,
            yz);
}
