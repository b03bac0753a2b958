using System;
using System.CommandLine;
using System.IO;
using HgnFunctional.CSharp;

namespace HgnFunctional.Cli;

/// <summary>The command <c>hgn</c>: exit code 0 for success, 2 for bad input or usage, 1 for anything else.</summary>
internal static class Program
{
    private const int Success = 0;
    private const int Failure = 1;
    private const int BadInput = 2;

    private static int Main(string[] arguments)
    {
        var root = new RootCommand("Learns the Hamiltonian of an N-body system from trajectories in one linear solve, and simulates it.")
        {
            TrainCommand.Create(),
            EvaluateCommand.Create(),
            SimulateCommand.Create(),
            InspectCommand.Create(),
            DemoCommand.Create(),
        };

        var parsed = root.Parse(arguments);

        if (parsed.Errors.Count > 0)
        {
            return Complain(parsed.Errors[^1].Message, BadInput);
        }

        try
        {
            parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
            return Success;
        }
        catch (HgnInputException exception)
        {
            return Complain(exception.Message, BadInput);
        }
        catch (HgnException exception)
        {
            return Complain(exception.Message, Failure);
        }
        catch (IOException exception)
        {
            return Complain(exception.Message, Failure);
        }
        catch (UnauthorizedAccessException exception)
        {
            return Complain(exception.Message, Failure);
        }
    }

    private static int Complain(string message, int code)
    {
        Console.Error.WriteLine($"hgn: {message}");
        return code;
    }
}
