namespace HgnFunctional.Experiments

open System
open System.IO
open System.Runtime.InteropServices

/// The page docs/RESULTS.md, made of stored runs.
[<RequireQualifiedAccess>]
module Results =

    let private section (run: StoredRun) : string list =
        let settings =
            run.Findings.Settings |> List.map (fun (name, value) -> $"{name} {Value.toSetting value}") |> String.concat "; "

        let quick = if run.IsQuick then " --quick" else ""

        [
            ""
            $"## {run.Title}"
            ""
            $"`dotnet fsi build.fsx experiments {run.Name}{quick}`, on {run.Processors} processors with {run.Runtime}: {run.Seconds:F0} s."
            ""
            yield! Page.wrap $"Settings: {settings}."
            for table in run.Findings.Tables do
                ""
                yield! Page.wrap $"{table.Title}:"
                ""
                yield! Page.table table.Columns (table.Rows |> List.map (List.map Value.toCell))
            for chart in run.Findings.Charts do
                ""
                $"![{chart.Title}](results/{run.Name}-{chart.Name}.svg)"
            for remark in run.Findings.Remarks do
                ""
                yield! Page.wrap remark
        ]

    let private introduction: string list =
        [
            "# Results"
            ""
            "Written by `dotnet fsi build.fsx experiments`; no figure on this page was written by hand. Each section can be run"
            "alone, by its command; the page is then made anew from all stored runs (`results/NAME.json`; the tables with all"
            "digits are `results/NAME-TABLE.csv`). Seeds are fixed: figures repeat on the same kind of processor, except for times."
            ""
            "\"The paper\" is arXiv 2506.06558, the source of its figures here."
        ]

    let private folderOf (out: string) : string = Path.Combine(out, "results")

    /// Runs an experiment and stores what it found.
    let runAndStore (quick: bool) (out: string) (experiment: Experiment) : unit =
        eprintfn $"== {experiment.Name}"
        let clock = Diagnostics.Stopwatch.StartNew()
        let findings = experiment.Run quick
        eprintfn $"== {experiment.Name} took {clock.Elapsed.TotalSeconds:F1} s"

        Store.save
            (folderOf out)
            {
                Name = experiment.Name
                Title = experiment.Title
                IsQuick = quick
                Processors = Environment.ProcessorCount
                Runtime = RuntimeInformation.FrameworkDescription
                Seconds = clock.Elapsed.TotalSeconds
                Findings = findings
            }

    /// Writes the page from the stored runs of these experiments, in their order.
    let writePage (out: string) (experiments: Experiment list) : unit =
        let runs = experiments |> List.choose (fun experiment -> Store.tryLoad (folderOf out) experiment.Name)
        let total = runs |> List.sumBy _.Seconds
        let all = [ ""; $"All sections together take %.0f{total / 60.0} minutes." ]
        Page.write (Path.Combine(out, "RESULTS.md")) (introduction @ all @ List.collect section runs)
