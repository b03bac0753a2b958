module HgnFunctional.Tests.Integrators.FlowTests

open System
open Expecto
open FsCheck.FSharp
open HgnFunctional
open HgnFunctional.Bodies
open HgnFunctional.Features
open HgnFunctional.Systems
open HgnFunctional.Integrators
open HgnFunctional.Metrics
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Generators
open HgnFunctional.Tests.Support.Laws
open HgnFunctional.Tests.Support.Problems

let private timeStep = 0.02

/// A repulsion that is smooth across its cutoff to the fifth derivative, so that difference quotients mean something there.
let private bump (cutoff: float) : PairPotential =
    let inside (r: float) = max 0.0 (1.0 - r * r / (cutoff * cutoff))

    {
        Name = "bump"
        Energy = fun r -> pown (inside r) 6
        Slope = fun r -> -12.0 * r / (cutoff * cutoff) * pown (inside r) 5
        Source = "the tests"
    }

/// Known forces on a scene, of a kind that bonds or pairs within a cutoff have.
let private systemOf (scene: Scene) : ISeparableHamiltonian =
    match scene.Cutoff with
    | Some cutoff -> PairSystem(scene.Structure, bump cutoff)
    | None -> PairSystem(scene.Structure, PairPotential.morse 1.0 1.0 1.0)

/// A law of every method on a scene's system.
let private everyMethod (methods: IntegrationMethod list) (scene: Scene) (law: Integrator -> Verdict) : Verdict =
    let system = systemOf scene
    firstFault (methods |> List.map (fun method -> method.Name, method)) (pair system >> law)

let private that holds = IntegrationMethod.all |> List.filter holds

/// q and p as one array, and back.
let private unflat (like: PhaseState) (y: float[]) : PhaseState =
    PhaseState.create like.Bodies like.Dimension y[.. y.Length / 2 - 1] y[y.Length / 2 ..]

/// One time step in the space where a method's claims hold.
let private stepLifted (integrator: Integrator) (dt: float) (lifted: PhaseState) : Result<PhaseState, SimulationError> =
    let stepper = integrator.Space.Start dt lifted

    stepper.Step()
    |> Result.map (fun () -> PhaseState.create lifted.Bodies lifted.Dimension (stepper.Positions.ToArray()) (stepper.Momenta.ToArray()))

/// Columns of the Jacobian of one step, in the space where the method is symplectic.
let private jacobian (integrator: Integrator) (dt: float) (lifted: PhaseState) : float[][] =
    let step y = unflat lifted y |> stepLifted integrator dt |> expectOk |> flat
    let y = flat lifted
    Array.init y.Length (derivative 1e-3 step y)

/// The largest entry of M^T J M - J.
let private areaDefect (columns: float[][]) : float =
    let half = columns.Length / 2

    let form (u: float[]) (v: float[]) = Seq.sum (seq { for k in 0 .. half - 1 -> u[k] * v[half + k] - u[half + k] * v[k] })

    let canonical a b =
        if b = a + half then 1.0
        elif a = b + half then -1.0
        else 0.0

    Seq.allPairs [ 0 .. columns.Length - 1 ] [ 0 .. columns.Length - 1 ]
    |> Seq.map (fun (a, b) -> abs (form columns[a] columns[b] - canonical a b))
    |> Seq.max

let private below (what: string) (bound: float) (x: float) : Verdict =
    if x <= bound then None else Some $"{what} is {x}; expected at most {bound}"

let private few (scene: Scene) : Scene =
    Seq.fold (fun scene _ -> if scene.Bodies > 3 then Scene.drop (scene.Bodies - 1) scene else scene) scene [ 1..3 ]

/// A state far from rest, at which what a method does not preserve shows in one long step.
let private lively: Scene =
    {
        Dimension = 2
        Periods = [ 0.0; 0.0 ]
        Tilts = []
        Masses = [ 1.0; 2.0; 0.5 ]
        Edges = [ 0, 1; 1, 2; 0, 2 ]
        Cutoff = None
        Named = false
        Q = [| 0.0; 0.0; 1.4; 0.2; 0.3; 1.1 |]
        P = [| 0.4; -0.6; -0.3; 0.5; 0.2; 0.3 |]
    }

let private isSymplectic (method: IntegrationMethod) = method.Symplecticity <> NotSymplectic

let private area =
    [
        prop 12 "symplectic methods preserve the area form at random states" (fun (scene: Scene) ->
            let scene = few scene

            everyMethod (that isSymplectic) scene (fun integrator ->
                jacobian integrator timeStep (integrator.Space.Lift scene.State)
                |> areaDefect
                |> below "M^T J M - J" Tolerance.symplectic)
            |> judge
            |> classified scene)

        testCase "a long step tells which methods do" (fun () ->
            for method in IntegrationMethod.all do
                let integrator = pair (systemOf lively) method
                let defect = jacobian integrator 0.25 (integrator.Space.Lift lively.State) |> areaDefect

                if isSymplectic method then
                    below method.Name Tolerance.symplectic defect |> expectNone
                elif method.HasFixedStep then
                    Expect.isGreaterThan defect (10.0 * Tolerance.symplectic) method.Name)
    ]

let private thereAndBack (dt: float) (integrator: Integrator) (start: PhaseState) : float[] =
    let lifted = integrator.Space.Lift start

    stepLifted integrator dt lifted
    |> Result.bind (stepLifted integrator -dt)
    |> expectOk
    |> flat
    |> Array.map2 (-) (flat lifted)

