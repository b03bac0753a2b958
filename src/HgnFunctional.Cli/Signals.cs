using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace HgnFunctional.Cli;

/// <summary>SIGINT and SIGTERM, which cancel what is done. A second one ends the process at once, as if nobody listened.</summary>
internal sealed class Signals : IDisposable
{
    private readonly CancellationTokenSource source = new();
    private readonly PosixSignalRegistration[] registrations;

    internal Signals() =>
        registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Catch(context, new Signal("SIGINT", 130))),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Catch(context, new Signal("SIGTERM", 143))),
        ];

    /// <summary>A signal with the exit code of what it stops: 128 and its number.</summary>
    internal sealed record Signal(string Name, int ExitCode);

    /// <summary>Is cancelled by the first signal.</summary>
    internal CancellationToken Cancellation => source.Token;

    /// <summary>The first signal that came.</summary>
    internal Signal? Caught { get; private set; }

    public void Dispose()
    {
        foreach (var registration in registrations)
        {
            registration.Dispose();
        }

        source.Dispose();
    }

    private void Catch(PosixSignalContext context, Signal signal)
    {
        if (Caught is null)
        {
            context.Cancel = true;
            Caught = signal;
            source.Cancel();
        }
    }
}
