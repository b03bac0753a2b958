using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using HgnFunctional.IO;
using Microsoft.FSharp.Core;

namespace HgnFunctional.CSharp;

/// <summary>Trajectory files with what is needed to read them. Nothing is read until it is used, and never all at once.</summary>
public sealed record TrajectoryData
{
    /// <summary>Paths of trajectories, recognised by what they hold (<see cref="TrajectoryFormats.Read"/>); texts may be compressed (.gz).</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>Path of a LAMMPS data file whose bonds and angles (and masses and charges, where the dump has none) are used.</summary>
    public string? TopologyFile { get; init; }

    /// <summary>Name of the LAMMPS atom style of data files that do not say it, as "Atoms # STYLE" does.</summary>
    public string? AtomStyle { get; init; }

    /// <summary>Distance within which all pairs interact, in the units of the files; beside the bonds of a topology.</summary>
    public double? Cutoff { get; init; }

    /// <summary>Whether bodies do not act on each other at all, each alone in whatever field there is; else bonds or a cutoff are asked for.</summary>
    public bool Alone { get; init; }

    /// <summary>Distances for pairs of species; where there is no <see cref="Cutoff"/>, one for each pair.</summary>
    public IReadOnlyList<PairCutoff> PairCutoffs { get; init; } = [];

    /// <summary>Pairs that so many bonds or fewer join, 0 to 3, do not interact by distance; with 0 the data decide.</summary>
    public int ExcludedBonds { get; init; }

    /// <summary>Mass of every body, in the units of the files, where these give none; refused where they do.</summary>
    public double? Mass { get; init; }

    /// <summary>Name of the LAMMPS unit style (lj, metal, real, si, cgs); by default what the files say, else that of the model, else lj.
    /// Where frames follow each other closely enough, a style that their motion contradicts is refused.</summary>
    public string? Units { get; init; }

    /// <summary>Which of the axes x, y, z are periodic, in three letters: p for periodic, s for open, or one letter for all. Dumps say so
    /// themselves; data files do not, and a cutoff needs to know.</summary>
    public string? Boundary { get; init; }

    /// <summary>Atoms that do not move, whatever acts on them, as ids and ranges of ids, and types after a colon: "1-9,12" or "type:3". Those
    /// that never move in a file are found without. "none": a simulation holds none of a start, though they never move in its file,
    /// as where nothing has hit them yet; in training and errors such atoms count for nothing all the same.</summary>
    public string? Pinned { get; init; }

    /// <summary>Time of one step of the files, in their unit of time. Where it is given, frames without forces teach by how their atoms
    /// move.</summary>
    public double? TimeStep { get; init; }

    /// <summary>Which key of extended XYZ is the energy, where several could be.</summary>
    public string? EnergyKey { get; init; }

    /// <summary>Which column of extended XYZ are the forces, where several could be.</summary>
    public string? ForcesKey { get; init; }

    /// <summary>Which key of extended XYZ is the virial, nine numbers or the six xx yy zz yz xz xy, in eV, where several could be; "none" for
    /// no virials.</summary>
    public string? VirialKey { get; init; }

    /// <summary>Which key of extended XYZ is the stress, likewise, in eV/A^3 and as ASE has its sign: minus the virial over the volume;
    /// "none" for no stresses.</summary>
    public string? StressKey { get; init; }

    /// <summary>First frame used, from 0.</summary>
    public int FirstFrame { get; init; }

    /// <summary>Last frame used, inclusive; by default the last of the file.</summary>
    public int? LastFrame { get; init; }

    /// <summary>The same files, read with the pairs that a model was trained on.</summary>
    internal TrajectoryData For(TrainedModel model) =>
        this with
        {
            ReachOfModel = model.Scope.Reach?.Value ?? (model.Scope.BondTypes is null ? OwnReach : null),
            IsForModel = true,
            IgnoresBonds = model.Scope.BondTypes is null,
            Units = Units ?? model.Units?.Value,
        };

    /// <summary>Whether bonds that files name do not count: so for a model of pairs within a cutoff alone.</summary>
    private bool IgnoresBonds { get; init; }

    private bool IsForModel { get; init; }

    /// <summary>Whether a model is compared with the frames, rather than learned from them.</summary>
    internal bool Compares { get; init; }

    private Reach? ReachOfModel { get; init; }

    private Reach? OwnReach => PairCutoff.ReachOf(Cutoff, PairCutoffs, ExcludedBonds);

    private Reach? Reach => IsForModel ? ReachOfModel : OwnReach;

