using System;
using System.IO;
using System.IO.Compression;
using System.Text;

namespace HgnFunctional.Fuzz.Strict;

/// <summary>The lines of a text, one after another. A text without a line break at its end, or with a NUL, is refused.</summary>
internal sealed class StrictLines
{
    private static readonly Encoding[] Marked =
    [
        new UTF32Encoding(false, true), new UTF32Encoding(true, true),
        new UTF8Encoding(true),
        new UnicodeEncoding(false, true), new UnicodeEncoding(true, true),
    ];

    private readonly string[] lines;
    private int next;

    internal StrictLines(string text)
    {
        Refusal.Unless(text.Length > 0, "the file is empty");
        Refusal.Unless(!text.Contains('\0'), "a NUL byte");
        lines = text.Split('\n');
        Refusal.Unless(IsBlank(lines[^1]), "the last line has no line break");
    }

    /// <summary>A file in UTF-8, or as its byte order mark says; compressed if its name ends so.</summary>
    internal static StrictLines OfFile(string path)
    {
        var bytes = File.ReadAllBytes(path);

        if (path.EndsWith(".gz", StringComparison.Ordinal))
        {
            using var plain = new MemoryStream();
            using var zipped = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
            zipped.CopyTo(plain);
            bytes = plain.ToArray();
        }

        foreach (var encoding in Marked)
        {
            if (bytes.AsSpan().StartsWith(encoding.Preamble))
            {
                return new StrictLines(encoding.GetString(bytes.AsSpan(encoding.Preamble.Length)));
            }
        }

        return new StrictLines(Encoding.UTF8.GetString(bytes));
    }

    internal bool IsAtEnd => next >= lines.Length - 1;

    internal string Peek => lines[next];

    internal string Next(string expected)
    {
        Refusal.Unless(!IsAtEnd, $"the file ends where {expected} should be");
        return lines[next++];
    }

    internal void SkipBlank()
    {
        while (!IsAtEnd && IsBlank(Peek))
        {
            next++;
        }
    }

    internal static bool IsBlank(string line) => Words(line).Length == 0;

    /// <summary>Blanks are spaces and tabs, and a carriage return at the very end.</summary>
    internal static string[] Words(string line)
    {
        var text = line.EndsWith('\r') ? line[..^1] : line;
        Refusal.Unless(!text.Contains('\r'), "a carriage return within a line");
        return text.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
    }
}
