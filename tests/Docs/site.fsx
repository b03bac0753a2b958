// The site from the pages in docs: formulas as MathML, the C# of the tutorial compiled and run, the F# evaluated, and the reference
// of every package. Run as `dotnet fsi build.fsx docs`, which packs first; the site is artifacts/docs, for any browser, without
// a network.
#load "Formula.fsx"
#load "../Packages/Command.fsx"

open System
open System.IO
open System.Net
open System.Text.RegularExpressions

let root = Path.GetFullPath(Path.Combine(__SOURCE_DIRECTORY__, "..", ".."))
let packages = Path.GetFullPath fsi.CommandLineArgs[1]
let site = Path.GetFullPath fsi.CommandLineArgs[2]
let work = Directory.CreateTempSubdirectory "hgn-docs-"
let folder = Command.folder work.FullName
let pages = folder "pages"
let run = Command.run work.FullName

/// The code of a page in C#, in one program that says where each block ends: directives first, types last.
let program (blocks: string list) : string =
    let lines = blocks |> List.map (fun block -> block.Split '\n' |> List.ofArray)
    let usings, rest = lines |> List.map (List.partition _.StartsWith("using ")) |> List.unzip
    let isType (line: string) = Regex.IsMatch(line, @"^(public |internal )?(sealed )?(class|record|struct) ")

    let statements, types =
        rest
        |> List.map (fun block ->
            match block |> List.tryFindIndex isType with
            | Some first -> List.splitAt first block
            | None -> block, [])
        |> List.unzip

    let statements = statements |> List.collect (fun block -> block @ [ "Console.WriteLine(\"\\f\");" ])
    List.concat usings @ statements @ List.concat types |> String.concat "\n"

let block = Regex(@"```csharp\n(.*?)```", RegexOptions.Singleline)

/// The page with what each block prints below it.
let withOutput (name: string) (page: string) : string =
    let blocks = block.Matches page |> Seq.map _.Groups[1].Value |> List.ofSeq

    if blocks.IsEmpty then
        page
    else
        let outputs = (program blocks |> Command.csharp work.FullName packages (folder name)).Split "\f\n"
        let mutable index = -1

        block.Replace(
            page,
            fun found ->
                index <- index + 1
                let output = outputs[index].TrimEnd()
                if output = "" then found.Value else $"{found.Value}\n\n```text\n{output}\n```"
        )

/// Formulas of all pages. Pages have marks in their place until the end: the site's tool would take them for Markdown.
let formulas = Collections.Generic.List<string>()

let mark (isDisplay: bool) (found: Match) : string =
    formulas.Add(Formula.toMathML isDisplay found.Groups[1].Value)
    let mark = $"FORMULA{formulas.Count - 1}END"
    if isDisplay then $"\n\n{mark}\n\n" else mark

let withMarks (page: string) : string =
    let displayed = Regex.Replace(page, @"\$\$(.+?)\$\$", mark true, RegexOptions.Singleline)
    Regex.Replace(displayed, @"(?<![\$\w""])\$([^\$\n""`]+?)\$(?!\w)", mark false)

let withFormulas (html: string) : string = Regex.Replace(html, "FORMULA([0-9]+)END", fun found -> formulas[int found.Groups[1].Value])

/// Without what the packages' restore says of the tool's own FSharp.Core, which is older: it would stand above the output.
let withoutWarnings (html: string) : string = Regex.Replace(html, @"[^\n>]*: warning NU1605:[^\n]*\n?", "")

/// Pages name the packages as users do; until these are published, F# has to be told where they are.
let withSource (script: string) : string =
    let first = script.IndexOf "#r "

    if first < 0 then
        script
    else
        script.Insert(first, $"(*** hide ***)\n#i \"nuget: {packages}\"\n(** *)\n")

/// Data that pages read lie where they do in the project.
let withData () : unit =
    let source = Path.Combine(root, "tests", "data", "dft")
    let target = Path.Combine(pages, "..", "tests", "data", "dft")
    Directory.CreateDirectory target |> ignore

    for file in Directory.GetFiles source do
        File.Copy(file, Path.Combine(target, Path.GetFileName file))

