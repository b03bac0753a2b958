/// Species, types of bonds, and relations side by side.
module HgnFunctional.Tests.Learning.KindTests

open System
open Expecto
open FsCheck.FSharp
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
open HgnFunctional.Metrics
open HgnFunctional.IO
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Generators
open HgnFunctional.Tests.Support.Laws

/// The runs of pairs of each kind, as pairs of bodies.
let private runs (kinds: Kind list) (pairs: Pairs) : (Kind * (int * int) list) list =
    kinds
    |> List.mapi (fun place kind ->
        let struct (start, count) = pairs.Run place
        kind, [ for pair in start .. start + count - 1 -> pairs.Senders[pair], pairs.Receivers[pair] ])

/// The kind of each pair of a scene, from its plain data: bonds between two bodies by trying all ways.
let private expected (scene: Scene) : (Kind * (int * int)) list =
    let species = scene.Structure.Species
    let joined = scene.Edges |> List.collect (fun (a, b) -> [ a, b; b, a ])

    let rec reach (steps: int) (from: Set<int>) : Set<int> =
        if steps = 0 then
            from
        else
            joined
            |> List.filter (fun (a, _) -> from.Contains a)
            |> List.map snd
            |> Set.ofList
            |> Set.union from
            |> reach (steps - 1)

    let between a b = [ 1; 2; 3 ] |> List.tryFind (fun steps -> (reach steps (set [ a ])).Contains b) |> Option.defaultValue 4
    let counts = scene.Structure.Relations.Bonds.IsSome

    let kindOf (a, b) =
        let names = List.sort [ species.NameOf a; species.NameOf b ]
        PairsOf(names[0], names[1], (if counts then Some(between a b) else None))

    Scene.distances scene
    |> List.filter (fun (_, distance) -> scene.Cutoff |> Option.exists (fun cutoff -> distance < cutoff))
    |> List.map (fun (pair, _) -> kindOf pair, pair)

/// Whether rounding decides which pairs are within the cutoff.
let private isRounded (scene: Scene) : bool = Scene.isNearCutoff 1e-12 scene

let private kindsOfPairs =
    [
        prop 200 "pairs within reach stand by species and bonds between them, sorted, each once" (fun (scene: Scene) ->
            let structure = scene.Structure
            let related = Structure.pairs structure (ReadOnlySpan<float> scene.Q)

            let found =
                runs structure.ReachKinds related.Within
                |> List.collect (fun (kind, pairs) -> pairs |> List.map (fun pair -> kind, pair))

            let inOrder = runs structure.ReachKinds related.Within |> List.forall (fun (_, pairs) -> pairs = List.sort pairs)
            isRounded scene || (inOrder && List.sort found = List.sort (expected scene)))

        prop 200 "bonds stand by type, and all pairs together are there once each, sorted" (fun (scene: Scene) ->
            let structure = scene.Structure
            let related = Structure.pairs structure (ReadOnlySpan<float> scene.Q)
            let typed = runs structure.BondKinds related.Bonded
            let heavy (a, b) = scene.Masses[a] + scene.Masses[b] > 4.5

            let rightly (kind, pairs) =
                kind = BondsOf "" || pairs |> List.forall (fun pair -> kind = BondsOf(if heavy pair then "stiff" else "soft"))

            let all = [ for pair in 0 .. related.All.Count - 1 -> related.All.Senders[pair], related.All.Receivers[pair] ]
            let each = Scene.interacting scene |> List.map fst |> List.distinct |> List.sort
            isRounded scene || (List.forall rightly typed && all = each))

        testCase "a body far along a chain is more than three bonds away" (fun () ->
            let structure =
                { Relations.bonds (Topology.grid [ 6 ]).Graph with Reach = Some(Reach.within 10.0) }
                |> fun relations -> Structure.create (Cell.openSpace 1) relations (Array.create 6 1.0)

            let related = Structure.pairs structure (ReadOnlySpan<float> [| 0.0; 1.0; 2.0; 3.0; 4.0; 5.0 |])
            let counts = runs structure.ReachKinds related.Within |> List.map (fun (kind, pairs) -> string kind, pairs.Length)

            Expect.equal
                counts
                [ "pairs, 1 bond apart", 5; "pairs, 2 bonds apart", 4; "pairs, 3 bonds apart", 3; "pairs, more than 3 bonds apart", 3 ]
                "pairs of each kind")
    ]

