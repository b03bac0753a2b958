using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using HgnFunctional.Fuzz;
using HgnFunctional.Fuzz.Loaders;

const string usage = "Usage: MINUTES [SEED], or MINUTES --guided LOADER, or repeat LOADER NUMBER SEED.";
const int workers = 2;
var folder = Path.Combine(Environment.CurrentDirectory, "artifacts", "fuzz");

if (args is ["target", var target])
{
    Guided.Target(target);
    return 0;
}

var loaders = AllLoaders.Make();

switch (args)
{
    case [var minutes, .. var rest] when rest.Length < 2 && IsTime(minutes, out var time) && IsSeed(rest.FirstOrDefault("1"), out var seed):
        return Attack(time, seed);
    case [var minutes, "--guided", var name] when IsTime(minutes, out var time):
        return AttackGuided(time, name);
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
    Print(campaign.Tallies);
    using var process = Process.GetCurrentProcess();
    Console.WriteLine(FormattableString.Invariant($"Peak working set {process.PeakWorkingSet64 / 1e6:0} MB."));
    return campaign.Tallies.Any(tally => tally.Faulty > 0) ? 1 : 0;
}

int AttackGuided(TimeSpan time, string name)
{
    if (Find(name, loaders.Where(Guided.Takes).ToArray()) is not { } loader)
    {
        return 2;
    }

    var guided = new Guided(loader, folder);

    if (guided.Run(time) is not { } samples)
    {
        Console.Error.WriteLine("There is no afl-fuzz on the path; expected AFL++ to be installed (on Debian, the package afl++).");
        return 2;
    }

    // Once more without AFL++, to learn what each is.
    var tally = new Tally(loader, folder);

    foreach (var (sample, k) in samples.Select((sample, k) => (sample, k)))
    {
        if (tally.Add(0, k, sample, Examine(loader, sample)) is { } finding)
        {
            Console.WriteLine(finding);
        }
    }

    Print([tally]);
    Console.WriteLine(string.Join('\n', guided.Statistics()));
    return samples.Count > 0 ? 1 : 0;
}

int Repeat(string name, long number, int seed)
{
    if (Find(name, loaders) is not { } loader)
    {
        return 2;
    }

    var sample = loader.Draw(seed, number);
    var outcome = Examine(loader, sample);
    Console.WriteLine(new Tally(loader, folder).Add(seed, number, sample, outcome)?.ToString() ?? "No finding.");
    return outcome.Fault is null ? 0 : 1;
}

static Loader? Find(string name, IReadOnlyList<Loader> known)
{
    var found = known.FirstOrDefault(loader => loader.Name == name);

    if (found is null)
    {
        var names = string.Join(", ", known.Select(loader => loader.Name));
        Console.Error.WriteLine($"There is no loader '{name}' for this; expected one of {names}.");
    }

    return found;
}

static Outcome Examine(Loader loader, Sample sample)
{
    var work = Directory.CreateTempSubdirectory("hgn-fuzz-").FullName;
    var outcome = new Examiner(work, Limits.Default).Examine(loader, sample);
    Directory.Delete(work, true);
    return outcome;
}

static void Print(IEnumerable<Tally> tallies)
{
    Console.WriteLine(Tally.Heading);

    foreach (var tally in tallies)
    {
        Console.WriteLine(tally);
    }
}

static bool IsTime(string text, out TimeSpan time)
{
    var isNumber = double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var minutes);
    time = TimeSpan.FromMinutes(Math.Min(minutes, 100_000));
    return isNumber && minutes > 0;
}

static bool IsSeed(string text, out int seed) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out seed);
