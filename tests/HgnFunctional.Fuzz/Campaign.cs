using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;

namespace HgnFunctional.Fuzz;

/// <summary>An attack on some loaders by several threads, until an end.</summary>
internal sealed class Campaign
{
    private readonly IReadOnlyList<Loader> loaders;
    private readonly Dictionary<Loader, Tally> tallies;
    private readonly int seed;
    private readonly Action<Finding> print;
    private long next;

    /// <param name="loaders">What is attacked, each as often as the others.</param>
    /// <param name="seed">The same seed gives the same inputs.</param>
    /// <param name="folder">Where inputs with findings are written.</param>
    /// <param name="print">Is told each new finding, by any thread.</param>
    internal Campaign(IReadOnlyList<Loader> loaders, int seed, string folder, Action<Finding> print)
    {
        this.loaders = loaders;
        this.seed = seed;
        this.print = print;
        tallies = loaders.ToDictionary(loader => loader, loader => new Tally(loader, folder));
    }

    /// <summary>What an input may cost.</summary>
    internal Limits Limits { get; init; } = Limits.Default;

    /// <summary>An input that takes this long does not end; its thread cannot be stopped, so the whole run is.</summary>
    internal TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    internal IEnumerable<Tally> Tallies => loaders.Select(loader => tallies[loader]);

    /// <summary>Attacks with inputs number 0, 1, 2 ... of each loader. False if an input did not end.</summary>
    /// <param name="workers">Number of threads.</param>
    /// <param name="inputs">Inputs for each loader, at most.</param>
    /// <param name="time">No new input is tried after this time.</param>
    internal bool Run(int workers, long inputs, TimeSpan time)
    {
        var clock = Stopwatch.StartNew();
        var threads = Enumerable.Range(0, workers).Select(_ => new Worker(this, inputs, () => clock.Elapsed < time)).ToArray();

        foreach (var thread in threads)
        {
            thread.Start();
        }

        while (threads.Any(thread => thread.IsRunning))
        {
            Thread.Sleep(50);

            if (threads.FirstOrDefault(thread => thread.Busy > Patience) is { } hung)
            {
                hung.Report();
                return false;
            }
        }

        return true;
    }

    private void Count(Loader loader, long number, Sample sample, Outcome outcome)
    {
        if (tallies[loader].Add(seed, number, sample, outcome) is { } finding)
        {
            print(finding);
        }
    }

    private sealed class Worker
    {
        private readonly Campaign campaign;
        private readonly Thread thread;
        private (Loader Loader, long Number, Sample Sample, long Start)? current;

        internal Worker(Campaign campaign, long inputs, Func<bool> mayGoOn)
        {
            this.campaign = campaign;
            thread = new Thread(() => Work(inputs, mayGoOn)) { IsBackground = true };
        }

        internal bool IsRunning => thread.IsAlive;

        internal TimeSpan Busy
        {
            get
            {
                lock (thread)
                {
                    return current is { } busy ? Stopwatch.GetElapsedTime(busy.Start) : TimeSpan.Zero;
                }
            }
        }

        internal void Start() => thread.Start();

        internal void Report()
        {
            lock (thread)
            {
                if (current is var (loader, number, sample, start))
                {
                    var fault = new Fault(FaultKind.Slow, "does not end");
                    campaign.Count(loader, number, sample, new Outcome(false, fault, Stopwatch.GetElapsedTime(start), 0));
                }
            }
        }

        private void Work(long inputs, Func<bool> mayGoOn)
        {
            var folder = Directory.CreateTempSubdirectory("hgn-fuzz-").FullName;
            var examiner = new Examiner(folder, campaign.Limits);

            while (mayGoOn() && Interlocked.Increment(ref campaign.next) - 1 is var turn && turn < inputs * campaign.loaders.Count)
            {
                var loader = campaign.loaders[(int)(turn % campaign.loaders.Count)];
                var number = turn / campaign.loaders.Count;
                var sample = loader.Draw(campaign.seed, number);
                Now((loader, number, sample, Stopwatch.GetTimestamp()));
                var outcome = examiner.Examine(loader, sample);
                Now(null);
                campaign.Count(loader, number, sample, outcome);
            }

            Directory.Delete(folder, true);
        }

        private void Now((Loader Loader, long Number, Sample Sample, long Start)? input)
        {
            lock (thread)
            {
                current = input;
            }
        }
    }
}
