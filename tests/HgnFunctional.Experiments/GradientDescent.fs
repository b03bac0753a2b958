namespace HgnFunctional.Experiments

open System
open System.Buffers.Binary
open System.IO
open System.Text.Json
open HgnFunctional
open HgnFunctional.Space
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features
open HgnFunctional.Learning
open HgnFunctional.Metrics

/// One training of the network in Python/optimizers.py.
type Descent =
    {
        /// As PyTorch calls it; "momentum" and "Nesterov" are those variants of SGD, "AMSGrad" that of Adam.
        Optimizer: string
        /// "invariant" or "frame".
        Inputs: string
        /// The learning rate, at the start where it decays.
        Rate: float
        /// Whether the rate falls by half a cosine over the time there is.
        Decay: bool
        /// Snapshots of one step.
        Batch: int
        /// Snapshots trained on.
        Snapshots: int
        /// The loss is multiplied by this.
        Scale: float
        /// Processor time that it may take.
        Seconds: float
        Seed: int
    }

/// What Python/optimizers.py says of itself.
type Network =
    {
        /// Of PyTorch.
        Version: string
        /// The library of its matrix products.
        Blas: string
        Parameters: int64
        Width: int64
    }

/// What a training reached.
type Descended =
    {
        ValidationError: float
        /// Each checkpoint that was better, on the validation data, than all before: seconds so far, and test error.
        Curve: (float * float) list
    }

    /// Seconds until the best checkpoint.
    member descended.SecondsToBest: float = descended.Curve |> List.last |> fst

    /// Test error of the best checkpoint.
    member descended.TestError: float = descended.Curve |> List.last |> snd

    /// Test error of the best checkpoint within some seconds.
    member descended.Within(seconds: float) : float = descended.Curve |> List.filter (fun (time, _) -> time <= seconds) |> List.last |> snd

/// Training by PyTorch's optimizers, on the same numbers that ours sees.
[<RequireQualifiedAccess>]
module GradientDescent =

    /// Snapshots of unit masses on one graph.
    [<NoEquality; NoComparison>]
    type Data = { Lattice: Lattice; Training: Snapshot list; Validation: Snapshot list; Test: Snapshot list }

    let private append (file: Stream) (numbers: ReadOnlySpan<float>) : unit =
        let bytes = Array.zeroCreate<byte>(8 * numbers.Length)

        for k in 0 .. numbers.Length - 1 do
            BinaryPrimitives.WriteDoubleLittleEndian(Span<byte>(bytes, 8 * k, 8), numbers[k])

        file.Write(bytes, 0, bytes.Length)

    let private writeNumbers (path: string) (data: Data) : unit =
        use file = File.Create path

        for snapshot in data.Training @ data.Validation @ data.Test do
            append file snapshot.State.Positions
            append file snapshot.State.Momenta
            append file snapshot.Velocities
            append file snapshot.Forces

    let private writeJob (path: string) (numbers: string) (data: Data) (runs: Descent list) : unit =
        let pairs = data.Lattice.Graph.Pairs

        let job =
            {|
                numbers = numbers
                bodies = data.Lattice.Graph.Bodies
                dimension = data.Lattice.Dimension
                edges = [ for k in 0 .. pairs.Count - 1 -> [ pairs.Senders[k]; pairs.Receivers[k] ] ]
                training = data.Training.Length
                validation = data.Validation.Length
                test = data.Test.Length
                runs = runs
            |}

        File.WriteAllText(path, JsonSerializer.Serialize(job, JsonSerializerOptions(PropertyNamingPolicy = JsonNamingPolicy.CamelCase)))

    let private toNetwork (json: JsonElement) : Network =
        {
            Version = json.GetProperty("version").GetString()
            Blas = json.GetProperty("blas").GetString()
            Parameters = json.GetProperty("parameters").GetInt64()
            Width = json.GetProperty("width").GetInt64()
        }

    let private toDescended (json: JsonElement) : Descended =
        {
            ValidationError = (json.GetProperty "validationError").GetDouble()
            Curve = [ for point in json.GetProperty("curve").EnumerateArray() -> point[0].GetDouble(), point[1].GetDouble() ]
        }

    /// Trains once for each entry, one after the other.
    let run (python: string) (data: Data) (runs: Descent list) : Network * Descended list =
        let folder = Directory.CreateTempSubdirectory "descent"

        try
            let numbers, job = Path.Combine(folder.FullName, "numbers"), Path.Combine(folder.FullName, "job.json")
            writeNumbers numbers data
            writeJob job numbers data runs
            let mutable lines = []

            Python.run python "optimizers.py" [ job ] (fun line ->
                lines <- JsonDocument.Parse(line).RootElement :: lines
                eprintf ".")

            eprintfn ""

            match List.rev lines with
            | first :: results -> toNetwork first, List.map toDescended results
            | [] -> invalidOp "The script printed nothing."
        finally
            folder.Delete true
