using System;
using System.Diagnostics.CodeAnalysis;

namespace HgnFunctional.Kernels;

/// <summary>Argument checks of the kernels. Every message holds the name and both sizes.</summary>
internal static class Guard
{
    /// <summary>Checks that a span has exactly the expected length.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    internal static void Length(string name, int expected, int actual)
    {
        if (expected != actual)
        {
            ThrowLength(name, "exactly", expected, actual);
        }
    }

    /// <summary>Checks that a span has at least the expected length.</summary>
    /// <exception cref="ArgumentException">The span is too short.</exception>
    internal static void AtLeast(string name, int expected, int actual)
    {
        if (actual < expected)
        {
            ThrowLength(name, "at least", expected, actual);
        }
    }

    /// <summary>Checks that a size is not below its smallest allowed value.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The size is too small.</exception>
    internal static void Size(string name, int smallest, int actual)
    {
        if (actual < smallest)
        {
            ThrowSize(name, smallest, actual);
        }
    }

    /// <summary>Checks that an output shares no memory with an input.</summary>
    /// <exception cref="ArgumentException">The spans overlap.</exception>
    internal static void Disjoint(string outputName, ReadOnlySpan<double> output, string inputName, ReadOnlySpan<double> input)
    {
        if (output.Overlaps(input))
        {
            ThrowOverlap(outputName, output.Length, inputName, input.Length);
        }
    }

    [DoesNotReturn]
    private static void ThrowLength(string name, string relation, int expected, int actual) =>
        throw new ArgumentException($"{name}: expected {relation} {expected} elements, found {actual}.", name);

    [DoesNotReturn]
    private static void ThrowSize(string name, int smallest, int actual) =>
        throw new ArgumentOutOfRangeException(name, $"{name}: expected a size of {smallest} or more, found {actual}.");

    [DoesNotReturn]
    private static void ThrowOverlap(string outputName, int outputLength, string inputName, int inputLength) =>
        throw new ArgumentException(
            $"{outputName} ({outputLength} elements) must not share memory with {inputName} ({inputLength} elements).",
            outputName);
}
