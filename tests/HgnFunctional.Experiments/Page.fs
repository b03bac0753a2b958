namespace HgnFunctional.Experiments

/// Pages in Markdown that commands write, never hands.
[<RequireQualifiedAccess>]
module Page =

    let private row (cells: string list) : string = cells |> String.concat " | " |> sprintf "| %s |"

    /// A table with a header.
    let table (header: string list) (rows: string list list) : string list =
        row header :: row (header |> List.map (fun _ -> "---")) :: List.map row rows

    /// A number with two significant digits.
    let number (x: float) : string =
        if x = 0.0 then
            "0"
        else
            x.ToString("0.0e+0", System.Globalization.CultureInfo.InvariantCulture)

    /// Lines to a file.
    let write (path: string) (lines: string list) : unit =
        System.IO.File.WriteAllText(path, String.concat "\n" lines + "\n")
        eprintfn $"wrote {path}"
