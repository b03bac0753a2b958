/// Training times after warm-up, and the generated lattice beside a peer: `dotnet fsi build.fsx bench [-- PEER [PYTHON]]`,
/// where PEER is a script that trains on a generated 2x2x2 lattice and prints one JSON line with trainSeconds and testMse.
module HgnFunctional.Benchmarks.Main

open System
open System.Diagnostics
open System.IO
open System.Text.Json
open HgnFunctional
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Models
open HgnFunctional.Learning
open HgnFunctional.Systems
open HgnFunctional.Integrators
open HgnFunctional.Metrics
open HgnFunctional.IO

let private expect (result: Result<'value, 'error>) : 'value =
    match result with
    | Ok value -> value
    | Error error -> invalidOp (string (box error))

/// Seconds of assembly and of the solve, least of several runs after one to warm up; and the model.
let private time (source: unit -> Result<Snapshot, DataError> seq) : TrainedModel * float * float =
    let run () =
        let watch = Stopwatch.StartNew()
        let mutable stage = Reading
        let mutable since = 0.0
        let mutable assembling = 0.0
        let mutable solving = 0.0

        let entering next =
            let now = watch.Elapsed.TotalSeconds

            match stage with
            | Assembling -> assembling <- assembling + now - since
            | Solving -> solving <- solving + now - since
            | Reading
            | Sampling -> ()

            stage <- next
            since <- now

        let model = Training.fitStream TrainingConfig.defaults entering (source ()) |> expect
        entering Reading
        model, assembling, solving

    run () |> ignore
    List.init 5 (fun _ -> run ()) |> List.minBy (fun (_, assembling, solving) -> assembling + solving)

/// Ten runs of a 2x2x2 lattice of unit springs, 100 snapshots each, a snapshot every 10 steps of 0.01.
let private generated (seed: int) : Snapshot[] =
    let lattice = Topology.grid [ 2; 2; 2 ]
    let structure = Structure.bonded 3 1.0 lattice.Graph
    let system = PairSystem(structure, PairPotential.harmonic 1.0 1.0)

    [|
        for run in 1..10 do
            let start = InitialState.perturbed 0.3 0.3 (100 * seed + run) structure lattice.Sites

            for state in Trajectory.record (Splitting.on system SplittingMethod.stormerVerlet) 0.01 990 10 start |> expect do
                Snapshot.ofHamiltonian structure system state |> expect
    |]

let private report (name: string) (model: TrainedModel) (assembling: float) (solving: float) (error: string) : unit =
    let kept = model.Diagnostics |> List.sumBy (fun fit -> fit.FeaturesKept)
    printfn $"{name, -34} assemble {assembling:F4} s   solve {solving:F4} s   features kept {kept, 3}   {error}"

let private onFile (name: string) : unit =
    let file extension = Path.Combine(AppContext.BaseDirectory, "data", name + extension)
    let source () = TrajectoryFile.snapshots (TrajectoryFile.bondsOf (file ".data")) [ file ".lammpstrj" ]
    let model, assembling, solving = time source
    report name model assembling solving ""

let private onLiquid () : unit =
    let options = { TrajectoryFile.within 2.5 with LastFrame = Some 49 }
    let dump = Path.Combine(AppContext.BaseDirectory, "data", "lj_argon.lammpstrj")
    let model, assembling, solving = time (fun () -> TrajectoryFile.snapshots options [ dump ])
    let later = TrajectoryFile.snapshots { options with FirstFrame = 50; LastFrame = None } [ dump ]
    let evaluation = Evaluation.ofStream model later |> expect
    report "lj_argon, 50 frames" model assembling solving $"later frames {evaluation.RelativeForceError:E2}"

let private onGenerated () : float =
    let training, test = generated 1, generated 2
    let model, assembling, solving = time (fun () -> Seq.map Ok training)
    let evaluation: Evaluation = Evaluation.ofSnapshots model test |> expect
    report "generated 2x2x2, 1000 snapshots" model assembling solving $"test mse {evaluation.MeanSquareError:E2}"
    assembling + solving

let private besidePeer (seconds: float) (python: string) (script: string) : unit =
    let info = ProcessStartInfo(python, [ script; "--solver"; "qr" ], RedirectStandardOutput = true)
    use peer = Process.Start info
    let line = peer.StandardOutput.ReadToEnd()
    peer.WaitForExit()

    if peer.ExitCode <> 0 then
        eprintfn $"The peer {script} failed; it needs {python} with numpy."
        exit 1

    let json = JsonDocument.Parse(line).RootElement
    let its = json.GetProperty("trainSeconds").GetDouble()

    printfn
        $"""peer {Path.GetFileName script}: {its:F3} s, test mse {json.GetProperty("testMse").GetDouble():E2}; ours is {its / seconds:F1} times as fast"""

[<EntryPoint>]
let main arguments =
    List.iter onFile [ "spring_2x2x2"; "chain8" ]
    onLiquid ()
    let seconds = onGenerated ()

    match List.ofArray arguments with
    | [] -> ()
    | script :: rest -> besidePeer seconds (List.tryHead rest |> Option.defaultValue "python3") script

    0