let private largest (values: float[]) : float = values |> Array.map abs |> Array.max

let private reversal =
    [
        prop 40 "a step back undoes a step of a symmetric method" (fun (scene: Scene) ->
            everyMethod (that _.IsSymmetric) scene (fun integrator ->
                thereAndBack timeStep integrator scene.State |> largest |> below "what is left" Tolerance.reversed)
            |> judge
            |> classified scene)

        testCase "a long step tells which methods are symmetric" (fun () ->
            for method in IntegrationMethod.all |> List.filter _.HasFixedStep do
                let left = thereAndBack 0.25 (pair (systemOf lively) method) lively.State |> largest

                if method.IsSymmetric then
                    below method.Name Tolerance.reversed left |> expectNone
                else
                    Expect.isGreaterThan left (1e3 * Tolerance.reversed) method.Name)

        prop 40 "a step back of the adjoint undoes a step" (fun (scene: Scene) ->
            let system = systemOf scene

            firstFault (SplittingMethod.all |> List.map (fun method -> method.Name, method)) (fun method ->
                Integrator.step (Splitting.on system method) timeStep scene.State
                |> Result.bind (Integrator.step (Splitting.on system (SplittingMethod.adjoint method)) -timeStep)
                |> expectOk
                |> flat
                |> close "the state" Tolerance.reversed (flat scene.State))
            |> judge)
    ]

/// What a quantity of the lifted state is before and after some steps.
let private conserves (steps: int) (quantity: PhaseState -> float[]) (start: PhaseState) (integrator: Integrator) : Verdict =
    let lifted = integrator.Space.Lift start
    let step state _ = Result.bind (stepLifted integrator timeStep) state

    match Seq.fold step (Ok lifted) [ 1..steps ] with
    // On a line bodies go through each other, where distances have a kink: a method that holds a tolerance says so.
    | Error(StepTooShort _) when start.Dimension = 1 -> None
    | final -> close "conserved" Tolerance.conserved (quantity lifted) (quantity (expectOk final))

let private conservation =
    [
        prop 15 "every method conserves momentum" (fun (scene: Scene) ->
            everyMethod IntegrationMethod.all scene (conserves 20 Momenta.total scene.State) |> judge |> classified scene)

        prop 15 "symplectic methods conserve angular momentum in open space" (fun (scene: Scene) ->
            let scene = { scene with Periods = List.map (fun _ -> 0.0) scene.Periods; Tilts = [] }

            everyMethod (that isSymplectic) scene (conserves 20 Momenta.angular scene.State) |> judge |> classified scene)

        testCase "methods that are not symplectic lose angular momentum in a long step" (fun () ->
            for method in that (fun method -> method.HasFixedStep && not (isSymplectic method)) do
                let after = Integrator.step (pair (systemOf lively) method) 0.25 lively.State |> expectOk
                let change = Array.map2 (-) (Momenta.angular after) (Momenta.angular lively.State) |> largest
                Expect.isGreaterThan change 1e-8 method.Name)
    ]

let private stepOf (scene: Scene) (method: IntegrationMethod) : PhaseState =
    Integrator.step (pair (systemOf scene) method) timeStep scene.State |> expectOk

let private equivariance =
    [
        prop 30 "a step commutes with swaps, turns, reflections and shifts" (fun (scene: Scene) (word: Word) ->
            let allowed = Word.allowed scene word

            firstFault (IntegrationMethod.all |> List.map (fun method -> method.Name, method)) (fun method ->
                let after, moved = stepOf scene method, stepOf (Word.apply word scene) method

                close "q" Tolerance.exactLaw (Word.points scene.Dimension allowed (after.Positions.ToArray())) (moved.Positions.ToArray())
                |> orElse (fun () ->
                    close
                        "p"
                        Tolerance.exactLaw
                        (Word.vectors scene.Dimension allowed (after.Momenta.ToArray()))
                        (moved.Momenta.ToArray())))
            |> judge
            |> classified scene)

        // The error that an adaptive method allows itself depends on the momenta, which a boost changes.
        prop 30 "a step commutes with a boost to a moving frame" (fun (scene: Scene) (speed: int8) ->
            let velocity axis = float speed / 64.0 * float (axis + 1)
            let boost k = velocity (k % scene.Dimension)
            let massOf k = scene.Masses[k / scene.Dimension]
            let boosted = { scene with P = scene.P |> Array.mapi (fun k p -> p + massOf k * boost k) }

            firstFault (that _.HasFixedStep |> List.map (fun method -> method.Name, method)) (fun method ->
                let after, moved = stepOf scene method, stepOf boosted method
                let q = after.Positions.ToArray() |> Array.mapi (fun k q -> q + timeStep * boost k)
                let p = after.Momenta.ToArray() |> Array.mapi (fun k p -> p + massOf k * boost k)

                close "q" Tolerance.exactLaw q (moved.Positions.ToArray())
                |> orElse (fun () -> close "p" Tolerance.exactLaw p (moved.Momenta.ToArray())))
            |> judge
            |> classified scene)
    ]

[<Tests>]
let tests =
    testList
        "Flows"
        [
            testList "area" area
            testList "reversal" reversal
            testList "conservation" conservation
            testList "equivariance" equivariance
        ]
