// The four steps of a training by themselves: in shares, kept as bytes, and solved again when more data has come. dotnet fsi parts.fsx
#r "nuget: HgnFunctional"

open System
open System.IO
open HgnFunctional
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Learning
open HgnFunctional.Systems

let lattice = Topology.chain 6 2
let structure = Structure.bonded 2 1.0 lattice.Graph
let system = PairSystem(structure, PairPotential.morse 1.0 1.0 1.0)

let orFail (result: Result<'value, 'error>) : 'value =
    match result with
    | Ok value -> value
    | Error error -> failwith $"{error}"

let frames (seeds: int seq) : Result<Snapshot, SnapshotError> list =
    [
        for seed in seeds -> InitialState.perturbed 0.1 0.3 seed structure lattice.Sites |> Snapshot.ofHamiltonian structure system
    ]

let config = TrainingConfig.defaults
let today, later = frames [ 1..100 ], frames [ 101..200 ]

// What the data hold, and which laws they want.
let survey = Survey.ofStream config ignore today |> orFail
let plan: Plan = Plan.draw config survey |> Result.mapError string |> orFail
printfn $"{survey}\n{plan}"

// The rows, in three shares: these could be three processes, or three machines.
let numbered = today |> Seq.mapi (fun number frame -> frame |> Result.map (fun snapshot -> struct (int64 number, snapshot)))

let rows =
    [ for number in 2..-1..0 -> Accumulation.ofShard plan ignore (Shard.tryCreate number 3).Value numbered |> orFail ]
    |> List.reduce (fun first second -> Accumulation.merge first second |> orFail)

let solve (rows: Accumulation) : Fit = Fit.solve rows |> Result.mapError string |> orFail
printfn $"{rows}: relative error {(solve rows).Error:E1}"

// Kept: any step can be bytes, and read again.
let path = Path.Combine(Path.GetTempPath(), $"rows-{Guid.NewGuid()}")
File.WriteAllBytes(path, Accumulation.save rows |> SavedForm.Fields |> SavedBytes.toBytes)

// A day later: only the new frames are looked at.
let kept =
    match File.ReadAllBytes path |> ReadOnlyMemory |> SavedBytes.tryOfBytes with
    | Some(SavedForm.Fields fields) -> Accumulation.restore plan fields |> orFail
    | _ -> failwith "not what was written"

File.Delete path
let more = Accumulation.add ignore later kept |> orFail
printfn $"{more}: relative error {(solve more).Error:E1}"
