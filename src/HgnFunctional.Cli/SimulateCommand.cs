using System.CommandLine;
using System.Text.Json.Nodes;
using System.Threading;
using HgnFunctional.CSharp;

namespace HgnFunctional.Cli;

/// <summary><c>hgn simulate</c>.</summary>
internal static class SimulateCommand
{
    internal static Command Create(CancellationToken cancellation)
    {
        var model = new Argument<string>("MODEL") { Description = "A model file." };
        var initial = new Option<string>("--initial") { Description = "Where to start: a dump, or a data file with velocities.", HelpName = "DATA", Required = true };
        var frame = new Option<int?>("--frame") { Description = "The frame of the dump to start from, from 0.", HelpName = "K" };
        var topology = Shared.Topology();
        var atomStyle = Shared.AtomStyle();
        var units = Shared.Units();
        var boundary = Shared.Boundary();
        var pinned = Shared.Pinned();
        var mass = Shared.Number("--mass", "Mass of every body, where the files give none.", "M");
        var steps = new Option<int>("--steps") { Description = "Number of time steps.", HelpName = "N", Required = true };
        var timeStep = Shared.Number("--dt", "Time step.", "H");
        timeStep.Required = true;
        var every = new Option<int?>("--every") { Description = "Watch and write every so many steps; by default a thousand times in all.", HelpName = "E" };
        var method = new Option<string>("--method")
        {
            Description = $"The integrator: {string.Join(", ", SimulationOptions.Methods)}.",
            HelpName = "NAME",
            DefaultValueFactory = _ => "stormer-verlet",
        };
        var tolerance = Shared.Number("--tolerance", "Relative error of a substep of dormand-prince; by default 1e-10.", "X");
        var coupling = Shared.Number("--coupling", "Coupling of the two copies of tao-2 and tao-4, 1/time; by default 0.5/H.", "W");
        var stop = Shared.Number("--stop-when-out-of-range", "Stop where more than this fraction of a watched state is outside the range of training.", "X");
        var output = new Option<string?>("--out") { Description = "The trajectory to write, in the format of its extension, else a LAMMPS text dump; - is standard output.", HelpName = "FILE" };
        var format = Shared.Format();
        var json = Shared.Json();

        var command = new Command("simulate", "Simulates bodies with a model.")
        {
            model, initial, frame, topology, atomStyle, boundary, mass, units, pinned, steps, timeStep, every, method, tolerance, coupling, stop, output, format, json,
        };

        command.SetAction(parsed =>
        {
            var path = parsed.GetValue(output);
            Shared.RequireOutput("--out", path, parsed.GetRequiredValue(model), parsed.GetRequiredValue(initial), parsed.GetValue(topology));
            var loaded = HgnModel.Load(parsed.GetRequiredValue(model));

            var source = new TrajectoryData
            {
                Files = [parsed.GetRequiredValue(initial)],
                TopologyFile = parsed.GetValue(topology),
                AtomStyle = parsed.GetValue(atomStyle),
                Boundary = parsed.GetValue(boundary),
                Mass = parsed.GetValue(mass),
                Units = parsed.GetValue(units),
                Pinned = parsed.GetValue(pinned),
            };

            var options = new SimulationOptions
            {
                Steps = parsed.GetValue(steps),
                TimeStep = parsed.GetValue(timeStep) ?? double.NaN,
                Every = parsed.GetValue(every),
                Method = parsed.GetRequiredValue(method),
                Tolerance = parsed.GetValue(tolerance),
                Coupling = parsed.GetValue(coupling),
                StopWhenOutOfRange = parsed.GetValue(stop),
                Output = path,
                Format = parsed.GetValue(format),
            };

            var report = loaded.Simulate(source, parsed.GetValue(frame), options, cancellation);
            Shared.Warn(report.Warnings);
            Output.Print(parsed.GetValue(json), ToJson(report), besideFile: Shared.TakesStandardOutput(path));
        });

        return command;
    }

    internal static JsonObject ToJson(SimulationReport report) =>
        new()
        {
            ["bodies"] = report.Bodies,
            ["steps"] = report.Steps,
            ["seconds"] = report.Seconds,
            ["energyDrift"] = new JsonObject { ["max"] = report.EnergyDriftMax, ["slope"] = report.EnergyDriftSlope },
            ["momentumDrift"] = report.MomentumDrift,
            ["angularMomentumDrift"] = report.AngularMomentumDrift,
            ["work"] = report.Work,
            ["outOfRangeFraction"] = report.OutOfRangeFraction,
            [Output.Warnings] = Shared.Sentences(report.Warnings),
        };
}
