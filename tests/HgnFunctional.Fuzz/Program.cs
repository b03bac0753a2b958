using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using HgnFunctional.Fuzz;
using HgnFunctional.Fuzz.Loaders;

const string usage = "Usage: MINUTES [SEED], or repeat LOADER NUMBER SEED.";
const int workers = 2;
var folder = Path.Combine(Environment.CurrentDirectory, "artifacts", "fuzz");
var loaders = AllLoaders.Make();

switch (args)
{
    case [var minutes, .. var rest] when rest.Length < 2 && IsTime(minutes, out var time) && IsSeed(rest.FirstOrDefault("1"), out var seed):
        return Attack(time, seed);
    case ["repeat", var name, var number, var of] when long.TryParse(number, out var which) && IsSeed(of, out var seed):
        return Repeat(name, which, seed);
    default:
        Console.Error.WriteLine(usage);
        return 2;
}

int Attack(TimeSpan time, int seed)
{
    var campaign = new Campaign(loaders, seed, folder, Console.WriteLine);
    campaign.Run(workers, long.MaxValue / loaders.Count, time);
    Console.WriteLine(Tally.Heading);

    foreach (var tally in campaign.Tallies)
    {
        Console.WriteLine(tally);
    }

    using var process = Process.GetCurrentProcess();
    Console.WriteLine(FormattableString.Invariant($"Peak working set {process.PeakWorkingSet64 / 1e6:0} MB."));
    return campaign.Tallies.Any(tally => tally.Faulty > 0) ? 1 : 0;
}

int Repeat(string name, long number, int seed)
{
    if (loaders.FirstOrDefault(loader => loader.Name == name) is not { } loader)
    {
        Console.Error.WriteLine($"There is no loader '{name}'; expected one of {string.Join(", ", loaders.Select(known => known.Name))}.");
        return 2;
    }

    var work = Directory.CreateTempSubdirectory("hgn-fuzz-").FullName;
    var sample = loader.Draw(seed, number);
    var outcome = new Examiner(work, Limits.Default).Examine(loader, sample);
    Directory.Delete(work, true);
    Console.WriteLine(new Tally(loader, folder).Add(seed, number, sample, outcome)?.ToString() ?? "No finding.");
    return outcome.Fault is null ? 0 : 1;
}

static bool IsTime(string text, out TimeSpan time)
{
    var isTime = double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var minutes) && minutes is > 0 and < 100_000;
    time = TimeSpan.FromMinutes(isTime ? minutes : 0);
    return isTime;
}

static bool IsSeed(string text, out int seed) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out seed);
