module HgnFunctional.Tests.Blocks.BlockTests

open System
open Expecto
open FsCheck.FSharp
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Bodies
open HgnFunctional.Features
open HgnFunctional.Blocks
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Generators
open HgnFunctional.Tests.Support.Laws

/// A law of blocks with a readout, tried on every block that claims it and is regular there.
let private everyBlockThat (claims: BlockSymmetries -> bool) (scene: Scene) (law: IEnergyBlock -> float[] -> Verdict) : Verdict =
    firstFault (BlockMakers.energies |> List.map (fun maker -> maker.Name, maker)) (fun maker ->
        let block = maker.Make scene |> Probe.energies

        if claims block.Symmetries && BlockMakers.isRegular block scene then
            law block (Rng.normals block.Width (Rng.stream block.Width "readout"))
        else
            None)

let private everyBlock (scene: Scene) (law: IEnergyBlock -> float[] -> Verdict) : Verdict = everyBlockThat (fun _ -> true) scene law

/// The moves of a word that a block claims to be symmetries.
let private claimed (block: IEnergyBlock) (Word moves: Word) : Word =
    let isClaimed move =
        match move with
        | Swap _ -> block.Symmetries.Permutations
        | Turn _ -> block.Symmetries.Rotations
        | Reflect _ -> block.Symmetries.Reflections
        | Shift _ -> block.Symmetries.Translations

    Word(List.filter isClaimed moves)

/// Layers of units sum what is rounded; a frame is rounded itself.
let private exactness (block: IEnergyBlock) : float = if block.Part = Coupled then Tolerance.layered else Tolerance.exactLaw

let private energyOf (block: IEnergyBlock) (readout: float[]) (scene: Scene) : float[] = [| Probe.energy block readout scene |]

let private times (columns: int) (rows: float[]) (readout: float[]) : float[] =
    rows |> Array.chunkBySize columns |> Array.map (fun row -> Array.map2 (*) row readout |> Array.sum)

let private rowsAreDerivatives (block: IEnergyBlock) (scene: Scene) : Verdict =
    // Units of units vary faster, and r^-3 is rounded more.
    let step = if block.Part = Coupled then 1e-6 else 1e-4
    let rowsQ, rowsP = Probe.rows block scene
    let ofQ k = derivative step (fun q -> Probe.values block { scene with Q = q }) scene.Q k
    let ofP k = derivative step (fun p -> Probe.values block { scene with P = p }) scene.P k
    let components = [| 0 .. scene.Q.Length - 1 |]

    close "rows of q" Tolerance.difference (Array.collect ofQ components) rowsQ
    |> orElse (fun () -> close "rows of p" Tolerance.difference (Array.collect ofP components) rowsP)

let private ofPart (part: Part) (block: IEnergyBlock) (scene: Scene) : Verdict =
    let rowsQ, rowsP = Probe.rows block scene
    let vanishing = if part = Kinetic then rowsQ else rowsP

    if part <> Coupled && Array.exists ((<>) 0.0) vanishing then
        Some "derivatives that the part rules out"
    else
        None

/// Whether rounding decides if a pair at the cutoff is in or out, and much hangs on it.
let private mayJump (block: IEnergyBlock) (scene: Scene) : bool =
    let isCut =
        match block with
        | :? PairBlock as block -> block.Features.Factor |> Option.exists (fun factor -> factor.Shape.Name = Cutoff.cut.Name)
        | :? MessageBlock as block -> block.Network.Factor |> Option.exists (fun factor -> factor.Shape.Name = Cutoff.cut.Name)
        | :? KnownBlock -> true
        | _ -> false

    isCut && Scene.isNearCutoff 1e-9 scene

/// A law of moves, which round distances anew.
let private moving (law: IEnergyBlock -> float[] -> Verdict) (scene: Scene) : IEnergyBlock -> float[] -> Verdict =
    fun block readout -> if mayJump block scene then None else law block readout

