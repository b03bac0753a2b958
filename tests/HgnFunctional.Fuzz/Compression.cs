using System;
using System.IO;
using System.IO.Compression;

namespace HgnFunctional.Fuzz;

/// <summary>Compressed inputs: whole, damaged, and much larger than they look.</summary>
internal static class Compression
{
    /// <summary>A few inputs in a hundred are compressed, half of them damaged afterwards; one in a thousand of these inflates to
    /// megabytes.</summary>
    internal static Sample Perhaps(byte[] bytes, string extension, Random random)
    {
        if (random.Next(40) > 0)
        {
            return new Sample(bytes, extension);
        }

        var zipped = random.Next(1000) == 0 ? Bomb(bytes, random) : Zipped(bytes, 1, bytes.Length);
        return new Sample(random.Next(2) == 0 ? zipped : Damaged(zipped, random), extension + ".gz");
    }

    /// <summary>The end of the file, again and again.</summary>
    private static byte[] Bomb(byte[] bytes, Random random) =>
        Zipped(bytes, 8_000_000 / Math.Max(1, bytes.Length), random.Next(bytes.Length + 1));

    private static byte[] Zipped(byte[] bytes, int times, int tail)
    {
        using var target = new MemoryStream();

        using (var zip = new GZipStream(target, CompressionLevel.Fastest))
        {
            zip.Write(bytes);

            for (var k = 1; k < times; k++)
            {
                zip.Write(bytes.AsSpan(bytes.Length - tail));
            }
        }

        return target.ToArray();
    }

    private static byte[] Damaged(byte[] zipped, Random random)
    {
        // Nothing compresses to nothing.
        if (zipped.Length == 0 || random.Next(2) == 0)
        {
            return zipped[..random.Next(zipped.Length)];
        }

        zipped[random.Next(zipped.Length)] ^= (byte)(1 << random.Next(8));
        return zipped;
    }
}
