using System;
using System.Collections.Generic;
using System.Threading;
using HgnFunctional.IO;

namespace HgnFunctional.CSharp;

/// <summary>What a file holds.</summary>
public abstract record FileSummary
{
    private FileSummary() { }

    /// <summary>A model.</summary>
    public sealed record OfModel(HgnModel Model) : FileSummary;

    /// <summary>A trajectory: a LAMMPS text dump, or extended XYZ.</summary>
    /// <param name="Format">Name of the format: dump or extxyz.</param>
    /// <param name="Frames">Number of frames.</param>
    /// <param name="Bodies">Number of atoms in the first frame.</param>
    /// <param name="FirstStep">Time step of the first frame.</param>
    /// <param name="LastStep">Time step of the last frame.</param>
    /// <param name="Columns">Names of the columns.</param>
    /// <param name="Periods">Length of the box along each axis; 0 where it is open.</param>
    /// <param name="Tilts">How far the box is skewed: its tilts xy, xz and yz, at most half a period; none for a rectangular box.</param>
    public sealed record OfDump(
        string Format,
        int Frames,
        int Bodies,
        long FirstStep,
        long LastStep,
        IReadOnlyList<string> Columns,
        IReadOnlyList<double> Periods,
        IReadOnlyList<double> Tilts) : FileSummary;

    /// <summary>A LAMMPS data file.</summary>
    /// <param name="Bodies">Number of atoms.</param>
    /// <param name="Bonds">Number of bonds.</param>
    /// <param name="Angles">Number of angles.</param>
    /// <param name="HasMasses">Whether it has masses.</param>
    /// <param name="HasVelocities">Whether it has velocities.</param>
    public sealed record OfData(int Bodies, int Bonds, int Angles, bool HasMasses, bool HasVelocities) : FileSummary;

    /// <summary>Recognises a file by its content, whatever it is called, and reads it.</summary>
    /// <param name="path">A model, a dump or a data file; gzip may have compressed it.</param>
    /// <param name="cancellation">Looked at before each frame of a dump.</param>
    /// <exception cref="HgnInputException">The file is missing, damaged, or none of the three.</exception>
    /// <exception cref="OperationCanceledException">Reading was cancelled.</exception>
    public static FileSummary Read(string path, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(path);
        var kind = FileKindModule.ofFile(path).Expect();

        return kind.IsModelKind ? new OfModel(HgnModel.Load(path))
            : kind is FileKind.TrajectoryKind trajectory ? ReadDump(trajectory.format, path, cancellation)
            : ReadData(path);
    }

    private static OfDump ReadDump(FrameFormat format, string path, CancellationToken cancellation)
    {
        FileFrame? first = null;
        FileFrame? last = null;
        var frames = 0;

        foreach (var frame in format.Frames.Invoke(Extxyz.anyKeys).Invoke(path).Until(cancellation))
        {
            last = frame.Expect();
            first ??= last;
            frames++;
        }

        return first is null || last is null
            ? throw new HgnInputException($"{path}: holds no frame; expected at least one.")
            : new OfDump(
                format.Name,
                frames,
                first.Ids.Length,
                first.Timestep,
                last.Timestep,
                first.Columns,
                first.Cell.Periods.ToArray(),
                first.Cell.Tilts.ToArray());
    }

    private static OfData ReadData(string path)
    {
        var data = LammpsDataModule.read(path).Expect();
        return new OfData(data.Ids.Length, data.Bonds.Length, data.Angles.Length, data.Masses is not null, data.Velocities is not null);
    }
}
