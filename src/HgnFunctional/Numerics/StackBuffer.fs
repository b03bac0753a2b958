namespace HgnFunctional.Numerics

#nowarn "9" // Stack allocation is unverifiable IL; it is confined to this file.

open System
open FSharp.NativeInterop

/// Scratch of a fixed small size, on the stack of the caller.
module internal StackBuffer =

    /// `count` floats, which live until the calling function returns; their contents are undefined. Count must be a small
    /// constant and the call must not stand in a loop.
    let inline floats (count: int) : Span<float> =
        let memory = NativePtr.stackalloc<float> count
        Span<float>(NativePtr.toVoidPtr memory, count)

    /// As `floats`, of whole numbers.
    let inline ints (count: int) : Span<int> =
        let memory = NativePtr.stackalloc<int> count
        Span<int>(NativePtr.toVoidPtr memory, count)