let stage () : unit =
    withData ()

    for file in Directory.GetFiles(Path.Combine(root, "docs"), "*", SearchOption.AllDirectories) do
        let name = Path.GetRelativePath(Path.Combine(root, "docs"), file)
        let target = Path.Combine(pages, name)
        Directory.CreateDirectory(Path.GetDirectoryName target) |> ignore

        match Path.GetExtension file with
        | ".md" -> File.WriteAllText(target, File.ReadAllText file |> withOutput (Path.GetFileNameWithoutExtension file) |> withMarks)
        | ".fsx" ->
            File.WriteAllText(target, File.ReadAllText file |> withMarks |> withSource)
            // Here too, since the site's tool goes on after an exception.
            run pages "dotnet" [ "fsi"; target ] |> ignore
        | ".json" -> ()
        | _ -> File.Copy(file, target)

let projects =
    [ "HgnFunctional"; "HgnFunctional.IO"; "HgnFunctional.Charts"; "HgnFunctional.CSharp" ]
    |> List.map (fun name -> Directory.GetFiles(Path.Combine(root, "src", name), "*.*proj") |> Array.exactlyOne)

/// In place of the way from a page to the top of the site.
let rootMark = "ROOT-OF-SITE/"

let build () : unit =
    // From here, where the manifest of the tool is.
    run __SOURCE_DIRECTORY__ "dotnet" [ "tool"; "restore" ] |> ignore

    run
        __SOURCE_DIRECTORY__
        "dotnet"
        ([ "fsdocs"; "build"; "--input"; pages; "--output"; site; "--clean"; "--eval"; "--strict"; "--projects" ]
         @ projects
         @ [ "--properties"; "Configuration=Release"; "--parameters"; "root"; rootMark ])
    |> ignore

    // What F# Interactive leaves beside the scripts, and what the tool writes besides pages, for searches and for machines.
    for pattern in [ "NuGet.config"; "*.md"; "llms*.txt"; "index.json" ] do
        Directory.GetFiles(site, pattern) |> Array.iter File.Delete

let pagesOf (folder: string) : string[] = Directory.GetFiles(folder, "*.html", SearchOption.AllDirectories)

/// What is wrong with the pages: links within the site that lead nowhere, scripts and styles from elsewhere, marks that are left, words of
/// tools, names of this machine's folders.
let faults () : string list =
    let folders = [ root; work.FullName; ".packagemanagement" ] |> List.map Regex.Escape |> String.concat "|"

    [
        for file in pagesOf site do
            let html = File.ReadAllText file
            let name = Path.GetRelativePath(site, file)

            for link in Regex.Matches(html, "(?:href|src)=\"([^\"#]+)") do
                let link = WebUtility.HtmlDecode link.Groups[1].Value
                let target = Path.Combine(Path.GetDirectoryName file, Uri.UnescapeDataString(link.Split('?')[0]))

                if not (link.Contains ':' || File.Exists target || Directory.Exists target) then
                    $"{name}: {link}"

            for outside in Regex.Matches(html, "<(?:script|link|img)[^>]*(?:src|href)=\"https?:[^>]*>") do
                $"{name}: {outside.Value}"

            for mark in Regex.Matches(html, @"\{\{[a-z-]+\}\}|FORMULA[0-9]+END|ROOT-OF-SITE|warning [A-Z]+[0-9]+|" + folders) do
                $"{name}: {mark.Value}"
    ]
    |> List.distinct

try
    stage ()
    build ()

    for file in pagesOf site do
        let toTop = Path.GetRelativePath(Path.GetDirectoryName file, site).Replace('\\', '/') + "/"
        File.WriteAllText(file, (File.ReadAllText file |> withFormulas |> withoutWarnings).Replace(rootMark, toTop))

    match faults () with
    | [] -> printfn $"{formulas.Count} formulas, {(pagesOf site).Length} pages; the site is {site}"
    | faults -> faults |> List.truncate 50 |> String.concat "\n  " |> failwithf "Wrong on the pages:\n  %s"
finally
    work.Delete true
