/// Laws of lists of blocks: which are refused, which units each draws, and what guides its sampler.
module HgnFunctional.Tests.Blocks.RecipeTests

open System
open Expecto
open HgnFunctional
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Blocks
open HgnFunctional.Models
open HgnFunctional.Learning
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Laws
open HgnFunctional.Tests.Support.Chains

let private messages (inputs: IGraphInputs) : BlockRecipe =
    MessageBlock.recipe { MessageBlock.options inputs with NodeUnits = 8; EdgeUnits = 8 }

let private train (recipes: BlockRecipe list) (snapshots: Snapshot list) =
    Training.fit { config with Recipes = recipes; Width = 8 } snapshots

/// Numbers of the maps that the blocks of a model drew, as text.
let private drawn (model: TrainedModel) : string list =
    [
        for term in model.Terms do
            match term.Block with
            | :? PairBlock as block -> $"%A{block.Features.Units.Map.Weights}"
            | :? MessageBlock as block -> $"%A{(List.last block.Network.Rounds).Weights}"
            | _ -> ()
    ]

/// A block like another that looks so far, and says nothing of the energy at a point of its pool.
let private muted (hops: int option) (block: IBlock) : IBlock =
    let rec wrap (inner: IEnergyBlock) : IEnergyBlock =
        { new IEnergyBlock with
            member _.Kind = inner.Kind
            member _.Width = inner.Width
            member _.Trend = inner.Trend
            member _.Part = inner.Part
            member _.Kinds = inner.Kinds
            member _.IsOfMasses = inner.IsOfMasses
            member _.Save() = inner.Save()
            member _.Ranges = inner.Ranges
            member _.Symmetries = inner.Symmetries
            member _.Attributes = []
            member _.ActsFromOutside = false
            member _.Hops = hops
            member _.Constants = []
            member _.Refuses structure = inner.Refuses structure
            member _.ValuesInto(configuration, destination) = inner.ValuesInto(&configuration, destination)
            member _.Energy(configuration, readout) = inner.Energy(&configuration, readout)
            member _.RowsInto(configuration, rowsQ, rowsP, stride) = inner.RowsInto(&configuration, rowsQ, rowsP, stride)

            member _.PullbackInto(configuration, readout, gradientQ, gradientP) =
                inner.PullbackInto(&configuration, readout, gradientQ, gradientP)

            member _.TellsStrain structure = inner.TellsStrain structure
            member _.StrainInto(configuration, readout, destination) = inner.StrainInto(&configuration, readout, destination)
            member _.StrainRowsInto(configuration, rows, stride) = inner.StrainRowsInto(&configuration, rows, stride)
            member _.Response(_, _) = nan
            member _.CountOutside(configuration) = inner.CountOutside &configuration
            member _.Select features = wrap (Probe.energies (inner.Select features))
        }

    wrap (Probe.energies block)

/// A recipe whose blocks are those of another, but say nothing of the energy at a point of their pool.
let private silent (recipe: BlockRecipe) : BlockRecipe =
    let silenced (block: IBlock) : IBlock = muted block.Hops block

    { recipe with Create = fun options sample draw -> silenced (recipe.Create options sample draw) }

let private refusals =
    [
        testCase "a model needs a block" (fun () -> snapshots (frames harmonic 3) |> train [] |> expectError NoBlocks)

        testCase "raw blocks refuse frames of another size, and frame blocks those of another dimension" (fun () ->
            let five, seven = (frameOf harmonic (chain 5 1)).Snapshot, (frameOf harmonic (chain 7 2)).Snapshot

            let line =
                let scene = chain 5 3
                let along (values: float[]) = values |> Array.indexed |> Array.filter (fun (k, _) -> k % 2 = 0) |> Array.map snd

                (frameOf harmonic { scene with Dimension = 1; Periods = [ 0.0 ]; Tilts = []; Q = along scene.Q; P = along scene.P })
                    .Snapshot

            train [ RawBlock.recipe ] [ five; five; seven ] |> expectError (BlockRefusesFrame(2, NeedsBodies(5, 2)))
            train [ RawBlock.recipe ] [ five; line ] |> expectError (BlockRefusesFrame(1, NeedsBodies(5, 2)))
            train [ messages GraphInputs.localFrame ] [ five; line ] |> expectError (BlockRefusesFrame(1, NeedsDimension 2))
            train [ messages GraphInputs.localFrame ] [ five; seven ] |> Expect.isOk <| "another number of bodies is welcome"
            train [ messages GraphInputs.invariant ] [ five; line ] |> Expect.isOk <| "so are other dimensions, to invariants"
            train Blocks.defaults [ five; seven; line ] |> Expect.isOk <| "and to body and pair")

        testCase "more columns than an array holds are refused before work is done" (fun () ->
            let wide =
                { PairBlock.ofBonds with
                    Create =
                        fun options sample draw ->
                            let block = PairBlock.ofBonds.Create options sample draw
                            // Nobody could hold the units of such a block, and nobody asks for them.
                            block.Select(Array.zeroCreate (1 <<< 16))
                }

            match train [ wide ] (snapshots (frames harmonic 3)) with
            | Error(TooManyColumns(bodies, columns)) -> Expect.equal (bodies, columns) (5, 1L <<< 16) "sizes"
            | other -> failtest $"{other}"

            let fits hops components width =
                let block = muted hops (BodyBlock.ofMasses Activation.softplus)

                let scales: TargetScales = { Velocities = 1.0; Forces = 1.0; Energies = 1.0; Virials = 1.0 }

                Design.systems scales TrainingConfig.defaults.Weights [||] [ 0, block.Select(Array.zeroCreate width) ]
                |> List.forall (Design.fits components)

            Expect.isTrue (fits None 3_000_000 700) "a million bodies at once with 700 columns"
            Expect.isFalse (fits None 3_000_000 800) "a million bodies with 800"
            Expect.isFalse (fits None 648_000 4000) "216,000 with 4000"
            Expect.isTrue (fits (Some 1) 3_000_000 4000) "a million in windows with 4000"
            Expect.isFalse (fits (Some 1) 3_000_000 50_000) "a triangle of 50,000")
    ]