/// Chains of three bodies of two species in a box that they fill, with bonds of two types.
let private mixture: Structure * float[] =
    let bodies = 27
    let sites = (Topology.grid [ 3; 3; 3 ]).Sites

    let bonds =
        [
            for chain in 0..8 do
                for link in 0..1 -> struct (3 * chain + link, 3 * chain + link + 1, (if link = 0 then "x" else "y"))
        ]

    let relations =
        {
            Bonds = Bonds.tryCreate bodies bonds |> expectOk |> Some
            Angles = None
            Reach = Some(Reach.within 1.9)
        }

    let masses = Array.init bodies (fun body -> if body % 2 = 0 then 1.0 else 2.0)

    Structure.create (Cell.openSpace 3) relations masses
    |> Structure.withSpecies (Seq.init bodies (fun body -> if body % 2 = 0 then "A" else "B")),
    sites

/// A law for each kind: some between species, some along bonds, none between bonded bodies.
let private lawOf (kind: Kind) : PairPotential option =
    match kind with
    | BondsOf "x" -> Some(PairPotential.harmonic 5.0 1.0)
    | BondsOf _ -> Some(PairPotential.morse 2.0 1.5 1.1)
    | PairsOf(_, _, Some 1) -> None
    | PairsOf("A", "A", _) -> Some(PairPotential.morse 0.3 1.2 1.2)
    | PairsOf("A", "B", _) -> Some(PairPotential.morse 0.5 1.0 1.4)
    | _ -> Some(PairPotential.morse 0.2 1.4 1.0)

let private dataOf (structure: Structure) (sites: float[]) (law: Kind -> PairPotential option) (seeds: int list) : Snapshot list =
    let system = PairSystem(structure, "several laws", law)

    seeds
    |> List.map (fun seed -> InitialState.perturbed 0.12 0.3 seed structure sites |> Snapshot.ofHamiltonian structure system |> expectOk)

let private learned =
    lazy
        (let structure, sites = mixture
         Training.fit TrainingConfig.defaults (dataOf structure sites lawOf [ 1..30 ]) |> expectOk)

let private errorOn (model: TrainedModel) (data: Snapshot list) : float = (Evaluation.ofSnapshots model data |> expectOk).RelativeForceError

let private shapesOf (model: TrainedModel) : string list =
    model.Terms
    |> List.choose (fun term ->
        match term.Block with
        | :? PairBlock as block -> block.Features.Factor |> Option.map _.Shape.Name
        | _ -> None)

/// The structure with other names of species and bond types.
let private renamed (name: string -> string) (structure: Structure) : Structure =
    let relations = { structure.Relations with Bonds = structure.Relations.Bonds |> Option.map (Bonds.rename name) }

    Structure.create structure.Cell relations (structure.Masses.ToArray())
    |> Structure.withSpecies (Naming.toArray structure.Species |> Array.map name)

let private onStructure (structure: Structure) (snapshot: Snapshot) : Snapshot =
    Snapshot.create structure snapshot.State (snapshot.Velocities.ToArray()) (snapshot.Forces.ToArray())

