/// What blocks save of themselves brings them back, custom parts included.
module HgnFunctional.Tests.IO.SavedFormTests

open System
open System.IO
open Expecto
open HgnFunctional
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Blocks
open HgnFunctional.Models
open HgnFunctional.Learning
open HgnFunctional.IO
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Laws
open HgnFunctional.Tests.Support.Chains

/// A feature of each body: half the square of its distance from the origin, over a length of its own.
type private WellBlock(length: float) =
    interface IEnergyBlock with
        member _.Kind = "well"
        member _.Width = 1
        member _.Trend = 1
        member _.Part = Potential
        member _.Kinds = [ EachBody ]
        member _.IsOfMasses = false
        member _.Ranges = []
        member _.Symmetries = BlockSymmetries.none
        member _.Attributes = []
        member _.ActsFromOutside = true
        member _.Hops = None
        member _.Constants = []
        member _.Refuses _ = None

        member block.ValuesInto(configuration, destination) = destination[0] <- (block :> IEnergyBlock).Energy(&configuration, [| 1.0 |])

        member _.Energy(configuration, readout) =
            let squares = configuration.Positions.ToArray() |> Array.sumBy (fun x -> x * x)
            readout[0] * 0.5 * squares / length

        member _.RowsInto(configuration, rowsQ, _, stride) =
            for k in 0 .. configuration.Positions.Length - 1 do
                rowsQ[k * stride] <- rowsQ[k * stride] + configuration.Positions[k] / length

        member _.PullbackInto(configuration, readout, gradientQ, _) =
            for k in 0 .. configuration.Positions.Length - 1 do
                gradientQ[k] <- gradientQ[k] + readout[0] * configuration.Positions[k] / length

        member _.TellsStrain _ = true

        member _.StrainInto(configuration, readout, destination) =
            let d = configuration.Structure.Dimension
            let q = configuration.Positions

            for t in 0 .. q.Length - 1 do
                for b in 0 .. d - 1 do
                    let place = t % d * d + b
                    destination[place] <- destination[place] + readout[0] * q[t] * q[t / d * d + b] / length

        member block.StrainRowsInto(configuration, rows, stride) =
            let d = configuration.Structure.Dimension
            let strain = Array.zeroCreate<float>(d * d)
            (block :> IEnergyBlock).StrainInto(&configuration, [| 1.0 |], Span<float> strain)

            for t in 0 .. strain.Length - 1 do
                rows[t * stride] <- rows[t * stride] + strain[t]

        member _.Response(_, _) = nan
        member _.CountOutside _ = struct (0, 0)
        member _.Select _ = WellBlock length
        member _.Save() = [ "length", SavedForm.Number length ]

/// What a block computes: values of energies, or rows of forces.
let private shown (block: IBlock) (scene: Scene) : float[] =
    match block with
    | :? IEnergyBlock as block -> Probe.values block scene
    | block -> fst (Probe.rows block scene)

let private well: BlockRecipe =
    {
        Kind = "well"
        Family = "well"
        Kinds = fun _ -> [ EachBody ]
        Inputs = fun _ -> 0
        Collect = fun _ _ -> ()
        SeesRadial = false
        Layers = 0
        IsOptional = false
        Fixed = None
        Refuses = fun _ _ -> None
        Create = fun _ _ _ -> WellBlock 0.3
        Restore = fun _ reader -> WellBlock(reader.Positive "length")
    }

let private bump: Activation =
    Activation.tryCreate "bump" 1.5 0.7 (fun x -> exp (-x * x)) (fun x -> -2.0 * x * exp (-x * x)) |> expectOk

let private root: Radial = Radial.create "root" sqrt (fun r -> 0.5 / sqrt r)

let private cubic: Cutoff =
    {
        Name = "cubic"
        Value = fun x -> (1.0 - x) ** 3.0
        Slope = fun x -> -3.0 * (1.0 - x) ** 2.0
    }

