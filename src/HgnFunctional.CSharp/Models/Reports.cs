using System.Collections.Generic;
using System.Linq;
using HgnFunctional.IO;

namespace HgnFunctional.CSharp;

/// <summary>Seconds that the stages of training took.</summary>
/// <param name="Read">Waiting for files to be read and parsed.</param>
/// <param name="Sample">Collecting inputs, choosing options, drawing features.</param>
/// <param name="Assemble">Building rows and folding them into the triangle.</param>
/// <param name="Solve">Solving the triangle.</param>
/// <param name="Total">All of it.</param>
public sealed record TrainingSeconds(double Read, double Sample, double Assemble, double Solve, double Total);

/// <summary>How training went.</summary>
/// <param name="Rows">Rows of all linear systems.</param>
/// <param name="FeaturesSampled">Features drawn.</param>
/// <param name="FeaturesKept">Features that were not redundant.</param>
/// <param name="Rank">Numerical rank of all systems together; of a system of more than 512 features with a rank above 256, its features.</param>
/// <param name="Condition">The largest condition number of a system's kept, normalised columns.</param>
/// <param name="Ridge">The penalty on the hidden units of the forces' system, as a fraction of its largest singular value.</param>
/// <param name="RelativeForceError">|F' - F| / |F| on the training data.</param>
/// <param name="RelativeVelocityError">|v' - v| / |v| on the training data.</param>
/// <param name="Seconds">Where the time went.</param>
/// <param name="Verdict">What the fit found, and what it cannot describe.</param>
/// <param name="Warnings">A sentence for each thing that the figures hide: what the model ignores of the data, what had to be assumed, why
/// a fit falls short. Empty where all is well.</param>
public sealed record TrainingReport(
    long Rows,
    int FeaturesSampled,
    int FeaturesKept,
    int Rank,
    double Condition,
    double Ridge,
    double RelativeForceError,
    double RelativeVelocityError,
    TrainingSeconds Seconds,
    VerdictReport Verdict,
    IReadOnlyList<string> Warnings
);

/// <summary>How the fit of one linear system went.</summary>
/// <param name="Part">"kinetic", "potential" or "coupled".</param>
/// <param name="Rows">Rows of the system.</param>
/// <param name="FeaturesSampled">Features drawn.</param>
/// <param name="FeaturesKept">Features that were not redundant: the numerical rank.</param>
/// <param name="Condition">Condition number of the kept, normalised columns.</param>
/// <param name="Ridge">The penalty on hidden units, as a fraction of the largest singular value.</param>
/// <param name="RelativeError">|fit - data| / |data| over all rows.</param>
public sealed record FitReport(
    string Part,
    long Rows,
    int FeaturesSampled,
    int FeaturesKept,
    double Condition,
    double Ridge,
    double RelativeError
);

/// <summary>How a model compares with measured data.</summary>
/// <param name="Frames">Number of snapshots.</param>
/// <param name="Bodies">Number of bodies.</param>
/// <param name="PinnedBodies">Number of bodies that are pinned, as the system says or as frames show: they count in no error.</param>
/// <param name="RelativeForceError">|F' - F| / |F|, Frobenius norms over all snapshots; NaN where no forces were measured.</param>
/// <param name="RelativeVelocityError">|v' - v| / |v|; NaN where no velocities were measured.</param>
/// <param name="Mse">Mean square error over all components of q' and p' that were measured.</param>
/// <param name="EnergyDeviation">Largest |H(frame) - H(first)| within a trajectory (a file), over its mean kinetic energy; null where
/// nothing moves, and where forces such as drag change it.</param>
/// <param name="OutOfRangeFraction">Fraction of the invariants outside their range in training.</param>
/// <param name="Errors">Errors of forces, velocities, energies and virials, of all bodies, of each species and of each group.</param>
/// <param name="Warnings">A sentence for each thing that had to be assumed of the data, that the model ignores of them, and why it falls short
/// where the force error is above 1 %; empty where all is well.</param>
public sealed record EvaluationReport(
    int Frames,
    int Bodies,
    int PinnedBodies,
    double RelativeForceError,
    double RelativeVelocityError,
    double Mse,
    double? EnergyDeviation,
    double OutOfRangeFraction,
    IReadOnlyList<TargetErrorReport> Errors,
    IReadOnlyList<string> Warnings
);

