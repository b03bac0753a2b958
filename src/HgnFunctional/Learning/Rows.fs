namespace HgnFunctional.Learning

open System
open System.Collections.Generic
open System.Numerics.Tensors
open HgnFunctional.Data
open HgnFunctional.Blocks
open HgnFunctional.Models

/// The sizes of what is measured: targets are divided by them, so that neither units nor kinds of target decide a fit.
[<Struct; NoComparison>]
type internal TargetScales =
    {
        /// Root mean square of a component of the velocities.
        Velocities: float
        /// Root mean square of a component of the forces.
        Forces: float
        /// How far energies over the number of bodies spread.
        Energies: float
        /// How far entries of the virial over the number of bodies spread.
        Virials: float
    }

/// One linear system: some blocks side by side, with the rows in which their derivatives appear. Kinetic and potential
/// features never meet in a row, so a model that splits is two small systems.
[<NoEquality; NoComparison>]
type internal LinearSystem =
    {
        /// "kinetic", "potential" or "coupled".
        Name: string
        /// The blocks, each with its first column.
        Blocks: (IBlock * int)[]
        /// Potential energies that are known, with their factors: what they give is taken off the targets.
        Known: struct (IEnergyBlock * float[])[]
        /// Whether q' = dH/dp gives rows.
        HasVelocityRows: bool
        /// Whether -p' = dH/dq, energies and virials give rows.
        HasForceRows: bool
        /// The place of each block in the list that the systems were made of.
        Places: int[]
        /// What targets are divided by.
        Scales: TargetScales
        /// How much each target counts.
        Weights: TargetWeights
        /// The unit of the readouts that the rows are for, as energy: about that of the data, so that rows are of order one.
        Unit: float
    }

    /// Number of features.
    member system.Features: int = system.Blocks |> Array.sumBy (fun (block, _) -> block.Width)

    /// Along how many interactions the rows of a body look; none where they may look at all bodies.
    member system.Hops: int option =
        Seq.append (system.Blocks |> Seq.map fst) (system.Known |> Seq.map (fun struct (block, _) -> block :> IBlock))
        |> Hops.ofAll

    /// Whether a snapshot gives rows of velocities, of forces, of its energy, of its virial.
    member system.RowsFor(snapshot: Snapshot) : struct (bool * bool * bool * bool) =
        struct (system.HasVelocityRows && snapshot.HasVelocities && system.Weights.Velocities > 0.0,
                system.HasForceRows && snapshot.HasForces && system.Weights.Forces > 0.0,
                system.HasForceRows && snapshot.Energy.IsSome && system.Weights.Energies > 0.0,
                system.HasForceRows && snapshot.HasVirial && system.Weights.Virials > 0.0)

    /// Number of rows that so many coordinates of a snapshot give.
    member system.RowsOfBodies(snapshot: Snapshot, coordinates: int) : int =
        let struct (velocities, forces, _, _) = system.RowsFor snapshot
        (if velocities then coordinates else 0) + (if forces then coordinates else 0)

    /// Number of rows that are of no body: of the energy and of the virial.
    member system.RowsOfWhole(snapshot: Snapshot) : int =
        let struct (_, _, energy, virial) = system.RowsFor snapshot
        (if energy then 1 else 0) + (if virial then snapshot.Virial.Length else 0)

    /// Number of rows that a snapshot gives: what is pinned tells nothing.
    member system.RowsOf(snapshot: Snapshot) : int = system.RowsOfBodies(snapshot, snapshot.FreeComponents) + system.RowsOfWhole snapshot

