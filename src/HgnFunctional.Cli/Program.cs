using System;
using System.CommandLine;
using System.IO;
using System.Reflection;
using System.Threading;
using HgnFunctional.CSharp;

namespace HgnFunctional.Cli;

/// <summary>The command <c>hgn</c>: exit code 0 for success, 2 for bad input or usage, 130 and 143 where SIGINT and SIGTERM stopped it,
/// 1 for anything else; but for success with one sentence on standard error.</summary>
internal static class Program
{
    private const int Success = 0;
    private const int Failure = 1;
    private const int BadInput = 2;

    private static int Main(string[] arguments)
    {
        // What is thrown on a thread that nobody waits for ends the process right after.
        AppDomain.CurrentDomain.UnhandledException += (_, unhandled) => Environment.Exit(Explain((Exception)unhandled.ExceptionObject, null));
        using var signals = new Signals();

        try
        {
            return Run(arguments, signals.Cancellation);
        }
        catch (Exception exception)
        {
            return Explain(exception, signals.Caught);
        }
    }

    private static int Run(string[] arguments, CancellationToken cancellation)
    {
        var root = new RootCommand("Learns the Hamiltonian of an N-body system from trajectories in one linear solve, and simulates it.")
        {
            TrainCommand.Create(cancellation),
            DiscoverCommand.Create(cancellation),
            PartCommands.Survey(cancellation),
            PartCommands.Plan(),
            PartCommands.Accumulate(cancellation),
            PartCommands.Merge(),
            PartCommands.Solve(),
            EvaluateCommand.Create(cancellation),
            SimulateCommand.Create(cancellation),
            ConvertCommand.Create(cancellation),
            InspectCommand.Create(cancellation),
            DemoCommand.Create(cancellation),
        };

        var parsed = root.Parse(arguments);

        if (parsed.Errors.Count > 0)
        {
            return Complain(parsed.Errors[^1].Message, BadInput);
        }

        parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        Console.Out.Flush();
        return Success;
    }

    /// <summary>Says why the command failed, whatever it was, and gives the exit code.</summary>
    internal static int Explain(Exception exception, Signals.Signal? signal) =>
        exception switch
        {
            AggregateException { InnerException: { } inner } => Explain(inner, signal),
            TypeInitializationException { InnerException: { } inner } => Explain(inner, signal),
            TargetInvocationException { InnerException: { } inner } => Explain(inner, signal),
            HgnInputException => Complain(exception.Message, BadInput),
            HgnException or IOException or UnauthorizedAccessException => Complain(exception.Message, Failure),
            HgnCanceledException when signal is { } caught => Complain($"{caught.Name}: {exception.Message}", caught.ExitCode),
            OperationCanceledException when signal is { } caught => Complain($"{caught.Name}: stopped before anything was written.", caught.ExitCode),
            OutOfMemoryException => Complain("The memory is not enough; expected smaller input or options, or more memory.", Failure),
            _ => Complain($"An unexpected {exception.GetType().Name} ({exception.Message.TrimEnd('.')}); this is a fault of hgn.", Failure),
        };

    private static int Complain(string message, int code)
    {
        try
        {
            Console.Error.WriteLine($"hgn: {Output.Harmless(message.ReplaceLineEndings(" "))}");
        }
        catch (IOException)
        {
            // Standard error is closed or full: the exit code alone has to tell.
        }

        return code;
    }
}