/// <summary>How a simulation went.</summary>
/// <param name="Bodies">Number of bodies.</param>
/// <param name="Steps">Number of time steps.</param>
/// <param name="Seconds">Wall-clock seconds, without reading and writing files.</param>
/// <param name="EnergyDriftMax">Largest |H(t) - W(t) - H(0)|, where W is the work of forces without energy such as drag, over the energy of the motion at the start: the kinetic energy or, if that is more,
/// the energy that steepest descent would release; and the largest |W| beside it.</param>
/// <param name="EnergyDriftSlope">Slope of a line through (H(t) - W(t) - H(0)) over the same, per unit of time.</param>
/// <param name="MomentumDrift">Largest |P(t) - P(0)| over the sum of |p_i| at the start; from rest, of the momenta that the energy of the
/// motion gives. Null where something outside acts: fields, drag, pinned bodies.</param>
/// <param name="AngularMomentumDrift">Largest |L(t) - L(0)| about the centre of mass, over the sum of |q_i| |p_i| from there; null in a
/// periodic box, and where something outside acts.</param>
/// <param name="Work">The work of forces without energy in the run, over the same energy: below 0 where drag took energy.</param>
/// <param name="OutOfRangeFraction">Fraction of the invariants outside their range in training, over all watched states; null for a
/// Hamiltonian that was not learned.</param>
/// <param name="Warnings">A sentence for each reason not to trust the run; empty where all is well.</param>
public sealed record SimulationReport(
    int Bodies,
    long Steps,
    double Seconds,
    double EnergyDriftMax,
    double EnergyDriftSlope,
    double? MomentumDrift,
    double? AngularMomentumDrift,
    double Work,
    double? OutOfRangeFraction,
    IReadOnlyList<string> Warnings
);

/// <summary>A term of a model, as a person would want to see it.</summary>
/// <param name="Kind">Kind of block: body or pair.</param>
/// <param name="Features">Number of features.</param>
/// <param name="Invariant">What the features are functions of.</param>
/// <param name="Low">Least value seen in training.</param>
/// <param name="High">Largest value seen in training.</param>
public sealed record ModelTermSummary(string Kind, int Features, string Invariant, double Low, double High);

/// <summary>How far predictions are off, over all components of some bodies.</summary>
/// <param name="Target">"forces", "velocities", "energies" or "virials", each of what was measured.</param>
/// <param name="Species">The species of the bodies; null for all of them.</param>
/// <param name="Group">The group of the frames (<see cref="TrajectoryFrame.Group"/>); null for all of them.</param>
/// <param name="Relative">|predicted - measured| / |measured|; of energies less their means.</param>
/// <param name="RootMeanSquare">Root mean square of predicted - measured, in the units of the data, such as eV/A for <c>metal</c>; of energies and
/// virials by body, and of energies, where the model knows no zero of them, less the mean difference.</param>
/// <param name="MeanAbsolute">Mean absolute value of the same.</param>
public sealed record TargetErrorReport(string Target, string? Species, string? Group, double Relative, double RootMeanSquare, double MeanAbsolute)
{
    /// <summary>Forces inside are mass times acceleration; files have them in the unit of their style.</summary>
    internal static IReadOnlyList<TargetErrorReport> Of(IEnumerable<TargetError> errors, string? units)
    {
        // Mass times acceleration, and mass times velocity squared, differ from forces, and from energies and virials, by the same factor.
        var factor = UnitsModule.all.FirstOrDefault(known => known.Name == units)?.ForceFactor ?? 1;

        return errors
            .Select(error =>
            {
                var unit = error.Target == "velocities" ? 1 : factor;
                return new TargetErrorReport(
                    error.Target, error.Species?.Value, error.Group?.Value, error.Relative, error.RootMeanSquare / unit, error.MeanAbsolute / unit);
            })
            .ToArray();
    }
}
