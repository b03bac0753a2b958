namespace HgnFunctional.Blocks

open System
open HgnFunctional.Bodies
open HgnFunctional.Invariance
open HgnFunctional.Data
open HgnFunctional.Features

/// Features of messages: Phi_k = sum over edges of c(r) times the last round's messages; with pooling of every stage, the
/// encoders' units summed over nodes and edges stand before them.
[<Sealed; NoEquality; NoComparison>]
type MessageBlock internal (network: MessageNetwork, pooledNodes: int[], pooledEdges: int[]) =

    /// Features whose gradients are taken together, at most: enough for long vectors, few enough to stay in cache.
    let mostAtOnce = 64
    /// Numbers that these gradients may take on the way.
    let gradientNumbers = 1 <<< 14

    let final = List.last network.Rounds
    let width = pooledNodes.Length + pooledEdges.Length + final.Units
    let firstMessage = pooledNodes.Length + pooledEdges.Length

    /// A body moves the messages of the last round from one hop less than there are rounds away, and each of these sees as far again
    /// beyond its edge.
    let hops = if network.Inputs.IsLocal then Some(2 * network.Rounds.Length - 1) else None

    let tapeOf (configuration: inref<Configuration>) : MessageTape =
        MessageTape(
            network,
            configuration.Structure,
            configuration.Related,
            configuration.Positions.ToArray(),
            configuration.Momenta.ToArray()
        )

    let rangesOf (map: FeatureMap) (name: string) : InvariantRange list =
        [
            for k in 0 .. map.Centres.Length - 1 do
                {
                    Name = if map.Centres.Length = 1 then name else $"{name} {k + 1}"
                    Low = map.Centres[k] - map.HalfRanges[k]
                    High = map.Centres[k] + map.HalfRanges[k]
                }
        ]

    /// The weights of all units of an encoder, of which only the pooled ones have one.
    let spread (units: int) (pooled: int[]) (weights: float[]) : float[] =
        let all = Array.zeroCreate<float> units
        Array.iter2 (fun unit weight -> all[unit] <- weight) pooled weights
        all

    let countOutside (map: FeatureMap) (inputs: float[]) : int =
        // The bounds are those of normalised inputs, with room for the rounding of centre and half range.
        inputs
        |> Seq.indexed
        |> Seq.filter (fun (k, x) ->
            let column = k % map.Centres.Length
            not (abs (x - map.Centres[column]) <= map.HalfRanges[column] * (1.0 + 1e-12)))
        |> Seq.length

    /// Features whose gradients are taken together, at most.
    let mostOf (tape: MessageTape) : int = max 1 (min mostAtOnce (gradientNumbers / max 1 tape.GradientSize))

    /// Runs of features of one stage each, of so many at most: the first and their number.
    let chunksOf (most: int) : struct (int * int) list =
        [
            for stage, stop in [ 0, pooledNodes.Length; pooledNodes.Length, firstMessage; firstMessage, width ] do
                for first in stage..most .. stop - 1 do
                    struct (first, min most (stop - first))
        ]

    /// The gradients of some features of one stage.
    let gradientsOf (tape: MessageTape) (first: int) (count: int) : MessageGradients =
        if first < pooledNodes.Length then
            tape.NodeGradients(ReadOnlySpan<int>(pooledNodes, first, count))
        elif first < firstMessage then
            tape.EdgeGradients(ReadOnlySpan<int>(pooledEdges, first - pooledNodes.Length, count))
        else
            tape.MessageGradients(first - firstMessage, count)

    /// The gradient of the features times a readout.
    let weighted (tape: MessageTape) (readout: float[]) : MessageGradients =
        let nodes = spread network.Nodes.Units pooledNodes readout[.. pooledNodes.Length - 1]
        let edges = spread network.Edges.Units pooledEdges readout[pooledNodes.Length .. firstMessage - 1]
        tape.Gradients(nodes, edges, readout[firstMessage..])

    /// Adds gradients [features x size] of some features, from one on, to rows [size x stride].
    let addTransposed (size: int) (first: int) (count: int) (gradients: float[]) (rows: Span<float>) (stride: int) : unit =
        for t in 0 .. size - 1 do
            for k in 0 .. count - 1 do
                let place = t * stride + first + k
                rows[place] <- rows[place] + gradients[k * size + t]

    /// Encoders and messages.
    member _.Network: MessageNetwork = network

    /// The node units that are features.
    member _.PooledNodes: int[] = Array.copy pooledNodes

    /// The edge units that are features.
    member _.PooledEdges: int[] = Array.copy pooledEdges

    /// The energy of each edge's messages, for a readout [edges].
    member internal _.MessageEnergies(configuration: inref<Configuration>, readout: float[]) : float[] =
        (tapeOf &configuration).MessageEnergies readout[firstMessage..]

    interface IEnergyBlock with
        member _.Kind = "message"
        member _.Width = width
        member _.Trend = 0
        member _.Part = Coupled
        member _.Kinds = [ EachBody ]
        member _.IsOfMasses = false
        member _.Ranges = rangesOf network.Nodes "node input" @ rangesOf network.Edges "edge input"
        member _.Symmetries = network.Inputs.Symmetries

        member _.ActsFromOutside = false
        member _.Hops = hops
        member _.Constants = []
        member _.Attributes = []

        member _.Refuses(structure) =
            if GraphInputs.dependOnDimension network.Inputs && structure.Dimension <> network.Dimension then
                Some(NeedsDimension network.Dimension)
            elif not structure.HasOneCutoff then
                Some NeedsOneCutoff
            else
                None

        member _.ValuesInto(configuration, destination) =
            let tape = tapeOf &configuration

            for k in 0 .. width - 1 do
                destination[k] <-
                    if k < pooledNodes.Length then tape.PooledNode pooledNodes[k]
                    elif k < firstMessage then tape.PooledEdge pooledEdges[k - pooledNodes.Length]
                    else tape.PooledMessage(k - firstMessage)

        member block.Energy(configuration, readout) =
            let values = Array.zeroCreate<float> width
            (block :> IEnergyBlock).ValuesInto(&configuration, Span<float> values)
            Array.fold2 (fun sum value weight -> sum + value * weight) 0.0 values readout

        member _.RowsInto(configuration, rowsQ, rowsP, stride) =
            let tape = tapeOf &configuration
            let size = configuration.Positions.Length
            let most = mostOf tape
            let ofQ, ofP = Array.zeroCreate<float>(most * size), Array.zeroCreate<float>(most * size)

            for struct (first, count) in chunksOf most do
                let q = Span<float>(ofQ, 0, count * size)
                let p = Span<float>(ofP, 0, count * size)
                q.Clear()
                p.Clear()
                tape.PullbackInto(gradientsOf tape first count, q, p)
                addTransposed size first count ofQ rowsQ stride
                addTransposed size first count ofP rowsP stride

        member _.PullbackInto(configuration, readout, gradientQ, gradientP) =
            let tape = tapeOf &configuration
            tape.PullbackInto(weighted tape readout, gradientQ, gradientP)

        member _.TellsStrain _ = true

        member _.StrainInto(configuration, readout, destination) =
            let tape = tapeOf &configuration
            tape.StrainInto(weighted tape readout, destination)

        member _.StrainRowsInto(configuration, rows, stride) =
            let tape = tapeOf &configuration
            let size = configuration.Structure.Dimension * configuration.Structure.Dimension
            let most = mostOf tape
            let strains = Array.zeroCreate<float>(most * size)

            for struct (first, count) in chunksOf most do
                Array.Clear strains
                tape.StrainInto(gradientsOf tape first count, Span<float>(strains, 0, count * size))
                addTransposed size first count strains rows stride

        member _.Response(_, _) = nan

        member _.CountOutside(configuration) =
            let tape = tapeOf &configuration
            let outside = countOutside network.Nodes tape.NodeInputs + countOutside network.Edges tape.EdgeInputs
            struct (outside, tape.NodeInputs.Length + tape.EdgeInputs.Length)

        member _.Select(features) =
            let nodes = features |> Array.filter (fun k -> k < pooledNodes.Length) |> Array.map (fun k -> pooledNodes[k])

            let edges =
                features
                |> Array.filter (fun k -> k >= pooledNodes.Length && k < firstMessage)
                |> Array.map (fun k -> pooledEdges[k - pooledNodes.Length])

            let messages = features |> Array.filter (fun k -> k >= firstMessage) |> Array.map (fun k -> k - firstMessage)
            let before = List.take (network.Rounds.Length - 1) network.Rounds
            MessageBlock({ network with Rounds = before @ [ FeatureMap.select messages final ] }, nodes, edges)

        member _.Save() =
            [
                "inputs", SavedForm.Text network.Inputs.Name
                "dimension", SavedForm.Number(float network.Dimension)
                "directed", SavedForm.Flag network.IsDirected
                yield! SavedParts.ofFactor network.Factor
                "nodes", SavedForm.Fields(SavedParts.ofMap network.Nodes)
                "edges", SavedForm.Fields(SavedParts.ofMap network.Edges)
                "rounds", SavedForm.List [ for map in network.Rounds -> SavedForm.Fields(SavedParts.ofMap map) ]
                "pooledNodes", SavedForm.ofInts pooledNodes
                "pooledEdges", SavedForm.ofInts pooledEdges
            ]

