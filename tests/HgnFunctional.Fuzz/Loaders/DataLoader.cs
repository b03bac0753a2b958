using System;
using System.Collections.Generic;
using System.Linq;
using HgnFunctional.Fuzz.Strict;
using HgnFunctional.IO;
using Microsoft.FSharp.Core;

namespace HgnFunctional.Fuzz.Loaders;

/// <summary>A data file, compared with the strict reader.</summary>
/// <param name="read">What is attacked.</param>
internal sealed class DataLoader(Func<string, FSharpResult<LammpsData, DataError>> read) : Loader("data")
{
    internal override IReadOnlyList<Sample> Originals { get; } = Seeds.Data.Select(bytes => new Sample(bytes, ".data")).ToArray();

    internal override Reading Read(Sample sample, Place place)
    {
        var data = read(place.Path);

        return data.IsError
            ? Reading.Refused(data.ErrorValue)
            : new Reading(true) { Compare = () => Agreement.OfData(place.Path, data.ResultValue) };
    }
}
