using System;
using System.Buffers;
using System.Linq;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;
using Draw = Microsoft.FSharp.Core.FSharpFunc<
    string,
    Microsoft.FSharp.Core.FSharpFunc<
        Microsoft.FSharp.Core.FSharpOption<int>,
        Microsoft.FSharp.Core.FSharpFunc<HgnFunctional.Features.InputSample, HgnFunctional.Features.FeatureMap>>>;

namespace HgnFunctional.CSharp;

/// <summary>Some features of a custom block, as the core sees them. Immutable.</summary>
internal sealed class CustomBlockAdapter(CustomBlock block, int[] kept) : IEnergyBlock
{
    public string Kind => block.Name;

    public int Width => kept.Length;

    public int Trend => kept.Count(feature => feature < block.Trend);

    public Part Part => block.Inputs switch
    {
        BlockInputs.Positions => Part.Potential,
        BlockInputs.Momenta => Part.Kinetic,
        _ => Part.Coupled,
    };

    // It may look at all.
    public FSharpList<Kind> Kinds => Everything;

    public bool IsOfMasses => false;

    public FSharpList<InvariantRange> Ranges => FSharpList<InvariantRange>.Empty;

    // Nothing is known of them.
    public BlockSymmetries Symmetries => BlockSymmetriesModule.none;

    public bool ActsFromOutside => false;

    public FSharpOption<int> Hops => block.Hops is { } hops ? FSharpOption<int>.Some(hops) : FSharpOption<int>.None;

    public FSharpList<BlockConstant> Constants => FSharpList<BlockConstant>.Empty;

    public FSharpList<string> Attributes => FSharpList<string>.Empty;

    public FSharpOption<BlockError> Refuses(Structure structure) => RefusalOf(block, structure);

    public void ValuesInto(in Configuration configuration, Span<double> destination)
    {
        var values = ArrayPool<double>.Shared.Rent(block.Features);
        block.Values(ViewOf(configuration), values.AsSpan(0, block.Features));

        for (var k = 0; k < kept.Length; k++)
        {
            destination[k] = values[kept[k]];
        }

        ArrayPool<double>.Shared.Return(values);
    }

    public double Energy(in Configuration configuration, double[] readout)
    {
        var values = ArrayPool<double>.Shared.Rent(kept.Length);
        ValuesInto(configuration, values);
        var total = 0.0;

        for (var k = 0; k < kept.Length; k++)
        {
            total += readout[k] * values[k];
        }

        ArrayPool<double>.Shared.Return(values);
        return total;
    }

    public void RowsInto(in Configuration configuration, Span<double> rowsQ, Span<double> rowsP, int stride)
    {
        var size = configuration.Structure.Bodies * configuration.Structure.Dimension;
        var gradient = new double[2 * size];

        for (var k = 0; k < kept.Length; k++)
        {
            Array.Clear(gradient);
            var (ofQ, ofP) = BlockCheck.Split(block, gradient);
            block.Gradient(ViewOf(configuration), kept[k], ofQ, ofP);
            Interop.RequireFinite($"The gradient of feature {kept[k]} of the block '{block.Name}'", gradient);
            AddRows(ofQ, rowsQ, stride, k);
            AddRows(ofP, rowsP, stride, k);
        }
    }

    public void PullbackInto(in Configuration configuration, double[] readout, Span<double> gradientQ, Span<double> gradientP)
    {
        var all = ArrayPool<double>.Shared.Rent(block.Features);
        var weights = all.AsSpan(0, block.Features);
        weights.Clear();

        for (var k = 0; k < kept.Length; k++)
        {
            weights[kept[k]] = readout[k];
        }

        block.Pullback(
            ViewOf(configuration),
            weights,
            block.Inputs == BlockInputs.Momenta ? [] : gradientQ,
            block.Inputs == BlockInputs.Positions ? [] : gradientP);

        ArrayPool<double>.Shared.Return(all);
    }

    public bool TellsStrain(Structure structure) => block.TellsStrain(new BodySystem(structure));

