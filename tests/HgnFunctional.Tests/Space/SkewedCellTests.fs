/// Cells with tilted vectors: one lattice, whatever vectors name it, and images as if all were tried.
module HgnFunctional.Tests.Space.SkewedCellTests

open System
open Expecto
open FsCheck.FSharp
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Features
open HgnFunctional.Systems
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Laws

/// A cell in 2 or 3 dimensions with tilts of up to three periods, and differences of positions of up to some boxes.
let private lattice (seed: uint16) : float[] * float[] * Random =
    let random = Rng.stream (int seed) "lattice"
    let dimension = 2 + random.Next 2
    let periods = Rng.uniforms dimension 2.0 6.0 random
    periods, Rng.uniforms (dimension * (dimension - 1) / 2) -18.0 18.0 random, random

let private length (vector: float[]) : float = sqrt (Array.sumBy (fun x -> x * x) vector)

let private nearest (cell: Cell) (difference: float[]) : float[] =
    let image = Array.copy difference
    cell.ToNearest(Span<float> image)
    image

/// Vectors of the same lattice: each with some of those before it added.
let private otherBasis (periods: float[]) (tilts: float[]) (random: Random) : float[] =
    let tilts = Array.copy tilts
    let dimension = periods.Length

    for vector in dimension - 1 .. -1 .. 1 do
        for added in 0 .. vector - 1 do
            let times = float (random.Next(-2, 3))
            let row vector axis = vector * (vector - 1) / 2 + axis
            tilts[row vector added] <- tilts[row vector added] + times * periods[added]

            for axis in 0 .. added - 1 do
                tilts[row vector axis] <- tilts[row vector axis] + times * tilts[row added axis]

    tilts

/// A liquid in a cell: bodies on a skewed grid, moved somewhat.
let private liquid (periods: float[]) (tilts: float[]) (random: Random) : float[] =
    let dimension = periods.Length
    let perAxis = 3
    let bodies = pown perAxis dimension

    Array.init bodies (fun body ->
        let part axis = (float (body / pown perAxis axis % perAxis) + 0.15 * (random.NextDouble() - 0.5)) / float perAxis
        let parts = Array.init dimension part

        Array.init dimension (fun axis ->
            let own = parts[axis] * periods[axis]
            own + Seq.sum [ for vector in axis + 1 .. dimension - 1 -> parts[vector] * tilts[vector * (vector - 1) / 2 + axis] ]))
    |> Array.concat

let private forcesOf (cell: Cell) (cutoff: float) (positions: float[]) : float * float[] =
    let bodies = positions.Length / cell.Dimension
    let structure = Structure.create cell (Relations.within cutoff) (Array.create bodies 1.0)
    let system = PairSystem(structure, PairPotential.lennardJones 1.0 1.0 cutoff)
    let state = PhaseState.create bodies cell.Dimension positions (Array.zeroCreate positions.Length)
    Hamiltonian.value system state, Hamiltonian.timeDerivative system state |> snd

/// Energy and forces of all pairs, with all images of a lattice that lie within a few vectors.
let private bruteForces (periods: float[]) (tilts: float[]) (cutoff: float) (positions: float[]) : float * float[] =
    let dimension = periods.Length
    let potential = PairPotential.lennardJones 1.0 1.0 cutoff
    let bodies = positions.Length / dimension
    let forces = Array.zeroCreate<float> positions.Length
    let mutable energy = 0.0

    let images =
        (List.init dimension (fun _ -> [ -8.0 .. 8.0 ]), [ [] ])
        ||> List.foldBack (fun turns rest ->
            [
                for turn in turns do
                    for tail in rest -> turn :: tail
            ])
        |> List.map (fun turns ->
            let turns = Array.ofList turns

            Array.init dimension (fun axis ->
                turns[axis] * periods[axis]
                + Seq.sum [ for vector in axis + 1 .. dimension - 1 -> turns[vector] * tilts[vector * (vector - 1) / 2 + axis] ]))
        |> Array.ofList

    for a in 0 .. bodies - 1 do
        for b in a + 1 .. bodies - 1 do
            let direct = Array.init dimension (fun axis -> positions[a * dimension + axis] - positions[b * dimension + axis])

            for image in images do
                let between = Array.map2 (+) direct image
                let r = length between

                if r < cutoff then
                    energy <- energy + potential.Energy r

                    between
                    |> Array.iteri (fun axis x ->
                        let force = -potential.Slope r * x / r
                        forces[a * dimension + axis] <- forces[a * dimension + axis] + force
                        forces[b * dimension + axis] <- forces[b * dimension + axis] - force)

    energy, forces

