/// Damaged npz and HDF5, each in a dozen ways.
module HgnFunctional.Tests.IO.Formats.DamagedArrayTests

open System
open System.Collections.Generic
open System.IO
open System.IO.Compression
open System.Runtime.InteropServices
open System.Text
open Expecto
open PureHDF
open HgnFunctional.IO
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Laws

let private numbers (values: float[]) : byte[] = MemoryMarshal.AsBytes(ReadOnlySpan<float> values).ToArray()

let private wholes (values: int64[]) : byte[] = MemoryMarshal.AsBytes(ReadOnlySpan<int64> values).ToArray()

/// An array as NumPy writes it.
let private npy (kind: string) (shape: string) (entries: byte[]) : byte[] =
    let header = Encoding.ASCII.GetBytes($"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n")
    let length = [| byte (header.Length % 256); byte (header.Length / 256) |]
    Array.concat [ NpyWriter.magic; [| 1uy; 0uy |]; length; header; entries ]

let private zip (level: CompressionLevel) (entries: (string * byte[]) list) : byte[] =
    use stream = new MemoryStream()

    (use archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen = true)

     for name, bytes in entries do
         use content = archive.CreateEntry(name + ".npy", level).Open()
         content.Write(bytes, 0, bytes.Length))

    stream.ToArray()

let private places = "positions", npy "<f8" "(2, 2, 3)" (numbers [| 0.0 .. 11.0 |])
let private stored (entries: (string * byte[]) list) () : byte[] = zip CompressionLevel.NoCompression entries

let private npz =
    let refuses name make words = Damage.refuses FrameFormat.npz name make words
    let beside name array = stored [ places; name, array ]

    [
        refuses "cut in the middle" (fun () -> stored [ places ] () |> Array.truncate 200) []
        refuses "no positions" (stored [ "speeds", snd places ]) [ "no array positions" ]
        refuses
            "a flipped bit"
            (fun () ->
                let bytes = stored [ places ] ()
                let at = Array.IndexOf(bytes, 0x40uy, 150)
                bytes[at] <- bytes[at] ^^^ 1uy
                bytes)
            [ "checksum" ]
        refuses
            "an absurd size"
            (stored [ "positions", npy "<f8" "(2, 99999999, 3)" (numbers [| 1.0 |]) ])
            [ "positions"; "as its shape says" ]
        refuses
            "a size beyond all numbers"
            (stored [ "positions", npy "<f8" "(2, 99999999999999999999, 3)" [||] ])
            [ "positions"; "a size of" ]
        refuses
            "a shape that is none of positions"
            (stored [ "positions", npy "<f8" "(3, 4)" (numbers [| 1.0 .. 12.0 |]) ])
            [ "3 x 4"; "atoms x axes" ]
        refuses "texts for numbers" (stored [ "positions", npy "<U1" "(1, 1, 3)" (Array.zeroCreate 12) ]) [ "positions"; "numbers" ]
        refuses "objects" (stored [ "positions", npy "|O" "(1, 1, 3)" (Array.zeroCreate 24) ]) [ "kind '|O'" ]
        refuses
            "another magic"
            (stored [ "positions", (snd places |> Array.map (fun b -> if b = 0x93uy then 0uy else b)) ])
            [ "array of NumPy" ]
        refuses
            "a version of the future"
            (stored
                [
                    "positions",
                    (let b = Array.copy (snd places) in
                     b[6] <- 9uy
                     b)
                ])
            [ "version 9" ]
        refuses "NaN" (beside "forces" (npy "<f8" "(2, 2, 3)" (numbers (Array.create 12 nan)))) [ "forces"; "frame 0" ]
        refuses
            "counts that do not match"
            (beside "forces" (npy "<f8" "(3, 2, 3)" (numbers (Array.create 18 0.0))))
            [ "forces"; "3 x 2 x 3" ]
        refuses
            "the order of Fortran"
            (fun () ->
                let text = Encoding.Latin1.GetString(snd places).Replace("False, ", "True , ")
                stored [ "positions", Encoding.Latin1.GetBytes text ] ())
            [ "Fortran" ]
        refuses "an id twice" (beside "ids" (npy "<i8" "(2,)" (wholes [| 4L; 4L |]))) [ "atom 4 appears twice" ]
        refuses "an edge to nobody" (beside "edges" (npy "<i8" "(1, 2)" (wholes [| 0L; 2L |]))) [ "edges"; "index 2" ]
        refuses
            "a flat cell"
            (beside "cell" (npy "<f8" "(3, 3)" (numbers [| 1.0; 0.0; 0.0; 0.0; 1.0; 0.0; 0.0; 1.0; 0.0 |])))
            [ "cell"; "no volume" ]
        refuses "the same name twice" (stored [ places; places ]) [ "two arrays" ]
        refuses "momenta without masses" (beside "momenta" (snd places)) [ "no array masses" ]
        refuses
            "entries that inflate beyond all data"
            (fun () -> zip CompressionLevel.SmallestSize [ places; "forces", npy "<f8" "(2, 2, 3)" (Array.zeroCreate 30_000_000) ])
            [ "forces"; "as its shape says" ]
        Damage.exits FrameFormat.npz (stored [ "speeds", snd places ])
    ]