let private streams =
    [
        testCase "two blocks of one kind draw different units, the first those that it draws alone" (fun () ->
            let data = snapshots (frames morse 20)

            let wide recipes = Training.fit { config with Recipes = recipes; Sampler = Sampler.uniformSwim } data |> expectOk |> drawn

            let alone = wide [ BodyBlock.recipe; PairBlock.ofBonds ]
            let both = wide [ BodyBlock.recipe; PairBlock.ofBonds; PairBlock.ofBonds ]
            Expect.hasLength both 2 "two blocks"
            Expect.notEqual both[0] both[1] "units"

            let drawnBy (recipes: BlockRecipe list) =
                let seen = ResizeArray<string>()

                let watched (recipe: BlockRecipe) =
                    { recipe with
                        Create =
                            fun options sample draw ->
                                let watch layer units inputs =
                                    let map: FeatureMap = draw layer units inputs
                                    seen.Add $"%A{map.Weights}"
                                    map

                                recipe.Create options sample watch
                    }

                let fixedRadial = { config with Recipes = List.map watched recipes; Radial = FixedRadial Radial.distance }
                Training.fit fixedRadial data |> expectOk |> ignore
                List.ofSeq seen

            let one, three = drawnBy [ PairBlock.ofBonds ], drawnBy [ PairBlock.ofBonds; PairBlock.ofBonds; PairBlock.ofBonds ]
            Expect.equal three[0] one[0] "the first as it is alone"
            Expect.hasLength (List.distinct three) 3 "all differ"
            Expect.isNonEmpty alone "the one block kept units")

        testCase "A-SWIM looks at the energies of the block that it draws for" (fun () ->
            let data = snapshots (frames morse 20)
            let outputs = ResizeArray<float[]>()

            let watched (recipe: BlockRecipe) =
                { recipe with
                    Create =
                        fun options sample draw ->
                            sample.Fitted |> Option.iter (fun (block, _) -> outputs.Add [| float block.Width |])
                            sample.Fitted |> Option.iter (fun _ -> outputs.Add sample.Inputs.Outputs)
                            recipe.Create options sample draw
                }

            let approximate =
                { config with
                    Recipes = [ watched PairBlock.ofBonds; BodyBlock.recipe; watched PairBlock.ofBonds ]
                    Sampler = Sampler.approximateSwim
                    Radial = FixedRadial Radial.distance
                }

            Training.fit approximate data |> expectOk |> ignore
            Expect.hasLength outputs 4 "both pair blocks have a first fit"
            Expect.notEqual outputs[1] outputs[3] "each its own")

        testCase "A-SWIM draws other messages than SWIM and than uniform SWIM, and fits" (fun () ->
            let data = snapshots (frames morse 30)

            let trained sampler =
                Training.fit
                    { config with
                        Recipes = [ BodyBlock.recipe; messages GraphInputs.invariant ]
                        Sampler = sampler
                        Width = 24
                    }
                    data
                |> expectOk

            let models = [ Sampler.uniformSwim; Sampler.swim; Sampler.approximateSwim ] |> List.map trained
            Expect.hasLength (models |> List.collect drawn |> List.distinct) 3 "messages"
            let worst (model: TrainedModel) = model.Diagnostics |> List.map _.RelativeError |> List.max
            Expect.isLessThan (worst models[2]) (2.0 * worst models[0]) "no worse than what it starts from")

        testCase "A-SWIM refuses blocks that give it nothing to look at" (fun () ->
            let approximate recipe =
                Training.fit
                    { config with Recipes = [ BodyBlock.recipe; recipe ]; Sampler = Sampler.approximateSwim }
                    (snapshots (frames morse 10))

            approximate (silent PairBlock.ofBonds) |> expectError (NoFittedOutputs("a-swim", "pair"))
            Expect.isOk (approximate PairBlock.ofBonds) "pairs give their energies")
    ]

[<Tests>]
let tests = testList "Recipes" (refusals @ streams)
