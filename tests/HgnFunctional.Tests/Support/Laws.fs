module HgnFunctional.Tests.Support.Laws

open System
open Expecto
open FsCheck
open FsCheck.FSharp
open HgnFunctional
open HgnFunctional.Bodies
open HgnFunctional.Invariance
open HgnFunctional.Features
open HgnFunctional.Blocks
open HgnFunctional.Tests.Support.Generators

/// What is wrong, or nothing.
type Verdict = string option

let private factorVariable = "HGN_TEST_FACTOR"

/// How many times as many cases every property tries; 1 unless the environment says otherwise.
let private factor: Lazy<int> =
    lazy
        match Environment.GetEnvironmentVariable factorVariable with
        | null
        | "" -> 1
        | text ->
            match Int32.TryParse text with
            | true, factor when factor >= 1 -> factor
            | _ -> invalidOp $"{factorVariable} is {text}; expected a whole number from 1."

let private config (count: int) : FsCheckConfig =
    { FsCheckConfig.defaultConfig with
        maxTest = count * factor.Value
        arbitrary = [ typeof<Arbitraries> ]
    }

/// A property over drawn data, tried `count` times (times the factor of long runs).
let prop (count: int) (name: string) (law: 'a -> 'b) : Test = testPropertyWithConfig (config count) name law

/// A property that draws one case again. Paste the triple of a failure's "Focus on error" line: `prop 30 "name"` becomes
/// `replay (1UL, 2UL, Some 3) "name"`.
let replay (seed: uint64 * uint64 * int option) (name: string) (law: 'a -> 'b) : Test =
    testPropertyWithConfig { config 1 with replay = Some seed } name law

/// A verdict as a property with its text as label.
let judge (verdict: Verdict) : Property =
    match verdict with
    | None -> Prop.ofTestable true
    | Some text -> Prop.label text (Prop.ofTestable false)

/// Counts the cases of scenes that a property met.
let classified (scene: Scene) (property: Property) : Property =
    (property, Scene.cases) ||> List.fold (fun property (name, holds) -> Prop.classify (holds scene) name property)

