using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using Expecto;
using Expecto.CSharp;
using HgnFunctional.Bodies;
using HgnFunctional.Data;

namespace HgnFunctional.CSharp.Tests;

/// <summary>What the facade shows to other languages.</summary>
internal static class SurfaceTests
{
    private static readonly Assembly Facade = typeof(HgnModel).Assembly;

    /// <summary>The core's types that signatures may name; all of their members are held to the same rules.</summary>
    private static readonly HashSet<Type> Shared = [typeof(PhaseState), typeof(IHamiltonian), typeof(ISeparableHamiltonian)];

    /// <summary>A type with those it is made of: elements, and arguments of generic types.</summary>
    private static IEnumerable<Type> PartsOf(Type type)
    {
        if (type.HasElementType)
        {
            return PartsOf(type.GetElementType()!);
        }

        var constraints = type.IsGenericParameter ? type.GetGenericParameterConstraints() : [];
        var arguments = type.IsGenericType ? type.GetGenericArguments().Where(argument => argument != type) : [];
        return [type, .. constraints.SelectMany(PartsOf), .. arguments.SelectMany(PartsOf)];
    }

    /// <summary>The types that someone who uses or extends a type must name.</summary>
    private static IEnumerable<Type> SignatureOf(Type type)
    {
        const BindingFlags declared =
            BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

        bool IsShown(MethodBase? method) => method is { IsPublic: true } or { IsFamily: true } or { IsFamilyOrAssembly: true };

        var methods = type.GetMethods(declared).Where(IsShown);
        var constructors = type.GetConstructors(declared).Where(IsShown);
        var fields = type.GetFields(declared).Where(field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly);
        var properties = type.GetProperties(declared).Where(property => property.GetAccessors(true).Any(IsShown));
        var events = type.GetEvents(declared).Where(entry => IsShown(entry.AddMethod));

        return
        [
            .. type.BaseType is { } parent ? new[] { parent } : [],
            .. type.GetInterfaces(),
            .. type.GetGenericArguments(),
            .. methods.Select(method => method.ReturnType),
            .. methods.SelectMany(method => method.GetGenericArguments()),
            .. methods.Cast<MethodBase>().Concat(constructors).SelectMany(method => method.GetParameters()).Select(parameter => parameter.ParameterType),
            .. fields.Select(field => field.FieldType),
            .. properties.Select(property => property.PropertyType),
            .. properties.SelectMany(property => property.GetIndexParameters()).Select(parameter => parameter.ParameterType),
            .. events.Select(entry => entry.EventHandlerType!),
        ];
    }

    private static bool IsFSharp(Type type) =>
        type.Assembly.GetName().Name == "FSharp.Core" || (type.Namespace ?? "").StartsWith("Microsoft.FSharp", StringComparison.Ordinal);

    /// <summary>Types of the core and of what it is built on that must stay behind the facade.</summary>
    private static bool IsInner(Type type) =>
        type.Assembly != Facade && (type.Assembly.GetName().Name ?? "").StartsWith("HgnFunctional", StringComparison.Ordinal) && !Shared.Contains(type);

    private static string[] Leaks(IEnumerable<Type> types) =>
        types
            .SelectMany(type => SignatureOf(type).SelectMany(PartsOf).Where(part => IsFSharp(part) || IsInner(part)).Select(part => $"{type}: {part}"))
            .Distinct()
            .ToArray();

    /// <summary>What would be found if the facade leaked, to see that the search sees it.</summary>
    public class Leaking<T>
    {
        public delegate void Handler(Microsoft.FSharp.Core.Unit unit);

        public Microsoft.FSharp.Collections.FSharpList<T>[]? Property { get; }

        protected IEnumerable<Microsoft.FSharp.Core.FSharpOption<T>>? Field = null;

        public event Handler? Event;

        public void Method(out Microsoft.FSharp.Core.FSharpOption<int>? value) => value = null;

        public void Raise() => Event?.Invoke(null!);
    }

    public sealed class Derived : Leaking<int>, IEnumerable<Structure>
    {
        public Derived(Func<Snapshot> source) => _ = source;

        IEnumerator<Structure> IEnumerable<Structure>.GetEnumerator() => throw new NotSupportedException();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => throw new NotSupportedException();
    }

    internal static Test All => Runner.TestList(
        "surface",
        [
            Runner.TestCase("no public signature holds a type of F# or of the inner core", () =>
            {
                Check.That(Facade.GetExportedTypes().Length > 25, "there are types to look at");
                Check.Sequence([], Leaks(Facade.GetExportedTypes()), "leaks of the facade");
                Check.Sequence([], Leaks(Shared), "leaks of the core's types that it shows");
            }),
            Runner.TestCase("the search sees leaks of every sort", () =>
            {
                var found = Leaks([typeof(Leaking<>), typeof(Leaking<>.Handler), typeof(Derived)]);

                foreach (var name in new[] { "FSharpList", "FSharpOption`1[T]", "FSharpOption`1[System.Int32]", "Unit", "HgnFunctional.Bodies.Structure", "HgnFunctional.Data.Snapshot" })
                {
                    Check.That(found.Any(leak => leak[leak.IndexOf(':')..].Contains(name)), $"{name} is found among {string.Join("; ", found)}");
                }
            }),
            Runner.TestCase("every entry refuses null by the name of its parameter", () =>
            {
                void Refuses(string name, Action action)
                {
                    try
                    {
                        action();
                    }
                    catch (ArgumentNullException error)
                    {
                        Check.Equal(name, error.ParamName, "the parameter");
                        return;
                    }

                    Check.That(false, $"null for {name} was taken");
                }

                var options = new SimulationOptions { Steps = 1, TimeStep = 1 };
                var start = Given.Start(Given.Ring);
                Refuses("data", () => HgnModel.Train((Dataset)null!));
                Refuses("data", () => HgnModel.Train((TrajectoryData)null!));
                Refuses("data", () => HgnModel.TrainAsync(null!).GetAwaiter().GetResult());
                Refuses("data", () => Given.RingModel.Evaluate((Dataset)null!));
                Refuses("system", () => Given.RingModel.On(null!));
                Refuses("path", () => HgnModel.Load(null!));
                Refuses("path", () => Given.RingModel.Save(null!));
                Refuses("edges", () => BodySystem.Bonded(1, [1], null!));
                Refuses("name", () => BodySystem.Topology(null!, 1));
                Refuses("positions", () => States.FromArrays(1, null!, []));
                Refuses("momenta", () => States.FromArrays(1, [], null!));
                Refuses("frames", () => Dataset.FromArrays(Given.Ring, null!));
                Refuses("hamiltonian", () => Dataset.FromHamiltonian(Given.Ring, null!, []));
                Refuses("hamiltonian", () => Simulator.Simulate(null!, start, options));
                Refuses("start", () => Given.RingSprings.Simulate(null!, options));
                Refuses("options", () => Given.RingSprings.CreateStepper(start, null!));
                Refuses("state", () => Given.RingSprings.Energy(null!));
                Refuses("energy", () => KnownSystems.Pairs(Given.Ring, null!, r => r));
                Refuses("state", () => new WellBlock().GradientError(Given.Ring, null!));
            }),
        ]);
}
