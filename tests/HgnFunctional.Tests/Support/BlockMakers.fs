/// Every kind of block, made for scenes without looking at them, so that laws can be tried on each.
module HgnFunctional.Tests.Support.BlockMakers

open System
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Invariance
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Blocks

/// A training sample that holds a pool's inputs alone.
let sampleOf (inputs: InputSample) : TrainingSample =
    { Inputs = inputs; Snapshots = [||]; Fitted = None; Pool = fun count -> InputPool(count, 16, 1) }

/// Draws with one sampler; layers draw as many units as they ask for, but not more than a few.
let drawWith (sampler: Sampler) (activation: Activation) (units: int) : FeatureDraw =
    fun layer _ inputs -> Sampler.sample sampler activation units (Rng.stream 5 $"block tests {layer}") inputs

/// A range and a sample of inputs that scenes have: distances from 0.4 to 3, kinetic terms from 0 to 5. The points are few
/// and lie apart even as r^-3, so that no unit of SWIM is too steep for a difference quotient.
let private scalars (recipe: BlockRecipe) : InputSample =
    let low, high, points =
        if recipe.Kind = "body" then
            0.0, 5.0, [| 0.3; 1.5; 4.0 |]
        else
            0.4, 3.0, [| 0.45; 0.7; 1.2 |]

    {
        Low = [| low |]
        High = [| high |]
        Points = points
        Outputs = points |> Array.map (fun x -> sin (3.0 * x))
    }

/// Cosines from -1 to 1 and lengths that scenes have.
let private angles: InputSample =
    let points = [| 0.2; 0.5; 0.9; -0.7; 1.0; 2.0; 0.9; 1.6; 0.6 |]

    {
        Low = [| -1.0; 0.4; 0.4 |]
        High = [| 1.0; 3.0; 3.0 |]
        Points = points
        Outputs = [| 0.3; -0.2; 0.7 |]
    }

/// Four bodies, all bound and in no plane, from which layers are drawn; in one to three dimensions.
let private reference (dimension: int) : Snapshot =
    let place = [| 0.0; 0.1; -0.2; 0.8; -0.1; 0.15; 1.9; 0.6; 0.3; 0.6; 1.5; 1.2 |]
    let speed = [| 0.3; -0.4; 0.2; -0.9; 0.5; -0.3; 1.4; 0.7; 0.6; -0.8; -0.9; -1.1 |]
    let pick (values: float[]) = Array.init (4 * dimension) (fun k -> values[k / dimension * 3 + k % dimension])
    let bonds = Relations.bonds (Topology.complete 4).Graph
    let structure = Structure.create (Cell.openSpace dimension) bonds [| 1.0; 2.0; 1.5; 0.7 |]
    let state = PhaseState.create 4 dimension (pick place) (pick speed)
    Snapshot.create structure state (pick speed) (pick place)

/// A few states of a scene's size, for blocks that know one size alone.
let private shaken (scene: Scene) : TrainingSample =
    let inputs = RawInputs(scene.Bodies, Array.ofList scene.Periods)
    let pool = InputPool(inputs.Count, 16, 1)

    for seed in 1..3 do
        let moved field purpose = Rng.normals scene.Q.Length (Rng.stream seed purpose) |> Array.map2 (+) field
        let q, p = moved scene.Q "shaken", moved scene.P "shaken momenta"
        pool.Add(ReadOnlySpan<float>(inputs.At(ReadOnlySpan<float> q, ReadOnlySpan<float> p)), float seed)

    let zeros = Array.zeroCreate scene.Q.Length
    let snapshot = Snapshot.create scene.Structure scene.State zeros zeros
    { sampleOf (pool.ToSample()) with Snapshots = [| snapshot |] }

/// Places of a scene's bodies and others around them, as fields see them.
let private sites (scene: Scene) : InputSample =
    let inputs = SiteInputs.Of scene.Structure.Cell
    let pool = InputPool(inputs.Count, 16, 1)
    let point = Array.zeroCreate<float> inputs.Count

    for seed in 1..3 do
        let q = Rng.normals scene.Q.Length (Rng.stream seed "sites") |> Array.map2 (+) scene.Q

        for body in 0 .. scene.Bodies - 1 do
            inputs.At(ReadOnlySpan<float>(q, body * scene.Dimension, scene.Dimension), Span<float> point)
            pool.Add(ReadOnlySpan<float> point, float seed)

    pool.ToSample()

/// The scene as a sample of training data.
let private snapshotsOf (scene: Scene) : Snapshot[] =
    let zeros = Array.zeroCreate scene.Q.Length
    [| Snapshot.create scene.Structure scene.State zeros zeros |]

/// A way to make a block that suits a scene.
[<NoEquality; NoComparison>]
type Maker = { Name: string; Make: Scene -> IBlock }

let private hiddenUnits = 5

