using System.Globalization;
using System.Text.RegularExpressions;

namespace HgnFunctional.Fuzz.Strict;

/// <summary>Numbers in ASCII digits, as C writes them.</summary>
internal static partial class StrictNumber
{
    internal static double Real(string what, string word)
    {
        Refusal.Unless(RealPattern().IsMatch(word), $"{what} is not a number");
        var value = double.Parse(word, NumberStyles.Float, CultureInfo.InvariantCulture);
        Refusal.Unless(double.IsFinite(value), $"{what} is not finite");
        return value;
    }

    internal static long Whole(string what, string word)
    {
        Refusal.Unless(WholePattern().IsMatch(word), $"{what} is not a whole number");
        var fits = long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value);
        Refusal.Unless(fits, $"{what} is too large");
        return value;
    }

    internal static bool IsWhole(string word) => WholePattern().IsMatch(word) && long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);

    internal static long Whole(string what, string word, long least, long most)
    {
        var value = Whole(what, word);
        Refusal.Unless(value >= least && value <= most, $"{what} is out of range");
        return value;
    }

    [GeneratedRegex(@"\A[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\z")]
    private static partial Regex RealPattern();

    [GeneratedRegex(@"\A[+-]?[0-9]+\z")]
    private static partial Regex WholePattern();
}
