module HgnFunctional.Tests.Systems.SystemTests

open System
open Expecto
open FsCheck
open FsCheck.FSharp
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Systems
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Generators
open HgnFunctional.Tests.Support.Laws
open HgnFunctional.Tests.Systems.PotentialTests

let private stepOf (scene: Scene) : float = (1.0, Scene.interacting scene) ||> List.fold (fun least (_, r) -> min least r) |> stepAt

/// Whether a difference quotient would cross a distance where the potential is not smooth, or a pair would come or go.
let private isRough (potential: PairPotential) (scene: Scene) : bool =
    let step = stepOf scene
    let crosses cutoff = Scene.distances scene |> List.exists (fun (_, r) -> abs (r - cutoff) <= 8.0 * step)
    Scene.isNearCutoff step scene || Option.exists crosses (cutoffOf potential)

let private value (system: ISeparableHamiltonian) (scene: Scene) : float[] = [| Hamiltonian.value system scene.State |]

let private gradient (system: ISeparableHamiltonian) (scene: Scene) : float[] * float[] = Hamiltonian.gradient system scene.State

/// Forces and velocities, by the interface that integrators use.
let private derivatives (system: ISeparableHamiltonian) (scene: Scene) : float[] * float[] =
    let velocities, forces = Array.create scene.P.Length nan, Array.create scene.Q.Length nan
    system.VelocityInto(ReadOnlySpan<float> scene.P, Span<float> velocities)
    system.ForceInto(ReadOnlySpan<float> scene.Q, Span<float> forces)
    forces, velocities

let private systemOf (potential: PairPotential) (scene: Scene) : ISeparableHamiltonian = PairSystem(scene.Structure, potential)

/// Turns may carry a pair across the cutoff, where potentials of all distances jump.
let private withoutJumps (scene: Scene) (law: PairPotential -> Verdict) : Verdict =
    if Scene.isNearCutoff 1e-10 scene then None else everyPotential law

let private forcesAreDerivatives (scene: Scene) (potential: PairPotential) : Verdict =
    let system = systemOf potential scene
    let forces, velocities = derivatives system scene
    let components = [| 0 .. scene.Q.Length - 1 |]
    // Each part alone, since a steep potential would drown the digits of the kinetic energy.
    let ofQ = derivative (stepOf scene) (fun q -> [| system.PotentialEnergy(ReadOnlySpan<float> q) |]) scene.Q
    let ofP = derivative 1e-4 (fun p -> [| system.KineticEnergy(ReadOnlySpan<float> p) |]) scene.P

    if isRough potential scene then
        None
    else
        close "forces" Tolerance.difference (components |> Array.collect ofQ |> Array.map (~-)) forces
        |> orElse (fun () -> close "velocities" Tolerance.difference (Array.collect ofP components) velocities)

/// Energy and derivatives are those that one sums by hand, and all ways to ask agree.
let private isSumOfParts (scene: Scene) (potential: PairPotential) : Verdict =
    let system = systemOf potential scene
    let velocities = scene.P |> Array.mapi (fun k p -> p / scene.Masses[k / scene.Dimension])
    let kinetic = Array.map2 (*) scene.P velocities |> Array.sumBy (fun x -> 0.5 * x)
    let energies = Scene.interacting scene |> List.map (snd >> potential.Energy)
    let kineticEnergy = system.KineticEnergy(ReadOnlySpan<float> scene.P)
    let potentialEnergy = system.PotentialEnergy(ReadOnlySpan<float> scene.Q)
    let forces, _ = derivatives system scene
    let gradientQ, gradientP = gradient system scene
    let size = energies |> List.sumBy abs

    close "T" Tolerance.reordered [| kinetic |] [| kineticEnergy |]
    |> orElse (fun () -> closeTo "V" size Tolerance.reordered [| List.sum energies |] [| potentialEnergy |])
    |> orElse (fun () -> identical "H" [| kineticEnergy + potentialEnergy |] (value system scene))
    |> orElse (fun () -> identical "velocities" velocities gradientP)
    |> orElse (fun () -> identical "forces" (Array.map (~-) gradientQ) forces)