/// How a message block is laid out.
[<NoEquality; NoComparison>]
type MessageOptions =
    {
        /// What nodes and edges see.
        Inputs: IGraphInputs
        /// Whether a message sees sender and receiver apart.
        IsDirected: bool
        /// Units of the node encoder; at least 1.
        NodeUnits: int
        /// Units of the edge encoder; at least 1.
        EdgeUnits: int
        /// Units of the messages of all rounds but the last, whose units are the width of training.
        InnerUnits: int list
        /// Whether the encoders' units are features too.
        PoolsEveryStage: bool
    }

/// How message blocks are made.
[<RequireQualifiedAccess>]
module MessageBlock =

    /// Encoders of 64 units, one round, and the messages alone pooled, as in arXiv 2506.06558, with the given inputs.
    let options (inputs: IGraphInputs) : MessageOptions =
        {
            Inputs = inputs
            IsDirected = false
            NodeUnits = 64
            EdgeUnits = 64
            InnerUnits = []
            PoolsEveryStage = false
        }

    /// Half the difference of the forces on two bodies along the pair, which SWIM looks at; and the speed of each body.
    let private measured (snapshot: Snapshot) : float[] * float[] =
        let configuration = snapshot.Configuration
        let _, directions = Invariants.pairs &configuration
        let d = snapshot.Structure.Dimension
        let forces = snapshot.KnownForces
        let speeds = snapshot.KnownVelocities |> Array.chunkBySize d |> Array.map (Array.sumBy (fun x -> x * x) >> sqrt)

        let along pair =
            let sender, receiver = snapshot.Pairs.Senders[pair], snapshot.Pairs.Receivers[pair]

            Array.init d (fun axis -> 0.5 * (forces[sender * d + axis] - forces[receiver * d + axis]) * directions[pair * d + axis])
            |> Array.sum

        speeds, Array.init snapshot.Pairs.Count along

    /// Draws layer after layer, each on the outputs of those before it.
    let private make (layout: MessageOptions) (options: BlockOptions) (sample: TrainingSample) (draw: FeatureDraw) : IBlock =
        let dimension = sample.Snapshots[0].Structure.Dimension
        let inputs = layout.Inputs

        /// A layer for inputs [items x inputs] of every snapshot, with an output for each item.
        let drawn (layer: string) (units: int option) (groups: int[]) (itemsOf: Snapshot -> float[] * (int -> float)) : FeatureMap =
            let width = groups.Length
            let pool = sample.Pool width

            for snapshot in sample.Snapshots do
                let items, outputOf = itemsOf snapshot

                for item in 0 .. items.Length / width - 1 do
                    pool.Add(ReadOnlySpan<float>(items, item * width, width), outputOf item)

            pool.ToSample() |> InputSample.widen groups |> draw layer units

        let evaluate (snapshot: Snapshot) =
            let configuration = snapshot.Configuration
            let values = inputs.Evaluate &configuration
            values.Nodes, values.Edges

        let alongEdge (snapshot: Snapshot) : int -> float =
            let _, along = measured snapshot
            fun edge -> along[edge % along.Length]

        let ofNodes (snapshot: Snapshot) =
            let speeds, _ = measured snapshot
            fst (evaluate snapshot), (fun node -> speeds[node])

        let ofEdges (snapshot: Snapshot) = snd (evaluate snapshot), alongEdge snapshot

        let encoders =
            {
                Inputs = inputs
                Dimension = dimension
                IsDirected = layout.IsDirected
                Factor = options.CutoffRadius |> Option.map (fun radius -> { Shape = options.Cutoff; Radius = radius })
                Nodes = drawn "nodes" (Some layout.NodeUnits) (inputs.NodeInputs dimension) ofNodes
                Edges = drawn "edges" (Some layout.EdgeUnits) (inputs.EdgeInputs dimension) ofEdges
                Rounds = []
            }

        let addRound (network: MessageNetwork) (units: int option) : MessageNetwork =
            let seen =
                match List.tryLast network.Rounds with
                | Some map -> map.Units
                | None -> network.Nodes.Units

            // The units of the last round are features: there the energy of a message under a first fit says where it changes.
            let outputOf (snapshot: Snapshot) : int -> float =
                match sample.Fitted, units with
                | Some((:? MessageBlock as fitted), readout), None ->
                    let configuration = snapshot.Configuration
                    let energies = fitted.MessageEnergies(&configuration, readout)
                    fun edge -> energies[edge]
                | _ -> alongEdge snapshot

            let ofMessages (snapshot: Snapshot) =
                let positions, momenta = snapshot.State.Positions.ToArray(), snapshot.State.Momenta.ToArray()
                MessageTape(network, snapshot.Structure, snapshot.Related, positions, momenta).NextInputs, outputOf snapshot

            let width = (if network.IsDirected then 2 * seen else seen) + network.Edges.Units
            let map = drawn $"messages {network.Rounds.Length + 1}" units (Array.zeroCreate width) ofMessages
            { network with Rounds = network.Rounds @ [ map ] }

        let network = List.fold addRound encoders (List.map Some layout.InnerUnits @ [ None ])
        let pooled units = if layout.PoolsEveryStage then Array.init units id else [||]
        MessageBlock(network, pooled network.Nodes.Units, pooled network.Edges.Units)

    let private restore (vocabulary: Vocabulary) (reader: SavedReader) : IBlock =
        let inputs = reader.Registered("inputs", "kind of inputs", vocabulary.Inputs, _.Name)
        let dimension = reader.Integer("dimension", 1, SavedParts.mostDimensions)
        let isDirected = reader.Flag "directed"
        let map (inputs: int64) (reader: SavedReader) = SavedParts.toMap vocabulary inputs reader
        let nodes = reader.Object "nodes" |> map (inputs.NodeInputs dimension).LongLength
        let edges = reader.Object "edges" |> map (inputs.EdgeInputs dimension).LongLength

        let rounds =
            reader.Objects "rounds"
            |> List.mapFold
                (fun seen round ->
                    let map = round |> map ((if isDirected then 2L else 1L) * int64 seen + int64 edges.Units)
                    map, map.Units)
                nodes.Units
            |> fst

        if List.isEmpty rounds then
            reader.Fail("rounds", "at least one round")

        MessageBlock(
            {
                Inputs = inputs
                Dimension = dimension
                IsDirected = isDirected
                Factor = SavedParts.toFactor vocabulary reader
                Nodes = nodes
                Edges = edges
                Rounds = rounds
            },
            reader.Indices("pooledNodes", nodes.Units),
            reader.Indices("pooledEdges", edges.Units)
        )

    /// The recipe of message blocks of a layout.
    let recipe (layout: MessageOptions) : BlockRecipe =
        {
            Kind = "message"
            Family = "messages"
            Kinds = fun _ -> [ EachBody ]
            Inputs = fun _ -> 0
            Collect = fun _ _ -> ()
            SeesRadial = false
            Layers = 0
            IsOptional = false
            Fixed = None
            Refuses =
                fun first snapshot ->
                    let configuration = snapshot.Configuration

                    if GraphInputs.dependOnDimension layout.Inputs && snapshot.Structure.Dimension <> first.Dimension then
                        Some(NeedsDimension first.Dimension)
                    elif not snapshot.Structure.HasOneCutoff then
                        Some NeedsOneCutoff
                    else
                        layout.Inputs.Refuses &configuration |> Option.map NoLocalFrame
            Create = make layout
            Restore = restore
        }
