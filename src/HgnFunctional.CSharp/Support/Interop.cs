using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Threading;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;

namespace HgnFunctional.CSharp;

/// <summary>The one place where F# types are turned into C# ones.</summary>
internal static class Interop
{
    /// <summary>The value of a result; an error is thrown as bad input, with its sentence.</summary>
    internal static T Expect<T, TError>(this FSharpResult<T, TError> result) =>
        result.IsOk ? result.ResultValue : throw new HgnInputException($"{result.ErrorValue}");

    /// <summary>The result with its error as a sentence.</summary>
    internal static FSharpResult<T, string> WithSentence<T, TError>(this FSharpResult<T, TError> result, string before = "") =>
        result.IsOk
            ? FSharpResult<T, string>.NewOk(result.ResultValue)
            : FSharpResult<T, string>.NewError($"{before}{result.ErrorValue}");

    /// <summary>The snapshot as one of a part of several datasets: each part has trajectories of its own.</summary>
    internal static FSharpResult<Snapshot, string> InPart(this FSharpResult<Snapshot, string> frame, int part) =>
        frame.IsOk
            ? FSharpResult<Snapshot, string>.NewOk(
                SnapshotModule.inTrajectory(FormattableString.Invariant($"{part}/{frame.ResultValue.Trajectory}"), frame.ResultValue))
            : frame;

    internal static FSharpOption<T> ToOption<T>(this T? value) where T : struct =>
        value is { } present ? FSharpOption<T>.Some(present) : FSharpOption<T>.None;

    internal static FSharpOption<string> ToOption(this string? value) =>
        value is null ? FSharpOption<string>.None : FSharpOption<string>.Some(value);

    internal static FSharpList<T> ToList<T>(this IEnumerable<T> values) => ListModule.OfSeq(values);

    /// <summary>The values until they are cancelled; then an <see cref="OperationCanceledException"/>.</summary>
    internal static IEnumerable<T> Until<T>(this IEnumerable<T> values, CancellationToken cancellation)
    {
        foreach (var value in values)
        {
            cancellation.ThrowIfCancellationRequested();
            yield return value;
        }
    }

    /// <summary>Turns what this library throws into a reason: the one body of every <c>TryX</c>.</summary>
    internal static bool Attempt<T>(Func<T> work, [NotNullWhen(true)] out T? value, [NotNullWhen(false)] out string? reason)
        where T : class
    {
        try
        {
            value = work();
            reason = null;
            return true;
        }
        catch (HgnException error)
        {
            value = null;
            reason = error.Message;
            return false;
        }
    }

    /// <summary>A sentence in which numbers are written the same in every culture.</summary>
    internal static HgnInputException BadInput(FormattableString sentence) => new(sentence.ToString(CultureInfo.InvariantCulture));

    /// <summary>Refuses a number that is not finite and above 0.</summary>
    internal static void RequirePositive(string name, double? value)
    {
        if (value is { } number && !(double.IsFinite(number) && number > 0))
        {
            throw BadInput($"{name} is {number}; expected a finite number above 0.");
        }
    }

    /// <summary>Refuses an array of another length; what the length should be is said in words.</summary>
    internal static void RequireLength(string field, int expected, int actual, string meaning)
    {
        if (actual != expected)
        {
            throw BadInput($"{field} has {actual} entries; expected {expected} ({meaning}).");
        }
    }

    /// <summary>Refuses an array with an entry that is not finite.</summary>
    internal static void RequireFinite(string field, ReadOnlySpan<double> values)
    {
        for (var k = 0; k < values.Length; k++)
        {
            if (!double.IsFinite(values[k]))
            {
                throw BadInput($"{field} holds a number that is not finite at entry {k}.");
            }
        }
    }

    /// <summary>Refuses a state of another size.</summary>
    internal static void RequireSize(string what, PhaseState state, int bodies, int dimension, string owner)
    {
        if (state.Bodies != bodies || state.Dimension != dimension)
        {
            throw BadInput(
                $"{what} has {state.Bodies} bodies in {state.Dimension} dimensions; expected {bodies} in {dimension}, as {owner} has.");
        }
    }

    /// <summary>The entry of an <c>all</c> list with a name; an unknown name is bad input that lists the known ones.</summary>
    internal static T ByName<T>(this IEnumerable<T> all, string option, string name, Func<T, string> nameOf)
    {
        var known = new List<string>();

        foreach (var entry in all)
        {
            if (nameOf(entry) == name)
            {
                return entry;
            }

            known.Add(nameOf(entry));
        }

        throw new HgnInputException($"{option} is '{name}'; expected one of {string.Join(", ", known)}.");
    }
}