    public void StrainInto(in Configuration configuration, double[] readout, Span<double> destination)
    {
        for (var k = 0; k < kept.Length; k++)
        {
            CustomBlock.AddScaled(destination, readout[k], StrainOf(configuration, k));
        }
    }

    public void StrainRowsInto(in Configuration configuration, Span<double> rows, int stride)
    {
        for (var k = 0; k < kept.Length; k++)
        {
            AddRows(StrainOf(configuration, k), rows, stride, k);
        }
    }

    public double Response(double[] readout, double[] inputs) => double.NaN;

    public (int, int) CountOutside(in Configuration configuration) => (0, 0);

    public IBlock Select(int[] features) => new CustomBlockAdapter(block, features.Select(feature => kept[feature]).ToArray());

    /// <summary>The features that training kept, and what shows at loading whether the block is the one that was saved.</summary>
    public FSharpList<Tuple<string, SavedForm>> Save() =>
        new Tuple<string, SavedForm>[]
        {
            new("features", SavedForm.NewNumber(block.Features)),
            new("parameters", SavedForm.NewNumbers([.. block.Parameters])),
            new("kept", SavedFormModule.ofInts(kept)),
        }.ToList();

    private static IBlock Restore(CustomBlock block, SavedReader reader)
    {
        var features = reader.Integer("features", 1, int.MaxValue);

        if (features != block.Features)
        {
            return reader.Fail<IBlock>("features", $"{block.Features}, as the block '{block.Name}' has; there are {features}");
        }

        if (!reader.Floats("parameters", FSharpOption<long>.None).SequenceEqual(block.Parameters))
        {
            return reader.Fail<IBlock>("parameters", $"the parameters of the block '{block.Name}' as it was trained");
        }

        return new CustomBlockAdapter(block, reader.Indices("kept", features));
    }

    private static FSharpList<Kind> Everything { get; } = FSharpList<Kind>.Cons(HgnFunctional.Bodies.Kind.EachBody, FSharpList<Kind>.Empty);

    /// <summary>The recipe of a custom block, which collects nothing and draws nothing.</summary>
    internal static BlockRecipe RecipeOf(CustomBlock block) =>
        new(
            block.Name,
            block.Name,
            FuncConvert.FromFunc<Structure, FSharpList<Kind>>(_ => Everything),
            FuncConvert.FromFunc<Snapshot, int>(_ => 0),
            FuncConvert.FromAction<Snapshot, FSharpFunc<Kind, InputPool>>((_, _) => { }),
            false,
            0,
            false,
            FSharpOption<double>.None,
            FuncConvert.FromFunc<Structure, Snapshot, FSharpOption<BlockError>>((_, snapshot) => RefusalOf(block, snapshot.Structure)),
            FuncConvert.FromFunc<BlockOptions, TrainingSample, Draw, IBlock>(
                (_, _, _) => new CustomBlockAdapter(block, Enumerable.Range(0, block.Features).ToArray())),
            FuncConvert.FromFunc<Vocabulary, SavedReader, IBlock>((_, reader) => Restore(block, reader)));

    private static FSharpOption<BlockError> RefusalOf(CustomBlock block, Structure structure) =>
        block.Refuses(new BodySystem(structure)) is { } reason ? BlockError.NewRefused(block.Name, reason) : FSharpOption<BlockError>.None;

    private double[] StrainOf(in Configuration configuration, int k)
    {
        var strain = new double[configuration.Structure.Dimension * configuration.Structure.Dimension];
        block.Strain(ViewOf(configuration), kept[k], strain);
        Interop.RequireFinite($"The strain derivative of feature {kept[k]} of the block '{block.Name}'", strain);
        return strain;
    }

    private static BodiesView ViewOf(in Configuration configuration) =>
        new(configuration.Structure, configuration.Pairs, configuration.Positions, configuration.Momenta);

    private static void AddRows(ReadOnlySpan<double> gradient, Span<double> rows, int stride, int column)
    {
        for (var t = 0; t < gradient.Length; t++)
        {
            rows[t * stride + column] += gradient[t];
        }
    }
}
