/// Results do not depend on how many threads work, nor on which of them does what, or when.
module HgnFunctional.Tests.Learning.ThreadTests

open System
open System.Threading
open Expecto
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Blocks
open HgnFunctional.Learning
open HgnFunctional.Metrics
open HgnFunctional.Tests.Support.Laws

let private onlyRows () : 'a = invalidOp "Only rows are asked for."

/// Waves of the momenta, after a wait: a test decides which piece of work is done first. Snapshots carry their number as
/// their first coordinate.
type private SlowBlock(width: int, wait: int -> unit) =
    interface IEnergyBlock with
        member _.Kind = "slow"
        member _.Width = width
        member _.Trend = 0
        member _.Part = Kinetic
        member _.Kinds = [ EachBody ]
        member _.IsOfMasses = false
        member _.Save() = onlyRows ()
        member _.Ranges = []
        member _.Symmetries = BlockSymmetries.all
        member _.Attributes = []
        member _.ActsFromOutside = false
        member _.Hops = None
        member _.Constants = []
        member _.Refuses _ = None
        member _.ValuesInto(_, _) = onlyRows ()
        member _.Energy(_, _) = onlyRows ()
        member _.PullbackInto(_, _, _, _) = onlyRows ()
        member _.TellsStrain _ = true
        member _.StrainInto(_, _, _) = onlyRows ()
        member _.StrainRowsInto(_, _, _) = onlyRows ()
        member _.Response(_, _) = onlyRows ()
        member _.CountOutside _ = onlyRows ()
        member _.Select _ = onlyRows ()

        member _.RowsInto(configuration, _, rowsP, stride) =
            wait (int configuration.Positions[0])

            for component' in 0 .. configuration.Momenta.Length - 1 do
                for k in 0 .. width - 1 do
                    rowsP[component' * stride + k] <- sin (float (k + 1) * configuration.Momenta[component'])

/// Snapshots that are a chunk of work each, for several batches of chunks.
let private snapshots: Lazy<Snapshot list> =
    lazy
        (let bodies = 1024
         let structure = Structure.bonded 2 1.0 (Graph.create bodies [])

         [
             for number in 0..39 do
                 let random = Rng.stream number "thread tests"
                 let positions = Array.create (2 * bodies) (float number)
                 let state = PhaseState.create bodies 2 positions (Rng.normals (2 * bodies) random)
                 Snapshot.create structure state (Rng.normals (2 * bodies) random) (Array.zeroCreate (2 * bodies))
         ])

let private triangle (features: int) (frames: int) (wait: int -> unit) : float[] =
    let scales: TargetScales = { Velocities = 1.0; Forces = 1.0; Energies = 1.0; Virials = 1.0 }

    let systems =
        Design.systems scales TrainingConfig.defaults.Weights [||] [ 0, SlowBlock(features, wait) ]
        |> List.filter _.HasVelocityRows

    match snapshots.Value |> Seq.truncate frames |> Seq.map At |> Array.ofSeq |> Design.accumulateAll systems with
    | [ accumulator ] -> accumulator.Triangle.ToArray()
    | other -> failtest $"%A{other}"

/// A run on a thread of its own whose pieces of work take up to 3 ms each, long and short ones by chance.
let private startRun (features: int) (frames: int) (results: float[][]) (seed: int) : Thread =
    let waits = Rng.uniforms snapshots.Value.Length 0.0 4.0 (Rng.stream seed "waits")
    let run () = results[seed] <- triangle features frames (fun number -> Thread.Sleep(int waits[number]))
    Thread run

/// Calls a function while the pool has threads enough to start all its work at once, however few processors there are.
let private withManyWorkers (action: unit -> 'a) : 'a =
    let mutable workers, ports = 0, 0
    ThreadPool.GetMinThreads(&workers, &ports)
    ThreadPool.SetMinThreads(32, ports) |> ignore

    try
        action ()
    finally
        ThreadPool.SetMinThreads(workers, ports) |> ignore

/// Runs at the same time give the bits of a run alone.
let private expectSameBitsOf (features: int) (frames: int) : unit =
    let expected = triangle features frames ignore
    let results = Array.create 8 [||]

    withManyWorkers (fun () ->
        // All start before any ends, so that no two have the same thread.
        let runs = [ 0 .. results.Length - 1 ] |> List.map (startRun features frames results)
        runs |> List.iter _.Start()
        runs |> List.iter _.Join())

    for result in results do
        identical "the triangle" expected result |> expectNone

[<Tests>]
let tests =
    testSequenced
    <| testList
        "Threads"
        [
            testCase "the order in which pieces of work are done, and by which thread, changes no bit" (fun () -> expectSameBitsOf 4 40)

            testCase "the same holds for systems too wide for a triangle of each piece" (fun () ->
                expectSameBitsOf (LeastSquares.widest + 20) 3)
        ]
