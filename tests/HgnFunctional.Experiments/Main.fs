/// Experiments whose results are pages in docs: `dotnet fsi build.fsx experiments [NAME...] [--quick] [--out FOLDER]`.
module HgnFunctional.Experiments.Main

open System.IO

/// Name, page, and the lines of the page; quick runs use fewer steps.
let private all: (string * string * (bool -> string list)) list = [ "integrators", "INTEGRATORS.md", Integrators.page ]

let private usage () : int =
    eprintfn
        $"""Usage: experiments [NAME...] [--quick] [--out FOLDER]; names: {all |> List.map (fun (name, _, _) -> name) |> String.concat ", "}."""

    2

[<EntryPoint>]
let main arguments =
    let rec parse names quick folder rest =
        match rest with
        | "--quick" :: rest -> parse names true folder rest
        | "--out" :: path :: rest -> parse names quick path rest
        | name :: rest when not (name.StartsWith "--") -> parse (name :: names) quick folder rest
        | [] -> Some(List.rev names, quick, folder)
        | _ -> None

    match parse [] false "docs" (List.ofArray arguments) with
    | None -> usage ()
    | Some(names, _, _) when names |> List.exists (fun name -> all |> List.forall (fun (known, _, _) -> known <> name)) -> usage ()
    | Some(names, quick, folder) ->
        for name, file, page in all do
            if List.isEmpty names || List.contains name names then
                Page.write (Path.Combine(folder, file)) (page quick)

        0
