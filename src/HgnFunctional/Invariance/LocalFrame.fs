namespace HgnFunctional.Invariance

open System

/// Why bodies have no frame of their own.
type FrameError =
    /// The body nearest to the mean position stands on it, so that no axis points to it.
    | BodyAtMean of body: int
    /// In space, all bodies lie on the line through the mean and the body nearest to it.
    | AllOnOneLine of body: int
    /// Frames exist for one to three dimensions.
    | NoFrameIn of dimension: int

    /// The error as one sentence.
    override error.ToString() : string =
        match error with
        | BodyAtMean body ->
            $"Body {body} stands on the mean position of all, where the frame has no first axis; expected a distance from it."
        | AllOnOneLine body -> $"All bodies lie on the line through their mean and body {body}, where the frame has no second axis."
        | NoFrameIn dimension -> $"A frame in {dimension} dimensions was asked for; expected 1 to 3."

/// The local frame of arXiv 2506.06558: the mean position, and axes that turn with the bodies. The first points from the
/// mean to the body nearest to it; in the plane the second is a quarter turn of it; in space the second comes by
/// Gram-Schmidt from the next nearest body that is not on the first axis, and the third is their cross product.
[<Sealed; NoEquality; NoComparison>]
type LocalFrame private (dimension: int, mean: float[], axes: float[], first: int, second: int, firstLength: float, secondLength: float) =

    /// Number d of space dimensions.
    member _.Dimension: int = dimension
    /// The mean position [d].
    member _.Mean: ReadOnlySpan<float> = ReadOnlySpan<float> mean
    /// The axes, one after another [d x d]: axis k has the entries k d .. k d + d - 1.
    member _.Axes: ReadOnlySpan<float> = ReadOnlySpan<float> axes
    /// The body that the first axis points to.
    member _.First: int = first
    /// The body that decides the second axis in space; -1 elsewhere.
    member _.Second: int = second
    member internal _.FirstLength: float = firstLength
    member internal _.SecondLength: float = secondLength

    static member internal OfOwned(dimension, mean, axes, first, second, firstLength, secondLength) : LocalFrame =
        LocalFrame(dimension, mean, axes, first, second, firstLength, secondLength)

