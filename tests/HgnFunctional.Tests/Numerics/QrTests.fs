module HgnFunctional.Tests.Numerics.QrTests

open System
open Expecto
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Features
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Laws

/// Rows [A | b] of normal numbers.
let private normalRows (seed: int) (features: int) (count: int) : float[] = Rng.normals (count * (features + 1)) (Rng.stream seed "rows")

let private accumulate (features: int) (rows: float[]) : TallSkinnyQr =
    TallSkinnyQr.empty features |> TallSkinnyQr.add (ReadOnlySpan<float> rows)

/// M^T M of a row-major matrix with the given number of columns.
let private gram (columns: int) (matrix: float[]) : float[] =
    let rows = Array.chunkBySize columns matrix
    Array.init (columns * columns) (fun k -> rows |> Array.sumBy (fun row -> row[k / columns] * row[k % columns]))

let private solve (ridge: Ridge) (accumulator: TallSkinnyQr) : LeastSquaresSolution =
    match LeastSquares.solve ridge (Array.create accumulator.Features false) accumulator with
    | Ok solution -> solution
    | Error error -> failtest (string error)

/// Sizes that a property draws: 1 to 12 features, and more rows than features.
let private sizes (seed: uint16) : int * int =
    let features = 1 + int seed % 12
    features, features + 1 + int seed / 12 % 40

let private cut (columns: int) (places: int list) (rows: float[]) : float[] list =
    let count = rows.Length / columns
    let places = places |> List.map (fun place -> abs place % (count + 1)) |> List.sort
    List.pairwise (0 :: places @ [ count ]) |> List.map (fun (first, last) -> rows[first * columns .. last * columns - 1])

let private reduction =
    [
        prop 100 "R^T R is A^T A" (fun (seed: uint16) ->
            let features, count = sizes seed
            let rows = normalRows (int seed) features count
            let triangle = (accumulate features rows).Triangle.ToArray()
            closeTo "gram" 0.0 Tolerance.gram (gram (features + 1) rows) (gram (features + 1) triangle) |> judge)

        prop 50 "the triangle is zero below its diagonal" (fun (seed: uint16) ->
            let features, count = sizes seed
            let triangle = (accumulate features (normalRows (int seed) features count)).Triangle.ToArray()

            triangle |> Array.indexed |> Array.forall (fun (k, x) -> k / (features + 1) <= k % (features + 1) || x = 0.0))

        prop 100 "any split of the rows gives the same solution" (fun (seed: uint16) (places: int16 list) ->
            let features, count = sizes seed
            let rows = normalRows (int seed) features (count + 20)
            let parts = rows |> cut (features + 1) (places |> List.map int)

            let folded =
                (TallSkinnyQr.empty features, parts) ||> List.fold (fun state part -> TallSkinnyQr.add (ReadOnlySpan<float> part) state)

            let merged = parts |> List.map (accumulate features) |> List.fold TallSkinnyQr.merge (TallSkinnyQr.empty features)
            let whole = accumulate features rows
            let readout accumulator = (solve (Relative 0.0) accumulator).Readout

            close "folded" Tolerance.leastSquares (readout whole) (readout folded)
            |> orElse (fun () -> close "merged" Tolerance.leastSquares (readout whole) (readout merged))
            |> orElse (fun () ->
                if folded.Rows = whole.Rows && merged.Rows = whole.Rows then
                    None
                else
                    Some $"{folded.Rows} and {merged.Rows} rows; expected {whole.Rows}")
            |> judge)

        prop 50 "merging is associative" (fun (seed: uint16) ->
            let features, count = sizes seed
            let part k = accumulate features (normalRows (int seed + k) features count)
            let first, second, third = part 0, part 1, part 2
            let left = TallSkinnyQr.merge (TallSkinnyQr.merge first second) third
            let right = TallSkinnyQr.merge first (TallSkinnyQr.merge second third)
            let gramOf (accumulator: TallSkinnyQr) = gram (features + 1) (accumulator.Triangle.ToArray())

            closeTo "gram" 0.0 Tolerance.gram (gramOf left) (gramOf right)
            |> orElse (fun () ->
                close "readout" Tolerance.leastSquares (solve (Relative 0.0) left).Readout (solve (Relative 0.0) right).Readout)
            |> judge)

        testCase "the empty accumulator is neutral and inputs are not changed" (fun () ->
            let rows = normalRows 3 4 9
            let before = Array.copy rows
            let some = accumulate 4 rows
            let triangle = some.Triangle.ToArray()
            identical "the rows" before rows |> expectNone
            identical "empty first" triangle ((TallSkinnyQr.merge (TallSkinnyQr.empty 4) some).Triangle.ToArray()) |> expectNone
            identical "empty last" triangle ((TallSkinnyQr.merge some (TallSkinnyQr.empty 4)).Triangle.ToArray()) |> expectNone
            TallSkinnyQr.merge some some |> ignore
            TallSkinnyQr.add (ReadOnlySpan<float> rows) some |> ignore
            identical "the triangle" triangle (some.Triangle.ToArray()) |> expectNone)

        testCase "rows and accumulators of other widths are refused" (fun () ->
            let some = accumulate 4 (normalRows 3 4 9)
            Expect.throwsT<ArgumentException> (fun () -> TallSkinnyQr.empty -1 |> ignore) "features below 0"

            Expect.throwsT<ArgumentException>
                (fun () -> some |> TallSkinnyQr.add (ReadOnlySpan<float>(Array.zeroCreate 6)) |> ignore)
                "rows"

            Expect.throwsT<ArgumentException> (fun () -> TallSkinnyQr.merge some (TallSkinnyQr.empty 3) |> ignore) "merge")
    ]

