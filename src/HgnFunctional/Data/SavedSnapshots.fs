namespace HgnFunctional.Data

open System
open System.Collections.Generic
open HgnFunctional
open HgnFunctional.Bodies
open HgnFunctional.Features

/// The saved form of snapshots with all that they say; structures that several share are saved once, and are shared again.
[<RequireQualifiedAccess>]
module internal SavedSnapshots =

    let private ofOne (place: int) (snapshot: Snapshot) : SavedForm =
        SavedForm.Fields
            [
                "structure", SavedForm.Number(float place)
                "positions", SavedForm.Numbers(snapshot.State.Positions.ToArray())
                "momenta", SavedForm.Numbers(snapshot.State.Momenta.ToArray())
                "velocities", SavedForm.Numbers(snapshot.Velocities.ToArray())
                "forces", SavedForm.Numbers(snapshot.Forces.ToArray())
                match snapshot.Energy with
                | Some energy -> "energy", SavedForm.Number energy
                | None -> ()
                if snapshot.HasVirial then
                    "virial", SavedForm.Numbers(snapshot.Virial.ToArray())
                "trajectory", SavedForm.Text snapshot.Trajectory
                "group", SavedForm.Text snapshot.Group
                "weight", SavedForm.Number snapshot.Weight
                match snapshot.Time with
                | Some time -> "time", SavedForm.Number time
                | None -> ()
            ]

    /// Some snapshots, with the structures that they need.
    let save (snapshots: Snapshot[]) : (string * SavedForm) list =
        let places = Dictionary<Structure, int>(HashIdentity.Reference)

        for snapshot in snapshots do
            places.TryAdd(snapshot.Structure, places.Count) |> ignore

        let structures = places |> Seq.sortBy _.Value |> Seq.map _.Key

        [
            "structures", SavedForm.List [ for structure in structures -> SavedForm.Fields(SavedStructure.save structure) ]
            "snapshots", SavedForm.List [ for snapshot in snapshots -> ofOne places[snapshot.Structure] snapshot ]
        ]

    let private toOne (structures: Structure[]) (reader: SavedReader) : Snapshot =
        let structure = structures[reader.Integer("structure", 0, structures.Length - 1)]
        let size = int64 structure.Bodies * int64 structure.Dimension

        let measured (field: string) =
            match reader.Floats(field, None) with
            | [||] -> None
            | values when values.LongLength = size -> Some values
            | values -> reader.Fail(field, $"{size} numbers; there are {values.Length}")

        let state =
            PhaseState.OfOwned(
                structure.Bodies,
                structure.Dimension,
                reader.Floats("positions", Some size),
                reader.Floats("momenta", Some size)
            )

        let targets =
            { Targets.none with
                Velocities = measured "velocities"
                Forces = measured "forces"
                Energy = reader.TryFloat "energy"
                Virial = reader.TryFloats("virial", int64 structure.Dimension * int64 structure.Dimension)
            }

        match Snapshot.tryOf structure state targets with
        | Error error -> reader.Fail("positions", $"what a snapshot can have: {error}")
        | Ok snapshot ->
            let marked = snapshot.InTrajectory(reader.Text "trajectory").InGroup(reader.Text "group").Weighing(reader.Positive "weight")

            reader.TryFloat "time" |> Option.map marked.AtTime |> Option.defaultValue marked

    /// Snapshots as they were saved.
    let restore (reader: SavedReader) : Snapshot[] =
        let structures = reader.Objects "structures" |> List.map SavedStructure.restore |> Array.ofList
        reader.Objects "snapshots" |> List.map (toOne structures) |> Array.ofList
