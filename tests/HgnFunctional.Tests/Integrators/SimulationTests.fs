module HgnFunctional.Tests.Integrators.SimulationTests

open System
open System.Diagnostics
open System.IO
open Expecto
open HgnFunctional
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Models
open HgnFunctional.Learning
open HgnFunctional.Systems
open HgnFunctional.Integrators
open HgnFunctional.Metrics
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Laws
open HgnFunctional.Tests.Support.Problems

let private lattice = Topology.grid [ 2; 2; 2 ]
let private structure = Structure.bonded 3 1.0 lattice.Graph
let private springs: ISeparableHamiltonian = PairSystem(structure, PairPotential.anharmonic 1.0 1.0 1.0)
let private start = InitialState.perturbed 0.2 0.3 8 structure lattice.Sites

/// A model of those springs.
let private learned: Lazy<ISeparableHamiltonian> =
    lazy
        (let states = Trajectory.record (Splitting.on springs SplittingMethod.stormerVerlet) 0.02 500 10 start |> expectOk
         let snapshots = states |> Array.map (Snapshot.ofHamiltonian structure springs >> expectOk)
         let model = Training.fit TrainingConfig.defaults snapshots |> expectOk

         match Model.bind structure model |> expectOk with
         | Separable hamiltonian -> hamiltonian
         | General _
         | Driven _ -> failtest "the default model splits")

let private running =
    [
        testCase "the last step is observed whatever the interval, and each of its states once" (fun () ->
            let integrator = pair springs (Splitting.method SplittingMethod.stormerVerlet)
            let all = Trajectory.record integrator 0.05 12 1 start |> expectOk

            for steps, every, seen in [ 12, 3, [ 0; 3; 6; 9; 12 ]; 12, 5, [ 0; 5; 10; 12 ]; 12, 40, [ 0; 12 ]; 0, 3, [ 0 ] ] do
                let times = Observer.fold (fun times time (_: PhaseState) -> times @ [ time ]) []
                let states = Trajectory.record integrator 0.05 steps every start |> expectOk
                Expect.equal states.Length seen.Length $"{steps} steps, every {every}"
                Seq.iter2 (fun k state -> identical $"step {k}" (flat all[k]) (flat state) |> expectNone) seen states
                let observed = Trajectory.observe times integrator 0.05 steps every start |> expectOk
                Expect.equal observed [ for k in seen -> 0.05 * float k ] "times")

        testCase "negative numbers of steps are refused" (fun () ->
            let integrator = pair springs (Splitting.method SplittingMethod.stormerVerlet)
            Expect.throwsT<ArgumentException> (fun () -> Trajectory.record integrator 0.05 -1 1 start |> ignore) "steps"
            Expect.throwsT<ArgumentException> (fun () -> Trajectory.record integrator 0.05 1 0 start |> ignore) "every")

        testCase "a trajectory is lazy, repeats, and holds what is recorded" (fun () ->
            for method in IntegrationMethod.all do
                let integrator = pair springs method
                let endless = Trajectory.simulate integrator 0.05 3 start
                let recorded = Trajectory.record integrator 0.05 12 3 start |> expectOk
                Expect.equal recorded.Length 5 method.Name

                for _ in 1..2 do
                    Seq.truncate 5 endless
                    |> Seq.iteri (fun k state -> identical method.Name (flat recorded[k]) (flat (expectOk state)) |> expectNone)

                // Between steps an extended method keeps a second copy, and an adaptive one the length of its substeps.
                if method.HasFixedStep && method.Symplecticity <> SymplecticExtended then
                    let direct = Seq.fold (fun state _ -> Integrator.step integrator 0.05 state |> expectOk) start [ 1..12 ]
                    identical method.Name (flat direct) (flat recorded[4]) |> expectNone)

        testCase "steps of explicit methods allocate nothing" (fun () ->
            for hamiltonian in [ springs; learned.Value ] do
                for method in IntegrationMethod.all |> List.filter _.IsExplicit do
                    let stepper = Integrator.stepper (pair hamiltonian method) 0.01 start

                    let run steps =
                        for _ in 1..steps do
                            match stepper.Step() with
                            | Ok() -> ()
                            | Error error -> failtest (string error)

                    // The least of several counts: what the runtime itself allocates now and then is not ours.
                    let allocatedIn steps =
                        let before = GC.GetAllocatedBytesForCurrentThread()
                        run steps
                        GC.GetAllocatedBytesForCurrentThread() - before

                    let allocated = Seq.init 6 (fun _ -> allocatedIn 100) |> Seq.min
                    Expect.equal allocated 0L $"{method.Name}: bytes in 100 steps")

        testCase "observers see what a recorded run holds, and keep no state" (fun () ->
            let integrator = pair springs (Splitting.method SplittingMethod.stormerVerlet)
            let states = Trajectory.record integrator 0.02 400 4 start |> expectOk
            let energies = states |> Array.map (Hamiltonian.value springs)
            let times = Observer.fold (fun times time _ -> time :: times) []
            let observer = Observer.both (Observer.both (Conservation.energy springs) Conservation.momentum) times
            let (energy, momentum), times = Trajectory.observe observer integrator 0.02 400 4 start |> expectOk
            let drifts = energies |> Array.map (fun e -> e - energies[0])
            Expect.equal energy.Max (drifts |> Array.map abs |> Array.max) "largest"
            let instants = Array.init states.Length (fun k -> 0.08 * float k)
            let struct (_, slope) = MathNet.Numerics.LinearRegression.SimpleRegression.Fit(instants, drifts)
            close "slope" 1e-9 [| slope * 1e6 |] [| energy.Slope * 1e6 |] |> expectNone
            close "times" Tolerance.reordered instants (Array.rev (Array.ofList times)) |> expectNone
            Expect.isLessThan momentum 1e-14 "momentum"
            Expect.equal observer.Result (({ Max = 0.0; Slope = 0.0 }, 0.0), []) "an observer is a value: the first one saw nothing")
    ]

