using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using Expecto;
using Expecto.CSharp;

namespace HgnFunctional.CSharp.Tests;

/// <summary>The sample program, run as its users run it.</summary>
internal static class SampleTests
{
    private static (int Code, string Output, string Errors) Run(string folder, params string[] arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "HgnFunctional.Samples.dll");

        var info = new ProcessStartInfo("dotnet", [program, .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        using var running = Process.Start(info)!;
        var output = running.StandardOutput.ReadToEndAsync();
        var errors = running.StandardError.ReadToEnd();
        running.WaitForExit();
        return (running.ExitCode, output.Result, errors);
    }

    internal static Test All => Runner.TestList(
        "samples",
        [
            Runner.TestCase("the sample trains, simulates a larger lattice, and writes its trajectory", () =>
            {
                Given.InFolder(folder =>
                {
                    var path = Path.Combine(folder, "lattice.lammpstrj");
                    var (code, output, errors) = Run(folder, Path.Combine(AppContext.BaseDirectory, "data"), path);
                    Check.Equal((0, ""), (code, errors), "exit code and errors");
                    Check.That(output.Contains("energy drift"), $"it tells the drift: {output}");
                    var summary = FileSummary.Read(path) as FileSummary.OfDump;
                    Check.Equal((64, 0L, 500L), (summary!.Bodies, summary.FirstStep, summary.LastStep), "bodies and steps of the file");
                    Check.Equal(51, summary.Frames, "frames of the file");
                });
            }),
            Runner.TestCase("the sample of the four steps gives the same model in shares, and takes further frames", () =>
            {
                Given.InFolder(folder =>
                {
                    var (code, output, errors) = Run(folder, "parts", Path.Combine(AppContext.BaseDirectory, "data"), folder);
                    Check.Equal((0, ""), (code, errors), "exit code and errors");
                    Check.That(output.Contains("from 40 frames in two shares"), $"the first fit: {output}");
                    Check.That(output.Contains("the same file as from one training: True"), $"the same bytes: {output}");
                    Check.That(output.Contains("from 80 frames"), $"the second fit: {output}");
                });
            }),
            Runner.TestCase("the sample says how it is used, and what is wrong, in one sentence", () =>
            {
                var (code, _, errors) = Run(AppContext.BaseDirectory);
                Check.Equal((2, "usage: HgnFunctional.Samples DATA-FOLDER OUTPUT"), (code, errors.Trim()), "without arguments");
                (code, _, errors) = Run(AppContext.BaseDirectory, "nowhere", "out.lammpstrj");
                Check.Equal((2, 1), (code, errors.Trim().Split('\n').Length), "without data");
                Check.That(errors.Contains("nowhere"), "the folder is named");
            }),
            Runner.TestCase("the ten lines of the README are those of the sample, and run", () =>
            {
                var readme = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "README.md")).ReplaceLineEndings("\n");
                var lines = readme.Split("```csharp\n")[1].Split("\n```")[0].Split('\n').Where(line => line != "" && !line.StartsWith("using ")).ToArray();
                var source = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "ReadmeExample.cs")).Select(line => line.Trim()).ToArray();
                Check.That(lines.Length is > 5 and <= 10, $"there are {lines.Length} lines");
                Check.Sequence(lines, source.Where(lines.Contains), "lines of the README in the sample");

                Given.InFolder(folder =>
                {
                    foreach (var name in new[] { "spring_2x2x2.lammpstrj", "spring_2x2x2.data" })
                    {
                        File.Copy(Given.File(name), Path.Combine(folder, name));
                    }

                    var (code, output, errors) = Run(folder, "readme");
                    Check.Equal((0, ""), (code, errors), "exit code and errors");
                    Check.That(output.Contains("energy drift") && File.Exists(Path.Combine(folder, "spring.json")), output);
                });
            }),
        ]);
}
