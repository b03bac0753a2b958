using System.Collections.Generic;
using System.Linq;

namespace HgnFunctional.CSharp;

/// <summary>What a fit found, and what it cannot describe.</summary>
/// <param name="Errors">Errors of forces and velocities, of all bodies and of each species, on a sample of the training data.</param>
/// <param name="PinnedBodies">Number of bodies that never move, or that the system pins: they taught nothing, and count in no error.</param>
/// <param name="Families">What families of features do for the fit: all that were tried where <see cref="TrainingOptions.ShowsEvidence"/>
/// asks for it or the force error is above 1 %, else the fields and forces of velocities that are in the model.</param>
/// <param name="Constants">Constants of nature that the fit found, with error bars.</param>
/// <param name="Unexplained">The relative force error on all training data: what nothing explains. Where forces were told from motions, what is missed of
/// them beyond noise.</param>
/// <param name="Noise">Where forces were told from motions: the standard deviation of the noise in each coordinate, or where they were measured in
/// each velocity, that the fit finds; null otherwise.</param>
public sealed record VerdictReport(
    IReadOnlyList<TargetErrorReport> Errors,
    int PinnedBodies,
    IReadOnlyList<FamilyReport> Families,
    IReadOnlyList<ConstantReport> Constants,
    double Unexplained,
    double? Noise)
{
    internal static VerdictReport Of(Verdict verdict, string? units) =>
        new(
            TargetErrorReport.Of(verdict.Errors, units),
            verdict.PinnedBodies,
            verdict.Families.Select(family => new FamilyReport(
                family.Family, family.Standing.IsInModel, family.Standing.IsInModel || family.Standing.IsNotNeeded, family.Standing.ToString(), family.Without, family.With)).ToArray(),
            verdict.Constants.Select(ConstantReport.Of).ToArray(),
            verdict.Unexplained,
            verdict.Noise?.Value);
}

/// <summary>What a family of features does for a fit, on a sample of the data and with few hidden units.</summary>
/// <param name="Family">The physics that it is for, such as "kinds", "uniform field, by mass" or "drag".</param>
/// <param name="IsWanted">Whether the data want it.</param>
/// <param name="IsInModel">Whether the model has it.</param>
/// <param name="Standing">What became of it, in words.</param>
/// <param name="Without">Relative force error with what the model has, but without the family.</param>
/// <param name="With">Relative force error with what the model has, and the family.</param>
public sealed record FamilyReport(string Family, bool IsWanted, bool IsInModel, string Standing, double Without, double With);

/// <summary>A constant of nature in a model.</summary>
/// <param name="Quantity">What it is: "uniform field, by mass", "drag", "magnetic force, by charge", ...</param>
/// <param name="Bodies">The bodies that it is for; empty for all.</param>
/// <param name="Component">The component, such as "x" or "xy"; empty where there is one.</param>
/// <param name="Value">In the mass, length and time of the data: of a uniform field the force on a body of weight 1; of drag the force per velocity, against
/// it; of a magnetic force in the plane "xy" the force along x per velocity along y.</param>
/// <param name="Deviation">Standard deviation from what the training data leave open, as if what the model does not explain were noise; infinite where the data give no more
/// equations than there are unknowns, NaN for models read from files.</param>
public sealed record ConstantReport(string Quantity, string Bodies, string Component, double Value, double Deviation)
{
    internal static ConstantReport Of(FittedConstant constant) =>
        new(constant.Quantity, constant.Bodies, constant.Component, constant.Value, constant.Deviation);
}
