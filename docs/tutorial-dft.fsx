(**
---
title: From DFT to a potential
category: Tutorials
categoryindex: 1
index: 6
---
# From DFT to a potential

Quantum chemistry gives structures with energies and forces, and no motion. Structures of many kinds stand in one file of extended XYZ: a crystal
near rest and at temperature, surfaces, a vacancy, each in a cell of its own. Here they are silicon, by density functional theory
(Zuo et al. 2020, [doi:10.1021/acs.jpca.9b08723](https://doi.org/10.1021/acs.jpca.9b08723)).
*)
#r "nuget: HgnFunctional.IO"

open System.IO
open HgnFunctional
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Learning
open HgnFunctional.Metrics
open HgnFunctional.IO

let orFail result =
    match result with
    | Ok value -> value
    | Error error -> failwith $"{error}"

let structures (name: string) =
    let file = Path.Combine(__SOURCE_DIRECTORY__, "..", "tests", "data", "dft", name + ".xyz.gz")
    TrajectoryFile.snapshots (TrajectoryFile.within 5.5) [ file ]

(**
Lengths are in angstrom, energies in eV, as ASE has them; masses follow from the elements. On the command line it is
`hgn train Si-training.xyz.gz --cutoff 5.5 --out silicon.json`.

## What pairs can say

The kinetic energy is that of the masses, since nothing moves; a warning says so. Energies have a zero of their own for each element, which is
learned, and count beside the forces as `Weights` say.
*)
let config = TrainingConfig.defaults

let fitted =
    [
        for energies in [ 1.0; config.Weights.Energies; 200.0 ] do
            let weights = { config.Weights with Energies = energies }
            let model = Training.fitStream { config with Weights = weights } ignore (structures "Si-training") |> orFail
            energies, model, Evaluation.ofStream model (structures "Si-test") |> orFail
    ]

for energies, _, evaluation in fitted do
    let meanOf target =
        evaluation.Errors
        |> List.tryFind (fun error -> error.Target = target && error.Group.IsNone && error.Species.IsNone)
        |> Option.map _.MeanAbsolute

    match meanOf "forces", meanOf "energies" with
    | Some forces, Some perAtom ->
        printfn $"weight of energies {energies}: forces off by %.3f{forces} eV/A, energies by %.0f{1000.0 * perAtom} meV an atom"
    | _ -> ()
(*** include-output ***)

(**
These are the mean absolute errors on structures that were not learned from. Pairs alone say no more of silicon, whose bonds have angles, and the model says so itself:
*)
let warnings =
    let _, model, _ = fitted[1]
    model.Warnings |> List.map string |> String.concat "\n"
(*** include-value: warnings ***)

(**
## Which structures are described, and which are not

Groups in the file are told apart, so that a mean does not hide where a potential fails.
*)
let _, _, evaluation = fitted[1]

for error in evaluation.Errors do
    match error.Target, error.Group with
    | "forces", Some group -> printfn $"%-16s{group} forces off by %.3f{error.MeanAbsolute} eV/A"
    | _ -> ()
(*** include-output ***)

(**
Stresses are learned as well where a file has them: under `virial` or `stress`, or under another name with `--stress-key`, in eV per cubic angstrom.
*)
