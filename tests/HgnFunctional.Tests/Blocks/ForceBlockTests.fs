/// Laws of blocks of forces that no energy gives.
module HgnFunctional.Tests.Blocks.ForceBlockTests

open System
open Expecto
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Bodies
open HgnFunctional.Invariance
open HgnFunctional.Blocks
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Generators
open HgnFunctional.Tests.Support.Laws

let private everyBlock (scene: Scene) (law: IForceBlock -> float[] -> Verdict) : Verdict =
    firstFault (BlockMakers.forces |> List.map (fun maker -> maker.Name, maker)) (fun maker ->
        match maker.Make scene with
        | :? IForceBlock as block when BlockMakers.isRegular block scene ->
            law block (Rng.normals block.Width (Rng.stream block.Width "readout"))
        | :? IForceBlock -> None
        | other -> Some $"{other.Kind} is no block of forces")

/// Whether rounding decides if a pair at the cutoff is in or out.
let private mayJump (scene: Scene) : bool = Scene.isNearCutoff 1e-9 scene

let private velocities (scene: Scene) : float[] =
    let masses = scene.Structure.Masses.ToArray()
    scene.P |> Array.mapi (fun k p -> p / masses[k / scene.Dimension])

let private dot (a: float[]) (b: float[]) : float = Array.map2 (*) a b |> Array.sum

let private rates (block: IForceBlock) (readout: float[]) (scene: Scene) : float[] option =
    let rates = Array.zeroCreate<float>(scene.Q.Length * scene.Dimension)

    if block.TryAddRates(scene.Structure, readout, Span<float> rates) then
        Some rates
    else
        None

let private laws =
    [
        prop 30 "rows times readout are minus the forces, and no velocity has rows" (fun (scene: Scene) ->
            everyBlock scene (fun block readout ->
                let rowsQ, rowsP = Probe.rows block scene
                let summed = rowsQ |> Array.chunkBySize (max 1 block.Width) |> Array.map (fun row -> -(dot row readout))

                if block.Width = 0 then None
                elif Array.exists ((<>) 0.0) rowsP then Some "rows of velocities"
                else close "forces" Tolerance.exactLaw summed (Probe.forces block readout scene))
            |> judge
            |> classified scene)

        prop 30 "forces turn and mirror with the bodies where the block says so" (fun (scene: Scene) (word: Word) ->
            (if mayJump scene then
                 None
             else
                 everyBlock scene (fun block readout ->
                     let (Word moves) = word

                     let isClaimed move =
                         match move with
                         | Swap _ -> block.Symmetries.Permutations
                         | Turn _ -> block.Symmetries.Rotations
                         | Reflect _ -> block.Symmetries.Reflections
                         | Shift _ -> block.Symmetries.Translations

                     let claimed = Word(List.filter isClaimed moves)
                     let both scene = Probe.forces block readout scene, Array.zeroCreate scene.P.Length
                     equivariant Tolerance.exactLaw both claimed scene))
            |> judge
            |> classified scene)

        prop 30 "rates are what the forces are, where there are any" (fun (scene: Scene) ->
            everyBlock scene (fun block readout ->
                match rates block readout scene with
                | None -> None
                | Some rates ->
                    let d, v = scene.Dimension, velocities scene

                    let expected = Array.init v.Length (fun row -> -(dot (Array.sub rates (row * d) d) (Array.sub v (row / d * d) d)))

                    close "forces" Tolerance.exactLaw expected (Probe.forces block readout scene))
            |> judge)

        prop 30 "magnetic forces do no work, and positive drag takes energy" (fun (scene: Scene) ->
            everyBlock scene (fun block readout ->
                let work readout = dot (Probe.forces block readout scene) (velocities scene)

                match block with
                | :? VelocityBlock as velocity when velocity.Law = MagneticForce ->
                    let size = Array.map2 (fun f v -> abs (f * v)) (Probe.forces block readout scene) (velocities scene) |> Array.sum

                    if abs (work readout) <= 1e-14 * max 1.0 size then
                        None
                    else
                        Some $"work {work readout}"
                // Charges have both signs.
                | :? VelocityBlock as velocity when velocity.Law <> AnisotropicDrag && not velocity.Weight.IsByAttribute ->
                    if work [| 1.0 |] <= 0.0 then None else Some $"work {work [| 1.0 |]}"
                | :? PairDragBlock ->
                    // A constant coefficient alone.
                    let constant = Array.init block.Width (fun k -> if k = 0 then 1.0 else 0.0)
                    if work constant <= 1e-14 then None else Some $"work {work constant}"
                | _ -> None)
            |> judge)

        prop 30 "drag between pairs keeps the momentum, and drag on bodies does not act on those at rest" (fun (scene: Scene) ->
            everyBlock scene (fun block readout ->
                let forces = Probe.forces block readout scene
                let d = scene.Dimension

                match block with
                | :? PairDragBlock ->
                    let total axis = Seq.sum (seq { for k in axis..d .. forces.Length - 1 -> forces[k] })
                    let size = forces |> Array.sumBy abs

                    if Seq.forall (fun axis -> abs (total axis) <= 1e-12 * max 1.0 size) [ 0 .. d - 1 ] then
                        None
                    else
                        Some "a net force"
                | _ ->
                    let atRest = { scene with P = Array.zeroCreate scene.P.Length }

                    if Probe.forces block readout atRest |> Array.forall ((=) 0.0) then
                        None
                    else
                        Some "a force at rest")
            |> judge)

        prop 20 "Select keeps the chosen columns" (fun (scene: Scene) (choice: uint32) ->
            everyBlock scene (fun block readout ->
                let chosen =
                    [|
                        for k in 0 .. block.Width - 1 do
                            if (choice >>> k) &&& 1u = 1u then
                                k
                    |]

                let others = readout |> Array.mapi (fun k x -> if Array.contains k chosen then x else 0.0)

                match block.Select chosen with
                | :? IForceBlock as selected when selected.Width = chosen.Length ->
                    let picked = chosen |> Array.map (fun k -> readout[k])
                    close "forces" Tolerance.reordered (Probe.forces block others scene) (Probe.forces selected picked scene)
                | other -> Some $"{other.Width} features; expected {chosen.Length}")
            |> judge)
    ]

[<Tests>]
let tests = testList "Blocks" [ testList "laws of every block of forces" laws ]