let private learning =
    [
        testCase "laws of several species and bond types, cut with a jump, are learned side by side" (fun () ->
            let structure, sites = mixture
            let model = learned.Value
            Expect.isLessThan (errorOn model (dataOf structure sites lawOf [ 101..110 ])) 1e-4 "other states"
            Expect.all (shapesOf model) ((=) "cut") "laws that end with a jump are taken as they are"

            Expect.equal
                model.Scope
                {
                    Species = [ "A"; "B" ]
                    BondTypes = Some [ "x"; "y" ]
                    AngleTypes = None
                    Reach = Some(Reach.within 1.9)
                }
                "names"

            Expect.isEmpty model.Warnings "nothing was ignored")

        testCase "laws that end smoothly keep the smooth factor" (fun () ->
            let structure, sites = mixture
            let within = Structure.create structure.Cell (Relations.within 1.9) (structure.Masses.ToArray())

            let bump =
                {
                    Name = "bump"
                    Energy = fun r -> (1.9 - r) * (1.9 - r) * exp -r
                    Slope = fun r -> -(1.9 - r) * (2.0 + 1.9 - r) * exp -r
                    Source = "none"
                }

            let model = Training.fit TrainingConfig.defaults (dataOf within sites (fun _ -> Some bump) [ 1..20 ]) |> expectOk
            Expect.equal (shapesOf model) [ "quartic" ] "shape")

        testCase "pairs of a kind that carries no force learn none" (fun () ->
            let structure, sites = mixture

            let onlyMixed =
                function
                | PairsOf("A", "B", Some bonds) when bonds > 1 -> Some(PairPotential.morse 0.5 1.0 1.4)
                | _ -> None

            let model = Training.fit TrainingConfig.defaults (dataOf structure sites onlyMixed [ 1..30 ]) |> expectOk

            for term in model.Terms do
                match term.Block with
                | :? PairBlock as block ->
                    let range = block.Features.Range
                    let energy part = term.Block.Response(term.Readout, [| range.Low + part * (range.High - range.Low) |])

                    let differences =
                        [ 0.1; 0.3; 0.5; 0.7; 0.9 ] |> List.map energy |> List.pairwise |> List.map (fun (a, b) -> abs (a - b))

                    match block.Features.Kind with
                    | PairsOf("A", "B", _) -> ()
                    | kind -> Expect.isLessThan (List.max differences) 1e-5 (string kind)
                | _ -> ())

        testCase "other names of species and bond types change nothing, before training or after" (fun () ->
            let structure, sites = mixture
            let rename name = Map.find name (Map [ "A", "Zr"; "B", "C"; "x", "2"; "y", "1" ])
            let other = renamed rename structure
            let data = dataOf structure sites lawOf [ 1..30 ]
            let retrained = Training.fit TrainingConfig.defaults (data |> List.map (onStructure other)) |> expectOk
            let test = dataOf structure sites lawOf [ 101..103 ]

            let forces (structure: Structure) model =
                test
                |> List.map (fun snapshot ->
                    Hamiltonian.timeDerivative (Model.bind structure model |> expectOk).Hamiltonian snapshot.State |> snd)
            // The order of columns follows that of names, so rounding differs, and the fit with it.
            for here, there in List.zip (forces structure learned.Value) (forces other retrained) do
                let difference = Array.map2 (-) here there |> Array.sumBy (fun x -> x * x) |> sqrt
                Expect.isLessThan (difference / sqrt (Array.sumBy (fun x -> x * x) here)) 1e-5 "forces")

        prop 60 "a structure with two relations has the energy of both" (fun (scene: Scene) ->
            let relations = { scene.Structure.Relations with Angles = None }

            let only relations =
                Structure.create scene.Structure.Cell relations (Array.ofList scene.Masses)
                |> Structure.withSpecies (Naming.toArray scene.Structure.Species)

            let energy structure = Hamiltonian.value (PairSystem(structure, PairPotential.morse 1.0 1.0 1.0)) scene.State
            let kinetic = energy (only Relations.none)
            let sum = energy (only { relations with Reach = None }) + energy (only { relations with Bonds = None }) - kinetic
            close "energy" Tolerance.reordered [| sum |] [| energy scene.Structure |] |> judge)
    ]

let private absent =
    [
        testCase "a cutoff for a species that no body is of is refused" (fun () ->
            let structure, sites = mixture
            let reach = Reach.within 1.9 |> Reach.withPair "A" "C" 1.5
            let other = Structure.withRelations { structure.Relations with Reach = Some reach } structure

            dataOf other sites lawOf [ 1; 2 ]
            |> Training.fit TrainingConfig.defaults
            |> Result.map ignore
            |> expectError (CutoffOfNoSpecies("C", [ "A"; "B" ])))
    ]

