/// The same frames in any format that keeps all digits give the same model, to the last bit.
module HgnFunctional.Tests.IO.Formats.SameModelTests

open System.IO
open Expecto
open HgnFunctional.Learning
open HgnFunctional.IO
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Laws

let private modelOf (options: SourceOptions) (path: string) : string =
    TrajectoryFile.snapshots options [ path ]
    |> Training.fitStream { TrainingConfig.defaults with Width = 12 } ignore
    |> expectOk
    |> ModelFile.toJson

let private isSame (name: string) (source: string) (options: SourceOptions) (frames: int) (formats: FrameFormat list) : Test =
    test name {
        TemporaryFolder.using (fun folder ->
            let frames = FrameFormat.frames Extxyz.anyKeys (Frames.file source) |> Seq.truncate frames |> Seq.map expectOk |> List.ofSeq

            let models =
                formats
                |> List.map (fun format ->
                    let path = Path.Combine(folder, format.Name)
                    FrameWriter.write format path frames |> expectOk |> ignore
                    format.Name, modelOf options path)

            for name, model in models.Tail do
                Expect.equal model (snd models.Head) $"{name} and {fst models.Head}")
    }

[<Tests>]
let tests =
    testList
        "Same model"
        [
            isSame
                "springs, whatever the format"
                "spring_2x2x2.lammpstrj"
                (TrajectoryFile.bondsOf (Frames.file "spring_2x2x2.data"))
                12
                Frames.written
            isSame
                "a periodic gas, where the format has cells"
                "lj_argon.lammpstrj"
                (TrajectoryFile.within 2.5)
                4
                (Frames.written |> List.filter (fun format -> (Frames.holds format).Contains Cells))
            isSame
                "a skewed cell, where the format has vectors"
                "systems/triclinic.lammpstrj.gz"
                (TrajectoryFile.within 2.4)
                4
                [ FrameFormat.extxyz; FrameFormat.npz; FrameFormat.hdf5 ]
            test "bonds of a file need no topology" {
                TemporaryFolder.using (fun folder ->
                    let dump, topology = Frames.file "spring_2x2x2.lammpstrj", Frames.file "spring_2x2x2.data"

                    for format in [ FrameFormat.npz; FrameFormat.hdf5 ] do
                        let path = Path.Combine(folder, format.Name)
                        let arguments = [ "convert"; dump; "--topology"; topology; "--out"; path; "--format"; format.Name ]
                        let code, _, errors = Command.run [] arguments
                        Expect.equal (code, errors) (0, "") "converted"
                        let alone = { TrajectoryFile.within 1.0 with Reach = None; Bonds = true }
                        Expect.equal (modelOf alone path) (modelOf (TrajectoryFile.bondsOf topology) dump) "the same model")
            }
        ]
