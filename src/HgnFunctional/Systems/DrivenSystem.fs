namespace HgnFunctional.Systems

open System
open System.Numerics.Tensors
open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Bodies

/// Drives of bodies with known parameters. Velocities are momenta over masses; what is pinned is not driven.
[<RequireQualifiedAccess>]
module KnownDrive =

    /// Forces F_i = -A_i v_i, linear in the velocity of each body, with a matrix for each, row-major [d d].
    let linear (matrixOf: int -> float[]) (structure: Structure) : IDrive =
        let d = structure.Dimension
        let masses = structure.Masses.ToArray()

        let rates =
            [|
                for body in 0 .. structure.Bodies - 1 do
                    let matrix = matrixOf body
                    Guard.length (nameof matrixOf) (d * d) matrix.Length

                    for k in 0 .. d * d - 1 do
                        let isPinned = structure.Pins.Length > 0 && structure.Pins[body * d + k / d]
                        if isPinned then 0.0 else matrix[k] / masses[body]
            |]

        { new IDrive with
            member _.AddDrivenForceInto(_, momenta, destination) =
                for row in 0 .. momenta.Length - 1 do
                    let along = TensorPrimitives.Dot(ReadOnlySpan<float>(rates, row * d, d), momenta.Slice(row / d * d, d))
                    destination[row] <- destination[row] - along

            member _.Rates = ReadOnlySpan<float> rates
        }

    /// Drag F = -coefficient v, in units of mass over time.
    let drag (coefficient: float) (structure: Structure) : IDrive =
        Guard.finite (nameof coefficient) coefficient
        let d = structure.Dimension
        structure |> linear (fun _ -> Array.init (d * d) (fun k -> if k / d = k % d then coefficient else 0.0))

    /// The force of a magnetic field across the first two axes, F_x = strength w v_y and F_y = -strength w v_x, where w is 1, the mass or
    /// an attribute of the body such as its charge.
    let magnetic (weight: Weight) (strength: float) (structure: Structure) : IDrive =
        Guard.finite (nameof strength) strength
        let d = structure.Dimension

        if d < 2 then
            invalidArg (nameof structure) "A magnetic force needs a plane; expected two dimensions or more."

        if not (structure.HasWeights weight) then
            invalidArg (nameof weight) $"The bodies have no weights {weight}; expected them in the structure."

        let weights = structure.WeightsOf weight

        structure
        |> linear (fun body ->
            let across = strength * BodySelection.weightOf weights body

            Array.init (d * d) (fun k ->
                if k = 1 then -across
                elif k = d then across
                else 0.0))

    /// Drag F = -coefficient |v| v, in units of mass over length.
    let quadraticDrag (coefficient: float) (structure: Structure) : IDrive =
        Guard.finite (nameof coefficient) coefficient
        let d = structure.Dimension

        { new IDrive with
            member _.AddDrivenForceInto(_, momenta, destination) =
                for body in 0 .. structure.Bodies - 1 do
                    let p = momenta.Slice(body * d, d)
                    let mass = structure.Masses[body]
                    let factor = coefficient * TensorPrimitives.Norm p / (mass * mass)

                    for axis in 0 .. d - 1 do
                        destination[body * d + axis] <- destination[body * d + axis] - factor * p[axis]

                structure.ClearPinned destination

            member _.Rates = ReadOnlySpan<float>.Empty
        }

/// A Hamiltonian that splits, with forces that no energy gives.
[<Sealed>]
type DrivenSystem(hamiltonian: ISeparableHamiltonian, drive: IDrive) =

    /// The Hamiltonian alone.
    member _.Hamiltonian: ISeparableHamiltonian = hamiltonian

    /// The forces beside its own.
    member _.Drive: IDrive = drive

    override _.ToString() : string = $"{hamiltonian}, driven"

    interface ISeparableHamiltonian with
        member _.Bodies = hamiltonian.Bodies
        member _.Dimension = hamiltonian.Dimension
        member _.Value(positions, momenta) = hamiltonian.Value(positions, momenta)

        member _.GradientInto(positions, momenta, gradientQ, gradientP) = hamiltonian.GradientInto(positions, momenta, gradientQ, gradientP)

        member _.KineticEnergy(momenta) = hamiltonian.KineticEnergy momenta
        member _.PotentialEnergy(positions) = hamiltonian.PotentialEnergy positions
        member _.VelocityInto(momenta, destination) = hamiltonian.VelocityInto(momenta, destination)
        member _.ForceInto(positions, destination) = hamiltonian.ForceInto(positions, destination)

    interface IDrive with
        member _.AddDrivenForceInto(positions, momenta, destination) = drive.AddDrivenForceInto(positions, momenta, destination)
        member _.Rates = drive.Rates
