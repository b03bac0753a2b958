// Tests the tests: every fault is put into a copy of the tree, and the tests must fail there.
// Run as `dotnet fsi build.fsx mutants [NAME...]`, which restores the packages first.

#load "faults.fsx"
#load "copy.fsx"

open System
open System.Diagnostics
open System.IO
open System.Runtime.InteropServices
open System.Text.RegularExpressions
open Fault
open Copy

type Outcome =
    | Killed of by: string
    | Survived
    | DoesNotBuild of message: string

let private coreTests = "tests/HgnFunctional.Tests"
let private facadeTests = "tests/HgnFunctional.CSharp.Tests"

/// The tests that must notice a fault.
let private testsOf (fault: Fault) : string =
    if fault.File.StartsWith "src/HgnFunctional.CSharp/" then
        facadeTests
    else
        coreTests

/// As many failing tests as a line names; the run is not continued after them.
let private testsToName = 2

/// Settings of builds in the copy. Function bodies are not copied out of the library's assemblies: what calls a changed
/// function need not be compiled anew. A variable that a fault leaves unused is no reason to stop.
let private settings =
    """<Project>
  <PropertyGroup Condition="'$(MSBuildProjectExtension)' == '.fsproj'">
    <OtherFlags>$(OtherFlags.Replace('--warnon:1182', ''))</OtherFlags>
    <OtherFlags Condition="'$(MSBuildProjectName)' != 'HgnFunctional'">$(OtherFlags) --crossoptimize-</OtherFlags>
  </PropertyGroup>
</Project>
"""

/// Builds the tests and what they test; the compiler's first complaint if there is one. Nothing keeps running afterwards.
let private build (folder: string) (tests: string) : string option =
    let arguments =
        [
            "build"
            tests
            "-c"
            "Release"
            "--no-restore"
            "--verbosity"
            "quiet"
            "-nodeReuse:false"
            "-p:UseSharedCompilation=false"
        ]

    match run folder (TimeSpan.FromMinutes 15.0) (fun _ -> false) "dotnet" arguments with
    | Exited 0, _ -> None
    | Exited code, lines ->
        lines
        |> List.tryFind (fun line -> line.Contains ": error ")
        |> Option.defaultValue $"the build exited with {code}"
        |> Some
    | _ -> Some "the build did not end"

let private failedTest = Regex(@"\[\S+ ERR\] (?<name>.+) (failed|errored) in ", RegexOptions.ExplicitCapture)

/// Runs the tests in the copy. Temporary files of killed runs go with the copy.
let private test (folder: string) (limit: TimeSpan) (tests: string) : Outcome =
    let failed = ResizeArray<string>()

    let isEnough line =
        match failedTest.Match line with
        | found when found.Success ->
            failed.Add found.Groups["name"].Value
            failed.Count >= testsToName
        | _ -> false

    let arguments =
        [ "run"; "--no-build"; "-c"; "Release"; "--project"; tests; "--"; "--colours"; "0"; "--no-spinner"; "--summary" ]

    match run folder limit isEnough "dotnet" arguments, List.ofSeq failed with
    | _, (_ :: _ as names) -> Killed(String.concat "; " names)
    | (Exited 0, _), [] -> Survived
    | (Exited code, _), [] -> Killed $"exit code {code}"
    | (_, _), [] -> Killed "the time limit"

/// What is wrong with a fault's text, if anything.
let private complaint (fault: Fault) : string option =
    let path = Path.Combine(root, fault.File)

    if not (File.Exists path) then
        Some $"{fault.Name}: there is no file {fault.File}"
    else
        match (File.ReadAllText path).Split(fault.Original).Length - 1 with
        | 1 -> None
        | count -> Some $"{fault.Name}: its text is {count} times in {fault.File}; expected once"

/// What becomes of a fault. The file in the copy is as it was afterwards.
let private tryFault (folder: string) (limit: TimeSpan) (fault: Fault) : Outcome =
    let path = Path.Combine(folder, fault.File)
    let before = File.ReadAllText path

    try
        File.WriteAllText(path, before.Replace(fault.Original, fault.Fault))

        match testsOf fault |> build folder with
        | Some message -> DoesNotBuild message
        | None -> testsOf fault |> test folder limit
    finally
        File.WriteAllText(path, before)

let private report (fault: Fault) (outcome: Outcome) (seconds: float) : unit =
    let text =
        match outcome with
        | Killed by -> $"killed by {by}"
        | Survived -> $"SURVIVED; expected to notice: {fault.Law}"
        | DoesNotBuild message -> $"does not build: {message.Trim()}"

    printfn $"%-36s{fault.Name} %s{text} (%.0f{seconds} s)"

let private timed (action: unit -> 'result) : 'result * float =
    let watch = Stopwatch.StartNew()
    let result = action ()
    result, watch.Elapsed.TotalSeconds

/// The exit code: 0 if every fault was killed.
let private tryAll (faults: Fault list) : int =
    withCopy (fun folder ->
        File.WriteAllText(Path.Combine(folder, "Directory.Build.targets"), settings)

        let projects = faults |> List.map testsOf |> List.distinct

        match projects |> List.tryPick (build folder) with
        | Some message ->
            eprintfn $"Without a fault the copy does not build: {message}"
            1
        | None ->
            let outcomes, seconds = timed (fun () -> projects |> List.map (test folder (TimeSpan.FromMinutes 30.0)))

            match outcomes |> List.filter _.IsKilled with
            | Killed by :: _ ->
                eprintfn $"Without a fault the tests fail: {by}"
                1
            | _ ->
                printfn $"Without a fault all tests pass (%.0f{seconds} s)"
                // A fault may make a loop endless; a busy machine may make a sound run slower.
                let limit = TimeSpan.FromSeconds(5.0 * seconds)

                let outcomes =
                    [
                        for fault in faults do
                            let outcome, seconds = timed (fun () -> tryFault folder limit fault)
                            report fault outcome seconds
                            outcome
                    ]

                let killed = outcomes |> List.filter _.IsKilled |> List.length
                let survived = outcomes |> List.filter _.IsSurvived |> List.length
                printfn $"{killed} killed, {survived} survived"
                if killed = outcomes.Length then 0 else 1)

let private main (names: string list) : int =
    let known = Faults.all |> List.map _.Name
    let repeated = known |> List.countBy id |> List.filter (fun (_, count) -> count > 1) |> List.map fst
    let chosen = Faults.all |> List.filter (fun fault -> names.IsEmpty || List.contains fault.Name names)

    match names |> List.except known, repeated, chosen |> List.choose complaint with
    | [], [], [] -> tryAll chosen
    | [], [], complaints ->
        complaints |> List.iter (eprintfn "%s")
        1
    | [], repeated, _ ->
        eprintfn $"""Two faults have one name: {String.concat ", " repeated}"""
        1
    | unknown, _, _ ->
        eprintfn $"""There is no fault {String.concat ", " unknown}. The faults are:"""
        known |> List.iter (eprintfn "  %s")
        2

let private stop (context: PosixSignalContext) : unit =
    context.Cancel <- true
    interrupted.Cancel()

let private signals =
    [ for signal in [ PosixSignal.SIGINT; PosixSignal.SIGTERM ] -> PosixSignalRegistration.Create(signal, stop) ]

let private code =
    try
        main (List.ofArray fsi.CommandLineArgs |> List.skip 1)
    with :? OperationCanceledException ->
        eprintfn "Interrupted."
        130

signals |> List.iter _.Dispose()
exit code
