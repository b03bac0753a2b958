module HgnFunctional.Tests.Kernels.RowBlockTests

open System
open Expecto
open HgnFunctional.Kernels
open HgnFunctional.Tests.Kernels.Support

/// Sums of at most 70 products of numbers below 1.
let private productTolerance = 1e-13

/// Column counts that reach the wide tile, the single vector and the single column, with and without columns before.
let private blockShapes =
    [
        for trailing in 0 .. 4 * lanes + 3 do
            for first in [ 0; 1; lanes ] do
                for rows in [ 0; 1; 3; 4; 5; 8; 11 ] do
                    for panelColumns in [ 0; 4; 12 ] do
                        rows, panelColumns, first, first + trailing
    ]

let private rowBlockTests =
    testList
        "row block products"
        [
            test "transpose multiply equals the scalar loop and stays inside its slice" {
                let random = Random 51

                for rows, panelColumns, first, stride in blockShapes do
                    let panelStride = rows + 2
                    let trailing = stride - first
                    let v, a = uniform random 1.0 (panelStride * panelColumns), uniform random 1.0 (rows * stride)
                    let panel, block = Slice.input 1 v, Slice.input 3 a
                    let product = Slice.output 2 (panelColumns * trailing)
                    let expected = Array.zeroCreate<float>(panelColumns * trailing)
                    let label = $"{rows} rows, {panelColumns} panel columns, columns {first}..{stride}"
                    RowBlock.TransposeMultiply(panel.ReadOnly, panelStride, rows, panelColumns, block.ReadOnly, stride, first, product.Span)
                    ScalarReference.TransposeMultiply(v, panelStride, rows, panelColumns, a, stride, first, expected)
                    expectWithin productTolerance product.Values expected label
                    expectSameBits panel.Values v label
                    expectSameBits block.Values a label
                    expectGuardsIntact sentinel product label
            }

            test "subtract product equals the scalar loop and changes only the trailing columns" {
                let random = Random 52

                for rows, panelColumns, first, stride in blockShapes do
                    let panelStride = rows + 2
                    let trailing = stride - first
                    let v, w = uniform random 1.0 (panelStride * panelColumns), uniform random 1.0 (panelColumns * trailing)
                    let a = uniform random 1.0 (rows * stride)
                    let panel, factor, block = Slice.input 1 v, Slice.input 3 w, Slice.target 2 a
                    let expected = Array.copy a
                    let label = $"{rows} rows, {panelColumns} panel columns, columns {first}..{stride}"
                    RowBlock.SubtractProduct(panel.ReadOnly, panelStride, rows, panelColumns, factor.ReadOnly, block.Span, stride, first)
                    ScalarReference.SubtractProduct(v, panelStride, rows, panelColumns, w, expected, stride, first)
                    expectWithin productTolerance block.Values expected label
                    expectSameBits panel.Values v label
                    expectSameBits factor.Values w label
                    expectGuardsIntact sentinel block label

                    block.Values
                    |> Array.iteri (fun i x ->
                        if i % stride < first then
                            Expect.equal (bits x) (bits a[i]) $"{label}: column before the first")
            }

            test "a column's bits do not depend on its place, a row's on its tile" {
                let random = Random 53
                let rows, panelColumns = 11, 8

                for stride in 1 .. 4 * lanes + 3 do
                    let v, column = uniform random 1.0 (rows * panelColumns), uniform random 1.0 rows
                    let a = Array.init (rows * stride) (fun i -> column[i / stride])
                    let product = Array.zeroCreate<float>(panelColumns * stride)
                    RowBlock.TransposeMultiply(v, rows, rows, panelColumns, a, stride, 0, product)
                    let label = $"{stride} columns"

                    for row in Array.chunkBySize stride product do
                        expectSameBits row (Array.create stride row[0]) label

                    // All rows and columns alike: every element of the difference is the same.
                    let same = Array.init (rows * panelColumns) (fun i -> v[i / rows * rows])
                    let block = Array.create (rows * stride) 0.3
                    RowBlock.SubtractProduct(same, rows, rows, panelColumns, product, block, stride, 0)
                    expectSameBits block (Array.create block.Length block[0]) label
            }

            test "wrong sizes and shared memory are refused" {
                let array (n: int) = Array.zeroCreate<float> n
                expectRefused [ 0; 3 ] (fun () -> RowBlock.TransposeMultiply(array 6, 2, 2, 3, array 10, 5, 0, array 15)) "panel columns"
                expectRefused [ 3; 2 ] (fun () -> RowBlock.TransposeMultiply(array 8, 2, 3, 4, array 15, 5, 0, array 20)) "panel stride"
                expectRefused [ 8; 7 ] (fun () -> RowBlock.TransposeMultiply(array 7, 2, 2, 4, array 10, 5, 0, array 20)) "panel"
                expectRefused [ 10; 9 ] (fun () -> RowBlock.SubtractProduct(array 8, 2, 2, 4, array 20, array 9, 5, 0)) "block"
                expectRefused [ 20; 19 ] (fun () -> RowBlock.SubtractProduct(array 8, 2, 2, 4, array 19, array 10, 5, 0)) "factor"
                let shared = array 20
                expectRefused [ 20 ] (fun () -> RowBlock.TransposeMultiply(array 8, 2, 2, 4, shared, 5, 0, shared)) "overlap"
            }
        ]

[<Tests>]
let tests = testList "Kernels: row blocks" [ rowBlockTests ]