/// Every recipe with every radial transform, cutoff factor, activation and sampler that it looks at.
let private every: (BlockRecipe * Maker) list =
    [
        for index, recipe in List.indexed Blocks.all do
            let draws = recipe.Layers > 0 || List.contains recipe.Kind [ "body"; "raw"; "message"; "pair drag" ]
            let isPair, isLayered = recipe.Kind = "pair", recipe.Kind = "message"

            let angulars = if recipe.Kind = "angle" then Angular.all else [ Angular.cosine ]

            for radial, angular in List.allPairs (if isPair then Radial.all else [ Radial.distance ]) angulars do
                for cutoff in (if isPair || isLayered then Cutoff.all else [ Cutoff.quartic ]) do
                    for activation in (if draws then Activation.all else [ Activation.softplus ]) do
                        // SWIM makes units of units between points that may lie near in every layer: too steep for laws to
                        // be seen above rounding. A sampler decides weights alone.
                        for sampler in (if isLayered || not draws then [ Sampler.elm ] else Sampler.all) do
                            recipe,
                            {
                                Name =
                                    $"{recipe.Kind} block {index}, {radial.Name}, {angular.Name}, {cutoff.Name}, {activation.Name}, {sampler.Name}"
                                Make =
                                    fun scene ->
                                        // Another kind for scenes of another size; one that is nowhere where there is none.
                                        let kinds = recipe.Kinds scene.Structure

                                        let nowhere =
                                            if recipe.Kind = "angle" then AnglesOf ""
                                            elif isPair || recipe.Kind = "pair drag" then BondsOf ""
                                            else BodiesOf "nowhere"

                                        let kind = if kinds.IsEmpty then nowhere else kinds[scene.Q.Length % kinds.Length]

                                        let options =
                                            {
                                                Radial = radial
                                                Angular = angular
                                                Cutoff = cutoff
                                                CutoffRadius = scene.Cutoff
                                                Kind = kind
                                            }

                                        let sample =
                                            match recipe.Kind with
                                            | "raw" -> shaken scene
                                            | "angle" -> sampleOf angles
                                            | "message" -> { sampleOf (scalars recipe) with Snapshots = [| reference scene.Dimension |] }
                                            | "field" -> { sampleOf (sites scene) with Snapshots = snapshotsOf scene }
                                            | _ -> { sampleOf (scalars recipe) with Snapshots = snapshotsOf scene }

                                        recipe.Create options sample (drawWith sampler activation hiddenUnits)
                            }
    ]

let private isOfForces (recipe: BlockRecipe) : bool =
    let names = [ for law in VelocityLaw.All -> law.Name ]
    recipe.Kind = "pair drag" || List.contains recipe.Kind names

/// Blocks of energies.
let energies: Maker list = every |> List.filter (fst >> isOfForces >> not) |> List.map snd

/// Blocks of forces.
let forces: Maker list = every |> List.filter (fst >> isOfForces) |> List.map snd

/// Every block.
let all: Maker list = List.map snd every

/// The least sine of an angle of a scene; 1 where there is none.
let private leastSine (scene: Scene) : float =
    match scene.Structure.Relations.Angles with
    | None -> 1.0
    | Some angles ->
        let side body centre =
            let difference =
                Array.init scene.Dimension (fun axis -> scene.Q[body * scene.Dimension + axis] - scene.Q[centre * scene.Dimension + axis])

            scene.Structure.Cell.ToNearest(Span<float> difference)
            let length = sqrt (Array.sumBy (fun x -> x * x) difference)
            difference |> Array.map (fun x -> x / length)

        (1.0, Angles.toArray angles)
        ||> Array.fold (fun least (struct (a, centre, b, _)) ->
            let cosine = Array.map2 (*) (side a centre) (side b centre) |> Array.sum
            min least (sqrt (max 0.0 (1.0 - cosine * cosine))))

/// Whether a block has its derivatives at a scene: a local frame needs its bodies off the mean and off one line, and must
/// not be about to turn to another body; an angle as such has a kink where it opens to a line.
let isRegular (block: IBlock) (scene: Scene) : bool =
    match block with
    | _ when (block.Refuses scene.Structure).IsSome -> false
    | :? AngleBlock as block when block.Features.Angular.Name = Angular.angle.Name && leastSine scene < 0.1 -> false
    | _ ->

        if block.Symmetries.Reflections || not block.Symmetries.Rotations then
            true
        else
            match LocalFrame.tryOfPoints scene.Dimension (ReadOnlySpan<float> scene.Q) with
            | Error _ -> false
            | Ok frame ->
                let d = scene.Dimension
                let offset body = Array.init d (fun axis -> scene.Q[body * d + axis] - frame.Mean[axis])
                let length (v: float[]) = sqrt (Array.sumBy (fun x -> x * x) v)

                let across body =
                    let v = offset body
                    let along = Seq.sum (seq { for k in 0 .. d - 1 -> v[k] * frame.Axes[k] })
                    length (Array.mapi (fun k x -> x - along * frame.Axes[k]) v)

                let lengths = [ for body in 0 .. scene.Bodies - 1 -> length (offset body) ] |> List.sort
                let spread = List.last lengths
                let gaps = lengths |> List.pairwise |> List.map (fun (a, b) -> b - a) |> List.truncate 2
                let clear = List.head lengths > 0.1 * spread && gaps |> List.forall (fun gap -> gap > 0.01 * spread)
                clear && (d < 3 || across frame.Second > 0.1 * spread)
