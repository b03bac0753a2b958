/// The paper's own model: frames, messages, raw coordinates; what holds beyond the laws of every block.
module HgnFunctional.Tests.Blocks.MessageTests

open System
open Expecto
open HgnFunctional
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Invariance
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Blocks
open HgnFunctional.Models
open HgnFunctional.Learning
open HgnFunctional.Systems
open HgnFunctional.Integrators
open HgnFunctional.Metrics
open HgnFunctional.IO
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Laws

let private lattice = Topology.grid [ 2; 2; 2 ]
let private structure = Structure.bonded 3 1.0 lattice.Graph
let private springs = PairSystem(structure, PairPotential.harmonic 1.0 1.0)

/// States of the lattice away from rest, where its frame is regular.
let private states (seed: int) (count: int) : PhaseState list =
    [ for k in 1..count -> InitialState.perturbed 0.3 0.3 (1000 * seed + k) structure lattice.Sites ]

let private snapshots (seed: int) (count: int) : Snapshot list =
    states seed count |> List.map (Snapshot.ofHamiltonian structure springs >> expectOk)

let private train (recipes: BlockRecipe list) (width: int) (sampler: Sampler) (data: Snapshot list) : TrainedModel =
    Training.fit { TrainingConfig.defaults with Recipes = recipes; Width = width; Sampler = sampler } data |> expectOk

let private paper = MessageBlock.recipe (MessageBlock.options GraphInputs.localFrame)
let private invariantMessages = MessageBlock.recipe (MessageBlock.options GraphInputs.invariant)

let private hamiltonianOf (structure: Structure) (model: TrainedModel) : IHamiltonian = (Model.bind structure model |> expectOk).Hamiltonian

let private paperModel = lazy train [ paper ] 256 Sampler.swim (snapshots 1 60)

let private moved (word: Word) (state: PhaseState) : PhaseState =
    let q, p = state.Positions.ToArray(), state.Momenta.ToArray()
    PhaseState.create state.Bodies state.Dimension (Word.points 3 word q) (Word.vectors 3 word p)

let private frames =
    [
        testCase "axes are orthonormal, right-handed, and point as the paper says" (fun () ->
            for state in states 3 20 do
                let frame = LocalFrame.tryOfPoints 3 state.Positions |> expectOk
                let axis k = frame.Axes.Slice(3 * k, 3).ToArray()
                let product a b = Array.fold2 (fun sum x y -> sum + x * y) 0.0 (axis a) (axis b)

                let products =
                    [|
                        for a in 0..2 do
                            for b in 0..2 -> product a b
                    |]

                close "products" Tolerance.exactLaw [| 1.0; 0.0; 0.0; 0.0; 1.0; 0.0; 0.0; 0.0; 1.0 |] products |> expectNone
                let x, y, z = axis 0, axis 1, axis 2
                let volume = x[0] * (y[1] * z[2] - y[2] * z[1]) - x[1] * (y[0] * z[2] - y[2] * z[0]) + x[2] * (y[0] * z[1] - y[1] * z[0])
                close "handedness" Tolerance.exactLaw [| 1.0 |] [| volume |] |> expectNone
                let offset body = Array.init 3 (fun k -> state.Positions[3 * body + k] - frame.Mean[k])
                let length body = sqrt (Array.sumBy (fun x -> x * x) (offset body))
                Expect.equal frame.First (Seq.minBy length [ 0..7 ]) "the body nearest to the mean"

                close "first axis" Tolerance.exactLaw (offset frame.First |> Array.map (fun x -> x / length frame.First)) x
                |> expectNone)

        testCase "degenerate frames are typed errors, in training too" (fun () ->
            let tryFrame dimension (q: float[]) = LocalFrame.tryOfPoints dimension (ReadOnlySpan<float> q) |> Result.map ignore
            tryFrame 2 [| 0.0; 0.0; 1.0; 0.0; -1.0; 0.0 |] |> expectError (BodyAtMean 0)
            tryFrame 2 [| 3.0; 4.0 |] |> expectError (BodyAtMean 0)
            tryFrame 3 [| 1.0; 0.0; 0.0; 2.0; 0.0; 0.0; 4.0; 0.0; 0.0 |] |> expectError (AllOnOneLine 1)
            tryFrame 4 [| 0.0; 0.0; 0.0; 0.0 |] |> expectError (NoFrameIn 4)
            let chain = Topology.chain 3 2
            let atRest = Structure.bonded 2 1.0 chain.Graph
            let state = PhaseState.create 3 2 chain.Sites (Array.zeroCreate 6)
            let snapshot = Snapshot.ofHamiltonian atRest (PairSystem(atRest, PairPotential.harmonic 1.0 1.0)) state |> expectOk

            Training.fit { TrainingConfig.defaults with Recipes = [ paper ] } [ snapshot ]
            |> expectError (BlockRefusesFrame(0, NoLocalFrame(BodyAtMean 1))))

        testCase "changes of a frame's bodies are counted, and states without a frame" (fun () ->
            let at (q: float list) = PhaseState.create 3 2 (Array.ofList q) (Array.zeroCreate 6)
            // The mean is the origin throughout; the nearest body is 0, 1, 1, none, 1, 2.
            let states =
                [
                    at [ 1.0; 0.0; -3.0; 1.0; 2.0; -1.0 ]
                    at [ 3.0; 0.0; -1.0; 1.0; -2.0; -1.0 ]
                    at [ 3.0; 1.0; -1.0; 0.0; -2.0; -1.0 ]
                    at [ 1.0; 0.0; 0.0; 0.0; -1.0; 0.0 ]
                    at [ 3.0; 0.0; -1.0; 1.0; -2.0; -1.0 ]
                    at [ 3.0; 0.0; -2.0; 1.0; -1.0; -1.0 ]
                ]

            let observer =
                states
                |> List.fold
                    (fun (observer: Observer<_>) state -> observer.Observe { Time = 0.0; State = state; Work = 0.0 })
                    FrameSwitches.observer

            Expect.equal observer.Result { Switches = 2; Degenerate = 1 } "history")
    ]