let private laws =
    [
        prop 40 "energy is the sum of kinetic terms and interacting pairs, and velocities are p / m" (fun (scene: Scene) ->
            everyPotential (isSumOfParts scene) |> judge |> classified scene)

        prop 40 "forces and velocities are derivatives of the energy" (fun (scene: Scene) ->
            everyPotential (forcesAreDerivatives scene)
            |> judge
            |> classified scene
            |> Prop.classify (Scene.isNearCutoff (stepOf scene) scene) "skipped: a pair at the cutoff")

        prop 60 "energy does not change under swaps, turns, reflections and shifts" (fun (scene: Scene) (word: Word) ->
            withoutJumps scene (fun potential ->
                invariant Tolerance.exactLaw (fun scene -> value (systemOf potential scene) scene) word scene)
            |> judge
            |> classified scene)

        prop 60 "forces and velocities move with the bodies" (fun (scene: Scene) (word: Word) ->
            withoutJumps scene (fun potential ->
                equivariant Tolerance.exactLaw (fun scene -> gradient (systemOf potential scene) scene) word scene)
            |> judge
            |> classified scene)

        prop 40 "two far-apart systems add" (fun (Couple(first, second)) ->
            withoutJumps first (fun potential ->
                let value scene = value (systemOf potential scene) scene
                let gradient scene = gradient (systemOf potential scene) scene

                if Scene.isNearCutoff 1e-10 second then
                    None
                else
                    additive Tolerance.exactLaw value gradient first second)
            |> judge
            |> classified first)

        prop 40 "a body without neighbours feels no force" (fun (scene: Scene) ->
            let lonely = Scene.withLonelyBody scene

            everyPotential (fun potential ->
                let forces, _ = derivatives (systemOf potential lonely) lonely
                let force = Array.skip scene.Q.Length forces
                if Array.forall ((=) 0.0) force then None else Some $"a force %A{force}")
            |> judge
            |> classified scene)

        prop 40 "what a system was asked before changes no bit of what it answers" (fun (scene: Scene) (seed: uint16) ->
            // Small steps, which a list of neighbours made before is to outlast, and large ones, which it is not.
            let random = Rng.stream (int seed) "walk"

            let walk =
                scene.Q
                |> Seq.unfold (fun q ->
                    let size = [| 0.01; 0.05; 1.0 |][random.Next 3]
                    Some({ scene with Q = q }, Array.map2 (+) q (Rng.uniforms q.Length -size size random)))
                |> Seq.truncate 12
                |> List.ofSeq

            everyPotential (fun potential ->
                let used = systemOf potential scene

                walk
                |> List.tryPick (fun scene ->
                    let fresh = systemOf potential scene

                    identical "the energy" (value fresh scene) (value used scene)
                    |> orElse (fun () -> identical "the forces" (fst (derivatives fresh scene)) (fst (derivatives used scene)))))
            |> judge
            |> classified scene)
    ]

/// Bodies near the sites of a lattice.
let private sceneOn (lattice: Lattice) : Scene =
    let random = Rng.stream lattice.Graph.Bodies "system tests"
    let pairs = lattice.Graph.Pairs

    {
        Dimension = lattice.Dimension
        Periods = List.replicate lattice.Dimension 0.0
        Tilts = []
        Masses = [ for body in 0 .. lattice.Graph.Bodies - 1 -> 1.0 + 0.5 * float (body % 3) ]
        Edges = [ for k in 0 .. pairs.Count - 1 -> pairs.Senders[k], pairs.Receivers[k] ]
        Cutoff = None
        Named = false
        Q = Array.map2 (+) lattice.Sites (Rng.uniforms lattice.Sites.Length -0.1 0.1 random)
        P = Rng.normals lattice.Sites.Length random
    }

let private topologies =
    [
        for topology in Topology.all ->
            testCase $"every law holds on the {topology.Name}" (fun () ->
                for size in 1..3 do
                    let scene = sceneOn (topology.Create size)
                    let word = Word [ Swap(0, 2); Turn(0, 1, 0.5); Shift(0, -3.0); Reflect 1 ]

                    everyPotential (fun potential ->
                        let gradient scene = gradient (systemOf potential scene) scene

                        isSumOfParts scene potential
                        |> orElse (fun () -> forcesAreDerivatives scene potential)
                        |> orElse (fun () ->
                            invariant Tolerance.exactLaw (fun scene -> value (systemOf potential scene) scene) word scene)
                        |> orElse (fun () -> equivariant Tolerance.exactLaw gradient word scene))
                    |> Option.map (fun text -> $"size {size}, {text}")
                    |> expectNone)
    ]

/// A scene at rest with unit masses.
let private atRest (dimension: int) (edges: (int * int) list) (q: float list) : Scene =
    {
        Dimension = dimension
        Periods = List.replicate dimension 0.0
        Tilts = []
        Masses = List.replicate (q.Length / dimension) 1.0
        Edges = edges
        Cutoff = None
        Named = false
        Q = Array.ofList q
        P = Array.zeroCreate q.Length
    }

let private expectForces (potential: PairPotential) (scene: Scene) (energy: float) (forces: float list) : unit =
    let system = systemOf potential scene
    close "energy" Tolerance.exactLaw [| energy |] (value system scene) |> expectNone
    close "forces" Tolerance.exactLaw (Array.ofList forces) (fst (derivatives system scene)) |> expectNone

