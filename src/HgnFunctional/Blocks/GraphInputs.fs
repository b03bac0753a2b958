namespace HgnFunctional.Blocks

open System
open HgnFunctional.Invariance

/// The inputs of nodes and edges on one configuration, with their derivatives.
type IGraphInputValues =
    /// Inputs of nodes [N x inputs]; NaN where there are none.
    abstract Nodes: float[]
    /// Inputs of edges [edges x inputs]; NaN where there are none.
    abstract Edges: float[]

    /// Adds to gradients with respect to q and p [N x d] what follows from those with respect to the inputs.
    abstract PullbackInto:
        ofNodes: ReadOnlySpan<float> * ofEdges: ReadOnlySpan<float> * gradientQ: Span<float> * gradientP: Span<float> -> unit

/// How positions and momenta become the inputs of nodes and edges of a message-passing network. Edges are those of the
/// configuration's pairs; where they have a direction, the sender-to-receiver edges of all pairs come first, then their
/// opposites.
type IGraphInputs =
    /// Name in model files.
    abstract Name: string
    /// The inputs of a node in d dimensions: for each the number of its unit of measure.
    abstract NodeInputs: dimension: int -> int[]
    /// The inputs of an edge in d dimensions, likewise.
    abstract EdgeInputs: dimension: int -> int[]
    /// Whether an edge differs from its opposite, so that both are there.
    abstract HasDirection: bool
    /// Whether the inputs of a node depend on its body alone, and those of an edge on its two.
    abstract IsLocal: bool
    /// The symmetries of a network with these inputs.
    abstract Symmetries: BlockSymmetries
    /// Why a configuration has no inputs, if it has none.
    abstract Refuses: configuration: inref<Configuration> -> FrameError option
    /// The inputs on a configuration.
    abstract Evaluate: configuration: inref<Configuration> -> IGraphInputValues

