/// Cells narrower than the cutoff, where two bodies are several pairs and a body meets images of itself.
module HgnFunctional.Tests.Space.NarrowCellTests

open System
open Expecto
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Invariance
open HgnFunctional.Features
open HgnFunctional.Blocks
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Laws

/// A few bodies in a narrow cell, some bonded, of two species.
[<NoEquality; NoComparison>]
type private Narrow =
    {
        Periods: float[]
        Tilts: float[]
        Bodies: int
        Positions: float[]
        Bonds: (int * int) list
        Cutoff: float
    }

    member narrow.Dimension: int = narrow.Periods.Length

let private copies = 5

/// How far the vectors of a lattice reach, some turns of each added up.
let private shiftOf (periods: float[]) (tilts: float[]) (turns: int[]) : float[] =
    Array.init periods.Length (fun axis ->
        let ofVector vector =
            if vector = axis then
                periods[axis]
            elif vector > axis && tilts.Length > 0 then
                tilts[vector * (vector - 1) / 2 + axis]
            else
                0.0

        Seq.sum (seq { for vector in 0 .. periods.Length - 1 -> float turns[vector] * ofVector vector }))

let private narrow (seed: int) (isBonded: bool) : Narrow =
    let random = Rng.stream seed "narrow cell"
    let dimension = 1 + random.Next 3
    let periods = Array.init dimension (fun _ -> 1.6 + 0.8 * random.NextDouble())

    let tilts =
        if random.Next 2 = 0 then
            [||]
        else
            // As the cell itself would have them, so that the copies are those of the same lattice.
            let given = Rng.uniforms (dimension * (dimension - 1) / 2) -0.5 0.5 random |> Array.map (fun t -> 1.6 * t)
            (Cell.skewed periods given).Tilts.ToArray()

    let bodies = 3 + random.Next 2

    // A chain that winds through the cell, so that paths along it and nearest images part.
    let step () =
        let direction = Rng.normals dimension random |> Array.mapi (fun axis x -> if axis = 0 then 1.0 + abs x else x)
        let length = sqrt (Array.sumBy (fun x -> x * x) direction)
        direction |> Array.map (fun x -> 0.7 * x / length)

    let places =
        Array.init bodies (fun _ -> step ())
        |> Array.scan (Array.map2 (+)) (Array.zeroCreate dimension)
        |> Array.truncate bodies

    {
        Periods = periods
        Tilts = tilts
        Bodies = bodies
        Positions = Array.concat places
        Bonds = if isBonded then List.pairwise [ 0 .. bodies - 1 ] else []
        Cutoff = 1.2 + 2.4 * random.NextDouble()
    }

let private species (body: int) : string = if body % 2 = 0 then "A" else "B"

let private structureOf (narrow: Narrow) : Structure =
    let bonds = narrow.Bonds |> List.map (fun (a, b) -> struct (a, b, "")) |> Bonds.tryCreate narrow.Bodies |> expectOk

    let relations =
        {
            Bonds = if narrow.Bonds.IsEmpty then None else Some bonds
            Angles = if narrow.Bonds.IsEmpty then None else Some(Angles.ofBonds bonds)
            Reach = Some(Reach.within narrow.Cutoff)
        }

    Structure.create (Cell.skewed narrow.Periods narrow.Tilts) Relations.none (Array.init narrow.Bodies (fun body -> 1.0 + float body))
    |> Structure.withSpecies (List.init narrow.Bodies species)
    |> Structure.withAttribute AttributeName.Charge (Array.init narrow.Bodies (fun body -> float body - 1.5))
    |> Structure.withRelations relations

