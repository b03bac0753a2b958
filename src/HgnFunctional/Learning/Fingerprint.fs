namespace HgnFunctional.Learning

open System
open System.Buffers.Binary
open System.Globalization
open System.Runtime.InteropServices
open System.Security.Cryptography
open System.Text
open HgnFunctional.Numerics
open HgnFunctional.Bodies
open HgnFunctional.Data
open HgnFunctional.Features

/// What identifies the contents of a snapshot, and of a set of snapshots in any order.
[<RequireQualifiedAccess>]
module internal Fingerprint =

    let private addFloats (hash: IncrementalHash) (values: ReadOnlySpan<float>) : unit = hash.AppendData(MemoryMarshal.AsBytes values)

    let private addIntegers (hash: IncrementalHash) (values: ReadOnlySpan<int>) : unit = hash.AppendData(MemoryMarshal.AsBytes values)

    let private addText (hash: IncrementalHash) (text: string) : unit =
        hash.AppendData(ReadOnlySpan<byte>(Encoding.UTF8.GetBytes(text + "\n")))

    /// Names that tell nothing apart say nothing.
    let private addNames (hash: IncrementalHash) (naming: Naming) : unit =
        if naming.TellsApart then
            for item in 0 .. naming.Count - 1 do
                addText hash (naming.NameOf item)

    /// SHA-256 of all that a snapshot holds: structure, state, and what was measured.
    let ofSnapshot (hash: IncrementalHash) (snapshot: Snapshot) : byte[] =
        let structure = snapshot.Structure
        addIntegers hash (ReadOnlySpan<int> [| structure.Bodies; structure.Dimension |])
        addFloats hash structure.Masses
        addFloats hash structure.Cell.Periods
        addFloats hash structure.Cell.Tilts

        addNames hash structure.Species

        match structure.Relations.Bonds with
        | Some bonds ->
            addIntegers hash bonds.Graph.Pairs.Senders
            addIntegers hash bonds.Graph.Pairs.Receivers
            addNames hash bonds.Types
        | None -> ()

        match structure.Relations.Angles with
        | Some angles ->
            addIntegers hash angles.Firsts
            addIntegers hash angles.Centres
            addIntegers hash angles.Seconds
            addNames hash angles.Types
        | None -> ()

        for name in structure.Attributes do
            addText hash name
            addFloats hash (ReadOnlySpan<float>(structure.TryAttribute name |> Option.get))

        match structure.Relations.Reach with
        | Some reach ->
            reach.Cutoff |> Option.iter (fun cutoff -> addFloats hash (ReadOnlySpan<float> [| cutoff |]))

            for KeyValue((first, second), cutoff) in reach.Pairs do
                addText hash $"{first}\n{second}"
                addFloats hash (ReadOnlySpan<float> [| cutoff |])

            if reach.ExcludedBonds > 0 then
                addIntegers hash (ReadOnlySpan<int> [| reach.ExcludedBonds |])
        | None -> ()

        addFloats hash snapshot.State.Positions
        addFloats hash snapshot.State.Momenta
        addFloats hash snapshot.Velocities
        addFloats hash snapshot.Forces

        // What is not there, or as by default, leaves the digest as it is.
        if not (snapshot.HasVelocities && snapshot.HasForces) then
            addText hash $"velocities {snapshot.HasVelocities}, forces {snapshot.HasForces}"

        snapshot.Energy
        |> Option.iter (fun energy ->
            addText hash "energy"
            addFloats hash (ReadOnlySpan<float> [| energy |]))

        if snapshot.HasVirial then
            addText hash "virial"
            addFloats hash snapshot.Virial

        snapshot.Time
        |> Option.iter (fun time ->
            addText hash "time"
            addFloats hash (ReadOnlySpan<float> [| time |]))

        if snapshot.Weight <> 1.0 then
            addText hash "weight"
            addFloats hash (ReadOnlySpan<float> [| snapshot.Weight |])

        hash.GetHashAndReset()

    /// A number for the choice of a sample, which differs from seed to seed.
    let rank (seed: int) (digest: byte[]) : uint64 =
        Rng.mix (Rng.derive seed "snapshot sample" ^^^ BinaryPrimitives.ReadUInt64LittleEndian(ReadOnlySpan<byte> digest))

/// Counts snapshots and adds up their digests modulo 2^256, so that order does not matter but every snapshot does. Not for use
/// by several threads at a time.
[<Sealed>]
type internal DataFingerprint() =

    let hash = IncrementalHash.CreateHash HashAlgorithmName.SHA256
    let words = Array.zeroCreate<uint64> 4
    let mutable frames = 0L

    /// Adds a number of 256 bits.
    let addWords (addend: int -> uint64) : unit =
        let mutable carry = 0UL

        for k in words.Length - 1 .. -1 .. 0 do
            let added = addend k
            let sum = words[k] + added
            words[k] <- sum + carry
            carry <- if sum < added || words[k] < carry then 1UL else 0UL

    /// Takes one snapshot; its own digest.
    member _.Add(snapshot: Snapshot) : byte[] =
        let digest = Fingerprint.ofSnapshot hash snapshot
        frames <- frames + 1L
        addWords (fun k -> BinaryPrimitives.ReadUInt64BigEndian(ReadOnlySpan<byte>(digest, 8 * k, 8)))
        digest

    /// Number of snapshots so far.
    member _.Frames: int64 = frames

    /// Takes what another has counted.
    member _.Merge(other: DataFingerprint) : unit = other.AddTo(addWords, fun count -> frames <- frames + count)

    member private _.AddTo(add: (int -> uint64) -> unit, count: int64 -> unit) : unit =
        add (fun k -> words[k])
        count frames

    /// As it was saved: the number of snapshots and the sum, in fields of these names.
    static member Restore(reader: SavedReader) : DataFingerprint =
        let fingerprint, text = DataFingerprint(), reader.Text "hash"

        if text.Length <> 64 || text |> Seq.exists (Char.IsAsciiHexDigitLower >> not) then
            reader.Fail("hash", "64 hexadecimal digits")

        fingerprint.Load(
            reader.LongCount "frames",
            fun k -> UInt64.Parse(text.AsSpan(16 * k, 16), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
        )

        fingerprint

    member private _.Load(count: int64, word: int -> uint64) : unit =
        frames <- count
        addWords word

    /// The number of snapshots and the sum.
    member fingerprint.Save() : (string * SavedForm) list =
        [ "frames", SavedForm.Number(float frames); "hash", SavedForm.Text fingerprint.Hash ]

    /// The sum so far, in hexadecimal.
    member _.Hash: string = words |> Array.map (fun word -> word.ToString "x16") |> String.concat ""
