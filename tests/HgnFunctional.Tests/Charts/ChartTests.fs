/// What charts are made of, and the pages that hold them.
module HgnFunctional.Tests.Charts.ChartTests

open System
open System.IO
open System.Text.Json
open System.Text.RegularExpressions
open Expecto
open HgnFunctional
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Learning
open HgnFunctional.Systems
open HgnFunctional.Charts
open HgnFunctional.Tests.Support
open HgnFunctional.Tests.Support.Laws
open Plotly.NET

let private chain = Topology.grid [ 6 ]
let private structure = Structure.bonded 1 1.0 chain.Graph
let private potential = PairPotential.morse 1.0 1.0 1.0
let private bonds = PairSystem(structure, potential)
let private start seed = InitialState.perturbed 0.2 0.2 seed structure chain.Sites
let private snapshots seeds = seeds |> List.map start |> List.collect (Snapshot.ofHamiltonian structure bonds >> Result.toList)

let private model = lazy (snapshots [ 1..40 ] |> Training.fit TrainingConfig.defaults |> expectOk)

/// The traces of a chart, as Plotly sees them: name, x, y.
let private traces (chart: GenericChart) : (string * float list * float list) list =
    use document = JsonDocument.Parse(GenericChart.toJson chart)

    let numbers (trace: JsonElement) (axis: string) =
        match trace.TryGetProperty axis with
        | true, values -> [ for value in values.EnumerateArray() -> value.GetDouble() ]
        | _ -> []

    [
        for trace in document.RootElement.GetProperty("data").EnumerateArray() do
            let name =
                match trace.TryGetProperty "name" with
                | true, name -> name.GetString()
                | _ -> ""

            name, numbers trace "x", numbers trace "y"
    ]

[<Tests>]
let tests =
    testList
        "Charts"
        [
            test "lines keep their names and points" {
                let found = Charts.lines "title" "x" "y" [ "a", [ 1.0, 2.0; 3.0, 4.0 ]; "b", [ 5.0, -6.0 ] ] |> traces
                Expect.equal found [ "a", [ 1.0; 3.0 ], [ 2.0; 4.0 ]; "b", [ 5.0 ], [ -6.0 ] ] "traces"
            }

            test "logarithmic axes leave out what has no logarithm" {
                let points = [ 0.0, 1.0; 1.0, 0.0; 2.0, 3.0; -1.0, 2.0; 4.0, -5.0 ]
                let found = Charts.logLines "title" "x" "y" [ "a", points ] |> traces
                Expect.equal found [ "a", [ 2.0 ], [ 3.0 ] ] "traces"
            }

            test "the chart of energy starts at zero and has the times of the states" {
                let states = [ for seed in 1..3 -> start seed ]
                let _, times, drifts = Charts.energy bonds 0.5 [ "run", states ] |> traces |> List.exactlyOne
                let value = Hamiltonian.value bonds
                Expect.equal times [ 0.0; 0.5; 1.0 ] "times"
                Expect.equal drifts [ for state in states -> value state - value states.Head ] "H(t) - H(0)"
            }

            test "paths are those of the bodies that were asked for" {
                let states = [ for seed in 1..4 -> start seed ]
                let found = Charts.paths [ 0; 5 ] states |> traces
                Expect.equal (found |> List.map (fun (name, _, _) -> name)) [ "body 0"; "body 5" ] "names"
                let _, _, positions = found[1]
                Expect.equal positions [ for state in states -> state.Positions[5] ] "positions of body 5"
            }

            test "forces of a good model lie on the diagonal, one point for each component" {
                let test = snapshots [ 51; 52 ]
                let _, measured, learned = Charts.forces model.Value test |> expectOk |> traces |> List.exactlyOne
                Expect.equal measured.Length (2 * structure.Bodies * structure.Dimension) "points"
                Expect.equal measured (test |> List.collect (fun snapshot -> List.ofArray (snapshot.Forces.ToArray()))) "measured"
                let worst = List.map2 (fun x y -> abs (x - y)) measured learned |> List.max
                Expect.isLessThan worst 1e-5 "distance from the diagonal"
            }

            test "the energy of a pair is the bond's, zero at the first distance" {
                let name, energies = [ for k in 0..20 -> 0.9 + 0.01 * float k ] |> Charts.pairEnergies model.Value |> List.exactlyOne
                Expect.equal name "distance" "the only kind"
                Expect.equal (snd energies.Head) 0.0 "the first"

                for r, energy in energies do
                    let truth = potential.Energy r - potential.Energy(fst energies.Head)
                    Expect.isLessThan (abs (energy - truth)) 1e-6 $"energy at {r}"
            }

            test "a page holds all its charts, and Plotly's script once" {
                TemporaryFolder.using (fun folder ->
                    let path = Path.Combine(folder, "page.html")
                    let chart name = Charts.lines name "x" "y" [ name, [ 1.0, 2.0 ] ]
                    Charts.save path [ chart "first"; chart "second" ]
                    let html = File.ReadAllText path
                    Expect.equal (Regex.Count(html, "Plotly\\.newPlot\\('")) 2 "charts"
                    Expect.isLessThan html.Length 5_000_000 "the script is there once"
                    Expect.isGreaterThan html.Length 1_000_000 "the script is there"
                    Expect.isFalse (Regex.IsMatch(html, "<script[^>]*src=")) "nothing comes from elsewhere"
                    Expect.equal (Directory.GetFiles folder) [| path |] "files")
            }

            test "a page that cannot be written leaves the one that was there" {
                TemporaryFolder.using (fun folder ->
                    let path = Path.Combine(folder, "page.html")
                    File.WriteAllText(path, "before")
                    Expect.throwsT<ArgumentException> (fun () -> Charts.save path []) "no chart"
                    let chart = Charts.lines "a" "x" "y" [ "a", [ 1.0, 2.0 ] ]

                    Expect.throwsT<IOException>
                        (fun () -> Charts.save (Path.Combine(folder, "missing", "page.html")) [ chart ])
                        "no place for the new page"

                    Expect.equal (File.ReadAllText path) "before" "the page"
                    let beside = path + ".tmp"
                    File.WriteAllText(beside, "the user's own")
                    Charts.save path [ chart ]
                    Expect.equal (File.ReadAllText beside) "the user's own" "a file beside the page")
            }
        ]