let private paperLaws =
    [
        testCase "the paper's model learns velocities, and holds its symmetries to rounding" (fun () ->
            let model = paperModel.Value
            let evaluation: Evaluation = Evaluation.ofSnapshots model (snapshots 2 20) |> expectOk
            // Its frame turns from body to body, so that forces are learned poorly from a few snapshots.
            Expect.isLessThan evaluation.RelativeVelocityError 0.3 "velocities"
            let hamiltonian = hamiltonianOf structure model
            let word = Word [ Turn(0, 1, 0.7); Turn(1, 2, -1.9); Shift(0, 3.5); Shift(2, -1.25); Turn(0, 2, 2.3) ]

            for state in states 4 10 do
                let there = moved word state
                let value s = [| Hamiltonian.value hamiltonian s |]
                closeTo "H" 1.0 Tolerance.framed (value state) (value there) |> expectNone
                let (q, p), (movedQ, movedP) = Hamiltonian.gradient hamiltonian state, Hamiltonian.gradient hamiltonian there
                close "dH/dq" Tolerance.framed (Word.vectors 3 word q) movedQ |> expectNone
                close "dH/dp" Tolerance.framed (Word.vectors 3 word p) movedP |> expectNone)

        testCase "renumbering the bodies renumbers the paper's forces" (fun () ->
            let word = Word [ Swap(0, 5); Swap(2, 7); Swap(1, 5) ]
            let names = Word.names 8 word
            let renamed = Structure.bonded 3 1.0 (Graph.relabel names lattice.Graph)
            let here, there = hamiltonianOf structure paperModel.Value, hamiltonianOf renamed paperModel.Value

            for state in states 5 5 do
                let q, _ = Hamiltonian.gradient here state
                let movedQ, _ = Hamiltonian.gradient there (moved word state)
                close "dH/dq" Tolerance.framed (Word.vectors 3 word q) movedQ |> expectNone)

        testCase "a model that couples positions and momenta needs an implicit or extended method" (fun () ->
            let dynamics = Model.bind structure paperModel.Value |> expectOk

            match dynamics with
            | Separable _
            | Driven _ -> failtest "messages see momenta"
            | General _ ->
                let state = (states 6 1).Head
                let settings = IntegratorSettings.suggest 0.01 dynamics.Hamiltonian state

                for method in IntegrationMethod.all do
                    match method.TryStart settings dynamics with
                    | Error _ -> Expect.isTrue method.NeedsSeparable method.Name
                    | Ok integrator -> Expect.isOk (Integrator.step integrator 0.01 state) method.Name)

        testCase "messages of invariants with momenta fit springs, and pooling every stage fits better" (fun () ->
            let data, test = snapshots 1 60, snapshots 2 20

            let errorOf recipe =
                (Evaluation.ofSnapshots (train [ recipe ] 256 Sampler.elm data) test |> expectOk: Evaluation).RelativeForceError

            let messages = errorOf invariantMessages
            let pooled = errorOf (MessageBlock.recipe { MessageBlock.options GraphInputs.invariant with PoolsEveryStage = true })
            Expect.isLessThan messages 1e-2 "messages"
            Expect.isLessThan pooled 1e-4 "every stage")

        testCase "blocks with inputs of one size refuse others" (fun () ->
            let flat = Structure.bonded 2 1.0 (Topology.chain 8 2).Graph
            Model.bind flat paperModel.Value |> expectError (BlockRefuses(NeedsDimension 3))
            let raw = train [ RawBlock.recipe ] 64 Sampler.elm (snapshots 1 10)
            let larger = Structure.bonded 3 1.0 (Topology.grid [ 3; 3; 3 ]).Graph
            Model.bind larger raw |> expectError (BlockRefuses(NeedsBodies(8, 3))))
    ]

