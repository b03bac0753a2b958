namespace HgnFunctional.IO

open System
open System.IO
open PureHDF
open PureHDF.Selections

/// Calls of the library that reads HDF5, which throws whatever it likes where a file is damaged.
[<RequireQualifiedAccess>]
module internal Hdf5Guard =

    let run (path: string) (action: unit -> 'value) : 'value =
        try
            action ()
        with
        | DataException _ -> reraise ()
        | error ->
            let sentence = (error.Message.Split('\n')[0]).TrimEnd([| '.'; '\r' |])
            raise (DataException { File = path; Line = None; Problem = Damaged("HDF5", Words.quoteLong sentence) })

/// A dataset, read slice by slice along its first axis.
[<Sealed>]
type internal Hdf5Array(path: string, name: string, dataset: IH5Dataset, fileLength: int64) =

    let fail (problem: DataProblem) : 'result = raise (DataException { File = path; Line = None; Problem = problem })

    /// Deflate gains no more than 1032; what was never written takes no place, and is no data.
    let mostInflated = 1040L

    let kind, isSigned, size =
        Hdf5Guard.run path (fun () ->
            match dataset.Type.Class with
            | H5DataTypeClass.FloatingPoint when dataset.Type.Size = 4 || dataset.Type.Size = 8 -> Numbers, true, dataset.Type.Size
            | H5DataTypeClass.FixedPoint -> Wholes, dataset.Type.FixedPoint.IsSigned, dataset.Type.Size
            | H5DataTypeClass.String -> Texts, false, dataset.Type.Size
            | H5DataTypeClass.VariableLength -> Texts, false, 16
            | other -> fail (BadArray(name, $"entries of the class {other}", "numbers of 4 or 8 bytes, whole numbers, or texts")))

    let shape =
        Hdf5Guard.run path (fun () ->
            match dataset.Space.Type with
            | H5DataspaceType.Null -> fail (BadArray(name, "nothing", "entries"))
            | _ -> dataset.Space.Dimensions |> Array.map (fun size -> if size > uint64 Int64.MaxValue then Int64.MaxValue else int64 size))

    let chunks: uint64[] =
        Hdf5Guard.run path (fun () ->
            if dataset.Layout.Class = H5DataLayoutClass.Chunked then
                dataset.Layout.Chunks |> Seq.map uint64 |> Array.ofSeq
            else
                [||])

    let require (what: string) (bytes: bigint) : unit =
        if bytes > max 1_000_000I (bigint fileLength * bigint mostInflated) then
            fail (BadArray(name, $"{what} of {bytes} bytes in a file of {fileLength}", "no more than a file can hold"))

    do
        require "entries" (ArrayShape.count shape * bigint size)
        // The library makes room for a whole chunk before it reads one.
        require "chunks" (chunks |> Array.fold (fun product size -> product * bigint size) (bigint size))

    /// No more entries than this are read ahead.
    let mostAhead = 1L <<< 20

    /// Slices that are read at once: those of a chunk, which is inflated as a whole. What stands once for each frame is read at once.
    let slicesAtOnce =
        if shape.Length = 0 then
            1L
        else
            let width = shape |> Array.skip 1 |> Array.fold (fun product size -> product * bigint size) 1I
            let most = max 1I (bigint mostAhead / max 1I width)

            let wanted =
                if shape.Length = 1 then bigint shape[0]
                elif chunks.Length > 0 then bigint chunks[0]
                else 1I

            int64 (max 1I (min wanted most))

    let mutable slice = 0L
    let mutable ahead: Array = Array.empty<obj>
    let mutable aheadFrom = 0L
    let mutable aheadTo = 0L

    let slab (start: int64) (count: int64) : Selection =
        let tail = shape |> Array.skip 1 |> Array.map uint64
        let starts = Array.append [| uint64 start |] (Array.zeroCreate tail.Length)
        HyperslabSelection(shape.Length, starts, Array.append [| uint64 count |] tail)

    let requireCount (expected: int64) (values: 'value[]) : 'value[] =
        if values.LongLength <> expected then
            fail (BadArray(name, $"{values.Length} entries", $"{expected}, as its shape says"))

        values

    let readAny (count: int) (read: Selection -> 'value[]) : 'value[] =
        Hdf5Guard.run path (fun () ->
            if slice = 0L && ArrayShape.count shape = bigint count then
                read null |> requireCount (int64 count)
            else
                if slice >= aheadTo then
                    let slices = min slicesAtOnce (shape[0] - slice)
                    ahead <- read (slab slice slices) |> requireCount (slices * int64 count)
                    aheadFrom <- slice
                    aheadTo <- slice + slices

                let values = Array.sub (ahead :?> 'value[]) (int (slice - aheadFrom) * count) count
                slice <- slice + 1L
                values)

    let readAs (selection: Selection) : 'value[] =
        if shape.Length = 0 then [| dataset.Read<'value>() |]
        elif isNull selection then dataset.Read<'value[]>()
        else dataset.Read<'value[]> selection

    let wholes (count: int) : int64[] =
        readAny count (fun selection ->
            match size, isSigned with
            | 1, true -> readAs selection |> Array.map (fun (value: sbyte) -> int64 value)
            | 1, false -> readAs selection |> Array.map (fun (value: byte) -> int64 value)
            | 2, true -> readAs selection |> Array.map (fun (value: int16) -> int64 value)
            | 2, false -> readAs selection |> Array.map (fun (value: uint16) -> int64 value)
            | 4, true -> readAs selection |> Array.map (fun (value: int) -> int64 value)
            | 4, false -> readAs selection |> Array.map (fun (value: uint32) -> int64 value)
            | 8, true -> readAs selection
            | 8, false -> readAs selection |> Array.map (fun (value: uint64) -> int64 value)
            | size, _ -> fail (BadArray(name, $"whole numbers of {size} bytes", "1, 2, 4 or 8")))

    interface IArrayReader with
        member _.Name = name
        member _.Shape = shape
        member _.Kind = kind

        member _.ReadNumbers(count: int) : float[] =
            match kind, size with
            | Numbers, 8 -> readAny count readAs
            | Numbers, _ -> readAny count (fun selection -> readAs selection |> Array.map (fun (value: float32) -> float value))
            | _ -> wholes count |> Array.map float

        member _.ReadWholes(count: int) : int64[] = wholes count
        member _.ReadTexts(count: int) : string[] = readAny count readAs
        member _.Finish() = ()

/// An attribute of texts.
[<Sealed>]
type internal Hdf5Texts(name: string, shape: int64[], texts: string[]) =

    interface IArrayReader with
        member _.Name = name
        member _.Shape = shape
        member _.Kind = Texts
        member _.ReadNumbers _ = invalidOp "Texts are no numbers."
        member _.ReadWholes _ = invalidOp "Texts are no numbers."
        member _.ReadTexts _ = texts
        member _.Finish() = ()

/// The arrays of a file.
[<Sealed>]
type internal Hdf5Source(path: string) =

    let fail (problem: DataProblem) : 'result = raise (DataException { File = path; Line = None; Problem = problem })
    let stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read)

    /// Stops where a file is shorter than its superblock says: it was cut off. Version 0 has the end of the file at byte 40, version 1 at 44
    /// and later ones at 28, where offsets take eight bytes.
    let requireWhole () : unit =
        let start = Array.zeroCreate<byte> 52
        stream.Position <- 0L

        if stream.ReadAtLeast(Span<byte> start, start.Length, throwOnEndOfStream = false) < start.Length then
            fail (Damaged("HDF5", $"it is {stream.Length} bytes long"))

        let place, offsets =
            match start[8] with
            | 0uy -> 40, start[13]
            | 1uy -> 44, start[13]
            | _ -> 28, start[9]

        let length = BitConverter.ToInt64(start, place)

        if offsets = 8uy && start[8] <= 3uy && length > stream.Length then
            fail (Damaged("HDF5", $"it is {stream.Length} bytes long, and was {length}"))

    let file =
        try
            let start = Array.zeroCreate<byte> Hdf5Layout.magic.Length
            stream.ReadAtLeast(Span<byte> start, start.Length, throwOnEndOfStream = false) |> ignore

            if start <> Hdf5Layout.magic then
                fail (Unexpected("another beginning than that of HDF5", "HDF5 that is not compressed once more"))

            requireWhole ()
            stream.Position <- 0L
            Hdf5Guard.run path (fun () -> H5File.Open(stream, leaveOpen = true, options = H5ReadOptions()))
        with _ ->
            stream.Dispose()
            reraise ()

    let tryGroup (parent: IH5Group) (name: string) : IH5Group option =
        if parent.LinkExists name then
            match parent.Get name with
            | :? IH5Group as group -> Some group
            | _ -> None
        else
            None

    let particles: IH5Group =
        try
            Hdf5Guard.run path (fun () ->
                match tryGroup file "particles" with
                | None -> fail (MissingArray "particles/all/position")
                | Some parent ->
                    match
                        tryGroup parent Hdf5Layout.particles,
                        parent.Children()
                        |> Seq.truncate 100
                        |> Seq.choose (fun child ->
                            match child with
                            | :? IH5Group as group -> Some group
                            | _ -> None)
                        |> List.ofSeq
                    with
                    | Some group, _
                    | None, [ group ] -> group
                    | None, groups ->
                        let names = groups |> List.map _.Name |> String.concat ", "

                        fail (
                            BadArray(
                                "particles",
                                $"{groups.Length} groups ({Words.quote names})",
                                $"one, or one that is called {Hdf5Layout.particles}"
                            )
                        ))
        with _ ->
            file.Dispose()
            stream.Dispose()
            reraise ()

    /// A dataset, or the value of an element.
    let tryElement (group: IH5Group option) (name: string) : IH5Dataset option =
        match group with
        | Some group when group.LinkExists name ->
            match group.Get name with
            | :? IH5Dataset as dataset -> Some dataset
            | :? IH5Group as element when element.LinkExists "value" ->
                match element.Get "value" with
                | :? IH5Dataset as dataset -> Some dataset
                | _ -> None
            | _ -> None
        | _ -> None

    let tryTexts (name: string) (group: IH5Group option) (attribute: string) : IArrayReader option =
        match group with
        | Some group when group.AttributeExists attribute ->
            let found = group.Attribute attribute

            if found.Space.Type = H5DataspaceType.Scalar then
                Some(Hdf5Texts(name, [||], [| found.Read<string>() |]))
            else
                let texts = found.Read<string[]>()
                Some(Hdf5Texts(name, [| int64 texts.Length |], texts))
        | _ -> None

    /// H5MD says of each axis whether it is periodic.
    let boundary (box: IH5Group option) : IArrayReader option =
        match tryTexts "boundary" box "boundary_conditions", tryTexts "boundary" box "boundary" with
        | None, Some flags when flags.Shape.Length = 1 ->
            let flags = flags.ReadTexts 0 |> Array.map (fun flag -> if flag = "periodic" then "pp" else "ss")
            Some(Hdf5Texts("boundary", [| int64 flags.Length |], flags))
        | own, _ -> own

    let find (name: string) (place: Hdf5Place) : IArrayReader option =
        let box = tryGroup particles "box"

        let ofDataset (label: string) (dataset: IH5Dataset option) =
            dataset |> Option.map (fun dataset -> Hdf5Array(path, label, dataset, stream.Length) :> IArrayReader)

        match place with
        | OfParticles element -> tryElement (Some particles) element |> ofDataset element
        | OfBox element -> tryElement box element |> ofDataset $"box/{element}"
        | BoxAttribute _ -> boundary box
        | ParticlesAttribute attribute -> tryTexts name (Some particles) attribute
        | Observable observable -> tryElement (tryGroup file "observables") observable |> ofDataset observable
        | OfConnectivity dataset -> tryElement (tryGroup file "connectivity") dataset |> ofDataset dataset
        | BesidePositions dataset -> tryElement (tryGroup particles "position") dataset |> ofDataset $"position/{dataset}"

    interface IArraySource with
        member _.TryOpen(name: string) : IArrayReader option =
            Hdf5Layout.places
            |> List.tryFind (fun (known, _, _) -> known = name)
            |> Option.bind (fun (_, place, _) -> Hdf5Guard.run path (fun () -> find name place))

        member _.Dispose() : unit =
            file.Dispose()
            stream.Dispose()
