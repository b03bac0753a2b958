namespace HgnFunctional.Blocks

open System
open HgnFunctional.Space
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

    /// Adds to the derivatives by the entries of a strain e, row-major [d d], what follows from those with respect to the inputs: positions
    /// go to (1 + e) q, and differences x of positions, of whichever image, to (1 + e) x.
    abstract StrainInto: ofNodes: ReadOnlySpan<float> * ofEdges: ReadOnlySpan<float> * destination: Span<float> -> unit

/// The inputs of nodes and edges in a frame: places from the mean and momenta, and differences of positions [pairs x d].
[<Sealed; NoEquality; NoComparison>]
type private FrameInputs(frame: LocalFrame, pairs: Pairs, positions: float[], momenta: float[], differences: float[]) =

    let d = frame.Dimension
    let bodies = positions.Length / d

    let offsets = positions |> Array.mapi (fun k x -> x - frame.Mean[k % d])
    let nodes = Array.zeroCreate<float>(bodies * 2 * d)
    let edges = Array.zeroCreate<float>(2 * pairs.Count * d)

    /// The coordinates along the axes of one of several vectors [vectors x d].
    let coordinatesInto (vectors: float[]) (index: int) (destination: Span<float>) : unit =
        LocalFrame.coordinatesInto frame (ReadOnlySpan<float>(vectors, index * d, d)) destination

    do
        for body in 0 .. bodies - 1 do
            coordinatesInto offsets body (Span<float>(nodes, body * 2 * d, d))
            coordinatesInto momenta body (Span<float>(nodes, body * 2 * d + d, d))

    do
        for pair in 0 .. pairs.Count - 1 do
            coordinatesInto differences pair (Span<float>(edges, pair * d, d))

            for k in pair * d .. pair * d + d - 1 do
                edges[pairs.Count * d + k] <- -edges[k]

    /// The derivatives by the difference of positions of each pair [pairs x d].
    let ofDifferences (ofEdges: ReadOnlySpan<float>) : float[] =
        let parts, ofEdge = Array.zeroCreate<float>(pairs.Count * d), Array.zeroCreate<float> d

        for pair in 0 .. pairs.Count - 1 do
            for k in 0 .. d - 1 do
                ofEdge[k] <- ofEdges[pair * d + k] - ofEdges[(pairs.Count + pair) * d + k]

            LocalFrame.addVector frame (ReadOnlySpan<float> ofEdge) (Span<float>(parts, pair * d, d))

        parts

    /// Adds what follows for the places of bodies, by themselves and through the frame, and for momenta unless that is empty.
    let addOfBodies (ofNodes: ReadOnlySpan<float>) (ofEdges: ReadOnlySpan<float>) (gradientQ: Span<float>) (gradientP: Span<float>) : unit =
        let ofAxes = Array.zeroCreate<float>(d * d)
        let ofMean = Array.zeroCreate<float> d
        let part = Array.zeroCreate<float> d

        for body in 0 .. bodies - 1 do
            let ofPosition = ofNodes.Slice(body * 2 * d, d)
            let ofMomentum = ofNodes.Slice(body * 2 * d + d, d)
            Array.Clear part
            LocalFrame.addVector frame ofPosition (Span<float> part)

            if not gradientP.IsEmpty then
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
                let ofEdge = ofEdges[pair * d + k] - ofEdges[(pairs.Count + pair) * d + k]

                for axis in 0 .. d - 1 do
                    ofAxes[k * d + axis] <- ofAxes[k * d + axis] + differences[pair * d + axis] * ofEdge

        LocalFrame.addAxesPullback frame (ReadOnlySpan<float> positions) (Span<float> ofAxes) gradientQ

    interface IGraphInputValues with
        member _.Nodes = nodes
        member _.Edges = edges

        member _.PullbackInto(ofNodes, ofEdges, gradientQ, gradientP) =
            addOfBodies ofNodes ofEdges gradientQ gradientP
            let parts = ofDifferences ofEdges

            for pair in 0 .. pairs.Count - 1 do
                let sender, receiver = pairs.Senders[pair], pairs.Receivers[pair]

                for axis in 0 .. d - 1 do
                    let part = parts[pair * d + axis]
                    gradientQ[sender * d + axis] <- gradientQ[sender * d + axis] + part
                    gradientQ[receiver * d + axis] <- gradientQ[receiver * d + axis] - part

        member _.StrainInto(ofNodes, ofEdges, destination) =
            // Pairs are strained with their images, the frame with the places of the bodies.
            let ofPlaces = Array.zeroCreate<float> positions.Length
            addOfBodies ofNodes ofEdges (Span<float> ofPlaces) Span<float>.Empty
            Strain.addAll d (ReadOnlySpan<float> ofPlaces) (ReadOnlySpan<float> positions) destination
            Strain.addAll d (ReadOnlySpan<float>(ofDifferences ofEdges)) (ReadOnlySpan<float> differences) destination

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

                    member _.StrainInto(_, ofEdges, destination) =
                        let d = structure.Dimension

                        for pair in 0 .. ofEdges.Length - 1 do
                            let direction = ReadOnlySpan<float>(directions, pair * d, d)
                            Strain.add (ofEdges[pair] * distances[pair]) direction direction destination
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

            member _.StrainInto(_, _, destination) = destination.Fill nan
        }

    let private inFrame (configuration: inref<Configuration>) (frame: LocalFrame) : IGraphInputValues =
        FrameInputs(
            frame,
            configuration.Pairs,
            configuration.Positions.ToArray(),
            configuration.Momenta.ToArray(),
            differences &configuration
        )

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
