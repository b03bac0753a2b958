using System;
using System.Collections.Generic;
using System.Linq;

namespace HgnFunctional.CSharp;

/// <summary>How to take time steps.</summary>
public record IntegratorOptions
{
    /// <summary>Time step, in the units of the data; above 0.</summary>
    public required double TimeStep { get; init; }

    /// <summary>Name of the integrator, one of <see cref="Methods"/>; by default Stoermer-Verlet. Methods that need a Hamiltonian of the
    /// form T(p) + V(q) are refused for others.</summary>
    public string Method { get; init; } = SplittingMethodModule.stormerVerlet.Name;

    /// <summary>Names of all integrators.</summary>
    public static IReadOnlyList<string> Methods { get; } = IntegrationMethodModule.all.Select(method => method.Name).ToArray();

    /// <summary>Names of the integrators that go with any Hamiltonian, whether it splits into T(p) + V(q) or not.</summary>
    public static IReadOnlyList<string> MethodsForAny { get; } =
        IntegrationMethodModule.all.Where(method => !method.NeedsSeparable).Select(method => method.Name).ToArray();

    /// <summary>Error of a substep of dormand-prince, relative to the spread of positions and size of momenta; by default 1e-10. Other
    /// methods do not look at it.</summary>
    public double? Tolerance { get; init; }

    /// <summary>Coupling of the two copies of the state in the methods tao-2 and tao-4, in units of 1 / time; by default 0.5 /
    /// time step. Other methods do not look at it.</summary>
    public double? Coupling { get; init; }

    internal virtual void Check()
    {
        if (!double.IsFinite(TimeStep) || TimeStep <= 0)
        {
            throw Interop.BadInput($"The time step is {TimeStep}; expected a finite number above 0.");
        }

        Interop.RequirePositive("The tolerance", Tolerance);
        Interop.RequirePositive("The coupling", Coupling);
    }

    /// <summary>The method with a Hamiltonian, for a run from a state.</summary>
    internal Integrator Pair(IHamiltonian hamiltonian, PhaseState start)
    {
        ArgumentNullException.ThrowIfNull(start);
        HamiltonianExtensions.Require(hamiltonian, start);
        Check();
        var method = IntegrationMethodModule.all.ByName("The method", Method, known => known.Name);
        var defaults = IntegratorSettingsModule.suggest(TimeStep, hamiltonian, start);
        var coupling = new ExtendedCoupling(Coupling ?? defaults.Coupling.Rate, defaults.Coupling.MomentumPerLength);
        var settings = new IntegratorSettings(Tolerance ?? defaults.Tolerance, coupling);

        var dynamics = DynamicsModule.ofHamiltonian(hamiltonian);
        var started = method.TryStart.Invoke(settings).Invoke(dynamics);

        if (started.IsOk)
        {
            return started.ResultValue;
        }

        var others = IntegrationMethodModule.all.Where(other => other.TryStart.Invoke(settings).Invoke(dynamics).IsOk).Select(other => other.Name);
        throw new HgnInputException($"{started.ErrorValue}; expected one of {string.Join(", ", others)}.");
    }
}
