namespace HgnFunctional.Charts

open System
open HgnFunctional
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Models
open HgnFunctional.IO
open Plotly.NET

/// Charts of simulations and of learned Hamiltonians. They are Plotly.NET's own, to be combined and styled further.
[<RequireQualifiedAccess>]
module Charts =

    let private titled (title: string) (x: string) (y: string) (chart: GenericChart) : GenericChart =
        chart
        |> Chart.withTitle title
        |> Chart.withXAxisStyle (TitleText = x)
        |> Chart.withYAxisStyle (TitleText = y)
        |> Chart.withSize (900, 600)

    let private line (name: string) (points: (float * float) seq) : GenericChart =
        Chart.Line(x = Seq.map fst points, y = Seq.map snd points, Name = name)

    /// Named lines (x, y) in one chart.
    let lines (title: string) (x: string) (y: string) (series: (string * (float * float) seq) seq) : GenericChart =
        series |> Seq.map (fun (name, points) -> line name points) |> Chart.combine |> titled title x y

    /// Named lines of numbers above 0 on logarithmic axes; other points are left out.
    let logLines (title: string) (x: string) (y: string) (series: (string * (float * float) seq) seq) : GenericChart =
        let positive points = points |> Seq.filter (fun (x, y) -> x > 0.0 && y > 0.0)

        series
        |> Seq.map (fun (name, points) -> name, positive points)
        |> lines title x y
        |> Chart.withXAxisStyle (AxisType = StyleParam.AxisType.Log, TitleText = x)
        |> Chart.withYAxisStyle (AxisType = StyleParam.AxisType.Log, TitleText = y)

    /// H(t) - H(0) of runs, each a name with the states that a time apart follow each other.
    let energy (hamiltonian: IHamiltonian) (timeApart: float) (runs: (string * PhaseState seq) seq) : GenericChart =
        let drift (states: PhaseState seq) =
            let values = states |> Seq.map (Hamiltonian.value hamiltonian) |> Array.ofSeq
            values |> Array.mapi (fun k value -> timeApart * float k, value - values[0]) |> Seq.ofArray

        runs |> Seq.map (fun (name, states) -> name, drift states) |> lines "Energy" "time" "H(t) - H(0)"

    /// The paths of bodies, in the first two or three dimensions; in one dimension, positions over the number of the state.
    let paths (bodies: int seq) (states: PhaseState seq) : GenericChart =
        let states = Array.ofSeq states
        let coordinate axis body = states |> Array.map (fun state -> state.Positions[body * state.Dimension + axis])

        if states.Length = 0 then
            invalidArg (nameof states) "There are no states; expected at least one."

        match states[0].Dimension with
        | 1 ->
            bodies
            |> Seq.map (fun body -> $"body {body}", coordinate 0 body |> Seq.mapi (fun k x -> float k, x))
            |> lines "Paths" "state" "position"
        | 2 -> bodies |> Seq.map (fun body -> $"body {body}", Seq.zip (coordinate 0 body) (coordinate 1 body)) |> lines "Paths" "x" "y"
        | _ ->
            bodies
            |> Seq.map (fun body ->
                Chart.Line3D(x = coordinate 0 body, y = coordinate 1 body, z = coordinate 2 body, Name = $"body {body}"))
            |> Chart.combine
            |> Chart.withTitle "Paths"
            |> Chart.withSize (900, 700)

    /// Learned forces over measured ones, a point for each component; a good model's points lie on the diagonal.
    let forces (model: TrainedModel) (snapshots: Snapshot seq) : Result<GenericChart, BindError> =
        let points (snapshot: Snapshot) =
            Model.bind snapshot.Structure model
            |> Result.map (fun dynamics ->
                let _, learned = Hamiltonian.timeDerivative dynamics.Hamiltonian snapshot.State

                if snapshot.HasForces then
                    Array.zip (snapshot.Forces.ToArray()) learned
                else
                    [||])

        let gathered =
            (Ok [], snapshots)
            ||> Seq.fold (fun gathered snapshot ->
                gathered |> Result.bind (fun before -> points snapshot |> Result.map (fun here -> here :: before)))

        gathered
        |> Result.map (fun groups ->
            let all = groups |> List.rev |> Array.concat
            Chart.Point(x = Array.map fst all, y = Array.map snd all) |> titled "Forces" "measured" "learned")

    /// The learned energy of one pair of each kind over its distance, zero at the first one, by the name of the invariant: of bonds, and of
    /// pairs within reach. Laws that weights multiply are those of weights of 1. None for models whose pairs have no laws of their
    /// own, as those of messages.
    let pairEnergies (model: TrainedModel) (distances: float seq) : (string * (float * float) list) list =
        let isOfPairs (kind: Kind) = kind.IsBondsOf || kind.IsPairsOf || kind.IsAnyPairsOf

        [
            for term in model.Terms do
                match term.Block.Kinds with
                | [ kind ] when isOfPairs kind ->
                    let energies = [ for r in distances -> r, term.Block.Response(term.Readout, [| r |]) ]
                    let name = term.Block.Ranges |> List.tryHead |> Option.map _.Name |> Option.defaultValue (string kind)
                    name, energies |> List.map (fun (r, energy) -> r, energy - snd energies.Head)
                | _ -> ()
        ]

    /// Writes charts to an HTML page, one below the other, that can be opened without a network: it holds Plotly's script. A page
    /// that is there already is replaced at the end, or not at all. Throws an `IOException` that says why where it cannot be written.
    let save (path: string) (charts: GenericChart seq) : unit =
        let charts = Array.ofSeq charts

        if charts.Length = 0 then
            invalidArg (nameof charts) "There is no chart; expected at least one."

        // The first brings the script for all.
        let body (index: int) (chart: GenericChart) : string =
            let reference = if index = 0 then PlotlyJSReference.Full else PlotlyJSReference.NoReference
            chart |> Chart.withDisplayOptionsStyle (PlotlyJSReference = reference) |> GenericChart.toEmbeddedHTML

        let html = charts |> Array.mapi body |> String.concat "\n"

        match AtomicFile.write path (fun writer -> writer.Write html) with
        | Ok() -> ()
        | Error error -> raise (System.IO.IOException(string error))