/// Two bodies on a spring, whose messages are computed by hand.
let private byHand =
    testCase "a message is a unit of the sum of encoded nodes and the encoded edge" (fun () ->
        let map weights biases inputs : FeatureMap =
            {
                Activation = Activation.tanh
                Centres = Array.zeroCreate inputs
                HalfRanges = Array.create inputs 1.0
                Weights = weights
                Biases = biases
            }

        let network =
            {
                Inputs = GraphInputs.invariant
                Dimension = 1
                IsDirected = false
                Factor = None
                Nodes = map [| 0.5 |] [| 0.1 |] 1
                Edges = map [| -0.3 |] [| 0.2 |] 1
                Rounds = [ map [| 0.7; 1.1 |] [| -0.4 |] 2 ]
            }

        let block: IEnergyBlock = MessageBlock(network, [||], [||])
        let pair = Structure.bonded 1 2.0 (Graph.create 2 [ struct (0, 1) ])
        let state = PhaseState.create 2 1 [| 0.0; 1.5 |] [| 2.0; -1.0 |]
        let configuration = Configuration(pair, Structure.pairs pair state.Positions, state.Positions, state.Momenta)
        // Kinetic terms are 1 and 1/4, the distance 3/2.
        let h = tanh (0.5 * 1.0 + 0.1) + tanh (0.5 * 0.25 + 0.1)
        let g = tanh (-0.3 * 1.5 + 0.2)
        let expected = tanh (0.7 * h + 1.1 * g - 0.4)
        close "message" Tolerance.exactLaw [| expected |] [| block.Energy(&configuration, [| 1.0 |]) |] |> expectNone
        let gradientQ, gradientP = Array.zeroCreate 2, Array.zeroCreate 2
        block.PullbackInto(&configuration, [| 1.0 |], Span<float> gradientQ, Span<float> gradientP)
        let slope x = 1.0 - tanh x * tanh x
        let outer = 1.0 - expected * expected
        // The pair's unit vector points from the second body to the first: -1.
        let ofDistance = outer * 1.1 * slope (-0.3 * 1.5 + 0.2) * -0.3
        close "dH/dq" Tolerance.exactLaw [| -ofDistance; ofDistance |] gradientQ |> expectNone
        let ofKinetic x = outer * 0.7 * slope (0.5 * x + 0.1) * 0.5
        close "dH/dp" Tolerance.exactLaw [| ofKinetic 1.0 * 1.0; ofKinetic 0.25 * -0.5 |] gradientP |> expectNone)

let private files =
    testCase "every kind of block comes back from its model file with the same bits" (fun () ->
        let isUsable (recipe: BlockRecipe) = not (recipe.Kinds structure).IsEmpty && (recipe.Refuses structure (snapshots 1 1).Head).IsNone

        for recipe in List.filter isUsable Blocks.all do
            let model = train [ recipe ] 12 Sampler.elm (snapshots 1 5)
            let back = ModelFile.ofJson recipe.Kind (ModelFile.toJson model) |> expectOk
            let here, there = hamiltonianOf structure model, hamiltonianOf structure back
            let state = (states 7 1).Head
            let (q, p), (otherQ, otherP) = Hamiltonian.gradient here state, Hamiltonian.gradient there state
            identical recipe.Kind q otherQ |> expectNone
            identical recipe.Kind p otherP |> expectNone
            Expect.equal (ModelFile.toJson back) (ModelFile.toJson model) recipe.Kind)

[<Tests>]
let tests = testList "Messages" [ testList "frames" frames; testList "the paper's model" paperLaws; byHand; files ]
