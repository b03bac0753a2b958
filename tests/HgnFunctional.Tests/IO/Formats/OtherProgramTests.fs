/// What other programs make of the files that are written: `dotnet fsi build.fsx test-programs`, which needs them. In other runs the
/// tests are counted as ignored.
module HgnFunctional.Tests.IO.Formats.OtherProgramTests

open System
open System.Globalization
open System.IO
open Expecto
open HgnFunctional.IO
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Laws

let private isAsked = Environment.GetEnvironmentVariable "HGN_OTHER_PROGRAMS" = "1"

/// Every `python3` on the path, since modules belong to one of them.
let private interpreters: string list =
    (string (Environment.GetEnvironmentVariable "PATH")).Split Path.PathSeparator
    |> Seq.map (fun folder -> Path.Combine(folder, "python3"))
    |> Seq.filter File.Exists
    |> List.ofSeq

/// What a script prints, run by the first interpreter that has a module.
let private python (needed: string) (script: string) (arguments: string list) : string[] =
    let hasModule interpreter =
        let code, _, _ = Command.startProgram [] interpreter [ "-c"; $"import {needed}" ] |> Command.finish
        code = 0

    match interpreters |> List.tryFind hasModule with
    | None -> failtest $"No python3 on the path has the module {needed}; expected one (Debian has it as python3-{needed})."
    | Some interpreter ->
        let code, output, errors = Command.startProgram [] interpreter ("-c" :: script :: arguments) |> Command.finish
        Expect.equal code 0 errors
        output.Split([| ' '; '\n' |], StringSplitOptions.RemoveEmptyEntries)

let private numbers (texts: string[]) : float[] = texts |> Array.map (fun text -> Double.Parse(text, CultureInfo.InvariantCulture))

let private program (name: string) (test: string -> unit) : Test =
    let run () = TemporaryFolder.using test
    if isAsked then testCase name run else ptestCase name run

/// A frame in the units of ASE, all of whose axes are periodic or open.
let private frame: FileFrame = { Frames.full 1 with UnitStyle = Some Units.ase.Name; Boundaries = [| "pp"; "pp"; "ss" |] }

let private write (format: FrameFormat) (path: string) : unit =
    FrameWriter.write format path [ frame; { Frames.full 2 with UnitStyle = frame.UnitStyle; Boundaries = frame.Boundaries } ]
    |> expectOk
    |> ignore

let private showAse =
    "import sys, ase.io\n"
    + "frames = ase.io.read(sys.argv[1], ':')\n"
    + "atoms = frames[0]\n"
    + "print(len(frames), atoms.get_chemical_formula(), *atoms.pbc.astype(int))\n"
    + "for values in [atoms.positions, atoms.get_velocities(), atoms.get_forces(), atoms.cell[:2]]: print(*values.ravel())\n"

