namespace HgnFunctional.Experiments

open System
open System.Diagnostics
open System.Numerics.Tensors
open System.Threading.Tasks
open MathNet.Numerics.LinearAlgebra
open MathNet.Numerics.LinearAlgebra.Factorization
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Bodies
open HgnFunctional.Invariance
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Blocks
open HgnFunctional.Learning
open HgnFunctional.Systems

/// Three ways to solve for the readout, from a few hidden units to thousands: error, rank, condition, time.
[<RequireQualifiedAccess>]
module Conditioning =

    [<NoEquality; NoComparison>]
    type Settings =
        {
            Motion: Motion
            /// Trajectories to train on, and as many to test on.
            Trajectories: int
            /// Hidden units.
            Widths: int list
            /// How hidden units are made.
            Features: (Sampler * Activation) list
            /// The SVD is left out for more units than this.
            LargestSvd: int
            Seed: int
        }

    let full: Settings =
        {
            // Rare frames of many trajectories: more rows of the same kind cost time at thousands of units and tell nothing new.
            Motion = { Displacement = 0.3; Speed = 0.3; TimeStep = 0.01; Stride = 40; Frames = 25 }
            Trajectories = 10
            Widths = [ for power in 3..12 -> pown 2 power ]
            Features = [ Sampler.elm, Activation.softplus; Sampler.swim, Activation.tanh ]
            LargestSvd = 1024
            Seed = 1
        }

    let quick: Settings = { full with Trajectories = 4; Widths = [ 8; 32; 128 ] }

    /// Singular values below these parts of the largest are cut off: the usual one, and one as fine as our pivoting.
    let private cutOffs = [ 1e-12; 1e-14 ]

    /// Shifts of the diagonal of the normal equations that are tried in turn, as parts of its trace.
    let private shifts = [ for exponent in -20 .. -6 -> Math.Pow(10.0, float exponent) ]

    /// Columns whose products are formed together, so that they stay in the cache.
    let private tileColumns = 8

    /// The features of pairs on some data. Those of bodies never meet them in a row, so they are another, easy system.
    [<NoEquality; NoComparison>]
    type private Problem = { Block: IEnergyBlock; Training: Snapshot[]; Test: Snapshot[] }

    /// What a solver found; the readout is that of all features.
    [<NoEquality; NoComparison>]
    type private Solution =
        {
            Path: string
            Rank: int
            Condition: float
            /// Ridge, shift or cut-off.
            Regularisation: float
            Readout: float[]
            AssemblySeconds: float
            SolveSeconds: float
        }

    let private lattice = Topology.grid [ 2; 2; 2 ]

    /// The block is what training makes, before the solver drops features. Test snapshots are those with all distances in
    /// range: extrapolation is not the question here.
    let private problem (settings: Settings) (sampler: Sampler, activation: Activation) (width: int) : Problem =
        let system = Lab.bonded (PairPotential.morse 1.0 1.0 1.0) lattice
        let seeds first = [ for k in 0 .. settings.Trajectories - 1 -> 1000 * settings.Seed + first + k ]
        let data first = Lab.snapshots settings.Motion (seeds first) system lattice.Sites |> Array.ofList
        let training = data 0
        let collector = SurveyCollector([ PairBlock.ofBonds ], width, settings.Seed, None)
        training |> Array.iteri (fun frame snapshot -> collector.Add(int64 frame, snapshot))
        let random = Rng.stream settings.Seed "pair features"
        let draw _ _ inputs = Sampler.sample sampler activation width random inputs

        let options =
            {
                Radial = Radial.distance
                Angular = Angular.cosine
                Cutoff = Cutoff.quartic
                CutoffRadius = None
                Kind = BondsOf ""
            }

        let block =
            match PairBlock.ofBonds.Create options (collector.ToOverview().Parts.Head.Sample) draw with
            | :? IEnergyBlock as block -> block
            | other -> invalidOp $"A pair block is one of energies; got '{other.Kind}'."

        let isInRange (snapshot: Snapshot) =
            let configuration = snapshot.Configuration
            let struct (outside, _) = block.CountOutside &configuration
            outside = 0

        { Block = block; Training = training; Test = data 500 |> Array.filter isInRange }

    /// The value with the wall-clock seconds; the least of three where that takes no time.
    let private timed (work: unit -> 'value) : 'value * float =
        let once () =
            let clock = Stopwatch.StartNew()
            let value = work ()
            value, clock.Elapsed.TotalSeconds

        match once () with
        | value, seconds when seconds > 1.0 -> value, seconds
        | value, seconds -> value, List.min [ seconds; snd (once ()); snd (once ()) ]

    /// The relative error of the forces on the test data.
    let private forceError (problem: Problem) (readout: float[]) : float =
        let errorAndSize (snapshot: Snapshot) =
            let configuration = snapshot.Configuration
            let gradient = Array.zeroCreate<float> snapshot.Forces.Length
            problem.Block.PullbackInto(&configuration, readout, Span<float> gradient, Span<float>.Empty)
            let forces = gradient |> Array.map (~-)
            pown (Lab.distance snapshot.Forces (ReadOnlySpan<float> forces)) 2, pown (Lab.norm snapshot.Forces) 2

        let errors, sizes = problem.Test |> Array.Parallel.map errorAndSize |> Array.unzip
        sqrt (Array.sum errors / Array.sum sizes)

    /// The library's assembly: all rows in one triangle.
    let private reduce (problem: Problem) : LinearSystem * TallSkinnyQr =
        let scales: TargetScales = { Velocities = 1.0; Forces = 1.0; Energies = 1.0; Virials = 1.0 }

        let systems =
            Design.systems scales TrainingConfig.defaults.Weights [||] [ 0, problem.Block ]
            |> List.filter (fun system -> system.Features > 0)

        let accumulators = problem.Training |> Array.map At |> Design.accumulateAll systems
        systems.Head, accumulators.Head

    /// Solves as the library does; `assembly` seconds were spent on the triangle.
    let private solvePivoted (assembly: float) (system: LinearSystem) (triangle: TallSkinnyQr) : Solution =
        let solution, seconds = timed (fun () -> LeastSquares.solve Automatic (Design.trendOf system) triangle |> Lab.expect)
        let readout = Array.zeroCreate<float> solution.Features
        Array.iter2 (fun feature value -> readout[feature] <- value) solution.Kept solution.Readout

        {
            Path = "QR"
            Rank = solution.Rank
            Condition = solution.Condition
            Regularisation = solution.Ridge
            Readout = readout
            AssemblySeconds = assembly
            SolveSeconds = seconds
        }

    /// Columns scaled to norm one, as the library does it, with their norms.
    let private equilibrate (columns: float[][]) : float[][] * float[] =
        let norms = columns |> Array.map (fun column -> Lab.norm (ReadOnlySpan<float> column))
        Array.map2 (fun column norm -> Array.map (fun x -> x / norm) column) columns norms, norms

    /// Truncated SVD of the triangle, which has the singular values of the rows; one factorisation serves all cut-offs.
    let private solveSvd (assembly: float) (triangle: TallSkinnyQr) : Solution list =
        let n = triangle.Features
        let entries = triangle.Triangle.ToArray()
        let column k = Array.init n (fun row -> entries[row * (n + 1) + k])
        let columns, norms = equilibrate (Array.init n column)
        let svd, seconds = timed (fun () -> Matrix<float>.Build.DenseOfColumnArrays(columns).Svd true)
        let target = svd.U.TransposeThisAndMultiply(Vector<float>.Build.Dense(column n))

        [
            for cutOff in cutOffs do
                let rank = svd.S |> Seq.filter (fun s -> s > cutOff * svd.S[0]) |> Seq.length
                let inverted = Vector<float>.Build.Dense(n, fun k -> if k < rank then target[k] / svd.S[k] else 0.0)
                let scaled = svd.VT.TransposeThisAndMultiply inverted

                {
                    Path = $"SVD, {Page.number cutOff}"
                    Rank = rank
                    Condition = svd.S[0] / svd.S[rank - 1]
                    Regularisation = cutOff
                    Readout = Array.map2 (/) (scaled.ToArray()) norms
                    AssemblySeconds = assembly
                    SolveSeconds = seconds
                }
        ]

    /// The columns of Z, and b.
    let private columnsOf (problem: Problem) : float[][] * float[] =
        let n = problem.Block.Width
        let components = problem.Training[0].Forces.Length
        let rows = Array.zeroCreate<float>(problem.Training.Length * components * n)

        let fill index =
            let configuration = problem.Training[index].Configuration
            let mine = Span<float>(rows, index * components * n, components * n)
            problem.Block.RowsInto(&configuration, mine, Span<float>.Empty, n)

        Parallel.For(0, problem.Training.Length, fill) |> ignore
        let target = problem.Training |> Array.collect (fun snapshot -> snapshot.Forces.ToArray() |> Array.map (~-))
        Array.Parallel.init n (fun k -> Array.init target.Length (fun row -> rows[row * n + k])), target

    /// Z^T Z. MathNet's product is several times slower, and would say nothing about normal equations.
    let private gram (columns: float[][]) : Matrix<float> =
        let n = columns.Length
        let entries = Array.zeroCreate<float>(n * n)

        let fill tile =
            for i in 0 .. n - 1 do
                for j in max i (tile * tileColumns) .. min n ((tile + 1) * tileColumns) - 1 do
                    let product = TensorPrimitives.Dot(ReadOnlySpan<float> columns[i], ReadOnlySpan<float> columns[j])
                    entries[i * n + j] <- product
                    entries[j * n + i] <- product

        Parallel.For(0, (n + tileColumns - 1) / tileColumns, fill) |> ignore
        Matrix<float>.Build.Dense(n, n, entries)

    let private tryCholesky (matrix: Matrix<float>) : Cholesky<float> option =
        try
            Some(matrix.Cholesky())
        with :? ArgumentException ->
            None

    let private shifted (shift: float) (matrix: Matrix<float>) : Matrix<float> =
        let trace = matrix.Trace()
        matrix + Matrix<float>.Build.DiagonalIdentity(matrix.RowCount) * (shift * trace)

    /// The largest eigenvalue of a positive definite map, by power iteration: more than the orders of magnitude is not needed.
    let private largestEigenvalue (size: int) (apply: Vector<float> -> Vector<float>) : float =
        let start = Rng.stream 1 "power iteration" |> Rng.normals size |> Vector<float>.Build.DenseOfArray
        let next (vector: Vector<float>, _) = apply (vector / vector.L2Norm()) |> fun image -> image, image.L2Norm()
        Seq.fold (fun state _ -> next state) (start, 0.0) (seq { 1..20 }) |> snd

    /// Normal equations with the least shift that lets Cholesky succeed.
    let private solveNormal (problem: Problem) : Solution =
        let assemble () =
            let columns, target = columnsOf problem
            let scaled, norms = equilibrate columns

            let right =
                scaled
                |> Array.Parallel.map (fun column -> TensorPrimitives.Dot(ReadOnlySpan<float> column, ReadOnlySpan<float> target))

            gram scaled, Vector<float>.Build.Dense right, norms

        let (matrix, right, norms), assembly = timed assemble

        let solve () =
            shifts
            |> List.pick (fun shift ->
                tryCholesky (shifted shift matrix) |> Option.map (fun factors -> shift, factors, factors.Solve right))

        let (shift, factors, scaled), seconds = timed solve
        let n = matrix.RowCount
        let largest = largestEigenvalue n (fun vector -> matrix * vector)
        let least = 1.0 / largestEigenvalue n factors.Solve

        {
            Path = "normal equations"
            Rank = n
            Condition = largest / least
            Regularisation = shift
            Readout = Array.map2 (/) (scaled.ToArray()) norms
            AssemblySeconds = assembly
            SolveSeconds = seconds
        }

    /// All paths on the same features and data.
    let private solutions (settings: Settings) (width: int) (problem: Problem) : Solution list =
        let (system, triangle), assembly = timed (fun () -> reduce problem)

        [
            solvePivoted assembly system triangle
            solveNormal problem
            if width <= settings.LargestSvd then
                yield! solveSvd assembly triangle
        ]

    /// One solution with its hidden units and its error.
    [<NoEquality; NoComparison>]
    type private Trial = { Features: string; Width: int; Solution: Solution; Error: float }

    let private trials (settings: Settings) : Trial list =
        [
            for sampler, activation in settings.Features do
                for width in settings.Widths do
                    Lab.progress $"{sampler.Name}, {width} units"
                    let problem = problem settings (sampler, activation) width

                    for solution in solutions settings width problem do
                        {
                            Features = $"{sampler.Name}, {activation.Name}"
                            Width = width
                            Solution = solution
                            Error = forceError problem solution.Readout
                        }
        ]

    let private row (trial: Trial) : Value list =
        [
            Text trial.Features
            Value.count trial.Width
            Text trial.Solution.Path
            Number trial.Error
            Value.count trial.Solution.Rank
            Number trial.Solution.Condition
            Number trial.Solution.Regularisation
            Number trial.Solution.AssemblySeconds
            Number trial.Solution.SolveSeconds
        ]

    /// A line for each path: a figure against the width.
    let private series (figure: Trial -> float) (trials: Trial list) : (string * (float * float) list) list =
        trials
        |> List.groupBy _.Solution.Path
        |> List.map (fun (path, trials) -> path, trials |> List.map (fun trial -> float trial.Width, figure trial))

    let private charts (trials: Trial list) : Chart list =
        let chart name title y figure trials = { Name = name; Title = title; X = "hidden units"; Y = y; Series = series figure trials }

        let byFeatures = trials |> List.groupBy _.Features
        let features, first = byFeatures.Head

        [
            for features, trials in byFeatures do
                let name = "error-" + features.Split(',')[0]
                chart name $"Error of the force, {features}" "relative error of the force" _.Error trials
            chart "time" $"Time of the solve, {features}" "seconds" _.Solution.SolveSeconds first
        ]

    let run (settings: Settings) : Findings =
        let trials = trials settings

        {
            Settings =
                [
                    "lattice", Text "2x2x2"
                    yield! Lab.describe settings.Motion
                    "training trajectories", Value.count settings.Trajectories
                    "test trajectories", Value.count settings.Trajectories
                    "seed", Value.count settings.Seed
                    "constants", Text "unit masses; Morse depth 1, steepness 1, length 1"
                    "largest width of the SVD", Value.count settings.LargestSvd
                ]
            Tables =
                [
                    {
                        Name = "paths"
                        Title =
                            "Relative force error on test snapshots whose distances are all in the range of training, and the health of "
                            + "what was solved; the regularisation is the ridge over the largest singular value, the shift over the trace, "
                            + "or the cut-off over the largest singular value"
                        Columns =
                            [
                                "features"
                                "width"
                                "path"
                                "force error"
                                "rank kept"
                                "condition"
                                "regularisation"
                                "assembly, seconds"
                                "solve, seconds"
                            ]
                        Rows = List.map row trials
                    }
                ]
            Charts = charts trials
            Remarks =
                [
                    "\"QR\" is what training does: rows reduced by reflections to a triangle as they come, columns dropped by "
                    + "pivoting, a ridge by the evidence; of more than 512 features, columns are dropped by a random sketch, and only if "
                    + "256 or fewer carry the others: else none is, and the condition is that of all. \"Normal equations\" are Z^T Z with the least shift of its diagonal, in powers "
                    + "of ten, that lets Cholesky succeed. \"SVD\" is that of the triangle, which has the singular values of the rows "
                    + "and costs less than theirs; one factorisation serves both cut-offs. All see the same rows, with columns scaled "
                    + "to norm one. The last two are MathNet's, in managed code, but for the product Z^T Z, which is ours and faster "
                    + "than MathNet's."
                    "The law is Morse's because the trend carries springs: there width decides nothing. The kinetic energy is "
                    + "carried by the trend too, so the features of pairs alone are shown; the width of the design is that of the "
                    + "trend, two, and the hidden units."
                    "The features are smooth functions of one distance, so their rank lags far behind the width: with softplus it "
                    + "hardly grows beyond the narrow designs, with the steeper units of SWIM ever more slowly. Any wide design is "
                    + "then singular to rounding. Normal equations have the square of its condition, and with the shift that they need "
                    + "they lose several digits at any width that fits well; more width does not bring them back. (Beyond about 1e16 "
                    + "their condition is itself rounding.) Few steep units are well-conditioned, and there all paths agree."
                    "A fine enough cut-off makes the SVD as accurate as QR, so accuracy is no reason against it; the usual cut-off "
                    + "of 1e-12 costs up to two digits. Time is: the SVD of all columns grows with the cube of the width, and is left "
                    + "out beyond the width that the settings name, where it already takes many times as long as all the rest. The QR "
                    + "has an SVD too, but of the columns it kept."
                    "Where we are no better: where many columns are kept, the solve takes as long as Cholesky's, or longer. Errors of "
                    + "about 1e-8 and below vary with the draw, by a factor of ten or more between neighbouring widths: beyond some "
                    + "hundred units there is no gain, for softplus beyond some dozens. One seed; each time is of a single run, the least "
                    + "of three below a second, on a machine that may have been busy with other work."
                ]
        }

    let experiment: Experiment =
        {
            Name = "conditioning"
            Title = "Conditioning and width"
            Run = fun isQuick -> run (if isQuick then quick else full)
        }
