namespace HgnFunctional.IO

open System.Globalization
open System.IO
open HgnFunctional.Space

/// LAMMPS text dumps, which OVITO, VMD and LAMMPS itself read.
[<RequireQualifiedAccess>]
module internal DumpFormat =

    let private writeBox (writer: TextWriter) (frame: FileFrame) : unit =
        let tilts = frame.Cell.Tilts.ToArray()
        let isTilted = tilts.Length > 0
        let form = if isTilted then "xy xz yz " else ""
        writer.WriteLine $"""ITEM: BOX BOUNDS {form}{String.concat " " frame.Boundaries}"""
        // Around a skewed box stand the bounds of what encloses it.
        let overhang = if isTilted then BoxReader.overhang tilts else [||]

        for axis in 0..2 do
            let struct (low, high) = Lattice.around frame.Low[axis] frame.High[axis]

            if isTilted then
                let struct (below, above) = overhang[axis]
                writer.WriteLine(TextNumber.joined [ low + below; high + above; tilts[axis] ])
            else
                writer.WriteLine(TextNumber.joined [ low; high ])

    let private before (frame: FileFrame) : (string * (int -> string)) list =
        [
            yield "id", (fun atom -> frame.Ids[atom].ToString CultureInfo.InvariantCulture)
            yield! TextNumber.column "mass" TextNumber.text frame.Masses
        ]

    let private after (frame: FileFrame) : (string * (int -> string)) list =
        [
            yield! TextNumber.column "type" id frame.Types
            yield! TextNumber.column "element" id frame.Elements
            yield! TextNumber.column "q" TextNumber.text frame.Charges
        ]

    let private writerOf () : TextWriter -> bool -> FileFrame -> unit =
        let starts, ends = FixedColumns before, FixedColumns after

        fun writer isFirst frame ->
            match frame.UnitStyle with
            | Some units when isFirst ->
                writer.WriteLine "ITEM: UNITS"
                writer.WriteLine units
            | _ -> ()

            match frame.Time with
            | Some time ->
                writer.WriteLine "ITEM: TIME"
                writer.WriteLine(TextNumber.text time)
            | None -> ()

            writer.WriteLine "ITEM: TIMESTEP"
            writer.WriteLine frame.Timestep
            writer.WriteLine "ITEM: NUMBER OF ATOMS"
            writer.WriteLine frame.Ids.Length
            writeBox writer frame
            let struct (namesBefore, starts) = starts.Of frame
            let struct (namesAfter, ends) = ends.Of frame

            let moving =
                [
                    Some("xu yu zu", frame.Positions)
                    frame.Velocities |> Option.map (fun values -> "vx vy vz", values)
                    frame.Forces |> Option.map (fun values -> "fx fy fz", values)
                ]
                |> List.choose id

            let names = [ namesBefore; yield! List.map fst moving; namesAfter ] |> List.filter ((<>) "") |> String.concat " "
            writer.WriteLine $"ITEM: ATOMS {names}"
            let vectors = moving |> List.map snd |> Array.ofList

            for atom in 0 .. frame.Ids.Length - 1 do
                writer.Write starts[atom]

                for values in vectors do
                    for axis in 0..2 do
                        writer.Write ' '
                        TextNumber.write writer values[3 * atom + axis]

                if ends[atom] <> "" then
                    writer.Write ' '
                    writer.Write ends[atom]

                writer.WriteLine()

    let format: FrameFormat =
        {
            Name = "dump"
            IsLike = fun start -> start.TextStarts "ITEM:"
            Frames = fun _ path -> LammpsDump.frames path
            Writing =
                Some
                    {
                        Extensions = [ ".lammpstrj"; ".dump" ]
                        Holds = Set.ofList FramePart.all - set [ Energies; Virials; Groups; Bonds ]
                        Open = TextSink.Open writerOf
                    }
        }
