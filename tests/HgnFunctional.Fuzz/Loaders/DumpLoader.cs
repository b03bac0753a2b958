using System;
using System.Collections.Generic;
using System.Linq;
using HgnFunctional.Fuzz.Strict;
using HgnFunctional.IO;
using Microsoft.FSharp.Core;

namespace HgnFunctional.Fuzz.Loaders;

/// <summary>The frames of a dump, compared one by one with the strict reader.</summary>
/// <param name="read">What is attacked.</param>
internal sealed class DumpLoader(Func<string, IEnumerable<FSharpResult<FileFrame, DataError>>> read) : Loader("dump")
{
    internal override IReadOnlyList<Sample> Originals { get; } = Seeds.Dumps.Select(bytes => new Sample(bytes, ".lammpstrj")).ToArray();

    internal override Reading Read(Sample sample, Place place)
    {
        var frames = new List<FileFrame>();

        foreach (var frame in read(place.Path))
        {
            if (frame.IsError)
            {
                return Reading.Refused(frame.ErrorValue);
            }

            frames.Add(frame.ResultValue);
        }

        return new Reading(true) { Compare = () => Agreement.OfDump(place.Path, frames) };
    }
}
