/// A fit says what it ignored and why it falls short; a run says where it went. Where all is well both are silent.
module HgnFunctional.Tests.Learning.WarningTests

open System
open Expecto
open HgnFunctional
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Blocks
open HgnFunctional.Models
open HgnFunctional.Learning
open HgnFunctional.Metrics
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Laws

let private bodies = 6
let private bonds = Recordings.chain bodies

let private structureOf (masses: float[]) : Structure =
    Structure.create (Cell.openSpace 3) (Relations.bonds (Graph.create bodies bonds)) masses

/// What springs and another force do to the bodies, as snapshots.
let private snapshots (structure: Structure) (extra: float[] -> float[] -> float[]) : Snapshot list =
    let masses = structure.Masses.ToArray()
    let forces q v = Array.map2 (+) (Recordings.springs bonds q) (extra q v)

    Recordings.start bodies 5
    |> Recordings.record masses forces 20 60
    |> List.map (fun moment ->
        let momenta = moment.Velocities |> Array.mapi (fun k v -> masses[k / 3] * v)
        Snapshot.create structure (PhaseState.create bodies 3 moment.Positions momenta) moment.Velocities moment.Forces)

let private modelOf (recipes: BlockRecipe list) (data: Snapshot list) : TrainedModel =
    Training.fit { TrainingConfig.defaults with Recipes = recipes } data |> expectOk

let private warningsOf (data: Snapshot list) : Warning list = (modelOf Blocks.defaults data).Warnings

/// Of a model that knows nothing of the world around.
let private causesOf (data: Snapshot list) : Cause list =
    (modelOf Blocks.isolated data).Warnings
    |> List.tryPick (function
        | PoorFit(_, causes) -> Some causes
        | _ -> None)
    |> Option.defaultWith (fun () -> failtest "the fit is not called poor")

let private nothing (_: float[]) (v: float[]) : float[] = Array.zeroCreate v.Length
let private equal = structureOf (Array.create bodies 1.0)

let private labelled (change: Labels -> Labels) : Structure =
    equal |> Structure.withLabels (Labels.ofIds (Array.init bodies (fun body -> int64 body + 1L)) |> change)

/// Every second bond is stiffer.
let private unequalBonds (q: float[]) (_: float[]) : float[] =
    Recordings.springs (bonds |> List.indexed |> List.filter (fun (k, _) -> k % 2 = 0) |> List.map snd) q

