using System.Collections.Generic;
using System.Linq;
using HgnFunctional.IO;

namespace HgnFunctional.Fuzz.Loaders;

internal static class AllLoaders
{
    /// <summary>Every way into the library.</summary>
    internal static IReadOnlyList<Loader> Make() =>
    [
        new DumpLoader(LammpsDump.frames),
        // The dumps have a strict reader beside them.
        .. FrameFormatModule.all.Where(format => format.Writing is not null && format.Name != "dump").Select(format => new FormatLoader(format)),
        new DataLoader(LammpsDataModule.read),
        new TrajectoryLoader(),
        new SummaryLoader(),
        new ModelLoader(isRepaired: false),
        new ModelLoader(isRepaired: true),
    ];
}
