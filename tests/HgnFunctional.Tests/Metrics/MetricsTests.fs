/// Measures of errors and of conservation, against numbers computed by hand.
module HgnFunctional.Tests.Metrics.MetricsTests

open Expecto
open HgnFunctional
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Blocks
open HgnFunctional.Models
open HgnFunctional.Systems
open HgnFunctional.Integrators
open HgnFunctional.Metrics
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Laws

/// H = sum_i (|p_i|^2 / (2 m_i) - 2) + sum over pairs of (r - 3/2), trained on kinetic terms from 0 to 4 and distances
/// from 1/2 to 5/2.
let private byHand: TrainedModel =
    let term (recipe: BlockRecipe) kind low high readout =
        let inputs = { Low = [| low |]; High = [| high |]; Points = [| low; high |]; Outputs = [||] }

        let options =
            {
                Radial = Radial.distance
                Angular = Angular.cosine
                Cutoff = Cutoff.quartic
                CutoffRadius = None
                Kind = kind
            }

        let draw = BlockMakers.drawWith Sampler.elm Activation.tanh 1
        // The first feature is the normalised invariant.
        {
            Block = (recipe.Create options (BlockMakers.sampleOf inputs) draw).Select [| 0 |]
            Readout = [| readout |]
        }

    {
        Scope = ModelScope.bonds
        Terms = [ term BodyBlock.recipe EachBody 0.0 4.0 2.0; term PairBlock.ofBonds (BondsOf "") 0.5 2.5 1.0 ]
        Constant = 0.0
        Units = None
        Diagnostics = []
        Provenance =
            {
                LibraryVersion = ""
                Seed = 0
                Sampler = ""
                Width = 1
                Frames = 1
                PinnedBodies = 0
                DataHash = ""
            }
        Warnings = []
        Verdict = None
        Posterior = None
    }

let private pair = Structure.bonded 1 1.0 (Graph.create 2 [ struct (0, 1) ])

/// Two bodies of unit mass at a distance, whose velocities are their momenta 1 and -1 unless measured otherwise.
let private frame (distance: float) (velocities: float[]) (forces: float[]) : Snapshot =
    Snapshot.create pair (PhaseState.create 2 1 [| 0.0; distance |] [| 1.0; -1.0 |]) velocities forces

let private evaluate (snapshots: Snapshot list) : Evaluation =
    match Evaluation.ofSnapshots byHand snapshots with
    | Ok evaluation -> evaluation
    | Error error -> failtest (string error)

let private free (bodies: int) (cell: Cell) : Structure =
    Structure.create cell (Relations.bonds (Graph.create bodies [])) (Array.create bodies 1.0)

/// The conservation of states of two bodies in the plane, at their times.
let private observe (cell: Cell) (states: (float * float[] * float[]) list) : Conservation =
    let structure = free 2 cell
    let system = PairSystem(structure, PairPotential.harmonic 1.0 1.0)
    let states = states |> List.map (fun (time, q, p) -> time, PhaseState.create 2 2 q p)
    let see (observer: Observer<Conservation>) (time, state) = observer.Observe { Time = time; State = state; Work = 0.0 }
    (List.fold see (Conservation.observer structure system) states).Result

[<Tests>]
let tests =
    testList
        "Metrics"
        [
            testCase "errors are those computed by hand" (fun () ->
                // The model pulls the bodies together with a force of 1. The first frame measures another velocity and another
                // force; the others agree, but lie beyond the range of distances, on either side.
                let evaluation =
                    evaluate
                        [
                            frame 1.0 [| 1.5; -1.0 |] [| 1.0; -2.0 |]
                            frame 3.0 [| 1.0; -1.0 |] [| 1.0; -1.0 |]
                            frame 0.25 [| 1.0; -1.0 |] [| 1.0; -1.0 |]
                        ]

                Expect.equal (evaluation.Frames, evaluation.Bodies) (3, 2) "sizes"
                let found = [| evaluation.RelativeForceError; evaluation.RelativeVelocityError; evaluation.MeanSquareError |]
                close "errors" Tolerance.exactLaw [| sqrt (1.0 / 9.0); sqrt (0.25 / 7.25); 1.25 / 12.0 |] found |> expectNone
                // The energy moves by 2 and by -3/4; the kinetic energy is 1.
                let found = [| Option.get evaluation.EnergyDeviation; evaluation.OutOfRangeFraction |]
                close "deviation and range" Tolerance.exactLaw [| 2.0; 2.0 / 9.0 |] found |> expectNone)

            testCase "a model without error has none" (fun () ->
                let evaluation = evaluate [ frame 1.0 [| 1.0; -1.0 |] [| 1.0; -1.0 |] ]
                let found = [| evaluation.RelativeForceError; evaluation.RelativeVelocityError; evaluation.MeanSquareError |]
                close "errors" Tolerance.exactLaw [| 0.0; 0.0; 0.0 |] found |> expectNone
                Expect.equal (evaluation.EnergyDeviation, evaluation.OutOfRangeFraction) (Some 0.0, 0.0) "one frame, in range")

            testCase "drifts are those computed by hand, the largest on the way" (fun () ->
                let q = [| 1.0; 0.0; 0.0; 2.0 |]
                let start = [| 3.0; 4.0; 0.0; 0.0 |]

                let conservation = observe (Cell.openSpace 2) [ 0.0, q, start; 1.0, q, [| 3.0; 4.0; 1.0; 0.0 |]; 3.0, q, start ]

                // Energies are 25/2, 13, 25/2: a line through 0, 1/2, 0 at the times 0, 1, 3.
                close
                    "energy"
                    Tolerance.exactLaw
                    [| 1.0 / 25.0; -1.0 / 350.0 |]
                    [| conservation.EnergyDriftMax; conservation.EnergyDriftSlope |]
                |> expectNone

                // The total momentum moves by (1, 0), of 5 at the start; the angular momentum, of arms of 1/2 and 1 about the
                // centre, by -1, of the root of 5/4 times 5.
                close "momentum" Tolerance.exactLaw [| 0.2 |] (Option.toArray conservation.MomentumDrift) |> expectNone

                close "angular momentum" Tolerance.exactLaw [| 0.4 / sqrt 5.0 |] (Option.toArray conservation.AngularMomentumDrift)
                |> expectNone)

            testCase "angular momentum has no drift to speak of in a box" (fun () ->
                let conservation = observe (Cell.create [ 9.0; 0.0 ]) [ 0.0, [| 1.0; 0.0; 0.0; 2.0 |], [| 3.0; 4.0; 0.0; 0.0 |] ]
                Expect.isNone conservation.AngularMomentumDrift "angular momentum"
                Expect.equal (conservation.EnergyDriftMax, conservation.EnergyDriftSlope) (0.0, 0.0) "one state")

            testCase "momenta and angular momenta by hand, in space" (fun () ->
                let state = PhaseState.create 2 3 [| 1.0; 2.0; 3.0; 0.0; 1.0; 0.0 |] [| 4.0; 5.0; 6.0; 7.0; 0.0; 0.0 |]
                Expect.equal (Momenta.total state) [| 11.0; 5.0; 6.0 |] "momentum"
                // Of the first body 1*5 - 2*4, 1*6 - 3*4, 2*6 - 3*5; of the second -1*7, 0, 0.
                Expect.equal (Momenta.angular state) [| -10.0; -6.0; -3.0 |] "angular momentum, of axes 01, 02, 12")
        ]