/// The same crystal as a cell of 5 x 5 x 5 copies, of which nearest images are enough.
let private repeated (narrow: Narrow) : Structure * float[] =
    let d = narrow.Dimension
    let cells = pown copies d
    let turnsOf cell = Array.init d (fun axis -> cell / pown copies axis % copies)
    let bodies = cells * narrow.Bodies

    let positions =
        [|
            for cell in 0 .. cells - 1 do
                let shift = shiftOf narrow.Periods narrow.Tilts (turnsOf cell)

                for body in 0 .. narrow.Bodies - 1 do
                    for axis in 0 .. d - 1 -> narrow.Positions[body * d + axis] + shift[axis]
        |]

    // Bonds join nearest images: each copy finds the copies of the neighbours that lie there.
    let bondsOf (a: int, b: int) =
        let difference = Array.init d (fun axis -> narrow.Positions[a * d + axis] - narrow.Positions[b * d + axis])
        let turns = Array.zeroCreate<int> d
        let mutable nearest = infinity

        for k in 0 .. pown 5 d - 1 do
            let tried = Array.init d (fun axis -> k / pown 5 axis % 5 - 2)
            let shift = shiftOf narrow.Periods narrow.Tilts tried
            let length = Array.map2 (-) difference shift |> Array.sumBy (fun x -> x * x)

            if length < nearest then
                nearest <- length
                Array.blit tried 0 turns 0 d

        [
            for here in 0 .. cells - 1 do
                let at = turnsOf here
                // a here meets b some turns further on.
                let there = Seq.sum (seq { for axis in 0 .. d - 1 -> ((at[axis] + turns[axis] + copies) % copies) * pown copies axis })
                struct (here * narrow.Bodies + a, there * narrow.Bodies + b, "")
        ]

    let bonds = narrow.Bonds |> List.collect bondsOf |> Bonds.tryCreate bodies |> expectOk

    let relations =
        {
            Bonds = if narrow.Bonds.IsEmpty then None else Some bonds
            Angles = if narrow.Bonds.IsEmpty then None else Some(Angles.ofBonds bonds)
            Reach = Some(Reach.within narrow.Cutoff)
        }

    let structure =
        Structure.create
            (Cell.skewed
                (Array.map (fun period -> float copies * period) narrow.Periods)
                (Array.map (fun t -> float copies * t) narrow.Tilts))
            Relations.none
            (Array.init bodies (fun body -> 1.0 + float (body % narrow.Bodies)))
        |> Structure.withSpecies (List.init bodies (fun body -> species (body % narrow.Bodies)))
        |> Structure.withAttribute AttributeName.Charge (Array.init bodies (fun body -> float (body % narrow.Bodies) - 1.5))
        |> Structure.withRelations relations

    structure, positions

/// Blocks of every kind that looks at pairs, for all kinds of a structure.
let private blocksOn (structure: Structure) : IEnergyBlock list =
    let inputs = { Low = [| 0.4 |]; High = [| 3.6 |]; Points = [| 0.5; 3.0 |]; Outputs = [||] }

    let angles =
        {
            Low = [| -1.0; 0.4; 0.4 |]
            High = [| 1.0; 2.0; 2.0 |]
            Points = [| 0.1; 0.7; 0.9 |]
            Outputs = [||]
        }

    [
        for recipe in Blocks.isolated do
            for kind in recipe.Kinds structure do
                let sample = if recipe.Kind = "angle" then angles else inputs

                let options =
                    {
                        Radial = Radial.distance
                        Angular = Angular.cosine
                        Cutoff = Cutoff.quartic
                        CutoffRadius = structure.CutoffOf kind
                        Kind = kind
                    }

                recipe.Create options (BlockMakers.sampleOf sample) (BlockMakers.drawWith Sampler.elm Activation.tanh 4)
                |> Probe.energies
    ]

let private momentaOf (positions: float[]) : float[] = Array.create positions.Length 0.3

let private valuesOf (structure: Structure) (positions: float[]) (block: IEnergyBlock) : float[] =
    let momenta = momentaOf positions
    let pairs = Structure.pairs structure (ReadOnlySpan<float> positions)
    let configuration = Configuration(structure, pairs, ReadOnlySpan<float> positions, ReadOnlySpan<float> momenta)
    let values = Array.zeroCreate block.Width
    block.ValuesInto(&configuration, Span<float> values)
    values

let private readoutOf (block: IEnergyBlock) : float[] = Rng.normals block.Width (Rng.stream 3 "narrow readout")

let private gradientOf (structure: Structure) (positions: float[]) (block: IEnergyBlock) : float[] =
    let momenta = momentaOf positions
    let pairs = Structure.pairs structure (ReadOnlySpan<float> positions)
    let configuration = Configuration(structure, pairs, ReadOnlySpan<float> positions, ReadOnlySpan<float> momenta)
    let ofQ, ofP = Array.zeroCreate positions.Length, Array.zeroCreate positions.Length
    block.PullbackInto(&configuration, readoutOf block, Span<float> ofQ, Span<float> ofP)
    ofQ

let private strainOf (structure: Structure) (positions: float[]) (block: IEnergyBlock) : float[] =
    let momenta = momentaOf positions
    let pairs = Structure.pairs structure (ReadOnlySpan<float> positions)
    let configuration = Configuration(structure, pairs, ReadOnlySpan<float> positions, ReadOnlySpan<float> momenta)
    let strain = Array.zeroCreate (structure.Dimension * structure.Dimension)
    block.StrainInto(&configuration, readoutOf block, Span<float> strain)
    strain

/// The distances of pairs, also of those that a difference quotient may bring in.
let private distancesOf (narrow: Narrow) : float list =
    let wider = structureOf { narrow with Cutoff = narrow.Cutoff + 0.01 }
    let pairs = (Structure.pairs wider (ReadOnlySpan<float> narrow.Positions)).Within
    let difference = Array.zeroCreate<float> narrow.Dimension

    [
        for pair in 0 .. pairs.Count - 1 do
            pairs.DifferenceInto(wider.Cell, ReadOnlySpan<float> narrow.Positions, pair, Span<float> difference)
            difference |> Array.sumBy (fun x -> x * x) |> sqrt
    ]