/// All pairs of a periodic liquid with their nearest images, without any list.
type private AllPairs(cell: Cell, potential: PairPotential, bodies: int) =
    let dimension = cell.Dimension

    let visit (q: float[]) (action: int -> int -> float -> float[] -> unit) =
        let periods, tilts = cell.Periods.ToArray(), cell.Tilts.ToArray()

        for a in 0 .. bodies - 1 do
            for b in a + 1 .. bodies - 1 do
                let between = Array.init dimension (fun axis -> q[a * dimension + axis] - q[b * dimension + axis])

                for vector in dimension - 1 .. -1 .. 0 do
                    let turns = Math.Round(between[vector] / periods[vector])
                    between[vector] <- between[vector] - turns * periods[vector]

                    for axis in 0 .. vector - 1 do
                        if tilts.Length > 0 then
                            between[axis] <- between[axis] - turns * tilts[vector * (vector - 1) / 2 + axis]

                action a b (sqrt (Array.sumBy (fun x -> x * x) between)) between

    interface ISeparableHamiltonian with
        member _.Bodies = bodies
        member _.Dimension = dimension
        member h.Value(q, p) = (h :> ISeparableHamiltonian).KineticEnergy p + (h :> ISeparableHamiltonian).PotentialEnergy q
        member _.KineticEnergy(p) = 0.5 * Array.sumBy (fun x -> x * x) (p.ToArray())

        member _.PotentialEnergy(q) =
            let mutable total = 0.0
            visit (q.ToArray()) (fun _ _ r _ -> total <- total + potential.Energy r)
            total

        member _.VelocityInto(p, destination) = p.CopyTo destination

        member _.ForceInto(q, destination) =
            let forces = Array.zeroCreate<float> q.Length

            visit (q.ToArray()) (fun a b r between ->
                for axis in 0 .. dimension - 1 do
                    let force = -potential.Slope r * between[axis] / r
                    forces[a * dimension + axis] <- forces[a * dimension + axis] + force
                    forces[b * dimension + axis] <- forces[b * dimension + axis] - force)

            forces.CopyTo destination

        member h.GradientInto(q, p, gradientQ, gradientP) =
            (h :> ISeparableHamiltonian).ForceInto(q, gradientQ)

            for k in 0 .. gradientQ.Length - 1 do
                gradientQ[k] <- -gradientQ[k]

            p.CopyTo gradientP

