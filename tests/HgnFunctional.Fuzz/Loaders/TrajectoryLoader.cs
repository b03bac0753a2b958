using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using HgnFunctional.Bodies;
using HgnFunctional.CSharp;
using HgnFunctional.Fuzz.Strict;
using HgnFunctional.IO;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;

namespace HgnFunctional.Fuzz.Loaders;

/// <summary>Snapshots and a start from a dump and its topology, one of which is damaged, or from a damaged data file. One set of
/// accepted snapshots in four is trained on; the model is saved, loaded, and must save as the same bytes.</summary>
internal sealed class TrajectoryLoader() : Loader("trajectory")
{
    /// <summary>The dump is damaged and needs a topology, the topology of a good dump is damaged, the dump is damaged and pairs
    /// interact within a cutoff, or a start is read from a damaged data file.</summary>
    private enum Part { DumpWithBonds, Topology, DumpWithCutoff, Start }

    private const double Cutoff = 1.4;

    internal override IReadOnlyList<Sample> Originals { get; } =
    [
        Original("dumps/springs.lammpstrj", Part.DumpWithBonds, "data/springs.data"),
        Original("dumps/mixed_boundaries.lammpstrj", Part.DumpWithBonds, "data/bond.data"),
        Original("dumps/images.lammpstrj", Part.DumpWithBonds, "data/full.data"),
        Original("data/springs.data", Part.Topology, "dumps/springs.lammpstrj"),
        Original("data/full.data", Part.Topology, "dumps/scaled.lammpstrj"),
        Original("dumps/scaled.lammpstrj", Part.DumpWithCutoff),
        Original("dumps/images.lammpstrj", Part.DumpWithCutoff),
        Original("dumps/springs.lammpstrj", Part.DumpWithCutoff),
        Original("data/springs.data", Part.Start),
        Original("data/molecular.data", Part.Start),
    ];

    private static Sample Original(string name, Part part, string? companion = null) =>
        new(Seeds.Named(name), Path.GetExtension(name))
        {
            Companion = companion is null ? null : Seeds.Named(companion),
            Variant = (int)part,
        };

    internal override Reading Read(Sample sample, Place place)
    {
        var part = (Part)(sample.Variant % Rare);
        var (dump, topology) = part == Part.Topology ? (place.Companion, place.Path) : (place.Path, place.Companion);

        var data = new TrajectoryData
        {
            Files = [dump],
            TopologyFile = part is Part.DumpWithBonds or Part.Topology ? topology : null,
            Cutoff = part == Part.DumpWithCutoff ? Cutoff : null,
        };

        var options = new SourceOptions(
            data.TopologyFile is null ? FSharpOption<string>.None : FSharpOption<string>.Some(topology),
            FSharpOption<string>.None,
            data.Cutoff is null ? FSharpOption<Reach>.None : FSharpOption<Reach>.Some(ReachModule.within(Cutoff)),
            false,
            true,
            FSharpOption<double>.None,
            FSharpOption<Units>.None,
            FSharpOption<Tuple<bool, bool, bool>>.None,
            FSharpList<PinnedAtoms>.Empty,
            true,
            FSharpOption<double>.None,
            false,
            Extxyz.anyKeys,
            0,
            FSharpOption<int>.None);

        var start = TrajectoryFile.initial(options, FSharpOption<int>.None, dump);

        if (start.IsError)
        {
            return Reading.Refused(start.ErrorValue);
        }

        if (part != Part.Start)
        {
            var refused = TrajectoryFile.snapshots(options, ListModule.OfSeq([dump])).FirstOrDefault(snapshot => snapshot.IsError);

            if (refused.ErrorValue is { } error)
            {
                return Reading.Refused(error);
            }

            if (sample.Variant >= Rare && Trained(data, place.Output) is { } sentence)
            {
                return Reading.Refused(sentence);
            }
        }

        return new Reading(true) { Compare = () => Agreement.OfAcceptance(place.Path, part is Part.DumpWithBonds or Part.DumpWithCutoff) };
    }

    /// <summary>Null if a model was learned, saved and loaded; else why not.</summary>
    private static string? Trained(TrajectoryData data, string output)
    {
        try
        {
            HgnModel.Train(data, new TrainingOptions { Width = 6 }).Model.Save(output);
        }
        catch (HgnInputException error)
        {
            return error.Message;
        }

        // What the library wrote it must read.
        var written = File.ReadAllBytes(output);
        HgnModel.Load(output).Save(output);
        var isSame = written.AsSpan().SequenceEqual(File.ReadAllBytes(output));
        return isSame ? null : throw new InvalidDataException("The model changed when it was loaded.");
    }
}
