// The build, run as `dotnet fsi build.fsx TARGET [ARGUMENTS]` from any directory; it needs the .NET 10 SDK and nothing else.

open System
open System.Diagnostics
open System.IO

/// Running other programs. The first one that fails ends the build with its own exit code.
module Shell =
    let private start (captured: bool) (variables: (string * string) list) (arguments: string list) : Process =
        let info = ProcessStartInfo("dotnet", arguments, WorkingDirectory = __SOURCE_DIRECTORY__, RedirectStandardOutput = captured)

        for name, value in ("DOTNET_NOLOGO", "1") :: variables do
            info.Environment[name] <- value

        // On standard error, so that standard output holds only what the program itself prints.
        eprintfn $"""> dotnet {String.concat " " arguments}"""

        match Process.Start info with
        | null -> invalidOp "The dotnet command did not start."
        | started -> started

    let private stopUnlessZero (code: int) : unit =
        if code <> 0 then
            exit code

    let private codeOf (variables: (string * string) list) (arguments: string list) : int =
        use running = start false variables arguments
        running.WaitForExit()
        running.ExitCode

    /// Runs all, even after one that fails.
    let dotnetEach (variables: (string * string) list) (runs: string list list) : unit =
        runs |> List.map (codeOf variables) |> List.iter stopUnlessZero

    let dotnet (arguments: string list) : unit = dotnetEach [] [ arguments ]

    /// What the program prints, for reading; shown only if the program fails.
    let read (arguments: string list) : string =
        use running = start true [] arguments
        let output = running.StandardOutput.ReadToEnd()
        running.WaitForExit()

        if running.ExitCode <> 0 then
            eprintf $"%s{output}"

        stopUnlessZero running.ExitCode
        output

/// The steps. Each takes the proof that what it needs was done; only this module can make a proof.
module Step =
    type Restored = private | Restored
    type Built = private | Built
    type Tested = private | Tested
    type Packed = private | Packed

    let private solution = "HgnFunctional.sln"
    let private program = "src/HgnFunctional.Cli"
    let private benchmarks = "tests/HgnFunctional.Benchmarks"
    let private packages = Path.Combine(__SOURCE_DIRECTORY__, "artifacts", "packages")
    let private experimentsProject = "tests/HgnFunctional.Experiments"
    let private fuzzer = "tests/HgnFunctional.Fuzz"

    // Paket takes its source from this variable, so that no committed file names a registry:
    // every machine uses the one its own NuGet configuration names.
    let private choosePackageSource () : unit =
        if String.IsNullOrWhiteSpace(Environment.GetEnvironmentVariable "PACKAGE_SOURCE") then
            let sources = (Shell.read [ "nuget"; "list"; "source"; "--format"; "short" ]).Split '\n'

            match sources |> Array.tryFind _.StartsWith("E ") with
            | Some line -> Environment.SetEnvironmentVariable("PACKAGE_SOURCE", line.Substring(2).Trim())
            | None ->
                eprintfn "No NuGet package source is enabled: add one with `dotnet nuget add source`, or set PACKAGE_SOURCE."
                exit 1

    let restore () : Restored =
        choosePackageSource ()
        Shell.read [ "tool"; "restore" ] |> ignore
        Shell.read [ "paket"; "install" ] |> ignore
        Shell.dotnet [ "restore"; solution; "--verbosity"; "quiet" ]
        Restored

    /// `--check` changes no file and fails if one would change.
    let format (arguments: string list) (_: Restored) : unit =
        let check = List.contains "--check" arguments
        let folders = [ "src"; "tests"; "build.fsx" ]
        Shell.dotnet ([ "fantomas" ] @ (if check then [ "--check" ] else []) @ folders)

        // Project by project: on the solution, dotnet format complains about every F# project.
        for project in Directory.GetFiles(__SOURCE_DIRECTORY__, "*.csproj", SearchOption.AllDirectories) |> Array.sort do
            Shell.dotnet ([ "format"; project; "--no-restore" ] @ (if check then [ "--verify-no-changes" ] else []))

    let build (_: Restored) : Built =
        Shell.dotnet [ "build"; solution; "-c"; "Release"; "--no-restore"; "--verbosity"; "quiet" ]
        Built

    let private runBuilt (project: string) = [ "run"; "--no-build"; "-c"; "Release"; "--project"; project; "--" ]

    let private expecto (variables: (string * string) list) (arguments: string list) : Tested =
        let plain = [ "--colours"; "0"; "--no-spinner"; "--summary" ]
        // The library itself, then the facade as C# sees it.
        let projects = [ "tests/HgnFunctional.Tests"; "tests/HgnFunctional.CSharp.Tests" ]
        projects |> List.map (fun project -> runBuilt project @ plain @ arguments) |> Shell.dotnetEach variables
        Tested

    let test (arguments: string list) (_: Built) : Tested = expecto [] arguments

    /// The same tests where every kernel takes its path for machines without vector instructions.
    let testWithoutSimd (arguments: string list) (_: Built) : Tested = expecto [ ("DOTNET_EnableHWIntrinsic", "0") ] arguments

    /// What other programs make of the files that are written: needs a Python with ase and h5py, and fails without.
    let testPrograms (_: Built) : Tested =
        let arguments = [ "--colours"; "0"; "--no-spinner"; "--summary"; "--filter-test-list"; "Other programs" ]
        Shell.dotnetEach [ ("HGN_OTHER_PROGRAMS", "1") ] [ runBuilt "tests/HgnFunctional.Tests" @ arguments ]
        Tested

    /// The tests of the tests: a list of deliberate faults, each of which must make them fail.
    let mutants (names: string list) (_: Restored) : unit = Shell.dotnet ([ "fsi"; "tests/Mutants/mutants.fsx" ] @ names)

    /// Every property with fifty times as many cases.
    let testLong (arguments: string list) (_: Built) : Tested = expecto [ ("HGN_TEST_FACTOR", "50") ] arguments

    /// Damaged files for every reader, until the time is up; inputs with findings are written to artifacts/fuzz.
    let fuzz (arguments: string list) (_: Built) : unit = Shell.dotnet (runBuilt fuzzer @ arguments)

    let demo (arguments: string list) (_: Built) : unit = Shell.dotnet (runBuilt program @ "demo" :: arguments)

    let pack (_: Built) : Packed =
        if Directory.Exists packages then
            Directory.Delete(packages, true)

        Shell.dotnet [ "pack"; solution; "-c"; "Release"; "--no-build"; "--output"; packages; "--verbosity"; "quiet" ]
        Packed

    /// The packages in the hands of strangers: a C# project, a script, the tool, all with empty caches.
    let tryPackages (_: Packed) : unit = Shell.dotnet [ "fsi"; "tests/Packages/packages.fsx"; packages ]

    /// The site of the pages in docs, whose code runs with the packages.
    let docs (_: Packed) : unit =
        Shell.dotnet [ "fsi"; "tests/Docs/site.fsx"; packages; Path.Combine(__SOURCE_DIRECTORY__, "artifacts", "docs") ]

    let bench (arguments: string list) (_: Restored) : unit =
        Shell.dotnet ([ "run"; "-c"; "Release"; "--project"; benchmarks; "--" ] @ arguments)

    let experiments (arguments: string list) (_: Built) : unit = Shell.dotnet (runBuilt experimentsProject @ arguments)

