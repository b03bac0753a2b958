using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace HgnFunctional.Fuzz;

/// <summary>Damages files as disks, transfers, editors and attackers do. A file is held as a text of one character a byte.</summary>
internal static class Mutator
{
    /// <summary>Where words end: blanks, line breaks, and the signs of JSON.</summary>
    private static readonly char[] Ends = " \t\r\n,:[]{}".ToCharArray();

    private static readonly Func<string, Random, string>[] OfBytes =
    [
        (text, random) => At(text, random, letter => (char)(letter ^ (1 << random.Next(8)))),
        (text, random) => At(text, random, _ => (char)random.Next(256)),
        (text, random) => text[..random.Next(text.Length)],
        (text, random) => text.Insert(random.Next(text.Length), new string('\0', random.Next(1, 20))),
        (text, random) => Range(text, random, (start, length) => Replace(text, start, length, new string('\0', length))),
        (text, random) => Range(text, random, (start, length) => Replace(text, start, length, "")),
        (text, random) => Range(text, random, (start, length) => text.Insert(random.Next(text.Length), text.Substring(start, length))),
        (text, _) => text.Replace("\n", "\r\n"),
        (text, _) => text.Replace("\n", "\r"),
        (text, random) => text.Insert(random.Next(text.Length), "\r"),
        (text, _) => "\u00ef\u00bb\u00bf" + text,
        (text, random) => Wide(text, random.Next(2) == 0, random.Next(2) == 0),
        (text, random) => random.Next(50) > 0 ? text : LongLine(text, random),
    ];

    private static readonly Func<string, Random, string>[] OfDigits =
    [
        // A digit that becomes another one, a blank, a sign or a point.
        (text, random) => AtDigit(text, random, place => Replace(text, place, 1, random.Next(10).ToString())),
        (text, random) => AtDigit(text, random, place => Replace(text, place, 1, " \t.-+e"[random.Next(6)].ToString())),
        (text, random) => AtDigit(text, random, place => Replace(text, place, 1, "")),
        (text, random) => AtDigit(text, random, place => text.Insert(place, "e" + random.Next(-330, 330))),
        (text, random) => AtDigit(text, random, place => text.Insert(place, random.Next(10).ToString())),
    ];

    private static readonly Func<string, Random, string>[] OfLines =
    [
        (text, random) => Lines(text, lines => lines.RemoveAt(random.Next(lines.Count))),
        (text, random) => Lines(text, lines => lines.Insert(random.Next(lines.Count), lines[random.Next(lines.Count)])),
        (text, random) => Lines(text, lines => Swap(lines, random)),
        (text, random) => Lines(text, lines => lines.Insert(random.Next(lines.Count), "")),
        (text, random) => Lines(text, lines => lines[random.Next(lines.Count)] += " " + Nasty(random)),
        (text, random) => Lines(text, lines => Double(lines, random)),
    ];

    private static readonly Func<string, Random, string>[] OfWords =
    [
        (text, random) => Word(text, random, _ => Nasty(random)),
        (text, random) => Word(text, random, _ => ""),
        (text, random) => Word(text, random, word => word + " " + word),
        (text, random) => Word(text, random, _ => WordOf(text, random)),
        (text, random) => Word(text, random, word => word + Nasty(random)),
        (text, random) => Neighbours(text, random),
    ];

    private static readonly Func<string, Random, string>[][] Families = [OfBytes, OfDigits, OfDigits, OfLines, OfWords, OfWords];

    /// <summary>A file with 1 to 7 mutations, mostly few.</summary>
    internal static byte[] Mutated(byte[] seed, Random random)
    {
        var text = Encoding.Latin1.GetString(seed);
        var count = 1 + Math.Min(random.Next(7), random.Next(7));

        for (var k = 0; k < count && text.Length > 1; k++)
        {
            var family = Families[random.Next(Families.Length)];
            text = family[random.Next(family.Length)](text, random);
        }

        return Encoding.Latin1.GetBytes(text);
    }

    private static string Nasty(Random random) =>
        Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(NastyWords.All[random.Next(NastyWords.All.Length)]));

    private static string Replace(string text, int start, int length, string by) =>
        string.Concat(text.AsSpan(0, start), by, text.AsSpan(start + length));

    private static string LongLine(string text, Random random) =>
        text.Insert(random.Next(text.Length), new string((char)random.Next(32, 127), random.Next(2_000_000)));

    private static string At(string text, Random random, Func<char, char> change)
    {
        var place = random.Next(text.Length);
        return Replace(text, place, 1, ((char)(change(text[place]) & 0xff)).ToString());
    }

    private static string AtDigit(string text, Random random, Func<int, string> change)
    {
        var start = random.Next(text.Length);
        var digit = text.AsSpan(start).IndexOfAnyInRange('0', '9');
        return digit < 0 ? text : change(start + digit);
    }

    private static string Range(string text, Random random, Func<int, int, string> change)
    {
        var start = random.Next(text.Length);
        return change(start, random.Next(1, Math.Min(200, text.Length - start) + 1));
    }

    private static string Wide(string text, bool isBigEndian, bool isMarked)
    {
        Encoding encoding = new UnicodeEncoding(isBigEndian, isMarked);
        return Encoding.Latin1.GetString([.. encoding.Preamble, .. encoding.GetBytes(text)]);
    }

    private static string Lines(string text, Action<List<string>> change)
    {
        var lines = text.Split('\n').ToList();
        change(lines);
        return string.Join('\n', lines);
    }

    private static void Swap(List<string> lines, Random random)
    {
        var (one, other) = (random.Next(lines.Count), random.Next(lines.Count));
        (lines[one], lines[other]) = (lines[other], lines[one]);
    }

    /// <summary>A block of lines, such as a section or a frame, once more right behind itself.</summary>
    private static void Double(List<string> lines, Random random)
    {
        var start = random.Next(lines.Count);
        lines.InsertRange(start, lines.GetRange(start, random.Next(1, Math.Min(30, lines.Count - start) + 1)));
    }

    private static (int Start, int Length) WordAt(string text, Random random)
    {
        var place = random.Next(text.Length);
        var start = place == 0 ? 0 : text.LastIndexOfAny(Ends, place - 1) + 1;
        var end = text.IndexOfAny(Ends, start);
        return (start, (end < 0 ? text.Length : end) - start);
    }

    private static string WordOf(string text, Random random)
    {
        var (start, length) = WordAt(text, random);
        return text.Substring(start, length);
    }

    private static string Word(string text, Random random, Func<string, string> change)
    {
        var (start, length) = WordAt(text, random);
        return Replace(text, start, length, change(text.Substring(start, length)));
    }

    /// <summary>Two neighbours change places, in a line or across its end.</summary>
    private static string Neighbours(string text, Random random)
    {
        var (start, length) = WordAt(text, random);
        var next = text.AsSpan(start + length).IndexOfAnyExcept(Ends) is var gap && gap < 0 ? text.Length : start + length + gap;
        var end = text.IndexOfAny(Ends, next) is var found && found < 0 ? text.Length : found;
        return string.Concat(text.AsSpan(0, start), text.AsSpan(next, end - next), text.AsSpan(start + length, next - start - length))
            + string.Concat(text.AsSpan(start, length), text.AsSpan(end));
    }
}
