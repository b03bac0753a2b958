namespace HgnFunctional.IO

open System
open System.Globalization
open System.IO

/// Extended XYZ, as ASE and OVITO read it. What these have no names for has keys of our own: `timestep`, `unit_style`, `boundary`,
/// and the columns `id`, `type` and `velocities`.
[<RequireQualifiedAccess>]
module internal ExtxyzFormat =

    let private quoted (text: string) : string =
        let escaped = text.Replace("\\", "\\\\").Replace("\"", "\\\"")
        "\"" + String.map (fun letter -> if Char.IsControl letter then ' ' else letter) escaped + "\""

    let private whole (number: int64) : string = number.ToString CultureInfo.InvariantCulture

    let private isNumber (text: string) : bool = Words.tryInteger text <> ValueNone

    let private typeKind (types: string[]) : string = if Array.forall isNumber types then "type:I:1" else "type:S:1"

    /// Names that are no elements stand in a column that ASE does not take for them.
    let private elementColumn (elements: string[]) : string = if (AtomicWeights.tryOf elements).IsSome then "species:S:1" else "element:S:1"

    /// Atoms that are numbered from 1 need no ids.
    let private isNumbered (frame: FileFrame) : bool = frame.Ids |> Seq.indexed |> Seq.forall (fun (atom, id) -> id = int64 atom + 1L)

    let private before (frame: FileFrame) : (string * (int -> string)) list =
        match frame.Elements with
        | Some elements -> [ elementColumn elements, (fun atom -> elements[atom]) ]
        | None -> []

    let private after (frame: FileFrame) : (string * (int -> string)) list =
        [
            if not (isNumbered frame) then
                yield "id:I:1", (fun atom -> whole frame.Ids[atom])
            match frame.Types with
            | Some types -> yield typeKind types, (fun atom -> types[atom])
            | None -> ()
            yield! TextNumber.column "masses:R:1" TextNumber.text frame.Masses
            yield! TextNumber.column "initial_charges:R:1" TextNumber.text frame.Charges
        ]

    /// ASE knows velocities as momenta, in its own units.
    let private momentaOf (frame: FileFrame) : float[] option =
        match frame.UnitStyle, frame.Velocities, frame.Masses with
        | Some units, Some velocities, Some masses when units = Units.ase.Name ->
            Some(velocities |> Array.mapi (fun k v -> masses[k / 3] * v))
        | _ -> None

    let private keysOf (frame: FileFrame) (properties: string) : string list =
        let isPeriodic = frame.Boundaries |> Array.map ((=) "pp")
        let hasBox = frame.Boundaries |> Array.exists (fun flag -> flag = "pp" || flag = "ff")
        let corner, vectors = Lattice.ofFrame frame

        [
            if hasBox then
                $"Lattice=\"{TextNumber.joined vectors}\""

                if corner |> Array.exists ((<>) 0.0) then
                    $"Origin=\"{TextNumber.joined corner}\""

                if frame.Boundaries |> Array.exists (fun flag -> flag <> "pp" && flag <> "ss") then
                    $"""boundary="{String.concat " " frame.Boundaries}" """.TrimEnd()
            $"Properties={properties}"
            match frame.Energy with
            | Some energy -> $"energy={TextNumber.text energy}"
            | None -> ()
            match frame.Virial with
            | Some virial -> $"virial=\"{TextNumber.joined virial}\""
            | None -> ()
            match frame.Time with
            | Some time -> $"time={TextNumber.text time}"
            | None -> ()
            $"timestep={whole frame.Timestep}"
            if frame.Group <> "" then
                $"config_type={quoted frame.Group}"
            match frame.UnitStyle with
            | Some units when units = Units.ase.Name -> ()
            | units -> $"unit_style={defaultArg units Extxyz.noUnits}"
            let flags = isPeriodic |> Array.map (fun flag -> if flag then "T" else "F")
            $"""pbc="{String.concat " " flags}" """.TrimEnd()
        ]

    let private writerOf () : TextWriter -> bool -> FileFrame -> unit =
        let starts, ends = FixedColumns before, FixedColumns after

        fun writer _ frame ->
            let struct (namesBefore, starts) = starts.Of frame
            let struct (namesAfter, ends) = ends.Of frame

            let moving =
                [
                    Some("pos:R:3", frame.Positions)
                    frame.Velocities |> Option.map (fun values -> "velocities:R:3", values)
                    momentaOf frame |> Option.map (fun values -> "momenta:R:3", values)
                    frame.Forces |> Option.map (fun values -> "forces:R:3", values)
                ]
                |> List.choose id

            let properties =
                [ namesBefore; yield! List.map fst moving; namesAfter.Replace(' ', ':') ] |> List.filter ((<>) "") |> String.concat ":"

            writer.WriteLine frame.Ids.Length
            writer.WriteLine(keysOf frame properties |> String.concat " ")
            let vectors = moving |> List.map snd |> Array.ofList

            for atom in 0 .. frame.Ids.Length - 1 do
                let mutable between = starts[atom] <> ""
                writer.Write starts[atom]

                for values in vectors do
                    for axis in 0..2 do
                        if between then
                            writer.Write ' '

                        between <- true
                        TextNumber.write writer values[3 * atom + axis]

                if ends[atom] <> "" then
                    writer.Write ' '
                    writer.Write ends[atom]

                writer.WriteLine()

    /// A number of atoms, and below it a line of keys or of whatever xyz files have there, and a line of an atom.
    let private isLike (start: FileStart) : bool =
        let lines = start.Lines 3

        lines.Length = 3
        && isNumber (lines[0].Trim())
        && (lines[1].Contains "Properties=" || lines[1].Contains "Lattice=" || (Words.split lines[2]).Length >= 4)

    let format: FrameFormat =
        {
            Name = "extxyz"
            IsLike = isLike
            Frames = Extxyz.frames
            Writing =
                Some
                    {
                        Extensions = [ ".extxyz"; ".xyz" ]
                        Holds = Set.ofList FramePart.all - set [ Bonds ]
                        Open = TextSink.Open writerOf
                    }
        }