let everything () : unit =
    let restored = Step.restore ()
    restored |> Step.format [ "--check" ]
    let built = restored |> Step.build
    built |> Step.testWithoutSimd [] |> ignore
    built |> Step.test [] |> ignore
    built |> Step.demo []
    let packed = built |> Step.pack
    packed |> Step.tryPackages
    packed |> Step.docs

let built () : Step.Built = Step.restore () |> Step.build

let targets: (string * string * (string list -> unit)) list =
    [
        "all", "format --check, build, test-nosimd, test, demo, packages, docs (the default)", (fun _ -> everything ())
        "restore", "fetch the tools and packages", (fun _ -> Step.restore () |> ignore)
        "format", "format all sources; --check only reports", (fun rest -> Step.restore () |> Step.format rest)
        "build", "build the solution", (fun _ -> built () |> ignore)
        "test", "run the tests", (fun rest -> built () |> Step.test rest |> ignore)
        "test-nosimd", "run them without vector instructions", (fun rest -> built () |> Step.testWithoutSimd rest |> ignore)
        "test-programs",
        "open the files that are written with ASE and h5py, which must be there",
        (fun _ -> built () |> Step.testPrograms |> ignore)
        "mutants", "see the tests fail on deliberate faults, all or those named", (fun rest -> Step.restore () |> Step.mutants rest)
        "test-long", "run them with fifty times as many cases", (fun rest -> built () |> Step.testLong rest |> ignore)
        "fuzz",
        "attack every reader with damaged files: MINUTES [SEED], or one with AFL++: MINUTES --guided LOADER",
        (fun rest -> built () |> Step.fuzz rest)
        "demo", "train, evaluate and simulate in under a minute", (fun rest -> built () |> Step.demo rest)
        "pack", "make the packages in artifacts/packages", (fun _ -> built () |> Step.pack |> ignore)
        "packages", "make them, and try each with empty caches", (fun _ -> built () |> Step.pack |> Step.tryPackages)
        "docs", "run the code of the pages in docs, and make the site artifacts/docs", (fun _ -> built () |> Step.pack |> Step.docs)
        "bench", "run the benchmarks", (fun rest -> Step.restore () |> Step.bench rest)
        "experiments",
        "write the pages of results in docs/: [NAME...] [--quick] [--out FOLDER]",
        (fun rest -> built () |> Step.experiments rest)
    ]

let target, arguments =
    match List.ofArray fsi.CommandLineArgs |> List.skip 1 with
    | [] -> "all", []
    | name :: rest -> name, rest

match targets |> List.tryFind (fun (name, _, _) -> name = target) with
| Some(_, _, run) -> run arguments
| None ->
    eprintfn $"There is no target %s{target}. The targets are:"

    for name, purpose, _ in targets do
        eprintfn $"  %-12s{name} %s{purpose}"

    exit 2
