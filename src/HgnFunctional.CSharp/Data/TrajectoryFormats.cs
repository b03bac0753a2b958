using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using HgnFunctional.IO;
using Microsoft.FSharp.Core;

namespace HgnFunctional.CSharp;

/// <summary>The formats of trajectories: files are recognised by what they hold, and written as their names or an option say.</summary>
public static class TrajectoryFormats
{
    /// <summary>Names of the formats that are read.</summary>
    public static IReadOnlyList<string> Read { get; } = [.. FrameFormatModule.all.Select(format => format.Name)];

    /// <summary>Names of the formats that are written.</summary>
    public static IReadOnlyList<string> Written { get; } = [.. FrameFormatModule.all.Where(format => format.Writing is not null).Select(format => format.Name)];

    /// <summary>Reads trajectories of any format and writes their frames, one file after another and one frame in memory at a time, as one
    /// file of another format. The file appears, or replaces an older one, when all of it is written.</summary>
    /// <param name="files">Paths of the trajectories.</param>
    /// <param name="output">Path of the file to write; <c>-</c> is standard output.</param>
    /// <param name="options">What is added to the frames; nothing by default.</param>
    /// <param name="cancellation">Looked at before each frame.</param>
    /// <exception cref="HgnInputException">No file, one that is not what it should be or would be replaced, a format of another name, or an
    /// output that cannot be written.</exception>
    /// <exception cref="OperationCanceledException">The conversion was cancelled: an <see cref="HgnCanceledException"/>.</exception>
    public static ConversionReport Convert(IReadOnlyList<string> files, string output, TrajectoryConversion? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(output);
        options ??= new TrajectoryConversion();

        if (files.Count == 0 || files.Contains(null!))
        {
            throw new HgnInputException("No trajectory file was given, or one is null; expected paths.");
        }

        var units = options.Units is { } name
            ? FSharpOption<Units>.Some(UnitsModule.all.ByName("The unit style", name, style => style.Name))
            : FSharpOption<Units>.None;

        var format = Of(options.Format, output);
        var keys = new TargetKeys(options.EnergyKey.ToOption(), options.ForcesKey.ToOption(), options.VirialKey.ToOption(), options.StressKey.ToOption());

        try
        {
            var result = FrameWriter.convert(new ConversionOptions(options.TopologyFile.ToOption(), options.AtomStyle.ToOption(), units, keys), format, cancellation, files.ToList(), output);

            return result.IsOk
                ? new ConversionReport(result.ResultValue.Format, result.ResultValue.Frames, result.ResultValue.Loss is { } loss ? [loss.Value] : [])
                : throw new HgnInputException(result.ErrorValue.ToString()) { Kept = Simulator.KeptBy(result.ErrorValue.Kept) };
        }
        catch (FramesStoppedException stopped) when (stopped.InnerException is OperationCanceledException)
        {
            throw new HgnCanceledException(stopped.Message, cancellation) { Kept = Simulator.KeptBy(stopped.Kept) };
        }
    }

    /// <summary>The format of a name, else that of a path.</summary>
    internal static FrameFormat Of(string? name, string path) =>
        name is null
            ? FrameFormatModule.ofName(path)
            : FrameFormatModule.all.Where(format => format.Writing is not null).ByName("The format", name, format => format.Name);
}

/// <summary>What is added to frames that are converted, and how they are written.</summary>
public sealed record TrajectoryConversion
{
    /// <summary>Name of the format, one of <see cref="TrajectoryFormats.Written"/>; by default as the extension of the output says, else a
    /// dump.</summary>
    public string? Format { get; init; }

    /// <summary>Path of a LAMMPS data file with bonds, and masses and charges where the frames have none.</summary>
    public string? TopologyFile { get; init; }

    /// <summary>Name of the LAMMPS atom style of that file, if it does not say it.</summary>
    public string? AtomStyle { get; init; }

    /// <summary>Name of the unit style of frames that name none.</summary>
    public string? Units { get; init; }

    /// <summary>Which key of extended XYZ is the energy, where several could be.</summary>
    public string? EnergyKey { get; init; }

    /// <summary>Which column of extended XYZ are the forces, where several could be.</summary>
    public string? ForcesKey { get; init; }

    /// <summary>The key of the virial, or "none", where the files have several that could be.</summary>
    public string? VirialKey { get; init; }

    /// <summary>The key of the stress, likewise.</summary>
    public string? StressKey { get; init; }
}

/// <summary>What a conversion wrote.</summary>
/// <param name="Format">Name of the format.</param>
/// <param name="Frames">Number of frames.</param>
/// <param name="Warnings">A sentence on what the format has no place for, if anything is left out.</param>
public sealed record ConversionReport(string Format, int Frames, IReadOnlyList<string> Warnings);