/// Rows A x + noise for a known x.
let private rowsFor (seed: int) (readout: float[]) (count: int) (noise: float) : float[] =
    let normal = Rng.stream seed "known readout"

    Array.init count (fun _ ->
        let row = Rng.normals readout.Length normal
        let target = Array.map2 (*) row readout |> Array.sum
        Array.append row [| target + noise * (Rng.normals 1 normal)[0] |])
    |> Array.concat

let private solving =
    [
        prop 100 "a known readout is recovered" (fun (seed: uint16) ->
            let features, _ = sizes seed
            let readout = Rng.normals features (Rng.stream (int seed) "readout")
            let solution = rowsFor (int seed) readout (features + 30) 0.0 |> accumulate features |> solve Automatic

            if solution.Rank <> features then
                Some $"rank {solution.Rank}; expected {features}"
            elif solution.RelativeResidual > Tolerance.leastSquares then
                Some $"a residual of {solution.RelativeResidual}"
            else
                close "readout" Tolerance.leastSquares readout solution.Readout
            |> judge)

        prop 100 "redundant columns are dropped, and the fit stays" (fun (seed: uint16) ->
            let features, _ = sizes seed
            let readout = Rng.normals features (Rng.stream (int seed) "readout")
            let rows = rowsFor (int seed) readout (features + 30) 0.0 |> Array.chunkBySize (features + 1)
            // Behind the first column comes twice that column, behind all features a column of zeros.
            let widened =
                rows
                |> Array.collect (fun row -> Array.concat [ [| row[0]; 2.0 * row[0] |]; row[1 .. features - 1]; [| 0.0; row[features] |] ])

            let solution = accumulate (features + 2) widened |> solve (Relative 0.0)

            let fitted (row: float[]) = Array.map2 (fun column weight -> row[column] * weight) solution.Kept solution.Readout |> Array.sum

            let wide = widened |> Array.chunkBySize (features + 3)

            if solution.Rank <> features then
                Some $"rank {solution.Rank}; expected {features}"
            elif solution.Kept <> Array.sort solution.Kept then
                Some $"kept %A{solution.Kept}, not ascending"
            elif Array.contains (features + 1) solution.Kept then
                Some "the column of zeros was kept"
            else
                close "fit" Tolerance.leastSquares (wide |> Array.map Array.last) (wide |> Array.map fitted)
            |> judge)

        prop 50 "the readout follows the units of columns and target" (fun (seed: uint16) ->
            let features, count = sizes seed
            let rows = rowsFor (int seed) (Rng.normals features (Rng.stream (int seed) "readout")) (count + 30) 0.1
            let units = Array.init (features + 1) (fun k -> 10.0 ** float ((int seed + 5 * k) % 7 - 3))
            let scaled = rows |> Array.mapi (fun k x -> x * units[k % (features + 1)])
            let solution, other = accumulate features rows |> solve Automatic, accumulate features scaled |> solve Automatic
            let back = other.Readout |> Array.mapi (fun k x -> x * units[k] / units[features])

            close "readout" Tolerance.leastSquares solution.Readout back
            |> orElse (fun () -> close "surprise" Tolerance.leastSquares [| solution.Surprise |] [| other.Surprise |])
            |> judge)

        testCase "the ridge grows with noise" (fun () ->
            let readout = Array.init 8 (fun k -> float (k % 3) - 0.7)
            let ridgeAt noise = (rowsFor 11 readout 60 noise |> accumulate 8 |> solve Automatic).Ridge
            let ridges = [ 0.0; 1e-6; 1e-2; 3.0 ] |> List.map ridgeAt
            Expect.equal ridges (List.sort ridges) "ridges ascend"
            Expect.isLessThan ridges[0] 1e-9 "without noise"
            Expect.isGreaterThan ridges[3] (1e3 * ridges[1]) "with much noise")

        testCase "a penalty shrinks the hidden units, not the trend" (fun () ->
            let rows = rowsFor 12 [| 1.0; 1.0 |] 40 0.0

            let readoutWith isTrend =
                match LeastSquares.solve (Relative 1e3) isTrend (accumulate 2 rows) with
                | Ok solution -> solution.Readout
                | Error error -> failtest (string error)

            Expect.isLessThan (readoutWith [| false; false |] |> Array.map abs |> Array.max) 1e-4 "penalised"
            Expect.isGreaterThan (Array.head (readoutWith [| true; false |])) 0.5 "the trend column"
            close "all trend" Tolerance.leastSquares [| 1.0; 1.0 |] (readoutWith [| true; true |]) |> expectNone)

        testCase "a target of zeros gives a readout of zeros" (fun () ->
            let rows = rowsFor 13 [| 0.0; 0.0; 0.0 |] 20 0.0
            let solution = accumulate 3 rows |> solve Automatic
            Expect.allEqual solution.Readout 0.0 "readout"
            Expect.equal solution.RelativeResidual 0.0 "residual")

        testCase "no rows are an error" (fun () ->
            LeastSquares.solve Automatic [| false; false |] (TallSkinnyQr.empty 2) |> expectError NoRows)

        testCase "numbers that are not finite are an error" (fun () ->
            for bad in [ nan; infinity; -infinity ] do
                for place in [ 0; 4; 5 ] do
                    let rows = rowsFor 14 [| 1.0; 2.0 |] 6 0.0
                    rows[place] <- bad
                    LeastSquares.solve Automatic [| false; false |] (accumulate 2 rows) |> expectError NotFiniteRows)

        testCase "bad arguments are refused" (fun () ->
            let some = accumulate 2 (rowsFor 15 [| 1.0; 2.0 |] 6 0.0)

            for ridge in [ -1.0; nan; infinity ] do
                Expect.throwsT<ArgumentException>
                    (fun () -> LeastSquares.solve (Relative ridge) [| false; false |] some |> ignore)
                    $"ridge {ridge}"

            Expect.throwsT<ArgumentException> (fun () -> LeastSquares.solve Automatic [| false |] some |> ignore) "trend")
    ]