let private periodic =
    let boxes =
        [
            "a periodic box", Cell.create [ 5.0; 5.0; 5.0 ], IntegrationMethod.all
            "a skewed box", Cell.skewed [ 5.0; 5.0; 5.0 ] [ 1.25; -1.25; 2.5 ], List.take 3 (List.ofSeq IntegrationMethod.all)
        ]

    [
        for box, cell, methods in boxes ->
            testCase $"every method follows a liquid in {box} as bodies cross its borders and the cutoff" (fun () ->
                let structure = Structure.create cell (Relations.within 1.6) (Array.create 64 1.0)
                let potential = PairPotential.lennardJones 1.0 1.0 1.6
                let sites = (Topology.grid [ 4; 4; 4 ]).Sites |> Array.map (fun x -> 1.25 * x)
                let start = InitialState.perturbed 0.03 1.5 4 structure sites

                let integrator (hamiltonian: ISeparableHamiltonian) method =
                    let settings = IntegratorSettings.suggest 0.002 hamiltonian start
                    method.TryStart settings (Separable hamiltonian) |> expectOk

                let pairsOf (state: PhaseState) = (Structure.pairs structure state.Positions).All
                let keys (pairs: Pairs) = Seq.zip (pairs.Senders.ToArray()) (pairs.Receivers.ToArray()) |> Set.ofSeq

                for method in methods do
                    let listed = Trajectory.record (integrator (PairSystem(structure, potential)) method) 0.002 40 40 start |> expectOk
                    let direct = Trajectory.record (integrator (AllPairs(cell, potential, 64)) method) 0.002 40 40 start |> expectOk
                    let changed = Set.difference (keys (pairsOf listed[1])) (keys (pairsOf start))
                    Expect.isGreaterThan changed.Count 20 $"{method.Name}: pairs that came near"
                    let crossed = listed[1].Positions.ToArray() |> Array.filter (fun x -> x < 0.0 || x > 5.0)
                    Expect.isNonEmpty crossed $"{method.Name}: coordinates outside the box"
                    let tolerance = if method.HasFixedStep then Tolerance.listed else Tolerance.listedAdaptive
                    close method.Name tolerance (flat direct[1]) (flat listed[1]) |> expectNone)
    ]

/// H with ten thousand narrow wells in a unit of length: the implicit equations of a long step have more solutions than an
/// iteration can settle on.
type private Rough() =
    interface IHamiltonian with
        member _.Bodies = 1
        member _.Dimension = 1
        member _.Value(q, p) = 0.5 * p[0] * p[0] - 0.1 * cos (1e4 * q[0])

        member _.GradientInto(q, p, gradientQ, gradientP) =
            gradientQ[0] <- 1e3 * sin (1e4 * q[0])
            gradientP[0] <- p[0]

/// H whose gradient jumps at the origin.
type private Jump() =
    interface IHamiltonian with
        member _.Bodies = 1
        member _.Dimension = 1
        member _.Value(q, p) = abs q[0] + 0.5 * p[0] * p[0]

        member _.GradientInto(q, p, gradientQ, gradientP) =
            gradientQ[0] <- if q[0] >= 0.0 then 1.0 else -1.0
            gradientP[0] <- p[0]

/// One body on a spring to the origin.
type private Oscillator(frequency: float) =
    interface IHamiltonian with
        member _.Bodies = 1
        member _.Dimension = 1
        member _.Value(q, p) = 0.5 * (frequency * frequency * q[0] * q[0] + p[0] * p[0])

        member _.GradientInto(q, p, gradientQ, gradientP) =
            gradientQ[0] <- frequency * frequency * q[0]
            gradientP[0] <- p[0]

let private implicitMethods = RungeKuttaMethod.all |> List.filter (fun method -> not method.IsExplicit)

