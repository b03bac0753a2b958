module HgnFunctional.Tests.Verification.ExperimentTests

open System
open System.Diagnostics
open System.IO
open System.Text.Json
open Expecto

/// Runs experiments with their quick settings in a process of their own. Its path is empty, so that it finds no Python, and
/// runs what every machine can.
let private runQuick (folder: string) (names: string list) : unit =
    let program = Path.Combine(AppContext.BaseDirectory, "HgnFunctional.Experiments.dll")
    let arguments = program :: names @ [ "--quick"; "--out"; folder ]
    let info = ProcessStartInfo("dotnet", arguments, RedirectStandardError = true)
    info.Environment["PATH"] <- ""
    use running = Process.Start info
    let errors = running.StandardError.ReadToEnd()
    running.WaitForExit()
    Expect.equal running.ExitCode 0 errors

/// A row of a stored table: the text or number in a column.
type private Row(columns: string list, cells: JsonElement list) =

    let cell column =
        match List.tryFindIndex ((=) column) columns with
        | Some index -> cells[index]
        | None -> failtest $"There is no column {column} among {columns}."

    member _.Text(column: string) : string = (cell column).GetString()
    member _.Number(column: string) : float = (cell column).GetDouble()
    override _.ToString() = cells |> List.map string |> String.concat ", "

let private rows (folder: string) (experiment: string) (table: string) : Row list =
    use document = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "results", experiment + ".json")))

    let found =
        document.RootElement.GetProperty("tables").EnumerateArray()
        |> Seq.find (fun t -> t.GetProperty("name").GetString() = table)

    let columns = [ for column in found.GetProperty("columns").EnumerateArray() -> column.GetString() ]

    let rows =
        [
            for row in found.GetProperty("rows").EnumerateArray() -> Row(columns, [ for cell in row.EnumerateArray() -> cell.Clone() ])
        ]

    Expect.isNonEmpty rows table
    rows

let private isBelow (limit: float) (column: string) (rows: Row list) : unit =
    for row in rows do
        Expect.isLessThanOrEqual (row.Number column) limit $"{column} in {row}"

let private checkZeroShot (folder: string) : unit =
    let springs, morse = rows folder "zero-shot" "springs", rows folder "zero-shot" "morse"
    springs |> isBelow 1e-12 "force error"
    springs |> isBelow 1e-10 "position error"
    morse |> isBelow 1e-6 "force error in range"

    // What the paper reports as failing.
    let failing = springs @ morse |> List.filter (fun row -> row.Text "the paper" = "fails")
    Expect.isGreaterThanOrEqual failing.Length 6 "2x2 to a larger square and chain to lattices, two laws each"
    failing |> isBelow 1e-6 "force error"
    failing |> isBelow 1e-6 "position error"

    let long = rows folder "zero-shot" "long-runs"
    long |> isBelow 1e-13 "momentum drift"

    for row in long do
        let truth = row.Number "largest drift of the truth"
        Expect.isLessThan (abs (row.Number "largest drift" - truth)) (0.01 * truth) $"as the truth drifts: {row}"

let private checkPotentials (folder: string) : unit =
    for row in rows folder "potentials" "errors" do
        Expect.isLessThan (row.Number "median") (row.Number "the paper, same sampler") $"{row}"

        match row.Text "law", row.Text "sampler" with
        | "harmonic", _ -> Expect.isLessThan (row.Number "largest") 1e-26 $"round-off: {row}"
        | "anharmonic", "elm" -> Expect.isLessThan (row.Number "largest") 1e-16 $"{row}"
        | _ -> ()

    let median law sampler =
        let row = rows folder "potentials" "errors" |> List.find (fun row -> row.Text "law" = law && row.Text "sampler" = sampler)
        row.Number "median"

    for law in [ "anharmonic"; "Morse" ] do
        Expect.isLessThan (median law "elm") (median law "swim") $"{law}: ELM is better"

let private checkMolecular (folder: string) : unit =
    rows folder "molecular" "errors" |> isBelow 1e-6 "force error"
    let long = rows folder "molecular" "long-runs"
    long |> isBelow 1e-3 "largest, true energy"
    long |> isBelow 1e-13 "momentum drift"

let private checkNoise (folder: string) : unit =
    for row in rows folder "noise" "noise" do
        let noise = row.Number "noise"
        Expect.isLessThan (row.Number "force error in range") (max 1e-8 (0.1 * noise)) $"far below the noise: {row}"

        if noise > 0.0 then
            Expect.isLessThan (abs (row.Number "residual of the forces in training" / noise - 1.0)) 0.1 $"the noise itself: {row}"

    for row in rows folder "noise" "damping" do
        Expect.isLessThan (row.Number "force error in range") (max 1e-8 (row.Number "damping g")) $"below the damping: {row}"

