namespace HgnFunctional.Experiments

open System
open System.Diagnostics
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Blocks
open HgnFunctional.Models
open HgnFunctional.Learning
open HgnFunctional.Metrics

/// Networks of all coordinates without a graph (RF-HNN), on Hamiltonians of one and two degrees of freedom that are known at
/// points drawn uniformly: the error of H beside the one that arXiv 2411.17511 reports.
[<RequireQualifiedAccess>]
module RawNetworks =

    type Settings =
        {
            /// Points and hidden units are as in the paper, but no more than these.
            MostPoints: int
            MostUnits: int
            /// Seeds of points and units of rows with few units, and of those with many.
            Seeds: int list
            LargeSeeds: int list
            Ridge: float
        }

    // What a wide system has at least, and about what rounding makes of the largest singular value.
    let full: Settings = { MostPoints = 20000; MostUnits = 5000; Seeds = [ 1..3 ]; LargeSeeds = [ 1 ]; Ridge = 1e-15 }

    let quick: Settings = { full with MostPoints = 2000; MostUnits = 200; Seeds = [ 1 ] }

    /// A Hamiltonian with its exact gradient, as functions of positions and momenta.
    [<NoEquality; NoComparison>]
    type private Energy =
        {
            Name: string
            Degrees: int
            /// After which length coordinates are given to the features as angles; 0 for coordinates as they are.
            Period: float
            Value: float[] -> float[] -> float
            /// dH/dq and dH/dp.
            Gradient: float[] -> float[] -> float[] * float[]
        }

    let private pendulum: Energy =
        {
            Name = "pendulum"
            Degrees = 1
            Period = 0.0
            Value = fun q p -> 0.5 * p[0] * p[0] + 1.0 - cos q[0]
            Gradient = fun q p -> [| sin q[0] |], [| p[0] |]
        }

    let private lotkaVolterra: Energy =
        {
            Name = "Lotka-Volterra"
            Degrees = 1
            Period = 0.0
            Value = fun q p -> p[0] - exp p[0] + 2.0 * q[0] - exp q[0]
            Gradient = fun q p -> [| 2.0 - exp q[0] |], [| 1.0 - exp p[0] |]
        }

    let private henonHeiles: Energy =
        let half (x: float[]) = 0.5 * (x[0] * x[0] + x[1] * x[1])

        {
            Name = "Henon-Heiles"
            Degrees = 2
            Period = 0.0
            Value = fun q p -> half p + half q + q[0] * q[0] * q[1] - q[1] * q[1] * q[1] / 3.0
            Gradient = fun q p -> [| q[0] + 2.0 * q[0] * q[1]; q[1] + q[0] * q[0] - q[1] * q[1] |], p
        }

    /// Unit masses on unit rods, gravity 1; both angles from the lowest position, where H is 0 at rest.
    let private doublePendulum: Energy =
        let kinetic (q: float[]) (p: float[]) =
            let difference = q[0] - q[1]
            let numerator = p[0] * p[0] + 2.0 * p[1] * p[1] - 2.0 * p[0] * p[1] * cos difference
            let denominator = 1.0 + sin difference * sin difference
            struct (difference, denominator, 0.5 * numerator / denominator)

        {
            Name = "double pendulum"
            Degrees = 2
            Period = 0.0
            Value =
                fun q p ->
                    let struct (_, _, kinetic) = kinetic q p
                    kinetic + 3.0 - 2.0 * cos q[0] - cos q[1]
            Gradient =
                fun q p ->
                    let struct (difference, denominator, kinetic) = kinetic q p
                    let s, c = sin difference, cos difference
                    let byDifference = s * (p[0] * p[1] - 2.0 * c * kinetic) / denominator
                    let byMomenta = [| (p[0] - p[1] * c) / denominator; (2.0 * p[1] - p[0] * c) / denominator |]
                    [| byDifference + 2.0 * sin q[0]; -byDifference + sin q[1] |], byMomenta
        }

    let private asAngles (energy: Energy) : Energy = { energy with Name = $"{energy.Name}, angles"; Period = 2.0 * Math.PI }

    /// One body in as many dimensions as there are degrees of freedom.
    let private hamiltonian (energy: Energy) : IHamiltonian =
        { new IHamiltonian with
            member _.Bodies = 1
            member _.Dimension = energy.Degrees
            member _.Value(positions, momenta) = energy.Value (positions.ToArray()) (momenta.ToArray())

            member _.GradientInto(positions, momenta, gradientQ, gradientP) =
                let byQ, byP = energy.Gradient (positions.ToArray()) (momenta.ToArray())
                byQ.CopyTo gradientQ
                byP.CopyTo gradientP
        }

    /// The largest difference of the gradients from central differences of the energies, over some points of the unit cube:
    /// gradients were derived by hand.
    let private gradientError (energy: Energy) : float =
        let step = 1e-4
        let n = energy.Degrees
        let value (x: float[]) = energy.Value x[.. n - 1] x[n..]

        let errors (x: float[]) =
            let byQ, byP = energy.Gradient x[.. n - 1] x[n..]
            let moved k by = value (x |> Array.mapi (fun index entry -> if index = k then entry + by else entry))
            let difference k = (moved k step - moved k -step) / (2.0 * step)
            Array.append byQ byP |> Array.mapi (fun k exact -> abs (exact - difference k))

        Rng.stream 1 "gradient check"
        |> Rng.uniforms (20 * n) -1.0 1.0
        |> Array.chunkBySize (2 * n)
        |> Array.collect errors
        |> Array.max

    /// A row of the paper's table: errors of ELM, U-SWIM, A-SWIM and SWIM.
    [<NoEquality; NoComparison>]
    type private Task =
        {
            Energy: Energy
            /// Largest positions and momenta.
            Domain: float * float
            DomainName: string
            Points: int
            Width: int
            IsLarge: bool
            Paper: float list
        }

    let private tasks: Task list =
        let small energy domain name paper =
            {
                Energy = energy
                Domain = domain
                DomainName = name
                Points = 10000
                Width = 1000
                IsLarge = false
                Paper = paper
            }

        let large energy domain name paper = { small energy domain name paper with Points = 20000; Width = 5000; IsLarge = true }

        [
            small pendulum (2.0 * Math.PI, 1.0) "2 pi, 1" [ 1.49e-11; 8.74e-10; 3.62e-10; 3.62e-10 ]
            small pendulum (2.0 * Math.PI, 6.0) "2 pi, 6" [ 9.82e-8; 6.88e-10; 1.55e-9; 1.55e-9 ]
            small lotkaVolterra (2.0, 2.0) "2, 2" [ 3.04e-12; 3.49e-10; 1.48e-10; 1.48e-10 ]
            small lotkaVolterra (5.0, 5.0) "5, 5" [ 1.02e-8; 3.85e-8; 7.99e-9; 7.99e-9 ]
            large henonHeiles (5.0, 5.0) "5, 5" [ 2.07e-2; 8.22e-8; 6.80e-8; 6.80e-8 ]
            large doublePendulum (Math.PI, 1.0) "pi, 1" [ 5.69e-3; 5.00e-3; 4.08e-3; 4.18e-3 ]
            large (asAngles doublePendulum) (Math.PI, 1.0) "pi, 1" [ 5.69e-3; 5.00e-3; 4.08e-3; 4.18e-3 ]
            { small (asAngles doublePendulum) (Math.PI, 1.0) "pi, 1; 1000 units" [ 5.69e-3; 5.00e-3; 4.08e-3; 4.18e-3 ] with
                Points = 20000
            }
        ]

    let private samplers: Sampler list = [ Sampler.elm; Sampler.uniformSwim; Sampler.approximateSwim; Sampler.swim ]

    let private points (settings: Settings) (task: Task) (seed: int) (purpose: string) : PhaseState[] =
        let random = Rng.stream seed $"{purpose} points"
        let uniform size = Rng.uniforms task.Energy.Degrees -size size random
        let positions, momenta = task.Domain

        Array.init (min settings.MostPoints task.Points) (fun _ ->
            PhaseState.create 1 task.Energy.Degrees (uniform positions) (uniform momenta))

    /// Raw features that see the true H as outputs, which SWIM asks for.
    let private withOutputs (energy: Energy) : BlockRecipe =
        let inputs = RawInputs(1, Array.create energy.Degrees energy.Period)

        let collect (snapshot: Snapshot) (poolOf: Kind -> InputPool) =
            let q, p = snapshot.State.Positions.ToArray(), snapshot.State.Momenta.ToArray()
            (poolOf EachBody).Add(ReadOnlySpan<float>(inputs.At(ReadOnlySpan<float> q, ReadOnlySpan<float> p)), energy.Value q p)

        { RawBlock.recipe with Collect = collect }

    let private train (settings: Settings) (task: Task) (sampler: Sampler) (seed: int) (snapshots: Snapshot[]) : TrainedModel =
        let config =
            { TrainingConfig.defaults with
                Recipes = [ (if sampler.Outputs = Measured then withOutputs task.Energy else RawBlock.recipe) ]
                Sampler = sampler
                Activation = Activation.tanh
                Radial = FixedRadial Radial.distance
                Width = min settings.MostUnits task.Width
                Ridge = Relative settings.Ridge
                Seed = seed
            }

        Lab.train config snapshots

    /// |H - H'| / |H| over the points, with H' right at the first snapshot.
    let private relativeError (energy: Energy) (model: TrainedModel) (first: Snapshot) (points: PhaseState[]) : float =
        let truth = Hamiltonian.value (hamiltonian energy)

        let learned =
            match Model.bind first.Structure model |> Lab.expect with
            | General learned -> Hamiltonian.value learned
            | Separable _
            | Driven _ -> invalidOp "Raw features do not split into T(p) + V(q)."

        let constant = truth first.State - learned first.State
        let square x = x * x
        let errors = points |> Array.sumBy (fun point -> square (learned point + constant - truth point))
        sqrt (errors / (points |> Array.sumBy (truth >> square)))

    /// The error of H, the residual in training, and the seconds that training took.
    let private trial (settings: Settings) (task: Task) (sampler: Sampler) (seed: int) : float * float * float =
        let structure =
            Structure.create
                (Cell.create (List.replicate task.Energy.Degrees task.Energy.Period))
                (Relations.bonds (Graph.create 1 []))
                [| 1.0 |]

        let snapshot = Snapshot.ofHamiltonian structure (hamiltonian task.Energy) >> Lab.expect
        let snapshots = points settings task seed "training" |> Array.map snapshot
        // What other trainings left must not count in the peak of memory.
        GC.Collect()
        let clock = Stopwatch.StartNew()
        let model = train settings task sampler seed snapshots
        let seconds = clock.Elapsed.TotalSeconds
        let error = points settings task seed "test" |> relativeError task.Energy model snapshots[0]
        Lab.progress $"  error {error:E2} in {seconds:F1} s"
        error, model.Diagnostics[0].RelativeError, seconds

    let private row (settings: Settings) (task: Task) (sampler: Sampler) (paper: float) : Value list =
        Lab.progress $"{task.Energy.Name}, {task.DomainName}, {sampler.Name}"
        let seeds = if task.IsLarge then settings.LargeSeeds else settings.Seeds
        let errors, residuals, seconds = seeds |> List.map (trial settings task sampler) |> List.unzip3
        use current = Process.GetCurrentProcess()

        [
            Text task.Energy.Name
            Text task.DomainName
            Text sampler.Name
            Number(Lab.median errors)
            Number(List.max errors)
            Number paper
            Number(Lab.median errors / paper)
            Number(Lab.median residuals)
            Number(Lab.median seconds)
            Number(float current.PeakWorkingSet64 / 1e6)
        ]

    let run (settings: Settings) : Findings =
        let check = tasks |> List.map (fun task -> gradientError task.Energy) |> List.max

        if not (check < 1e-6) then
            invalidOp $"A gradient is {check} from central differences."

        {
            Settings =
                [
                    "points",
                    Text(
                        tasks
                        |> List.map (fun task -> string (min settings.MostPoints task.Points))
                        |> List.distinct
                        |> String.concat " and "
                    )
                    "hidden units",
                    Text(
                        tasks |> List.map (fun task -> string (min settings.MostUnits task.Width)) |> List.distinct |> String.concat " and "
                    )
                    "activation", Text Activation.tanh.Name
                    "ridge", Number settings.Ridge
                    "seeds", Value.count settings.Seeds.Length
                    "seeds where there are 5000 units", Value.count settings.LargeSeeds.Length
                ]
            Tables =
                [
                    {
                        Name = "errors"
                        Title = "Relative error of H on as many points again, uniform in the domain, over the seeds"
                        Columns =
                            [
                                "system"
                                "largest q, p"
                                "sampler"
                                "error of H (median)"
                                "largest"
                                "the paper"
                                "ours / the paper's"
                                "residual in training (median)"
                                "training seconds (median)"
                                "peak MB after those seconds"
                            ]
                        Rows =
                            [
                                for task in tasks do
                                    for sampler, paper in List.zip samplers task.Paper do
                                        row settings task sampler paper
                            ]
                    }
                ]
            Charts = []
            Remarks =
                [
                    "The paper here is arXiv 2411.17511. Training sees q' and p' at points uniform in the domain, from the exact gradient, and H at one point. "
                    + "ELM is ours, with weights on inputs scaled to [-1, 1]; the paper's are on inputs as they are, and steeper in large domains. "
                    + "SWIM sees the true H at the points, A-SWIM that of a first fit, whose time is part of its time. "
                    + "The constants of the paper's double pendulum are not known to us: ours has unit masses, rods and gravity, with H zero at rest."
                    "Peaks are those of the whole process since its start, in megabytes: they can only grow from row to row."
                ]
        }

    let experiment: Experiment =
        {
            Name = "rf-hnn"
            Title = "Networks without a graph"
            Run = fun isQuick -> run (if isQuick then quick else full)
        }
