(**
---
title: An ion trap
category: Tutorials
categoryindex: 1
index: 4
---
# An ion trap

Eight ions repel each other by Coulomb's law in a trap that is stiffer along some axes than along others, cooled by friction. What holds them is not a
pair's doing: it is a field that stands in space, and the friction is of no energy at all. Both are columns in the same solve, and the data
decide that they are there.
*)
#r "nuget: HgnFunctional"

open HgnFunctional
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Blocks
open HgnFunctional.Models
open HgnFunctional.Learning
open HgnFunctional.Systems
open HgnFunctional.Integrators
open HgnFunctional.Metrics

(**
## The trap

`KnownSystem.ionTrap` is one of the families of known systems: masses from 1 to 3, charges of 1, stiffnesses 1, 1.7 and 2.9. The friction is ours.
*)
let ions, sites = KnownSystem.ionTrap.Create 2
let trap = KnownSystem.ionTrap.Hamiltonian ions
let friction = KnownDrive.drag 0.2 ions
let truth = DrivenSystem(trap, friction)
let verlet = Splitting.onDriven trap friction SplittingMethod.stormerVerlet

let frames (seed: int) =
    InitialState.perturbed 0.1 0.3 seed ions sites
    |> Trajectory.record verlet 0.005 400 10
    |> Result.map (Array.map (Snapshot.ofHamiltonian ions truth))

let data =
    [
        for seed in 1..6 do
            match frames seed with
            | Ok snapshots -> yield! snapshots |> Seq.choose Result.toOption
            | Error error -> failwith $"{error}"
    ]

(**
## What the data want

`ShowsEvidence` asks for the whole table: what each family of laws does for the fit, with everything else that the model has.
*)
let model =
    match Training.fit { TrainingConfig.defaults with ShowsEvidence = true } data with
    | Ok model -> model
    | Error error -> failwith $"{error}"

let verdict = model.Verdict.Value

for family in verdict.Families |> List.filter _.Standing.IsInModel do
    printfn $"{family.Family}: force error %.1e{family.Without} without it, %.1e{family.With} with it"

let leftOut = verdict.Families |> List.filter _.Standing.IsLeftOut
printfn $"{leftOut.Length} others were left out, among them {leftOut.Head.Family}"
(*** include-output ***)

(**
The friction is read off, and nothing is left to explain:
*)
for constant in verdict.Constants do
    printfn $"{constant}"

printfn $"unexplained: %.1e{verdict.Unexplained}"
(*** include-output ***)

(**
## A motion that loses energy

A model with friction is `Driven`: its type says that no integrator is symplectic for it. The energy report counts the work of the friction, so that it closes
to the order of the method:
*)
let run =
    let start = InitialState.perturbed 0.1 0.3 99 ions sites

    match Model.bind ions model with
    | Ok(Driven(Separable hamiltonian, drive)) ->
        Splitting.onDriven hamiltonian drive SplittingMethod.blanesMoan4
        |> fun integrator -> Trajectory.observe (Conservation.observerOf true ions hamiltonian) integrator 0.005 2000 10 start
        |> Result.mapError string
    | Ok other -> Error $"{other}"
    | Error error -> Error(string error)
(*** include-value: run ***)

(**
Friction took most of the energy of the motion (`Work`, over the energy at the start); what is not accounted for is `EnergyDriftMax`.

## A part that is known

Whoever knows Coulomb's law need not learn it: it is taken off the forces, and the model keeps it by name.
*)
let withCoulomb =
    { TrainingConfig.defaults with
        Recipes = KnownBlock.recipe (Some 1.0) (KnownLaw.coulomb 1.0) :: Blocks.defaults
    }

let known =
    match Training.fit withCoulomb data with
    | Ok model -> model.Summary
    | Error error -> $"{error}"
(*** include-value: known ***)
