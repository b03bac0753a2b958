using System;
using System.Collections.Generic;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;

namespace HgnFunctional.CSharp;

/// <summary>The one place where F# types are turned into C# ones.</summary>
internal static class Interop
{
    /// <summary>The value of a result; an error is thrown as bad input, with its sentence.</summary>
    internal static T Expect<T, TError>(this FSharpResult<T, TError> result) =>
        result.IsOk ? result.ResultValue : throw new HgnInputException($"{result.ErrorValue}");

    internal static FSharpOption<T> ToOption<T>(this T? value) where T : struct =>
        value is { } present ? FSharpOption<T>.Some(present) : FSharpOption<T>.None;

    internal static FSharpOption<string> ToOption(this string? value) =>
        value is null ? FSharpOption<string>.None : FSharpOption<string>.Some(value);

    internal static FSharpList<T> ToList<T>(this IEnumerable<T> values) => ListModule.OfSeq(values);

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