/// Bonds as long as half the cell have two nearest images.
let private isClear (narrow: Narrow) : bool =
    let d = narrow.Dimension

    narrow.Bonds
    |> List.forall (fun (a, b) ->
        let difference = Array.init d (fun axis -> narrow.Positions[a * d + axis] - narrow.Positions[b * d + axis])

        let lengths =
            [
                for k in 0 .. pown 5 d - 1 do
                    let shift = shiftOf narrow.Periods narrow.Tilts (Array.init d (fun axis -> k / pown 5 axis % 5 - 2))
                    Array.map2 (-) difference shift |> Array.sumBy (fun x -> x * x) |> sqrt
            ]
            |> List.sort

        // The nearest image is known to be so up to half the shortest period.
        lengths[0] < 0.5 * Array.min narrow.Periods - 1e-6)

let private agrees (seed: uint16) (isBonded: bool) : Verdict =
    let narrow = narrow (int seed) isBonded

    if not (isClear narrow) then
        None
    else
        let small, (large, positions) = structureOf narrow, repeated narrow
        let cells = float (pown copies narrow.Dimension)

        // A kind of pairs may be there in one of the two alone, where it has no pair.
        blocksOn large
        |> List.tryPick (fun block ->
            let values = valuesOf small narrow.Positions block
            let repeatedValues = valuesOf large positions block |> Array.map (fun x -> x / cells)
            let force = gradientOf small narrow.Positions block
            let repeatedForce = Array.truncate force.Length (gradientOf large positions block)

            closeTo "the value of a cell" (float narrow.Bodies) 1e-12 repeatedValues values
            |> orElse (fun () -> close "the gradient" 1e-12 repeatedForce force)
            |> Option.map (fun text -> $"%A{block.Ranges}: {text}"))

