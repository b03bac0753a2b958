// Uses the packages in a folder as strangers do, with empty caches: a C# console with the README's lines, a script in F#
// Interactive, the tool. Run as `dotnet fsi build.fsx packages`, which packs first.

open System
open System.Diagnostics
open System.IO
open System.Text.RegularExpressions

let root = Path.GetFullPath(Path.Combine(__SOURCE_DIRECTORY__, "..", ".."))
let packages = Path.GetFullPath fsi.CommandLineArgs[1]
let work = Directory.CreateTempSubdirectory "hgn-packages-"
let caches = Path.Combine(work.FullName, "caches")

/// What a command prints; it must succeed.
let run (folder: string) (program: string) (arguments: string list) : string =
    let info =
        ProcessStartInfo(program, arguments, WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true)

    for name, value in [ "NUGET_PACKAGES", caches; "DOTNET_NOLOGO", "1"; "NO_COLOR", "1" ] do
        info.Environment[name] <- value

    // F# Interactive keeps what it resolved in the home folder; a fresh one has no caches.
    info.Environment["DOTNET_CLI_HOME"] <- work.FullName
    use running = Process.Start info
    let errors = running.StandardError.ReadToEndAsync()
    let output = running.StandardOutput.ReadToEnd()
    running.WaitForExit()

    if running.ExitCode <> 0 then
        failwith $"""{program} {String.concat " " arguments} exited with {running.ExitCode}: {output}{errors.Result}"""

    output

let folder (name: string) : string = (Directory.CreateDirectory(Path.Combine(work.FullName, name))).FullName

let version: string =
    let name =
        Directory.GetFiles(packages, "HgnFunctional.CSharp.*.nupkg") |> Array.exactlyOne |> Path.GetFileNameWithoutExtension

    name.Substring("HgnFunctional.CSharp.".Length)

/// The first block of code of a language in the README.
let block (language: string) : string =
    let text = File.ReadAllText(Path.Combine(root, "README.md"))
    Regex.Match(text, $"```{language}\n(.*?)```", RegexOptions.Singleline).Groups[1].Value

let copyData (folder: string) : unit =
    for file in Directory.GetFiles(Path.Combine(root, "tests", "data"), "spring_2x2x2.*") do
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
    run folder "dotnet" [ "new"; "console" ] |> ignore

    run folder "dotnet" [ "add"; "package"; "HgnFunctional.CSharp"; "--version"; version; "--source"; packages; "--no-restore" ]
    |> ignore

    copyData folder
    File.WriteAllText(Path.Combine(folder, "Program.cs"), block "csharp")
    // As a nuget.config would name it, beside the sources that the machine has.
    let output = run folder "dotnet" [ "run"; $"-p:RestoreAdditionalProjectSources={packages}" ]
    printf $"{output}"
    expectError "force error" 1e-8 output

/// A script in F# Interactive.
let fsharp () : unit =
    let folder = folder "Scripts"
    let script = Path.Combine(folder, "quickstart.fsx")
    let text = File.ReadAllText(Path.Combine(root, "tests", "Scripts", "quickstart.fsx"))
    // Until the packages are published, F# Interactive has to be told where they are.
    File.WriteAllText(script, $"#i \"nuget: {packages}\"\n{text}")
    let output = run folder "dotnet" [ "fsi"; "quickstart.fsx" ]
    printf $"{output}"
    expectError "force error on 4096 bodies:" 1e-8 output

/// The tool.
let tool () : unit =
    let folder = folder "Tool"

    run folder "dotnet" [ "tool"; "install"; "HgnFunctional.Cli"; "--version"; version; "--tool-path"; "."; "--add-source"; packages ]
    |> ignore

    let output = run folder (Path.Combine(folder, "hgn")) [ "demo"; "--out"; "demo" ]
    printf $"{output}"

    if not (File.Exists(Path.Combine(folder, "demo", "model.json"))) then
        failwith "The demo left no model."

try
    for name, check in [ "C# console", csharp; "F# script", fsharp; "tool", tool ] do
        let clock = Stopwatch.StartNew()
        check ()
        printfn $"== {name}: {clock.Elapsed.TotalSeconds:F1} s"
finally
    work.Delete true