/// The rows of snapshots.
[<RequireQualifiedAccess>]
module internal Rows =

    /// Scales rows, and writes the targets into the last column: rows are in the unit of the system, targets as measured.
    let private finish
        (columns: int)
        (unit: float)
        (sign: float)
        (weight: float)
        (scale: float)
        (target: ReadOnlySpan<float>)
        (rows: Span<float>)
        : unit =
        let factor = unit / scale * weight

        if factor <> 1.0 then
            TensorPrimitives.Multiply(Span<float>.op_Implicit rows, factor, rows)

        for row in 0 .. target.Length - 1 do
            rows[row * columns + columns - 1] <- sign * target[row] / scale * weight

    /// The forces of a snapshot that the known energies leave.
    let private unknownForces (system: LinearSystem) (snapshot: Snapshot) : ReadOnlySpan<float> =
        if system.Known.Length = 0 then
            snapshot.Forces
        else
            let configuration = snapshot.Configuration
            let left = snapshot.Forces.ToArray()

            addGradient system.Known &configuration (Span<float> left) Span<float>.Empty
            ReadOnlySpan<float> left

    /// The values of all energies, with the energy that the known ones leave.
    let private energyInto (system: LinearSystem) (snapshot: Snapshot) (energy: float) (weight: float) (row: Span<float>) : unit =
        let configuration = snapshot.Configuration
        let mutable left = energy

        for struct (block, readout) in system.Known do
            left <- left - block.Energy(&configuration, readout)

        for block, first in system.Blocks do
            match block with
            | :? IEnergyBlock as block -> block.ValuesInto(&configuration, row.Slice(first, block.Width))
            | _ -> ()

        // Energies of larger systems are known no better by body.
        let scale = system.Scales.Energies * float snapshot.Structure.Bodies
        finish (system.Features + 1) system.Unit 1.0 weight scale (ReadOnlySpan<float> [| left |]) row

    /// The strains of all energies, with the virial that the known ones leave.
    let private virialInto (system: LinearSystem) (snapshot: Snapshot) (weight: float) (rows: Span<float>) : unit =
        let columns = system.Features + 1
        let configuration = snapshot.Configuration
        let left = snapshot.Virial.ToArray()

        for struct (block, readout) in system.Known do
            block.StrainInto(&configuration, readout, Span<float> left)

        for block, first in system.Blocks do
            match block with
            | :? IEnergyBlock as block -> block.StrainRowsInto(&configuration, rows.Slice first, columns)
            | _ -> ()

        let scale = system.Scales.Virials * float snapshot.Structure.Bodies
        finish columns system.Unit -1.0 weight scale (ReadOnlySpan<float> left) rows

    /// Writes the rows of one snapshot, pinned ones too: velocities, forces, energy, virial; `rows` must be zero.
    let allInto (system: LinearSystem) (snapshot: Snapshot) (rows: Span<float>) : unit =
        let columns = system.Features + 1
        let length = snapshot.Coordinates * columns
        let struct (hasVelocities, hasForces, hasEnergy, hasVirial) = system.RowsFor snapshot
        let velocityRows = if hasVelocities then rows.Slice(0, length) else Span<float>.Empty
        let afterVelocities = if hasVelocities then length else 0
        let forceRows = if hasForces then rows.Slice(afterVelocities, length) else Span<float>.Empty
        let configuration = snapshot.Configuration
        let counts (weight: float) = sqrt (weight * snapshot.Weight)

        if hasVelocities || hasForces then
            // Blocks that stand in both equations write both, also where one was not measured.
            let isCoupled = system.HasVelocityRows && system.HasForceRows

            let unmeasured =
                if isCoupled && hasVelocities <> hasForces then
                    Array.zeroCreate<float> length
                else
                    [||]

            let velocityRows = if velocityRows.IsEmpty then Span<float> unmeasured else velocityRows
            let forceRows = if forceRows.IsEmpty then Span<float> unmeasured else forceRows

            for block, first in system.Blocks do
                let ofQ = if forceRows.IsEmpty then forceRows else forceRows.Slice first
                let ofP = if velocityRows.IsEmpty then velocityRows else velocityRows.Slice first
                block.RowsInto(&configuration, ofQ, ofP, columns)

        if hasVelocities then
            finish columns system.Unit 1.0 (counts system.Weights.Velocities) system.Scales.Velocities snapshot.Velocities velocityRows

        if hasForces then
            finish columns system.Unit -1.0 (counts system.Weights.Forces) system.Scales.Forces (unknownForces system snapshot) forceRows

        let afterForces = afterVelocities + forceRows.Length

        if hasEnergy then
            energyInto system snapshot snapshot.Energy.Value (counts system.Weights.Energies) (rows.Slice(afterForces, columns))

        if hasVirial then
            let afterEnergy = afterForces + (if hasEnergy then columns else 0)
            virialInto system snapshot (counts system.Weights.Virials) (rows.Slice(afterEnergy, snapshot.Virial.Length * columns))

    /// Writes the rows of one snapshot that are not pinned; `rows` must be zero. `scratch` gives so many numbers to work in.
    let private into (scratch: int -> float[]) (system: LinearSystem) (snapshot: Snapshot) (rows: Span<float>) : unit =
        let pins = snapshot.Structure.Pins

        if pins.IsEmpty then
            allInto system snapshot rows
        else
            let columns = system.Features + 1
            let ofBodies = system.RowsOfBodies(snapshot, snapshot.Coordinates)
            let count = ofBodies + system.RowsOfWhole snapshot
            let all = Span<float>(scratch (count * columns), 0, count * columns)
            all.Clear()
            allInto system snapshot all
            let mutable kept = 0

            for row in 0 .. count - 1 do
                if row >= ofBodies || not pins[row % pins.Length] then
                    all.Slice(row * columns, columns).CopyTo(rows.Slice(kept * columns, columns))
                    kept <- kept + 1

    /// The rows of the forces of one snapshot [N d x features], so that rows times readout, in the unit of the system, are forces.
    let ofForces (system: LinearSystem) (snapshot: Snapshot) : float[] =
        let features = system.Features
        let rows = Array.zeroCreate<float>(snapshot.Coordinates * features)
        let configuration = snapshot.Configuration

        for block, first in system.Blocks do
            // In coupled systems blocks ask for both.
            let ofP =
                if system.HasVelocityRows then
                    Span<float>(Array.zeroCreate<float> rows.Length)
                else
                    Span<float>.Empty

            block.RowsInto(
                &configuration,
                Span<float>(rows, first, rows.Length - first),
                (if ofP.IsEmpty then ofP else ofP.Slice first),
                features
            )

        TensorPrimitives.Multiply(ReadOnlySpan<float> rows, system.Unit, Span<float> rows)
        rows

    /// How many rows a snapshot counts as: by its weight.
    let private weighed (weight: float) (rows: int) : int64 =
        if rows = 0 then 0L
        elif weight = 1.0 then int64 rows
        else max 1L (int64 (Math.Round(weight * float rows)))

    /// Columns of the forces that rows of a motion keep at a time, in numbers.
    let private mostKept = 1 <<< 23

    /// Rows of motions, for one thread: windows that follow each other share moments, whose columns are kept.
    [<Sealed>]
    type Writer(system: LinearSystem) =

        let kept = Dictionary<Snapshot, float[]>(HashIdentity.Reference)
        let order = Queue<Snapshot>()

        // Windows of bodies are alike, and mostly of those around them.
        let mutable work = Array.empty<float>

        let scratch (length: int) : float[] =
            if work.Length < length then
                work <- Array.zeroCreate length

            work

        let columnsOf (moment: Snapshot) : float[] =
            match kept.TryGetValue moment with
            | true, columns -> columns
            | _ ->
                let columns = ofForces system moment
                let size = max 1 columns.Length

                while order.Count > 0 && (order.Count + 1) * size > mostKept do
                    kept.Remove(order.Dequeue()) |> ignore

                kept[moment] <- columns
                order.Enqueue moment
                columns

        let overInto (moments: Snapshot[]) (weights: float[]) (target: float[]) (rows: Span<float>) : unit =
            let features = system.Features
            let pins = moments[0].Structure.Pins
            let scale = system.Scales.Forces
            let counts = sqrt (system.Weights.Forces * moments[moments.Length / 2].Weight) / scale
            let left = Array.copy target

            if system.Known.Length > 0 then
                let gradient = Array.zeroCreate<float> target.Length

                for moment in 0 .. moments.Length - 1 do
                    let configuration = moments[moment].Configuration
                    Array.Clear gradient
                    addGradient system.Known &configuration (Span<float> gradient) Span<float>.Empty
                    TensorPrimitives.MultiplyAdd(ReadOnlySpan<float> gradient, weights[moment], ReadOnlySpan<float> left, Span<float> left)

            let mean = Array.zeroCreate<float>(target.Length * features)

            for moment in 0 .. moments.Length - 1 do
                let columns = columnsOf moments[moment]
                TensorPrimitives.MultiplyAdd(ReadOnlySpan<float> columns, weights[moment], ReadOnlySpan<float> mean, Span<float> mean)

            let mutable row = 0

            for k in 0 .. target.Length - 1 do
                if pins.IsEmpty || not pins[k] then
                    let destination = rows.Slice(row * (features + 1), features + 1)
                    TensorPrimitives.Multiply(ReadOnlySpan<float>(mean, k * features, features), counts, destination)
                    destination[features] <- -left[k] * counts
                    row <- row + 1

        /// Writes the rows of an observation that are not pinned; `rows` must be zero.
        member _.Into(observation: Observation, rows: Span<float>) : unit =
            match observation with
            | At snapshot -> into scratch system snapshot rows
            | Over(moments, weights, target) ->
                if system.HasForceRows then
                    overInto moments weights target rows

    /// Number of rows that an observation gives.
    let count (system: LinearSystem) (observation: Observation) : int =
        match observation with
        | At snapshot -> system.RowsOf snapshot
        | Over(moments, _, _) ->
            if system.HasForceRows && system.Weights.Forces > 0.0 then
                moments[0].FreeComponents
            else
                0

    /// How many rows an observation counts as.
    let weighedCount (system: LinearSystem) (observation: Observation) : int64 =
        count system observation |> weighed observation.Centre.Weight