/// Frames, and derivatives through them.
[<RequireQualifiedAccess>]
module LocalFrame =

    /// Lengths below this fraction of the bodies' spread have no direction.
    let private degenerate = 1e-10

    let private dot (a: ReadOnlySpan<float>) (b: ReadOnlySpan<float>) : float = Numerics.Tensors.TensorPrimitives.Dot(a, b)

    let private cross (a: ReadOnlySpan<float>) (b: ReadOnlySpan<float>) (scale: float) (destination: Span<float>) : unit =
        destination[0] <- destination[0] + scale * (a[1] * b[2] - a[2] * b[1])
        destination[1] <- destination[1] + scale * (a[2] * b[0] - a[0] * b[2])
        destination[2] <- destination[2] + scale * (a[0] * b[1] - a[1] * b[0])

    let private centred (dimension: int) (mean: float[]) (positions: float[]) (body: int) : float[] =
        Array.init dimension (fun axis -> positions[body * dimension + axis] - mean[axis])

    /// The nearest body off the first axis, with its part across that axis.
    let private tryAcross (order: int[]) (spread: float) (axis: float[]) (offsetOf: int -> float[]) : (int * float[]) option =
        order
        |> Seq.skip 1
        |> Seq.tryPick (fun body ->
            let offset = offsetOf body
            let along = Array.fold2 (fun sum a b -> sum + a * b) 0.0 offset axis
            let across = Array.map2 (fun x e -> x - along * e) offset axis
            let length = sqrt (Array.sumBy (fun x -> x * x) across)
            if length > degenerate * spread then Some(body, across) else None)

    /// The frame of bodies at positions [N x d], or why they have none.
    let tryOfPoints (dimension: int) (positions: ReadOnlySpan<float>) : Result<LocalFrame, FrameError> =
        if dimension < 1 || dimension > 3 then
            Error(NoFrameIn dimension)
        else
            let positions = positions.ToArray()
            let bodies = positions.Length / dimension

            let mean =
                Array.init dimension (fun axis ->
                    Seq.sum (seq { for b in 0 .. bodies - 1 -> positions[b * dimension + axis] }) / float bodies)

            let offsetOf = centred dimension mean positions
            let lengths = Array.init bodies (fun body -> sqrt (Array.sumBy (fun x -> x * x) (offsetOf body)))
            let order = Array.init bodies id |> Array.sortBy (fun body -> struct (lengths[body], body))
            let first, spread = order[0], Array.max lengths
            let firstLength = lengths[first]

            if not (firstLength > degenerate * spread) then
                Error(BodyAtMean first)
            else
                let axis = offsetOf first |> Array.map (fun x -> x / firstLength)

                match dimension with
                | 1 -> Ok(LocalFrame.OfOwned(1, mean, axis, first, -1, firstLength, 0.0))
                | 2 -> Ok(LocalFrame.OfOwned(2, mean, [| axis[0]; axis[1]; -axis[1]; axis[0] |], first, -1, firstLength, 0.0))
                | _ ->
                    match tryAcross order spread axis offsetOf with
                    | None -> Error(AllOnOneLine first)
                    | Some(second, across) ->
                        let secondLength = sqrt (Array.sumBy (fun x -> x * x) across)
                        let axes = Array.zeroCreate 9
                        axis.CopyTo(axes, 0)
                        across |> Array.iteri (fun k x -> axes[3 + k] <- x / secondLength)
                        cross (ReadOnlySpan<float> axis) (ReadOnlySpan<float>(axes, 3, 3)) 1.0 (Span<float>(axes, 6, 3))
                        Ok(LocalFrame.OfOwned(3, mean, axes, first, second, firstLength, secondLength))

    /// The coordinates of a vector along the axes.
    let coordinatesInto (frame: LocalFrame) (vector: ReadOnlySpan<float>) (destination: Span<float>) : unit =
        let d = frame.Dimension

        for k in 0 .. d - 1 do
            destination[k] <- dot (frame.Axes.Slice(k * d, d)) vector

    /// Adds the vector whose coordinates along the axes are given.
    let internal addVector (frame: LocalFrame) (coordinates: ReadOnlySpan<float>) (destination: Span<float>) : unit =
        let d = frame.Dimension

        for k in 0 .. d - 1 do
            for axis in 0 .. d - 1 do
                destination[axis] <- destination[axis] + coordinates[k] * frame.Axes[k * d + axis]

    /// Adds to the gradient with respect to q [N x d] what follows from that with respect to the axes [d x d], which is
    /// overwritten; dB/dq of the paper's frame.
    let internal addAxesPullback
        (frame: LocalFrame)
        (positions: ReadOnlySpan<float>)
        (ofAxes: Span<float>)
        (gradientQ: Span<float>)
        : unit =
        let d = frame.Dimension
        let bodies = positions.Length / d
        let ofOffsets = Array.zeroCreate<float>(2 * d)
        let ofFirst = Span<float>(ofOffsets, 0, d)
        let ofSecond = Span<float>(ofOffsets, d, d)
        let first = frame.Axes.Slice(0, d)

        if d = 2 then
            // e2 is e1 turned by a quarter.
            ofAxes[0] <- ofAxes[0] + ofAxes[3]
            ofAxes[1] <- ofAxes[1] - ofAxes[2]

        if d = 3 then
            let second = frame.Axes.Slice(3, 3)
            let ofThird = Span<float>.op_Implicit(ofAxes.Slice(6, 3))
            // e3 = e1 x e2.
            cross second ofThird 1.0 (ofAxes.Slice(0, 3))
            cross ofThird first 1.0 (ofAxes.Slice(3, 3))
            // e2 = u / |u| with u = c_b - (c_b . e1) e1.
            let along = dot (Span<float>.op_Implicit(ofAxes.Slice(3, 3))) second

            for k in 0..2 do
                ofSecond[k] <- (ofAxes[3 + k] - along * second[k]) / frame.SecondLength

            let offset = Array.zeroCreate<float> 3

            for k in 0..2 do
                offset[k] <- positions[frame.Second * 3 + k] - frame.Mean[k]

            let onFirst = dot (Span<float>.op_Implicit ofSecond) first
            let offsetOnFirst = dot (ReadOnlySpan<float> offset) first

            for k in 0..2 do
                ofAxes[k] <- ofAxes[k] - onFirst * offset[k] - offsetOnFirst * ofSecond[k]
                ofSecond[k] <- ofSecond[k] - onFirst * first[k]

        // e1 = c_a / |c_a|.
        let along = dot (Span<float>.op_Implicit(ofAxes.Slice(0, d))) first

        for k in 0 .. d - 1 do
            ofFirst[k] <- (ofAxes[k] - along * first[k]) / frame.FirstLength
            gradientQ[frame.First * d + k] <- gradientQ[frame.First * d + k] + ofFirst[k]

            if d = 3 then
                gradientQ[frame.Second * d + k] <- gradientQ[frame.Second * d + k] + ofSecond[k]

            // Offsets are taken from the mean, to which every body adds its share.
            let share = (ofFirst[k] + (if d = 3 then ofSecond[k] else 0.0)) / float bodies

            for body in 0 .. bodies - 1 do
                gradientQ[body * d + k] <- gradientQ[body * d + k] - share
