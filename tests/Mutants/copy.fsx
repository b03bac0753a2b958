// A copy of the tree in the system's folder for temporary files, and programs run in it.

open System
open System.Diagnostics
open System.IO
open System.Threading

/// The root of the repository.
let root: string = Path.GetFullPath(Path.Combine(__SOURCE_DIRECTORY__, "..", ".."))

/// Set by Ctrl-C and by a request to end; every program that runs is then killed.
let interrupted = new CancellationTokenSource()

/// How a program ended.
type Ending =
    | Exited of code: int
    /// It was killed, since its output was enough.
    | SawEnough
    /// It was killed, since its time was up.
    | TimeUp

/// Runs a program in a folder, where its temporary files go too. Gives its ending and the lines of its standard output;
/// `isEnough` looks at each new line and says whether the rest can be spared.
let run (folder: string) (limit: TimeSpan) (isEnough: string -> bool) (program: string) (arguments: string list) : Ending * string list =
    let info =
        ProcessStartInfo(program, arguments, WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true)

    let temporary = Path.Combine(folder, "tmp")
    Directory.CreateDirectory temporary |> ignore

    for name, value in [ "DOTNET_NOLOGO", "1"; "MSBUILDTERMINALLOGGER", "off"; "TMPDIR", temporary; "TMP", temporary; "TEMP", temporary ] do
        info.Environment[name] <- value

    use running =
        match Process.Start info with
        | null -> invalidOp $"{program} did not start."
        | started -> started

    use timer = new CancellationTokenSource(limit)
    use either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, interrupted.Token)
    // A killed program closes its output, which ends the loop below; waiting for a line cannot be cut short.
    use _ = either.Token.Register(fun () -> running.Kill true)
    let errors = running.StandardError.ReadToEndAsync()
    let lines = ResizeArray<string>()
    let mutable goingOn = true
    let mutable enough = false

    while goingOn do
        match running.StandardOutput.ReadLine() with
        | null -> goingOn <- false
        | line ->
            lines.Add line

            if isEnough line then
                enough <- true
                goingOn <- false

    if enough then
        running.Kill true

    running.WaitForExit()
    interrupted.Token.ThrowIfCancellationRequested()

    if enough then
        SawEnough, List.ofSeq lines
    elif timer.IsCancellationRequested then
        TimeUp, List.ofSeq lines
    else
        Exited running.ExitCode, List.ofSeq lines @ List.ofArray (errors.Result.Split '\n')

/// What git does not ignore, and what a restore made, so that no build of the copy asks for a package.
let private filesToCopy () : string list =
    let listed =
        let info =
            ProcessStartInfo("git", "ls-files -co -z --exclude-standard", WorkingDirectory = root, RedirectStandardOutput = true)

        use git = Process.Start info
        let output = git.StandardOutput.ReadToEnd()
        git.WaitForExit()

        if git.ExitCode <> 0 then
            invalidOp "git did not list the files."

        output.Split('\000', StringSplitOptions.RemoveEmptyEntries) |> List.ofArray

    let restored =
        [
            for project in listed |> List.filter (fun file -> file.EndsWith "proj") do
                let folder = Path.Combine(root, Path.GetDirectoryName project, "obj")

                if Directory.Exists folder then
                    yield! Directory.GetFiles folder

            yield Path.Combine(root, "paket.lock")
            yield! Directory.GetFiles(Path.Combine(root, "paket-files"), "*", SearchOption.AllDirectories)
        ]

    listed @ (restored |> List.map (fun file -> Path.GetRelativePath(root, file)))
    |> List.filter (fun file -> File.Exists(Path.Combine(root, file)))

/// Calls a function with a copy of the tree, which is removed afterwards, whatever happens.
let withCopy (action: string -> 'result) : 'result =
    let folder = (Directory.CreateTempSubdirectory "hgn-mutants-").FullName

    try
        for file in filesToCopy () do
            let target = Path.Combine(folder, file)
            Directory.CreateDirectory(Path.GetDirectoryName target) |> ignore
            File.Copy(Path.Combine(root, file), target)

        action folder
    finally
        Directory.Delete(folder, true)