let private wide (ridge: Ridge) (accumulator: TallSkinnyQr) : LeastSquaresSolution =
    LeastSquares.solveWide ridge (Array.create accumulator.Features false) accumulator

let private wideSystems =
    [
        testCase "rows folded tile by tile give the same bits" (fun () ->
            for features in [ 0; 15; 95; 96; 250 ] do
                for count in [ 1; 40; 300 ] do
                    let rows = normalRows (features + count) features count
                    let before = Array.copy rows
                    let triangle = TallSkinnyQr.empty features |> WideFold.From
                    triangle.Fold(rows, count, 0)
                    triangle.Fold(rows, count, 0)
                    let twice = Array.append rows rows
                    let expected = accumulate features rows |> TallSkinnyQr.add (ReadOnlySpan<float> rows)
                    let folded = triangle.Finish()
                    identical $"{features} features" (expected.Triangle.ToArray()) (folded.Triangle.ToArray()) |> expectNone
                    identical "the rows" before rows |> expectNone
                    Expect.equal folded.Rows (int64 twice.Length / int64 (features + 1)) "rows"
                    Expect.throwsT<InvalidOperationException> (fun () -> triangle.Fold(rows, count, 0)) "it was given away")

        testCase "columns of zeros in front can be left out" (fun () ->
            let features, count, first = 250, 30, 130
            let some = normalRows 1 features 270
            let rows = normalRows 2 features count |> Array.mapi (fun k x -> if k % (features + 1) < first then 0.0 else x)

            let foldedFrom column =
                let triangle = TallSkinnyQr.empty features |> WideFold.From
                triangle.Fold(some, 270, 0)
                triangle.Fold(rows, count, column)
                (triangle.Finish()).Triangle.ToArray()

            close "the triangle" Tolerance.leastSquares (foldedFrom 0) (foldedFrom first) |> expectNone)

        prop 50 "without pivoting the solution is the same" (fun (seed: uint16) ->
            let features, count = sizes seed
            let readout = Rng.normals features (Rng.stream (int seed) "readout")
            let accumulator = rowsFor (int seed) readout (count + 30) 0.1 |> accumulate features
            let narrow, without = solve (Relative 1e-7) accumulator, wide (Relative 1e-7) accumulator

            close "readout" Tolerance.leastSquares narrow.Readout without.Readout
            |> orElse (fun () -> close "residual" Tolerance.leastSquares [| narrow.RelativeResidual |] [| without.RelativeResidual |])
            |> orElse (fun () ->
                // The largest singular value is found by iteration, which decides the size of the ridge.
                let ratios = [| without.Surprise / narrow.Surprise; without.Condition / narrow.Condition |]
                closeTo "surprise and condition" 0.0 0.02 [| 1.0; 1.0 |] ratios)
            |> judge)

        testCase "the evidence chooses the same ridge without pivoting" (fun () ->
            let readout = Array.init 8 (fun k -> float (k % 3) - 0.7)

            for noise in [ 0.01; 0.3; 3.0 ] do
                let accumulator = rowsFor 11 readout 60 noise |> accumulate 8
                let ratio = (wide Automatic accumulator).Ridge / (solve Automatic accumulator).Ridge
                Expect.isTrue (ratio > 0.5 && ratio < 2.0) $"{ratio} at noise {noise}")

        testCase "redundant columns do no harm without pivoting" (fun () ->
            let rows = rowsFor 12 [| 1.0; -2.0 |] 40 0.0 |> Array.chunkBySize 3
            let widened = rows |> Array.collect (fun row -> [| row[0]; 0.0; row[1]; row[0]; row[2] |]) |> accumulate 4

            for ridge in [ Relative 0.0; Automatic ] do
                let solution = wide ridge widened
                Expect.equal solution.Kept [| 0; 2; 3 |] "all but the column of zeros"
                Expect.isLessThan solution.RelativeResidual 1e-12 "residual"
                Expect.isLessThan (solution.Readout |> Array.map abs |> Array.max) 3.0 "readout")

        testCase "a trend is not penalised without pivoting" (fun () ->
            let accumulator = rowsFor 12 [| 1.0; 1.0 |] 40 0.0 |> accumulate 2
            let trendFirst = LeastSquares.solveWide (Relative 1e3) [| true; false |] accumulator
            let expected = LeastSquares.solve (Relative 1e3) [| true; false |] accumulator
            let all = LeastSquares.solveWide (Relative 1e3) [| true; true |] accumulator

            match expected with
            | Ok solution -> Expect.isLessThan (abs (solution.Readout[0] - trendFirst.Readout[0])) 1e-3 "the trend column"
            | Error error -> failtest (string error)

            close "all trend" Tolerance.leastSquares [| 1.0; 1.0 |] all.Readout |> expectNone)

        testCase "zeros give zeros without pivoting" (fun () ->
            let solution = rowsFor 13 [| 0.0; 0.0; 0.0 |] 20 0.0 |> accumulate 3 |> wide Automatic
            Expect.allEqual solution.Readout 0.0 "readout"
            Expect.equal solution.RelativeResidual 0.0 "residual")

        testCase "more features than the limit, most of them independent, are solved without pivoting" (fun () ->
            let features = LeastSquares.widest + 1
            let triangle = TallSkinnyQr.empty features |> WideFold.From
            triangle.Fold(normalRows 1 features 300, 300, 0)
            let accumulator = triangle.Finish()
            let expected, solution = wide (Relative 1e-3) accumulator, solve (Relative 1e-3) accumulator
            Expect.equal solution.Rank features "nothing is dropped"
            identical "readout" expected.Readout solution.Readout |> expectNone)

        testCase "of many features that few carry, those few are kept" (fun () ->
            let features, independent = LeastSquares.widest + 88, 30
            let basis = Rng.normals (independent * features) (Rng.stream 21 "basis")
            let readout = Rng.normals features (Rng.stream 21 "readout")

            let rows =
                [|
                    for row in 0..399 do
                        let weights = Rng.normals independent (Rng.stream row "weights")
                        let entry column = Seq.sum (seq { for k in 0 .. independent - 1 -> weights[k] * basis[k * features + column] })
                        let mine = Array.init features entry
                        yield! mine
                        Array.fold2 (fun sum x y -> sum + x * y) 0.0 mine readout
                |]

            let isTrend = Array.init features (fun column -> column = 500 || column = 7)
            let accumulator = accumulate features rows

            match LeastSquares.solve Automatic isTrend accumulator with
            | Error error -> failtest $"{error}"
            | Ok solution ->
                Expect.equal solution.Rank independent "rank"
                Expect.equal solution.Features features "features"
                Expect.equal solution.Rows 400L "rows"
                Expect.containsAll solution.Kept [ 7; 500 ] "the trend goes first"
                Expect.isLessThan solution.RelativeResidual 1e-12 "residual"
                let fitted row = Array.fold2 (fun sum k x -> sum + x * rows[row * (features + 1) + k]) 0.0 solution.Kept solution.Readout

                close "fit" 1e-10 (Array.init 400 fitted) (Array.init 400 (fun row -> rows[row * (features + 1) + features]))
                |> expectNone)
    ]

[<Tests>]
let tests =
    testList "QR and least squares" [ testList "reduction" reduction; testList "solving" solving; testList "wide systems" wideSystems ]