/// The strains that keep the vectors of a cell lower triangular; all in open space.
let private strains (scene: Scene) : (int * int) list =
    [
        for a in 0 .. scene.Dimension - 1 do
            for b in 0 .. scene.Dimension - 1 do
                if a <= b || not (Scene.isPeriodic scene) then
                    a, b
    ]

let private strainRowsAreDerivatives (block: IEnergyBlock) (scene: Scene) : Verdict =
    // Units of units vary faster, and places far out move farther.
    let step =
        if block.Part = Coupled then 2e-5
        elif block.Symmetries.Translations then 1e-3
        else 1e-4

    let rows = Probe.strainRows block scene

    firstFault (strains scene |> List.map (fun (a, b) -> $"strain {a}{b}", (a, b))) (fun (a, b) ->
        let expected = ninePoint step (fun size -> Probe.values block (Strained.scene a b size scene))
        close "row" Tolerance.strain expected (Array.sub rows ((a * scene.Dimension + b) * block.Width) block.Width))

let private isSymmetric (dimension: int) (what: string) (tolerance: float) (matrix: float[]) : Verdict =
    close what tolerance (Array.init matrix.Length (fun k -> matrix[k % dimension * dimension + k / dimension])) matrix

let private laws =
    [
        prop 30 "energy is values times readout" (fun (scene: Scene) ->
            everyBlock scene (fun block readout ->
                let expected = Array.map2 (*) (Probe.values block scene) readout |> Array.sum
                close "energy" Tolerance.reordered [| expected |] (energyOf block readout scene))
            |> judge
            |> classified scene)

        prop 30 "rows times readout are the pullback" (fun (scene: Scene) ->
            everyBlock scene (fun block readout ->
                let rowsQ, rowsP = Probe.rows block scene
                let gradientQ, gradientP = Probe.pullback block readout scene

                close "of q" (exactness block) (times block.Width rowsQ readout) gradientQ
                |> orElse (fun () -> close "of p" (exactness block) (times block.Width rowsP readout) gradientP))
            |> judge
            |> classified scene)

        prop 12 "rows are derivatives of values" (fun (scene: Scene) ->
            let skipped = Scene.isNearCutoff 1e-4 scene

            (if skipped then
                 None
             else
                 everyBlock scene (fun block _ ->
                     // Units of units vary too fast for a difference quotient 40 beyond the range that they were drawn for.
                     if block.Part = Coupled && Scene.isFarApart scene then
                         None
                     else
                         rowsAreDerivatives block scene))
            |> judge
            |> classified scene
            |> Prop.classify skipped "skipped: a pair at the cutoff")

        prop 30 "rows of the strain times readout are its derivatives" (fun (scene: Scene) ->
            everyBlock scene (fun block readout ->
                close
                    "of e"
                    (exactness block)
                    (times block.Width (Probe.strainRows block scene) readout)
                    (Probe.strain block readout scene))
            |> judge
            |> classified scene)

        prop 12 "rows of the strain are derivatives of values in strained space" (fun (scene: Scene) ->
            // Strains of 0.4 % move pairs over the cutoff, where there is no derivative of a high order.
            let skipped = Scene.isNearCutoff 2e-3 scene

            (if skipped then
                 None
             else
                 everyBlock scene (fun block _ ->
                     if block.Part = Coupled && Scene.isFarApart scene then
                         None
                     else
                         strainRowsAreDerivatives block scene))
            |> judge
            |> classified scene
            |> Prop.classify skipped "skipped: a pair at the cutoff")

        prop 30 "the strain of what turns leave alone is symmetric" (fun (scene: Scene) ->
            // Turns take momenta along, and strains do not.
            let resting = { scene with P = Array.zeroCreate scene.P.Length }

            everyBlockThat _.Rotations resting (fun block readout ->
                isSymmetric scene.Dimension "of e" (exactness block) (Probe.strain block readout resting))
            |> judge
            |> classified scene)

        prop 30 "values do not change under swaps, turns, reflections and shifts" (fun (scene: Scene) (word: Word) ->
            everyBlock scene (moving (fun block _ -> invariant (exactness block) (Probe.values block) (claimed block word) scene) scene)
            |> judge
            |> classified scene)

        prop 30 "energy does not change under swaps, turns, reflections and shifts" (fun (scene: Scene) (word: Word) ->
            everyBlock
                scene
                (moving (fun block readout -> invariant (exactness block) (energyOf block readout) (claimed block word) scene) scene)
            |> judge
            |> classified scene)

        prop 30 "the gradient moves with the bodies" (fun (scene: Scene) (word: Word) ->
            everyBlock
                scene
                (moving
                    (fun block readout -> equivariant (exactness block) (Probe.pullback block readout) (claimed block word) scene)
                    scene)
            |> judge
            |> classified scene)

        prop 30 "two far-apart systems add" (fun (Couple(first, second)) ->
            everyBlockThat _.Additive first (fun block readout ->
                additive (exactness block) (energyOf block readout) (Probe.pullback block readout) first second)
            |> judge
            |> classified first)

        prop 30 "a body without neighbours feels no force" (fun (scene: Scene) ->
            let lonely = Scene.withLonelyBody scene

            everyBlockThat _.Additive lonely (fun block readout ->
                let gradientQ, _ = Probe.pullback block readout lonely
                let force = Array.skip scene.Q.Length gradientQ
                if Array.forall ((=) 0.0) force then None else Some $"a force %A{force}")
            |> judge)

        prop 20 "derivatives vanish where the part says so" (fun (scene: Scene) ->
            everyBlock scene (fun block _ -> ofPart block.Part block scene) |> judge)

        prop 20 "Select keeps the chosen columns" (fun (scene: Scene) (choice: uint32) ->
            everyBlock scene (fun block readout ->
                let chosen =
                    [|
                        for k in 0 .. block.Width - 1 do
                            if (choice >>> k) &&& 1u = 1u then
                                k
                    |]

                let pick values = chosen |> Array.map (fun k -> Array.get values k)
                let selected = block.Select chosen |> Probe.energies
                let others = readout |> Array.mapi (fun k x -> if Array.contains k chosen then x else 0.0)

                let expectedTrend = chosen |> Array.filter (fun k -> k < block.Trend) |> Array.length

                if selected.Width <> chosen.Length || selected.Trend <> expectedTrend then
                    Some $"{selected.Width} features, {selected.Trend} of them trend; expected {chosen.Length} and {expectedTrend}"
                else
                    identical "values" (pick (Probe.values block scene)) (Probe.values selected scene)
                    |> orElse (fun () ->
                        let expected, _ = Probe.pullback block others scene
                        let actual, _ = Probe.pullback selected (pick readout) scene
                        close "dH/dq" Tolerance.reordered expected actual))
            |> judge)
    ]