let private checkRollout (folder: string) : unit =
    for row in rows folder "rollout" "errors" do
        let step = row.Number "position error of the step itself"
        Expect.isLessThan (row.Number "position error") (1e-3 * step) $"far below that of the time step: {row}"

let private checkBenchmark (folder: string) : unit =
    let rollouts = rows folder "benchmark" "rollouts"
    rollouts |> isBelow 1e-10 "relative force error"
    rollouts |> isBelow 1e-7 "rollout error at the end"
    rollouts |> isBelow 1e-11 "energy error at the end"
    rollouts |> isBelow 1e-26 "momentum error at the end"

let private checkRawNetworks (folder: string) : unit =
    let ofSystem system = rows folder "rf-hnn" "errors" |> List.filter (fun row -> row.Text "system" = system)

    for system, limit in [ "pendulum", 1e-3; "Lotka-Volterra", 1e-3; "Henon-Heiles", 1.0; "double pendulum", 1.0 ] do
        ofSystem system |> isBelow limit "largest"

    for row in ofSystem "Lotka-Volterra" do
        if row.Text "sampler" = "elm" then
            Expect.isLessThan (row.Number "largest") 1e-4 $"{row}"

let private checkPaperModel (folder: string) : unit =
    for row in rows folder "paper-model" "fits" do
        let limit = if row.Text "inputs" = "frame" then 8.95e-5 else 1e-26
        Expect.isLessThan (row.Number "largest") limit $"test MSE in {row}"

    for row in rows folder "paper-model" "simulations" do
        Expect.equal (row.Text "reached the end") "yes" $"{row}"

    let ours, framed = rows folder "paper-model" "unseen" |> List.partition (fun row -> row.Text "inputs" = "invariant")
    ours |> isBelow 1e-12 "relative force error"
    Expect.equal ((List.last framed).Text "relative force error") "refused" "a chain's frame has one axis, a lattice's has two"

let private checkConditioning (folder: string) : unit =
    let row features path =
        rows folder "conditioning" "paths"
        |> List.findBack (fun row -> row.Text "features" = features && row.Text "path" = path)

    let elm = row "elm, softplus"
    let ours, normal = elm "QR", elm "normal equations"
    Expect.isLessThan (ours.Number "force error") 1e-8 $"{ours}"
    Expect.isLessThan (ours.Number "force error") (1e-2 * normal.Number "force error") $"normal equations lose digits: {normal}"
    Expect.isLessThan (ours.Number "rank kept") (0.3 * ours.Number "width") $"the rank saturates: {ours}"
    Expect.isGreaterThan (normal.Number "condition") (10.0 * ours.Number "condition") $"normal equations square the condition: {normal}"

    let finest = elm "SVD, 1.0e-14"
    Expect.isLessThan (ours.Number "force error") (10.0 * finest.Number "force error") $"as accurate as the SVD: {finest}"

    let swim = row "swim, tanh"
    Expect.isLessThan ((swim "QR").Number "force error") ((swim "normal equations").Number "force error") "steep units too"

let private checkOptimizers (folder: string) : unit =
    let training = rows folder "optimizers" "training"
    Expect.equal (training |> List.map (fun row -> row.Text "method")) [ "ours, elm"; "ours, swim" ] "without Python"
    training |> isBelow 1e-26 "test MSE after those seconds"

/// Each experiment with its heading on the page, in their order there, and what its quick run must find.
let private experiments: (string * string * (string -> unit)) list =
    [
        "zero-shot", "Structures never seen", checkZeroShot
        "potentials", "Laws of bonds", checkPotentials
        "molecular", "A Lennard-Jones liquid", checkMolecular
        "noise", "Noise and damping", checkNoise
        "rollout", "Long runs beside the truth", checkRollout
        "benchmark", "The NeurIPS 2022 benchmark", checkBenchmark
        "rf-hnn", "Networks without a graph", checkRawNetworks
        "paper-model", "The paper's own network", checkPaperModel
        "conditioning", "Conditioning and width", checkConditioning
        "optimizers", "Gradient descent", checkOptimizers
    ]

[<Tests>]
let tests =
    testList
        "Experiments"
        [
            test "quick runs find the orders of magnitude that docs/RESULTS.md shows, and the page keeps what ran before" {
                let folder = Directory.CreateTempSubdirectory "hgn-test-"

                try
                    let first, rest = experiments |> List.map (fun (name, _, _) -> name) |> List.partition ((=) "noise")
                    runQuick folder.FullName first
                    runQuick folder.FullName rest

                    for _, _, check in experiments do
                        check folder.FullName

                    let headings =
                        File.ReadAllLines(Path.Combine(folder.FullName, "RESULTS.md")) |> Array.filter _.StartsWith("## ") |> List.ofArray

                    Expect.equal headings (experiments |> List.map (fun (_, title, _) -> "## " + title)) "all sections, in order"
                finally
                    folder.Delete true
            }
        ]
