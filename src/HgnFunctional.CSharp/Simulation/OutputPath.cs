using System;
using System.Collections.Generic;
using System.Linq;

namespace HgnFunctional.CSharp;

/// <summary>Paths to be written. <c>-</c> and <c>/dev/stdout</c> are standard output.</summary>
public static class OutputPath
{
    /// <summary>Whether a path is standard output, where nothing else may be printed then.</summary>
    public static bool IsStandardOutput(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return IO.OutputPath.isStandardOutput(path);
    }

    /// <summary>Checks, before any work is done, that a path can be written and that no input would be lost by it: neither the file nor
    /// the one beside it, <c>PATH.part</c>, under which it is written. Links are followed.</summary>
    /// <param name="path">The path to be written.</param>
    /// <param name="inputs">Paths of the files that are read; null entries do not count.</param>
    /// <exception cref="HgnInputException">The path is none, its folder does not exist, it is a folder or read-only, or an input.</exception>
    public static void Check(string path, params IEnumerable<string?> inputs)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(inputs);
        IO.OutputPath.check(inputs.OfType<string>(), path).Expect();
    }
}