[<Tests>]
let tests =
    testList
        "Warnings"
        [
            test "a fit that describes its data is silent, whatever labels the bodies have" {
                Expect.equal (warningsOf (snapshots equal nothing)) [] "plain"
                let types = Array.init bodies (fun body -> string (1 + body % 2))
                let isotopes = labelled (fun labels -> { labels with Torsions = 3 }) |> Structure.withSpecies types
                Expect.equal (warningsOf (snapshots isotopes nothing)) [] "labels that make no difference"
            }

            test "gravity is seen in the net force, with its direction" {
                let gravity (_: float[]) (v: float[]) = Array.init v.Length (fun k -> if k % 3 = 2 then -0.4 else 0.0)
                let causes = causesOf (snapshots equal gravity)
                Expect.isTrue (causes |> List.exists _.IsNetForce) "net force"

                let direction =
                    causes
                    |> List.tryPick (function
                        | UniformField direction -> Some direction
                        | _ -> None)

                match direction with
                | Some [ x; y; z ] ->
                    Expect.floatClose { absolute = 0.05; relative = 0.0 } z -0.4 "z"
                    Expect.isLessThan (abs x + abs y) 0.1 "x and y"
                | other -> failtest $"{other}"
            }

            test "forces that nothing in the model could describe are missed, and that is said" {
                for recipes in [ [ BodyBlock.recipe ]; BodyBlock.recipe :: VelocityBlock.recipes ] do
                    let model = modelOf recipes (snapshots equal nothing)

                    let missed =
                        model.Warnings
                        |> List.choose (function
                            | PoorFit(error, _) -> Some error
                            | _ -> None)

                    Expect.hasLength missed 1 "said"
                    Expect.isGreaterThan missed[0] 0.9 "all of it"
                    Expect.isGreaterThan model.Verdict.Value.Unexplained 0.9 "in the verdict too"
            }

            test "drag is seen" {
                let drag (_: float[]) (v: float[]) = v |> Array.map (fun v -> -0.3 * v)
                Expect.contains (causesOf (snapshots equal drag)) Drag "cause"
            }

            test "unequal laws of one kind of pair are seen, and the types that tell them" {
                Expect.equal (causesOf (snapshots equal unequalBonds)) [ MoreThanPairs ] "no labels"

                let structure =
                    labelled (fun labels -> { labels with Torsions = 4 })
                    |> Structure.withAttribute AttributeName.Charge (Array.create bodies 0.5)

                let warnings = (modelOf Blocks.isolated (snapshots structure unequalBonds)).Warnings
                Expect.contains warnings (TorsionsIgnored 4) "angles"
                Expect.contains warnings ChargesIgnored "charges"
            }

            test "errors are told by type" {
                let types = Array.init bodies (fun body -> if body < 2 then "A" else "B")
                let structure = labelled id |> Structure.withSpecies types
                let data = snapshots structure (fun q _ -> Recordings.springs [ struct (0, 1) ] q)
                Expect.contains (modelOf Blocks.isolated data).Warnings (TypesIgnored [ "A"; "B" ]) "types"

                match causesOf data |> List.tryFind _.IsUnequalTypes with
                | Some(UnequalTypes(worst, worstError, _, bestError)) ->
                    Expect.equal worst "A" "the pair that differs"
                    Expect.isGreaterThan worstError bestError "more"
                | other -> failtest $"{other}"
            }

            test "forces that are all zero, and data at rest, are said" {
                let freely = snapshots equal (fun q _ -> Recordings.springs bonds q |> Array.map (~-))
                Expect.equal (warningsOf freely) [ NoForces ] "no forces"

                let atRest =
                    snapshots equal nothing
                    |> List.map (fun snapshot ->
                        let zero = Array.zeroCreate<float>(3 * bodies)
                        let state = PhaseState.create bodies 3 (snapshot.State.Positions.ToArray()) zero
                        Snapshot.create equal state zero (snapshot.Forces.ToArray()))

                Expect.equal (warningsOf atRest) [ KineticFromMasses ] "at rest"
            }

            test "a cutoff below every distance is refused with the least distance" {
                let within = Structure.create (Cell.openSpace 3) (Relations.within 0.2) (Array.create bodies 1.0)

                match Training.fit TrainingConfig.defaults (snapshots within nothing) with
                | Error(NoPairsWithin(0.2, Some nearest)) ->
                    let first = (snapshots within nothing).Head.State.Positions.ToArray()

                    let distances =
                        [
                            for a in 0 .. bodies - 1 do
                                for b in a + 1 .. bodies - 1 ->
                                    sqrt (Seq.sumBy (fun k -> pown (first[3 * a + k] - first[3 * b + k]) 2) [ 0; 1; 2 ])
                        ]

                    Expect.floatClose Accuracy.high nearest (List.min distances) "least distance"
                | other -> failtest $"{other}"
            }

            test "every warning and cause is one sentence" {
                let causes = [ NetForce 0.1; UniformField [ 0.0; -9.81 ]; Drag; UnequalTypes("1", 0.5, "2", 0.1); MoreThanPairs ]

                for warning in
                    [
                        UnitsAssumed("f", "lj")
                        ForcesOutOfScale("f", 2.0)
                        ImagesTaken("f", 2, "x, y")
                        KineticFromMasses
                        NoForces
                        Held("f", 1, 2)
                        NothingPinned 3
                        TypesIgnored [ for k in 1..20 -> string k ]
                        BondTypesIgnored [ "1"; "2" ]
                        ChargesIgnored
                        BondsIgnored("f", 2)
                        TorsionsIgnored 3
                        PoorFit(0.5, causes)
                        PoorFit(0.5, [])
                        OutOfRange 0.2
                        EnergyChanged infinity
                    ] do
                    let sentence = string warning
                    Expect.isTrue (sentence.EndsWith '.' && not (sentence.EndsWith "..") && not (sentence.Contains '\n')) sentence
            }
        ]