let private failures =
    [
        testCase "a run that diverges says at which step" (fun () ->
            let apart = PhaseState.create 2 1 [| 0.0; 9.0 |] [| 0.0; 0.0 |]
            let pair' = PairSystem(Structure.bonded 1 1.0 (Graph.create 2 [ struct (0, 1) ]), PairPotential.anharmonic 1.0 1.0 1.0)

            for method in IntegrationMethod.all |> List.filter (fun method -> method.IsExplicit && method.HasFixedStep) do
                match Trajectory.record (pair pair' method) 5.0 200 1 apart with
                | Error(Diverged step) -> Expect.isLessThan step 200L method.Name
                | other -> failtest $"{method.Name}: {other}")

        testCase "a run within a cutoff that diverges says so too" (fun () ->
            let structure = Structure.create (Cell.create [ 6.0; 6.0 ]) (Relations.within 2.5) [| 1.0; 1.0; 1.0 |]
            let near = PhaseState.create 3 2 [| 0.0; 0.0; 0.3; 0.0; 0.1; 0.3 |] (Array.zeroCreate 6)
            let system = PairSystem(structure, PairPotential.lennardJones 1.0 1.0 2.5)

            for method in IntegrationMethod.all |> List.filter (fun method -> method.IsExplicit && method.HasFixedStep) do
                // Bodies that fly apart without bound cross the cutoff no more: all that is asked is no other failure.
                match Trajectory.record (pair system method) 1e3 50 1 near with
                | Error(Diverged _)
                | Ok _ -> ()
                | Error error -> failtest $"{method.Name}: {error}")

        testCase "the suggested coupling follows the units" (fun () ->
            let inUnits length mass time =
                let scaled = Structure.create (Cell.openSpace 3) structure.Relations (Array.create 8 mass)
                let stiffness = mass / (time * time)
                let system = PairSystem(scaled, PairPotential.anharmonic stiffness (stiffness / (length * length)) length)
                let scale factor (values: float[]) = Array.map (fun x -> factor * x) values
                let q, p = start.Positions.ToArray() |> scale length, start.Momenta.ToArray() |> scale (mass * length / time)
                (IntegratorSettings.suggest (0.01 * time) system (PhaseState.create 8 3 q p)).Coupling

            let here, there = inUnits 1.0 1.0 1.0, inUnits 1e-3 50.0 7.0
            close "rate" 1e-6 [| here.Rate |] [| 7.0 * there.Rate |] |> expectNone
            close "momentum per length" 1e-6 [| here.MomentumPerLength |] [| 7.0 / 50.0 * there.MomentumPerLength |] |> expectNone
            // The springs have stiffness 1 and more, the bodies mass 1.
            Expect.isGreaterThan here.MomentumPerLength 0.5 "of the size of the motion"
            Expect.isLessThan here.MomentumPerLength 5.0 "of the size of the motion")

        testCase "an implicit step that does not settle is an error with its number" (fun () ->
            for method in implicitMethods do
                match Trajectory.record (RungeKutta.on (Rough()) method) 0.5 20 1 (PhaseState.create 1 1 [| 0.36 |] [| -0.4 |]) with
                | Error(IterationLimit(step, iterations, change) as error) ->
                    Expect.isGreaterThan change 1e-10 "the last change"
                    Expect.isGreaterThan iterations 10 "iterations"
                    Expect.stringContains (string error) $"step {step}" "the sentence"
                | other -> failtest $"{method.Name}: {other}")

        testCase "implicit steps that plain iteration cannot take are accelerated" (fun () ->
            // Step times frequency is 3: plain iteration of the midpoint rule grows by 1.5 each time.
            let start = PhaseState.create 1 1 [| 0.3 |] [| 0.1 |]

            for method in implicitMethods do
                let after = Trajectory.record (RungeKutta.on (Oscillator 3.0) method) 1.0 50 50 start |> expectOk
                // Gauss methods conserve quadratic invariants exactly, and this energy is one.
                let energies = after |> Array.map (Hamiltonian.value (Oscillator 3.0))
                close method.Name Tolerance.reversed [| energies[0] |] [| energies[1] |] |> expectNone)

        testCase "an adaptive method that meets a jump says so" (fun () ->
            let across = PhaseState.create 1 1 [| 0.02 |] [| -0.1 |]

            match Trajectory.record (Adaptive.on 1e-30 (Jump()) EmbeddedRungeKutta.dormandPrince) 0.1 20 1 across with
            | Error(StepTooShort(step, _)) -> Expect.isLessThan step 20L "step"
            | other -> failtest $"{other}")

        testCase "arguments that make no sense are refused" (fun () ->
            for timeStep in [ 0.0; nan; infinity ] do
                Expect.throwsT<ArgumentException>
                    (fun () -> Integrator.stepper (Splitting.on springs SplittingMethod.ruth3) timeStep start |> ignore)
                    "time step"

            let small = PhaseState.create 1 3 [| 0.0; 0.0; 0.0 |] [| 0.0; 0.0; 0.0 |]

            Expect.throwsT<ArgumentException>
                (fun () -> Integrator.stepper (pair springs IntegrationMethod.all.Head) 0.1 small |> ignore)
                "size"

            for make in
                [
                    fun () -> Adaptive.on 0.0 springs EmbeddedRungeKutta.dormandPrince
                    fun () -> Extended.on { Rate = -1.0; MomentumPerLength = 1.0 } springs ExtendedMethod.tao2
                    fun () -> Extended.on { Rate = 1.0; MomentumPerLength = nan } springs ExtendedMethod.tao2
                ] do
                Expect.throwsT<ArgumentException> (make >> ignore) "settings")

        testCase "a method that needs T + V refuses another Hamiltonian by name, and by type" (fun () ->
            for method in IntegrationMethod.all do
                match method.TryStart settings (General(Jump())) with
                | Ok _ -> Expect.isFalse method.NeedsSeparable method.Name
                | Error refusal ->
                    Expect.isTrue method.NeedsSeparable method.Name
                    Expect.stringContains (string refusal) $"The method {method.Name} needs a model that splits" "the reason"

            let script = Path.Combine(Path.GetTempPath(), $"wrong-pairing-{Guid.NewGuid():N}.fsx")
            let library = typeof<Integrator>.Assembly.Location

            let check (expression: string) : int * string =
                File.WriteAllText(
                    script,
                    $"#r \"{library}\"\nopen HgnFunctional\nopen HgnFunctional.Integrators\nlet pair (h: IHamiltonian) = {expression}\n"
                )

                let info =
                    ProcessStartInfo(
                        "dotnet",
                        [ "fsi"; "--typecheck-only"; script ],
                        RedirectStandardError = true,
                        RedirectStandardOutput = true
                    )

                match Process.Start info with
                | null -> failtest "dotnet fsi did not start"
                | running ->
                    use running = running
                    let errors = running.StandardError.ReadToEndAsync()
                    running.StandardOutput.ReadToEnd() |> ignore
                    running.WaitForExit()
                    running.ExitCode, errors.Result

            try
                Expect.equal (fst (check "RungeKutta.on h RungeKuttaMethod.gaussLegendre4")) 0 "any Hamiltonian suits an implicit method"
                let code, errors = check "Splitting.on h SplittingMethod.stormerVerlet"
                Expect.notEqual code 0 "a splitting method with any Hamiltonian"
                Expect.stringContains errors "ISeparableHamiltonian" "the compiler's reason"
            finally
                File.Delete script)
    ]

let private longRuns =
    [
        testCase "a learned model keeps its energy over a million steps, and a method that is not symplectic does not" (fun () ->
            let drift method steps =
                let energy = Conservation.energy learned.Value
                Trajectory.observe energy (pair learned.Value method) 0.1 steps (steps / 1000) start |> expectOk

            let verlet = drift (Splitting.method SplittingMethod.stormerVerlet) 1_000_000
            let reference = drift (RungeKutta.method RungeKuttaMethod.rk4) 100_000
            Expect.isLessThan (abs verlet.Slope * 1e5) (0.1 * verlet.Max) "no trend: the line rises by little of the largest deviation"
            Expect.isGreaterThan (abs reference.Slope * 1e4) (0.5 * reference.Max) "the trend is most of the deviation"
            Expect.isGreaterThan reference.Max (5.0 * verlet.Max) "in a tenth of the time")
    ]

[<Tests>]
let tests =
    testList
        "Simulation"
        [
            testList "running" running
            testList "periodic cells" periodic
            testList "failures" failures
            testList "long runs" longRuns
        ]
