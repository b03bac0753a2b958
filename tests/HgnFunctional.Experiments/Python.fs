namespace HgnFunctional.Experiments

open System
open System.Diagnostics
open System.IO

/// Running the scripts in Python/ with an interpreter that has the modules they import, where there is one.
[<RequireQualifiedAccess>]
module Python =

    let private start (interpreter: string) (arguments: string list) : Process option =
        let info = ProcessStartInfo(interpreter, arguments, RedirectStandardOutput = true, RedirectStandardError = true)

        // One thread each: idle OpenMP threads would spin, and count as work.
        info.Environment["OMP_NUM_THREADS"] <- "1"

        try
            Process.Start info |> Option.ofObj
        with :? ComponentModel.Win32Exception ->
            None

    let private canImport (modules: string list) (interpreter: string) : bool =
        match start interpreter [ "-c"; "import " + String.concat ", " modules ] with
        | None -> false
        | Some running ->
            use running = running
            running.ErrorDataReceived.Add ignore
            running.BeginErrorReadLine()
            running.StandardOutput.ReadToEnd() |> ignore
            running.WaitForExit()
            running.ExitCode = 0

    /// The first of all `python3` on the path that can import these modules. There may be several interpreters, and
    /// packages belong to one of them.
    let tryFind (modules: string list) : string option =
        let folders = (Environment.GetEnvironmentVariable "PATH" |> string).Split Path.PathSeparator

        Seq.allPairs folders [ "python3"; "python3.exe"; "python.exe" ]
        |> Seq.map Path.Combine
        |> Seq.filter File.Exists
        |> Seq.tryFind (canImport modules)

    /// Runs a script of the folder Python and gives each line that it prints, as it comes, to `reading`.
    let run (interpreter: string) (script: string) (arguments: string list) (reading: string -> unit) : unit =
        let path = Path.Combine(AppContext.BaseDirectory, "Python", script)

        match start interpreter (path :: arguments) with
        | None -> invalidOp $"{interpreter} did not start."
        | Some running ->
            use running = running
            running.ErrorDataReceived.Add(fun line -> Option.ofObj line.Data |> Option.iter (eprintfn "%s"))
            running.BeginErrorReadLine()
            let mutable line = running.StandardOutput.ReadLine()

            while not (isNull line) do
                reading line
                line <- running.StandardOutput.ReadLine()

            running.WaitForExit()

            if running.ExitCode <> 0 then
                invalidOp $"{script} failed with exit code {running.ExitCode}."
