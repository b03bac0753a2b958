module HgnFunctional.Tests.Integrators.OrderTests

open System
open Expecto
open HgnFunctional
open HgnFunctional.Features
open HgnFunctional.Integrators
open HgnFunctional.Metrics
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Laws
open HgnFunctional.Tests.Support.Problems

let private splitting = List.map Splitting.method
let private rungeKutta = List.map RungeKutta.method

/// Methods that the combinators make; their claims are derived, and hold like those of all others.
let private derived: IntegrationMethod list =
    splitting
        [
            SplittingMethod.adjoint SplittingMethod.ruth3
            SplittingMethod.symmetrise SplittingMethod.ruth3
            SplittingMethod.tripleJump SplittingMethod.positionVerlet
            SplittingMethod.tripleJump SplittingMethod.forestRuth
            SplittingMethod.quintupleJump SplittingMethod.suzuki4
            SplittingMethod.compose [ 0.3, SplittingMethod.stormerVerlet; 0.7, SplittingMethod.mclachlan2 ]
        ]
    @ rungeKutta [ RungeKuttaMethod.gaussLegendre 4 ]

let private fixedStep = IntegrationMethod.all @ derived |> List.filter _.HasFixedStep

let private expectOrder (problem: Problem) (claim: IntegrationMethod -> int) (method: IntegrationMethod) : unit =
    let order = measuredOrder problem method
    Expect.isLessThan (abs (order - float (claim method))) Tolerance.order $"{method.Name} on {problem.Name}: order %.3f{order}"

let private orders =
    [
        for problem in [ chain; kepler ] do
            testCase $"every method has its order on {problem.Name}" (fun () -> fixedStep |> List.iter (expectOrder problem _.Order))

        testCase "every method has its general order where T is not quadratic" (fun () ->
            fixedStep |> List.iter (expectOrder relativistic _.GeneralOrder))

        testCase "the method that Dormand and Prince compare with is of order four" (fun () ->
            for method in EmbeddedRungeKutta.all do
                let compared =
                    { method.Method with
                        Name = $"compared with {method.Name}"
                        Order = method.ComparedOrder
                        Weights = method.ComparedWeights
                    }

                expectOrder kepler _.Order (RungeKutta.method compared))

        testCase "an adaptive method keeps its tolerance" (fun () ->
            for method in EmbeddedRungeKutta.all do
                for problem in [ chain; kepler ] do
                    for tolerance in [ 1e-6; 1e-9; 1e-12 ] do
                        let integrator = Adaptive.on tolerance problem.Hamiltonian method

                        match Trajectory.record integrator problem.Duration 1 1 problem.Start with
                        | Error error -> failtest (string error)
                        | Ok states ->
                            let error = Array.map2 (fun a b -> abs (a - b)) (flat states[1]) (problem.At problem.Duration) |> Array.max
                            // Errors of all substeps add up, and may grow on their way.
                            Expect.isLessThan error (1e3 * tolerance) $"{method.Name} on {problem.Name} at {tolerance}"
                            Expect.isGreaterThan error (1e-3 * min tolerance 1e-10) "no more work than asked for")
    ]

let private claims =
    [
        testCase "names are unique and find their methods" (fun () ->
            let names = IntegrationMethod.all |> List.map _.Name
            Expect.equal (List.distinct names) names "names"

            for method in IntegrationMethod.all do
                Expect.equal (IntegrationMethod.tryFind method.Name |> Option.map _.Name) (Some method.Name) method.Name
                Expect.isNotEmpty method.Source method.Name

            Expect.isNone (IntegrationMethod.tryFind "no such method") "an unknown name")

        testCase "combinators derive orders and symmetry" (fun () ->
            let claims (method: SplittingMethod) = method.Order, method.IsSymmetric
            Expect.equal (claims SplittingMethod.symplecticEulerA) (1, false) "Euler"
            Expect.equal (claims (SplittingMethod.symmetrise SplittingMethod.symplecticEulerA)) (2, true) "symmetrised"
            Expect.equal (claims (SplittingMethod.tripleJump SplittingMethod.stormerVerlet)) (4, true) "triple jump"
            Expect.equal (claims (SplittingMethod.quintupleJump SplittingMethod.suzuki4)) (6, true) "quintuple jump"
            let lopsided = SplittingMethod.compose [ 0.25, SplittingMethod.ruth3; 0.75, SplittingMethod.stormerVerlet ]
            Expect.equal (claims lopsided) (2, false) "composed"
            let drift, kick = SplitStage.drift, SplitStage.kick
            Expect.equal SplittingMethod.stormerVerlet.Stages [ kick 0.5; drift 1.0; kick 0.5 ] "Stoermer-Verlet"
            Expect.equal SplittingMethod.positionVerlet.Stages [ drift 0.5; kick 1.0; drift 0.5 ] "position Verlet")

        testCase "Gauss methods of any number of stages are collocations, symmetric and symplectic" (fun () ->
            for stages in 1..12 do
                let method = RungeKuttaMethod.gaussLegendre stages
                Expect.isTrue method.IsSymmetric $"{method.Name} is symmetric"
                Expect.isTrue method.IsSymplectic $"{method.Name} is symplectic"
                let nodes = method.Matrix |> Array.map Array.sum

                for k in 1 .. 2 * stages do
                    let powers = nodes |> Array.map (fun c -> pown c (k - 1))
                    let dot a = Array.map2 (*) a powers |> Array.sum
                    close $"{method.Name}, weights, {k}" Tolerance.exactLaw [| 1.0 / float k |] [| dot method.Weights |] |> expectNone

                    if k <= stages then
                        close
                            $"{method.Name}, stages, {k}"
                            Tolerance.exactLaw
                            (nodes |> Array.map (fun c -> pown c k / float k))
                            (Array.map dot method.Matrix)
                        |> expectNone

                // A claim that any tableau could make would be none.
                let spoiled = method.Matrix |> Array.map Array.copy
                spoiled[0][stages - 1] <- spoiled[0][stages - 1] + 1e-12
                let other = { method with Matrix = spoiled }
                Expect.isFalse (other.IsSymplectic || other.IsSymmetric) $"{method.Name}, spoiled")

        testCase "fractions that do not add up to one are refused" (fun () ->
            for parts in [ []; [ 0.5, SplittingMethod.ruth3 ] ] do
                Expect.throwsT<ArgumentException> (fun () -> SplittingMethod.compose parts |> ignore) "compose")

        testCase "the fractions of each flow add up to one" (fun () ->
            for method in SplittingMethod.all do
                let total (flow: int) = method.Stages |> List.filter (fun stage -> stage.Flow = flow) |> List.sumBy _.Fraction

                Expect.isLessThan (abs (total 0 - 1.0) + abs (total 1 - 1.0)) Tolerance.exactLaw method.Name)

        testCase "force evaluations count each kick once" (fun () ->
            let evaluations =
                [ SplittingMethod.stormerVerlet; SplittingMethod.positionVerlet; SplittingMethod.yoshida8; SplittingMethod.ruth3 ]

            Expect.equal (evaluations |> List.map _.ForceEvaluations) [ 1; 1; 15; 3 ] "evaluations")
    ]

[<Tests>]
let tests = testList "Integrators" [ testList "order" orders; testList "claims" claims ]
