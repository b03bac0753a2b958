namespace HgnFunctional.Blocks

open System
open System.Numerics.Tensors
open HgnFunctional.Bodies
open HgnFunctional.Invariance
open HgnFunctional.Features

/// A message-passing network without a readout: encoders of nodes and edges, and rounds of messages between neighbours
/// (phi_V, phi_E and phi_M of arXiv 2506.06558).
[<NoEquality; NoComparison>]
type MessageNetwork =
    {
        /// What nodes and edges see.
        Inputs: IGraphInputs
        /// Number d of space dimensions, which the frame's inputs depend on.
        Dimension: int
        /// Whether a message sees sender and receiver apart, [h_i; h_j; e_ij], instead of their sum, [h_i + h_j; e_ij].
        IsDirected: bool
        /// The factor c(r) on messages and pooled edges, for pairs within a cutoff.
        Factor: CutoffFactor option
        /// The node encoder.
        Nodes: FeatureMap
        /// The edge encoder.
        Edges: FeatureMap
        /// The messages of each round; sums of a round's messages at the nodes are what the next round sees.
        Rounds: FeatureMap list
    }

/// Gradients of several functions on the way back, [items x functions x units].
[<NoEquality; NoComparison>]
type internal MessageGradients = { Functions: int; OfNodes: float[]; OfEdges: float[]; OfFactors: float[] }