/// The first thing wrong among named cases.
let firstFault (cases: (string * 'a) seq) (law: 'a -> Verdict) : Verdict =
    cases |> Seq.tryPick (fun (name, case) -> law case |> Option.map (fun text -> $"{name}: {text}"))

let private largest (values: float[]) : float = values |> Array.fold (fun size x -> max size (abs x)) 0.0

/// The first verdict that finds fault.
let orElse (next: unit -> Verdict) (verdict: Verdict) : Verdict = Option.orElseWith next verdict

/// Two arrays agree, relative to `scale` and to the largest entry of both.
let closeTo (what: string) (scale: float) (tolerance: float) (expected: float[]) (actual: float[]) : Verdict =
    if expected.Length <> actual.Length then
        Some $"{what} has length {actual.Length}; expected {expected.Length}"
    else
        let bound = tolerance * max scale (max (largest expected) (largest actual))

        Seq.zip expected actual
        |> Seq.tryFindIndex (fun (a, b) -> not (abs (a - b) <= bound))
        |> Option.map (fun k -> $"{what} at {k}: %.17g{actual[k]}; expected %.17g{expected[k]} within %.1e{bound}")

/// Two arrays agree relative to their largest entry, or to 1 if all are smaller.
let close (what: string) (tolerance: float) (expected: float[]) (actual: float[]) : Verdict = closeTo what 1.0 tolerance expected actual

/// Two arrays hold the same bits.
let identical (what: string) (expected: float[]) (actual: float[]) : Verdict =
    let bits = Array.map BitConverter.DoubleToInt64Bits

    if bits expected = bits actual then
        None
    else
        Some $"{what}: %A{actual}; expected %A{expected}"

/// Fails a plain test with the verdict's text.
let expectNone (verdict: Verdict) : unit = verdict |> Option.iter failtest

/// The value of a result; a plain test fails with the error's sentence.
let expectOk (result: Result<'a, 'error>) : 'a =
    match result with
    | Ok value -> value
    | Error error -> failtest (string (box error))

/// An error, whose case is all that is compared with `%A`.
let expectError (expected: 'error) (result: Result<'a, 'error>) : unit =
    match result with
    | Ok _ -> failtest $"succeeded; expected %A{expected}"
    | Error error -> Expect.equal $"%A{error}" $"%A{expected}" "the error"

/// What blocks give on scenes, as plain arrays.
[<RequireQualifiedAccess>]
module Probe =

    /// A block as one of energies.
    let energies (block: IBlock) : IEnergyBlock =
        match block with
        | :? IEnergyBlock as block -> block
        | other -> failtest $"{other.Kind} is no block of energies"

    let values (block: IEnergyBlock) (scene: Scene) : float[] =
        let structure = scene.Structure
        let positions = ReadOnlySpan<float> scene.Q
        let configuration = Configuration(structure, Structure.pairs structure positions, positions, ReadOnlySpan<float> scene.P)
        let values = Array.create block.Width nan
        block.ValuesInto(&configuration, Span<float> values)
        values

    let energy (block: IEnergyBlock) (readout: float[]) (scene: Scene) : float =
        let structure = scene.Structure
        let positions = ReadOnlySpan<float> scene.Q
        let configuration = Configuration(structure, Structure.pairs structure positions, positions, ReadOnlySpan<float> scene.P)
        block.Energy(&configuration, readout)

    /// Rows with respect to q and p, [N d x width] each. They are written with a wider stride, which must stay untouched.
    let rows (block: IBlock) (scene: Scene) : float[] * float[] =
        let structure = scene.Structure
        let positions = ReadOnlySpan<float> scene.Q
        let configuration = Configuration(structure, Structure.pairs structure positions, positions, ReadOnlySpan<float> scene.P)
        let stride = block.Width + 2
        let rowsQ, rowsP = Array.zeroCreate (scene.Q.Length * stride), Array.zeroCreate (scene.Q.Length * stride)
        block.RowsInto(&configuration, Span<float> rowsQ, Span<float> rowsP, stride)

        let pack (rows: float[]) = rows |> Array.indexed |> Array.filter (fun (k, _) -> k % stride < block.Width) |> Array.map snd

        let beyond = Seq.append rowsQ rowsP |> Seq.indexed |> Seq.filter (fun (k, _) -> k % stride >= block.Width)

        if beyond |> Seq.exists (fun (_, x) -> x <> 0.0) then
            failtest "rows were written beyond the block's width"

        pack rowsQ, pack rowsP

    /// The forces of a block of forces.
    let forces (block: IForceBlock) (readout: float[]) (scene: Scene) : float[] =
        let structure = scene.Structure
        let positions = ReadOnlySpan<float> scene.Q
        let configuration = Configuration(structure, Structure.pairs structure positions, positions, ReadOnlySpan<float> scene.P)
        let forces = Array.zeroCreate scene.Q.Length
        block.ForceInto(&configuration, readout, Span<float> forces)
        forces

    /// The gradients with respect to q and p.
    let pullback (block: IEnergyBlock) (readout: float[]) (scene: Scene) : float[] * float[] =
        let structure = scene.Structure
        let positions = ReadOnlySpan<float> scene.Q
        let configuration = Configuration(structure, Structure.pairs structure positions, positions, ReadOnlySpan<float> scene.P)
        let gradientQ, gradientP = Array.zeroCreate scene.Q.Length, Array.zeroCreate scene.P.Length
        block.PullbackInto(&configuration, readout, Span<float> gradientQ, Span<float> gradientP)
        gradientQ, gradientP

    /// The derivatives by the strain [d d].
    let strain (block: IEnergyBlock) (readout: float[]) (scene: Scene) : float[] =
        let structure = scene.Structure
        let positions = ReadOnlySpan<float> scene.Q
        let configuration = Configuration(structure, Structure.pairs structure positions, positions, ReadOnlySpan<float> scene.P)
        let strain = Array.zeroCreate (scene.Dimension * scene.Dimension)
        block.StrainInto(&configuration, readout, Span<float> strain)
        strain

    /// Rows of the strain [d d x width], written with a wider stride.
    let strainRows (block: IEnergyBlock) (scene: Scene) : float[] =
        let structure = scene.Structure
        let positions = ReadOnlySpan<float> scene.Q
        let configuration = Configuration(structure, Structure.pairs structure positions, positions, ReadOnlySpan<float> scene.P)
        let stride = block.Width + 2
        let rows = Array.zeroCreate (scene.Dimension * scene.Dimension * stride)
        block.StrainRowsInto(&configuration, Span<float> rows, stride)
        rows |> Array.chunkBySize stride |> Array.collect (Array.truncate block.Width)

/// Space with a strain: axis a of every vector gets so much of its axis b added, a <= b where a cell is to stay one.
[<RequireQualifiedAccess>]
module Strained =

    /// Vectors [n x d].
    let vectors (dimension: int) (a: int) (b: int) (size: float) (vectors: float[]) : float[] =
        vectors |> Array.mapi (fun t x -> if t % dimension = a then x + size * vectors[t - a + b] else x)

    /// Periods and tilts of a cell.
    let cell (a: int) (b: int) (size: float) (periods: float[], tilts: float[]) : float[] * float[] =
        let d = periods.Length
        let lattice = Array.zeroCreate<float>(d * d)

        for vector in 0 .. d - 1 do
            lattice[vector * d + vector] <- periods[vector]

            for axis in 0 .. vector - 1 do
                if tilts.Length > 0 then
                    lattice[vector * d + axis] <- tilts[vector * (vector - 1) / 2 + axis]

        let strained = vectors d a b size lattice

        Array.init d (fun axis -> strained[axis * d + axis]),
        [|
            for vector in 1 .. d - 1 do
                for axis in 0 .. vector - 1 -> strained[vector * d + axis]
        |]

    /// Bodies and cell of a scene.
    let scene (a: int) (b: int) (size: float) (scene: Scene) : Scene =
        let periods, tilts = cell a b size (Array.ofList scene.Periods, Array.ofList scene.Tilts)

        { scene with
            Q = vectors scene.Dimension a b size scene.Q
            Periods = List.ofArray periods
            Tilts = if Array.forall ((=) 0.0) tilts then [] else List.ofArray tilts
        }

/// Nine-point derivative at 0 of an array-valued function of one number: truncation is of the eighth order in the step.
let ninePoint (step: float) (f: float -> float[]) : float[] =
    [ 1.0, 4.0 / 5.0; 2.0, -1.0 / 5.0; 3.0, 4.0 / 105.0; 4.0, -1.0 / 280.0 ]
    |> List.map (fun (place, weight) ->
        Array.map2 (fun above below -> weight * (above - below) / step) (f (place * step)) (f (-place * step)))
    |> List.reduce (Array.map2 (+))

/// Five-point derivative of an array-valued function along one coordinate.
let derivative (step: float) (f: float[] -> float[]) (x: float[]) (index: int) : float[] =
    let at offset = f (x |> Array.mapi (fun k value -> if k = index then value + offset * step else value))
    let far = Array.map2 (-) (at 2.0) (at -2.0)
    let near = Array.map2 (-) (at 1.0) (at -1.0)
    Array.map2 (fun near far -> (8.0 * near - far) / (12.0 * step)) near far

/// What a function does to a value under a word is what the word does to the function's value.
let equivariant (tolerance: float) (gradient: Scene -> float[] * float[]) (word: Word) (scene: Scene) : Verdict =
    let allowed = Word.allowed scene word
    let ofQ, ofP = gradient scene
    let movedQ, movedP = gradient (Word.apply word scene)
    let turn = Word.vectors scene.Dimension allowed

    close "dH/dq" tolerance (turn ofQ) movedQ |> orElse (fun () -> close "dH/dp" tolerance (turn ofP) movedP)

/// The value is the same after a word.
let invariant (tolerance: float) (value: Scene -> float[]) (word: Word) (scene: Scene) : Verdict =
    close "the value" tolerance (value scene) (value (Word.apply word scene))

let private far = 128.0

/// Two scenes as one, with no interaction between them: the second stands far from the first.
let together (first: Scene) (second: Scene) : Scene =
    let shifted = Word.points second.Dimension (Word [ Shift(0, far) ]) second.Q

    { first with
        Masses = first.Masses @ second.Masses
        Edges = first.Edges @ (second.Edges |> List.map (fun (a, b) -> a + first.Bodies, b + first.Bodies))
        Q = Array.append first.Q shifted
        P = Array.append first.P second.P
    }

/// Two far-apart systems add: values sum, gradients stand side by side.
let additive (tolerance: float) (value: Scene -> float[]) (gradient: Scene -> float[] * float[]) (first: Scene) (second: Scene) : Verdict =
    let both = together first second
    let (firstQ, firstP), (secondQ, secondP), (bothQ, bothP) = gradient first, gradient second, gradient both

    close "the value" tolerance (Array.map2 (+) (value first) (value second)) (value both)
    |> orElse (fun () -> close "dH/dq" tolerance (Array.append firstQ secondQ) bothQ)
    |> orElse (fun () -> close "dH/dp" tolerance (Array.append firstP secondP) bothP)
