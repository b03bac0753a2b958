using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Linq;
using System.Threading;
using HgnFunctional.IO;

namespace HgnFunctional.CSharp;

/// <summary>A learned Hamiltonian H(q, p). Immutable: one model can be shared by threads.</summary>
public sealed partial class HgnModel
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

    /// <summary>Name of the unit style of the training data; null if it is not known.</summary>
    public string? Units => Core.Units?.Value;

    /// <summary>Number of training snapshots.</summary>
    public long Frames => Core.Provenance.Frames;

    /// <summary>The largest distance within which pairs interact; null for a model of bonds alone.</summary>
    public double? Cutoff => Core.Scope.Reach?.Value.Largest;

    /// <summary>The cutoffs of pairs of species that have one of their own.</summary>
    public IReadOnlyList<PairCutoff> PairCutoffs => PairCutoff.Of(Core.Scope.Reach?.Value);

    /// <summary>The types of angles that the model tells apart, [""] where it looks at none; empty for a model without angles.</summary>
    public IReadOnlyList<string> AngleTypes => Core.Scope.AngleTypes is { } types ? types.Value.ToArray() : [];

    /// <summary>Names of the attributes of bodies, such as "charge", that laws of the model are weighted by.</summary>
    public IReadOnlyList<string> Attributes => Core.Attributes.ToArray();

    /// <summary>Whether some forces are of no energy, such as drag: then energy is not conserved, and no integrator is symplectic.</summary>
    public bool IsDriven => Core.IsDriven;

    /// <summary>Constants of nature in the model: uniform fields, drag, magnetic forces, factors of known laws.</summary>
    public IReadOnlyList<ConstantReport> Constants => Core.Constants.Select(ConstantReport.Of).ToArray();

    /// <summary>The uniform field in proportion to the mass [d], an acceleration such as that of gravity; null if the model has none.</summary>
    public IReadOnlyList<double>? UniformField => Core.UniformField?.Value;

    /// <summary>The coefficient of drag, F = -coefficient v, of all bodies; null if the model has none, or one for each species.</summary>
    public double? Drag => Core.Drag?.Value;

    /// <summary>The species that the model tells apart, [""] where it looks at none.</summary>
    public IReadOnlyList<string> Species => Core.Scope.Species.ToArray();

    /// <summary>The types of bonds that the model tells apart, [""] where it looks at none; empty for a model without bonds.</summary>
    public IReadOnlyList<string> BondTypes => Core.Scope.BondTypes is { } types ? types.Value.ToArray() : [];

    /// <summary>Whether H = T(p) + V(q), which splitting integrators need.</summary>
    public bool IsSeparable => global::HgnFunctional.Models.Model.isSeparable(Core);

    /// <summary>How the fit of each linear system went: one for momenta and one for positions, or one for both.</summary>
    public IReadOnlyList<FitReport> Fits =>
        Core.Diagnostics
            .Select(fit => new FitReport(
                fit.Part, fit.Rows, fit.FeaturesSampled, fit.FeaturesKept, fit.Condition, fit.Ridge, fit.RelativeError))
            .ToArray();

    /// <summary>What the model is made of: an entry for each invariant that a block looks at. Custom blocks have none.</summary>
    public IReadOnlyList<ModelTermSummary> Terms =>
        Core.Terms
            .SelectMany(term => term.Block.Ranges.Select(range =>
                new ModelTermSummary(term.Block.Kind, term.Block.Width, range.Name, range.Low, range.High)))
            .ToArray();

    /// <summary>The model on a system of any number of bodies, which may be far larger than those it saw.</summary>
    /// <exception cref="HgnInputException">The system lacks bonds or a cutoff that the model was trained on, or has a species or a type of bonds
    /// that it does not know, or one of its blocks cannot be used on it.</exception>
    public BoundModel On(BodySystem system)
    {
        ArgumentNullException.ThrowIfNull(system);
        return BoundModel.Create(this, system);
    }

    /// <summary>As <see cref="On"/>, without exceptions for systems that the model is not for.</summary>
    public bool TryOn(BodySystem system, [NotNullWhen(true)] out BoundModel? bound, [NotNullWhen(false)] out string? reason) =>
        Interop.Attempt(() => On(system), out bound, out reason);

    /// <summary>Compares the model with trajectories, one frame at a time.</summary>
    /// <param name="data">Files with velocities and forces.</param>
    /// <param name="cancellation">Looked at before each frame.</param>
    /// <exception cref="HgnInputException">A file is not what it should be, or the model is for other pairs.</exception>
    /// <exception cref="OperationCanceledException">The comparison was cancelled.</exception>
    public EvaluationReport Evaluate(TrajectoryData data, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        return Evaluate(Dataset.FromFiles(data.For(Core) with { Compares = true }), cancellation);
    }

    /// <summary>Compares the model with a dataset, one frame at a time.</summary>
    /// <param name="data">Frames with velocities, forces, energies or virials, as far as they were measured.</param>
    /// <param name="cancellation">Looked at before each frame.</param>
    /// <exception cref="HgnInputException">A frame is not what it should be, or the model is for other pairs.</exception>
    /// <exception cref="OperationCanceledException">The comparison was cancelled.</exception>
    public EvaluationReport Evaluate(Dataset data, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        var evaluation = EvaluationModule.ofStream(Core, data.Snapshots().Until(cancellation)).Expect();

        return new EvaluationReport(
            evaluation.Frames,
            evaluation.Bodies,
            evaluation.PinnedBodies,
            evaluation.RelativeForceError,
            evaluation.RelativeVelocityError,
            evaluation.MeanSquareError,
            evaluation.EnergyDeviation?.Value,
            evaluation.OutOfRangeFraction,
            TargetErrorReport.Of(evaluation.Errors, Units),
            [.. data.Warnings(), .. evaluation.Warnings.Select(warning => warning.ToString()), .. PoorEnergies(evaluation)]
        );
    }

    /// <summary>A sentence where energies are all that was compared, and are far off: of forces there is one already.</summary>
    private static IEnumerable<string> PoorEnergies(Evaluation evaluation)
    {
        const double poor = 1e-2;

        return evaluation.Errors
            .Where(error => error.Target == "energies" && error.Species is null && error.Group is null && error.Relative > poor)
            .Where(_ => double.IsNaN(evaluation.RelativeForceError))
            .Select(error => FormattableString.Invariant(
                $"The energies are off by {error.MeanAbsolute:G2} a body on average, {error.Relative:G2} of their spread, so the model misses much of what the data show."));
    }

    /// <summary>Simulates the bodies of a file: a frame of a dump, or a data file with velocities.</summary>
    /// <param name="initial">One file, with its topology if the model is for bonds.</param>
    /// <param name="frame">The frame to start from, from 0; by default the first.</param>
    /// <param name="options">Steps, time step, method.</param>
    /// <param name="cancellation">Looked at before each step.</param>
    /// <exception cref="HgnInputException">A file or an option is not what it should be, or the output would replace a file that is
    /// read.</exception>
    /// <exception cref="HgnSimulationException">The simulation diverged, or an implicit step did not converge.</exception>
    /// <exception cref="OperationCanceledException">The simulation was cancelled: an <see cref="HgnCanceledException"/>.</exception>
    public SimulationReport Simulate(TrajectoryData initial, int? frame, SimulationOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(initial);
        ArgumentNullException.ThrowIfNull(options);

        if (options.Output is { } output)
        {
            OutputPath.Check(output, [.. initial.Files, initial.TopologyFile]);
        }

        var start = initial.For(Core).Start(frame);
        var bound = On(new BodySystem(start.Structure));
        var inTraining = Core.Provenance.PinnedBodies;
        string[] unpinned = inTraining > 0 && start.Structure.PinnedBodies == 0 ? [Warning.NewNothingPinned(inTraining).ToString()] : [];
        string[] assumed = [.. start.Warnings.Select(warning => warning.ToString()), .. unpinned];
        return Simulator.Watch(bound.System, bound, start.State, options, assumed, cancellation);
    }

    /// <summary>Simulates a lattice of springs at rest length one, of any size, from a seeded random start.</summary>
    /// <param name="sizes">Bodies along each axis.</param>
    /// <param name="displacement">Largest displacement of a coordinate from its site.</param>
    /// <param name="speed">Standard deviation of each velocity component.</param>
    /// <param name="seed">Seed of the start.</param>
    /// <param name="options">Steps, time step, method.</param>
    /// <param name="cancellation">Looked at before each step.</param>
    /// <exception cref="HgnInputException">A size or an option is not what it should be.</exception>
    /// <exception cref="HgnSimulationException">The simulation diverged, or an implicit step did not converge.</exception>
    /// <exception cref="OperationCanceledException">The simulation was cancelled: an <see cref="HgnCanceledException"/>.</exception>
    public SimulationReport SimulateLattice(
        IReadOnlyList<int> sizes,
        double displacement,
        double speed,
        int seed,
        SimulationOptions options,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(sizes);
        ArgumentNullException.ThrowIfNull(options);
        var system = BodySystem.Lattice(sizes.ToArray());
        return On(system).Run(system.RandomStart(displacement, speed, seed), options, cancellation);
    }

    /// <summary>Writes the model to a file, at once or not at all; compressed if the path ends in .gz.</summary>
    /// <exception cref="HgnInputException">The file cannot be written.</exception>
    public void Save(string path)
    {
        ArgumentNullException.ThrowIfNull(path);

        ModelFile.write(path, Core).Expect();
    }

    /// <summary>As <see cref="Save"/>, without exceptions for what stands in the way.</summary>
    public bool TrySave(string path, [NotNullWhen(false)] out string? reason) =>
        Interop.Attempt(() => { Save(path); return this; }, out _, out reason);

    /// <summary>Reads a model from a file.</summary>
    /// <param name="path">The file; gzip may have compressed it.</param>
    /// <param name="customBlocks">The custom blocks and the known laws of one's own that the model may have, with the names that they had in
    /// training.</param>
    /// <exception cref="HgnInputException">The file is missing, damaged or edited, too long, or of a later version; the model has a custom
    /// block that was not passed, or has other features or parameters; a custom block has the name of another block.</exception>
    public static HgnModel Load(string path, params ModelBlock[] customBlocks)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(customBlocks);

        if (customBlocks.Contains(null!))
        {
            throw new HgnInputException("A block is null; expected a block.");
        }

        CustomBlock.Check([.. customBlocks.OfType<CustomBlock>()]);
        var standard = VocabularyModule.standard;
        var own = customBlocks.SelectMany(block => block.Recipes).Where(recipe => !ModelBlock.Kinds.Contains(recipe.Kind));

        var vocabulary = new Vocabulary(
            standard.Blocks.Concat(own).ToList(),
            standard.Activations,
            standard.Radials,
            standard.Cutoffs,
            standard.Inputs);

        var result = ModelFile.readWith(vocabulary, path);

        return result is { IsError: true, ErrorValue: ModelFileError.UnknownPart part }
            ? throw new HgnInputException(
                $"{path}: the model has the {part.what} '{part.name}', whose code is not registered ({part.field}); "
                + $"expected one of {string.Join(", ", part.known)}, or a custom block that is passed to HgnModel.Load.")
            : new HgnModel(result.Expect());
    }

    /// <summary>As <see cref="Load"/>, without exceptions for files that are no models.</summary>
    public static bool TryLoad(string path, [NotNullWhen(true)] out HgnModel? model, [NotNullWhen(false)] out string? reason) =>
        Interop.Attempt(() => Load(path), out model, out reason);

    /// <summary>As <see cref="Load"/>, without exceptions for files that are no models.</summary>
    public static bool TryLoad(
        string path,
        IReadOnlyList<ModelBlock> customBlocks,
        [NotNullWhen(true)] out HgnModel? model,
        [NotNullWhen(false)] out string? reason)
    {
        ArgumentNullException.ThrowIfNull(customBlocks);
        return Interop.Attempt(() => Load(path, [.. customBlocks]), out model, out reason);
    }

    /// <summary>The model in one paragraph.</summary>
    public override string ToString() => Core.ToString();
}
