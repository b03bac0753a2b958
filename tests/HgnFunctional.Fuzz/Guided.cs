using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using HgnFunctional.Fuzz.Loaders;
using SharpFuzz;

namespace HgnFunctional.Fuzz;

/// <summary>Mutations guided by coverage: AFL++ keeps what reaches new branches of the readers, which SharpFuzz makes visible to
/// it.</summary>
internal sealed class Guided
{
    /// <summary>The assembly whose branches are watched.</summary>
    private const string Watched = "HgnFunctional.IO.dll";

    private readonly Loader loader;
    private readonly string folder;

    /// <param name="loader">What is attacked; its inputs are single files of one kind.</param>
    /// <param name="folder">Where the work is done.</param>
    internal Guided(Loader loader, string folder)
    {
        this.loader = loader;
        this.folder = Path.Combine(folder, "guided", loader.Name);

        if (Directory.Exists(this.folder))
        {
            Directory.Delete(this.folder, true);
        }
    }

    private string Program => Path.Combine(folder, "bin");

    private string Start => Path.Combine(folder, "in");

    private string Found => Path.Combine(folder, "out");

    internal static bool Takes(Loader loader) =>
        loader.Originals.All(original => original.Companion is null && original.Extension == loader.Originals[0].Extension);

    /// <summary>Two processes of AFL++, one for each of two cores. Null where afl-fuzz is not installed.</summary>
    /// <returns>The inputs that AFL++ kept because they ended the program.</returns>
    internal IReadOnlyList<Sample>? Run(TimeSpan time)
    {
        Prepare();

        try
        {
            Task.WaitAll(new[] { "-M", "-S" }.Select(role => Process(role, time)).ToArray());
        }
        catch (Win32Exception)
        {
            return null;
        }

        return Directory.GetFiles(Found, "id:*", SearchOption.AllDirectories)
            .Where(path => Path.GetFileName(Path.GetDirectoryName(path)) is "crashes" or "hangs")
            .Order()
            .Select(path => loader.Of(File.ReadAllBytes(path)))
            .ToArray();
    }

    /// <summary>What each process of AFL++ says about itself.</summary>
    internal IEnumerable<string> Statistics() =>
        from path in Directory.GetFiles(Found, "fuzzer_stats", SearchOption.AllDirectories)
        from line in File.ReadLines(path)
        where line.StartsWith("execs_done", StringComparison.Ordinal) || line.StartsWith("edges_found", StringComparison.Ordinal)
        select line;

    /// <summary>The program that AFL++ runs: reads one input after another, and dies of each finding.</summary>
    internal static void Target(string name)
    {
        var work = Directory.CreateTempSubdirectory("hgn-fuzz-").FullName;
        var examiner = new Examiner(work, Limits.Default);
        // Watched code may only run below, where the memory that it counts in is there.
        var loader = new Lazy<Loader>(() => AllLoaders.Make().Single(loader => loader.Name == name));

        Fuzzer.OutOfProcess.Run(stream =>
        {
            using var copy = new MemoryStream();
            stream.CopyTo(copy);

            if (examiner.Examine(loader.Value, loader.Value.Of(copy.ToArray())).Fault is { } fault)
            {
                throw new InvalidDataException(fault.ToString());
            }
        });
    }

    private void Prepare()
    {
        foreach (var path in new[] { Program, Start, Found })
        {
            Directory.CreateDirectory(path);
        }

        foreach (var path in Directory.GetFiles(AppContext.BaseDirectory))
        {
            File.Copy(path, Path.Combine(Program, Path.GetFileName(path)));
        }

        Fuzzer.Instrument(Path.Combine(Program, Watched), _ => true, Options.Value);

        foreach (var (original, k) in loader.Originals.Select((original, k) => (original, k)))
        {
            File.WriteAllBytes(Path.Combine(Start, k.ToString(CultureInfo.InvariantCulture)), original.Bytes);
        }
    }

    private Task Process(string role, TimeSpan time)
    {
        var seconds = Math.Ceiling(time.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        var target = Path.Combine(Program, "HgnFunctional.Fuzz.dll");
        var info = new ProcessStartInfo(
            "afl-fuzz",
            [
                role, "worker" + role, "-i", Start, "-o", Found, "-t", "10000", "-m", "none", "-V", seconds,
                "--", "dotnet", target, "target", loader.Name,
            ])
        {
            RedirectStandardOutput = true,
        };

        // AFL++ looks for its marks in the program, which is dotnet, and asks for settings of the machine that matter little here.
        foreach (var name in new[] { "SKIP_BIN_CHECK", "SKIP_CPUFREQ", "NO_AFFINITY", "NO_UI", "I_DONT_CARE_ABOUT_MISSING_CRASHES" })
        {
            info.Environment["AFL_" + name] = "1";
        }

        var running = System.Diagnostics.Process.Start(info) ?? throw new InvalidOperationException("afl-fuzz did not start.");
        return Finish(running, Path.Combine(folder, $"worker{role}.log"));
    }

    private static async Task Finish(Process running, string log)
    {
        using (running)
        {
            await File.WriteAllTextAsync(log, await running.StandardOutput.ReadToEndAsync());
            await running.WaitForExitAsync();
        }
    }
}
