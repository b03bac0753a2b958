/// Damaged csv and extended XYZ, each in a dozen ways.
module HgnFunctional.Tests.IO.Formats.DamagedTextTests

open System.Text
open Expecto
open HgnFunctional.IO

let private bytes (text: string) () : byte[] = Encoding.UTF8.GetBytes text

let private table =
    "frame,time,id,x,y,z,vx,vy,vz\n0,0.5,1,0,0,0,1,2,3\n0,0.5,2,1,0,0,1,2,3\n1,1.5,1,0,0,0,1,2,3\n1,1.5,2,1,0,0,1,2,3\n"

let private csv =
    let refuses name (edit: string -> string) words = Damage.refuses FrameFormat.csv name (bytes (edit table)) words

    [
        refuses "cut within a number" (fun text -> text.TrimEnd()) [ "line 5"; "line break" ]
        refuses "cut within a row" (fun text -> text.Substring(0, text.Length - 5) + "\n") [ "line 5"; "9 fields" ]
        refuses "a header alone" (fun text -> text.Split('\n')[0] + "\n") [ "is empty" ]
        refuses "a column twice" (_.Replace("vz", "vy")) [ "line 1"; "a second column 'vy'" ]
        refuses "a component too few" (_.Replace("vz", "wz")) [ "vx vy vz" ]
        refuses "a number that is none" (_.Replace("1.5,2,1,0", "1.5,2,one,0")) [ "line 5"; "x is 'one'" ]
        refuses "a number that is not finite" (_.Replace("1.5,2,1,0", "1.5,2,NaN,0")) [ "line 5"; "finite" ]
        refuses "an id twice" (_.Replace("0,0.5,2", "0,0.5,1")) [ "atom 1 appears twice" ]
        refuses "an id that is no whole number" (_.Replace("0,0.5,2", "0,0.5,2.5")) [ "the atom id is '2.5'" ]
        refuses "two times in one frame" (_.Replace("0,0.5,2", "0,0.6,2")) [ "line 3"; "time 0.6" ]
        refuses "a frame that comes again" (fun text -> text + "0,0.5,1,0,0,0,1,2,3\n") [ "frame 0 again" ]
        refuses "an empty row" (_.Replace("\n1,1.5,1", "\n\n1,1.5,1")) [ "an empty row" ]
        refuses "a quote without its end" (_.Replace("1,1.5,1", "\"1,1.5,1")) [ "line 4"; "a second quote" ]
        refuses "a number that is too large" (_.Replace("1.5,2,1,0", "1.5,2,1e999,0")) [ "finite" ]
        Damage.exits FrameFormat.csv (bytes (table.Replace("id,x", "x,x")))
    ]

let private frame =
    "2\nLattice=\"9 0 0 0 9 0 0 0 9\" Properties=species:S:1:pos:R:3:id:I:1:forces:R:3 energy=-1 pbc=\"T T T\"\nCu 0 0 0 7 1 0 0\nCu 2 0 0 8 -1 0 0\n"

let private extxyz =
    let refuses name (edit: string -> string) words = Damage.refuses FrameFormat.extxyz name (bytes (edit frame)) words

    [
        refuses "cut within a number" (fun text -> text.TrimEnd()) [ "line 4"; "line break" ]
        refuses "a count too large for the file" (fun text -> "99999999" + text.Substring 1) [ "line 1"; "the number of atoms" ]
        refuses "a count too large" (fun text -> "3" + text.Substring 1) [ "ends too soon" ]
        refuses "an id twice" (_.Replace(" 8 ", " 7 ")) [ "atom 7 appears twice" ]
        refuses "an id that is no whole number" (_.Replace(" 8 ", " 8.5 ")) [ "the atom id is '8.5'" ]
        refuses "a position that is not finite" (_.Replace("Cu 2", "Cu NaN")) [ "line 4"; "finite" ]
        refuses "periods without a lattice" (_.Replace("Lattice=\"9 0 0 0 9 0 0 0 9\" ", "")) [ "a Lattice" ]
        refuses "an origin of two numbers" (_.Replace("energy", "Origin=\"1 2\" energy")) [ "Origin" ]
        refuses "a time step that is no whole number" (_.Replace("energy", "timestep=1.5 energy")) [ "time step" ]
        refuses "a NUL byte" (_.Replace("Cu 2", "Cu \000")) [ "NUL" ]
        refuses "a width of no number" (_.Replace("pos:R:3", "pos:R:x")) [ "pos:R:x" ]
        refuses "a second frame that is none" (fun text -> text + "two\n") [ "line 5"; "the number of atoms" ]
        Damage.exits FrameFormat.extxyz (bytes (frame.TrimEnd()))
    ]

[<Tests>]
let tests = testList "Damaged tables and texts" [ testList "csv" csv; testList "extxyz" extxyz ]
