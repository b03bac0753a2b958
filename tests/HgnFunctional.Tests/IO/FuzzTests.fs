/// Damaged files for every reader, a few of each; and that the fuzzer finds what it is there to find.
module HgnFunctional.Tests.IO.FuzzTests

open System
open System.IO
open System.Linq
open System.Text
open System.Threading
open Expecto
open HgnFunctional.Fuzz
open HgnFunctional.Fuzz.Loaders
open HgnFunctional.IO
open HgnFunctional.Tests.Support

let private seed = 20

/// The first finding of each fault that some inputs of a loader meet.
let private findingsOf (inputs: int64) (loader: Loader) : Finding list =
    TemporaryFolder.using (fun folder ->
        let campaign = Campaign([ loader ], seed, folder, ignore)
        Expect.isTrue (campaign.Run(1, inputs, TimeSpan.FromMinutes 5.0)) "every input ends"
        List.ofSeq (Seq.exactlyOne campaign.Tallies).First)

let private isLax (finding: Finding) : bool = finding.Fault.Kind = FaultKind.Lax || finding.Fault.Kind = FaultKind.Message

let private expectNone (findings: Finding list) : unit = Expect.equal (findings |> List.map string |> String.concat "\n") "" "findings"

let private examine (loader: Loader) (sample: Sample) : Outcome =
    TemporaryFolder.using (fun folder -> Examiner(folder, Limits.Default).Examine(loader, sample))

/// Loaders whose readers still take some damage; the test of their strictness waits for them.
let private notYetStrict: Set<string> = set []

let private attack (loader: Loader) : Test =
    // Models cost more than dumps and data files do.
    let found = lazy findingsOf (if loader.Name.StartsWith "model" then 600L else 1500L) loader

    let strictness = if notYetStrict.Contains loader.Name then ptestCase else testCase

    testList
        loader.Name
        [
            test "no damage makes it throw, misread, or spend too much" { found.Value |> List.filter (isLax >> not) |> expectNone }
            strictness "no damage is taken that the strict reader refuses, and refusals are printable" (fun () ->
                found.Value |> List.filter isLax |> expectNone)
            test "undamaged files are taken, and seen as the strict reader sees them" {
                for original in loader.Originals do
                    let outcome = examine loader original
                    Expect.isTrue outcome.Accepted "accepted"
                    Expect.isNull (box outcome.Fault) "no fault"
            }
            test "the same seed and number give the same input" {
                let bytes seed number = loader.Draw(seed, number).Bytes
                Expect.sequenceEqual (bytes 7 1234L) (bytes 7 1234L) "the same"
                Expect.isFalse ((bytes 7 1234L).SequenceEqual(bytes 8 1234L)) "another seed"
                Expect.isFalse ((bytes 7 1234L).SequenceEqual(bytes 7 1235L)) "another number"
            }
        ]

/// A good reader that sees a repaired copy of the file.
let private repairing (repair: string -> string) (read: string -> 'read) (path: string) : 'read =
    if path.EndsWith ".gz" then
        read path
    else
        let copy = path + ".repaired"
        File.WriteAllText(copy, repair (File.ReadAllText path))
        read copy

/// Rows of a dump without the words beyond the columns.
let private withoutSurplus (text: string) : string =
    let mutable columns = Int32.MaxValue

    text.Split '\n'
    |> Array.map (fun line ->
        if line.StartsWith "ITEM: ATOMS" then
            columns <- line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length - 2
            line
        elif line.StartsWith "ITEM:" then
            line
        else
            String.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries) |> Seq.truncate columns))
    |> String.concat "\n"

let private oneBitOff (frame: Result<FileFrame, DataError>) : Result<FileFrame, DataError> =
    match frame with
    | Ok { Velocities = Some velocities } -> velocities[0] <- Math.BitIncrement velocities[0]
    | _ -> ()

    frame