/// Arrays of one byte, of four, of the other end and of letters are read as what they are.
let private kinds =
    test "numbers of other kinds are read" {
        TemporaryFolder.using (fun folder ->
            let path = Path.Combine(folder, "input")
            let single = MemoryMarshal.AsBytes(ReadOnlySpan<float32> [| 0.0f .. 5.0f |]).ToArray()
            let big = numbers [| 1.0; 2.0 |] |> Array.chunkBySize 8 |> Array.collect Array.rev

            File.WriteAllBytes(
                path,
                zip
                    CompressionLevel.Optimal
                    [
                        "positions", npy "<f4" "(1, 3, 2)" single
                        "masses", npy ">f8" "(3,)" (Array.append big (Array.rev (numbers [| 3.0 |])))
                        "species", npy "|S2" "(3,)" (Encoding.ASCII.GetBytes "H\000HeLi")
                        "ids", npy "|u1" "(3,)" [| 9uy; 200uy; 3uy |]
                        "momenta", npy "<i2" "(1, 3, 2)" (Array.init 12 (fun k -> if k % 2 = 0 then byte k else 0uy))
                        "edges", npy "<i8" "(1, 2)" (wholes [| 0L; 1L |])
                        "cell", npy "<f8" "(2,)" (numbers [| 4.0; 5.0 |])
                    ]
            )

            let frame = Frames.read path |> List.exactlyOne
            Expect.equal frame.Ids [| 3L; 9L; 200L |] "by ids"
            Expect.equal frame.Positions [| 4.0; 5.0; 0.0; 0.0; 1.0; 0.0; 2.0; 3.0; 0.0 |] "in the plane"
            Expect.equal frame.Masses (Some [| 3.0; 1.0; 2.0 |]) "of the other end"
            Expect.equal frame.Elements (Some [| "Li"; "H"; "He" |]) "letters of a byte"
            Expect.equal frame.Velocities (Some [| 8.0 / 3.0; 10.0 / 3.0; 0.0; 0.0; 2.0; 0.0; 2.0; 3.0; 0.0 |]) "momenta over masses"
            Expect.equal frame.Bonds (Some [| struct (1, 2, "") |]) "bonds by place"
            Expect.equal frame.Boundaries [| "pp"; "pp"; "ss" |] "periodic where there are axes"
            Expect.equal (frame.Cell.Periods.ToArray()) [| 4.0; 5.0; 0.0 |] "cell")
    }

let private group (members: (string * obj) list) : H5Group =
    let group = H5Group()
    members |> List.iter group.Add
    group

let private value (shape: uint64 list) (values: obj) : obj = group [ "value", H5Dataset(values, fileDims = Array.ofList shape) ]