let private laws =
    [
        prop 300 "up to the largest cutoff the image found is the nearest, for any tilt" (fun (seed: uint16) ->
            let periods, tilts, random = lattice seed
            let cell = Cell.skewed periods tilts
            let difference = Rng.uniforms periods.Length -20.0 20.0 random
            let found = length (nearest cell difference)
            let least = nearestDistance periods tilts difference
            let isWithin = least < cell.LargestCutoff

            (not isWithin || abs (found - least) < 1e-12)
            |> Prop.label $"{found}; expected {least}"
            |> Prop.classify isWithin "within the largest cutoff")

        prop 200 "other vectors of the same lattice give the same images" (fun (seed: uint16) ->
            let periods, tilts, random = lattice seed
            let one, other = Cell.skewed periods tilts, Cell.skewed periods (otherBasis periods tilts random)
            let difference = Rng.uniforms periods.Length -20.0 20.0 random

            [
                closeTo "tilts" 18.0 1e-13 (one.Tilts.ToArray()) (other.Tilts.ToArray())
                closeTo "images" 20.0 1e-13 (nearest one difference) (nearest other difference)
            ]
            |> List.iter expectNone)

        prop 20 "other vectors of the same lattice give the same energies and forces" (fun (seed: uint16) ->
            let random = Rng.stream (int seed) "basis"
            let periods = Array.init (2 + random.Next 2) (fun _ -> 3.3)
            let tilts = Rng.uniforms (periods.Length * (periods.Length - 1) / 2) -1.65 1.65 random
            let positions = liquid periods tilts random
            let energy, forces = forcesOf (Cell.skewed periods tilts) 1.6 positions
            let energy', forces' = forcesOf (Cell.skewed periods (otherBasis periods tilts random)) 1.6 positions
            let scale = Array.max (Array.map abs forces)
            closeTo "energy" (abs energy) 1e-12 [| energy |] [| energy' |] |> expectNone
            closeTo "forces" scale 1e-12 forces forces' |> expectNone)

        prop 15 "energies and forces are those of all images, tried one by one" (fun (seed: uint16) ->
            let random = Rng.stream (int seed) "images"
            let periods = Array.init (2 + random.Next 2) (fun _ -> 3.3 + 0.2 * random.NextDouble())
            let tilts = Rng.uniforms (periods.Length * (periods.Length - 1) / 2) -5.0 5.0 random
            let positions = liquid periods tilts random
            let energy, forces = forcesOf (Cell.skewed periods tilts) 1.6 positions
            let energy', forces' = bruteForces periods tilts 1.6 positions
            let scale = Array.max (Array.map abs forces')
            closeTo "energy" (abs energy') 1e-12 [| energy' |] [| energy |] |> expectNone
            closeTo "forces" scale 1e-12 forces' forces |> expectNone)
    ]

let private creation =
    let expectError expected result =
        match result with
        | Ok _ -> failtest "was accepted"
        | Error(error: CellError) -> Expect.equal error expected "why"

    [
        testCase "tilts beyond half a period lose whole vectors; no tilt is a rectangular box" (fun () ->
            let tilts (periods: float list) (tilts: float list) = (Cell.skewed periods tilts).Tilts.ToArray()
            Expect.equal (tilts [ 4.0; 3.0; 2.0 ] [ 1.0; -1.5; 0.5 ]) [| 1.0; -1.5; 0.5 |] "short ones stay"
            Expect.equal (tilts [ 4.0; 3.0 ] [ 5.0 ]) [| 1.0 |] "a period less"
            Expect.equal (tilts [ 4.0; 3.0; 2.0 ] [ 1.0; 0.0; 3.0 ]) [| 1.0; -1.0; 0.0 |] "the second vector less, tilt and all"
            Expect.equal (tilts [ 4.0; 3.0 ] [ 0.0 ]) [||] "no tilt"
            Expect.equal (tilts [ 4.0; 3.0 ] [ -8.0 ]) [||] "whole periods are no tilt"
            Expect.equal (tilts [ 0.0; 3.0 ] [ 8.0 ]) [| 8.0 |] "along an open axis there is nothing to take off"
            Expect.equal (string (Cell.skewed [ 4.0; 3.0 ] [ 1.0 ])) "Cell 4 x 3, tilted by xy 1" "in one line")

        testCase "cells are refused whose tilts are too few, not finite, or belong to an open axis" (fun () ->
            Cell.trySkewed [ 4.0; 3.0; 2.0 ] [ 1.0 ] |> expectError (WrongTilts(3, 1))
            Cell.trySkewed [ 4.0; 0.0 ] [ 1.0 ] |> expectError (TiltOfOpenAxis(1, 0, 1.0))
            Cell.trySkewed [ 4.0; 3.0; 2.0 ] [ 1.0; 0.0; infinity ] |> expectError (BadTilt(2, 1, infinity))
            Cell.trySkewed [ 1e-300; 3.0 ] [ 1e300 ] |> expectError (BadTilt(1, 0, 1e300))
            Cell.trySkewed [ 4.0; -3.0 ] [ 1.0 ] |> expectError (BadPeriod(1, -3.0))
            Expect.throwsT<ArgumentException> (fun () -> Cell.skewed [ 4.0; 0.0 ] [ 1.0 ] |> ignore) "skewed throws")

        testCase "up to half the shortest period nearest images are unique, and longer cutoffs meet more" (fun () ->
            let cell = Cell.skewed [ 4.0; 3.0 ] [ 1.5 ]
            Expect.equal cell.LargestCutoff 1.5 "half"

            match Structure.tryCreate cell (Relations.within 1.6) (ReadOnlySpan<float> [| 1.0 |]) with
            | Ok structure ->
                let pairs = Structure.pairs structure (ReadOnlySpan<float> [| 0.0; 0.0 |])
                Expect.equal pairs.Within.Count 0 "no image within 1.6"
            | Error error -> failtest $"{error}"

            match Structure.tryCreate cell (Relations.within 3.6) (ReadOnlySpan<float> [| 1.0 |]) with
            | Ok structure ->
                let pairs = Structure.pairs structure (ReadOnlySpan<float> [| 0.0; 0.0 |])
                // Half of the images at (1.5, 3), (-2.5, 3), (4, 0) and their opposites that are nearer.
                Expect.equal pairs.Within.Count 1 "its own images at distance 3.35; those at 3.9 and 4 are too far"
            | Error error -> failtest $"{error}"

            match Structure.tryCreate cell (Relations.within 1e6) (ReadOnlySpan<float> [| 1.0 |]) with
            | Error(TooManyImages(1e6, _)) -> ()
            | _ -> failtest "a cutoff of far too many images")
    ]

[<Tests>]
let tests = testList "Skewed cells" [ testList "laws" laws; testList "creation" creation ]
