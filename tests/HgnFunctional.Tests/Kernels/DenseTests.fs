module HgnFunctional.Tests.Kernels.DenseTests

open System
open Expecto
open HgnFunctional.Kernels
open HgnFunctional.Tests.Kernels.Support

/// Backward error of the update: a small multiple of rows * columns units in the last place, relative to the Gram matrix.
let private gramTolerance = 1e-13

/// Forward error of R for triangles whose condition is kept below about 100.
let private triangleTolerance = 1e-11

let private width = HouseholderUpdate.PanelColumns

/// An upper triangle, row-major, zero below the diagonal.
let private upper (columns: int) (entry: int -> int -> float) : float[] =
    Array.init (columns * columns) (fun i -> if i / columns <= i % columns then entry (i / columns) (i % columns) else 0.0)

let private randomTriangle (random: Random) (columns: int) : float[] = upper columns (fun _ _ -> 2.0 * random.NextDouble() - 1.0)

/// Diagonally dominant up to signs, so that R is well determined even with no rows.
let private soundTriangle (random: Random) (columns: int) : float[] =
    upper columns (fun i j ->
        let x = 2.0 * random.NextDouble() - 1.0
        if i = j then 2.0 * float (sign x) + x else x / sqrt (float columns))

/// M'M of a row-major matrix.
let private gram (columns: int) (matrix: float[]) : float[] =
    let result = Array.zeroCreate<float>(columns * columns)

    for r in 0 .. matrix.Length / max 1 columns - 1 do
        for i in 0 .. columns - 1 do
            for j in 0 .. columns - 1 do
                result[i * columns + j] <- result[i * columns + j] + matrix[r * columns + i] * matrix[r * columns + j]

    result

let private apply (triangle: float[]) (columns: int) (block: float[]) : float[] =
    let rows = if columns = 0 then 0 else block.Length / columns
    let result, scratch = Array.copy triangle, Array.copy block
    // The workspace needs no particular content.
    let workspace = Array.create (HouseholderUpdate.WorkspaceLength(rows, columns)) nan
    HouseholderUpdate.Apply(result, columns, scratch, rows, workspace)
    result

let private reference (triangle: float[]) (columns: int) (block: float[]) : float[] =
    let result, scratch = Array.copy triangle, Array.copy block
    ScalarReference.Apply(result, columns, scratch, block.Length / max 1 columns)
    result

let private expectFactor (triangle: float[]) (columns: int) (block: float[]) (result: float[]) (label: string) : unit =
    let expected = gram columns (Array.append triangle block)
    let scale = expected |> Array.fold (fun worst x -> max worst (abs x)) 1e-300
    let actual = gram columns result
    let error = Array.fold2 (fun worst a e -> if abs (a - e) <= worst then worst else abs (a - e)) 0.0 actual expected
    Expect.isLessThanOrEqual (error / scale) gramTolerance $"{label}: R'R"

    for i in 0 .. columns - 1 do
        Expect.isGreaterThanOrEqual result[i * columns + i] 0.0 $"{label}: diagonal {i}"

        for j in 0 .. i - 1 do
            Expect.equal (bits result[i * columns + j]) 0L $"{label}: below the diagonal"

