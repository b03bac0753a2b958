using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using HgnFunctional.IO;
using Microsoft.FSharp.Core;

namespace HgnFunctional.CSharp;

/// <summary>A learned Hamiltonian. Immutable: one model can be shared by threads.</summary>
public sealed class HgnModel
{
    internal HgnModel(TrainedModel core) => Core = core;

    internal TrainedModel Core { get; }

    /// <summary>Seed of the random draws.</summary>
    public int Seed => Core.Provenance.Seed;

    /// <summary>Name of the sampler of the hidden weights.</summary>
    public string Sampler => Core.Provenance.Sampler;

    /// <summary>Version of the library that trained the model.</summary>
    public string LibraryVersion => Core.Provenance.LibraryVersion;

    /// <summary>SHA-256 of the training data, in hexadecimal.</summary>
    public string DataHash => Core.Provenance.DataHash;

    /// <summary>Number of training snapshots.</summary>
    public int Frames => Core.Provenance.Frames;

    /// <summary>The distance within which all pairs interact; null for a model of bonds.</summary>
    public double? Cutoff => Core.Pairs is PairKind.PairsWithin within ? within.cutoff : null;

    /// <summary>What the model is made of.</summary>
    public IReadOnlyList<ModelTermSummary> Terms =>
        Core.Terms
            .SelectMany(term => term.Block.Ranges.Select(range =>
                new ModelTermSummary(term.Block.Kind, term.Block.Width, range.Name, range.Low, range.High)))
            .ToArray();

    /// <summary>Learns a model from trajectories, in one linear solve.</summary>
    /// <param name="data">Files with velocities and forces.</param>
    /// <param name="options">Options; the defaults need no change.</param>
    /// <returns>The model, and how training went.</returns>
    /// <exception cref="HgnInputException">A file or an option is not what it should be.</exception>
    public static (HgnModel Model, TrainingReport Report) Train(TrajectoryData data, TrainingOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        var config = (options ?? new TrainingOptions()).ToConfig();
        var clock = new StageClock();
        var model = Training.fitStream(config, FuncConvert.FromAction<TrainingStage>(clock.Enter), data.Checked().Snapshots()).Expect();
        return (new HgnModel(model), clock.Report(model));
    }

    /// <summary>Compares the model with trajectories, one frame at a time.</summary>
    /// <exception cref="HgnInputException">A file is not what it should be, or the model is for other pairs.</exception>
    public EvaluationReport Evaluate(TrajectoryData data)
    {
        ArgumentNullException.ThrowIfNull(data);
        var evaluation = EvaluationModule.ofStream(Core, data.For(Core).Checked().Snapshots()).Expect();

        return new EvaluationReport(
            evaluation.Frames,
            evaluation.Bodies,
            evaluation.RelativeForceError,
            evaluation.RelativeVelocityError,
            evaluation.MeanSquareError,
            evaluation.EnergyDeviation,
            evaluation.OutOfRangeFraction
        );
    }

    /// <summary>Simulates the bodies of a file: a frame of a dump, or a data file with velocities.</summary>
    /// <param name="initial">One file, with its topology if the model is for bonds.</param>
    /// <param name="frame">The frame to start from, from 0; by default the first.</param>
    /// <param name="options">Steps, time step, method.</param>
    /// <exception cref="HgnInputException">A file or an option is not what it should be.</exception>
    /// <exception cref="HgnSimulationException">The simulation diverged, or an implicit step did not converge.</exception>
    public SimulationReport Simulate(TrajectoryData initial, int? frame, SimulationOptions options)
    {
        ArgumentNullException.ThrowIfNull(initial);
        ArgumentNullException.ThrowIfNull(options);

        var (structure, state) = TrajectoryFile
            .initial(initial.For(Core).Checked().ToOptions(), frame.ToOption(), initial.Files[0])
            .Expect();

        return Simulation.Run(Core, structure, state, options);
    }

    /// <summary>Simulates a lattice of springs at rest length one, of any size, from a seeded random start.</summary>
    /// <param name="sizes">Bodies along each axis.</param>
    /// <param name="displacement">Largest displacement of a coordinate from its site.</param>
    /// <param name="speed">Standard deviation of each velocity component.</param>
    /// <param name="seed">Seed of the start.</param>
    /// <param name="options">Steps, time step, method.</param>
    public SimulationReport SimulateLattice(IReadOnlyList<int> sizes, double displacement, double speed, int seed, SimulationOptions options)
    {
        ArgumentNullException.ThrowIfNull(sizes);
        ArgumentNullException.ThrowIfNull(options);
        var lattice = TopologyModule.grid(sizes.ToList());
        var structure = StructureModule.bonded(lattice.Dimension, 1.0, lattice.Graph);
        var start = InitialState.perturbed(displacement, speed, seed, structure, lattice.Sites);
        return Simulation.Run(Core, structure, start, options);
    }

    /// <summary>Writes the model to a file, at once or not at all.</summary>
    /// <exception cref="HgnInputException">The file cannot be written.</exception>
    public void Save(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        ModelFile.write(path, Core).Expect();
    }

    /// <summary>Reads a model from a file.</summary>
    /// <exception cref="HgnInputException">The file is missing, damaged, or of another version.</exception>
    public static HgnModel Load(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return new HgnModel(ModelFile.read(path).Expect());
    }

    /// <summary>The model in one paragraph.</summary>
    public override string ToString() => Core.ToString();

    /// <summary>Adds up the time between changes of stage.</summary>
    private sealed class StageClock
    {
        private readonly Stopwatch watch = Stopwatch.StartNew();
        private readonly double[] seconds = new double[4];
        private int stage;
        private double since;

        public void Enter(TrainingStage next)
        {
            var now = watch.Elapsed.TotalSeconds;
            seconds[stage] += now - since;
            since = now;
            stage = next.Tag;
        }

        public TrainingReport Report(TrainedModel model)
        {
            Enter(TrainingStage.Reading);
            var fits = model.Diagnostics.ToArray();
            double ErrorOf(string part) => fits.First(fit => fit.Part == part || fit.Part == "coupled").RelativeError;

            return new TrainingReport(
                fits.Sum(fit => fit.Rows),
                fits.Sum(fit => fit.FeaturesSampled),
                fits.Sum(fit => fit.FeaturesKept),
                fits.Sum(fit => fit.FeaturesKept),
                fits.Max(fit => fit.Condition),
                fits.First(fit => fit.Part != "kinetic").Ridge,
                ErrorOf("potential"),
                ErrorOf("kinetic"),
                new TrainingSeconds(
                    seconds[TrainingStage.Reading.Tag],
                    seconds[TrainingStage.Sampling.Tag],
                    seconds[TrainingStage.Assembling.Tag],
                    seconds[TrainingStage.Solving.Tag],
                    watch.Elapsed.TotalSeconds
                )
            );
        }
    }
}
