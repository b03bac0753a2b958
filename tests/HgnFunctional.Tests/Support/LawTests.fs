/// What a failing property tells the person who reads it.
module HgnFunctional.Tests.Support.LawTests

open System.Text.RegularExpressions
open Expecto
open HgnFunctional.Tests.Support.Generators
open HgnFunctional.Tests.Support.Laws

/// False: a shift changes it. Every other move leaves it alone.
let private shiftsDoNothing (scene: Scene) (word: Word) =
    let size (scene: Scene) = [| scene.Q |> Array.sumBy (fun x -> x * x) |]
    close "the sum of squares" Tolerance.exactLaw (size scene) (size (Word.apply word scene)) |> judge |> classified scene

/// The text with which a test fails.
let private failureOf (test: Test) : string =
    match Impl.evalTestsSilent test |> Async.RunSynchronously with
    | [ _, summary ] ->
        match summary.result with
        | Impl.Failed text -> text
        | other -> failtest $"the false property ended with {other}"
    | others -> failtest $"{others.Length} tests ran"

/// The lines from one that starts so to the next that starts so, trimmed.
let private section (first: string) (next: string) (text: string) : string list =
    let starts (word: string) (line: string) = line.TrimStart().StartsWith word
    let lines = text.Split '\n' |> List.ofArray |> List.skipWhile (starts first >> not)
    lines.Tail |> List.takeWhile (starts next >> not) |> List.map _.Trim()

let private shrunk: string -> string list = section "Shrunk" "Result:"

let private labelOf (text: string) : string = text.Split '\n' |> Array.find (fun line -> line.StartsWith "Label")

let private seedOf (text: string) : uint64 * uint64 * int option =
    let found = Regex.Match(text, @"\((\d+)UL, (\d+)UL, Some (\d+)\) ""shifts do nothing""")
    Expect.isTrue found.Success $"a replay line in: {text}"
    uint64 found.Groups[1].Value, uint64 found.Groups[2].Value, Some(int found.Groups[3].Value)

[<Tests>]
let tests =
    testList
        "Failures"
        [
            test "a false property shows its label, the guilty move alone, and one body" {
                let failure = failureOf (prop 200 "shifts do nothing" shiftsDoNothing)
                Expect.stringContains (labelOf failure) "the sum of squares at 0: " "the label"

                match shrunk failure with
                | [ structure; body ] ->
                    Expect.isMatch structure "^Scene of 1 in [123]D, open space, (no bonds)(, pairs within .*)?$" "the structure"
                    Expect.isMatch body @"^0: mass 1, q \(.*\), p \([0, ]+\) Word \[ Shift\(\d, .*\) \]$" "the body and the move"
                | lines -> failtest $"shrunk to {lines.Length} lines: {failure}"
            }

            test "the seed of a failure gives the same failure again" {
                let failure = failureOf (prop 200 "shifts do nothing" shiftsDoNothing)
                let again = failureOf (replay (seedOf failure) "shifts do nothing" shiftsDoNothing)
                Expect.equal (shrunk again) (shrunk failure) "the shrunk case"
                Expect.equal (labelOf again) (labelOf failure) "the label"
            }

            test "a true property passes after as many cases as it was told to try, or a multiple" {
                let cases = ref 0

                let law (_: Scene) =
                    cases.Value <- cases.Value + 1
                    true

                match Impl.evalTestsSilent (prop 30 "nothing" law) |> Async.RunSynchronously with
                | [ _, summary ] -> Expect.isTrue summary.result.isPassed "passed"
                | others -> failtest $"{others.Length} tests ran"

                Expect.isGreaterThanOrEqual cases.Value 30 "cases"
                Expect.equal (cases.Value % 30) 0 "a multiple"
            }
        ]
