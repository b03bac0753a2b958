// Running commands as a stranger does: with the machine's own package sources, and empty caches.

open System.Diagnostics
open System.IO

/// What a command prints; it must succeed. Packages go into `caches`, and what tools leave in the home folder into `home`.
let run (home: string) (folder: string) (program: string) (arguments: string list) : string =
    let info =
        ProcessStartInfo(program, arguments, WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true)

    // F# Interactive keeps what it resolved in the home folder; a fresh one has no caches.
    for name, value in [ "NUGET_PACKAGES", Path.Combine(home, "caches"); "DOTNET_CLI_HOME", home; "DOTNET_NOLOGO", "1"; "NO_COLOR", "1" ] do
        info.Environment[name] <- value

    use running = Process.Start info
    let errors = running.StandardError.ReadToEndAsync()
    let output = running.StandardOutput.ReadToEnd()
    running.WaitForExit()

    if running.ExitCode <> 0 then
        failwith $"""{program} {String.concat " " arguments} exited with {running.ExitCode}: {output}{errors.Result}"""

    output

/// A new folder in the home folder.
let folder (home: string) (name: string) : string = (Directory.CreateDirectory(Path.Combine(home, name))).FullName

/// The version of the packages in a folder.
let version (packages: string) : string =
    let name =
        Directory.GetFiles(packages, "HgnFunctional.CSharp.*.nupkg") |> Array.exactlyOne |> Path.GetFileNameWithoutExtension

    name.Substring("HgnFunctional.CSharp.".Length)

/// Makes a console project in C# of this program, with the facade's package, and says what it prints.
let csharp (home: string) (packages: string) (folder: string) (program: string) : string =
    let run = run home folder "dotnet"
    run [ "new"; "console" ] |> ignore

    run [ "add"; "package"; "HgnFunctional.CSharp"; "--version"; version packages; "--source"; packages; "--no-restore" ]
    |> ignore

    File.WriteAllText(Path.Combine(folder, "Program.cs"), program)
    // As a nuget.config would name it, beside the sources that the machine has.
    run [ "run"; $"-p:RestoreAdditionalProjectSources={packages}" ]
