using System;

namespace HgnFunctional.Fuzz.Strict;

/// <summary>Thrown by the strict readers at the first thing that the LAMMPS manual does not allow.</summary>
internal sealed class Refusal(string reason) : Exception(reason)
{
    internal static void Unless(bool isRight, string reason)
    {
        if (!isRight)
        {
            throw new Refusal(reason);
        }
    }
}