let private binding =
    let bindTo structure = Model.bind structure learned.Value |> Result.map ignore
    let structure, sites = mixture

    [
        testCase "species and bond types that a model does not know are refused by name" (fun () ->
            let swapped from into = renamed (fun name -> if name = from then into else name) structure
            bindTo (swapped "B" "C") |> expectError (UnknownSpecies("C", [ "A"; "B" ]))
            bindTo (swapped "y" "z") |> expectError (UnknownBondType("z", [ "x"; "y" ]))

            bindTo (renamed (fun name -> if name = "A" || name = "B" then "" else name) structure)
            |> expectError (UnknownSpecies("", [ "A"; "B" ]))

            bindTo (renamed (fun name -> if name = "x" || name = "y" then "" else name) structure)
            |> expectError (UnknownBondType("", [ "x"; "y" ])))

        testCase "a structure without one of the relations, or with another cutoff, is refused" (fun () ->
            let only relations =
                Structure.create structure.Cell relations (structure.Masses.ToArray())
                |> Structure.withSpecies (Naming.toArray structure.Species)

            bindTo (only { structure.Relations with Bonds = None }) |> expectError NeedsBonds
            bindTo (only { structure.Relations with Reach = None }) |> expectError (NeedsReach(Reach.within 1.9))
            bindTo (only { structure.Relations with Reach = Some(Reach.within 1.8) }) |> expectError (NeedsReach(Reach.within 1.9)))

        testCase "a model of one relation does not look at the other" (fun () ->
            let bonded = Structure.create structure.Cell { structure.Relations with Reach = None } (structure.Masses.ToArray())
            let model = Training.fit TrainingConfig.defaults (dataOf bonded sites lawOf [ 1..10 ]) |> expectOk
            let state = (dataOf bonded sites lawOf [ 50 ]).Head.State
            let valueOn structure = Hamiltonian.value (Model.bind structure model |> expectOk).Hamiltonian state
            Expect.equal (valueOn structure) (valueOn bonded) "the same bits")

        testCase "a model of one species that has a name takes bodies that nobody named, and no others" (fun () ->
            let within = Structure.create structure.Cell (Relations.within 1.9) (structure.Masses.ToArray())
            let argon = within |> Structure.withSpecies (List.replicate 27 "Ar")
            let model = Training.fit TrainingConfig.defaults (dataOf argon sites lawOf [ 1..10 ]) |> expectOk
            let state = (dataOf argon sites lawOf [ 50 ]).Head.State
            let value structure = Model.bind structure model |> Result.map (fun dynamics -> Hamiltonian.value dynamics.Hamiltonian state)
            Expect.equal (value within) (value argon) "unnamed"
            value (within |> Structure.withSpecies (List.replicate 27 "Kr")) |> expectError (UnknownSpecies("Kr", [ "Ar" ])))

        testCase "a model of species, bond types and both relations is the same after a file" (fun () ->
            let text = ModelFile.toJson learned.Value
            let back = ModelFile.ofJson "model" text |> expectOk
            Expect.equal (ModelFile.toJson back) text "the same text"
            Expect.equal back.Scope learned.Value.Scope "scope"
            let state = (dataOf structure sites lawOf [ 50 ]).Head.State
            let value model = Hamiltonian.value (Model.bind structure model |> expectOk).Hamiltonian state
            Expect.equal (value back) (value learned.Value) "the same bits")

        testCase "pairs of a kind that training never saw count as out of range" (fun () ->
            let data = dataOf structure sites lawOf [ 1..5 ]
            let bodies = structure.Bodies
            // All bodies of species B are far from each other in training.
            let alone = structure |> Structure.withSpecies (List.init bodies (fun body -> if body = 0 then "B" else "A"))

            let byKinds =
                { TrainingConfig.defaults with
                    Recipes = [ BodyBlock.recipe; PairBlock.ofBonds; PairBlock.ofReach ]
                }

            let model = Training.fit byKinds (data |> List.map (onStructure alone)) |> expectOk
            let configuration = data.Head.Configuration
            let struct (outside, all) = Model.countOutside &configuration model
            let kinds = runs structure.ReachKinds data.Head.Related.Within

            let unseen =
                kinds
                |> List.sumBy (function
                    | PairsOf("B", "B", Some bonds), pairs when bonds > 1 -> pairs.Length
                    | _ -> 0)

            Expect.isGreaterThan unseen 0 "there are some"
            Expect.isGreaterThanOrEqual outside unseen "they count"
            Expect.isGreaterThan all unseen "among all"
            let count = Model.outsideCounter configuration.Structure model
            Expect.equal (count data.Head.State) (struct (outside, all)) "the same, of a state"

            let other = structure |> Structure.withSpecies (List.replicate bodies "C")
            Expect.equal (Model.outsideCounter other model data.Head.State) (struct (0, 0)) "nothing where the model is not for it")
    ]