let private updateTests =
    testList
        "Householder update"
        [
            test "every size equals the scalar reference and keeps R'R + A'A" {
                let random = Random 31

                for columns in 1..40 do
                    for rows in [ 0; 1; 2; 3; 4; 5; 7; 8; 9; 15; 16; 17; 31; 33; 64; 70 ] do
                        let triangle = soundTriangle random columns
                        let block = uniform random 1.0 (rows * columns)
                        let result = apply triangle columns block
                        let label = $"{rows} rows, {columns} columns"
                        expectWithin triangleTolerance result (reference triangle columns block) label
                        expectFactor triangle columns block result label
            }

            test "every number of rows around the panel boundaries" {
                let random = Random 32

                for columns in [ width - 1; width; width + 1; 2 * width - 1; 2 * width; 2 * width + 1; 3 * width + 1 ] do
                    for rows in 0..70 do
                        let triangle = randomTriangle random columns
                        let block = uniform random 1.0 (rows * columns)
                        expectFactor triangle columns block (apply triangle columns block) $"{rows} rows, {columns} columns"
            }

            test "starting from nothing, with fewer and more rows than columns" {
                let random = Random 33

                for columns in [ 1; 2; 5; 17; 33; 40 ] do
                    for rows in [ 0; 1; columns / 2; columns; columns + 1; 70 ] do
                        let triangle = Array.zeroCreate<float>(columns * columns)
                        let block = uniform random 1.0 (rows * columns)
                        expectFactor triangle columns block (apply triangle columns block) $"{rows} rows, {columns} columns"
            }

            test "one column is the norm" {
                let result = apply [| -2.0 |] 1 [| 3.0; -6.0 |]
                expectWithin triangleTolerance result [| 7.0 |] "sqrt(4 + 9 + 36)"
            }

            test "two columns by hand" {
                // [3 1; 4 2] = Q [5 2.2; 0 0.4].
                let result = apply (Array.zeroCreate<float> 4) 2 [| 3.0; 1.0; 4.0; 2.0 |]
                expectWithin triangleTolerance result [| 5.0; 2.2; 0.0; 0.4 |] "R"
            }

            test "no rows only turn the signs of the rows of R" {
                let columns = 2 * width + 3
                let triangle = soundTriangle (Random 34) columns
                let result = apply triangle columns [||]

                let expected =
                    triangle
                    |> Array.mapi (fun i x ->
                        if i / columns > i % columns || triangle[i / columns * (columns + 1)] > 0.0 then
                            x
                        else
                            -x)

                expectWithin 0.0 result expected "R"
            }

            test "zero columns give zero diagonals and no NaN" {
                let random = Random 35

                for columns, zeros in [ 1, [ 0 ]; 5, [ 0; 3 ]; 20, [ 15; 16; 19 ]; 33, [ 0..32 ]; 40, [ 5..30 ] ] do
                    let rows = 50
                    let block = uniform random 1.0 (rows * columns)

                    for i in 0 .. block.Length - 1 do
                        if List.contains (i % columns) zeros then
                            block[i] <- 0.0

                    let triangle = Array.zeroCreate<float>(columns * columns)
                    let result = apply triangle columns block
                    expectFactor triangle columns block result $"{columns} columns"

                    for zero in zeros do
                        for i in 0..zero do
                            Expect.isTrue (abs result[i * columns + zero] = 0.0) $"column {zero} stays zero"
            }

            test "rank deficient blocks keep R'R" {
                let random = Random 36

                for columns, rank in [ 4, 1; 20, 3; 40, 17 ] do
                    let rows = 60
                    let left, right = uniform random 1.0 (rows * rank), uniform random 1.0 (rank * columns)

                    let block =
                        Array.init (rows * columns) (fun i ->
                            Seq.sum (seq { for k in 0 .. rank - 1 -> left[i / columns * rank + k] * right[k * columns + i % columns] }))

                    let triangle = Array.zeroCreate<float>(columns * columns)
                    let result = apply triangle columns block
                    expectFactor triangle columns block result $"rank {rank} of {columns}"
                    // Adding the same rows again meets an R with vanishing diagonals.
                    expectFactor result columns block (apply result columns block) $"rank {rank} of {columns}, twice"
            }

            test "tiny and large numbers" {
                for scale in [ 1e-140; 1e-30; 1e30; 1e140 ] do
                    let columns = 20
                    let block = uniform (Random 37) scale (40 * columns)
                    let triangle = Array.zeroCreate<float>(columns * columns)
                    let result = apply triangle columns block |> Array.map (fun x -> x / scale)
                    expectFactor triangle columns (Array.map (fun x -> x / scale) block) result $"scale {scale}"

                let result = apply [| 1.0; 1.0; 0.0; 1.0 |] 2 [| 1e-200; 0.0 |]
                expectWithin triangleTolerance result [| 1.0; 1.0; 0.0; 1.0 |] "squares below the smallest number"
            }

            test "NaN does not disappear" {
                let columns = 20
                let block = uniform (Random 38) 1.0 (30 * columns)
                block[7 * columns + 3] <- nan
                let result = apply (Array.zeroCreate<float>(columns * columns)) columns block
                Expect.isTrue (Double.IsNaN result[3 * columns + 3]) "diagonal of its column"
                Expect.isFalse (Double.IsNaN result[2 * columns + 2]) "the column before"
            }

            test "the order of rows and the cut into blocks do not matter" {
                let random = Random 39
                let columns, rows = 21, 60
                let block = uniform random 1.0 (rows * columns)
                let empty = Array.zeroCreate<float>(columns * columns)
                let whole = apply empty columns block
                let rowsOf (matrix: float[]) = Array.chunkBySize columns matrix
                let shuffled = rowsOf block |> Array.sortBy (fun row -> row[4]) |> Array.concat
                expectWithin triangleTolerance (apply empty columns shuffled) whole "rows in another order"

                for cut in [ 1; 10; 30; 59 ] do
                    let first, second = Array.splitAt (cut * columns) block
                    let one, two = apply empty columns first, apply empty columns second
                    expectWithin triangleTolerance (apply one columns second) whole $"in two blocks, cut at {cut}"
                    expectWithin triangleTolerance (apply one columns two) whole $"merged triangles, cut at {cut}"
                    expectWithin triangleTolerance (apply two columns one) whole $"merged the other way, cut at {cut}"
            }

            test "same input, same bits; equal columns stay equal to the last bit" {
                let random = Random 40
                let columns, rows = 40, 50
                let block = uniform random 1.0 (rows * columns)
                let empty = Array.zeroCreate<float>(columns * columns)
                expectSameBits (apply empty columns block) (apply empty columns block) "twice"

                // Behind the first panel, columns with the same content get the same bits wherever they stand.
                for i in 0 .. block.Length - 1 do
                    if i % columns > width then
                        block[i] <- block[i / columns * columns + width]

                let result = apply empty columns block

                for i in 0 .. width - 1 do
                    let row = Array.sub result (i * columns + width) (columns - width)
                    expectSameBits row (Array.create row.Length row[0]) $"row {i}"
            }

            test "writes stay inside the spans; the lower part is neither read nor written" {
                let random = Random 41

                for columns in [ 0; 1; 3; width; width + 5; 40 ] do
                    for rows in [ 0; 1; 9; 33 ] do
                        let content =
                            Array.init (columns * columns) (fun i -> if i / columns > i % columns then nan else random.NextDouble())

                        let triangle = Slice.target 3 content
                        let block = Slice.target 2 (uniform random 1.0 (rows * columns))
                        let workspace = Slice.output 1 (HouseholderUpdate.WorkspaceLength(rows, columns))
                        HouseholderUpdate.Apply(triangle.Span, columns, block.Span, rows, workspace.Span)
                        let label = $"{rows} rows, {columns} columns"

                        for slice in [ triangle; block; workspace ] do
                            expectGuardsIntact sentinel slice label

                        triangle.Values
                        |> Array.iteri (fun i x -> Expect.equal (Double.IsNaN x) (i / columns > i % columns) $"{label}: element {i}")
            }

            test "wrong lengths and shared memory are refused" {
                let array (n: int) = Array.zeroCreate<float> n
                let enough = HouseholderUpdate.WorkspaceLength(5, 3)

                let run triangle block workspace () =
                    HouseholderUpdate.Apply(
                        Span<float>(triangle: float[]),
                        3,
                        Span<float>(block: float[]),
                        5,
                        Span<float>(workspace: float[])
                    )

                expectRefused [ 9; 8 ] (run (array 8) (array 15) (array enough)) "triangle"
                expectRefused [ 15; 14 ] (run (array 9) (array 14) (array enough)) "block"
                expectRefused [ enough; enough - 1 ] (run (array 9) (array 15) (array (enough - 1))) "workspace"
                let shared = array (enough + 15)

                expectRefused
                    [ 9 ]
                    (fun () -> HouseholderUpdate.Apply(Span<float>(shared, 0, 9), 3, Span<float>(shared, 5, 15), 5, array enough))
                    "overlap"
            }

            test "nothing is allocated" {
                let columns, rows = 37, 41
                let random = Random 42
                let block, source = Array.zeroCreate<float>(rows * columns), uniform random 1.0 (rows * columns)
                let triangle = Array.zeroCreate<float>(columns * columns)
                let workspace = Array.zeroCreate<float>(HouseholderUpdate.WorkspaceLength(rows, columns))

                let bytes =
                    allocated (fun () ->
                        Array.blit source 0 block 0 block.Length
                        HouseholderUpdate.Apply(triangle, columns, block, rows, workspace))

                Expect.equal bytes 0L "bytes"
            }
        ]