let private hdf5Of (particles: (string * obj) list) () : byte[] =
    let file = H5File()
    file.Add("particles", group [ "all", group particles ])
    use stream = new MemoryStream()
    file.Write(stream)
    stream.ToArray()

let private position = "position", value [ 2UL; 2UL; 3UL ] (box [| 0.0 .. 11.0 |])

let private whole: Lazy<byte[]> =
    lazy
        (TemporaryFolder.using (fun folder ->
            let path = Path.Combine(folder, "whole.h5")
            FrameWriter.write FrameFormat.hdf5 path [ Frames.full 1; Frames.full 2 ] |> expectOk |> ignore
            File.ReadAllBytes path))

let private hdf5 =
    let refuses name make words = Damage.refuses FrameFormat.hdf5 name make words

    let edited (edit: byte[] -> unit) () =
        let bytes = Array.copy whole.Value
        edit bytes
        bytes

    [
        refuses "cut in the middle" (fun () -> Array.truncate (whole.Value.Length / 2) whole.Value) [ "bytes long, and was" ]
        refuses "cut within its first block" (fun () -> Array.truncate 60 whole.Value) [ "HDF5" ]
        refuses "a version of the future" (edited (fun bytes -> bytes[8] <- 200uy)) [ "HDF5" ]
        refuses "links that lead nowhere" (edited (fun bytes -> Array.fill bytes 9 40 0xF0uy)) [ "HDF5" ]
        refuses
            "no particles"
            (fun () ->
                let file = H5File()
                file.Add("other", box [| 1.0 |])
                use stream = new MemoryStream()
                file.Write(stream)
                stream.ToArray())
            [ "particles/all/position" ]
        refuses "no positions" (hdf5Of [ "velocity", snd position ]) [ "no array positions" ]
        refuses
            "a shape that is none of positions"
            (hdf5Of [ "position", value [ 4UL; 3UL ] (box [| 0.0 .. 11.0 |]) ])
            [ "position"; "4 x 3" ]
        refuses "texts for numbers" (hdf5Of [ "position", value [ 1UL; 1UL; 3UL ] (box [| "a"; "b"; "c" |]) ]) [ "position"; "numbers" ]
        refuses "NaN" (hdf5Of [ position; "force", value [ 2UL; 2UL; 3UL ] (box (Array.create 12 nan)) ]) [ "force"; "frame 0" ]
        refuses
            "counts that do not match"
            (hdf5Of [ position; "force", value [ 2UL; 3UL; 3UL ] (box (Array.create 18 0.0)) ])
            [ "force"; "2 x 3 x 3" ]
        refuses "an id twice" (hdf5Of [ position; "id", box [| 4L; 4L |] ]) [ "atom 4 appears twice" ]
        refuses "ids that are no whole numbers" (hdf5Of [ position; "id", box [| 4.0; 5.0 |] ]) [ "id"; "whole numbers" ]
        refuses "momenta without masses" (hdf5Of [ position; "momentum", snd position ]) [ "no array masses" ]
        refuses
            "an absurd size"
            (edited (fun bytes ->
                let sizes = wholes [| 2L; 4L; 3L |]
                let place = bytes.AsSpan().IndexOf(ReadOnlySpan<byte> sizes)
                Array.blit (wholes [| 2L; 1L <<< 40; 3L |]) 0 bytes place 24))
            []
        Damage.exits FrameFormat.hdf5 (fun () -> Array.truncate 60 whole.Value)
    ]

let private hammered =
    test "HDF5 with any byte changed is refused or read, and never throws" {
        TemporaryFolder.using (fun folder ->
            let path = Path.Combine(folder, "input")
            let random = Random 16

            for _ in 1..300 do
                let bytes = Array.copy whole.Value
                bytes[random.Next bytes.Length] <- byte (random.Next 256)
                File.WriteAllBytes(path, bytes)
                FrameFormat.frames Extxyz.anyKeys path |> Seq.iter ignore)
    }

[<Tests>]
let tests = testList "Damaged arrays" [ testList "npz" npz; kinds; testList "hdf5" hdf5; hammered ]