/// Blocks on more bodies than a tile holds.
let private manyBodies =
    [
        testCase "the kinetic energy of 300 bodies has the gradient of its rows" (fun () ->
            let bodies = 300

            let scene =
                {
                    Dimension = 1
                    Periods = [ 0.0 ]
                    Tilts = []
                    Masses = [ for body in 0 .. bodies - 1 -> 1.0 + float (body % 7) ]
                    Edges = []
                    Cutoff = None
                    Named = true
                    Q = Array.init bodies float
                    P = Array.init bodies (fun body -> sin (float body))
                }

            let inputs = { Low = [| 0.0 |]; High = [| 0.5 |]; Points = [| 0.0; 0.5 |]; Outputs = [||] }

            let options =
                {
                    Radial = Radial.distance
                    Angular = Angular.cosine
                    Cutoff = Cutoff.quartic
                    CutoffRadius = None
                    Kind = EachBody
                }

            let block =
                BodyBlock.recipe.Create options (BlockMakers.sampleOf inputs) (BlockMakers.drawWith Sampler.elm Activation.tanh 5)
                |> Probe.energies

            let readout = Array.init block.Width (fun k -> cos (float k))
            let _, rows = Probe.rows block scene
            let _, pulled = Probe.pullback block readout scene
            let summed = rows |> Array.chunkBySize block.Width |> Array.map (fun row -> Array.map2 (*) row readout |> Array.sum)
            close "dH/dp" Tolerance.reordered summed pulled |> expectNone
            let energy = Array.map2 (*) (Probe.values block scene) readout |> Array.sum
            close "energy" Tolerance.reordered [| energy |] [| Probe.energy block readout scene |] |> expectNone)

        testCase "the energy of more pairs than a tile holds has the gradient of its rows, and all of them are counted" (fun () ->
            for dimension in 1..4 do
                let random = Random dimension

                let scene =
                    {
                        Dimension = dimension
                        Periods = List.replicate dimension 0.0
                        Tilts = []
                        Masses = List.replicate 40 1.0
                        Edges = []
                        Cutoff = Some 9.0
                        Named = false
                        Q = Array.init (40 * dimension) (fun _ -> 3.0 * random.NextDouble())
                        P = Array.zeroCreate<float>(40 * dimension)
                    }

                // The law reaches less far than the list, so that it holds pairs on which nothing acts.
                let options =
                    {
                        Radial = Radial.inverse
                        Angular = Angular.cosine
                        Cutoff = Cutoff.quartic
                        CutoffRadius = Some 1.5
                        Kind = PairsOf("", "", None)
                    }

                let inputs = { Low = [| 0.4 |]; High = [| 1.5 |]; Points = [| 0.4; 1.5 |]; Outputs = [||] }

                let block =
                    PairBlock.ofReach.Create options (BlockMakers.sampleOf inputs) (BlockMakers.drawWith Sampler.elm Activation.tanh 5)
                    |> Probe.energies

                let readout = Array.init block.Width (fun k -> cos (float k))
                let rows, _ = Probe.rows block scene
                let pulled, _ = Probe.pullback block readout scene
                let summed = rows |> Array.chunkBySize block.Width |> Array.map (fun row -> Array.map2 (*) row readout |> Array.sum)
                close "dH/dq" Tolerance.reordered summed pulled |> expectNone
                let energy = Array.map2 (*) (Probe.values block scene) readout |> Array.sum
                close "energy" Tolerance.reordered [| energy |] [| Probe.energy block readout scene |] |> expectNone

                let configuration =
                    Configuration(
                        scene.Structure,
                        Structure.pairs scene.Structure (ReadOnlySpan<float> scene.Q),
                        ReadOnlySpan<float> scene.Q,
                        ReadOnlySpan<float> scene.P
                    )

                let outside = Scene.distances scene |> List.filter (fun (_, r) -> r < 0.4 || r > 1.5)
                Expect.equal (block.CountOutside &configuration) (struct (outside.Length, 780)) "outside the range")
    ]

let private cuts =
    [
        testCase "a law as cut is whole up to the cutoff and exactly nothing from it on" (fun () ->
            let options =
                {
                    Radial = Radial.inverse
                    Angular = Angular.cosine
                    Cutoff = Cutoff.cut
                    CutoffRadius = Some 2.0
                    Kind = PairsOf("", "", None)
                }

            let inputs = { Low = [| 0.5 |]; High = [| 2.0 |]; Points = [| 0.5; 2.0 |]; Outputs = [||] }

            let block =
                PairBlock.ofReach.Create options (BlockMakers.sampleOf inputs) (BlockMakers.drawWith Sampler.elm Activation.tanh 5)
                |> Probe.energies

            let readout = Array.create block.Width 1.0
            let at r = block.Response(readout, [| r |])
            Expect.notEqual (at (Math.BitDecrement 2.0)) 0.0 "inside"
            Expect.equal [ at 2.0; at 2.1 ] [ 0.0; 0.0 ] "from it on")
    ]

[<Tests>]
let tests =
    testList
        "Kinds"
        [
            testList "pairs" kindsOfPairs
            testList "learning" learning
            testList "binding" binding
            testList "absent species" absent
            testList "tiles" manyBodies
            testList "cuts" cuts
        ]