/// Two tiles, of which the second is narrower.
let private tiles =
    let columns, rows, width = HouseholderTile.Columns + 9, 21, HouseholderTile.Columns

    let cut (block: float[]) first width = Array.init (rows * width) (fun i -> block[i / width * columns + first + i % width])

    testList
        "HouseholderTile"
        [
            test "tiles give the bits of the whole, and writes stay inside the spans" {
                let random = Random 43
                let content, block = soundTriangle random columns, uniform random 1.0 (rows * columns)
                let triangle = Slice.target 3 content
                let first, second = Slice.target 2 (cut block 0 width), Slice.target 1 (cut block width 9)
                let reflectors = Slice.output 1 (HouseholderTile.ReflectorsLength rows)
                let workspace = Slice.output 3 HouseholderTile.WorkspaceLength
                HouseholderTile.Factor(triangle.Span, columns, 0, width, first.Span, rows, reflectors.Span, workspace.Span)
                HouseholderTile.Apply(triangle.Span, columns, 0, reflectors.Span, width, 9, second.Span, rows, workspace.Span)
                HouseholderTile.Factor(triangle.Span, columns, width, 9, second.Span, rows, reflectors.Span, workspace.Span)

                for slice in [ triangle; first; second; reflectors; workspace ] do
                    expectGuardsIntact sentinel slice "two tiles"

                expectSameBits triangle.Values (apply content columns block) "the triangle"
            }

            test "wrong lengths and places are refused" {
                let array (n: int) = Array.zeroCreate<float> n
                let enough, needed = HouseholderTile.ReflectorsLength rows, HouseholderTile.WorkspaceLength

                let factor (triangle: float[]) (tile: float[]) (reflectors: float[]) (workspace: float[]) () =
                    HouseholderTile.Factor(triangle, columns, width, 9, tile, rows, reflectors, workspace)

                let apply start () =
                    let triangle, tile = array (columns * columns), array (rows * 9)
                    HouseholderTile.Apply(triangle, columns, 0, array enough, start, 9, tile, rows, array needed)

                let triangle, tile = array (columns * columns), array (rows * 9)
                expectRefused [ triangle.Length; 9 ] (factor (array 9) tile (array enough) (array needed)) "triangle"
                expectRefused [ rows * 9; 8 ] (factor triangle (array 8) (array enough) (array needed)) "tile"
                expectRefused [ enough; enough - 1 ] (factor triangle tile (array (enough - 1)) (array needed)) "reflectors"
                expectRefused [ needed; needed - 1 ] (factor triangle tile (array enough) (array (needed - 1))) "workspace"
                expectRefused [ width; width - 1 ] (apply (width - 1)) "a tile that overlaps the factored one"
                expectRefused [ columns; columns + 1 ] (apply (width + 1)) "a tile beyond the triangle"
            }
        ]

[<Tests>]
let tests = testList "Kernels: triangles" [ updateTests; tiles ]
