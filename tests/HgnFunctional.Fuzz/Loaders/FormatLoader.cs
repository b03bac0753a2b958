using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using HgnFunctional.IO;
using Microsoft.FSharp.Core;

namespace HgnFunctional.Fuzz.Loaders;

/// <summary>A trajectory of any format that is written. What was read, written and read again must be the same.</summary>
/// <param name="format">What is attacked.</param>
internal sealed class FormatLoader(FrameFormat format) : Loader(format.Name)
{
    internal override IReadOnlyList<Sample> Originals { get; } = Seeds.Dumps.Select(dump => Converted(format, dump)).ToArray();

    /// <summary>The package that reads HDF5 makes room for what damaged headers ask for before it looks whether it is there.</summary>
    internal override bool OwnsMemory => format.Name != "hdf5";

    internal override Reading Read(Sample sample, Place place)
    {
        var read = format.Frames.Invoke(Extxyz.anyKeys).Invoke(place.Path).ToList();

        if (read.FirstOrDefault(frame => frame.IsError) is { IsError: true } refused)
        {
            return Reading.Refused(refused.ErrorValue);
        }

        var frames = read.Select(frame => frame.ResultValue).ToList();
        return new Reading(true) { Compare = () => Again(frames, place.Output) };
    }

    /// <summary>Null where frames read back as they were, or the format holds no such frames together.</summary>
    private Fault? Again(List<FileFrame> frames, string output)
    {
        if (FrameWriter.write(format, output, frames).IsError)
        {
            return null;
        }

        var again = format.Frames.Invoke(Extxyz.anyKeys).Invoke(output).ToList();

        var isSame = again.Count == frames.Count && again.Zip(frames).All(pair =>
            pair.First.IsOk
            && pair.First.ResultValue.Ids.SequenceEqual(pair.Second.Ids)
            && pair.First.ResultValue.Positions.SequenceEqual(pair.Second.Positions)
            && Values(pair.First.ResultValue.Forces).SequenceEqual(Values(pair.Second.Forces)));

        return isSame ? null : new Fault(FaultKind.Misread, "other frames after they were written and read");
    }

    private static double[] Values(FSharpOption<double[]>? values) => values?.Value ?? [];

    /// <summary>A dump that LAMMPS wrote, as the format has it.</summary>
    private static Sample Converted(FrameFormat format, byte[] dump)
    {
        var folder = Directory.CreateTempSubdirectory("hgn-fuzz-seed-");

        try
        {
            var (source, target) = (Path.Combine(folder.FullName, "dump"), Path.Combine(folder.FullName, "converted"));
            File.WriteAllBytes(source, dump);
            var frames = LammpsDump.frames(source).Select(frame => frame.IsOk ? frame.ResultValue : throw new InvalidDataException($"{frame.ErrorValue}"));
            var written = FrameWriter.write(format, target, frames);
            return written.IsOk ? new Sample(File.ReadAllBytes(target), "." + format.Name) : throw new InvalidDataException($"{written.ErrorValue}");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
