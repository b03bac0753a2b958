namespace HgnFunctional.IO

open System
open HgnFunctional
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Features

/// Frames of states of one structure; spaces of one or two dimensions are filled up with zeros. Bodies without labels are numbered
/// from 1 and of type 1, without which readers such as ASE make nothing of them.
[<Sealed>]
type internal StateFrames(structure: Structure) =

    let d = structure.Dimension
    let axes = Array.ofSeq structure.Cell.Axes
    let axisOf axis = if axis < d then axes[axis] else Open
    let numbered = Labels.ofIds (Array.init structure.Bodies (fun body -> int64 body + 1L))
    let labels = structure.Labels |> Option.defaultValue numbered
    let masses = structure.Masses.ToArray()
    let species = structure.Species

    let types =
        // Elements have a column of their own.
        let isElement = labels.Elements |> Option.exists (fun elements -> elements = Naming.toArray species)
        Array.init structure.Bodies (fun body -> if isElement || species.NameOf body = "" then "1" else species.NameOf body)

    let charges = structure.TryAttribute AttributeName.Charge |> Option.map Array.ofSeq

    let tilts =
        let tilts = Array.zeroCreate<float> 3
        let given = structure.Cell.Tilts
        given.Slice(0, min 3 given.Length).CopyTo(Span<float> tilts)
        tilts

    let cell = Cell.tryTilted (Array.init 3 axisOf) tilts |> Result.defaultWith (string >> invalidOp)

    let boundaries =
        Array.init 3 (fun axis ->
            match axisOf axis with
            | Periodic _ -> "pp"
            | Boxed _ -> "ff"
            | Open -> "ss")

    let corner =
        Array.init d (fun axis ->
            match axes[axis] with
            | Periodic(low, _) -> low
            | _ -> 0.0)

    let spread (values: ReadOnlySpan<float>) (scale: int -> float) : float[] =
        let filled = Array.zeroCreate<float>(3 * structure.Bodies)

        for body in 0 .. structure.Bodies - 1 do
            for axis in 0 .. min d 3 - 1 do
                filled[3 * body + axis] <- values[body * d + axis] / scale body

        filled

    /// Bounds that hold all bodies along each axis.
    let boundsOf (state: PhaseState) : struct (float * float)[] =
        let extent axis =
            let mutable low, high = infinity, -infinity
            let place = Array.zeroCreate<float> d

            for body in 0 .. state.Bodies - 1 do
                state.Positions.Slice(body * d, d).CopyTo(Span<float> place)
                structure.Cell.Straighten(Span<float> place, ReadOnlySpan<float> corner)
                low <- min low place[axis]
                high <- max high place[axis]

            struct (low, high)

        Array.init 3 (fun axis ->
            match axisOf axis with
            | Periodic(low, high) -> struct (low, high)
            | Boxed(low, high) ->
                let struct (least, largest) = extent axis
                struct (min low least, max high largest)
            | Open when axis < d -> extent axis
            | Open -> struct (0.0, 0.0))

    /// The frame of a state at a step, and at a time if it is known.
    member _.Of(step: int64, time: float option, state: PhaseState) : FileFrame =
        let bounds = boundsOf state

        { FileFrame.ofPositions labels.Ids (spread state.Positions (fun _ -> 1.0)) with
            Timestep = step
            Time = time
            UnitStyle = if labels.NamesUnits then labels.Units else None
            Types = Some types
            Elements = labels.Elements
            Charges = charges
            Masses = Some masses
            Low = bounds |> Array.map (fun (struct (low, _)) -> low)
            High = bounds |> Array.map (fun (struct (_, high)) -> high)
            Cell = cell
            Boundaries = boundaries
            Velocities = Some(spread state.Momenta (fun body -> masses[body]))
        }
