// Learn from what LAMMPS wrote. dotnet fsi lammps.fsx
#r "nuget: HgnFunctional.IO"
#r "nuget: HgnFunctional.Charts"

open HgnFunctional
open HgnFunctional.Learning
open HgnFunctional.Metrics
open HgnFunctional.IO
open HgnFunctional.Charts

let read name = TrajectoryFile.snapshots (TrajectoryFile.bondsOf $"{name}.data") [ $"{name}.lammpstrj" ]

let model =
    match Training.fitStream TrainingConfig.defaults ignore (read "spring_2x2x2") with
    | Ok model -> model
    | Error error -> failwith $"{error}"

printfn $"{model}"

match Evaluation.ofStream model (read "spring_4x4x4") with
| Error error -> failwith $"{error}"
| Ok(evaluation: Evaluation) -> printfn $"force error on 64 bodies: {evaluation.RelativeForceError:E1}"

match Charts.forces model (read "spring_4x4x4" |> Seq.collect Result.toArray) with
| Error error -> failwith $"{error}"
| Ok chart -> Charts.save "lammps.html" [ chart ]
