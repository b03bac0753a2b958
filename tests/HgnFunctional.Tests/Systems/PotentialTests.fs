module HgnFunctional.Tests.Systems.PotentialTests

open Expecto
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Features
open HgnFunctional.Systems
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Laws

/// The first distance from which a potential and its slope are exactly zero, if they ever are.
let cutoffOf (potential: PairPotential) : float option =
    let vanishes r = potential.Energy r = 0.0 && potential.Slope r = 0.0

    let rec bisect low high =
        let middle = 0.5 * (low + high)

        if middle <= low || middle >= high then high
        elif vanishes middle then bisect low middle
        else bisect middle high

    if vanishes 1e4 then Some(bisect 0.1 1e4) else None

/// The step of difference quotients at a distance: powers of r are steep where it is small.
let stepAt (leastDistance: float) : float = 2.5e-4 * min 1.0 leastDistance

/// A law, tried with every potential.
let everyPotential (law: PairPotential -> Verdict) : Verdict =
    firstFault (PairPotential.all |> Seq.map (fun potential -> potential.Name, potential)) law

let private potentials =
    [
        prop 200 "slopes are derivatives of energies" (fun (seed: uint16) ->
            // From 0.45, which is deep in the core of Lennard-Jones, to 4.45, beyond its cutoff.
            let r = 0.45 + 4.0 * float seed / 65535.0
            let step = stepAt r

            everyPotential (fun potential ->
                if cutoffOf potential |> Option.exists (fun cutoff -> abs (r - cutoff) <= 8.0 * step) then
                    None
                else
                    let numeric = derivative step (fun x -> [| potential.Energy x[0] |]) [| r |] 0
                    close $"slope at {r}" Tolerance.difference numeric [| potential.Slope r |])
            |> judge)

        testCase "what vanishes from a cutoff on, vanishes there with its slope" (fun () ->
            let withCutoff =
                PairPotential.all |> List.choose (fun potential -> cutoffOf potential |> Option.map (fun r -> potential, r))

            Expect.contains (withCutoff |> List.map (fun (potential, _) -> potential.Name)) "Lennard-Jones" "potentials with a cutoff"

            for potential, cutoff in withCutoff do
                let just = cutoff * (1.0 - 1e-12)

                close potential.Name Tolerance.exactLaw [| 0.0; 0.0 |] [| potential.Energy just; potential.Slope just |] |> expectNone)

        prop 60 "Lennard-Jones vanishes with its slope at any cutoff" (fun (seed: uint16) ->
            let depth, size, ratio =
                let draw = Rng.uniforms 3 0.5 3.0 (Rng.stream (int seed) "potentials")
                draw[0], draw[1], 0.5 + draw[2]

            let cutoff = size * ratio
            let potential = PairPotential.lennardJones depth size cutoff
            let beyond = [| potential.Energy cutoff; potential.Slope cutoff; potential.Energy(2.0 * cutoff); potential.Slope 1e9 |]
            let just = cutoff * (1.0 - 1e-12)
            // In units of the unshifted force there, which is large where the cutoff lies in the core.
            let unshifted = PairPotential.lennardJones depth size 1e9
            let scale = cutoff * abs (unshifted.Slope cutoff)

            identical "beyond" [| 0.0; 0.0; 0.0; 0.0 |] beyond
            |> orElse (fun () ->
                let inside = [| potential.Energy just; potential.Slope just * cutoff |]
                closeTo "just inside" scale Tolerance.nearlyZero [| 0.0; 0.0 |] inside)
            |> judge)
    ]

[<Tests>]
let tests = testList "Potentials" potentials
