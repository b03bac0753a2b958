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

    /// A paragraph as lines of at most 120 characters.
    let wrap (paragraph: string) : string list =
        let add (lines: string list) (word: string) =
            match lines with
            | line :: before when line.Length + word.Length < 120 -> $"{line} {word}" :: before
            | lines -> word :: lines

        paragraph.Split ' ' |> Array.fold add [] |> List.rev

    /// Lines to a file.
    let write (path: string) (lines: string list) : unit =
        System.IO.File.WriteAllText(path, String.concat "\n" lines + "\n")
        eprintfn $"wrote {path}"