[<Tests>]
let tests =
    testList
        "Narrow cells"
        [
            prop 40 "a narrow cell and its 5 x 5 x 5 copy agree" (fun (seed: uint16) -> agrees seed false |> judge)

            prop 60 "also with bonds, which images know" (fun (seed: uint16) -> agrees seed true |> judge)

            prop 40 "another basis of the same lattice changes nothing" (fun (seed: uint16) (turns: int) ->
                let narrow = narrow (int seed) false
                let d = narrow.Dimension

                let tilts =
                    if narrow.Tilts.Length = 0 then
                        Array.zeroCreate (d * (d - 1) / 2)
                    else
                        narrow.Tilts

                // Some of the vector before added to each: the axis of (vector, axis) is that of its own period there.
                let other =
                    { narrow with
                        Tilts = tilts |> Array.mapi (fun k t -> if k = 0 then t + float (turns % 4) * narrow.Periods[0] else t)
                    }

                let here, there = structureOf narrow, structureOf other

                blocksOn here
                |> List.tryPick (fun block ->
                    let values structure = valuesOf structure narrow.Positions block
                    let gradient structure = gradientOf structure narrow.Positions block

                    close "values" 1e-12 (values here) (values there)
                    |> orElse (fun () -> close "the gradient" 1e-12 (gradient here) (gradient there)))
                |> judge)

            prop 40 "a body moved by vectors of the lattice is the same body" (fun (seed: uint16) (a: int) (b: int) ->
                let narrow = narrow (int seed) (seed % 2us = 0us)
                let structure = structureOf narrow

                let shift =
                    shiftOf narrow.Periods narrow.Tilts (Array.init narrow.Dimension (fun axis -> if axis = 0 then a % 5 else b % 5))

                let moved = narrow.Positions |> Array.mapi (fun k x -> if k < narrow.Dimension then x + shift[k] else x)

                blocksOn structure
                |> List.tryPick (fun block ->
                    closeTo "values" 1.0 1e-11 (valuesOf structure narrow.Positions block) (valuesOf structure moved block)
                    |> orElse (fun () ->
                        close "the gradient" 1e-11 (gradientOf structure narrow.Positions block) (gradientOf structure moved block)))
                |> judge)

            prop 40 "rows are the gradient of values" (fun (seed: uint16) ->
                let narrow = narrow (int seed) (seed % 2us = 0us)
                let structure = structureOf narrow

                blocksOn structure
                |> List.filter (fun _ -> distancesOf narrow |> List.forall (fun r -> r > 0.1 && abs (r - narrow.Cutoff) > 1e-3))
                |> List.tryPick (fun block ->
                    let energy positions = [| Array.map2 (*) (readoutOf block) (valuesOf structure positions block) |> Array.sum |]
                    let numerical = Array.init narrow.Positions.Length (fun k -> (derivative 1e-4 energy narrow.Positions k)[0])
                    close "the gradient" 1e-6 numerical (gradientOf structure narrow.Positions block))
                |> judge)

            prop 40 "the strain of a cell is that of its pairs and their images" (fun (seed: uint16) ->
                let narrow = narrow (int seed) (seed % 2us = 0us)
                let d = narrow.Dimension
                let step = 1e-4

                let strained (a, b) size =
                    let periods, tilts = Strained.cell a b size (narrow.Periods, narrow.Tilts)

                    { narrow with
                        Periods = periods
                        Tilts = tilts
                        Positions = Strained.vectors d a b size narrow.Positions
                    }

                let strains = List.allPairs [ 0 .. d - 1 ] [ 0 .. d - 1 ] |> List.filter (fun (a, b) -> a <= b)

                let isRegular =
                    isClear narrow
                    && distancesOf narrow |> List.forall (fun r -> r > 0.2 && abs (r - narrow.Cutoff) > 4e-3)
                    && strains
                       |> List.forall (fun strain -> isClear (strained strain (4.0 * step)) && isClear (strained strain (-4.0 * step)))

                blocksOn (structureOf narrow)
                |> List.filter (fun _ -> isRegular)
                |> List.tryPick (fun block ->
                    let analytic = strainOf (structureOf narrow) narrow.Positions block

                    firstFault (strains |> List.map (fun (a, b) -> $"strain {a}{b}", (a, b))) (fun (a, b) ->
                        let energy size =
                            let there = strained (a, b) size
                            [| Array.map2 (*) (readoutOf block) (valuesOf (structureOf there) there.Positions block) |> Array.sum |]

                        close "of e" Tolerance.strain (ninePoint step energy) [| analytic[a * d + b] |]
                        |> orElse (fun () -> close "transposed" 1e-12 [| analytic[a * d + b] |] [| analytic[b * d + a] |])))
                |> judge)

            test "the pairs of one body are its images, each pair of opposite ones once" {
                let structure = Structure.create (Cell.create [ 1.0; 1.0 ]) (Relations.within 1.5) [| 1.0 |]
                let pairs = (Structure.pairs structure (ReadOnlySpan<float> [| 7.25; -3.5 |])).Within
                // Four at distance 1, four at the square root of 2.
                Expect.equal pairs.Count 4 "pairs"
                Expect.isTrue pairs.HasImages "images"
                let lists = pairs.ByBody 1
                Expect.equal (lists.Starts, lists.Others) ([| 0; 8 |], Array.zeroCreate 8) "all eight around the body"
            }

            testCase "the least cutoffs of several kinds of pairs count each for itself" (fun () ->
                let reach = Reach.ofPairs [ struct ("A", "A", 1.1); struct ("B", "A", 2.1); struct ("B", "B", 0.5) ]

                let structure =
                    Structure.create (Cell.openSpace 1) Relations.none [| 1.0; 1.0; 1.0; 1.0 |]
                    |> Structure.withSpecies [ "A"; "A"; "B"; "B" ]
                    |> Structure.withRelations { Relations.none with Reach = Some reach }

                let pairs = (Structure.pairs structure (ReadOnlySpan<float> [| 0.0; 1.0; 2.0; 3.0 |])).Within
                let ends = [ for pair in 0 .. pairs.Count - 1 -> pairs.Senders[pair], pairs.Receivers[pair] ]
                Expect.equal ends [ 0, 1; 0, 2; 1, 2; 1, 3 ] "A-A within 1.1, A-B within 2.1, no B-B"
                Expect.equal (structure.CutoffOf(PairsOf("A", "B", None))) (Some 2.1) "cutoff")

            testCase "pairs that few bonds join can be left out" (fun () ->
                let chain excluded =
                    let bonds = Topology.chain 5 1
                    let reach = { Reach.within 10.0 with ExcludedBonds = excluded }
                    Structure.create (Cell.openSpace 1) { Relations.bonds bonds.Graph with Reach = Some reach } (Array.create 5 1.0)

                let counts excluded =
                    let structure = chain excluded
                    let pairs = (Structure.pairs structure (ReadOnlySpan<float> [| 0.0; 1.0; 2.0; 3.0; 4.0 |])).Within
                    [ for kind in 0 .. pairs.Kinds - 1 -> let struct (_, count) = pairs.Run kind in count ], structure.ReachKinds

                let all = [ for between in 1..4 -> PairsOf("", "", Some between) ]
                Expect.equal (counts 0) ([ 4; 3; 2; 1 ], all) "none"
                Expect.equal (counts 2) ([ 2; 1 ], List.skip 2 all) "two bonds")
        ]
