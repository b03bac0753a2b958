using System;
using System.CommandLine;
using System.IO;
using System.Threading;
using HgnFunctional.CSharp;
using Spectre.Console;

namespace HgnFunctional.Cli;

/// <summary><c>hgn demo</c>: the story in one command.</summary>
internal static class DemoCommand
{
    private const int Steps = 10_000;
    private const double TimeStep = 0.01;

    /// <summary>The files that the demo carries, which LAMMPS wrote, and what a reader should know of each.</summary>
    private static readonly (string Name, string Story)[] Tests =
    [
        ("chain8", "a chain of 8 in the plane"),
        ("spring2d_3x3", "a square lattice, 3x3"),
        ("spring_4x4x4", "a cubic lattice, 4x4x4, stretched beyond what it saw"),
    ];

    internal static Command Create(CancellationToken cancellation)
    {
        var output = new Option<string?>("--out") { Description = "Keep the input files and the model in this folder.", HelpName = "DIR" };
        var json = new Command("demo", "Learns springs from 8 bodies and simulates 4096.") { output };
        json.SetAction(parsed => Play(parsed.GetValue(output), cancellation));
        return json;
    }

    private static void Play(string? folder, CancellationToken cancellation)
    {
        if (folder is not null && (string.IsNullOrWhiteSpace(folder) || folder.Contains('\0')))
        {
            throw new HgnInputException($"--out is '{folder}'; expected a folder.");
        }

        var place = folder is null ? Directory.CreateTempSubdirectory("hgn-demo-") : Directory.CreateDirectory(folder);

        try
        {
            Play(place.FullName, folder, cancellation);
        }
        finally
        {
            if (folder is null)
            {
                place.Delete(recursive: true);
            }
        }
    }

    private static void Play(string place, string? shown, CancellationToken cancellation)
    {
        Console.WriteLine("A cube of 8 bodies joined by 12 springs was simulated by LAMMPS. From positions, velocities and forces");
        Console.WriteLine("alone, one linear solve learns its energy; no gradient descent, no formula for the spring.");
        Console.WriteLine();
        var (model, report) = HgnModel.Train(Dataset.FromFiles(Unpack(place, "spring_2x2x2")), cancellation: cancellation);
        model.Save(Path.Combine(place, "model.json"));
        Console.WriteLine(FormattableString.Invariant(
            $"Learned from {model.Frames} frames: {report.FeaturesKept} features of {report.FeaturesSampled}, assembled and solved in {report.Seconds.Assemble + report.Seconds.Solve:F3} s."));
        Console.WriteLine();

        var table = new Table()
            .AddColumn("Never seen in training")
            .AddColumn(new TableColumn("Bodies").RightAligned())
            .AddColumn(new TableColumn("Relative force error").RightAligned())
            .AddColumn(new TableColumn("Inputs out of range").RightAligned());

        foreach (var (name, story) in Tests)
        {
            var evaluation = model.Evaluate(Unpack(place, name), cancellation);
            table.AddRow(
                story,
                evaluation.Bodies.ToString(),
                Output.Number(evaluation.RelativeForceError),
                FormattableString.Invariant($"{100 * evaluation.OutOfRangeFraction:F2} %"));
        }

        Output.Show(table);
        Console.WriteLine("(The files print ten digits: 2e-9 is as good as they can show.)");
        Console.WriteLine();
        Console.WriteLine($"Now a cubic lattice of 16x16x16 = 4096 bodies, {Steps} Stoermer-Verlet steps of {Output.Number(TimeStep)} ...");
        var run = model.SimulateLattice([16, 16, 16], 0.1, 0.2, 1, new SimulationOptions { Steps = Steps, TimeStep = TimeStep }, cancellation);
        Output.Summary(SimulateCommand.ToJson(run));
        Console.WriteLine("Drifts are relative: energy to that of the motion at the start (slope: per unit of time), momenta to their sums of sizes.");

        if (shown is not null)
        {
            Console.WriteLine();
            Console.WriteLine($"Files kept in {shown}: try  hgn inspect {Path.Combine(shown, "model.json")}");
        }
    }

    /// <summary>Writes the two files of one system to a folder.</summary>
    private static TrajectoryData Unpack(string place, string name)
    {
        foreach (var file in new[] { name + ".lammpstrj", name + ".data" })
        {
            using var resource = typeof(DemoCommand).Assembly.GetManifestResourceStream(file)
                ?? throw new InvalidOperationException($"The demo lacks its file {file}.");
            using var target = File.Create(Path.Combine(place, file));
            resource.CopyTo(target);
        }

        return new TrajectoryData
        {
            Files = [Path.Combine(place, name + ".lammpstrj")],
            TopologyFile = Path.Combine(place, name + ".data"),
        };
    }
}
