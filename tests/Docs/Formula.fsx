// Formulas in TeX, as the pages in docs have them, to MathML, which browsers show without a script or a network. The part of TeX
// that the pages use; anything else is an error. There is no package for this.

open System
open System.Xml.Linq

type private Token =
    | Command of string
    | Letter of char
    | Number of string
    | Symbol of char
    /// A sign, not a difference.
    | Minus
    | Open
    | Close
    | Sub
    | Super

let private names: Map<string, string> =
    Map.ofList [ "Phi", "Φ"; "gamma", "γ"; "varepsilon", "ε"; "phi", "φ"; "theta", "θ"; "lambda", "λ"; "sigma", "σ" ]

let private operators: Map<string, string> =
    Map.ofList
        [
            "partial", "∂"
            "nabla", "∇"
            "sum", "∑"
            "int", "∫"
            "min", "min"
            "log", "log"
            "times", "×"
            "cdot", "·"
            "sim", "∼"
            "in", "∈"
            "leftarrow", "←"
        ]

let private spaces: Map<string, string> = Map.ofList [ ",", "0.17em"; ";", "0.28em"; "qquad", "2em"; "quad", "1em" ]

let private script: Map<string, string> = Map.ofList [ "N", "𝒩"; "U", "𝒰" ]

let rec private tokens (text: char list) : Token list =
    match text with
    | [] -> []
    | c :: rest when Char.IsWhiteSpace c -> tokens rest
    | '\\' :: c :: rest when not (Char.IsAsciiLetter c) -> Command(string c) :: tokens rest
    | '\\' :: rest ->
        let name = rest |> List.takeWhile Char.IsAsciiLetter
        Command(String(Array.ofList name)) :: tokens (List.skip name.Length rest)
    | '{' :: rest -> Open :: tokens rest
    | '}' :: rest -> Close :: tokens rest
    | '_' :: rest -> Sub :: tokens rest
    | '^' :: rest -> Super :: tokens rest
    | c :: rest when Char.IsAsciiLetter c -> Letter c :: tokens rest
    | c :: _ when Char.IsAsciiDigit c ->
        let digits = text |> List.takeWhile Char.IsAsciiDigit
        Number(String(Array.ofList digits)) :: tokens (List.skip digits.Length text)
    | c :: rest -> Symbol c :: tokens rest

/// Where nothing is before a minus that it could be taken from, it is a sign.
let private withSigns (tokens: Token list) : Token list =
    (Open :: tokens)
    |> List.pairwise
    |> List.map (fun (before, token) ->
        match before, token with
        | (Open | Super | Sub | Symbol('(' | '[' | '=' | ',') | Command "qquad"), Symbol '-' -> Minus
        | _ -> token)

let private space: XNamespace = XNamespace.Get "http://www.w3.org/1998/Math/MathML"
let private element (name: string) (content: obj list) : XElement = XElement(space + name, Array.ofList content)
let private row (items: XElement list) : XElement = element "mrow" (items |> List.map box)
let private text (name: string) (content: string) : XElement = element name [ content ]

let private attribute (name: string) (value: string) (target: XElement) : XElement =
    target.SetAttributeValue(XName.Get name, value)
    target

/// One item and what follows it.
let rec private item (input: Token list) : XElement * Token list =
    match input with
    | Open :: rest ->
        let items, rest = group rest
        row items, rest
    | Letter c :: rest -> text "mi" (string c), rest
    | Number digits :: rest -> text "mn" digits, rest
    | Symbol '-' :: rest -> text "mo" "−", rest
    | Minus :: rest -> text "mo" "−" |> attribute "form" "prefix" |> attribute "rspace" "0", rest
    | Symbol '\'' :: rest -> text "mo" "′" |> attribute "lspace" "0" |> attribute "rspace" "0", rest
    | Symbol '|' :: rest -> text "mo" "|" |> attribute "stretchy" "false" |> attribute "lspace" "0" |> attribute "rspace" "0", rest
    | Symbol c :: rest -> text "mo" (string c), rest
    | Command("frac" | "tfrac" as name) :: rest ->
        let above, rest = item rest
        let below, rest = item rest
        let fraction = element "mfrac" [ above; below ]

        (if name = "frac" then
             fraction
         else
             element "mstyle" [ fraction ] |> attribute "displaystyle" "false"),
        rest
    | Command "mathrm" :: rest ->
        let word, rest = letters rest
        text "mi" word |> attribute "mathvariant" "normal", rest
    | Command "mathcal" :: rest ->
        let word, rest = letters rest
        text "mi" (Map.find word script), rest
    | Command "left" :: Symbol opening :: rest ->
        let items, rest = until (Command "right") rest

        match rest with
        | Symbol closing :: rest -> row ([ text "mo" (string opening) ] @ items @ [ text "mo" (string closing) ]), rest
        | _ -> failwith "Nothing follows \\right."
    | Command name :: rest when spaces.ContainsKey name -> element "mspace" [] |> attribute "width" spaces[name], rest
    | Command name :: rest when names.ContainsKey name -> text "mi" names[name], rest
    | Command name :: rest when operators.ContainsKey name -> text "mo" operators[name], rest
    | other -> failwith $"A formula has {List.tryHead other}, which these pages have no rule for."

/// Letters in braces, or one alone.
and private letters (input: Token list) : string * Token list =
    match input with
    | Letter c :: rest -> string c, rest
    | Open :: rest ->
        let inside = rest |> List.takeWhile ((<>) Close)

        let word =
            inside
            |> List.map (function
                | Letter c -> string c
                | other -> failwith $"{other} in a word")
            |> String.concat ""

        word, List.skip (inside.Length + 1) rest
    | other -> failwith $"{List.tryHead other} where a word should be"

/// An item with what is above and below it.
and private scripted (input: Token list) : XElement * Token list =
    let isLimits =
        match input with
        | Command("sum" | "min") :: _ -> true
        | _ -> false

    let body, rest = item input

    /// What follows a mark, if the mark is there.
    let after mark tokens =
        match tokens with
        | first :: rest when first = mark ->
            let found, rest = item rest
            Some found, rest
        | _ -> None, tokens

    // In either order.
    let below, rest = after Sub rest
    let above, rest = after Super rest
    let below, rest = if below.IsSome then below, rest else after Sub rest
    let named limits plain = if isLimits then limits else plain

    match below, above with
    | None, None -> body, rest
    | Some below, None -> element (named "munder" "msub") [ body; below ], rest
    | None, Some above -> element (named "mover" "msup") [ body; above ], rest
    | Some below, Some above -> element (named "munderover" "msubsup") [ body; below; above ], rest

and private until (stop: Token) (input: Token list) : XElement list * Token list =
    match input with
    | [] -> failwith $"A formula ends before {stop}."
    | token :: rest when token = stop -> [], rest
    | _ ->
        let first, rest = scripted input
        let others, rest = until stop rest
        first :: others, rest

and private group (input: Token list) : XElement list * Token list = until Close input

/// The formula as a math element, on a line of its own or within one.
let toMathML (isDisplay: bool) (tex: string) : string =
    let items, _ = until Close (withSigns (tokens (List.ofSeq tex)) @ [ Close ])
    let math = element "math" [ row items ] |> attribute "display" (if isDisplay then "block" else "inline")
    math.ToString SaveOptions.DisableFormatting
