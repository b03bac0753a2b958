namespace HgnFunctional

open System

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
    /// The symmetries of a network with these inputs.
    abstract Symmetries: BlockSymmetries
    /// Why a configuration has no inputs, if it has none.
    abstract Refuses: configuration: inref<Configuration> -> FrameError option
    /// Inputs of nodes [N x inputs] and of edges [edges x inputs]; NaN where there are none.
    abstract Evaluate: configuration: inref<Configuration> -> struct (float[] * float[])

    /// Adds to gradients with respect to q and p [N x d] what follows from those with respect to the inputs.
    abstract PullbackInto:
        configuration: inref<Configuration> * ofNodes: float[] * ofEdges: float[] * gradientQ: Span<float> * gradientP: Span<float> -> unit

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
            member _.Symmetries = BlockSymmetries.all
            member _.Refuses _ = None

            member _.Evaluate(configuration) =
                let distances, _ = Invariants.pairs &configuration
                struct (Invariants.kinetic &configuration, distances)

            member _.PullbackInto(configuration, ofNodes, ofEdges, gradientQ, gradientP) =
                let _, directions = Invariants.pairs &configuration
                let d = configuration.Structure.Dimension

                for k in 0 .. gradientP.Length - 1 do
                    let body = k / d
                    gradientP[k] <- gradientP[k] + ofNodes[body] * configuration.Momenta[k] / configuration.Structure.Masses[body]

                for pair in 0 .. ofEdges.Length - 1 do
                    let sender, receiver = configuration.Pairs.Senders[pair], configuration.Pairs.Receivers[pair]

                    for axis in 0 .. d - 1 do
                        let part = ofEdges[pair] * directions[pair * d + axis]
                        gradientQ[sender * d + axis] <- gradientQ[sender * d + axis] + part
                        gradientQ[receiver * d + axis] <- gradientQ[receiver * d + axis] - part
        }

    let private frameOf (configuration: inref<Configuration>) : Result<LocalFrame, FrameError> =
        LocalFrame.tryOfPoints configuration.Structure.Dimension configuration.Positions

    /// Differences q_sender - q_receiver of the nearest images [pairs x d].
    let private differences (configuration: inref<Configuration>) : float[] =
        let distances, directions = Invariants.pairs &configuration
        let d = configuration.Structure.Dimension
        directions |> Array.mapi (fun k x -> x * distances[k / d])

    /// The coordinates of the paper (arXiv 2506.06558): positions from the mean and momenta at the nodes, differences of
    /// positions on the edges, all in the local frame.
    let localFrame: IGraphInputs =
        { new IGraphInputs with
            member _.Name = "frame"
            member _.NodeInputs d = Array.init (2 * d) (fun k -> k / d)
            member _.EdgeInputs d = Array.zeroCreate d
            member _.HasDirection = true
            member _.Symmetries = { BlockSymmetries.all with Reflections = false; Additive = false }

            member _.Refuses(configuration) =
                match frameOf &configuration with
                | Ok _ -> None
                | Error error -> Some error

            member _.Evaluate(configuration) =
                let d, bodies = configuration.Structure.Dimension, configuration.Structure.Bodies
                let nodes = Array.create (bodies * 2 * d) nan
                let edges = Array.create (2 * configuration.Pairs.Count * d) nan

                match frameOf &configuration with
                | Error _ -> ()
                | Ok frame ->
                    let offset = Array.zeroCreate<float> d

                    for body in 0 .. bodies - 1 do
                        for axis in 0 .. d - 1 do
                            offset[axis] <- configuration.Positions[body * d + axis] - frame.Mean[axis]

                        LocalFrame.coordinatesInto frame (ReadOnlySpan<float> offset) (Span<float>(nodes, body * 2 * d, d))

                        LocalFrame.coordinatesInto
                            frame
                            (configuration.Momenta.Slice(body * d, d))
                            (Span<float>(nodes, body * 2 * d + d, d))

                    let differences = differences &configuration

                    for pair in 0 .. configuration.Pairs.Count - 1 do
                        let forward = Span<float>(edges, pair * d, d)
                        LocalFrame.coordinatesInto frame (ReadOnlySpan<float>(differences, pair * d, d)) forward

                        for k in 0 .. d - 1 do
                            edges[(configuration.Pairs.Count + pair) * d + k] <- -forward[k]

                struct (nodes, edges)

            member _.PullbackInto(configuration, ofNodes, ofEdges, gradientQ, gradientP) =
                match frameOf &configuration with
                | Error _ ->
                    gradientQ.Fill nan
                    gradientP.Fill nan
                | Ok frame ->
                    let d, bodies, pairs = configuration.Structure.Dimension, configuration.Structure.Bodies, configuration.Pairs.Count
                    let ofAxes = Array.zeroCreate<float>(d * d)
                    let ofMean = Array.zeroCreate<float> d
                    let part = Array.zeroCreate<float> d

                    for body in 0 .. bodies - 1 do
                        let ofPosition = ReadOnlySpan<float>(ofNodes, body * 2 * d, d)
                        let ofMomentum = ReadOnlySpan<float>(ofNodes, body * 2 * d + d, d)
                        Array.Clear part
                        LocalFrame.addVector frame ofPosition (Span<float> part)
                        LocalFrame.addVector frame ofMomentum (gradientP.Slice(body * d, d))

                        for axis in 0 .. d - 1 do
                            gradientQ[body * d + axis] <- gradientQ[body * d + axis] + part[axis]
                            ofMean[axis] <- ofMean[axis] - part[axis]
                            let offset = configuration.Positions[body * d + axis] - frame.Mean[axis]
                            let momentum = configuration.Momenta[body * d + axis]

                            for k in 0 .. d - 1 do
                                ofAxes[k * d + axis] <- ofAxes[k * d + axis] + offset * ofPosition[k] + momentum * ofMomentum[k]

                    for body in 0 .. bodies - 1 do
                        for axis in 0 .. d - 1 do
                            gradientQ[body * d + axis] <- gradientQ[body * d + axis] + ofMean[axis] / float bodies

                    let differences = differences &configuration
                    let ofEdge = Array.zeroCreate<float> d

                    for pair in 0 .. pairs - 1 do
                        for k in 0 .. d - 1 do
                            ofEdge[k] <- ofEdges[pair * d + k] - ofEdges[(pairs + pair) * d + k]

                        Array.Clear part
                        LocalFrame.addVector frame (ReadOnlySpan<float> ofEdge) (Span<float> part)
                        let sender, receiver = configuration.Pairs.Senders[pair], configuration.Pairs.Receivers[pair]

                        for axis in 0 .. d - 1 do
                            gradientQ[sender * d + axis] <- gradientQ[sender * d + axis] + part[axis]
                            gradientQ[receiver * d + axis] <- gradientQ[receiver * d + axis] - part[axis]

                            for k in 0 .. d - 1 do
                                ofAxes[k * d + axis] <- ofAxes[k * d + axis] + differences[pair * d + axis] * ofEdge[k]

                    LocalFrame.addAxesPullback frame configuration.Positions (Span<float> ofAxes) gradientQ
        }

    /// Every kind of input.
    let all: IGraphInputs list = [ invariant; localFrame ]