/// With all custom parts.
let private own: Vocabulary =
    { Vocabulary.standard with
        Blocks = well :: Vocabulary.standard.Blocks
        Activations = bump :: Vocabulary.standard.Activations
        Radials = root :: Vocabulary.standard.Radials
        Cutoffs = cubic :: Vocabulary.standard.Cutoffs
    }

/// Chains whose pairs act within a cutoff as well.
let private data: Lazy<Snapshot list> =
    lazy
        [
            for frame in frames morse 8 ->
                let scene = { frame.Scene with Cutoff = Some 1.9 }
                let state = PhaseState.create 5 2 scene.Q scene.P

                Snapshot.create
                    (Structure.create (Cell.openSpace 2) (Relations.within 1.9) (Array.ofList scene.Masses))
                    state
                    frame.Velocities
                    frame.Forces
        ]

let private model: Lazy<TrainedModel> =
    lazy
        (Training.fit
            { config with
                Recipes = well :: Blocks.defaults
                Activation = bump
                Radial = FixedRadial root
                Cutoff = FixedCutoff cubic
                Width = 8
            }
            data.Value
         |> expectOk)

let private forcesOf (model: TrainedModel) (snapshot: Snapshot) : float[] =
    let dynamics = Model.bind snapshot.Structure model |> expectOk
    Hamiltonian.timeDerivative dynamics.Hamiltonian snapshot.State |> snd

let private readWith (vocabulary: Vocabulary) : Result<TrainedModel, ModelFileError> =
    TemporaryFolder.using (fun folder ->
        let path = Path.Combine(folder, "m.json")
        ModelFile.write path model.Value |> expectOk
        ModelFile.readWith vocabulary path)

let private refusal (vocabulary: Vocabulary) : string =
    match readWith vocabulary with
    | Ok _ -> failtest "read"
    | Error error -> string error

let private without (edit: Vocabulary -> Vocabulary) : string = refusal (edit own)

