namespace HgnFunctional.IO

open System
open HgnFunctional.Space

/// Lattice vectors as other formats have them, any three that span a volume, and as a box has them: lower triangular.
[<RequireQualifiedAccess>]
module internal Lattice =

    let private dot (a: float[]) (b: float[]) : float = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]

    /// Lengths and tilts of three vectors [3 x 3], and the axes that turn positions into their frame, row-major [3 x 3]; none where
    /// they are those of the file. Nothing where the vectors span no volume.
    let tryLower (vectors: float[]) : struct (float[] * float[] * float[] option) voption =
        let a, b, c = vectors[0..2], vectors[3..5], vectors[6..8]

        if a[1] = 0.0 && a[2] = 0.0 && b[2] = 0.0 && a[0] > 0.0 && b[1] > 0.0 && c[2] > 0.0 then
            ValueSome(struct ([| a[0]; b[1]; c[2] |], [| b[0]; c[0]; c[1] |], None))
        else
            let less (v: float[]) (along: float[]) = Array.map2 (fun x e -> x - dot v along * e) v along
            let norm (v: float[]) = sqrt (dot v v)
            let unit (v: float[]) = v |> Array.map (fun x -> x / norm v)
            let x = unit a
            let y = unit (less b x)
            let rest = less (less c x) y
            let isGood v = norm v > 0.0 && Double.IsFinite(norm v)

            if isGood a && isGood (less b x) && isGood rest then
                let z = unit rest
                ValueSome(struct ([| dot a x; dot b y; dot c z |], [| dot b x; dot c x; dot c y |], Some(Array.concat [ x; y; z ])))
            else
                ValueNone

    /// Vectors, row-major [n x 3], in the frame of a lower triangular lattice.
    let turned (axes: float[] option) (vectors: float[]) : float[] =
        match axes with
        | None -> vectors
        | Some axes ->
            vectors
            |> Array.chunkBySize 3
            |> Array.collect (fun v -> Array.init 3 (fun row -> axes[3 * row] * v[0] + axes[3 * row + 1] * v[1] + axes[3 * row + 2] * v[2]))

    /// The tilts without those of a vector that does not repeat: the first is of the second vector, the others of the third.
    let tiltsOf (isPeriodic: bool[]) (tilts: float[]) : float[] =
        Array.map2 (fun vector tilt -> if isPeriodic[vector] then tilt else 0.0) [| 1; 2; 2 |] tilts

    /// Axes that are not there, or whose bodies all stand at one place, get a box of this half length.
    let private thin = 0.5

    /// Bounds that hold all bodies along an axis; there is no box without extent.
    let around (low: float) (high: float) : struct (float * float) =
        if high > low then struct (low, high) else struct (low - thin, high + thin)

    /// The length that leads from one bound to the other, to the bit where there is one: a plain difference may be rounded.
    let private lengthBetween (low: float) (high: float) : float =
        let length = high - low

        [ length; Math.BitIncrement length; Math.BitDecrement length ]
        |> List.tryFind (fun length -> low + length = high)
        |> Option.defaultValue length

    /// The corner of a frame's box, and its vectors [3 x 3].
    let ofFrame (frame: FileFrame) : float[] * float[] =
        let bounds = Array.map2 around frame.Low frame.High

        let tilts =
            if frame.Cell.Tilts.IsEmpty then
                Array.zeroCreate 3
            else
                frame.Cell.Tilts.ToArray()

        let length axis = let struct (low, high) = bounds[axis] in lengthBetween low high
        let low = bounds |> Array.map (fun (struct (low, _)) -> low)
        low, [| length 0; 0.0; 0.0; tilts[0]; length 1; 0.0; tilts[1]; tilts[2]; length 2 |]

    /// Puts a frame into a box: its corner, lengths and tilts, and the boundary conditions of each axis, "pp" where it is periodic.
    let place
        (corner: float[])
        (lengths: float[])
        (tilts: float[])
        (boundaries: string[])
        (frame: FileFrame)
        : Result<FileFrame, DataProblem> =
        let isPeriodic = boundaries |> Array.map ((=) "pp")
        let high = Array.map2 (+) corner lengths

        BoxReader.tryCell { Low = corner; High = high; Tilts = tiltsOf isPeriodic tilts } isPeriodic
        |> Result.map (fun cell -> { frame with Low = corner; High = high; Cell = cell; Boundaries = boundaries })
