/// The command `hgn` and others, run as a shell would.
module HgnFunctional.Tests.Support.Command

open System
open System.Diagnostics
open System.IO

/// Starts a program whose two outputs are read from here.
let startProgram (variables: (string * string) list) (program: string) (arguments: string list) : Process =
    let info = ProcessStartInfo(program, arguments, RedirectStandardOutput = true, RedirectStandardError = true)

    for name, value in variables do
        info.Environment[name] <- value

    Process.Start info

/// Exit code, standard output and standard error of a process, when it ends.
let finish (running: Process) : int * string * string =
    use running = running
    let output = running.StandardOutput.ReadToEndAsync()
    let errors = running.StandardError.ReadToEnd()
    running.WaitForExit()
    running.ExitCode, output.Result, errors

/// The command line of `hgn` without the program, which is `dotnet`.
let hgn (arguments: string list) : string list = Path.Combine(AppContext.BaseDirectory, "hgn.dll") :: arguments

/// Starts `hgn` with the signals that a terminal would give it: a background job that runs the tests may ignore some, which its
/// children inherit.
let start (arguments: string list) : Process =
    if OperatingSystem.IsLinux() then
        startProgram [] "env" ("--default-signal=INT,TERM" :: "dotnet" :: hgn arguments)
    else
        startProgram [] "dotnet" (hgn arguments)

/// Exit code, standard output and standard error of `hgn`.
let run (variables: (string * string) list) (arguments: string list) : int * string * string =
    startProgram variables "dotnet" (hgn arguments) |> finish

/// The same of a line of shell in which `hgn` is a command.
let shell (line: string) : int * string * string =
    let hgn = Path.Combine(AppContext.BaseDirectory, "hgn.dll")
    startProgram [] "bash" [ "-c"; $"hgn() {{ dotnet '{hgn}' \"$@\"; }}; {line}" ] |> finish
