using System.Collections.Generic;
using HgnFunctional.IO;

namespace HgnFunctional.Fuzz.Loaders;

internal static class AllLoaders
{
    /// <summary>Every way into the library.</summary>
    internal static IReadOnlyList<Loader> Make() =>
    [
        new DumpLoader(LammpsDump.frames),
        new DataLoader(LammpsDataModule.read),
        new TrajectoryLoader(),
        new SummaryLoader(),
        new ModelLoader(isRepaired: false),
        new ModelLoader(isRepaired: true),
    ];
}
