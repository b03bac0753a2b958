namespace HgnFunctional

open System
open System.Numerics.Tensors

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

/// A network computed on a configuration, ready for derivatives.
[<Sealed>]
type internal MessageTape(network: MessageNetwork, structure: Structure, pairs: Pairs, positions: float[], momenta: float[]) =

    let bodies = structure.Bodies

    let configuration () = Configuration(structure, pairs, ReadOnlySpan<float> positions, ReadOnlySpan<float> momenta)

    let distances =
        let configuration = configuration ()
        fst (Invariants.pairs &configuration)

    /// Both directions of a pair are edges of their own.
    let isDoubled = network.IsDirected || network.Inputs.HasDirection

    let senders, receivers =
        let s, r = pairs.Senders.ToArray(), pairs.Receivers.ToArray()
        if isDoubled then Array.append s r, Array.append r s else s, r

    let edges = senders.Length

    let nodeInputs, edgeInputs =
        let configuration = configuration ()
        let struct (nodes, edges) = network.Inputs.Evaluate &configuration

        if isDoubled && not network.Inputs.HasDirection then
            nodes, Array.append edges edges
        else
            nodes, edges

    let factors, factorSlopes =
        match network.Factor with
        | None -> Array.create edges 1.0, Array.zeroCreate edges
        | Some factor ->
            let at f scale edge =
                let x = distances[edge % pairs.Count] / factor.Radius
                if x < 1.0 then f x / scale else 0.0

            Array.init edges (at factor.Shape.Value 1.0), Array.init edges (at factor.Shape.Slope factor.Radius)

    let nodes = DenseLayer.forward network.Nodes bodies nodeInputs
    let edgeOutputs = DenseLayer.forward network.Edges edges edgeInputs
    let edgeUnits = network.Edges.Units

    /// [h_s + h_r; g] or [h_s; h_r; g] of each edge, for node values of some width.
    let gather (width: int) (h: float[]) : float[] =
        let own = if network.IsDirected then 2 * width else width
        let z = Array.zeroCreate<float>(edges * (own + edgeUnits))

        for edge in 0 .. edges - 1 do
            let start = edge * (own + edgeUnits)
            let sender = ReadOnlySpan<float>(h, senders[edge] * width, width)
            let receiver = ReadOnlySpan<float>(h, receivers[edge] * width, width)

            if network.IsDirected then
                sender.CopyTo(Span<float>(z, start, width))
                receiver.CopyTo(Span<float>(z, start + width, width))
            else
                TensorPrimitives.Add(sender, receiver, Span<float>(z, start, width))

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

    /// Width of the node values that each round sees, and the round's inputs and outputs.
    let rounds =
        (((network.Nodes.Units, nodes.Values), []), network.Rounds)
        ||> List.fold (fun ((width, h), computed) map ->
            let z = gather width h
            let outputs = DenseLayer.forward map edges z
            (map.Units, collect map.Units outputs.Values), computed @ [ width, map, z, outputs ])
        |> snd
        |> Array.ofList

    let ofNodes = Array.zeroCreate<float> nodes.Values.Length
    let ofEdges = Array.zeroCreate<float> edgeOutputs.Values.Length
    let ofFactors = Array.zeroCreate<float> edges

    let addInto (target: float[]) (start: int) (source: float[]) (from: int) (count: int) : unit =
        let target = Span<float>(target, start, count)
        TensorPrimitives.Add(Span<float>.op_Implicit target, ReadOnlySpan<float>(source, from, count), target)

    /// From the gradient with respect to a round's inputs to those with respect to what it saw of nodes and edges.
    let rec scatter (round: int) (ofZ: float[]) : unit =
        let width, _, _, _ = rounds[round]
        let own = if network.IsDirected then 2 * width else width
        let ofH = if round = 0 then ofNodes else Array.zeroCreate<float>(bodies * width)

        for edge in 0 .. edges - 1 do
            let start = edge * (own + edgeUnits)
            addInto ofH (senders[edge] * width) ofZ start width
            addInto ofH (receivers[edge] * width) ofZ (start + (if network.IsDirected then width else 0)) width
            addInto ofEdges (edge * edgeUnits) ofZ (start + own) edgeUnits

        if round > 0 then
            throughMessages (round - 1) ofH

    /// From the gradient with respect to the sums of a round's messages at the nodes.
    and throughMessages (round: int) (ofSums: float[]) : unit =
        let _, map, _, outputs = rounds[round]
        let units = map.Units
        let ofMessages = Array.zeroCreate<float>(edges * units)

        for edge in 0 .. edges - 1 do
            addInto ofMessages (edge * units) ofSums (receivers[edge] * units) units

            if not isDoubled then
                addInto ofMessages (edge * units) ofSums (senders[edge] * units) units

        backMessages round ofMessages outputs

    /// From the gradient with respect to messages with their factors.
    and backMessages (round: int) (ofMessages: float[]) (outputs: DenseLayer.Outputs) : unit =
        let _, map, _, _ = rounds[round]
        let units = map.Units

        for edge in 0 .. edges - 1 do
            let mine = Span<float>(ofMessages, edge * units, units)

            ofFactors[edge] <-
                ofFactors[edge]
                + TensorPrimitives.Dot(Span<float>.op_Implicit mine, ReadOnlySpan<float>(outputs.Values, edge * units, units))

            TensorPrimitives.Multiply(Span<float>.op_Implicit mine, factors[edge], mine)

        DenseLayer.backward map edges outputs ofMessages |> scatter round

    let finalRound = rounds.Length - 1

    // While a network is being drawn it has no round yet: what a first round would see comes from the nodes.
    let finalMap, finalOutputs =
        match Array.tryLast rounds with
        | Some(_, map, _, outputs) -> map, outputs
        | None -> network.Nodes, nodes

    /// From node and edge values to positions and momenta.
    let finish (gradientQ: Span<float>) (gradientP: Span<float>) : unit =
        let configuration = configuration ()
        let ofNodeInputs = DenseLayer.backward network.Nodes bodies nodes ofNodes
        let ofEdgeInputs = DenseLayer.backward network.Edges edges edgeOutputs ofEdges

        let ofEdgeInputs =
            if isDoubled && not network.Inputs.HasDirection then
                Array.map2 (+) ofEdgeInputs[.. ofEdgeInputs.Length / 2 - 1] ofEdgeInputs[ofEdgeInputs.Length / 2 ..]
            else
                ofEdgeInputs

        network.Inputs.PullbackInto(&configuration, ofNodeInputs, ofEdgeInputs, gradientQ, gradientP)

        if network.Factor.IsSome then
            let _, directions = Invariants.pairs &configuration
            let d = structure.Dimension

            for edge in 0 .. edges - 1 do
                let pair = edge % pairs.Count
                let slope = ofFactors[edge] * factorSlopes[edge]

                for axis in 0 .. d - 1 do
                    let part = slope * directions[pair * d + axis]
                    let sender, receiver = pairs.Senders[pair] * d + axis, pairs.Receivers[pair] * d + axis
                    gradientQ[sender] <- gradientQ[sender] + part
                    gradientQ[receiver] <- gradientQ[receiver] - part

    let clear () : unit =
        Array.Clear ofNodes
        Array.Clear ofEdges
        Array.Clear ofFactors

    /// Inputs of nodes and of edges, each [items x inputs].
    member _.NodeInputs: float[] = nodeInputs
    member _.EdgeInputs: float[] = edgeInputs

    /// What a further round would see [edges x inputs].
    member _.NextInputs: float[] =
        if rounds.Length = 0 then
            gather network.Nodes.Units nodes.Values
        else
            gather finalMap.Units (collect finalMap.Units finalOutputs.Values)

    /// Sum of a node unit over the nodes.
    member _.PooledNode(unit: int) : float =
        Seq.sum (seq { for body in 0 .. bodies - 1 -> nodes.Values[body * network.Nodes.Units + unit] })

    /// Sum of an edge unit over the edges.
    member _.PooledEdge(unit: int) : float =
        Seq.sum (seq { for edge in 0 .. edges - 1 -> factors[edge] * edgeOutputs.Values[edge * edgeUnits + unit] })

    /// Sum of a message of the last round over the edges.
    member _.PooledMessage(unit: int) : float =
        Seq.sum (seq { for edge in 0 .. edges - 1 -> factors[edge] * finalOutputs.Values[edge * finalMap.Units + unit] })

    /// Adds the gradient of the weighted sum of pooled node units, edge units and messages.
    member _.PullbackInto
        (nodeWeights: float[], edgeWeights: float[], messageWeights: float[], gradientQ: Span<float>, gradientP: Span<float>)
        : unit =
        clear ()

        for body in 0 .. bodies - 1 do
            addInto ofNodes (body * nodeWeights.Length) nodeWeights 0 nodeWeights.Length

        for edge in 0 .. edges - 1 do
            let values = ReadOnlySpan<float>(edgeOutputs.Values, edge * edgeUnits, edgeUnits)
            ofFactors[edge] <- ofFactors[edge] + TensorPrimitives.Dot(ReadOnlySpan<float> edgeWeights, values)
            let target = Span<float>(ofEdges, edge * edgeUnits, edgeUnits)
            TensorPrimitives.MultiplyAdd(ReadOnlySpan<float> edgeWeights, factors[edge], Span<float>.op_Implicit target, target)

        backMessages finalRound (Array.init (edges * finalMap.Units) (fun k -> messageWeights[k % finalMap.Units])) finalOutputs
        finish gradientQ gradientP

    /// Adds the gradient of one pooled message: as the weighted sum, without the units that do not take part.
    member _.MessageGradientInto(unit: int, gradientQ: Span<float>, gradientP: Span<float>) : unit =
        clear ()
        let width = finalMap.Centres.Length
        let ofZ = Array.zeroCreate<float>(edges * width)

        for edge in 0 .. edges - 1 do
            ofFactors[edge] <- finalOutputs.Values[edge * finalMap.Units + unit]
            DenseLayer.addUnit finalMap finalOutputs edge unit factors[edge] (Span<float>(ofZ, edge * width, width))

        DenseLayer.denormalise finalMap edges (Span<float> ofZ)
        scatter finalRound ofZ
        finish gradientQ gradientP
