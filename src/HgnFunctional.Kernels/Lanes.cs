using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HgnFunctional.Kernels;

/// <summary>
/// Loads and stores of fewer elements than a vector has lanes. Remainders go through the same vector code as whole vectors, so the
/// value computed for an element does not depend on its place in the span.
/// </summary>
internal static class Lanes
{
    /// <summary>The lanes of a vector: the first ones from <paramref name="source"/> (at most one vector), the others zero.</summary>
    internal static Vector<double> Load(ReadOnlySpan<double> source)
    {
        Vector<double> lanes = Vector<double>.Zero;
        source.CopyTo(MemoryMarshal.Cast<Vector<double>, double>(new Span<Vector<double>>(ref lanes)));
        return lanes;
    }

    /// <summary>Writes the first lanes of a vector to the whole of <paramref name="destination"/> (at most one vector).</summary>
    internal static void Store(Vector<double> lanes, Span<double> destination) =>
        MemoryMarshal.Cast<Vector<double>, double>(new Span<Vector<double>>(ref lanes))[..destination.Length].CopyTo(destination);

    /// <summary>As <see cref="Load"/>, at once where the vector is whole.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector<double> LoadUpTo(ReadOnlySpan<double> source) =>
        source.Length == Vector<double>.Count ? Vector.LoadUnsafe(ref MemoryMarshal.GetReference(source)) : Load(source);

    /// <summary>As <see cref="Store"/>, at once where the vector is whole.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void StoreUpTo(Vector<double> lanes, Span<double> destination)
    {
        if (destination.Length == Vector<double>.Count)
        {
            lanes.StoreUnsafe(ref MemoryMarshal.GetReference(destination));
        }
        else
        {
            Store(lanes, destination);
        }
    }
}
