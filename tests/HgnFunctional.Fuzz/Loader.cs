using System;
using System.Collections.Generic;

namespace HgnFunctional.Fuzz;

/// <summary>An input: the mutated file, and good files that go with it.</summary>
/// <param name="Bytes">The mutated file.</param>
/// <param name="Extension">What its name ends with.</param>
internal sealed record Sample(byte[] Bytes, string Extension)
{
    /// <summary>A good file beside it, if the loader needs one.</summary>
    internal byte[]? Companion { get; init; }

    /// <summary>What else the loader wants to know again when it reads the input.</summary>
    internal int Variant { get; init; }
}

/// <summary>The files of an input on disk.</summary>
internal sealed record Place(string Path, string Companion, string Output);

/// <summary>How the library took an input.</summary>
/// <param name="Accepted">Whether it was read.</param>
internal sealed record Reading(bool Accepted)
{
    /// <summary>The sentence of the refusal.</summary>
    internal string? Sentence { get; init; }

    /// <summary>Compares what was read with the strict reader, or with itself; outside the measured time.</summary>
    internal Func<Fault?>? Compare { get; init; }

    internal static Reading Refused(object? error) => new(false) { Sentence = $"{error}" };
}

/// <summary>A way into the library, with inputs for it.</summary>
internal abstract class Loader(string name)
{
    internal string Name { get; } = name;

    /// <summary>The good files, one of which an input starts from.</summary>
    internal abstract IReadOnlyList<Sample> Originals { get; }

    /// <summary>Whether what it allocates is this library's own doing.</summary>
    internal virtual bool OwnsMemory => true;

    /// <summary>Reads an input. An exception from here is a finding, unless it is a documented one, which is a refusal.</summary>
    internal abstract Reading Read(Sample sample, Place place);

    /// <summary>The input with this number; the same for the same seed.</summary>
    internal Sample Draw(int seed, long number)
    {
        var random = new Random(Mixed(seed, number));
        var original = Originals[random.Next(Originals.Count)];
        var drawn = Compression.Perhaps(Finish(Mutator.Mutated(original.Bytes, random)), original.Extension, random);
        var variant = original.Variant + (random.Next(4) == 0 ? Rare : 0);
        return original with { Bytes = drawn.Bytes, Extension = drawn.Extension, Variant = variant };
    }

    /// <summary>The input that a file of someone else's making is.</summary>
    internal Sample Of(byte[] bytes) => Originals[0] with { Bytes = Finish(bytes) };

    /// <summary>Added to the variant of one input in four.</summary>
    protected const int Rare = 1000;

    /// <summary>The last touch, after the mutations.</summary>
    protected virtual byte[] Finish(byte[] mutated) => mutated;

    /// <summary>Neighbouring numbers give unrelated generators: the mixing of splitmix64 (Steele, Lea and Flood, OOPSLA 2014).</summary>
    private int Mixed(int seed, long number)
    {
        var z = (ulong)number * 0x9e3779b97f4a7c15 + (ulong)(uint)seed * 0xd1342543de82ef95;

        foreach (var letter in Name)
        {
            z = (z ^ letter) * 0x100000001b3;
        }

        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return (int)(z ^ (z >> 31)) & int.MaxValue;
    }
}
