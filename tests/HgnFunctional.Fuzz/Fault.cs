namespace HgnFunctional.Fuzz;

/// <summary>What can be wrong with how the library took an input.</summary>
internal enum FaultKind
{
    /// <summary>An exception that no documentation names.</summary>
    Exception,

    /// <summary>It took longer than the limit, twice.</summary>
    Slow,

    /// <summary>It allocated more than the limit.</summary>
    Memory,

    /// <summary>The refusal is not one line of printable text.</summary>
    Message,

    /// <summary>It was accepted and read otherwise than the strict reader reads it.</summary>
    Misread,

    /// <summary>It was accepted, and the strict reader refuses it.</summary>
    Lax,
}

/// <summary>A fault, in words that are the same for inputs with the same fault.</summary>
internal sealed record Fault(FaultKind Kind, string What);

/// <summary>The first input with a fault.</summary>
/// <param name="Seed">With the number and the loader it gives the input again.</param>
/// <param name="Number">Number of the input.</param>
/// <param name="Loader">Name of the loader.</param>
/// <param name="Fault">What is wrong.</param>
/// <param name="Path">Where the input was written.</param>
internal sealed record Finding(int Seed, long Number, string Loader, Fault Fault, string Path)
{
    public override string ToString() => $"seed {Seed}, number {Number}, {Loader}: {Fault.Kind}, {Fault.What}; {Path}";
}
