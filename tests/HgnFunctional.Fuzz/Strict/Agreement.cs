using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using HgnFunctional.IO;
using Microsoft.FSharp.Core;

namespace HgnFunctional.Fuzz.Strict;

/// <summary>Whether the strict reader sees what the library saw, to the last bit.</summary>
internal static class Agreement
{
    /// <summary>Null where both see the same frames.</summary>
    internal static Fault? OfDump(string path, IReadOnlyList<FileFrame> frames) => Against(() =>
    {
        var strict = StrictDump.Read(StrictLines.OfFile(path));
        var difference = strict.Count == frames.Count ? null : "the number of frames";
        return strict.Zip(frames, Difference).Aggregate(difference, (first, next) => first ?? next);
    });

    /// <summary>Null where both see the same atoms and bonds.</summary>
    internal static Fault? OfData(string path, LammpsData data) => Against(() =>
    {
        var strict = StrictData.Read(StrictLines.OfFile(path));
        var bonds = data.Bonds.Select(bond => (bond.Item1, bond.Item2));

        return !strict.Ids.SequenceEqual(data.Ids) ? "the ids"
            : !Same(strict.Masses, Value(data.Masses)) ? "the masses"
            : !strict.Bonds.SequenceEqual(bonds) ? "the bonds"
            : !Same(strict.Positions, data.Positions) ? "the positions"
            : !Same(strict.Velocities, Value(data.Velocities)) ? "the velocities"
            : !Same(strict.Box.Low, data.Low) || !Same(strict.Box.High, data.High) ? "the box"
            : !Same([strict.Box.Xy, strict.Box.Xz, strict.Box.Yz], data.Tilts) ? "the tilts"
            : !strict.Types.SequenceEqual(data.Types.Select(type => (long)type)) ? "the types"
            : null;
    });

    /// <summary>Null where the strict reader takes the file as well.</summary>
    internal static Fault? OfAcceptance(string path, bool isDump) => Against(() =>
    {
        var lines = StrictLines.OfFile(path);

        if (isDump)
        {
            StrictDump.Read(lines);
        }
        else
        {
            StrictData.Read(lines);
        }

        return null;
    });

    private static Fault? Against(Func<string?> difference)
    {
        try
        {
            return difference() is { } what ? new Fault(FaultKind.Misread, $"the strict reader sees otherwise: {what}") : null;
        }
        catch (Refusal refusal)
        {
            return new Fault(FaultKind.Lax, $"accepted, and the strict reader says: {refusal.Message}");
        }
        catch (InvalidDataException)
        {
            return new Fault(FaultKind.Lax, "accepted, and the strict reader says: no gzip file");
        }
    }

    private static string? Difference(StrictFrame strict, FileFrame frame) =>
        strict.Timestep != frame.Timestep ? "the time step"
        : strict.Units != frame.UnitStyle?.Value ? "the units"
        : !strict.Columns.SequenceEqual(frame.Columns) ? "the columns"
        : !strict.Ids.SequenceEqual(frame.Ids) ? "the ids"
        : !Same(strict.Periods, frame.Cell.Periods.ToArray()) ? "the box"
        : !Same(Unsigned(strict.Tilts), Unsigned(frame.Cell.Tilts.ToArray())) ? "the tilts"
        : !(strict.Types ?? []).SequenceEqual(frame.Types?.Value ?? []) ? "the types"
        : !Same(strict.Charges, Value(frame.Charges)) ? "the charges"
        : !Same(strict.Masses, Value(frame.Masses)) ? "the masses"
        : !Same(strict.Positions, frame.Positions) ? "the positions"
        : !Same(strict.Velocities, Value(frame.Velocities)) ? "the velocities"
        : !Same(strict.Forces, Value(frame.Forces)) ? "the forces"
        : null;

    /// <summary>No tilt has two zeros.</summary>
    private static double[] Unsigned(double[] tilts) => tilts.Select(tilt => tilt + 0.0).ToArray();

    private static double[]? Value(FSharpOption<double[]>? option) => option?.Value;

    private static bool Same(double[]? one, double[]? other) =>
        one is null || other is null
            ? one is null && other is null
            : one.Select(BitConverter.DoubleToInt64Bits).SequenceEqual(other.Select(BitConverter.DoubleToInt64Bits));
}
