using System.CommandLine;
using System.Globalization;
using HgnFunctional.CSharp;

namespace HgnFunctional.Cli;

/// <summary>Options of verbs that learn.</summary>
internal sealed class TrainingArguments
{
    private static readonly TrainingOptions Defaults = new();

    private readonly Option<string> blocks = new("--blocks") { Description = "What the model is made of: auto, which lets the data decide, or body, pair, angle, field, velocity, raw, message with commas.", DefaultValueFactory = _ => "auto" };
    private readonly Option<string> sampler = new("--sampler") { Description = "elm, u-swim, swim or a-swim.", DefaultValueFactory = _ => Defaults.Sampler };
    private readonly Option<string> activation = new("--activation") { Description = "softplus, tanh, sigmoid or sine.", DefaultValueFactory = _ => Defaults.Activation };
    private readonly Option<string> radial = new("--radial") { Description = "r, 1/r, r^-3 or auto.", DefaultValueFactory = _ => Defaults.Radial };
    private readonly Option<string> shape = new("--cutoff-shape") { Description = "How laws end at the cutoff: smooth, cut (with a jump) or auto.", DefaultValueFactory = _ => Defaults.CutoffShape };
    private readonly Option<int> width = new("--width") { Description = "Hidden units per block.", DefaultValueFactory = _ => Defaults.Width };
    private readonly Option<string> ridge = new("--ridge") { Description = "auto, or a fraction of the largest singular value.", DefaultValueFactory = _ => "auto" };
    private readonly Option<string?> weights = new("--weights") { Description = "How much targets count that the data have: velocities, forces, energies, virials, such as energies=10,forces=1; each is divided by its spread before.", HelpName = "TARGET=W,..." };
    private readonly Option<string> stencil = new("--stencil") { Description = "How motions without forces give equations: exact:N (clean data), smooth:N (noisy data) over N frames, or auto.", DefaultValueFactory = _ => Defaults.Stencil };
    private readonly Option<int> seed = new("--seed") { Description = "Seed of every random draw.", DefaultValueFactory = _ => Defaults.Seed };

    internal void AddTo(Command command)
    {
        foreach (var option in new Option[] { blocks, sampler, activation, radial, shape, width, ridge, weights, stencil, seed })
        {
            command.Add(option);
        }
    }

    internal TrainingOptions Read(ParseResult parsed) =>
        new()
        {
            Blocks = ModelBlock.Parse(parsed.GetRequiredValue(blocks)),
            Sampler = parsed.GetRequiredValue(sampler),
            Activation = parsed.GetRequiredValue(activation),
            Radial = parsed.GetRequiredValue(radial),
            CutoffShape = parsed.GetRequiredValue(shape),
            Width = parsed.GetValue(width),
            Ridge = ParseRidge(parsed.GetRequiredValue(ridge)),
            Weights = parsed.GetValue(weights) is { } text ? TargetWeightOptions.Parse(text) : new(),
            Stencil = parsed.GetRequiredValue(stencil),
            Seed = parsed.GetValue(seed),
        };

    private static double? ParseRidge(string text)
    {
        if (text == "auto")
        {
            return null;
        }

        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var fraction)
            ? fraction
            : throw new HgnInputException($"--ridge is '{text}'; expected auto or a number, 0 or more.");
    }
}