[<Tests>]
let tests =
    testList
        "Other programs"
        [
            program "ASE opens extended XYZ: places, velocities, forces, energy, cell" (fun folder ->
                let path = Path.Combine(folder, "a.extxyz")
                write FrameFormat.extxyz path
                let words = python "ase" (showAse + "print(atoms.get_potential_energy(), *atoms.get_masses())\n") [ path ]
                Expect.equal words[0..4] [| "2"; "H2O2"; "1"; "1"; "0" |] "what it is"
                let values = numbers words[5..]
                identical "positions" frame.Positions values[0..11] |> expectNone
                close "velocities" 1e-14 frame.Velocities.Value values[12..23] |> expectNone
                identical "forces" frame.Forces.Value values[24..35] |> expectNone
                close "cell" 1e-15 [| 5.8; 0.0; 0.0; 1.0 / 3.0; 3.3; 0.0 |] values[36..41] |> expectNone
                identical "energy" [| frame.Energy.Value |] values[42..42] |> expectNone
                identical "masses" frame.Masses.Value values[43..46] |> expectNone)

            program "ASE opens extended XYZ of bodies without elements" (fun folder ->
                let path = Path.Combine(folder, "a.xyz")
                FrameWriter.write FrameFormat.extxyz path [ { frame with Elements = None; UnitStyle = None } ] |> expectOk |> ignore
                let words = python "ase" "import sys, ase.io\nprint(*ase.io.read(sys.argv[1]).positions.ravel())" [ path ]
                identical "positions" frame.Positions (numbers words) |> expectNone)

            program "NumPy opens npz" (fun folder ->
                let path = Path.Combine(folder, "a.npz")
                write FrameFormat.npz path

                let script =
                    "import sys, numpy\n"
                    + "arrays = numpy.load(sys.argv[1])\n"
                    + "print(arrays['units'], *arrays['species'], *arrays['positions'].shape, *arrays['edges'].ravel())\n"
                    + "for name in ['positions', 'velocities', 'forces', 'cell', 'energy']: print(*arrays[name].ravel())\n"

                let words = python "numpy" script [ path ]
                Expect.equal words[0..11] [| "ase"; "O"; "H"; "H"; "O"; "2"; "4"; "3"; "0"; "1"; "0"; "3" |] "what it is"
                let values = numbers words[12..]
                identical "positions" frame.Positions values[0..11] |> expectNone
                identical "velocities" frame.Velocities.Value values[24..35] |> expectNone
                identical "forces" frame.Forces.Value values[48..59] |> expectNone
                identical "energy" [| frame.Energy.Value |] values[81..81] |> expectNone)

            program "NumPy's own npz, compressed or not, is read" (fun folder ->
                let script =
                    "import sys, numpy\n"
                    + "q = numpy.arange(24.0).reshape(2, 4, 3)\n"
                    + "numpy.savez(sys.argv[1], positions=q, masses=numpy.ones(4), species=numpy.array(['C', 'H', 'H', 'Fe']), units='real')\n"
                    + "numpy.savez_compressed(sys.argv[2], positions=q.astype('f4'), species=numpy.array([1, 2, 2, 1]), time=numpy.array([0, 1]))\n"

                let plain, small = Path.Combine(folder, "a.npz"), Path.Combine(folder, "b.npz")
                python "numpy" script [ plain; small ] |> ignore

                match Frames.read plain, Frames.read small with
                | [ _; second ], [ _; other ] ->
                    Expect.equal second.Positions [| 12.0 .. 23.0 |] "positions"
                    Expect.equal second.Elements (Some [| "C"; "H"; "H"; "Fe" |]) "elements"
                    Expect.equal second.UnitStyle (Some "real") "units"
                    Expect.equal other.Positions [| 12.0 .. 23.0 |] "of four bytes"
                    Expect.equal other.Types (Some [| "1"; "2"; "2"; "1" |]) "types"
                    Expect.equal other.Time (Some 1.0) "time"
                | frames -> failtest $"{frames}")

            program "h5py opens HDF5, chunked and compressed" (fun folder ->
                let path = Path.Combine(folder, "a.h5")
                write FrameFormat.hdf5 path

                let script =
                    "import sys, h5py\n"
                    + "file = h5py.File(sys.argv[1])\n"
                    + "all = file['particles/all']\n"
                    + "value = all['position/value']\n"
                    + "print(value.compression, *value.shape, *all['box'].attrs['boundary'], *file['h5md'].attrs['version'], *all['position/step'])\n"
                    + "for name in ['position', 'velocity', 'force']: print(*all[name + '/value'][0].ravel())\n"
                    + "print(*file['observables/potential_energy/value'], *file['connectivity/bonds'][:].ravel())\n"

                let words = python "h5py" script [ path ]
                Expect.equal words[0..10] [| "gzip"; "2"; "4"; "3"; "periodic"; "periodic"; "none"; "1"; "1"; "100"; "200" |] "what it is"
                let values = numbers words[11..]
                identical "positions" frame.Positions values[0..11] |> expectNone
                identical "velocities" frame.Velocities.Value values[12..23] |> expectNone
                identical "forces" frame.Forces.Value values[24..35] |> expectNone
                identical "energy" [| frame.Energy.Value |] values[36..36] |> expectNone
                Expect.equal values[38..] [| 0.0; 1.0; 0.0; 3.0 |] "bonds")

            program "h5py's own HDF5 is read" (fun folder ->
                let path = Path.Combine(folder, "a.h5")

                let script =
                    "import sys, h5py, numpy\n"
                    + "file = h5py.File(sys.argv[1], 'w')\n"
                    + "group = file.create_group('particles/water')\n"
                    + "box = group.create_group('box')\n"
                    + "box.attrs['boundary'] = ['periodic', 'periodic', 'none']\n"
                    + "box['edges'] = numpy.array([9.0, 8.0, 7.0])\n"
                    + "group.create_dataset('position/value', data=numpy.arange(24.0).reshape(2, 4, 3), maxshape=(None, 4, 3), chunks=(1, 4, 3), compression='gzip', shuffle=True)\n"
                    + "group['position/step'] = numpy.array([0, 10])\n"
                    + "group['position/time'] = numpy.array([0.0, 0.5])\n"
                    + "group['force/value'] = numpy.arange(24, dtype='f4').reshape(2, 4, 3)\n"
                    + "group['species'] = numpy.array([1, 2, 2, 1], dtype='i4')\n"

                python "h5py" script [ path ] |> ignore

                match Frames.read path with
                | [ _; second ] ->
                    Expect.equal second.Positions [| 12.0 .. 23.0 |] "positions"
                    Expect.equal second.Forces (Some [| 12.0 .. 23.0 |]) "of four bytes"
                    Expect.equal (second.Timestep, second.Time) (10L, Some 0.5) "moment"
                    Expect.equal second.Types (Some [| "1"; "2"; "2"; "1" |]) "types"
                    Expect.equal (second.Cell.Periods.ToArray()) [| 9.0; 8.0; 0.0 |] "cell"
                | frames -> failtest $"{frames}")

            program "ASE opens dumps" (fun folder ->
                let path = Path.Combine(folder, "a.lammpstrj")
                // Charges of dumps are more than ASE 3.22 can read.
                FrameWriter.write FrameFormat.dump path [ { frame with Charges = None } ] |> expectOk |> ignore

                let script =
                    "import sys, ase.io\natoms = ase.io.read(sys.argv[1], format='lammps-dump-text')\nprint(*atoms.positions.ravel())"

                close "positions" 1e-12 frame.Positions (numbers (python "ase" script [ path ])) |> expectNone)
        ]
