namespace HgnFunctional.Features

open System
open System.Collections.Generic
open HgnFunctional.Numerics

/// Hidden units s(w_k . x + b_k) of inputs x that were centred and scaled to [-1, 1] over the training data.
[<NoEquality; NoComparison>]
type FeatureMap =
    {
        /// The function s.
        Activation: Activation
        /// Middle of each input's training range, in the input's units.
        Centres: float[]
        /// Half the width of each input's training range, in the input's units.
        HalfRanges: float[]
        /// Weights, row-major [units x inputs], dimensionless.
        Weights: float[]
        /// Biases [units], dimensionless.
        Biases: float[]
    }

    /// Number of units.
    member map.Units: int = map.Biases.Length

/// Functions on feature maps.
[<RequireQualifiedAccess>]
module FeatureMap =

    /// Only the units of the given indices, in that order.
    let select (units: int[]) (map: FeatureMap) : FeatureMap =
        let inputs = map.Centres.Length

        { map with
            Weights = units |> Array.collect (fun unit -> Array.sub map.Weights (unit * inputs) inputs)
            Biases = units |> Array.map (fun unit -> map.Biases[unit])
        }

/// Where a sampler gets the outputs that guide its choice of point pairs.
type OutputSource =
    /// It uses none.
    | NoOutputs
    /// Those that the data holds: speeds for bodies, forces along the pair for pairs.
    | Measured
    /// Those of a first fit, made without outputs.
    | Fitted

/// A way to draw hidden weights, without training them.
[<NoEquality; NoComparison; StructuredFormatDisplay("{Name}")>]
type Sampler =
    {
        /// Name in options and model files.
        Name: string
        /// Which outputs it wants to see.
        Outputs: OutputSource
        /// Draws weights [units x inputs] and biases [units] from normalised inputs: a pure function of the generator's seed
        /// and the inputs.
        Draw: Activation -> InputSample -> int -> Random -> float[] * float[]
        /// Where it comes from.
        Source: string
    }

