using System.Collections.Generic;
using System.Linq;
using HgnFunctional.CSharp;
using HgnFunctional.Fuzz.Strict;

namespace HgnFunctional.Fuzz.Loaders;

/// <summary>Files whose kind is found by looking at them.</summary>
internal sealed class SummaryLoader() : Loader("summary")
{
    internal override IReadOnlyList<Sample> Originals { get; } =
    [
        .. Seeds.Dumps.Select(bytes => new Sample(bytes, ".lammpstrj")),
        .. Seeds.Data.Select(bytes => new Sample(bytes, ".data")),
        .. ModelSeeds.All.Select(bytes => new Sample(bytes, ".json")),
    ];

    internal override Reading Read(Sample sample, Place place)
    {
        try
        {
            var summary = FileSummary.Read(place.Path);
            var text = summary.ToString();

            return new Reading(text.Length > 0)
            {
                Compare = () => summary is FileSummary.OfModel or FileSummary.OfDump { Format: not "dump" } ? null : Agreement.OfAcceptance(place.Path, summary is FileSummary.OfDump),
            };
        }
        catch (HgnInputException error)
        {
            return Reading.Refused(error.Message);
        }
    }
}