let private afterwards (action: unit -> unit) (read: string -> 'read) (path: string) : 'read =
    action ()
    read path

let private dumps (read: string -> Result<FileFrame, DataError> seq) : Loader = DumpLoader(Func<_, _> read)

let private dataFiles (read: string -> Result<LammpsData, DataError>) : Loader = DataLoader(Func<_, _> read)

let private expectFound (kind: FaultKind) (part: string) (loader: Loader) : unit =
    let found = findingsOf 1500L loader
    Expect.exists found (fun finding -> finding.Fault.Kind = kind && finding.Fault.What.Contains part) $"%A{kind} with '{part}'"

let private finds =
    testList
        "what the fuzzer finds"
        [
            test "a dump reader that ignores surplus words is lax" {
                dumps (repairing withoutSurplus LammpsDump.frames) |> expectFound FaultKind.Lax "another width than the columns"
            }
            test "a data reader that drops NUL bytes is lax" {
                dataFiles (repairing (fun text -> text.Replace("\000", "")) LammpsData.read) |> expectFound FaultKind.Lax "NUL"
            }
            test "a dump reader whose velocities are off by the last bit misreads" {
                dumps (LammpsDump.frames >> Seq.map oneBitOff) |> expectFound FaultKind.Misread "the velocities"
            }
            test "a data reader that gives bonds the other way round misreads" {
                let turn (data: LammpsData) = { data with Bonds = data.Bonds |> Array.map (fun struct (a, b) -> struct (b, a)) }

                dataFiles (LammpsData.read >> Result.map turn) |> expectFound FaultKind.Misread "the bonds"
            }
            test "a reader that throws is found by its exception" {
                dumps (afterwards (fun () -> raise (IndexOutOfRangeException())) LammpsDump.frames)
                |> expectFound FaultKind.Exception "IndexOutOfRangeException"
            }
            test "a reader that allocates too much is found" {
                let allocate () = GC.AllocateUninitializedArray<byte> 500_000_001 |> GC.KeepAlive
                let outcome = dumps (afterwards allocate LammpsDump.frames) |> fun loader -> examine loader loader.Originals[0]
                Expect.equal outcome.Fault.Kind FaultKind.Memory "kind"
            }
            test "a reader that is slow twice is found, and one that is slow once is not" {
                let slow times =
                    let mutable left = times

                    dumps (
                        afterwards
                            (fun () ->
                                left <- left - 1

                                if left >= 0 then
                                    Thread.Sleep 300)
                            LammpsDump.frames
                    )

                let kind loader =
                    TemporaryFolder.using (fun folder ->
                        let limits = Limits(TimeSpan.FromSeconds 0.2, Int64.MaxValue)
                        Examiner(folder, limits).Examine(loader, loader.Originals[0]).Fault |> Option.ofObj |> Option.map _.Kind)

                Expect.equal (kind (slow 2)) (Some FaultKind.Slow) "twice"
                Expect.equal (kind (slow 1)) None "once"
            }
            test "a reader that does not end is found" {
                use gate = new ManualResetEventSlim()
                let loader = dumps (afterwards gate.Wait LammpsDump.frames)

                TemporaryFolder.using (fun folder ->
                    let campaign = Campaign([ loader ], seed, folder, ignore, Patience = TimeSpan.FromSeconds 0.2)
                    Expect.isFalse (campaign.Run(1, 1L, TimeSpan.FromMinutes 1.0)) "stopped"
                    let first = campaign.Tallies |> Seq.collect _.First |> Seq.exactlyOne
                    Expect.equal first.Fault.Kind FaultKind.Slow "found"
                    gate.Set())
            }
            test "a refusal that is no printable line is found" {
                let refuse (path: string) = Error { File = path; Line = None; Problem = BadNumber("x", "\027[31m") }
                dataFiles refuse |> expectFound FaultKind.Message "control characters"
            }
            test "the input of a finding is written as it was, and its line says where" {
                let loader = dumps (afterwards (fun () -> raise (IndexOutOfRangeException())) LammpsDump.frames)

                TemporaryFolder.using (fun folder ->
                    let found = ResizeArray<Finding>()
                    let campaign = Campaign([ loader ], seed, folder, (fun finding -> found.Add finding))
                    Expect.isTrue (campaign.Run(1, 20L, TimeSpan.FromMinutes 1.0)) "every input ends"
                    let path = Directory.GetFiles folder |> Array.exactlyOne
                    Expect.sequenceEqual (File.ReadAllBytes path) (loader.Draw(seed, 0L).Bytes) "bytes"
                    let line = string (Seq.exactlyOne found)
                    Expect.stringContains line path "path"
                    Expect.stringContains line $"seed {seed}, number 0, dump: Exception" "which")
            }
            test "an edited model is refused, and taken once its checksum is made right" {
                let edit (model: byte[]) = Encoding.UTF8.GetString(model).Replace("\"seed\": 3", "\"seed\": 4") |> Encoding.UTF8.GetBytes

                for model in ModelSeeds.All do
                    let edited = edit model
                    let read bytes = ModelFile.ofJson "model.json" (Encoding.UTF8.GetString(bytes: byte[]))
                    Expect.isFalse (edited.SequenceEqual model) "edited"
                    Expect.isError (read edited) "the sum is wrong"
                    let model = Expect.wantOk (edited |> ModelSum(ModelSeeds.All).Repaired |> read) "the sum is right"
                    Expect.equal model.Provenance.Seed 4 "the edit"
            }
        ]

[<Tests>]
let tests = testList "fuzzing" [ testList "damaged files" (AllLoaders.Make() |> Seq.map attack |> List.ofSeq); finds ]
