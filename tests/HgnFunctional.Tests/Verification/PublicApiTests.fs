/// The public API of each package, as it was agreed on: a change shows as a difference to the files beside this one.
module HgnFunctional.Tests.Verification.PublicApiTests

open System
open System.IO
open System.Reflection
open Expecto
open PublicApiGenerator

/// What compilers write for themselves.
let private ignored: string[] =
    [|
        "Microsoft.FSharp.Core.CompilationMappingAttribute"
        "Microsoft.FSharp.Core.CompilationArgumentCountsAttribute"
        "Microsoft.FSharp.Core.CompilationSourceNameAttribute"
        "System.Runtime.CompilerServices.NullableAttribute"
        "System.Runtime.CompilerServices.NullableContextAttribute"
    |]

let private listing (assembly: Assembly) : string =
    let options = ApiGeneratorOptions(ExcludeAttributes = ignored, IncludeAssemblyAttributes = false)
    assembly.GeneratePublicApi(options).ReplaceLineEndings("\n").Trim() + "\n"

/// In the sources, seen from where the tests are built.
let private folder: string =
    Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "Verification", "PublicApi"))

let private packages: (string * Assembly) list =
    [
        "HgnFunctional", typeof<HgnFunctional.PhaseState>.Assembly
        "HgnFunctional.IO", typeof<HgnFunctional.IO.DataError>.Assembly
        "HgnFunctional.Charts", Assembly.Load "HgnFunctional.Charts"
        "HgnFunctional.CSharp", typeof<HgnFunctional.CSharp.HgnModel>.Assembly
    ]

[<Tests>]
let tests =
    testList
        "Public API"
        [
            for name, assembly in packages ->
                testCase name (fun () ->
                    let path = Path.Combine(folder, name + ".txt")
                    let now = listing assembly

                    // A deliberate change is agreed on by writing the file anew: HGN_ACCEPT_API=1 dotnet fsi build.fsx test.
                    if Environment.GetEnvironmentVariable "HGN_ACCEPT_API" = "1" then
                        Directory.CreateDirectory(Path.GetDirectoryName path) |> ignore
                        File.WriteAllText(path, now)

                    Expect.equal now (File.ReadAllText path) $"the public API of {name}")
        ]
