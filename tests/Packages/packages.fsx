// Uses the packages in a folder as strangers do, with empty caches: a C# console with the README's lines, a script in F#
// Interactive, the tool. Run as `dotnet fsi build.fsx packages`, which packs first.

#load "Command.fsx"

open System
open System.Diagnostics
open System.IO
open System.Text.RegularExpressions

let root = Path.GetFullPath(Path.Combine(__SOURCE_DIRECTORY__, "..", ".."))
let packages = Path.GetFullPath fsi.CommandLineArgs[1]
let work = Directory.CreateTempSubdirectory "hgn-packages-"
let run = Command.run work.FullName

let folder = Command.folder work.FullName

/// The first block of code of a language in the README.
let block (language: string) : string =
    let text = File.ReadAllText(Path.Combine(root, "README.md"))
    Regex.Match(text, $"```{language}\n(.*?)```", RegexOptions.Singleline).Groups[1].Value

let copyData (folder: string) : unit =
    for pattern in [ "spring_2x2x2.*"; "spring_4x4x4.*" ] do
        for file in Directory.GetFiles(Path.Combine(root, "tests", "data"), pattern) do
            File.Copy(file, Path.Combine(folder, Path.GetFileName file))

/// The number after some words must be small.
let expectError (words: string) (limit: float) (output: string) : unit =
    let found = Regex.Match(output, Regex.Escape words + @"\D*?([0-9.]+E[-+][0-9]+)")

    if not found.Success then
        failwith $"No number after '{words}' in: {output}"

    let error = Double.Parse(found.Groups[1].Value, Globalization.CultureInfo.InvariantCulture)

    if not (error <= limit) then
        failwith $"{words} {error}; expected at most {limit}."

/// A project in C#, with the lines of the README.
let csharp () : unit =
    let folder = folder "Consumer"
    copyData folder
    let output = block "csharp" |> Command.csharp work.FullName packages folder
    printf $"{output}"
    expectError "force error" 1e-8 output

/// A script in F# Interactive.
let interactive (name: string) (text: string) : string =
    let folder = folder name
    copyData folder
    // Until the packages are published, F# Interactive has to be told where they are.
    File.WriteAllText(Path.Combine(folder, "script.fsx"), $"#i \"nuget: {packages}\"\n{text}")
    let output = run folder "dotnet" [ "fsi"; "script.fsx" ]
    printf $"{output}"
    output

/// One of the scripts beside the tests: what it prints, and the page that it leaves.
let script (name: string) (page: string option) (words: string) (limit: float) () : unit =
    File.ReadAllText(Path.Combine(root, "tests", "Scripts", name + ".fsx")) |> interactive name |> expectError words limit

    match page with
    | None -> ()
    | Some page ->
        if not ((File.ReadAllText(Path.Combine(folder name, page))).Contains "Plotly.newPlot") then
            failwith $"{page} holds no chart."

/// The lines of the README in F#, which print ten states.
let fsharp () : unit =
    let output = block "fsharp" |> interactive "Readme"

    match Regex.Count(output, "PhaseState of 4096 bodies") with
    | 10 -> ()
    | count -> failwith $"The README's lines in F# print {count} states; expected 10."

/// The tool.
let tool () : unit =
    let folder = folder "Tool"

    run
        folder
        "dotnet"
        [
            "tool"
            "install"
            "HgnFunctional.Cli"
            "--version"
            Command.version packages
            "--tool-path"
            "."
            "--add-source"
            packages
        ]
    |> ignore

    let output = run folder (Path.Combine(folder, "hgn")) [ "demo"; "--out"; "demo" ]
    printf $"{output}"

    if not (File.Exists(Path.Combine(folder, "demo", "model.json"))) then
        failwith "The demo left no model."

try
    let checks =
        [
            "C# console", csharp
            "F# lines", fsharp
            "quickstart.fsx", script "quickstart" None "force error on 4096 bodies:" 1e-8
            "compare.fsx", script "compare" (Some "compare.html") "elm, softplus    force error with 64 units:" 1e-6
            "own-potential.fsx", script "own-potential" (Some "own-potential.html") "largest error of the bond's energy:" 1e-6
            "zero-shot.fsx", script "zero-shot" (Some "zero-shot.html") "grid 16x16x16        force error" 1e-6
            "integrators.fsx", script "integrators" (Some "integrators.html") "yoshida-8            order 8, energy error" 1e-6
            "lammps.fsx", script "lammps" (Some "lammps.html") "force error on 64 bodies:" 1e-8
            "tool", tool
        ]

    for name, check in checks do
        let clock = Stopwatch.StartNew()
        check ()
        printfn $"== {name}: {clock.Elapsed.TotalSeconds:F1} s"
finally
    work.Delete true