/// One pair and one body, whose features are known by hand.
let private byHand =
    [
        testCase "the trend of a pair is u and u^2 of the normalised transform, times the cutoff factor" (fun () ->
            let recipe = PairBlock.ofReach
            let draw = BlockMakers.drawWith Sampler.elm Activation.tanh 1

            let options =
                {
                    Radial = Radial.distance
                    Angular = Angular.cosine
                    Cutoff = Cutoff.quartic
                    CutoffRadius = Some 2.0
                    Kind = PairsOf("", "", None)
                }

            let inputs = { Low = [| 0.5 |]; High = [| 2.5 |]; Points = [| 0.5; 2.5 |]; Outputs = [||] }
            let block = recipe.Create options (BlockMakers.sampleOf inputs) draw |> Probe.energies

            let scene =
                {
                    Dimension = 1
                    Periods = [ 0.0 ]
                    Tilts = []
                    Masses = [ 1.0; 1.0 ]
                    Edges = []
                    Cutoff = Some 2.0
                    Named = false
                    Q = [| 0.0; 1.0 |]
                    P = [| 0.0; 0.0 |]
                }

            // r = 1: u = (1 - 1.5) / 1 = -1/2 and c = (1 - 1/4)^2 = 9/16.
            let values = Probe.values block scene
            close "trend" Tolerance.exactLaw [| -9.0 / 32.0; 9.0 / 64.0 |] values[..1] |> expectNone
            // d(c u)/dr = -1/2 dc/dr + c = 1/2 4 (1/2) (3/4) / 2 + 9/16 = 15/16, and body 1 stands on the right.
            let rows, _ = Probe.rows block scene
            close "row" Tolerance.exactLaw [| -15.0 / 16.0; 15.0 / 16.0 |] [| rows[0]; rows[block.Width] |] |> expectNone)

        testCase "the trend of a body gives its velocity" (fun () ->
            let draw = BlockMakers.drawWith Sampler.elm Activation.tanh 1

            let options =
                {
                    Radial = Radial.distance
                    Angular = Angular.cosine
                    Cutoff = Cutoff.quartic
                    CutoffRadius = None
                    Kind = EachBody
                }

            let inputs = { Low = [| 0.0 |]; High = [| 4.0 |]; Points = [| 0.0; 4.0 |]; Outputs = [||] }
            let block = BodyBlock.recipe.Create options (BlockMakers.sampleOf inputs) draw |> Probe.energies

            let scene =
                {
                    Dimension = 2
                    Periods = [ 0.0; 0.0 ]
                    Tilts = []
                    Masses = [ 2.0 ]
                    Edges = []
                    Cutoff = None
                    Named = false
                    Q = [| 0.0; 0.0 |]
                    P = [| 2.0; 4.0 |]
                }

            // x = 20 / 4 = 5, normalised (5 - 2) / 2; its derivative is p / (2 m).
            let _, rows = Probe.rows block scene
            let values = Probe.values block scene
            close "value" Tolerance.exactLaw [| 1.5 |] values[..0] |> expectNone
            close "row" Tolerance.exactLaw [| 0.5; 1.0 |] [| rows[0]; rows[block.Width] |] |> expectNone)
    ]