let private reader (fields: (string * SavedForm) list) (read: SavedReader -> 'a) : Result<'a, string> =
    fields |> SavedForm.tryRead read |> Result.mapError string

[<Tests>]
let tests =
    testList
        "Saved forms"
        [
            prop 20 "every block comes back from what it saves, with the same bits" (fun (scene: Scene) ->
                BlockMakers.all
                |> Seq.indexed
                |> Seq.filter (fun (index, _) -> index % 11 = scene.Q.Length % 11)
                |> Seq.map (fun (_, maker) -> maker, maker.Make scene)
                // Where a scene has no angle, the makers give their block a kind of pairs.
                |> Seq.filter (fun (_, block) -> block.Kind <> "angle" || block.Kinds.Head.IsAnglesOf)
                |> Seq.filter (fun (_, block) -> (block.Refuses scene.Structure).IsNone)
                |> Seq.tryPick (fun (maker, block) ->
                    let recipe = Blocks.all |> List.find (fun recipe -> recipe.Kind = block.Kind)
                    let saved = block.Save()

                    match SavedForm.tryRead (recipe.Restore Vocabulary.standard) saved with
                    | Error error -> Some $"{maker.Name}: {error}"
                    | Ok back when back.Save() <> saved || back.Width <> block.Width -> Some $"{maker.Name} is another"
                    | Ok back -> identical maker.Name (shown block scene) (shown back scene))
                |> judge)
            test "a model of custom parts alone is trained, saved and loaded, and gives the same forces bit for bit" {
                let back = readWith own |> expectOk

                Expect.exists
                    back.Terms
                    (fun term -> term.Block.Kind = "well" && term.Block.Save() = [ "length", SavedForm.Number 0.3 ])
                    "kept"

                for snapshot in data.Value do
                    identical "forces" (forcesOf model.Value snapshot) (forcesOf back snapshot) |> expectNone
            }
            test "a part that is not registered is named, and how to pass it is said" {
                let sentences =
                    [
                        without (fun own -> { own with Blocks = Blocks.all }), "block 'well'"
                        without (fun own -> { own with Activations = Activation.all }), "activation 'bump'"
                        without (fun own -> { own with Radials = Radial.all }), "radial transform 'root'"
                        without (fun own -> { own with Cutoffs = Cutoff.all }), "cutoff factor 'cubic'"
                    ]

                for sentence, part in sentences do
                    Expect.stringContains sentence $"the model has the {part}, whose code is not registered; expected one of " part
                    Expect.stringEnds sentence "or a vocabulary with it, passed to ModelFile.readWith." part
            }
            test "a custom part does not take the name of another" {
                let sentence what name = $"A custom {what} is called '{name}', as another is; expected a name of its own."
                let radials = Radial.create "r" sqrt (fun r -> 0.5 / sqrt r) :: Radial.all
                let cutoffs = cubic :: { cubic with Slope = id } :: Cutoff.all

                Expect.equal
                    (without (fun own -> { own with Blocks = { well with Kind = "pair" } :: Blocks.all }))
                    (sentence "block" "pair")
                    ""

                Expect.equal (without (fun own -> { own with Radials = radials })) (sentence "radial transform" "r") "built in"
                Expect.equal (without (fun own -> { own with Cutoffs = cutoffs })) (sentence "cutoff factor" "cubic") "twice"
            }
            test "activations are checked" {
                let make name scale slope =
                    match Activation.tryCreate name scale 0.0 (fun x -> x * x) slope with
                    | Ok activation -> activation.Name
                    | Error error -> string error

                Expect.equal (make "square" 1.0 (fun x -> 2.0 * x)) "square" "as it should be"
                Expect.stringContains (make " " 1.0 id) "has no name" "no name"
                Expect.stringContains (make "tanh" 1.0 (fun x -> 2.0 * x)) "'tanh'" "taken"
                Expect.stringContains (make "square" 0.0 (fun x -> 2.0 * x)) "0" "scale"
                Expect.stringContains (make "square" 1.0 (fun x -> 3.0 * x)) "slope" "slope"
            }
            test "a custom activation with the formulas of tanh learns what tanh does" {
                let formulas =
                    Activation.tryCreate "other" Activation.tanh.SwimScale Activation.tanh.SwimShift Math.Tanh (fun x ->
                        1.0 - Math.Tanh x ** 2.0)
                    |> expectOk

                let learned activation =
                    let model = Training.fit { config with Activation = activation; Width = 8 } data.Value |> expectOk
                    data.Value |> List.map (forcesOf model) |> Array.concat

                close "forces" 1e-6 (learned Activation.tanh) (learned formulas) |> expectNone
            }
            test "a field that is not what it should be is named with its path" {
                let fields =
                    [
                        "n", SavedForm.Number 2.5
                        "texts", SavedForm.List [ SavedForm.Text "a"; SavedForm.Number 1.0 ]
                        "parts", SavedForm.List [ SavedForm.Fields [ "xs", SavedForm.Numbers [| 1.0; nan |] ] ]
                    ]

                let part (reader: SavedReader) = (reader.Objects "parts").Head

                Expect.equal
                    (reader fields (fun r -> r.Integer("n", 0, 9)))
                    (Error "Field n is missing or damaged; expected a whole number from 0 to 9.")
                    ""

                Expect.equal (reader fields (fun r -> r.Texts "texts")) (Error "Field texts[1] is missing or damaged; expected a text.") ""
                let wrong = Error "Field parts[0].xs[1] is missing or damaged; expected a finite number."
                Expect.equal (reader fields (fun r -> (part r).Floats("xs", Some 2L))) wrong ""
                let short = Error "Field parts[0].xs is missing or damaged; expected 3 numbers; there are 2."
                Expect.equal (reader fields (fun r -> (part r).Floats("xs", Some 3L))) short ""
            }
        ]
