namespace HgnFunctional.Experiments

open System
open ScottPlot

/// Charts as SVG files.
[<RequireQualifiedAccess>]
module Drawing =

    /// Ticks at powers of ten, at most eight of them.
    let private powers (values: float list) : TickGenerators.NumericManual =
        let low, high = int (floor (List.min values)), int (ceil (List.max values))
        let step = max 1 ((high - low + 7) / 8)
        let ticks = [| for exponent in low..step..high -> Tick(float exponent, $"1e{exponent}", true) |]
        TickGenerators.NumericManual ticks

    /// Draws a chart into a file.
    let save (path: string) (chart: Chart) : unit =
        let logs =
            chart.Series
            |> List.map (fun (name, points) ->
                name,
                [
                    for x, y in points do
                        if x > 0.0 && y > 0.0 && Double.IsFinite y then
                            log10 x, log10 y
                ])
            |> List.filter (fun (_, points) -> not (List.isEmpty points))

        use plot = new Plot()

        for name, points in logs do
            let line = plot.Add.Scatter(points |> List.map fst |> Array.ofList, points |> List.map snd |> Array.ofList)
            line.LegendText <- name

        let all = List.collect snd logs

        if not (List.isEmpty all) then
            plot.Axes.Bottom.TickGenerator <- powers (List.map fst all)
            plot.Axes.Left.TickGenerator <- powers (List.map snd all)

        plot.Title chart.Title
        plot.XLabel chart.X
        plot.YLabel chart.Y
        plot.ShowLegend(Alignment.UpperLeft) |> ignore
        plot.SaveSvg(path, 720, 440) |> ignore
        eprintfn $"wrote {path}"