/// The inputs at hand; `GraphInputs.all` lists them.
[<RequireQualifiedAccess>]
module GraphInputs =

    /// The scalars that rigid motions leave alone: kinetic terms at the nodes, distances on the edges.
    let invariant: IGraphInputs =
        { new IGraphInputs with
            member _.Name = "invariant"
            member _.NodeInputs _ = [| 0 |]
            member _.EdgeInputs _ = [| 0 |]
            member _.HasDirection = false
            member _.IsLocal = true
            member _.Symmetries = BlockSymmetries.all
            member _.Refuses _ = None

            member _.Evaluate(configuration) =
                let distances, directions = Invariants.pairs &configuration
                let kinetic, momenta = Invariants.kinetic &configuration, configuration.Momenta.ToArray()
                let structure, pairs = configuration.Structure, configuration.Pairs

                { new IGraphInputValues with
                    member _.Nodes = kinetic
                    member _.Edges = distances

                    member _.PullbackInto(ofNodes, ofEdges, gradientQ, gradientP) =
                        let d = structure.Dimension

                        for k in 0 .. gradientP.Length - 1 do
                            let body = k / d
                            gradientP[k] <- gradientP[k] + ofNodes[body] * momenta[k] / structure.Masses[body]

                        for pair in 0 .. ofEdges.Length - 1 do
                            let sender, receiver = pairs.Senders[pair], pairs.Receivers[pair]

                            for axis in 0 .. d - 1 do
                                let part = ofEdges[pair] * directions[pair * d + axis]
                                gradientQ[sender * d + axis] <- gradientQ[sender * d + axis] + part
                                gradientQ[receiver * d + axis] <- gradientQ[receiver * d + axis] - part
                }
        }

    let private frameOf (configuration: inref<Configuration>) : Result<LocalFrame, FrameError> =
        LocalFrame.tryOfPoints configuration.Structure.Dimension configuration.Positions

    /// Differences q_sender - q_receiver of the nearest images [pairs x d].
    let private differences (configuration: inref<Configuration>) : float[] =
        let distances, directions = Invariants.pairs &configuration
        let d = configuration.Structure.Dimension
        directions |> Array.mapi (fun k x -> x * distances[k / d])

    /// Where there is no frame.
    let private noValues (nodes: int) (edges: int) : IGraphInputValues =
        { new IGraphInputValues with
            member _.Nodes = Array.create nodes nan
            member _.Edges = Array.create edges nan

            member _.PullbackInto(_, _, gradientQ, gradientP) =
                gradientQ.Fill nan
                gradientP.Fill nan
        }

    /// The coordinates along the axes of one of several vectors [vectors x d].
    let private coordinatesInto (frame: LocalFrame) (vectors: float[]) (index: int) (destination: Span<float>) : unit =
        LocalFrame.coordinatesInto frame (ReadOnlySpan<float>(vectors, index * frame.Dimension, frame.Dimension)) destination

    let private inFrame (configuration: inref<Configuration>) (frame: LocalFrame) : IGraphInputValues =
        let d, bodies, pairs = configuration.Structure.Dimension, configuration.Structure.Bodies, configuration.Pairs
        let positions, momenta = configuration.Positions.ToArray(), configuration.Momenta.ToArray()
        let offsets = positions |> Array.mapi (fun k x -> x - frame.Mean[k % d])
        let differences = differences &configuration
        let nodes = Array.zeroCreate<float>(bodies * 2 * d)
        let edges = Array.zeroCreate<float>(2 * pairs.Count * d)

        for body in 0 .. bodies - 1 do
            coordinatesInto frame offsets body (Span<float>(nodes, body * 2 * d, d))
            coordinatesInto frame momenta body (Span<float>(nodes, body * 2 * d + d, d))

        for pair in 0 .. pairs.Count - 1 do
            coordinatesInto frame differences pair (Span<float>(edges, pair * d, d))

            for k in pair * d .. pair * d + d - 1 do
                edges[pairs.Count * d + k] <- -edges[k]

        { new IGraphInputValues with
            member _.Nodes = nodes
            member _.Edges = edges

            member _.PullbackInto(ofNodes, ofEdges, gradientQ, gradientP) =
                let ofAxes = Array.zeroCreate<float>(d * d)
                let ofMean = Array.zeroCreate<float> d
                let part = Array.zeroCreate<float> d
                let ofEdge = Array.zeroCreate<float> d

                for body in 0 .. bodies - 1 do
                    let ofPosition = ofNodes.Slice(body * 2 * d, d)
                    let ofMomentum = ofNodes.Slice(body * 2 * d + d, d)
                    Array.Clear part
                    LocalFrame.addVector frame ofPosition (Span<float> part)
                    LocalFrame.addVector frame ofMomentum (gradientP.Slice(body * d, d))

                    for axis in 0 .. d - 1 do
                        let t = body * d + axis
                        gradientQ[t] <- gradientQ[t] + part[axis]
                        ofMean[axis] <- ofMean[axis] - part[axis]

                        for k in 0 .. d - 1 do
                            ofAxes[k * d + axis] <- ofAxes[k * d + axis] + offsets[t] * ofPosition[k] + momenta[t] * ofMomentum[k]

                for t in 0 .. bodies * d - 1 do
                    gradientQ[t] <- gradientQ[t] + ofMean[t % d] / float bodies

                for pair in 0 .. pairs.Count - 1 do
                    for k in 0 .. d - 1 do
                        ofEdge[k] <- ofEdges[pair * d + k] - ofEdges[(pairs.Count + pair) * d + k]

                    Array.Clear part
                    LocalFrame.addVector frame (ReadOnlySpan<float> ofEdge) (Span<float> part)
                    let sender, receiver = pairs.Senders[pair], pairs.Receivers[pair]

                    for axis in 0 .. d - 1 do
                        gradientQ[sender * d + axis] <- gradientQ[sender * d + axis] + part[axis]
                        gradientQ[receiver * d + axis] <- gradientQ[receiver * d + axis] - part[axis]

                        for k in 0 .. d - 1 do
                            ofAxes[k * d + axis] <- ofAxes[k * d + axis] + differences[pair * d + axis] * ofEdge[k]

                LocalFrame.addAxesPullback frame (ReadOnlySpan<float> positions) (Span<float> ofAxes) gradientQ
        }

    /// The coordinates of the paper (arXiv 2506.06558): positions from the mean and momenta at the nodes, differences of
    /// positions on the edges, all in the local frame.
    let localFrame: IGraphInputs =
        { new IGraphInputs with
            member _.Name = "frame"
            member _.NodeInputs d = Array.init (2 * d) (fun k -> k / d)
            member _.EdgeInputs d = Array.zeroCreate d
            member _.HasDirection = true
            member _.IsLocal = false
            member _.Symmetries = { BlockSymmetries.all with Reflections = false; Additive = false }

            member _.Refuses(configuration) =
                match frameOf &configuration with
                | Ok _ -> None
                | Error error -> Some error

            member _.Evaluate(configuration) =
                match frameOf &configuration with
                | Ok frame -> inFrame &configuration frame
                | Error _ ->
                    let d = configuration.Structure.Dimension
                    noValues (configuration.Structure.Bodies * 2 * d) (2 * configuration.Pairs.Count * d)
        }

    /// Whether the number of inputs depends on that of space dimensions.
    let internal dependOnDimension (inputs: IGraphInputs) : bool = (inputs.NodeInputs 1).Length <> (inputs.NodeInputs 2).Length

    /// Every kind of input.
    let all: IGraphInputs list = [ invariant; localFrame ]
