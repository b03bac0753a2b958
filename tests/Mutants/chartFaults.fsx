// Faults in charts and in what F# Interactive shows.

#load "fault.fsx"

open Fault

let private charts = "src/HgnFunctional.Charts/Charts.fs"

let all: Fault list =
    [
        {
            Name = "logarithms-of-what-has-none"
            File = charts
            Original = "Seq.filter (fun (x, y) -> x > 0.0 && y > 0.0)"
            Fault = "Seq.filter (fun (x, y) -> x > 0.0 || y > 0.0)"
            Law = "logarithmic axes leave out what has no logarithm"
        }
        {
            Name = "charts-of-energy-not-from-zero"
            File = charts
            Original = "value - values[0])"
            Fault = "value)"
            Law = "the chart of energy starts at zero"
        }
        {
            Name = "energy-of-pairs-not-from-zero"
            File = charts
            Original = "energies |> List.map (fun (r, energy) -> r, energy - snd energies.Head)"
            Fault = "energies |> List.map (fun (r, energy) -> r, energy)"
            Law = "the energy of a pair is zero at the first distance"
        }
        {
            Name = "script-of-plotly-in-every-chart"
            File = charts
            Original = "if index = 0 then PlotlyJSReference.Full"
            Fault = "if index >= 0 then PlotlyJSReference.Full"
            Law = "a page holds Plotly's script once"
        }
        {
            Name = "script-of-plotly-from-elsewhere"
            File = charts
            Original = "if index = 0 then PlotlyJSReference.Full"
            Fault = "if index < 0 then PlotlyJSReference.Full"
            Law = "a page needs no network"
        }
        {
            Name = "pages-over-what-is-beside-them"
            File = charts
            Original = "match AtomicFile.write path (fun writer -> writer.Write html) with"
            Fault =
                "match (let own = path + \".tmp\" in System.IO.File.WriteAllText(own, html); System.IO.File.Move(own, path, true); Ok()) with"
            Law = "what is beside a page stays"
        }
        {
            Name = "states-that-show-their-type"
            File = "src/HgnFunctional/Mechanics/PhaseState.fs"
            Original = "momenta from {Array.min p:G4} to"
            Fault = "momenta from {Array.min q:G4} to"
            Law = "a state shows how large its entries are"
        }
        {
            Name = "recipes-that-show-their-closures"
            File = "src/HgnFunctional/Blocks/Block.fs"
            Original = "[<NoEquality; NoComparison; StructuredFormatDisplay(\"{Kind}\")>]"
            Fault = "[<NoEquality; NoComparison>]"
            Law = "a configuration shows no closures"
        }
        {
            Name = "edges-counted-at-one-end"
            File = "src/HgnFunctional/Bodies/Graph.fs"
            Original = "degrees[pairs.Receivers[k]] <- degrees[pairs.Receivers[k]] + 1"
            Fault = "degrees[pairs.Receivers[k]] <- degrees[pairs.Receivers[k]] + 0"
            Law = "a graph shows the degrees of its bodies"
        }
    ]
