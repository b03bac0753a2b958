/// Data files of every atom style, said by the file or given; and files that zstd compressed.
module HgnFunctional.Tests.IO.Formats.AtomStyleTests

open System.IO
open Expecto
open HgnFunctional.IO
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Laws

/// Columns before and after the position, for an atom of type 2 and charge -0.5 in molecule 7.
let private rows: (string * string * string) list =
    [
        "atomic", "2", ""
        "angle", "7 2", ""
        "bond", "7 2", ""
        "molecular", "7 2", ""
        "charge", "2 -0.5", ""
        "full", "7 2 -0.5", ""
        "amoeba", "7 2 -0.5", ""
        "body", "2 1 3.5", ""
        "bpm/sphere", "7 2 1.0 1.1", ""
        "dielectric", "2 -0.5", "0 0 1 0.1 0.2 0.3 0.4 0.5"
        "dipole", "2 -0.5", "0 0 1"
        "dpd", "2 0.9", ""
        "edpd", "2 1.0 2.0", ""
        "electron", "2 -0.5 1 1.1", ""
        "ellipsoid", "2 1 1.1", ""
        "line", "7 2 1 1.1", ""
        "mdpd", "2 1.1", ""
        "mesont", "7 2 3 1.0 1.1 1.2 0", ""
        "peri", "2 1.0 1.1", ""
        "rheo", "2 0 1.1", ""
        "rheo/thermal", "2 0 1.1 0.3", ""
        "smd", "2 7 1.0 1.1 1.2 1.3 9 9 9", ""
        "sph", "2 1.1 0.3 0.4", ""
        "sphere", "2 1.0 1.1", ""
        "spin", "2", "0 0 1 2.2"
        "tdpd", "2", "0.1 0.2 0.3"
        "template", "2 7 1 1", ""
        "tri", "7 2 1 1.1", ""
        "wavepacket", "2 -0.5 1 1.1 0 0.1 0.2", ""
    ]

let private dataOf (comment: string) (before: string) (after: string) (images: string) : string =
    let parts = [ "1"; before; "0.25 1.5 -3.5"; after; images ] |> List.filter ((<>) "") |> String.concat " "
    $"title\n\n1 atoms\n2 atom types\n0 9 xlo xhi\n0 9 ylo yhi\n0 9 zlo zhi\n\nMasses\n\n1 1.0\n2 4.0\n\nAtoms{comment}\n\n{parts}\n"

let private withText (text: string) (test: string -> 'result) : 'result =
    TemporaryFolder.using (fun folder ->
        let path = Path.Combine(folder, "a.data")
        File.WriteAllText(path, text)
        test path)

[<Tests>]
let tests =
    testList
        "Atom styles"
        [
            test "every style has its test" {
                Expect.equal (rows |> List.map (fun (style, _, _) -> style) |> List.sort) (List.sort AtomStyle.names) "styles"
            }
            for style, before, after in rows do
                test $"{style}, said by the file or given" {
                    for comment, given in [ $" # {style}", None; "", Some style; $" # {style}", Some style ] do
                        for images in [ ""; "1 0 0" ] do
                            // Where columns are not counted there are no image flags.
                            if images = "" || style <> "tdpd" then
                                withText (dataOf comment before after images) (fun path ->
                                    let data = LammpsData.readOfStyle given path |> expectOk
                                    Expect.equal data.Types [| 2 |] "type"
                                    let x = if images = "" then 0.25 else 9.25
                                    Expect.equal data.Positions [| x; 1.5; -3.5 |] "position"
                                    Expect.equal data.Charges (if before.Contains "-0.5" then Some [| -0.5 |] else None) "charge"
                                    Expect.equal data.Masses (Some [| 4.0 |]) "mass")
                }
            test "a style that is not known, or another than the file says, is refused" {
                let refused given comment =
                    withText (dataOf comment "7 2 -0.5" "" "") (fun path ->
                        match LammpsData.readOfStyle given path with
                        | Error error -> string error
                        | Ok _ -> failtest "taken")

                Expect.stringContains (refused (Some "none") "") "atom style 'none'" "unknown"
                Expect.stringContains (refused None "") "--atom-style" "not said"
                Expect.stringContains (refused (Some "full") " # charge") "which was given" "another"
            }
            test "the option reaches the file" {
                withText (dataOf "" "7 2 -0.5" "" "" + "\nVelocities\n\n1 0 0 0\n") (fun path ->
                    let start (options: SourceOptions) =
                        TrajectoryFile.initial { options with Periodic = Some(false, false, false) } None path

                    Expect.isError (start (TrajectoryFile.within 1.0)) "not said"
                    Expect.isOk (start { TrajectoryFile.within 1.0 with AtomStyle = Some "full" }) "given")
            }
            test "what zstd compressed is read, and what is damaged of it refused" {
                TemporaryFolder.using (fun folder ->
                    let path = Path.Combine(folder, "run.zst")
                    let plain = File.ReadAllBytes(Frames.file "spring_2x2x2.lammpstrj")
                    use compressor = new ZstdSharp.Compressor()
                    let compressed = compressor.Wrap(plain).ToArray()
                    File.WriteAllBytes(path, compressed)
                    Expect.equal (Frames.read path).Length (Frames.read (Frames.file "spring_2x2x2.lammpstrj")).Length "frames"
                    compressed[compressed.Length / 2] <- compressed[compressed.Length / 2] ^^^ 255uy
                    File.WriteAllBytes(path, compressed)
                    let last = FrameFormat.frames Extxyz.anyKeys path |> Seq.last
                    Expect.isError last "refused"

                    let code, _, errors =
                        Command.run [] [ "convert"; Frames.file "spring_2x2x2.lammpstrj"; "--out"; Path.Combine(folder, "a.xyz.zst") ]

                    Expect.equal code 2 errors)
            }
        ]
