using System;
using System.Collections.Generic;
using System.Linq;
using Expecto;

namespace HgnFunctional.CSharp.Tests;

/// <summary>What tests claim; a claim that does not hold says what was found.</summary>
internal static class Check
{
    /// <summary>Relative error of a model of springs: data from formulas has sixteen digits, the solve keeps ten.</summary>
    internal const double Springs = 1e-8;

    /// <summary>The same numbers by another order of sums.</summary>
    internal const double Reordered = 1e-12;

    internal static void That(bool holds, string claim)
    {
        if (!holds)
        {
            throw new AssertException(claim);
        }
    }

    internal static void Equal<T>(T expected, T actual, string what) =>
        That(EqualityComparer<T>.Default.Equals(expected, actual), $"{what}: expected {expected}, found {actual}");

    internal static void Sequence<T>(IEnumerable<T> expected, IEnumerable<T> actual, string what)
    {
        var (first, second) = (expected.ToArray(), actual.ToArray());
        That(first.SequenceEqual(second), $"{what}: expected [{string.Join(", ", first)}], found [{string.Join(", ", second)}]");
    }

    internal static void Sequence(ReadOnlySpan<double> expected, ReadOnlySpan<double> actual, string what) =>
        Sequence<double>(expected.ToArray().AsEnumerable(), actual.ToArray().AsEnumerable(), what);

    internal static void Close(ReadOnlySpan<double> expected, ReadOnlySpan<double> actual, double tolerance, string what)
    {
        Equal(expected.Length, actual.Length, $"{what}, length");
        var size = 0.0;

        foreach (var value in expected)
        {
            size = Math.Max(size, Math.Abs(value));
        }

        for (var k = 0; k < expected.Length; k++)
        {
            That(Math.Abs(expected[k] - actual[k]) <= tolerance * size, $"{what}: entry {k} is {actual[k]}; expected {expected[k]}");
        }
    }

    internal static void Below(double bound, double actual, string what) => That(actual < bound, $"{what} is {actual}; expected below {bound}");

    internal static TException Throws<TException>(Action action, string sentence)
        where TException : Exception
    {
        try
        {
            action();
        }
        catch (TException error)
        {
            Equal(sentence, error.Message, "the sentence");
            return error;
        }

        throw new AssertException($"nothing was thrown; expected {typeof(TException).Name}: {sentence}");
    }

    /// <summary>Bad input, with this sentence.</summary>
    internal static void Refuses(Action action, string sentence) => Throws<HgnInputException>(action, sentence);
}
