using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;

namespace HgnFunctional.Fuzz;

/// <summary>The good files that mutations start from. Those in the folder seeds were written by LAMMPS, all but one, and made
/// small.</summary>
internal static class Seeds
{
    private static readonly Assembly Here = typeof(Seeds).Assembly;

    internal static IReadOnlyList<byte[]> Dumps { get; } = Folder("dumps/");

    internal static IReadOnlyList<byte[]> Data { get; } = Folder("data/");

    /// <summary>One of the seeds, by its path below the folder seeds.</summary>
    internal static byte[] Named(string name)
    {
        using var stream = Here.GetManifestResourceStream(name) ?? throw new FileNotFoundException(name);
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }

    private static byte[][] Folder(string folder) =>
        Here.GetManifestResourceNames()
            .Where(name => name.StartsWith(folder, StringComparison.Ordinal))
            .Order()
            .Select(Named)
            .ToArray();
}
