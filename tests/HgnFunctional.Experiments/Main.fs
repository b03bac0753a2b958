/// Experiments whose results are pages in docs: `dotnet fsi build.fsx experiments [NAME...] [--quick] [--out FOLDER]`.
module HgnFunctional.Experiments.Main

open System.IO

/// The sections of RESULTS.md, in their order.
let private all: Experiment list =
    [
        ZeroShot.experiment
        Potentials.experiment
        Molecular.experiment
        Noise.experiment
        Rollout.experiment
        Benchmark.experiment
        RawNetworks.experiment
        PaperModel.experiment
        Conditioning.experiment
        Optimizers.experiment
    ]

/// Pages of their own: name, file, and the lines; quick runs use fewer steps.
let private pages: (string * string * (bool -> string list)) list =
    [ "integrators", "INTEGRATORS.md", Integrators.page; "systems", "LEARNS.md", Systems.page ]

let private names: string list = (all |> List.map _.Name) @ (pages |> List.map (fun (name, _, _) -> name))

let private usage () : int =
    eprintfn $"""Usage: experiments [NAME...] [--quick] [--out FOLDER]; names: {String.concat ", " names}."""
    2

let private run (isChosen: string -> bool) (quick: bool) (out: string) : unit =
    Directory.CreateDirectory out |> ignore
    let chosen = all |> List.filter (fun experiment -> isChosen experiment.Name)

    for experiment in chosen do
        Results.runAndStore quick out experiment
        Results.writePage out all

    for name, file, page in pages do
        if isChosen name then
            Page.write (Path.Combine(out, file)) (page quick)

[<EntryPoint>]
let main arguments =
    let rec parse chosen quick folder rest =
        match rest with
        | "--quick" :: rest -> parse chosen true folder rest
        | "--out" :: path :: rest -> parse chosen quick (Some path) rest
        | name :: rest when List.contains name names -> parse (name :: chosen) quick folder rest
        | [] -> Some(chosen, quick, folder)
        | _ -> None

    match parse [] false None (List.ofArray arguments) with
    | None -> usage ()
    | Some(chosen, quick, folder) ->
        // Figures of quick runs are not for the pages in docs.
        let out = folder |> Option.defaultValue (if quick then Path.Combine("artifacts", "experiments") else "docs")
        run (fun name -> List.isEmpty chosen || List.contains name chosen) quick out
        0
