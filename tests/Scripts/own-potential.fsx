// A law of your own: write the potential, simulate it, learn it back. dotnet fsi own-potential.fsx
#r "nuget: HgnFunctional"
#r "nuget: HgnFunctional.Charts"

open HgnFunctional
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Learning
open HgnFunctional.Systems
open HgnFunctional.Integrators
open HgnFunctional.Charts

/// A bond with two rest lengths, 1 - w and 1 + w: the energy over the distance, and its derivative.
let twoLengths (w: float) : PairPotential =
    let x r = (r - 1.0) * (r - 1.0) - w * w

    {
        Name = "two lengths"
        Energy = fun r -> x r * x r
        Slope = fun r -> 4.0 * (r - 1.0) * x r
        Source = "this script"
    }

let potential = twoLengths 0.3
let ring = Topology.ring 8
let structure = Structure.bonded ring.Dimension 1.0 ring.Graph
let system = PairSystem(structure, potential)

let measure seed =
    InitialState.perturbed 0.2 0.3 seed structure ring.Sites
    |> Trajectory.record (Splitting.on system SplittingMethod.forestRuth) 0.01 2000 20
    |> Result.toArray
    |> Seq.concat
    |> Seq.collect (Snapshot.ofHamiltonian structure system >> Result.toArray)

let model =
    match [ 1..6 ] |> Seq.collect measure |> Training.fit TrainingConfig.defaults with
    | Ok model -> model
    | Error error -> failwith $"{error}"

printfn $"{model}"

// The learned energy of a bond beside the true one, both from their value at length 1.
let distances = [ for k in 0..60 -> 1.0 + 0.005 * float k ]
let value r = potential.Energy r - potential.Energy 1.0

// One curve for each kind of pair; here there is one.
for _, learned in Charts.pairEnergies model distances do
    let worst = learned |> List.map (fun (r, energy) -> abs (energy - value r)) |> List.max
    printfn $"largest error of the bond's energy: {worst:E1}"

    Charts.save
        "own-potential.html"
        [
            Charts.lines "A bond with two lengths" "distance" "energy" [ "learned", learned; "true", [ for r in distances -> r, value r ] ]
        ]
