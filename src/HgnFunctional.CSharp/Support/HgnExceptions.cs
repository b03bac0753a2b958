using System;
using System.Threading;

namespace HgnFunctional.CSharp;

/// <summary>What this library throws when it cannot do what was asked; the message is one sentence for people.</summary>
public class HgnException : Exception
{
    /// <summary>An exception with a message.</summary>
    public HgnException(string message) : base(message) { }

    /// <summary>The frames that a run which was to write a file left beside it; null if there are none.</summary>
    public KeptFrames? Kept { get; internal init; }
}

/// <summary>Bad input: a file, an option or an array is not what it should be.</summary>
public sealed class HgnInputException : HgnException
{
    /// <summary>An exception with a message that names the input and what was expected.</summary>
    public HgnInputException(string message) : base(message) { }
}

/// <summary>A simulation diverged or an implicit step did not converge.</summary>
public sealed class HgnSimulationException : HgnException
{
    /// <summary>An exception with a message that names the step.</summary>
    public HgnSimulationException(string message) : base(message) { }
}

/// <summary>A simulation was cancelled; the message names the step.</summary>
public sealed class HgnCanceledException : OperationCanceledException
{
    /// <summary>An exception with a message that names the step.</summary>
    public HgnCanceledException(string message, CancellationToken cancellation) : base(message, cancellation) { }

    /// <summary>The frames that a run which was to write a file left beside it; null if there are none.</summary>
    public KeptFrames? Kept { get; internal init; }
}
