namespace HgnFunctional.IO

open System
open System.Collections.Generic
open System.IO
open System.Runtime.InteropServices
open PureHDF
open PureHDF.Filters
open PureHDF.Selections
open PureHDF.VOL.Native

/// Cuts numbers into blocks of so many.
[<Sealed>]
type private BlockStream(block: int, take: float[] -> unit) =
    inherit MemoryStream()

    member stream.Emit(isLast: bool) : unit =
        let bytes = block * sizeof<float>

        while stream.Length >= int64 bytes || isLast && stream.Length > 0L do
            let all = ReadOnlySpan<byte>(stream.GetBuffer(), 0, int stream.Length)
            let piece = all.Slice(0, min bytes all.Length)
            take (MemoryMarshal.Cast<byte, float>(piece).ToArray())
            let rest = all.Slice(piece.Length).ToArray()
            stream.SetLength 0L
            base.Write(rest, 0, rest.Length)

    override stream.Write(buffer: byte[], offset: int, count: int) : unit =
        base.Write(buffer, offset, count)
        stream.Emit false

/// HDF5 in the layout of H5MD: chunks of some frames, compressed.
[<RequireQualifiedAccess>]
module internal Hdf5Format =

    /// About as many numbers in a chunk.
    let private chunkSize = 1L <<< 14

    let private compressed () : H5DatasetCreation = H5DatasetCreation(Filters = List [ H5Filter.op_Implicit DeflateFilter.Id ])

    let private group (members: (string * obj) list) : H5Group =
        let group = H5Group()

        for name, item in members do
            group.Add(name, item)

        group

    /// A dataset, and what writes its numbers when the file is open; chunks are of whole slices along the first axis.
    let private numbersOf (shape: int64[]) (fill: Stream -> unit) : obj * (H5NativeWriter -> unit) =
        let width = shape |> Array.skip 1 |> Array.fold (*) 1L
        let slices = min shape[0] (max 1L (chunkSize / width))
        let tail = shape |> Array.skip 1 |> Array.map uint64
        let chunk = shape |> Array.skip 1 |> Array.map uint32 |> Array.append [| uint32 slices |]
        let dataset = H5Dataset<float[]>(Array.map uint64 shape, chunks = chunk, datasetCreation = compressed ())

        let write (writer: H5NativeWriter) =
            let mutable start = 0UL

            let take (values: float[]) =
                let count = uint64 (int64 values.Length / width)
                let starts = Array.append [| start |] (Array.zeroCreate tail.Length)
                let selection = HyperslabSelection(shape.Length, starts, Array.append [| count |] tail)
                writer.Write(dataset, values, fileSelection = selection)
                start <- start + count

            use blocks = new BlockStream(int (slices * width), take)
            fill blocks
            blocks.Emit true

        dataset, write

    let private entriesOf (array: SpooledArray) : obj * (H5NativeWriter -> unit) =
        let sizes = array.Shape |> Array.map uint64

        match array.Entries with
        | SpooledNumbers fill -> numbersOf array.Shape fill
        | SpooledWholes values -> H5Dataset(box values, fileDims = sizes), ignore
        | SpooledTexts texts -> H5Dataset(box texts, fileDims = sizes), ignore

    let private describe (file: H5File) : unit =
        let creator = H5Group()
        creator.Attributes["name"] <- "HgnFunctional"
        creator.Attributes["version"] <- string (typeof<FileFrame>.Assembly.GetName().Version)
        let author = H5Group()
        author.Attributes["name"] <- "unknown"
        let description = group [ "creator", creator; "author", author ]
        description.Attributes["version"] <- [| 1; 1 |]
        file.Add("h5md", description)

    let private fileOf (spool: ArraySpool) : H5File * (H5NativeWriter -> unit) list =
        let arrays = spool.Arrays |> List.map (fun array -> array.Name, array) |> Map.ofList
        let writes = ResizeArray<H5NativeWriter -> unit>()

        let entries (array: SpooledArray) : obj =
            let item, write = entriesOf array
            writes.Add write
            item

        // Objects that stand at several places are stored once.
        let moments =
            [ "step", "timestep"; "time", "time" ]
            |> List.choose (fun (name, array) -> arrays.TryFind array |> Option.map (fun found -> name, entries found))

        let element (array: SpooledArray) (sizes: int) : obj =
            let values = entries array

            if array.Shape.Length > sizes then
                group (("value", values) :: moments)
            else
                values

        let found choose =
            Hdf5Layout.places
            |> List.choose (fun (name, place, sizes) ->
                match choose place, arrays.TryFind name with
                | Some here, Some array -> Some(here, element array sizes)
                | _ -> None)

        let box =
            group (
                found (function
                    | OfBox name -> Some name
                    | _ -> None)
            )

        let first = spool.First
        box.Attributes["dimension"] <- 3
        box.Attributes["boundary"] <- (first.Boundaries |> Array.map (fun flag -> if flag = "pp" then "periodic" else "none"))
        box.Attributes["boundary_conditions"] <- first.Boundaries

        let particles =
            group (
                found (function
                    | OfParticles name -> Some name
                    | _ -> None)
            )

        particles.Add("box", box)
        first.UnitStyle |> Option.iter (fun units -> particles.Attributes["unit_style"] <- units)
        let file = H5File()
        describe file
        file.Add("particles", group [ Hdf5Layout.particles, particles ])

        match
            found (function
                | Observable name -> Some name
                | _ -> None)
        with
        | [] -> ()
        | observables -> file.Add("observables", group observables)

        match
            found (function
                | OfConnectivity name -> Some name
                | _ -> None)
        with
        | [] -> ()
        | bonds -> file.Add("connectivity", group bonds)

        file, List.ofSeq writes

    let private fill (spool: ArraySpool) (stream: Stream) : unit =
        let file, writes = fileOf spool
        use writer = file.BeginWrite(stream, H5WriteOptions())
        writes |> List.iter (fun write -> write writer)

    let private write (spool: ArraySpool) (file: OutputFile) : unit =
        file.AppendBytes(fun stream ->
            // The library goes back and forth, and reads what it wrote.
            use copy = spool.CreateFile()
            fill spool copy
            copy.Position <- 0L
            copy.CopyTo stream)

    let format: FrameFormat =
        {
            Name = "hdf5"
            IsLike = fun start -> start.Bytes.StartsWith(ReadOnlySpan<byte> Hdf5Layout.magic)
            Frames =
                fun _ path ->
                    FrameSequence.ofReader path (fun () -> new ArrayFrames(path, new Hdf5Source(path))) (fun reader _ -> reader.TryNext())
            Writing =
                Some
                    {
                        Extensions = [ ".h5"; ".hdf5"; ".h5md" ]
                        Holds = Set.ofList FramePart.all - set [ Virials ]
                        Open = SpoolSink.Open "hdf5" write
                    }
        }