    internal SourceOptions ToOptions() =>
        new(
            TopologyFile.ToOption(),
            AtomStyle.ToOption(),
            Reach is { } reach ? FSharpOption<Reach>.Some(reach) : FSharpOption<Reach>.None,
            Alone || (IsForModel && IgnoresBonds && ReachOfModel is null),
            !IgnoresBonds,
            Mass.ToOption(),
            Units is null ? FSharpOption<Units>.None : FSharpOption<Units>.Some(UnitsModule.all.ByName("units", Units, units => units.Name)),
            Boundary is null ? FSharpOption<Tuple<bool, bool, bool>>.None : FSharpOption<Tuple<bool, bool, bool>>.Some(PeriodicAxes(Boundary)),
            (Pinned is null or NoPins ? [] : PinnedAtomsOf(Pinned)).ToList(),
            Pinned is not NoPins,
            TimeStep.ToOption(),
            Compares,
            new TargetKeys(EnergyKey.ToOption(), ForcesKey.ToOption(), VirialKey.ToOption(), StressKey.ToOption()),
            FirstFrame,
            LastFrame.ToOption()
        );

    internal IEnumerable<FSharpResult<Snapshot, DataError>> Snapshots() => TrajectoryFile.snapshots(ToOptions(), Files.ToList());

    /// <summary>What had to be assumed of the files.</summary>
    internal IEnumerable<string> Warnings() =>
        TrajectoryFile.examine(ToOptions(), Files.ToList()).Select(warning => warning.ToString());

    private const string NoPins = "none";

    private static IEnumerable<PinnedAtoms> PinnedAtomsOf(string pinned)
    {
        foreach (var part in pinned.Split(','))
        {
            var ends = part.Split('-');

            if (part.StartsWith("type:", StringComparison.Ordinal) && part.Length > 5)
            {
                yield return PinnedAtoms.NewOfType(part[5..]);
            }
            else if (ends.Length is 1 or 2
                && long.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
                && long.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last)
                && first <= last)
            {
                yield return PinnedAtoms.NewOfIds(first, last);
            }
            else
            {
                throw new HgnInputException($"The pinned atoms are '{pinned}'; expected ids, ranges of ids or types, such as 1-9,12 or type:3, or none.");
            }
        }
    }

    private static Tuple<bool, bool, bool> PeriodicAxes(string boundary)
    {
        var letters = boundary.Where(letter => letter is not (' ' or ',')).ToArray();

        if (letters.Length is not (1 or 3) || letters.Any(letter => !"psfm".Contains(letter)))
        {
            throw new HgnInputException($"The boundary is '{boundary}'; expected a letter for each of x, y and z, p (periodic) or s (open), such as pps.");
        }

        bool IsPeriodic(int axis) => letters[letters.Length == 1 ? 0 : axis] == 'p';
        return Tuple.Create(IsPeriodic(0), IsPeriodic(1), IsPeriodic(2));
    }

    /// <summary>The bodies of the first file and their state in one of its frames, to start a simulation from.</summary>
    /// <param name="frame">The frame, from 0; by default the first.</param>
    /// <exception cref="HgnInputException">A file or an option is not what it should be.</exception>
    public (BodySystem System, PhaseState State) ReadStart(int? frame = null)
    {
        var start = Start(frame);
        return (new BodySystem(start.Structure), start.State);
    }

    internal Start Start(int? frame) => TrajectoryFile.initial(Checked().ToOptions(), frame.ToOption(), Files[0]).Expect();

    /// <summary>Checks the options that do not depend on the files.</summary>
    /// <exception cref="HgnInputException">No files, a range that is empty, a number that is not positive.</exception>
    internal TrajectoryData Checked()
    {
        if (Files is null || Files.Count == 0 || Files.Contains(null!))
        {
            throw new HgnInputException(
                Files is { Count: > 0 } ? "A trajectory file is null; expected paths." : "No trajectory file was given; expected at least one.");
        }

        if (FirstFrame < 0 || LastFrame < FirstFrame)
        {
            throw new HgnInputException($"The frames are {FirstFrame}..{LastFrame}; expected A..B with 0 <= A <= B.");
        }

        Interop.RequirePositive("The cutoff", Cutoff);
        Interop.RequirePositive("The mass", Mass);
        Interop.RequirePositive("The time step", TimeStep);
        _ = Pinned is null or NoPins ? 0 : PinnedAtomsOf(Pinned).Count();
        return this;
    }
}