let private byHand =
    [
        testCase "a stretched spring pulls, and moving bodies have kinetic energy" (fun () ->
            let scene = { atRest 1 [ 0, 1 ] [ 0.0; 1.5 ] with Masses = [ 2.0; 4.0 ]; P = [| 2.0; -4.0 |] }
            // V = 2/2 (1/2)^2 = 1/4; T = 4/4 + 16/8 = 3.
            expectForces (PairPotential.harmonic 2.0 1.0) scene 3.25 [ 1.0; -1.0 ]
            let _, velocities = derivatives (systemOf (PairPotential.harmonic 2.0 1.0) scene) scene
            Expect.equal velocities [| 1.0; -1.0 |] "velocities")

        testCase "the middle of three bodies feels both springs" (fun () ->
            // Stretched by 1 and by 2: energies 1/2 and 2.
            expectForces (PairPotential.harmonic 1.0 1.0) (atRest 1 [ 0, 1; 2, 1 ] [ 0.0; 2.0; 5.0 ]) 2.5 [ 1.0; 1.0; -2.0 ])

        testCase "gravity on the corners of a triangle with sides 3, 4 and 5" (fun () ->
            let triangle = atRest 2 [ 0, 1; 0, 2; 1, 2 ] [ 0.0; 0.0; 3.0; 0.0; 0.0; 4.0 ]
            // Forces 2/9, 2/16 and 2/25 along the sides, the last in the direction (-3, 4)/5 from body 1.
            let first, second, third = 2.0 / 9.0, 0.125, 0.08
            let forces = [ first; second; -first - 0.6 * third; 0.8 * third; 0.6 * third; -second - 0.8 * third ]
            expectForces (PairPotential.gravity 2.0) triangle (-2.0 * (1.0 / 3.0 + 1.0 / 4.0 + 1.0 / 5.0)) forces)

        testCase "an anharmonic spring stretched by 2" (fun () ->
            expectForces (PairPotential.anharmonic 1.0 1.0 1.0) (atRest 1 [ 0, 1 ] [ 0.0; 3.0 ]) 6.0 [ 10.0; -10.0 ])

        testCase "a Morse bond stretched by log 2" (fun () ->
            // exp(-log 2) = 1/2: U = (1/2)^2 and U' = 2 (1/2) (1/2).
            expectForces (PairPotential.morse 1.0 1.0 1.0) (atRest 1 [ 1, 0 ] [ 0.0; 1.0 + log 2.0 ]) 0.25 [ 0.5; -0.5 ])

        testCase "Lennard-Jones at distance 2, shifted to vanish at 2.5" (fun () ->
            // (1/2)^6 = 0.015625 and (2/5)^6 = 0.004096.
            let plain x = 4.0 * (x * x - x)
            let slope r x = -24.0 / r * (2.0 * x * x - x)
            let slopeThere = slope 2.5 0.004096
            let energy = plain 0.015625 - plain 0.004096 + 0.5 * slopeThere
            let force = slope 2.0 0.015625 - slopeThere
            Expect.floatClose Accuracy.high force 0.1426411475 "to ten digits"
            expectForces (PairPotential.lennardJones 1.0 1.0 2.5) (atRest 1 [ 0, 1 ] [ 0.0; 2.0 ]) energy [ force; -force ])

        testCase "the nearest image counts, and a pair at the cutoff does not" (fun () ->
            let pair cutoff = { atRest 1 [] [ 0.25; 3.75 ] with Periods = [ 4.0 ]; Tilts = []; Cutoff = Some cutoff }
            // Half a unit apart across the border: pushed inwards.
            expectForces (PairPotential.harmonic 1.0 1.0) (pair 1.0) 0.125 [ 0.5; -0.5 ]
            expectForces (PairPotential.harmonic 1.0 1.0) (pair 0.5) 0.0 [ 0.0; 0.0 ])

        testCase "interacting bodies at one place are an error, not a NaN" (fun () ->
            for potential in PairPotential.all do
                let scene = atRest 2 [ 0, 1 ] [ 1.0; 2.0; 1.0; 2.0 ]
                let system = systemOf potential scene
                Expect.isError (Snapshot.ofHamiltonian scene.Structure system scene.State) $"{potential.Name}: a snapshot"
                let apart = { scene with Edges = [] }
                expectForces potential apart 0.0 [ 0.0; 0.0; 0.0; 0.0 ])
    ]

[<Tests>]
let tests =
    testList "Systems" [ testList "laws of every potential" laws; testList "topologies" topologies; testList "by hand" byHand ]