/// A network computed on a configuration, ready for derivatives. Gradients are taken for several functions at a time, in
/// arrays [items x functions x units].
[<Sealed>]
type internal MessageTape(network: MessageNetwork, structure: Structure, related: RelatedPairs, positions: float[], momenta: float[]) =

    // All relations together: a bond within the cutoff is one edge, and one beyond it carries nothing.
    let pairs = related.All

    let bodies, dimension = structure.Bodies, structure.Dimension

    let inputs, distances, directions =
        let configuration = Configuration(structure, related, ReadOnlySpan<float> positions, ReadOnlySpan<float> momenta)
        let distances, directions = Invariants.pairs &configuration
        network.Inputs.Evaluate &configuration, distances, directions

    /// Both directions of a pair are edges of their own.
    let isDoubled = network.IsDirected || network.Inputs.HasDirection

    /// Both directions have the same inputs.
    let isRepeated = isDoubled && not network.Inputs.HasDirection

    let senders, receivers =
        let s, r = pairs.Senders.ToArray(), pairs.Receivers.ToArray()
        if isDoubled then Array.append s r, Array.append r s else s, r

    let edges = senders.Length
    let edgeInputs = if isRepeated then Array.append inputs.Edges inputs.Edges else inputs.Edges

    let factors, factorSlopes =
        match network.Factor with
        | None -> Array.create edges 1.0, [||]
        | Some factor ->
            let at f scale edge =
                let x = distances[edge % pairs.Count] / factor.Radius
                if x < 1.0 then f x / scale else 0.0

            Array.init edges (at factor.Shape.Value 1.0), Array.init edges (at factor.Shape.Slope factor.Radius)

    let nodes = DenseLayer.forward network.Nodes bodies inputs.Nodes
    let edgeOutputs = DenseLayer.forward network.Edges edges edgeInputs
    let edgeUnits = network.Edges.Units

    /// Numbers that a message sees of sender and receiver together, whose values have some width.
    let ownOf (width: int) : int = if network.IsDirected then 2 * width else width

    let addInto (target: float[]) (start: int) (source: float[]) (from: int) (count: int) : unit =
        let target = Span<float>(target, start, count)
        TensorPrimitives.Add(Span<float>.op_Implicit target, ReadOnlySpan<float>(source, from, count), target)

    /// [h_s + h_r; g] or [h_s; h_r; g] of each edge, for node values of some width.
    let gather (width: int) (h: float[]) : float[] =
        let own = ownOf width
        let z = Array.zeroCreate<float>(edges * (own + edgeUnits))

        for edge in 0 .. edges - 1 do
            let start = edge * (own + edgeUnits)
            Array.Copy(h, senders[edge] * width, z, start, width)
            addInto z (start + own - width) h (receivers[edge] * width) width
            Array.Copy(edgeOutputs.Values, edge * edgeUnits, z, start + own, edgeUnits)

        z

    /// Sums of messages at the nodes: at the receiver, and at the sender too where an edge stands for both directions.
    let collect (units: int) (messages: float[]) : float[] =
        let h = Array.zeroCreate<float>(bodies * units)

        let add body edge =
            let target = Span<float>(h, body * units, units)

            TensorPrimitives.MultiplyAdd(
                ReadOnlySpan<float>(messages, edge * units, units),
                factors[edge],
                Span<float>.op_Implicit target,
                target
            )

        for edge in 0 .. edges - 1 do
            add receivers[edge] edge

            if not isDoubled then
                add senders[edge] edge

        h

    /// Width of the node values that each round sees, and the round's map and outputs.
    let rounds =
        (((network.Nodes.Units, nodes.Values), []), network.Rounds)
        ||> List.fold (fun ((width, h), computed) map ->
            let outputs = DenseLayer.forward map edges (gather width h)
            (map.Units, collect map.Units outputs.Values), computed @ [ width, map, outputs ])
        |> snd
        |> Array.ofList

    let finalRound = rounds.Length - 1

    // While a network is being drawn it has no round yet: what a first round would see comes from the nodes.
    let finalMap, finalOutputs =
        match Array.tryLast rounds with
        | Some(_, map, outputs) -> map, outputs
        | None -> network.Nodes, nodes

    /// From the gradients with respect to a round's inputs to those with respect to what it saw of nodes and edges.
    let rec scatter (round: int) (gradients: MessageGradients) (ofZ: float[]) : unit =
        let width, _, _ = rounds[round]
        let own = ownOf width
        let f = gradients.Functions

        let ofH =
            if round = 0 then
                gradients.OfNodes
            else
                Array.zeroCreate<float>(bodies * f * width)

        for edge in 0 .. edges - 1 do
            for k in 0 .. f - 1 do
                let start = (edge * f + k) * (own + edgeUnits)
                addInto ofH ((senders[edge] * f + k) * width) ofZ start width
                addInto ofH ((receivers[edge] * f + k) * width) ofZ (start + own - width) width
                addInto gradients.OfEdges ((edge * f + k) * edgeUnits) ofZ (start + own) edgeUnits

        if round > 0 then
            throughSums (round - 1) gradients ofH

    /// From the gradients with respect to the sums of a round's messages at the nodes.
    and throughSums (round: int) (gradients: MessageGradients) (ofSums: float[]) : unit =
        let _, map, _ = rounds[round]
        let size = gradients.Functions * map.Units
        let ofMessages = Array.zeroCreate<float>(edges * size)

        for edge in 0 .. edges - 1 do
            addInto ofMessages (edge * size) ofSums (receivers[edge] * size) size

            if not isDoubled then
                addInto ofMessages (edge * size) ofSums (senders[edge] * size) size

        throughMessages round gradients ofMessages

    /// From the gradients with respect to messages with their factors.
    and throughMessages (round: int) (gradients: MessageGradients) (ofMessages: float[]) : unit =
        let _, map, outputs = rounds[round]
        addFactors gradients map.Units outputs ofMessages
        DenseLayer.backward map edges gradients.Functions outputs ofMessages |> scatter round gradients

    /// Takes the factors into account: gradients with respect to what carries them become those with respect to what does
    /// not, and the rest goes to the factors.
    and addFactors (gradients: MessageGradients) (units: int) (outputs: DenseLayer.Outputs) (ofValues: float[]) : unit =
        let f = gradients.Functions

        for edge in 0 .. edges - 1 do
            for k in edge * f .. edge * f + f - 1 do
                let mine = Span<float>(ofValues, k * units, units)
                let values = ReadOnlySpan<float>(outputs.Values, edge * units, units)
                gradients.OfFactors[k] <- gradients.OfFactors[k] + TensorPrimitives.Dot(Span<float>.op_Implicit mine, values)
                TensorPrimitives.Multiply(Span<float>.op_Implicit mine, factors[edge], mine)

    let zero (functions: int) : MessageGradients =
        {
            Functions = functions
            OfNodes = Array.zeroCreate (bodies * functions * network.Nodes.Units)
            OfEdges = Array.zeroCreate (edges * functions * edgeUnits)
            OfFactors = Array.zeroCreate (edges * functions)
        }

    /// The part of one function in an array [items x functions x width].
    let partOf (functions: int) (width: int) (f: int) (all: float[]) : float[] =
        Array.init (all.Length / functions) (fun k -> all[(k / width * functions + f) * width + k % width])

    let addFactorPullback (ofFactors: float[]) (gradientQ: Span<float>) : unit =
        for edge in 0 .. edges - 1 do
            let pair = edge % pairs.Count
            let slope = ofFactors[edge] * factorSlopes[edge]

            for axis in 0 .. dimension - 1 do
                let part = slope * directions[pair * dimension + axis]
                let sender, receiver = pairs.Senders[pair] * dimension + axis, pairs.Receivers[pair] * dimension + axis
                gradientQ[sender] <- gradientQ[sender] + part
                gradientQ[receiver] <- gradientQ[receiver] - part

    let addFactorStrain (ofFactors: float[]) (destination: Span<float>) : unit =
        for edge in 0 .. edges - 1 do
            let pair = edge % pairs.Count
            let direction = ReadOnlySpan<float>(directions, pair * dimension, dimension)
            Strain.add (ofFactors[edge] * factorSlopes[edge] * distances[pair]) direction direction destination

    /// From node and edge values to their inputs.
    let throughEncoders (gradients: MessageGradients) : MessageGradients =
        { gradients with
            OfNodes = DenseLayer.backward network.Nodes bodies gradients.Functions nodes gradients.OfNodes
            OfEdges = DenseLayer.backward network.Edges edges gradients.Functions edgeOutputs gradients.OfEdges
        }

    /// The gradients of one function with respect to the inputs of nodes and of edges, and to the factors.
    let ofInputs (gradients: MessageGradients) (f: int) : struct (float[] * float[] * float[]) =
        let mine = partOf gradients.Functions network.Edges.Centres.Length f gradients.OfEdges

        struct (partOf gradients.Functions network.Nodes.Centres.Length f gradients.OfNodes,
                (if isRepeated then
                     Array.map2 (+) mine[.. mine.Length / 2 - 1] mine[mine.Length / 2 ..]
                 else
                     mine),
                (if factorSlopes.Length > 0 then
                     partOf gradients.Functions 1 f gradients.OfFactors
                 else
                     [||]))

    /// Gradients of units summed over items, as if each unit were a function: ones in their places.
    let seed (target: float[]) (items: int) (units: int) (chosen: ReadOnlySpan<int>) : unit =
        for item in 0 .. items - 1 do
            for f in 0 .. chosen.Length - 1 do
                target[(item * chosen.Length + f) * units + chosen[f]] <- 1.0

    let sum (items: int) (term: int -> float) : float =
        let mutable total = 0.0

        for item in 0 .. items - 1 do
            total <- total + term item

        total

    /// Inputs of nodes and of edges, each [items x inputs].
    member _.NodeInputs: float[] = inputs.Nodes
    member _.EdgeInputs: float[] = edgeInputs

    /// Numbers that one function's gradient takes on the way, at most.
    member _.GradientSize: int = edges * (finalMap.Centres.Length + finalMap.Units)

    /// What a further round would see [edges x inputs].
    member _.NextInputs: float[] =
        if rounds.Length = 0 then
            gather network.Nodes.Units nodes.Values
        else
            gather finalMap.Units (collect finalMap.Units finalOutputs.Values)

    /// Sum of a node unit over the nodes.
    member _.PooledNode(unit: int) : float = sum bodies (fun body -> nodes.Values[body * network.Nodes.Units + unit])

    /// Sum of an edge unit over the edges.
    member _.PooledEdge(unit: int) : float = sum edges (fun edge -> factors[edge] * edgeOutputs.Values[edge * edgeUnits + unit])

    /// Sum of a message of the last round over the edges.
    member _.PooledMessage(unit: int) : float = sum edges (fun edge -> factors[edge] * finalOutputs.Values[edge * finalMap.Units + unit])

    /// The weighted sum of each edge's messages of the last round, with its factor [edges].
    member _.MessageEnergies(weights: float[]) : float[] =
        Array.init edges (fun edge ->
            let messages = ReadOnlySpan<float>(finalOutputs.Values, edge * finalMap.Units, finalMap.Units)
            factors[edge] * TensorPrimitives.Dot(messages, ReadOnlySpan<float> weights))

    /// The gradient of the weighted sum of pooled node units, edge units and messages, with respect to inputs.
    member _.Gradients(nodeWeights: float[], edgeWeights: float[], messageWeights: float[]) : MessageGradients =
        let gradients = zero 1
        let repeated (items: int) (weights: float[]) = Array.init (items * weights.Length) (fun k -> weights[k % weights.Length])
        (repeated bodies nodeWeights).CopyTo(gradients.OfNodes, 0)
        (repeated edges edgeWeights).CopyTo(gradients.OfEdges, 0)
        addFactors gradients edgeUnits edgeOutputs gradients.OfEdges
        throughMessages finalRound gradients (repeated edges messageWeights)
        throughEncoders gradients

    /// The gradients of pooled node units.
    member _.NodeGradients(units: ReadOnlySpan<int>) : MessageGradients =
        let gradients = zero units.Length
        seed gradients.OfNodes bodies network.Nodes.Units units
        throughEncoders gradients

    /// The gradients of pooled edge units.
    member _.EdgeGradients(units: ReadOnlySpan<int>) : MessageGradients =
        let gradients = zero units.Length
        seed gradients.OfEdges edges edgeUnits units
        addFactors gradients edgeUnits edgeOutputs gradients.OfEdges
        throughEncoders gradients

    /// The gradients of some pooled messages, from `first` on.
    member _.MessageGradients(first: int, units: int) : MessageGradients =
        let gradients = zero units

        for edge in 0 .. edges - 1 do
            Array.Copy(finalOutputs.Values, edge * finalMap.Units + first, gradients.OfFactors, edge * units, units)

        DenseLayer.ofUnits finalMap edges first units finalOutputs factors |> scatter finalRound gradients
        throughEncoders gradients

    /// From inputs to positions and momenta: adds to [functions x N d] each.
    member _.PullbackInto(gradients: MessageGradients, gradientQ: Span<float>, gradientP: Span<float>) : unit =
        let size = bodies * dimension

        for f in 0 .. gradients.Functions - 1 do
            let struct (ofNodes, ofEdges, ofFactors) = ofInputs gradients f
            let q = gradientQ.Slice(f * size, size)
            inputs.PullbackInto(ReadOnlySpan<float> ofNodes, ReadOnlySpan<float> ofEdges, q, gradientP.Slice(f * size, size))

            if factorSlopes.Length > 0 then
                addFactorPullback ofFactors q

    /// From inputs to the strain: adds to [functions x d d].
    member _.StrainInto(gradients: MessageGradients, destination: Span<float>) : unit =
        let size = dimension * dimension

        for f in 0 .. gradients.Functions - 1 do
            let struct (ofNodes, ofEdges, ofFactors) = ofInputs gradients f
            let mine = destination.Slice(f * size, size)
            inputs.StrainInto(ReadOnlySpan<float> ofNodes, ReadOnlySpan<float> ofEdges, mine)

            if factorSlopes.Length > 0 then
                addFactorStrain ofFactors mine
