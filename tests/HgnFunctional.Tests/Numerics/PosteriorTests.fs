module HgnFunctional.Tests.Numerics.PosteriorTests

open System
open Expecto
open MathNet.Numerics.LinearAlgebra
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Learning
open HgnFunctional.Systems
open HgnFunctional.Tests.Support.Laws

/// Rows [features, target], of which the first column is a trend.
let private rowsOf (seed: int) (features: int) (count: int) (noise: float) (readout: float[]) : float[] =
    let random = Rng.stream seed "posterior rows"

    [|
        for _ in 1..count do
            let row = Rng.normals features random
            let target = Array.map2 (*) row readout |> Array.sum
            yield! row
            target + noise * (Rng.normals 1 random)[0]
    |]

let private solve (ridge: Ridge) (features: int) (rows: float[]) : LeastSquaresSolution =
    TallSkinnyQr.empty features
    |> TallSkinnyQr.add (ReadOnlySpan<float> rows)
    |> LeastSquares.solve ridge (Array.init features (fun k -> k = 0))
    |> expectOk

[<Tests>]
let tests =
    testList
        "Posterior"
        [
            test "it is the inverse of the normal matrix, as dense algebra has it" {
                let features, count = 5, 40
                let rows = rowsOf 1 features count 0.3 [| 1.0; -2.0; 0.5; 0.0; 3.0 |]
                let a = Matrix<float>.Build.Dense(count, features, (fun row column -> rows[row * (features + 1) + column]))
                let b = Vector<float>.Build.Dense(count, (fun row -> rows[row * (features + 1) + features]))

                for ridge in [ 0.0; 0.2 ] do
                    let solution = solve (Relative ridge) features rows
                    let posterior = solution.Posterior.Value
                    // The penalty is that of columns of norm one, relative to the largest singular value of what the trend leaves.
                    let norms = [| for k in 0 .. features - 1 -> a.Column(k).L2Norm() |]
                    let scaled = Matrix<float>.Build.Dense(count, features, (fun row column -> a[row, column] / norms[column]))
                    let trend = scaled.Column(0).ToColumnMatrix()
                    let hidden = scaled.SubMatrix(0, count, 1, features - 1)
                    let left = hidden - trend * (trend.Transpose() * hidden)
                    let penalty = ridge * left.Svd(false).S[0]

                    let diagonal =
                        Matrix<float>
                            .Build.Diagonal(features, features, (fun k -> if k = 0 then 0.0 else penalty * penalty * norms[k] * norms[k]))

                    let inverse = (a.Transpose() * a + diagonal).Inverse()
                    let residual = (a * Vector<float>.Build.Dense solution.Readout - b).L2Norm()
                    let noise = residual / sqrt (float (count - features))
                    close "noise" 1e-9 [| noise |] [| posterior.Noise |] |> expectNone

                    for seed in 1..5 do
                        let row = Rng.normals features (Rng.stream seed "functional")
                        let v = Vector<float>.Build.Dense row
                        let expected = noise * sqrt (v * inverse * v)
                        close $"ridge {ridge}" 1e-9 [| expected |] [| posterior.StandardDeviation(ReadOnlySpan<float> row) |] |> expectNone
            }

            test "its intervals hold what they say" {
                let features, count = 6, 60
                let readout = [| 1.0; -2.0; 0.5; 0.3; 3.0; -1.0 |]
                let functional = Rng.normals features (Rng.stream 9 "functional")
                let truth = Array.map2 (*) functional readout |> Array.sum

                let inside =
                    [ 1..400 ]
                    |> List.filter (fun seed ->
                        let solution = rowsOf (100 + seed) features count 0.5 readout |> solve (Relative 0.0) features
                        let predicted = Array.map2 (*) functional solution.Readout |> Array.sum
                        let deviation = solution.Posterior.Value.StandardDeviation(ReadOnlySpan<float> functional)
                        abs (predicted - truth) < 1.645 * deviation)
                    |> List.length

                let coverage = float inside / 400.0
                Expect.isTrue (coverage > 0.85 && coverage < 0.95) $"90 %% intervals held {100.0 * coverage} %% of the time"
            }

            test "a model tells how far its forces may be off, and its noise" {
                let lattice = Topology.grid [ 3; 3 ]
                let structure = Structure.bonded 2 1.0 lattice.Graph
                let system = PairSystem(structure, PairPotential.harmonic 1.0 1.0)
                let noise = 0.05

                let snapshots seeds =
                    [
                        for seed in seeds do
                            let state = InitialState.perturbed 0.2 0.2 seed structure lattice.Sites
                            let velocities, forces = Hamiltonian.timeDerivative system state

                            let shaken =
                                forces |> Array.map2 (+) (Rng.normals forces.Length (Rng.stream seed "noise") |> Array.map ((*) noise))

                            Snapshot.create structure state velocities shaken, forces
                    ]

                let model = snapshots [ 1..20 ] |> List.map fst |> Training.fit TrainingConfig.defaults |> expectOk
                let hamiltonian = (Models.Model.bind structure model |> expectOk).Hamiltonian

                let scores =
                    [
                        for snapshot, exact in snapshots [ 101..140 ] do
                            let deviation = model.Posterior.Value.ForceDeviation snapshot
                            let _, learned = Hamiltonian.timeDerivative hamiltonian snapshot.State

                            for k in 0 .. exact.Length - 1 do
                                abs (learned[k] - exact[k]) < 1.645 * deviation.OfReadout[k],
                                abs (learned[k] - snapshot.Forces[k]) < 1.645 * deviation.WithResidual[k]
                    ]

                let fraction choose = float (scores |> List.filter choose |> List.length) / float scores.Length
                // One fit, whose errors at all components go together.
                Expect.isGreaterThan (fraction fst) 0.6 "exact forces, by the readout alone"
                let ofMeasured = fraction snd
                Expect.isTrue (ofMeasured > 0.85 && ofMeasured < 0.95) $"measured forces, with the residual: {ofMeasured}"
            }
        ]