/// Derivatives of the one-dimensional functions that blocks are made of.
let private functions =
    let slopeAt f x = (derivative 1e-4 (fun x -> [| f x[0] |]) [| x |] 0)[0]

    [
        prop 100 "slopes of radial transforms, cutoffs and activations are derivatives" (fun (seed: uint16) ->
            let x = 0.45 + 0.5 * float seed / 65535.0

            let cases =
                [
                    for radial in Radial.all -> radial.Name, (radial.Value, radial.Slope)
                    for cutoff in Cutoff.all -> cutoff.Name, (cutoff.Value, cutoff.Slope)
                    for activation in Activation.all ->
                        let value x = let struct (value, _) = activation.Evaluate x in value
                        let slope x = let struct (_, slope) = activation.Evaluate x in slope
                        activation.Name, ((fun x -> value (6.0 * x - 4.0)), (fun x -> 6.0 * slope (6.0 * x - 4.0)))
                ]

            firstFault cases (fun (value, slope) -> close "slope" Tolerance.difference [| slopeAt value x |] [| slope x |]) |> judge)

        testCase "smooth cutoffs fall from 1 to a double zero" (fun () ->
            for cutoff in Cutoff.smooth do
                close cutoff.Name Tolerance.exactLaw [| 1.0; 0.0; 0.0 |] [| cutoff.Value 0.0; cutoff.Value 1.0; cutoff.Slope 1.0 |]
                |> expectNone)

        testCase "names find their values" (fun () ->
            for radial in Radial.all do
                Expect.equal (Radial.tryFind radial.Name |> Option.map _.Name) (Some radial.Name) "radial"

            for cutoff in Cutoff.all do
                Expect.equal (Cutoff.tryFind cutoff.Name |> Option.map _.Name) (Some cutoff.Name) "cutoff"

            for activation in Activation.all do
                Expect.equal (Activation.tryFind activation.Name |> Option.map _.Name) (Some activation.Name) "activation"

            Expect.isNone (Radial.tryFind "no such") "an unknown name")
    ]

[<Tests>]
let tests =
    testList "Blocks" [ testList "laws of every block" laws; testList "by hand" byHand; testList "functions" functions ]
