/// What the kernel tests share: slices with guard values around them, comparison of bits, allocation counts.
module HgnFunctional.Tests.Kernels.Support

open System
open System.Numerics
open Expecto

/// Lanes of a vector of doubles in this process.
let lanes = Vector<float>.Count

/// The lengths that reach every remainder: 0 .. 4 lanes + 3.
let awkwardLengths = [ 0 .. 4 * lanes + 3 ]

/// Offsets of slices, so that they start on every alignment.
let offsets = [ 0 .. lanes - 1 ]

/// A value that no kernel computes, put around outputs to find stray writes.
let sentinel = -123456.789e77

let private margin = 2 * lanes + 1

/// A slice of an array with guard values on both sides.
type Slice =
    {
        Memory: float[]
        Offset: int
        Length: int
    }

    member slice.Span = Span<float>(slice.Memory, slice.Offset, slice.Length)
    member slice.ReadOnly = ReadOnlySpan<float>(slice.Memory, slice.Offset, slice.Length)
    member slice.Values = Array.sub slice.Memory slice.Offset slice.Length

module Slice =
    let private surrounded (guard: float) (offset: int) (values: float[]) : Slice =
        let memory = Array.create (offset + values.Length + margin) guard
        Array.blit values 0 memory offset values.Length

        { Memory = memory; Offset = offset; Length = values.Length }

    /// An input: NaN around it shows up in any result that reads too far.
    let input (offset: int) (values: float[]) : Slice = surrounded nan offset values

    /// An output to add to, with sentinels around it.
    let target (offset: int) (values: float[]) : Slice = surrounded sentinel offset values

    /// An output to overwrite: sentinels inside and around it.
    let output (offset: int) (length: int) : Slice = target offset (Array.create length sentinel)

let bits (x: float) : int64 = BitConverter.DoubleToInt64Bits x

/// Same bits, so that NaN equals itself and 0 differs from -0.
let expectSameBits (actual: float[]) (expected: float[]) (message: string) : unit =
    Expect.equal (Array.map bits actual) (Array.map bits expected) message

/// No element of the memory around the slice was written.
let expectGuardsIntact (guard: float) (slice: Slice) (message: string) : unit =
    slice.Memory
    |> Array.iteri (fun i x ->
        if (i < slice.Offset || i >= slice.Offset + slice.Length) && bits x <> bits guard then
            failtest $"{message}: stray write of %g{x} at %d{i - slice.Offset} of a slice of length %d{slice.Length}")

/// Largest error of two arrays, relative to 1 or the expected value, whichever is larger; NaN only where NaN is expected.
let mixedError (actual: float[]) (expected: float[]) : float =
    Expect.equal actual.Length expected.Length "lengths"

    Array.fold2
        (fun worst a e ->
            if Double.IsNaN e && Double.IsNaN a then worst
            elif Double.IsNaN e || Double.IsNaN a then infinity
            elif a = e then worst
            else max worst (abs (a - e) / max 1.0 (abs e)))
        0.0
        actual
        expected

let expectWithin (tolerance: float) (actual: float[]) (expected: float[]) (message: string) : unit =
    Expect.isLessThanOrEqual (mixedError actual expected) tolerance message

/// Numbers uniform in [-range, range).
let uniform (random: Random) (range: float) (count: int) : float[] = Array.init count (fun _ -> (2.0 * random.NextDouble() - 1.0) * range)

/// The bytes that the second call of an action allocates on this thread.
let allocated (action: unit -> unit) : int64 =
    action ()
    let before = GC.GetAllocatedBytesForCurrentThread()
    action ()
    GC.GetAllocatedBytesForCurrentThread() - before

/// The action refuses its arguments, and the message names the sizes.
let expectRefused (sizes: int list) (action: unit -> unit) (message: string) : unit =
    try
        action ()
        failtest $"{message}: accepted"
    with :? ArgumentException as e ->
        for size in sizes do
            Expect.stringContains e.Message (string size) message