/// The samplers at hand; `Sampler.all` lists them.
[<RequireQualifiedAccess>]
module Sampler =

    /// Pairs of different points that SWIM considers for each unit it makes.
    let private candidatesPerUnit = 16

    let private drawElm (_: Activation) (sample: InputSample) (units: int) (random: Random) : float[] * float[] =
        // Inputs are normalised to [-1, 1], which is therefore the range of the biases.
        Rng.normals (units * sample.Inputs) random, Rng.uniforms units -1.0 1.0 random

    /// Normalised points nearer to each other than this are one place: they differ by the rounding of data (files hold some
    /// ten digits) or of its orientation, and a unit that rises between them would be a jump.
    let private resolution = 1e-9

    let private squaredDistance (inputs: int) (points: float[]) (first: int) (second: int) : float =
        let mutable sum = 0.0

        for k in 0 .. inputs - 1 do
            let difference = points[second * inputs + k] - points[first * inputs + k]
            sum <- sum + difference * difference

        sum

    /// The sample with normalised points, the first of each place.
    let private places (sample: InputSample) : InputSample =
        let points = InputSample.normalised sample
        let kept = ResizeArray<int>()

        for point in 0 .. sample.Count - 1 do
            if not (kept.Exists(fun other -> squaredDistance sample.Inputs points other point < resolution * resolution)) then
                kept.Add point

        { sample with
            Points = kept.ToArray() |> Array.collect (fun point -> Array.sub points (point * sample.Inputs) sample.Inputs)
            Outputs =
                if sample.Outputs.Length = sample.Count then
                    kept.ToArray() |> Array.map (fun point -> sample.Outputs[point])
                else
                    [||]
        }

    /// A unit that rises from one point to the other: w = s1 (x2 - x1) / |x2 - x1|^2, b = -w . x1 - s2.
    let private between (activation: Activation) (places: InputSample) (struct (first, second)) : float[] * float =
        let inputs, points = places.Inputs, places.Points
        let squared = squaredDistance inputs points first second

        let weights =
            Array.init inputs (fun k -> activation.SwimScale * (points[second * inputs + k] - points[first * inputs + k]) / squared)

        let projection = weights |> Array.mapi (fun k w -> w * points[first * inputs + k]) |> Array.sum
        weights, -projection - activation.SwimShift

    let private assemble (activation: Activation) (places: InputSample) (pairs: struct (int * int)[]) : float[] * float[] =
        let units = pairs |> Array.map (between activation places)
        Array.collect fst units, Array.map snd units

    /// An ordered pair of different places.
    let private drawPair (count: int) (random: Random) : struct (int * int) =
        let first = random.Next count
        let second = random.Next(count - 1)
        struct (first, (if second >= first then second + 1 else second))

    let private amongPlaces (activation: Activation) (places: InputSample) (units: int) (random: Random) : float[] * float[] =
        if places.Count < 2 then
            drawElm activation places units random
        else
            Array.init units (fun _ -> drawPair places.Count random) |> assemble activation places

    let private drawUniform (activation: Activation) (sample: InputSample) (units: int) (random: Random) : float[] * float[] =
        amongPlaces activation (places sample) units random

    /// Units that the solver of wide systems would keep though they are copies of others, or their mirror images, are drawn
    /// anew, some times at most: of few points there are few pairs. In other systems copies are dropped later.
    let private distinct (units: int) (pick: unit -> struct (int * int)) : int -> struct (int * int) =
        let drawn = HashSet<struct (int * int)>()

        let rec draw attempts =
            let struct (first, second) as pair = pick ()

            if drawn.Add(struct (min first second, max first second)) || attempts = 0 then
                pair
            else
                draw (attempts - 1)

        fun _ -> if units > LeastSquares.widest then draw candidatesPerUnit else pick ()

    let private drawByGradient (activation: Activation) (sample: InputSample) (units: int) (random: Random) : float[] * float[] =
        let places = places sample

        if places.Count < 2 || places.Outputs.Length = 0 then
            amongPlaces activation places units random
        else
            let candidates = Array.init (candidatesPerUnit * units) (fun _ -> drawPair places.Count random)

            let narrowest = 2.0 / float units

            // Outputs scatter: a force along a pair holds those of other pairs too. Over the least distances scatter alone would
            // be the steepest, and fit nothing: so no unit rises over less than its share of the range.
            let steepness (struct (first, second)) =
                let distance = sqrt (squaredDistance places.Inputs places.Points first second)

                if distance < narrowest then
                    0.0
                else
                    abs (places.Outputs[second] - places.Outputs[first]) / distance

            let cumulative = candidates |> Array.map steepness |> Array.scan (+) 0.0
            let total = Array.last cumulative

            if total > 0.0 && Double.IsFinite total then
                let pick () =
                    let found = Array.BinarySearch(cumulative, total * random.NextDouble())
                    candidates[min (candidates.Length - 1) (if found >= 0 then found else ~~~found - 1)]

                Array.init units (distinct units pick) |> assemble activation places
            else
                amongPlaces activation places units random

    /// Weights from the standard normal distribution, biases uniform over the inputs' range; of the data it uses the range
    /// alone, so its features do not depend on the order of bodies or snapshots.
    let elm: Sampler =
        {
            Name = "elm"
            Outputs = NoOutputs
            Draw = drawElm
            Source = "Huang, Zhu, Siew 2006, doi:10.1016/j.neucom.2005.12.126"
        }

    /// Each unit rises between two points of the data, chosen uniformly.
    let uniformSwim: Sampler =
        {
            Name = "u-swim"
            Outputs = NoOutputs
            Draw = drawUniform
            Source = "Bolager et al. 2023, arXiv 2306.16830"
        }

    /// Each unit rises between two points of the data, chosen where a measured output changes most; they are at least the unit's
    /// share of the range apart, 2 / units, since outputs scatter.
    let swim: Sampler =
        {
            Name = "swim"
            Outputs = Measured
            Draw = drawByGradient
            Source = "Bolager et al. 2023, arXiv 2306.16830"
        }

    /// As SWIM, with the outputs of a first fit with uniform pairs.
    let approximateSwim: Sampler =
        {
            Name = "a-swim"
            Outputs = Fitted
            Draw = drawByGradient
            Source = "Rahma, Datar, Dietrich 2024, arXiv 2411.17511"
        }

    /// Every sampler.
    let all: Sampler list = [ elm; uniformSwim; swim; approximateSwim ]

    /// The sampler of that name.
    let tryFind (name: string) : Sampler option = all |> List.tryFind (fun sampler -> sampler.Name = name)

    /// Hidden units for inputs, drawn by a sampler.
    let sample (sampler: Sampler) (activation: Activation) (units: int) (random: Random) (inputs: InputSample) : FeatureMap =
        Guard.positive (nameof units) units
        let weights, biases = sampler.Draw activation inputs units random

        {
            Activation = activation
            Centres = InputSample.centres inputs
            HalfRanges = InputSample.halfRanges inputs
            Weights = weights
            Biases = biases
        }
